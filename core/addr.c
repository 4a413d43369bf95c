/* SPDX-License-Identifier: Apache-2.0
 *
 * Network addresses as logs write them. IPv6 text form: RFC 4291 section 2.2 for reading,
 * RFC 5952 for writing. */
#include "core/event.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct addr *a)
{
    return memcmp(a->b, mapped, sizeof mapped) == 0;
}

/* Dotted decimal, no leading zeros: "010" is 8 to one reader and 10 to the next. */
static bool take_v4(str *s, uint8_t out[4])
{
    str rest = *s;

    for (unsigned i = 0; i < 4; i++) {
        unsigned v = 0, n = 0;
        if (i > 0 && !str_take_char(&rest, '.'))
            return false;
        for (; n < rest.len && n < 3 && char_is_digit(rest.p[n]); n++)
            v = v * 10 + (unsigned)(rest.p[n] - '0');
        if (n == 0 || v > 255 || (n > 1 && rest.p[0] == '0'))
            return false;
        out[i] = (uint8_t)v;
        rest = str_skip(rest, n);
    }
    if (rest.len > 0 && (char_is_digit(rest.p[0]) || rest.p[0] == '.'))
        return false;
    *s = rest;
    return true;
}

/* One group of at most four hex digits. */
static bool take_group(str *s, uint8_t out[2])
{
    uint64_t v;
    str rest = *s;

    if (!str_take_hex(&rest, &v) || s->len - rest.len > 4)
        return false;
    out[0] = (uint8_t)(v >> 8);
    out[1] = (uint8_t)v;
    *s = rest;
    return true;
}

static bool parse_v6(str s, struct addr *out)
{
    uint8_t b[16] = {0};
    size_t n = 0, gap = SIZE_MAX; /* bytes read; where "::" stood */

    if (str_take(&s, STR("::")))
        gap = 0;
    while (s.len > 0) {
        if (n <= 12 && take_v4(&s, b + n)) {
            n += 4;
            break;
        }
        if (n == 16 || !take_group(&s, b + n))
            return false;
        n += 2;
        if (s.len == 0)
            break;
        if (gap == SIZE_MAX && str_take(&s, STR("::")))
            gap = n;
        else if (!str_take_char(&s, ':') || s.len == 0)
            return false;
    }
    if (s.len > 0 || (gap == SIZE_MAX ? n != 16 : n > 14))
        return false;
    *out = (struct addr){0};
    if (gap == SIZE_MAX)
        gap = n;
    memcpy(out->b, b, gap);
    memcpy(out->b + 16 - (n - gap), b + gap, n - gap);
    return true;
}

bool addr_parse(str text, struct addr *out)
{
    struct addr a;

    if (text.len > 1 && text.p[0] == '[' && text.p[text.len - 1] == ']')
        text = (str){text.p + 1, text.len - 2};
    memcpy(a.b, mapped, sizeof mapped);
    str rest = text;
    if (take_v4(&rest, a.b + 12)) {
        if (rest.len > 0)
            return false;
        *out = a;
        return true;
    }
    size_t zone = str_find_char(text, '%'); /* of the writing machine: no part of the address */
    return zone > 0 && zone + 1 != text.len && parse_v6(str_head(text, zone), out);
}

bool addr_parse_port(str text, struct addr *out, uint16_t *port)
{
    size_t colon = str_rfind_char(text, ':');
    uint64_t v = 0;

    if (addr_parse(text, out)) {
        *port = 0;
        return true;
    }
    str host = str_head(text, colon), digits = str_skip(text, colon + 1);
    bool bare_v6 = str_find_char(host, ':') < host.len && host.p[0] != '[';
    if (bare_v6 || !str_take_u64(&digits, &v) || digits.len > 0 || v > UINT16_MAX ||
        !addr_parse(host, out))
        return false;
    *port = (uint16_t)v;
    return true;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool addr_is_none(const struct addr *a)
{
    return addr_eq(a, &(struct addr){0});
}

struct range {
    uint8_t bytes[16];
    uint8_t bits;
};

#define V4(a, b, bits) {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b}, 96 + (bits)}

static const struct range own_ranges[] = {
    V4(127, 0, 8),
    {{[15] = 1}, 128}, /* ::1 */
};

static const struct range unspecified[] = {
    V4(0, 0, 32),
    {{0}, 128},
};

static const struct range private_ranges[] = {
    V4(10, 0, 8), V4(172, 16, 12), V4(192, 168, 16), /* RFC 1918 */
    V4(169, 254, 16), {{0xfe, 0x80}, 10},            /* link-local: RFC 3927, RFC 4291 */
    V4(100, 64, 10),                                 /* shared by carriers: RFC 6598 */
    {{0xfc}, 7},                                     /* unique local: RFC 4193 */
};

static bool in_ranges(const struct addr *a, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned whole = ranges[i].bits / 8, rest = ranges[i].bits % 8;
        if (memcmp(a->b, ranges[i].bytes, whole) == 0 &&
            (rest == 0 || (a->b[whole] ^ ranges[i].bytes[whole]) >> (8 - rest) == 0))
            return true;
    }
    return false;
}

bool addr_is_local(const struct addr *a)
{
    return in_ranges(a, own_ranges, array_len(own_ranges)) ||
           in_ranges(a, unspecified, array_len(unspecified));
}

bool addr_is_private(const struct addr *a)
{
    return in_ranges(a, private_ranges, array_len(private_ranges)) ||
           in_ranges(a, own_ranges, array_len(own_ranges));
}

static void text_v6(const struct addr *a, struct buf *out)
{
    uint32_t group[8];
    unsigned best = 8, best_len = 1, run = 0; /* a single zero group is not shortened */

    for (unsigned i = 0; i < 8; i++) {
        group[i] = (uint32_t)(a->b[2 * i] << 8 | a->b[2 * i + 1]);
        run = group[i] ? 0 : run + 1;
        if (run > best_len) {
            best_len = run;
            best = i + 1 - run;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            buf_add(out, "::", 2);
            i += best_len - 1;
            continue;
        }
        if (i > 0 && i != best + best_len)
            buf_char(out, ':');
        buf_hex(out, group[i]);
    }
}

void addr_text(const struct addr *a, struct buf *out)
{
    if (!is_v4(a)) {
        text_v6(a, out);
        return;
    }
    for (unsigned i = 12; i < 16; i++) {
        if (i > 12)
            buf_char(out, '.');
        buf_u64(out, a->b[i]);
    }
}
