/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the fuzz target over files, without a fuzzer:
 *     fuzz-replay FILE...            each file once, as a fuzzer's input (first byte = parser)
 *     fuzz-replay -p PARSER FILE...  as blobs of one parser: the whole, and every prefix up to
 *                                    4 KiB, beyond that at up to 500 line ends, one byte around
 * Each input lies in a block of exactly its size, so that the sanitizer sees any read behind it. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

enum { SMALL = 4096, CUTS = 500, FILE_MAX = 64 << 20 };

static void run(const struct parser *parser, const uint8_t *bytes, size_t size)
{
    uint8_t *exact = mem_alloc(size);

    if (size)
        memcpy(exact, bytes, size);
    if (parser)
        fuzz_parse(parser, exact, size);
    else
        LLVMFuzzerTestOneInput(exact, size);
    mem_free(exact);
}

static void run_prefixes(const struct parser *parser, const uint8_t *bytes, size_t size)
{
    size_t cuts = 0;

    for (size_t n = 0; n < size && n < SMALL; n++)
        run(parser, bytes, n);
    for (size_t n = SMALL; n < size && cuts < CUTS; n++)
        if (bytes[n] == '\n' || n % 65536 < 2) {
            run(parser, bytes, n);
            run(parser, bytes, n + 1);
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

static const struct parser *parser_of(const char *name)
{
    for (size_t i = 0; i < parser_count; i++)
        if (str_eq(str_of(parsers[i]->name), str_of(name)))
            return parsers[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct parser *parser = NULL;
    struct buf file = {0};
    int first = 1, bad = 0;

    if (argc > 2 && str_eq(str_of(argv[1]), STR("-p"))) {
        parser = parser_of(argv[2]);
        first = 3;
        if (!parser) {
            fprintf(stderr, "no parser %s\n", argv[2]);
            return 2;
        }
    }
    for (int i = first; i < argc; i++) {
        if (!read_file(argv[i], &file)) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            bad = 1;
            continue;
        }
        fprintf(stderr, "%s\n", argv[i]); /* named before a crash */
        run(parser, (const uint8_t *)file.p, file.len);
        if (parser)
            run_prefixes(parser, (const uint8_t *)file.p, file.len);
    }
    buf_free(&file);
    return bad;
}
