/* SPDX-License-Identifier: Apache-2.0
 *
 * What text parsers share: what makes a line an event, and messages put together from parts, which
 * is several times faster than printf where a log has millions of lines. */
#ifndef PARSERS_TEXT_H
#define PARSERS_TEXT_H

#include "core/parser.h"
#include "core/stamp.h"

enum { TEXT_DIGITS = 20 };

/* The uid of a line's event, and the flags of a line that was cut (`full`: its length, as
 * input_line tells) or is not UTF-8. */
void text_identify(struct event *e, const struct input *in, str line, size_t full);
/* Begins the event of a line that names no host: the system's stands in; the line is kept. */
struct event *text_begin(struct batch *out, const struct input *in, str line, uint64_t offset,
                         size_t full);

/* The host of the open event: the one the record names, else the system's, flagged. */
void text_set_host(struct batch *out, str name);

/* Makes *line reach over the lines behind it that continue it, as far as it stays within max_bytes;
 * *pos as input_line left it, moved on likewise. Blank lines that continue it do not end it. */
void text_take_continuation(const struct input *in, size_t *pos, str *line,
                            bool (*continues)(str line), size_t max_bytes);

/* The message of the open event: the parts one after another. */
void text_message(struct batch *out, const str *parts, size_t count);

/* v in decimal, in the caller's buffer. */
str text_digits(char digits[TEXT_DIGITS], uint64_t v);

/* Years that are not written, counted along a log in New Years since its first line: a month at
 * least two before the last one seen begins a year; a late December line just behind January
 * belongs to the year before. Part of a parser's carry. */
struct years {
    uint8_t month, index; /* of the last line whose stamp has no year; New Years so far */
};
void years_step(struct years *y, uint8_t month);

/* Time, precision and flags from a stamp, as event_civil_time where it has no zone. */
void text_stamp_time(struct event *e, const struct stamp *stamp, uint8_t year_index,
                     const struct hints *hints);

/* An event whose year is open but whose zone the line has written, so many seconds east of UTC. */
void text_shift_open(struct event *e, int64_t offset_s);

/* Without terminal colours; a copy in the arena only when there are any. */
str text_without_ansi(str line, struct arena *a);
/* Without NUL bytes at both ends (blocks that a crash left unwritten). */
str text_without_nuls(str line);

#endif
