/* SPDX-License-Identifier: Apache-2.0
 *
 * Worker threads over one bounded ring: jobs go in, and come out in the order in which they went
 * in, whichever worker was faster. One thread puts, one thread (it may be the same) takes. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/* `work(ctx, worker, job)` runs in worker `worker` (0 to threads - 1) and cannot fail: what went
 * wrong rides in the job. At most `depth` jobs are between put and take. */
struct pool *pool_open(unsigned threads, unsigned depth,
                       void (*work)(void *ctx, unsigned worker, void *job), void *ctx);
void pool_put(struct pool *p, void *job); /* waits while the ring is full */
bool pool_full(struct pool *p);           /* would pool_put wait? (for a thread that does both) */
void *pool_take(struct pool *p);          /* the oldest job, finished; NULL after pool_end */
void pool_end(struct pool *p);            /* no more jobs will be put */
void pool_close(struct pool *p);          /* after pool_take gave NULL */

#endif
