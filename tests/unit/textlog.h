/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of text parsers: a text in, a batch out. */
#ifndef TESTS_UNIT_TEXTLOG_H
#define TESTS_UNIT_TEXTLOG_H

#include "core/parser.h"

/* Parses text as the blob "FS01/var/log/auth.log" of system FS01, with messages. The batch is the
 * caller's: batch_free. */
struct batch textlog_parse(const struct parser *p, str text);

/* One line that must give exactly one event; NULL when it does not. */
const struct event *textlog_one(const struct parser *p, struct batch *b, const char *line);

/* What is expected of a line; NULL and 0 are not looked at. Addresses as "10.0.5.3:22". */
struct textlog_case {
    const char *line;
    enum kind kind;
    enum outcome outcome;
    const char *actor, *target, *src, *dst; /* src, dst: address and port, else the host name */
    const char *field, *value;
    const char *message;
};

void textlog_check(const struct parser *p, const struct textlog_case *cases, size_t count);

/* 0 to 100, as the parser's probe says of this text as a whole blob. */
int textlog_probe(const struct parser *p, str text);

/* Every prefix of text, and texts with one byte changed: no crash, and each line is an event,
 * damaged or skipped. */
void textlog_survives(const struct parser *p, str text);

#endif
