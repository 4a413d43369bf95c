/* SPDX-License-Identifier: Apache-2.0
 *
 * Merging with copies joined. */
#include "core/stream.h"

#include <sys/random.h>
#include <xxhash.h>

/* One table serves two keys: (uid, source + 1) counts equal lines of a blob, (uid, 0) holds the
 * event given for an uid. */
struct instant_slot {
    uint64_t hi, lo, ordinal, check;
    uint32_t source, generation, count;
    bool is_final;
};

void stream_open(struct stream *s, const struct store *store)
{
    *s = (struct stream){.instant_ns = INT64_MIN, .slot_count = 256, .generation = 1};
    s->slots = mem_alloc(s->slot_count * sizeof *s->slots);
    if (getrandom(&s->key, sizeof s->key, 0) != (ssize_t)sizeof s->key)
        s->key = (uint64_t)(uintptr_t)s; /* the address space is random too */
    merge_open(&s->merge, store, store->segments, store->count);
}

static struct instant_slot *find(struct instant_slot *slots, size_t count, uint32_t generation,
                                 struct uid uid, uint32_t source)
{
    size_t i = (size_t)(uid.lo ^ (uint64_t)source * UINT64_C(0x9e3779b97f4a7c15)) & (count - 1);

    for (;; i = (i + 1) & (count - 1)) {
        struct instant_slot *slot = &slots[i];
        if (slot->generation != generation)
            return slot;
        if (slot->hi == uid.hi && slot->lo == uid.lo && slot->source == source)
            return slot;
    }
}

static void grow(struct stream *s)
{
    size_t count = s->slot_count * 4;
    struct instant_slot *slots = mem_alloc(count * sizeof *slots);

    for (size_t i = 0; i < s->slot_count; i++) {
        const struct instant_slot *old = &s->slots[i];
        if (old->generation == s->generation)
            *find(slots, count, s->generation, (struct uid){old->hi, old->lo}, old->source) = *old;
    }
    mem_free(s->slots);
    s->slots = slots;
    s->slot_count = count;
}

static void new_instant(struct stream *s, int64_t time_ns)
{
    s->instant_ns = time_ns;
    s->used = 0;
    if (++s->generation == 0) { /* 2^32 instants: start over with an empty table */
        memset(s->slots, 0, s->slot_count * sizeof *s->slots);
        s->generation = 1;
    }
}

/* The slot of a key, fresh (count 0) when it was not there; NULL when the instant is too full. */
static struct instant_slot *enter(struct stream *s, struct uid uid, uint32_t source)
{
    if (s->used * 2 > s->slot_count && s->slot_count < STREAM_INSTANT_MAX * 4)
        grow(s);
    struct instant_slot *slot = find(s->slots, s->slot_count, s->generation, uid, source);
    if (slot->generation == s->generation)
        return slot;
    if (s->used >= STREAM_INSTANT_MAX * 2) {
        s->overflowed = true;
        return NULL;
    }
    s->used++;
    *slot = (struct instant_slot){
        .hi = uid.hi, .lo = uid.lo, .source = source, .generation = s->generation};
    return slot;
}

static struct uid mix(struct uid uid, uint64_t with)
{
    const uint64_t parts[3] = {uid.hi, uid.lo, with};
    XXH128_hash_t h = XXH3_128bits(parts, sizeof parts);

    return (struct uid){h.high64, h.low64};
}

/* Hash of what a record says, without where it lies. */
static uint64_t content_hash(const struct event *e, uint64_t seed)
{
    uint64_t h = seed ^ e->code ^ (uint64_t)e->time_ns;

    for (unsigned i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        if (f->group == FIELD_OWN)
            continue; /* remarks of ours, some about the place */
        h = XXH3_64bits_withSeed(f->name, f->name_len, h);
        h = XXH3_64bits_withSeed(f->data, f->len, h);
    }
    return h;
}

static void tell_place(struct stream *s, uint64_t ordinal, struct place place)
{
    if (s->place)
        s->place(s->place_ctx, ordinal, place);
}

static void tell_places(struct stream *s, uint64_t ordinal, const struct event *e, bool first)
{
    if (!first)
        tell_place(s, ordinal, (struct place){.offset = e->offset, .source = e->source});
    for (unsigned i = 0; i < e->place_count; i++)
        tell_place(s, ordinal, e->places[i]);
}

/* A line's uid is of its bytes; where the year is not among them, the time comes in. */
static void number_line(struct stream *s, struct event *e)
{
    if (e->flags & EVENT_YEAR_INFERRED)
        e->uid = mix(e->uid, (uint64_t)e->time_ns);
    struct instant_slot *line = enter(s, e->uid, e->source + 1);

    if (line && line->count++ > 0)
        e->uid = mix(e->uid, line->count);
}

/* Is the event a copy of one given before? Otherwise it is entered as the next one. */
static bool joined(struct stream *s, struct event *e)
{
    bool is_final = e->flags & EVENT_UID_FINAL;
    struct instant_slot *slot = enter(s, e->uid, 0);
    if (!slot)
        return false;
    uint64_t check = content_hash(e, s->key);
    if (slot->count++ == 0) {
        slot->ordinal = s->next;
        slot->check = check;
        slot->is_final = is_final;
        return false;
    }
    /* What a case holds was compared when the case was made, and its values are texts now. */
    if (slot->check == check || slot->is_final || is_final) {
        tell_places(s, slot->ordinal, e, false);
        return true;
    }
    e->flags |= EVENT_CONTENT_DIFFERS;
    e->uid = mix(e->uid, content_hash(e, 0));
    return joined(s, e);
}

bool stream_next(struct stream *s)
{
    const struct event *e = NULL;

    while (merge_next(&s->merge, &e, &s->names)) {
        s->event = *e;
        if (e->time_ns != s->instant_ns)
            new_instant(s, e->time_ns);
        if ((e->flags & (EVENT_LINE | EVENT_UID_FINAL)) == EVENT_LINE)
            number_line(s, &s->event);
        if (joined(s, &s->event))
            continue;
        s->ordinal = s->next++;
        tell_places(s, s->ordinal, &s->event, true);
        return true;
    }
    return false;
}

bool stream_failed(const struct stream *s)
{
    return s->merge.failed;
}

void stream_close(struct stream *s)
{
    merge_close(&s->merge);
    mem_free(s->slots);
}
