/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast way from a record to its line. Records of one template that have values of the same
 * types in the same places, the same of them empty, differ in their lines only by the texts of
 * the values: the line of the first is made from its tree, and a plan keeps what stands between
 * the values. Templates are known again by their content, in whatever chunk they lie. */
#ifndef PARSERS_EVTX_PLAN_H
#define PARSERS_EVTX_PLAN_H

#include "parsers/evtx/evtx.h"

/* What was learned, for the records to come. What is printed does not depend on it. */
struct plans *plans_new(void);
void plans_free(void *plans);
void plans_chunk(struct plans *p); /* a new chunk: its templates are not known yet */

/* Reads the document of a record as far as a plan can be made for it: one template instance, of
 * which one value may be another. False when it is something else, or damaged. */
bool plan_read(struct decoder *d, struct cursor document);

/* Appends the line of the record that was read. False, and nothing happened, when there is no plan
 * for it yet, or the chunk's budget is used up. */
bool plan_write(struct decoder *d, struct buf *out);

/* Keeps a plan: json_write has just made `line` of the record that was read, at `cost` of the
 * budget. */
void plan_keep(struct decoder *d, str line, size_t cost);

/* Is the record in order: its template there and well formed, each value within it, of a known type
 * and of a length that fits? False: it is damaged, or of a form that is not checked here. */
bool plan_check(struct decoder *d, struct cursor document);

#endif
