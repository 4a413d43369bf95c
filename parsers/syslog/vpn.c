/* SPDX-License-Identifier: Apache-2.0
 *
 * Virtual private networks: OpenVPN 2.x servers, strongSwan's charon (IKEv1, IKEv2), Cisco ASA and
 * Firepower (syslog messages 106023, 113xxx, 302013, 605xxx, 716xxx, 722xxx of the "Syslog
 * Messages" guide), FortiOS (type="event" subtype="vpn" of the Log Reference). What the events
 * carry is promised in payload.h. */
#include "parsers/syslog/payload.h"
#include "parsers/text.h"

#define FAIL OUTCOME_FAILURE
#define GOOD OUTCOME_SUCCESS
#define NONE OUTCOME_UNKNOWN
#define INFO SEVERITY_INFO
#define LOW SEVERITY_LOW

static bool openvpn_takes(const struct syslog_line *l)
{
    return str_starts(l->program, STR("openvpn")) || str_starts(l->program, STR("ovpn-"));
}

static const struct wording openvpn_wordings[] = {
    {"%a [%u] Peer Connection Initiated with %*", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %a"},
    {"%a [%u] Peer Connection Initiated with %* (via %_)", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %a"},
    {"%u/%a [%_] Peer Connection Initiated with %*", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %a"},
    {"%u/%a Peer Connection Initiated with %*", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %a"},
    {"%a [%u] AUTH_FAILED%_", KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: %u from %a"},
    {"[%u] Peer Connection Initiated with %a", KIND_VPN_LOGON, GOOD, INFO, "VPN login: %u from %a"},
    {"%u/%a MULTI: Learn: %l -> %_", KIND_VPN_LEASE, GOOD, INFO,
     "VPN address: %u from %a is %l"},
    {"%u/%a MULTI: primary virtual IP for %*: %l", KIND_VPN_LEASE, GOOD, INFO,
     "VPN address: %u from %a is %l"},
    {"%u/%a MULTI: primary virtual IPv6 for %*: %l", KIND_VPN_LEASE, GOOD, INFO,
     "VPN address: %u from %a is %l"},
    {"%u/%a MULTI_sva: pool returned IPv4=%*, IPv6=%_", KIND_OTHER, NONE, INFO,
     "VPN address chosen for %u from %a"},
    {"%u/%a SIGTERM[soft,%r] received, client-instance exiting", KIND_VPN_LOGOFF, NONE, INFO,
     "VPN logoff: %u from %a (%r)"},
    {"%u/%a SIGUSR1[soft,%r] received, client-instance restarting", KIND_VPN_LOGOFF, NONE, INFO,
     "VPN connection lost: %u from %a (%r)"},
    {"%u/%a [%_] Inactivity timeout (%*), restarting", KIND_OTHER, NONE, INFO,
     "VPN client silent: %u from %a"},
    {"%a TLS: Username/Password authentication succeeded for username '%u'%_", KIND_OTHER, GOOD,
     INFO, "VPN password accepted: %u from %a"},
    {"%a TLS: Username/Password authentication failed for username '%u'%_", KIND_VPN_LOGON_FAILED,
     FAIL, INFO, "VPN login failed: %u from %a"},
    {"%a TLS Auth Error: Auth Username/Password verification failed for peer%_",
     KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: from %a, wrong password"},
    {"%a TLS Auth Error: username attempted to change from '%u' to '%_'%_", KIND_VPN_LOGON_FAILED,
     FAIL, LOW, "VPN login failed: %u from %a changed the user name"},
    {"%a TLS Auth Error: %r", KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: from %a, %r"},
    {"%a VERIFY ERROR: %r", KIND_VPN_LOGON_FAILED, FAIL, INFO,
     "VPN login failed: certificate of %a refused, %r"},
    {"%a SENT CONTROL [%u]: 'AUTH_FAILED%_", KIND_OTHER, FAIL, INFO, "VPN refuses %u from %a"},
    {"%a TLS: Initial packet from %_", KIND_CONNECTION, NONE, INFO, "VPN connection from %a"},
    {"TLS: Initial packet from %a, sid=%_", KIND_CONNECTION, NONE, INFO, "VPN connection from %a"},
    {"%a TLS Error: %r", KIND_CONNECTION, FAIL, INFO, "VPN handshake with %a failed: %r"},
};

const struct payload payload_openvpn = {
    .name = "openvpn",
    .takes = openvpn_takes,
    .wordings = openvpn_wordings,
    .wording_count = array_len(openvpn_wordings),
    .server = true,
};

static const char *const charon_programs[] = {"charon",  "charon-systemd", "strongswan", "swanctl",
                                              "ipsec",   "pluto",          NULL};

static const struct wording charon_wordings[] = {
    {"IKE_SA %*[%n] established between %d[%*]...%s[%u]", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %s"},
    {"assigning virtual IP %l to peer '%u'", KIND_VPN_LEASE, GOOD, INFO, "VPN address: %u is %l"},
    {"peer requested virtual IP %*", KIND_OTHER, NONE, INFO, NULL},
    {"lease %l by '%u' went offline", KIND_VPN_LOGOFF, NONE, INFO, "VPN address free: %u was %l"},
    {"authentication of '%u' with %m successful", KIND_OTHER, GOOD, INFO,
     "VPN peer proved its identity: %u by %m"},
    {"authentication of '%u' with EAP successful", KIND_OTHER, GOOD, INFO,
     "VPN peer proved its identity: %u by EAP"},
    {"EAP method %m succeeded, %_", KIND_OTHER, GOOD, INFO, "VPN password accepted by %m"},
    {"EAP method %m failed for peer %u", KIND_VPN_LOGON_FAILED, FAIL, INFO,
     "VPN login failed: %u by %m"},
    {"EAP-MS-CHAPv2 verification failed, retry (%*)", KIND_VPN_LOGON_FAILED, FAIL, INFO,
     "VPN login failed: wrong password"},
    {"EAP-MS-CHAPv2 username: '%u'", KIND_OTHER, NONE, INFO, "VPN user: %u"},
    {"no EAP key found for hosts '%*' - '%u'", KIND_VPN_LOGON_FAILED, FAIL, INFO,
     "VPN login failed: unknown user %u"},
    {"XAuth authentication of '%u' successful", KIND_OTHER, GOOD, INFO,
     "VPN password accepted: %u"},
    {"XAuth authentication of '%u' failed", KIND_VPN_LOGON_FAILED, FAIL, INFO,
     "VPN login failed: %u"},
    {"XAuth pam_authenticate for '%u' failed: %r", KIND_OTHER, FAIL, INFO,
     "VPN login failed: %u, %r"},
    {"%s is initiating an IKE_SA", KIND_CONNECTION, NONE, INFO, "VPN connection from %s"},
    {"%s is initiating a %* Mode IKE_SA", KIND_CONNECTION, NONE, INFO, "VPN connection from %s"},
    {"deleting IKE_SA %*[%n] between %d[%*]...%s[%u]", KIND_VPN_LOGOFF, NONE, INFO,
     "VPN logoff: %u from %s"},
    {"deleting half open IKE_SA with %s after timeout", KIND_CONNECTION, FAIL, INFO,
     "VPN handshake with %s not finished"},
};

/* "05[IKE] <con1|3> text" -> text. */
static bool charon_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    str text = l->message, skipped;
    uint64_t thread;

    if (str_take_u64(&text, &thread) && str_take_char(&text, '['))
        str_take_until_str(&text, STR("] "), &skipped);
    if (str_starts(text, STR("<")))
        str_take_until_str(&text, STR("> "), &skipped);
    return wording_read(text, charon_wordings, array_len(charon_wordings), out, messages);
}

const struct payload payload_strongswan = {
    .name = "strongswan",
    .programs = charon_programs,
    .server = true,
    .read = charon_read,
};

static bool asa_takes(const struct syslog_line *l)
{
    return str_starts(l->program, STR("%ASA-")) || str_starts(l->program, STR("%FTD-")) ||
           str_starts(l->program, STR("%PIX-"));
}

static const struct wording asa_wordings[] = {
    {"Group <%_> User <%u> IP <%s> AnyConnect parent session started.", KIND_VPN_LOGON, GOOD, INFO,
     "VPN login: %u from %s"},
    {"Group <%_> User <%u> IP <%s> WebVPN session started.", KIND_VPN_LOGON, GOOD, INFO,
     "VPN web login: %u from %s"},
    {"Group <%_> User <%u> IP <%s> WebVPN session terminated: %r", KIND_VPN_LOGOFF, NONE, INFO,
     "VPN web logoff: %u from %s (%r)"},
    {"Group <%_> User <%u> IP <%s> Authentication: rejected, %_", KIND_VPN_LOGON_FAILED, FAIL,
     INFO, "VPN login failed: %u from %s"},
    {"Group <%_> User <%u> IP <%s> Authentication: successful, %_", KIND_OTHER, GOOD, INFO,
     "VPN password accepted: %u from %s"},
    {"Group <%_> User <%u> IP <%s> IPv4 Address <%l> IPv6 address <%*> assigned to session",
     KIND_VPN_LEASE, GOOD, INFO, "VPN address: %u from %s is %l"},
    {"Group <%_> User <%u> IP <%s> Address <%l> assigned to session", KIND_VPN_LEASE, GOOD, INFO,
     "VPN address: %u from %s is %l"},
    {"Group <%_> User <%u> IP <%s> %* SVC connection established %_", KIND_CONNECTION, GOOD, INFO,
     "VPN tunnel up: %u from %s"},
    {"Group <%_> User <%u> IP <%s> %* SVC connection terminated %_", KIND_OTHER, NONE, INFO,
     "VPN tunnel down: %u from %s"},
    {"Group <%_> User <%u> IP <%s> SVC closing connection: %r", KIND_OTHER, NONE, INFO,
     "VPN tunnel closed: %u from %s (%r)"},
    {"Group = %_, Username = %u, IP = %s, Session disconnected. Session Type: %_, Duration: %D, "
     "Bytes xmt: %B, Bytes rcv: %O, Reason: %r",
     KIND_VPN_LOGOFF, NONE, INFO, "VPN logoff: %u from %s after %D (%r), %O bytes in, %B out"},
    {"AAA user authentication Successful : server = %* : user = %u", KIND_OTHER, GOOD, INFO,
     "Password accepted: %u"},
    {"AAA user authentication Successful : local database : user = %u", KIND_OTHER, GOOD, INFO,
     "Password accepted: %u"},
    {"AAA user authentication Rejected : reason = %r : server = %* : user = %u : user IP = %s",
     KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: %u from %s, %r"},
    {"AAA user authentication Rejected : reason = %r : local database : user = %u : user IP = %s",
     KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: %u from %s, %r"},
    {"AAA user authentication Rejected : reason = %r : server = %* : user = %u",
     KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: %u, %r"},
    {"AAA user authentication Rejected : reason = %r : local database : user = %u",
     KIND_VPN_LOGON_FAILED, FAIL, INFO, "VPN login failed: %u, %r"},
    {"Login permitted from %s/%p to %*:%d/%* for user \"%u\"", KIND_LOGON, GOOD, INFO,
     "Firewall administration: %u from %s"},
    {"Login denied from %s/%p to %*:%d/%* for user \"%u\"", KIND_LOGON_FAILED, FAIL, LOW,
     "Firewall administration refused: %u from %s"},
    {"User '%U' executed the '%c' command.", KIND_COMMAND, GOOD, INFO, "Firewall: %U runs: %c"},
    {"User '%U', running '%_' from IP %s, executed '%c'", KIND_COMMAND, GOOD, INFO,
     "Firewall: %U from %s runs: %c"},
    {"Deny %* src %*:%s/%p dst %*:%d/%q by access-group %_", KIND_CONNECTION_BLOCKED, FAIL, INFO,
     "Firewall blocked: %s:%p to %d:%q"},
    {"Built inbound %* connection %* for %*:%s/%p (%*) to %*:%d/%q (%*)", KIND_CONNECTION, GOOD,
     INFO, "Connection through the firewall: %s:%p to %d:%q"},
    {"Built outbound %* connection %* for %*:%d/%q (%*) to %*:%s/%p (%*)", KIND_CONNECTION, GOOD,
     INFO, "Connection through the firewall: %s:%p to %d:%q"},
};

/* "%ASA-6-113039": the message number is the event's code. */
static bool asa_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct event *e = out->open;
    size_t dash = str_rfind_char(l->program, '-');
    uint64_t code;

    e->provider = names_put(&out->names, str_skip(str_head(l->program, 4), 1));
    if (str_to_u64(str_skip(l->program, dash + 1), &code) && code <= UINT32_MAX)
        e->code = (uint32_t)code;
    if (!wording_read(l->message, asa_wordings, array_len(asa_wordings), out, messages))
        return false;
    if (addr_is_none(&e->dst.addr))
        e->dst.host = e->host;
    return true;
}

const struct payload payload_asa = {
    .name = "cisco-asa",
    .takes = asa_takes,
    .read = asa_read,
};

static bool fortigate_takes(const struct syslog_line *l)
{
    return str_eq(l->program, STR("fortios"));
}

/* Value of key in key="value" key=value ...; "" when it is not there. */
static str forti(str text, str key)
{
    while (text.len) {
        str name, value;
        str_take_spaces(&text);
        if (!str_take_until(&text, '=', &name))
            return STR("");
        if (str_take_char(&text, '"')) {
            if (!str_take_until(&text, '"', &value))
                return STR("");
        } else if (!str_take_word(&text, &value)) {
            value = STR("");
        }
        if (str_eq(name, key))
            return str_eq(value, STR("N/A")) ? STR("") : value;
    }
    return STR("");
}

static const struct forti_action {
    const char *action;
    enum kind kind;
    enum outcome outcome;
    const char *says;
} forti_actions[] = {
    {"tunnel-up", KIND_VPN_LOGON, GOOD, "VPN login"},
    {"ssl-new-con", KIND_CONNECTION, NONE, "VPN connection"},
    {"ssl-login-fail", KIND_VPN_LOGON_FAILED, FAIL, "VPN login failed"},
    {"tunnel-down", KIND_VPN_LOGOFF, NONE, "VPN logoff"},
};

static const struct forti_action *forti_action(str text)
{
    str action = forti(text, STR("action"));

    for (size_t i = 0; i < array_len(forti_actions); i++)
        if (str_eq(action, str_of(forti_actions[i].action)))
            return &forti_actions[i];
    return NULL;
}

/* A tunnel that comes up with an address of its own is the lease; its login came before. */
static bool fortigate_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct event *e = out->open;
    str text = l->message, device = forti(text, STR("devname"));
    uint64_t n;

    if (device.len)
        text_set_host(out, device);
    if (str_to_u64(forti(text, STR("logid")), &n))
        e->code = (uint32_t)(n % 1000000); /* the message number: the last six digits */
    const struct forti_action *action = forti_action(text);
    if (!action || !str_eq(forti(text, STR("subtype")), STR("vpn")))
        return false;
    str user = forti(text, STR("user")), from = forti(text, STR("remip"));
    str inner = forti(text, STR("tunnelip"));
    if (inner.len == 0)
        inner = forti(text, STR("assignip"));
    e->kind = (uint16_t)action->kind;
    e->outcome = (uint8_t)action->outcome;
    e->target.user = names_put(&out->names, user);
    e->dst.host = e->host;
    payload_endpoint(out, &e->src, from);
    if (str_to_u64(forti(text, STR("rcvdbyte")), &n))
        e->bytes_out = n;
    if (str_to_u64(forti(text, STR("sentbyte")), &n))
        e->bytes_in = n;
    if (addr_parse(inner, &e->dst.addr) && !addr_is_local(&e->dst.addr)) {
        batch_text(out, FIELD_OWN, STR("lease.ip"), inner);
        if (e->kind == KIND_VPN_LOGON)
            e->kind = KIND_VPN_LEASE;
    }
    batch_text(out, FIELD_ECS, STR("group.name"), forti(text, STR("group")));
    batch_text(out, FIELD_ECS, STR("event.reason"), forti(text, STR("reason")));
    const str parts[] = {
        e->kind == KIND_VPN_LEASE ? STR("VPN address") : str_of(action->says), STR(": "), user,
        STR(" from "), from, inner.len ? STR(" is ") : STR(""), inner};
    if (messages)
        text_message(out, parts, array_len(parts));
    return true;
}

const struct payload payload_fortigate = {
    .name = "fortigate",
    .takes = fortigate_takes,
    .read = fortigate_read,
};
