/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pieces.h"
#include "tests/unit/test.h"

TEST(pieces_are_kept_once_and_found_by_the_lowest_hash)
{
    struct pieces a = {.count = 0}, b = {.count = 0};
    size_t n;

    for (uint64_t i = 0; i < 1000; i++)
        pieces_add(i & 1 ? &a : &b, i % 100, 1000 - i, STR("bytes"));
    pieces_add(&a, 7, 1000 - 7, STR("not kept"));
    pieces_merge(&a, &b);
    CHECK_INT(a.count, 1000);
    CHECK(pieces_have(&a, 7, 993));
    CHECK(!pieces_have(&a, 8, 993));
    pieces_sort(&a);
    const struct piece *found = pieces_find(&a, 7, &n);
    CHECK_INT(n, 10);
    CHECK(found && found->hash == 1000 - 907);
    CHECK_STR(found ? found[n - 1].bytes : STR(""), "bytes");
    CHECK(!pieces_find(&a, 100, &n) && n == 0);
    CHECK(pieces_have(&a, 7, 993)); /* sorting moved it */
    pieces_add(&a, 100, 5, STR("later"));
    pieces_sort(&a);
    CHECK(pieces_find(&a, 100, &n) && n == 1);
    pieces_free(&a);
    pieces_free(&b);
}

TEST(pieces_past_their_bytes_are_counted)
{
    struct pieces p = {.count = 0};
    static const char big[1 << 20];

    for (uint64_t i = 0; i < 40; i++)
        pieces_add(&p, i, i, (str){big, sizeof big});
    CHECK_INT(p.count, PIECES_MAX_BYTES >> 20);
    CHECK_INT(p.lost, 40 - (PIECES_MAX_BYTES >> 20));
    pieces_free(&p);
}
