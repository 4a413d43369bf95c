/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages from parts. */
#include "parsers/text.h"

void text_message(struct batch *out, const str *parts, size_t count)
{
    size_t len = 0, at = 0;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *text = arena_bytes(&out->arena, len);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(text + at, parts[i].p, parts[i].len);
        at += parts[i].len;
    }
    batch_text(out, FIELD_ECS, STR("message"), (str){text, len});
}

str text_digits(char digits[TEXT_DIGITS], uint64_t v)
{
    char *p = digits + TEXT_DIGITS;

    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return (str){p, (size_t)(digits + TEXT_DIGITS - p)};
}
