/* SPDX-License-Identifier: Apache-2.0
 *
 * What parsers set aside while the evidence was read (batch_set_aside), completed once all pieces
 * are known. It waits in a store like other events, so that much of it goes to disk. */
#ifndef CORE_ASIDE_H
#define CORE_ASIDE_H

#include "core/pipeline.h"

enum {
    ASIDE_EVENTS = 256, /* of a batch of completed events */
    ASIDE_BYTES = 4 << 20,
    ASIDE_HELD = 64 << 20 /* packed, where there is no disk to move it to */
};

/* Completes everything that was set aside, in the order of the jobs, and empties p->aside; `take`
 * gets the events a batch at a time, and leaves the batch to be used again. Damage and notes are
 * added to the sources. Pieces may be added afterwards, for what is set aside later. */
void aside_complete(struct pipeline *p, bool messages, void (*take)(void *ctx, struct batch *b),
                    void *ctx);

/* The parser of this name, or NULL. */
const struct parser *parser_of(str name);

#endif
