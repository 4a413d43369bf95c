/* SPDX-License-Identifier: Apache-2.0
 *
 * Record numbers of logs: which are missing, and where the time falls although the number rises.
 *
 * A log is what one host wrote to one channel on one system, in however many files: live, archived,
 * shadow copies. Its numbers are kept as spans without a hole, with the records at both ends, so
 * that memory grows with the holes, not with the records. The order of bytes does not count: in a
 * ring buffer the number is the order. Workers make sequences apart; the ordered side merges them
 * in job order (they are capped, like facts).
 *
 * Not every record says what is missing. Numbers that were overwritten leave old records in slack
 * and in unallocated space; exports and forwarded logs are a selection of records which keep the
 * number of the log they come from. Such records fill holes, but a hole is told only between
 * records of the log itself. */
#ifndef CORE_SEQUENCE_H
#define CORE_SEQUENCE_H

#include "core/batch.h"

enum {
    SEQUENCE_LOGS = 1 << 14,  /* logs followed */
    SEQUENCE_SPANS = 1 << 18, /* of all logs */
    SEQUENCE_STEPS = 1 << 14, /* falls of time, of all logs */
    SEQUENCE_EVENTS = 1 << 14 /* made of them */
};

struct sequence_end { /* a record as the neighbour of what is missing */
    uint64_t number, offset;
    int64_t time_ns;
    uint32_t source;
};

struct sequence_span { /* every number from first to last is there */
    struct sequence_end first, last;
    int64_t from_ns, to_ns; /* smallest and largest time in it; TIME_UNKNOWN: none */
    bool live;              /* of the log itself */
    uint8_t life;           /* while settling: see sequence_events.c */
};

struct sequence_step { /* two records next to each other; the later one has the smaller time */
    struct sequence_end before, after;
};

struct sequence {
    uint64_t system, channel, host; /* names */
    struct sequence_span *spans;
    size_t count, cap;
    struct sequence_step *steps;
    size_t step_count, step_cap;
    bool incomplete; /* spans were left out, so nothing can be said about holes */
};

struct sequence_clock { /* a record that says that a host's clock was set */
    uint64_t host;
    int64_t time_ns;
};

struct sequences {
    struct sequence *logs;
    size_t count, cap;
    uint32_t *slots; /* of logs, by names: index + 1 */
    size_t slot_count, recent, spans, steps;
    struct sequence_clock *clocks;
    size_t clock_count, clock_cap;
    struct names names;
    uint64_t lost; /* records whose numbers were not followed: a cap was hit */
};

/* What the caps left out of the events. */
struct sequence_limits {
    uint64_t records; /* not followed */
    size_t logs;      /* followed in part only */
    uint64_t events;  /* holes and steps for which no event was made */
};

/* A record with its number in `sequence`; `live`: it stands in the log itself, so that what is
 * missing beside it is missing. */
void sequence_see(struct sequences *s, const struct names *names, const struct event *e,
                  bool live);
void sequences_merge(struct sequences *into, const struct sequences *from);

/* Does the time fall by more than a second? */
bool sequence_falls(const struct sequence_step *at);

/* Commits an event for each hole (KIND_LOG_GAP) and each fall of time by more than a second
 * (KIND_TIME_BACKWARDS), flagged EVENT_DERIVED, at the place of the record before, with that of
 * the record behind as another place. Fields (FIELD_OWN): numbers.first, .last and .missing (of a
 * gap), numbers.before and .after (the neighbours), numbers.time_before and .time_after, and
 * numbers.explained of a step near a record that says that the clock was set. Everything is
 * derived from records: the same ones in any order give the same events with the same uids. */
void sequences_events(struct sequences *s, struct batch *out, struct sequence_limits *limits);
void sequences_free(struct sequences *s);

#endif
