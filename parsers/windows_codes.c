/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of codes, each sorted by code for a binary search. */
#include "parsers/windows_codes.h"

struct code {
    uint32_t code;
    const char *text;
};

static str code_text(const struct code *codes, size_t count, uint64_t code)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (codes[mid].code == code)
            return str_of(codes[mid].text);
        if (codes[mid].code < code)
            low = mid + 1;
        else
            high = mid;
    }
    return STR("");
}

enum status_list { NTSTATUS, KERBEROS, WIN32, HRESULT };

static const struct status {
    enum status_list list;
    uint32_t code;
    const char *text;
} statuses[] = {
#define STATUS(list, code, words) {list, code, words},
#include "parsers/windows_status.def"
#undef STATUS
};

static str status_text(enum status_list list, uint64_t code)
{
    uint64_t wanted = (uint64_t)list << 32 | code;
    size_t low = 0, high = array_len(statuses);

    while (low < high && code <= UINT32_MAX) {
        size_t mid = (low + high) / 2;
        uint64_t here = (uint64_t)statuses[mid].list << 32 | statuses[mid].code;
        if (here == wanted)
            return str_of(statuses[mid].text);
        if (here < wanted)
            low = mid + 1;
        else
            high = mid;
    }
    return STR("");
}

str windows_ntstatus(uint64_t code)
{
    return status_text(NTSTATUS, code);
}

str windows_kerberos_error(uint64_t code)
{
    return status_text(KERBEROS, code);
}

/* A Win32 error, an HRESULT (perhaps of one), or an NTSTATUS. */
str windows_error(uint64_t code)
{
    enum { FACILITY_WIN32 = 0x8007, NT_BIT = 0x10000000 }; /* of an NTSTATUS made an HRESULT */
    str text = status_text(HRESULT, code);

    if (!text.len)
        text = status_text(WIN32, code >> 16 == FACILITY_WIN32 ? code & 0xffff : code);
    return text.len ? text : status_text(NTSTATUS, code & ~(uint64_t)NT_BIT);
}

#define LOOKUP(name, table)                                                                        \
    str name(uint64_t code)                                                                        \
    {                                                                                              \
        return code_text(table, array_len(table), code);                                           \
    }

static const struct code logon_types[] = {
    {0, "system start"},       {2, "interactive"},        {3, "network"},
    {4, "batch"},              {5, "service"},            {7, "unlock"},
    {8, "network cleartext"},  {9, "new credentials"},    {10, "remote interactive"},
    {11, "cached interactive"}, {12, "cached remote interactive"}, {13, "cached unlock"},
};

static const struct code logon_words[] = {
    {0, "System"},       {2, "Interactive"},     {3, "Network"},
    {4, "Batch"},        {5, "Service"},         {7, "Unlock"},
    {8, "NetworkCleartext"}, {9, "NewCredentials"}, {10, "RemoteInteractive"},
    {11, "CachedInteractive"}, {12, "CachedRemoteInteractive"}, {13, "CachedUnlock"},
};

static const struct code encryptions[] = {
    {0x01, "DES-CBC-CRC"},   {0x02, "DES-CBC-MD4"},   {0x03, "DES-CBC-MD5"}, {0x11, "AES128"},
    {0x12, "AES256"},        {0x13, "AES128-SHA256"}, {0x14, "AES256-SHA384"},
    {0x17, "RC4-HMAC"},      {0x18, "RC4-HMAC-EXP"},
};

static const struct code preauths[] = {
    {0, "none"},
    {2, "password"},
    {11, "encryption information"},
    {15, "smart card"},
    {16, "smart card"},
    {17, "smart card"},
    {19, "encryption information"},
    {20, "referral"},
    {138, "FAST"},
};

static const struct code parameters[] = {
#define PARAMETER(number, text) {number, text},
#include "parsers/windows_parameters.def"
#undef PARAMETER
};

static const struct code service_starts[] = {
    {0, "boot"}, {1, "system"}, {2, "automatic"}, {3, "demand"}, {4, "disabled"},
};

static const struct code service_types[] = {
    {0x1, "kernel driver"},
    {0x2, "file system driver"},
    {0x4, "adapter"},
    {0x8, "recognizer driver"},
    {0x10, "own process"},
    {0x20, "shared process"},
    {0x50, "user own process"},
    {0x60, "user shared process"},
    {0xd0, "user own process, instance"},
    {0xe0, "user shared process, instance"},
    {0x110, "own process, interactive"},
    {0x120, "shared process, interactive"},
};

static const struct code protocols[] = {
    {1, "ICMP"}, {2, "IGMP"}, {6, "TCP"}, {17, "UDP"}, {41, "IPv6"}, {47, "GRE"}, {50, "ESP"},
    {58, "ICMPv6"}, {256, "any protocol"},
};

static const struct code dns_types[] = {
    {1, "A"},   {2, "NS"},    {5, "CNAME"}, {6, "SOA"},    {12, "PTR"},   {15, "MX"},
    {16, "TXT"}, {28, "AAAA"}, {33, "SRV"},  {64, "SVCB"}, {65, "HTTPS"}, {255, "ANY"},
};

/* Remote Desktop Services, ExtendedDisconnectReasonCode. */
static const struct code disconnects[] = {
    {0, "no information"},
    {1, "disconnected by an administrator"},
    {2, "logged off by an administrator"},
    {3, "idle timeout"},
    {4, "time limit"},
    {5, "replaced by another connection"},
    {6, "out of memory"},
    {7, "connection denied"},
    {9, "insufficient privileges"},
    {10, "fresh credentials required"},
    {11, "disconnected by the user"},
    {12, "logged off by the user"},
};

/* Kernel-General 1, Reason. */
static const struct code clock_reasons[] = {
    {1, "by a program"}, {2, "to the hardware clock"}, {3, "to another time zone"},
};

/* Kernel-Power: why the system sleeps or shuts down. */
static const struct code power_reasons[] = {
    {0, "button or lid"}, {2, "battery"}, {4, "by a program"}, {5, "kernel"}, {7, "idle"},
};

/* Kernel-Boot 27, BootType. */
static const struct code boot_types[] = {
    {0, "full start"}, {1, "fast start"}, {2, "resume from hibernation"},
};

/* MS-FASP 2.2.1.8, .25, .41: a profile is a bit. */
static const struct code firewall_profiles[] = {
    {1, "domain"},         {2, "private"},        {3, "domain, private"}, {4, "public"},
    {5, "domain, public"}, {6, "private, public"}, {7, "all"},            {0x7fffffff, "all"},
};
static const struct code firewall_directions[] = {
    {1, "inbound"}, {2, "outbound"},
};
static const struct code firewall_actions[] = {
    {1, "allow past blocks"}, {2, "block"}, {3, "allow"},
};

/* NetworkProfile 10000, Category. */
static const struct code network_categories[] = {
    {0, "public"}, {1, "private"}, {2, "domain"},
};

/* MSFT_MpThreatDetection, CleaningActionID. */
static const struct code threat_actions[] = {
    {0, "unknown"}, {1, "clean"},        {2, "quarantine"}, {3, "remove"},
    {6, "allow"},   {8, "user defined"}, {9, "no action"},  {10, "block"},
};

/* Rights by name (winnt.h, ntsecapi.h): what they let one do. */
static const struct {
    const char *name, *words;
} privileges[] = {
#define PRIVILEGE(name, words) {name, words},
#include "parsers/windows_privileges.def"
#undef PRIVILEGE
};

str windows_privilege(str name)
{
    size_t low = 0, high = array_len(privileges);

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = str_cmp(str_of(privileges[mid].name), name);
        if (order == 0)
            return str_of(privileges[mid].words);
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return STR("");
}

LOOKUP(windows_logon_type, logon_types)
LOOKUP(windows_logon_word, logon_words)
LOOKUP(windows_encryption, encryptions)
LOOKUP(windows_preauth, preauths)
LOOKUP(windows_parameter, parameters)
LOOKUP(windows_service_start, service_starts)
LOOKUP(windows_service_type, service_types)
LOOKUP(windows_protocol, protocols)
LOOKUP(windows_dns_type, dns_types)
LOOKUP(windows_disconnect, disconnects)
LOOKUP(windows_clock_reason, clock_reasons)
LOOKUP(windows_power_reason, power_reasons)
LOOKUP(windows_boot_type, boot_types)
LOOKUP(windows_firewall_profile, firewall_profiles)
LOOKUP(windows_firewall_direction, firewall_directions)
LOOKUP(windows_firewall_action, firewall_actions)
LOOKUP(windows_threat_action, threat_actions)
LOOKUP(windows_network_category, network_categories)

/* MS-ADTS 5.1.3.2.1 and MS-ADSC */
str windows_right(str guid)
{
    static const struct {
        const char *guid, *name;
    } rights[] = {
        {"1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "DS-Replication-Get-Changes"},
        {"1131f6ab-9c07-11d1-f79f-00c04fc2dcd2", "DS-Replication-Synchronize"},
        {"1131f6ac-9c07-11d1-f79f-00c04fc2dcd2", "DS-Replication-Manage-Topology"},
        {"1131f6ad-9c07-11d1-f79f-00c04fc2dcd2", "DS-Replication-Get-Changes-All"},
        {"89e95b76-444d-4c62-991a-0facbeda640c", "DS-Replication-Get-Changes-In-Filtered-Set"},
        {"9923a32a-3607-11d2-b9be-0000f87a36b2", "DS-Install-Replica"},
        {"19195a5b-6da0-11d0-afd3-00c04fd930c9", "domainDNS"},
        {"f30e3bc2-9ff0-11d1-b603-0000f80367c1", "groupPolicyContainer"},
        {"bf967a86-0de6-11d0-a285-00aa003049e2", "computer"},
        {"bf967aba-0de6-11d0-a285-00aa003049e2", "user"},
        {"bf967a9c-0de6-11d0-a285-00aa003049e2", "group"},
        {"00299570-246d-11d0-a768-00aa006e0529", "User-Force-Change-Password"},
        {"ab721a53-1e2f-11d0-9819-00aa0040529b", "User-Change-Password"},
    };

    for (size_t i = 0; i < array_len(rights); i++)
        if (str_eq_nocase(guid, str_of(rights[i].guid)))
            return str_of(rights[i].name);
    return STR("");
}

static const struct code file_bits[] = {
    {0x1, "read"},
    {0x2, "write"},
    {0x4, "append"},
    {0x8, "read extended attributes"},
    {0x10, "write extended attributes"},
    {0x20, "execute"},
    {0x40, "delete child"},
    {0x80, "read attributes"},
    {0x100, "write attributes"},
    {0x10000, "delete"},
    {0x20000, "read permissions"},
    {0x40000, "write permissions"},
    {0x80000, "take ownership"},
    {0x100000, "synchronize"},
};

static const struct code process_bits[] = {
    {0x1, "terminate"},
    {0x2, "create thread"},
    {0x8, "memory operation"},
    {0x10, "read memory"},
    {0x20, "write memory"},
    {0x40, "duplicate handle"},
    {0x80, "create process"},
    {0x100, "set quota"},
    {0x200, "set information"},
    {0x400, "query information"},
    {0x800, "suspend"},
    {0x1000, "query limited information"},
    {0x10000, "delete"},
    {0x20000, "read permissions"},
    {0x40000, "write permissions"},
    {0x80000, "take ownership"},
    {0x100000, "synchronize"},
};

static const struct code ticket_bits[] = {
    {0x00000001, "validate"},
    {0x00000002, "renew"},
    {0x00000008, "user-to-user"},
    {0x00000010, "renewable-ok"},
    {0x00000020, "no transit check"},
    {0x00010000, "canonicalize"},
    {0x00020000, "constrained delegation"},
    {0x00800000, "renewable"},
    {0x02000000, "postdated"},
    {0x04000000, "allow postdate"},
    {0x08000000, "proxy"},
    {0x10000000, "proxiable"},
    {0x20000000, "forwarded"},
    {0x40000000, "forwardable"},
};

static void mask_text(const struct code *bits, size_t count, uint64_t mask, struct buf *out)
{
    enum { ALL_FILE = 0x1f01ff, ALL_PROCESS = 0x1fffff, ALL_PROCESS_XP = 0x1f0fff };
    const char *between = "";

    if ((bits == file_bits && mask == ALL_FILE) ||
        (bits == process_bits && (mask == ALL_PROCESS || mask == ALL_PROCESS_XP))) {
        buf_str(out, STR("full access"));
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (mask & bits[i].code) {
            buf_printf(out, "%s%s", between, bits[i].text);
            between = ", ";
            mask &= ~(uint64_t)bits[i].code;
        }
    if (mask) {
        buf_printf(out, "%s0x", between);
        buf_hex(out, mask);
    }
}

void windows_file_access(uint64_t mask, struct buf *out)
{
    mask_text(file_bits, array_len(file_bits), mask, out);
}

void windows_process_access(uint64_t mask, struct buf *out)
{
    mask_text(process_bits, array_len(process_bits), mask, out);
}

void windows_ticket_options(uint64_t mask, struct buf *out)
{
    mask_text(ticket_bits, array_len(ticket_bits), mask, out);
}

enum { AF_INET_WINDOWS = 2, AF_INET6_WINDOWS = 23, SOCKADDR_MAX = 28 };

static unsigned hex_digit(char c)
{
    return char_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(char_lower(c) - 'a') + 10;
}

/* The first bytes of a hex dump, in UTF-8 or UTF-16. */
static size_t unhex(struct value v, uint8_t *out, size_t max)
{
    const char *p = v.p;
    size_t step = v.type == VALUE_UTF16 ? 2 : 1, n = 0;
    bool half = false;

    for (size_t i = 0; i < v.len && n < max; i += step) {
        if (p[i] == '-' || p[i] == ' ')
            continue;
        if (!char_is_hex(p[i]))
            return 0;
        if (half)
            out[n] = (uint8_t)((unsigned)out[n] << 4 | hex_digit(p[i]));
        else
            out[n] = (uint8_t)hex_digit(p[i]);
        n += half;
        half = !half;
    }
    return n;
}

bool windows_sockaddr(struct value v, struct addr *addr, uint16_t *port)
{
    uint8_t b[SOCKADDR_MAX] = {0};
    size_t n;

    if (v.type == VALUE_BINARY) {
        n = v.len < sizeof b ? v.len : sizeof b;
        memcpy(b, v.p, n);
    } else if (v.type == VALUE_UTF16 || v.type == VALUE_ANSI || v.type == VALUE_TEXT) {
        n = unhex(v, b, sizeof b);
    } else {
        return false;
    }
    if (n >= 8 && b[0] == AF_INET_WINDOWS && b[1] == 0 && (b[4] | b[5] | b[6] | b[7])) {
        *addr = (struct addr){.b = {[10] = 0xff, 0xff, b[4], b[5], b[6], b[7]}};
    } else if (n >= 24 && b[0] == AF_INET6_WINDOWS && b[1] == 0) {
        memcpy(addr->b, b + 8, sizeof addr->b);
    } else {
        return false;
    }
    *port = (uint16_t)(b[2] << 8 | b[3]);
    return !addr_is_none(addr);
}
