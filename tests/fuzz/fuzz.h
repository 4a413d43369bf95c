/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>

#include "core/parser.h"

/* Probes and parses `bytes` as one blob and renders every value of what came out. */
void fuzz_parse(const struct parser *parser, const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
