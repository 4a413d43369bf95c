/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing lists of conclusions, and ids made of content. */
#include "core/result.h"

#include <stdarg.h>
#include <xxhash.h>

static void none(uint32_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list[i] = IDENTITY_NONE;
}

struct finding *result_finding(struct result *r)
{
    r->findings =
        vec_grow(r->findings, &r->finding_cap, r->finding_count + 1, sizeof *r->findings);
    struct finding *f = &r->findings[r->finding_count++];
    *f = (struct finding){.start_ns = TIME_UNKNOWN, .end_ns = TIME_UNKNOWN};
    none(f->hosts, array_len(f->hosts));
    none(f->accounts, array_len(f->accounts));
    f->session = IDENTITY_NONE;
    return f;
}

struct edge *result_edge(struct result *r)
{
    r->edges = vec_grow(r->edges, &r->edge_cap, r->edge_count + 1, sizeof *r->edges);
    struct edge *e = &r->edges[r->edge_count++];
    *e = (struct edge){.start_ns = TIME_UNKNOWN, .end_ns = TIME_UNKNOWN};
    e->src_host = e->dst_host = e->account = e->session = e->from_session = IDENTITY_NONE;
    return e;
}

struct session *result_session(struct result *r)
{
    r->sessions =
        vec_grow(r->sessions, &r->session_cap, r->session_count + 1, sizeof *r->sessions);
    struct session *s = &r->sessions[r->session_count++];
    *s = (struct session){.start_ns = TIME_UNKNOWN, .end_ns = TIME_UNKNOWN};
    s->host = s->account = IDENTITY_NONE;
    return s;
}

void refs_add(struct refs *refs, struct ref ref)
{
    refs->total++;
    if (refs->count >= REFS_MAX)
        return;
    refs->items = vec_grow(refs->items, &refs->cap, refs->count + 1, sizeof *refs->items);
    refs->items[refs->count++] = ref;
}

str result_id(struct arena *a, const char *prefix, const str *parts, size_t count)
{
    struct buf text = {0};

    for (size_t i = 0; i < count; i++) {
        buf_str(&text, parts[i]);
        buf_char(&text, '\0');
    }
    uint64_t hash = XXH3_64bits(text.p, text.len);
    buf_free(&text);
    return arena_printf(a, "%s%016llx", prefix, (unsigned long long)hash);
}

void result_limit(struct result *r, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    r->limits = vec_grow(r->limits, &r->limit_cap, r->limit_count + 1, sizeof *r->limits);
    r->limits[r->limit_count++] = arena_str(&r->arena, (str){text, len});
}

void result_free(struct result *r)
{
    for (size_t i = 0; i < r->finding_count; i++)
        mem_free(r->findings[i].events.items);
    for (size_t i = 0; i < r->edge_count; i++)
        mem_free(r->edges[i].events.items);
    for (size_t i = 0; i < ANSWERS; i++)
        mem_free(r->answers[i].events.items);
    mem_free(r->findings);
    mem_free(r->edges);
    mem_free(r->sessions);
    mem_free(r->chain);
    mem_free(r->impact);
    mem_free(r->blind);
    mem_free(r->limits);
    arena_free(&r->arena);
    *r = (struct result){0};
}

static int double_cmp(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, double_cmp);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

bool result_skew(const struct result *r, uint32_t host, struct skew *out)
{
    double *seen = NULL;
    size_t n = 0, cap = 0;

    for (size_t i = 0; i < r->edge_count; i++) {
        const struct edge *e = &r->edges[i];
        if (!e->skew_known || e->dst_host == e->src_host ||
            (e->dst_host != host && e->src_host != host))
            continue;
        seen = vec_grow(seen, &cap, n + 1, sizeof *seen);
        seen[n++] = e->dst_host == host ? e->skew_s : -e->skew_s;
    }
    *out = (struct skew){.pairs = n};
    if (n) {
        out->seconds = median(seen, n);
        for (size_t i = 0; i < n; i++)
            seen[i] = seen[i] < out->seconds ? out->seconds - seen[i] : seen[i] - out->seconds;
        out->spread = median(seen, n);
    }
    mem_free(seen);
    return n > 0;
}
