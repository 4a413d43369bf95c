/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in UTF-16 read as UTF-8, however its bytes arrive. */
#include "core/arena.h"
#include "evidence/evidence.h"
#include "tests/unit/test.h"

struct stored {
    str left;
    size_t at_once; /* bytes a read gives at most */
};

static long read_some(void *ctx, void *buf, size_t n)
{
    struct stored *s = ctx;
    size_t give = s->left.len < s->at_once ? s->left.len : s->at_once;

    if (give > n)
        give = n;
    if (give)
        memcpy(buf, s->left.p, give);
    s->left = str_skip(s->left, give);
    return (long)give;
}

static void peel_all(str bytes, size_t at_once, size_t want, struct buf *out)
{
    struct stored s = {bytes, at_once};
    struct err err = {{0}};
    struct peel *p = peel_open(str_head(bytes, PEEL_HEAD), read_some, &s);
    char room[8];
    size_t got;

    do {
        CHECK(peel_read(p, room, want, &got, &err));
        buf_add(out, room, got);
    } while (got);
    peel_close(p);
}

TEST(peel_utf16_is_utf8_in_any_pieces)
{
    static const char little[] = "\xff\xfe" "a\0\xe9\0\xac\x20\x3d\xd8\x00\xde\n\0";
    static const char big[] = "\xfe\xff\0a\0\xe9\x20\xac\xd8\x3d\xde\x00\0\n";
    const char *const want = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n";
    const str forms[] = {{little, sizeof little - 1}, {big, sizeof big - 1}};

    for (size_t i = 0; i < array_len(forms); i++)
        for (size_t at_once = 1; at_once < 7; at_once++)
            for (size_t n = 1; n < 7; n++) {
                struct buf out = {0};
                CHECK(!peel_is_plain(forms[i]));
                peel_all(forms[i], at_once, n, &out);
                CHECK_STR(buf_view(&out), want);
                buf_free(&out);
            }
}

TEST(peel_utf16_damage_stays_visible)
{
    static const char half[] = "\xff\xfe" "a\0\x00\xd8" "b\0c";
    struct buf out = {0};

    peel_all((str){half, sizeof half - 1}, 100, 5, &out);
    CHECK_STR(buf_view(&out), "a\xed\xa0\x80" "bc"); /* half a pair, an odd byte */
    buf_free(&out);
}

TEST(peel_takes_no_binary_for_utf16)
{
    static const char binary[] = "\xff\xfe\x01\0a\0b\0c\0";
    char wide[PEEL_HEAD] = {0};

    CHECK(peel_is_plain((str){binary, sizeof binary - 1}));
    CHECK(peel_is_plain((str){wide, sizeof wide}));
    for (size_t i = 0; i < sizeof wide; i += 2)
        wide[i] = (char)('0' + i % 10);
    CHECK(!peel_is_plain((str){wide, sizeof wide}));
    CHECK(peel_is_plain((str){wide, sizeof wide - 2})); /* too little to be sure */
    wide[9] = 1;
    CHECK(peel_is_plain((str){wide, sizeof wide}));
}
