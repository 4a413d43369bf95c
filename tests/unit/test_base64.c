/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64: the examples of RFC 4648 section 10, and what is none. */
#include "core/base64.h"
#include "tests/unit/test.h"

TEST(base64_both_ways_as_the_rfc_shows)
{
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb", "//77"}};
    struct arena a = {.held = 0};
    struct buf b = {.len = 0};
    str back;

    for (size_t i = 0; i < array_len(pairs); i++) {
        b.len = 0;
        base64_add(&b, pairs[i][0], str_of(pairs[i][0]).len);
        CHECK_STR(buf_view(&b), pairs[i][1]);
        CHECK(base64_read(str_of(pairs[i][1]), &a, &back));
        CHECK_STR(back, pairs[i][0]);
    }
    CHECK(base64_read(STR("Zm8"), &a, &back)); /* without padding */
    CHECK_STR(back, "fo");
    CHECK(!base64_read(STR("Zm9v\n"), &a, &back));
    CHECK(!base64_read(STR("Z"), &a, &back));
    CHECK(!base64_read(STR("Zm9-"), &a, &back));
    buf_free(&b);
    arena_free(&a);
}
