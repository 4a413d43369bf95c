/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include "tests/unit/test.h"

static char room[8192];

static str keep(struct buf *b)
{
    size_t n = b->len < sizeof room ? b->len : sizeof room;

    if (n)
        memcpy(room, b->p, n);
    buf_free(b);
    return (str){room, n};
}

static str escaped(str s)
{
    struct buf b = {0};

    json_escape(s, &b);
    return keep(&b);
}

TEST(json_emitter_puts_commas_and_colons)
{
    struct buf b = {0};
    struct json_out j = {.buf = &b};

    json_object(&j);
    json_pair(&j, STR("a"), STR("x\"y"));
    json_pair_opt(&j, STR("none"), STR(""));
    json_pair_u64(&j, STR("n"), UINT64_MAX);
    json_key(&j, STR("list"));
    json_array(&j);
    json_i64(&j, INT64_MIN);
    json_bool(&j, true);
    json_null(&j);
    json_array(&j);
    json_array_end(&j);
    json_object(&j);
    json_object_end(&j);
    json_fixed2(&j, 0.951);
    json_raw(&j, STR("{\"r\":1}"));
    json_array_end(&j);
    json_pair(&j, STR("z"), STR(""));
    json_object_end(&j);
    buf_char(&b, '\n');
    json_object(&j);
    json_object_end(&j);
    CHECK_STR(keep(&b), "{\"a\":\"x\\\"y\",\"n\":18446744073709551615,\"list\":[-9223372036854775808,"
                        "true,null,[],{},0.95,{\"r\":1}],\"z\":\"\"}\n{}");
}

TEST(json_emitter_indents)
{
    struct buf b = {0};
    struct json_out j = {.buf = &b, .indent = 2};

    json_object(&j);
    json_key(&j, STR("a"));
    json_array(&j);
    json_u64(&j, 1);
    json_u64(&j, 2);
    json_array_end(&j);
    json_key(&j, STR("b"));
    json_object(&j);
    json_object_end(&j);
    json_object_end(&j);
    CHECK_STR(keep(&b), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

TEST(json_escapes)
{
    CHECK_STR(escaped(STR("plain text of more than sixteen bytes, nothing to do")),
              "plain text of more than sixteen bytes, nothing to do");
    CHECK_STR(escaped(STR("\"\\/\b\f\n\r\t\x01\x1f\x7f")), "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f");
    CHECK_STR(escaped(STR("a\0b")), "a\\u0000b");
    CHECK_STR(escaped(STR("\xc2\x80\xc2\x9f\xc2\xa0")), "\\u0080\\u009f\xc2\xa0");
    CHECK_STR(escaped(STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6\xd8\x9c")),
              "\\u2028\\u2029\\u202e\\u2066\\u061c");
    CHECK_STR(escaped(STR("\xe8\xb6\xb3\xe8\xb7\xa1 \xf0\x9f\x91\xa3")),
              "\xe8\xb6\xb3\xe8\xb7\xa1 \xf0\x9f\x91\xa3");
    CHECK_STR(escaped(STR("\xff\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe8\xb6")),
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd");
}

/* Tokens as one text: "{", "}", "[", "]", "k:text", "s:text", "n:text", "t", "f", "0", ".", "!". */
static str tokens(str in)
{
    static const char marks[] = ".!{}[]ksntf0";
    struct arena arena = {0};
    struct buf b = {0};
    struct json_in j;
    enum json_type type = JSON_NULL;

    json_open(&j, in, &arena);
    for (int i = 0; i < 1000 && type != JSON_ERROR; i++) {
        bool at_end = type == JSON_END;
        type = json_next(&j);
        if (at_end && type == JSON_END)
            break;
        buf_char(&b, marks[type]);
        if (type == JSON_KEY || type == JSON_STRING || type == JSON_NUMBER) {
            buf_char(&b, ':');
            buf_str(&b, j.text);
        }
        buf_char(&b, ' ');
    }
    CHECK(type != JSON_ERROR || (j.error && json_next(&j) == JSON_ERROR));
    arena_free(&arena);
    return keep(&b);
}

TEST(json_reader_tokens)
{
    CHECK_STR(tokens(STR(" {\"a\" : [1, -2.5e+3, true,false ,null, \"x\"], \"b\":{}, \"c\":[]}\n")),
              "{ k:a [ n:1 n:-2.5e+3 t f 0 s:x ] k:b { } k:c [ ] } . ");
    CHECK_STR(tokens(STR("")), ". ");
    CHECK_STR(tokens(STR("\xef\xbb\xbf[18446744073709551615]")), "[ n:18446744073709551615 ] . ");
    CHECK_STR(tokens(STR("{}\n{} 1 \"x\"")), "{ } . { } . n:1 . s:x . ");
}

TEST(json_reader_unescapes)
{
    CHECK_STR(tokens(STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"")), "s:\"\\/\b\f\n\r\tA . ");
    CHECK_STR(tokens(STR("\"\\u8db3\\uD83D\\uDC63\"")), "s:\xe8\xb6\xb3\xf0\x9f\x91\xa3 . ");
    CHECK_STR(tokens(STR("\"\\uD83D\\u0041 \\uDC63 \\uD83D\"")),
              "s:\xef\xbf\xbd" "A \xef\xbf\xbd \xef\xbf\xbd . ");
    CHECK_STR(tokens(STR("{\"k\\n\":1}")), "{ k:k\n n:1 } . ");
}

TEST(json_reader_refuses)
{
    static const char *const bad[] = {
        "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1,", "\"x", "\"x\\", "\"x\\\"",
        "[1 2]", "{\"a\" 1}", "{1:2}", "{\"a\":1,}", "[1,]", "[,1]", "[1}", "{\"a\":1]", "]", "}",
        "01", "-", "1.", ".5", "1e", "+1", "nul", "True", "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"",
        "\"a\nb\"", "\"\x01\"", "{,}", ":", "'a'", "NaN", "truex", "[truefalse]", "{\"a\":}",
        "\xff",
    };

    for (size_t i = 0; i < array_len(bad); i++) {
        str got = tokens(str_of(bad[i]));
        if (!str_ends(got, STR("! ")))
            CHECK_STR(str_of(bad[i]), "refused");
    }
}

TEST(json_reader_depth_is_limited)
{
    char text[200];
    struct arena arena = {0};
    struct json_in j;

    memset(text, '[', sizeof text);
    json_open(&j, (str){text, 64}, &arena);
    for (int i = 0; i < 64; i++)
        CHECK(json_next(&j) == JSON_ARRAY);
    CHECK(json_next(&j) == JSON_ERROR);
    json_open(&j, (str){text, 65}, &arena);
    for (int i = 0; i < 64; i++)
        CHECK(json_next(&j) == JSON_ARRAY);
    CHECK(json_next(&j) == JSON_ERROR);
    CHECK_STR(str_of(j.error), "nested too deeply");
    arena_free(&arena);
}

TEST(json_skip_passes_over_one_value)
{
    struct arena arena = {0};
    struct json_in j;

    json_open(&j, STR("{\"a\":{\"b\":[1,{\"c\":\"\\n\"}]},\"d\":2,\"e\":[]}"), &arena);
    CHECK(json_next(&j) == JSON_OBJECT);
    CHECK(json_next(&j) == JSON_KEY);
    CHECK(json_skip(&j));
    CHECK(json_next(&j) == JSON_KEY);
    CHECK_STR(j.text, "d");
    CHECK(json_skip(&j));
    CHECK(json_next(&j) == JSON_KEY);
    CHECK(json_next(&j) == JSON_ARRAY);
    CHECK(!json_skip(&j));
    CHECK(json_next(&j) == JSON_ERROR);
    json_open(&j, STR("[[1,"), &arena);
    CHECK(json_next(&j) == JSON_ARRAY);
    CHECK(!json_skip(&j));
    CHECK_INT(arena.held, 0);
    arena_free(&arena);
}

TEST(json_value_equals_its_text_escaped)
{
    struct buf b = {0};
    struct json_out j = {.buf = &b};
    static const char wide[] = "C\0:\0\\\0W\0i\0n\0d\0o\0w\0s\0\\\0\n\0\x02\x30\x3d\xd8\x63\xdc\x3d\xd8";

    json_value(&j, (struct value){wide, sizeof wide - 1, VALUE_UTF16});
    json_value(&j, value_of(STR("a\tb\xff")));
    json_value(&j, (struct value){"\x80\"", 2, VALUE_ANSI});
    json_value(&j, (struct value){"", 0, VALUE_NULL});
    json_value(&j, (struct value){"a\0\"\0\0\0b\0\0\0", 10, VALUE_UTF16 | VALUE_ARRAY});
    CHECK_STR(keep(&b), "\"C:\\\\Windows\\\\\\n\xe3\x80\x82\xf0\x9f\x91\xa3\xef\xbf\xbd\""
                        "\"a\\tb\xef\xbf\xbd\"\"\xe2\x82\xac\\\"\"\"\"\"a\\\", b\"");
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

TEST(json_reads_back_what_it_wrote)
{
    uint32_t random = 5;
    struct arena arena = {0};

    for (int round = 0; round < 5000; round++) {
        struct buf text = {0}, doc = {0}, repaired = {0};
        struct json_out out = {.buf = &doc, .indent = next_random(&random) % 3};
        struct json_in in;
        for (size_t n = next_random(&random) % 50; n > 0; n--)
            buf_char(&text, (char)(next_random(&random) % 2 ? 'a' : next_random(&random)));
        utf8_repair(buf_view(&text), &repaired);
        uint64_t number = (uint64_t)next_random(&random) << 40 | next_random(&random);
        json_object(&out);
        json_pair(&out, buf_view(&text), buf_view(&text));
        json_key(&out, STR("n"));
        json_i64(&out, (int64_t)(0 - number));
        json_object_end(&out);
        buf_trim(&doc);
        json_open(&in, buf_view(&doc), &arena);
        CHECK(json_next(&in) == JSON_OBJECT);
        CHECK(json_next(&in) == JSON_KEY && str_eq(in.text, buf_view(&repaired)));
        CHECK(json_next(&in) == JSON_STRING && str_eq(in.text, buf_view(&repaired)));
        int64_t back = 0;
        CHECK(json_next(&in) == JSON_KEY && json_next(&in) == JSON_NUMBER);
        CHECK(str_take_i64(&in.text, &back) && back == (int64_t)(0 - number));
        CHECK(json_next(&in) == JSON_OBJECT_END && json_next(&in) == JSON_END && in.rest.len == 0);
        buf_free(&text);
        buf_free(&doc);
        buf_free(&repaired);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

TEST(json_reader_survives_damage)
{
    static const char whole[] = "{\"a\":[1,-2.5e+3,true,false,null,{\"x\":\"\\uD83D\\uDC63\\n\"}],"
                                "\"key \\\"two\\\"\":{\"deep\":[[[[]]],\"plain text of some length\"]}}";
    static const char some[] = "{}[]\",:\\u0e-.truefalsn \n\x01\xff";
    struct arena arena = {0};
    uint32_t random = 9;
    size_t good = 0;

    for (int round = 0; round < 20000; round++) {
        struct buf copy = {0};
        struct json_in j;
        enum json_type type;
        int tokens_left = 200;
        buf_add(&copy, whole, round % 2 ? sizeof whole - 1 : next_random(&random) % sizeof whole);
        for (unsigned k = next_random(&random) % 4; k > 0 && copy.len > 0; k--)
            copy.p[next_random(&random) % copy.len] = some[next_random(&random) % (sizeof some - 1)];
        buf_trim(&copy);
        json_open(&j, buf_view(&copy), &arena);
        do {
            type = next_random(&random) % 16 ? json_next(&j)
                   : json_skip(&j)           ? JSON_NULL
                                             : JSON_ERROR;
        } while (type != JSON_ERROR && type != JSON_END && --tokens_left > 0);
        CHECK(tokens_left > 0);
        CHECK((type == JSON_ERROR) == (j.error != NULL));
        good += type == JSON_END;
        buf_free(&copy);
        arena_reset(&arena);
    }
    CHECK(good > 100); /* so the walk does go to the end */
    arena_free(&arena);
}
