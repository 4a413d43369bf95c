/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs of unknown kind: lines that begin with a time, in any form that core/stamp.h knows. Each is
 * an event of kind `other` whose message is what stands behind the time; lines without one
 * continue it. Any other parser that claims the blob has it.
 *
 * A time counts where it begins the line, or behind what programs put in front of it: a level, a
 * bracket, a host, a name and "=" ("t=2024-..."), at most LEAD_MAX bytes. Numbers that could be
 * seconds since 1970 count only at the front or behind such a mark.
 *
 * Event fields: host = the system's; provider = the log's name; event.original. In dates of
 * numbers alone (10/02/2024) the first line of the log that can be read one way only says which
 * number is the day.
 *
 * Not read: JSON and XML, clocks without a date. */
#include "parsers/text.h"

enum {
    LEAD_MAX = 96,
    BID = 50,        /* the least */
    SHARE_MIN = 35,  /* per cent of the lines: the others continue them */
    ITEM_MAX_BYTES = 64 * 1024
};

struct state { /* carried along the log */
    struct years years;
    uint8_t order;   /* enum day_order, once a line has said it */
    bool seen, open; /* a stamp; one without a year, or of numbers alone: then all are read */
};

/* May a stamp begin behind this character? */
static bool is_mark(char c)
{
    return c == ' ' || c == '\t' || c == '[' || c == '(' || c == '|' || c == '=' || c == '"' ||
           c == '\'' || c == '>' || c == ',' || c == ':';
}

static bool may_be_epoch(str line, size_t at)
{
    return at == 0 || (line.p[at - 1] != ' ' && line.p[at - 1] != '\t' && line.p[at - 1] != ':' &&
                       line.p[at - 1] != ',');
}

/* JSON or XML; "<34>" is a syslog priority. */
static bool is_markup(str line)
{
    return line.len > 1 &&
           (line.p[0] == '{' || (line.p[0] == '<' && !char_is_digit(line.p[1])));
}

/* The first stamp of the line; *rest is what stands behind it. */
static bool find_stamp(str line, enum day_order order, struct stamp *stamp, str *rest)
{
    for (size_t at = 0; at < LEAD_MAX && at + 8 < line.len && !is_markup(line); at++) {
        if (at && !is_mark(line.p[at - 1]))
            continue;
        *rest = str_skip(line, at);
        if (!str_take_stamp(rest, order, stamp))
            continue;
        bool written = stamp->civil.month != 0;
        if (written || may_be_epoch(line, at))
            return true;
    }
    return false;
}

static bool has_stamp(str line)
{
    struct stamp stamp;
    str rest;

    return find_stamp(text_without_nuls(line), ORDER_UNKNOWN, &stamp, &rest);
}

static bool continues(str line)
{
    return !has_stamp(line);
}

static bool ignores(str line)
{
    return line.len && (line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '#');
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, has_stamp, ignores) >= SHARE_MIN ? BID : 0;
}

static bool is_open(const struct stamp *stamp)
{
    return !stamp->zoned && (stamp->civil.year == 0 || stamp->order != ORDER_UNKNOWN);
}

static void see(struct state *s, const struct stamp *stamp)
{
    if (!stamp->zoned && stamp->civil.year == 0)
        years_step(&s->years, stamp->civil.month);
    if (stamp->order != ORDER_UNKNOWN && s->order == ORDER_UNKNOWN)
        s->order = (uint8_t)stamp->order;
}

static bool has_numbers(str line) /* "10/02/2024": the order of day and month matters */
{
    size_t slash = str_find_char(str_head(line, LEAD_MAX), '/');

    return slash + 3 < line.len && slash < LEAD_MAX &&
           (line.p[slash + 2] == '/' || line.p[slash + 3] == '/');
}

/* Logs whose first line has a year and a name or number that says which is the month need none of
 * this. */
static void carry(struct carry *state, str bytes)
{
    struct state *s = (struct state *)state->bytes;
    struct stamp stamp;
    str line, rest;

    while ((!s->seen || s->open) && str_take_line(&bytes, &line)) {
        if (!find_stamp(text_without_nuls(line), (enum day_order)s->order, &stamp, &rest))
            continue;
        s->open |= !s->seen && (is_open(&stamp) || has_numbers(line));
        s->seen = true;
        if (s->open)
            see(s, &stamp);
    }
}

static bool starts(str line)
{
    return has_stamp(line);
}

/* What the lines of this job say about day and month, when no line before it has. */
static enum day_order order_of(const struct input *in, const struct state *s)
{
    str bytes = in->bytes, line, rest;
    struct stamp stamp;

    if (s->order != ORDER_UNKNOWN || (s->seen && !s->open))
        return (enum day_order)s->order;
    while (str_take_line(&bytes, &line)) {
        if (!find_stamp(text_without_nuls(line), ORDER_UNKNOWN, &stamp, &rest))
            continue;
        if (stamp.order != ORDER_UNKNOWN || !has_numbers(line))
            return stamp.order;
    }
    return ORDER_UNKNOWN;
}

static str message_of(str rest)
{
    while (rest.len && strchr(" \t]):;,|\"'-", rest.p[0]) && rest.p[0])
        rest = str_skip(rest, 1);
    return str_trim(rest);
}

static void make_event(const struct input *in, struct batch *out, str line, uint64_t offset,
                       size_t full, const struct stamp *stamp, str message, uint8_t year_index)
{
    struct event *e = text_begin(out, in, line, offset, full);

    text_stamp_time(e, stamp, year_index, in->hints);
    e->provider = names_put(&out->names, in->source ? in->source->family : STR("log"));
    if (in->hints && in->hints->messages)
        batch_text(out, FIELD_ECS, STR("message"), message.len ? message : line);
    batch_commit(out);
}

static void parse(const struct input *in, struct batch *out)
{
    struct state s = {.seen = false};
    size_t pos = 0, full;
    uint64_t offset;
    str line, rest;
    struct stamp stamp;

    if (in->carry)
        memcpy(&s, in->carry->bytes, sizeof s);
    enum day_order order = order_of(in, &s);
    while (input_line(in, &pos, &line, &offset, &full)) {
        if (text_without_nuls(line).len == 0 || (line.p[0] == '#' && !has_stamp(line))) {
            out->skipped++;
            continue;
        }
        if (!full)
            text_take_continuation(in, &pos, &line, continues, ITEM_MAX_BYTES);
        str text = text_without_ansi(text_without_nuls(line), &out->arena);
        if (!find_stamp(text, order, &stamp, &rest)) {
            batch_damaged(out, offset, "no time in front: %.*s", PSTR(str_head(text, 80)));
            continue;
        }
        see(&s, &stamp);
        make_event(in, out, text_without_nuls(line), offset, full, &stamp, message_of(rest),
                   s.years.index);
    }
}

const struct parser parser_plain = {
    .name = "plain",
    .about = "logs of unknown kind whose lines begin with a time: plain events",
    .reads = READS_LINES,
    .general = true,
    .example = "2024-10-02 14:22:07,411 INFO [main] com.example.Server - started\n",
    .probe = probe,
    .starts = starts,
    .carry = carry,
    .parse = parse,
};
