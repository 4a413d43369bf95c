/* SPDX-License-Identifier: Apache-2.0
 *
 * Text encodings: UTF-8, UTF-16LE and Windows-1252 appended to a buffer as valid UTF-8, either
 * plain or as the inside of a JSON string. One walk does both, so that a UTF-16 value reaches a
 * JSON file without a copy in between. Runs of plain ASCII, nearly all of what logs hold, are
 * checked and copied 16 bytes at a time. */
#ifndef CORE_UTF_H
#define CORE_UTF_H

#include "core/arena.h"
#include "core/str.h"

enum utf_form { UTF_PLAIN, UTF_JSON };

/* Each bad byte, or unpaired surrogate, becomes U+FFFD; false when there was one. */
bool utf8_put(str s, enum utf_form form, struct buf *out);
bool utf16_put(const void *p, size_t bytes, enum utf_form form, struct buf *out);
void ansi_put(str s, enum utf_form form, struct buf *out);

/* The character at the front of p (left > 0 bytes): its length, or 0 when the first byte is bad:
 * overlong forms, surrogates and values past U+10FFFF are (RFC 3629). */
unsigned utf8_decode(const char *p, size_t left, uint32_t *code);

/* Writes code as UTF-8 and returns the length, 1 to 4. */
unsigned utf8_encode(uint32_t code, char out[4]);

#endif
