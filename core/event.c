/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts of the event's enums, its order, and access to its fields. */
#include "core/event.h"

static const struct {
    const char *text, *category;
} kinds[] = {
#define KIND(id, text, category) {text, category},
#include "core/kinds.def"
#undef KIND
};

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};
static const char *const outcomes[] = {"unknown", "success", "failure"};

static const struct {
    unsigned bit;
    const char *text;
} flags[] = {
    {EVENT_YEAR_INFERRED, "year-inferred"},
    {EVENT_ZONE_ASSUMED, "zone-assumed"},
    {EVENT_ZONE_FOLD, "zone-fold"},
    {EVENT_ZONE_GAP, "zone-gap"},
    {EVENT_RECOVERED, "recovered"},
    {EVENT_TEXT_REPAIRED, "text-repaired"},
    {EVENT_TEXT_CUT, "text-cut"},
    {EVENT_CLOCK_CORRECTED, "clock-corrected"},
    {EVENT_HOST_FROM_SYSTEM, "host-from-system"},
    {EVENT_TIME_MISSING, "time-missing"},
    {EVENT_CONTENT_DIFFERS, "content-differs"},
    {EVENT_UNAUDITED_TEXT, "wording-unknown"},
    {EVENT_DERIVED, "derived"},
    {EVENT_YEAR_FROM_MTIME, "year-from-mtime"},
    {EVENT_COMPLETED, "completed"},
};

const char *kind_text(enum kind kind)
{
    return kinds[kind < KIND_COUNT ? kind : KIND_OTHER].text;
}

const char *kind_category(enum kind kind)
{
    return kinds[kind < KIND_COUNT ? kind : KIND_OTHER].category;
}

bool kind_of(str text, enum kind *kind)
{
    for (size_t i = 0; i < array_len(kinds); i++)
        if (str_eq(text, str_of(kinds[i].text))) {
            *kind = (enum kind)i;
            return true;
        }
    return false;
}

static bool word_of(str text, const char *const *words, size_t count, unsigned *out)
{
    for (unsigned i = 0; i < count; i++)
        if (str_eq(text, str_of(words[i]))) {
            *out = i;
            return true;
        }
    return false;
}

const char *severity_text(enum severity severity)
{
    return severities[severity < array_len(severities) ? severity : SEVERITY_INFO];
}

bool severity_of(str text, enum severity *severity)
{
    unsigned i;

    if (!word_of(text, severities, array_len(severities), &i))
        return false;
    *severity = (enum severity)i;
    return true;
}

const char *outcome_text(enum outcome outcome)
{
    return outcomes[outcome < array_len(outcomes) ? outcome : OUTCOME_UNKNOWN];
}

bool outcome_of(str text, enum outcome *outcome)
{
    unsigned i;

    if (!word_of(text, outcomes, array_len(outcomes), &i))
        return false;
    *outcome = (enum outcome)i;
    return true;
}

const char *flag_text(unsigned bit)
{
    for (size_t i = 0; i < array_len(flags); i++)
        if (flags[i].bit == bit)
            return flags[i].text;
    return NULL;
}

unsigned flag_of(str text)
{
    for (size_t i = 0; i < array_len(flags); i++)
        if (str_eq(text, str_of(flags[i].text)))
            return flags[i].bit;
    return 0;
}

struct value field_value(const struct field *f)
{
    return (struct value){f->data, f->len, f->type};
}

static bool field_is(const struct field *f, str name)
{
    str own = {f->name, f->name_len};

    if (str_eq(own, name))
        return true;
    if (f->group != FIELD_USER_DATA || own.len <= name.len)
        return false;
    return own.p[own.len - name.len - 1] == '/' && str_ends(own, name);
}

struct value event_field(const struct event *e, str name)
{
    for (unsigned i = 0; i < e->field_count; i++)
        if (field_is(&e->fields[i], name))
            return field_value(&e->fields[i]);
    return (struct value){"", 0, VALUE_NULL};
}

bool event_number(const struct event *e, str name, uint64_t *out)
{
    return value_u64(event_field(e, name), out);
}

str event_text(const struct event *e, str name, struct arena *a)
{
    struct value v = event_field(e, name);

    return value_is_blank(v) ? STR("") : value_str(v, a);
}

#define ORDER(x, y)                                                                                \
    if ((x) != (y))                                                                                \
        return (x) < (y) ? -1 : 1

int event_cmp(const struct event *a, const struct event *b)
{
    ORDER(a->time_ns, b->time_ns);
    ORDER(a->flags & EVENT_RECOVERED, b->flags & EVENT_RECOVERED);
    ORDER(a->flags & EVENT_COMPLETED, b->flags & EVENT_COMPLETED);
    ORDER(a->source, b->source);
    ORDER(a->sequence, b->sequence);
    ORDER(a->offset, b->offset);
    ORDER(a->part, b->part);
    return 0;
}
