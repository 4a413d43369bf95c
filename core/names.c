/* SPDX-License-Identifier: Apache-2.0
 *
 * Dictionaries of names: open addressing by the low bits of the id, at most half full, texts in an
 * arena. The hash is XXH3 with a seed of our own, by way of libxxhash. */
#include "core/names.h"

#define XXH_INLINE_ALL /* a name is short: the call would cost as much as the hash */
#include <xxhash.h>

#include "core/value.h"

struct name_slot {
    uint64_t id; /* 0 = free */
    str text;
};

/* "ashiato" as bytes. Part of the format of runs and cases: never changes. */
static const uint64_t seed = UINT64_C(0x6f746169687361);

static uint64_t id_of(str text)
{
    if (text.len == 0)
        return 0;
    uint64_t id = XXH3_64bits_withSeed(text.p, text.len, seed);
    return id ? id : 1;
}

uint64_t name_id(str text)
{
    struct buf repaired = {0};

    if (utf8_valid(text))
        return id_of(text);
    utf8_repair(text, &repaired);
    uint64_t id = id_of(buf_view(&repaired));
    buf_free(&repaired);
    return id;
}

/* The slot of an id, or the free one where it belongs. */
static struct name_slot *slot_of(struct name_slot *slots, size_t cap, uint64_t id)
{
    size_t i = id & (cap - 1);

    while (slots[i].id && slots[i].id != id)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static void grow(struct names *n)
{
    size_t cap = n->cap ? 2 * n->cap : 64;
    struct name_slot *slots = mem_alloc(cap * sizeof *slots);

    for (size_t i = 0; i < n->cap; i++)
        if (n->slots[i].id)
            *slot_of(slots, cap, n->slots[i].id) = n->slots[i];
    mem_free(n->slots);
    n->slots = slots;
    n->cap = cap;
}

static void enter(struct names *n, uint64_t id, str text)
{
    if (2 * n->count >= n->cap)
        grow(n);
    struct name_slot *slot = slot_of(n->slots, n->cap, id);
    if (slot->id) {
        n->collisions += !str_eq(slot->text, text);
        return;
    }
    *slot = (struct name_slot){id, arena_str(&n->text, text)};
    n->count++;
}

uint64_t names_put(struct names *n, str text)
{
    if (text.len == 0)
        return 0;
    if (!utf8_valid(text)) {
        struct buf repaired = {0};
        utf8_repair(text, &repaired);
        uint64_t id = id_of(buf_view(&repaired));
        enter(n, id, buf_view(&repaired));
        buf_free(&repaired);
        return id;
    }
    uint64_t id = id_of(text);
    enter(n, id, text);
    return id;
}

void names_copy(struct names *n, const struct names *from, uint64_t id)
{
    str text = names_text(from, id);

    if (text.len)
        enter(n, id, text);
}

str names_text(const struct names *n, uint64_t id)
{
    if (id == 0 || n->cap == 0)
        return STR("");
    const struct name_slot *slot = slot_of(n->slots, n->cap, id);
    return slot->id ? slot->text : STR("");
}

void names_each(const struct names *n, void (*see)(void *ctx, uint64_t id, str text), void *ctx)
{
    for (size_t i = 0; i < n->cap; i++)
        if (n->slots[i].id)
            see(ctx, n->slots[i].id, n->slots[i].text);
}

void names_reset(struct names *n)
{
    if (n->count)
        memset(n->slots, 0, n->cap * sizeof *n->slots);
    n->count = n->collisions = 0;
    arena_reset(&n->text);
}

void names_free(struct names *n)
{
    mem_free(n->slots);
    arena_free(&n->text);
    *n = (struct names){0};
}
