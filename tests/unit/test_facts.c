/* SPDX-License-Identifier: Apache-2.0 */
#include "core/facts.h"

#include "tests/unit/test.h"

static struct fact host_fact(struct names *n, const char *host, int64_t first, int64_t last)
{
    return (struct fact){
        .type = FACT_HOST, .a = names_put(n, str_of(host)), .first_ns = first, .last_ns = last};
}

TEST(facts_join_by_minimum_maximum_and_sum)
{
    struct names n = {0};
    struct facts f = {0};
    size_t count;

    facts_see(&f, &n, host_fact(&n, "A", 50, 60));
    facts_see(&f, &n, host_fact(&n, "A", 10, 20));
    facts_see(&f, &n, host_fact(&n, "A", TIME_UNKNOWN, TIME_UNKNOWN));
    struct fact *list = facts_sorted(&f, &count);
    CHECK_INT(count, 1);
    CHECK_INT(list[0].first_ns, 10);
    CHECK_INT(list[0].last_ns, 60);
    CHECK_INT(list[0].count, 3);
    CHECK_STR(names_text(&f.names, list[0].a), "A");
    mem_free(list);
    facts_free(&f);
    names_free(&n);
}

TEST(facts_merge_in_any_order)
{
    struct names n = {0};
    struct facts parts[2] = {{0}, {0}}, ab = {0}, ba = {0};
    char name[8];
    size_t x, y;

    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "h%d", i % 700);
        facts_see(&parts[i % 2], &n, host_fact(&n, name, i, i + 5));
    }
    facts_merge(&ab, &parts[0]);
    facts_merge(&ab, &parts[1]);
    facts_merge(&ba, &parts[1]);
    facts_merge(&ba, &parts[0]);
    struct fact *p = facts_sorted(&ab, &x), *q = facts_sorted(&ba, &y);
    CHECK_INT(x, 700);
    CHECK_INT(y, 700);
    CHECK(memcmp(p, q, x * sizeof *p) == 0);
    mem_free(p);
    mem_free(q);
    facts_free(&parts[0]);
    facts_free(&parts[1]);
    facts_free(&ab);
    facts_free(&ba);
    names_free(&n);
}
