/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of lines, and messages from parts. */
#include "parsers/text.h"

void text_identify(struct event *e, const struct input *in, str line, size_t full)
{
    const struct source *s = in->source;

    event_uid_line(e, s ? s->system : STR(""), s ? s->family : STR(""), line);
    if (full)
        e->flags |= EVENT_TEXT_CUT;
    if (!utf8_valid(line))
        e->flags |= EVENT_TEXT_REPAIRED;
}

struct event *text_begin(struct batch *out, const struct input *in, str line, uint64_t offset,
                         size_t full)
{
    struct event *e = batch_begin(out, offset);

    e->host = e->system;
    e->flags |= EVENT_HOST_FROM_SYSTEM;
    text_identify(e, in, line, full);
    batch_text(out, FIELD_ECS, STR("event.original"), line);
    return e;
}

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
