/* SPDX-License-Identifier: Apache-2.0
 *
 * Event to JSON. This renders every event of a case, so there is no tree of values: the members
 * of struct event come from a table in the order of their paths, the fields of the record are
 * sorted by theirs, and one walk over both opens and closes objects where the paths part. */
#include "core/ecs.h"

#include "core/ecs_line.h"
#include "core/time.h"

enum { FIXED, DEFAULT };

const struct ecs_path ecs_root[] = {
#define ROOT(id, path, rule) {path, sizeof(path) - 1, ECS_##id, rule == DEFAULT},
#include "core/ecs_paths.def"
#undef ROOT
};
const size_t ecs_root_count = array_len(ecs_root);

const struct ecs_path ecs_own[] = {
#define OWN(id, path, rule) {path, sizeof(path) - 1, ECS_OWN_##id, rule == DEFAULT},
#include "core/ecs_paths.def"
#undef OWN
};
const size_t ecs_own_count = array_len(ecs_own);

static const char *const group_names[] = {"ecs", "event_data", "user_data", "own"};

bool ecs_user_is_target(enum kind kind)
{
    str category = str_of(kind_category(kind));

    return str_eq(category, STR("authentication")) || str_eq(category, STR("session"));
}

int ecs_path_cmp(const char *a, size_t a_len, const char *b, size_t b_len, char sep)
{
    size_t n = a_len < b_len ? a_len : b_len, i = 0;
    uint64_t x, y;

    for (; i + sizeof x <= n; i += sizeof x) { /* "winlog." and kin: eight bytes at a time */
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        if (x != y)
            break;
    }
    while (i < n && a[i] == b[i])
        i++;
    if (i == n)
        return (a_len > b_len) - (a_len < b_len);
    if (a[i] == sep || b[i] == sep)
        return a[i] == sep ? -1 : 1;
    return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
}

void ecs_unfit(struct ecs_line *l, const struct field *const *group, size_t count)
{
    for (size_t i = 0; i < count; i++)
        l->unfit[l->unfit_count++] = group[i];
}

/* Fields among the members. */

static bool passes_through(str path, const char *through, size_t len, char sep)
{
    return path.len > len && path.p[len] == sep && memcmp(path.p, through, len) == 0;
}

/* Does a field say what the member just written says? Then it adds nothing. */
static bool says_the_same(struct ecs_line *l, const struct field *f)
{
    struct buf *b = l->j->buf;
    size_t start = l->value_at, end = b->len;

    if (start == end)
        return false;
    l->j->keyed = true;
    ecs_put_value(l->j, f);
    str member = str_unquote((str){b->p + start, end - start});
    str field = str_unquote((str){b->p + end, b->len - end});
    bool same = str_eq(member, field) && ecs_exact(f) == EXACT_NONE;
    b->len = end;
    return same;
}

/* Fields whose name is that of a member, or passes through it. Returns how many. */
static size_t step_aside(struct ecs_line *l, const struct ecs_path *p, char sep,
                         const struct field *const *f, size_t count)
{
    size_t i = 0;

    for (; i < count; i++) {
        str name = ecs_field_name(f[i]);
        bool equal = str_eq(name, (str){p->path, p->len});
        if (!equal && !passes_through(name, p->path, p->len, sep))
            break;
        if (!equal || !says_the_same(l, f[i]))
            ecs_unfit(l, &f[i], 1);
    }
    return i;
}

static size_t same_names(const struct field *const *f, size_t count)
{
    size_t n = 1;

    while (n < count && str_eq(ecs_field_name(f[n]), ecs_field_name(f[0])))
        n++;
    return n;
}

/* Writes the fields of the first one's name; `until` is the member that follows. Returns how
 * many. A name that is an object elsewhere (the next name passes through it) does not fit. */
static size_t put_fields(struct ecs_line *l, struct ecs_tree *t, const struct field *const *f,
                         size_t count, const struct ecs_path *until)
{
    str name = ecs_field_name(f[0]);
    size_t n = same_names(f, count);
    str next = n < count ? ecs_field_name(f[n]) : STR("");
    str member = until ? (str){until->path, until->len} : STR("");

    if (passes_through(next, name.p, name.len, t->sep) ||
        passes_through(member, name.p, name.len, t->sep))
        ecs_unfit(l, f, n);
    else
        ecs_put_group(l->j, ecs_enter(t, l->j, name), f, n, n > 1);
    return n;
}

static int before(const struct field *f, const struct ecs_path *p, char sep)
{
    if (f->name_len && f->name[0] != p->path[0] && f->name[0] != sep)
        return (unsigned char)f->name[0] < (unsigned char)p->path[0] ? -1 : 1;
    return ecs_path_cmp(f->name, f->name_len, p->path, p->len, sep);
}

void ecs_put_tree(struct ecs_line *l, struct ecs_tree *t, enum field_group group,
                     const struct ecs_path *table, size_t table_count)
{
    const struct field *const *f = l->fields[group];
    size_t left = l->count[group];

    for (size_t i = 0; i <= table_count; i++) {
        const struct ecs_path *p = i < table_count ? &table[i] : NULL;
        while (left && (!p || before(f[0], p, t->sep) < 0)) {
            size_t n = put_fields(l, t, f, left, p);
            f += n;
            left -= n;
        }
        if (!p)
            break;
        if (p->is_default && left && before(f[0], p, t->sep) == 0) {
            size_t n = same_names(f, left);
            ecs_put_group(l->j, ecs_enter(t, l->j, ecs_field_name(f[0])), f, n, n > 1);
            f += n;
            left -= n;
        } else {
            ecs_put_member(l, t, p);
        }
        size_t n = step_aside(l, p, t->sep, f, left);
        f += n;
        left -= n;
    }
    ecs_leave(t, l->j, 0);
}

static void put_unfit(struct ecs_line *l)
{
    struct json_out *j = l->j;

    ecs_put_key(j, STR("fields"), "");
    json_array(j);
    for (size_t i = 0; i < l->unfit_count; i++) {
        const struct field *f = l->unfit[i];
        json_object(j);
        json_pair(j, STR("group"), str_of(group_names[f->group & 3]));
        json_pair(j, STR("name"), ecs_field_name(f));
        if (!utf8_valid(ecs_field_name(f))) {
            ecs_put_key(j, STR("name"), ecs_exact_suffix[EXACT_BYTES]);
            ecs_put_exact(j, &(struct field){.data = f->name, .len = f->name_len});
        }
        ecs_put_group(j, STR("value"), &f, 1, false);
        json_object_end(j);
    }
    json_array_end(j);
}

/* Preparing. */

static bool is_reserved(str name)
{
    static const str tops[] = {{"ashiato", 7}, {"@timestamp", 10}};

    for (size_t i = 0; i < array_len(tops); i++)
        if (str_starts(name, tops[i]) &&
            (name.len == tops[i].len || name.p[tops[i].len] == '.'))
            return true;
    return false;
}

/* Can the name stand as nested keys? */
static bool fits(const struct field *f)
{
    str name = ecs_field_name(f);
    char sep = f->group == FIELD_USER_DATA ? '/' : '.';
    unsigned depth = 0;
    unsigned char wide = 0;

    for (size_t i = 0; i < name.len; i++) {
        depth += name.p[i] == sep;
        wide |= (unsigned char)name.p[i];
    }
    if (name.len > ECS_PATH_MAX || str_ends(name, STR("_base64")))
        return false;
    if (wide & 0x80 && !utf8_valid(name))
        return false;
    if (f->group == FIELD_EVENT_DATA)
        return true;
    return depth < ECS_DEPTH_MAX && !(f->group == FIELD_ECS && is_reserved(name));
}

static int by_path(const void *a, const void *b)
{
    const struct field *x = *(const struct field *const *)a, *y = *(const struct field *const *)b;
    char sep = x->group == FIELD_USER_DATA ? '/' : '.';
    int order = ecs_path_cmp(x->name, x->name_len, y->name, y->name_len, sep);

    return order ? order : (x > y) - (x < y); /* of one array: in the order of the record */
}

static void sort_fields(const struct field **f, size_t n)
{
    if (n > ECS_SMALL) {
        qsort(f, n, sizeof *f, by_path);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const struct field *moving = f[i];
        size_t k = i;
        for (; k && by_path(&f[k - 1], &moving) > 0; k--)
            f[k] = f[k - 1];
        f[k] = moving;
    }
}

/* Notes the fields of winlog that the members depend on. */
static void see_winlog(struct ecs_line *l, const struct field *f, bool fitting)
{
    str name = ecs_field_name(f);

    l->windows = l->windows || !str_eq(name, STR("winlog.channel"));
    if (fitting && !l->computer && str_eq(name, STR("winlog.computer_name")))
        l->computer = f;
    if (fitting && !l->record && str_eq(name, STR("winlog.record_id")))
        l->record = f;
}

static void group_fields(struct ecs_line *l, const struct field **room)
{
    const struct event *e = l->e;
    size_t n = e->field_count, sizes[ECS_GROUPS] = {0};

    l->same = room + n;
    l->unfit = room + 2 * n;
    for (size_t i = 0; i < n; i++)
        sizes[e->fields[i].group & 3]++;
    for (unsigned g = 0; g < ECS_GROUPS; room += sizes[g], g++)
        l->fields[g] = room;
    l->windows = sizes[FIELD_EVENT_DATA] || sizes[FIELD_USER_DATA];
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &e->fields[i];
        unsigned g = f->group & 3;
        bool fitting = fits(f);
        if (g == FIELD_ECS && str_starts(ecs_field_name(f), STR("winlog.")))
            see_winlog(l, f, fitting);
        if (fitting)
            l->fields[g][l->count[g]++] = f;
        else
            ecs_unfit(l, &f, 1);
    }
    sort_fields(l->fields[FIELD_ECS], l->count[FIELD_ECS]);
    sort_fields(l->fields[FIELD_USER_DATA], l->count[FIELD_USER_DATA]);
    sort_fields(l->fields[FIELD_OWN], l->count[FIELD_OWN]);
}

static bool field_says(struct ecs_line *l, const struct field *f, str text)
{
    struct buf *b = l->j->buf;
    size_t start = b->len;

    value_text(field_value(f), b);
    bool same = str_eq((str){b->p + start, b->len - start}, text);
    b->len = start;
    return same;
}

/* host.name is the resolved name. The name as written is winlog.computer_name, else host.name;
 * when it is neither of the two it stands in host.hostname. */
static void find_host(struct ecs_line *l)
{
    const struct event *e = l->e;
    str written = names_text(l->names, e->host);
    bool told;

    l->host = l->ctx->host.len ? l->ctx->host : written;
    if (l->computer)
        told = field_says(l, l->computer, written);
    else if (l->windows && e->host && !(e->flags & EVENT_HOST_FROM_SYSTEM))
        told = true;
    else
        told = str_eq(l->host, written);
    l->has_hostname = !told;
    l->hostname = written;
}

static bool nobody(const struct party *p)
{
    return !p->user && !p->domain && !p->sid && !p->logon;
}

static void find_users(struct ecs_line *l)
{
    const struct event *e = l->e;

    l->user_is_target = ecs_user_is_target(e->kind) && (!nobody(&e->target) || nobody(&e->actor));
    l->user = l->user_is_target ? &e->target : &e->actor;
    l->other = l->user_is_target ? &e->actor : &e->target;
}

static void put_line(struct ecs_line *l, const struct field **room)
{
    struct json_out *j = l->j;
    struct ecs_tree root = {.sep = '.'}, own = {.sep = '.'};

    group_fields(l, room);
    find_host(l);
    find_users(l);
    json_object(j);
    if (l->e->time_ns != TIME_UNKNOWN) {
        struct buf *b = ecs_raw(j);
        buf_str(b, STR("\"@timestamp\":\""));
        time_text(l->e->time_ns, l->e->precision, b);
        buf_char(b, '"');
    }
    ecs_put_tree(l, &root, FIELD_ECS, ecs_root, ecs_root_count);
    ecs_put_key(j, STR("ashiato"), "");
    json_object(j);
    ecs_put_tree(l, &own, FIELD_OWN, ecs_own, ecs_own_count);
    if (l->unfit_count)
        put_unfit(l);
    json_object_end(j);
    json_object_end(j);
}

void ecs_write(struct json_out *j, const struct event *e, const struct names *names,
               const struct ecs_context *ctx)
{
    static const struct ecs_context nothing;
    struct ecs_line l = {.j = j, .e = e, .names = names, .ctx = ctx ? ctx : &nothing};
    bool placed = ctx && ctx->places && ctx->place_count;
    const struct field *room[ECS_SMALL * 3];

    l.source = placed ? ctx->places[0].source : e->source;
    l.offset = placed ? ctx->places[0].offset : e->offset;
    if (e->field_count <= ECS_SMALL) {
        put_line(&l, room);
        return;
    }
    const struct field **more = mem_alloc((size_t)e->field_count * 3 * sizeof *more);
    put_line(&l, more);
    mem_free(more);
}
