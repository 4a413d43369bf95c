/* SPDX-License-Identifier: Apache-2.0
 *
 * Names by hash. A host, account, provider or program name stands in an event as a 64-bit keyed
 * hash of its bytes as written (after UTF-8 repair); the text stands once in a dictionary that
 * travels with the events: a batch has one, and so has each block of a run. Equal bytes have the
 * same id in every thread, case and machine, so nothing is renumbered when runs merge, and memory
 * holds only the names that loaded blocks or live state refer to. Spelling is kept: "ADMIN" and
 * "admin" are two names; that they are one account is for core/identity.h to say.
 *
 * The key is fixed, since ids must agree between machines; so a collision can be made on purpose.
 * It is found when dictionaries meet (names_put tells) and reported, never resolved silently. */
#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include "core/arena.h"
#include "core/str.h"

struct name_slot;
struct names {
    struct name_slot *slots; /* open addressing, a power of two, or NULL */
    size_t cap, count;
    struct arena text;
    size_t collisions; /* ids that were put with two different texts; the first is kept */
};

/* The id of a text: never 0 for a text that is not empty, 0 for the empty one. */
uint64_t name_id(str text);

/* Enters a text and returns its id. The bytes are copied at the first entry. */
uint64_t names_put(struct names *n, str text);

/* Enters the name `id` of another dictionary, if it has it. */
void names_copy(struct names *n, const struct names *from, uint64_t id);

/* The text of an id, "" for 0 and for an id that is not here. Lives as long as the dictionary. */
str names_text(const struct names *n, uint64_t id);

/* Calls see(ctx, id, text) for each name, in no particular order. */
void names_each(const struct names *n, void (*see)(void *ctx, uint64_t id, str text), void *ctx);

void names_reset(struct names *n); /* empties it, keeps the memory */
void names_free(struct names *n);

#endif
