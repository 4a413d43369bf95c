/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressed blobs as streams. Memory is fixed; a stream that expands beyond reason (a bomb) is
 * ended with a reason, since time is what it would cost. */
#include <zlib.h>
#include <zstd.h>

#include "core/arena.h"
#include "evidence/evidence.h"

enum { INPUT_SIZE = 256 * 1024, ZSTD_WINDOW_LOG_MAX = 27 };
#define RATIO_MAX 5000u
#define RATIO_FREE (UINT64_C(1) << 30) /* bytes that may come out whatever the ratio */

struct peel {
    long (*read)(void *ctx, void *buf, size_t n);
    void *ctx;
    unsigned char *input;
    size_t have, at;
    uint64_t in_total, out_total;
    bool gzip, ended, between; /* between: at the start of a member or frame */
    z_stream z;
    ZSTD_DStream *zstd;
};

static bool is_gzip(str head)
{
    return head.len >= 3 && memcmp(head.p, "\x1f\x8b\x08", 3) == 0;
}

static bool is_zstd(str head)
{
    return head.len >= 4 && memcmp(head.p, "\x28\xb5\x2f\xfd", 4) == 0;
}

bool peel_is_plain(str head)
{
    return !is_gzip(head) && !is_zstd(head);
}

int64_t peel_stored_time(str head)
{
    const unsigned char *p = (const unsigned char *)head.p;
    uint32_t seconds = 0;

    if (is_gzip(head) && head.len >= 8)
        seconds = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
    return seconds ? (int64_t)seconds * 1000000000 : INT64_MAX;
}

struct peel *peel_open(str head, long (*read)(void *ctx, void *buf, size_t n), void *ctx)
{
    struct peel *p = mem_alloc(sizeof *p);

    p->read = read;
    p->ctx = ctx;
    p->input = mem_alloc(INPUT_SIZE);
    p->gzip = is_gzip(head);
    p->between = true;
    if (p->gzip && inflateInit2(&p->z, 15 + 16) != Z_OK)
        die("out of memory for a gzip stream");
    if (!p->gzip) {
        p->zstd = ZSTD_createDStream();
        if (!p->zstd)
            die("out of memory for a zstd stream");
        ZSTD_DCtx_setParameter(p->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return p;
}

static bool fill(struct peel *p, struct err *err)
{
    if (p->at < p->have)
        return true;
    long n = p->read(p->ctx, p->input, INPUT_SIZE);
    if (n < 0)
        return err_errno(err, "read error at byte %llu", (unsigned long long)p->in_total);
    p->at = 0;
    p->have = (size_t)n;
    p->in_total += (uint64_t)n;
    if (n > 0)
        return true;
    p->ended = true;
    return p->between ||
           err_set(err, "the compressed stream ends early (after %llu bytes of content)",
                   (unsigned long long)p->out_total);
}

static bool step_gzip(struct peel *p, unsigned char *out, size_t room, size_t *made,
                      struct err *err)
{
    p->z.next_in = p->input + p->at;
    p->z.avail_in = (unsigned)(p->have - p->at);
    p->z.next_out = out;
    p->z.avail_out = (unsigned)room;
    int status = inflate(&p->z, Z_NO_FLUSH);
    p->at = p->have - p->z.avail_in;
    *made = room - p->z.avail_out;
    p->between = false;
    if (status == Z_STREAM_END) {
        inflateReset(&p->z);
        p->between = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
        p->ended = true;
        return err_set(err, "damaged gzip data after %llu bytes of content",
                       (unsigned long long)(p->out_total + *made));
    }
    return true;
}

static bool step_zstd(struct peel *p, unsigned char *out, size_t room, size_t *made,
                      struct err *err)
{
    ZSTD_inBuffer in = {p->input, p->have, p->at};
    ZSTD_outBuffer o = {out, room, 0};
    size_t status = ZSTD_decompressStream(p->zstd, &o, &in);

    p->at = in.pos;
    *made = o.pos;
    p->between = status == 0;
    if (!ZSTD_isError(status))
        return true;
    p->ended = true;
    return err_set(err, "damaged zstd data after %llu bytes of content: %s",
                   (unsigned long long)(p->out_total + *made), ZSTD_getErrorName(status));
}

bool peel_read(struct peel *p, void *buf, size_t n, size_t *got, struct err *err)
{
    unsigned char *out = buf;

    *got = 0;
    while (*got < n && !p->ended) {
        size_t made = 0;
        if (!fill(p, err))
            return false;
        if (p->ended)
            break;
        /* Bytes behind the last member that begin no other one are padding (tape blocks). */
        if (p->gzip && p->between && p->out_total + *got > 0 && p->input[p->at] != 0x1f) {
            p->ended = true;
            break;
        }
        bool good = p->gzip ? step_gzip(p, out + *got, n - *got, &made, err)
                            : step_zstd(p, out + *got, n - *got, &made, err);
        *got += made;
        if (!good)
            return false;
        if (p->out_total + *got > RATIO_FREE && (p->out_total + *got) / RATIO_MAX > p->in_total) {
            p->ended = true;
            return err_set(err, "expands more than %u times: read no further", RATIO_MAX);
        }
    }
    p->out_total += *got;
    return true;
}

void peel_close(struct peel *p)
{
    if (!p)
        return;
    if (p->gzip)
        inflateEnd(&p->z);
    ZSTD_freeDStream(p->zstd);
    mem_free(p->input);
    mem_free(p);
}
