/* SPDX-License-Identifier: Apache-2.0
 *
 * One record: u32 signature, u32 size, u64 record id, FILETIME written, BinXML, u32 size again.
 * Time and record number are those of System; the header's stand in where System has none and are
 * kept where they differ (exports and forwarded logs renumber, some write a header time of 0). */
#include "parsers/evtx/tree.h"

#include <xxhash.h>

#include "core/value.h"

/* ---- the System part ---- */

static uint32_t text_slot_of(struct value v)
{
    const uint8_t *p = v.p;
    uint64_t mix = v.len * UINT64_C(31) + v.type;

    if (v.len >= 8)
        mix ^= le64(p) * 3 ^ le64(p + v.len - 8);
    return (uint32_t)(mix * UINT64_C(0x9e3779b97f4a7c15) >> 56) & (TEXT_CACHE - 1);
}

static inline bool slot_holds(const struct text_slot *slot, struct value v)
{
    return slot->len == v.len && slot->type == v.type && slot->p &&
           (slot->p == v.p || memcmp(slot->p, v.p, v.len) == 0);
}

static uint64_t folded_hash(str s, struct buf *scratch)
{
    scratch->len = 0;
    buf_reserve(scratch, s.len);
    for (size_t i = 0; i < s.len; i++)
        scratch->p[scratch->len++] = char_lower(s.p[i]);
    return XXH3_64bits(scratch->p, scratch->len);
}

static const struct text_slot *find_slot(struct decoder *d, enum system_part part)
{
    static const struct text_slot none;
    struct value v = d->record.system[part];

    if (v.type == VALUE_NULL)
        return &none;
    const struct text_slot **known = &d->texts[text_slot_of(v)];
    if (!*known || !slot_holds(*known, v)) {
        if (!decoder_spend(d, sizeof **known + 3 * (size_t)v.len))
            return &none;
        struct text_slot *slot = arena_alloc(&d->out->arena, sizeof *slot);
        d->content.len = 0;
        value_text(v, &d->content);
        *slot = (struct text_slot){.p = v.p, .len = v.len, .type = v.type};
        slot->text = arena_str(&d->out->arena, buf_view(&d->content));
        slot->folded = folded_hash(slot->text, &d->content);
        *known = slot;
    }
    d->recent[part] = *known;
    return *known;
}

/* The text of a value of System. Most of them are as in the record before, so that one text (at one
 * address) serves them all. */
static inline const struct text_slot *system_slot(struct decoder *d, enum system_part part)
{
    const struct text_slot *slot = d->recent[part];

    return slot && slot_holds(slot, d->record.system[part]) ? slot : find_slot(d, part);
}

/* Who wrote the record: texts, and their hashes for the uid. */
struct origin {
    const struct text_slot *provider, *channel, *computer;
};

static struct origin fill_system(struct decoder *d)
{
    const struct origin o = {system_slot(d, SYSTEM_PROVIDER), system_slot(d, SYSTEM_CHANNEL),
                             system_slot(d, SYSTEM_COMPUTER)};
    struct windows_record *r = &d->record;
    uint64_t code;

    r->provider = o.provider->text;
    r->channel = o.channel->text;
    r->computer = o.computer->text;
    r->code = value_u64(r->system[SYSTEM_EVENT_ID], &code) && code <= UINT32_MAX ? (uint32_t)code
                                                                                 : 0;
    return o;
}

/* ---- time and number ---- */

static bool system_time(struct decoder *d, int64_t *time_ns, enum precision *precision)
{
    struct value v = d->record.system[SYSTEM_TIME];
    bool zoned;

    *precision = PRECISION_100NS;
    if (v.type == VALUE_FILETIME && v.len == 8) {
        *time_ns = time_of_filetime(le64(v.p));
    } else if (v.type == VALUE_SYSTEMTIME && v.len == 16) {
        *time_ns = time_of_systemtime(v.p);
        *precision = PRECISION_MS;
    } else {
        str text = system_slot(d, SYSTEM_TIME)->text;
        return str_take_rfc3339(&text, time_ns, precision, &zoned);
    }
    return *time_ns != TIME_UNKNOWN;
}

static void set_time(struct decoder *d, struct event *e, const uint8_t *record)
{
    enum precision precision;
    int64_t header_ns = time_of_filetime(le64(record + 16));
    bool found = system_time(d, &e->time_ns, &precision);

    e->precision = (uint8_t)precision;
    if (!found) {
        e->time_ns = header_ns;
        e->precision = PRECISION_100NS;
    } else if (e->time_ns != header_ns) {
        batch_field(d->out, FIELD_OWN, STR("header_time"),
                    (struct value){record + 16, 8, VALUE_FILETIME});
    }
}

static void set_number(struct decoder *d, struct event *e, const uint8_t *record)
{
    struct value *v = &d->record.system[SYSTEM_RECORD_ID], of_header = {record + 8, 8, VALUE_U64};
    uint64_t header_id = le64(record + 8);

    e->sequence = 0;
    if (!value_u64(*v, &e->sequence) || e->sequence == 0) { /* they count from 1 */
        e->sequence = header_id;
        *v = of_header;
    } else if (e->sequence != header_id) {
        e->flags |= EVENT_NUMBER_LOOSE;
        batch_field(d->out, FIELD_OWN, STR("header_record_id"), of_header);
    }
}

/* ---- uid ---- */

/* Most names and values are short: two words that overlap are a copy, too. */
static inline char *put(char *at, const void *p, size_t n)
{
    const char *from = p;
    uint64_t head, tail;
    uint32_t small[2];

    if (n > 16) {
        memcpy(at, from, n);
    } else if (n >= 8) {
        memcpy(&head, from, 8);
        memcpy(&tail, from + n - 8, 8);
        memcpy(at, &head, 8);
        memcpy(at + n - 8, &tail, 8);
    } else if (n >= 4) {
        memcpy(&small[0], from, 4);
        memcpy(&small[1], from + n - 4, 4);
        memcpy(at, &small[0], 4);
        memcpy(at + n - 4, &small[1], 4);
    } else {
        for (size_t i = 0; i < n; i++)
            at[i] = from[i];
    }
    return at + n;
}

/* Copies of a record agree in System and data, whatever file, chunk and template they lie in; the
 * texts that a collector added (RenderingInfo) do not count. Of a record whose template is lost
 * all counts: nothing says which of its values are what. */
static void set_uid(struct decoder *d, struct event *e, const struct origin *o)
{
    const uint64_t head[] = {
        o->provider->folded, o->channel->folded,   o->computer->folded,
        e->sequence,         (uint64_t)e->time_ns, d->record.code,
    };
    struct buf *b = &d->content;
    size_t need = sizeof head;

    for (unsigned i = 0; i < e->field_count; i++)
        need += e->fields[i].name_len + e->fields[i].len + 6;
    b->len = 0;
    buf_reserve(b, need);
    char *at = put(b->p, head, sizeof head);
    for (unsigned i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        if (f->group != FIELD_EVENT_DATA && f->group != FIELD_USER_DATA && !d->lost)
            continue;
        at = put(at, f->name, f->name_len);
        *at++ = '\0';
        *at++ = (char)f->type;
        at = put(at, &f->len, 4);
        at = put(at, f->data, f->len);
    }
    event_uid_content(e, b->p, (size_t)(at - b->p));
}

/* The record once more, as XML. What is wrong with it has been said. */
static void add_xml(struct decoder *d, struct cursor document)
{
    const char *why = d->why;
    size_t spent = d->spent;
    struct buf out = {0};

    d->spent = d->spent_on_xml;
    tree_build(d, document);
    xml_write(d, &out);
    d->why = why;
    d->spent_on_xml = d->spent;
    d->spent = spent;
    batch_text(d->out, FIELD_OWN, STR("xml"), arena_str(&d->out->arena, buf_view(&out)));
    buf_free(&out);
}

struct event *record_open(struct decoder *d, const uint8_t *record, struct cursor document,
                          uint64_t blob_offset, const char *why)
{
    struct event *e = batch_begin(d->out, blob_offset);

    memset(d->record.system, 0, sizeof d->record.system);
    d->value_count = 0;
    d->text.len = 0;
    d->name = STR("");
    d->why = why;
    d->any = d->lost = d->wants = d->completed = d->by_event = false;
    d->used_count = 0;
    decoder_spend(d, sizeof *e);
    binxml_decode(d, document, (struct scope){AREA_ROOT, STR("")}, 0);
    if (d->wants && d->gathers && !why)
        return NULL;
    if (!d->any)
        decoder_fail(d, "there is nothing in it");
    set_time(d, e, record);
    set_number(d, e, record);
    if (d->why) {
        e->flags |= EVENT_NUMBER_LOOSE;
        batch_damaged(d->out, blob_offset, "record %llu: %s",
                      (unsigned long long)e->sequence, d->why);
    }
    return e;
}

void record_decode(struct decoder *d, const uint8_t *record, const uint8_t *end,
                   uint64_t blob_offset, uint32_t flags, const char *why)
{
    struct cursor document = {record + RECORD_HEADER_SIZE, end};

    if (d->printing) {
        record_print(d, record, end, blob_offset, flags, why);
        return;
    }
    struct event *e = record_open(d, record, document, blob_offset, why);
    if (!e) {
        library_set_aside(d, record, end, flags);
        return;
    }
    e->flags |= flags;
    const struct origin origin = fill_system(d);
    set_uid(d, e, &origin);
    if (d->why)
        batch_text(d->out, FIELD_OWN, STR("damage"), str_of(d->why));
    if (d->xml)
        add_xml(d, document);
    if (d->completed) {
        e->flags |= EVENT_COMPLETED;
        batch_text(d->out, FIELD_OWN, STR("template"),
                   d->by_event ? STR("of another event of its kind") : STR("of another chunk"));
    }
    if (!d->why)
        library_record(d);
    windows_describe(d->out, &d->record, d->messages);
    batch_commit(d->out);
}
