/* SPDX-License-Identifier: Apache-2.0
 *
 * How a function says that an input or an output failed: it returns false and leaves one line
 * here. Damaged records are data, not errors (batch_note); running out of memory ends the
 * program (die); our own bugs are asserts. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdbool.h>

struct err {
    char msg[256]; /* one line, no final newline, empty when nothing failed */
};

/* Sets the message and returns false, so that `return err_set(err, "...")` reads well. */
bool err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As err_set with ": " and the text of errno at the end. */
bool err_errno(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory or another state in which nothing sensible is left to do: one line on stderr,
 * exit status 5 ("output could not be completed"). Never returns. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
