/* SPDX-License-Identifier: Apache-2.0
 *
 * The templates of all chunks of a job, for records whose own definition was overwritten or lies
 * in bytes that are gone. An instance names its template by the first four bytes of the GUID.
 * Chunks list their definitions in 32 chains (libyal's EVTX format, "Template offsets"); of these
 * only entries count that are definitions by their looks, and steps are bounded, so that loops and
 * garbage cost little. Jobs are cut by offset alone, so every run has the same library. */
#include "parsers/evtx/evtx.h"

enum { CHAIN_MAX = 64, LIBRARY_MAX = 1 << 16 };

void library_chunk(struct decoder *d, const uint8_t *p, uint32_t len)
{
    if (len <= CHUNK_HEADER_SIZE || memcmp(p, "ElfChnk", 8) != 0)
        return;
    d->chunks = vec_grow(d->chunks, &d->chunk_cap, d->chunk_count + 1, sizeof *d->chunks);
    d->chunks[d->chunk_count++] = (struct chunk_ref){p, len};
}

static bool is_definition(const struct chunk_ref *c, uint32_t offset)
{
    static const uint8_t fragment_header[] = {TOKEN_FRAGMENT, 1, 1, 0};

    if (offset < CHUNK_HEADER_SIZE || offset > c->len ||
        c->len - offset < TEMPLATE_HEADER_SIZE + FRAGMENT_HEADER_SIZE)
        return false;
    const uint8_t *p = c->p + offset;
    return le32(p + 4) != 0 && le32(p + 20) <= c->len - offset - TEMPLATE_HEADER_SIZE &&
           memcmp(p + TEMPLATE_HEADER_SIZE, fragment_header, sizeof fragment_header) == 0;
}

static void add_chain(struct decoder *d, const struct chunk_ref *c, uint32_t offset)
{
    for (unsigned i = 0; i < CHAIN_MAX && is_definition(c, offset); i++) {
        if (d->library_count == LIBRARY_MAX)
            return;
        d->library = vec_grow(d->library, &d->library_cap, d->library_count + 1,
                              sizeof *d->library);
        d->library[d->library_count] = (struct library_entry){
            .chunk = *c, .id = le32(c->p + offset + 4), .offset = offset,
            .order = (uint32_t)d->library_count};
        d->library_count++;
        offset = le32(c->p + offset);
    }
}

static int entry_cmp(const void *a, const void *b)
{
    const struct library_entry *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    int guids = memcmp(x->chunk.p + x->offset + 4, y->chunk.p + y->offset + 4, 16);
    if (guids)
        return guids;
    return (x->order > y->order) - (x->order < y->order);
}

static void make_library(struct decoder *d)
{
    d->library_made = true;
    for (size_t i = 0; i < d->chunk_count; i++)
        for (unsigned k = 0; k < TEMPLATE_CHAINS; k++)
            add_chain(d, &d->chunks[i], le32(d->chunks[i].p + TEMPLATES_AT + 4 * k));
    if (d->library_count)
        qsort(d->library, d->library_count, sizeof *d->library, entry_cmp);
}

const struct library_entry *library_find(struct decoder *d, uint32_t id)
{
    size_t low = 0, high;

    if (!d->library_made)
        make_library(d);
    high = d->library_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->library[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < d->library_count && d->library[low].id == id ? &d->library[low] : NULL;
}
