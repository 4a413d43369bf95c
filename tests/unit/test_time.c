/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/time.h"

#include "tests/unit/test.h"

static char room[64];

static str text_of(int64_t ns, enum precision precision)
{
    struct buf b = {0};

    time_text(ns, precision, &b);
    size_t n = b.len < sizeof room ? b.len : sizeof room;
    if (n)
        memcpy(room, b.p, n);
    buf_free(&b);
    return (str){room, n};
}

TEST(time_civil_and_back_over_all_days)
{
    int64_t days = days_from_civil(1600, 1, 1);
    struct civil c;

    for (int32_t year = 1600; year < 2401; year++)
        for (uint8_t month = 1; month <= 12; month++)
            for (uint8_t day = 1; day <= 31; day++) {
                struct civil d = {.year = year, .month = month, .day = day};
                if (!civil_valid(&d))
                    continue;
                civil_of_days(days, &c);
                if (days_from_civil(year, month, day) != days || c.year != year ||
                    c.month != month || c.day != day) {
                    CHECK_INT(year * 10000 + month * 100 + day, 0);
                    return;
                }
                days++;
            }
    CHECK_INT(days, days_from_civil(2401, 1, 1));
    CHECK_INT(days_from_civil(1970, 1, 1), 0);
    CHECK_INT(weekday_of_days(days_from_civil(2024, 10, 2)), 3);
    CHECK_INT(weekday_of_days(-1), 3);
    CHECK_INT(weekday_of_days(-4), 0);
}

TEST(time_limits)
{
    CHECK_STR(text_of(INT64_MIN, PRECISION_NS), "1677-09-21T00:12:43.145224192Z");
    CHECK_STR(text_of(INT64_MAX - 1, PRECISION_NS), "2262-04-11T23:47:16.854775806Z");
    CHECK_STR(text_of(TIME_UNKNOWN, PRECISION_NS), "");
    CHECK_STR(text_of(-1, PRECISION_S), "1969-12-31T23:59:59Z");
    struct civil c;
    civil_of_ns(INT64_MIN, &c);
    CHECK(civil_to_ns(&c) == INT64_MIN);
    civil_of_ns(INT64_MAX - 1, &c);
    CHECK(civil_to_ns(&c) == INT64_MAX - 1);
    CHECK(civil_to_ns(&(struct civil){.year = 2263, .month = 1, .day = 1}) == TIME_UNKNOWN);
    CHECK(civil_to_ns(&(struct civil){.year = -30000, .month = 1, .day = 1}) == TIME_UNKNOWN);
}

TEST(time_civil_valid)
{
    static const struct civil bad[] = {
        {2023, 2, 29, 0, 0, 0, 0},  {1900, 2, 29, 0, 0, 0, 0}, {2024, 4, 31, 0, 0, 0, 0},
        {2024, 0, 1, 0, 0, 0, 0},   {2024, 13, 1, 0, 0, 0, 0}, {2024, 1, 0, 0, 0, 0, 0},
        {2024, 1, 32, 0, 0, 0, 0},  {2024, 1, 1, 24, 0, 0, 0}, {2024, 1, 1, 0, 60, 0, 0},
        {2024, 1, 1, 0, 0, 61, 0},  {2024, 1, 1, 0, 0, 0, 1000000000},
    };

    for (size_t i = 0; i < array_len(bad); i++)
        CHECK(!civil_valid(&bad[i]));
    CHECK(civil_valid(&(struct civil){2000, 2, 29, 23, 59, 60, 999999999}));
}

TEST(time_leap_second_is_the_end_of_the_one_before)
{
    struct civil c = {2016, 12, 31, 23, 59, 60, 123};

    CHECK_STR(text_of(civil_to_ns(&c), PRECISION_NS), "2016-12-31T23:59:59.999999999Z");
}

TEST(time_of_windows_stamps)
{
    CHECK_STR(text_of(time_of_filetime(133723525274110000), PRECISION_100NS),
              "2024-10-02T14:22:07.4110000Z");
    CHECK_STR(text_of(time_of_filetime(116444736000000000), PRECISION_S), "1970-01-01T00:00:00Z");
    CHECK_STR(text_of(time_of_filetime(116444735999999999), PRECISION_100NS),
              "1969-12-31T23:59:59.9999999Z");
    CHECK(time_of_filetime(0) == TIME_UNKNOWN);
    CHECK(time_of_filetime(1) == TIME_UNKNOWN); /* 1601 is before what int64 holds */
    CHECK(time_of_filetime(UINT64_MAX) == TIME_UNKNOWN);
    CHECK(time_of_filetime(INT64_MAX) == TIME_UNKNOWN);
    static const uint8_t good[16] = {0xe8, 7, 10, 0, 3, 0, 2, 0, 14, 0, 22, 0, 7, 0, 0x9b, 1};
    CHECK_STR(text_of(time_of_systemtime(good), PRECISION_MS), "2024-10-02T14:22:07.411Z");
    static const uint8_t none[16] = {0};
    CHECK(time_of_systemtime(none) == TIME_UNKNOWN);
    static const uint8_t month[16] = {0xe8, 7, 10, 1, 3, 0, 2, 0, 14, 0, 22, 0, 7, 0, 0x9b, 1};
    CHECK(time_of_systemtime(month) == TIME_UNKNOWN);
    static const uint8_t early[16] = {0x41, 6, 1, 0, 0, 0, 1, 0};
    CHECK(time_of_systemtime(early) == TIME_UNKNOWN); /* 1601-01-01: valid, out of range */
}

TEST(time_text_digits)
{
    int64_t t = INT64_C(1727878927012345678);

    CHECK_STR(text_of(t, PRECISION_S), "2024-10-02T14:22:07Z");
    CHECK_STR(text_of(t, PRECISION_MS), "2024-10-02T14:22:07.012Z");
    CHECK_STR(text_of(t, PRECISION_US), "2024-10-02T14:22:07.012345Z");
    CHECK_STR(text_of(t, PRECISION_100NS), "2024-10-02T14:22:07.0123456Z");
    CHECK_STR(text_of(t, PRECISION_NS), "2024-10-02T14:22:07.012345678Z");
}

static char rest[64];

/* What a reader made of text: time, precision and what it left; "no" when it refused. */
static str read_3339(const char *text)
{
    str s = str_of(text);
    int64_t t;
    enum precision p;
    bool zoned;
    struct buf b = {0};

    if (!str_take_rfc3339(&s, &t, &p, &zoned)) {
        CHECK(str_eq(s, str_of(text)));
        return STR("no");
    }
    time_text(t, p, &b);
    buf_str(&b, zoned ? STR(" zoned|") : STR(" local|"));
    buf_str(&b, s);
    size_t n = b.len < sizeof rest ? b.len : sizeof rest;
    memcpy(rest, b.p, n);
    buf_free(&b);
    return (str){rest, n};
}

TEST(time_rfc3339)
{
    static const char *const pairs[][2] = {
        {"2024-10-02T14:22:07.411+09:00 host", "2024-10-02T05:22:07.411Z zoned| host"},
        {"2024-10-02T14:22:07Z", "2024-10-02T14:22:07Z zoned|"},
        {"2024-10-02t14:22:07z,x", "2024-10-02T14:22:07Z zoned|,x"},
        {"2024-10-02 14:22:07,411 x", "2024-10-02T14:22:07.411Z local| x"},
        {"2024-10-02T14:22:07.4-0330", "2024-10-02T17:52:07.400Z zoned|"},
        {"2024-10-02T14:22:07.4111110+02", "2024-10-02T12:22:07.4111110Z zoned|"},
        {"2024-10-02T14:22:07.12345678901Z", "2024-10-02T14:22:07.123456789Z zoned|"},
        {"2024-10-02T14:22:07.123456-00:00", "2024-10-02T14:22:07.123456Z zoned|"},
        {"2024-10-02 14:22:07. Next", "2024-10-02T14:22:07Z local|. Next"},
        {"2024-10-02 14:22:07, more", "2024-10-02T14:22:07Z local|, more"},
        {"2024-10-02 14:22:07 -1", "2024-10-02T14:22:07Z local| -1"},
        {"2024-10-02 14:22:07-12345", "2024-10-02T14:22:07Z local|-12345"},
        {"2024-10-02 14:22:07+25:00", "2024-10-02T14:22:07Z local|+25:00"},
        {"2024-10-02 14:22:07Zurich", "2024-10-02T14:22:07Z local|Zurich"},
        {"2024-02-29T23:59:60+00:00", "2024-02-29T23:59:59Z zoned|"},
        {"2023-02-29T00:00:00Z", "no"},
        {"2024-10-02T24:00:00Z", "no"},
        {"2024-10-02T14:22Z", "no"},
        {"2024-10-02", "no"},
        {"2024-1-2T14:22:07Z", "no"},
        {"24-10-02T14:22:07Z", "no"},
        {"", "no"},
    };

    for (size_t i = 0; i < array_len(pairs); i++)
        CHECK_STR(read_3339(pairs[i][0]), pairs[i][1]);
    str s = STR("0001-01-01T00:00:00Z");
    int64_t t;
    enum precision p;
    bool zoned;
    CHECK(str_take_rfc3339(&s, &t, &p, &zoned) && t == TIME_UNKNOWN && s.len == 0);
}

static str read_3164(const char *text)
{
    str s = str_of(text);
    struct civil c;
    enum precision p;

    if (!str_take_rfc3164(&s, &c, &p)) {
        CHECK(str_eq(s, str_of(text)));
        return STR("no");
    }
    int n = snprintf(rest, sizeof rest, "%04d-%02u-%02u %02u:%02u:%02u.%09u p%d|%.*s", (int)c.year,
                     c.month, c.day, c.hour, c.minute, c.second, c.ns, (int)p, PSTR(s));
    return (str){rest, (size_t)n};
}

TEST(time_rfc3164)
{
    static const char *const pairs[][2] = {
        {"Oct  2 14:22:07 host", "0000-10-02 14:22:07.000000000 p0| host"},
        {"Oct 02 14:22:07 host", "0000-10-02 14:22:07.000000000 p0| host"},
        {"oct 2 14:22:07", "0000-10-02 14:22:07.000000000 p0|"},
        {"DEC 31 23:59:60.411: x", "0000-12-31 23:59:60.411000000 p1|: x"},
        {"Oct  2 14:22:07,411111 h", "0000-10-02 14:22:07.411111000 p2| h"},
        {"Oct  2 2024 14:22:07 host", "2024-10-02 14:22:07.000000000 p0| host"},
        {"Oct  2 2024: 14:22:07", "no"},
        {"Oct  2 14:22:07 2024 host", "2024-10-02 14:22:07.000000000 p0| host"},
        {"Oct  2 14:22:07 2024host", "0000-10-02 14:22:07.000000000 p0| 2024host"},
        {"Oct  2 14:22:07 1234 x", "0000-10-02 14:22:07.000000000 p0| 1234 x"},
        {"Feb 29 14:22:07 h", "0000-02-29 14:22:07.000000000 p0| h"},
        {"Feb 29 2023 14:22:07 h", "no"},
        {"Feb 30 14:22:07", "no"},
        {"Oct 32 14:22:07", "no"},
        {"Oct 0 14:22:07", "no"},
        {"Okt 2 14:22:07", "no"},
        {"October 2 14:22:07", "no"},
        {"Oct  2 14:22", "no"},
        {"Oct", "no"},
    };

    for (size_t i = 0; i < array_len(pairs); i++)
        CHECK_STR(read_3164(pairs[i][0]), pairs[i][1]);
}

TEST(time_months_in_any_case)
{
    static const char *const names[] = {"Jan", "feb", "MAR", "Apr", "may", "JUN",
                                        "Jul", "aug", "SEP", "Oct", "nov", "DEC"};
    unsigned month = 0;
    str s;

    for (unsigned i = 0; i < 12; i++) {
        s = str_of(names[i]);
        CHECK(str_take_month(&s, &month) && month == i + 1 && s.len == 0);
    }
    s = STR("Ja");
    CHECK(!str_take_month(&s, &month) && s.len == 2);
    s = STR("anf");
    CHECK(!str_take_month(&s, &month));
}

TEST(time_epoch)
{
    str s = STR("1727878927.411 x");
    int64_t t;
    enum precision p;

    CHECK(str_take_epoch(&s, &t, &p) && p == PRECISION_MS && str_eq(s, STR(" x")));
    CHECK_STR(text_of(t, p), "2024-10-02T14:22:07.411Z");
    s = STR("0");
    CHECK(str_take_epoch(&s, &t, &p) && p == PRECISION_S && t == 0);
    s = STR("9223372036.854775806");
    CHECK(str_take_epoch(&s, &t, &p) && t == INT64_MAX - 1);
    s = STR("9223372036.854775808");
    CHECK(str_take_epoch(&s, &t, &p) && t == TIME_UNKNOWN);
    s = STR("9223372037");
    CHECK(str_take_epoch(&s, &t, &p) && t == TIME_UNKNOWN);
    s = STR("99999999999999999999");
    CHECK(!str_take_epoch(&s, &t, &p) && s.len == 20);
    s = STR(".5");
    CHECK(!str_take_epoch(&s, &t, &p));
}

TEST(time_clf)
{
    static const char *const bad[] = {"2/Oct/2024:14:22:07 +0900", "02/Oct/2024:14:22:07",
        "02/Oct/2024 14:22:07 +0900", "31/Jun/2024:14:22:07 +0900", "02/Okt/2024:14:22:07 +0900",
        "02/Oct/24:14:22:07 +0900", "02/Oct/2024:14:22:07 0900"};
    str s = STR("02/Oct/2024:14:22:07 +0900] x");
    int64_t t;

    CHECK(str_take_clf_time(&s, &t) && str_eq(s, STR("] x")));
    CHECK_STR(text_of(t, PRECISION_S), "2024-10-02T05:22:07Z");
    for (size_t i = 0; i < array_len(bad); i++) {
        s = str_of(bad[i]);
        CHECK(!str_take_clf_time(&s, &t) && s.p == bad[i]);
    }
}
