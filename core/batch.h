/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch: events with the arena, names and notes they need; what a parser fills. It owns all of
 * it until batch_reset or batch_free.
 *
 *     struct event *e = batch_begin(b, offset);
 *     e->kind = KIND_LOGON;
 *     e->target.user = names_put(&b->names, user);
 *     batch_field(b, FIELD_ECS, STR("log.syslog.appname"), value_of(app));
 *     batch_message(b, "%.*s logged on", PSTR(user));
 *     batch_commit(b);          (or batch_drop(b): as if begin had not been called)
 *
 * One event is open at a time. Names and values of fields are NOT copied: they must live as long
 * as the batch (literals, the input window, the batch's arena). */
#ifndef CORE_BATCH_H
#define CORE_BATCH_H

#include "core/arena.h"
#include "core/event.h"
#include "core/names.h"
#include "core/pieces.h"

struct note {
    uint64_t offset;
    str text;
};

enum { BATCH_NOTES = 64 }; /* notes kept a batch; more are only counted */

struct batch {
    struct arena arena;
    struct names names;
    struct event **events; /* committed ones, in parse order */
    size_t count, cap;
    struct event **aside; /* by batch_set_aside */
    size_t aside_count, aside_cap;
    struct pieces pieces; /* what others may need: core/pieces.h */
    struct event *open;
    struct field *scratch; /* fields of the open event: its field_count of them */
    size_t scratch_cap;
    struct note notes[BATCH_NOTES];
    size_t note_count;  /* notes made, may exceed BATCH_NOTES */
    uint64_t damaged;   /* records that could not be understood */
    uint64_t skipped;   /* lines without an event on purpose: comments, headers, blank lines */
    uint64_t last_offset; /* of the last event begun, for `part` */
    uint16_t next_part;
    bool begun;
    uint32_t source; /* copied to each event */
    uint64_t system; /* likewise; a name of this batch */
};

/* The events that follow are of this source. Called before each blob or part of one. */
void batch_source(struct batch *b, uint32_t source, str system);

/* A new event with source, system, offset, sequence = offset, PRECISION_S, TIME_UNKNOWN. A second
 * event begun at the same offset gets the next `part`. */
struct event *batch_begin(struct batch *b, uint64_t offset);
static inline void batch_field(struct batch *b, enum field_group group, str name,
                               struct value value);
void batch_text(struct batch *b, enum field_group group, str name, str utf8); /* skips "" */
void batch_number(struct batch *b, enum field_group group, str name, uint64_t v);
/* The one-line message (ECS `message`); the text is copied to the arena. */
void batch_message(struct batch *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void batch_commit(struct batch *b);
void batch_drop(struct batch *b);
/* The open event lacks something that may lie elsewhere in the evidence (core/pieces.h): it comes
 * back to the parser's `complete` when all has been read, with place and source, and with `bytes`
 * as the value of its only field, "aside". */
void batch_set_aside(struct batch *b, str bytes);

/* The uid of a text line: hash of system, family (log name without rotation suffix), line, part.
 * Sets EVENT_LINE, so that equal lines of one blob stay apart. Call it after batch_begin. */
void event_uid_line(struct event *e, str system, str family, str line);
/* The uid of anything else: hash of `content` (which must hold all that identifies the record)
 * and part. */
void event_uid_content(struct event *e, const void *content, size_t len);

/* Damage is data: counted, and the first BATCH_NOTES are kept with their offset. */
void batch_damaged(struct batch *b, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A remark that is no damage. */
void batch_note(struct batch *b, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void batch_reset(struct batch *b);
void batch_free(struct batch *b);

/* Makes room for one more field of the open event; false when it has as many as can be. */
bool batch_more_fields(struct batch *b);

/* Inline, since events are mostly made of it. */
static inline void batch_field(struct batch *b, enum field_group group, str name,
                               struct value value)
{
    if ((!b->open || b->open->field_count >= b->scratch_cap) && !batch_more_fields(b))
        return;
    b->scratch[b->open->field_count++] = (struct field){
        .name = name.p,
        .name_len = (uint16_t)(name.len < UINT16_MAX ? name.len : UINT16_MAX),
        .data = value.p,
        .len = value.len,
        .type = value.type,
        .group = (uint8_t)group,
    };
}

#endif
