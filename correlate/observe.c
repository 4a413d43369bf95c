/* SPDX-License-Identifier: Apache-2.0
 *
 * Which event says what about who is who. The weights follow section 3.1 of the field notes:
 * a machine account that logs on from an address, and a host's own socket, are strong evidence;
 * names that a client gives are claims. */
#include "correlate/observe.h"

static struct fact fact_of(const struct event *e, enum fact_type type)
{
    bool open = e->flags & (EVENT_YEAR_OPEN | EVENT_ZONE_OPEN);
    int64_t t = open ? TIME_UNKNOWN : e->time_ns;

    return (struct fact){.type = type, .first_ns = t, .last_ns = t};
}

static void see(const struct event *e, const struct names *names, struct facts *facts,
                enum fact_type type, uint64_t a, uint64_t b, uint64_t c, const struct addr *addr)
{
    struct fact f = fact_of(e, type);

    f.a = a;
    f.b = b;
    f.c = c;
    if (addr)
        f.addr = *addr;
    facts_see(facts, names, f);
}

static void observe_place(const struct event *e, const struct names *names, struct facts *facts)
{
    bool named = e->host && !(e->flags & EVENT_HOST_FROM_SYSTEM);

    if (named)
        see(e, names, facts, FACT_HOST, e->host, 0, 0, NULL);
    see(e, names, facts, FACT_SYSTEM_HOST, e->system, named ? e->host : 0, 0, NULL);
    if (e->channel) {
        struct fact f = fact_of(e, FACT_LOG);
        f.a = e->system;
        f.b = e->channel;
        f.low = f.high = e->sequence;
        facts_see(facts, names, f);
    }
}

static bool failed(enum kind kind)
{
    return kind == KIND_LOGON_FAILED || kind == KIND_VPN_LOGON_FAILED ||
           kind == KIND_KERBEROS_FAILED;
}

static void observe_party(const struct event *e, const struct party *p, const struct names *names,
                          struct facts *facts)
{
    if (p->sid)
        see(e, names, facts, FACT_SID_NAME, p->sid, p->user, p->domain, NULL);
    else if (p->user && !failed((enum kind)e->kind)) /* who guesses names makes no accounts */
        see(e, names, facts, FACT_ACCOUNT, p->user, p->domain, 0, NULL);
}

static str first_label(str name)
{
    while (str_take_char(&name, '\\'))
        ;
    return str_head(name, str_find_char(name, '.'));
}

static bool is_own_name(const struct event *e, const struct names *names, uint64_t name)
{
    return str_eq_nocase(first_label(names_text(names, name)),
                         first_label(names_text(names, e->host)));
}

/* HOST$ or HOST$@REALM came from an address: that is the host's. */
static bool observe_machine(const struct event *e, const struct names *names, struct facts *facts,
                            uint64_t user)
{
    str text = names_text(names, user);
    size_t dollar = str_find_char(text, '$');
    struct names own = {0};

    if (dollar == text.len || (dollar + 1 < text.len && text.p[dollar + 1] != '@'))
        return false;
    if (addr_is_none(&e->src.addr) || addr_is_local(&e->src.addr))
        return true;
    uint64_t host = names_put(&own, str_head(text, dollar));
    see(e, &own, facts, FACT_HOST_ADDR, host, 0, 0, &e->src.addr);
    names_free(&own);
    return true;
}

static void observe_claim(const struct event *e, const struct names *names, struct facts *facts)
{
    if (e->src.host && !is_own_name(e, names, e->src.host))
        see(e, names, facts,
            addr_is_none(&e->src.addr) || addr_is_local(&e->src.addr) ? FACT_HOST_REMOTE
                                                                      : FACT_HOST_CLAIM,
            e->src.host, 0, 0, &e->src.addr);
}

static bool is_outbound(const struct event *e, bool *known)
{
    struct value initiated = event_field(e, STR("Initiated"));
    struct value direction = event_field(e, STR("Direction"));

    *known = true;
    if (value_is(initiated, STR("true")) || value_is(direction, STR("%%14593")))
        return true;
    if (value_is(initiated, STR("false")) || value_is(direction, STR("%%14592")))
        return false;
    *known = false;
    return false;
}

/* A socket of the host that wrote the record: one end is its own. */
static bool is_udp(const struct event *e)
{
    struct value protocol = event_field(e, STR("Protocol"));
    uint64_t number;

    return value_is(protocol, STR("udp")) || (value_u64(protocol, &number) && number == 17);
}

static void observe_socket(const struct event *e, const struct names *names, struct facts *facts)
{
    bool known, out = is_outbound(e, &known);
    if (!known && str_starts(names_text(names, e->provider), STR("sshd")))
        known = e->dst.host == e->host; /* "Connection from A port N on OWN port 22" */
    const struct addr *own = out ? &e->src.addr : &e->dst.addr;

    if (is_udp(e)) /* may name a broadcast or multicast address as the host's own */
        return;
    if (known && !addr_is_none(own) && !addr_is_local(own) && addr_is_private(own))
        see(e, names, facts, FACT_HOST_ADDR, e->host, 0, 0, own);
}

static void observe_lease(const struct event *e, const struct names *names, struct facts *facts)
{
    struct fact f = fact_of(e, FACT_LEASE);

    if (f.first_ns == TIME_UNKNOWN)
        return; /* the session detector follows leases of texts without a year */
    f.a = e->target.user;
    f.b = e->host;
    f.low = (uint64_t)f.first_ns;
    if (e->kind == KIND_VPN_LEASE)
        f.addr = e->dst.addr;
    facts_see(facts, names, f);
}

void observe(const struct event *e, const struct names *names, struct facts *facts)
{
    observe_place(e, names, facts);
    observe_party(e, &e->actor, names, facts);
    observe_party(e, &e->target, names, facts);
    switch ((enum kind)e->kind) {
    case KIND_LOGON:
        if (!observe_machine(e, names, facts, e->target.user))
            observe_claim(e, names, facts);
        break;
    case KIND_KERBEROS_TGT:
    case KIND_KERBEROS_SERVICE:
        see(e, names, facts, FACT_DC, e->host, 0, 0, NULL);
        if (!observe_machine(e, names, facts, e->target.user))
            observe_machine(e, names, facts, e->actor.user);
        break;
    case KIND_CONNECTION:
        observe_socket(e, names, facts);
        break;
    case KIND_SESSION_RECONNECT:
    case KIND_SESSION_DISCONNECT:
    case KIND_SMB_SERVER:
        observe_claim(e, names, facts);
        break;
    case KIND_EXPLICIT_CREDENTIALS:
    case KIND_RDP_CLIENT:
    case KIND_WINRM_CLIENT:
    case KIND_SMB_CLIENT:
        if (e->dst.host)
            see(e, names, facts, FACT_HOST_REMOTE, e->dst.host, 0, 0, NULL);
        break;
    case KIND_ADDRESS_LEASE:
        if (e->src.host && !addr_is_none(&e->dst.addr))
            see(e, names, facts, FACT_HOST_ADDR, e->src.host, 0, 0, &e->dst.addr);
        break;
    case KIND_VPN_LEASE:
    case KIND_VPN_LOGOFF:
        observe_lease(e, names, facts);
        break;
    default:
        break;
    }
}
