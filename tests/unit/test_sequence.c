/* SPDX-License-Identifier: Apache-2.0
 *
 * Record numbers: what is missing, what is not, and where the time falls. */
#include "core/sequence.h"
#include "core/time.h"
#include "tests/unit/test.h"

struct seen {
    struct sequences parts[2], whole;
    struct batch records, derived;
    struct sequence_limits limits;
};

/* A record of FS01's Security log in the file `source`, seen by the worker `part`. */
static void see(struct seen *s, unsigned part, uint32_t source, uint64_t number, double seconds,
                bool live)
{
    struct batch *b = &s->records;

    batch_source(b, source, STR("FS01"));
    struct event *e = batch_begin(b, number * 16);
    e->sequence = number;
    e->time_ns = INT64_C(1700000000) * NS_PER_S + (int64_t)(seconds * 1e9);
    e->host = names_put(&b->names, STR("FS01.corp.example"));
    e->channel = names_put(&b->names, STR("Security"));
    batch_commit(b);
    sequence_see(&s->parts[part], &b->names, e, live);
}

/* Numbers from `first` to `last`, one a second. */
static void see_run(struct seen *s, unsigned part, uint32_t source, unsigned first, unsigned last,
                    double from, bool live)
{
    for (unsigned n = first; n <= last; n++)
        see(s, part, source, n, from + (n - first), live);
}

static void settle(struct seen *s, bool swapped)
{
    sequences_merge(&s->whole, &s->parts[swapped]);
    sequences_merge(&s->whole, &s->parts[!swapped]);
    sequences_events(&s->whole, &s->derived, &s->limits);
}

static const struct event *derived(const struct seen *s, enum kind kind, size_t n)
{
    for (size_t i = 0; i < s->derived.count; i++)
        if (s->derived.events[i]->kind == kind && n-- == 0)
            return s->derived.events[i];
    return NULL;
}

static size_t count(const struct seen *s, enum kind kind)
{
    size_t n = 0;

    while (derived(s, kind, n))
        n++;
    return n;
}

static uint64_t number_of(const struct event *e, const char *name)
{
    uint64_t v = 0;

    CHECK(e && event_number(e, str_of(name), &v));
    return v;
}

static void seen_free(struct seen *s)
{
    sequences_free(&s->parts[0]);
    sequences_free(&s->parts[1]);
    sequences_free(&s->whole);
    batch_free(&s->records);
    batch_free(&s->derived);
}

TEST(sequence_tells_a_gap_with_its_neighbours)
{
    struct seen s = {.parts = {{.count = 0}}};

    see_run(&s, 0, 3, 1, 10, 0, true);
    see_run(&s, 0, 3, 21, 30, 20, true);
    settle(&s, false);
    const struct event *e = derived(&s, KIND_LOG_GAP, 0);
    CHECK_INT(s.derived.count, 1);
    CHECK_INT(number_of(e, "numbers.first"), 11);
    CHECK_INT(number_of(e, "numbers.last"), 20);
    CHECK_INT(number_of(e, "numbers.missing"), 10);
    if (e) {
        CHECK(e->flags & EVENT_DERIVED);
        CHECK_INT(e->source, 3);
        CHECK_INT(e->offset, 160);
        CHECK_INT(e->place_count, 1);
        CHECK_INT(e->places[0].offset, 21 * 16);
        CHECK_STR(names_text(&s.derived.names, e->system), "FS01");
        CHECK_STR(names_text(&s.derived.names, e->channel), "Security");
        CHECK(str_starts(event_text(e, STR("message"), &s.derived.arena),
                         STR("10 records of the log Security are in no file: numbers 11 to 20")));
    }
    seen_free(&s);
}

TEST(sequence_takes_the_number_for_the_order_in_a_ring_buffer)
{
    struct seen s = {.parts = {{.count = 0}}};

    see_run(&s, 0, 0, 200, 300, 200, true); /* the chunk written last lies first */
    see_run(&s, 0, 0, 1, 100, 1, true);
    see_run(&s, 1, 0, 101, 199, 101, true);
    settle(&s, false);
    CHECK_INT(s.derived.count, 0);
    seen_free(&s);
}

TEST(sequence_fills_a_gap_from_archives_exports_and_slack)
{
    struct seen s = {.parts = {{.count = 0}}};

    see_run(&s, 0, 0, 1, 10, 1, true);
    see_run(&s, 0, 0, 31, 40, 31, true);
    see_run(&s, 1, 1, 8, 20, 8, true);   /* an archive, beginning before the live log ends */
    see_run(&s, 1, 2, 21, 25, 21, false); /* recovered */
    see_run(&s, 1, 3, 26, 30, 26, false); /* exported */
    settle(&s, false);
    CHECK_INT(s.derived.count, 0);
    seen_free(&s);
}

TEST(sequence_calls_nothing_missing_around_leftovers_and_selections)
{
    struct seen s = {.parts = {{.count = 0}}};

    see_run(&s, 0, 0, 5, 8, 5, false); /* what slack still holds of numbers long overwritten */
    see_run(&s, 0, 0, 100, 110, 100, true);
    see_run(&s, 0, 1, 500, 500, 500, false); /* an export of one record */
    settle(&s, false);
    CHECK_INT(s.derived.count, 0);
    seen_free(&s);
}

TEST(sequence_tells_time_that_runs_backwards_by_more_than_a_second)
{
    struct seen s = {.parts = {{.count = 0}}};

    see(&s, 0, 0, 1, 10, true);
    see(&s, 0, 0, 2, 9.0, true); /* one second is how records overtake each other */
    see(&s, 0, 0, 3, 20, true);
    see(&s, 1, 0, 4, 18.5, true); /* in the next job */
    see(&s, 1, 0, 6, 2, true);    /* across a gap */
    settle(&s, false);
    CHECK_INT(count(&s, KIND_TIME_BACKWARDS), 2);
    CHECK_INT(number_of(derived(&s, KIND_TIME_BACKWARDS, 0), "numbers.before"), 3);
    CHECK_INT(number_of(derived(&s, KIND_TIME_BACKWARDS, 1), "numbers.after"), 6);
    CHECK_INT(count(&s, KIND_LOG_GAP), 1);
    seen_free(&s);
}

TEST(sequence_tells_a_fall_once_for_all_copies_of_a_log)
{
    struct seen s = {.parts = {{.count = 0}}};

    for (uint32_t source = 0; source < 3; source++) { /* live and two shadow copies, one shorter */
        see_run(&s, source & 1, source, 1, 50, 1000, true);
        see_run(&s, source & 1, source, 51, source == 2 ? 80 : 100, 10, true);
    }
    settle(&s, false);
    CHECK_INT(s.derived.count, 1);
    CHECK_INT(count(&s, KIND_TIME_BACKWARDS), 1);
    seen_free(&s);
}

TEST(sequence_says_when_the_clock_is_known_to_have_been_set)
{
    struct seen s = {.parts = {{.count = 0}}};

    see(&s, 0, 0, 1, 100, true);
    see(&s, 0, 0, 2, 50, true);
    s.records.events[1]->kind = KIND_TIME_CHANGED;
    sequence_see(&s.parts[1], &s.records.names, s.records.events[1], false);
    settle(&s, false);
    const struct event *e = derived(&s, KIND_TIME_BACKWARDS, 0);
    CHECK(e && event_field(e, STR("numbers.explained")).type != VALUE_NULL);
    seen_free(&s);
}

TEST(sequence_keeps_lives_of_a_log_apart_whose_numbers_start_over)
{
    struct seen s = {.parts = {{.count = 0}}};

    see_run(&s, 0, 0, 1, 1000, 0, true);
    see_run(&s, 1, 1, 1, 50, 1e6, true); /* set up anew: the older file fills nothing here */
    see_run(&s, 1, 1, 61, 100, 1e6 + 61, true);
    settle(&s, false);
    const struct event *e = derived(&s, KIND_LOG_GAP, 0);
    CHECK_INT(s.derived.count, 1);
    CHECK_INT(number_of(e, "numbers.first"), 51);
    CHECK_INT(number_of(e, "numbers.last"), 60);
    seen_free(&s);
}

TEST(sequence_gives_the_same_events_in_any_order)
{
    struct seen s[2] = {{.parts = {{.count = 0}}}, {.parts = {{.count = 0}}}};

    for (unsigned i = 0; i < 2; i++) {
        see_run(&s[i], 0, 0, 1, 20, 1, true);
        see_run(&s[i], 0, 0, 41, 60, 41, true);
        see_run(&s[i], 1, 1, 15, 30, 15, true);
        see_run(&s[i], 1, 1, 61, 70, 31, true);
        settle(&s[i], i);
        CHECK_INT(s[i].derived.count, 2);
    }
    for (size_t i = 0; i < s[0].derived.count && i < s[1].derived.count; i++) {
        const struct event *a = s[0].derived.events[i], *b = s[1].derived.events[i];
        CHECK(a->uid.hi == b->uid.hi && a->uid.lo == b->uid.lo && event_cmp(a, b) == 0);
    }
    seen_free(&s[0]);
    seen_free(&s[1]);
}

TEST(sequence_says_nothing_of_a_log_whose_numbers_are_too_scattered)
{
    struct seen s = {.parts = {{.count = 0}}};

    for (uint64_t n = 1; n <= SEQUENCE_SPANS + 5; n++) {
        struct event e = {.sequence = 2 * n, .offset = n, .time_ns = 0, .channel = 7, .host = 8};
        sequence_see(&s.parts[0], &s.records.names, &e, true);
    }
    settle(&s, false);
    CHECK_INT(s.derived.count, 0);
    CHECK_INT(s.limits.logs, 1);
    CHECK_INT(s.limits.records, 5);
    seen_free(&s);
}
