/* SPDX-License-Identifier: Apache-2.0
 *
 * The line of a message while it is written: of fixed size, valid UTF-8, no control characters.
 * What no longer fits is left out. Inside of windows_message.c and windows_formats.c. */
#ifndef PARSERS_WINDOWS_LINE_H
#define PARSERS_WINDOWS_LINE_H

#include "parsers/windows_view.h"

enum {
    MESSAGE_MAX = 1200,
    SHORT_MAX = 160,
    LONG_MAX_BYTES = 600
};

struct line { /* starts with len = 0 */
    size_t len;
    char p[MESSAGE_MAX];
};

/* All of s or nothing: no half characters at the end. */
void line_add(struct line *l, str s);
/* Text as one line, about `max` bytes of it. */
void line_text(struct line *l, str s, size_t max);
/* "10.1.2.3:445", "[fe80::1]:445"; false for none. */
bool line_address(struct line *l, const struct addr *addr, uint16_t port);

/* The text of a value of which `max` bytes will be shown; good until the next call. */
str windows_shown(struct windows_view *w, struct value v, size_t max);

/* Shows a value; false when there is nothing to say. */
typedef bool windows_show(struct windows_view *w, struct line *l, struct value v);

/* One of the formats that windows_events.def names, "" for plain. */
windows_show *windows_show_of(str format);

#endif
