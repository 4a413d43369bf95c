/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the ingest pass (core/pipeline.h): what a job is, and who does what with it. */
#ifndef CORE_INGEST_H
#define CORE_INGEST_H

#include <pthread.h>

#include "core/ecs.h"
#include "core/pipeline.h"
#include "core/spool.h"

struct part { /* bytes of one blob in a job, and what parsing them gave */
    uint32_t source;
    const struct parser *parser;
    size_t at; /* of its bytes in the job's, or in its spool */
    struct input input;
    struct carry carry;
    struct hints hints;
    uint64_t events, damaged, skipped;
    struct note *notes;
    size_t note_count, note_total;
    struct year_signs years;
    bool zone_given;
    int64_t newest_ns;
};

struct job {
    struct buf bytes; /* gone after parsing */
    struct spool *spool; /* holds the bytes instead, or NULL; likewise */
    struct part *parts;
    size_t count, cap;
    struct segment *closed, *open, *aside;
    struct pieces pieces;
    struct facts facts;
    struct sequences sequences;
    struct buf text; /* printed events */
    struct arena arena;
};

/* Memory of printed jobs for the next ones: given by who takes, had by who works. */
enum { SPARE_BUFFERS = 16 };
struct spares {
    pthread_mutex_t lock;
    struct buf buffers[SPARE_BUFFERS];
    size_t count;
};

struct ingest {
    struct pipeline *p;
    const char *work_dir; /* NULL when events are printed */
    bool messages;
    /* NULL: events are observed and sorted. Else: printed, in worker threads. */
    void (*print)(struct pipeline *p, struct ecs_writer *w, struct batch *b, size_t from,
                  struct buf *out);
    bool records; /* parse --record, --check: no events, what parsers print themselves */
    /* Called when too much is set aside for memory; or NULL. */
    void (*relieve)(struct ingest *in);
    void (*emit)(void *ctx, str text);
    void *emit_ctx;
    struct reader *reader;
    struct worker *workers;
    struct spares spares;
};

/* Runs it to the end. False when it was stopped or the disk failed. */
bool ingest_run(struct ingest *in, struct err *err);
void job_free(struct job *job);

/* reader.c: the blobs of the pipeline as jobs, in order. */
struct reader *reader_open(struct ingest *in);
/* The next job, whose bytes take over the memory of `room`; NULL: there is no more. */
struct job *reader_next(struct reader *r, struct buf *room);
void reader_close(struct reader *r);

/* An event that was made when all had been read: by detectors, and for its number. */
void observe_late(struct pipeline *p, const struct event *e, const struct names *names);
void events_sort(struct event **events, size_t count); /* by event_cmp */

#endif
