/* SPDX-License-Identifier: Apache-2.0
 *
 * Which movements were hostile: by their own signs (correlate/move.c), by what was done in the
 * sessions they opened, by the way they came, and by the hostile movements they join. The last
 * spreads until nothing changes. */
#include "correlate/verdict.h"

#include <xxhash.h>

#include "core/time.h"

enum { HOSTILE = 50, ROUNDS = 64 };

static const int64_t SAME_ACCOUNT_NS = 12 * 3600 * NS_PER_S, REMOTE_COMMAND_NS = 3600 * NS_PER_S,
                     CLOCK_NS = 120 * NS_PER_S;

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

bool among(const uint32_t *list, size_t count, uint32_t item)
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

    if (after < 0 || after > SAME_ACCOUNT_NS || !among(f->hosts, array_len(f->hosts), x->dst_host))
        return;
    if (x->session != IDENTITY_NONE && f->session == x->session)
        raise(x, l, BY_DEED_IN_SESSION, 50,
              arena_printf(a, "in the session it opened: %.*s", PSTR(f->title)));
    else if (among(f->accounts, array_len(f->accounts), x->account))
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
        if (a->key != b->key || b->start_ns - a->start_ns > one_attack_ns)
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

void edges_judge(struct judge *j)
{
    struct link *links = mem_alloc((j->result->edge_count + 1) * sizeof *links);

    weigh_deeds(j, links);
    weigh_ways(j->result, links);
    spread(j, links);
    verdicts(j);
    mem_free(links);
}
