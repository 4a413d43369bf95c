/* SPDX-License-Identifier: Apache-2.0 */
#include "core/str.h"

#include "tests/unit/test.h"

TEST(str_compares)
{
    str null = {NULL, 0};

    CHECK(str_eq(null, STR("")) && str_eq(STR("ab"), STR("ab")) && !str_eq(STR("ab"), STR("abc")));
    CHECK(str_eq_nocase(STR("Admin-1"), STR("aDMIN-1")) && !str_eq_nocase(STR("a"), STR("ab")));
    CHECK(!str_eq_nocase(STR("@"), STR("`")) && !str_eq_nocase(STR("["), STR("{")));
    CHECK(str_cmp(STR("a"), STR("b")) < 0 && str_cmp(STR("b"), STR("a")) > 0);
    CHECK(str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(null, STR("")) == 0);
    CHECK(str_cmp(STR("\x80"), STR("a")) > 0); /* bytes, not signed characters */
    CHECK(str_cmp(STR("a\0b"), STR("a\0c")) < 0);
    CHECK_STR(str_of(NULL), "");
}

TEST(str_beginnings_and_ends)
{
    str s = STR("Security.evtx");

    CHECK(str_starts(s, STR("")) && str_starts(s, STR("Sec")) && !str_starts(s, STR("sec")));
    CHECK(str_starts_nocase(s, STR("sEC")) && !str_starts(STR("a"), STR("ab")));
    CHECK(str_ends(s, STR("")) && str_ends(s, STR(".evtx")) && !str_ends(s, STR(".EVTX")));
    CHECK(str_ends_nocase(s, STR(".EVTX")) && !str_ends(STR("x"), STR("xx")));
}

TEST(str_finds)
{
    str s = STR("one two one");

    CHECK_INT(str_find(s, STR("one")), 0);
    CHECK_INT(str_find(s, STR("two")), 4);
    CHECK_INT(str_find(s, STR("three")), 11);
    CHECK_INT(str_find(s, STR("")), 0);
    CHECK_INT(str_find((str){NULL, 0}, STR("x")), 0);
    CHECK_INT(str_find_nocase(s, STR("TWO")), 4);
    CHECK_INT(str_find_nocase(s, STR("ONE x")), 11);
    CHECK_INT(str_find_nocase(s, STR("ne")), 1);
    CHECK_INT(str_find_nocase(s, STR("")), 0);
    CHECK_INT(str_find_nocase(STR("ab"), STR("abc")), 2);
    CHECK_INT(str_find_nocase(STR("aaab"), STR("AAB")), 1);
    CHECK_INT(str_find_nocase(STR("x-1"), STR("-1")), 1);
    CHECK_INT(str_find_char(s, 'w'), 5);
    CHECK_INT(str_find_char(s, 'z'), 11);
    CHECK_INT(str_rfind_char(s, 'o'), 8);
    CHECK_INT(str_rfind_char(s, 'z'), 11);
    CHECK(str_has(s, STR("two")) && !str_has(s, STR("TWO")) && str_has_nocase(s, STR("TWO")));
    CHECK(str_has((str){NULL, 0}, STR("")) && !str_has(STR(""), STR("a")));
}

TEST(str_cuts)
{
    CHECK_STR(str_skip(STR("abc"), 1), "bc");
    CHECK_STR(str_skip(STR("abc"), 9), "");
    CHECK_STR(str_head(STR("abc"), 2), "ab");
    CHECK_STR(str_head(STR("abc"), 9), "abc");
    CHECK(str_eq(str_trim(STR(" \t\r\n\0a b\0\n ")), STR("a b")));
    CHECK_STR(str_trim(STR(" \0 ")), "");
    CHECK_STR(str_unquote(STR("\"a\"")), "a");
    CHECK_STR(str_unquote(STR("'a\"")), "'a\"");
    CHECK_STR(str_unquote(STR("\"")), "\"");
    CHECK_STR(str_unquote(STR("''")), "");
    CHECK_STR(str_basename(STR("C:\\Windows\\cmd.exe")), "cmd.exe");
    CHECK_STR(str_basename(STR("/usr/sbin/")), "");
    CHECK_STR(str_basename(STR("sshd")), "sshd");
}

TEST(str_take_line_of_every_ending)
{
    str s = STR("a\r\n\nb\r\r\nlast"), line;
    static const char *const want[] = {"a", "", "b\r", "last"};

    for (size_t i = 0; i < array_len(want); i++) {
        CHECK(str_take_line(&s, &line));
        CHECK_STR(line, want[i]);
    }
    CHECK(!str_take_line(&s, &line));
    s = STR("\r\n");
    CHECK(str_take_line(&s, &line) && line.len == 0 && s.len == 0);
}

/* Does the taker fail and leave s where it was? */
#define CHECK_LEFT(text, call)                                                                     \
    do {                                                                                           \
        s = STR(text);                                                                             \
        str before = s;                                                                            \
        CHECK(!(call));                                                                            \
        CHECK(s.p == before.p && s.len == before.len);                                             \
    } while (0)

TEST(str_takers_move_on_or_leave_it)
{
    str s = STR("key=value  rest"), out = {0};

    CHECK(str_take(&s, STR("key")) && str_take_char(&s, '=') && str_take_word(&s, &out));
    CHECK_STR(out, "value");
    CHECK(str_take_spaces(&s) && str_take_nocase(&s, STR("RES")) && str_take_n(&s, 1, &out));
    CHECK(s.len == 0 && str_eq(out, STR("t")));
    s = STR("a]b, c");
    CHECK(str_take_until(&s, ']', &out) && str_eq(out, STR("a")));
    CHECK(str_take_until_str(&s, STR(", "), &out) && str_eq(out, STR("b")));
    CHECK_STR(s, "c");
    CHECK_LEFT("abc", str_take(&s, STR("abd")));
    CHECK_LEFT("", str_take_char(&s, 'a'));
    CHECK_LEFT("abc", str_take_nocase(&s, STR("abcd")));
    CHECK_LEFT("abc", str_take_spaces(&s));
    CHECK_LEFT(" abc", str_take_word(&s, &out));
    CHECK_LEFT("abc", str_take_until(&s, 'x', &out));
    CHECK_LEFT("abc", str_take_until_str(&s, STR("bd"), &out));
    CHECK_LEFT("abc", str_take_n(&s, 4, &out));
}

TEST(str_takes_numbers)
{
    str s = STR("18446744073709551615]");
    uint64_t u;
    int64_t i;
    unsigned d;

    CHECK(str_take_u64(&s, &u) && u == UINT64_MAX && str_eq(s, STR("]")));
    CHECK_LEFT("18446744073709551616", str_take_u64(&s, &u));
    CHECK_LEFT("99999999999999999999999", str_take_u64(&s, &u));
    CHECK_LEFT("x1", str_take_u64(&s, &u));
    s = STR("-9223372036854775808");
    CHECK(str_take_i64(&s, &i) && i == INT64_MIN && s.len == 0);
    s = STR("+9223372036854775807");
    CHECK(str_take_i64(&s, &i) && i == INT64_MAX);
    CHECK_LEFT("9223372036854775808", str_take_i64(&s, &i));
    CHECK_LEFT("-9223372036854775809", str_take_i64(&s, &i));
    CHECK_LEFT("--1", str_take_i64(&s, &i));
    CHECK_LEFT("-", str_take_i64(&s, &i));
    s = STR("fFfFfFfFfFfFfFfFg");
    CHECK(str_take_hex(&s, &u) && u == UINT64_MAX && str_eq(s, STR("g")));
    CHECK_LEFT("1ffffffffffffffff", str_take_hex(&s, &u));
    CHECK_LEFT("g", str_take_hex(&s, &u));
    s = STR("00123");
    CHECK(str_take_digits(&s, 4, &d) && d == 12 && str_eq(s, STR("3")));
    CHECK_LEFT("12x4", str_take_digits(&s, 4, &d));
    CHECK_LEFT("123", str_take_digits(&s, 4, &d));
}

TEST(str_to_u64_wants_the_whole)
{
    uint64_t v;

    CHECK(str_to_u64(STR("42"), &v) && v == 42);
    CHECK(str_to_u64(STR("0x2A"), &v) && v == 42);
    CHECK(str_to_u64(STR("0X2a"), &v) && v == 42);
    CHECK(!str_to_u64(STR(""), &v) && !str_to_u64(STR("0x"), &v) && !str_to_u64(STR("42 "), &v));
    CHECK(!str_to_u64(STR(" 42"), &v) && !str_to_u64(STR("2A"), &v) && !str_to_u64(STR("-1"), &v));
}
