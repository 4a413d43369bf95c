/* SPDX-License-Identifier: Apache-2.0
 *
 * Pieces: what items of the evidence may need that lies elsewhere in it, such as the template of a
 * record whose own was overwritten. Parsers offer the pieces they meet; each is kept once. Workers
 * gather them apart, the ordered side merges them in job order (they are capped, like facts). What
 * the bytes mean is for the parser to know. */
#ifndef CORE_PIECES_H
#define CORE_PIECES_H

#include "core/arena.h"
#include "core/str.h"

enum { PIECES_MAX = 1 << 16, PIECES_MAX_BYTES = 32 << 20 };

struct piece {
    uint64_t key;  /* what it is looked up by */
    uint64_t hash; /* of its meaning: pieces of one key and one hash are one */
    str bytes;
};

struct pieces {
    struct piece *list; /* sorted by key, then hash, after pieces_sort */
    size_t count, cap;
    uint32_t *slots; /* of the list: index + 1 */
    size_t slot_count;
    struct arena arena;
    size_t bytes;
    uint64_t lost; /* past the caps */
    bool sorted;
};

bool pieces_have(const struct pieces *p, uint64_t key, uint64_t hash);
void pieces_add(struct pieces *p, uint64_t key, uint64_t hash, str bytes); /* copies */
void pieces_merge(struct pieces *into, const struct pieces *from);

void pieces_sort(struct pieces *p);
/* Those of a key, the lowest hash first; *count says how many. */
const struct piece *pieces_find(const struct pieces *p, uint64_t key, size_t *count);

void pieces_free(struct pieces *p);

#endif
