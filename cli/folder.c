/* SPDX-License-Identifier: Apache-2.0
 *
 * The case folder: made, filled through .work, published or taken away again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static str cpath(struct arena *a, str dir, str name)
{
    str s = arena_printf(a, "%.*s/%.*s%c", PSTR(dir), PSTR(name), 0);

    return (str){s.p, s.len - 1};
}

static bool is_dot(const char *name)
{
    return str_eq(str_of(name), STR(".")) || str_eq(str_of(name), STR(".."));
}

static bool folder_empty(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = dir != NULL;

    for (struct dirent *d; dir && (d = readdir(dir));)
        if (!is_dot(d->d_name))
            empty = false;
    if (dir)
        closedir(dir);
    return empty;
}

/* A link instead of the folder would lead to somebody else's files: it is not followed. */
static void remove_work(const struct folder *f)
{
    int fd = open(f->work.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    for (struct dirent *d; dir && (d = readdir(dir));)
        if (!is_dot(d->d_name))
            unlinkat(fd, d->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(f->work.p);
}

int folder_open(struct folder *f, const char *path, bool force, struct arena *a, struct err *err)
{
    struct stat st;

    *f = (struct folder){.path = str_of(path), .work = cpath(a, str_of(path), STR(".work"))};
    if (mkdir(path, 0777) == 0) {
        f->made = true;
    } else if (errno != EEXIST) {
        err_errno(err, "%s: the case folder cannot be made", path);
        return STATUS_OUTPUT;
    } else if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        err_set(err, "%s exists and is no folder: give another name with -o", path);
        return STATUS_USAGE;
    } else if (!folder_empty(path) && !force) {
        err_set(err, "%s exists already: give another name with -o, or --force to replace it",
                path);
        return STATUS_USAGE;
    }
    if (!f->made)
        remove_work(f); /* of a run that was killed */
    if (mkdir(f->work.p, 0700) != 0) {
        err_errno(err, "%s: cannot be made", f->work.p);
        if (f->made)
            rmdir(path);
        return STATUS_OUTPUT;
    }
    return STATUS_DONE;
}

bool folder_publish(struct folder *f, struct err *err)
{
    struct arena a = {0};
    bool good = true;

    for (size_t i = 0; i < writer_count && good; i++) {
        str from = cpath(&a, f->work, str_of(writers[i]->file));
        str to = cpath(&a, f->path, str_of(writers[i]->file));
        if (rename(from.p, to.p) != 0)
            good = err_errno(err, "%s: cannot be put in its place", to.p);
    }
    arena_free(&a);
    if (good)
        remove_work(f);
    return good;
}

void folder_abandon(struct folder *f)
{
    remove_work(f);
    if (f->made)
        rmdir(f->path.p);
}
