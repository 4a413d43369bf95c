/* SPDX-License-Identifier: Apache-2.0
 *
 * A record's tree as a line of JSON (parse --record). */
#ifndef PARSERS_EVTX_JSON_H
#define PARSERS_EVTX_JSON_H

#include "core/value.h"
#include "parsers/evtx/tree.h"

struct mark { /* the text of a value in the line that json_write made */
    uint32_t at, len;
    uint32_t slot; /* the value's number, from 0 */
    bool texts;    /* by json_write_texts, else by json_write_value */
};

/* Appends the tree, without an end of the line, and fills d->marks. d->irregular: how the line is
 * made depends on more than which values are there, of which types. False when the chunk's budget
 * is used up: the line is cut, and no JSON. */
bool json_write(struct decoder *d, struct buf *out);

/* What writing a value takes of the budget is value_room; of an array of texts it is that of each,
 * and the nodes that it makes. */
size_t json_texts_room(struct value v);

/* The text of a value, without quotes; returns its end. */
char *json_write_value(char *at, struct value v);

/* An array of texts as what Data without names make of it: a string, or an array of several. */
char *json_write_texts(char *at, struct value v);

#endif
