/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and folders as evidence. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/event.h"
#include "evidence/evidence.h"

enum { DEPTH_MAX = 64, HASH_BUFFER = 256 * 1024 };

struct item {
    str path;   /* provenance */
    str system;
    str place;  /* where to open it, NUL-terminated */
    str reason; /* why it is not read, "" otherwise */
    str link;   /* where a symbolic link points, else "" */
    uint64_t size;
    int64_t mtime_ns;
    str case_folder; /* of a case's event stream, else "" */
};

struct root {
    str name;  /* last part of the path as given */
    str label; /* name made unique */
    str place, resolved;
    size_t first, count; /* its items */
    uint64_t listing;    /* hash of paths and sizes: orders roots of one name */
    bool folder;
};

struct files {
    struct arena arena;
    struct item *items;
    size_t count, cap;
    struct root *roots;
    size_t root_count;
    str system;
    bool digest;
    /* the blob that is open */
    uint32_t open;
    int fd;
    bool plain;
    int64_t stored_ns;
    struct peel *peel;
    uint64_t at; /* next byte of a stream, or of the hash */
    char first[PEEL_HEAD]; /* of standard input, read to see whether it is compressed */
    size_t first_len, first_at;
    EVP_MD_CTX *hash;
    uint64_t hashed; /* stored bytes in it */
    char *scratch;
};

static str cstr(struct arena *a, str s)
{
    char *p = arena_bytes(a, s.len + 1);

    if (s.len)
        memcpy(p, s.p, s.len);
    p[s.len] = 0;
    return (str){p, s.len};
}

static void add_item(struct files *f, str rel, str place, const struct stat *st, str reason)
{
    f->items = vec_grow(f->items, &f->cap, f->count + 1, sizeof *f->items);
    f->items[f->count++] = (struct item){
        .path = rel,
        .place = place,
        .reason = reason,
        .size = st ? (uint64_t)st->st_size : 0,
        .mtime_ns = st ? (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec
                       : TIME_UNKNOWN,
    };
}

static str errno_reason(struct arena *a, const char *what)
{
    struct err err;

    err_errno(&err, "%s", what);
    return arena_str(a, str_of(err.msg));
}

/* A case of ours: its manifest and its complete event stream lie side by side. */
static bool is_case(struct files *f, str folder, struct stat *events)
{
    str manifest = cstr(&f->arena, arena_printf(&f->arena, "%.*s/manifest.json", PSTR(folder)));
    str stream = cstr(&f->arena, arena_printf(&f->arena, "%.*s/events.jsonl.zst", PSTR(folder)));
    struct stat st;

    return lstat(manifest.p, &st) == 0 && lstat(stream.p, events) == 0 && S_ISREG(events->st_mode);
}

static void add_link(struct files *f, str rel, str place, const struct stat *st)
{
    char target[1024];
    ssize_t n = readlink(place.p, target, sizeof target);

    add_item(f, rel, place, st, STR("a symbolic link, not followed"));
    if (n > 0)
        f->items[f->count - 1].link = arena_str(&f->arena, (str){target, (size_t)n});
}

static void walk(struct files *f, str rel, str place, int depth);

static void visit(struct files *f, str rel, str place, int depth)
{
    struct stat st, events;

    if (lstat(place.p, &st) != 0)
        add_item(f, rel, place, NULL, errno_reason(&f->arena, "cannot be examined"));
    else if (S_ISDIR(st.st_mode) && is_case(f, place, &events))
        add_item(f, rel, place, &st,
                 STR("a case made before: give its folder as an argument to read it"));
    else if (S_ISDIR(st.st_mode))
        walk(f, rel, place, depth + 1);
    else if (S_ISLNK(st.st_mode))
        add_link(f, rel, place, &st);
    else if (!S_ISREG(st.st_mode))
        add_item(f, rel, place, &st, STR("not a regular file"));
    else
        add_item(f, rel, place, &st, STR(""));
}

/* Recursion is bounded by DEPTH_MAX; the folder is closed before going down, so that a deep tree
 * holds no descriptors. */
static void walk(struct files *f, str rel, str place, int depth)
{
    if (depth > DEPTH_MAX) {
        add_item(f, rel, place, NULL, STR("folders nested too deep"));
        return;
    }
    DIR *dir = opendir(place.p);
    if (!dir) {
        add_item(f, rel, place, NULL, errno_reason(&f->arena, "the folder cannot be read"));
        return;
    }
    str *names = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *d; (d = readdir(dir));) {
        str name = str_of(d->d_name);
        if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
            continue;
        names = vec_grow(names, &cap, count + 1, sizeof *names);
        names[count++] = arena_str(&f->arena, name);
    }
    closedir(dir);
    for (size_t i = 0; i < count; i++) {
        str below = rel.len ? arena_printf(&f->arena, "%.*s/%.*s", PSTR(rel), PSTR(names[i]))
                            : names[i];
        str at = arena_printf(&f->arena, "%.*s/%.*s", PSTR(place), PSTR(names[i]));
        visit(f, below, cstr(&f->arena, at), depth);
    }
    mem_free(names);
}

static int item_cmp(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = str_cmp(x->path, y->path);

    return order ? order : str_cmp(x->place, y->place);
}

/* A case that is an argument: its event stream stands for it. */
static bool find_case(struct files *f, struct root *r)
{
    struct stat st;
    str events = cstr(&f->arena, arena_printf(&f->arena, "%.*s/events.jsonl.zst", PSTR(r->place)));

    if (!is_case(f, r->place, &st))
        return false;
    add_item(f, STR("events.jsonl.zst"), events, &st, STR(""));
    f->items[f->count - 1].case_folder = r->place;
    return true;
}

static uint64_t mix(uint64_t h, str s)
{
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    return h * UINT64_C(0x9e3779b97f4a7c15) + s.len;
}

static bool open_root(struct files *f, struct root *r, str path, struct err *err)
{
    struct stat st;

    *r = (struct root){.first = f->count, .place = cstr(&f->arena, path)};
    if (str_eq(path, STR("-"))) {
        r->name = r->resolved = STR("stdin");
        add_item(f, STR(""), r->place, NULL, STR(""));
        r->count = 1;
        return true;
    }
    if (stat(r->place.p, &st) != 0)
        return err_errno(err, "%.*s", PSTR(path));
    char *resolved = realpath(r->place.p, NULL);
    if (!resolved)
        return err_errno(err, "%.*s", PSTR(path));
    r->resolved = arena_str(&f->arena, str_of(resolved));
    mem_free(resolved);
    r->name = str_basename(r->resolved);
    if (r->name.len == 0)
        r->name = STR("root");
    r->folder = S_ISDIR(st.st_mode);
    if (!r->folder)
        add_item(f, STR(""), r->place, &st,
                 S_ISREG(st.st_mode) ? STR("") : STR("not a regular file"));
    else if (!find_case(f, r))
        walk(f, STR(""), r->place, 0);
    r->count = f->count - r->first;
    if (r->count)
        qsort(f->items + r->first, r->count, sizeof *f->items, item_cmp);
    r->listing = 14695981039346656037u;
    for (size_t i = r->first; i < f->count; i++) {
        r->listing = mix(r->listing, f->items[i].path);
        r->listing = mix(r->listing, (str){(const char *)&f->items[i].size, 8});
    }
    return true;
}

/* By name, then by what they hold, then by where they are: not by the order of the arguments. */
static int root_cmp(const void *a, const void *b)
{
    const struct root *x = a, *y = b;
    int order = str_cmp(x->name, y->name);

    if (order)
        return order;
    if (x->listing != y->listing)
        return x->listing < y->listing ? -1 : 1;
    return str_cmp(x->resolved, y->resolved);
}

static void label_roots(struct files *f)
{
    struct item *old = f->items;
    size_t n = 0, same = 0;

    qsort(f->roots, f->root_count, sizeof *f->roots, root_cmp);
    f->items = mem_alloc((f->count ? f->count : 1) * sizeof *f->items);
    for (size_t i = 0; i < f->root_count; i++) {
        struct root *r = &f->roots[i];
        same = i && str_eq(r->name, f->roots[i - 1].name) ? same + 1 : 0;
        r->label = same ? arena_printf(&f->arena, "%.*s~%zu", PSTR(r->name), same + 1) : r->name;
        for (size_t k = 0; k < r->count; k++) {
            struct item item = old[r->first + k];
            item.system = f->system.len ? f->system : system_of(r->name, item.path);
            if (r->folder)
                item.path = arena_printf(&f->arena, "%.*s/%.*s", PSTR(r->label), PSTR(item.path));
            else
                item.path = r->label;
            f->items[n++] = item;
        }
    }
    mem_free(old);
    qsort(f->items, n, sizeof *f->items, item_cmp);
}

struct files *files_open(const struct evidence_options *o, struct err *err)
{
    struct files *f = mem_alloc(sizeof *f);

    f->fd = -1;
    f->open = UINT32_MAX;
    f->digest = o->digest;
    f->system = o->system;
    f->scratch = mem_alloc(HASH_BUFFER);
    f->roots = mem_alloc((o->path_count ? o->path_count : 1) * sizeof *f->roots);
    for (size_t i = 0; i < o->path_count; i++)
        if (!open_root(f, &f->roots[f->root_count++], o->paths[i], err)) {
            files_close(f);
            return NULL;
        }
    label_roots(f);
    return f;
}

static void close_blob(struct files *f)
{
    if (f->fd > 0)
        close(f->fd);
    peel_close(f->peel);
    EVP_MD_CTX_free(f->hash);
    f->fd = -1;
    f->peel = NULL;
    f->hash = NULL;
    f->open = UINT32_MAX;
}

static void hash(struct files *f, const void *bytes, size_t n)
{
    EVP_DigestUpdate(f->hash, bytes, n);
    f->hashed += n;
}

/* Reads stored bytes in order; every one of them passes here once when hashing. */
static long read_stored(void *ctx, void *buf, size_t n)
{
    struct files *f = ctx;
    ssize_t got;

    if (f->first_at < f->first_len) {
        size_t left = f->first_len - f->first_at;
        got = (ssize_t)(n < left ? n : left);
        memcpy(buf, f->first + f->first_at, (size_t)got);
        f->first_at += (size_t)got;
    } else {
        do
            got = read(f->fd, buf, n);
        while (got < 0 && errno == EINTR);
    }
    if (got > 0 && f->hash)
        hash(f, buf, (size_t)got);
    return got;
}

static bool open_blob(struct files *f, uint32_t blob, struct err *err)
{
    const struct item *item = &f->items[blob];
    bool is_stdin = str_eq(item->place, STR("-"));

    close_blob(f);
    f->fd = is_stdin ? STDIN_FILENO : open(item->place.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (f->fd < 0)
        return err_errno(err, "cannot be opened");
    f->open = blob;
    f->at = f->hashed = 0;
    ssize_t n = is_stdin ? read(f->fd, f->first, sizeof f->first)
                         : pread(f->fd, f->first, sizeof f->first, 0);
    str seen = {f->first, n > 0 ? (size_t)n : 0};
    f->first_len = is_stdin ? seen.len : 0;
    f->first_at = 0;
    f->plain = peel_is_plain(seen);
    f->stored_ns = peel_stored_time(seen);
    if (f->digest) {
        f->hash = EVP_MD_CTX_new();
        if (!f->hash || !EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL))
            die("SHA-256 is not available");
    }
    if (!f->plain)
        f->peel = peel_open(seen, read_stored, f);
    return true;
}

static bool read_plain(struct files *f, uint64_t offset, char *buf, size_t n, size_t *got,
                       struct err *err)
{
    bool is_stdin = f->fd == STDIN_FILENO;
    bool in_order = offset == f->at; /* probing looks ahead; only the reading in order is hashed */

    *got = 0;
    while (*got < n) {
        long r = is_stdin ? read_stored(f, buf + *got, n - *got)
                          : pread(f->fd, buf + *got, n - *got, (off_t)(offset + *got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_errno(err, "read error at byte %llu", (unsigned long long)(offset + *got));
        if (r == 0)
            break;
        *got += (size_t)r;
    }
    if (in_order) {
        f->at += *got;
        if (f->hash && !is_stdin)
            hash(f, buf, *got);
    }
    return true;
}

static void serve_read(struct files *f, const struct evidence_request *q, struct evidence_reply *r,
                       char *bytes)
{
    struct err err = {{0}};
    size_t got = 0;
    bool good = f->open == q->blob || open_blob(f, q->blob, &err);

    if (good && f->peel && q->offset < f->at)
        good = open_blob(f, q->blob, &err); /* a stream that is read again from its start */
    if (good && f->peel && q->offset != f->at)
        good = err_set(&err, "a compressed blob is read forward only");
    if (good && f->peel) {
        good = peel_read(f->peel, bytes, q->want, &got, &err);
        f->at += got;
    } else if (good) {
        good = read_plain(f, q->offset, bytes, q->want, &got, &err);
    }
    r->len = (uint32_t)got;
    if (!good) {
        str why = str_head(str_of(err.msg), EVIDENCE_TEXT_MAX);
        if (got == 0) {
            memcpy(bytes, why.p, why.len);
            r->len = (uint32_t)why.len;
            r->status = EVIDENCE_UNREADABLE;
        } /* else: the next request meets the same error at once */
    }
}

static void serve_stat(struct files *f, const struct evidence_request *q, struct evidence_reply *r,
                       char *bytes)
{
    const struct item *item = &f->items[q->blob];
    bool is_case = item->case_folder.len > 0;
    str texts[] = {item->path, item->system, is_case ? item->case_folder : item->reason,
                   item->link};
    struct err err;

    r->value = item->size;
    r->mtime_ns = item->mtime_ns;
    if (is_case)
        r->flags |= EVIDENCE_CASE;
    if (item->reason.len)
        r->flags |= EVIDENCE_NOT_OPENED;
    else if (f->open == q->blob || open_blob(f, q->blob, &err)) {
        r->flags |= f->plain && f->fd != STDIN_FILENO ? EVIDENCE_SEEKABLE : 0;
        r->stored_ns = f->stored_ns;
    }
    for (size_t i = 0; i < array_len(texts); i++) {
        str text = str_head(texts[i], EVIDENCE_TEXT_MAX / array_len(texts) - 1);
        memcpy(bytes + r->len, text.p ? text.p : "", text.len);
        bytes[r->len + text.len] = 0;
        r->len += (uint32_t)text.len + 1;
    }
}

static void serve_digest(struct files *f, const struct evidence_request *q,
                         struct evidence_reply *r, char *bytes)
{
    unsigned len = 0;

    if (f->open == q->blob && f->hash && q->want) {
        if (f->plain && f->fd != STDIN_FILENO && lseek(f->fd, (off_t)f->at, SEEK_SET) < 0)
            r->status = EVIDENCE_UNREADABLE;
        long n = 0;
        while (r->status == EVIDENCE_OK && (n = read_stored(f, f->scratch, HASH_BUFFER)) > 0)
            ;
        if (n < 0)
            r->status = EVIDENCE_UNREADABLE;
        EVP_DigestFinal_ex(f->hash, (unsigned char *)bytes, &len);
        r->value = f->hashed;
    }
    r->len = r->status == EVIDENCE_OK ? len : 0;
    close_blob(f);
}

static void serve_data(struct files *f, const struct evidence_request *q, struct evidence_reply *r)
{
    bool plain = f->open == q->blob && f->plain && f->fd != STDIN_FILENO;
    off_t at = plain ? lseek(f->fd, (off_t)q->offset, SEEK_DATA) : -1;

    /* ENXIO: none is left; anything else: this file system cannot tell */
    r->value = at >= 0 ? (uint64_t)at
               : plain && errno == ENXIO ? f->items[q->blob].size : q->offset;
}

static void serve(void *server, const struct evidence_request *q, struct evidence_reply *r,
                  char *bytes)
{
    struct files *f = server;

    *r = (struct evidence_reply){.mtime_ns = TIME_UNKNOWN, .stored_ns = TIME_UNKNOWN};
    if (q->op == EVIDENCE_LIST)
        r->value = f->count;
    else if (q->blob >= f->count)
        r->status = EVIDENCE_UNREADABLE;
    else if (q->op == EVIDENCE_STAT)
        serve_stat(f, q, r, bytes);
    else if (q->op == EVIDENCE_READ)
        serve_read(f, q, r, bytes);
    else if (q->op == EVIDENCE_DATA)
        serve_data(f, q, r);
    else
        serve_digest(f, q, r, bytes);
}

struct evidence files_evidence(struct files *f)
{
    return (struct evidence){f, serve};
}

void files_close(struct files *f)
{
    if (!f)
        return;
    close_blob(f);
    mem_free(f->items);
    mem_free(f->roots);
    mem_free(f->scratch);
    arena_free(&f->arena);
    mem_free(f);
}
