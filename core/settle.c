/* SPDX-License-Identifier: Apache-2.0
 *
 * The settle pass: who is who, and what the texts are that name no year
 * (core/years.c) or zone. */
#include "core/aside.h"
#include "core/ingest.h"
#include "core/user_hash.h"

static const struct event *copy_event(struct arena *a, const struct event *e)
{
    struct event *copy = arena_alloc(a, sizeof *copy);
    struct field *fields = arena_alloc(a, e->field_count * sizeof *fields);

    *copy = *e;
    if (e->field_count)
        memcpy(fields, e->fields, e->field_count * sizeof *fields);
    copy->fields = fields;
    return copy;
}

/* Made when the first event needs it. */
static const struct user_hashes *user_hashes(struct pipeline *p, struct user_hashes **hashes)
{
    if (!*hashes)
        *hashes = user_hashes_new(&p->facts);
    return *hashes;
}

/* One segment of events with open times or names: fixed and sorted again. */
static void settle_segment(struct pipeline *p, const struct segment *segment,
                           struct user_hashes **hashes)
{
    struct segment_reader r;
    struct block block = {0};
    struct block_cursor c = {0};
    struct arena arena = {0};
    struct event **events = mem_alloc((size_t)segment->events * sizeof(struct event *));
    size_t count = 0;
    struct segment_writer w = {.out = mem_alloc(sizeof *w.out)};
    struct segment *out = w.out;

    segment_open(&r, segment, p->open.fd);
    while (segment_next(&r))
        block_add(&block, &r.cursor.event, &r.names);
    c.at = block.bytes.p;
    c.end = block.bytes.p + block.bytes.len;
    while (block_next(&c)) {
        struct event *e = (struct event *)copy_event(&arena, &c.event);
        struct source *s = &p->sources[e->source];
        bool zone_open = e->flags & EVENT_ZONE_OPEN;
        year_settle_event(e, &p->states[e->source].choice, p->states[e->source].zone);
        s->zone_assumed |= zone_open && !p->states[e->source].zone;
        if (user_hash_waits(e))
            user_hash_settle(user_hashes(p, hashes), e, &block.names, &arena);
        events[count++] = e;
    }
    events_sort(events, count);
    for (size_t i = 0; i < count; i++)
        segment_add(&w, events[i], &block.names);
    segment_end(&w);
    store_add(&p->store, out);
    segment_writer_free(&w);
    segment_close(&r);
    block_free(&block);
    block_cursor_free(&c);
    arena_free(&arena);
    mem_free(events);
}

/* Events that were made only now join the others. */
static void join_events(struct pipeline *p, struct batch *b)
{
    struct segment_writer w = {.out = mem_alloc(sizeof *w.out)};
    struct segment *out = w.out;

    events_sort(b->events, b->count);
    for (size_t i = 0; i < b->count; i++)
        segment_add(&w, b->events[i], &b->names);
    segment_end(&w);
    store_add(&p->store, out);
    segment_writer_free(&w);
    if (p->store.count >= STORE_FAN_IN)
        store_settle(&p->store);
}

/* They are observed like others, too. */
static void join_completed(void *ctx, struct batch *b)
{
    struct pipeline *p = ctx;

    for (size_t i = 0; i < b->count; i++)
        observe_late(p, b->events[i], &b->names);
    join_events(p, b);
}

/* What the record numbers say is missing becomes events like others. */
static void settle_sequences(struct pipeline *p)
{
    struct batch b = {.count = 0};

    sequences_events(&p->sequences, &b, &p->unfollowed);
    join_events(p, &b);
    batch_free(&b);
}

static int system_cmp(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void settle_identity(struct pipeline *p)
{
    str *systems = mem_alloc((p->source_count ? p->source_count : 1) * sizeof *systems);
    size_t count = 0;

    for (size_t i = 0; i < p->source_count; i++)
        if (p->sources[i].parser.len)
            systems[count++] = p->sources[i].system;
    qsort(systems, count, sizeof *systems, system_cmp);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (!unique || !str_eq(systems[i], systems[unique - 1]))
            systems[unique++] = systems[i];
    p->identity = identity_build(&p->facts, systems, unique);
    mem_free(systems);
}

static void tell_zones(struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count; i++) {
        struct source *s = &p->sources[i];
        if (s->zone_assumed && !p->states[i].zone && !s->zone_basis.len) {
            s->zone_basis = STR("assumed: UTC"); /* a case that is read back has said it */
            source_note(p, s, 0, false,
                        STR("times without a zone are taken as UTC: give --zone NAME:GLOB"));
        } else if (p->states[i].zone_given && s->zone_basis.len &&
                   !rule_for(p->options->zones, p->options->zone_count, s->path)) {
            source_note(p, s, 0, false,
                        arena_printf(&p->arena, "times without a zone are those of %.*s",
                                     PSTR(s->zone_basis)));
        }
    }
}

bool pipeline_settle(struct pipeline *p, struct err *err)
{
    struct user_hashes *hashes = NULL;

    aside_complete(p, true, join_completed, p);
    years_settle(p);
    for (size_t i = 0; i < p->open.count && !pipeline_stopped(p); i++) {
        settle_segment(p, p->open.segments[i], &hashes);
        if (p->store.count >= STORE_FAN_IN)
            store_settle(&p->store);
    }
    user_hashes_free(hashes);
    store_remove(&p->open, 0, p->open.count);
    tell_zones(p);
    settle_sequences(p);
    settle_identity(p);
    if (!store_settle(&p->store))
        *err = p->store.err;
    return !p->store.failed && !pipeline_stopped(p);
}
