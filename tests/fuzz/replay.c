/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over files, without a fuzzer:
 *     fuzz-replay TARGET FILE...   each file whole, and every prefix up to 4 KiB, beyond that at up to
 *                                  500 line ends, one byte around
 * TARGET is the name of a parser, evtx (as live, recovered and raw records) or evtx-made (scripts
 * of which chunks are made, whole only). Each input lies in a block of exactly its size, so that the sanitizer sees
 * any read behind it. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

enum { SMALL = 4096, CUTS = 500, FILE_MAX = 64 << 20 };

struct target {
    int (*run)(const uint8_t *data, size_t size);
    const struct parser *parser;
};

/* A prefix goes through the parser alone. */
static void run(struct target target, const uint8_t *bytes, size_t size, bool whole)
{
    const struct hints hints = {.messages = true, .recover = size % 2 != 0,
                                .xml = size % 3 == 0};
    uint8_t *exact = mem_alloc(size);

    if (size)
        memcpy(exact, bytes, size);
    if (target.run && (whole || !target.parser))
        target.run(exact, size);
    else
        fuzz_parse(target.parser, exact, size, &hints);
    mem_free(exact);
}

static void run_prefixes(struct target target, const uint8_t *bytes, size_t size)
{
    size_t cuts = 0;

    for (size_t n = 0; n < size && n < SMALL; n++)
        run(target, bytes, n, false);
    for (size_t n = SMALL; n < size && cuts < CUTS; n++)
        if (bytes[n] == '\n' || n % 65536 < 2) {
            run(target, bytes, n, false);
            run(target, bytes, n + 1, false);
            cuts++;
        }
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f)
        return false;
    out->len = 0;
    do {
        buf_reserve(out, 1 << 16);
        n = fread(out->p + out->len, 1, 1 << 16, f);
        out->len += n;
    } while (n > 0 && out->len < FILE_MAX);
    fclose(f);
    return true;
}

static bool target_of(str name, struct target *out)
{
    *out = (struct target){0};
    if (str_eq(name, STR("evtx")))
        out->run = fuzz_evtx;
    else if (str_eq(name, STR("evtx-made")))
        out->run = fuzz_evtx_made;
    for (size_t i = 0; i < parser_count; i++)
        if (str_eq(str_of(parsers[i]->name), name))
            out->parser = parsers[i];
    return out->run || out->parser;
}

int main(int argc, char **argv)
{
    struct target target;
    struct buf file = {0};
    int bad = 0;

    if (argc < 2 || !target_of(str_of(argv[1]), &target)) {
        fprintf(stderr, "usage: fuzz-replay TARGET FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        if (!read_file(argv[i], &file)) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            bad = 1;
            continue;
        }
        fprintf(stderr, "%s\n", argv[i]); /* named before a crash */
        run(target, (const uint8_t *)file.p, file.len, true);
        if (target.run != fuzz_evtx_made) /* what a cut script makes is not cut */
            run_prefixes(target, (const uint8_t *)file.p, file.len);
    }
    buf_free(&file);
    return bad;
}
