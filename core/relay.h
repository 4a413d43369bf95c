/* SPDX-License-Identifier: Apache-2.0
 *
 * A relay: threads that each fetch a job, work on it, and take what finished, so that a job's bytes
 * stay in the cache of the core that read them. Fetching happens in turns, working side by side,
 * taking in turns and in the order of fetching, whichever thread was faster. With one thread it is
 * a loop in the calling thread. (core/pool.h is for one thread that hands out work.) */
#ifndef CORE_RELAY_H
#define CORE_RELAY_H

/* None of them can fail: what went wrong rides in the job. `worker` is 0 to threads - 1. */
struct relay_steps {
    void *(*fetch)(void *ctx, unsigned worker); /* the next job; NULL: there is no more */
    void (*work)(void *ctx, unsigned worker, void *job);
    void (*take)(void *ctx, void *job);
};

/* Runs until the last job is taken. At most `depth` (> 0) jobs are fetched and not taken. */
void relay_run(const struct relay_steps *steps, unsigned threads, unsigned depth, void *ctx);

#endif
