/* SPDX-License-Identifier: Apache-2.0 */
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

TEST(time_rfc3339)
{
    int64_t t = 0;
    enum precision p = PRECISION_S;
    bool zoned = false;
    str s = STR("2024-10-02T14:22:07.411+09:00 host");

    CHECK(str_take_rfc3339(&s, &t, &p, &zoned));
    CHECK_STR(s, " host");
    CHECK(zoned && p == PRECISION_MS);
    CHECK_STR(text_of(t, PRECISION_MS), "2024-10-02T05:22:07.411Z");
}
