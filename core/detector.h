/* SPDX-License-Identifier: Apache-2.0
 *
 * What a detector is: one file in correlate/ that ends with a const `struct detector`, and one
 * line in correlate/list.def. It sees every event once, in time order, owns its (bounded) state,
 * and ends with findings, edges or sessions that name their events. Detectors are started, shown
 * each event and finished in the order of the list: a later one may read what an earlier one put
 * into the result (sessions before edges before chains before answers). */
#ifndef CORE_DETECTOR_H
#define CORE_DETECTOR_H

#include "core/result.h"
#include "core/source.h"

enum mark_type { MARK_SESSION, MARK_EDGE, MARK_FINDING };

struct mark { /* event -> what it belongs to; joined to the event before writing */
    uint64_t ordinal;
    uint32_t index; /* into result.sessions, .edges or .findings */
    uint8_t type, side;
};

struct judge {
    const struct identity *identity;
    const struct facts *facts;
    const struct source *sources; /* coverage, indexed by event.source */
    size_t source_count;
    uint64_t outside; /* records left out by --from and --to; whole when the stream has ended */
    struct result *result;
    const struct names *names; /* of the current event only; after the stream: NULL */
    uint64_t ordinal;          /* of the current event */
    struct sessions *sessions; /* correlate/session.h: for detectors behind it in the list */
    void (*mark)(void *ctx, struct mark mark);
    void *mark_ctx;
};

struct detector {
    const char *name, *about;
    const char *technique; /* the main one, or NULL */
    /* Runs at ingest in worker threads on every event; may be NULL. */
    void (*observe)(const struct event *e, const struct names *names, struct facts *facts);
    void *(*start)(struct judge *j);
    void (*see)(void *state, struct judge *j, const struct event *e);
    /* After the last event. Frees the state. */
    void (*finish)(void *state, struct judge *j);
};

extern const struct detector *const detectors[];
extern const size_t detector_count;

/* The current event as proof, and its mark. judge_mark may also be called later for an event that
 * was kept as a ref (order does not matter). */
struct ref judge_ref(const struct judge *j, const struct event *e);
void judge_mark(struct judge *j, struct ref ref, enum mark_type type, size_t index, enum side side);
str judge_text(const struct judge *j, uint64_t name); /* text of a name of the current event */

/* Is an event with these marks on the attack timeline? It is when a finding above info, a hostile
 * edge, an edge of the chain or a hostile session claims it. Sessions mark only events that say
 * something (logons, processes, services, shares ...), so this stays small. */
bool result_in_timeline(const struct result *r, const struct mark *marks, size_t n);

#endif
