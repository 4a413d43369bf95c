/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests that call a parser without the pipeline: completes what it set aside, from the pieces
 * that the same batch was offered. The events come behind those that are there. */
#ifndef TESTS_COMPLETE_H
#define TESTS_COMPLETE_H

#include "core/parser.h"

static inline void complete_batch(const struct parser *parser, const struct hints *hints,
                                  struct batch *b)
{
    struct pieces pieces = b->pieces;
    struct hints with = *hints;

    b->pieces = (struct pieces){0};
    pieces_sort(&pieces);
    with.pieces = &pieces;
    for (size_t i = 0; i < b->aside_count && parser->complete; i++)
        parser->complete(b->aside[i], &with, b);
    b->aside_count = 0;
    pieces_free(&pieces);
}

#endif
