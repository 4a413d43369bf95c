/* SPDX-License-Identifier: Apache-2.0
 *
 * The years of lines that carry none. Parsers count New Years from a log's first line
 * (event.year_index); ingest gathers what the lines say about their year (struct year_signs);
 * when all is read, settling finds the year of the first line, for the files of a rotated set
 * together (years_settle). What bounds it, in this order:
 *
 *     --year             the year itself
 *     --latest           no line is later
 *     29 February, written weekdays: which years can be at all
 *     what the evidence records: the newest dated record of the system, the date in the name of a
 *                        rotated file, the time in a gzip header; all of them hold
 *     the newest dated record of all the evidence
 *     the file's modification time: marked on every event, and never with --no-mtime
 *
 * The year is the last one that the bound allows. A log that jumps by more than half a year twice
 * is not in order (merged, shuffled); its lines are given their years one by one. */
#ifndef CORE_YEARS_H
#define CORE_YEARS_H

#include "core/event.h"

struct pipeline;
struct zone;

enum { YEARS_TRACKED = 64 }; /* New Years of one log whose weekdays are kept */

/* What the lines of one blob say, in file order. Zero = nothing yet. */
struct year_signs {
    uint64_t lines;          /* without a year */
    int64_t first_local_ns;  /* of the first, as if in the year 2000 */
    int64_t last_local_ns;   /* of the last */
    int64_t newest_local_ns; /* the newest within the last year counted */
    uint8_t newest_index;    /* New Years before that year */
    uint32_t silences;       /* steps of more than half a year */
    /* Kinds of years that the i-th cannot be: bit 7 * leap + weekday of 1 January. */
    uint16_t barred[YEARS_TRACKED];
};

void year_signs_see(struct year_signs *s, const struct event *e);
/* The signs of the bytes that follow those of s in the blob. */
void year_signs_append(struct year_signs *s, const struct year_signs *next);

/* How the lines of a blob come by their year. */
struct year_choice {
    int32_t base;     /* of its first line */
    bool by_line;     /* out of order: each line has the last year that limit_ns allows */
    bool from_mtime;
    int64_t limit_ns; /* local time */
};

/* The largest year for the first line that leaves the newest line at or before limit_ns and that
 * its weekdays and leap days allow. */
int32_t years_base(const struct year_signs *s, int64_t limit_ns);

/* Year and zone of one event; its flags say what was inferred. zone NULL: UTC is assumed. */
void year_settle_event(struct event *e, const struct year_choice *choice, const struct zone *zone);

/* Fills the choice of every source that has lines without a year, and what coverage tells. */
void years_settle(struct pipeline *p);
/* The same for one source by itself, before anything else of the evidence is known. */
struct year_choice years_alone(const struct pipeline *p, size_t source);

#endif
