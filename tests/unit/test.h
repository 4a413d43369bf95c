/* SPDX-License-Identifier: Apache-2.0
 *
 * The unit test frame. TEST(module_what_it_promises) { ... } registers itself; CHECK, CHECK_INT
 * and CHECK_STR print place, expression, got and want, and the test goes on. SKIP("reason")
 * leaves the test. `unit-tests PREFIX` runs the tests whose names begin so. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include "core/str.h"

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_register(struct test *t);
void test_failed(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void test_skipped(const char *reason);
void test_check_int(const char *file, int line, const char *expr, long long got, long long want);
void test_check_str(const char *file, int line, const char *expr, str got, str want);
/* Path of the shared test data, or NULL when it is not there. */
const char *test_corpora(void);

#define TEST(id)                                                                                   \
    static void test_##id(void);                                                                   \
    __attribute__((constructor)) static void register_##id(void)                                   \
    {                                                                                              \
        static struct test t = {.name = #id, .run = test_##id};                                    \
        test_register(&t);                                                                         \
    }                                                                                              \
    static void test_##id(void)

#define CHECK(x) ((x) ? (void)0 : test_failed(__FILE__, __LINE__, "%s", #x))
#define CHECK_INT(got, want)                                                                       \
    test_check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want) test_check_str(__FILE__, __LINE__, #got, (got), str_of(want))
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        test_skipped(reason);                                                                      \
        return;                                                                                    \
    } while (0)

#endif
