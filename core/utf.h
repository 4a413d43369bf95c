/* SPDX-License-Identifier: Apache-2.0
 *
 * Text encodings: UTF-8, UTF-16LE and Windows-1252 to valid UTF-8, either plain or as the inside
 * of a JSON string. One walk does both, so that a UTF-16 value reaches a JSON file without a copy
 * in between. Runs of plain ASCII, nearly all of what logs hold, are checked and copied 16 bytes
 * at a time. */
#ifndef CORE_UTF_H
#define CORE_UTF_H

#include "core/arena.h"
#include "core/str.h"

enum utf_form { UTF_PLAIN, UTF_JSON };

/* Room that `units` of text (bytes, or units of UTF-16) need at the most. */
static inline size_t utf_room(size_t units, enum utf_form form)
{
    return units * (form == UTF_JSON ? 6 : 3) + 16; /* runs are copied by blocks of 16 */
}

/* Written to `at`, where there is room; return the end. Each bad byte, or unpaired surrogate,
 * becomes U+FFFD, and *good false (it is not touched otherwise). A last odd byte of UTF-16 is bad;
 * every byte is good Windows-1252. */
char *utf8_write(char *at, str s, enum utf_form form, bool *good);
char *utf16_write(char *at, const void *p, size_t bytes, enum utf_form form, bool *good);
char *ansi_write(char *at, str s, enum utf_form form);

/* Appended; false when something was bad. */
bool utf8_put(str s, enum utf_form form, struct buf *out);
bool utf16_put(const void *p, size_t bytes, enum utf_form form, struct buf *out);

/* The character at the front of p (left > 0 bytes): its length, or 0 when the first byte is bad:
 * overlong forms, surrogates and values past U+10FFFF are (RFC 3629). */
unsigned utf8_decode(const char *p, size_t left, uint32_t *code);

/* Writes code as UTF-8 and returns the length, 1 to 4. */
unsigned utf8_encode(uint32_t code, char out[4]);

#endif
