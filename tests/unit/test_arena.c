/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/test.h"

TEST(arena_memory_is_zeroed_aligned_and_stays)
{
    struct arena a = {0};
    char *blocks[200];

    for (size_t i = 0; i < array_len(blocks); i++) {
        arena_bytes(&a, i % 7); /* puts the next one out of line */
        blocks[i] = arena_alloc(&a, 1 + i * 37);
        CHECK((uintptr_t)blocks[i] % 16 == 0);
        for (size_t k = 0; k < 1 + i * 37; k++)
            if (blocks[i][k] != 0)
                CHECK_INT(blocks[i][k], 0);
        memset(blocks[i], (int)i, 1 + i * 37);
    }
    for (size_t i = 0; i < array_len(blocks); i++)
        CHECK(blocks[i][0] == (char)i && blocks[i][i * 37] == (char)i);
    arena_free(&a);
    CHECK_INT(a.held, 0);
}

TEST(arena_reset_keeps_some_blocks_and_uses_them_again)
{
    struct arena a = {0};

    arena_reset(&a);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 300; i++) {
            char *p = arena_alloc(&a, 10000);
            if (p[0] != 0 || p[9999] != 0)
                CHECK_INT(p[0] | p[9999], 0);
            memset(p, 1, 10000);
        }
        CHECK(a.held < 5000000);
        size_t held = a.held;
        arena_reset(&a);
        CHECK_INT(a.held, held);
    }
    arena_alloc(&a, 50000000);
    CHECK(a.held > 50000000);
    arena_reset(&a);
    CHECK(a.held <= 4 << 20);
    arena_bytes(&a, 1);
    CHECK(a.held <= 4 << 20);
    arena_free(&a);
    CHECK_INT(a.held, 0);
}

TEST(arena_texts)
{
    struct arena a = {0};
    char big[3000];

    memset(big, 'x', sizeof big);
    CHECK_STR(arena_str(&a, STR("")), "");
    CHECK(arena_str(&a, (str){NULL, 0}).p != NULL);
    CHECK_STR(arena_str(&a, STR("copy")), "copy");
    CHECK_STR(arena_printf(&a, "%s-%d", "a", 42), "a-42");
    str s = arena_printf(&a, "%.*s", (int)sizeof big, big);
    CHECK(str_eq(s, (str){big, sizeof big}));
    CHECK(arena_bytes(&a, 1) == s.p + s.len); /* not one byte more than it tells */
    arena_free(&a);
}

static void check_number(uint64_t v)
{
    struct buf b = {0};
    char want[64];

    snprintf(want, sizeof want, "%" PRIu64 " %" PRId64 " %" PRIx64, v, (int64_t)v, v);
    buf_u64(&b, v);
    buf_char(&b, ' ');
    buf_i64(&b, (int64_t)v);
    buf_char(&b, ' ');
    buf_hex(&b, v);
    CHECK_STR(buf_view(&b), want);
    buf_free(&b);
}

TEST(buf_numbers_around_every_power)
{
    uint64_t ten = 1;

    for (int i = 0; i < 20; i++, ten *= 10)
        for (uint64_t d = 0; d < 3; d++)
            check_number(ten + d - 1);
    for (unsigned bit = 0; bit < 64; bit++)
        for (uint64_t d = 0; d < 3; d++)
            check_number((UINT64_C(1) << bit) + d - 1);
    for (uint64_t v = 0; v < 1100; v++)
        check_number(v);
}

TEST(buf_grows_and_is_trimmed)
{
    struct buf b = {0};
    char big[1000];

    memset(big, 'y', sizeof big);
    CHECK_STR(buf_view(&b), "");
    buf_add(&b, NULL, 0);
    for (int i = 0; i < 300; i++)
        buf_char(&b, 'x');
    buf_str(&b, STR("tail"));
    CHECK_INT(b.len, 304);
    CHECK(str_ends(buf_view(&b), STR("xxtail")));
    buf_trim(&b);
    CHECK_INT(b.cap, 304);
    buf_digits(&b, 7, 3);
    buf_printf(&b, "|%.*s|", (int)sizeof big, big);
    CHECK_INT(b.len, 304 + 3 + 1002);
    CHECK(str_starts(str_skip(buf_view(&b), 304), STR("007|yyy")));
    CHECK(str_ends(buf_view(&b), STR("yyy|")));
    buf_free(&b);
    CHECK(b.p == NULL && b.len == 0 && b.cap == 0);
    buf_trim(&b);
}

TEST(vec_grow_zeroes_what_is_new)
{
    uint32_t *v = NULL;
    size_t cap = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        v = vec_grow(v, &cap, i + 1, sizeof *v);
        CHECK(cap > i);
        if (v[i] != 0 || (i > 0 && v[i - 1] != i))
            CHECK_INT(i, 0);
        v[i] = i + 1;
    }
    for (size_t i = 1000; i < cap; i++)
        CHECK_INT(v[i], 0);
    mem_free(v);
    mem_free(NULL);
}
