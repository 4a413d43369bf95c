/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs kept whole. */
#include "core/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/arena.h"

struct spool {
    atomic_uint holders;
    const char *work_dir;
    size_t in_memory, len; /* len: of the file */
    struct buf bytes;      /* while fd < 0 */
    int fd;
    char *map; /* of the file, once it has ended */
};

struct spool *spool_new(const char *work_dir, size_t in_memory)
{
    struct spool *s = mem_alloc(sizeof *s);

    atomic_init(&s->holders, 1);
    s->work_dir = work_dir;
    s->in_memory = in_memory;
    s->fd = -1;
    return s;
}

static bool make_file(struct spool *s, struct err *err)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/spool-XXXXXX", s->work_dir);

    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, "%s: the path is too long", s->work_dir);
    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return err_errno(err, "%s: cannot be created", path);
    unlink(path);
    return true;
}

static bool append(struct spool *s, str bytes, struct err *err)
{
    while (bytes.len) {
        ssize_t n = pwrite(s->fd, bytes.p, bytes.len, (off_t)s->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(err, "%s: a spool cannot be written", s->work_dir);
        s->len += (size_t)n;
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

bool spool_add(struct spool *s, str bytes, struct err *err)
{
    size_t have = s->fd < 0 ? s->bytes.len : s->len;

    bytes = str_head(bytes, (size_t)(SPOOL_MAX - have));
    if (s->fd < 0 && (!s->work_dir || have + bytes.len <= s->in_memory)) {
        buf_str(&s->bytes, bytes);
        return true;
    }
    if (s->fd < 0) {
        if (!make_file(s, err) || !append(s, buf_view(&s->bytes), err))
            return false;
        buf_free(&s->bytes);
    }
    return append(s, bytes, err);
}

bool spool_end(struct spool *s, struct err *err)
{
    if (s->fd < 0)
        return true;
    void *map = mmap(NULL, s->len, PROT_READ, MAP_PRIVATE, s->fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, "%s: a spool cannot be mapped", s->work_dir);
    s->map = map;
    return true;
}

str spool_view(const struct spool *s)
{
    return s->map ? (str){s->map, s->len} : buf_view(&s->bytes);
}

void spool_hold(struct spool *s)
{
    atomic_fetch_add(&s->holders, 1);
}

void spool_drop(struct spool *s)
{
    if (!s || atomic_fetch_sub(&s->holders, 1) > 1)
        return;
    if (s->map)
        munmap(s->map, s->len);
    if (s->fd >= 0)
        close(s->fd);
    buf_free(&s->bytes);
    mem_free(s);
}
