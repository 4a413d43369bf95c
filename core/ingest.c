/* SPDX-License-Identifier: Apache-2.0
 *
 * The ingest pass. Each worker (core/relay.h) fetches a job from the reader, parses and observes
 * it, sorts its events into segments or prints them, and takes what jobs have given, in order.
 *
 * Concurrency: struct reader belongs to the worker that fetches, struct worker to its worker,
 * struct job to whoever holds it, everything else to the worker that takes. Of a struct source the
 * reader writes parser, unread, size, sha256, hashed, empty and failed, the taker the counts and
 * notes. */
#include "core/ingest.h"

#include "core/aside.h"
#include "core/detector.h"
#include "core/relay.h"
#include "core/user_hash.h"

enum { ROOM_MAX = 4 << 20 }; /* of a buffer that a worker keeps for its next job */

struct worker {
    struct buf room; /* for the bytes of its next job: a warm piece of memory */
    struct batch batch;
    struct segment_writer closed, open, aside;
    struct ecs_writer *lines; /* when events are printed */
    struct printing printing; /* when records are, and whose that is */
    const struct parser *printer;
};

bool pipeline_stopped(const struct pipeline *p)
{
    return p->disk_failed || (p->stop && atomic_load_explicit(p->stop, memory_order_relaxed));
}

void job_free(struct job *job)
{
    buf_free(&job->bytes);
    spool_drop(job->spool);
    buf_free(&job->text);
    mem_free(job->parts);
    facts_free(&job->facts);
    sequences_free(&job->sequences);
    pieces_free(&job->pieces);
    arena_free(&job->arena);
    mem_free(job);
}

/* ---- workers ---- */

static int pointer_cmp(const void *a, const void *b)
{
    return event_cmp(*(struct event *const *)a, *(struct event *const *)b);
}

void events_sort(struct event **events, size_t count)
{
    bool sorted = true;

    for (size_t i = 1; i < count && sorted; i++)
        sorted = event_cmp(events[i - 1], events[i]) <= 0;
    if (!sorted)
        qsort(events, count, sizeof *events, pointer_cmp);
}

static void keep_notes(struct job *job, struct part *part, const struct batch *b)
{
    size_t kept = b->note_count < BATCH_NOTES ? b->note_count : BATCH_NOTES;

    part->note_total = b->note_count;
    part->note_count = kept;
    part->notes = arena_alloc(&job->arena, kept * sizeof *part->notes);
    for (size_t i = 0; i < kept; i++)
        part->notes[i] =
            (struct note){b->notes[i].offset, arena_str(&job->arena, b->notes[i].text)};
    part->damaged = b->damaged;
    part->skipped = b->skipped;
}

/* The record number of an event. One that was read back from a case is of the file it once came
 * from. */
static void observe_number(const struct pipeline *p, const struct part *part,
                           const struct event *e, const struct names *names, struct job *job)
{
    const struct parser *parser = part->parser;
    bool loose = e->flags & (EVENT_NUMBER_LOOSE | EVENT_RECOVERED);

    if (part->hints.cases) {
        parser = parser_of(p->sources[e->source].parser);
        loose |= event_field(e, STR("header_record_id")).type != VALUE_NULL ||
                 event_field(e, STR("damage")).type != VALUE_NULL;
    }
    if (!parser || parser->numbers == NUMBERS_NONE || e->sequence == e->offset)
        return; /* the offset stands in where a record has no number */
    sequence_see(&job->sequences, names, e, parser->numbers == NUMBERS_LOG && !loose);
}

void observe_late(struct pipeline *p, const struct event *e, const struct names *names)
{
    for (size_t k = 0; k < detector_count; k++)
        if (detectors[k]->observe)
            detectors[k]->observe(e, names, &p->facts);
    sequence_see(&p->sequences, names, e, false);
}

/* What was derived when a case was made is derived anew, with what else there is now. */
static void drop_derived(struct part *part, struct batch *b, size_t from)
{
    size_t kept = from;

    for (size_t i = from; i < b->count && part->hints.cases; i++)
        if (!(b->events[i]->flags & EVENT_DERIVED))
            b->events[kept++] = b->events[i];
    if (part->hints.cases)
        b->count = kept;
}

static void observe_part(const struct pipeline *p, struct part *part, struct batch *b, size_t from,
                         struct job *job)
{
    drop_derived(part, b, from);
    for (size_t i = from; i < b->count; i++) {
        struct event *e = b->events[i];
        part->zone_given |= (e->flags & (EVENT_ZONE_GIVEN | EVENT_YEAR_OPEN)) != 0;
        e->flags &= ~(uint32_t)EVENT_ZONE_GIVEN;
        if (e->flags & EVENT_YEAR_OPEN) {
            year_signs_see(&part->years, e);
        } else if (e->time_ns != TIME_UNKNOWN && e->time_ns > part->newest_ns) {
            part->newest_ns = e->time_ns;
        }
        for (size_t k = 0; k < detector_count && !part->hints.cases; k++)
            if (detectors[k]->observe)
                detectors[k]->observe(e, &b->names, &job->facts);
        if (e->channel)
            observe_number(p, part, e, &b->names, job);
    }
}

static void parse_part(struct batch *b, struct part *part, struct job *job)
{
    size_t from = b->count, aside = b->aside_count;

    b->note_count = 0;
    b->damaged = b->skipped = 0;
    part->newest_ns = INT64_MIN;
    part->input.carry = &part->carry;
    part->input.hints = &part->hints;
    batch_source(b, part->source, part->input.source->system);
    part->parser->parse(&part->input, b);
    part->events = b->count - from + b->aside_count - aside;
    keep_notes(job, part, b);
}

static void end_printing(struct worker *w)
{
    if (w->printer)
        w->printer->forget(w->printing.kept);
    w->printing.kept = NULL;
}

/* The records of a part as its parser prints them; none when it cannot. */
static void print_part(const struct ingest *in, struct worker *w, struct part *part,
                       struct job *job)
{
    if (!part->parser->forget)
        return;
    if (w->printer != part->parser) {
        end_printing(w);
        w->printer = part->parser;
    }
    w->printing.lines = in->emit ? &job->text : NULL;
    w->printing.records = 0;
    part->input.printing = &w->printing;
    parse_part(&w->batch, part, job);
    part->events = w->printing.records;
}

static void sort_job(struct worker *w, struct job *job)
{
    const uint32_t open_flags = EVENT_YEAR_OPEN | EVENT_ZONE_OPEN;
    struct batch *b = &w->batch;

    job->closed = mem_alloc(sizeof *job->closed);
    job->open = mem_alloc(sizeof *job->open);
    w->closed.out = job->closed;
    w->open.out = job->open;
    events_sort(b->events, b->count);
    for (size_t i = 0; i < b->count; i++) {
        const struct event *e = b->events[i];
        bool waits = e->flags & open_flags || user_hash_waits(e);
        segment_add(waits ? &w->open : &w->closed, e, &b->names);
    }
    segment_end(&w->closed);
    segment_end(&w->open);
}

/* What waits for the rest of the evidence, and what others may wait for. */
static void keep_aside(struct worker *w, struct job *job)
{
    struct batch *b = &w->batch;

    job->pieces = b->pieces;
    b->pieces = (struct pieces){0};
    if (!b->aside_count)
        return;
    job->aside = mem_alloc(sizeof *job->aside);
    w->aside.out = job->aside;
    for (size_t i = 0; i < b->aside_count; i++)
        segment_add(&w->aside, b->aside[i], &b->names);
    segment_end(&w->aside);
}

static void *fetch(void *ctx, unsigned number)
{
    struct ingest *in = ctx;

    return reader_next(in->reader, &in->workers[number].room);
}

static struct buf spare_buffer(struct spares *s)
{
    struct buf b = {0};

    pthread_mutex_lock(&s->lock);
    if (s->count)
        b = s->buffers[--s->count];
    pthread_mutex_unlock(&s->lock);
    b.len = 0;
    return b;
}

static void give_spare(struct spares *s, struct buf *b)
{
    pthread_mutex_lock(&s->lock);
    if (s->count < SPARE_BUFFERS && b->cap && b->cap <= ROOM_MAX) {
        s->buffers[s->count++] = *b;
        *b = (struct buf){0};
    }
    pthread_mutex_unlock(&s->lock);
}

static void work(void *ctx, unsigned number, void *arg)
{
    struct ingest *in = ctx;
    struct worker *w = &in->workers[number];
    struct job *job = arg;

    if (in->emit)
        job->text = spare_buffer(&in->spares);
    for (size_t i = 0; i < job->count && !pipeline_stopped(in->p); i++) {
        size_t from = w->batch.count;
        if (in->records) {
            print_part(in, w, &job->parts[i], job);
            continue;
        }
        parse_part(&w->batch, &job->parts[i], job);
        if (!in->print)
            observe_part(in->p, &job->parts[i], &w->batch, from, job);
        else if (in->emit) /* else only counting */
            in->print(in->p, w->lines, &w->batch, from, &job->text);
    }
    if (!in->print)
        sort_job(w, job);
    keep_aside(w, job);
    if (job->bytes.cap <= ROOM_MAX) {
        w->room = job->bytes;
        w->room.len = 0;
        job->bytes = (struct buf){0};
    } else {
        buf_free(&job->bytes);
    }
    spool_drop(job->spool);
    job->spool = NULL;
    batch_reset(&w->batch);
}

/* ---- taking ---- */

static void take_part(struct pipeline *p, const struct part *part)
{
    struct source *s = &p->sources[part->source];
    struct source_state *state = &p->states[part->source];

    s->events += part->events;
    s->damaged += part->damaged;
    s->skipped += part->skipped;
    for (size_t i = 0; i < part->note_count; i++)
        source_note(p, s, part->notes[i].offset, true, part->notes[i].text);
    s->note_total += part->note_total - part->note_count;
    p->events += part->events;
    if (part->newest_ns > state->newest_ns)
        state->newest_ns = part->newest_ns;
    year_signs_append(&state->years, &part->years);
    state->zone_given |= part->zone_given;
    if (p->progress)
        atomic_fetch_add(&p->progress->events, part->events);
}

/* So many segments that a stream could not read them side by side: merges the oldest. */
static void merge_some(struct ingest *in)
{
    struct store *store = &in->p->store;

    if (store->count < STORE_FAN_IN || in->print)
        return;
    struct segment *merged = store_merge(store, store->segments, STORE_GROUP);
    store_remove(store, 0, STORE_GROUP);
    store_add(store, merged);
}

static void take_job(void *ctx, void *arg)
{
    struct ingest *in = ctx;
    struct pipeline *p = in->p;
    struct job *job = arg;

    for (size_t i = 0; i < job->count; i++)
        take_part(p, &job->parts[i]);
    if (in->emit) {
        in->emit(in->emit_ctx, buf_view(&job->text));
        give_spare(&in->spares, &job->text);
    }
    facts_merge(&p->facts, &job->facts);
    sequences_merge(&p->sequences, &job->sequences);
    if (job->closed)
        store_add(&p->store, job->closed);
    if (job->open)
        store_add(&p->open, job->open);
    pieces_merge(&p->pieces, &job->pieces);
    if (job->aside)
        store_add(&p->aside, job->aside);
    if (in->relieve && p->aside.held > ASIDE_HELD)
        in->relieve(in);
    job_free(job);
    merge_some(in);
    if (p->store.failed || p->open.failed || p->aside.failed)
        p->disk_failed = true; /* the others end soon, too */
}

/* A blob that only the last resort took, in vain, stays unread. */
static void unclaim_empty(struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count; i++) {
        struct source *s = &p->sources[i];
        for (size_t k = 0; k < parser_count && s->events == 0; k++)
            if (parsers[k]->last_resort && str_eq(s->parser, str_of(parsers[k]->name))) {
                s->parser = (str){0};
                s->unread = STR("no parser knows this format, and no event records lie in it");
            }
    }
}

bool ingest_run(struct ingest *in, struct err *err)
{
    static const struct relay_steps steps = {fetch, work, take_job};
    struct pipeline *p = in->p;
    unsigned threads = p->options->threads;

    in->reader = reader_open(in);
    in->workers = mem_alloc(threads * sizeof *in->workers);
    for (unsigned i = 0; i < threads && in->print; i++)
        in->workers[i].lines = ecs_writer_new();
    pthread_mutex_init(&in->spares.lock, NULL);
    relay_run(&steps, threads, threads + 2, in);
    pthread_mutex_destroy(&in->spares.lock);
    while (in->spares.count)
        buf_free(&in->spares.buffers[--in->spares.count]);
    for (unsigned i = 0; i < threads; i++) {
        buf_free(&in->workers[i].room);
        batch_free(&in->workers[i].batch);
        segment_writer_free(&in->workers[i].closed);
        segment_writer_free(&in->workers[i].open);
        segment_writer_free(&in->workers[i].aside);
        ecs_writer_free(in->workers[i].lines);
        end_printing(&in->workers[i]);
    }
    mem_free(in->workers);
    reader_close(in->reader);
    unclaim_empty(p);
    err->msg[0] = 0;
    if (p->store.failed || p->open.failed || p->aside.failed)
        *err = p->store.failed ? p->store.err : p->open.failed ? p->open.err : p->aside.err;
    return !pipeline_stopped(p) && !p->store.failed && !p->open.failed && !p->aside.failed;
}

bool pipeline_ingest(struct pipeline *p, const char *work_dir, struct err *err)
{
    struct ingest in = {.p = p, .work_dir = work_dir, .messages = true};

    store_init(&p->store, work_dir, "runs", p->options->memory / 4);
    store_init(&p->aside, work_dir, "aside", p->options->memory / 8);
    store_init(&p->open, work_dir, "open", p->options->memory / 8);
    return ingest_run(&in, err);
}
