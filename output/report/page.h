/* SPDX-License-Identifier: Apache-2.0
 *
 * What of the report stands in plain HTML, so that it can be read, searched and printed without
 * JavaScript; and the case as JSON, from which the script draws the rest. */
#ifndef OUTPUT_REPORT_PAGE_H
#define OUTPUT_REPORT_PAGE_H

#include "core/writer.h"

/* Appends s as HTML text: markup and quotes escaped, control and bidi characters as visible
 * codes, bad UTF-8 repaired. */
void html_text(struct buf *out, str s);

/* The sections between the bar and the data. */
void page_sections(struct buf *out, const struct case_view *c);

/* All but the events, as one JSON object. */
void case_json(struct buf *out, const struct case_view *c);

/* One event of the attack timeline as a line: what a table row shows as a JSON array, a tab, and
 * the rest as a JSON object that is read when the row is opened. */
void row_json(struct buf *out, const struct case_view *c, const struct marked *m);

/* In what was appended to `out` since `from`: < becomes \u003c, so that JSON cannot end its
 * script element. In JSON a < stands only inside strings. */
void json_for_html(struct buf *out, size_t from);

#endif
