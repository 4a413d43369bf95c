/* SPDX-License-Identifier: Apache-2.0
 *
 * The fuzz targets, in the form that libFuzzer and AFL++ know. replay.c runs them over files
 * without either; README.md says how. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>

#include "core/parser.h"

/* What a blob may cost for each 64 KiB of it that are begun: bytes of the batch's arena, and of the
 * texts of all values of all events. */
enum { FUZZ_ARENA_MAX = 32 << 20, FUZZ_TEXT_MAX = 96 << 20 };

/* Probes and parses `bytes` as one blob, renders every value of what came out and writes each event
 * as a line; asserts that texts are UTF-8 and that the costs are within bounds. */
void fuzz_parse(const struct parser *parser, const uint8_t *bytes, size_t size,
                const struct hints *hints);

/* The same with parse --record and --check, for a parser that has them: asserts that lines are JSON
 * and the same whatever was printed before, and that a check finds what decoding does. */
void fuzz_print(const struct parser *parser, const uint8_t *bytes, size_t size,
                const struct hints *hints);

int fuzz_parsers(const uint8_t *data, size_t size);   /* the first byte chooses the parser */
int fuzz_evtx(const uint8_t *data, size_t size);      /* the bytes are an EVTX file */
int fuzz_evtx_made(const uint8_t *data, size_t size); /* a script of which one is made */

#endif
