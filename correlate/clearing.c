/* SPDX-License-Identifier: Apache-2.0
 *
 * Cleared logs, records that are missing, and clocks that went back. What is missing is found when
 * the record numbers are settled (core/sequence.h) and comes here as events. Record numbers go on
 * after a log is cleared, so the hole beside a clearing says how many records are lost: Security
 * 1102 is itself the first record behind it; System 104 names a log in which the hole lies around
 * that time. Where archived copies leave no hole, nothing is lost. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"
#include "correlate/signs.h"

enum { LOGS = 1 << 12, BLIND_MAX = 500, COMMAND_MAX = 4096 };

static const int64_t TOGETHER_NS = 600 * NS_PER_S;

struct log_state {
    uint64_t channel;
    uint64_t first; /* lowest record number */
    int64_t first_ns, last_ns; /* of the first record in time, of the last so far */
    uint32_t host;
};

struct gap { /* as the event says */
    uint64_t channel, first, last;
    int64_t from_ns, to_ns;
    uint32_t host;
    bool back;   /* the time falls; nothing is missing */
    bool cleared; /* a clearing accounts for it */
};

struct clearing {
    uint32_t finding, host;
    uint64_t channel, lost;
    uint64_t number; /* of the record, when it stands in the log that was cleared; else 0 */
    bool counted;
    int64_t from_ns, at_ns; /* the period that is lost: last record before, and the clearing */
    str who;
};

struct state {
    struct log_state *logs;
    struct clearing *list;
    size_t count, cap;
    struct gap *gaps;
    size_t gap_count, gap_cap;
    struct names names; /* of channels */
    struct arena scratch;
    struct recent recent;
    uint64_t lost_logs;
};

static const struct claim cleared = {
    .detector = "clearing", .title = "Event log cleared", .technique = "T1685.005",
    .tactic = "TA0112", .severity = SEVERITY_HIGH, .phase = PHASE_IMPACT, .confidence = 0.95};

static struct log_state *log_of(struct state *s, uint32_t host, uint64_t channel)
{
    uint64_t key[2] = {host, channel}, at = XXH3_64bits(key, sizeof key);

    for (unsigned i = 0; i < 8; i++) {
        struct log_state *l = &s->logs[(at + i) & (LOGS - 1)];
        if (l->host == host && l->channel == channel)
            return l;
        if (!l->channel) {
            *l = (struct log_state){.host = host, .channel = channel, .last_ns = TIME_UNKNOWN};
            return l;
        }
    }
    s->lost_logs++;
    return NULL;
}

static void number_see(struct state *s, struct judge *j, const struct event *e)
{
    struct log_state *l = log_of(s, event_host(j, e), e->channel);

    if (!l)
        return;
    if (!l->first) {
        l->first_ns = e->time_ns;
        names_copy(&s->names, j->names, e->channel);
    }
    if (!l->first || e->sequence < l->first)
        l->first = e->sequence;
    l->last_ns = e->time_ns;
}

static int64_t time_field(const struct event *e, str name, struct arena *scratch)
{
    str text = event_text(e, name, scratch);
    enum precision precision;
    int64_t time_ns;
    bool zoned;

    return str_take_rfc3339(&text, &time_ns, &precision, &zoned) ? time_ns : TIME_UNKNOWN;
}

static void gap_see(struct state *s, struct judge *j, const struct event *e)
{
    struct gap g = {.channel = e->channel, .host = event_host(j, e),
                    .back = e->kind == KIND_TIME_BACKWARDS};

    event_number(e, STR("numbers.first"), &g.first);
    event_number(e, STR("numbers.last"), &g.last);
    g.from_ns = time_field(e, STR("numbers.time_before"), &s->scratch);
    g.to_ns = time_field(e, STR("numbers.time_after"), &s->scratch);
    arena_reset(&s->scratch);
    names_copy(&s->names, j->names, e->channel);
    s->gaps = vec_grow(s->gaps, &s->gap_cap, s->gap_count + 1, sizeof *s->gaps);
    s->gaps[s->gap_count++] = g;
}

static void cleared_see(struct state *s, struct judge *j, const struct event *e)
{
    str name = event_text(e, STR("Channel"), &s->scratch);
    bool own = name.len == 0; /* 1102: the log it stands in */
    uint64_t channel = own ? e->channel : names_put(&s->names, name);
    struct log_state *l = log_of(s, event_host(j, e), channel);
    uint32_t account = identity_account(j->identity, &e->actor);
    struct clearing c = {.host = event_host(j, e), .channel = channel, .at_ns = e->time_ns,
                         .number = own ? e->sequence : 0,
                         .from_ns = l && l->first ? l->last_ns : TIME_UNKNOWN};

    names_copy(&s->names, j->names, e->channel);
    c.who = account != IDENTITY_NONE ? j->identity->accounts[account].name
                                     : arena_str(&j->result->arena, judge_text(j, e->actor.user));
    c.finding = claim_recent(&s->recent, j, e, &cleared, &cleared, TOGETHER_NS, STR(""));
    s->list = vec_grow(s->list, &s->cap, s->count + 1, sizeof *s->list);
    s->list[s->count++] = c;
    arena_reset(&s->scratch);
}

/* wevtutil and its kind: the same deed, also when the log's own record of it is gone. */
static void command_see(struct state *s, struct judge *j, const struct event *e)
{
    str command = event_text(e, e->kind == KIND_SCRIPT ? STR("ScriptBlockText")
                                                       : STR("process.command_line"), &s->scratch);
    const struct deed *d = command.len <= COMMAND_MAX ? deed_of(STR(""), command) : NULL;

    if (d && str_eq(str_of(d->id), STR("log-clearing")))
        claim_recent(&s->recent, j, e, &cleared, &cleared, TOGETHER_NS, command);
    arena_reset(&s->scratch);
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;

    if (in_time(e->time_ns) && (e->kind == KIND_PROCESS_START || e->kind == KIND_COMMAND ||
                                       e->kind == KIND_SCRIPT))
        command_see(s, j, e);
    if (!e->channel)
        return;
    if (e->kind == KIND_LOG_GAP || e->kind == KIND_TIME_BACKWARDS)
        gap_see(s, j, e);
    if (e->kind == KIND_LOG_CLEARED)
        cleared_see(s, j, e);
    if (e->sequence && !(e->flags & (EVENT_DERIVED | EVENT_RECOVERED | EVENT_NUMBER_LOOSE)))
        number_see(s, j, e);
}

static str host_text(const struct judge *j, uint32_t host)
{
    return host == IDENTITY_NONE ? STR("unknown") : j->identity->hosts[host].name;
}

static struct blind *add_blind(struct judge *j)
{
    struct result *r = j->result;

    r->blind = vec_grow(r->blind, &r->blind_cap, r->blind_count + 1, sizeof *r->blind);
    struct blind *b = &r->blind[r->blind_count++];
    *b = (struct blind){.from_ns = TIME_UNKNOWN, .to_ns = TIME_UNKNOWN};
    return b;
}

/* ---- when all has been seen ---- */

static int gap_cmp(const void *x, const void *y)
{
    const struct gap *p = x, *q = y;

    if (p->host != q->host)
        return p->host < q->host ? -1 : 1;
    if (p->channel != q->channel)
        return p->channel < q->channel ? -1 : 1;
    if (p->back != q->back)
        return q->back ? -1 : 1;
    if (p->from_ns != q->from_ns)
        return p->from_ns < q->from_ns ? -1 : 1;
    return (p->first > q->first) - (p->first < q->first);
}

static bool accounts_for(const struct clearing *c, const struct gap *g)
{
    if (g->host != c->host || g->channel != c->channel || g->back)
        return false;
    return c->number ? g->last + 1 == c->number : g->from_ns <= c->at_ns && c->at_ns <= g->to_ns;
}

/* How many records are lost: the hole at the clearing; all numbers before the log's first one; or
 * none, where the numbers go on. */
static void count_lost(struct state *s, struct clearing *c)
{
    const struct log_state *l = log_of(s, c->host, c->channel);

    for (size_t i = 0; i < s->gap_count; i++)
        if (accounts_for(c, &s->gaps[i])) {
            c->lost = s->gaps[i].last - s->gaps[i].first + 1;
            c->from_ns = s->gaps[i].from_ns;
            c->counted = s->gaps[i].cleared = true;
            return;
        }
    if (!l || !l->first)
        return;
    if (c->number ? l->first == c->number : l->first_ns >= c->at_ns)
        c->lost = l->first - 1;
    c->counted = c->number ? l->first <= c->number : l->last_ns >= c->at_ns;
}

static void tell_clearing(struct state *s, struct judge *j, const struct clearing *c)
{
    struct arena *a = &j->result->arena;
    struct blind *b = add_blind(j);
    str log = arena_str(a, names_text(&s->names, c->channel));
    str count = c->counted ? arena_printf(a, "%llu records lost", (unsigned long long)c->lost)
                           : STR("how many records are lost is not known");

    b->host = host_text(j, c->host);
    b->log = log;
    b->from_ns = c->from_ns;
    b->to_ns = c->at_ns;
    b->why = arena_printf(a, "cleared%s%.*s: %.*s", c->who.len ? " by " : "", PSTR(c->who),
                          PSTR(count));
    if (c->finding >= j->result->finding_count)
        return;
    struct finding *f = &j->result->findings[c->finding];
    f->reason = arena_printf(a, "%.*s%s%.*s log of %.*s cleared%s%.*s, %.*s", PSTR(f->reason),
                             f->reason.len ? "; " : "", PSTR(log), PSTR(b->host),
                             c->who.len ? " by " : "", PSTR(c->who), PSTR(count));
}

/* The gaps from `first` on that are of one log and one sort; the number of them. */
static size_t of_one_log(const struct gap *gaps, size_t count)
{
    size_t n = 1;

    while (n < count && gaps[n].host == gaps[0].host && gaps[n].channel == gaps[0].channel &&
           gaps[n].back == gaps[0].back)
        n++;
    return n;
}

static void tell_log(struct state *s, struct judge *j, const struct gap *gaps, size_t count)
{
    struct blind *b = add_blind(j);
    uint64_t missing = 0;

    b->host = host_text(j, gaps[0].host);
    b->log = arena_str(&j->result->arena, names_text(&s->names, gaps[0].channel));
    b->from_ns = gaps[0].from_ns;
    for (size_t i = 0; i < count; i++) {
        missing += gaps[i].last - gaps[i].first + 1;
        if (b->to_ns == TIME_UNKNOWN || gaps[i].to_ns > b->to_ns)
            b->to_ns = gaps[i].to_ns;
    }
    b->why = gaps[0].back
        ? arena_printf(&j->result->arena, "time runs backwards %zu time%s in the order of the "
                       "record numbers", count, count == 1 ? "" : "s")
        : arena_printf(&j->result->arena, "%llu record number%s missing, in %zu gap%s",
                       (unsigned long long)missing, missing == 1 ? " is" : "s are", count,
                       count == 1 ? "" : "s");
}

static void tell_gaps(struct state *s, struct judge *j)
{
    size_t kept = 0, logs = 0, n;

    for (size_t i = 0; i < s->gap_count; i++) /* a cleared log is told as such */
        if (!s->gaps[i].cleared)
            s->gaps[kept++] = s->gaps[i];
    if (kept)
        qsort(s->gaps, kept, sizeof *s->gaps, gap_cmp);
    for (size_t i = 0; i < kept; i += n) {
        n = of_one_log(s->gaps + i, kept - i);
        if (logs++ < BLIND_MAX)
            tell_log(s, j, s->gaps + i, n);
    }
    if (logs > BLIND_MAX)
        result_limit(j->result, "%zu logs have gaps in their record numbers, %d are listed; each "
                     "gap is an event of its own", logs, BLIND_MAX);
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    (void)j;
    s->logs = mem_alloc(LOGS * sizeof *s->logs);
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;

    for (size_t i = 0; i < s->count; i++) {
        count_lost(s, &s->list[i]);
        tell_clearing(s, j, &s->list[i]);
    }
    tell_gaps(s, j);
    if (s->lost_logs)
        result_limit(j->result, "how much was lost when logs were cleared is not told of all: more "
                     "than %d logs", LOGS);
    mem_free(s->logs);
    mem_free(s->list);
    mem_free(s->gaps);
    names_free(&s->names);
    arena_free(&s->scratch);
    mem_free(s);
}

const struct detector detector_clearing = {
    .name = "clearing",
    .about = "event logs cleared, with the count of lost records; missing record numbers",
    .technique = "T1685.005",
    .start = start,
    .see = see,
    .finish = finish,
};
