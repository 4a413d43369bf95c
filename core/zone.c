/* SPDX-License-Identifier: Apache-2.0
 *
 * Time zones from TZif files (RFC 9636, versions 1 to 4) and the rule in their footer (POSIX TZ,
 * IEEE 1003.1 section 8.3, with the extensions of RFC 9636 section 3.3.1). The rule is unrolled
 * into transitions up to the last year that an instant can have, so that a look-up is one binary
 * search and a zone never changes after it was opened. A file is not trusted: every count is
 * checked, and a name never leaves the directory. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/time.h"

#define ZONE_DIR "/usr/share/zoneinfo/"

enum {
    FILE_MAX = 256 * 1024, /* the largest of tzdata is below 4 KiB */
    NAME_MAX_LEN = 64,
    OFFSET_MAX_S = 26 * 3600, /* RFC 9636 section 3.2: between -25 and +26 hours */
    FIRST_YEAR = 1677, /* of an instant: core/time.h */
    LAST_YEAR = 2262,
    DAY_S = 86400
};

struct change { /* from `at` on, until the next one */
    int64_t at_s;
    int32_t offset_s;
};

struct zone {
    str name;
    struct change *changes; /* the first begins at INT64_MIN */
    size_t count, cap;
    struct arena arena;
};

static const struct change utc_changes[] = {{INT64_MIN, 0}};
static const struct zone utc = {
    .name = {"UTC", 3},
    .changes = (struct change *)utc_changes, /* never written: zone_free knows utc */
    .count = 1,
};

const struct zone *zone_utc(void)
{
    return &utc;
}

void zone_free(struct zone *z)
{
    if (!z || z == &utc)
        return;
    mem_free(z->changes);
    arena_free(&z->arena);
    mem_free(z);
}

str zone_name(const struct zone *z)
{
    return z->name;
}

static struct zone *zone_new(str name)
{
    struct zone *z = mem_alloc(sizeof *z);

    z->name = arena_str(&z->arena, name);
    return z;
}

static void add_change(struct zone *z, int64_t at_s, int32_t offset_s)
{
    if (z->count > 0 && z->changes[z->count - 1].offset_s == offset_s)
        return;
    z->changes = vec_grow(z->changes, &z->cap, z->count + 1, sizeof *z->changes);
    z->changes[z->count++] = (struct change){at_s, offset_s};
}

/* The POSIX rule: "CET-1CEST,M3.5.0,M10.5.0/3". */

enum day_form { DAY_JULIAN /* 1 to 365, no leap day */, DAY_OF_YEAR /* 0 to 365 */, DAY_WEEK };

struct rule_day {
    enum day_form form;
    unsigned day, month, week; /* DAY_WEEK: weekday `day`, the week-th of the month, 5 = last */
    int32_t clock_s;           /* of that day, -167 to 167 hours */
};

struct rule {
    int32_t standard_s, summer_s; /* east positive, unlike the text */
    bool has_summer;
    struct rule_day begin, end;
};

static bool take_rule_name(str *s)
{
    size_t n = 0;

    if (str_take_char(s, '<')) {
        str inside;
        return str_take_until(s, '>', &inside) && inside.len >= 3;
    }
    while (n < s->len && char_is_alpha(s->p[n]))
        n++;
    *s = str_skip(*s, n);
    return n >= 3;
}

static bool take_small(str *s, unsigned most, unsigned *out)
{
    uint64_t v;

    if (!str_take_u64(s, &v) || v > most)
        return false;
    *out = (unsigned)v;
    return true;
}

/* "[+-]hh[:mm[:ss]]" in seconds */
static bool take_rule_clock(str *s, unsigned hours_most, int32_t *out)
{
    bool negative = str_take_char(s, '-');
    unsigned h, m = 0, sec = 0;

    if (!negative)
        str_take_char(s, '+');
    if (!take_small(s, hours_most, &h) || (str_take_char(s, ':') && !take_small(s, 59, &m)) ||
        (str_take_char(s, ':') && !take_small(s, 59, &sec)))
        return false;
    *out = (int32_t)(h * 3600 + m * 60 + sec) * (negative ? -1 : 1);
    return true;
}

static bool take_rule_day(str *s, struct rule_day *d)
{
    *d = (struct rule_day){.form = DAY_OF_YEAR, .clock_s = 2 * 3600};
    if (str_take_char(s, 'M')) {
        d->form = DAY_WEEK;
        if (!take_small(s, 12, &d->month) || d->month < 1 || !str_take_char(s, '.') ||
            !take_small(s, 5, &d->week) || d->week < 1 || !str_take_char(s, '.') ||
            !take_small(s, 6, &d->day))
            return false;
    } else if (str_take_char(s, 'J')) {
        d->form = DAY_JULIAN;
        if (!take_small(s, 365, &d->day) || d->day < 1)
            return false;
    } else if (!take_small(s, 365, &d->day)) {
        return false;
    }
    return !str_take_char(s, '/') || take_rule_clock(s, 167, &d->clock_s);
}

static bool rule_parse(str s, struct rule *r)
{
    *r = (struct rule){0};
    if (!take_rule_name(&s) || !take_rule_clock(&s, 24, &r->standard_s))
        return false;
    r->standard_s = -r->standard_s;
    if (s.len == 0)
        return true;
    r->has_summer = true;
    if (!take_rule_name(&s))
        return false;
    r->summer_s = r->standard_s + 3600;
    if (s.len > 0 && s.p[0] != ',') {
        if (!take_rule_clock(&s, 24, &r->summer_s))
            return false;
        r->summer_s = -r->summer_s;
    }
    return str_take_char(&s, ',') && take_rule_day(&s, &r->begin) && str_take_char(&s, ',') &&
           take_rule_day(&s, &r->end) && s.len == 0;
}

static int64_t rule_day_s(const struct rule_day *d, int64_t year)
{
    int64_t days;

    if (d->form != DAY_WEEK) {
        days = days_from_civil(year, 1, 1) + d->day;
        if (d->form == DAY_JULIAN)
            days += (year_is_leap(year) && d->day >= 60) - 1;
        return days * DAY_S + d->clock_s;
    }
    int64_t first = days_from_civil(year, d->month, 1);
    int64_t next = d->month == 12 ? days_from_civil(year + 1, 1, 1)
                                  : days_from_civil(year, d->month + 1, 1);
    days = first + (d->day + 7 - weekday_of_days(first)) % 7 + 7 * (d->week - 1);
    while (days >= next)
        days -= 7;
    return days * DAY_S + d->clock_s;
}

/* Appends what the rule says after the last transition of the table. */
static void unroll(struct zone *z, const struct rule *r, int64_t last_s)
{
    const int64_t end_s = days_from_civil(LAST_YEAR + 1, 1, 1) * DAY_S;
    struct civil from = {.year = FIRST_YEAR};

    if (!r->has_summer) {
        add_change(z, last_s, r->standard_s);
        return;
    }
    if (last_s > end_s)
        return;
    if (last_s > days_from_civil(FIRST_YEAR, 1, 1) * DAY_S)
        civil_of_days(last_s / DAY_S - 1, &from);
    for (int64_t year = from.year; year <= LAST_YEAR; year++) {
        struct change begin = {rule_day_s(&r->begin, year) - r->standard_s, r->summer_s};
        struct change end = {rule_day_s(&r->end, year) - r->summer_s, r->standard_s};
        bool south = end.at_s < begin.at_s;
        struct change both[2] = {south ? end : begin, south ? begin : end};
        for (unsigned i = 0; i < 2; i++)
            if (both[i].at_s > last_s)
                add_change(z, both[i].at_s, both[i].offset_s);
    }
}

/* The file. */

struct tzif {
    uint32_t isut, isstd, leap, times, types, chars;
    unsigned time_size;
    const uint8_t *data;
};

static uint64_t load_be(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++)
        v = v << 8 | p[i];
    return v;
}

static uint64_t tzif_size(const struct tzif *t)
{
    return (uint64_t)t->times * (t->time_size + 1) + (uint64_t)t->types * 6 + t->chars +
           (uint64_t)t->leap * (t->time_size + 4) + t->isstd + t->isut;
}

/* One header and its data block. */
static bool take_tzif(str *s, unsigned time_size, struct tzif *t, char *version)
{
    const uint8_t *p = (const uint8_t *)s->p;

    if (s->len < 44 || !str_starts(*s, STR("TZif")))
        return false;
    *version = s->p[4];
    *t = (struct tzif){
        .isut = (uint32_t)load_be(p + 20, 4),
        .isstd = (uint32_t)load_be(p + 24, 4),
        .leap = (uint32_t)load_be(p + 28, 4),
        .times = (uint32_t)load_be(p + 32, 4),
        .types = (uint32_t)load_be(p + 36, 4),
        .chars = (uint32_t)load_be(p + 40, 4),
        .time_size = time_size,
        .data = p + 44,
    };
    if (tzif_size(t) > s->len - 44)
        return false;
    *s = str_skip(*s, 44 + (size_t)tzif_size(t));
    return true;
}

static bool offset_of(const struct tzif *t, unsigned type, int32_t *offset_s)
{
    const uint8_t *types = t->data + (size_t)t->times * (t->time_size + 1);

    if (type >= t->types)
        return false;
    *offset_s = (int32_t)(uint32_t)load_be(types + 6 * (size_t)type, 4);
    return *offset_s >= -OFFSET_MAX_S && *offset_s <= OFFSET_MAX_S;
}

/* Returns what is wrong, NULL for nothing. *last_s gets the time of the last transition. */
static const char *read_changes(struct zone *z, const struct tzif *t, int64_t *last_s)
{
    const uint8_t *index = t->data + (size_t)t->times * t->time_size;
    int32_t offset_s;

    *last_s = INT64_MIN;
    if (t->leap)
        return "counts leap seconds, as no log does";
    if (!offset_of(t, 0, &offset_s)) /* holds before the first transition */
        return "has no valid type of local time";
    add_change(z, INT64_MIN, offset_s);
    for (uint32_t i = 0; i < t->times; i++) {
        uint64_t raw = load_be(t->data + (size_t)i * t->time_size, t->time_size);
        int64_t at_s = t->time_size == 4 ? (int32_t)(uint32_t)raw : (int64_t)raw;
        if (at_s <= *last_s || !offset_of(t, index[i], &offset_s))
            return "has a transition that cannot be";
        *last_s = at_s;
        add_change(z, at_s, offset_s);
    }
    return NULL;
}

static const char *read_tzif(struct zone *z, str bytes)
{
    struct tzif t;
    struct rule rule;
    char version;
    str footer;
    int64_t last_s;

    if (!take_tzif(&bytes, 4, &t, &version))
        return "is not a TZif file, or is cut short";
    if (version == 0)
        return read_changes(z, &t, &last_s);
    if (!take_tzif(&bytes, 8, &t, &version))
        return "has no second block";
    const char *why = read_changes(z, &t, &last_s);
    if (why)
        return why;
    if (!str_take_char(&bytes, '\n') || !str_take_until(&bytes, '\n', &footer))
        return "has no footer";
    if (footer.len == 0)
        return NULL;
    if (!rule_parse(footer, &rule))
        return "has a footer that is no rule";
    unroll(z, &rule, last_s);
    return NULL;
}

struct zone *zone_of_tzif(str name, str bytes, struct err *err)
{
    struct zone *z = zone_new(name);
    const char *why = bytes.len > FILE_MAX ? "is too large" : read_tzif(z, bytes);

    if (!why)
        return z;
    err_set(err, "time zone %.*s: its file %s", PSTR(name), why);
    zone_free(z);
    return NULL;
}

/* Letters, digits, _ + - and single slashes inside: no way out of the directory. "localtime" is
 * refused because it means another zone on every machine. */
static bool name_is_safe(str name)
{
    if (name.len == 0 || name.len > NAME_MAX_LEN || str_eq(name, STR("localtime")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool inner_slash = c == '/' && i > 0 && i + 1 < name.len && name.p[i - 1] != '/';
        if (!char_is_alpha(c) && !char_is_digit(c) && c != '_' && c != '+' && c != '-' &&
            !inner_slash)
            return false;
    }
    return true;
}

/* The whole file, at most one byte more than FILE_MAX. */
static bool read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    ssize_t got = 0;

    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    buf_reserve(out, FILE_MAX + 1);
    while (good && out->len <= FILE_MAX) {
        got = read(fd, out->p + out->len, FILE_MAX + 1 - out->len);
        if (got <= 0)
            break;
        out->len += (size_t)got;
    }
    close(fd);
    return good && got >= 0;
}

/* "+09:00", "-0330", "+9" */
static bool fixed_offset(str s, int32_t *offset_s)
{
    bool west = str_take_char(&s, '-');
    unsigned hours, minutes = 0;

    if (!west && !str_take_char(&s, '+'))
        return false;
    if (!str_take_digits(&s, 2, &hours) && !str_take_digits(&s, 1, &hours))
        return false;
    if (s.len > 0) {
        str_take_char(&s, ':');
        if (!str_take_digits(&s, 2, &minutes) || s.len > 0)
            return false;
    }
    *offset_s = (int32_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return hours < 24 && minutes < 60;
}

struct zone *zone_open(str name, struct err *err)
{
    struct buf bytes = {0};
    char path[sizeof ZONE_DIR + NAME_MAX_LEN];
    struct zone *z = NULL;
    int32_t offset_s = 0;

    if (str_eq_nocase(name, STR("UTC")) || str_eq(name, STR("Z")) ||
        fixed_offset(name, &offset_s)) {
        bool fixed = name.p[0] == '+' || name.p[0] == '-';
        z = zone_new(fixed ? name : STR("UTC"));
        add_change(z, INT64_MIN, offset_s);
        return z;
    }
    if (!name_is_safe(name)) {
        err_set(err, "time zone \"%.*s\" is not a name like Europe/Zurich, UTC or +09:00",
                (int)(name.len > NAME_MAX_LEN ? NAME_MAX_LEN : name.len), name.p);
        return NULL;
    }
    snprintf(path, sizeof path, ZONE_DIR "%.*s", PSTR(name));
    if (read_file(path, &bytes))
        z = zone_of_tzif(name, buf_view(&bytes), err);
    else
        err_set(err, "time zone %.*s is not known (no such file in " ZONE_DIR ")", PSTR(name));
    buf_free(&bytes);
    return z;
}

void tzdata_version(struct buf *out)
{
    struct buf bytes = {0};
    str line, text;

    if (read_file(ZONE_DIR "tzdata.zi", &bytes) || bytes.len > 0) {
        text = buf_view(&bytes);
        if (str_take_line(&text, &line) && str_take(&line, STR("# version ")))
            buf_str(out, str_head(str_trim(line), 32));
    }
    bytes.len = 0;
    if (out->len == 0 && read_file(ZONE_DIR "+VERSION", &bytes)) {
        text = buf_view(&bytes);
        if (str_take_line(&text, &line))
            buf_str(out, str_head(str_trim(line), 32));
    }
    buf_free(&bytes);
}

/* Use. */

/* The change in force at an instant. */
static size_t change_at(const struct zone *z, int64_t utc_s)
{
    size_t low = 0, high = z->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->changes[middle].at_s <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int64_t floor_s(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

int64_t zone_offset_ns(const struct zone *z, int64_t utc_ns)
{
    return z->changes[change_at(z, floor_s(utc_ns))].offset_s * NS_PER_S;
}

static int64_t minus_offset(int64_t local_ns, int32_t offset_s)
{
    int64_t utc_ns;

    return __builtin_sub_overflow(local_ns, offset_s * NS_PER_S, &utc_ns) ? TIME_UNKNOWN : utc_ns;
}

int64_t zone_to_utc(const struct zone *z, int64_t local_ns, uint32_t *flags)
{
    int64_t local_s = floor_s(local_ns), gap_ns = local_ns;
    bool found = false, passed = false;
    int32_t offset_s = 0;

    if (local_ns == TIME_UNKNOWN)
        return TIME_UNKNOWN;
    *flags &= ~(uint32_t)(EVENT_ZONE_FOLD | EVENT_ZONE_GAP);
    /* Every stretch of one offset that local time can belong to, the earliest first. */
    for (size_t i = change_at(z, local_s - OFFSET_MAX_S); i < z->count; i++) {
        const struct change *c = &z->changes[i];
        if (c->at_s != INT64_MIN && c->at_s > local_s + OFFSET_MAX_S)
            break;
        int64_t utc_s = local_s - c->offset_s;
        bool begun = utc_s >= c->at_s;
        if (begun && (i + 1 == z->count || utc_s < z->changes[i + 1].at_s)) {
            if (found) {
                *flags |= EVENT_ZONE_FOLD;
                break;
            }
            found = true;
            offset_s = c->offset_s;
        }
        if (begun && !found) { /* over before it came to this time: a gap may follow */
            passed = true;
            gap_ns = minus_offset(local_ns, c->offset_s);
        }
    }
    if (found)
        return minus_offset(local_ns, offset_s);
    if (passed)
        *flags |= EVENT_ZONE_GAP;
    return gap_ns;
}
