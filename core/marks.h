/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks: what the judge pass says about events already gone by (they belong to a session, an
 * edge, a finding; they have another place). Kept apart from the events, sorted by ordinal, and
 * joined to them in the write pass. Past the budget they are sorted into the marks file. */
#ifndef CORE_MARKS_H
#define CORE_MARKS_H

#include "core/detector.h"
#include "core/err.h"

struct mark_record {
    uint64_t ordinal;
    uint64_t offset; /* places */
    uint32_t index;  /* of result item, or source of a place */
    uint8_t type, side;
    uint8_t pad[2];
};

enum { MARK_PLACE = 255 };

struct marks {
    struct mark_record *items;
    size_t count, cap, budget; /* items in memory */
    struct { uint64_t at, count; } *runs;
    size_t run_count, run_cap;
    char *path;
    int fd;
    uint64_t file_bytes;
    struct err err;
    bool failed;
};

void marks_init(struct marks *m, const char *work_dir, size_t budget_bytes);
void marks_add(struct marks *m, struct mark_record r);
void marks_free(struct marks *m);

/* Reads them by ordinal. marks_take appends what belongs to `ordinal` (ordinals must rise). */
struct marks_reader {
    struct marks *marks;
    struct marks_run { struct mark_record *items; size_t count, next; uint64_t at, left; } *runs;
    size_t run_count;
    struct mark *found;
    struct place *places;
    size_t found_count, found_cap, place_count, place_cap;
    bool failed;
};
void marks_open(struct marks_reader *r, struct marks *m);
void marks_take(struct marks_reader *r, uint64_t ordinal);
void marks_close(struct marks_reader *r);

#endif
