/* SPDX-License-Identifier: Apache-2.0
 *
 * The settle pass: who is who, and which year and zone the texts without one are of. */
#include "core/ingest.h"
#include "core/user_hash.h"

#define NS_PER_DAY (86400 * NS_PER_S)

/* The largest year for the first line that leaves the newest line at or before the bound; a day
 * of grace covers the zone. */
/* Would every 29 February that was seen lie in a leap year? */
static bool leap_days_fit(const struct source_state *s, int32_t base_year)
{
    for (int i = 0; i < 64; i++)
        if (s->leap_years >> i & 1 && !year_is_leap(base_year + i))
            return false;
    return true;
}

int32_t settle_base_year(const struct source_state *s, int64_t bound_ns)
{
    struct civil newest, bound;

    civil_of_ns(s->newest_local_ns, &newest);
    civil_of_ns(bound_ns, &bound);
    for (int32_t year = bound.year + 1; year > bound.year - 9; year--) { /* 29 February: 8 years */
        newest.year = year;
        if (civil_valid(&newest) && civil_to_ns(&newest) <= bound_ns + NS_PER_DAY &&
            leap_days_fit(s, year - s->newest_index))
            return year - s->newest_index;
    }
    return bound.year - s->newest_index;
}

void settle_event_time(struct event *e, int32_t base_year, const struct zone *zone)
{
    struct civil c;
    uint32_t flags = 0;

    if (e->flags & EVENT_YEAR_OPEN) {
        civil_of_ns(e->time_ns, &c);
        c.year = base_year + e->year_index;
        e->time_ns = civil_valid(&c) ? civil_to_ns(&c) : TIME_UNKNOWN;
        e->flags |= EVENT_YEAR_INFERRED;
    }
    if (e->flags & EVENT_ZONE_OPEN && e->time_ns != TIME_UNKNOWN) {
        e->time_ns = zone_to_utc(zone ? zone : zone_utc(), e->time_ns, &flags);
        e->flags |= flags | (zone ? 0 : EVENT_ZONE_ASSUMED);
    }
    if (e->time_ns == TIME_UNKNOWN)
        e->flags |= EVENT_TIME_MISSING;
    e->flags &= ~(uint32_t)(EVENT_YEAR_OPEN | EVENT_ZONE_OPEN);
}

/* The newest dated event of the system, else of all the evidence; INT64_MIN when there is none. */
static int64_t newest_sign(const struct pipeline *p, const str *system)
{
    int64_t newest = INT64_MIN;

    for (size_t i = 0; i < p->source_count; i++)
        if ((!system || str_eq(p->sources[i].system, *system)) &&
            p->states[i].newest_ns > newest)
            newest = p->states[i].newest_ns;
    return newest;
}

static void settle_year(struct pipeline *p, size_t i, int64_t everywhere)
{
    struct source *s = &p->sources[i];
    struct source_state *state = &p->states[i];
    const struct rule *rule = rule_for(p->options->years, p->options->year_count, s->path);
    int64_t here = newest_sign(p, &s->system);

    s->year_inferred = true;
    if (rule) {
        s->base_year = rule->year;
        s->year_basis = STR("given by --year");
        return;
    }
    if (p->options->latest_ns != TIME_UNKNOWN) {
        s->base_year = settle_base_year(state, p->options->latest_ns);
        s->year_basis = STR("the latest that --latest allows");
    } else if (here != INT64_MIN) {
        s->base_year = settle_base_year(state, here);
        s->year_basis = STR("not later than the newest dated record of the same system");
    } else if (everywhere != INT64_MIN) {
        s->base_year = settle_base_year(state, everywhere);
        s->year_basis = STR("not later than the newest dated record of all the evidence");
    } else if (s->mtime_ns != TIME_UNKNOWN) {
        s->base_year = settle_base_year(state, s->mtime_ns);
        s->year_basis = STR("not later than the file's modification time");
    } else {
        s->base_year = 1970;
        s->year_basis = STR("nothing dated is known: 1970 stands in");
    }
}

static void settle_source(struct pipeline *p, size_t i, int64_t everywhere)
{
    struct source *s = &p->sources[i];
    struct source_state *state = &p->states[i];
    const struct rule *zone = rule_for(p->options->zones, p->options->zone_count, s->path);

    state->zone = zone ? zone->zone : NULL;
    if (zone)
        s->zone_basis = STR("given by --zone");
    if (!state->open_events)
        return;
    settle_year(p, i, everywhere);
    source_note(p, s, 0, false,
                arena_printf(&p->arena, "lines without a year: the first is of %d (%.*s)",
                             (int)s->base_year, PSTR(s->year_basis)));
}

static const struct event *copy_event(struct arena *a, const struct event *e)
{
    struct event *copy = arena_alloc(a, sizeof *copy);
    struct field *fields = arena_alloc(a, e->field_count * sizeof *fields);

    *copy = *e;
    if (e->field_count)
        memcpy(fields, e->fields, e->field_count * sizeof *fields);
    copy->fields = fields;
    return copy;
}

/* Made when the first event needs it. */
static const struct user_hashes *user_hashes(struct pipeline *p, struct user_hashes **hashes)
{
    if (!*hashes)
        *hashes = user_hashes_new(&p->facts);
    return *hashes;
}

/* One segment of events with open times or names: fixed and sorted again. */
static void settle_segment(struct pipeline *p, const struct segment *segment,
                           struct user_hashes **hashes)
{
    struct segment_reader r;
    struct block block = {0};
    struct block_cursor c = {0};
    struct arena arena = {0};
    struct event **events = mem_alloc((size_t)segment->events * sizeof(struct event *));
    size_t count = 0;
    struct segment_writer w = {.out = mem_alloc(sizeof *w.out)};
    struct segment *out = w.out;

    segment_open(&r, segment, p->open.fd);
    while (segment_next(&r))
        block_add(&block, &r.cursor.event, &r.names);
    c.at = block.bytes.p;
    c.end = block.bytes.p + block.bytes.len;
    while (block_next(&c)) {
        struct event *e = (struct event *)copy_event(&arena, &c.event);
        struct source *s = &p->sources[e->source];
        bool zone_open = e->flags & EVENT_ZONE_OPEN;
        settle_event_time(e, s->base_year, p->states[e->source].zone);
        s->zone_assumed |= zone_open && !p->states[e->source].zone;
        if (user_hash_waits(e))
            user_hash_settle(user_hashes(p, hashes), e, &block.names, &arena);
        events[count++] = e;
    }
    events_sort(events, count);
    for (size_t i = 0; i < count; i++)
        segment_add(&w, events[i], &block.names);
    segment_end(&w);
    store_add(&p->store, out);
    segment_writer_free(&w);
    segment_close(&r);
    block_free(&block);
    block_cursor_free(&c);
    arena_free(&arena);
    mem_free(events);
}

/* What the record numbers say is missing becomes events like others. */
static void settle_sequences(struct pipeline *p)
{
    struct segment_writer w = {.out = mem_alloc(sizeof *w.out)};
    struct segment *out = w.out;
    struct batch b = {.count = 0};

    sequences_events(&p->sequences, &b, &p->unfollowed);
    events_sort(b.events, b.count);
    for (size_t i = 0; i < b.count; i++)
        segment_add(&w, b.events[i], &b.names);
    segment_end(&w);
    store_add(&p->store, out);
    segment_writer_free(&w);
    batch_free(&b);
}

static int system_cmp(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void settle_identity(struct pipeline *p)
{
    str *systems = mem_alloc((p->source_count ? p->source_count : 1) * sizeof *systems);
    size_t count = 0;

    for (size_t i = 0; i < p->source_count; i++)
        if (p->sources[i].parser.len)
            systems[count++] = p->sources[i].system;
    qsort(systems, count, sizeof *systems, system_cmp);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (!unique || !str_eq(systems[i], systems[unique - 1]))
            systems[unique++] = systems[i];
    p->identity = identity_build(&p->facts, systems, unique);
    mem_free(systems);
}

bool pipeline_settle(struct pipeline *p, struct err *err)
{
    int64_t everywhere = newest_sign(p, NULL);
    struct user_hashes *hashes = NULL;

    for (size_t i = 0; i < p->source_count; i++)
        settle_source(p, i, everywhere);
    for (size_t i = 0; i < p->open.count && !pipeline_stopped(p); i++) {
        settle_segment(p, p->open.segments[i], &hashes);
        if (p->store.count >= STORE_FAN_IN)
            store_settle(&p->store);
    }
    user_hashes_free(hashes);
    store_remove(&p->open, 0, p->open.count);
    for (size_t i = 0; i < p->source_count; i++)
        if (p->sources[i].zone_assumed && p->states[i].zone == NULL &&
            p->sources[i].zone_basis.len == 0) { /* a case that is read back has said it */
            p->sources[i].zone_basis = STR("assumed: UTC");
            source_note(p, &p->sources[i], 0, false,
                        STR("times without a zone are taken as UTC: give --zone NAME:GLOB"));
        }
    settle_sequences(p);
    settle_identity(p);
    if (!store_settle(&p->store))
        *err = p->store.err;
    return !p->store.failed && !pipeline_stopped(p);
}
