/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathering record numbers: spans grow at their end, which is how nearly all records come. */
#include "core/sequence.h"

#include <xxhash.h>

#include "core/time.h"

enum { CLOCKS_MAX = 1 << 16, FIRST_SLOTS = 64 };

static size_t slot_of(const struct sequences *s, uint64_t system, uint64_t channel, uint64_t host)
{
    const uint64_t key[3] = {system, channel, host};
    size_t i = XXH3_64bits(key, sizeof key) & (s->slot_count - 1);

    for (; s->slots[i]; i = (i + 1) & (s->slot_count - 1)) {
        const struct sequence *log = &s->logs[s->slots[i] - 1];
        if (log->system == system && log->channel == channel && log->host == host)
            break;
    }
    return i;
}

static void grow(struct sequences *s)
{
    mem_free(s->slots);
    s->slot_count = s->slot_count ? 2 * s->slot_count : FIRST_SLOTS;
    s->slots = mem_alloc(s->slot_count * sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++)
        s->slots[slot_of(s, s->logs[i].system, s->logs[i].channel, s->logs[i].host)] =
            (uint32_t)i + 1;
}

static bool is_log(const struct sequence *log, uint64_t system, uint64_t channel, uint64_t host)
{
    return log->system == system && log->channel == channel && log->host == host;
}

/* The log of these names; NULL when there are too many. */
static struct sequence *log_of(struct sequences *s, const struct names *names, uint64_t system,
                               uint64_t channel, uint64_t host)
{
    if (s->count && is_log(&s->logs[s->recent], system, channel, host))
        return &s->logs[s->recent];
    if (s->count * 2 >= s->slot_count)
        grow(s);
    size_t slot = slot_of(s, system, channel, host);
    if (!s->slots[slot]) {
        if (s->count == SEQUENCE_LOGS)
            return NULL;
        s->logs = vec_grow(s->logs, &s->cap, s->count + 1, sizeof *s->logs);
        s->logs[s->count] = (struct sequence){.system = system, .channel = channel, .host = host};
        s->slots[slot] = (uint32_t)++s->count;
        names_copy(&s->names, names, system);
        names_copy(&s->names, names, channel);
        names_copy(&s->names, names, host);
    }
    s->recent = s->slots[slot] - 1;
    return &s->logs[s->recent];
}

static void add_step(struct sequences *s, struct sequence *log, struct sequence_step step)
{
    if (s->steps == SEQUENCE_STEPS) {
        log->incomplete = true;
        return;
    }
    log->steps = vec_grow(log->steps, &log->step_cap, log->step_count + 1, sizeof *log->steps);
    log->steps[log->step_count++] = step;
    s->steps++;
}

bool sequence_falls(const struct sequence_step *at)
{
    return at->before.time_ns != TIME_UNKNOWN && at->after.time_ns != TIME_UNKNOWN &&
           at->before.time_ns > at->after.time_ns &&
           at->before.time_ns - at->after.time_ns > NS_PER_S;
}

static void widen(struct sequence_span *into, const struct sequence_span *by)
{
    if (by->from_ns < into->from_ns) /* TIME_UNKNOWN is the largest */
        into->from_ns = by->from_ns;
    if (by->to_ns != TIME_UNKNOWN && (into->to_ns == TIME_UNKNOWN || by->to_ns > into->to_ns))
        into->to_ns = by->to_ns;
}

static bool add_span(struct sequences *s, struct sequence *log, const struct sequence_span *span)
{
    struct sequence_span *last = log->count ? &log->spans[log->count - 1] : NULL;

    if (last && last->live == span->live && last->last.source == span->first.source &&
        span->first.number == last->last.number + 1) {
        const struct sequence_step at = {last->last, span->first};
        if (last->live && sequence_falls(&at))
            add_step(s, log, at);
        last->last = span->last;
        widen(last, span);
        return true;
    }
    if (s->spans == SEQUENCE_SPANS) {
        log->incomplete = true;
        return false;
    }
    log->spans = vec_grow(log->spans, &log->cap, log->count + 1, sizeof *log->spans);
    log->spans[log->count++] = *span;
    s->spans++;
    return true;
}

static void add_clock(struct sequences *s, struct sequence_clock clock)
{
    if (s->clock_count == CLOCKS_MAX)
        return; /* a step is left without its explanation */
    s->clocks = vec_grow(s->clocks, &s->clock_cap, s->clock_count + 1, sizeof *s->clocks);
    s->clocks[s->clock_count++] = clock;
}

void sequence_see(struct sequences *s, const struct names *names, const struct event *e, bool live)
{
    const uint32_t open = EVENT_YEAR_OPEN | EVENT_ZONE_OPEN;
    const struct sequence_end end = {.number = e->sequence,
                                     .offset = e->offset,
                                     .time_ns = e->flags & open ? TIME_UNKNOWN : e->time_ns,
                                     .source = e->source};
    const struct sequence_span span = {
        .first = end, .last = end, .from_ns = end.time_ns, .to_ns = end.time_ns, .live = live};

    if (!e->channel || !e->sequence)
        return;
    if (e->kind == KIND_TIME_CHANGED && end.time_ns != TIME_UNKNOWN)
        add_clock(s, (struct sequence_clock){e->host, end.time_ns});
    struct sequence *log = log_of(s, names, e->system, e->channel, e->host);
    if (!log || !add_span(s, log, &span))
        s->lost++;
}

void sequences_merge(struct sequences *into, const struct sequences *from)
{
    into->lost += from->lost;
    for (size_t i = 0; i < from->count; i++) {
        const struct sequence *more = &from->logs[i];
        struct sequence *log = log_of(into, &from->names, more->system, more->channel, more->host);
        if (!log) {
            into->lost += more->count;
            continue;
        }
        for (size_t k = 0; k < more->count; k++)
            into->lost += !add_span(into, log, &more->spans[k]);
        for (size_t k = 0; k < more->step_count; k++)
            add_step(into, log, more->steps[k]);
        log->incomplete |= more->incomplete;
    }
    for (size_t i = 0; i < from->clock_count; i++)
        add_clock(into, from->clocks[i]);
}

void sequences_free(struct sequences *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mem_free(s->logs[i].spans);
        mem_free(s->logs[i].steps);
    }
    mem_free(s->logs);
    mem_free(s->slots);
    mem_free(s->clocks);
    names_free(&s->names);
    *s = (struct sequences){0};
}
