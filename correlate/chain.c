/* SPDX-License-Identifier: Apache-2.0
 *
 * From facts to judgement: which movements were hostile, which of them make one attack, and where
 * it came in.
 *
 * A movement is hostile by its own signs (correlate/move.c), by what was done in the session it
 * opened, or because hostile movements went on from that session or led to the one it was made
 * from. The last two spread until nothing changes. Hostile movements that meet on a host within
 * three days are one attack; the one with the most damage is the chain. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"

enum { HOSTILE = 50, ROUNDS = 64, GUESSERS = 1 << 12 };

static const int64_t SAME_ACCOUNT_NS = 12 * 3600 * NS_PER_S, REMOTE_COMMAND_NS = 3600 * NS_PER_S,
                     ONE_ATTACK_NS = 3 * 86400 * NS_PER_S, GUESS_NS = 86400 * NS_PER_S,
                     CLOCK_NS = 120 * NS_PER_S;

struct guesser { /* an address that failed to log on to a VPN */
    struct addr addr;
    uint32_t count;
    int64_t last_ns;
    struct ref ref;
};

struct link { /* why an edge was raised: bits of enum raise, each counts once an edge */
    unsigned raised;
};

enum raise {
    BY_DEED_IN_SESSION = 1 << 0,
    BY_DEED_OF_ACCOUNT = 1 << 1,
    BY_DEED_AFTER_COMMAND = 1 << 2,
    BY_NEXT_HOP = 1 << 3,
    BY_NEXT_HOP_OF_ACCOUNT = 1 << 4,
    BY_HOP_BEFORE = 1 << 5,
    BY_HOP_BEFORE_OF_ACCOUNT = 1 << 6,
    BY_OPEN_SESSION = 1 << 7,
    BY_SAME_WAY = 1 << 8
};

struct state {
    struct guesser *guessers;
};

static void raise(struct edge *x, struct link *l, enum raise why, int points, str reason)
{
    if (l->raised & why)
        return;
    l->raised |= why;
    x->score += points;
    for (size_t i = 0; i < array_len(x->reasons); i++)
        if (!x->reasons[i].len) {
            x->reasons[i] = reason;
            break;
        }
}

/* ---- what was done where it led to ---- */

static bool is_grave(const struct finding *f)
{
    if (!in_time(f->start_ns) || f->phase == PHASE_ENTRY || str_eq(f->detector, STR("exfil")))
        return false;
    return f->severity >= SEVERITY_HIGH ||
           (f->phase == PHASE_IMPACT && f->severity >= SEVERITY_MEDIUM);
}

static bool has(const uint32_t *list, size_t count, uint32_t item)
{
    for (size_t i = 0; i < count && list[i] != IDENTITY_NONE; i++)
        if (list[i] == item)
            return item != IDENTITY_NONE;
    return false;
}

static bool runs_commands(const struct edge *x)
{
    static const char *const methods[] = {"psexec", "service", "task", "wmi", "dcom", "winrm"};

    for (size_t i = 0; i < array_len(methods); i++)
        if (str_eq(str_of(x->method), str_of(methods[i])))
            return true;
    return false;
}

static bool by_system(const struct judge *j, const struct finding *f)
{
    return f->accounts[0] == IDENTITY_NONE ||
           j->identity->accounts[f->accounts[0]].is_service ||
           j->identity->accounts[f->accounts[0]].is_machine;
}

static void weigh_deed(struct judge *j, struct edge *x, struct link *l, const struct finding *f)
{
    struct arena *a = &j->result->arena;
    int64_t after = f->start_ns - x->start_ns;

    if (after < 0 || after > SAME_ACCOUNT_NS || !has(f->hosts, array_len(f->hosts), x->dst_host))
        return;
    if (x->session != IDENTITY_NONE && f->session == x->session)
        raise(x, l, BY_DEED_IN_SESSION, 50,
              arena_printf(a, "in the session it opened: %.*s", PSTR(f->title)));
    else if (has(f->accounts, array_len(f->accounts), x->account))
        raise(x, l, BY_DEED_OF_ACCOUNT, 35,
              arena_printf(a, "followed by the same account's deed on %.*s: %.*s",
                           PSTR(x->dst_name), PSTR(f->title)));
    else if (runs_commands(x) && by_system(j, f) && after <= REMOTE_COMMAND_NS)
        raise(x, l, BY_DEED_AFTER_COMMAND, 30,
              arena_printf(a, "followed within the hour on %.*s: %.*s", PSTR(x->dst_name),
                           PSTR(f->title)));
}

struct by_host {
    uint32_t host, item;
    int64_t start_ns;
};

static int by_host_cmp(const void *x, const void *y)
{
    const struct by_host *p = x, *q = y;

    if (p->host != q->host)
        return p->host < q->host ? -1 : 1;
    if (p->start_ns != q->start_ns)
        return p->start_ns < q->start_ns ? -1 : 1;
    return (p->item > q->item) - (p->item < q->item);
}

/* First of the sorted list on this host at or after `from_ns`. */
static size_t host_start(const struct by_host *list, size_t count, uint32_t host, int64_t from_ns)
{
    struct by_host key = {host, 0, from_ns};
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (by_host_cmp(&list[mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void weigh_deeds(struct judge *j, struct link *links)
{
    struct result *r = j->result;
    struct by_host *deeds = mem_alloc((r->finding_count * 8 + 1) * sizeof *deeds);
    size_t n = 0;

    for (uint32_t i = 0; i < r->finding_count; i++)
        for (size_t k = 0; k < 8 && is_grave(&r->findings[i]) &&
                           r->findings[i].hosts[k] != IDENTITY_NONE; k++)
            deeds[n++] = (struct by_host){r->findings[i].hosts[k], i, r->findings[i].start_ns};
    if (n)
        qsort(deeds, n, sizeof *deeds, by_host_cmp);
    for (size_t i = 0; i < r->edge_count; i++) {
        struct edge *x = &r->edges[i];
        for (size_t k = host_start(deeds, n, x->dst_host, x->start_ns);
             k < n && deeds[k].host == x->dst_host &&
             deeds[k].start_ns - x->start_ns <= SAME_ACCOUNT_NS; k++)
            weigh_deed(j, x, &links[i], &r->findings[deeds[k].item]);
    }
    mem_free(deeds);
}

/* ---- spreading ---- */

static bool session_open(const struct result *r, uint32_t session, int64_t time_ns)
{
    if (session == IDENTITY_NONE)
        return false;
    const struct session *s = &r->sessions[session];
    return s->start_ns <= time_ns + CLOCK_NS &&
           (s->end_ns == TIME_UNKNOWN || time_ns <= s->end_ns + CLOCK_NS);
}

/* `in` led to the host that `out` left: does the one say something of the other? */
static bool connect(struct judge *j, uint32_t in, uint32_t out, struct link *links)
{
    struct result *r = j->result;
    struct edge *x = &r->edges[in], *y = &r->edges[out];
    unsigned before = links[in].raised + links[out].raised;
    bool exact = x->session != IDENTITY_NONE && x->session == y->from_session;
    bool account = x->account != IDENTITY_NONE && x->account == y->account;
    bool open = session_open(r, x->session, y->start_ns);
    struct arena *a = &r->arena;

    if (!exact && !account && !open)
        return false;
    if (y->score >= HOSTILE && x->score < HOSTILE) {
        str reason = arena_printf(a, "a hostile movement went on from there to %.*s",
                                  PSTR(y->dst_name));
        if (exact)
            raise(x, &links[in], BY_NEXT_HOP, 50, reason);
        else if (account || (open && y->from_session == IDENTITY_NONE))
            raise(x, &links[in], BY_NEXT_HOP_OF_ACCOUNT, account && open ? 50 : 35, reason);
    }
    if (x->score >= HOSTILE && y->score < HOSTILE) {
        str reason = arena_printf(a, "made from %.*s, which a hostile movement had reached",
                                  PSTR(x->dst_name));
        if (exact)
            raise(y, &links[out], BY_HOP_BEFORE, 50, reason);
        else if (account)
            raise(y, &links[out], BY_HOP_BEFORE_OF_ACCOUNT, open ? 50 : 35, reason);
        else if (y->from_session == IDENTITY_NONE)
            raise(y, &links[out], BY_OPEN_SESSION, 30, reason);
    }
    return links[in].raised + links[out].raised != before;
}

/* For each session the edge that opened it, index + 1. */
static uint32_t *openers(const struct result *r)
{
    uint32_t *by = mem_alloc((r->session_count + 1) * sizeof *by);

    for (uint32_t i = 0; i < r->edge_count; i++)
        if (r->edges[i].session != IDENTITY_NONE && !by[r->edges[i].session])
            by[r->edges[i].session] = i + 1;
    return by;
}

static void spread(struct judge *j, struct link *links)
{
    struct result *r = j->result;
    uint32_t *opener = openers(r);
    struct by_host *arrivals = mem_alloc((r->edge_count + 1) * sizeof *arrivals);
    size_t n = 0;
    bool changed = true;

    for (uint32_t i = 0; i < r->edge_count; i++)
        if (r->edges[i].dst_host != IDENTITY_NONE)
            arrivals[n++] = (struct by_host){r->edges[i].dst_host, i, r->edges[i].start_ns};
    if (n)
        qsort(arrivals, n, sizeof *arrivals, by_host_cmp);
    for (int round = 0; changed && round < ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 0; i < r->edge_count; i++) {
            const struct edge *y = &r->edges[i];
            uint32_t from = y->from_session;
            if (from != IDENTITY_NONE && opener[from])
                changed |= connect(j, opener[from] - 1, i, links);
            if (y->src_host == IDENTITY_NONE)
                continue;
            for (size_t k = host_start(arrivals, n, y->src_host, y->start_ns - SAME_ACCOUNT_NS);
                 k < n && arrivals[k].host == y->src_host && arrivals[k].start_ns <= y->start_ns;
                 k++)
                changed |= connect(j, arrivals[k].item, i, links);
        }
    }
    mem_free(opener);
    mem_free(arrivals);
}

struct way { /* who goes from where to where, by which means */
    uint64_t key;
    int64_t start_ns;
    uint32_t edge;
};

static int way_cmp(const void *x, const void *y)
{
    const struct way *p = x, *q = y;

    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    if (p->start_ns != q->start_ns)
        return p->start_ns < q->start_ns ? -1 : 1;
    return (p->edge > q->edge) - (p->edge < q->edge);
}

static uint64_t way_of(const struct edge *x)
{
    str parts[] = {x->src_name, x->dst_name, x->account_name, str_of(x->method)};
    uint64_t key = 0;

    for (size_t i = 0; i < array_len(parts); i++)
        key = XXH3_64bits_withSeed(parts[i].p, parts[i].len, key + i);
    return key;
}

/* An account that did harm in a session comes the same way again within three days: it is the
 * same intruder until somebody says otherwise. Edges that were only drawn in do not count. */
static void weigh_ways(struct result *r, struct link *links)
{
    struct way *list = mem_alloc((r->edge_count + 1) * sizeof *list);
    size_t n = 0;

    for (uint32_t i = 0; i < r->edge_count; i++)
        if (r->edges[i].account != IDENTITY_NONE)
            list[n++] = (struct way){way_of(&r->edges[i]), r->edges[i].start_ns, i};
    if (n)
        qsort(list, n, sizeof *list, way_cmp);
    for (size_t i = 1; i < n; i++) {
        const struct way *a = &list[i - 1], *b = &list[i];
        if (a->key != b->key || b->start_ns - a->start_ns > ONE_ATTACK_NS)
            continue;
        if (links[a->edge].raised & (BY_DEED_IN_SESSION | BY_SAME_WAY))
            raise(&r->edges[b->edge], &links[b->edge], BY_SAME_WAY, 50,
                  STR("the same way as a hostile movement before"));
    }
    mem_free(list);
}

/* ---- verdicts ---- */

static enum severity severity_of_score(int score)
{
    if (score >= 90)
        return SEVERITY_CRITICAL;
    if (score >= 70)
        return SEVERITY_HIGH;
    if (score >= HOSTILE)
        return SEVERITY_MEDIUM;
    return score >= 20 ? SEVERITY_LOW : SEVERITY_INFO;
}

static void accuse(struct result *r, uint32_t session, int score, str reason)
{
    if (session == IDENTITY_NONE)
        return;
    struct session *s = &r->sessions[session];
    s->hostile = true;
    if (score > s->score)
        s->score = score;
    s->severity = severity_of_score(s->score);
    for (size_t i = 0; i < array_len(s->reasons); i++) {
        if (str_eq(s->reasons[i], reason))
            return;
        if (!s->reasons[i].len) {
            s->reasons[i] = reason;
            return;
        }
    }
}

static void verdicts(struct judge *j)
{
    struct result *r = j->result;

    for (size_t i = 0; i < r->edge_count; i++) {
        struct edge *x = &r->edges[i];
        x->score = x->score > 100 ? 100 : x->score;
        x->severity = severity_of_score(x->score);
        x->hostile = x->score >= HOSTILE;
        if (!x->hostile)
            continue;
        accuse(r, x->session, x->score, STR("opened by a hostile movement"));
        accuse(r, x->from_session, x->score, STR("a hostile movement was made from it"));
    }
    for (size_t i = 0; i < r->finding_count; i++)
        if (is_grave(&r->findings[i]) && r->findings[i].session != IDENTITY_NONE)
            accuse(r, r->findings[i].session,
                   r->findings[i].severity >= SEVERITY_CRITICAL ? 90 : 70, r->findings[i].title);
}

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
            f->start_ns - x->start_ns > ONE_ATTACK_NS ||
            !has(f->hosts, array_len(f->hosts), x->dst_host))
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
            list[i].start_ns - list[i - 1].start_ns <= ONE_ATTACK_NS)
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
    struct link *links = mem_alloc((j->result->edge_count + 1) * sizeof *links);

    weigh_deeds(j, links);
    weigh_ways(j->result, links);
    spread(j, links);
    verdicts(j);
    find_chain(j);
    entry(s, j);
    uploads(j);
    movements(j);
    if (j->result->finding_count >= FINDINGS_MAX)
        result_limit(j->result, "findings are listed up to %d", FINDINGS_MAX);
    mem_free(links);
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
