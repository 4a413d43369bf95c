/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader (RFC 8259): a state for what may come next and one bit a level for what is
 * open. A UTF-8 mark at the front is passed over. */
#include "core/json.h"
#include "core/utf.h"

enum state {
    AT_DOCUMENT, /* nothing open: a value or the end */
    AT_VALUE,    /* a value must come */
    AT_FIRST_ITEM, /* a value or ] */
    AT_FIRST_KEY,  /* a key or } */
    AFTER_VALUE,   /* a comma or the end of what is open */
    AFTER_DOCUMENT,
    FAILED
};

enum { DEPTH_MAX = 64 };

void json_open(struct json_in *j, str bytes, struct arena *arena)
{
    str_take(&bytes, STR("\xef\xbb\xbf"));
    *j = (struct json_in){.rest = bytes, .arena = arena, .state = AT_DOCUMENT};
}

static enum json_type fail(struct json_in *j, const char *why)
{
    j->error = why;
    j->state = FAILED;
    j->text = STR("");
    return JSON_ERROR;
}

static void skip_blanks(struct json_in *j)
{
    size_t n = 0;

    while (n < j->rest.len && (j->rest.p[n] == ' ' || j->rest.p[n] == '\n' ||
                               j->rest.p[n] == '\r' || j->rest.p[n] == '\t'))
        n++;
    j->rest = str_skip(j->rest, n);
}

static void after_value(struct json_in *j)
{
    j->state = j->depth ? AFTER_VALUE : AFTER_DOCUMENT;
}

static bool in_object(const struct json_in *j)
{
    return j->depth > 0 && (j->stack >> (j->depth - 1) & 1);
}

static enum json_type open(struct json_in *j, bool object)
{
    if (j->depth == DEPTH_MAX)
        return fail(j, "nested too deeply");
    uint64_t bit = UINT64_C(1) << j->depth++;
    j->stack = object ? j->stack | bit : j->stack & ~bit;
    j->state = object ? AT_FIRST_KEY : AT_FIRST_ITEM;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_type close(struct json_in *j, bool object)
{
    if (in_object(j) != object)
        return fail(j, object ? "} where ] was open" : "] where } was open");
    j->depth--;
    after_value(j);
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

/* Length of the front of s without a quote, backslash or control character. */
static size_t plain_run(str s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t n = 0;

    for (; s.len - n >= sizeof(uint64_t); n += sizeof(uint64_t)) {
        uint64_t w, quote, slash;
        memcpy(&w, s.p + n, sizeof w);
        /* A byte of x is zero where (x - ones) & ~x has its top bit; the lowest hit is exact. */
        quote = w ^ ones * '"';
        slash = w ^ ones * '\\';
        uint64_t hit = (((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                        ((w - ones * 0x20) & ~w)) & tops;
        if (hit)
            return n + (unsigned)__builtin_ctzll(hit) / 8;
    }
    while (n < s.len && s.p[n] != '"' && s.p[n] != '\\' && (uint8_t)s.p[n] >= 0x20)
        n++;
    return n;
}

static bool take_hex4(str *s, uint32_t *unit)
{
    uint64_t v;
    str digits = str_head(*s, 4);

    if (digits.len < 4 || !str_take_hex(&digits, &v) || digits.len > 0)
        return false;
    *unit = (uint32_t)v;
    *s = str_skip(*s, 4);
    return true;
}

/* The character of an escape, after "\u": a pair of surrogates is one, half a pair is U+FFFD. */
static bool take_unicode(str *s, uint32_t *code)
{
    uint32_t low;

    if (!take_hex4(s, code))
        return false;
    if (*code < 0xd800 || *code >= 0xe000)
        return true;
    str pair = *s;
    if (*code < 0xdc00 && str_take(&pair, STR("\\u")) && take_hex4(&pair, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        *code = 0x10000 + ((*code - 0xd800) << 10 | (low - 0xdc00));
        *s = pair;
    } else {
        *code = 0xfffd;
    }
    return true;
}

/* Unescapes the inside of a string, whose end has been found already. */
static bool unescape(str raw, struct arena *arena, str *out)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    char *start = arena_bytes(arena, raw.len), *o = start;

    while (raw.len > 0) {
        size_t run = str_find_char(raw, '\\');
        memcpy(o, raw.p, run);
        o += run;
        if (run == raw.len)
            break;
        char c = raw.p[run + 1]; /* a backslash is never last: it would have escaped the quote */
        raw = str_skip(raw, run + 2);
        uint32_t code;
        size_t i = 0;
        if (c == 'u') {
            if (!take_unicode(&raw, &code))
                return false;
            o += utf8_encode(code, o);
            continue;
        }
        while (i + 1 < sizeof letters && letters[i] != c)
            i += 2;
        if (i + 1 >= sizeof letters)
            return false;
        *o++ = letters[i + 1];
    }
    *out = (str){start, (size_t)(o - start)};
    arena->at = o; /* what was not used goes back */
    return true;
}

/* The string at the front, after its first quote. */
static bool take_string(struct json_in *j)
{
    str s = j->rest;
    bool escapes = false;
    size_t n = 0;

    for (;;) {
        n += plain_run(str_skip(s, n));
        if (n >= s.len) {
            fail(j, "unfinished string");
            return false;
        }
        if (s.p[n] == '"')
            break;
        if (s.p[n] != '\\') {
            fail(j, "control character in a string");
            return false;
        }
        escapes = true;
        n += 2;
    }
    j->text = str_head(s, n);
    j->rest = str_skip(s, n + 1);
    if (escapes && j->arena && !unescape(j->text, j->arena, &j->text)) {
        fail(j, "bad escape in a string");
        return false;
    }
    return true;
}

static size_t digits_at(str s, size_t n)
{
    size_t from = n;

    while (n < s.len && char_is_digit(s.p[n]))
        n++;
    return n - from;
}

static bool at(str s, size_t n, char a, char b)
{
    return n < s.len && (s.p[n] == a || s.p[n] == b);
}

static enum json_type take_number(struct json_in *j)
{
    str s = j->rest;
    size_t n = at(s, 0, '-', '-'), more;
    size_t whole = digits_at(s, n);

    if (whole == 0 || (whole > 1 && s.p[n] == '0'))
        return fail(j, "bad number");
    n += whole;
    if (at(s, n, '.', '.')) {
        if ((more = digits_at(s, n + 1)) == 0)
            return fail(j, "bad number");
        n += 1 + more;
    }
    if (at(s, n, 'e', 'E')) {
        n += at(s, n + 1, '+', '-') ? 2 : 1;
        if ((more = digits_at(s, n)) == 0)
            return fail(j, "bad number");
        n += more;
    }
    j->text = str_head(s, n);
    j->rest = str_skip(s, n);
    after_value(j);
    return JSON_NUMBER;
}

static enum json_type take_word(struct json_in *j)
{
    static const struct {
        str word;
        enum json_type type;
    } words[] = {{{"true", 4}, JSON_TRUE}, {{"false", 5}, JSON_FALSE}, {{"null", 4}, JSON_NULL}};

    for (size_t i = 0; i < array_len(words); i++)
        if (str_take(&j->rest, words[i].word)) {
            j->text = words[i].word;
            after_value(j);
            return words[i].type;
        }
    return fail(j, "not a value");
}

static enum json_type take_value(struct json_in *j)
{
    char c = j->rest.p[0];

    if (c == '-' || char_is_digit(c))
        return take_number(j);
    if (c != '"' && c != '{' && c != '[')
        return take_word(j);
    j->rest = str_skip(j->rest, 1);
    if (c != '"')
        return open(j, c == '{');
    if (!take_string(j))
        return JSON_ERROR;
    after_value(j);
    return JSON_STRING;
}

static enum json_type take_key(struct json_in *j)
{
    if (!str_take_char(&j->rest, '"'))
        return fail(j, "a key was expected");
    if (!take_string(j))
        return JSON_ERROR;
    skip_blanks(j);
    if (!str_take_char(&j->rest, ':'))
        return fail(j, "no colon after a key");
    j->state = AT_VALUE;
    return JSON_KEY;
}

/* After a value inside something: its end, or a comma and what must follow that. */
static enum json_type take_next(struct json_in *j)
{
    if (str_take_char(&j->rest, '}'))
        return close(j, true);
    if (str_take_char(&j->rest, ']'))
        return close(j, false);
    if (!str_take_char(&j->rest, ','))
        return fail(j, "a comma was expected");
    skip_blanks(j);
    if (j->rest.len == 0)
        return fail(j, "unfinished document");
    return in_object(j) ? take_key(j) : take_value(j);
}

enum json_type json_next(struct json_in *j)
{
    if (j->state == FAILED)
        return JSON_ERROR;
    j->text = STR("");
    skip_blanks(j);
    if (j->state == AFTER_DOCUMENT || (j->state == AT_DOCUMENT && j->rest.len == 0)) {
        j->state = AT_DOCUMENT;
        return JSON_END;
    }
    if (j->rest.len == 0)
        return fail(j, "unfinished document");
    switch (j->state) {
    case AFTER_VALUE:
        return take_next(j);
    case AT_FIRST_KEY:
        return str_take_char(&j->rest, '}') ? close(j, true) : take_key(j);
    case AT_FIRST_ITEM:
        return str_take_char(&j->rest, ']') ? close(j, false) : take_value(j);
    default:
        return take_value(j);
    }
}

bool json_skip(struct json_in *j)
{
    struct arena *arena = j->arena;
    unsigned depth = j->depth;
    enum json_type type;

    j->arena = NULL; /* nobody reads the strings */
    do {
        type = json_next(j);
    } while (type != JSON_ERROR && type != JSON_END && j->depth > depth);
    j->arena = arena;
    if (type == JSON_ERROR)
        return false;
    if (type == JSON_END || j->depth < depth) {
        fail(j, "no value to pass over");
        return false;
    }
    return true;
}
