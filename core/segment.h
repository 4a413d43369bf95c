/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments: sorted events outside of batches. A segment is a row of blocks; a block holds up to
 * BLOCK_BYTES of encoded events and the dictionary of the names that they use, compressed by zstd
 * on its own. Runs of the external sort, merged runs, and the packets that go to the writers all
 * have this form.
 *
 * A segment lives in memory until the store (core/store.h) moves its bytes to a file. */
#ifndef CORE_SEGMENT_H
#define CORE_SEGMENT_H

#include "core/batch.h"

enum { BLOCK_BYTES = 128 * 1024 };

struct segment {
    struct buf data; /* the blocks; empty once they are in the file */
    uint64_t file_offset, bytes, events;
    bool in_file;
};

/* An encoded block under construction. */
struct block {
    struct buf bytes;   /* encoded events */
    struct names names; /* used by them */
    uint32_t events;
    uint64_t seen[256]; /* ids lately copied: spares look-ups */
};

void block_add(struct block *b, const struct event *e, const struct names *names);
void block_reset(struct block *b);
void block_free(struct block *b);

/* Walks the events of encoded bytes. The event, and what its fields point at, is good until the
 * next call (the bytes stay in place). */
struct block_cursor {
    const char *at, *end;
    struct event event;
    struct field *fields;
    struct place *places;
    size_t field_cap, place_cap;
};
bool block_next(struct block_cursor *c);
void block_cursor_free(struct block_cursor *c);

/* Writes a segment: events in, blocks out. Starts as {0}. */
struct segment_writer {
    struct block block;
    struct buf raw;
    void *zstd;
    struct segment *out;
};
void segment_add(struct segment_writer *w, const struct event *e, const struct names *names);
void segment_end(struct segment_writer *w); /* flushes; the writer may start another segment */
void segment_writer_free(struct segment_writer *w);

/* Reads a segment's events in their order. */
struct segment_reader {
    const struct segment *segment;
    int fd; /* of the file, for segments that are in it */
    uint64_t at;
    struct buf packed, raw;
    void *zstd;
    struct names names; /* of the current block */
    struct block_cursor cursor;
    bool failed;        /* the file could not be read back: the disk failed */
};
void segment_open(struct segment_reader *r, const struct segment *s, int fd);
bool segment_next(struct segment_reader *r); /* r->cursor.event, r->names */
void segment_close(struct segment_reader *r);

/* The names an event uses: writes at most EVENT_NAMES ids (some may be 0), returns how many. */
enum { EVENT_NAMES = 13 };
size_t event_names(const struct event *e, uint64_t out[EVENT_NAMES]);

#endif
