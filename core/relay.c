/* SPDX-License-Identifier: Apache-2.0
 *
 * Concurrency: everything in struct relay is guarded by its lock. A job belongs to the thread that
 * fetched it until it is marked as done, then to the one that takes it. */
#include "core/relay.h"

#include <pthread.h>
#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"

struct slot {
    void *job;
    bool done;
};

struct runner {
    struct relay *relay;
    unsigned number;
    pthread_t thread;
};

struct relay {
    const struct relay_steps *steps;
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot *ring;
    size_t depth, head, tail; /* counters: fetched, taken */
    bool fetching, taking, ended;
};

/* Called with the lock, which is free while the job is fetched and worked on. */
static void fetch_and_work(struct relay *r, unsigned worker)
{
    r->fetching = true;
    pthread_mutex_unlock(&r->lock);
    void *job = r->steps->fetch(r->ctx, worker);
    pthread_mutex_lock(&r->lock);
    r->fetching = false;
    r->ended = !job;
    pthread_cond_broadcast(&r->changed);
    if (!job)
        return;
    struct slot *slot = &r->ring[r->head++ % r->depth];
    *slot = (struct slot){.job = job};
    pthread_mutex_unlock(&r->lock);
    r->steps->work(r->ctx, worker, job);
    pthread_mutex_lock(&r->lock);
    slot->done = true;
    pthread_cond_broadcast(&r->changed);
}

static void take(struct relay *r, void *job)
{
    r->taking = true;
    pthread_mutex_unlock(&r->lock);
    r->steps->take(r->ctx, job);
    pthread_mutex_lock(&r->lock);
    r->taking = false;
    r->tail++;
    pthread_cond_broadcast(&r->changed);
}

static void *run(void *arg)
{
    const struct runner *self = arg;
    struct relay *r = self->relay;

    pthread_mutex_lock(&r->lock);
    while (!r->ended || r->tail != r->head) {
        const struct slot *oldest = &r->ring[r->tail % r->depth];
        if (r->tail != r->head && oldest->done && !r->taking)
            take(r, oldest->job);
        else if (!r->ended && !r->fetching && r->head - r->tail < r->depth)
            fetch_and_work(r, self->number);
        else
            pthread_cond_wait(&r->changed, &r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void run_alone(const struct relay_steps *steps, void *ctx)
{
    for (void *job; (job = steps->fetch(ctx, 0));) {
        steps->work(ctx, 0, job);
        steps->take(ctx, job);
    }
}

void relay_run(const struct relay_steps *steps, unsigned threads, unsigned depth, void *ctx)
{
    struct relay r = {.steps = steps, .ctx = ctx, .depth = depth};

    if (threads <= 1) {
        run_alone(steps, ctx);
        return;
    }
    struct runner *runners = mem_alloc(threads * sizeof *runners);
    r.ring = mem_alloc(depth * sizeof *r.ring);
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.changed, NULL);
    for (unsigned i = 0; i < threads; i++)
        runners[i] = (struct runner){.relay = &r, .number = i};
    for (unsigned i = 1; i < threads; i++)
        if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0)
            die("cannot start a thread");
    run(&runners[0]);
    for (unsigned i = 1; i < threads; i++)
        pthread_join(runners[i].thread, NULL);
    pthread_mutex_destroy(&r.lock);
    pthread_cond_destroy(&r.changed);
    mem_free(r.ring);
    mem_free(runners);
}
