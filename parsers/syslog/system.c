/* SPDX-License-Identifier: Apache-2.0
 *
 * The host itself: systemd and systemd-logind (units, sessions, start and stop), the kernel
 * (start, devices, netfilter's LOG target), and DHCP on both sides (ISC dhcpd and dhclient,
 * dnsmasq, systemd-networkd, NetworkManager). */
#include "parsers/syslog/payload.h"
#include "parsers/text.h"

#define FAIL OUTCOME_FAILURE
#define GOOD OUTCOME_SUCCESS
#define NONE OUTCOME_UNKNOWN
#define INFO SEVERITY_INFO

static const char *const logind_programs[] = {"systemd-logind", "elogind", "shutdown", NULL};

static const struct wording logind_wordings[] = {
    {"New session '%n' of user '%v' with class '%*' and type '%*'.", KIND_SESSION_OPEN, GOOD, INFO,
     "Session %n opened: %v"},
    {"New session %n of user %v.", KIND_SESSION_OPEN, GOOD, INFO, "Session %n opened: %v"},
    {"Removed session %n.", KIND_SESSION_CLOSE, NONE, INFO, "Session %n closed"},
    {"Session %n logged out. Waiting for processes to exit.", KIND_OTHER, NONE, INFO,
     "Session %n logged out"},
    {"System is powering down%_", KIND_SYSTEM_STOP, NONE, INFO, "System powers down"},
    {"System is rebooting%_", KIND_SYSTEM_STOP, NONE, INFO, "System restarts"},
    {"shutting down for system %*", KIND_SYSTEM_STOP, NONE, INFO, NULL},
    {"The system will power off now!", KIND_SYSTEM_STOP, NONE, INFO, "System powers down"},
    {"The system will reboot now!", KIND_SYSTEM_STOP, NONE, INFO, "System restarts"},
};

const struct payload payload_logind = {
    .name = "logind",
    .programs = logind_programs,
    .wordings = logind_wordings,
    .wording_count = array_len(logind_wordings),
};

static const char *const systemd_programs[] = {"systemd", "systemd-shutdown", "init", NULL};

static const struct wording systemd_wordings[] = {
    {"Started Session %n of user %v.", KIND_OTHER, NONE, INFO, "Session %n of %v started"},
    {"Started Session %n of User %v.", KIND_OTHER, NONE, INFO, "Session %n of %v started"},
    {"Started session-%*.scope - Session %n of User %v.", KIND_OTHER, NONE, INFO,
     "Session %n of %v started"},
    {"Started %x.", KIND_SERVICE_STATE, GOOD, INFO, "Service started: %x"},
    {"Stopped %x.", KIND_SERVICE_STATE, NONE, INFO, "Service stopped: %x"},
    {"Failed to start %x.", KIND_SERVICE_STATE, FAIL, INFO, "Service did not start: %x"},
    {"Starting %x...", KIND_OTHER, NONE, INFO, NULL},
    {"Stopping %x...", KIND_OTHER, NONE, INFO, NULL},
    {"Finished %x.", KIND_OTHER, GOOD, INFO, NULL},
    {"Reloaded %x.", KIND_OTHER, GOOD, INFO, NULL},
    {"Startup finished in %_", KIND_SYSTEM_START, GOOD, INFO, NULL},
    {"Shutting down.", KIND_SYSTEM_STOP, NONE, INFO, "System stops"},
    {"Reached target %x.", KIND_OTHER, NONE, INFO, NULL},
    {"%x: Main process exited, code=%_", KIND_SERVICE_STATE, FAIL, INFO,
     "Service's main process ended: %x"},
    {"%x: main process exited, code=%_", KIND_SERVICE_STATE, FAIL, INFO,
     "Service's main process ended: %x"},
    {"%x: Failed with result '%r'.", KIND_SERVICE_STATE, FAIL, INFO, "Service failed: %x (%r)"},
    {"%x: Succeeded.", KIND_OTHER, GOOD, INFO, NULL},
    {"%x: Deactivated successfully.", KIND_OTHER, GOOD, INFO, NULL},
    {"%x: Scheduled restart job, restart counter is at %*.", KIND_OTHER, NONE, INFO, NULL},
    {"%x: Consumed %_", KIND_OTHER, NONE, INFO, NULL},
};

const struct payload payload_systemd = {
    .name = "systemd",
    .programs = systemd_programs,
    .wordings = systemd_wordings,
    .wording_count = array_len(systemd_wordings),
};

enum nf_key { NF_IN, NF_OUT, NF_SRC, NF_DST, NF_PROTO, NF_SPT, NF_DPT, NF_KEYS };

/* The KEY=value words of a netfilter line; the first of a name counts, "" when there is none (an
 * ICMP error quotes a second packet in brackets). */
static void nf_read(str text, str values[NF_KEYS])
{
    static const char keys[NF_KEYS][6] = {"IN", "OUT", "SRC", "DST", "PROTO", "SPT", "DPT"};
    static const uint8_t lens[NF_KEYS] = {2, 3, 3, 3, 5, 3, 3};
    str word;

    for (size_t k = 0; k < NF_KEYS; k++)
        values[k] = STR("");
    for (str_take_spaces(&text); str_take_word(&text, &word); str_take_spaces(&text)) {
        size_t equals = str_find_char(str_head(word, 6), '=');
        if (equals < 2 || equals > 5 || equals == word.len)
            continue;
        for (size_t k = 0; k < NF_KEYS; k++)
            if (lens[k] == equals && values[k].len == 0 && memcmp(word.p, keys[k], equals) == 0)
                values[k] = str_skip(word, equals + 1);
    }
}

static bool nf_blocks(str prefix)
{
    static const char *const words[] = {"BLOCK", "DROP", "DENY", "DENIED", "REJECT", "REFUSE"};

    for (size_t at = 0; at < prefix.len; at++)
        for (size_t i = 0; i < array_len(words); i++)
            if ((prefix.p[at] & ~32) == words[i][0] &&
                str_starts_nocase(str_skip(prefix, at), str_of(words[i])))
                return true;
    return false;
}

static void nf_port(str text, uint16_t *port)
{
    uint64_t n;

    if (str_to_u64(text, &n) && n <= UINT16_MAX)
        *port = (uint16_t)n;
}

/* "[UFW BLOCK] IN=eth0 OUT= MAC=... SRC=10.0.0.9 DST=10.0.0.1 LEN=60 ... PROTO=TCP SPT=4 DPT=22":
 * xt_LOG of Linux. The text before IN= is whatever the administrator chose. */
static bool read_netfilter(str text, struct batch *out, bool messages)
{
    struct event *e = out->open;
    size_t in = str_find(text, STR("IN="));
    str v[NF_KEYS];

    if (in == text.len)
        return false;
    nf_read(str_skip(text, in), v);
    if (!addr_parse(v[NF_SRC], &e->src.addr) || !addr_parse(v[NF_DST], &e->dst.addr))
        return false;
    str prefix = str_trim(str_head(text, in));
    bool blocks = nf_blocks(prefix);
    e->kind = blocks ? KIND_CONNECTION_BLOCKED : KIND_CONNECTION;
    e->outcome = blocks ? OUTCOME_FAILURE : OUTCOME_UNKNOWN;
    nf_port(v[NF_SPT], &e->src_port);
    nf_port(v[NF_DPT], &e->dst_port);
    batch_text(out, FIELD_ECS, STR("network.transport"), v[NF_PROTO]);
    batch_text(out, FIELD_ECS, STR("rule.name"), prefix);
    batch_text(out, FIELD_ECS, STR("observer.ingress.interface.name"), v[NF_IN]);
    batch_text(out, FIELD_ECS, STR("observer.egress.interface.name"), v[NF_OUT]);
    const str parts[] = {
        blocks ? STR("Firewall blocked: ") : STR("Firewall saw: "), v[NF_SRC], STR(" to "),
        v[NF_DST], v[NF_DPT].len ? STR(" port ") : STR(""), v[NF_DPT], STR(" "), v[NF_PROTO],
        STR(" "), prefix};
    if (messages)
        text_message(out, parts, array_len(parts));
    return true;
}

static const char *const kernel_programs[] = {"kernel", "vmunix", NULL};

static const struct wording kernel_wordings[] = {
    {"Linux version %_", KIND_SYSTEM_START, NONE, INFO, NULL},
    {"device %* entered promiscuous mode", KIND_DEVICE, NONE, SEVERITY_LOW, NULL},
    {"usb %*: New USB device found, %_", KIND_DEVICE, NONE, INFO, NULL},
    {"usb-storage %*: USB Mass Storage device detected", KIND_DEVICE, NONE, INFO, NULL},
    {"Kernel logging (proc) stopped.", KIND_LOG_SERVICE, NONE, INFO, NULL},
};

static bool kernel_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    str text = payload_without_uptime(l->message);

    return wording_read(text, kernel_wordings, array_len(kernel_wordings), out, messages);
}

const struct payload payload_kernel = {
    .name = "kernel",
    .programs = kernel_programs,
    .read = kernel_read,
};

/* Also from ulogd and from routers that log under a name of their own. */
static bool netfilter_takes(const struct syslog_line *l)
{
    return str_has(l->message, STR(" SRC=")) && str_has(l->message, STR(" DST="));
}

static bool netfilter_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    return read_netfilter(payload_without_uptime(l->message), out, messages);
}

const struct payload payload_netfilter = {
    .name = "netfilter",
    .takes = netfilter_takes,
    .read = netfilter_read,
};

static const char *const dhcp_programs[] = {"dhcpd",           "dhclient",       "dnsmasq-dhcp",
                                            "systemd-networkd", "NetworkManager", NULL};

/* Of a server: somebody else's address. */
static const struct wording dhcp_server[] = {
    {"DHCPACK on %l to %M (%h) via %_", KIND_ADDRESS_LEASE, GOOD, INFO,
     "DHCP lease: %l to %h (%M)"},
    {"DHCPACK on %l to %M via %_", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: %l to %M"},
    {"DHCPACK to %l (%M) via %_", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: %l to %M"},
    {"DHCPACK(%*) %l %M %h", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: %l to %h (%M)"},
    {"DHCPACK(%*) %l %M", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: %l to %M"},
    {"DHCPREQUEST for %d (%*) from %M (%h) via %_", KIND_OTHER, NONE, INFO,
     "DHCP request: %h (%M) wants %d"},
    {"DHCPREQUEST for %d from %M (%h) via %_", KIND_OTHER, NONE, INFO,
     "DHCP request: %h (%M) wants %d"},
    {"DHCPRELEASE of %d from %M (%h) via %_", KIND_OTHER, NONE, INFO,
     "DHCP release: %d of %h (%M)"},
    {"DHCPDISCOVER from %M (%h) via %_", KIND_OTHER, NONE, INFO, "DHCP discover: %h (%M)"},
};

/* Of a client: this host's own address. */
static const struct wording dhcp_client[] = {
    {"bound to %l -- renewal in %* seconds.", KIND_ADDRESS_LEASE, GOOD, INFO,
     "DHCP lease: this host is %l"},
    {"DHCPACK of %l from %_", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: this host is %l"},
    {"%*: DHCPv4 address %l/%_", KIND_ADDRESS_LEASE, GOOD, INFO, "DHCP lease: this host is %l"},
    {"<info>  [%*] dhcp4 (%*): state changed new lease, address=%l", KIND_ADDRESS_LEASE, GOOD,
     INFO, "DHCP lease: this host is %l"},
};

static bool dhcp_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct event *e = out->open;

    if (wording_read(l->message, dhcp_server, array_len(dhcp_server), out, messages))
        return true;
    if (!wording_read(l->message, dhcp_client, array_len(dhcp_client), out, messages))
        return false;
    e->src.host = e->host;
    return true;
}

const struct payload payload_dhcp = {
    .name = "dhcp",
    .programs = dhcp_programs,
    .read = dhcp_read,
};
