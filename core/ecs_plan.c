/* SPDX-License-Identifier: Apache-2.0
 *
 * Plans of lines. The members of struct event come from a table in the order of their paths, the
 * fields of the record are sorted by theirs, and one walk over both finds in which object each
 * stands and which names clash. Nothing here looks at a value. */
#include <stdlib.h>
#include <xxhash.h>

#include "core/ecs_line.h"

enum {
    FIXED,
    DEFAULT,
    KEPT_FIELDS = 128, /* of a plan that is kept */
    KEPT_NAMES = 4096, /* bytes of all of them */
    GROUPS = 4
};

/* A plan being made. */
struct maker {
    struct ecs_plan *p;
    const struct field *base;
    const struct field **fields[GROUPS]; /* by group; those with dotted names sorted */
    size_t count[GROUPS];
};

/* Where in nested objects the walk is. */
struct tree {
    const char *path;
    char sep;
    unsigned depth;
    size_t ends[ECS_DEPTH_MAX];
    uint16_t objects[ECS_DEPTH_MAX + 1]; /* the first is that of the whole tree */
};

static const struct ecs_path root_paths[] = {
#define ROOT(id, path, rule) {path, sizeof(path) - 1, ECS_##id, rule == DEFAULT},
#include "core/ecs_paths.def"
#undef ROOT
};

static const struct ecs_path own_paths[] = {
#define OWN(id, path, rule) {path, sizeof(path) - 1, ECS_OWN_##id, rule == DEFAULT},
#include "core/ecs_paths.def"
#undef OWN
};

const struct ecs_path *const ecs_root = root_paths, *const ecs_own = own_paths;
const size_t ecs_root_count = array_len(root_paths), ecs_own_count = array_len(own_paths);

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

/* ---- steps and objects ---- */

static struct ecs_key add_key(struct ecs_plan *p, str name, str end)
{
    size_t at = p->text.len;

    buf_add(&p->text, ",\"", 2);
    json_escape(name, &p->text);
    buf_str(&p->text, end);
    return (struct ecs_key){(uint32_t)at, (uint32_t)(p->text.len - at)};
}

static struct ecs_step *add_step(struct ecs_plan *p, enum ecs_op op, uint16_t object)
{
    p->steps = vec_grow(p->steps, &p->step_cap, p->step_count + 1, sizeof *p->steps);
    struct ecs_step *s = &p->steps[p->step_count++];
    *s = (struct ecs_step){.op = (uint8_t)op, .object = object};
    return s;
}

static uint16_t add_object(struct ecs_plan *p, uint16_t parent, str name)
{
    p->objects = vec_grow(p->objects, &p->object_cap, p->object_count + 1, sizeof *p->objects);
    p->objects[p->object_count] = (struct ecs_object){
        .key = add_key(p, name, STR("\":{")),
        .parent = parent,
        .depth = (uint16_t)(p->objects[parent].depth + 1),
    };
    return (uint16_t)p->object_count++;
}

static void add_fields(struct maker *m, struct ecs_step *s, const struct field *const *f,
                       size_t count)
{
    struct ecs_plan *p = m->p;

    s->first = (uint16_t)p->order_count;
    s->count = (uint16_t)count;
    p->order = vec_grow(p->order, &p->order_cap, p->order_count + count, sizeof *p->order);
    for (size_t i = 0; i < count; i++)
        p->order[p->order_count++] = (uint16_t)(f[i] - m->base);
}

static void add_unfit(struct maker *m, const struct field *const *f, size_t count)
{
    add_fields(m, add_step(m->p, OP_UNFIT, 0), f, count);
}

static void add_group(struct maker *m, uint16_t object, str key, const struct field *const *f,
                      size_t count, bool array)
{
    struct ecs_step *s = add_step(m->p, OP_FIELDS, object);

    s->key = add_key(m->p, key, STR("\":"));
    s->array = array;
    add_fields(m, s, f, count);
}

/* The object that the parent of `path` is; *name gets its last part. Paths come sorted, so that
 * what is left is never entered again. */
static uint16_t enter(struct maker *m, struct tree *t, str path, str *name)
{
    unsigned depth = 0;
    size_t at = 0;

    for (; depth < t->depth; depth++) {
        size_t end = t->ends[depth];
        if (path.len <= end || path.p[end] != t->sep || memcmp(path.p + at, t->path + at, end - at))
            break;
        at = end + 1;
    }
    for (t->depth = depth;; at++) {
        str part = {path.p + at, path.len - at};
        size_t n = str_find_char(part, t->sep);
        *name = part;
        if (n == part.len || t->depth == ECS_DEPTH_MAX)
            break;
        t->objects[t->depth + 1] = add_object(m->p, t->objects[t->depth], str_head(part, n));
        t->ends[t->depth++] = at += n;
    }
    t->path = path.p;
    return t->objects[t->depth];
}

/* ---- fields among the members ---- */

static bool passes_through(str path, const char *through, size_t len, char sep)
{
    return path.len > len && path.p[len] == sep && memcmp(path.p, through, len) == 0;
}

static void add_aside(struct maker *m, const struct ecs_path *path, const struct field *const *f)
{
    struct ecs_step *s = add_step(m->p, OP_ASIDE, 0);

    s->id = path->id;
    m->p->asides = true;
    add_fields(m, s, f, 1);
}

/* Fields whose name is that of a member, or passes through it. Returns how many. */
static size_t step_aside(struct maker *m, const struct tree *t, const struct ecs_path *path,
                         const struct field *const *f, size_t count)
{
    size_t i = 0;

    for (; i < count; i++) {
        str name = ecs_field_name(f[i]);
        if (str_eq(name, (str){path->path, path->len}))
            add_aside(m, path, &f[i]);
        else if (passes_through(name, path->path, path->len, t->sep))
            add_unfit(m, &f[i], 1);
        else
            break;
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

/* The fields of the first one's name; `until` is the member that follows. Returns how many. A
 * name that is an object elsewhere (the next name passes through it) does not fit. */
static size_t plan_fields(struct maker *m, struct tree *t, const struct field *const *f,
                          size_t count, const struct ecs_path *until)
{
    str name = ecs_field_name(f[0]), key;
    size_t n = same_names(f, count);
    str next = n < count ? ecs_field_name(f[n]) : STR("");
    str member = until ? (str){until->path, until->len} : STR("");

    if (passes_through(next, name.p, name.len, t->sep) ||
        passes_through(member, name.p, name.len, t->sep)) {
        add_unfit(m, f, n);
    } else {
        uint16_t object = enter(m, t, name, &key);
        add_group(m, object, key, f, n, n > 1);
    }
    return n;
}

/* <Data> elements: those without a name form the array "Data"; a field that is called so steps
 * aside when there is an array. `next` links equal names: next[i] - 1 is the following one. */
static void link_names(const struct field *const *f, size_t n, uint32_t *next, bool *follows)
{
    size_t cap = 64;

    while (cap < n * 2)
        cap *= 2;
    uint32_t *slots = mem_alloc(cap * sizeof *slots); /* index + 1 of the last field of a name */
    for (size_t i = 0; i < n; i++) {
        size_t at = XXH3_64bits(f[i]->name, f[i]->name_len) & (cap - 1);
        str name = {f[i]->name, f[i]->name_len};
        while (slots[at] && !str_eq(name, ecs_field_name(f[slots[at] - 1])))
            at = (at + 1) & (cap - 1);
        if (slots[at]) {
            next[slots[at] - 1] = (uint32_t)i + 1;
            follows[i] = true;
        }
        slots[at] = (uint32_t)i + 1;
    }
    mem_free(slots);
}

static void plan_event_data(struct maker *m, uint16_t object)
{
    const struct field *const *f = m->fields[FIELD_EVENT_DATA];
    size_t n = m->count[FIELD_EVENT_DATA];
    const struct field **same = mem_alloc(n * sizeof *same);
    uint32_t *next = mem_alloc(n * sizeof *next);
    bool *follows = mem_alloc(n * sizeof *follows), unnamed = false;

    link_names(f, n, next, follows);
    for (size_t i = 0; i < n && !unnamed; i++)
        unnamed = f[i]->name_len == 0;
    for (size_t i = 0; i < n; i++) {
        str name = ecs_field_name(f[i]);
        size_t count = 0;
        if (follows[i])
            continue;
        for (size_t k = i + 1; k; k = next[k - 1])
            same[count++] = f[k - 1];
        if (name.len == 0)
            add_group(m, object, STR("Data"), same, count, true);
        else if (str_eq(name, STR("Data")) && (unnamed || count > 1))
            add_unfit(m, same, count);
        else
            add_group(m, object, name, same, count, count > 1);
    }
    mem_free(follows);
    mem_free(next);
    mem_free(same);
}

static void plan_tree(struct maker *m, struct tree *t, enum field_group group,
                      const struct ecs_path *table, size_t table_count);

/* event_data and user_data: objects of their own. */
static void plan_data(struct maker *m, uint16_t parent, enum field_group group, str name)
{
    if (m->count[group] == 0)
        return;
    uint16_t object = add_object(m->p, parent, name);
    struct tree t = {.sep = '/', .objects = {object}};
    add_step(m->p, OP_OPEN, object);
    if (group == FIELD_EVENT_DATA)
        plan_event_data(m, object);
    else
        plan_tree(m, &t, group, NULL, 0);
}

static void plan_member(struct maker *m, struct tree *t, const struct ecs_path *path)
{
    str name;
    uint16_t object = enter(m, t, (str){path->path, path->len}, &name);

    if (path->id == ECS_EVENT_DATA || path->id == ECS_USER_DATA) {
        plan_data(m, object, path->id == ECS_EVENT_DATA ? FIELD_EVENT_DATA : FIELD_USER_DATA,
                  name);
        return;
    }
    struct ecs_step *s = add_step(m->p, OP_MEMBER, object);
    s->key = add_key(m->p, name, STR("\":"));
    s->id = path->id;
}

static void plan_tree(struct maker *m, struct tree *t, enum field_group group,
                      const struct ecs_path *table, size_t table_count)
{
    const struct field *const *f = m->fields[group];
    size_t left = m->count[group];

    for (size_t i = 0; i <= table_count; i++) {
        const struct ecs_path *path = i < table_count ? &table[i] : NULL;
        size_t n;
        while (left && (!path || ecs_path_cmp(f[0]->name, f[0]->name_len, path->path, path->len,
                                              t->sep) < 0)) {
            n = plan_fields(m, t, f, left, path);
            f += n;
            left -= n;
        }
        if (!path)
            break;
        if (path->is_default && left &&
            str_eq(ecs_field_name(f[0]), (str){path->path, path->len})) {
            n = plan_fields(m, t, f, same_names(f, left), NULL);
            f += n;
            left -= n;
        } else {
            plan_member(m, t, path);
        }
        n = step_aside(m, t, path, f, left);
        f += n;
        left -= n;
    }
}

/* ---- preparing ---- */

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

    for (size_t i = 0; i < name.len; i++)
        depth += name.p[i] == sep;
    if (name.len > ECS_PATH_MAX || str_ends(name, STR("_base64")) || !utf8_valid(name))
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

/* Notes the fields of winlog that the members depend on. */
static void see_winlog(struct maker *m, const struct field *f, bool fitting)
{
    struct ecs_plan *p = m->p;
    str name = ecs_field_name(f);
    uint16_t index = (uint16_t)(f - m->base + 1);

    p->windows = p->windows || !str_eq(name, STR("winlog.channel"));
    if (fitting && !p->computer && str_eq(name, STR("winlog.computer_name")))
        p->computer = index;
    if (fitting && !p->record && str_eq(name, STR("winlog.record_id")))
        p->record = index;
}

static void group_fields(struct maker *m, const struct event *e, const struct field **room)
{
    size_t sizes[GROUPS] = {0};

    for (size_t i = 0; i < e->field_count; i++)
        sizes[e->fields[i].group & 3]++;
    for (unsigned g = 0; g < GROUPS; room += sizes[g], g++)
        m->fields[g] = room;
    m->p->windows = sizes[FIELD_EVENT_DATA] || sizes[FIELD_USER_DATA];
    for (size_t i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        unsigned g = f->group & 3;
        bool fitting = fits(f);
        if (g == FIELD_ECS && str_starts(ecs_field_name(f), STR("winlog.")))
            see_winlog(m, f, fitting);
        if (fitting)
            m->fields[g][m->count[g]++] = f;
        else
            add_unfit(m, &f, 1);
    }
    for (unsigned g = 0; g < GROUPS; g++)
        if (g != FIELD_EVENT_DATA && m->count[g])
            qsort(m->fields[g], m->count[g], sizeof *m->fields[g], by_path);
}

static void make_plan(struct ecs_plan *p, const struct event *e)
{
    struct maker m = {.p = p, .base = e->fields};
    const struct field **room = mem_alloc(e->field_count * sizeof *room);
    struct tree root = {.sep = '.'}, own = {.sep = '.'};

    p->step_count = p->object_count = p->order_count = p->text.len = 0;
    p->computer = p->record = 0;
    p->asides = false;
    p->form_count = p->form_last = 0;
    p->objects = vec_grow(p->objects, &p->object_cap, 1, sizeof *p->objects);
    p->objects[p->object_count++] = (struct ecs_object){.depth = 0};
    group_fields(&m, e, room);
    plan_tree(&m, &root, FIELD_ECS, ecs_root, ecs_root_count);
    p->own = own.objects[0] = add_object(p, 0, STR("ashiato"));
    add_step(p, OP_OPEN, p->own);
    plan_tree(&m, &own, FIELD_OWN, ecs_own, ecs_own_count);
    mem_free(room);
}

/* ---- shapes ---- */

static inline uint32_t head_of(const struct field *f)
{
    return (uint32_t)f->group << 16 | f->name_len;
}

static void keep_shape(struct ecs_plan *p, const struct event *e)
{
    p->shape = vec_grow(p->shape, &p->shape_cap, e->field_count, sizeof *p->shape);
    p->field_count = e->field_count;
    p->names.len = 0;
    for (size_t i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        p->shape[i] = (struct ecs_name){f->name, head_of(f), (uint32_t)p->names.len};
        buf_add(&p->names, f->name, f->name_len);
    }
}

static inline bool same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y;

    if (n < sizeof x) {
        for (size_t i = 0; i < n; i++)
            if (a[i] != b[i])
                return false;
        return true;
    }
    for (size_t i = 0; i < n - sizeof x; i += sizeof x) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        if (x != y)
            return false;
    }
    memcpy(&x, a + n - sizeof x, sizeof x); /* overlaps the one before */
    memcpy(&y, b + n - sizeof y, sizeof y);
    return x == y;
}

/* Do all names lie where they lay? Then, within a turn, they are what they were. */
static inline bool same_places(const struct ecs_plan *p, const struct event *e)
{
    uintptr_t differ = 0;

    for (size_t i = 0; i < e->field_count; i++)
        differ |= ((uintptr_t)e->fields[i].name ^ (uintptr_t)p->shape[i].seen) |
                  (head_of(&e->fields[i]) ^ p->shape[i].head);
    return !differ;
}

static bool same_names_as(struct ecs_plan *p, const struct event *e)
{
    for (size_t i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        struct ecs_name *name = &p->shape[i];
        if (head_of(f) != name->head || !same_bytes(f->name, p->names.p + name->at, f->name_len))
            return false;
    }
    return true;
}

static bool has_shape(struct ecs_plan *p, const struct event *e, uint64_t turn)
{
    if (p->field_count != e->field_count || p->code != e->code)
        return false;
    if (p->turn == turn && same_places(p, e))
        return true;
    if (!same_names_as(p, e))
        return false;
    for (size_t i = 0; i < e->field_count; i++)
        p->shape[i].seen = e->fields[i].name;
    p->turn = turn;
    return true;
}

/* Of the code, of how many fields there are, and of where the first and the last name lie: good
 * for finding a plan again within a turn. */
static uint64_t hash_places(const struct event *e)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = (uint64_t)e->code << 16 | e->field_count;

    if (e->field_count)
        hash = (hash * odd ^ (uintptr_t)e->fields[0].name) * odd ^
               (uintptr_t)e->fields[e->field_count - 1].name;
    return hash * odd;
}

/* Of the code, the groups, the lengths and the last name. */
static uint64_t hash_shape(const struct event *e)
{
    uint64_t hash = e->code, last = 0;

    for (size_t i = 0; i < e->field_count; i++)
        hash = (hash << 5 | hash >> 59) ^ head_of(&e->fields[i]);
    if (e->field_count) {
        const struct field *f = &e->fields[e->field_count - 1];
        for (size_t i = 0; i < f->name_len && i < sizeof last; i++)
            last = last << 8 | (uint8_t)f->name[i];
    }
    hash ^= last ^ hash >> 32;
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

/* Larger shapes are planned anew each time, so that the plans stay small. */
static bool is_kept(const struct event *e)
{
    size_t size = 0;

    for (size_t i = 0; i < e->field_count; i++)
        size += e->fields[i].name_len;
    return e->field_count <= KEPT_FIELDS && size <= KEPT_NAMES;
}

static struct ecs_plan *find_plan(struct ecs_writer *w, const struct event *e)
{
    uint64_t hash = hash_shape(e);
    bool kept = is_kept(e);
    struct ecs_plan *p = kept ? &w->plans[hash >> 32 & (ECS_PLANS - 2)] : &w->large;

    for (unsigned i = 0; i < 2 && kept; i++)
        if (p[i].step_count && p[i].hash == hash && has_shape(&p[i], e, w->turn))
            return &p[i];
    if (kept && p[1].turn < p[0].turn) /* the one not seen for longer makes room */
        p++;
    p->hash = hash;
    p->code = e->code;
    p->turn = w->turn;
    keep_shape(p, e);
    make_plan(p, e);
    return p;
}

struct ecs_plan *ecs_plan_for(struct ecs_writer *w, const struct event *e)
{
    struct ecs_plan **lately = &w->lately[hash_places(e) >> 32 & (ECS_LATELY - 1)], *p = *lately;

    if (p && p->turn == w->turn && p->code == e->code && p->field_count == e->field_count &&
        same_places(p, e))
        return p;
    return *lately = find_plan(w, e);
}

void ecs_plan_free(struct ecs_plan *p)
{
    for (size_t i = 0; i < p->form_cap; i++) {
        mem_free(p->forms[i].holes);
        buf_free(&p->forms[i].text);
    }
    mem_free(p->forms);
    mem_free(p->steps);
    mem_free(p->objects);
    mem_free(p->order);
    mem_free(p->shape);
    buf_free(&p->text);
    buf_free(&p->names);
}
