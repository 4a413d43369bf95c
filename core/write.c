/* SPDX-License-Identifier: Apache-2.0
 *
 * The write pass: the stream once more, joined with the marks, through the writers. Events travel
 * in packets of a fixed number (so that the bytes do not depend on the threads); workers render
 * and compress a packet, this thread reads, joins, and writes in order.
 *
 * Concurrency: a packet belongs to this thread, but between pool_put and pool_take. */
#include <stdio.h>
#include <unistd.h>

#include "core/ingest.h"
#include "core/pool.h"
#include "core/stream.h"

enum { PACKET_EVENTS = 2048, PACKET_BYTES = 4 << 20, WRITERS_MAX = 16 };

struct extra { /* what belongs to an event of a packet besides itself */
    uint64_t ordinal;
    size_t mark, mark_count, place, place_count;
    bool in_timeline;
};

struct packet {
    struct block block;
    struct extra extras[PACKET_EVENTS];
    struct mark *marks;
    struct place *places;
    size_t mark_count, mark_cap, place_count, place_cap;
    struct buf out[WRITERS_MAX];
    size_t rendered[WRITERS_MAX], text_bytes[WRITERS_MAX];
};

struct writing {
    struct pipeline *p;
    struct case_view view;
    struct pool *pool;
    struct packet *packet; /* under construction */
    struct marks_reader marks;
    struct ecs_writer **lines; /* of each worker, and of this thread */
    void *states[WRITERS_MAX];
    char *paths[WRITERS_MAX];
    size_t opened;
};

static void render_packet(void *ctx, unsigned worker, void *job)
{
    const struct writing *w = ctx;
    struct packet *k = job;
    struct block_cursor c = {.at = k->block.bytes.p,
                             .end = k->block.bytes.p + k->block.bytes.len};

    ecs_writer_turn(w->lines[worker]);
    for (size_t n = 0; block_next(&c); n++) {
        const struct extra *x = &k->extras[n];
        const struct marked m = {
            .event = &c.event,
            .names = &k->block.names,
            .marks = k->marks + x->mark,
            .mark_count = x->mark_count,
            .places = k->places + x->place,
            .place_count = x->place_count,
            .ordinal = x->ordinal,
            .in_timeline = x->in_timeline,
            .lines = w->lines[worker],
        };
        for (size_t i = 0; i < writer_count; i++)
            if (writers[i]->render && (writers[i]->every_event || x->in_timeline)) {
                writers[i]->render(&w->view, &m, &k->out[i]);
                k->rendered[i]++;
            }
    }
    for (size_t i = 0; i < writer_count; i++) {
        k->text_bytes[i] = k->out[i].len;
        if (writers[i]->seal && k->rendered[i])
            writers[i]->seal(&k->out[i]);
    }
    block_cursor_free(&c);
}

static void packet_free(struct packet *k)
{
    block_free(&k->block);
    mem_free(k->marks);
    mem_free(k->places);
    for (size_t i = 0; i < WRITERS_MAX; i++)
        buf_free(&k->out[i]);
    mem_free(k);
}

static bool take_packet(struct writing *w)
{
    struct packet *k = pool_take(w->pool);

    if (!k)
        return false;
    for (size_t i = 0; i < writer_count; i++)
        if (k->rendered[i])
            writers[i]->block(w->states[i], buf_view(&k->out[i]), k->rendered[i],
                              k->text_bytes[i]);
    packet_free(k);
    return true;
}

static void put_packet(struct writing *w)
{
    if (!w->packet)
        return;
    if (pool_full(w->pool))
        take_packet(w);
    pool_put(w->pool, w->packet);
    w->packet = NULL;
}

static int place_cmp(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* All places of an event, in the order of the sources; the event's own is among them. */
static void add_places(struct packet *k, struct extra *x, const struct event *e,
                       const struct marks_reader *marks)
{
    size_t n = marks->place_count;

    k->places = vec_grow(k->places, &k->place_cap, k->place_count + n + 1, sizeof *k->places);
    struct place *to = k->places + k->place_count;
    to[0] = (struct place){.offset = e->offset, .source = e->source};
    if (n)
        memcpy(to + 1, marks->places, n * sizeof *to);
    qsort(to, n + 1, sizeof *to, place_cmp);
    size_t kept = 1;
    for (size_t i = 1; i <= n; i++)
        if (place_cmp(&to[i], &to[kept - 1]) != 0)
            to[kept++] = to[i];
    x->place = k->place_count;
    x->place_count = kept;
    k->place_count += kept;
}

static void tell_event(struct writing *w, const struct marked *m)
{
    for (size_t i = 0; i < writer_count; i++)
        if (writers[i]->event && (writers[i]->every_event || m->in_timeline || w->view.db_full))
            writers[i]->event(w->states[i], m);
}

static void add_event(struct writing *w, const struct stream *s, uint64_t ordinal)
{
    if (!w->packet)
        w->packet = mem_alloc(sizeof *w->packet);
    struct packet *k = w->packet;
    struct extra *x = &k->extras[k->block.events];
    size_t n = w->marks.found_count;

    *x = (struct extra){.ordinal = ordinal, .mark = k->mark_count, .mark_count = n};
    k->marks = vec_grow(k->marks, &k->mark_cap, k->mark_count + n + 1, sizeof *k->marks);
    if (n)
        memcpy(k->marks + k->mark_count, w->marks.found, n * sizeof *k->marks);
    k->mark_count += n;
    x->in_timeline = result_in_timeline(w->view.result, k->marks + x->mark, n);
    w->p->timeline_events += x->in_timeline;
    add_places(k, x, &s->event, &w->marks);
    const struct marked m = {
        .event = &s->event,
        .names = s->names,
        .marks = k->marks + x->mark,
        .mark_count = n,
        .places = k->places + x->place,
        .place_count = x->place_count,
        .ordinal = ordinal,
        .in_timeline = x->in_timeline,
        .lines = w->lines[w->p->options->threads],
    };
    ecs_writer_turn(m.lines); /* each event may come from another block */
    tell_event(w, &m);
    block_add(&k->block, &s->event, s->names);
    if (k->block.events == PACKET_EVENTS || k->block.bytes.len >= PACKET_BYTES)
        put_packet(w);
}

static bool write_events(struct writing *w, struct err *err)
{
    struct pipeline *p = w->p;
    struct stream s;
    uint64_t seen = 0, next = 0;

    stream_open(&s, &p->store);
    marks_open(&w->marks, &p->marks);
    while (!pipeline_stopped(p) && stream_next(&s)) {
        const struct event *e = &s.event;
        marks_take(&w->marks, s.ordinal);
        if (p->progress && ++seen % 1024 == 0)
            atomic_store(&p->progress->events_done, seen);
        if (e->time_ns == TIME_UNKNOWN ||
            (e->time_ns >= p->options->from_ns && e->time_ns <= p->options->to_ns))
            add_event(w, &s, next++);
    }
    put_packet(w);
    pool_end(w->pool);
    bool good = !stream_failed(&s) && !w->marks.failed;
    marks_close(&w->marks);
    stream_close(&s);
    return good || err_set(err, "%s: cannot be read back", p->store.path);
}

static bool open_writers(struct writing *w, const char *dir, struct err *err)
{
    for (size_t i = 0; i < writer_count; i++) {
        size_t n = str_of(dir).len + str_of(writers[i]->file).len + 2;
        w->paths[i] = mem_alloc(n);
        snprintf(w->paths[i], n, "%s/%s", dir, writers[i]->file);
        w->states[i] = writers[i]->open(&w->view, w->paths[i], err);
        if (!w->states[i])
            return false;
        w->opened++;
    }
    return true;
}

/* All are closed, in order, even when one failed; the first message stays. */
static bool close_writers(struct writing *w, bool good, struct err *err)
{
    for (size_t i = 0; i < w->opened; i++) {
        struct err e = {{0}};
        if (!writers[i]->close(w->states[i], !good, &e) && good) {
            *err = e;
            good = false;
        }
    }
    for (size_t i = 0; i < writer_count; i++) {
        if (!good && w->paths[i])
            unlink(w->paths[i]);
        mem_free(w->paths[i]);
    }
    return good;
}

bool pipeline_write(struct pipeline *p, const char *work_dir, struct err *err)
{
    const struct run_options *o = p->options;
    struct writing w = {
        .p = p,
        .view = {.result = &p->result,
                 .identity = p->identity,
                 .facts = &p->facts,
                 .sources = p->sources,
                 .source_count = p->source_count,
                 .settings = o->settings,
                 .setting_count = o->setting_count,
                 .density = &p->density,
                 .events = p->events,
                 .first_ns = p->first_ns,
                 .last_ns = p->last_ns,
                 .version = o->version,
                 .title = o->title,
                 .stamp_ns = o->stamp_ns,
                 .zone = o->display_zone,
                 .db_full = o->db_full},
    };

    bool good = open_writers(&w, work_dir, err);
    w.lines = mem_alloc((o->threads + 1) * sizeof *w.lines);
    for (unsigned i = 0; i <= o->threads; i++)
        w.lines[i] = ecs_writer_new();
    if (good) {
        w.pool = pool_open(o->threads, o->threads + 2, render_packet, &w);
        good = write_events(&w, err);
        while (take_packet(&w))
            ;
        pool_close(w.pool);
        w.view.timeline_events = p->timeline_events;
        good = good && !pipeline_stopped(p);
    }
    for (unsigned i = 0; i <= o->threads; i++)
        ecs_writer_free(w.lines[i]);
    mem_free(w.lines);
    return close_writers(&w, good, err);
}
