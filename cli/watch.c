/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that waits for signals and draws the progress.
 *
 * Concurrency: the flags and counters are atomics; nothing else is shared. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

enum { TICK_NS = 200 * 1000 * 1000 };

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void draw_ingest(const struct progress *p, double elapsed)
{
    double done = (double)atomic_load(&p->bytes_done), all = (double)atomic_load(&p->bytes);
    double rate = elapsed > 0 ? done / elapsed : 0;
    double left = rate > 0 && all > done ? (all - done) / rate : 0;

    fprintf(stderr, "reading  %3.0f%%  %.1f of %.1f MB  %.0f MB/s  %llu records  %.0f s left",
            all > 0 && done < all ? 100 * done / all : 100.0, done / 1e6, all / 1e6, rate / 1e6,
            (unsigned long long)atomic_load(&p->events), left);
}

static void draw(const struct progress *p, double elapsed)
{
    static const char *const names[] = {"listing", "reading", "settling", "judging", "writing"};
    uint64_t phase = atomic_load(&p->phase);

    fputs("\r\033[K", stderr);
    if (phase == RUN_INGEST)
        draw_ingest(p, elapsed);
    else
        fprintf(stderr, "%-8s %llu of %llu records", names[phase],
                (unsigned long long)atomic_load(&p->events_done),
                (unsigned long long)atomic_load(&p->events));
    fflush(stderr);
}

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

static void *run(void *arg)
{
    struct watch *w = arg;
    const struct timespec tick = {0, TICK_NS};
    struct timespec start;
    sigset_t set;

    signal_set(&set);
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (!atomic_load(&w->done)) {
        int got = sigtimedwait(&set, NULL, &tick);
        if (got > 0 && !atomic_load(&w->done) && atomic_exchange(&w->stop, true))
            _exit(STATUS_STOPPED); /* asked twice: at once, even if something is left behind */
        if (w->draw)
            draw(&w->progress, seconds_since(&start));
    }
    if (w->draw)
        fputs("\r\033[K", stderr);
    return NULL;
}

void watch_hold(void)
{
    sigset_t set;

    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* inherited by every thread that comes */
}

void watch_start(struct watch *w, bool draw)
{
    *w = (struct watch){.draw = draw};
    watch_hold();
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        die("cannot start a thread");
}

void watch_end(struct watch *w)
{
    atomic_store(&w->done, true);
    pthread_kill(w->thread, SIGHUP); /* wakes it */
    pthread_join(w->thread, NULL);
}
