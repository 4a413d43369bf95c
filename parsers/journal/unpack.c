/* SPDX-License-Identifier: Apache-2.0
 *
 * Decompression of data objects:
 *     xz     an .xz stream
 *     lz4    the size of the content (64 bits, little-endian), then one LZ4 block
 *     zstd   a zstd frame
 * (systemd's src/basic/compress.c). */
#include "parsers/journal/unpack.h"

#include <lz4.h>
#include <lzma.h>
#include <zstd.h>

#include "core/err.h"
#include "parsers/bytes.h"

enum {
    XZ_MEMORY = 64 << 20,
    ZSTD_WINDOW_LOG = 27,
    SIZE_PREFIX = 8
};

struct unpacker {
    struct buf room;
    size_t left; /* bytes that may come out */
    lzma_stream xz;
    ZSTD_DStream *zstd;
};

struct unpacker *unpacker_new(size_t total)
{
    struct unpacker *u = mem_alloc(sizeof *u);

    u->left = total;
    u->xz = (lzma_stream)LZMA_STREAM_INIT;
    return u;
}

void unpacker_free(struct unpacker *u)
{
    lzma_end(&u->xz);
    ZSTD_freeDStream(u->zstd);
    buf_free(&u->room);
    mem_free(u);
}

/* Each of the three fills up to `room` bytes and tells how many, and whether more would follow. */

static bool unpack_xz(struct unpacker *u, str packed, size_t room, bool *cut)
{
    if (lzma_stream_decoder(&u->xz, XZ_MEMORY, 0) != LZMA_OK)
        return false;
    u->xz.next_in = (const uint8_t *)packed.p;
    u->xz.avail_in = packed.len;
    u->xz.next_out = (uint8_t *)u->room.p;
    u->xz.avail_out = room;
    lzma_ret status = lzma_code(&u->xz, LZMA_FINISH);
    u->room.len = room - u->xz.avail_out;
    *cut = status == LZMA_OK && u->xz.avail_out == 0;
    return status == LZMA_STREAM_END || *cut;
}

static bool unpack_lz4(struct unpacker *u, str packed, size_t room, bool *cut)
{
    if (packed.len <= SIZE_PREFIX || packed.len - SIZE_PREFIX > INT32_MAX)
        return false;
    uint64_t size = le64_at(packed, 0);
    *cut = size > room;
    int want = (int)(*cut ? room : size), len = (int)(packed.len - SIZE_PREFIX);
    const char *block = packed.p + SIZE_PREFIX;
    int got = *cut ? LZ4_decompress_safe_partial(block, u->room.p, len, want, want)
                   : LZ4_decompress_safe(block, u->room.p, len, want);
    u->room.len = got > 0 ? (size_t)got : 0;
    return got > 0 && got == want;
}

static bool unpack_zstd(struct unpacker *u, str packed, size_t room, bool *cut)
{
    ZSTD_inBuffer in = {packed.p, packed.len, 0};
    ZSTD_outBuffer out = {u->room.p, room, 0};

    if (!u->zstd)
        u->zstd = ZSTD_createDStream();
    if (!u->zstd)
        die("out of memory for a zstd stream");
    ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    size_t status = ZSTD_decompressStream(u->zstd, &out, &in);
    u->room.len = out.pos;
    *cut = !ZSTD_isError(status) && status != 0 && out.pos == room;
    return status == 0 || *cut;
}

bool unpack(struct unpacker *u, enum packing packing, str packed, size_t most, struct arena *a,
            str *out, bool *cut, const char **why)
{
    u->room.len = 0;
    buf_reserve(&u->room, most);
    *cut = false;
    if (u->left == 0) {
        *why = "more is packed into the journal than is read";
        return false;
    }
    bool good = packing == PACKED_XZ    ? unpack_xz(u, packed, most, cut)
                : packing == PACKED_LZ4 ? unpack_lz4(u, packed, most, cut)
                                        : unpack_zstd(u, packed, most, cut);
    u->left -= u->room.len < u->left ? u->room.len : u->left;
    if (!good) {
        *why = "its compressed data are damaged";
        return false;
    }
    *out = arena_str(a, buf_view(&u->room));
    return true;
}
