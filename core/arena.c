/* SPDX-License-Identifier: Apache-2.0
 *
 * Chained arena blocks, growing buffers and arrays. */
#include "core/arena.h"

#include <stdarg.h>

#include "core/err.h"

enum {
    BLOCK_SIZE = 64 * 1024,
    BIG_BLOCK_SIZE = 16 * BLOCK_SIZE,
    SPARE_MAX = 4 * BIG_BLOCK_SIZE /* given back to the system, memory must be cleared again */
};

struct arena_block {
    struct arena_block *next;
    size_t size; /* of the bytes behind this head */
    char bytes[] __attribute__((aligned(16)));
};

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p)
        die("out of memory (%zu bytes wanted)", size);
    return p;
}

void mem_free(void *p)
{
    free(p);
}

static void *mem_resize(void *p, size_t size)
{
    p = realloc(p, size);
    if (!p)
        die("out of memory (%zu bytes wanted)", size);
    return p;
}

void *vec_grow(void *items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return items;
    size_t want = *cap ? *cap * 2 : 8, bytes;
    if (want < need)
        want = need;
    if (__builtin_mul_overflow(want, size, &bytes))
        die("out of memory (%zu items wanted)", want);
    items = mem_resize(items, bytes);
    memset((char *)items + *cap * size, 0, (want - *cap) * size);
    *cap = want;
    return items;
}

static void arena_use(struct arena *a, struct arena_block *block)
{
    block->next = a->blocks;
    a->blocks = block;
    a->at = block->bytes;
    a->end = block->bytes + block->size;
}

static void arena_add_block(struct arena *a, size_t need)
{
    /* Blocks grow with the arena, so that a large batch does not make thousands of them. */
    size_t size = a->held < BIG_BLOCK_SIZE ? BLOCK_SIZE : BIG_BLOCK_SIZE;
    struct arena_block *block = a->spare;

    if (block && block->size >= need) {
        a->spare = block->next;
        arena_use(a, block);
        return;
    }
    if (need > SIZE_MAX / 2)
        die("out of memory (%zu bytes wanted)", need);
    if (size < need)
        size = need;
    block = malloc(sizeof *block + size);
    if (!block)
        die("out of memory (%zu bytes wanted)", size);
    block->size = size;
    a->held += size;
    arena_use(a, block);
}

char *arena_bytes(struct arena *a, size_t size)
{
    if (!a->at || (size_t)(a->end - a->at) < size)
        arena_add_block(a, size);
    char *p = a->at;
    a->at += size;
    return p;
}

void *arena_room(struct arena *a, size_t size)
{
    size_t pad = -(uintptr_t)a->at & 15;

    size_t room = (size_t)(a->end - a->at);

    if (!a->at || room < pad || room - pad < size) {
        arena_add_block(a, size);
        pad = 0;
    }
    char *p = a->at + pad;
    a->at = p + size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(arena_room(a, size), 0, size);
}

str arena_str(struct arena *a, str s)
{
    if (s.len == 0)
        return STR("");
    return (str){memcpy(arena_bytes(a, s.len), s.p, s.len), s.len};
}

str arena_printf(struct arena *a, const char *fmt, ...)
{
    char small[512];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return STR("");
    size_t len = (size_t)n;
    if (len < sizeof small)
        return arena_str(a, (str){small, len});
    char *p = arena_bytes(a, len + 1);
    va_start(ap, fmt);
    vsnprintf(p, len + 1, fmt, ap);
    va_end(ap);
    a->at--; /* the NUL */
    return (str){p, len};
}

void *arena_grow(struct arena *a, void *items, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 32;
    void *more = arena_alloc(a, *cap * size);
    if (count)
        memcpy(more, items, count * size);
    return more;
}

void arena_reset(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        if (a->held > SPARE_MAX) {
            a->held -= block->size;
            free(block);
        } else {
            block->next = a->spare;
            a->spare = block;
        }
    }
    a->at = a->end = NULL;
}

void arena_free(struct arena *a)
{
    arena_reset(a);
    while (a->spare) {
        struct arena_block *next = a->spare->next;
        free(a->spare);
        a->spare = next;
    }
    *a = (struct arena){0};
}

void buf_grow(struct buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap * 2 : 256;

    if (more > SIZE_MAX / 2 - b->len)
        die("out of memory (%zu bytes wanted)", more);
    if (cap - b->len < more)
        cap = b->len + more;
    b->p = mem_resize(b->p, cap);
    b->cap = cap;
}

const char digit_pairs[200] = "0001020304050607080910111213141516171819"
                              "2021222324252627282930313233343536373839"
                              "4041424344454647484950515253545556575859"
                              "6061626364656667686970717273747576777879"
                              "8081828384858687888990919293949596979899";

static unsigned digits_of(uint64_t v)
{
    static const uint64_t powers[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    /* log10(2) is about 1233 / 4096: right or one too many, which the power tells. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1), guess = bits * 1233 >> 12;

    return guess + (v >= powers[guess] || guess == 0);
}

char *put_u64(char *at, uint64_t v)
{
    if (v < 10) {
        *at = (char)('0' + v);
        return at + 1;
    }
    char *end = at + digits_of(v), *o = end;
    for (; v >= 100; v /= 100)
        memcpy(o -= 2, digit_pairs + 2 * (v % 100), 2);
    if (v >= 10)
        memcpy(o - 2, digit_pairs + 2 * v, 2);
    else
        o[-1] = (char)('0' + v);
    return end;
}

char *put_signed(char *at, int64_t v)
{
    if (v < 0)
        *at++ = '-';
    return put_u64(at, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

static inline void put_nibbles(char *at, bytes16 v) /* numbers below 16 */
{
    v += '0' + ((bytes16)(v > 9) & ('a' - '0' - 10));
    memcpy(at, &v, sizeof v);
}

char *put_hex_u128(char *at, uint64_t high, uint64_t low)
{
    bytes16 x = (bytes16)(halves){__builtin_bswap64(high), __builtin_bswap64(low)};
    bytes16 a = x >> 4, b = x & 15;

    put_nibbles(at, __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,
                                            7, 23));
    put_nibbles(at + 16, __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                 29, 14, 30, 15, 31));
    return at + 32;
}

char *put_hex_u64(char *at, uint64_t v)
{
    unsigned n = (67 - (unsigned)__builtin_clzll(v | 1)) / 4;
    /* Its digits to the front; what stands behind them does not count. */
    bytes16 x = (bytes16)(halves){__builtin_bswap64(v << (64 - 4 * n)), 0};
    bytes16 a = x >> 4, b = x & 15;

    put_nibbles(at, __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,
                                            7, 23));
    return at + n;
}

void buf_u64(struct buf *b, uint64_t v)
{
    buf_reserve(b, 20);
    b->len = (size_t)(put_u64(b->p + b->len, v) - b->p);
}

void buf_i64(struct buf *b, int64_t v)
{
    buf_reserve(b, 20);
    b->len = (size_t)(put_signed(b->p + b->len, v) - b->p);
}

void buf_hex(struct buf *b, uint64_t v)
{
    buf_reserve(b, 16);
    b->len = (size_t)(put_hex_u64(b->p + b->len, v) - b->p);
}

void buf_digits(struct buf *b, uint64_t v, unsigned width)
{
    buf_reserve(b, width);
    for (unsigned i = width; i > 0; i--) {
        b->p[b->len + i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    b->len += width;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    buf_reserve(b, 128);
    va_start(ap, fmt);
    int n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n >= b->cap - b->len) {
        buf_reserve(b, (size_t)n + 1);
        va_start(ap, fmt);
        vsnprintf(b->p + b->len, b->cap - b->len, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
}

str buf_view(const struct buf *b)
{
    return (str){b->p ? b->p : "", b->len};
}

void buf_trim(struct buf *b)
{
    if (b->len == b->cap)
        return;
    b->p = mem_resize(b->p, b->len ? b->len : 1);
    b->cap = b->len;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}
