/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordered stream: all events of a store by time, each event once. Records with one uid are
 * one event with several places; since a copy carries the same time, only events of one instant
 * can be copies, and the stream remembers those of the current instant.
 *
 * Equal text lines of one blob are not copies of each other: the n-th of them in one blob is the
 * copy of the n-th in another (its uid is made of the line and n).
 *
 * Two records with one uid and different contents (a crafted collision, or a log that was edited)
 * stay two events, the later one with EVENT_CONTENT_DIFFERS and an uid of its own.
 *
 * Opening a second stream over the same store gives the same events with the same ordinals. */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "core/store.h"

enum { STREAM_INSTANT_MAX = 1 << 19 }; /* events of one instant among which copies are found */

struct stream {
    struct merge merge;
    struct event event; /* the current one, with its final uid and flags */
    const struct names *names;
    uint64_t ordinal;   /* of the current event, from 0 */
    uint64_t next;      /* events given so far */
    /* More places of events given before, met while moving on: (ordinal, place). */
    void (*place)(void *ctx, uint64_t ordinal, struct place place);
    void *place_ctx;
    bool overflowed; /* an instant with more than STREAM_INSTANT_MAX events was met */

    struct instant_slot *slots;
    size_t slot_count, used;
    uint32_t generation;
    int64_t instant_ns;
    uint64_t key; /* of the content check: secret, so that contents cannot be made to agree */
};

void stream_open(struct stream *s, const struct store *store);
bool stream_next(struct stream *s);
bool stream_failed(const struct stream *s); /* the runs could not be read back */
void stream_close(struct stream *s);

#endif
