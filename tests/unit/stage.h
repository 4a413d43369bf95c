/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage for detectors: tests describe events, the stage observes them, settles who is who and
 * shows them to all detectors in order, as the pipeline does. */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "core/batch.h"
#include "core/detector.h"
#include "core/sequence.h"

enum { STAGE_MARKS = 4096 };

struct stage {
    struct batch batch;
    struct facts facts;
    struct sequences sequences;
    struct identity *identity;
    struct result result;
    struct mark marks[STAGE_MARKS];
    size_t mark_count;
};

/* Opens an event at `seconds`; commit it with stage_end. A text log has channel NULL. */
struct event *stage_event(struct stage *s, enum kind kind, const char *host, double seconds,
                          const char *channel, uint32_t code);
uint64_t stage_name(struct stage *s, const char *text);
struct party stage_party(struct stage *s, const char *user, const char *domain, uint64_t logon);
struct endpoint stage_end_point(struct stage *s, const char *host, const char *addr);
void stage_field(struct stage *s, const char *name, const char *text);
void stage_end(struct stage *s);

/* A network, RDP or other Windows logon, 4624. */
void stage_logon(struct stage *s, double seconds, const char *host, int type, uint64_t logon,
                 const char *user, const char *from, uint16_t port);

void stage_run(struct stage *s);
void stage_free(struct stage *s);
/* Is the n-th event (from 0) marked so? */
bool stage_marked(const struct stage *s, uint64_t ordinal, enum mark_type type, size_t index);

#endif
