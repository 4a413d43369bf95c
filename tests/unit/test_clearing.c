/* SPDX-License-Identifier: Apache-2.0
 *
 * Record numbers that are missing, over the files of one log. */
#include "tests/unit/stage.h"
#include "tests/unit/test.h"

/* A record of HOST's Security log in the file `source`; number and second are one. */
static void record(struct stage *s, uint32_t source, unsigned number)
{
    struct event *e = stage_event(s, KIND_OTHER, "FS01", number, "Security", 4799);

    e->source = source;
    e->sequence = number;
    stage_end(s);
}

static size_t gaps(const struct stage *s, const char *why)
{
    size_t n = 0;

    for (size_t i = 0; i < s->result.blind_count; i++)
        n += str_has(s->result.blind[i].why, str_of(why));
    return n;
}

TEST(clearing_takes_archived_files_of_a_log_for_one_log)
{
    struct stage s = {.mark_count = 0};

    for (unsigned n = 1; n <= 10; n++)
        record(&s, n <= 5 ? 1 : 0, n); /* the archive sorts behind the live log */
    stage_run(&s);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}

TEST(clearing_tells_numbers_that_are_in_no_file)
{
    struct stage s = {.mark_count = 0};

    for (unsigned n = 1; n <= 10; n++)
        if (n != 5 && n != 6)
            record(&s, n <= 5 ? 1 : 0, n);
    stage_run(&s);
    CHECK_INT(gaps(&s, "2 record numbers are missing, in 1 gap"), 1);
    stage_free(&s);
}

static struct event *cleared(struct stage *s, unsigned number)
{
    struct event *e = stage_event(s, KIND_LOG_CLEARED, "FS01", number, "Security", 1102);

    e->sequence = number;
    stage_end(s);
    return e;
}

TEST(clearing_counts_the_numbers_in_front_of_the_first_record_as_lost)
{
    struct stage s = {.mark_count = 0};

    cleared(&s, 31);
    record(&s, 0, 32);
    stage_run(&s);
    CHECK_INT(gaps(&s, "30 records lost"), 1);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}

TEST(clearing_does_not_call_its_own_hole_a_gap)
{
    struct stage s = {.mark_count = 0};

    for (unsigned n = 1; n <= 5; n++)
        record(&s, 1, n);
    cleared(&s, 31);
    record(&s, 0, 32);
    stage_run(&s);
    CHECK_INT(gaps(&s, "25 records lost"), 1);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}

TEST(clearing_loses_nothing_that_an_archived_file_still_holds)
{
    struct stage s = {.mark_count = 0};

    for (unsigned n = 1; n <= 30; n++)
        record(&s, 1, n);
    cleared(&s, 31);
    record(&s, 0, 32);
    stage_run(&s);
    CHECK_INT(gaps(&s, ": 0 records lost"), 1);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}

TEST(clearing_told_in_another_log_finds_the_hole_around_it)
{
    struct stage s = {.mark_count = 0};

    for (unsigned n = 1; n <= 5; n++)
        record(&s, 1, n);
    struct event *e = stage_event(&s, KIND_LOG_CLEARED, "FS01", 20, "System", 104);
    e->sequence = 1;
    stage_field(&s, "Channel", "Security");
    stage_end(&s);
    record(&s, 0, 31);
    record(&s, 0, 32);
    stage_run(&s);
    CHECK_INT(gaps(&s, "25 records lost"), 1);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}

TEST(clearing_tells_where_time_runs_backwards)
{
    struct stage s = {.mark_count = 0};

    record(&s, 0, 1);
    struct event *e = stage_event(&s, KIND_OTHER, "FS01", 90, "Security", 4799);
    e->sequence = 2;
    stage_end(&s);
    record(&s, 0, 3);
    stage_run(&s);
    CHECK_INT(gaps(&s, "time runs backwards 1 time in"), 1);
    CHECK_INT(gaps(&s, "missing"), 0);
    stage_free(&s);
}
