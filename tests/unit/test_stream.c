/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments, the store and the ordered stream: order, copies, ordinals, bounded memory. */
#include <unistd.h>

#include "core/stream.h"
#include "tests/unit/test.h"

struct fixture {
    struct batch batch;
    struct store store;
    char dir[32];
};

static void setup(struct fixture *f, size_t budget)
{
    *f = (struct fixture){.dir = "/tmp/ashiato-unit-XXXXXX"};
    CHECK(mkdtemp(f->dir) != NULL);
    store_init(&f->store, f->dir, "runs", budget);
}

static void teardown(struct fixture *f)
{
    store_free(&f->store);
    batch_free(&f->batch);
    CHECK(rmdir(f->dir) == 0); /* nothing may be left in it */
}

static struct event *add_line(struct fixture *f, uint32_t source, uint64_t offset, int64_t time_ns,
                              const char *line)
{
    batch_source(&f->batch, source, STR("host"));
    struct event *e = batch_begin(&f->batch, offset);
    e->time_ns = time_ns;
    batch_text(&f->batch, FIELD_ECS, STR("event.original"), str_of(line));
    event_uid_line(e, STR("host"), STR("auth.log"), str_of(line));
    batch_commit(&f->batch);
    return e;
}

static struct event *add_record(struct fixture *f, uint32_t source, int64_t time_ns,
                                const char *identity, const char *content)
{
    batch_source(&f->batch, source, STR("host"));
    struct event *e = batch_begin(&f->batch, 0);
    e->time_ns = time_ns;
    batch_text(&f->batch, FIELD_EVENT_DATA, STR("Text"), str_of(content));
    event_uid_content(e, identity, str_of(identity).len);
    batch_commit(&f->batch);
    return e;
}

/* Each event as a segment of its own, in the order in which they were made. */
static void store_each(struct fixture *f)
{
    struct segment_writer w = {.out = NULL};

    for (size_t i = 0; i < f->batch.count; i++) {
        struct segment *s = w.out = mem_alloc(sizeof *s);
        segment_add(&w, f->batch.events[i], &f->batch.names);
        segment_end(&w);
        store_add(&f->store, s);
    }
    segment_writer_free(&w);
}

struct seen_places {
    struct place places[16];
    uint64_t ordinals[16];
    size_t count;
};

static void see_place(void *ctx, uint64_t ordinal, struct place place)
{
    struct seen_places *seen = ctx;

    seen->places[seen->count] = place;
    seen->ordinals[seen->count++] = ordinal;
}

TEST(stream_orders_by_time_source_and_sequence)
{
    struct fixture f;
    struct stream s;
    const int64_t t0 = TIME_EARLIEST;
    const int64_t want[] = {t0 + 10, t0 + 20, t0 + 20, t0 + 30, TIME_UNKNOWN};
    size_t n = 0;

    setup(&f, 1 << 20);
    add_line(&f, 1, 0, t0 + 20, "b");
    add_line(&f, 0, 7, TIME_UNKNOWN, "none");
    add_line(&f, 0, 0, t0 + 30, "c");
    add_line(&f, 0, 3, t0 + 20, "a");
    add_line(&f, 2, 0, t0 + 10, "first");
    store_each(&f);
    stream_open(&s, &f.store);
    while (stream_next(&s) && n < 5) {
        CHECK_INT(s.event.time_ns, want[n]);
        CHECK_INT(s.ordinal, n);
        if (n == 1)
            CHECK_INT(s.event.source, 0);
        n++;
    }
    CHECK_INT(n, 5);
    stream_close(&s);
    teardown(&f);
}

TEST(stream_joins_a_record_found_in_two_places)
{
    struct fixture f;
    struct stream s;
    struct seen_places seen = {.count = 0};

    setup(&f, 1 << 20);
    add_record(&f, 3, 50, "record 1", "text");
    add_record(&f, 5, 50, "record 1", "text");
    store_each(&f);
    stream_open(&s, &f.store);
    s.place = see_place;
    s.place_ctx = &seen;
    CHECK(stream_next(&s));
    CHECK_INT(s.event.source, 3);
    CHECK(!stream_next(&s));
    CHECK_INT(seen.count, 1);
    CHECK_INT(seen.places[0].source, 5);
    CHECK_INT(seen.ordinals[0], 0);
    stream_close(&s);
    teardown(&f);
}

TEST(stream_keeps_a_record_that_borrowed_the_uid_of_another)
{
    struct fixture f;
    struct stream s;
    struct uid first;

    setup(&f, 1 << 20);
    add_record(&f, 0, 50, "same", "the real one");
    add_record(&f, 1, 50, "same", "another text");
    store_each(&f);
    stream_open(&s, &f.store);
    CHECK(stream_next(&s));
    first = s.event.uid;
    CHECK_INT(s.event.flags & EVENT_CONTENT_DIFFERS, 0);
    CHECK(stream_next(&s));
    CHECK(s.event.flags & EVENT_CONTENT_DIFFERS);
    CHECK(first.lo != s.event.uid.lo);
    stream_close(&s);
    teardown(&f);
}

TEST(stream_tells_equal_lines_of_one_blob_apart_and_joins_them_with_a_copy)
{
    struct fixture f;
    struct stream s;
    struct seen_places seen = {.count = 0};
    size_t n = 0;

    setup(&f, 1 << 20);
    for (unsigned source = 0; source < 2; source++)
        for (unsigned k = 0; k < 3; k++)
            add_line(&f, source, k * 10, 99, "Failed password");
    store_each(&f);
    stream_open(&s, &f.store);
    s.place = see_place;
    s.place_ctx = &seen;
    while (stream_next(&s))
        n++;
    CHECK_INT(n, 3);
    CHECK_INT(seen.count, 3);
    for (size_t i = 0; i < seen.count && i < 3; i++) {
        CHECK_INT(seen.places[i].source, 1);
        CHECK_INT(seen.places[i].offset, seen.ordinals[i] * 10);
    }
    stream_close(&s);
    teardown(&f);
}

TEST(store_past_its_budget_goes_to_disk_and_comes_back_whole)
{
    struct fixture f;
    struct stream s;
    int64_t last = -1;
    size_t n = 0;

    setup(&f, 0); /* nothing may stay in memory */
    for (unsigned i = 0; i < 3000; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %u", i);
        add_line(&f, i % 7, i * 40, (int64_t)(i * 7919u % 3000u), arena_str(&f.batch.arena,
                 (str){text, sizeof text}).p);
    }
    store_each(&f);
    CHECK(f.store.count == 3000);
    CHECK(f.store.held == 0);
    CHECK(store_settle(&f.store));
    CHECK(f.store.count <= STORE_FAN_IN);
    stream_open(&s, &f.store);
    for (; stream_next(&s); n++) {
        CHECK(s.event.time_ns >= last);
        last = s.event.time_ns;
        CHECK_STR(names_text(s.names, s.event.system), "host");
    }
    CHECK_INT(n, 3000);
    CHECK(!stream_failed(&s));
    stream_close(&s);
    teardown(&f);
}

TEST(segment_keeps_every_member_field_and_place)
{
    struct fixture f;
    struct segment segment = {.in_file = false};
    struct segment_writer w = {.out = &segment};
    struct segment_reader r;
    const struct place places[2] = {{.offset = 5, .source = 9}, {.offset = 6, .source = 8}};

    setup(&f, 1 << 20);
    struct event *e = add_record(&f, 4, TIME_EARLIEST + 1234, "id", "caf\xc3\xa9");
    e->actor.user = names_put(&f.batch.names, STR("t.kuroda"));
    e->places = places;
    e->place_count = 2;
    segment_add(&w, e, &f.batch.names);
    segment_end(&w);
    segment_open(&r, &segment, -1);
    CHECK(segment_next(&r));
    CHECK_INT(r.cursor.event.time_ns, TIME_EARLIEST + 1234);
    CHECK_STR(names_text(&r.names, r.cursor.event.actor.user), "t.kuroda");
    CHECK_INT(r.cursor.event.place_count, 2);
    CHECK_INT(r.cursor.event.places[1].source, 8);
    CHECK(value_is(event_field(&r.cursor.event, STR("Text")), STR("caf\xc3\xa9")));
    CHECK(!segment_next(&r));
    CHECK(!r.failed);
    segment_close(&r);
    segment_writer_free(&w);
    buf_free(&segment.data);
    teardown(&f);
}

TEST(stream_gives_equal_lines_of_different_inferred_years_different_uids)
{
    struct fixture f;
    struct stream s;
    struct uid first;

    setup(&f, 1 << 20);
    add_line(&f, 0, 0, 10, "Nov  3 09:23:38 host automount: again")->flags |= EVENT_YEAR_INFERRED;
    add_line(&f, 0, 50, 20, "Nov  3 09:23:38 host automount: again")->flags |= EVENT_YEAR_INFERRED;
    store_each(&f);
    stream_open(&s, &f.store);
    CHECK(stream_next(&s));
    first = s.event.uid;
    CHECK(stream_next(&s));
    CHECK(first.hi != s.event.uid.hi || first.lo != s.event.uid.lo);
    stream_close(&s);
    teardown(&f);
}
