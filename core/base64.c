/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64, both ways. */
#include "core/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct buf *b, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    buf_reserve(b, (n + 2) / 3 * 4);
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)p[i] << 16;
        if (left > 1)
            v |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            v |= p[i + 2];
        b->p[b->len++] = alphabet[v >> 18];
        b->p[b->len++] = alphabet[v >> 12 & 63];
        b->p[b->len++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        b->p[b->len++] = left > 2 ? alphabet[v & 63] : '=';
    }
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read(str text, struct arena *a, str *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    while (text.len && text.p[text.len - 1] == '=')
        text.len--;
    char *p = arena_bytes(a, text.len / 4 * 3 + 3);
    for (size_t i = 0; i < text.len; i++) {
        int d = digit(text.p[i]);
        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            p[n++] = (char)(bits >> have & 0xff);
        }
    }
    *out = (str){p, n};
    return have < 6; /* a lone digit says nothing */
}
