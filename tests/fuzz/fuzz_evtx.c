/* SPDX-License-Identifier: Apache-2.0
 *
 * EVTX, the one format whose binary reader is our own: a target that takes the bytes as they are,
 * and one that takes them as a script of which a chunk with right checksums is made. Both read live
 * records, then whatever can be recovered, then the same bytes as raw ones. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/made_chunk.h"

extern const struct parser parser_evtx, parser_evtx_raw;

static void every_way(const uint8_t *bytes, size_t size)
{
    const struct hints live = {.messages = true};
    const struct hints recover = {.messages = true, .recover = true, .xml = true};

    fuzz_parse(&parser_evtx, bytes, size, &live);
    fuzz_print(&parser_evtx, bytes, size, &live);
    fuzz_parse(&parser_evtx, bytes, size, &recover);
    fuzz_print(&parser_evtx, bytes, size, &recover);
    if (size > MADE_HEADER + 1) /* chunks of raw bytes begin anywhere */
        fuzz_parse(&parser_evtx_raw, bytes + MADE_HEADER - 7, size - MADE_HEADER + 7, &recover);
}

int fuzz_evtx(const uint8_t *data, size_t size)
{
    every_way(data, size);
    return 0;
}

/* Behind the chunk comes a copy of it that has lost its first bytes of records: its templates are
 * those of the other chunk, or gone. */
int fuzz_evtx_made(const uint8_t *data, size_t size)
{
    struct buf file = {0};
    size_t lost = size ? (size_t)data[0] * 64 : 0;

    made_chunk(data + (size > 0), size - (size > 0), &file);
    if (lost) {
        buf_reserve(&file, MADE_CHUNK);
        buf_add(&file, file.p + MADE_HEADER, MADE_CHUNK);
        memset(file.p + MADE_HEADER + MADE_CHUNK + 512, 0, lost);
    }
    uint8_t *exact = mem_alloc(file.len);
    memcpy(exact, file.p, file.len);
    size_t len = file.len;
    buf_free(&file);
    every_way(exact, len);
    mem_free(exact);
    return 0;
}
