/* SPDX-License-Identifier: Apache-2.0
 *
 * Years that lines do not write: alone, in rotated sets, and what bounds them. */
#include "core/pipeline.h"
#include "tests/unit/test.h"

static int64_t at(int year, unsigned month, unsigned day)
{
    return civil_to_ns(&(struct civil){.year = year, .month = (uint8_t)month, .day = (uint8_t)day});
}

static struct event line(unsigned month, unsigned day, uint8_t index, unsigned weekday)
{
    return (struct event){.time_ns = at(2000, month, day),
                          .flags = EVENT_YEAR_OPEN | EVENT_ZONE_OPEN |
                                   weekday << EVENT_WEEKDAY_SHIFT,
                          .year_index = index};
}

static void see(struct year_signs *s, unsigned month, unsigned day, uint8_t index)
{
    const struct event e = line(month, day, index, 0);

    year_signs_see(s, &e);
}

TEST(year_is_the_last_that_the_bound_allows)
{
    struct year_signs s = {.lines = 0};

    see(&s, 10, 6, 0);
    CHECK_INT(years_base(&s, at(2024, 10, 7)), 2024);
    CHECK_INT(years_base(&s, at(2024, 10, 6)), 2024);
    CHECK_INT(years_base(&s, at(2024, 10, 5)), 2023);
    see(&s, 2, 1, 1); /* a New Year lies inside the log: the first line is of the year before */
    CHECK_INT(years_base(&s, at(2024, 10, 7)), 2023);
    CHECK_INT(years_base(&s, at(2024, 1, 7)), 2022);
}

TEST(year_has_the_leap_days_that_were_seen)
{
    struct year_signs s = {.lines = 0}, both = {.lines = 0};

    see(&s, 2, 29, 0);
    see(&s, 3, 31, 0);
    CHECK_INT(years_base(&s, at(2023, 4, 2)), 2020);
    CHECK_INT(years_base(&s, at(2103, 4, 2)), 2096); /* 2100 has none */
    s = (struct year_signs){.lines = 0};
    see(&s, 11, 1, 0); /* the leap day is in the second year */
    see(&s, 2, 29, 1);
    CHECK_INT(years_base(&s, at(2023, 4, 2)), 2019);
    see(&both, 2, 29, 0); /* two years running: no year has that, and the bound alone counts */
    see(&both, 2, 29, 1);
    CHECK_INT(years_base(&both, at(2023, 4, 2)), 2022);
}

TEST(year_has_the_weekdays_that_were_written)
{
    struct year_signs s = {.lines = 0};
    struct event wednesday = line(10, 2, 0, 4), thursday = line(10, 2, 0, 5);

    year_signs_see(&s, &wednesday); /* 2 October is a Wednesday in 2024, 2019, 2013 */
    CHECK_INT(years_base(&s, at(2026, 11, 25)), 2024);
    CHECK_INT(years_base(&s, at(2024, 10, 1)), 2019);
    CHECK_INT(years_base(&s, at(2019, 10, 1)), 2013);
    year_signs_see(&s, &thursday); /* contradiction: says nothing */
    CHECK_INT(years_base(&s, at(2026, 11, 25)), 2026);
}

TEST(year_signs_are_the_same_however_jobs_are_cut)
{
    static const uint8_t months[] = {10, 12, 1, 2, 9, 3, 11, 2};
    static const uint8_t index[] = {0, 0, 1, 1, 1, 2, 2, 3};
    struct year_signs whole = {.lines = 0};

    for (size_t i = 0; i < array_len(months); i++)
        see(&whole, months[i], 5, index[i]);
    for (size_t cut = 0; cut <= array_len(months); cut++) {
        struct year_signs s = {.lines = 0}, next = {.lines = 0};
        for (size_t i = 0; i < array_len(months); i++)
            see(i < cut ? &s : &next, months[i], 5, index[i]);
        year_signs_append(&s, &next);
        CHECK(memcmp(&s, &whole, sizeof s) == 0);
    }
    CHECK_INT(whole.silences, 2);
}

TEST(year_inferred_events_are_flagged_and_moved_to_utc)
{
    struct err err;
    struct zone *tokyo = zone_open(STR("Asia/Tokyo"), &err);
    const struct year_choice choice = {.base = 2023}, copied = {.base = 2023, .from_mtime = true};
    struct event e = line(10, 6, 1, 1);

    CHECK(tokyo != NULL);
    year_settle_event(&e, &choice, tokyo);
    CHECK_INT(e.time_ns, at(2024, 10, 6) - 9 * 3600 * NS_PER_S);
    CHECK_INT(e.flags, EVENT_YEAR_INFERRED);
    e = line(10, 6, 0, 0);
    year_settle_event(&e, &copied, tokyo);
    CHECK_INT(e.flags, EVENT_YEAR_INFERRED | EVENT_YEAR_FROM_MTIME);
    e = (struct event){.time_ns = at(2024, 10, 6), .flags = EVENT_ZONE_OPEN};
    year_settle_event(&e, &choice, NULL);
    CHECK_INT(e.flags, EVENT_ZONE_ASSUMED);
    zone_free(tokyo);
}

TEST(year_of_a_line_out_of_order_is_its_own)
{
    const struct year_choice choice = {.by_line = true, .limit_ns = at(2005, 8, 14)};
    struct event june = line(6, 21, 7, 0), october = line(10, 3, 9, 0), leap = line(2, 29, 3, 0);

    year_settle_event(&june, &choice, zone_utc());
    CHECK_INT(june.time_ns, at(2005, 6, 21));
    year_settle_event(&october, &choice, zone_utc());
    CHECK_INT(october.time_ns, at(2004, 10, 3));
    year_settle_event(&leap, &choice, zone_utc());
    CHECK_INT(leap.time_ns, at(2004, 2, 29));
}

/* A run over made sources: which years come out. */

struct made {
    const char *path, *system;
    int64_t mtime_ns, stored_ns, newest_ns; /* newest_ns: of its dated events */
    uint8_t months[4], index[4]; /* of its lines without a year; 0 ends */
};

enum { MADE_MAX = 6 };

struct run {
    struct source sources[MADE_MAX];
    struct source_state states[MADE_MAX];
    struct run_options options;
    struct pipeline p;
};

static void make(struct run *r, const struct made *made, size_t count)
{
    arena_free(&r->p.arena);
    r->p = (struct pipeline){.options = &r->options,
                             .sources = r->sources,
                             .states = r->states,
                             .source_count = count};
    for (size_t i = 0; i < count; i++) {
        const struct made *m = &made[i];
        r->sources[i] = (struct source){
            .path = str_of(m->path),
            .system = str_of(m->system),
            .family = log_family(str_of(m->path)),
            .mtime_ns = m->mtime_ns ? m->mtime_ns : TIME_UNKNOWN,
            .stored_ns = m->stored_ns ? m->stored_ns : TIME_UNKNOWN};
        r->states[i] = (struct source_state){.newest_ns = m->newest_ns ? m->newest_ns : INT64_MIN};
        for (unsigned k = 0; k < 4 && m->months[k]; k++)
            see(&r->states[i].years, m->months[k], 10, m->index[k]);
    }
    years_settle(&r->p);
}

static void end(struct run *r)
{
    arena_free(&r->p.arena);
    *r = (struct run){.p = {.options = NULL}};
}

TEST(years_of_a_rotated_set_are_one_sequence)
{
    struct run r = {.p = {.options = NULL}};
    const struct made set[] = {
        {.path = "gw/var/log/auth.log", .system = "gw", .months = {2, 3}},
        {.path = "gw/var/log/auth.log.1", .system = "gw", .months = {12, 1}, .index = {0, 1}},
        {.path = "gw/var/log/auth.log.2.gz", .system = "gw", .months = {9, 11}},
        {.path = "gw/var/log/auth.log.3.gz", .system = "gw", .months = {9, 11}},
        {.path = "gw/var/log/wtmp", .system = "gw", .newest_ns = at(2024, 3, 12)},
    };

    make(&r, set, array_len(set));
    CHECK_INT(r.sources[0].base_year, 2024);
    CHECK_INT(r.sources[1].base_year, 2023);
    CHECK_INT(r.sources[2].base_year, 2023);
    CHECK_INT(r.sources[3].base_year, 2023); /* overlaps: a copy, not the year before */
    CHECK_STR(r.sources[0].year_basis,
              "not later than the newest dated record of the same system");
    CHECK(str_has(r.sources[1].year_basis, STR("for auth.log of the same rotated set")));
    end(&r);
}

TEST(year_of_a_leap_day_in_one_file_counts_for_the_whole_set)
{
    struct run r = {.p = {.options = NULL}};
    const struct made set[] = {
        {.path = "gw/var/log/messages", .system = "gw", .months = {6}},
        {.path = "gw/var/log/messages.1", .system = "gw", .months = {2}},
        {.path = "gw/var/log/wtmp", .system = "gw", .newest_ns = at(2023, 7, 1)},
    };

    make(&r, set, array_len(set));
    CHECK_INT(r.sources[0].base_year, 2023);
    struct event leap = line(2, 29, 0, 0);
    year_signs_see(&r.states[1].years, &leap);
    years_settle(&r.p);
    CHECK_INT(r.sources[0].base_year, 2020);
    CHECK_INT(r.sources[1].base_year, 2020);
    end(&r);
}

TEST(year_bounds_are_asked_in_order)
{
    struct run r = {.p = {.options = NULL}};
    const struct made all[] = {
        {.path = "gw/var/log/a.log", .system = "gw", .months = {6}, .mtime_ns = at(2026, 1, 1),
         .stored_ns = at(2022, 7, 1)},
        {.path = "gw/var/log/b.log-20210701", .system = "gw", .months = {6}},
        {.path = "gw/var/log/c.evtx", .system = "gw", .newest_ns = at(2024, 7, 1)},
        {.path = "fw/var/log/d.log", .system = "fw", .months = {6}, .mtime_ns = at(2020, 7, 1)},
    };
    const struct rule latest[] = {{.glob = STR("*/a.log"), .time_ns = at(2019, 12, 31)}};
    const struct rule years[] = {{.glob = STR("*/a.log"), .year = 2018}};

    make(&r, all, array_len(all));
    CHECK_INT(r.sources[0].base_year, 2022); /* the gzip header, tighter than the neighbour */
    CHECK_INT(r.sources[1].base_year, 2021); /* its name */
    CHECK_INT(r.sources[3].base_year, 2024); /* of all the evidence, before its own mtime */
    CHECK(!r.states[3].choice.from_mtime);
    r.options = (struct run_options){.latest = latest, .latest_count = 1};
    make(&r, all, array_len(all));
    CHECK_INT(r.sources[0].base_year, 2019);
    r.options = (struct run_options){
        .latest = latest, .latest_count = 1, .years = years, .year_count = 1};
    make(&r, all, array_len(all));
    CHECK_INT(r.sources[0].base_year, 2018);
    CHECK_STR(r.sources[0].year_basis, "given by --year");
    end(&r);
}

TEST(year_from_mtime_is_marked_and_can_be_forbidden)
{
    struct run r = {.p = {.options = NULL}};
    const struct made all[] = {
        {.path = "fw/var/log/d.log", .system = "fw", .months = {6}, .mtime_ns = at(2020, 7, 1)}};

    make(&r, all, 1);
    CHECK_INT(r.sources[0].base_year, 2020);
    CHECK(r.states[0].choice.from_mtime);
    r.options.no_mtime = true;
    make(&r, all, 1);
    CHECK_INT(r.sources[0].base_year, 1970);
    CHECK(!r.states[0].choice.from_mtime);
    end(&r);
}

TEST(latest_without_a_zone_is_the_logs_own_time)
{
    struct run r = {.p = {.options = NULL}};
    const struct made all[] = {{.path = "x.log", .system = "x", .months = {8}}};
    struct rule latest[] = {{.time_ns = at(2005, 8, 10)}};

    r.options = (struct run_options){.latest = latest, .latest_count = 1};
    make(&r, all, 1);
    CHECK_INT(r.sources[0].base_year, 2005); /* 10 August 00:00 is not later */
    latest[0].time_ns--;
    make(&r, all, 1);
    CHECK_INT(r.sources[0].base_year, 2004);
    end(&r);
}

TEST(log_age_and_rotation_day_are_read_from_names)
{
    CHECK_INT(log_age(STR("var/log/auth.log")), 0);
    CHECK_INT(log_age(STR("var/log/auth.log.1")), 2);
    CHECK(log_age(STR("var/log/auth.log.2.gz")) > log_age(STR("var/log/auth.log.1")));
    CHECK(log_age(STR("messages-20241005.xz")) > log_age(STR("messages-20241012")));
    CHECK_INT(log_rotation_day(STR("var/log/messages-20241005")), at(2024, 10, 5));
    CHECK_INT(log_rotation_day(STR("messages-2024-10-05.gz")), at(2024, 10, 5));
    CHECK_INT(log_rotation_day(STR("messages.20241005")), at(2024, 10, 5));
    CHECK_INT(log_rotation_day(STR("messages-20241399")), TIME_UNKNOWN);
    CHECK_INT(log_rotation_day(STR("auth.log.1")), TIME_UNKNOWN);
}
