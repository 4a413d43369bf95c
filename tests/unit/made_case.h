/* SPDX-License-Identifier: Apache-2.0
 *
 * A small case made by hand for the tests of the writers, with hostile text wherever a log can
 * put text: formulas, markup, bidi controls, NUL, bytes that are not UTF-8. */
#ifndef TESTS_UNIT_MADE_CASE_H
#define TESTS_UNIT_MADE_CASE_H

#include "core/batch.h"
#include "core/writer.h"

#define MADE_HOSTILE                                                                               \
    "=cmd|'/c calc'!A1 <script>alert(1)</script> \xe2\x80\xae\x1b[31m \"q\"\r\n\xff,"

enum { MADE_EVENTS = 3 };

struct made_case {
    struct case_view view;
    struct result result;
    struct facts facts;
    struct source sources[2];
    struct source_note notes[1];
    struct setting settings[1];
    struct batch batch;
    struct mark marks[3];
    struct ecs_writer *lines;
    struct marked events[MADE_EVENTS]; /* the last is not on the attack timeline */
    char dir[64];
};

void made_case_init(struct made_case *c);
void made_case_free(struct made_case *c);

/* Runs a writer over the case as the pipeline does and gives back its file in *out. False and a
 * message when the writer says so. */
bool made_case_write(struct made_case *c, const struct writer *w, struct buf *out,
                     struct err *err);

#endif
