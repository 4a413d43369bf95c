/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments within a budget, and merging them. */
#include "core/store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void store_init(struct store *s, const char *work_dir, const char *name, size_t budget)
{
    size_t n = str_of(work_dir).len + str_of(name).len + 2;

    *s = (struct store){.budget = budget, .fd = -1, .path = mem_alloc(n)};
    snprintf(s->path, n, "%s/%s", work_dir, name);
}

static bool append(struct store *s, struct segment *segment)
{
    if (s->fd < 0) {
        s->fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (s->fd < 0)
            return err_errno(&s->err, "%s: cannot be created", s->path);
    }
    for (size_t done = 0; done < segment->data.len;) {
        ssize_t n = pwrite(s->fd, segment->data.p + done, segment->data.len - done,
                           (off_t)(s->file_bytes + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(&s->err, "%s: cannot be written", s->path);
        done += (size_t)n;
    }
    segment->file_offset = s->file_bytes;
    segment->in_file = true;
    s->file_bytes += segment->data.len;
    s->held -= segment->data.cap;
    buf_free(&segment->data);
    return true;
}

void store_add(struct store *s, struct segment *segment)
{
    if (segment->events == 0) {
        buf_free(&segment->data);
        mem_free(segment);
        return;
    }
    buf_trim(&segment->data);
    s->held += segment->data.cap;
    s->segments = vec_grow(s->segments, &s->cap, s->count + 1, sizeof(struct segment *));
    s->segments[s->count++] = segment;
    for (size_t i = 0; i < s->count && s->held > s->budget && !s->failed; i++)
        if (!s->segments[i]->in_file)
            s->failed = !append(s, s->segments[i]);
}

void store_remove(struct store *s, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++) {
        s->held -= s->segments[i]->data.cap;
        buf_free(&s->segments[i]->data);
        mem_free(s->segments[i]);
    }
    if (count == 0)
        return;
    memmove(s->segments + from, s->segments + from + count,
            (s->count - from - count) * sizeof(struct segment *));
    s->count -= count;
}

struct segment *store_merge(const struct store *s, struct segment *const *group, size_t count)
{
    struct segment *out = mem_alloc(sizeof *out);
    struct segment_writer w = {.out = out};
    struct merge m;
    const struct event *e;
    const struct names *names;

    merge_open(&m, s, group, count);
    while (merge_next(&m, &e, &names))
        segment_add(&w, e, names);
    if (m.failed)
        die("%s: cannot be read back", s->path);
    merge_close(&m);
    segment_end(&w);
    segment_writer_free(&w);
    return out;
}

bool store_settle(struct store *s)
{
    while (s->count > STORE_FAN_IN && !s->failed) {
        struct segment *merged = store_merge(s, s->segments, STORE_GROUP);
        store_remove(s, 0, STORE_GROUP);
        store_add(s, merged);
    }
    return !s->failed;
}

void store_free(struct store *s)
{
    store_remove(s, 0, s->count);
    mem_free(s->segments);
    if (s->fd >= 0) {
        close(s->fd);
        unlink(s->path);
    }
    mem_free(s->path);
}

/* Heap of reader indices, smallest event on top; equal keys cannot be (the order is total), but
 * for copies read back from a case: then the lower index goes first. */
static bool before(const struct merge *m, size_t a, size_t b)
{
    int order = event_cmp(&m->readers[a].cursor.event, &m->readers[b].cursor.event);

    return order ? order < 0 : a < b;
}

static void sift_down(struct merge *m, size_t i)
{
    size_t item = m->heap[i];

    for (size_t child; (child = 2 * i + 1) < m->live; i = child) {
        if (child + 1 < m->live && before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (before(m, item, m->heap[child]))
            break;
        m->heap[i] = m->heap[child];
    }
    m->heap[i] = item;
}

void merge_open(struct merge *m, const struct store *s, struct segment *const *group, size_t count)
{
    *m = (struct merge){.count = count};
    m->readers = mem_alloc(count * sizeof *m->readers);
    m->heap = mem_alloc(count * sizeof *m->heap);
    for (size_t i = 0; i < count; i++) {
        segment_open(&m->readers[i], group[i], s->fd);
        if (segment_next(&m->readers[i]))
            m->heap[m->live++] = i;
        m->failed |= m->readers[i].failed;
    }
    for (size_t i = m->live / 2; i > 0; i--)
        sift_down(m, i - 1);
}

bool merge_next(struct merge *m, const struct event **e, const struct names **names)
{
    if (m->given) { /* the one given last moves on only now: it was good until this call */
        struct segment_reader *last = &m->readers[m->heap[0]];
        if (!segment_next(last)) {
            m->failed |= last->failed;
            m->heap[0] = m->heap[--m->live];
        }
        if (m->live)
            sift_down(m, 0);
    }
    m->given = m->live > 0;
    if (!m->given)
        return false;
    struct segment_reader *top = &m->readers[m->heap[0]];
    *e = &top->cursor.event;
    *names = &top->names;
    return true;
}

void merge_close(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++)
        segment_close(&m->readers[i]);
    mem_free(m->readers);
    mem_free(m->heap);
}
