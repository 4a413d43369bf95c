/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 (RFC 4648 section 4): how exact bytes travel inside JSON. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "core/arena.h"

void base64_add(struct buf *b, const void *bytes, size_t n); /* with padding, no line breaks */

/* The bytes of a text, in the arena. False when it is not base64 (padding may be missing). */
bool base64_read(str text, struct arena *a, str *out);

#endif
