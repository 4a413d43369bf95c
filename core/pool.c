/* SPDX-License-Identifier: Apache-2.0
 *
 * Concurrency: everything in struct pool is guarded by its lock; a job belongs to the putting
 * thread until pool_put, to a worker while it runs, and to the taking thread after pool_take. */
#include "core/pool.h"

#include <pthread.h>

#include "core/arena.h"
#include "core/err.h"

struct slot {
    void *job;
    bool done;
};

struct worker {
    struct pool *pool;
    unsigned number;
    pthread_t thread;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t put, done, taken;
    void (*work)(void *ctx, unsigned worker, void *job);
    void *ctx;
    struct slot *ring;
    size_t depth, head, next, tail; /* counters: put, started, taken */
    bool ended;
    struct worker *workers;
    unsigned threads;
};

static void *run(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->next == p->head && !p->ended)
            pthread_cond_wait(&p->put, &p->lock);
        if (p->next == p->head)
            break;
        struct slot *slot = &p->ring[p->next++ % p->depth];
        pthread_mutex_unlock(&p->lock);
        p->work(p->ctx, w->number, slot->job);
        pthread_mutex_lock(&p->lock);
        slot->done = true;
        pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *pool_open(unsigned threads, unsigned depth,
                       void (*work)(void *ctx, unsigned worker, void *job), void *ctx)
{
    struct pool *p = mem_alloc(sizeof *p);

    p->work = work;
    p->ctx = ctx;
    p->depth = depth;
    p->threads = threads;
    p->ring = mem_alloc(depth * sizeof *p->ring);
    p->workers = mem_alloc(threads * sizeof *p->workers);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->put, NULL);
    pthread_cond_init(&p->done, NULL);
    pthread_cond_init(&p->taken, NULL);
    for (unsigned i = 0; i < threads; i++) {
        p->workers[i] = (struct worker){.pool = p, .number = i};
        if (pthread_create(&p->workers[i].thread, NULL, run, &p->workers[i]) != 0)
            die("cannot start a thread");
    }
    return p;
}

void pool_put(struct pool *p, void *job)
{
    pthread_mutex_lock(&p->lock);
    while (p->head - p->tail == p->depth)
        pthread_cond_wait(&p->taken, &p->lock);
    p->ring[p->head++ % p->depth] = (struct slot){.job = job};
    pthread_cond_signal(&p->put);
    pthread_cond_broadcast(&p->done); /* the taking thread may wait for a first job */
    pthread_mutex_unlock(&p->lock);
}

bool pool_full(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool full = p->head - p->tail == p->depth;
    pthread_mutex_unlock(&p->lock);
    return full;
}

void *pool_take(struct pool *p)
{
    void *job = NULL;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        if (p->tail == p->head && p->ended)
            break;
        struct slot *slot = &p->ring[p->tail % p->depth];
        if (p->tail != p->head && slot->done) {
            job = slot->job;
            p->tail++;
            pthread_cond_signal(&p->taken);
            break;
        }
        pthread_cond_wait(&p->done, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return job;
}

void pool_end(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_broadcast(&p->put);
    pthread_cond_broadcast(&p->done);
    pthread_mutex_unlock(&p->lock);
}

void pool_close(struct pool *p)
{
    for (unsigned i = 0; i < p->threads; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->put);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->taken);
    mem_free(p->workers);
    mem_free(p->ring);
    mem_free(p);
}
