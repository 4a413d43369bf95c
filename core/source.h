/* SPDX-License-Identifier: Apache-2.0
 *
 * A blob of evidence as the rest of the program knows it: where it came from, whose it is, what
 * was found in it. One line of the coverage table. */
#ifndef CORE_SOURCE_H
#define CORE_SOURCE_H

#include "core/event.h"
#include "core/names.h"

struct source_note {
    uint64_t offset;
    bool placed; /* does the offset mean something? */
    str text;
};

enum { SOURCE_NOTES = 32 }; /* kept a source; more are counted in note_total */

struct source {
    str path;      /* provenance, relative to the argument: "FS01/.../Security.evtx" */
    str system;    /* the machine whose disk it lay on */
    str family;    /* path without rotation suffix: what forms one log over time */
    str parser;    /* name of the parser that claimed it, "" = unread */
    str unread;    /* why, when parser is "" */
    str link;      /* where it points, when it is a symbolic link; else "" */
    str unhashed;  /* why there is no hash though all that matters was read, or "" */
    str failure;   /* why the rest of a blob that was begun could not be read, or "" */
    uint64_t size; /* bytes as stored (compressed ones: compressed) */
    int64_t mtime_ns; /* of the file as found; TIME_UNKNOWN when there is none */
    int64_t stored_ns; /* as the evidence itself records it (gzip header); TIME_UNKNOWN: does not */
    uint8_t sha256[32];
    bool hashed, empty, failed; /* failed: it could not be read */
    uint64_t events, damaged, skipped;
    int64_t first_ns, last_ns; /* of its events with a believable time; TIME_UNKNOWN when none */
    struct source_note *notes; /* NULL, or room for SOURCE_NOTES */
    size_t note_count, note_total;
    /* settled facts for texts without year or zone, told in the coverage notes */
    int32_t base_year;
    bool year_inferred, zone_assumed;
    /* text without a year: how the year was found, "" when it was not open */
    str year_basis, zone_basis;
};

/* The sources of a case that is read back: path in the case -> index in this run. Returns false
 * for a path that the case's manifest does not list. */
struct case_index;
bool case_source(const struct case_index *cases, str path, uint32_t *source);

/* The name of a log without directory and rotation suffix: "auth.log" for "auth.log.1",
 * "auth.log.2.gz", "auth.log-20241005", "auth-20241005.log" stays. Borrows from path. */
str log_family(str path);
/* The day in a rotated log's name, at midnight; TIME_UNKNOWN when it has none. */
int64_t log_rotation_day(str path);
/* Order in a rotated set: 0 for the log in use, the larger the older. */
int64_t log_age(str path);

#endif
