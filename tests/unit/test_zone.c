/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/time.h"

#include "tests/unit/test.h"

/* Local time as if UTC and the instant, computed with Python's zoneinfo from tzdata 2026f. */
static const struct {
    const char *zone;
    int64_t local_s, utc_s;
    uint32_t flags;
} known[] = {
    {"Europe/Zurich", -3786825600, -3786827648, 0},
    {"Europe/Zurich", -717024600, -717028200, 0},
    {"Europe/Zurich", 362836800, 362829600, 0},
    {"Europe/Zurich", 846383400, 846376200, EVENT_ZONE_FOLD},
    {"Europe/Zurich", 1309478400, 1309471200, 0},
    {"Europe/Zurich", 1711852200, 1711848600, EVENT_ZONE_GAP},
    {"Europe/Zurich", 1710037800, 1710034200, 0},
    {"Europe/Zurich", 1710039600, 1710036000, 0},
    {"Europe/Zurich", 1728180900, 1728173700, 0},
    {"Europe/Zurich", 1729994400, 1729987200, EVENT_ZONE_FOLD},
    {"Europe/Zurich", 1729997940, 1729990740, EVENT_ZONE_FOLD},
    {"Europe/Zurich", 1729998000, 1729994400, 0},
    {"Europe/Zurich", 1730597400, 1730593800, 0},
    {"Europe/Zurich", 1712454300, 1712447100, 0},
    {"Europe/Zurich", 2224756800, 2224749600, 0},
    {"Europe/Zurich", 2216255400, 2216251800, EVENT_ZONE_GAP},
    {"Europe/Zurich", 2215045800, 2215042200, 0},
    {"Europe/Zurich", 2233188600, 2233181400, 0},
    {"Europe/Zurich", 2216857200, 2216850000, 0},
    {"Europe/Zurich", 2235004200, 2234997000, EVENT_ZONE_FOLD},
    {"Europe/Zurich", 7258114800, 7258111200, 0},
    {"Asia/Tokyo", -3786825600, -3786859139, 0},
    {"Asia/Tokyo", -717024600, -717057000, 0},
    {"Asia/Tokyo", 362836800, 362804400, 0},
    {"Asia/Tokyo", 846383400, 846351000, 0},
    {"Asia/Tokyo", 1309478400, 1309446000, 0},
    {"Asia/Tokyo", 1711852200, 1711819800, 0},
    {"Asia/Tokyo", 1710037800, 1710005400, 0},
    {"Asia/Tokyo", 1710039600, 1710007200, 0},
    {"Asia/Tokyo", 1728180900, 1728148500, 0},
    {"Asia/Tokyo", 1729994400, 1729962000, 0},
    {"Asia/Tokyo", 1729997940, 1729965540, 0},
    {"Asia/Tokyo", 1729998000, 1729965600, 0},
    {"Asia/Tokyo", 1730597400, 1730565000, 0},
    {"Asia/Tokyo", 1712454300, 1712421900, 0},
    {"Asia/Tokyo", 2224756800, 2224724400, 0},
    {"Asia/Tokyo", 2216255400, 2216223000, 0},
    {"Asia/Tokyo", 2215045800, 2215013400, 0},
    {"Asia/Tokyo", 2233188600, 2233156200, 0},
    {"Asia/Tokyo", 2216857200, 2216824800, 0},
    {"Asia/Tokyo", 2235004200, 2234971800, 0},
    {"Asia/Tokyo", 7258114800, 7258082400, 0},
    {"America/New_York", -3786825600, -3786807838, 0},
    {"America/New_York", -717024600, -717006600, 0},
    {"America/New_York", 362836800, 362851200, 0},
    {"America/New_York", 846383400, 846401400, 0},
    {"America/New_York", 1309478400, 1309492800, 0},
    {"America/New_York", 1711852200, 1711866600, 0},
    {"America/New_York", 1710037800, 1710055800, EVENT_ZONE_GAP},
    {"America/New_York", 1710039600, 1710054000, 0},
    {"America/New_York", 1728180900, 1728195300, 0},
    {"America/New_York", 1729994400, 1730008800, 0},
    {"America/New_York", 1729997940, 1730012340, 0},
    {"America/New_York", 1729998000, 1730012400, 0},
    {"America/New_York", 1730597400, 1730611800, EVENT_ZONE_FOLD},
    {"America/New_York", 1712454300, 1712468700, 0},
    {"America/New_York", 2224756800, 2224771200, 0},
    {"America/New_York", 2216255400, 2216269800, 0},
    {"America/New_York", 2215045800, 2215063800, EVENT_ZONE_GAP},
    {"America/New_York", 2233188600, 2233203000, 0},
    {"America/New_York", 2216857200, 2216871600, 0},
    {"America/New_York", 2235004200, 2235018600, 0},
    {"America/New_York", 7258114800, 7258132800, 0},
    {"Australia/Lord_Howe", -3786825600, -3786863780, 0},
    {"Australia/Lord_Howe", -717024600, -717060600, 0},
    {"Australia/Lord_Howe", 362836800, 362799000, 0},
    {"Australia/Lord_Howe", 846383400, 846343800, 0},
    {"Australia/Lord_Howe", 1309478400, 1309440600, 0},
    {"Australia/Lord_Howe", 1711852200, 1711812600, 0},
    {"Australia/Lord_Howe", 1710037800, 1709998200, 0},
    {"Australia/Lord_Howe", 1710039600, 1710000000, 0},
    {"Australia/Lord_Howe", 1728180900, 1728143100, EVENT_ZONE_GAP},
    {"Australia/Lord_Howe", 1729994400, 1729954800, 0},
    {"Australia/Lord_Howe", 1729997940, 1729958340, 0},
    {"Australia/Lord_Howe", 1729998000, 1729958400, 0},
    {"Australia/Lord_Howe", 1730597400, 1730557800, 0},
    {"Australia/Lord_Howe", 1712454300, 1712414700, EVENT_ZONE_FOLD},
    {"Australia/Lord_Howe", 2224756800, 2224719000, 0},
    {"Australia/Lord_Howe", 2216255400, 2216215800, 0},
    {"Australia/Lord_Howe", 2215045800, 2215006200, 0},
    {"Australia/Lord_Howe", 2233188600, 2233150800, EVENT_ZONE_GAP},
    {"Australia/Lord_Howe", 2216857200, 2216817600, EVENT_ZONE_FOLD},
    {"Australia/Lord_Howe", 2235004200, 2234964600, 0},
    {"Australia/Lord_Howe", 7258114800, 7258075200, 0},
};

TEST(zone_agrees_with_known_instants)
{
    struct err err;
    struct zone *z = NULL;

    for (size_t i = 0; i < array_len(known); i++) {
        uint32_t flags = 0;
        if (!z || !str_eq(zone_name(z), str_of(known[i].zone))) {
            zone_free(z);
            z = zone_open(str_of(known[i].zone), &err);
            if (!z)
                SKIP("no tzdata on this machine");
        }
        CHECK_INT(zone_to_utc(z, known[i].local_s * NS_PER_S, &flags) / NS_PER_S, known[i].utc_s);
        CHECK_INT(flags, known[i].flags);
        int64_t offset_ns = zone_offset_ns(z, known[i].utc_s * NS_PER_S);
        if (flags != EVENT_ZONE_GAP)
            CHECK_INT(offset_ns / NS_PER_S, known[i].local_s - known[i].utc_s);
    }
    zone_free(z);
}

TEST(zone_keeps_fractions_and_limits)
{
    struct err err;
    struct zone *z = zone_open(STR("+09:00"), &err);
    uint32_t flags = EVENT_YEAR_INFERRED | EVENT_ZONE_FOLD;

    CHECK(zone_to_utc(z, 32400 * NS_PER_S + 411, &flags) == 411);
    CHECK_INT(flags, EVENT_YEAR_INFERRED);
    CHECK(zone_to_utc(z, -1, &flags) == -32400 * NS_PER_S - 1);
    CHECK(zone_to_utc(z, INT64_MIN, &flags) == TIME_UNKNOWN);
    CHECK(zone_to_utc(z, TIME_UNKNOWN, &flags) == TIME_UNKNOWN);
    CHECK(zone_offset_ns(z, INT64_MIN) == 32400 * NS_PER_S);
    CHECK(zone_to_utc(zone_utc(), INT64_MIN, &flags) == INT64_MIN);
    zone_free(z);
}

TEST(zone_fixed_offsets)
{
    static const struct {
        const char *name;
        int offset_s;
    } good[] = {{"+09:00", 32400}, {"-0330", -12600}, {"+9", 32400}, {"-11", -39600},
                {"UTC", 0},        {"utc", 0},        {"Z", 0},      {"+23:59", 86340}};
    static const char *const bad[] = {"+24", "+09:60", "+9:", "+", "-", "+09:00x", "+123", "09:00"};
    struct err err;

    for (size_t i = 0; i < array_len(good); i++) {
        struct zone *z = zone_open(str_of(good[i].name), &err);
        CHECK(z && zone_offset_ns(z, 0) == good[i].offset_s * NS_PER_S);
        zone_free(z);
    }
    for (size_t i = 0; i < array_len(bad); i++)
        CHECK(!zone_open(str_of(bad[i]), &err));
}

TEST(zone_names_do_not_leave_the_directory)
{
    static const char *const bad[] = {
        "", "..", "../passwd", "Europe/../../../../etc/passwd", "/etc/localtime", "Europe//Zurich",
        "Europe/", "Europe", "./UTC", "localtime", "tzdata.zi", "tzdata", "Europe/Zuri\nch",
        "Nowhere/Atall", "EuropeEuropeEuropeEuropeEuropeEuropeEuropeEuropeEuropeEuropeEuropeEurope",
    };
    struct err err;

    for (size_t i = 0; i < array_len(bad); i++) {
        err.msg[0] = 0;
        CHECK(!zone_open(str_of(bad[i]), &err));
        CHECK(err.msg[0] != 0);
    }
    CHECK(!zone_open(STR("Europe/Zurich\0x"), &err));
    CHECK(!zone_open(STR("right/Europe/Zurich"), &err)); /* counts leap seconds, or is not there */
}

/* A file of version 2 (or 1, with v1) made by hand: header, `times` transitions of 8 bytes. */
static void make_tzif(struct buf *b, char version, const int64_t *times, const uint8_t *types,
                      uint8_t count, const char *footer)
{
    static const uint8_t kinds[] = {0, 0, 0, 0, 0, 0, 0, 0, 14, 16, 1, 0}; /* UT, and one hour */

    for (unsigned block = 1; block <= (version ? 2u : 1u); block++) {
        unsigned size = block == 1 ? 4 : 8;
        uint8_t head[44] = {'T', 'Z', 'i', 'f', (uint8_t)version, [35] = count, [39] = 2, [43] = 4};
        buf_add(b, head, sizeof head);
        for (unsigned i = 0; i < count; i++)
            for (unsigned k = size; k > 0; k--)
                buf_char(b, (char)((uint64_t)times[i] >> (8 * (k - 1))));
        buf_add(b, types, count);
        buf_add(b, kinds, sizeof kinds);
        buf_add(b, "ABC", 4);
    }
    if (version)
        buf_printf(b, "\n%s\n", footer);
}

static bool opens(const struct buf *b)
{
    struct err err;
    struct zone *z = zone_of_tzif(STR("Test/Zone"), buf_view(b), &err);
    uint32_t flags = 0;
    bool good = z != NULL;

    if (z)
        for (int64_t s = -9000000000; s < 9000000000; s += 777777777)
            zone_to_utc(z, s * NS_PER_S, &flags);
    zone_free(z);
    return good;
}

static int64_t offset_in(const struct buf *b, int64_t utc_s)
{
    struct err err = {""};
    struct zone *z = zone_of_tzif(STR("Test/Zone"), buf_view(b), &err);

    if (!z) {
        CHECK_STR(str_of(err.msg), "no error");
        return -1;
    }
    int64_t offset_s = zone_offset_ns(z, utc_s * NS_PER_S) / NS_PER_S;
    zone_free(z);
    return offset_s;
}

TEST(zone_files_of_every_version)
{
    static const int64_t times[] = {-1000, 1000};
    static const uint8_t types[] = {1, 0};
    static const char versions[] = {0, '2', '3', '4'};

    for (size_t i = 0; i < array_len(versions); i++) {
        struct buf b = {0};
        make_tzif(&b, versions[i], times, types, 2, "ABC0");
        CHECK_INT(offset_in(&b, -1001), 0);
        CHECK_INT(offset_in(&b, -1000), 3600);
        CHECK_INT(offset_in(&b, 999), 3600);
        CHECK_INT(offset_in(&b, 1000), 0);
        buf_free(&b);
    }
}

/* Offset in the middle of January, July and November 2030 by a footer alone. */
static void check_rule(const char *rule, int64_t january, int64_t july, int64_t november)
{
    struct buf b = {0};

    make_tzif(&b, '3', NULL, (const uint8_t *)"", 0, rule);
    CHECK_INT(offset_in(&b, 1894708800), january);
    CHECK_INT(offset_in(&b, 1910347200), july);
    CHECK_INT(offset_in(&b, 1920974400), november);
    buf_free(&b);
}

TEST(zone_rules)
{
    check_rule("JST-9", 32400, 32400, 32400);
    check_rule("<-03>3", -10800, -10800, -10800);
    check_rule("CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200, 3600);
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", 39600, 36000, 39600);
    check_rule("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600, 0); /* Dublin: summer time is standard */
    check_rule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39600, 37800, 39600);
    check_rule("EST5EDT,0/0,J365/25", -14400, -14400, -14400); /* RFC 9636: all year */
    check_rule("XXX3YYY2,J60/-25:30:15,J305/0", -10800, -7200, -10800);
    check_rule("XXX3YYY2,59,304", -10800, -7200, -10800);
}

TEST(zone_rule_days_count_leap_years_as_written)
{
    struct buf julian = {0}, plain = {0};
    int64_t march_1 = 1835481600; /* 2028-03-01, a leap year */

    make_tzif(&julian, '3', NULL, (const uint8_t *)"", 0, "XXX0YYY,J60/0,J305/0");
    make_tzif(&plain, '3', NULL, (const uint8_t *)"", 0, "XXX0YYY,59/0,J305/0");
    CHECK_INT(offset_in(&julian, march_1 - 1), 0);
    CHECK_INT(offset_in(&julian, march_1), 3600);
    CHECK_INT(offset_in(&plain, march_1 - 86401), 0); /* the 60th day is February 29 */
    CHECK_INT(offset_in(&plain, march_1 - 86400), 3600);
    buf_free(&julian);
    buf_free(&plain);
}

TEST(zone_refuses_bad_rules)
{
    static const char *const bad[] = {"A0", "ABC", "ABC25", "ABC0DEF", "ABC0DEF,", "<AB>0", "<ABC0",
        "ABC0DEF,M3.5.0", "ABC0DEF,M13.1.0,M10.1.0", "ABC0DEF,M3.6.0,M10.1.0",
        "ABC0DEF,M3.0.0,M10.1.0", "ABC0DEF,M3.1.7,M10.1.0", "ABC0DEF,J0,J1", "ABC0DEF,J366,J1",
        "ABC0DEF,366,1", "ABC0DEF,M3.5.0/168,M10.1.0", "ABC0DEF,M3.5.0,M10.1.0x", "ABC0:60"};

    for (size_t i = 0; i < array_len(bad); i++) {
        struct buf b = {0};
        make_tzif(&b, '3', NULL, (const uint8_t *)"", 0, bad[i]);
        if (opens(&b))
            CHECK_STR(str_of(bad[i]), "refused");
        buf_free(&b);
    }
}

TEST(zone_survives_extreme_transitions)
{
    static const int64_t late[] = {INT64_MAX - 1, INT64_MAX}, early[] = {INT64_MIN, INT64_MIN + 1},
                         same[] = {5, 5}, back[] = {6, 5};
    static const uint8_t types[] = {1, 0}, wrong[] = {1, 2};
    const char *rule = "CET-1CEST,M3.5.0,M10.5.0/3";
    struct buf b[5] = {{0}};

    make_tzif(&b[0], '2', late, types, 2, rule);
    CHECK(opens(&b[0]));
    make_tzif(&b[1], '2', early, types, 2, rule);
    CHECK(!opens(&b[1])); /* nothing is before the first transition */
    make_tzif(&b[2], '2', same, types, 2, rule);
    CHECK(!opens(&b[2]));
    make_tzif(&b[3], '2', back, types, 2, rule);
    CHECK(!opens(&b[3]));
    make_tzif(&b[4], '2', same + 1, wrong + 1, 1, rule);
    CHECK(!opens(&b[4]));
    for (size_t i = 0; i < array_len(b); i++)
        buf_free(&b[i]);
}

TEST(zone_survives_damage)
{
    static const int64_t times[] = {-1000, 1000};
    static const uint8_t types[] = {1, 0};
    struct buf b = {0};
    uint32_t random = 1;

    make_tzif(&b, '2', times, types, 2, "CET-1CEST,M3.5.0,M10.5.0/3");
    CHECK(opens(&b));
    for (size_t len = 0; len < b.len; len++) {
        struct buf part = {0};
        buf_add(&part, b.p, len);
        CHECK(!opens(&part));
        buf_free(&part);
    }
    for (int i = 0; i < 2000; i++) {
        struct buf copy = {0};
        buf_add(&copy, b.p, b.len);
        for (int k = 0; k < 3; k++) {
            random = random * 1664525 + 1013904223;
            copy.p[(random >> 8) % copy.len] = (char)(random >> 24);
        }
        opens(&copy);
        buf_free(&copy);
    }
    buf_free(&b);
}

TEST(zone_tzdata_version_is_short_and_one_word)
{
    struct buf b = {0};

    tzdata_version(&b);
    if (b.len == 0)
        SKIP("no tzdata on this machine");
    CHECK(b.len >= 5 && b.len <= 32);
    CHECK(char_is_digit(b.p[0]) && !str_has(buf_view(&b), STR(" ")));
    buf_free(&b);
}
