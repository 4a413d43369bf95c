/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/value.h"

#include "tests/unit/test.h"

static char room[4096];

static str text_of(unsigned type, const void *p, size_t len)
{
    struct buf b = {0};

    value_text((struct value){p, (uint32_t)len, (uint8_t)type}, &b);
    size_t n = b.len < sizeof room ? b.len : sizeof room;
    if (n)
        memcpy(room, b.p, n);
    buf_free(&b);
    return (str){room, n};
}

#define CHECK_TEXT(type, lit, want) CHECK_STR(text_of(type, lit, sizeof(lit) - 1), want)

TEST(value_text_of_integers)
{
    CHECK_TEXT(VALUE_I8, "\xff", "-1");
    CHECK_TEXT(VALUE_U8, "\xff", "255");
    CHECK_TEXT(VALUE_I16, "\x00\x80", "-32768");
    CHECK_TEXT(VALUE_U16, "\x00\x80", "32768");
    CHECK_TEXT(VALUE_I32, "\x6d\x00\x00\xc0", "-1073741715");
    CHECK_TEXT(VALUE_U32, "\x6d\x00\x00\xc0", "3221225581");
    CHECK_TEXT(VALUE_I64, "\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808");
    CHECK_TEXT(VALUE_U64, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    CHECK_TEXT(VALUE_HEX32, "\x6d\x00\x00\xc0", "0xc000006d");
    CHECK_TEXT(VALUE_HEX64, "\xe7\x03\x00\x00\x00\x00\x00\x00", "0x3e7");
    CHECK_TEXT(VALUE_HEX64, "\x00\x00\x00\x00\x00\x00\x00\x00", "0x0");
    CHECK_TEXT(VALUE_SIZE, "\x10\x00\x00\x00", "0x10");
    CHECK_TEXT(VALUE_BOOL, "\x01\x00\x00\x00", "true");
    CHECK_TEXT(VALUE_BOOL, "\x00", "false");
}

TEST(value_text_of_structures)
{
    CHECK_TEXT(VALUE_GUID, "\x25\x96\x84\x54\x78\x54\x94\x49\xa5\xba\x3e\x3b\x03\x28\xc3\x0d",
               "{54849625-5478-4994-a5ba-3e3b0328c30d}");
    CHECK_TEXT(VALUE_SID, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18");
    CHECK_TEXT(VALUE_SID,
               "\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
               "\xff\xff\xff\xff\xf4\x01\x00\x00",
               "S-1-5-21-1-2-4294967295-500");
    CHECK_TEXT(VALUE_SID, "\x01\x00\x01\x00\x00\x00\x00\x05", "S-1-0x010000000005");
    CHECK_TEXT(VALUE_BINARY, "\x00\xab\x7f", "00AB7F");
    CHECK_TEXT(VALUE_FILETIME, "\x00\x80\x3e\xd5\xde\xb1\x9d\x01", "1970-01-01T00:00:00.0000000Z");
    CHECK_TEXT(VALUE_FILETIME, "\x00\x00\x00\x00\x00\x00\x00\x00", "1601-01-01T00:00:00.0000000Z");
    CHECK_TEXT(VALUE_FILETIME, "\xff\xff\xff\xff\xff\xff\xff\x7f",
               "30828-09-14T02:48:05.4775807Z");
    CHECK_TEXT(VALUE_SYSTEMTIME, "\xe8\x07\x0a\x00\x03\x00\x02\x00\x0e\x00\x16\x00\x07\x00\x9b\x01",
               "2024-10-02T14:22:07.411Z");
}

TEST(value_text_of_a_wrong_length_is_hex)
{
    CHECK_TEXT(VALUE_U32, "\x01\x02\x03", "010203");
    CHECK_TEXT(VALUE_GUID, "\x01", "01");
    CHECK_TEXT(VALUE_SID, "\x01\x05\x00\x00\x00\x00\x00\x05", "0105000000000005");
    CHECK_TEXT(VALUE_SYSTEMTIME, "\xe8\x07\x0d\x00\x03\x00\x02\x00\x0e\x00\x16\x00\x07\x00\x9b\x01",
               "E8070D00030002000E00160007009B01");
    CHECK_TEXT(0x33, "\x01\xff", "01FF");
    CHECK_TEXT(VALUE_U32, "", "");
}

TEST(value_text_of_reals)
{
    CHECK_TEXT(VALUE_DOUBLE, "\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.5");
    CHECK_TEXT(VALUE_DOUBLE, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", "0.1");
    CHECK_TEXT(VALUE_DOUBLE, "\x33\x33\x33\x33\x33\x33\xd3\x3f", "0.3");
    CHECK_TEXT(VALUE_FLOAT, "\xcd\xcc\xcc\x3d", "0.1");
    CHECK_TEXT(VALUE_FLOAT, "\x00\x00\x80\xbf", "-1");
}

TEST(value_text_of_arrays)
{
    CHECK_TEXT(VALUE_U16 | VALUE_ARRAY, "\x01\x00\x02\x00\xff\xff", "1, 2, 65535");
    CHECK_TEXT(VALUE_U16 | VALUE_ARRAY, "\x01\x00\x02", "1, 02");
    CHECK_TEXT(VALUE_HEX64 | VALUE_ARRAY, "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00"
                                          "\x00\x80", "0x1, 0x8000000000000002");
    CHECK_TEXT(VALUE_BOOL | VALUE_ARRAY, "\x01\x00\x00\x00\x00\x00\x00\x00", "true, false");
    CHECK_TEXT(VALUE_UTF16 | VALUE_ARRAY, "a\0b\0\0\0c\0\0\0", "ab, c");
    CHECK_TEXT(VALUE_UTF16 | VALUE_ARRAY, "a\0\0\0\0\0c\0", "a, , c");
    CHECK_TEXT(VALUE_UTF16 | VALUE_ARRAY, "a\0b", "a\xef\xbf\xbd");
    CHECK_TEXT(VALUE_ANSI | VALUE_ARRAY, "one\0two", "one, two");
    CHECK_TEXT(VALUE_SID | VALUE_ARRAY,
               "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x01",
               "S-1-5-18, S-1-1, 01");
    CHECK_TEXT(VALUE_BINARY | VALUE_ARRAY, "\x01\x02", "0102");
    CHECK_TEXT(VALUE_NULL | VALUE_ARRAY, "\x01\x02", "");
    CHECK_TEXT(VALUE_GUID | VALUE_ARRAY, "", "");
}

TEST(value_text_of_texts)
{
    CHECK_TEXT(VALUE_TEXT, "plain \xe8\xb6\xb3", "plain \xe8\xb6\xb3");
    CHECK_TEXT(VALUE_TEXT, "bad \xff", "bad \xef\xbf\xbd");
    CHECK_TEXT(VALUE_ANSI, "caf\xe9 \x80 \x81", "caf\xc3\xa9 \xe2\x82\xac \xc2\x81");
    CHECK_TEXT(VALUE_UTF16, "\x3d\xd8\x63\xdc", "\xf0\x9f\x91\xa3");
    CHECK_TEXT(VALUE_UTF16, "\x63\xdc\x3d\xd8", "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK_TEXT(VALUE_UTF16, "\x3d\xd8", "\xef\xbf\xbd");
    CHECK_TEXT(VALUE_NULL, "", "");
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* One character at a time, by the book: what the wide paths must equal. */
static size_t slow_encode(uint32_t c, bool json, char out[8])
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e ||
                   c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

    if (json && (c == '"' || c == '\\'))
        return (size_t)snprintf(out, 8, "\\%c", (int)c);
    if (json && c >= 8 && c <= 13 && c != 11)
        return (size_t)snprintf(out, 8, "\\%c", "btn.fr"[c - 8]);
    if (json && control)
        return (size_t)snprintf(out, 8, "\\u%04x", c);
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[len] | c);
    return len;
}

static const uint32_t odd_codes[] = {0,    9,      0x1f,   0x20,   '"',    '\\',   0x7e,   0x7f,
                                     0x80, 0x9f,   0xa0,   0xff,   0x61c,  0x7ff,  0x800,  0x200e,
                                     0x2028, 0x202f, 0x2069, 0x206a, 0x8db3, 0xd7ff, 0xe000, 0xfeff,
                                     0xffff, 0x10000, 0x1f463, 0x10ffff};

TEST(value_wide_paths_equal_the_slow_one)
{
    uint32_t random = 7;

    for (int round = 0; round < 20000; round++) {
        struct buf wide = {0}, utf8 = {0}, want[2] = {{0}};
        size_t count = next_random(&random) % 40, odd = next_random(&random) % 20 + 1;
        for (size_t i = 0; i < count; i++) {
            uint32_t c = next_random(&random) % odd == 0
                             ? odd_codes[next_random(&random) % array_len(odd_codes)]
                             : 'a' + next_random(&random) % 26;
            char bytes[8];
            buf_add(&utf8, bytes, slow_encode(c, false, bytes));
            for (int json = 0; json < 2; json++)
                buf_add(&want[json], bytes, slow_encode(c, json, bytes));
            uint16_t units[2] = {(uint16_t)c, 0};
            if (c >= 0x10000) {
                units[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
                units[1] = (uint16_t)(0xdc00 + (c & 0x3ff));
            }
            buf_add(&wide, units, c >= 0x10000 ? 4 : 2);
        }
        buf_trim(&wide); /* so that the sanitizer sees a read past the end */
        buf_trim(&utf8);
        for (int form = 0; form < 4; form++) {
            struct value v = {form & 1 ? wide.p : utf8.p, (uint32_t)(form & 1 ? wide.len : utf8.len),
                              form & 1 ? VALUE_UTF16 : VALUE_TEXT};
            struct buf got = {0};
            if (form & 2)
                value_json(v, &got);
            else
                value_text(v, &got);
            if (!str_eq(buf_view(&got), buf_view(&want[form >> 1])))
                test_check_str(__FILE__, __LINE__, "wide path", buf_view(&got),
                               buf_view(&want[form >> 1]));
            buf_free(&got);
        }
        CHECK(utf8_valid(buf_view(&utf8)));
        buf_free(&wide);
        buf_free(&utf8);
        buf_free(&want[0]);
        buf_free(&want[1]);
    }
}

TEST(value_utf8_repair_makes_valid_text_of_anything)
{
    uint32_t random = 3;

    for (int round = 0; round < 20000; round++) {
        static const char some[] = "a\x80\xbf\xc0\xc2\xe0\xa0\xed\x9f\xef\xf0\x90\xf4\x8f\xf5\xff";
        struct buf in = {0}, out = {0};
        for (size_t n = next_random(&random) % 24; n > 0; n--)
            buf_char(&in, some[next_random(&random) % (sizeof some - 1)]);
        buf_trim(&in);
        bool valid = utf8_valid(buf_view(&in));
        CHECK(utf8_repair(buf_view(&in), &out) == valid);
        CHECK(utf8_valid(buf_view(&out)));
        CHECK(!valid || str_eq(buf_view(&in), buf_view(&out)));
        buf_free(&in);
        buf_free(&out);
    }
}

TEST(value_survives_any_bytes_of_any_type)
{
    struct arena a = {0};
    uint32_t random = 11;

    for (int round = 0; round < 40000; round++) {
        struct buf in = {0}, out = {0};
        uint64_t number;
        for (size_t n = next_random(&random) % 40; n > 0; n--)
            buf_char(&in, (char)(next_random(&random) % 3 ? next_random(&random) : 0));
        buf_trim(&in);
        uint8_t type = (uint8_t)(next_random(&random) % 8 == 0 ? next_random(&random)
                                 : next_random(&random) % 0x16 | (next_random(&random) & 0x80));
        struct value v = {in.p, (uint32_t)in.len, type};
        value_text(v, &out);
        CHECK(utf8_valid(buf_view(&out)));
        CHECK(value_is(v, buf_view(&out)));
        CHECK(str_eq(value_str(v, &a), buf_view(&out)));
        value_u64(v, &number);
        value_is_blank(v);
        buf_free(&in);
        buf_free(&out);
    }
    arena_free(&a);
}

TEST(value_str_borrows_what_is_text_already)
{
    struct arena a = {0};
    str s = STR("plain");

    CHECK(value_str(value_of(s), &a).p == s.p);
    CHECK_INT(a.held, 0);
    CHECK_STR(value_str(value_of(STR("bad\xff")), &a), "bad\xef\xbf\xbd");
    str one = value_str((struct value){"a\0b\0", 4, VALUE_UTF16}, &a);
    str two = value_str((struct value){"\xb3\x8d\x01\x00", 4, VALUE_UTF16}, &a);
    CHECK_STR(one, "ab");
    CHECK_STR(two, "\xe8\xb6\xb3\x01");
    CHECK(two.p == one.p + 2); /* the room that was not needed went back */
    arena_free(&a);
}

static uint64_t number_of(unsigned type, const char *p, size_t len)
{
    uint64_t v = 77;

    return value_u64((struct value){p, (uint32_t)len, (uint8_t)type}, &v) ? v : UINT64_MAX - 1;
}

#define CHECK_NUMBER(type, lit, want) CHECK(number_of(type, lit, sizeof(lit) - 1) == (want))
#define NONE (UINT64_MAX - 1)

TEST(value_u64_takes_what_is_a_number)
{
    struct arena a = {0};
    uint64_t v;

    CHECK_NUMBER(VALUE_U8, "\x2a", 42);
    CHECK_NUMBER(VALUE_I8, "\xff", NONE);
    CHECK_NUMBER(VALUE_I16, "\xff\x7f", 32767);
    CHECK_NUMBER(VALUE_HEX64, "\xff\xff\xff\xff\xff\xff\xff\xff", UINT64_MAX);
    CHECK_NUMBER(VALUE_SIZE, "\x01\x00\x00\x00", 1);
    CHECK_NUMBER(VALUE_BOOL, "\x02\x00\x00\x00", 1);
    CHECK_NUMBER(VALUE_U32, "\x2a", NONE);
    CHECK_NUMBER(VALUE_TEXT, "4624", 4624);
    CHECK_NUMBER(VALUE_TEXT, "0x3e7", 999);
    CHECK_NUMBER(VALUE_TEXT, "18446744073709551615", UINT64_MAX);
    CHECK_NUMBER(VALUE_TEXT, "18446744073709551616", NONE);
    CHECK_NUMBER(VALUE_TEXT, "", NONE);
    CHECK_NUMBER(VALUE_TEXT, "12a", NONE);
    CHECK_NUMBER(VALUE_TEXT, "-1", NONE);
    CHECK_NUMBER(VALUE_UTF16, "0\0X\0F\0", 15);
    CHECK_NUMBER(VALUE_UTF16, "1\0\x01\x01", NONE);
    CHECK_NUMBER(VALUE_UTF16, "1\0002", NONE);
    CHECK_NUMBER(VALUE_GUID, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NONE);
    CHECK(value_u64(value_number(&a, 1234567890123), &v) && v == 1234567890123);
    arena_free(&a);
}

TEST(value_is_folds_ascii)
{
    CHECK(value_is((struct value){"S\0y\0S\0", 6, VALUE_UTF16}, STR("sYs")));
    CHECK(!value_is((struct value){"S\0y\0S\0", 6, VALUE_UTF16}, STR("sy")));
    CHECK(!value_is((struct value){"S\0y\0", 4, VALUE_UTF16}, STR("sys")));
    CHECK(value_is((struct value){"a\0\xb3\x8d", 4, VALUE_UTF16}, STR("A\xe8\xb6\xb3")));
    CHECK(!value_is((struct value){"a\0\xb3\x8d", 4, VALUE_UTF16}, STR("A\xe8\xb6\xb4")));
    CHECK(value_is((struct value){"", 0, VALUE_UTF16}, STR("")));
    CHECK(value_is(value_of(STR("Admin")), STR("aDMIN")));
    CHECK(value_is((struct value){"\x10\x12\x00\x00", 4, VALUE_U32}, STR("4624")));
}

TEST(value_is_blank_for_what_windows_writes_for_nothing)
{
    CHECK(value_is_blank((struct value){"-\0", 2, VALUE_UTF16}));
    CHECK(value_is_blank((struct value){"", 0, VALUE_UTF16}));
    CHECK(value_is_blank((struct value){"x", 1, VALUE_NULL}));
    CHECK(value_is_blank(value_of(STR("-"))));
    CHECK(!value_is_blank(value_of(STR("--"))));
    CHECK(!value_is_blank((struct value){"-\0-\0", 4, VALUE_UTF16}));
    CHECK(!value_is_blank((struct value){"-", 1, VALUE_U8}));
    CHECK(!value_is_blank((struct value){"\0\0\0\0", 4, VALUE_U32}));
}
