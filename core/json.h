/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: a streaming emitter, and a pull reader that keeps a number's text (a LogonId of 64 bits
 * must not pass through a double).
 *
 * Emitter: appends to a buf; puts commas and colons itself. Output is always valid UTF-8 JSON:
 * bad bytes become U+FFFD; control characters, DEL, U+2028/2029 and bidi controls are escaped. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "core/value.h"

struct json_out {
    struct buf *buf;
    bool comma;      /* the next item needs one */
    unsigned indent; /* 0 = one line; else spaces a level (for files people read) */
    unsigned depth;
    bool keyed; /* a key was written: its value comes next */
};

void json_object(struct json_out *j);     /* { */
void json_object_end(struct json_out *j); /* } */
void json_array(struct json_out *j);
void json_array_end(struct json_out *j);
void json_key(struct json_out *j, str key);
void json_str(struct json_out *j, str value);
void json_u64(struct json_out *j, uint64_t value);
void json_i64(struct json_out *j, int64_t value);
void json_fixed2(struct json_out *j, double value); /* two decimals: 0.95 */
void json_bool(struct json_out *j, bool value);
void json_null(struct json_out *j);
void json_raw(struct json_out *j, str json); /* a value that is JSON already */
/* key and value at once; the _opt form writes nothing for "". */
void json_pair(struct json_out *j, str key, str value);
void json_pair_opt(struct json_out *j, str key, str value);
void json_pair_u64(struct json_out *j, str key, uint64_t value);
/* The text of a value as a JSON string, without an intermediate copy for the common types. */
void json_value(struct json_out *j, struct value v);
/* Appends s to b as the inside of a JSON string (no quotes). */
void json_escape(str s, struct buf *b);

/* Reader: over bytes in memory. Tokens come one by one; strings are unescaped into the arena
 * only when they hold escapes, and may hold bytes that are not UTF-8 (the emitters repair them).
 * Depth is limited to 64 and no input can make it recurse. After each document comes one
 * JSON_END, with `rest` behind it; the next call begins the next document, and another JSON_END
 * means that there is none. After an error every call returns JSON_ERROR. */
enum json_type {
    JSON_END,    /* no more input (between documents) */
    JSON_ERROR,  /* see json_in.error */
    JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY, JSON_ARRAY_END,
    JSON_KEY,    /* text = the key */
    JSON_STRING, /* text */
    JSON_NUMBER, /* text as written */
    JSON_TRUE, JSON_FALSE, JSON_NULL
};

struct json_in {
    str rest;
    struct arena *arena;
    str text;          /* of the token last returned */
    const char *error; /* what was wrong, a literal */
    unsigned depth;
    uint64_t stack; /* bit = this level is an object */
    uint8_t state;
};

void json_open(struct json_in *j, str bytes, struct arena *arena);
enum json_type json_next(struct json_in *j);
/* After a key or inside an array: passes over the next value whole. False on an error. */
bool json_skip(struct json_in *j);

#endif
