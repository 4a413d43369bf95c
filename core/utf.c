/* SPDX-License-Identifier: Apache-2.0
 *
 * Encodings of text. The inner loops are written once, with the form as a constant that the
 * compiler folds; vectors are those of gcc and clang, so no instruction set is named here. */
#include "core/utf.h"

#include "core/value.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    REPLACEMENT = 0xfffd
};

typedef int8_t bytes8 __attribute__((vector_size(8)));
typedef int8_t bytes16 __attribute__((vector_size(16)));
typedef int16_t units8 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are read as little-endian");

/* Code points 0x80 to 0x9f of Windows-1252 (unicode.org, CP1252.TXT); the five it leaves
 * undefined are the C1 controls, as in Windows' best-fit table. */
static const uint16_t ansi_high[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

unsigned utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

unsigned utf8_decode(const char *p, size_t left, uint32_t *code)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)p[0];
    unsigned len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3
                   : first < 0xf5 ? 4 : 0;

    if (len <= 1 || len > left) {
        *code = first;
        return len == 1;
    }
    uint32_t c = first & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        if (((uint8_t)p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | ((uint8_t)p[i] & 63);
    }
    if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *code = c;
    return len;
}

/* Controls, what JSON escapes itself, and what could turn or break the line in a viewer. */
INLINE bool wants_escape(uint32_t c)
{
    if (c > 0x2069) /* what most text beyond Latin letters is */
        return false;
    if (c < 0x80)
        return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
    if (c < 0x2000)
        return c < 0xa0 || c == 0x061c;
    return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || c >= 0x2066;
}

static unsigned escape(uint32_t c, char *out)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};

    out[0] = '\\';
    if (c < sizeof letters && letters[c]) {
        out[1] = letters[c];
        return 2;
    }
    out[1] = 'u';
    for (unsigned i = 0; i < 4; i++)
        out[2 + i] = "0123456789abcdef"[c >> (12 - 4 * i) & 15];
    return 6;
}

/* At most six bytes. */
INLINE char *put_code(char *o, uint32_t code, enum utf_form form)
{
    return o + (form == UTF_JSON && wants_escape(code) ? escape(code, o) : utf8_encode(code, o));
}

/* Nearly all that is special in JSON: paths are full of them. */
INLINE bool is_quoted(uint32_t c, enum utf_form form)
{
    return form == UTF_JSON && (c == '\\' || c == '"');
}

INLINE char *put_quoted(char *o, uint32_t c)
{
    o[0] = '\\';
    o[1] = (char)c;
    return o + 2;
}

INLINE bool byte_is_special(char c, enum utf_form form)
{
    return form == UTF_JSON ? (int8_t)c < 0x20 || c == '"' || c == '\\' || c == 0x7f
                            : (int8_t)c < 0;
}

INLINE uint64_t load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* The 1 to 7 bytes at p as one word with zeros behind, by reads that overlap. */
INLINE uint64_t gather7(const char *p, size_t len)
{
    uint32_t front, back;

    if (len >= 4) {
        memcpy(&front, p, 4);
        memcpy(&back, p + len - 4, 4);
        return front | (uint64_t)back << (8 * (len - 4));
    }
    return (uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[len / 2] << (8 * (len / 2)) |
           (uint64_t)(uint8_t)p[len - 1] << (8 * (len - 1));
}

/* The 1 to 15 bytes at p with zeros behind. */
INLINE halves gather(const char *p, size_t len)
{
    if (len < 8)
        return (halves){gather7(p, len), 0};
    return (halves){load8(p), load8(p + len - 8) >> 1 >> (127 - 8 * len)};
}

INLINE halves load16(const char *p)
{
    halves word;

    memcpy(&word, p, sizeof word);
    return word;
}

INLINE size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Copies the bytes of x; returns the index of the first special one, 16 when there is none. */
INLINE unsigned copy_bytes(halves word, char *o, enum utf_form form)
{
    bytes16 x = (bytes16)word, special;

    memcpy(o, &x, 16);
    special = form == UTF_JSON ? (x < 0x20) | (x == 0x7f) | (x == '"') | (x == '\\') : x < 0;
    halves mask = (halves)special;
    if (!(mask[0] | mask[1]))
        return 16;
    return mask[0] ? (unsigned)__builtin_ctzll(mask[0]) / 8
                   : 8 + (unsigned)__builtin_ctzll(mask[1]) / 8;
}

/* Copies what needs no change at the front of p, at least one byte of which is left. */
INLINE size_t copy_run8(char *o, const char *p, const char *end, enum utf_form form)
{
    const char *start = p;
    unsigned clean = 16;

    for (; end - p >= 16 && clean == 16; p += clean, o += clean)
        clean = copy_bytes(load16(p), o, form);
    if (clean == 16 && p < end)
        p += at_most(copy_bytes(gather(p, (size_t)(end - p)), o, form), (size_t)(end - p));
    return (size_t)(p - start);
}

/* Characters that are not copied as they are; *at moves behind them. */
static __attribute__((noinline)) char *write_special8(char *o, const char **at, const char *end,
                                                      enum utf_form form, bool *good)
{
    const char *p = *at;

    while (p < end && byte_is_special(*p, form)) {
        uint32_t code = (uint8_t)*p;
        unsigned len = code < 0x80 ? 1 : utf8_decode(p, (size_t)(end - p), &code);
        o = put_code(o, len ? code : REPLACEMENT, form);
        if (len == 0)
            *good = false;
        p += len ? len : 1;
    }
    *at = p;
    return o;
}

INLINE char *write8(char *o, str s, enum utf_form form, bool *good)
{
    const char *p = s.p, *end = s.p + s.len;

    while (p < end) {
        size_t run = copy_run8(o, p, end, form);
        o += run;
        p += run;
        if (p < end && is_quoted((uint8_t)*p, form))
            o = put_quoted(o, (uint8_t)*p++);
        else if (p < end)
            o = write_special8(o, &p, end, form, good);
    }
    return o;
}

char *utf8_write(char *o, str s, enum utf_form form, bool *good)
{
    return form == UTF_JSON ? write8(o, s, UTF_JSON, good) : write8(o, s, UTF_PLAIN, good);
}

bool utf8_put(str s, enum utf_form form, struct buf *out)
{
    bool good = true;

    buf_reserve(out, utf_room(s.len, form));
    out->len = (size_t)(utf8_write(out->p + out->len, s, form, &good) - out->p);
    return good;
}

bool utf8_repair(str s, struct buf *out)
{
    return utf8_put(s, UTF_PLAIN, out);
}

/* Is it ASCII? The last word overlaps the one before it. */
INLINE bool is_ascii(str s)
{
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t seen = 0, word = 0;
    size_t n = 0;

    if (s.len < sizeof word) {
        for (; n < s.len; n++)
            seen |= (uint8_t)s.p[n];
        return !(seen & 0x80);
    }
    for (; s.len - n > sizeof word; n += sizeof word) {
        memcpy(&word, s.p + n, sizeof word);
        seen |= word;
    }
    memcpy(&word, s.p + s.len - sizeof word, sizeof word);
    return !((seen | word) & tops);
}

bool utf8_valid(str s)
{
    size_t i = 0;

    if (is_ascii(s))
        return true;
    while (i < s.len) {
        uint32_t code;
        unsigned len = utf8_decode(s.p + i, s.len - i, &code);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

INLINE uint32_t unit_at(const char *p)
{
    return (uint32_t)(uint8_t)p[0] | (uint32_t)(uint8_t)p[1] << 8;
}

INLINE bool unit_is_special(uint32_t u, enum utf_form form)
{
    return u > 0x7e || (form == UTF_JSON && (u < 0x20 || u == '"' || u == '\\'));
}

/* Copies 8 units; returns the index of the first special one, 8 when there is none. DEL is
 * special in both forms: no harm, one comparison less. */
INLINE unsigned copy_units(halves word, char *o, enum utf_form form)
{
    const int16_t lowest = form == UTF_JSON ? 0x20 : 0;
    units8 x = (units8)word, special = (x > 0x7e) | (x < lowest);

    if (form == UTF_JSON)
        special |= (x == '"') | (x == '\\');
    bytes8 narrow = __builtin_convertvector(x, bytes8);
    memcpy(o, &narrow, 8);
    uint64_t mask = (uint64_t)__builtin_convertvector(special, bytes8);
    return mask ? (unsigned)__builtin_ctzll(mask) / 8 : 8;
}

/* The character at p, with `left` bytes; *used is 2 or 4. UINT32_MAX: half of a pair. */
INLINE uint32_t utf16_decode(const char *p, size_t left, unsigned *used)
{
    uint32_t u = unit_at(p);

    *used = 2;
    if (u < 0xd800 || u >= 0xe000)
        return u;
    if (u < 0xdc00 && left >= 4) {
        uint32_t low = unit_at(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *used = 4;
            return 0x10000 + ((u - 0xd800) << 10 | (low - 0xdc00));
        }
    }
    return UINT32_MAX;
}

INLINE size_t copy_run16(char *o, const char *p, const char *end, enum utf_form form)
{
    const char *start = p;
    unsigned clean = 8;

    for (; end - p >= 16 && clean == 8; p += 2 * clean, o += clean)
        clean = copy_units(load16(p), o, form);
    if (clean == 8 && p < end)
        p += 2 * at_most(copy_units(gather(p, (size_t)(end - p)), o, form), (size_t)(end - p) / 2);
    return (size_t)(p - start) / 2;
}

static __attribute__((noinline)) char *write_special16(char *o, const char **at, const char *end,
                                                       enum utf_form form, bool *good)
{
    const char *p = *at;

    while (p < end && unit_is_special(unit_at(p), form)) {
        unsigned used;
        uint32_t code = utf16_decode(p, (size_t)(end - p), &used);
        o = put_code(o, code == UINT32_MAX ? REPLACEMENT : code, form);
        if (code == UINT32_MAX)
            *good = false;
        p += used;
    }
    *at = p;
    return o;
}

INLINE char *write16(char *o, const char *p, size_t bytes, enum utf_form form, bool *good)
{
    const char *end = p + (bytes & ~(size_t)1);

    while (p < end) {
        size_t run = copy_run16(o, p, end, form);
        o += run;
        p += 2 * run;
        if (p < end && is_quoted(unit_at(p), form)) {
            o = put_quoted(o, unit_at(p));
            p += 2;
        } else if (p < end) {
            o = write_special16(o, &p, end, form, good);
        }
    }
    if (bytes % 2) {
        o = put_code(o, REPLACEMENT, form);
        *good = false;
    }
    return o;
}

char *utf16_write(char *o, const void *p, size_t bytes, enum utf_form form, bool *good)
{
    return form == UTF_JSON ? write16(o, p, bytes, UTF_JSON, good)
                            : write16(o, p, bytes, UTF_PLAIN, good);
}

bool utf16_put(const void *p, size_t bytes, enum utf_form form, struct buf *out)
{
    bool good = true;

    buf_reserve(out, utf_room(bytes / 2 + 1, form));
    out->len = (size_t)(utf16_write(out->p + out->len, p, bytes, form, &good) - out->p);
    return good;
}

bool utf16_to_utf8(const void *p, size_t bytes, struct buf *out)
{
    return utf16_put(p, bytes, UTF_PLAIN, out);
}

/* The ASCII runs of it are copied like those of UTF-8. */
INLINE char *write_ansi(char *o, str s, enum utf_form form)
{
    const char *p = s.p, *end = s.p + s.len;

    while (p < end) {
        size_t run = copy_run8(o, p, end, form);
        o += run;
        for (p += run; p < end && byte_is_special(*p, form); p++) {
            uint8_t c = (uint8_t)*p;
            o = put_code(o, c >= 0x80 && c < 0xa0 ? ansi_high[c - 0x80] : c, form);
        }
    }
    return o;
}

char *ansi_write(char *o, str s, enum utf_form form)
{
    return form == UTF_JSON ? write_ansi(o, s, UTF_JSON) : write_ansi(o, s, UTF_PLAIN);
}
