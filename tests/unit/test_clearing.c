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
