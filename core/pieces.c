/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of pieces: open addressing while it grows, a sorted list once it is whole. */
#include "core/pieces.h"

#include <assert.h>

enum { FIRST_SLOTS = 64 };

static size_t slot_of(const struct pieces *p, uint64_t key, uint64_t hash)
{
    size_t i = (size_t)((key ^ hash) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (p->slot_count - 1);

    while (p->slots[i] && (p->list[p->slots[i] - 1].key != key ||
                           p->list[p->slots[i] - 1].hash != hash))
        i = (i + 1) & (p->slot_count - 1);
    return i;
}

static void rehash(struct pieces *p, size_t slot_count)
{
    mem_free(p->slots);
    p->slot_count = slot_count;
    p->slots = mem_alloc(p->slot_count * sizeof *p->slots);
    for (size_t i = 0; i < p->count; i++)
        p->slots[slot_of(p, p->list[i].key, p->list[i].hash)] = (uint32_t)i + 1;
}

bool pieces_have(const struct pieces *p, uint64_t key, uint64_t hash)
{
    return p->slot_count && p->slots[slot_of(p, key, hash)];
}

void pieces_add(struct pieces *p, uint64_t key, uint64_t hash, str bytes)
{
    if (pieces_have(p, key, hash))
        return;
    if (p->count == PIECES_MAX || p->bytes + bytes.len > PIECES_MAX_BYTES) {
        p->lost++;
        return;
    }
    if (p->count * 2 >= p->slot_count)
        rehash(p, p->slot_count ? 2 * p->slot_count : FIRST_SLOTS);
    p->sorted = false;
    p->list = vec_grow(p->list, &p->cap, p->count + 1, sizeof *p->list);
    p->slots[slot_of(p, key, hash)] = (uint32_t)p->count + 1;
    p->list[p->count++] = (struct piece){key, hash, arena_str(&p->arena, bytes)};
    p->bytes += bytes.len;
}

void pieces_merge(struct pieces *into, const struct pieces *from)
{
    for (size_t i = 0; i < from->count; i++)
        pieces_add(into, from->list[i].key, from->list[i].hash, from->list[i].bytes);
    into->lost += from->lost;
}

static int piece_cmp(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

void pieces_sort(struct pieces *p)
{
    if (p->count)
        qsort(p->list, p->count, sizeof *p->list, piece_cmp);
    if (p->slot_count)
        rehash(p, p->slot_count);
    p->sorted = true;
}

const struct piece *pieces_find(const struct pieces *p, uint64_t key, size_t *count)
{
    size_t low = 0, high = p->count;

    assert(p->sorted);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->list[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < p->count && p->list[low + *count].key == key)
        ++*count;
    return *count ? &p->list[low] : NULL;
}

void pieces_free(struct pieces *p)
{
    mem_free(p->list);
    mem_free(p->slots);
    arena_free(&p->arena);
    *p = (struct pieces){0};
}
