/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: all segments of a run, within a memory budget. Past the budget, segments move to one
 * unlinked-at-the-end file in CASE/.work; when there are more of them than can be read side by
 * side, groups are merged into longer ones (in worker threads, while ingest goes on).
 *
 * Concurrency: one thread adds and reads; store_merge may run in workers on segments that nobody
 * else touches. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "core/err.h"
#include "core/segment.h"

enum {
    STORE_FAN_IN = 192,   /* segments that a stream reads side by side at the most */
    STORE_GROUP = 96      /* merged at once */
};

struct store {
    struct segment **segments;
    size_t count, cap;
    size_t budget; /* bytes of segments in memory */
    size_t held;
    char *path;    /* of the file, NUL-terminated */
    int fd;        /* -1 until something moved out */
    uint64_t file_bytes;
    struct err err; /* of the first write that failed */
    bool failed;
};

/* `name` is that of its file in work_dir. */
void store_init(struct store *s, const char *work_dir, const char *name, size_t budget);
/* Takes a filled segment (mem_alloc'ed); empty ones are freed. */
void store_add(struct store *s, struct segment *segment);
/* Merges segments into one new segment, which stays in memory until store_add. */
struct segment *store_merge(const struct store *s, struct segment *const *group, size_t count);
/* Brings the number of segments down to STORE_FAN_IN. */
bool store_settle(struct store *s);
/* Frees the first `count` segments from `from` on and closes the gap. */
void store_remove(struct store *s, size_t from, size_t count);
void store_free(struct store *s);

/* k-way merge over segments, in event order. */
struct merge {
    struct segment_reader *readers;
    size_t *heap;
    size_t count, live;
    bool given, failed;
};
void merge_open(struct merge *m, const struct store *s, struct segment *const *group, size_t count);
/* The next event and its dictionary: good until the next call. */
bool merge_next(struct merge *m, const struct event **e, const struct names **names);
void merge_close(struct merge *m);

#endif
