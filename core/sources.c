/* SPDX-License-Identifier: Apache-2.0
 *
 * The sources of a run: what the evidence lists, and what the manifests of cases tell. */
#include <fcntl.h>
#include <unistd.h>

#include "core/casefile.h"
#include "core/ingest.h"

enum { MANIFEST_MAX = 1 << 30 };

static bool is_digits(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_digit(s.p[i]))
            return false;
    return s.len > 0;
}

static bool has_letter(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (char_is_alpha(s.p[i]))
            return true;
    return false;
}

static bool drop_suffix(str *name, str suffix)
{
    if (name->len <= suffix.len || !str_ends_nocase(*name, suffix))
        return false;
    name->len -= suffix.len;
    return true;
}

/* A date of digits, with or without joints: "20241005-1728", "2024-10-05". */
static int64_t day_of_digits(str s)
{
    unsigned year, month, day;
    bool good = str_take_digits(&s, 4, &year);

    str_take_char(&s, '-');
    good = good && str_take_digits(&s, 2, &month);
    str_take_char(&s, '-');
    if (!good || !str_take_digits(&s, 2, &day) || year < 1971 || year > 2199)
        return TIME_UNKNOWN;
    const struct civil c = {.year = (int32_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    return civil_valid(&c) ? civil_to_ns(&c) : TIME_UNKNOWN;
}

/* A rotation mark at the end: ".1", "-20241005", ".20241005", "-20241005-1728". Its digits. */
static bool drop_rotation(str *name, str *mark)
{
    size_t i = name->len;

    while (i > 0 && (char_is_digit(name->p[i - 1]) || name->p[i - 1] == '-'))
        i--;
    str digits = str_skip(*name, i);
    if (i == name->len || !has_letter(str_head(*name, i))) /* an address is no rotated log */
        return false;
    if (name->p[i - 1] == '.' && is_digits(digits) && (digits.len <= 3 || digits.len == 8)) {
        name->len = i - 1;
        *mark = digits;
        return true;
    }
    if (digits.p[0] == '-' && digits.len >= 9) {
        name->len = i;
        *mark = str_skip(digits, 1);
        return true;
    }
    return false;
}

static str without_compression(str path)
{
    str name = str_basename(path);

    while (drop_suffix(&name, STR(".gz")) || drop_suffix(&name, STR(".zst")) ||
           drop_suffix(&name, STR(".xz")) || drop_suffix(&name, STR(".bz2")))
        ;
    return name;
}

str log_family(str path)
{
    str name = without_compression(path), mark;

    while (drop_rotation(&name, &mark))
        ;
    return name;
}

int64_t log_rotation_day(str path)
{
    str name = without_compression(path), mark;

    return drop_rotation(&name, &mark) && mark.len >= 8 ? day_of_digits(mark) : TIME_UNKNOWN;
}

int64_t log_age(str path)
{
    str name = without_compression(path), mark;
    uint64_t number;

    if (!drop_rotation(&name, &mark))
        return 0;
    if (mark.len <= 3 && str_to_u64(mark, &number))
        return (int64_t)number + 1;
    int64_t day = day_of_digits(mark);
    return day == TIME_UNKNOWN ? 0 : INT64_MAX - day;
}

static str next_text(const char *bytes, size_t len, size_t *at)
{
    size_t start = *at < len ? *at : len;
    size_t n = str_find_char((str){bytes + start, len - start}, 0);

    *at = start + n + 1;
    return (str){bytes + start, n};
}

struct case_path {
    str path; /* as in the case */
    uint32_t source;
};

struct case_index {
    struct case_path *paths; /* sorted */
    size_t count;
};

static int case_path_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct case_path *)a)->path, ((const struct case_path *)b)->path);
}

bool case_source(const struct case_index *c, str path, uint32_t *source)
{
    const struct case_path key = {.path = path};
    const struct case_path *hit =
        bsearch(&key, c->paths, c->count, sizeof *c->paths, case_path_cmp);

    if (hit)
        *source = hit->source;
    return hit != NULL;
}

struct listed { /* a source before it has its final place */
    struct source source;
    str case_path; /* its path in the case it comes from */
    str folder;    /* that case's folder, "" = evidence of this run */
    uint32_t number, flags;
};

static int listed_cmp(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int order = str_cmp(x->source.path, y->source.path);

    if (order)
        return order;
    return str_cmp(x->folder, y->folder);
}

static bool read_file(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    if (fd < 0)
        return err_errno(err, "%s: cannot be opened", path);
    do {
        out->len += (size_t)n;
        buf_reserve(out, 1 << 20);
    } while (out->len < MANIFEST_MAX && (n = read(fd, out->p + out->len, 1 << 20)) > 0);
    close(fd);
    return n >= 0 || err_errno(err, "%s: read error", path);
}

static str first_part(str path)
{
    return str_head(path, str_find_char(path, '/'));
}

/* A root of a case whose name is taken already becomes NAME~2, as equal arguments do. */
static void relabel(struct pipeline *p, struct listed *list, size_t from, size_t count)
{
    for (size_t i = from; i < count;) {
        str root = first_part(list[i].source.path), label = root;
        size_t end = i, tries = 1;
        while (end < count && str_eq(first_part(list[end].source.path), root))
            end++;
        for (size_t k = 0; k < from; k++)
            if (!(list[k].flags & EVIDENCE_CASE) &&
                str_eq(first_part(list[k].source.path), label)) {
                label = arena_printf(&p->arena, "%.*s~%zu", PSTR(root), ++tries);
                k = (size_t)-1; /* from the start, with the new name */
            }
        for (; i < end; i++)
            list[i].source.path = arena_printf(&p->arena, "%.*s%.*s", PSTR(label),
                                               PSTR(str_skip(list[i].source.path, root.len)));
    }
}

static bool add_case(struct pipeline *p, str folder, struct listed **list, size_t *count,
                     size_t *cap, struct err *err)
{
    struct buf text = {0};
    struct source *sources = NULL;
    size_t found = 0, from = *count;
    str manifest = arena_printf(&p->arena, "%.*s/manifest.json%c", PSTR(folder), 0);
    str facts = arena_printf(&p->arena, "%.*s/facts.json%c", PSTR(folder), 0);

    bool good = read_file(manifest.p, &text, err) &&
                casefile_read_manifest(buf_view(&text), &sources, &found, &p->arena, err);
    text.len = 0;
    good = good && read_file(facts.p, &text, err) &&
           casefile_read_facts(buf_view(&text), &p->facts, err);
    buf_free(&text);
    for (size_t i = 0; good && i < found; i++) {
        *list = vec_grow(*list, cap, *count + 1, sizeof **list);
        (*list)[(*count)++] = (struct listed){
            .source = sources[i], .case_path = sources[i].path, .folder = folder};
    }
    if (good)
        relabel(p, *list, from, *count);
    return good;
}

static void add_evidence(struct pipeline *p, uint32_t number, struct listed *out)
{
    char text[EVIDENCE_TEXT_MAX];
    struct evidence_reply r;
    const struct evidence_request q = {.op = EVIDENCE_STAT, .blob = number};
    size_t at = 0;

    p->evidence.call(p->evidence.server, &q, &r, text);
    str path = next_text(text, r.len, &at), system = next_text(text, r.len, &at);
    str reason = next_text(text, r.len, &at), link = next_text(text, r.len, &at), folder = {0};
    if (r.flags & EVIDENCE_CASE) {
        folder = arena_str(&p->arena, reason);
        reason = STR("");
    }
    *out = (struct listed){
        .number = number,
        .flags = r.flags,
        .folder = folder,
        .source = {.path = arena_str(&p->arena, path),
                   .system = arena_str(&p->arena, system),
                   .unread = arena_str(&p->arena, reason),
                   .link = arena_str(&p->arena, link),
                   .size = r.value,
                   .mtime_ns = r.mtime_ns,
                   .stored_ns = r.stored_ns,
                   .first_ns = TIME_UNKNOWN,
                   .last_ns = TIME_UNKNOWN},
    };
    out->source.family = log_family(out->source.path);
    if (p->progress && !reason.len)
        atomic_fetch_add(&p->progress->bytes, r.value);
}

static void place(struct pipeline *p, const struct listed *l, uint32_t source)
{
    p->sources[source] = l->source;
    p->states[source].newest_ns = INT64_MIN;
    if (!l->case_path.len) /* not only known from a case's manifest */
        p->blobs[p->blob_count++] =
            (struct blob){.number = l->number, .source = source, .flags = l->flags};
}

/* From the paths of a case to this run's sources; `list` is sorted as those are. */
static const struct case_index *index_case(struct pipeline *p, const struct listed *list,
                                           size_t count, str folder)
{
    struct case_index *c = arena_alloc(&p->arena, sizeof *c);
    uint32_t source = 0;

    c->paths = arena_alloc(&p->arena, count * sizeof *c->paths);
    for (size_t i = 0; i < count; i++) {
        if (list[i].flags & EVIDENCE_CASE)
            continue;
        if (list[i].case_path.len && str_eq(list[i].folder, folder))
            c->paths[c->count++] = (struct case_path){list[i].case_path, source};
        source++;
    }
    qsort(c->paths, c->count, sizeof *c->paths, case_path_cmp);
    return c;
}

/* Sources in path order; those of the event streams of cases stand behind the last. */
static void place_all(struct pipeline *p, const struct listed *list, size_t count)
{
    p->sources = mem_alloc((count + 1) * sizeof *p->sources);
    p->states = mem_alloc((count + 1) * sizeof *p->states);
    p->blobs = mem_alloc((count + 1) * sizeof *p->blobs);
    for (size_t i = 0; i < count; i++)
        if (!(list[i].flags & EVIDENCE_CASE))
            place(p, &list[i], (uint32_t)p->source_count++);
    for (size_t i = 0; i < count; i++)
        if (list[i].flags & EVIDENCE_CASE) {
            place(p, &list[i], (uint32_t)(p->source_count + p->case_count++));
            p->blobs[p->blob_count - 1].cases = index_case(p, list, count, list[i].folder);
        }
}

bool pipeline_list(struct pipeline *p, struct err *err)
{
    struct evidence_reply r;
    const struct evidence_request q = {.op = EVIDENCE_LIST};
    size_t blobs, count, cap;
    bool good = true;

    p->evidence.call(p->evidence.server, &q, &r, NULL);
    blobs = count = cap = (size_t)r.value;
    struct listed *list = mem_alloc((cap ? cap : 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        add_evidence(p, (uint32_t)i, &list[i]);
    for (size_t i = 0; good && i < blobs; i++)
        if (list[i].flags & EVIDENCE_CASE)
            good = add_case(p, list[i].folder, &list, &count, &cap, err);
    qsort(list, count, sizeof *list, listed_cmp);
    place_all(p, list, count);
    mem_free(list);
    zones_settle(p);
    if (p->progress)
        atomic_store(&p->progress->blobs, p->blob_count);
    return good;
}
