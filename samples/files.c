/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory and files of the sample program. It is a tool for demonstrations and tests: when it
 * cannot go on it says why and ends. */
#include "samples/forge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static void *checked(void *memory)
{
    if (!memory) {
        fputs("incident: out of memory\n", stderr);
        exit(5);
    }
    return memory;
}

void *forge_alloc(size_t size)
{
    return checked(malloc(size));
}

void forge_drop(void *memory)
{
    free(memory);
}

void *forge_grow(void *items, size_t *cap, size_t want, size_t size)
{
    if (want <= *cap && items)
        return items;
    size_t more = *cap ? *cap * 2 : 64;
    *cap = more > want ? more : want;
    return checked(realloc(items, *cap * size));
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
    b->at = forge_grow(b->at, &b->cap, b->len + len, 1);
    if (len)
        memcpy(b->at + b->len, data, len);
    b->len += len;
}

void bytes_print(struct bytes *b, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text)
        abort();
    bytes_add(b, text, (size_t)len);
}

static bool make_folders(const char *path)
{
    char part[4096];
    for (size_t i = 0; path[i] && i + 1 < sizeof part; i++) {
        part[i] = path[i];
        part[i + 1] = '\0';
        if (i > 0 && path[i + 1] == '/' && mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static bool write_all(int fd, const struct bytes *content)
{
    for (size_t done = 0; done < content->len;) {
        ssize_t n = write(fd, content->at + done, content->len - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return futimens(fd, (struct timespec[2]){{COLLECTED_S, 0}, {COLLECTED_S, 0}}) == 0;
}

bool forge_write_file(const char *path, const struct bytes *content)
{
    bool written = make_folders(path);
    int fd = written ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    written = fd >= 0 && write_all(fd, content);
    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "incident: %s: %s\n", path, strerror(errno));
    return written;
}
