/* SPDX-License-Identifier: Apache-2.0
 *
 * Years that are not written: what lines say, what bounds them, and rotated sets. */
#include "core/years.h"

#include "core/pipeline.h"

#define NS_PER_DAY (86400 * NS_PER_S)
#define HALF_YEAR (183 * NS_PER_DAY)
#define YEAR (366 * NS_PER_DAY) /* the year 2000, in which open times are told */

enum {
    ALL_BARRED = (1 << 14) - 1,
    NEVER_COMMON = 0x7f,  /* a 29 February was seen */
    YEARS_BACK = 40,      /* a kind of year comes again after at most 40 */
    SILENCES_MAX = 1,
    STAND_IN_YEAR = 1970
};

/* ---- what lines say ---- */

static unsigned kind_of_year(int32_t year)
{
    return (year_is_leap(year) ? 7 : 0) + weekday_of_days(days_from_civil(year, 1, 1));
}

/* The kinds of years in which this day is not that weekday (1 = Sunday to 7). */
static uint16_t bar_weekday(const struct civil *c, unsigned weekday)
{
    uint16_t barred = ALL_BARRED;

    for (int leap = 0; leap < 2; leap++) {
        int64_t first = days_from_civil(leap ? 2000 : 2001, 1, 1);
        int64_t day = days_from_civil(leap ? 2000 : 2001, c->month, c->day);
        unsigned of_first = (unsigned)((weekday - 1 + 7 * 53 - (uint64_t)(day - first)) % 7);
        barred &= (uint16_t)~(1u << (7 * leap + (int)of_first));
    }
    return barred;
}

static bool is_silence(int64_t before_ns, int64_t after_ns)
{
    int64_t step = after_ns - before_ns;

    if (step < 0)
        step += YEAR;
    /* A step back by some weeks is disorder of another kind: it passes no New Year. */
    return step > HALF_YEAR && step < YEAR - 60 * NS_PER_DAY;
}

static void keep_newest(struct year_signs *s, uint8_t index, int64_t local_ns)
{
    if (s->lines == 0 || index > s->newest_index ||
        (index == s->newest_index && local_ns > s->newest_local_ns)) {
        s->newest_index = index;
        s->newest_local_ns = local_ns;
    }
}

void year_signs_see(struct year_signs *s, const struct event *e)
{
    unsigned weekday = (e->flags & EVENT_WEEKDAY) >> EVENT_WEEKDAY_SHIFT;
    struct civil c;

    civil_of_ns(e->time_ns, &c);
    if (e->year_index < YEARS_TRACKED) {
        if (c.month == 2 && c.day == 29)
            s->barred[e->year_index] |= NEVER_COMMON;
        if (weekday)
            s->barred[e->year_index] |= bar_weekday(&c, weekday);
    }
    keep_newest(s, e->year_index, e->time_ns);
    if (s->lines == 0)
        s->first_local_ns = e->time_ns;
    else
        s->silences += is_silence(s->last_local_ns, e->time_ns);
    s->last_local_ns = e->time_ns;
    s->lines++;
}

void year_signs_append(struct year_signs *s, const struct year_signs *next)
{
    if (next->lines == 0)
        return;
    if (s->lines == 0) {
        *s = *next;
        return;
    }
    keep_newest(s, next->newest_index, next->newest_local_ns);
    s->silences += next->silences + is_silence(s->last_local_ns, next->first_local_ns);
    for (unsigned i = 0; i < YEARS_TRACKED; i++)
        s->barred[i] |= next->barred[i];
    s->last_local_ns = next->last_local_ns;
    s->lines += next->lines;
}

/* ---- one log ---- */

/* May the log begin in this year, as far as leap days and weekdays go? What contradicts itself
 * says nothing. */
static bool kinds_fit(const struct year_signs *s, int32_t base)
{
    for (int i = 0; i < YEARS_TRACKED; i++)
        if (s->barred[i] != ALL_BARRED && s->barred[i] >> kind_of_year(base + i) & 1)
            return false;
    return true;
}

static bool ends_in_time(const struct year_signs *s, int32_t base, int64_t limit_ns)
{
    struct civil newest;

    civil_of_ns(s->newest_local_ns, &newest);
    newest.year = base + s->newest_index;
    if (newest.month == 2 && newest.day == 29 && !year_is_leap(newest.year))
        newest.day = 28; /* whether the year fits is asked elsewhere */
    return civil_to_ns(&newest) <= limit_ns;
}

static int32_t year_of(int64_t time_ns)
{
    struct civil c;

    civil_of_ns(time_ns, &c);
    return c.year;
}

int32_t years_base(const struct year_signs *s, int64_t limit_ns)
{
    int32_t last = year_of(limit_ns) - s->newest_index;

    while (!ends_in_time(s, last, limit_ns))
        last--;
    for (int32_t year = last; year > last - YEARS_BACK; year--)
        if (kinds_fit(s, year))
            return year;
    return last;
}

/* The last year in which this line by itself is not after the limit. */
static int32_t year_by_line(const struct event *e, int64_t limit_ns)
{
    struct year_signs one = {.lines = 0};
    struct event line = *e;

    line.year_index = 0;
    year_signs_see(&one, &line);
    return years_base(&one, limit_ns);
}

void year_settle_event(struct event *e, const struct year_choice *choice, const struct zone *zone)
{
    struct civil c;
    uint32_t flags = 0;

    if (e->flags & EVENT_YEAR_OPEN) {
        civil_of_ns(e->time_ns, &c);
        c.year = choice->by_line ? year_by_line(e, choice->limit_ns)
                                 : choice->base + e->year_index;
        e->time_ns = civil_valid(&c) ? civil_to_ns(&c) : TIME_UNKNOWN;
        e->flags |= EVENT_YEAR_INFERRED | (choice->from_mtime ? EVENT_YEAR_FROM_MTIME : 0);
    }
    if (e->flags & EVENT_ZONE_OPEN && e->time_ns != TIME_UNKNOWN) {
        e->time_ns = zone_to_utc(zone ? zone : zone_utc(), e->time_ns, &flags);
        e->flags |= flags | (zone ? 0 : EVENT_ZONE_ASSUMED);
    }
    if (e->time_ns == TIME_UNKNOWN)
        e->flags |= EVENT_TIME_MISSING;
    e->flags &= ~(uint32_t)(EVENT_YEAR_OPEN | EVENT_ZONE_OPEN | EVENT_WEEKDAY);
}

/* ---- bounds ---- */

struct bound {
    int64_t limit_ns; /* local time that no line is after; TIME_UNKNOWN = none is known */
    str basis;
    bool is_mtime;
};

/* A bound that is an instant, as local time. Where the zone is not known, 14 hours for the
 * easternmost. */
static int64_t local_of(const struct zone *zone, int64_t utc_ns)
{
    return utc_ns + (zone ? zone_offset_ns(zone, utc_ns) : 14 * 3600 * NS_PER_S);
}

/* Clocks of two logs differ, and the log may be written to while the evidence is taken: a day. */
static void tighten(struct bound *b, const struct zone *zone, int64_t utc_ns, const char *basis)
{
    if (utc_ns == TIME_UNKNOWN || utc_ns < TIME_EARLIEST || utc_ns > TIME_UNKNOWN - 2 * NS_PER_DAY)
        return;
    int64_t limit_ns = local_of(zone, utc_ns) + NS_PER_DAY;
    if (limit_ns < b->limit_ns)
        *b = (struct bound){.limit_ns = limit_ns, .basis = str_of(basis)};
}

/* The newest dated record of the system ("" = of all the evidence); TIME_UNKNOWN: none. */
static int64_t newest_sign(const struct pipeline *p, str system)
{
    int64_t newest = INT64_MIN;

    for (size_t i = 0; i < p->source_count; i++)
        if ((!system.len || str_eq(p->sources[i].system, system)) &&
            p->states[i].newest_ns > newest)
            newest = p->states[i].newest_ns;
    return newest == INT64_MIN ? TIME_UNKNOWN : newest;
}

static struct bound bound_of(const struct pipeline *p, size_t i, int64_t here, int64_t everywhere)
{
    const struct source *s = &p->sources[i];
    const struct zone *zone = p->states[i].zone;
    const struct rule *latest = rule_for(p->options->latest, p->options->latest_count, s->path);
    struct bound b = {.limit_ns = TIME_UNKNOWN};
    int64_t rotated = log_rotation_day(s->path);

    if (latest)
        return (struct bound){.limit_ns = latest->zoned ? local_of(zone, latest->time_ns)
                                                        : latest->time_ns,
                              .basis = STR("the latest that --latest allows")};
    tighten(&b, zone, here, "not later than the newest dated record of the same system");
    tighten(&b, zone, s->stored_ns, "not later than the time recorded in its gzip header");
    if (rotated != TIME_UNKNOWN)
        tighten(&b, zone, rotated + NS_PER_DAY, "not later than the date in its name");
    if (b.limit_ns != TIME_UNKNOWN)
        return b;
    tighten(&b, zone, everywhere, "not later than the newest dated record of all the evidence");
    if (b.limit_ns != TIME_UNKNOWN || p->options->no_mtime)
        return b;
    tighten(&b, zone, s->mtime_ns, "not later than the file's modification time");
    b.is_mtime = b.limit_ns != TIME_UNKNOWN;
    return b;
}

static struct year_choice choose(const struct year_signs *signs, const struct bound *b)
{
    if (b->limit_ns == TIME_UNKNOWN)
        return (struct year_choice){.base = STAND_IN_YEAR};
    return (struct year_choice){.base = years_base(signs, b->limit_ns),
                                .by_line = signs->silences > SILENCES_MAX,
                                .from_mtime = b->is_mtime,
                                .limit_ns = b->limit_ns};
}

struct year_choice years_alone(const struct pipeline *p, size_t i)
{
    const struct rule *rule =
        rule_for(p->options->years, p->options->year_count, p->sources[i].path);
    struct bound b = bound_of(p, i, TIME_UNKNOWN, TIME_UNKNOWN);

    if (rule)
        return (struct year_choice){.base = rule->year};
    return (struct year_choice){.base = STAND_IN_YEAR,
                                .by_line = b.limit_ns != TIME_UNKNOWN,
                                .from_mtime = b.is_mtime,
                                .limit_ns = b.limit_ns};
}

/* ---- rotated sets ---- */

struct member { /* of a set, the oldest first */
    uint32_t source;
    int64_t age; /* the larger the older */
    str system, folder, family;
    int32_t offset; /* New Years between the first line of the set and its own */
    struct bound bound;
    const struct rule *rule;
};

static str folder_of(str path)
{
    size_t slash = str_rfind_char(path, '/');

    return slash == path.len ? STR("") : str_head(path, slash);
}

/* Does a New Year lie between the newest line of one file and the first of the next? Files that
 * overlap (copies, backups) go back by less than half a year. */
static bool passes_new_year(const struct year_signs *older, const struct year_signs *newer)
{
    int64_t step = newer->first_local_ns - older->newest_local_ns;

    return step < 0 && step + YEAR < HALF_YEAR;
}

static void place_members(const struct pipeline *p, struct member *m, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct year_signs *older = &p->states[m[i - 1].source].years;
        const struct year_signs *newer = &p->states[m[i].source].years;
        if (m[i].age == m[i - 1].age)
            m[i].offset = m[i - 1].offset; /* two copies of one */
        else
            m[i].offset = m[i - 1].offset + older->newest_index + passes_new_year(older, newer);
    }
}

static bool members_fit(const struct pipeline *p, const struct member *m, size_t count,
                        int32_t base, bool kinds)
{
    for (size_t i = 0; i < count; i++) {
        const struct year_signs *s = &p->states[m[i].source].years;
        if (m[i].bound.limit_ns != TIME_UNKNOWN &&
            !ends_in_time(s, base + m[i].offset, m[i].bound.limit_ns))
            return false;
        if (kinds && !kinds_fit(s, base + m[i].offset))
            return false;
    }
    return true;
}

/* The last year for the set's first line that every member's bound allows. *by gets the member
 * whose bound decides; false when none has one. */
static bool base_of_set(const struct pipeline *p, const struct member *m, size_t count,
                        int32_t *base, const struct member **by)
{
    int32_t last = INT32_MAX;

    for (size_t i = 0; i < count; i++) {
        const struct member *x = &m[i];
        if (x->bound.limit_ns == TIME_UNKNOWN)
            continue;
        int32_t own = year_of(x->bound.limit_ns) - x->offset;
        while (!ends_in_time(&p->states[x->source].years, own + x->offset, x->bound.limit_ns))
            own--;
        if (own <= last) { /* of equal ones the newest member's */
            last = own;
            *by = x;
        }
    }
    if (last == INT32_MAX)
        return false;
    *base = last;
    for (int32_t year = last; year > last - YEARS_BACK; year--)
        if (members_fit(p, m, count, year, true)) {
            *base = year;
            break;
        }
    return true;
}

static void settle_set(struct pipeline *p, struct member *m, size_t count)
{
    const struct member *by = NULL;
    const struct rule *rule = NULL;
    int32_t base = STAND_IN_YEAR;

    place_members(p, m, count);
    for (size_t i = 0; i < count && !by; i++)
        if (m[i].rule) {
            by = &m[i];
            rule = m[i].rule;
            base = rule->year - m[i].offset;
        }
    if (!by)
        base_of_set(p, m, count, &base, &by);
    for (size_t i = 0; i < count; i++) {
        struct source *s = &p->sources[m[i].source];
        p->states[m[i].source].choice = (struct year_choice){
            .base = base + m[i].offset,
            .from_mtime = by && !rule && by->bound.is_mtime,
            .limit_ns = m[i].bound.limit_ns};
        str basis = rule ? STR("given by --year")
                    : by ? by->bound.basis
                         : STR("nothing dated is known: 1970 stands in; give --year");
        s->year_basis = !by || by == &m[i]
                            ? basis
                            : arena_printf(&p->arena, "%.*s, for %.*s of the same rotated set",
                                           PSTR(basis),
                                           PSTR(str_basename(p->sources[by->source].path)));
    }
}

static void settle_disordered(struct pipeline *p, const struct member *m)
{
    struct year_choice choice = choose(&p->states[m->source].years, &m->bound);

    p->states[m->source].choice = choice;
    p->sources[m->source].year_basis =
        m->bound.limit_ns == TIME_UNKNOWN
            ? STR("nothing dated is known: 1970 stands in; give --year")
            : arena_printf(&p->arena, "its lines are not in order: each by itself %.*s",
                           PSTR(m->bound.basis));
}

static void tell(struct pipeline *p, size_t i)
{
    struct source *s = &p->sources[i];

    s->year_inferred = true;
    s->base_year = p->states[i].choice.base;
    if (p->states[i].choice.by_line)
        source_note(p, s, 0, false,
                    arena_printf(&p->arena, "lines without a year (%.*s)", PSTR(s->year_basis)));
    else
        source_note(p, s, 0, false,
                    arena_printf(&p->arena, "lines without a year: the first is of %d (%.*s)",
                                 (int)s->base_year, PSTR(s->year_basis)));
}

static int set_cmp(const struct member *x, const struct member *y)
{
    int order = str_cmp(x->system, y->system);

    if (!order)
        order = str_cmp(x->folder, y->folder);
    return order ? order : str_cmp(x->family, y->family);
}

/* By set; in a set the oldest first. */
static int member_cmp(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = set_cmp(x, y);

    if (order)
        return order;
    return x->age != y->age ? (x->age > y->age ? -1 : 1) : x->source < y->source ? -1 : 1;
}

/* One log in its files. Those that are out of order by themselves are no part of the sequence. */
static void settle_log(struct pipeline *p, struct member *m, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!m[i].rule && p->states[m[i].source].years.silences > SILENCES_MAX)
            settle_disordered(p, &m[i]);
        else
            m[kept++] = m[i];
    if (kept)
        settle_set(p, m, kept);
}

static size_t list_members(const struct pipeline *p, struct member *out)
{
    size_t count = 0;

    for (size_t i = 0; i < p->source_count; i++) {
        const struct source *s = &p->sources[i];
        if (p->states[i].years.lines)
            out[count++] = (struct member){
                .source = (uint32_t)i,
                .age = log_age(s->path),
                .system = s->system,
                .folder = folder_of(s->path),
                .family = s->family,
                .rule = rule_for(p->options->years, p->options->year_count, s->path)};
    }
    if (count)
        qsort(out, count, sizeof *out, member_cmp);
    return count;
}

void years_settle(struct pipeline *p)
{
    int64_t everywhere = newest_sign(p, STR("")), here = TIME_UNKNOWN;
    struct member *m = mem_alloc((p->source_count + 1) * sizeof *m);
    size_t count = list_members(p, m), end;

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !str_eq(m[i].system, m[i - 1].system))
            here = newest_sign(p, m[i].system);
        m[i].bound = bound_of(p, m[i].source, here, everywhere);
    }
    for (size_t i = 0; i < count; i = end) {
        for (end = i + 1; end < count && set_cmp(&m[i], &m[end]) == 0;)
            end++;
        settle_log(p, m + i, end - i);
    }
    for (size_t i = 0; i < p->source_count; i++)
        if (p->states[i].years.lines)
            tell(p, i);
    mem_free(m);
}
