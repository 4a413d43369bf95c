/* SPDX-License-Identifier: Apache-2.0
 *
 * Event to JSON. This renders every event of a case, so there is no tree of values: the members
 * of struct event come from a table in the order of their paths, the fields of the record are
 * sorted by theirs, and one walk over both opens and closes objects where the paths part. */
#include "core/ecs.h"

#include <assert.h>
#include <xxhash.h>

#include "core/base64.h"
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
static const char *const sides[] = {"none", "source", "destination", "dc"};

enum { SMALL = 96, GROUPS = 4 }; /* fields of most events fit in the frame */

/* How the exact bytes of a value that is no valid text are told. */
enum exact { EXACT_NONE, EXACT_BYTES, EXACT_UTF16 };
static const char *const exact_suffix[] = {"", "_base64", "_utf16_base64"};

struct line {
    struct json_out *j;
    const struct event *e;
    const struct names *names;
    const struct ecs_context *ctx;
    const struct field **fields[GROUPS]; /* by group; those with dotted names sorted */
    size_t count[GROUPS];
    const struct field **same;   /* scratch: fields of one name */
    const struct field **unfit;  /* for ashiato.fields */
    size_t unfit_count;
    const struct field *computer; /* winlog.computer_name and .record_id as fields */
    const struct field *record;
    const struct party *user, *other;
    str host, hostname;
    uint64_t offset; /* with `source`: the place told in `log` */
    uint32_t source;
    size_t value_at; /* in the output: where the value of the last member begins */
    bool windows, has_hostname, user_is_target;
};

/* Where in nested objects the walk is. */
struct tree {
    const char *path;
    char sep;
    unsigned depth;
    size_t ends[ECS_DEPTH_MAX];
};

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

/* Values. */

/* Nearly all keys are plain, and there are twenty in a line. */
static void put_key(struct json_out *j, str key, const char *suffix)
{
    struct buf *b = j->buf;
    size_t i = 0;

    buf_reserve(b, key.len + 4);
    char *at = b->p + b->len, *start = at;
    if (j->comma)
        *at++ = ',';
    *at++ = '"';
    for (; i < key.len; i++) {
        unsigned char c = (unsigned char)key.p[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            break;
        *at++ = (char)c;
    }
    b->len += (size_t)(at - start);
    if (i < key.len)
        json_escape(str_skip(key, i), b);
    while (*suffix)
        buf_char(b, *suffix++);
    buf_add(b, "\":", 2);
    j->keyed = true;
}

/* Around a value that is written as bytes, inside an object or array. */
static struct buf *raw_begin(struct json_out *j)
{
    if (j->comma && !j->keyed)
        buf_char(j->buf, ',');
    j->keyed = false;
    j->comma = true;
    return j->buf;
}

static bool utf16_whole(const unsigned char *p, size_t len)
{
    if (len & 1)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        if ((p[i + 1] & 0xf8) != 0xd8)
            continue;
        if (p[i + 1] & 4 || i + 3 >= len || (p[i + 3] & 0xfc) != 0xdc)
            return false;
        i += 2;
    }
    return true;
}

static enum exact value_exact(const struct field *f)
{
    if (f->type == VALUE_TEXT)
        return utf8_valid((str){f->data, f->len}) ? EXACT_NONE : EXACT_BYTES;
    if (f->type == VALUE_UTF16)
        return utf16_whole(f->data, f->len) ? EXACT_NONE : EXACT_UTF16;
    return EXACT_NONE;
}

/* Integers as numbers: for fields whose type ECS or we decide, not Windows. */
static bool put_number(struct json_out *j, const struct field *f)
{
    static const uint8_t sizes[] = {[VALUE_I8] = 1, [VALUE_U8] = 1, [VALUE_I16] = 2,
                                    [VALUE_U16] = 2, [VALUE_I32] = 4, [VALUE_U32] = 4,
                                    [VALUE_I64] = 8, [VALUE_U64] = 8};
    uint64_t v = 0;

    if (f->type == VALUE_BOOL && value_u64(field_value(f), &v)) {
        json_bool(j, v != 0);
        return true;
    }
    if (f->type < VALUE_I8 || f->type > VALUE_U64 || f->len != sizes[f->type])
        return false;
    memcpy(&v, f->data, f->len);
    if (f->type & 1) { /* signed types are the odd ones: extend the sign */
        unsigned unused = 64 - 8 * f->len;
        json_i64(j, (int64_t)(v << unused) >> unused);
    } else {
        json_u64(j, v);
    }
    return true;
}

static void put_value(struct json_out *j, const struct field *f)
{
    bool typed = f->group == FIELD_ECS || f->group == FIELD_OWN;

    if (!typed || !put_number(j, f))
        json_value(j, field_value(f));
}

static void put_exact(struct json_out *j, const struct field *f)
{
    struct buf *b = raw_begin(j);

    buf_char(b, '"');
    base64_add(b, f->data, f->len);
    buf_char(b, '"');
}

static void put_exact_group(struct json_out *j, str key, const struct field *const *group,
                            size_t count, bool array, enum exact kind)
{
    put_key(j, key, exact_suffix[kind]);
    if (array)
        json_array(j);
    for (size_t i = 0; i < count; i++)
        if (value_exact(group[i]) == kind)
            put_exact(j, group[i]);
        else
            json_null(j);
    if (array)
        json_array_end(j);
}

/* The fields of one name: a value, or an array of them. */
static void put_group(struct json_out *j, str key, const struct field *const *group, size_t count,
                      bool array)
{
    bool found[3] = {false, false, false};

    put_key(j, key, "");
    if (array)
        json_array(j);
    for (size_t i = 0; i < count; i++) {
        put_value(j, group[i]);
        found[value_exact(group[i])] = true;
    }
    if (array)
        json_array_end(j);
    if (found[EXACT_BYTES])
        put_exact_group(j, key, group, count, array, EXACT_BYTES);
    if (found[EXACT_UTF16])
        put_exact_group(j, key, group, count, array, EXACT_UTF16);
}

static void put_hex(struct json_out *j, uint64_t v)
{
    struct buf *b = raw_begin(j);

    buf_str(b, STR("\"0x"));
    buf_hex(b, v);
    buf_char(b, '"');
}

static void put_addr(struct json_out *j, const struct addr *a)
{
    struct buf *b = raw_begin(j);

    buf_char(b, '"');
    addr_text(a, b);
    buf_char(b, '"');
}

static void put_uid(struct json_out *j, struct uid uid)
{
    const uint64_t halves[2] = {uid.hi, uid.lo};
    char hex[34] = {'"', [33] = '"'};

    for (unsigned i = 0; i < 32; i++)
        hex[i + 1] = "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 15];
    buf_add(raw_begin(j), hex, sizeof hex);
}

/* The walk through nested objects. */

static void tree_close(struct tree *t, struct json_out *j, unsigned depth)
{
    for (; t->depth > depth; t->depth--)
        json_object_end(j);
}

/* Leaves and enters objects until the parent of `path` is open; returns its last part. */
static str tree_enter(struct tree *t, struct json_out *j, str path)
{
    unsigned depth = 0;
    size_t at = 0;

    for (; depth < t->depth; depth++) {
        size_t end = t->ends[depth];
        if (path.len <= end || path.p[end] != t->sep || memcmp(path.p + at, t->path + at, end - at))
            break;
        at = end + 1;
    }
    tree_close(t, j, depth);
    for (;;) {
        str part = {path.p + at, path.len - at};
        size_t n = str_find_char(part, t->sep);
        if (n == part.len || t->depth == ECS_DEPTH_MAX) {
            t->path = path.p;
            return part;
        }
        put_key(j, str_head(part, n), "");
        json_object(j);
        at += n + 1;
        t->ends[t->depth++] = at - 1;
    }
}

/* Members of struct event. Each writes nothing when there is nothing to say. */

struct spot { /* a member about to be written */
    struct line *l;
    struct tree *t;
    const struct ecs_path *path;
};

static struct json_out *enter(const struct spot *s)
{
    put_key(s->l->j, tree_enter(s->t, s->l->j, (str){s->path->path, s->path->len}), "");
    s->l->value_at = s->l->j->buf->len;
    return s->l->j;
}

static void member_str(const struct spot *s, str text)
{
    if (text.len)
        json_str(enter(s), text);
}

static void member_name(const struct spot *s, uint64_t id)
{
    if (id)
        member_str(s, names_text(s->l->names, id));
}

static void member_u64(const struct spot *s, uint64_t v, bool present)
{
    if (present)
        json_u64(enter(s), v);
}

static void member_hex(const struct spot *s, uint64_t v)
{
    if (v)
        put_hex(enter(s), v);
}

static void member_addr(const struct spot *s, const struct addr *a)
{
    if (!addr_is_none(a))
        put_addr(enter(s), a);
}

static void member_code(const struct spot *s, uint32_t code)
{
    if (code == 0)
        return;
    struct buf *b = raw_begin(enter(s));
    buf_char(b, '"');
    buf_u64(b, code);
    buf_char(b, '"');
}

static str source_path(const struct ecs_context *ctx, uint32_t source)
{
    return source < ctx->source_count ? ctx->sources[source].path : STR("");
}

static void member_path(const struct spot *s, str path)
{
    if (path.len == 0)
        return;
    json_str(enter(s), path);
    if (!utf8_valid(path)) {
        put_key(s->l->j, STR("path"), exact_suffix[EXACT_BYTES]);
        put_exact(s->l->j, &(struct field){.data = path.p, .len = (uint32_t)path.len});
    }
}

/* <Data> elements: those without a name form the array "Data"; a field that is called so steps
 * aside when there is an array. `next` links equal names: next[i] - 1 is the following one. */
static void link_names(const struct field *const *f, size_t n, uint32_t *next, bool *follows)
{
    uint32_t small[SMALL * 4] = {0};
    size_t cap = SMALL * 4;
    uint32_t *slots = small; /* index + 1 of the last field of a name */

    if (n > SMALL * 2) {
        while (cap < n * 2)
            cap *= 2;
        slots = mem_alloc(cap * sizeof *slots);
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = XXH3_64bits(f[i]->name, f[i]->name_len) & (cap - 1);
        str name = {f[i]->name, f[i]->name_len};
        while (slots[at] && !str_eq(name, (str){f[slots[at] - 1]->name, f[slots[at] - 1]->name_len}))
            at = (at + 1) & (cap - 1);
        if (slots[at]) {
            next[slots[at] - 1] = (uint32_t)i + 1;
            follows[i] = true;
        }
        slots[at] = (uint32_t)i + 1;
    }
    if (slots != small)
        mem_free(slots);
}

static void unfit(struct line *l, const struct field *const *group, size_t count)
{
    for (size_t i = 0; i < count; i++)
        l->unfit[l->unfit_count++] = group[i];
}

static void put_event_data(struct line *l, uint32_t *next, bool *follows)
{
    const struct field *const *f = l->fields[FIELD_EVENT_DATA];
    size_t n = l->count[FIELD_EVENT_DATA];
    bool unnamed = false;

    link_names(f, n, next, follows);
    for (size_t i = 0; i < n && !unnamed; i++)
        unnamed = f[i]->name_len == 0;
    for (size_t i = 0; i < n; i++) {
        str name = {f[i]->name, f[i]->name_len};
        size_t count = 0;
        if (follows[i])
            continue;
        for (size_t k = i + 1; k; k = next[k - 1])
            l->same[count++] = f[k - 1];
        if (name.len == 0)
            put_group(l->j, STR("Data"), l->same, count, true);
        else if (str_eq(name, STR("Data")) && (unnamed || count > 1))
            unfit(l, l->same, count);
        else
            put_group(l->j, name, l->same, count, count > 1);
    }
}

static void member_event_data(const struct spot *s)
{
    uint32_t next[SMALL] = {0};
    bool follows[SMALL] = {false};
    size_t n = s->l->count[FIELD_EVENT_DATA];

    if (n == 0)
        return;
    json_object(enter(s));
    if (n <= SMALL) {
        put_event_data(s->l, next, follows);
    } else {
        uint32_t *many = mem_alloc(n * (sizeof *next + sizeof *follows));
        put_event_data(s->l, many, (bool *)(many + n));
        mem_free(many);
    }
    json_object_end(s->l->j);
}

static void put_tree(struct line *l, struct tree *t, enum field_group group,
                     const struct ecs_path *table, size_t table_count);

static void member_user_data(const struct spot *s)
{
    struct tree t = {.sep = '/'};

    if (s->l->count[FIELD_USER_DATA] == 0)
        return;
    json_object(enter(s));
    put_tree(s->l, &t, FIELD_USER_DATA, NULL, 0);
    json_object_end(s->l->j);
}

static void member_party(const struct spot *s, const struct party *p, unsigned part)
{
    const uint64_t parts[3] = {p->domain, p->sid, p->user};

    member_name(s, parts[part]);
}

static const struct place *places_of(const struct line *l, size_t *count)
{
    *count = l->ctx->places ? l->ctx->place_count : l->e->place_count;
    return l->ctx->places ? l->ctx->places : l->e->places;
}

static void put_place(struct line *l, uint32_t source, uint64_t offset)
{
    struct json_out *j = l->j;
    str path = source_path(l->ctx, source);

    json_object(j);
    if (path.len)
        json_pair(j, STR("path"), path);
    if (path.len && !utf8_valid(path)) {
        put_key(j, STR("path"), exact_suffix[EXACT_BYTES]);
        put_exact(j, &(struct field){.data = path.p, .len = (uint32_t)path.len});
    }
    json_pair_u64(j, STR("offset"), offset);
    json_object_end(j);
}

/* All places, when there is more than the one in `log`. */
static void member_places(const struct spot *s)
{
    struct line *l = s->l;
    size_t count;
    const struct place *p = places_of(l, &count);

    if (count < (l->ctx->places ? 2 : 1))
        return;
    json_array(enter(s));
    if (!l->ctx->places)
        put_place(l, l->e->source, l->e->offset);
    for (size_t i = 0; i < count; i++)
        put_place(l, p[i].source, p[i].offset);
    json_array_end(l->j);
}

static void member_flags(const struct spot *s)
{
    if ((s->l->e->flags & ~(UINT32_C(0xff) << 24)) == 0)
        return;
    json_array(enter(s));
    for (unsigned bit = 0; bit < 24; bit++)
        if (s->l->e->flags & 1u << bit && flag_text(1u << bit))
            json_str(s->l->j, str_of(flag_text(1u << bit)));
    json_array_end(s->l->j);
}

static void put_mark(struct json_out *j, const struct result *r, const struct mark *m)
{
    if (m->type == MARK_SESSION && m->index < r->session_count)
        json_str(j, r->sessions[m->index].id);
    if (m->type == MARK_FINDING && m->index < r->finding_count)
        json_str(j, r->findings[m->index].id);
    if (m->type != MARK_EDGE || m->index >= r->edge_count)
        return;
    json_object(j);
    json_pair(j, STR("edge"), r->edges[m->index].id);
    json_pair(j, STR("side"), str_of(sides[m->side & 3]));
    json_pair_opt(j, STR("technique"), str_of(r->edges[m->index].technique));
    json_object_end(j);
}

static void member_marks(const struct spot *s, enum mark_type type)
{
    const struct ecs_context *ctx = s->l->ctx;
    bool open = false;

    for (size_t i = 0; ctx->result && i < ctx->mark_count; i++) {
        if (ctx->marks[i].type != type)
            continue;
        if (!open)
            json_array(enter(s));
        open = true;
        put_mark(s->l->j, ctx->result, &ctx->marks[i]);
    }
    if (open)
        json_array_end(s->l->j);
}

static void member_root(const struct spot *s)
{
    const struct line *l = s->l;
    const struct event *e = l->e;
    const struct ecs_context *ctx = l->ctx;

    switch (s->path->id) {
    case ECS_DST_ADDRESS: member_name(s, e->dst.host); break;
    case ECS_DST_BYTES: member_u64(s, e->bytes_in, e->bytes_in != 0); break;
    case ECS_DST_IP: member_addr(s, &e->dst.addr); break;
    case ECS_DST_PORT: member_u64(s, e->dst_port, e->dst_port != 0); break;
    case ECS_ACTION: member_str(s, str_of(kind_text(e->kind))); break;
    case ECS_CATEGORY: member_str(s, str_of(kind_category(e->kind))); break;
    case ECS_CODE: member_code(s, e->code); break;
    case ECS_DATASET:
        member_str(s, e->source < ctx->source_count ? ctx->sources[e->source].parser : STR(""));
        break;
    case ECS_EVENT_KIND:
        member_str(s, e->kind == KIND_DETECTION ? STR("alert") : STR("event"));
        break;
    case ECS_OUTCOME:
        if (e->outcome != OUTCOME_UNKNOWN)
            member_str(s, str_of(outcome_text(e->outcome)));
        break;
    case ECS_PROVIDER: member_name(s, e->provider); break;
    case ECS_SEVERITY: member_u64(s, e->severity, true); break;
    case ECS_HOSTNAME:
        if (l->has_hostname)
            json_str(enter(s), l->hostname);
        break;
    case ECS_HOST: member_str(s, l->host); break;
    case ECS_PATH:
        member_path(s, source_path(ctx, l->source));
        break;
    case ECS_OFFSET: member_u64(s, l->offset, true); break;
    case ECS_SRC_ADDRESS: member_name(s, e->src.host); break;
    case ECS_SRC_BYTES: member_u64(s, e->bytes_out, e->bytes_out != 0); break;
    case ECS_SRC_IP: member_addr(s, &e->src.addr); break;
    case ECS_SRC_PORT: member_u64(s, e->src_port, e->src_port != 0); break;
    case ECS_USER_DOMAIN:
    case ECS_USER_ID:
    case ECS_USER_NAME: member_party(s, l->user, s->path->id - ECS_USER_DOMAIN); break;
    case ECS_TARGET_DOMAIN:
    case ECS_TARGET_ID:
    case ECS_TARGET_NAME:
        if (!l->user_is_target)
            member_party(s, l->other, s->path->id - ECS_TARGET_DOMAIN);
        break;
    case ECS_WINLOG_CHANNEL: member_name(s, l->windows ? e->channel : 0); break;
    case ECS_COMPUTER:
        if (l->windows && !(e->flags & EVENT_HOST_FROM_SYSTEM))
            member_name(s, e->host);
        break;
    case ECS_EVENT_DATA: member_event_data(s); break;
    case ECS_WINLOG_LOGON: member_hex(s, l->windows ? l->user->logon : 0); break;
    case ECS_RECORD_ID: member_u64(s, e->sequence, l->windows); break;
    case ECS_USER_DATA: member_user_data(s); break;
    default: break;
    }
}

/* What the reader takes for the sequence when the line does not say it. */
static uint64_t told_sequence(const struct line *l)
{
    struct buf *b = l->j->buf;
    size_t start = b->len;
    uint64_t v;

    if (!l->record)
        return l->windows ? l->e->sequence : l->offset;
    value_text(field_value(l->record), b);
    bool is_number = str_to_u64((str){b->p + start, b->len - start}, &v);
    b->len = start;
    return is_number ? v : l->offset;
}

static void member_own(const struct spot *s)
{
    const struct line *l = s->l;
    const struct event *e = l->e;
    bool moved = l->user == &e->actor && ecs_user_is_target(e->kind); /* see ecs.h: user */

    switch (s->path->id) {
    case ECS_OWN_ACTOR_DOMAIN:
    case ECS_OWN_ACTOR_ID:
    case ECS_OWN_ACTOR_NAME:
        if (l->user_is_target)
            member_party(s, l->other, s->path->id - ECS_OWN_ACTOR_DOMAIN);
        break;
    case ECS_OWN_CHANNEL: member_name(s, l->windows ? 0 : e->channel); break;
    case ECS_OWN_FINDINGS: member_marks(s, MARK_FINDING); break;
    case ECS_OWN_FLAGS: member_flags(s); break;
    case ECS_OWN_KIND: member_str(s, str_of(kind_text(e->kind))); break;
    case ECS_OWN_LATERAL: member_marks(s, MARK_EDGE); break;
    case ECS_OWN_LOGON: member_hex(s, l->user->logon); break;
    case ECS_OWN_OTHER_LOGON: member_hex(s, l->other->logon); break;
    case ECS_OWN_PART: member_u64(s, e->part, e->part != 0); break;
    case ECS_OWN_PLACES: member_places(s); break;
    case ECS_OWN_PROGRAM: member_name(s, e->program); break;
    case ECS_OWN_SEQUENCE: member_u64(s, e->sequence, e->sequence != told_sequence(l)); break;
    case ECS_OWN_SESSIONS: member_marks(s, MARK_SESSION); break;
    case ECS_OWN_SYSTEM: member_name(s, e->system); break;
    case ECS_OWN_UID: put_uid(enter(s), e->uid); break;
    case ECS_OWN_USER: member_str(s, moved ? STR("actor") : STR("")); break;
    default: break;
    }
}

/* Fields among the members. */

static str field_name(const struct field *f)
{
    return (str){f->name, f->name_len};
}

static bool passes_through(str path, const char *through, size_t len, char sep)
{
    return path.len > len && path.p[len] == sep && memcmp(path.p, through, len) == 0;
}

/* Does a field say what the member just written says? Then it adds nothing. */
static bool says_the_same(struct line *l, const struct field *f)
{
    struct buf *b = l->j->buf;
    size_t start = l->value_at, end = b->len;

    if (start == end)
        return false;
    l->j->keyed = true;
    put_value(l->j, f);
    str member = str_unquote((str){b->p + start, end - start});
    str field = str_unquote((str){b->p + end, b->len - end});
    bool same = str_eq(member, field) && value_exact(f) == EXACT_NONE;
    b->len = end;
    return same;
}

/* Fields whose name is that of a member, or passes through it. Returns how many. */
static size_t step_aside(struct line *l, const struct ecs_path *p, char sep,
                         const struct field *const *f, size_t count)
{
    size_t i = 0;

    for (; i < count; i++) {
        str name = field_name(f[i]);
        bool equal = str_eq(name, (str){p->path, p->len});
        if (!equal && !passes_through(name, p->path, p->len, sep))
            break;
        if (!equal || !says_the_same(l, f[i]))
            unfit(l, &f[i], 1);
    }
    return i;
}

static size_t same_names(const struct field *const *f, size_t count)
{
    size_t n = 1;

    while (n < count && str_eq(field_name(f[n]), field_name(f[0])))
        n++;
    return n;
}

/* Writes the fields of the first one's name; `until` is the member that follows. Returns how
 * many. A name that is an object elsewhere (the next name passes through it) does not fit. */
static size_t put_fields(struct line *l, struct tree *t, const struct field *const *f, size_t count,
                         const struct ecs_path *until)
{
    str name = field_name(f[0]);
    size_t n = same_names(f, count);

    bool is_object = (n < count && passes_through(field_name(f[n]), name.p, name.len, t->sep)) ||
                     (until && passes_through((str){until->path, until->len}, name.p, name.len,
                                              t->sep));
    if (is_object)
        unfit(l, f, n);
    else
        put_group(l->j, tree_enter(t, l->j, name), f, n, n > 1);
    return n;
}

static int before(const struct field *f, const struct ecs_path *p, char sep)
{
    if (f->name_len && f->name[0] != p->path[0] && f->name[0] != sep)
        return (unsigned char)f->name[0] < (unsigned char)p->path[0] ? -1 : 1;
    return ecs_path_cmp(f->name, f->name_len, p->path, p->len, sep);
}

static void put_member(struct line *l, struct tree *t, const struct ecs_path *p)
{
    struct spot s = {l, t, p};

    l->value_at = l->j->buf->len;
    if (p->id >= ECS_OWN_ACTOR_DOMAIN)
        member_own(&s);
    else
        member_root(&s);
}

static void put_tree(struct line *l, struct tree *t, enum field_group group,
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
            put_group(l->j, tree_enter(t, l->j, field_name(f[0])), f, n, n > 1);
            f += n;
            left -= n;
        } else {
            put_member(l, t, p);
        }
        size_t n = step_aside(l, p, t->sep, f, left);
        f += n;
        left -= n;
    }
    tree_close(t, l->j, 0);
}

static void put_unfit(struct line *l)
{
    struct json_out *j = l->j;

    put_key(j, STR("fields"), "");
    json_array(j);
    for (size_t i = 0; i < l->unfit_count; i++) {
        const struct field *f = l->unfit[i];
        json_object(j);
        json_pair(j, STR("group"), str_of(group_names[f->group & 3]));
        json_pair(j, STR("name"), field_name(f));
        if (!utf8_valid(field_name(f))) {
            put_key(j, STR("name"), exact_suffix[EXACT_BYTES]);
            put_exact(j, &(struct field){.data = f->name, .len = f->name_len});
        }
        put_group(j, STR("value"), &f, 1, false);
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
    str name = field_name(f);
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
    if (n > SMALL) {
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
static void see_winlog(struct line *l, const struct field *f, bool fitting)
{
    str name = field_name(f);

    l->windows = l->windows || !str_eq(name, STR("winlog.channel"));
    if (fitting && !l->computer && str_eq(name, STR("winlog.computer_name")))
        l->computer = f;
    if (fitting && !l->record && str_eq(name, STR("winlog.record_id")))
        l->record = f;
}

static void group_fields(struct line *l, const struct field **room)
{
    const struct event *e = l->e;
    size_t n = e->field_count, sizes[GROUPS] = {0};

    l->same = room + n;
    l->unfit = room + 2 * n;
    for (size_t i = 0; i < n; i++)
        sizes[e->fields[i].group & 3]++;
    for (unsigned g = 0; g < GROUPS; room += sizes[g], g++)
        l->fields[g] = room;
    l->windows = sizes[FIELD_EVENT_DATA] || sizes[FIELD_USER_DATA];
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &e->fields[i];
        unsigned g = f->group & 3;
        bool fitting = fits(f);
        if (g == FIELD_ECS && str_starts(field_name(f), STR("winlog.")))
            see_winlog(l, f, fitting);
        if (fitting)
            l->fields[g][l->count[g]++] = f;
        else
            unfit(l, &f, 1);
    }
    sort_fields(l->fields[FIELD_ECS], l->count[FIELD_ECS]);
    sort_fields(l->fields[FIELD_USER_DATA], l->count[FIELD_USER_DATA]);
    sort_fields(l->fields[FIELD_OWN], l->count[FIELD_OWN]);
}

static bool field_says(struct line *l, const struct field *f, str text)
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
static void find_host(struct line *l)
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

static void find_users(struct line *l)
{
    const struct event *e = l->e;

    l->user_is_target = ecs_user_is_target(e->kind) && (!nobody(&e->target) || nobody(&e->actor));
    l->user = l->user_is_target ? &e->target : &e->actor;
    l->other = l->user_is_target ? &e->actor : &e->target;
}

static void put_line(struct line *l, const struct field **room)
{
    struct json_out *j = l->j;
    struct tree root = {.sep = '.'}, own = {.sep = '.'};

    group_fields(l, room);
    find_host(l);
    find_users(l);
    json_object(j);
    if (l->e->time_ns != TIME_UNKNOWN) {
        struct buf *b = raw_begin(j);
        buf_str(b, STR("\"@timestamp\":\""));
        time_text(l->e->time_ns, l->e->precision, b);
        buf_char(b, '"');
    }
    put_tree(l, &root, FIELD_ECS, ecs_root, ecs_root_count);
    put_key(j, STR("ashiato"), "");
    json_object(j);
    put_tree(l, &own, FIELD_OWN, ecs_own, ecs_own_count);
    if (l->unfit_count)
        put_unfit(l);
    json_object_end(j);
    json_object_end(j);
}

void ecs_write(struct json_out *j, const struct event *e, const struct names *names,
               const struct ecs_context *ctx)
{
    static const struct ecs_context nothing;
    struct line l = {.j = j, .e = e, .names = names, .ctx = ctx ? ctx : &nothing};
    bool placed = ctx && ctx->places && ctx->place_count;
    const struct field *room[SMALL * 3];

    l.source = placed ? ctx->places[0].source : e->source;
    l.offset = placed ? ctx->places[0].offset : e->offset;
    if (e->field_count <= SMALL) {
        put_line(&l, room);
        return;
    }
    const struct field **more = mem_alloc((size_t)e->field_count * 3 * sizeof *more);
    put_line(&l, more);
    mem_free(more);
}
