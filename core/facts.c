/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of facts: open addressing, merged by minimum, maximum and sum. */
#include "core/facts.h"

#include <assert.h>
#include <xxhash.h>

enum { FIRST_CAP = 256 };

/* Facts that are one only when their number agrees too: a host's events of one kind, one lease. */
static bool number_counts(uint32_t type)
{
    return type == FACT_KIND || type == FACT_LEASE;
}

static bool same(const struct fact *x, const struct fact *y)
{
    return x->type == y->type && x->a == y->a && x->b == y->b && x->c == y->c &&
           addr_eq(&x->addr, &y->addr) && (!number_counts(x->type) || x->low == y->low);
}

static uint64_t hash(const struct fact *f)
{
    uint64_t key[7] = {f->type, f->a, f->b, f->c, number_counts(f->type) ? f->low : 0};

    memcpy(&key[5], f->addr.b, sizeof f->addr.b);
    return XXH3_64bits(key, sizeof key);
}

/* The slot of a fact, or the free one where it belongs. A slot with count 0 is free. */
static struct fact *slot_of(const struct facts *f, const struct fact *fact)
{
    size_t i = hash(fact) & (f->cap - 1);

    while (f->slots[i].count && !same(&f->slots[i], fact))
        i = (i + 1) & (f->cap - 1);
    return &f->slots[i];
}

static void grow(struct facts *f)
{
    struct facts old = *f;

    f->cap = old.cap ? old.cap * 2 : FIRST_CAP;
    f->slots = mem_alloc(f->cap * sizeof *f->slots);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].count)
            *slot_of(f, &old.slots[i]) = old.slots[i];
    mem_free(old.slots);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b; /* TIME_UNKNOWN is the largest */
}

static int64_t later(int64_t a, int64_t b)
{
    if (a == TIME_UNKNOWN || b == TIME_UNKNOWN)
        return earlier(a, b);
    return a > b ? a : b;
}

static void join(struct fact *into, const struct fact *from)
{
    into->first_ns = earlier(into->first_ns, from->first_ns);
    into->last_ns = later(into->last_ns, from->last_ns);
    into->low = into->low < from->low ? into->low : from->low;
    into->high = into->high > from->high ? into->high : from->high;
    into->count += from->count;
}

void facts_see(struct facts *f, const struct names *names, struct fact fact)
{
    if (!fact.count)
        fact.count = 1;
    if (f->count * 4 >= f->cap * 3)
        grow(f);
    struct fact *slot = slot_of(f, &fact);
    if (slot->count) {
        join(slot, &fact);
        return;
    }
    if (f->count >= FACTS_MAX) {
        f->lost += fact.count;
        return;
    }
    *slot = fact;
    f->count++;
    names_copy(&f->names, names, fact.a);
    names_copy(&f->names, names, fact.b);
    names_copy(&f->names, names, fact.c);
}

void facts_merge(struct facts *into, const struct facts *from)
{
    assert(into != from);
    for (size_t i = 0; i < from->cap; i++)
        if (from->slots[i].count)
            facts_see(into, &from->names, from->slots[i]);
    into->lost += from->lost;
}

struct sort_fact { /* texts beside the fact, so that comparing needs no lookup */
    struct fact fact;
    str a, b, c;
};

static int cmp(const void *x, const void *y)
{
    const struct sort_fact *p = x, *q = y;
    int c;

    if (p->fact.type != q->fact.type)
        return p->fact.type < q->fact.type ? -1 : 1;
    if ((c = str_cmp(p->a, q->a)) || (c = str_cmp(p->b, q->b)) || (c = str_cmp(p->c, q->c)))
        return c;
    if ((c = memcmp(p->fact.addr.b, q->fact.addr.b, sizeof p->fact.addr.b)))
        return c;
    return (p->fact.low > q->fact.low) - (p->fact.low < q->fact.low);
}

struct fact *facts_sorted(const struct facts *f, size_t *count)
{
    struct sort_fact *list = mem_alloc(f->count * sizeof *list);
    struct fact *out = mem_alloc(f->count * sizeof *out);
    size_t n = 0;

    for (size_t i = 0; i < f->cap; i++) {
        const struct fact *s = &f->slots[i];
        if (s->count)
            list[n++] = (struct sort_fact){*s, names_text(&f->names, s->a),
                                           names_text(&f->names, s->b),
                                           names_text(&f->names, s->c)};
    }
    if (n)
        qsort(list, n, sizeof *list, cmp);
    for (size_t i = 0; i < n; i++)
        out[i] = list[i].fact;
    mem_free(list);
    *count = n;
    return out;
}

void facts_free(struct facts *f)
{
    mem_free(f->slots);
    names_free(&f->names);
    *f = (struct facts){0};
}
