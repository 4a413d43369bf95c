/* SPDX-License-Identifier: Apache-2.0
 *
 * External sort of marks. */
#include "core/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { RUN_WINDOW = 2048 }; /* records of a run in memory while merging */

static int record_cmp(const void *a, const void *b)
{
    const struct mark_record *x = a, *y = b;

    if (x->ordinal != y->ordinal)
        return x->ordinal < y->ordinal ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->side > y->side) - (x->side < y->side);
}

void marks_init(struct marks *m, const char *work_dir, size_t budget_bytes)
{
    size_t n = str_of(work_dir).len;

    *m = (struct marks){.fd = -1, .budget = budget_bytes / sizeof *m->items};
    m->path = mem_alloc(n + 16);
    snprintf(m->path, n + 16, "%s/marks", work_dir);
}

static bool spill(struct marks *m)
{
    size_t bytes = m->count * sizeof *m->items;

    if (m->fd < 0)
        m->fd = open(m->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (m->fd < 0)
        return err_errno(&m->err, "%s: cannot be created", m->path);
    qsort(m->items, m->count, sizeof *m->items, record_cmp);
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pwrite(m->fd, (const char *)m->items + done, bytes - done,
                           (off_t)(m->file_bytes + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(&m->err, "%s: cannot be written", m->path);
        done += (size_t)n;
    }
    m->runs = vec_grow(m->runs, &m->run_cap, m->run_count + 1, sizeof *m->runs);
    m->runs[m->run_count].at = m->file_bytes;
    m->runs[m->run_count++].count = m->count;
    m->file_bytes += bytes;
    m->count = 0;
    return true;
}

void marks_add(struct marks *m, struct mark_record r)
{
    if (m->count >= m->budget && !m->failed)
        m->failed = !spill(m);
    if (m->failed)
        return;
    m->items = vec_grow(m->items, &m->cap, m->count + 1, sizeof *m->items);
    m->items[m->count++] = r;
}

void marks_free(struct marks *m)
{
    mem_free(m->items);
    mem_free(m->runs);
    if (m->fd >= 0) {
        close(m->fd);
        unlink(m->path);
    }
    mem_free(m->path);
}

void marks_open(struct marks_reader *r, struct marks *m)
{
    *r = (struct marks_reader){.marks = m, .run_count = m->run_count + 1};
    if (m->count)
        qsort(m->items, m->count, sizeof *m->items, record_cmp);
    r->runs = mem_alloc(r->run_count * sizeof *r->runs);
    for (size_t i = 0; i < m->run_count; i++) {
        r->runs[i].at = m->runs[i].at;
        r->runs[i].left = m->runs[i].count;
        r->runs[i].items = mem_alloc(RUN_WINDOW * sizeof *m->items);
    }
    r->runs[m->run_count].items = m->items; /* the part still in memory */
    r->runs[m->run_count].count = m->count;
}

static const struct mark_record *run_peek(struct marks_reader *r, struct marks_run *run)
{
    if (run->next == run->count && run->left) {
        size_t n = run->left < RUN_WINDOW ? (size_t)run->left : RUN_WINDOW;
        size_t bytes = n * sizeof *run->items;
        if (pread(r->marks->fd, run->items, bytes, (off_t)run->at) != (ssize_t)bytes) {
            r->failed = true;
            run->left = 0;
            return NULL;
        }
        run->at += bytes;
        run->left -= n;
        run->count = n;
        run->next = 0;
    }
    return run->next < run->count ? &run->items[run->next] : NULL;
}

static void keep(struct marks_reader *r, const struct mark_record *m)
{
    if (m->type == MARK_PLACE) {
        r->places = vec_grow(r->places, &r->place_cap, r->place_count + 1, sizeof *r->places);
        r->places[r->place_count++] = (struct place){.offset = m->offset, .source = m->index};
        return;
    }
    r->found = vec_grow(r->found, &r->found_cap, r->found_count + 1, sizeof *r->found);
    r->found[r->found_count++] = (struct mark){m->ordinal, m->index, m->type, m->side};
}

void marks_take(struct marks_reader *r, uint64_t ordinal)
{
    struct mark_record last = {.ordinal = UINT64_MAX};

    r->found_count = r->place_count = 0;
    for (;;) {
        const struct mark_record *best = NULL;
        struct marks_run *from = NULL;
        for (size_t i = 0; i < r->run_count; i++) {
            const struct mark_record *m = run_peek(r, &r->runs[i]);
            if (m && m->ordinal <= ordinal && (!best || record_cmp(m, best) < 0)) {
                best = m;
                from = &r->runs[i];
            }
        }
        if (!best)
            return;
        if (best->ordinal == ordinal && record_cmp(best, &last) != 0)
            keep(r, best);
        last = *best;
        from->next++;
    }
}

void marks_close(struct marks_reader *r)
{
    for (size_t i = 0; i + 1 < r->run_count; i++)
        mem_free(r->runs[i].items);
    mem_free(r->runs);
    mem_free(r->found);
    mem_free(r->places);
}
