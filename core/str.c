/* SPDX-License-Identifier: Apache-2.0
 *
 * String views and takers. */
#include "core/str.h"

str str_of(const char *text)
{
    return (str){text ? text : "", text ? strlen(text) : 0};
}

bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool str_eq_nocase(str a, str b)
{
    return a.len == b.len && str_starts_nocase(a, b);
}

int str_cmp(str a, str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix)
{
    /* Most texts differ in their first byte: that saves the call. */
    return s.len >= prefix.len &&
           (prefix.len == 0 ||
            (s.p[0] == prefix.p[0] && memcmp(s.p, prefix.p, prefix.len) == 0));
}

bool str_starts_nocase(str s, str prefix)
{
    if (s.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (char_lower(s.p[i]) != char_lower(prefix.p[i]))
            return false;
    return true;
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq(str_skip(s, s.len - suffix.len), suffix);
}

bool str_ends_nocase(str s, str suffix)
{
    return s.len >= suffix.len && str_eq_nocase(str_skip(s, s.len - suffix.len), suffix);
}

size_t str_find_char(str s, char c)
{
    const char *hit = s.len ? memchr(s.p, c, s.len) : NULL;

    return hit ? (size_t)(hit - s.p) : s.len;
}

size_t str_rfind_char(str s, char c)
{
    const char *hit = s.len ? memrchr(s.p, c, s.len) : NULL;

    return hit ? (size_t)(hit - s.p) : s.len;
}

size_t str_find(str s, str part)
{
    const char *hit = part.len ? memmem(s.p ? s.p : "", s.len, part.p, part.len) : s.p;

    return hit ? (size_t)(hit - s.p) : s.len;
}

size_t str_find_nocase(str s, str part)
{
    if (part.len == 0)
        return 0;
    char first = char_lower(part.p[0]);
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (char_lower(s.p[i]) == first && str_starts_nocase(str_skip(s, i), part))
            return i;
    return s.len;
}

bool str_has(str s, str part)
{
    return part.len == 0 || str_find(s, part) < s.len;
}

bool str_has_nocase(str s, str part)
{
    return part.len == 0 || str_find_nocase(s, part) < s.len;
}

str str_trim(str s)
{
    while (s.len && (char_is_space(s.p[0]) || !s.p[0]))
        s = str_skip(s, 1);
    while (s.len && (char_is_space(s.p[s.len - 1]) || !s.p[s.len - 1]))
        s.len--;
    return s;
}

str str_unquote(str s)
{
    bool quoted = s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0];

    return quoted ? (str){s.p + 1, s.len - 2} : s;
}

str str_basename(str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
            return str_skip(path, i);
    return path;
}

bool str_take_line(str *s, str *line)
{
    if (s->len == 0)
        return false;
    size_t end = str_find_char(*s, '\n');
    *line = str_head(*s, end);
    *s = str_skip(*s, end + 1);
    if (line->len && line->p[line->len - 1] == '\r')
        line->len--;
    return true;
}

bool str_take(str *s, str literal)
{
    if (!str_starts(*s, literal))
        return false;
    *s = str_skip(*s, literal.len);
    return true;
}

bool str_take_nocase(str *s, str literal)
{
    if (!str_starts_nocase(*s, literal))
        return false;
    *s = str_skip(*s, literal.len);
    return true;
}

bool str_take_spaces(str *s)
{
    size_t n = 0;

    while (n < s->len && (s->p[n] == ' ' || s->p[n] == '\t'))
        n++;
    *s = str_skip(*s, n);
    return n > 0;
}

bool str_take_word(str *s, str *word)
{
    size_t n = 0;

    while (n < s->len && s->p[n] != ' ' && s->p[n] != '\t')
        n++;
    if (n == 0)
        return false;
    return str_take_n(s, n, word);
}

bool str_take_until(str *s, char stop, str *out)
{
    size_t n = str_find_char(*s, stop);

    if (n == s->len)
        return false;
    *out = str_head(*s, n);
    *s = str_skip(*s, n + 1);
    return true;
}

bool str_take_until_str(str *s, str stop, str *out)
{
    size_t n = str_find(*s, stop);

    if (n == s->len)
        return false;
    *out = str_head(*s, n);
    *s = str_skip(*s, n + stop.len);
    return true;
}

bool str_take_n(str *s, size_t n, str *out)
{
    if (s->len < n)
        return false;
    *out = str_head(*s, n);
    *s = str_skip(*s, n);
    return true;
}

bool str_take_u64(str *s, uint64_t *value)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; n < s->len && char_is_digit(s->p[n]); n++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s->p[n] - '0'), &v))
            return false;
    if (n == 0)
        return false;
    *value = v;
    *s = str_skip(*s, n);
    return true;
}

bool str_take_i64(str *s, int64_t *value)
{
    str rest = *s;
    bool negative = str_take_char(&rest, '-');
    uint64_t v;

    if (!negative)
        str_take_char(&rest, '+');
    if (!str_take_u64(&rest, &v) || v > (uint64_t)INT64_MAX + negative)
        return false;
    *value = (int64_t)(negative ? 0 - v : v);
    *s = rest;
    return true;
}

static unsigned hex_digit(char c)
{
    return (unsigned)(char_is_digit(c) ? c - '0' : char_lower(c) - 'a' + 10);
}

bool str_take_hex(str *s, uint64_t *value)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; n < s->len && char_is_hex(s->p[n]); n++) {
        if (v >> 60)
            return false;
        v = v << 4 | hex_digit(s->p[n]);
    }
    if (n == 0)
        return false;
    *value = v;
    *s = str_skip(*s, n);
    return true;
}

bool str_take_digits(str *s, unsigned n, unsigned *value)
{
    unsigned v = 0;

    if (s->len < n)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!char_is_digit(s->p[i]))
            return false;
        v = v * 10 + (unsigned)(s->p[i] - '0');
    }
    *value = v;
    *s = str_skip(*s, n);
    return true;
}

bool str_to_u64(str s, uint64_t *value)
{
    bool whole = str_take_nocase(&s, STR("0x")) ? str_take_hex(&s, value) : str_take_u64(&s, value);

    return whole && s.len == 0;
}
