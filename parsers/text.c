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

void text_set_host(struct batch *out, str name)
{
    struct event *e = out->open;

    e->host = names_put(&out->names, name);
    e->flags &= ~(uint32_t)EVENT_HOST_FROM_SYSTEM;
    if (!e->host) {
        e->host = e->system;
        e->flags |= EVENT_HOST_FROM_SYSTEM;
    }
}

struct event *text_begin(struct batch *out, const struct input *in, str line, uint64_t offset,
                         size_t full)
{
    struct event *e = batch_begin(out, offset);

    text_set_host(out, STR(""));
    text_identify(e, in, line, full);
    batch_text(out, FIELD_ECS, STR("event.original"), line);
    return e;
}

void text_take_continuation(const struct input *in, size_t *pos, str *line,
                            bool (*continues)(str line), size_t max_bytes)
{
    str more;
    uint64_t offset;
    size_t full, at = *pos;

    while (input_line(in, &at, &more, &offset, &full) && continues(more)) {
        size_t len = (size_t)(more.p + more.len - line->p); /* their bytes are adjacent */
        if (len > max_bytes)
            return; /* the rest are lines of their own */
        if (more.len)
            line->len = len;
        *pos = at;
    }
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

void years_step(struct years *y, uint8_t month)
{
    if (y->month == 1 && month == 12 && y->index > 0)
        y->index--;
    else if (y->month >= month + 2 && y->index < UINT8_MAX)
        y->index++;
    y->month = month;
}

str text_without_ansi(str line, struct arena *a)
{
    if (str_find_char(line, '\x1b') == line.len)
        return line;
    char *out = arena_bytes(a, line.len);
    size_t len = 0;

    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '\x1b' && i + 1 < line.len && line.p[i + 1] == '[') {
            for (i += 2; i < line.len && (char_is_digit(line.p[i]) || line.p[i] == ';'); i++)
                continue;
        } else {
            out[len++] = line.p[i];
        }
    }
    return (str){out, len};
}

str text_without_nuls(str line)
{
    while (line.len && line.p[0] == '\0')
        line = str_skip(line, 1);
    while (line.len && line.p[line.len - 1] == '\0')
        line.len--;
    return line;
}

void text_shift_open(struct event *e, int64_t offset_s)
{
    struct civil c;
    int64_t time_ns = e->time_ns - offset_s * NS_PER_S;

    if (!(e->flags & EVENT_YEAR_OPEN))
        return;
    civil_of_ns(time_ns, &c);
    if ((c.year < 2000 && e->year_index == 0) || (c.year > 2000 && e->year_index == UINT8_MAX))
        return; /* before the first year: its zone stays open */
    if (c.year < 2000)
        e->year_index--;
    else if (c.year > 2000)
        e->year_index++;
    c.year = 2000;
    e->time_ns = civil_to_ns(&c);
    e->flags &= ~(uint32_t)EVENT_ZONE_OPEN;
}

void text_stamp_time(struct event *e, const struct stamp *stamp, uint8_t year_index,
                     const struct hints *hints)
{
    if (!stamp->zoned) {
        event_civil_time(e, &stamp->civil, stamp->precision, year_index, hints);
        if (e->flags & EVENT_YEAR_OPEN)
            e->flags |= (uint32_t)stamp->weekday << EVENT_WEEKDAY_SHIFT;
        if (stamp->offset_known)
            text_shift_open(e, stamp->offset_s);
        return;
    }
    e->time_ns = stamp->time_ns;
    e->precision = (uint8_t)stamp->precision;
}
