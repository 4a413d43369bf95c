/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressed blobs, and texts in UTF-16, as streams. Memory is fixed; a stream that expands beyond
 * reason (a bomb) is ended with a reason, since time is what it would cost. */
#include <zlib.h>
#include <zstd.h>

#include "core/arena.h"
#include "core/utf.h"
#include "evidence/evidence.h"

enum {
    INPUT_SIZE = 256 * 1024,
    ZSTD_WINDOW_LOG_MAX = 27,
    UTF16_UNMARKED = 32 /* characters seen where no mark says that it is UTF-16 */
};
#define RATIO_MAX 5000u
#define RATIO_FREE (UINT64_C(1) << 30) /* bytes that may come out whatever the ratio */

enum peel_form { PEEL_GZIP, PEEL_ZSTD, PEEL_UTF16LE, PEEL_UTF16BE, PEEL_NONE };

struct peel {
    long (*read)(void *ctx, void *buf, size_t n);
    void *ctx;
    unsigned char *input;
    size_t have, at;
    uint64_t in_total, out_total;
    enum peel_form form;
    bool ended, between; /* between: at the start of a member or frame */
    char pending[4];     /* a character that had no room yet */
    unsigned pending_len;
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

static unsigned unit_at(const unsigned char *p, bool big)
{
    return big ? (unsigned)(p[0] << 8 | p[1]) : (unsigned)(p[1] << 8 | p[0]);
}

/* Text in UTF-16: behind its mark, or without one where the head is nothing but ASCII in 16 bits.
 * Control characters are no text. */
static bool is_utf16(str head, bool big)
{
    size_t units = head.len / 2, ascii = 0;
    const unsigned char *p = (const unsigned char *)head.p;
    bool marked = units > 1 && unit_at(p, big) == 0xfeff;

    for (size_t i = marked; i < units; i++) {
        unsigned u = unit_at(p + 2 * i, big);
        if ((u < 0x20 && u != '\t' && u != '\r' && u != '\n') || u >= 0xfffe)
            return false;
        ascii += u < 0x7f;
    }
    return marked ? ascii > 0 : units >= UTF16_UNMARKED && ascii == units;
}

static enum peel_form form_of(str head)
{
    return is_gzip(head)              ? PEEL_GZIP
           : is_zstd(head)            ? PEEL_ZSTD
           : is_utf16(head, false) ? PEEL_UTF16LE
           : is_utf16(head, true)  ? PEEL_UTF16BE
                                      : PEEL_NONE;
}

bool peel_is_plain(str head)
{
    return form_of(head) == PEEL_NONE;
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
    p->form = form_of(head);
    p->between = true;
    if (p->form == PEEL_GZIP && inflateInit2(&p->z, 15 + 16) != Z_OK)
        die("out of memory for a gzip stream");
    if (p->form == PEEL_ZSTD) {
        p->zstd = ZSTD_createDStream();
        if (!p->zstd)
            die("out of memory for a zstd stream");
        ZSTD_DCtx_setParameter(p->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return p;
}

static bool fill(struct peel *p, struct err *err)
{
    if (p->at < p->have || p->pending_len)
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

static bool is_half(unsigned unit, unsigned first)
{
    return (unit & 0xfc00) == first;
}

/* The next character into `pending`. Half a pair keeps its three bytes, which no UTF-8 has: it is
 * told later as text that was repaired. So does a last odd byte. */
static void next_character(struct peel *p)
{
    const unsigned char *s = p->input + p->at;
    size_t left = p->have - p->at;
    bool big = p->form == PEEL_UTF16BE;

    if (left < 2) {
        p->pending[0] = (char)s[0];
        p->pending_len = 1;
        p->at = p->have;
        return;
    }
    uint32_t code = unit_at(s, big);
    p->at += 2;
    if (is_half(code, 0xd800) && left >= 4 && is_half(unit_at(s + 2, big), 0xdc00)) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (unit_at(s + 2, big) & 0x3ff);
        p->at += 2;
    }
    p->pending_len = utf8_encode(code, p->pending);
}

/* Fewer than four bytes may be the beginning of a character: more is read behind them first. */
static void refill(struct peel *p)
{
    size_t left = p->have - p->at;

    memmove(p->input, p->input + p->at, left);
    p->at = 0;
    p->have = left;
    while (p->have < 4) {
        long n = p->read(p->ctx, p->input + p->have, INPUT_SIZE - p->have);
        if (n <= 0)
            return; /* an error is met again by the next fill */
        p->have += (size_t)n;
        p->in_total += (uint64_t)n;
    }
}

static bool step_utf16(struct peel *p, unsigned char *out, size_t room, size_t *made)
{
    if (p->have - p->at < 4)
        refill(p);
    if (p->out_total == 0 && *made == 0 && p->in_total == p->have && p->at == 0 && p->have >= 2 &&
        unit_at(p->input, p->form == PEEL_UTF16BE) == 0xfeff)
        p->at = 2; /* the mark */
    while (*made < room && (p->pending_len || p->have - p->at >= 4 ||
                            (*made == 0 && p->have > p->at))) {
        if (!p->pending_len)
            next_character(p);
        unsigned n = p->pending_len < room - *made ? p->pending_len : (unsigned)(room - *made);
        memcpy(out + *made, p->pending, n);
        memmove(p->pending, p->pending + n, p->pending_len - n);
        p->pending_len -= n;
        *made += n;
    }
    return true;
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
        if (p->form == PEEL_GZIP && p->between && p->out_total + *got > 0 &&
            p->input[p->at] != 0x1f) {
            p->ended = true;
            break;
        }
        bool good = p->form == PEEL_GZIP   ? step_gzip(p, out + *got, n - *got, &made, err)
                    : p->form == PEEL_ZSTD ? step_zstd(p, out + *got, n - *got, &made, err)
                                           : step_utf16(p, out + *got, n - *got, &made);
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
    if (p->form == PEEL_GZIP)
        inflateEnd(&p->z);
    ZSTD_freeDStream(p->zstd);
    mem_free(p->input);
    mem_free(p);
}
