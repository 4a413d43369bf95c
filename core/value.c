/* SPDX-License-Identifier: Apache-2.0
 *
 * Text and numbers of typed values. Layouts: MS-DTYP (FILETIME 2.3.3, SYSTEMTIME 2.3.13, GUID
 * 2.3.4.2, SID 2.4.2); items of an array: EVTX format documentation of the libyal project. */
#include "core/value.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/time.h"

/* Bytes of one item; 0 = its own length decides. Sizes of 4 or 8 are told apart by the length. */
static const uint8_t item_size[] = {
    [VALUE_I8] = 1,       [VALUE_U8] = 1,          [VALUE_I16] = 2,   [VALUE_U16] = 2,
    [VALUE_I32] = 4,      [VALUE_U32] = 4,         [VALUE_I64] = 8,   [VALUE_U64] = 8,
    [VALUE_FLOAT] = 4,    [VALUE_DOUBLE] = 8,      [VALUE_BOOL] = 4,  [VALUE_GUID] = 16,
    [VALUE_FILETIME] = 8, [VALUE_SYSTEMTIME] = 16, [VALUE_HEX32] = 4, [VALUE_HEX64] = 8,
};

struct value value_of(str utf8)
{
    uint32_t len = utf8.len > UINT32_MAX ? UINT32_MAX : (uint32_t)utf8.len;

    return (struct value){utf8.p ? utf8.p : "", len, VALUE_TEXT};
}

struct value value_number(struct arena *a, uint64_t v)
{
    return (struct value){memcpy(arena_bytes(a, sizeof v), &v, sizeof v), sizeof v, VALUE_U64};
}

/* Of 1, 2, 4 or 8 bytes. The host is little-endian: core/utf.c. */
static inline uint64_t load(const uint8_t *p, uint32_t size)
{
    uint64_t v = p[0];

    if (size == 8)
        memcpy(&v, p, 8);
    else if (size == 4)
        memcpy(&v, p, 4);
    else if (size == 2)
        memcpy(&v, p, 2);
    return v;
}

static int64_t load_signed(const uint8_t *p, uint32_t size)
{
    unsigned unused = 64 - 8 * size;

    return (int64_t)(load(p, size) << unused) >> unused;
}

static char *put_hex_bytes(char *o, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        *o++ = "0123456789ABCDEF"[p[i] >> 4];
        *o++ = "0123456789ABCDEF"[p[i] & 15];
    }
    return o;
}

static char *put_literal(char *o, str text)
{
    memcpy(o, text.p, text.len);
    return o + text.len;
}

static char *put_hex_number(char *o, uint64_t v)
{
    return put_hex_u64(put_literal(o, STR("0x")), v);
}

static char *put_guid(char *o, const uint8_t *p)
{
    /* The first three groups are little-endian numbers, the last two big-endian ones. */
    uint64_t high = load(p, 4) << 32 | load(p + 4, 2) << 16 | load(p + 6, 2);
    char hex[32];

    put_hex_u128(hex, high, __builtin_bswap64(load(p + 8, 8)));
    o[0] = '{';
    memcpy(o + 1, hex, 8);
    o[9] = '-';
    memcpy(o + 10, hex + 8, 4);
    o[14] = '-';
    memcpy(o + 15, hex + 12, 4);
    o[19] = '-';
    memcpy(o + 20, hex + 16, 4);
    o[24] = '-';
    memcpy(o + 25, hex + 20, 12);
    o[37] = '}';
    return o + 38;
}

/* Length of the SID at p, 0 when it does not fit into len. */
static uint32_t sid_len(const uint8_t *p, uint32_t len)
{
    uint32_t need = len < 8 ? 8 : 8 + 4 * (uint32_t)p[1];

    return need <= len ? need : 0;
}

static char *put_sid(char *o, const uint8_t *p)
{
    uint64_t authority = 0;

    for (unsigned i = 2; i < 8; i++)
        authority = authority << 8 | p[i];
    o = put_literal(o, STR("S-"));
    o = put_u64(o, p[0]);
    *o++ = '-';
    if (authority >> 32)
        o = put_hex_bytes(put_literal(o, STR("0x")), p + 2, 6);
    else
        o = put_u64(o, authority);
    for (unsigned i = 0; i < p[1]; i++) {
        *o++ = '-';
        o = put_u64(o, load(p + 8 + 4 * i, 4));
    }
    return o;
}

static char *put_filetime(char *o, uint64_t ticks)
{
    /* Not by way of int64 nanoseconds: a FILETIME reaches from 1601 to 60056, and 0 is shown. */
    const uint64_t day = UINT64_C(864000000000);
    struct civil c;

    civil_of_days((int64_t)(ticks / day) - 134774, &c);
    ticks %= day;
    c.hour = (uint8_t)(ticks / UINT64_C(36000000000));
    c.minute = (uint8_t)(ticks / 600000000 % 60);
    c.second = (uint8_t)(ticks / 10000000 % 60);
    c.ns = (uint32_t)(ticks % 10000000 * 100);
    return civil_write(o, &c, PRECISION_100NS);
}

static char *put_systemtime(char *o, const uint8_t *p)
{
    struct civil c;

    return civil_of_systemtime(p, &c) ? civil_write(o, &c, PRECISION_MS)
                                      : put_hex_bytes(o, p, 16);
}

/* The shortest digits that read back as the same number. */
static char *put_real(char *o, double v, bool single)
{
    char text[40];

    for (int digits = single ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)v : back == v)
            break;
    }
    return put_literal(o, str_of(text));
}

static char *put_float(char *o, const uint8_t *p, uint32_t size)
{
    float single;
    double v;

    if (size == 4) {
        memcpy(&single, p, 4);
        return put_real(o, (double)single, true);
    }
    memcpy(&v, p, 8);
    return put_real(o, v, false);
}

static bool size_fits(unsigned type, uint32_t len)
{
    if (type == VALUE_BOOL)
        return len == 1 || len == 4;
    if (type == VALUE_SIZE)
        return len == 4 || len == 8;
    return type < array_len(item_size) && item_size[type] == len && len > 0;
}

/* One item of a fixed size that fits its type. */
static char *put_fixed(char *o, unsigned type, const uint8_t *p, uint32_t len)
{
    switch (type) {
    case VALUE_I8:
    case VALUE_I16:
    case VALUE_I32:
    case VALUE_I64:
        return put_signed(o, load_signed(p, len));
    case VALUE_U8:
    case VALUE_U16:
    case VALUE_U32:
    case VALUE_U64:
        return put_u64(o, load(p, len));
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return put_float(o, p, len);
    case VALUE_BOOL:
        memcpy(o, load(p, len) ? "true" : "false", 5);
        return o + (load(p, len) ? 4 : 5);
    case VALUE_GUID:
        return put_guid(o, p);
    case VALUE_FILETIME:
        return put_filetime(o, load(p, 8));
    case VALUE_SYSTEMTIME:
        return put_systemtime(o, p);
    default: /* sizes and hex numbers */
        return put_hex_number(o, load(p, len));
    }
}

static char *put_item(char *o, unsigned type, const uint8_t *p, uint32_t len, enum utf_form form)
{
    bool good = true; /* who wants to know looks at the bytes again */

    switch (type) {
    case VALUE_NULL:
        return o;
    case VALUE_UTF16:
        return utf16_write(o, p, len, form, &good);
    case VALUE_TEXT:
        return utf8_write(o, (str){(const char *)p, len}, form, &good);
    case VALUE_ANSI:
        return ansi_write(o, (str){(const char *)p, len}, form);
    case VALUE_SID:
        if (len > 0 && sid_len(p, len) == len)
            return put_sid(o, p);
        return put_hex_bytes(o, p, len);
    default:
        if (size_fits(type, len))
            return put_fixed(o, type, p, len);
        return put_hex_bytes(o, p, len);
    }
}

/* Bytes of the first item of an array; *skip gets 1 or 2 for the NUL behind a text. */
static uint32_t first_item(unsigned type, const uint8_t *p, uint32_t len, uint32_t *skip)
{
    uint32_t step = type == VALUE_UTF16 ? 2 : 1, n = 0;

    *skip = 0;
    if (type == VALUE_UTF16 || type == VALUE_ANSI || type == VALUE_TEXT) {
        while (len - n >= step && load(p + n, step) != 0)
            n += step;
        if (len - n < step)
            return len;
        *skip = step;
        return n;
    }
    if (type == VALUE_SID)
        n = sid_len(p, len);
    else if (type == VALUE_SIZE)
        n = len % 8 ? 4 : 8;
    else if (type < array_len(item_size))
        n = item_size[type];
    return n == 0 || n > len ? len : n;
}

static char *put_array(char *o, struct value v, enum utf_form form, str separator)
{
    unsigned type = v.type & ~(unsigned)VALUE_ARRAY;
    const uint8_t *p = v.p;
    uint32_t left = v.len, skip;

    while (left > 0) {
        uint32_t n = first_item(type, p, left, &skip);
        o = put_item(o, type, p, n, form);
        p += n + skip;
        left -= n + skip;
        if (left > 0)
            o = put_literal(o, separator);
    }
    return o;
}

char *value_write(char *at, struct value v, enum utf_form form)
{
    if (v.len == 0)
        return at;
    return v.type & VALUE_ARRAY ? put_array(at, v, form, STR(", "))
                                : put_item(at, v.type, v.p, v.len, form);
}

static void append(struct value v, enum utf_form form, struct buf *out)
{
    buf_reserve(out, value_room(v.len));
    out->len = (size_t)(value_write(out->p + out->len, v, form) - out->p);
}

void value_text(struct value v, struct buf *out)
{
    append(v, UTF_PLAIN, out);
}

void value_json(struct value v, struct buf *out)
{
    append(v, UTF_JSON, out);
}

char *value_write_list(char *at, struct value v, str separator)
{
    return put_array(at, v, UTF_JSON, separator);
}

bool value_fits(struct value v)
{
    bool fixed = v.type == VALUE_SIZE || (v.type < array_len(item_size) && item_size[v.type] > 0);

    return fixed ? size_fits(v.type, v.len)
                 : v.type != VALUE_SID || (v.len > 0 && sid_len(v.p, v.len) == v.len);
}

str value_str(struct value v, struct arena *a)
{
    if (v.type == VALUE_TEXT && utf8_valid((str){v.p, v.len}))
        return (str){v.p, v.len};
    if (v.type == VALUE_UTF16) { /* into the arena; the room that is not used goes back */
        char *start = arena_bytes(a, utf_room(v.len / 2 + 1, UTF_PLAIN));
        bool good = true;
        a->at = utf16_write(start, v.p, v.len, UTF_PLAIN, &good);
        return (str){start, (size_t)(a->at - start)};
    }
    struct buf out = {0};
    value_text(v, &out);
    str text = arena_str(a, buf_view(&out));
    buf_free(&out);
    return text;
}

static bool text_u64(struct value v, uint64_t *out)
{
    char digits[24];
    const char *p = v.p;

    if (v.type == VALUE_TEXT || v.type == VALUE_ANSI)
        return str_to_u64((str){p, v.len}, out);
    if (v.len % 2 || v.len > 2 * sizeof digits)
        return false;
    for (uint32_t i = 0; i < v.len / 2; i++) {
        if (p[2 * i + 1])
            return false;
        digits[i] = p[2 * i];
    }
    return str_to_u64((str){digits, v.len / 2}, out);
}

bool value_u64(struct value v, uint64_t *out)
{
    int64_t number;

    switch (v.type) {
    case VALUE_UTF16:
    case VALUE_ANSI:
    case VALUE_TEXT:
        return text_u64(v, out);
    case VALUE_I8:
    case VALUE_I16:
    case VALUE_I32:
    case VALUE_I64:
        number = size_fits(v.type, v.len) ? load_signed(v.p, v.len) : -1;
        *out = number < 0 ? *out : (uint64_t)number;
        return number >= 0;
    case VALUE_U8:
    case VALUE_U16:
    case VALUE_U32:
    case VALUE_U64:
    case VALUE_SIZE:
    case VALUE_HEX32:
    case VALUE_HEX64:
        if (!size_fits(v.type, v.len))
            return false;
        *out = load(v.p, v.len);
        return true;
    case VALUE_BOOL:
        if (!size_fits(v.type, v.len))
            return false;
        *out = load(v.p, v.len) != 0;
        return true;
    default:
        return false;
    }
}

static bool text_is(struct value v, str text)
{
    struct buf own = {0};

    value_text(v, &own);
    bool same = str_eq_nocase(buf_view(&own), text);
    buf_free(&own);
    return same;
}

static bool utf16_is(const uint8_t *p, uint32_t len, str text)
{
    uint32_t i = 0;

    for (; i + 2 <= len && text.len > 0; i += 2, text = str_skip(text, 1)) {
        uint32_t unit = p[i] | (uint32_t)p[i + 1] << 8;
        if (unit >= 0x80)
            break;
        if (char_lower((char)unit) != char_lower(text.p[0]))
            return false;
    }
    /* ASCII so far; what is left is nearly always nothing. */
    if (i == len || text.len == 0)
        return i == len && text.len == 0;
    return text_is((struct value){p + i, len - i, VALUE_UTF16}, text);
}

bool value_is(struct value v, str text)
{
    if (v.type == VALUE_UTF16)
        return utf16_is(v.p, v.len, text);
    if (v.type == VALUE_TEXT && str_eq_nocase((str){v.p, v.len}, text))
        return true;
    if (v.type == VALUE_TEXT && utf8_valid((str){v.p, v.len}))
        return false;
    return text_is(v, text);
}

bool value_is_blank(struct value v)
{
    if (v.type == VALUE_NULL || v.len == 0)
        return true;
    const char *p = v.p;
    if (v.type == VALUE_UTF16)
        return v.len == 2 && p[0] == '-' && p[1] == 0;
    return (v.type == VALUE_TEXT || v.type == VALUE_ANSI) && v.len == 1 && p[0] == '-';
}
