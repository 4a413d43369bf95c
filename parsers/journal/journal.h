/* SPDX-License-Identifier: Apache-2.0
 *
 * What the three forms of systemd's journal share: an entry is a list of fields, NAME=value, and
 * becomes the same event whether it was read from a journal file (file.c), from `journalctl -o
 * export` (export.c) or from `journalctl -o json` (json.c).
 *
 * Field names: systemd.journal-fields(7). Event fields (entry.c):
 *     time = __REALTIME_TIMESTAMP, when journald received the entry, as journalctl shows it; what
 *         the sender says stays in journal._SOURCE_REALTIME_TIMESTAMP
 *     host = _HOSTNAME; provider and program as of a syslog line: SYSLOG_IDENTIFIER, else _COMM
 *     kind, roles, message: the payload readers of syslog (parsers/syslog/payload.h) from MESSAGE;
 *         what they do not know: a few MESSAGE_IDs (systemd's sd-messages.h)
 *     log.syslog.*, process.name, process.pid as of a syslog line
 *     ashiato.journal.NAME: every field, with all its values, whatever their bytes
 *     sequence = the entry's sequence number
 *     uid: of boot id, both clocks and xor_hash, which a cursor holds, too: copies of an entry are
 *         one event in any form, also in a journal that journal-remote has written anew */
#ifndef PARSERS_JOURNAL_H
#define PARSERS_JOURNAL_H

#include "core/parser.h"

enum {
    ENTRY_FIELDS_MAX = 4096,           /* systemd writes at most 1024 */
    FIELD_MAX_BYTES = LINE_MAX_BYTES,  /* of a value; a longer one is cut */
    NAME_MAX_BYTES = 64                /* systemd's own limit */
};

/* Where and when, besides the fields. A cursor: "s=SEQNUM_ID;i=SEQNUM;b=BOOT_ID;m=MONOTONIC;
 * t=REALTIME;x=XOR_HASH", numbers in hexadecimal. */
struct journal_stamp {
    uint64_t seqnum, monotonic_us, realtime_us, xor_hash;
    uint8_t boot_id[16];
};

struct journal_field {
    str name;  /* "MESSAGE" */
    str full;  /* "journal.MESSAGE" */
    str value; /* any bytes */
};

struct journal_entry {
    struct journal_stamp stamp;
    bool has_stamp; /* else it has no cursor, and only realtime_us (0: unknown) is filled */
    bool cut;       /* a value was cut */
    struct journal_field *fields;
    size_t count, cap;
};

/* Adds a field, as it stands in the arena or longer. False: more than ENTRY_FIELDS_MAX. */
bool journal_add(struct journal_entry *e, struct arena *a, struct journal_field f);
/* "journal.NAME" in the arena. */
str journal_full_name(struct arena *a, str name);
/* Is it a name of a field: capitals, digits, _; at most 64? */
bool journal_is_name(str name);
/* Takes a field of a text form: the clocks and the cursor into the stamp, others as fields. */
bool journal_take(struct journal_entry *e, struct arena *a, str name, str value);
/* The event. `text`: what its uid is made of when there is no cursor. */
void journal_event(const struct journal_entry *e, uint64_t offset, str text,
                   const struct input *in, struct batch *out);

#endif
