/* SPDX-License-Identifier: Apache-2.0
 *
 * Encodings of text. The inner loops are written once, with the form as a constant that the
 * compiler folds; vectors are those of gcc and clang, so no instruction set is named here. */
#include "core/utf.h"

#include "core/value.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    REPLACEMENT = 0xfffd,
    PAD = 16 /* what may be written past one output byte for each input unit that is left */
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

/* Six bytes of room are needed. */
INLINE void put_code(struct buf *out, uint32_t code, enum utf_form form)
{
    char *o = out->p + out->len;

    if (form == UTF_JSON && code == '\\') { /* paths are full of them */
        o[0] = o[1] = '\\';
        out->len += 2;
        return;
    }
    out->len += form == UTF_JSON && wants_escape(code) ? escape(code, o) : utf8_encode(code, o);
}

INLINE void room(struct buf *out, size_t units)
{
    if (out->cap - out->len < units + PAD)
        buf_reserve(out, units + PAD);
}

INLINE bool byte_is_special(char c, enum utf_form form)
{
    return form == UTF_JSON ? (int8_t)c < 0x20 || c == '"' || c == '\\' || c == 0x7f
                            : (int8_t)c < 0;
}

/* Copies 16 bytes; returns the index of the first special one, 16 when there is none. */
INLINE unsigned copy16(const char *p, char *o, enum utf_form form)
{
    bytes16 x, special;

    memcpy(&x, p, 16);
    memcpy(o, &x, 16);
    special = form == UTF_JSON ? (x < 0x20) | (x == 0x7f) | (x == '"') | (x == '\\') : x < 0;
    halves mask = (halves)special;
    if (!(mask[0] | mask[1]))
        return 16;
    return mask[0] ? (unsigned)__builtin_ctzll(mask[0]) / 8
                   : 8 + (unsigned)__builtin_ctzll(mask[1]) / 8;
}

INLINE unsigned copy8(const void *p, char *o, enum utf_form form)
{
    bytes8 x, special;

    memcpy(&x, p, 8);
    memcpy(o, &x, 8);
    special = form == UTF_JSON ? (x < 0x20) | (x == 0x7f) | (x == '"') | (x == '\\') : x < 0;
    uint64_t mask = (uint64_t)special;
    return mask ? (unsigned)__builtin_ctzll(mask) / 8 : 8;
}

/* The 1 to 7 bytes at p as one word with zeros behind, by reads that overlap. */
INLINE uint64_t gather(const char *p, size_t len)
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

INLINE size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Copies the ASCII run at the front that needs no change and returns its length. The last block
 * overlaps the one before it, which is known to be clean, instead of going byte by byte. */
INLINE size_t copy_run8(const char *p, size_t left, char *o, enum utf_form form)
{
    size_t n = 0;

    if (left >= 16)
        for (;;) {
            unsigned clean = copy16(p + n, o + n, form);
            if (clean < 16 || n + 16 == left)
                return n + clean;
            n = left - n < 32 ? left - 16 : n + 16;
        }
    if (left >= 8) {
        unsigned clean = copy8(p, o, form);
        return clean < 8 ? clean : left - 8 + copy8(p + left - 8, o + left - 8, form);
    }
    uint64_t word = gather(p, left);
    return at_most(copy8(&word, o, form), left);
}

INLINE bool put8(str s, enum utf_form form, struct buf *out)
{
    bool good = true;
    size_t i = 0;

    while (i < s.len) {
        room(out, s.len - i);
        size_t run = copy_run8(s.p + i, s.len - i, out->p + out->len, form);
        out->len += run;
        i += run;
        while (i < s.len && byte_is_special(s.p[i], form)) {
            uint32_t code = (uint8_t)s.p[i];
            unsigned len = code < 0x80 ? 1 : utf8_decode(s.p + i, s.len - i, &code);
            room(out, s.len - i);
            put_code(out, len ? code : REPLACEMENT, form);
            good &= len > 0;
            i += len ? len : 1;
        }
    }
    return good;
}

bool utf8_put(str s, enum utf_form form, struct buf *out)
{
    return form == UTF_JSON ? put8(s, UTF_JSON, out) : put8(s, UTF_PLAIN, out);
}

bool utf8_repair(str s, struct buf *out)
{
    return put8(s, UTF_PLAIN, out);
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

INLINE units8 load_units8(const char *p)
{
    units8 x;

    memcpy(&x, p, sizeof x);
    return x;
}

INLINE units8 load_units4(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return (units8)(halves){word, 0};
}

/* Copies up to 8 units (8 or 4: a constant); returns the index of the first special one. DEL is
 * special in both forms: no harm, one comparison less. */
INLINE unsigned copy_units(units8 x, unsigned count, char *o, enum utf_form form)
{
    const int16_t lowest = form == UTF_JSON ? 0x20 : 0;
    units8 special = (x > 0x7e) | (x < lowest);

    if (form == UTF_JSON)
        special |= (x == '"') | (x == '\\');
    bytes8 narrow = __builtin_convertvector(x, bytes8);
    memcpy(o, &narrow, 8);
    uint64_t mask = (uint64_t)__builtin_convertvector(special, bytes8);
    if (count == 4)
        mask &= UINT32_MAX;
    return mask ? (unsigned)__builtin_ctzll(mask) / 8 : count;
}

/* As copy_run8, of UTF-16 units. */
INLINE size_t copy_run16(const char *p, size_t left, char *o, enum utf_form form)
{
    size_t n = 0;

    if (left >= 8)
        for (;;) {
            unsigned clean = copy_units(load_units8(p + 2 * n), 8, o + n, form);
            if (clean < 8 || n + 8 == left)
                return n + clean;
            n = left - n < 16 ? left - 8 : n + 8;
        }
    if (left >= 4) {
        unsigned clean = copy_units(load_units4(p), 4, o, form);
        if (clean < 4)
            return clean;
        return left - 4 + copy_units(load_units4(p + 2 * left - 8), 4, o + left - 4, form);
    }
    /* 1 to 3 units: 2, 4 or 6 bytes. */
    units8 last = (units8)(halves){gather(p, 2 * left), 0};
    return at_most(copy_units(last, 4, o, form), left);
}

/* The character at unit i of `units`; *used is 1 or 2. */
INLINE uint32_t utf16_decode(const char *p, size_t i, size_t units, unsigned *used)
{
    uint32_t u = unit_at(p + 2 * i);

    *used = 1;
    if (u < 0xd800 || u >= 0xe000)
        return u;
    if (u < 0xdc00 && i + 1 < units) {
        uint32_t low = unit_at(p + 2 * i + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *used = 2;
            return 0x10000 + ((u - 0xd800) << 10 | (low - 0xdc00));
        }
    }
    return UINT32_MAX;
}

INLINE bool put16(const char *p, size_t bytes, enum utf_form form, struct buf *out)
{
    size_t units = bytes / 2, i = 0;
    bool good = bytes % 2 == 0;

    while (i < units) {
        room(out, units - i);
        size_t run = copy_run16(p + 2 * i, units - i, out->p + out->len, form);
        out->len += run;
        i += run;
        while (i < units && unit_is_special(unit_at(p + 2 * i), form)) {
            unsigned used;
            uint32_t code = utf16_decode(p, i, units, &used);
            room(out, units - i);
            put_code(out, code == UINT32_MAX ? REPLACEMENT : code, form);
            good &= code != UINT32_MAX;
            i += used;
        }
    }
    if (bytes % 2) {
        room(out, 1);
        put_code(out, REPLACEMENT, form);
    }
    return good;
}

bool utf16_put(const void *p, size_t bytes, enum utf_form form, struct buf *out)
{
    return form == UTF_JSON ? put16(p, bytes, UTF_JSON, out) : put16(p, bytes, UTF_PLAIN, out);
}

bool utf16_to_utf8(const void *p, size_t bytes, struct buf *out)
{
    return put16(p, bytes, UTF_PLAIN, out);
}

/* The ASCII runs of it are copied like those of UTF-8. */
INLINE void put_ansi(str s, enum utf_form form, struct buf *out)
{
    for (size_t i = 0; i < s.len;) {
        room(out, s.len - i);
        size_t run = copy_run8(s.p + i, s.len - i, out->p + out->len, form);
        out->len += run;
        for (i += run; i < s.len && byte_is_special(s.p[i], form); i++) {
            uint8_t c = (uint8_t)s.p[i];
            room(out, s.len - i);
            put_code(out, c >= 0x80 && c < 0xa0 ? ansi_high[c - 0x80] : c, form);
        }
    }
}

void ansi_put(str s, enum utf_form form, struct buf *out)
{
    if (form == UTF_JSON)
        put_ansi(s, UTF_JSON, out);
    else
        put_ansi(s, UTF_PLAIN, out);
}
