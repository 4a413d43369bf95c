/* SPDX-License-Identifier: Apache-2.0
 *
 * String views and bounded takers: how every text parser of this program reads.
 *
 * A `str` borrows: pointer and length, no NUL at the end (log lines hold NULs). It lives as long
 * as the buffer or arena it points into. A taker looks at the front of *s; when it matches it
 * moves *s past what it took and returns true, otherwise it returns false and leaves *s alone.
 * So a line grammar is one chain: `str_take_u64(&s, &pid) && str_take_char(&s, ']') && ...`. */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t len;
} str;

#define STR(lit) ((str){"" lit, sizeof(lit) - 1})   /* a literal as a view */
#define PSTR(s) (int)(s).len, (s).p                 /* for printf's %.*s */
#define array_len(a) (sizeof(a) / sizeof(0 [a]))

/* Characters: ASCII only. */
static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool char_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool char_is_hex(char c)
{
    return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool char_is_space(char c) /* space, tab, CR, LF, VT, FF */
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* s without its first n bytes, at most all of them. */
static inline str str_skip(str s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return (str){n ? s.p + n : s.p, s.len - n}; /* p may be NULL, where + 0 is undefined too */
}

/* Its first n bytes, at most all of them. */
static inline str str_head(str s, size_t n)
{
    return (str){s.p, n < s.len ? n : s.len};
}

/* View of a NUL-terminated text; NULL gives the empty view. */
str str_of(const char *text);

bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII only, no locale */
int str_cmp(str a, str b);        /* memcmp order, shorter first: <0, 0, >0 */
bool str_starts(str s, str prefix);
bool str_starts_nocase(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_ends_nocase(str s, str suffix);
bool str_has(str s, str part);        /* does `part` occur in s? */
bool str_has_nocase(str s, str part); /* ASCII letters folded */

/* Offset of the first `part` or of character `c` in s, s.len when there is none. */
size_t str_find(str s, str part);
size_t str_find_nocase(str s, str part);
size_t str_find_char(str s, char c);
size_t str_rfind_char(str s, char c); /* the last one */

str str_trim(str s);                  /* without spaces, tabs, CR, LF and NUL at both ends */
str str_unquote(str s);               /* without one pair of " or ' around it */
str str_basename(str path);           /* after the last / or \ */

/* The next line without its line end ("\n" or "\r\n"); the last may lack one. False at the end. */
bool str_take_line(str *s, str *line);
static inline bool str_take_char(str *s, char c)
{
    if (s->len == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->len--;
    return true;
}
bool str_take(str *s, str literal);
bool str_take_nocase(str *s, str literal);
bool str_take_spaces(str *s);                       /* at least one space or tab */
bool str_take_word(str *s, str *word);              /* up to a space, tab or the end; not empty */
bool str_take_until(str *s, char stop, str *out);   /* takes `stop` too, out excludes it */
bool str_take_until_str(str *s, str stop, str *out);
bool str_take_n(str *s, size_t n, str *out);
bool str_take_u64(str *s, uint64_t *value);         /* decimal digits; false on overflow */
bool str_take_i64(str *s, int64_t *value);          /* optional sign */
bool str_take_hex(str *s, uint64_t *value);         /* hex digits without 0x; false past 64 bits */
bool str_take_digits(str *s, unsigned n, unsigned *value); /* exactly n digits, n <= 9 */

/* The whole of s as a number: decimal, or hex behind 0x. False when anything else is in it. */
bool str_to_u64(str s, uint64_t *value);

#endif
