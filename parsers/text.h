/* SPDX-License-Identifier: Apache-2.0
 *
 * What text parsers share: messages put together from parts, which is several times faster than
 * printf where a log has millions of lines. */
#ifndef PARSERS_TEXT_H
#define PARSERS_TEXT_H

#include "core/batch.h"

enum { TEXT_DIGITS = 20 };

/* The message of the open event: the parts one after another. */
void text_message(struct batch *out, const str *parts, size_t count);

/* v in decimal, in the caller's buffer. */
str text_digits(char digits[TEXT_DIGITS], uint64_t v);

#endif
