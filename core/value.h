/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed values as they stand in a record. Nothing is turned into text until somebody asks.
 *
 * The type numbers are those of binary XML in Windows event logs (MS-EVEN6 section 2.2.12, and the
 * EVTX format documentation of the libyal project), so the EVTX decoder copies them; 0x40 and up
 * are ours. Numbers are little-endian and may be unaligned. `p` borrows from the batch that the
 * event belongs to (or from the input window, as long as the batch lives). */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include "core/arena.h"
#include "core/str.h"
#include "core/utf.h"

enum value_type {
    VALUE_NULL = 0x00,
    VALUE_UTF16 = 0x01,  /* UTF-16LE, no NUL at the end; may hold unpaired surrogates */
    VALUE_ANSI = 0x02,   /* code page text; bytes above 0x7f are read as Windows-1252 */
    VALUE_I8 = 0x03,
    VALUE_U8 = 0x04,
    VALUE_I16 = 0x05,
    VALUE_U16 = 0x06,
    VALUE_I32 = 0x07,
    VALUE_U32 = 0x08,
    VALUE_I64 = 0x09,
    VALUE_U64 = 0x0a,
    VALUE_FLOAT = 0x0b,
    VALUE_DOUBLE = 0x0c,
    VALUE_BOOL = 0x0d,       /* 1 or 4 bytes; "true" or "false" */
    VALUE_BINARY = 0x0e,     /* upper-case hex digits */
    VALUE_GUID = 0x0f,       /* {lower case} */
    VALUE_SIZE = 0x10,       /* size_t of 4 or 8 bytes; 0x hex */
    VALUE_FILETIME = 0x11,   /* 100 ns since 1601-01-01; RFC 3339 with 7 digits and Z */
    VALUE_SYSTEMTIME = 0x12, /* 16 bytes; RFC 3339 with 3 digits and Z */
    VALUE_SID = 0x13,        /* S-1-... */
    VALUE_HEX32 = 0x14,      /* 0x lower case, no padding */
    VALUE_HEX64 = 0x15,
    VALUE_BINXML = 0x21,     /* a nested document; the EVTX parser makes text of it */
    VALUE_TEXT = 0x40,       /* UTF-8; bad bytes possible, the emitters repair them */
    VALUE_ARRAY = 0x80       /* flag: several of the base type, one after another */
};

struct value {
    const void *p;
    uint32_t len; /* bytes */
    uint8_t type;
};

struct value value_of(str utf8);                       /* borrows */
struct value value_number(struct arena *a, uint64_t v); /* VALUE_U64 kept in the arena */

/* Appends the text of v as Event Viewer shows it, always valid UTF-8 (bad input becomes U+FFFD).
 * Array items are separated by ", ". A length that does not fit the type appends hex digits. */
void value_text(struct value v, struct buf *out);

/* The same as the inside of a JSON string, UTF-16 escaped on the way (see core/json.h). */
void value_json(struct value v, struct buf *out);

/* Either, written to `at`, where value_room(v.len) bytes are free; returns the end. */
char *value_write(char *at, struct value v, enum utf_form form);
static inline size_t value_room(uint32_t len)
{
    return 8 * (size_t)len + 64; /* a boolean of one byte in an array: "false, " */
}
/* An array with something else between its items (not longer, and plain in JSON). */
char *value_write_list(char *at, struct value v, str separator);

/* Has the value the length that its type asks for? Always true of texts and bytes. */
bool value_fits(struct value v);

/* The text in an arena, without a copy when v is plain ASCII VALUE_TEXT. */
str value_str(struct value v, struct arena *a);

/* As a number: integers of every width, 4- and 8-byte hex, bool, and texts that are wholly a
 * decimal or 0x number (exported records carry numbers as text). False when it is none. */
bool value_u64(struct value v, uint64_t *out);

/* Is the text of v equal to `text`, ASCII letters folded? Compares UTF-16 without a copy. */
bool value_is(struct value v, str text);

/* "", "-" and VALUE_NULL: what Windows writes for "nothing here". */
bool value_is_blank(struct value v);

/* Appends s as valid UTF-8: each bad byte becomes U+FFFD. Returns false when it repaired. */
bool utf8_repair(str s, struct buf *out);
bool utf8_valid(str s);

/* Appends UTF-16LE bytes as UTF-8; unpaired surrogates become U+FFFD (then false). */
bool utf16_to_utf8(const void *p, size_t bytes, struct buf *out);

#endif
