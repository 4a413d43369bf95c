/* SPDX-License-Identifier: Apache-2.0
 *
 * An EVTX file of one chunk from a script of arbitrary bytes: well formed where the script does not
 * say otherwise, with right checksums in any case. A fuzzer that changes the script so changes
 * templates, tokens and values rather than checksums. */
#ifndef TESTS_FUZZ_MADE_CHUNK_H
#define TESTS_FUZZ_MADE_CHUNK_H

#include "core/arena.h"

enum { MADE_HEADER = 4096, MADE_CHUNK = 65536 };

/* Appends the file to `out`. */
void made_chunk(const uint8_t *script, size_t size, struct buf *out);

#endif
