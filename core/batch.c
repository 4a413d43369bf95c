/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling a batch. */
#include "core/batch.h"

#include <assert.h>
#include <stdarg.h>
#include <xxhash.h>

#include "core/time.h"

enum { FIELDS_MAX = UINT16_MAX, MESSAGE_MAX_BYTES = 16 * 1024 };

void batch_source(struct batch *b, uint32_t source, str system)
{
    b->source = source;
    b->system = names_put(&b->names, system);
    b->begun = false;
}

struct event *batch_begin(struct batch *b, uint64_t offset)
{
    assert(!b->open);
    bool again = b->begun && b->last_offset == offset;
    struct event *e = arena_alloc(&b->arena, sizeof *e);

    b->next_part = again ? (uint16_t)(b->next_part + 1) : 0;
    b->last_offset = offset;
    b->begun = true;
    e->time_ns = TIME_UNKNOWN;
    e->source = b->source;
    e->system = b->system;
    e->offset = offset;
    e->sequence = offset;
    e->part = b->next_part;
    e->fields = b->scratch;
    b->open = e;
    return e;
}

bool batch_more_fields(struct batch *b)
{
    struct event *e = b->open;

    assert(e);
    if (e->field_count == FIELDS_MAX) { /* a record of 64 KiB cannot hold more */
        batch_note(b, e->offset, "a record with more than %d fields", FIELDS_MAX);
        return false;
    }
    b->scratch = vec_grow(b->scratch, &b->scratch_cap, e->field_count + 1u, sizeof *b->scratch);
    b->scratch_cap = b->scratch_cap < FIELDS_MAX ? b->scratch_cap : FIELDS_MAX;
    e->fields = b->scratch; /* so that event_field works on an open event */
    return true;
}

void batch_text(struct batch *b, enum field_group group, str name, str utf8)
{
    if (utf8.len)
        batch_field(b, group, name, value_of(utf8));
}

void batch_number(struct batch *b, enum field_group group, str name, uint64_t v)
{
    batch_field(b, group, name, value_number(&b->arena, v));
}

__attribute__((format(printf, 2, 0))) static str vprint(struct arena *a, const char *fmt,
                                                        va_list ap)
{
    char text[MESSAGE_MAX_BYTES];
    int n = vsnprintf(text, sizeof text, fmt, ap);

    if (n < 0)
        return STR("");
    return arena_str(a, (str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

void batch_message(struct batch *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    str text = vprint(&b->arena, fmt, ap);
    va_end(ap);
    batch_text(b, FIELD_ECS, STR("message"), text);
}

/* A clock that was never set counts from 1970 (or 1980 and later, which nobody can tell); what it
 * says is kept as text. 1601 and years past 2262 are no instants to begin with. */
static void doubt_time(struct batch *b, struct event *e)
{
    struct buf text = {0};

    if (e->time_ns >= TIME_EARLIEST || e->flags & EVENT_UID_FINAL)
        return;
    time_text(e->time_ns, (enum precision)e->precision, &text);
    batch_text(b, FIELD_OWN, STR("time_written"), arena_str(&b->arena, buf_view(&text)));
    buf_free(&text);
    e->time_ns = TIME_UNKNOWN;
    e->flags &= ~(uint32_t)EVENT_ZONE_OPEN;
}

void batch_commit(struct batch *b)
{
    struct event *e = b->open;

    assert(e);
    doubt_time(b, e);
    size_t size = e->field_count * sizeof *e->fields;
    e->fields = size ? memcpy(arena_room(&b->arena, size), b->scratch, size) : NULL;
    if (e->time_ns == TIME_UNKNOWN)
        e->flags |= EVENT_TIME_MISSING;
    b->events = vec_grow(b->events, &b->cap, b->count + 1, sizeof(struct event *));
    b->events[b->count++] = e;
    b->open = NULL;
}

void batch_set_aside(struct batch *b, str bytes)
{
    b->open->field_count = 0;
    batch_field(b, FIELD_OWN, STR("aside"),
                (struct value){arena_str(&b->arena, bytes).p, (uint32_t)bytes.len, VALUE_BINARY});
    batch_commit(b);
    b->aside = vec_grow(b->aside, &b->aside_cap, b->aside_count + 1, sizeof(struct event *));
    b->aside[b->aside_count++] = b->events[--b->count];
}

void batch_drop(struct batch *b)
{
    assert(b->open);
    b->open = NULL;
}

static struct uid uid_of_hash(XXH128_hash_t h)
{
    return (struct uid){h.high64, h.low64};
}

void event_uid_line(struct event *e, str system, str family, str line)
{
    /* System and family go into the seed, so that the line is hashed at once. */
    uint64_t seed = XXH3_64bits(system.p, system.len) * 3 + XXH3_64bits(family.p, family.len);

    e->uid = uid_of_hash(XXH3_128bits_withSeed(line.p, line.len, seed + e->part));
    e->flags |= EVENT_LINE;
}

void event_uid_content(struct event *e, const void *content, size_t len)
{
    e->uid = uid_of_hash(XXH3_128bits_withSeed(content, len, e->part));
}

__attribute__((format(printf, 3, 0))) static void keep_note(struct batch *b, uint64_t offset,
                                                            const char *fmt, va_list ap)
{
    if (b->note_count < BATCH_NOTES)
        b->notes[b->note_count] = (struct note){offset, vprint(&b->arena, fmt, ap)};
    b->note_count++;
}

void batch_damaged(struct batch *b, uint64_t offset, const char *fmt, ...)
{
    va_list ap;

    b->damaged++;
    va_start(ap, fmt);
    keep_note(b, offset, fmt, ap);
    va_end(ap);
}

void batch_note(struct batch *b, uint64_t offset, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    keep_note(b, offset, fmt, ap);
    va_end(ap);
}

void batch_reset(struct batch *b)
{
    arena_reset(&b->arena);
    names_reset(&b->names);
    pieces_free(&b->pieces);
    b->count = b->aside_count = 0;
    b->open = NULL;
    b->note_count = 0;
    b->damaged = b->skipped = 0;
    b->begun = false;
}

void batch_free(struct batch *b)
{
    arena_free(&b->arena);
    names_free(&b->names);
    pieces_free(&b->pieces);
    mem_free(b->events);
    mem_free(b->aside);
    mem_free(b->scratch);
    *b = (struct batch){0};
}
