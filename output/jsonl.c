/* SPDX-License-Identifier: Apache-2.0
 *
 * events.jsonl.zst: every event, one JSON object a line (core/ecs.h), loss-free.
 *
 * Each block of events is one zstd frame (RFC 8878) of its own, with content size and checksum,
 * so any tool reads the file, and a part of it can be read alone. The last frame is a skippable
 * one with an index, little-endian, which zstd tools pass over:
 *
 *     u32 0x184D2A5A   u32 size of the rest
 *     per frame: u64 compressed bytes, u64 text bytes, i64 time of its first event in ns since
 *                1970 UTC (INT64_MAX: unknown), u64 events
 *     u64 number of frames   u64 events   "ashiato1"
 *
 * The last 8 bytes tell that there is an index, the 16 before them where it begins. */
#include <zstd.h>

#include "core/ecs.h"
#include "core/outfile.h"
#include "core/time.h"
#include "core/writer.h"

enum { LEVEL = 3, ENTRY = 32, INDEX_MAGIC = 0x184D2A5A };

struct jsonl {
    struct outfile *file;
    struct buf index;
    uint64_t frames, events;
    bool broken; /* a block could not be compressed */
};

static void *jsonl_open(const struct case_view *c, const char *path, struct err *err)
{
    struct outfile *file = outfile_open(path, err);

    (void)c;
    if (!file)
        return NULL;
    struct jsonl *w = mem_alloc(sizeof *w);
    w->file = file;
    return w;
}

static void jsonl_render(const struct case_view *c, const struct marked *m, struct buf *out)
{
    const struct identity *id = c->identity;
    uint32_t i = id ? identity_host(id, m->event->host) : IDENTITY_NONE;
    const struct host *host = i == IDENTITY_NONE ? NULL : &id->hosts[i];
    const struct ecs_context ctx = {
        .host = host ? host->name : STR(""),
        .addresses = host ? host->addresses : NULL,
        .address_count = host ? host->address_count : 0,
        .sources = c->sources,
        .source_count = c->source_count,
        .places = m->places,
        .place_count = m->place_count,
        .marks = m->marks,
        .mark_count = m->mark_count,
        .result = c->result,
    };

    ecs_write(m->lines, out, m->event, m->names, &ctx);
    buf_char(out, '\n');
}

/* The line begins with the time when it is known. */
static int64_t first_time(str line)
{
    int64_t time_ns = TIME_UNKNOWN;
    enum precision precision;
    bool zoned;

    if (!str_take(&line, STR("{\"@timestamp\":\"")) ||
        !str_take_rfc3339(&line, &time_ns, &precision, &zoned))
        return TIME_UNKNOWN;
    return time_ns;
}

/* Text to a frame, with the first time behind it for the index. An empty block: it failed. */
static void jsonl_seal(struct buf *block)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    int64_t time_ns = first_time(buf_view(block));
    struct buf out = {0};

    if (!z)
        die("out of memory (zstd)");
    buf_reserve(&out, ZSTD_compressBound(block->len) + sizeof time_ns);
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(z, out.p, out.cap - sizeof time_ns, block->p, block->len);
    ZSTD_freeCCtx(z);
    out.len = ZSTD_isError(n) ? 0 : n;
    if (out.len)
        buf_add(&out, &time_ns, sizeof time_ns);
    buf_free(block);
    *block = out;
}

static void jsonl_block(void *state, str bytes, size_t events, size_t text_bytes)
{
    struct jsonl *w = state;

    if (bytes.len < sizeof(int64_t)) {
        w->broken = true;
        return;
    }
    size_t n = bytes.len - sizeof(int64_t);
    const uint64_t head[2] = {n, text_bytes};
    const uint64_t count = events;
    outfile_write(w->file, bytes.p, n);
    buf_add(&w->index, head, sizeof head);
    buf_add(&w->index, bytes.p + n, sizeof(int64_t));
    buf_add(&w->index, &count, sizeof count);
    w->frames++;
    w->events += events;
}

static void write_index(struct jsonl *w)
{
    const uint64_t tail[2] = {w->frames, w->events};
    const uint32_t head[2] = {INDEX_MAGIC, (uint32_t)(w->index.len + sizeof tail + 8)};

    if (w->index.len > UINT32_MAX - 64) {
        w->index.len = 0; /* more than 100 million frames: the stream stands without an index */
        return;
    }
    outfile_write(w->file, head, sizeof head);
    outfile_drain(w->file, &w->index);
    outfile_write(w->file, tail, sizeof tail);
    outfile_str(w->file, STR("ashiato1"));
}

static bool jsonl_close(void *state, bool abandon, struct err *err)
{
    struct jsonl *w = state;

    if (!abandon && !w->broken)
        write_index(w);
    bool good = outfile_close(w->file, abandon, err);
    if (good && w->broken && !abandon)
        good = err_set(err, "events.jsonl.zst: a block could not be compressed");
    buf_free(&w->index);
    mem_free(w);
    return good;
}

const struct writer writer_jsonl = {
    .name = "jsonl",
    .file = "events.jsonl.zst",
    .about = "every event as a line of JSON, fields named as ECS names them, zstd",
    .every_event = true,
    .open = jsonl_open,
    .render = jsonl_render,
    .seal = jsonl_seal,
    .block = jsonl_block,
    .close = jsonl_close,
};
