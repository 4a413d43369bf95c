/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the registered tests in order of their names and says how they went. */
#include <stdarg.h>
#include <unistd.h>

#include "tests/unit/test.h"

static struct test *tests;
static size_t failures, skips;

void test_register(struct test *t)
{
    struct test **at = &tests;

    while (*at && strcmp((*at)->name, t->name) < 0)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

void test_failed(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    failures++;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void test_skipped(const char *reason)
{
    skips++;
    fprintf(stderr, "  skipped: %s\n", reason);
}

void test_check_int(const char *file, int line, const char *expr, long long got, long long want)
{
    if (got != want)
        test_failed(file, line, "%s: got %lld, want %lld", expr, got, want);
}

void test_check_str(const char *file, int line, const char *expr, str got, str want)
{
    if (!str_eq(got, want))
        test_failed(file, line, "%s: got \"%.*s\", want \"%.*s\"", expr, PSTR(got), PSTR(want));
}

const char *test_corpora(void)
{
    static const char path[] = "../shared/corpora";

    return access(path, R_OK) == 0 ? path : NULL;
}

int main(int argc, char **argv)
{
    const char *prefix = argc > 1 ? argv[1] : "";
    size_t run = 0, bad = 0;

    for (struct test *t = tests; t; t = t->next) {
        size_t before = failures;
        if (strncmp(t->name, prefix, strlen(prefix)) != 0)
            continue;
        t->run();
        run++;
        if (failures != before) {
            fprintf(stderr, "FAIL %s\n", t->name);
            bad++;
        }
    }
    printf("unit: %zu passed, %zu failed, %zu skipped\n", run - bad - skips, bad, skips);
    return run == 0 || bad > 0;
}
