/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills who and where of an event from the roles of its line. The client is the source, whoever
 * wrote the record; tests/unit/test_windows.c holds the rule for each kind of record. Names that
 * a client supplies (WorkstationName) are taken as they are; judging them is not done here. */
#include "parsers/windows_view.h"

enum { WELL_KNOWN_END = 1024, EPHEMERAL_MIN = 49152, HOST_MAX = 255 };

enum logon_type {
    LOGON_NETWORK = 3,
    LOGON_UNLOCK = 7,
    LOGON_CLEARTEXT = 8,
    LOGON_NEW_CREDENTIALS = 9,
    LOGON_REMOTE = 10,
    LOGON_CACHED_REMOTE = 12,
    LOGON_CACHED_UNLOCK = 13
};

void windows_put(struct windows_view *w, uint64_t *name, str text)
{
    if (!*name && text.len)
        *name = names_put(&w->b->names, text);
}

static size_t memo_slot(struct value v)
{
    uint64_t head = 0, tail = 0;
    size_t n = v.len < sizeof head ? v.len : sizeof head;

    memcpy(&head, v.p, n);
    memcpy(&tail, (const char *)v.p + v.len - n, n);
    uint64_t mix = (head ^ tail * 3 ^ v.len ^ (uint64_t)v.type << 32) *
                   UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mix >> 32) % WINDOWS_MEMO_VALUES;
}

/* The name of a value; the few accounts, SIDs and programs of a log recur in most records. */
static uint64_t name_of(struct windows_view *w, struct value v)
{
    struct windows_memo *memo = w->r->memo;
    uint64_t id = 0;

    if (!memo || v.len == 0 || v.len > sizeof w->text) {
        windows_put(w, &id, windows_text(w, v));
        return id;
    }
    size_t i = memo_slot(v);
    struct value *known = &memo->values[i].value;
    if (known->len != v.len || known->type != v.type || memcmp(known->p, v.p, v.len) != 0) {
        windows_put(w, &id, windows_text(w, v));
        *known = v;
        memo->values[i].id = id;
    }
    return memo->values[i].id;
}

/* The first field that is not blank wins. */
static void put(struct windows_view *w, uint64_t *name, struct value v)
{
    if (!*name)
        *name = name_of(w, v);
}

/* S-1-0-0, as it stands in a record or in an export of one. */
static bool is_nobody(struct value v)
{
    static const uint8_t nobody[12] = {1, 1};

    return v.type == VALUE_SID ? v.len == sizeof nobody && memcmp(v.p, nobody, v.len) == 0
                               : value_is(v, STR("S-1-0-0"));
}

static void put_sid(struct windows_view *w, uint64_t *name, struct value v)
{
    if (!*name && !is_nobody(v))
        *name = name_of(w, v);
}

/* "0x2a3f1"; classic events write the halves of the LUID: "(0x0,0x2A3F1)". */
static void put_logon(struct windows_view *w, uint64_t *logon, struct value v)
{
    uint64_t id, high;

    if (*logon)
        return;
    if (value_u64(v, &id)) {
        *logon = id;
        return;
    }
    str s = windows_text(w, v);
    if (str_take(&s, STR("(0x")) && str_take_hex(&s, &high) && str_take(&s, STR(",0x")) &&
        str_take_hex(&s, &id) && str_eq(s, STR(")")) && high <= UINT32_MAX && id <= UINT32_MAX)
        *logon = high << 32 | id;
}

void windows_put_account(struct windows_view *w, struct party *p, str s)
{
    size_t at = str_find_char(s, '\\');

    if (p->user || !s.len)
        return;
    if (str_starts(s, STR("S-1-"))) {
        windows_put(w, &p->sid, s);
        return;
    }
    if (at < s.len) {
        str domain = str_head(s, at);
        if (!str_eq(domain, STR(".")))
            windows_put(w, &p->domain, domain);
        windows_put(w, &p->user, str_skip(s, at + 1));
        return;
    }
    at = str_rfind_char(s, '@');
    if (at > 0 && at + 1 < s.len) {
        windows_put(w, &p->domain, str_skip(s, at + 1));
        s = str_head(s, at);
    }
    windows_put(w, &p->user, s);
}

static void put_account(struct windows_view *w, struct party *p, struct value v)
{
    if (!p->user)
        windows_put_account(w, p, windows_text(w, v));
}

static bool is_host_name(str s)
{
    if (s.len == 0 || s.len > HOST_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if ((unsigned char)c <= ' ' || memchr("\\/:<>()[]{}\"|?*,;=", c, 18))
            return false;
    }
    return true;
}

/* "host:3390" without its port. */
static str without_port(str s, uint16_t *port)
{
    size_t colon = str_rfind_char(s, ':');
    uint64_t n;

    if (colon >= s.len || !str_to_u64(str_skip(s, colon + 1), &n) || n > UINT16_MAX)
        return s;
    *port = (uint16_t)n;
    return str_head(s, colon);
}

/* An address with or without port, a host name, or one of the words for "here". */
static void put_end(struct windows_view *w, struct endpoint *end, uint16_t *port, str s)
{
    struct addr addr;
    uint16_t own_port = 0;

    while (s.len && s.p[0] == '\\')
        s = str_skip(s, 1);
    if (addr_parse_port(s, &addr, &own_port)) {
        if (addr_is_none(&end->addr))
            end->addr = addr;
    } else if (str_eq_nocase(s, STR("LOCAL")) || str_eq_nocase(s, STR("Unknown")) ||
               str_eq_nocase(s, STR("Unavailable"))) {
        return;
    } else if (str_starts_nocase(s, STR("localhost"))) {
        if (!end->host)
            end->host = w->e->host;
    } else {
        s = without_port(s, &own_port);
        if (is_host_name(s))
            windows_put(w, &end->host, s);
    }
    if (!*port)
        *port = own_port;
}

void windows_put_src(struct windows_view *w, str s)
{
    put_end(w, &w->e->src, &w->e->src_port, s);
}

static void put_dst(struct windows_view *w, str s)
{
    put_end(w, &w->e->dst, &w->e->dst_port, s);
}

static void put_port(uint16_t *port, struct value v)
{
    uint64_t n;

    if (!*port && value_u64(v, &n) && n <= UINT16_MAX)
        *port = (uint16_t)n;
}

static void put_sockaddr(struct endpoint *end, uint16_t *port, struct value v)
{
    struct addr addr;
    uint16_t n;

    if (addr_is_none(&end->addr) && windows_sockaddr(v, &addr, &n)) {
        end->addr = addr;
        *port = n;
    }
}

static bool is_own(const struct windows_view *w, str host)
{
    return str_eq_nocase(host, STR("localhost")) || windows_same_host(host, w->r->computer);
}

/* 4624 and 4625. New credentials (runas /netonly, pass the hash) are written where the client is;
 * every other logon where the server is. The address of a local type is loopback and says nothing;
 * the workstation of a remote desktop logon is the server itself. */
static void logon(struct windows_view *w)
{
    uint64_t type = 0;
    bool remote;

    value_u64(windows_value(w, F_LogonType), &type);
    if (type == LOGON_NEW_CREDENTIALS) {
        w->e->src.host = w->e->host;
        return;
    }
    w->e->dst.host = w->e->host;
    windows_put_src(w, windows_text(w, windows_value(w, F_IpAddress)));
    remote = type == LOGON_NETWORK || type == LOGON_CLEARTEXT || type == LOGON_REMOTE ||
             type == LOGON_CACHED_REMOTE || type == LOGON_UNLOCK || type == LOGON_CACHED_UNLOCK;
    if (!remote && addr_is_local(&w->e->src.addr))
        w->e->src = (struct endpoint){0};
    if (!remote || type == LOGON_UNLOCK || type == LOGON_CACHED_UNLOCK)
        return;
    str workstation = windows_text(w, windows_value(w, F_WorkstationName));
    if (!is_own(w, workstation))
        windows_put_src(w, workstation);
}

/* The host of a service principal name: "cifs/fs01.acme.example", "TERMSRV/fs01:3389"; a name
 * without a service is taken as it is. */
static str spn_host(str spn)
{
    size_t slash = str_find_char(spn, '/');

    if (slash < spn.len)
        spn = str_skip(spn, slash + 1);
    return str_head(spn, str_find_char(spn, '/'));
}

/* 4648 is written where the credentials were used: the client when it names another server, and
 * then an address is the server's; else the server or nobody but this machine. */
static void explicit_credentials(struct windows_view *w)
{
    struct value address = windows_value(w, F_IpAddress), port = windows_value(w, F_IpPort);
    str server = windows_text(w, windows_value(w, F_TargetServerName));

    if (!server.len)
        server = spn_host(windows_text(w, windows_value(w, F_TargetInfo)));
    if (server.len && !is_own(w, server)) {
        w->e->src.host = w->e->host;
        put_dst(w, server);
        put_dst(w, windows_text(w, address));
        put_port(&w->e->dst_port, port);
    } else {
        w->e->dst.host = w->e->host;
        windows_put_src(w, windows_text(w, address));
        put_port(&w->e->src_port, port);
    }
}

struct flow {
    unsigned src, src_port, dst, dst_port; /* fields */
};

static void put_flow(struct windows_view *w, const struct flow *f, bool own_is_source)
{
    windows_put_src(w, windows_text(w, windows_value(w, f->src)));
    put_dst(w, windows_text(w, windows_value(w, f->dst)));
    put_port(&w->e->src_port, windows_value(w, f->src_port));
    put_port(&w->e->dst_port, windows_value(w, f->dst_port));
    *(own_is_source ? &w->e->src.host : &w->e->dst.host) = w->e->host;
}

static bool is_inbound(const struct windows_view *w)
{
    return value_is(windows_value(w, F_Direction), STR("%%14592"));
}

/* 5156 and 5157 of an inbound connection: Windows 7 and the event documentation have the local end
 * as Source, Windows 10 and Server 2016 the client (measured: all 38 of the OTRF cases). So Source
 * is the client, unless its port is a service's and that of Dest is not; RPC has ephemeral ports on
 * both ends. */
static void flow(struct windows_view *w)
{
    static const struct flow named = {F_SourceAddress, F_SourcePort, F_DestAddress, F_DestPort};
    static const struct flow swapped = {F_DestAddress, F_DestPort, F_SourceAddress, F_SourcePort};
    uint64_t source = 0, dest = 0;

    if (!is_inbound(w)) {
        put_flow(w, &named, true);
        return;
    }
    value_u64(windows_value(w, F_SourcePort), &source);
    value_u64(windows_value(w, F_DestPort), &dest);
    bool served = (source < EPHEMERAL_MIN && dest >= EPHEMERAL_MIN) ||
                  (source < WELL_KNOWN_END && dest >= WELL_KNOWN_END);
    put_flow(w, served ? &swapped : &named, false);
}

/* Dropped packets (5152) name the packet's own source and destination. */
static void packet(struct windows_view *w)
{
    static const struct flow f = {F_SourceAddress, F_SourcePort, F_DestAddress, F_DestPort};

    put_flow(w, &f, !is_inbound(w));
}

static void sysmon_flow(struct windows_view *w)
{
    static const struct flow f = {F_SourceIp, F_SourcePort, F_DestinationIp, F_DestinationPort};
    struct value initiated = windows_value(w, F_Initiated);
    uint64_t n;
    bool out = value_is(initiated, STR("true")) || (value_u64(initiated, &n) && n);

    put_flow(w, &f, out);
    if (out)
        put(w, &w->e->dst.host, windows_value(w, F_DestinationHostname));
    else
        put(w, &w->e->src.host, windows_value(w, F_SourceHostname));
}

static void ticket(struct windows_view *w)
{
    uint64_t status;

    if (value_u64(windows_value(w, F_Status), &status) && status)
        w->e->kind = KIND_KERBEROS_FAILED;
}

/* "http://fs01:5985/wsman?PSVersion=5.1" or "fs01/wsman?...": what stands before the path. */
static str authority(str url)
{
    size_t scheme = str_find(url, STR("://"));

    if (scheme < url.len)
        url = str_skip(url, scheme + 3);
    url = str_head(url, str_find_char(url, '/'));
    size_t user = str_rfind_char(url, '@');
    return user < url.len ? str_skip(url, user + 1) : url;
}

/* Auditing that is only added is the lesser change. */
static void audit_policy(struct windows_view *w)
{
    str changes = windows_text(w, windows_value(w, F_AuditPolicyChanges));

    if (changes.len && !str_has(changes, STR("%%8448")) && !str_has(changes, STR("%%8450")))
        w->e->severity = SEVERITY_LOW;
}

/* 4950 spells the setting out; the firewall's own log has type 1 for "firewall enabled". */
static void firewall_off(struct windows_view *w)
{
    struct value type = windows_value(w, F_SettingType);
    uint64_t n;
    bool enabled = value_is(type, STR("Enable Windows Firewall")) ||
                   (value_u64(type, &n) && n == 1);

    if (enabled && (value_is(event_field(w->e, STR("SettingValue")), STR("No")) ||
                    value_is(event_field(w->e, STR("SettingValueString")), STR("No"))))
        w->e->severity = SEVERITY_HIGH;
}

static void defender_setting(struct windows_view *w)
{
    str now = windows_text(w, windows_value(w, F_New_Value));

    if (str_has_nocase(now, STR("\\Disable")) && str_ends(now, STR("= 0x1")))
        w->e->severity = SEVERITY_HIGH;
    else if (str_has_nocase(now, STR("\\Exclusions\\")))
        w->e->severity = SEVERITY_MEDIUM;
}

/* PowerShell itself raises script blocks that hold suspicious calls to level 3 (warning). */
static void script_level(struct windows_view *w)
{
    enum { LEVEL_WARNING = 3 };
    uint64_t level;

    if (value_u64(w->r->system[SYSTEM_LEVEL], &level) && level == LEVEL_WARNING)
        w->e->severity = SEVERITY_LOW;
}

static void ecs(struct windows_view *w, const struct windows_role *role, struct value v)
{
    str path = {role->path, role->path_len};
    uint64_t n;

    if (value_is_blank(v))
        return;
    if (role->op != OP_ECS_NUMBER)
        batch_field(w->b, FIELD_ECS, path, v);
    else if (value_u64(v, &n))
        batch_number(w->b, FIELD_ECS, path, n);
}

static void whole_record(struct windows_view *w, unsigned op)
{
    switch (op) {
    case OP_ACTOR_WRITER:
        if (!w->e->actor.user)
            put(w, &w->e->actor.sid, w->r->system[SYSTEM_USER_SID]);
        break;
    case OP_SRC_OWN: w->e->src.host = w->e->host; break;
    case OP_DST_OWN: w->e->dst.host = w->e->host; break;
    case OP_LOGON: logon(w); break;
    case OP_EXPLICIT: explicit_credentials(w); break;
    case OP_FLOW: flow(w); break;
    case OP_PACKET: packet(w); break;
    case OP_SYSMON_FLOW: sysmon_flow(w); break;
    case OP_TICKET: ticket(w); break;
    case OP_AUDIT_POLICY: audit_policy(w); break;
    case OP_FIREWALL_OFF: firewall_off(w); break;
    case OP_DEFENDER_SETTING: defender_setting(w); break;
    case OP_SCRIPT_LEVEL: script_level(w); break;
    default: break;
    }
}

static void apply(struct windows_view *w, const struct windows_role *role, unsigned op,
                  struct value v)
{
    struct event *e = w->e;

    switch (op) {
    case OP_ACTOR_USER: put(w, &e->actor.user, v); break;
    case OP_ACTOR_DOMAIN: put(w, &e->actor.domain, v); break;
    case OP_ACTOR_SID: put_sid(w, &e->actor.sid, v); break;
    case OP_ACTOR_LOGON: put_logon(w, &e->actor.logon, v); break;
    case OP_ACTOR_ACCOUNT: put_account(w, &e->actor, v); break;
    case OP_TARGET_USER: put(w, &e->target.user, v); break;
    case OP_TARGET_DOMAIN: put(w, &e->target.domain, v); break;
    case OP_TARGET_SID: put_sid(w, &e->target.sid, v); break;
    case OP_TARGET_LOGON: put_logon(w, &e->target.logon, v); break;
    case OP_TARGET_ACCOUNT: put_account(w, &e->target, v); break;
    case OP_SRC: windows_put_src(w, windows_text(w, v)); break;
    case OP_SRC_ADDR:
        if (addr_is_none(&e->src.addr))
            addr_parse(windows_text(w, v), &e->src.addr);
        break;
    case OP_SRC_PORT: put_port(&e->src_port, v); break;
    case OP_SRC_SOCKADDR: put_sockaddr(&e->src, &e->src_port, v); break;
    case OP_DST: put_dst(w, windows_text(w, v)); break;
    case OP_DST_SPN: put_dst(w, spn_host(windows_text(w, v))); break;
    case OP_DST_SOCKADDR: put_sockaddr(&e->dst, &e->dst_port, v); break;
    case OP_PROGRAM: put(w, &e->program, v); break;
    case OP_ECS:
    case OP_ECS_NUMBER: ecs(w, role, v); break;
    case OP_FILE_OBJECT:
        if (value_is(windows_value(w, F_ObjectType), STR("File")) && !value_is_blank(v))
            batch_field(w->b, FIELD_ECS, STR("file.path"), v);
        break;
    case OP_HASHES:
        windows_hashes(w, (enum windows_hashed)role->nth, windows_text(w, v));
        break;
    case OP_SHADOW_VOLUME: /* Ntfs mounts a shadow copy when somebody opens it */
        if (str_has_nocase(windows_text(w, v), STR("HarddiskVolumeShadowCopy")))
            e->kind = KIND_SHADOW_COPY;
        break;
    case OP_WINRM_CONNECTION:
    case OP_URL_HOST: put_dst(w, authority(windows_text(w, v))); break;
    case OP_TASK_CONTENT: windows_task_content(w, v); break;
    case OP_WINRM_RESOURCE: windows_winrm_resource(w, windows_text(w, v)); break;
    case OP_SQL_CLIENT: windows_sql_client(w, windows_text(w, v)); break;
    case OP_SSHD: windows_sshd(w, windows_text(w, v)); break;
    case OP_POWERSHELL_HOST:
    case OP_POWERSHELL_CONTEXT: windows_powershell_host(w, v); break;
    default: whole_record(w, op); break;
    }
}

void windows_roles(struct windows_view *w)
{
    for (const struct windows_role *role = w->row->roles; role->op != OP_END; role++) {
        if (role->op == OP_UNNAMED)
            apply(w, role, role->then, windows_unnamed(w, role->nth));
        else
            apply(w, role, role->op, windows_value(w, role->field));
    }
}
