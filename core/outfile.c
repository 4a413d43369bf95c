/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffered writing over a descriptor. */
#include "core/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { ROOM = 256 * 1024 };

struct outfile {
    char *path;
    struct buf pending;
    struct err err;
    int fd;
    bool failed;
};

struct outfile *outfile_open(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        err_errno(err, "%s: cannot be created", path);
        return NULL;
    }
    struct outfile *f = mem_alloc(sizeof *f);
    size_t n = str_of(path).len + 1;
    f->path = mem_alloc(n);
    memcpy(f->path, path, n);
    f->fd = fd;
    return f;
}

static void write_all(struct outfile *f, const char *p, size_t n)
{
    while (n && !f->failed) {
        ssize_t done = write(f->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            f->failed = true;
            err_errno(&f->err, "%s: cannot be written", f->path);
            return;
        }
        p += done;
        n -= (size_t)done;
    }
}

static void flush(struct outfile *f)
{
    write_all(f, f->pending.p, f->pending.len);
    f->pending.len = 0;
}

void outfile_write(struct outfile *f, const void *bytes, size_t n)
{
    if (f->pending.len + n > ROOM)
        flush(f);
    if (n >= ROOM)
        write_all(f, bytes, n);
    else
        buf_add(&f->pending, bytes, n);
}

void outfile_str(struct outfile *f, str s)
{
    outfile_write(f, s.p, s.len);
}

void outfile_drain(struct outfile *f, struct buf *b)
{
    outfile_write(f, b->p, b->len);
    b->len = 0;
}

bool outfile_close(struct outfile *f, bool abandon, struct err *err)
{
    if (!abandon)
        flush(f);
    if (close(f->fd) < 0 && !f->failed) {
        f->failed = true;
        err_errno(&f->err, "%s: cannot be closed", f->path);
    }
    bool good = abandon || !f->failed;
    if (!good)
        *err = f->err;
    buf_free(&f->pending);
    mem_free(f->path);
    mem_free(f);
    return good;
}
