/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas and byte buffers: the only places that call malloc and free.
 *
 * A `str` borrows. A batch owns one arena; everything a parser makes for that batch lives in it
 * and dies with it. Blocks are chained and never move, so pointers stay good until arena_reset
 * or arena_free. What a function returns by pointer it still owns; what it gives through a
 * pointer-to-pointer is yours, and its `_close` or `_free` frees it. Running out of memory ends
 * the program (die), so nothing here can fail. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    struct arena_block *spare;  /* kept by arena_reset for what comes next */
    char *at, *end;             /* free part of the newest block */
    size_t held;                /* bytes taken from the system, for budgets */
};

/* An arena starts as {0}. Memory comes zeroed, aligned for any type up to 16 bytes. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_room(struct arena *a, size_t size); /* aligned, not zeroed */
char *arena_bytes(struct arena *a, size_t size); /* unaligned, not zeroed: for text */
str arena_str(struct arena *a, str s);           /* a copy */
str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a); /* empties it; keeps up to 4 MiB of its blocks for reuse */
void arena_free(struct arena *a);

/* A byte buffer that grows; starts as {0}. `p` is not NUL-terminated and moves as it grows. */
struct buf {
    char *p;
    size_t len, cap;
};

void buf_grow(struct buf *b, size_t more); /* what buf_reserve does when there is no room */

/* Makes room for `more` bytes behind len. */
static inline void buf_reserve(struct buf *b, size_t more)
{
    if (b->cap - b->len < more)
        buf_grow(b, more);
}

/* Inline, so that adding a literal is one or two stores. */
static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    buf_reserve(b, n);
    if (n)
        memcpy(b->p + b->len, bytes, n);
    b->len += n;
}

static inline void buf_str(struct buf *b, str s)
{
    buf_add(b, s.p, s.len);
}

static inline void buf_char(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->p[b->len++] = c;
}

extern const char digit_pairs[200];  /* "00" to "99" */
/* Written to `at`, where there is room; return the end. */
char *put_u64(char *at, uint64_t v);     /* decimal, at most 20 digits */
char *put_signed(char *at, int64_t v);   /* with sign */
char *put_hex_u64(char *at, uint64_t v); /* lower case, no 0x, no padding; 16 bytes of room */
char *put_hex_u128(char *at, uint64_t high, uint64_t low); /* 32 digits, lower case */

void buf_u64(struct buf *b, uint64_t v);                    /* decimal */
void buf_i64(struct buf *b, int64_t v);                     /* decimal with sign */
void buf_hex(struct buf *b, uint64_t v);                    /* lower case, no 0x, no padding */
void buf_digits(struct buf *b, uint64_t v, unsigned width); /* decimal, zero-padded */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
str buf_view(const struct buf *b);
void buf_trim(struct buf *b); /* gives back what is not used */
void buf_free(struct buf *b);

/* For tables that outgrow an arena: die instead of NULL, mem_free(NULL) is fine. */
void *mem_alloc(size_t size); /* zeroed */
void mem_free(void *p);

/* Room for one item more behind `count` in an array that lives in an arena: `*cap` slots of `size`
 * bytes. Returns it, moved when it had to grow (what it leaves stays until the arena ends). */
void *arena_grow(struct arena *a, void *items, size_t *cap, size_t count, size_t size);

/* Makes room in a growing array: `items` has `*cap` slots of `size` bytes; returns it with at
 * least `need` slots (doubling), new ones zeroed: `v = vec_grow(v, &cap, n + 1, sizeof *v)`. */
void *vec_grow(void *items, size_t *cap, size_t need, size_t size);

#endif
