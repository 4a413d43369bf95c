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

static const struct code ntstatus[] = {
    {0x00000000, "success"},
    {0x80090308, "invalid token"},
    {0xc0000001, "unsuccessful"},
    {0xc000000d, "invalid parameter"},
    {0xc0000016, "more processing required"},
    {0xc0000022, "access denied"},
    {0xc0000033, "invalid object name"},
    {0xc0000034, "object not found"},
    {0xc0000035, "name collision"},
    {0xc000003a, "path not found"},
    {0xc0000043, "sharing violation"},
    {0xc000005e, "no logon server available"},
    {0xc0000061, "privilege not held"},
    {0xc0000064, "no such user"},
    {0xc000006a, "wrong password"},
    {0xc000006c, "password policy not met"},
    {0xc000006d, "wrong user name or password"},
    {0xc000006e, "account restriction"},
    {0xc000006f, "outside allowed hours"},
    {0xc0000070, "workstation not allowed"},
    {0xc0000071, "password expired"},
    {0xc0000072, "account disabled"},
    {0xc000009a, "insufficient resources"},
    {0xc00000a2, "media write protected"},
    {0xc00000b5, "timeout"},
    {0xc00000bb, "not supported"},
    {0xc00000be, "network path not found"},
    {0xc00000c4, "unexpected network error"},
    {0xc00000c9, "network name deleted"},
    {0xc00000ca, "network access denied"},
    {0xc00000cc, "share not found"},
    {0xc00000dc, "server in the wrong state"},
    {0xc00000e5, "internal error"},
    {0xc0000120, "cancelled"},
    {0xc0000128, "file closed"},
    {0xc0000133, "clocks too far apart"},
    {0xc000015b, "logon type not granted"},
    {0xc000018b, "no trust account for this computer"},
    {0xc000018c, "trust with the domain failed"},
    {0xc000018d, "trust relationship failed"},
    {0xc0000192, "Netlogon not started"},
    {0xc0000193, "account expired"},
    {0xc0000198, "interdomain trust account used"},
    {0xc0000199, "workstation trust account used"},
    {0xc000019a, "server trust account used"},
    {0xc0000203, "session deleted"},
    {0xc000020c, "connection disconnected"},
    {0xc000020d, "connection reset"},
    {0xc0000224, "password must be changed"},
    {0xc0000225, "not found"},
    {0xc0000233, "domain controller not found"},
    {0xc0000234, "account locked out"},
    {0xc0000236, "connection refused"},
    {0xc000023c, "network unreachable"},
    {0xc000023d, "host unreachable"},
    {0xc000023f, "port unreachable"},
    {0xc0000240, "request aborted"},
    {0xc0000241, "connection aborted"},
    {0xc00002ee, "authentication abandoned"},
    {0xc0000320, "Kerberos PKINIT failure"},
    {0xc000035b, "session expired"},
    {0xc000035c, "network session expired"},
    {0xc0000371, "no secrets for this account"},
    {0xc0000380, "wrong smart card PIN"},
    {0xc0000388, "downgrade attack detected"},
    {0xc0000413, "authentication firewall"},
    {0xc0000418, "NTLM blocked"},
};

static const struct code kerberos_errors[] = {
    {0x00, "success"},
    {0x01, "client entry expired"},
    {0x02, "service entry expired"},
    {0x03, "protocol version not supported"},
    {0x06, "no such client"},
    {0x07, "no such service"},
    {0x08, "several entries for one name"},
    {0x09, "client or service has no key"},
    {0x0a, "postdating not allowed"},
    {0x0b, "start later than end"},
    {0x0c, "refused by policy"},
    {0x0d, "option refused"},
    {0x0e, "encryption type not supported"},
    {0x0f, "checksum type not supported"},
    {0x10, "pre-authentication type not supported"},
    {0x12, "account disabled, expired or locked out"},
    {0x13, "service account disabled"},
    {0x14, "ticket revoked"},
    {0x15, "client not yet valid"},
    {0x16, "service not yet valid"},
    {0x17, "password expired"},
    {0x18, "wrong password"},
    {0x19, "pre-authentication required"},
    {0x1a, "service does not match"},
    {0x1b, "user-to-user only"},
    {0x1c, "path of realms refused"},
    {0x1d, "service unavailable"},
    {0x1f, "integrity check failed"},
    {0x20, "ticket expired"},
    {0x21, "ticket not yet valid"},
    {0x22, "replay"},
    {0x23, "ticket for another service"},
    {0x24, "ticket and authenticator differ"},
    {0x25, "clocks too far apart"},
    {0x26, "wrong address"},
    {0x27, "wrong protocol version"},
    {0x28, "wrong message type"},
    {0x29, "message altered"},
    {0x2a, "message out of order"},
    {0x2c, "key version not available"},
    {0x2d, "service key not available"},
    {0x2e, "mutual authentication failed"},
    {0x2f, "wrong direction"},
    {0x30, "another method required"},
    {0x31, "wrong sequence number"},
    {0x32, "checksum not fit"},
    {0x34, "answer too big for UDP"},
    {0x3c, "generic error"},
    {0x3d, "field too long"},
    {0x3e, "client not trusted"},
    {0x3f, "domain controller not trusted"},
    {0x40, "invalid signature"},
    {0x41, "stronger encryption needed"},
    {0x42, "certificates do not match"},
    {0x43, "no ticket-granting ticket"},
    {0x44, "wrong realm"},
};

static const struct code encryptions[] = {
    {0x01, "DES-CBC-CRC"}, {0x03, "DES-CBC-MD5"},  {0x11, "AES128"},
    {0x12, "AES256"},      {0x17, "RC4-HMAC"},     {0x18, "RC4-HMAC-EXP"},
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
    {0x8, "recognizer driver"},
    {0x10, "own process"},
    {0x20, "shared process"},
    {0x50, "user own process"},
    {0x60, "user shared process"},
    {0x110, "own process, interactive"},
    {0x120, "shared process, interactive"},
};

static const struct code protocols[] = {
    {1, "ICMP"}, {2, "IGMP"}, {6, "TCP"}, {17, "UDP"}, {41, "IPv6"}, {47, "GRE"}, {50, "ESP"},
    {58, "ICMPv6"},
};

static const struct code dns_types[] = {
    {1, "A"},   {2, "NS"},    {5, "CNAME"}, {6, "SOA"},    {12, "PTR"},   {15, "MX"},
    {16, "TXT"}, {28, "AAAA"}, {33, "SRV"},  {64, "SVCB"}, {65, "HTTPS"}, {255, "ANY"},
};

static const struct code errors[] = {
    {2, "file not found"},
    {3, "path not found"},
    {5, "access denied"},
    {14, "out of memory"},
    {50, "not supported"},
    {87, "wrong parameter"},
    {109, "pipe ended"},
    {126, "module not found"},
    {193, "not a valid program"},
    {1053, "no answer to the start request in time"},
    {1056, "already running"},
    {1058, "disabled"},
    {1060, "not installed"},
    {1062, "not started"},
    {1066, "service-specific error"},
    {1067, "process ended unexpectedly"},
    {1068, "a service it depends on failed"},
    {1069, "logon failed"},
    {1070, "hung on start"},
    {1072, "marked for deletion"},
    {1075, "a service it depends on is missing"},
    {1077, "never started"},
    {1079, "another account in the same process"},
    {1115, "system is shutting down"},
    {1326, "wrong user name or password"},
    {1722, "RPC server unavailable"},
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

LOOKUP(windows_logon_type, logon_types)
LOOKUP(windows_logon_word, logon_words)
LOOKUP(windows_ntstatus, ntstatus)
LOOKUP(windows_kerberos_error, kerberos_errors)
LOOKUP(windows_encryption, encryptions)
LOOKUP(windows_preauth, preauths)
LOOKUP(windows_parameter, parameters)
LOOKUP(windows_service_start, service_starts)
LOOKUP(windows_service_type, service_types)
LOOKUP(windows_protocol, protocols)
LOOKUP(windows_dns_type, dns_types)
LOOKUP(windows_error, errors)
LOOKUP(windows_disconnect, disconnects)

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
