/* SPDX-License-Identifier: Apache-2.0
 *
 * What text parsers share: probing by lines, walking the lines of a job, times without a zone. */
#include "core/parser.h"

enum { PROBE_LINES = 200 };

struct tally {
    unsigned lines, accepted;
};

static void probe_part(str part, bool cut_head, bool cut_end, unsigned most, struct tally *t,
                       bool (*accepts)(str line), bool (*ignores)(str line))
{
    str line;
    unsigned seen = 0;

    if (cut_head && !str_take_line(&part, &line)) /* begins in the middle of a line */
        return;
    while (seen < most && str_take_line(&part, &line)) {
        if (cut_end && part.len == 0 && t->lines > 0) /* may end in the middle of one */
            return;
        if (str_trim(line).len == 0 || (ignores && ignores(line)))
            continue;
        seen++;
        t->lines++;
        t->accepted += accepts(line);
    }
}

int probe_lines(const struct sample *s, bool (*accepts)(str line), bool (*ignores)(str line))
{
    struct tally t = {0, 0};
    bool more = s->size == 0 || s->size > s->head.len;

    probe_part(s->head, false, more, PROBE_LINES / 2, &t, accepts, ignores);
    probe_part(s->middle, true, true, PROBE_LINES / 4, &t, accepts, ignores);
    probe_part(s->end, true, false, PROBE_LINES / 4, &t, accepts, ignores);
    return t.lines ? (int)(t.accepted * 100 / t.lines) : 0;
}

bool input_line(const struct input *in, size_t *pos, str *line, uint64_t *offset, size_t *cut_len)
{
    if (*pos >= in->bytes.len)
        return false;
    str rest = str_skip(in->bytes, *pos); /* jobs are cut at line ends */
    size_t end = str_find_char(rest, '\n');

    *offset = in->offset + *pos;
    *pos += end + 1;
    *line = str_head(rest, end);
    *cut_len = *pos >= in->bytes.len ? in->cut_line : 0;
    if (line->len && line->p[line->len - 1] == '\r')
        line->len--;
    if (line->len > LINE_MAX_BYTES) {
        *cut_len = *cut_len ? *cut_len : line->len;
        line->len = LINE_MAX_BYTES;
    }
    return true;
}

void event_civil_time(struct event *e, const struct civil *c, enum precision precision,
                      uint8_t year_index, const struct hints *hints)
{
    struct civil local = *c;
    bool year_open = c->year == 0;

    if (year_open)
        local.year = 2000; /* a leap year: 29 February must pass */
    e->time_ns = civil_valid(&local) ? civil_to_ns(&local) : TIME_UNKNOWN;
    e->precision = (uint8_t)precision;
    if (e->time_ns == TIME_UNKNOWN)
        return;
    if (year_open) {
        e->flags |= EVENT_YEAR_OPEN | EVENT_ZONE_OPEN;
        e->year_index = year_index;
    } else if (hints && hints->zone) {
        uint32_t flags = 0;
        e->time_ns = zone_to_utc(hints->zone, e->time_ns, &flags);
        e->flags |= flags | EVENT_ZONE_GIVEN;
    } else {
        e->flags |= EVENT_ZONE_OPEN;
    }
}
