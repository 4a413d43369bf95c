/* SPDX-License-Identifier: Apache-2.0
 *
 * What a writer is: one file (or folder) in output/ that ends with a const `struct writer`, and
 * one line in output/list.def. A writer owns one file of the case folder. It remembers its first
 * failure and tells it at close; the file gets its final name only when all writers succeeded.
 *
 * Events reach a writer in stream order in one of two ways: one by one through `event`, in one
 * thread; or, for what is costly, as text that `render` makes in worker threads, a block of
 * events at a time, which `seal` may turn into its final bytes (compress) and `block` writes. */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include "core/density.h"
#include "core/detector.h"
#include "core/err.h"

struct setting { /* an option that changes the result, for the manifest */
    str name, value;
};

/* Everything there is to print; const for writers. */
struct case_view {
    const struct result *result;
    const struct identity *identity;
    const struct facts *facts;
    const struct source *sources; /* coverage, in path order; event.source is an index into it */
    size_t source_count;
    const struct setting *settings; /* sorted by name */
    size_t setting_count;
    const struct density *density; /* records over time, of each host; sorted */
    uint64_t events;          /* in the ordered stream */
    uint64_t timeline_events; /* those on the attack timeline */
    int64_t first_ns, last_ns; /* of all events with a believable time */
    str version;   /* "ashiato 0.1.0" */
    str title;     /* --title, or "" */
    int64_t stamp_ns; /* --stamp: time of the run, else TIME_UNKNOWN */
    const struct zone *zone; /* --display-zone: of times in the report and CSV; never NULL */
    bool db_full;
};

struct marked { /* an event with what the correlator said of it */
    const struct event *event;
    const struct names *names;
    const struct mark *marks; /* sorted by type and index */
    size_t mark_count;
    const struct place *places; /* all of them, the first is event->source and offset */
    size_t place_count;
    uint64_t ordinal; /* position in the ordered stream, from 0 */
    bool in_timeline; /* belongs to the attack timeline */
    struct ecs_writer *lines; /* of the calling thread, for core/ecs.h */
};

struct writer {
    const char *name, *file, *about; /* "csv", "timeline.csv", ... */
    bool every_event;                /* also those that are not on the attack timeline */
    /* `path` is where to write (temporary, NUL-terminated). NULL and a message on failure. */
    void *(*open)(const struct case_view *c, const char *path, struct err *err);
    void (*event)(void *state, const struct marked *m);
    /* Pure, in worker threads: appends the text of one event; turns a block's text into bytes. */
    void (*render)(const struct case_view *c, const struct marked *m, struct buf *out);
    void (*seal)(struct buf *block);
    void (*block)(void *state, str bytes, size_t events, size_t text_bytes);
    /* Finishes and frees; false and a message when anything failed since open. With `abandon`
     * only frees. */
    bool (*close)(void *state, bool abandon, struct err *err);
};

extern const struct writer *const writers[];
extern const size_t writer_count;

#endif
