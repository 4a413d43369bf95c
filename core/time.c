/* SPDX-License-Identifier: Apache-2.0
 *
 * Calendar arithmetic, Windows time stamps, and the readers of written times. A year is counted
 * from March here, so that the leap day is its last. */
#include "core/time.h"

enum {
    DAYS_OF_400_YEARS = 146097,
    DAYS_TO_EPOCH = 719468,    /* from 0000-03-01 to 1970-01-01 */
    SECONDS_OF_DAY = 86400
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool year_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    bool early = month <= 2; /* January and February belong to the year before */
    int64_t y = year - early;
    int64_t era = floor_div(y, 400);
    int64_t of_era = y - era * 400;
    int64_t months = (int64_t)month + (early ? 9 : -3);
    int64_t of_year = (153 * months + 2) / 5 + (int64_t)day - 1; /* 153 days in each 5 months */

    return era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           DAYS_TO_EPOCH;
}

void civil_of_days(int64_t days, struct civil *out)
{
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t era = floor_div(shifted, DAYS_OF_400_YEARS);
    uint32_t of_era = (uint32_t)(shifted - era * DAYS_OF_400_YEARS);
    /* Leap days are taken out, then every year has 365: 1460 = 4 years less one day,
     * 36524 = a century, 146096 = the last day of an era. */
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    bool early = month >= 10;

    *out = (struct civil){
        .year = (int32_t)(era * 400 + year + early),
        .month = (uint8_t)(early ? month - 9 : month + 3),
        .day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1),
    };
}

unsigned weekday_of_days(int64_t days)
{
    return (unsigned)(days + 4 - 7 * floor_div(days + 4, 7)); /* 1970-01-01 was a Thursday */
}

bool civil_valid(const struct civil *c)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days[c->month - 1])
        return false;
    if (c->month == 2 && c->day == 29 && !year_is_leap(c->year))
        return false;
    return c->hour < 24 && c->minute < 60 && c->second <= 60 && c->ns < NS_PER_S;
}

static int64_t ns_of(int64_t seconds, uint32_t ns)
{
    int64_t time_ns;

    /* Before 1970 the product alone may be out of range while the sum is not. */
    if (seconds < 0 && ns > 0) {
        seconds++;
        if (__builtin_mul_overflow(seconds, NS_PER_S, &time_ns) ||
            __builtin_sub_overflow(time_ns, NS_PER_S - ns, &time_ns))
            return TIME_UNKNOWN;
        return time_ns;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_S, &time_ns) ||
        __builtin_add_overflow(time_ns, (int64_t)ns, &time_ns))
        return TIME_UNKNOWN;
    return time_ns;
}

int64_t civil_to_ns(const struct civil *c)
{
    bool leap = c->second >= 60;
    int64_t seconds = days_from_civil(c->year, c->month, c->day) * SECONDS_OF_DAY +
                      c->hour * 3600 + c->minute * 60 + (leap ? 59 : c->second);

    return ns_of(seconds, leap ? NS_PER_S - 1 : c->ns);
}

/* Sets hour to ns; the day is returned. */
static int64_t clock_of_ns(int64_t time_ns, struct civil *out)
{
    int64_t seconds = floor_div(time_ns, NS_PER_S);
    int64_t days = floor_div(seconds, SECONDS_OF_DAY);
    uint32_t of_day = (uint32_t)(seconds - days * SECONDS_OF_DAY);

    out->hour = (uint8_t)(of_day / 3600);
    out->minute = (uint8_t)(of_day / 60 % 60);
    out->second = (uint8_t)(of_day % 60);
    /* Unsigned: the product of the earliest second wraps, the difference is right. */
    out->ns = (uint32_t)((uint64_t)time_ns - (uint64_t)seconds * (uint64_t)NS_PER_S);
    return days;
}

void civil_of_ns(int64_t time_ns, struct civil *out)
{
    struct civil clock;

    civil_of_days(clock_of_ns(time_ns, &clock), out);
    out->hour = clock.hour;
    out->minute = clock.minute;
    out->second = clock.second;
    out->ns = clock.ns;
}

int64_t time_of_filetime(uint64_t filetime)
{
    const int64_t epoch = INT64_C(116444736000000000); /* 1970-01-01 */
    int64_t time_ns;

    if (filetime == 0 || filetime > (uint64_t)INT64_MAX ||
        __builtin_mul_overflow((int64_t)filetime - epoch, 100, &time_ns))
        return TIME_UNKNOWN;
    return time_ns;
}

bool civil_of_systemtime(const uint8_t bytes[16], struct civil *out)
{
    uint16_t v[8]; /* year, month, weekday, day, hour, minute, second, millisecond */

    for (unsigned i = 0; i < 8; i++) {
        v[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        if (i > 0 && v[i] > 999)
            return false;
    }
    if (v[1] > 12 || v[3] > 31 || v[4] > 23 || v[5] > 59 || v[6] > 59)
        return false;
    *out = (struct civil){
        .year = v[0],
        .month = (uint8_t)v[1],
        .day = (uint8_t)v[3],
        .hour = (uint8_t)v[4],
        .minute = (uint8_t)v[5],
        .second = (uint8_t)v[6],
        .ns = v[7] * UINT32_C(1000000),
    };
    return civil_valid(out);
}

int64_t time_of_systemtime(const uint8_t bytes[16])
{
    struct civil c;

    return civil_of_systemtime(bytes, &c) ? civil_to_ns(&c) : TIME_UNKNOWN;
}

static char *put_pair(char *o, uint32_t v)
{
    memcpy(o, digit_pairs + 2 * (v % 100), 2);
    return o + 2;
}

static char *put_date(char *o, const struct civil *c)
{
    if (c->year < 0 || c->year > 9999) {
        o = put_signed(o, c->year);
    } else {
        o = put_pair(o, (uint32_t)c->year / 100);
        o = put_pair(o, (uint32_t)c->year);
    }
    *o++ = '-';
    o = put_pair(o, c->month);
    *o++ = '-';
    o = put_pair(o, c->day);
    *o++ = 'T';
    return o;
}

static char *put_clock(char *o, const struct civil *c, enum precision precision)
{
    static const uint8_t digits[] = {0, 3, 6, 7, 9};
    unsigned fraction = digits[(unsigned)precision < array_len(digits) ? precision : PRECISION_NS];

    o = put_pair(o, c->hour);
    *o++ = ':';
    o = put_pair(o, c->minute);
    *o++ = ':';
    o = put_pair(o, c->second);
    if (fraction) {
        o[0] = '.';
        o[1] = (char)('0' + c->ns / 100000000);
        put_pair(put_pair(put_pair(put_pair(o + 2, c->ns / 1000000), c->ns / 10000), c->ns / 100),
                 c->ns);
        o += 1 + fraction;
    }
    *o++ = 'Z';
    return o;
}

char *civil_write(char *o, const struct civil *c, enum precision precision)
{
    return put_clock(put_date(o, c), c, precision);
}

char *time_write(char *at, int64_t time_ns, enum precision precision, struct day_text *lately)
{
    struct civil c;

    if (time_ns == TIME_UNKNOWN)
        return at;
    int64_t day = clock_of_ns(time_ns, &c);
    if (day != lately->day || !lately->text[0]) {
        struct civil date;
        civil_of_days(day, &date);
        put_date(lately->text, &date);
        lately->day = day;
    }
    memcpy(at, lately->text, 11);
    return put_clock(at + 11, &c, precision);
}

void civil_text(const struct civil *c, enum precision precision, struct buf *out)
{
    buf_reserve(out, TIME_ROOM);
    out->len = (size_t)(civil_write(out->p + out->len, c, precision) - out->p);
}

void time_text(int64_t time_ns, enum precision precision, struct buf *out)
{
    struct day_text none = {0};

    buf_reserve(out, TIME_ROOM);
    out->len = (size_t)(time_write(out->p + out->len, time_ns, precision, &none) - out->p);
}

static enum precision precision_of(size_t digits)
{
    return digits == 0   ? PRECISION_S
           : digits <= 3 ? PRECISION_MS
           : digits <= 6 ? PRECISION_US
           : digits == 7 ? PRECISION_100NS
                         : PRECISION_NS;
}

void str_take_fraction(str *s, uint32_t *ns, enum precision *precision)
{
    size_t n = 0;

    *ns = 0;
    if (s->len >= 2 && (s->p[0] == '.' || s->p[0] == ',')) {
        static const uint32_t scale[] = {100000000, 10000000, 1000000, 100000, 10000,
                                         1000,      100,      10,      1};
        for (; n + 1 < s->len && char_is_digit(s->p[n + 1]); n++)
            if (n < array_len(scale))
                *ns += scale[n] * (uint32_t)(s->p[n + 1] - '0');
    }
    if (n)
        *s = str_skip(*s, n + 1);
    *precision = precision_of(n);
}

static inline bool take_two(str *s, uint8_t *value)
{
    if (s->len < 2 || !char_is_digit(s->p[0]) || !char_is_digit(s->p[1]))
        return false;
    *value = (uint8_t)((s->p[0] - '0') * 10 + s->p[1] - '0');
    *s = str_skip(*s, 2);
    return true;
}

/* "14:22:07" */
static bool take_clock(str *s, struct civil *c)
{
    str rest = *s;

    if (!take_two(&rest, &c->hour) || !str_take_char(&rest, ':') || !take_two(&rest, &c->minute) ||
        !str_take_char(&rest, ':') || !take_two(&rest, &c->second))
        return false;
    *s = rest;
    return true;
}

bool str_take_offset(str *s, int64_t *offset_s)
{
    str rest = *s;
    uint8_t hours, minutes = 0;

    *offset_s = 0;
    if (str_take_char(&rest, 'Z') || str_take_char(&rest, 'z')) {
        str_take_char(&rest, 'Z'); /* added once more by a relay */
        if (rest.len > 0 && (char_is_alpha(rest.p[0]) || char_is_digit(rest.p[0])))
            return false;
        *s = rest;
        return true;
    }
    bool west = str_take_char(&rest, '-');
    if ((!west && !str_take_char(&rest, '+')) || !take_two(&rest, &hours))
        return false;
    str colon = rest;
    if (str_take_char(&colon, ':') && take_two(&colon, &minutes))
        rest = colon;
    else
        take_two(&rest, &minutes);
    if (hours > 23 || minutes > 59 || (rest.len > 0 && char_is_digit(rest.p[0])))
        return false;
    *offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    *s = rest;
    return true;
}

int64_t civil_at_offset(const struct civil *c, int64_t offset_s)
{
    int64_t time_ns = civil_to_ns(c), shifted;

    if (time_ns == TIME_UNKNOWN || __builtin_sub_overflow(time_ns, offset_s * NS_PER_S, &shifted))
        return TIME_UNKNOWN;
    return shifted;
}

bool str_take_rfc3339(str *s, int64_t *time_ns, enum precision *precision, bool *zoned)
{
    str rest = *s;
    struct civil c = {0};
    unsigned year;
    int64_t offset_s;

    if (!str_take_digits(&rest, 4, &year) || !str_take_char(&rest, '-') ||
        !take_two(&rest, &c.month) || !str_take_char(&rest, '-') || !take_two(&rest, &c.day))
        return false;
    if (!str_take_char(&rest, 'T') && !str_take_char(&rest, ' ') && !str_take_char(&rest, 't'))
        return false;
    if (!take_clock(&rest, &c))
        return false;
    c.year = (int32_t)year;
    str_take_fraction(&rest, &c.ns, precision);
    if (!civil_valid(&c))
        return false;
    *zoned = str_take_offset(&rest, &offset_s);
    *time_ns = civil_at_offset(&c, offset_s);
    *s = rest;
    return true;
}

bool str_take_month(str *s, unsigned *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (s->len < 3)
        return false;
    char a = char_lower(s->p[0]), b = char_lower(s->p[1]), c = char_lower(s->p[2]);
    for (unsigned i = 0; i < 12; i++)
        if (names[3 * i] == a && names[3 * i + 1] == b && names[3 * i + 2] == c) {
            *month = i + 1;
            *s = str_skip(*s, 3);
            return true;
        }
    return false;
}

/* A year that a log can have, and nothing that goes on behind it: no port, no host "2001x". */
static bool take_year(str *s, int32_t *year)
{
    str rest = *s;
    unsigned v;

    if (!str_take_digits(&rest, 4, &v) || v < 1970 || v > 2199)
        return false;
    if (rest.len > 0 && rest.p[0] != ' ' && rest.p[0] != ':')
        return false;
    *year = (int32_t)v;
    *s = rest;
    return true;
}

bool str_take_rfc3164(str *s, struct civil *out, enum precision *precision)
{
    str rest = *s;
    struct civil c = {0};
    unsigned month;
    uint64_t day;

    if (!str_take_month(&rest, &month) || !str_take_spaces(&rest) || !str_take_u64(&rest, &day) ||
        day < 1 || day > 31 || !str_take_spaces(&rest))
        return false;
    str before = rest;
    if (take_year(&before, &c.year) && (str_take_spaces(&before) || str_take_char(&before, ':')))
        rest = before;
    else
        c.year = 0;
    if (!take_clock(&rest, &c))
        return false;
    c.month = (uint8_t)month;
    c.day = (uint8_t)day;
    str_take_fraction(&rest, &c.ns, precision);
    str after = rest;
    if (c.year == 0 && str_take_char(&after, ' ') && take_year(&after, &c.year))
        rest = after;
    struct civil check = c;
    check.year = c.year ? c.year : 2000; /* a year with a leap day */
    if (!civil_valid(&check))
        return false;
    *out = c;
    *s = rest;
    return true;
}

bool str_take_epoch(str *s, int64_t *time_ns, enum precision *precision)
{
    str rest = *s;
    uint64_t seconds;
    uint32_t ns;

    if (!str_take_u64(&rest, &seconds))
        return false;
    str_take_fraction(&rest, &ns, precision);
    *time_ns = seconds > (uint64_t)(INT64_MAX / NS_PER_S) ? TIME_UNKNOWN
                                                          : ns_of((int64_t)seconds, ns);
    *s = rest;
    return true;
}

bool str_take_clf_time(str *s, int64_t *time_ns)
{
    str rest = *s;
    struct civil c = {0};
    unsigned month, year;
    int64_t offset_s;

    if (!take_two(&rest, &c.day) || !str_take_char(&rest, '/') || !str_take_month(&rest, &month) ||
        !str_take_char(&rest, '/') || !str_take_digits(&rest, 4, &year) ||
        !str_take_char(&rest, ':') || !take_clock(&rest, &c) || !str_take_char(&rest, ' ') ||
        !str_take_offset(&rest, &offset_s))
        return false;
    c.month = (uint8_t)month;
    c.year = (int32_t)year;
    if (!civil_valid(&c))
        return false;
    *time_ns = civil_at_offset(&c, offset_s);
    *s = rest;
    return true;
}
