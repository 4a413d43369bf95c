/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting records over time. */
#include "core/density.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)

static struct density_cell *find(struct density *d, uint32_t host, int64_t start)
{
    uint64_t h = ((uint64_t)start * 31 + host) * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = (size_t)(h >> 32) & (d->cap - 1);; i = (i + 1) & (d->cap - 1)) {
        struct density_cell *c = &d->cells[i];
        if (!c->count || (c->host == host && c->start == start))
            return c;
    }
}

static void put(struct density *d, uint32_t host, int64_t start, uint64_t count)
{
    struct density_cell *c = find(d, host, start);

    d->count += !c->count;
    c->host = host;
    c->start = start;
    c->count += count;
}

/* Stretches twice as long: floor division, so that those before 1970 pair up alike. */
static void widen(struct density *d)
{
    struct density_cell *old = d->cells;

    d->cells = mem_alloc(d->cap * sizeof *d->cells);
    d->count = 0;
    d->width_ns *= 2;
    for (size_t i = 0; i < d->cap; i++)
        if (old[i].count)
            put(d, old[i].host, (old[i].start - (old[i].start & 1)) / 2, old[i].count);
    mem_free(old);
}

void density_add(struct density *d, uint32_t host, int64_t time_ns, uint64_t count)
{
    if (!d->cells) {
        d->cap = DENSITY_MAX * 2;
        d->cells = mem_alloc(d->cap * sizeof *d->cells);
        d->width_ns = HOUR_NS;
    }
    int64_t start = time_ns / d->width_ns - (time_ns % d->width_ns < 0);
    put(d, host, start, count);
    while (d->count > DENSITY_MAX)
        widen(d);
}

static int cell_cmp(const void *a, const void *b)
{
    const struct density_cell *x = a, *y = b;

    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

void density_sort(struct density *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->cap; i++)
        if (d->cells[i].count)
            d->cells[n++] = d->cells[i];
    d->cap = n;
    if (n)
        qsort(d->cells, n, sizeof *d->cells, cell_cmp);
}

void density_free(struct density *d)
{
    mem_free(d->cells);
    *d = (struct density){0};
}
