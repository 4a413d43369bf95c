/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the pipeline that stand alone: the pool, marks, globs, names of logs, systems from
 * folder layouts, the years of logs that carry none. */
#include <unistd.h>

#include "core/pipeline.h"
#include "core/pool.h"
#include "core/relay.h"
#include "evidence/evidence.h"
#include "tests/unit/test.h"

static void square(void *ctx, unsigned worker, void *job)
{
    unsigned *n = job;

    (void)ctx;
    (void)worker;
    if (*n % 3 == 0)
        usleep(200); /* some are slower than those behind them */
    *n *= *n;
}

TEST(pool_gives_jobs_back_in_the_order_they_went_in)
{
    unsigned jobs[64];
    struct pool *p = pool_open(4, 6, square, NULL);
    unsigned taken = 0;

    for (unsigned i = 0; i < 64; i++) {
        jobs[i] = i;
        if (pool_full(p)) {
            CHECK_INT(*(unsigned *)pool_take(p), taken * taken);
            taken++;
        }
        pool_put(p, &jobs[i]);
    }
    pool_end(p);
    for (unsigned *n; (n = pool_take(p)); taken++)
        CHECK_INT(*n, taken * taken);
    CHECK_INT(taken, 64);
    pool_close(p);
}

struct relayed {
    unsigned jobs[64], fetched, taken, fetching, taking; /* the last two: by how many threads */
};

static void *fetch_number(void *ctx, unsigned worker)
{
    struct relayed *r = ctx;

    (void)worker;
    CHECK_INT(r->fetching++, 0);
    unsigned *job = r->fetched < array_len(r->jobs) ? &r->jobs[r->fetched] : NULL;
    if (job)
        *job = r->fetched++;
    r->fetching--;
    return job;
}

static void take_square(void *ctx, void *job)
{
    struct relayed *r = ctx;

    CHECK_INT(r->taking++, 0);
    CHECK_INT(*(unsigned *)job, r->taken * r->taken);
    r->taken++;
    r->taking--;
}

TEST(relay_takes_jobs_in_the_order_they_were_fetched)
{
    static const struct relay_steps steps = {fetch_number, square, take_square};

    for (unsigned threads = 1; threads <= 5; threads++) {
        struct relayed r = {.fetched = 0};
        relay_run(&steps, threads, threads + 1, &r);
        CHECK_INT(r.taken, array_len(r.jobs));
    }
}

TEST(marks_past_their_budget_come_back_by_ordinal)
{
    char dir[] = "/tmp/ashiato-unit-XXXXXX";
    struct marks m;
    struct marks_reader r;

    CHECK(mkdtemp(dir) != NULL);
    marks_init(&m, dir, 100 * sizeof(struct mark_record));
    for (unsigned i = 0; i < 1000; i++)
        marks_add(&m, (struct mark_record){.ordinal = (i * 37) % 500, .index = i,
                                           .type = i % 2 ? MARK_EDGE : MARK_PLACE});
    marks_add(&m, (struct mark_record){.ordinal = 3, .index = 7, .type = MARK_EDGE});
    marks_add(&m, (struct mark_record){.ordinal = 3, .index = 7, .type = MARK_EDGE});
    CHECK(!m.failed);
    CHECK(m.run_count > 5);
    marks_open(&r, &m);
    size_t total = 0;
    for (uint64_t ordinal = 0; ordinal < 500; ordinal++) {
        marks_take(&r, ordinal);
        total += r.found_count + r.place_count;
        for (size_t i = 0; i < r.found_count; i++)
            CHECK_INT(r.found[i].ordinal, ordinal);
    }
    CHECK_INT(total, 1001); /* the mark that was made twice counts once */
    marks_close(&r);
    marks_free(&m);
    CHECK(rmdir(dir) == 0);
}

TEST(glob_stars_cross_slashes)
{
    CHECK(glob_match(STR(""), STR("any/thing")));
    CHECK(glob_match(STR("*/var/log/*"), STR("gw01/var/log/auth.log")));
    CHECK(glob_match(STR("gw0?/*.log"), STR("gw01/var/log/auth.log")));
    CHECK(!glob_match(STR("*.log"), STR("auth.log.1")));
    CHECK(!glob_match(STR("fs01/*"), STR("FS01/x")));
    CHECK(!glob_match(STR("*a*a*a*a*a*a*a*b"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

TEST(log_family_drops_rotation_and_compression)
{
    CHECK_STR(log_family(STR("gw/var/log/auth.log")), "auth.log");
    CHECK_STR(log_family(STR("gw/var/log/auth.log.1")), "auth.log");
    CHECK_STR(log_family(STR("gw/var/log/auth.log.2.gz")), "auth.log");
    CHECK_STR(log_family(STR("syslog-20241005.zst")), "syslog");
    CHECK_STR(log_family(STR("messages-20241005")), "messages");
    CHECK_STR(log_family(STR("Security.evtx")), "Security.evtx");
    CHECK_STR(log_family(STR("10.1.2.3")), "10.1.2.3");
}

TEST(system_is_read_from_the_folder_layout)
{
    CHECK_STR(system_of(STR("images"), STR("FS01/Windows/System32/winevt/Logs/a.evtx")), "FS01");
    CHECK_STR(system_of(STR("images"), STR("FS01/C/Windows/System32/winevt/Logs/a.evtx")), "FS01");
    CHECK_STR(system_of(STR("FS01"), STR("C%3A/Windows/System32/a.evtx")), "FS01");
    CHECK_STR(system_of(STR("gw01"), STR("var/log/auth.log")), "gw01");
    CHECK_STR(system_of(STR("images"), STR("2024/gw01/var/log/auth.log")), "gw01");
    CHECK_STR(system_of(STR("logs"), STR("proxy/access.log")), "proxy");
    CHECK_STR(system_of(STR("proxy01"), STR("access.log")), "proxy01");
    CHECK_STR(system_of(STR("access.log"), STR("")), "evidence");
}

TEST(density_is_the_same_in_any_order_and_bounded)
{
    struct density forth = {0}, back = {0};
    const int64_t hour = 3600 * NS_PER_S;

    for (int64_t i = 0; i < 200000; i++) {
        density_add(&forth, 1, (i - 1000) * hour, 1);
        density_add(&back, 1, (199999 - i - 1000) * hour, 1);
    }
    density_sort(&forth);
    density_sort(&back);
    CHECK(forth.count <= DENSITY_MAX);
    CHECK_INT(forth.count, back.count);
    CHECK_INT(forth.width_ns, 4 * hour);
    CHECK(memcmp(forth.cells, back.cells, forth.count * sizeof *forth.cells) == 0);
    density_free(&forth);
    density_free(&back);
}
