/* SPDX-License-Identifier: Apache-2.0
 *
 * From the spans of a log to what is missing between them.
 *
 * Numbers may start over: a log file is deleted, a machine set up anew under its old name. Spans
 * that hold the same numbers at quite different times are therefore taken for different lives of a
 * log, each with its own holes; a few lives are told apart. */
#include "core/sequence.h"

#include "core/time.h"

enum { LIVES = 8, LOG_EVENTS = 1000, CLOCK_NEAR_S = 120, GAP_PART = UINT16_MAX - 1, STEP_PART };

struct life {
    struct sequence_span head; /* the span with the highest number so far */
    uint64_t live_first, live_last;
    bool live;
};

struct settling {
    struct sequences *s;
    const struct sequence *log;
    struct batch *out;
    struct sequence_limits *limits;
    size_t made;
};

#define ORDER(x, y)                                                                                \
    if ((x) != (y))                                                                                \
        return (x) < (y) ? -1 : 1

static int end_cmp(const struct sequence_end *a, const struct sequence_end *b)
{
    ORDER(a->number, b->number);
    ORDER(a->time_ns, b->time_ns);
    ORDER(a->source, b->source);
    ORDER(a->offset, b->offset);
    return 0;
}

static int span_cmp(const void *x, const void *y)
{
    const struct sequence_span *a = x, *b = y;
    int c = end_cmp(&a->first, &b->first);

    if (c)
        return c;
    ORDER(b->live, a->live);
    return end_cmp(&a->last, &b->last);
}

static int step_cmp(const void *x, const void *y)
{
    const struct sequence_step *a = x, *b = y;

    ORDER(a->before.number, b->before.number);
    ORDER(a->before.time_ns, b->before.time_ns);
    ORDER(a->after.number, b->after.number);
    ORDER(a->after.time_ns, b->after.time_ns);
    int c = end_cmp(&a->before, &b->before);
    return c ? c : end_cmp(&a->after, &b->after);
}

static int clock_cmp(const void *x, const void *y)
{
    const struct sequence_clock *a = x, *b = y;

    ORDER(a->host, b->host);
    ORDER(a->time_ns, b->time_ns);
    return 0;
}

/* ---- lives ---- */

/* Could both spans be of one log? Where their numbers overlap, their times have to, too. */
static bool agrees(const struct sequence_span *head, const struct sequence_span *span)
{
    if (span->first.number > head->last.number || head->to_ns == TIME_UNKNOWN ||
        span->to_ns == TIME_UNKNOWN)
        return true;
    return span->from_ns - NS_PER_S <= head->to_ns && head->from_ns - NS_PER_S <= span->to_ns;
}

/* Is life a the better one for a span that begins like this? One that goes on there without a
 * hole, else the one that ends latest before it. */
static bool fits_better(const struct life *a, const struct life *b,
                        const struct sequence_end *first)
{
    bool joins_a = first->number <= a->head.last.number + 1;
    bool joins_b = first->number <= b->head.last.number + 1;

    if (joins_a != joins_b)
        return joins_a;
    bool before_a = a->head.last.time_ns <= first->time_ns;
    bool before_b = b->head.last.time_ns <= first->time_ns;
    if (before_a != before_b)
        return before_a;
    return a->head.last.time_ns > b->head.last.time_ns;
}

/* The life of the next span; LIVES when it would be one too many. */
static unsigned life_of(const struct life *lives, unsigned *count,
                        const struct sequence_span *span)
{
    unsigned best = LIVES;

    for (unsigned i = 0; i < *count; i++)
        if (agrees(&lives[i].head, span) &&
            (best == LIVES || fits_better(&lives[i], &lives[best], &span->first)))
            best = i;
    return best == LIVES && *count < LIVES ? (*count)++ : best;
}

static void extend(struct life *life, const struct sequence_span *span)
{
    if (!life->head.last.number || span->last.number > life->head.last.number)
        life->head = *span;
    if (!span->live)
        return;
    if (!life->live)
        life->live_first = span->first.number;
    life->live = true;
    if (span->last.number > life->live_last)
        life->live_last = span->last.number;
}

/* ---- events ---- */

static str time_of(struct batch *out, int64_t time_ns)
{
    struct buf b = {0};

    if (time_ns == TIME_UNKNOWN)
        return STR("an unknown time");
    time_text(time_ns, PRECISION_100NS, &b);
    str text = arena_str(&out->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static void set_uid(const struct settling *g, struct event *e, const struct sequence_step *at)
{
    const uint64_t numbers[] = {e->kind, at->before.number, (uint64_t)at->before.time_ns,
                                at->after.number, (uint64_t)at->after.time_ns};
    const uint64_t names[] = {g->log->system, g->log->channel, g->log->host};
    struct buf b = {0};

    buf_add(&b, numbers, sizeof numbers);
    for (size_t i = 0; i < array_len(names); i++) {
        buf_str(&b, names_text(&g->s->names, names[i]));
        buf_char(&b, '\0');
    }
    event_uid_content(e, b.p, b.len);
    buf_free(&b);
}

/* An event between two records, told at the one before; false when there are too many. */
static bool event_begin(struct settling *g, enum kind kind, const struct sequence_step *at)
{
    struct batch *b = g->out;

    if (g->made == LOG_EVENTS || b->count == SEQUENCE_EVENTS) {
        g->limits->events++;
        return false;
    }
    g->made++;
    batch_source(b, at->before.source, names_text(&g->s->names, g->log->system));
    struct event *e = batch_begin(b, at->before.offset);
    struct place *place = arena_alloc(&b->arena, sizeof *place);
    *place = (struct place){.offset = at->after.offset, .source = at->after.source};
    e->kind = (uint16_t)kind;
    e->time_ns = at->before.time_ns != TIME_UNKNOWN ? at->before.time_ns : at->after.time_ns;
    e->precision = PRECISION_100NS;
    e->flags |= EVENT_DERIVED;
    e->sequence = at->before.number;
    e->part = kind == KIND_LOG_GAP ? GAP_PART : STEP_PART; /* behind the record itself */
    e->host = names_put(&b->names, names_text(&g->s->names, g->log->host));
    e->channel = names_put(&b->names, names_text(&g->s->names, g->log->channel));
    e->provider = names_put(&b->names, STR("ashiato"));
    e->places = place;
    e->place_count = 1;
    set_uid(g, e, at);
    batch_number(b, FIELD_OWN, STR("numbers.before"), at->before.number);
    batch_number(b, FIELD_OWN, STR("numbers.after"), at->after.number);
    batch_text(b, FIELD_OWN, STR("numbers.time_before"), time_of(b, at->before.time_ns));
    batch_text(b, FIELD_OWN, STR("numbers.time_after"), time_of(b, at->after.time_ns));
    return true;
}

static void tell_gap(struct settling *g, const struct sequence_step *at)
{
    struct batch *b = g->out;
    uint64_t first = at->before.number + 1, last = at->after.number - 1;
    bool one_file = at->before.source == at->after.source;

    if (!event_begin(g, KIND_LOG_GAP, at))
        return;
    b->open->severity = one_file ? SEVERITY_LOW : SEVERITY_INFO;
    batch_number(b, FIELD_OWN, STR("numbers.first"), first);
    batch_number(b, FIELD_OWN, STR("numbers.last"), last);
    batch_number(b, FIELD_OWN, STR("numbers.missing"), last - first + 1);
    batch_message(b, "%llu record%s of the log %.*s %s in no file: number%s %llu to %llu, between "
                  "%.*s and %.*s, %s", (unsigned long long)(last - first + 1),
                  first == last ? "" : "s", PSTR(names_text(&g->s->names, g->log->channel)),
                  first == last ? "is" : "are", first == last ? "" : "s",
                  (unsigned long long)first, (unsigned long long)last,
                  PSTR(time_of(b, at->before.time_ns)), PSTR(time_of(b, at->after.time_ns)),
                  one_file ? "inside of one file" : "between two files");
    batch_commit(b);
}

/* Does a record say that the host's clock was set at about this time? */
static bool clock_was_set(const struct sequences *s, uint64_t host, int64_t time_ns)
{
    const int64_t near_ns = CLOCK_NEAR_S * NS_PER_S;
    const struct sequence_clock from = {host, time_ns - near_ns};
    size_t low = 0, high = s->clock_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (clock_cmp(&s->clocks[middle], &from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->clock_count && s->clocks[low].host == host &&
           s->clocks[low].time_ns <= time_ns + near_ns;
}

static void tell_step(struct settling *g, const struct sequence_step *at)
{
    struct batch *b = g->out;
    int64_t back_ns = at->before.time_ns - at->after.time_ns;
    bool explained = clock_was_set(g->s, g->log->host, at->after.time_ns);

    if (!event_begin(g, KIND_TIME_BACKWARDS, at))
        return;
    batch_text(b, FIELD_OWN, STR("numbers.explained"),
               explained ? STR("a record says that the clock was set") : STR(""));
    batch_message(b, "The time of the log %.*s falls by %lld.%01lld s: record %llu is of %.*s, the "
                  "next one, %llu, of %.*s%s", PSTR(names_text(&g->s->names, g->log->channel)),
                  (long long)(back_ns / NS_PER_S), (long long)(back_ns % NS_PER_S / 100000000),
                  (unsigned long long)at->before.number, PSTR(time_of(b, at->before.time_ns)),
                  (unsigned long long)at->after.number, PSTR(time_of(b, at->after.time_ns)),
                  explained ? "; a record says that the clock was set" : "");
    batch_commit(b);
}

/* ---- a log ---- */

/* Gives each span its life, and says what reach their records of the log itself have. */
static unsigned sort_lives(struct sequence *log, struct life *lives)
{
    unsigned count = 0;

    qsort(log->spans, log->count, sizeof *log->spans, span_cmp);
    for (size_t i = 0; i < log->count; i++) {
        struct sequence_span *span = &log->spans[i];
        span->life = (uint8_t)life_of(lives, &count, span);
        if (span->life < LIVES)
            extend(&lives[span->life], span);
        else
            log->incomplete = true;
    }
    return count;
}

/* The holes and falls between the spans of one life. */
static void walk_life(struct settling *g, struct sequence *log, unsigned number,
                      const struct life *life)
{
    const struct sequence_span *head = NULL;

    for (size_t i = 0; i < log->count; i++) {
        const struct sequence_span *span = &log->spans[i];
        if (span->life != number)
            continue;
        if (head && span->first.number > head->last.number) {
            const struct sequence_step at = {head->last, span->first};
            if (at.after.number - at.before.number > 1 && at.before.number >= life->live_first &&
                at.after.number <= life->live_last)
                tell_gap(g, &at);
            if (head->live && span->live && sequence_falls(&at)) {
                log->steps = vec_grow(log->steps, &log->step_cap, log->step_count + 1,
                                      sizeof *log->steps);
                log->steps[log->step_count++] = at;
            }
        }
        if (!head || span->last.number > head->last.number)
            head = span;
    }
}

static bool same_step(const struct sequence_step *a, const struct sequence_step *b)
{
    return a->before.number == b->before.number && a->after.number == b->after.number &&
           a->before.time_ns == b->before.time_ns && a->after.time_ns == b->after.time_ns;
}

static void settle_log(struct settling *g, struct sequence *log)
{
    struct life lives[LIVES] = {{.live = false}};
    unsigned count = sort_lives(log, lives);

    for (unsigned i = 0; i < count && !log->incomplete; i++)
        if (lives[i].live)
            walk_life(g, log, i, &lives[i]);
    if (log->step_count)
        qsort(log->steps, log->step_count, sizeof *log->steps, step_cmp);
    for (size_t i = 0; i < log->step_count; i++) /* copies of a log tell the same */
        if (i == 0 || !same_step(&log->steps[i - 1], &log->steps[i]))
            tell_step(g, &log->steps[i]);
}

void sequences_events(struct sequences *s, struct batch *out, struct sequence_limits *limits)
{
    *limits = (struct sequence_limits){.records = s->lost};
    if (s->clock_count)
        qsort(s->clocks, s->clock_count, sizeof *s->clocks, clock_cmp);
    for (size_t i = 0; i < s->count; i++) {
        struct settling g = {.s = s, .log = &s->logs[i], .out = out, .limits = limits};
        settle_log(&g, &s->logs[i]);
        limits->logs += s->logs[i].incomplete;
    }
}
