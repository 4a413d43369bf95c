/* SPDX-License-Identifier: Apache-2.0
 *
 * A blob kept whole, for formats whose parts refer to each other across it: in memory while it is
 * small, past that in an unlinked file beside the runs, which is mapped. (Evidence itself is never
 * mapped: a bad sector of an image would be a signal instead of an error.)
 *
 *     struct spool *s = spool_new(work_dir, in_memory);
 *     while (...) good = spool_add(s, bytes, &err);
 *     spool_end(s, &err);
 *     str whole = spool_view(s);
 *     spool_hold(s) for each further holder; spool_drop(s) by each */
#ifndef CORE_SPOOL_H
#define CORE_SPOOL_H

#include "core/err.h"
#include "core/str.h"

#define SPOOL_MAX (UINT64_C(4) << 30) /* bytes: what a compact journal can hold */

struct spool;

/* work_dir NULL: all of it in memory. */
struct spool *spool_new(const char *work_dir, size_t in_memory);
/* False: the file cannot be made or written. Bytes past SPOOL_MAX are left out. */
bool spool_add(struct spool *s, str bytes, struct err *err);
bool spool_end(struct spool *s, struct err *err); /* nothing more will be added */
str spool_view(const struct spool *s);            /* until the last holder drops it */
void spool_hold(struct spool *s);                 /* from any thread */
void spool_drop(struct spool *s);                 /* NULL is fine */

#endif
