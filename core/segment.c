/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoding of events in blocks. A block in a segment is: u32 packed size, u32 raw size, zstd
 * frame; the raw bytes are: u32 names, u32 bytes of names, {u64 id, u32 length, text}..., events.
 * An event is: u32 size, struct event, {u8 type, u8 group, u16 name length, u32 length, name,
 * value}..., struct place...; written and read by one process, so it is in machine order. */
#include "core/segment.h"

#include <assert.h>
#include <unistd.h>
#include <zstd.h>

#include "core/err.h"

enum { RUN_LEVEL = -3, FIELD_HEAD = 8 };

size_t event_names(const struct event *e, uint64_t out[EVENT_NAMES])
{
    const uint64_t ids[EVENT_NAMES] = {
        e->system,      e->host,       e->provider,   e->channel,     e->program,
        e->actor.user,  e->actor.domain, e->actor.sid,  e->target.user, e->target.domain,
        e->target.sid,  e->src.host,   e->dst.host,
    };

    memcpy(out, ids, sizeof ids);
    return EVENT_NAMES;
}

static void put_u32(char *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

static uint32_t get_u32(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static size_t encoded_size(const struct event *e)
{
    size_t size = 4 + sizeof *e + e->place_count * sizeof(struct place);

    for (unsigned i = 0; i < e->field_count; i++)
        size += FIELD_HEAD + e->fields[i].name_len + (size_t)e->fields[i].len;
    return size;
}

static char *encode_field(char *p, const struct field *f)
{
    p[0] = (char)f->type;
    p[1] = (char)f->group;
    memcpy(p + 2, &f->name_len, 2);
    put_u32(p + 4, f->len);
    if (f->name_len)
        memcpy(p + FIELD_HEAD, f->name, f->name_len);
    if (f->len)
        memcpy(p + FIELD_HEAD + f->name_len, f->data, f->len);
    return p + FIELD_HEAD + f->name_len + f->len;
}

void block_add(struct block *b, const struct event *e, const struct names *names)
{
    uint64_t ids[EVENT_NAMES];
    size_t size = encoded_size(e);

    buf_reserve(&b->bytes, size);
    char *p = b->bytes.p + b->bytes.len;
    put_u32(p, (uint32_t)size);
    memcpy(p + 4, e, sizeof *e);
    p += 4 + sizeof *e;
    for (unsigned i = 0; i < e->field_count; i++)
        p = encode_field(p, &e->fields[i]);
    if (e->place_count)
        memcpy(p, e->places, e->place_count * sizeof(struct place));
    b->bytes.len += size;
    b->events++;
    event_names(e, ids);
    for (size_t i = 0; i < EVENT_NAMES; i++) {
        uint64_t *seen = &b->seen[ids[i] % array_len(b->seen)];
        if (ids[i] == 0 || *seen == ids[i])
            continue;
        *seen = ids[i];
        names_copy(&b->names, names, ids[i]);
    }
}

void block_reset(struct block *b)
{
    b->bytes.len = 0;
    b->events = 0;
    names_reset(&b->names);
    memset(b->seen, 0, sizeof b->seen);
}

void block_free(struct block *b)
{
    buf_free(&b->bytes);
    names_free(&b->names);
}

bool block_next(struct block_cursor *c)
{
    struct event *e = &c->event;

    if (c->at >= c->end)
        return false;
    const char *p = c->at + 4;
    c->at += get_u32(c->at);
    memcpy(e, p, sizeof *e);
    p += sizeof *e;
    c->fields = vec_grow(c->fields, &c->field_cap, e->field_count, sizeof *c->fields);
    c->places = vec_grow(c->places, &c->place_cap, e->place_count, sizeof *c->places);
    for (unsigned i = 0; i < e->field_count; i++) {
        struct field *f = &c->fields[i];
        f->type = (uint8_t)p[0];
        f->group = (uint8_t)p[1];
        memcpy(&f->name_len, p + 2, 2);
        f->len = get_u32(p + 4);
        f->name = p + FIELD_HEAD;
        f->data = f->name + f->name_len;
        p = (const char *)f->data + f->len;
    }
    if (e->place_count)
        memcpy(c->places, p, e->place_count * sizeof *c->places);
    e->fields = c->fields;
    e->places = c->places;
    return true;
}

void block_cursor_free(struct block_cursor *c)
{
    mem_free(c->fields);
    mem_free(c->places);
}

static void put_name(void *ctx, uint64_t id, str text)
{
    struct buf *raw = ctx;
    uint32_t len = (uint32_t)text.len;

    buf_add(raw, &id, sizeof id);
    buf_add(raw, &len, sizeof len);
    buf_str(raw, text);
}

static void flush_block(struct segment_writer *w)
{
    struct block *b = &w->block;
    struct buf *out = &w->out->data;
    char head[8] = {0};

    if (b->events == 0)
        return;
    w->raw.len = 0;
    buf_add(&w->raw, head, sizeof head);
    names_each(&b->names, put_name, &w->raw);
    put_u32(w->raw.p, (uint32_t)b->names.count);
    put_u32(w->raw.p + 4, (uint32_t)(w->raw.len - 8));
    buf_add(&w->raw, b->bytes.p, b->bytes.len);
    if (!w->zstd)
        w->zstd = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(w->raw.len);
    buf_reserve(out, bound + 8);
    size_t size = w->zstd ? ZSTD_compressCCtx(w->zstd, out->p + out->len + 8, bound, w->raw.p,
                                              w->raw.len, RUN_LEVEL)
                          : (size_t)-1;
    if (!w->zstd || ZSTD_isError(size))
        die("out of memory while compressing a run");
    put_u32(out->p + out->len, (uint32_t)size);
    put_u32(out->p + out->len + 4, (uint32_t)w->raw.len);
    out->len += size + 8;
    w->out->bytes = out->len;
    block_reset(b);
}

void segment_add(struct segment_writer *w, const struct event *e, const struct names *names)
{
    block_add(&w->block, e, names);
    w->out->events++;
    if (w->block.bytes.len >= BLOCK_BYTES)
        flush_block(w);
}

void segment_end(struct segment_writer *w)
{
    flush_block(w);
    w->out = NULL;
}

void segment_writer_free(struct segment_writer *w)
{
    block_free(&w->block);
    buf_free(&w->raw);
    ZSTD_freeCCtx(w->zstd);
}

void segment_open(struct segment_reader *r, const struct segment *s, int fd)
{
    *r = (struct segment_reader){.segment = s, .fd = fd};
}

static const char *packed_bytes(struct segment_reader *r, uint64_t at, size_t n)
{
    if (!r->segment->in_file)
        return r->segment->data.p + at;
    r->packed.len = 0;
    buf_reserve(&r->packed, n);
    for (size_t got = 0; got < n;) {
        ssize_t k = pread(r->fd, r->packed.p + got, n - got,
                          (off_t)(r->segment->file_offset + at + got));
        if (k <= 0)
            return NULL;
        got += (size_t)k;
    }
    return r->packed.p;
}

static bool load_block(struct segment_reader *r)
{
    const char *head = r->at < r->segment->bytes ? packed_bytes(r, r->at, 8) : NULL;

    r->failed = !head && r->at < r->segment->bytes;
    if (!head)
        return false;
    uint32_t packed = get_u32(head), size = get_u32(head + 4);
    const char *data = packed_bytes(r, r->at + 8, packed);
    r->raw.len = 0;
    buf_reserve(&r->raw, size);
    if (!r->zstd && !(r->zstd = ZSTD_createDCtx()))
        die("out of memory for reading a run");
    size_t got = data ? ZSTD_decompressDCtx(r->zstd, r->raw.p, size, data, packed) : 0;
    r->failed = !data || ZSTD_isError(got) || got != size;
    if (r->failed)
        return false;
    r->at += 8 + (uint64_t)packed;
    names_reset(&r->names);
    const char *p = r->raw.p + 8;
    for (uint32_t n = get_u32(r->raw.p); n > 0; n--) {
        uint32_t len = get_u32(p + 8);
        names_put(&r->names, (str){p + 12, len});
        p += 12 + len;
    }
    r->cursor.at = r->raw.p + 8 + get_u32(r->raw.p + 4);
    r->cursor.end = r->raw.p + size;
    return true;
}

bool segment_next(struct segment_reader *r)
{
    while (!block_next(&r->cursor))
        if (!load_block(r))
            return false;
    return true;
}

void segment_close(struct segment_reader *r)
{
    buf_free(&r->packed);
    buf_free(&r->raw);
    ZSTD_freeDCtx(r->zstd);
    names_free(&r->names);
    block_cursor_free(&r->cursor);
}
