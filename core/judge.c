/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge pass: every event once, in order, past all detectors. */
#include "core/ingest.h"
#include "core/stream.h"

enum { STOP_EVERY = 1024 }; /* events between two looks at the stop flag */

struct judging {
    struct pipeline *p;
    struct judge judge;
    struct stream stream;
    void **states;
};

static void keep_mark(void *ctx, struct mark m)
{
    struct judging *g = ctx;

    marks_add(&g->p->marks, (struct mark_record){.ordinal = m.ordinal,
                                                 .index = m.index,
                                                 .type = m.type,
                                                 .side = m.side});
}

static void see_source(struct pipeline *p, uint32_t source, int64_t time_ns)
{
    struct source *s = &p->sources[source];

    if (time_ns == TIME_UNKNOWN)
        return;
    if (s->first_ns == TIME_UNKNOWN)
        s->first_ns = time_ns;
    s->last_ns = time_ns;
}

static void keep_place(void *ctx, uint64_t ordinal, struct place place)
{
    struct judging *g = ctx;

    marks_add(&g->p->marks, (struct mark_record){.ordinal = ordinal,
                                                 .offset = place.offset,
                                                 .index = place.source,
                                                 .type = MARK_PLACE});
    see_source(g->p, place.source, g->stream.instant_ns);
}

/* Is the event inside --from and --to? One without a time always is. */
static bool in_range(const struct pipeline *p, const struct event *e)
{
    return e->time_ns == TIME_UNKNOWN ||
           (e->time_ns >= p->options->from_ns && e->time_ns <= p->options->to_ns);
}

static void judge_event(struct judging *g)
{
    struct pipeline *p = g->p;
    const struct event *e = &g->stream.event;

    see_source(p, e->source, e->time_ns);
    if (e->time_ns != TIME_UNKNOWN) {
        if (p->first_ns == TIME_UNKNOWN)
            p->first_ns = e->time_ns;
        p->last_ns = e->time_ns;
        density_add(&p->density, identity_host(p->identity, e->host), e->time_ns, 1);
    }
    g->judge.names = g->stream.names;
    g->judge.ordinal = g->stream.ordinal;
    for (size_t i = 0; i < detector_count; i++)
        detectors[i]->see(g->states[i], &g->judge, e);
}

/* Where the caps of core/sequence.h were hit. */
static void tell_unfollowed(struct pipeline *p)
{
    const struct sequence_limits *l = &p->unfollowed;

    if (l->records || l->logs)
        result_limit(&p->result, "record numbers are too scattered to be followed in %zu logs, and "
                     "in those beyond %d: what is missing there is not told", l->logs,
                     (int)SEQUENCE_LOGS);
    if (l->events)
        result_limit(&p->result, "%llu more gaps in record numbers and falls of time have no event "
                     "of their own", (unsigned long long)l->events);
}

static void finish(struct judging *g)
{
    struct pipeline *p = g->p;

    if (g->stream.overflowed)
        result_limit(&p->result,
                     "more than %d records share one instant: copies among the rest of them were "
                     "not joined",
                     STREAM_INSTANT_MAX);
    if (p->outside)
        result_limit(&p->result, "%llu records lie outside the time range that was asked for",
                     (unsigned long long)p->outside);
    tell_unfollowed(p);
    if (p->pieces.lost)
        result_limit(&p->result,
                     "%llu templates of records were not kept: a recovered record that lost its "
                     "own may stand without names",
                     (unsigned long long)p->pieces.lost);
    g->judge.names = NULL;
    g->judge.outside = p->outside;
    for (size_t i = 0; i < detector_count; i++)
        detectors[i]->finish(g->states[i], &g->judge);
}

bool pipeline_judge(struct pipeline *p, const char *work_dir, struct err *err)
{
    struct judging g = {.p = p, .states = mem_alloc(detector_count * sizeof(void *))};
    uint64_t seen = 0;

    marks_init(&p->marks, work_dir, p->options->memory / 8);
    p->first_ns = p->last_ns = TIME_UNKNOWN;
    g.judge = (struct judge){
        .identity = p->identity,
        .facts = &p->facts,
        .sources = p->sources,
        .source_count = p->source_count,
        .result = &p->result,
        .mark = keep_mark,
        .mark_ctx = &g,
    };
    for (size_t i = 0; i < detector_count; i++)
        g.states[i] = detectors[i]->start(&g.judge);
    stream_open(&g.stream, &p->store);
    g.stream.place = keep_place;
    g.stream.place_ctx = &g;
    while (stream_next(&g.stream)) {
        if (++seen % STOP_EVERY == 0) {
            if (pipeline_stopped(p) || p->marks.failed)
                break;
            if (p->progress)
                atomic_store(&p->progress->events_done, seen);
        }
        if (in_range(p, &g.stream.event))
            judge_event(&g);
        else
            p->outside++;
    }
    finish(&g);
    density_sort(&p->density);
    p->events = g.stream.next - p->outside;
    bool failed = stream_failed(&g.stream);
    stream_close(&g.stream);
    mem_free(g.states);
    if (failed)
        return err_set(err, "%s: cannot be read back", p->store.path);
    if (p->marks.failed)
        *err = p->marks.err;
    return !p->marks.failed && !pipeline_stopped(p);
}
