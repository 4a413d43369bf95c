/* SPDX-License-Identifier: Apache-2.0
 *
 * From a Windows event record, in whatever form it came (EVTX, XML, JSON), to the unified event:
 * kind, roles, outcome, severity and one-line message, from the tables in windows_events.def. The
 * (provider or channel, event id) pair decides; the id alone never does. */
#ifndef PARSERS_WINDOWS_H
#define PARSERS_WINDOWS_H

#include "core/batch.h"
#include "core/parser.h"

/* What was found for texts that recur from record to record, by their address (of users, SIDs and
 * programs: by content). For a reader whose texts and values stay where they are: as long as it
 * lives, and one batch at most, equal addresses must mean equal texts. Starts as {0}. */
enum {
    WINDOWS_MEMO_NAMES = 64,
    WINDOWS_MEMO_ROWS = 64,
    WINDOWS_MEMO_FIELDS = 512,
    WINDOWS_MEMO_VALUES = 256,
    WINDOWS_MEMO_TEMPLATES = 64
};
struct windows_row;
struct windows_step;
struct windows_memo {
    struct {
        const char *text;
        uint64_t id;
    } names[WINDOWS_MEMO_NAMES];
    struct {
        const char *provider, *channel;
        const struct windows_row *row;
        uint32_t code;
    } rows[WINDOWS_MEMO_ROWS];
    struct {
        const char *name;
        uint32_t field;
    } fields[WINDOWS_MEMO_FIELDS];
    struct {
        struct value value;
        uint64_t id;
    } values[WINDOWS_MEMO_VALUES];
    struct { /* of messages, in the batch's arena */
        const struct windows_row *row;
        const struct windows_step *steps;
        size_t count;
    } templates[WINDOWS_MEMO_TEMPLATES];
};

/* The parts of System that the unified event has a place for; the first ones become fields. */
enum system_part {
    SYSTEM_RECORD_ID, /* these are integers */
    SYSTEM_VERSION,
    SYSTEM_TASK,
    SYSTEM_OPCODE,
    SYSTEM_LEVEL,
    SYSTEM_QUALIFIERS,
    SYSTEM_PROCESS_ID,
    SYSTEM_THREAD_ID,
    SYSTEM_PROVIDER_GUID, /* these are texts, or of a type whose text says it: GUID, SID, HEX64 */
    SYSTEM_EVENT_SOURCE_NAME,
    SYSTEM_KEYWORDS,
    SYSTEM_ACTIVITY_ID,
    SYSTEM_RELATED_ACTIVITY_ID,
    SYSTEM_USER_SID,
    SYSTEM_FIELDS,
    SYSTEM_PROVIDER = SYSTEM_FIELDS, /* windows_describe takes them from members */
    SYSTEM_CHANNEL,
    SYSTEM_COMPUTER,
    SYSTEM_EVENT_ID,
    SYSTEM_TIME,
    SYSTEM_PARTS
};

/* The System part of a record, as written; "" and VALUE_NULL where the record has none. Borrowed
 * for the life of the batch. */
struct windows_record {
    str provider, channel, computer;
    uint32_t code;
    struct value system[SYSTEM_PARTS];
    bool rendered_by_exporter; /* the field rendering.message is not RenderingInfo's: it is the
                                  message only of ids without a line */
    struct windows_memo *memo; /* or NULL */
};

/* Completes the open event of `b`, whose time, offset, sequence, uid and FIELD_EVENT_DATA or
 * FIELD_USER_DATA fields are set: adds the winlog.* fields of the System part, host, provider,
 * channel, code, kind, roles, ECS fields, severity, outcome and (with `messages`) the message. */
void windows_describe(struct batch *b, const struct windows_record *r, bool messages);

#endif
