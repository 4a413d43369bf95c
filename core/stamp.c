/* SPDX-License-Identifier: Apache-2.0
 *
 * A stamp is a date, a clock, and what may stand behind: half of the day, zone, year. The first
 * characters say which form of date it is. */
#include "core/stamp.h"

enum { TWO_DIGIT_PIVOT = 70, YEAR_FIRST = 1900, YEAR_LAST = 2261 };

/* ---- clock ---- */

static bool goes_on(str s)
{
    return s.len && (char_is_alpha(s.p[0]) || (s.p[0] & 0x80));
}

static bool take_small(str *s, unsigned least_digits, unsigned most_digits, unsigned *out)
{
    unsigned n = 0, v = 0;

    for (; n < most_digits && n < s->len && char_is_digit(s->p[n]); n++)
        v = v * 10 + (unsigned)(s->p[n] - '0');
    if (n < least_digits || (n < s->len && char_is_digit(s->p[n])))
        return false;
    *out = v;
    *s = str_skip(*s, n);
    return true;
}

/* " PM", "pm", "p.m." turn the hour of 12 into one of 24. */
static bool take_half(str *s, unsigned *hour)
{
    str rest = *s;
    bool pm;

    str_take_char(&rest, ' ');
    if (rest.len < 2 || *hour > 12 || *hour < 1)
        return false;
    pm = char_lower(rest.p[0]) == 'p';
    if (!pm && char_lower(rest.p[0]) != 'a')
        return false;
    rest = str_skip(rest, 1);
    bool points = str_take_char(&rest, '.');
    if (!str_take_nocase(&rest, STR("m")) || (points && !str_take_char(&rest, '.')) ||
        goes_on(rest))
        return false;
    *hour = *hour % 12 + (pm ? 12 : 0);
    *s = rest;
    return true;
}

/* "14:22:07.411", "2:22:07 PM"; the seconds may be missing. */
static bool take_clock(str *s, struct civil *c, enum precision *precision)
{
    str rest = *s;
    unsigned hour, minute, second = 0;

    if (!take_small(&rest, 1, 2, &hour) || !str_take_char(&rest, ':') ||
        !take_small(&rest, 2, 2, &minute))
        return false;
    *precision = PRECISION_S;
    str seconds = rest;
    if (str_take_char(&seconds, ':') && take_small(&seconds, 2, 2, &second)) {
        rest = seconds;
        str_take_fraction(&rest, &c->ns, precision);
    } else if (rest.len && (rest.p[0] == ':' || char_is_digit(rest.p[0]))) {
        return false;
    }
    take_half(&rest, &hour);
    if (hour > 24 || minute > 59 || second > 60)
        return false;
    c->hour = (uint8_t)hour;
    c->minute = (uint8_t)minute;
    c->second = (uint8_t)second;
    *s = rest;
    return true;
}

/* "142207", digits alone. */
static bool take_packed_clock(str *s, struct civil *c, enum precision *precision)
{
    str rest = *s;
    unsigned v;

    if (!str_take_digits(&rest, 6, &v) || (rest.len && char_is_digit(rest.p[0])))
        return false;
    c->hour = (uint8_t)(v / 10000);
    c->minute = (uint8_t)(v / 100 % 100);
    c->second = (uint8_t)(v % 100);
    str_take_fraction(&rest, &c->ns, precision);
    *s = rest;
    return true;
}

/* ---- date ---- */

static bool take_year(str *s, int32_t *year)
{
    str rest = *s;
    unsigned v;

    if (!take_small(&rest, 4, 4, &v) || v < YEAR_FIRST || v > YEAR_LAST)
        return false;
    *year = (int32_t)v;
    *s = rest;
    return true;
}

static bool take_short_year(str *s, int32_t *year)
{
    unsigned v;

    if (take_year(s, year))
        return true;
    if (!take_small(s, 2, 2, &v))
        return false;
    *year = (int32_t)(v < TWO_DIGIT_PIVOT ? 2000 + v : 1900 + v);
    return true;
}

static bool set_day(struct civil *c, unsigned month, unsigned day)
{
    c->month = (uint8_t)month;
    c->day = (uint8_t)day;
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* What is between the parts of one date: the same character twice. */
static bool take_joint(str *s, char *joint)
{
    if (s->len == 0 || !strchr("-/.:", s->p[0]) || s->p[0] == 0)
        return false;
    *joint = s->p[0];
    *s = str_skip(*s, 1);
    return true;
}

static void take_day_sign(str *s)
{
    if (!str_take(s, STR("日")))
        str_take(s, STR("일"));
}

/* "2024-10-02", "2024/10/2", "2024 Oct  2", "2024年10月02日" */
static bool take_year_first(str *s, struct civil *c)
{
    str rest = *s;
    unsigned month, day;
    char joint;

    if (!take_year(&rest, &c->year))
        return false;
    if (take_joint(&rest, &joint)) {
        if (!(take_small(&rest, 1, 2, &month) || str_take_month_name(&rest, &month)) ||
            !str_take_char(&rest, joint) || !take_small(&rest, 1, 2, &day))
            return false;
    } else {
        if (!str_take(&rest, STR("年")) && !str_take(&rest, STR("년")) && !str_take_spaces(&rest))
            return false;
        str_take_spaces(&rest);
        if (!str_take_month_name(&rest, &month))
            return false;
        str_take_spaces(&rest);
        if (!take_small(&rest, 1, 2, &day))
            return false;
        take_day_sign(&rest);
    }
    if (!set_day(c, month, day))
        return false;
    *s = rest;
    return true;
}

/* "02/Oct/2024", "02-Oct-2024", "2 Oct 2024", "02-Oct-24" */
static bool take_named_month(str *s, struct civil *c)
{
    str rest = *s;
    unsigned month, day;
    char joint = ' ';

    if (!take_small(&rest, 1, 2, &day))
        return false;
    str_take_char(&rest, '.');
    if (!str_take_spaces(&rest) && !take_joint(&rest, &joint))
        return false;
    if (!str_take_month_name(&rest, &month))
        return false;
    str before = rest;
    if (joint != ' ') {
        if (!str_take_char(&rest, joint) || !take_short_year(&rest, &c->year))
            return false;
    } else if (!str_take_spaces(&rest) || !take_year(&rest, &c->year)) {
        rest = before; /* "2 Oct 14:22:07" */
    }
    if (!set_day(c, month, day))
        return false;
    *s = rest;
    return true;
}

/* "10/02/2024", "02.10.2024", "02-10-24" */
static bool take_numbers(str *s, enum day_order order, struct stamp *out)
{
    str rest = *s;
    unsigned first, second;
    char joint;

    if (!take_small(&rest, 1, 2, &first) || !take_joint(&rest, &joint) || joint == ':' ||
        !take_small(&rest, 1, 2, &second) || !str_take_char(&rest, joint) ||
        !take_short_year(&rest, &out->civil.year))
        return false;
    if (joint == '.')
        out->order = ORDER_UNKNOWN; /* says nothing about other lines */
    else if (first > 12)
        out->order = ORDER_DAY_FIRST;
    else if (second > 12)
        out->order = ORDER_MONTH_FIRST;
    out->numbers = true;
    bool day_first = first > 12 || (second <= 12 && (joint == '.' || order == ORDER_DAY_FIRST ||
                                                     (joint == '-' && order == ORDER_UNKNOWN)));
    if (!set_day(&out->civil, day_first ? second : first, day_first ? first : second))
        return false;
    *s = rest;
    return true;
}

/* "20241002", "241002" before a clock. */
static bool take_packed(str *s, struct civil *c)
{
    str rest = *s;
    unsigned year, v;
    bool is_long = str_take_digits(&rest, 8, &v);

    if (!is_long) {
        rest = *s;
        if (!str_take_digits(&rest, 6, &v))
            return false;
    }
    year = v / 10000;
    c->year = (int32_t)(is_long ? year : year < TWO_DIGIT_PIVOT ? 2000 + year : 1900 + year);
    if (c->year < YEAR_FIRST || c->year > YEAR_LAST || !set_day(c, v / 100 % 100, v % 100))
        return false;
    *s = rest;
    return true;
}

/* "Oct  2", "Oct-02-24", "Oct 2, 2024", "Oct 02 2024", "Oct 2 2024:" */
static bool take_month_first(str *s, struct civil *c)
{
    str rest = *s;
    unsigned month, day;

    if (!str_take_month_name(&rest, &month))
        return false;
    bool dashed = str_take_char(&rest, '-') || str_take_char(&rest, '/');
    if (!dashed && !str_take_spaces(&rest) && !(s->p[0] & 0x80) && !char_is_digit(s->p[0]))
        return false;
    if (!take_small(&rest, 1, 2, &day) || !set_day(c, month, day))
        return false;
    take_day_sign(&rest);
    str before = rest;
    if (dashed) {
        if ((!str_take_char(&rest, '-') && !str_take_char(&rest, '/')) ||
            !take_short_year(&rest, &c->year))
            return false;
    } else {
        str_take_char(&rest, ',');
        if (!str_take_spaces(&rest) || !take_year(&rest, &c->year)) {
            rest = before;
            c->year = 0;
        }
    }
    *s = rest;
    return true;
}

/* ---- numbers that are instants ---- */

/* Digits of an epoch time: seconds, or thousandths, millionths, billionths of them. Only from 2001
 * to 2100: other numbers of so many digits are no times. */
static bool take_epoch(str *s, struct stamp *out)
{
    str rest = *s;
    size_t digits = 0;
    uint64_t v, scale = 1;

    while (digits < rest.len && char_is_digit(rest.p[digits]))
        digits++;
    if ((digits != 10 && digits != 13 && digits != 16 && digits != 19) ||
        !str_take_u64(&rest, &v))
        return false;
    for (size_t i = 10; i < digits; i++)
        scale *= 10;
    uint64_t seconds = v / scale;
    uint32_t ns = 0;
    if (seconds < UINT64_C(1000000000) || seconds > UINT64_C(4102444800))
        return false;
    out->precision = digits == 10   ? PRECISION_S
                     : digits == 13 ? PRECISION_MS
                     : digits == 16 ? PRECISION_US
                                    : PRECISION_NS;
    if (digits == 10)
        str_take_fraction(&rest, &ns, &out->precision);
    else
        ns = (uint32_t)(v % scale * ((uint64_t)NS_PER_S / scale));
    if (goes_on(rest) || (rest.len && strchr(".-/_", rest.p[0])))
        return false; /* "1727878927.example": no number of its own */
    out->time_ns = (int64_t)seconds * NS_PER_S + ns;
    out->zoned = true;
    *s = rest;
    return true;
}

static bool take_hex(str *s, unsigned digits, uint64_t *out)
{
    str part;

    return str_take_n(s, digits, &part) && str_take_hex(&part, out) && part.len == 0;
}

static bool take_tai64n(str *s, struct stamp *out)
{
    str rest = *s;
    uint64_t seconds, ns;
    const uint64_t epoch = (UINT64_C(1) << 62) + 10;

    if (!str_take_char(&rest, '@') || !take_hex(&rest, 16, &seconds) || !take_hex(&rest, 8, &ns) ||
        seconds < epoch || seconds - epoch > UINT64_C(4102444800) || ns >= (uint64_t)NS_PER_S)
        return false;
    out->time_ns = (int64_t)(seconds - epoch) * NS_PER_S + (int64_t)ns;
    out->precision = PRECISION_NS;
    out->zoned = true;
    *s = rest;
    return true;
}

/* ---- all of it ---- */

/* Between date and clock: "T", blanks, "-", ":", " - ", ", ". */
static bool take_between(str *s)
{
    str rest = *s;
    bool comma = str_take_char(&rest, ',') || str_take_char(&rest, ';');
    bool spaces = str_take_spaces(&rest);

    if (!comma && !spaces && (str_take_char(&rest, 'T') || str_take_char(&rest, 't') ||
                              str_take_char(&rest, '-') || str_take_char(&rest, ':') ||
                              str_take_char(&rest, '_') || str_take_char(&rest, '.')))
        ;
    else if (spaces && str_take(&rest, STR("- ")))
        str_take_spaces(&rest);
    else if (!comma && !spaces)
        return false;
    *s = rest;
    return true;
}

static bool take_zone_behind(str *s, int64_t *offset_s)
{
    str rest = *s, seen;
    bool spaced = str_take_spaces(&rest);

    seen = rest;
    if (str_take_offset(&rest, offset_s)) {
        /* " -5" or " -1200 bytes" is no zone */
        bool is_long = seen.len - rest.len >= 5;
        if (!spaced || (is_long && *offset_s % 900 == 0 && *offset_s >= -12 * 3600 &&
                        *offset_s <= 14 * 3600 && !(rest.len && char_is_digit(rest.p[0])))) {
            *s = rest;
            return true;
        }
        return false;
    }
    if (!str_take_zone_letters(&rest, offset_s))
        return false;
    *s = rest;
    return true;
}

static void take_tail(str *s, struct stamp *out)
{
    int64_t offset_s = 0;
    str rest = *s;
    bool zoned = take_zone_behind(&rest, &offset_s);
    str year = rest;

    if (out->civil.year == 0 && str_take_spaces(&year) && take_year(&year, &out->civil.year)) {
        if (year.len == 0 || strchr(" \t:],|;)\"'", year.p[0]))
            rest = year;
        else
            out->civil.year = 0;
    }
    if (zoned && out->civil.year == 0) {
        out->offset_known = true;
        out->offset_s = (int32_t)offset_s;
    } else if (zoned) {
        out->zoned = true;
        out->time_ns = civil_at_offset(&out->civil, offset_s);
    }
    *s = rest;
}

static bool take_date(str *s, enum day_order order, struct stamp *out)
{
    struct civil *c = &out->civil;

    if (!char_is_digit(s->p[0])) {
        if (take_month_first(s, c))
            return true;
        *c = (struct civil){0};
        return false;
    }
    if (take_year_first(s, c))
        return true;
    *c = (struct civil){0};
    if (take_named_month(s, c))
        return true;
    *c = (struct civil){0};
    if (take_numbers(s, order, out))
        return true;
    *c = (struct civil){0};
    out->numbers = false;
    if (take_month_first(s, c)) /* "10月  2" */
        return true;
    *c = (struct civil){0};
    return take_packed(s, c);
}

static bool is_valid(const struct stamp *stamp)
{
    struct civil c = stamp->civil;

    if (c.year == 0)
        c.year = 2000; /* has a leap day */
    return civil_valid(&c);
}

static bool take_written(str *s, enum day_order order, struct stamp *out)
{
    str rest = *s;
    unsigned weekday = 0;

    if (str_take_weekday(&rest, &weekday)) {
        str_take_char(&rest, '.');
        str_take_char(&rest, ',');
        if (!str_take_spaces(&rest))
            return false;
    }
    bool packed = rest.len && char_is_digit(rest.p[0]);
    if (rest.len == 0 || !take_date(&rest, order, out))
        return false;
    out->weekday = (uint8_t)weekday;
    str clock = rest;
    if (take_between(&clock) && (take_clock(&clock, &out->civil, &out->precision) ||
                                 (packed && take_packed_clock(&clock, &out->civil,
                                                              &out->precision))))
        rest = clock;
    else if (!packed || !take_packed_clock(&rest, &out->civil, &out->precision)) /* 14 digits */
        return false;
    if (!is_valid(out))
        return false;
    take_tail(&rest, out);
    *s = rest;
    return true;
}

bool str_take_stamp(str *s, enum day_order order, struct stamp *out)
{
    *out = (struct stamp){.time_ns = TIME_UNKNOWN};
    if (s->len < 8)
        return false;
    if (s->p[0] == '@')
        return take_tai64n(s, out);
    if (char_is_digit(s->p[0]) && take_epoch(s, out))
        return true;
    *out = (struct stamp){.time_ns = TIME_UNKNOWN};
    return take_written(s, order, out);
}
