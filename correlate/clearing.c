/* SPDX-License-Identifier: Apache-2.0
 *
 * Cleared logs, and records that are missing. Record numbers go on after a log is cleared, so the
 * number of the first surviving record says how many are lost: Security 1102 is itself that first
 * record; System 104 names a log whose next record tells. The last number seen before counts, so
 * that archived copies are not taken for lost. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"
#include "correlate/signs.h"

enum { LOGS = 1 << 12, BLIND_MAX = 500, COMMAND_MAX = 4096 };

static const int64_t TOGETHER_NS = 600 * NS_PER_S;

struct log_state {
    uint64_t channel;
    uint64_t last;     /* highest record number so far */
    int64_t last_ns;
    uint64_t missing;  /* numbers between records seen */
    int64_t gap_from_ns, gap_to_ns;
    uint64_t gap_count;
    uint32_t host;
    bool named;
    uint32_t cleared;  /* index + 1 of the clearing that waits for the next record */
};

struct clearing {
    uint32_t finding, host;
    uint64_t channel, lost;
    bool counted;
    int64_t from_ns, at_ns; /* the period that is lost: last record before, and the clearing */
    str who;
};

struct state {
    struct log_state *logs;
    struct clearing *list;
    size_t count, cap;
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

static void count_lost(struct clearing *c, const struct log_state *l, uint64_t first)
{
    if (first > l->last) {
        c->lost = first - 1 - l->last;
        c->counted = true;
    }
}

static void number_see(struct state *s, struct judge *j, const struct event *e)
{
    struct log_state *l = log_of(s, event_host(j, e), e->channel);

    if (!l || e->part)
        return;
    if (l->cleared && e->sequence > l->last) {
        struct clearing *c = &s->list[l->cleared - 1];
        if (!c->counted)
            count_lost(c, l, e->sequence);
        l->cleared = 0;
    } else if (l->last && e->sequence > l->last + 1) {
        if (!l->missing)
            l->gap_from_ns = l->last_ns;
        l->gap_to_ns = e->time_ns;
        l->missing += e->sequence - l->last - 1;
        l->gap_count++;
    } else if (e->sequence < l->last && l->missing) {
        l->missing--; /* numbers and times may disagree a little */
    }
    if (e->sequence > l->last) {
        l->last = e->sequence;
        l->last_ns = e->time_ns;
    }
    if (!l->named) {
        l->named = true;
        names_copy(&s->names, j->names, e->channel);
    }
}

static void cleared_see(struct state *s, struct judge *j, const struct event *e)
{
    str name = event_text(e, STR("Channel"), &s->scratch);
    bool own = name.len == 0; /* 1102: the log it stands in */
    uint64_t channel = own ? e->channel : names_put(&s->names, name);
    struct log_state *l = log_of(s, event_host(j, e), channel);
    uint32_t account = identity_account(j->identity, &e->actor);
    struct clearing c = {.host = event_host(j, e), .channel = channel, .at_ns = e->time_ns,
                         .from_ns = l ? l->last_ns : TIME_UNKNOWN};

    names_copy(&s->names, j->names, e->channel);
    c.who = account != IDENTITY_NONE ? j->identity->accounts[account].name
                                     : arena_str(&j->result->arena, judge_text(j, e->actor.user));
    c.finding = claim_recent(&s->recent, j, e, &cleared, &cleared, TOGETHER_NS, STR(""));
    if (l && own)
        count_lost(&c, l, e->sequence);
    s->list = vec_grow(s->list, &s->cap, s->count + 1, sizeof *s->list);
    s->list[s->count++] = c;
    if (l && own)
        l->last = e->sequence - 1; /* counted as lost, not as a gap */
    else if (l)
        l->cleared = (uint32_t)s->count;
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
    if (e->kind == KIND_LOG_CLEARED)
        cleared_see(s, j, e);
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

static int gap_cmp(const void *x, const void *y)
{
    const struct log_state *p = x, *q = y;

    if (p->missing != q->missing)
        return p->missing > q->missing ? -1 : 1;
    if (p->host != q->host)
        return p->host < q->host ? -1 : 1;
    if (p->gap_from_ns != q->gap_from_ns)
        return p->gap_from_ns < q->gap_from_ns ? -1 : 1;
    return (p->channel > q->channel) - (p->channel < q->channel);
}

static void tell_gaps(struct state *s, struct judge *j)
{
    size_t count = 0, told = 0;

    qsort(s->logs, LOGS, sizeof *s->logs, gap_cmp);
    while (count < LOGS && s->logs[count].missing)
        count++;
    for (; told < count && told < BLIND_MAX; told++) {
        const struct log_state *l = &s->logs[told];
        struct blind *b = add_blind(j);
        b->host = host_text(j, l->host);
        b->log = arena_str(&j->result->arena, names_text(&s->names, l->channel));
        b->from_ns = l->gap_from_ns;
        b->to_ns = l->gap_to_ns;
        b->why = arena_printf(&j->result->arena,
                              "%llu record numbers are missing, in %llu gap%s",
                              (unsigned long long)l->missing, (unsigned long long)l->gap_count,
                              l->gap_count == 1 ? "" : "s");
    }
    if (told < count)
        result_limit(j->result, "%zu logs have gaps in their record numbers, the %d largest are "
                     "listed", count, BLIND_MAX);
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

    for (size_t i = 0; i < s->count; i++)
        tell_clearing(s, j, &s->list[i]);
    tell_gaps(s, j);
    if (s->lost_logs)
        result_limit(j->result, "record numbers of some logs were not followed: more than %d logs",
                     LOGS);
    mem_free(s->logs);
    mem_free(s->list);
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
