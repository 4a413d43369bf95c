/* SPDX-License-Identifier: Apache-2.0
 *
 * One attack out of hostile movements: those that meet on a host or an address within three days.
 * The one with the most damage is the chain, in order of time. Where it came in, what it took. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/verdict.h"

enum { GUESSERS = 1 << 12 };

static const int64_t GUESS_NS = 86400 * NS_PER_S;
const int64_t one_attack_ns = 3 * 86400 * NS_PER_S;

struct guesser { /* an address that failed to log on to a VPN */
    struct addr addr;
    uint32_t count;
    int64_t last_ns;
    struct ref ref;
};

struct state {
    struct guesser *guessers;
};

/* ---- one attack ---- */

static uint32_t root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

struct touch { /* a hostile edge touches a host or a session */
    uint64_t what;
    int64_t start_ns;
    uint32_t edge;
};

static int touch_cmp(const void *x, const void *y)
{
    const struct touch *p = x, *q = y;

    if (p->what != q->what)
        return p->what < q->what ? -1 : 1;
    if (p->start_ns != q->start_ns)
        return p->start_ns < q->start_ns ? -1 : 1;
    return (p->edge > q->edge) - (p->edge < q->edge);
}

static size_t touches(const struct result *r, struct touch *list)
{
    size_t n = 0;

    for (uint32_t i = 0; i < r->edge_count; i++) {
        const struct edge *x = &r->edges[i];
        if (!x->hostile)
            continue;
        if (x->src_host != IDENTITY_NONE)
            list[n++] = (struct touch){x->src_host, x->start_ns, i};
        else if (!addr_is_none(&x->src_addr)) /* above all host numbers */
            list[n++] = (struct touch){UINT64_C(1) << 63 |
                                           XXH3_64bits(x->src_addr.b, sizeof x->src_addr.b),
                                       x->start_ns, i};
        if (x->dst_host != IDENTITY_NONE)
            list[n++] = (struct touch){x->dst_host, x->start_ns, i};
    }
    if (n)
        qsort(list, n, sizeof *list, touch_cmp);
    return n;
}

struct hop {
    int64_t start_ns;
    str id;
    uint32_t edge;
};

static int hop_cmp(const void *x, const void *y)
{
    const struct hop *p = x, *q = y;

    if (p->start_ns != q->start_ns)
        return p->start_ns < q->start_ns ? -1 : 1;
    return str_cmp(p->id, q->id);
}

/* What was destroyed on the host within three days after a movement reached it, in hundreds a
 * severity step; each finding counts once. */
static uint64_t damage_after(const struct result *r, const struct edge *x, bool *counted)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < r->finding_count && x->dst_host != IDENTITY_NONE; i++) {
        const struct finding *f = &r->findings[i];
        if (f->phase != PHASE_IMPACT || counted[i] || !in_time(f->start_ns) ||
            f->start_ns < x->start_ns ||
            f->start_ns - x->start_ns > one_attack_ns ||
            !among(f->hosts, array_len(f->hosts), x->dst_host))
            continue;
        counted[i] = true;
        sum += 100 * (uint64_t)f->severity;
    }
    return sum;
}

/* The root of the attack that weighs most; damage on the hosts it reached counts most. */
static uint32_t heaviest(const struct result *r, uint32_t *parent)
{
    bool *counted = mem_alloc((r->finding_count + 1) * sizeof *counted);
    uint64_t *weight = mem_alloc((r->edge_count + 1) * sizeof *weight);
    uint32_t best = IDENTITY_NONE;

    for (uint32_t i = 0; i < r->edge_count; i++)
        if (r->edges[i].hostile)
            weight[root(parent, i)] +=
                (uint64_t)r->edges[i].score + damage_after(r, &r->edges[i], counted);
    for (uint32_t i = 0; i < r->edge_count; i++)
        if (weight[i] && (best == IDENTITY_NONE || weight[i] > weight[best]))
            best = i;
    mem_free(counted);
    mem_free(weight);
    return best;
}

static void write_chain(struct judge *j, uint32_t *parent, uint32_t best)
{
    struct result *r = j->result;
    struct hop *hops = mem_alloc((r->edge_count + 1) * sizeof *hops);
    size_t n = 0;

    for (uint32_t i = 0; i < r->edge_count; i++)
        if (r->edges[i].hostile && root(parent, i) == best)
            hops[n++] = (struct hop){r->edges[i].start_ns, r->edges[i].id, i};
    if (n)
        qsort(hops, n, sizeof *hops, hop_cmp);
    r->chain = vec_grow(r->chain, &r->chain_cap, n, sizeof *r->chain);
    for (size_t i = 0; i < n; i++) {
        r->chain[i] = hops[i].edge;
        r->edges[hops[i].edge].hop = (uint32_t)i + 1;
    }
    r->chain_count = n;
    mem_free(hops);
}

static void find_chain(struct judge *j)
{
    struct result *r = j->result;
    uint32_t *parent = mem_alloc((r->edge_count + 1) * sizeof *parent);
    struct touch *list = mem_alloc((r->edge_count * 2 + 1) * sizeof *list);

    for (uint32_t i = 0; i < r->edge_count; i++)
        parent[i] = i;
    size_t n = touches(r, list);
    for (size_t i = 1; i < n; i++)
        if (list[i].what == list[i - 1].what &&
            list[i].start_ns - list[i - 1].start_ns <= one_attack_ns)
            parent[root(parent, list[i].edge)] = root(parent, list[i - 1].edge);
    uint32_t best = heaviest(r, parent);
    if (best != IDENTITY_NONE)
        write_chain(j, parent, best);
    mem_free(parent);
    mem_free(list);
}

/* ---- where it came in, what it took ---- */

static const struct guesser *guesser_of(const struct state *s, const struct addr *addr)
{
    const struct guesser *g =
        &s->guessers[XXH3_64bits(addr->b, sizeof addr->b) & (GUESSERS - 1)];

    return g->count && addr_eq(&g->addr, addr) ? g : NULL;
}

static void entry(const struct state *s, struct judge *j)
{
    struct result *r = j->result;
    struct arena *a = &r->arena;

    if (!r->chain_count)
        return;
    const struct edge *x = &r->edges[r->chain[0]];
    const struct session *vpn =
        x->from_session != IDENTITY_NONE && str_eq(str_of(r->sessions[x->from_session].kind),
                                                   STR("vpn")) ? &r->sessions[x->from_session]
                                                               : NULL;
    bool outside = x->src_host == IDENTITY_NONE && !addr_is_none(&x->src_addr) &&
                   !addr_is_private(&x->src_addr);
    uint32_t index = (uint32_t)r->finding_count, from = x->from_session;
    if ((!vpn && !outside) || index >= FINDINGS_MAX)
        return;
    struct finding *f = result_finding(r);
    f->detector = STR("chain");
    f->severity = SEVERITY_HIGH;
    f->phase = PHASE_ENTRY;
    f->confidence = vpn ? 0.80 : x->confidence;
    f->techniques[0] = "T1133";
    f->techniques[1] = "T1078";
    f->tactics[0] = "TA0001";
    f->client = vpn ? vpn->source : x->src_name;
    if (vpn) {
        struct addr addr;
        const struct guesser *g = addr_parse(vpn->source, &addr) ? guesser_of(s, &addr) : NULL;
        bool tried = g && g->last_ns <= vpn->start_ns && vpn->start_ns - g->last_ns <= GUESS_NS;
        f->title = STR("Entry over the VPN");
        f->start_ns = vpn->start_ns;
        f->end_ns = vpn->end_ns;
        f->session = from;
        finding_host(f, vpn->host);
        finding_account(f, vpn->account);
        f->reason = arena_printf(a, "%.*s logged on to the VPN at %.*s from %.*s",
                                 PSTR(vpn->account_name), PSTR(vpn->host_name),
                                 PSTR(vpn->source.len ? vpn->source : STR("an unknown address")));
        if (tried) {
            f->reason = arena_printf(a, "%.*s; %u records of failed logins from there precede it",
                                     PSTR(f->reason), g->count);
            f->techniques[2] = "T1110";
        }
        refs_add(&f->events, vpn->opened);
        judge_mark(j, vpn->opened, MARK_FINDING, index, SIDE_NONE);
        if (tried) {
            refs_add(&f->events, g->ref);
            judge_mark(j, g->ref, MARK_FINDING, index, SIDE_NONE);
        }
    } else {
        f->title = STR("Entry from a public address");
        f->start_ns = f->end_ns = x->start_ns;
        finding_host(f, x->dst_host);
        finding_account(f, x->account);
        f->reason = arena_printf(a, "%.*s came to %.*s from %.*s by %s", PSTR(x->account_name),
                                 PSTR(x->dst_name), PSTR(x->src_name), x->method);
        for (size_t i = 0; i < x->events.count; i++)
            refs_add(&f->events, x->events.items[i]);
    }
    str parts[] = {f->detector, f->title, f->reason};
    f->id = result_id(a, "f-", parts, array_len(parts));
}

/* Each hostile movement is a finding too: lists of findings and --fail-on go by those. */
static void movement(struct judge *j, const struct edge *x)
{
    struct result *r = j->result;
    struct arena *a = &r->arena;
    uint32_t index = (uint32_t)r->finding_count;
    struct finding *f = result_finding(r);

    f->detector = STR("lateral");
    f->title = arena_printf(a, "Hostile movement by %s", x->method);
    f->reason = arena_printf(a, "%.*s to %.*s as %.*s", PSTR(x->src_name), PSTR(x->dst_name),
                             PSTR(x->account_name));
    for (size_t i = 0; i < array_len(x->reasons) && x->reasons[i].len; i++)
        f->reason = arena_printf(a, "%.*s; %.*s", PSTR(f->reason), PSTR(x->reasons[i]));
    f->techniques[0] = x->technique;
    f->tactics[0] = "TA0008";
    f->severity = x->severity;
    f->phase = PHASE_MOVEMENT;
    f->confidence = x->confidence;
    f->start_ns = x->start_ns;
    f->end_ns = x->end_ns;
    f->session = x->session;
    finding_host(f, x->dst_host);
    finding_host(f, x->src_host);
    finding_account(f, x->account);
    str parts[] = {f->detector, x->id};
    f->id = result_id(a, "f-", parts, array_len(parts));
    for (size_t i = 0; i < x->events.count; i++) {
        refs_add(&f->events, x->events.items[i]);
        judge_mark(j, x->events.items[i], MARK_FINDING, index, SIDE_NONE);
    }
    f->events.total = x->events.total;
}

static void movements(struct judge *j)
{
    for (size_t i = 0; i < j->result->edge_count; i++)
        if (j->result->edges[i].hostile && j->result->finding_count < FINDINGS_MAX)
            movement(j, &j->result->edges[i]);
}

/* An upload by a host that the attack had reached is part of it. */
static void uploads(struct judge *j)
{
    struct result *r = j->result;

    for (size_t i = 0; i < r->finding_count; i++) {
        struct finding *f = &r->findings[i];
        bool reached = false;
        if (!str_eq(f->detector, STR("exfil")))
            continue;
        for (size_t k = 0; k < r->chain_count && !reached; k++)
            reached = r->edges[r->chain[k]].dst_host == f->hosts[0] &&
                      f->hosts[0] != IDENTITY_NONE &&
                      r->edges[r->chain[k]].start_ns <= f->end_ns;
        if (!reached)
            continue;
        f->severity = f->severity < SEVERITY_HIGH ? SEVERITY_HIGH : f->severity;
        f->confidence = 0.95;
        f->reason = arena_printf(&r->arena, "%.*s; the client had been reached by the attack",
                                 PSTR(f->reason));
    }
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;

    if (e->kind != KIND_VPN_LOGON_FAILED || addr_is_none(&e->src.addr) ||
        !in_time(e->time_ns))
        return;
    struct guesser *g =
        &s->guessers[XXH3_64bits(e->src.addr.b, sizeof e->src.addr.b) & (GUESSERS - 1)];
    if (!addr_eq(&g->addr, &e->src.addr) || e->time_ns - g->last_ns > GUESS_NS)
        *g = (struct guesser){.addr = e->src.addr, .ref = judge_ref(j, e)};
    g->count++;
    g->last_ns = e->time_ns;
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    (void)j;
    s->guessers = mem_alloc(GUESSERS * sizeof *s->guessers);
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;

    edges_judge(j);
    find_chain(j);
    entry(s, j);
    uploads(j);
    movements(j);
    if (j->result->finding_count >= FINDINGS_MAX)
        result_limit(j->result, "findings are listed up to %d", FINDINGS_MAX);
    mem_free(s->guessers);
    mem_free(s);
}

const struct detector detector_chain = {
    .name = "chain",
    .about = "which movements were hostile, and the path from entry to impact",
    .start = start,
    .see = see,
    .finish = finish,
};
