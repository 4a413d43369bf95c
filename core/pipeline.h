/* SPDX-License-Identifier: Apache-2.0
 *
 * The four passes: ingest, settle, judge, write.
 *
 *   ingest  blobs are read, probed and cut into jobs; workers parse, observe and sort; segments
 *           and facts are taken in job order
 *   settle  facts become identity; years and zones of texts are fixed, and only those events are
 *           sorted again
 *   judge   one ordered stream, each event once, through the detectors: result and marks
 *   write   the same stream again, with the marks, through the writers
 *
 * pipeline.c holds the order of things, ingest.c (and reader.c), settle.c, judge.c and write.c a
 * pass each. */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include <stdatomic.h>

#include "core/evidence.h"
#include "core/marks.h"
#include "core/parser.h"
#include "core/sequence.h"
#include "core/store.h"
#include "core/writer.h"
#include "core/years.h"

/* What is shown while it runs; read by another thread. */
enum phase_of_run { RUN_LISTING, RUN_INGEST, RUN_SETTLE, RUN_JUDGE, RUN_WRITE };
struct progress {
    _Atomic uint64_t phase, blobs_done, blobs, bytes_done, bytes, events, events_done;
};

struct rule { /* --zone, --parser, --year, --latest: for blobs whose path matches the glob */
    str glob; /* "" = all */
    str value;
    const struct zone *zone;
    const struct parser *parser;
    int32_t year;
    int64_t time_ns; /* --latest: local time of the log, or an instant when `zoned` */
    bool zoned;
};

struct run_options {
    unsigned threads;
    size_t memory; /* bytes */
    int64_t from_ns, to_ns; /* events outside are left out; INT64_MIN, INT64_MAX = all */
    const struct rule *zones, *parsers, *years, *latest;
    size_t zone_count, parser_count, year_count, latest_count;
    bool no_mtime; /* --no-mtime: no year is found from a file's modification time */
    /* Blobs that `replaced` wins by its bid are read by `replacement`; NULL: none. */
    const struct parser *replaced, *replacement;
    const struct setting *settings;
    size_t setting_count;
    str version, title;
    int64_t stamp_ns;
    const struct zone *display_zone;
    bool db_full;
    bool recover; /* --recover: deleted records, too */
    bool xml;     /* parse --xml */
    bool records; /* parse --record and --check: pipeline_parse makes no events */
};

/* Everything one run knows. Made by the caller as {.options = ..., .evidence = ...}. */
struct pipeline {
    const struct run_options *options;
    struct evidence evidence;
    struct progress *progress;
    const atomic_bool *stop; /* set from outside: end soon, leave nothing behind */
    atomic_bool disk_failed; /* set from inside, to the same end */

    struct arena arena; /* texts of sources and notes */
    struct source *sources;
    struct source_state *states; /* of ingest and settle, one a source */
    size_t source_count, case_count; /* a source behind the last for each case that is read back */
    struct zone **system_zones; /* of system_zone_count systems, owned */
    size_t system_zone_count, system_zone_cap;
    struct blob *blobs; /* what to read, in source order, cases last */
    size_t blob_count;
    struct store aside; /* what waits for pieces from elsewhere: core/aside.h */
    struct pieces pieces;
    struct store store, open; /* events whose time is settled; whose year or zone is not */
    struct facts facts;
    struct sequences sequences;
    struct sequence_limits unfollowed;
    struct identity *identity;
    struct result result;
    struct marks marks;
    struct density density;
    uint64_t events, outside, timeline_events;
    int64_t first_ns, last_ns;
    uint64_t read_bytes;
};

/* Each returns false with a message when it cannot go on (disk full, evidence gone), or with an
 * empty message when it was stopped. `work_dir` exists and is private to the run. */
bool pipeline_ingest(struct pipeline *p, const char *work_dir, struct err *err);
bool pipeline_settle(struct pipeline *p, struct err *err);
bool pipeline_judge(struct pipeline *p, const char *work_dir, struct err *err);
/* Writes each writer's file into work_dir under its final name; on failure none is left there. */
bool pipeline_write(struct pipeline *p, const char *work_dir, struct err *err);
void pipeline_free(struct pipeline *p);

/* The first two steps of `ashiato parse`: every record in file order as a JSON line to `emit`, by
 * one thread at a time. Years and zones are settled line by line, against the file's own time. */
bool pipeline_parse(struct pipeline *p, void (*emit)(void *ctx, str lines), void *ctx,
                    struct err *err);

/* fnmatch-like: * and ? do not stop at '/', case counts; "" matches everything. */
bool glob_match(str glob, str path);

/* Inside of the passes. */
struct source_state {
    struct year_signs years; /* of its lines without a year */
    struct year_choice choice; /* and what came of them */
    int64_t newest_ns;       /* of its events with a year: for the neighbours; INT64_MIN: none */
    const struct zone *zone; /* of texts without one; NULL = not known */
    bool zone_given;         /* some of its times were without one */
};
struct blob {
    uint32_t number; /* as the evidence counts */
    uint32_t source; /* in pipeline.sources; of a case: behind the last (no part of coverage) */
    uint32_t flags;
    const struct case_index *cases;
};
bool pipeline_stopped(const struct pipeline *p);
const struct rule *rule_for(const struct rule *rules, size_t count, str path);
void source_note(struct pipeline *p, struct source *s, uint64_t offset, bool placed, str text);
/* system_zone.c: the zone of each source: --zone, else what its system's files say. */
void zones_settle(struct pipeline *p);
/* sources.c: lists the evidence and reads the manifests of cases. */
bool pipeline_list(struct pipeline *p, struct err *err);

#endif
