/* SPDX-License-Identifier: Apache-2.0
 *
 * A file being written: buffered, and the first failure (disk full, a short write, a failing
 * close) is remembered and told at the end, so that writers check once. */
#ifndef CORE_OUTFILE_H
#define CORE_OUTFILE_H

#include "core/arena.h"
#include "core/err.h"

struct outfile;

/* Creates or empties `path` (NUL-terminated; copied). NULL and a message on failure. */
struct outfile *outfile_open(const char *path, struct err *err);
void outfile_write(struct outfile *f, const void *bytes, size_t n);
void outfile_str(struct outfile *f, str s);
/* Writes what the buffer holds and empties it. */
void outfile_drain(struct outfile *f, struct buf *b);
/* Flushes, closes, frees. False and the message of the first failure since open. With `abandon`
 * only closes and frees, and says nothing. */
bool outfile_close(struct outfile *f, bool abandon, struct err *err);

#endif
