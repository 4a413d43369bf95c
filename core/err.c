/* SPDX-License-Identifier: Apache-2.0
 *
 * Error lines and the one way out of memory. */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool err_set(struct err *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool err_errno(struct err *err, const char *fmt, ...)
{
    int saved = errno;
    char reason[96];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    const char *text = strerror_r(saved, reason, sizeof reason);
    size_t used = 0;
    while (used < sizeof err->msg - 1 && err->msg[used])
        used++;
    snprintf(err->msg + used, sizeof err->msg - used, ": %s", text);
    return false;
}

void die(const char *fmt, ...)
{
    va_list ap;

    fputs("ashiato: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    _exit(5);
}
