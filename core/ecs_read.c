/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of events.jsonl back to an event: the pull reader walks the line once; each path is
 * looked up among the members of struct event, and what is none of them is a field. */
#include <assert.h>

#include "core/base64.h"
#include "core/ecs.h"

enum { DEFAULTS = 3, LEVELS = ECS_DEPTH_MAX + 4 };

struct reader {
    struct json_in in;
    struct batch *b;
    struct event *e;
    const char *why;
    str user[3], other[3]; /* domain, SID, name */
    uint64_t user_logon, other_logon;
    str host, hostname, computer;
    str defaults[DEFAULTS]; /* action, category, kind: kept when they are not what follows
                               from ashiato.kind */
    bool flushed[DEFAULTS];
    bool has_hostname, has_computer, has_record, user_is_actor, has_uid, has_kind, has_sequence;
    bool is_number; /* the record id */
    uint64_t record;
    str path;
    uint64_t offset;
    struct place *places;
    size_t place_count;
    const struct case_index *cases;
    bool unknown;
    /* the fields of the last key, for the exact bytes that may follow it */
    str last_key;
    enum field_group last_group;
    size_t last_from, exact_at;
};

static bool fail(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = r->in.error ? r->in.error : why;
    return false;
}

static const struct ecs_path *find_path(const struct ecs_path *table, size_t count, str path)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = ecs_path_cmp(path.p, path.len, table[mid].path, table[mid].len, '.');
        if (order == 0)
            return &table[mid];
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* Values. */

static const unsigned char bool_bytes[2] = {0, 1};

static struct value number_value(struct reader *r, bool typed)
{
    str text = r->in.text, rest = text;
    uint64_t u;
    int64_t i;

    if (typed && str_to_u64(text, &u))
        return value_number(&r->b->arena, u);
    if (typed && str_take_i64(&rest, &i) && rest.len == 0) {
        struct value v = value_number(&r->b->arena, (uint64_t)i);
        v.type = VALUE_I64;
        return v;
    }
    return value_of(text);
}

static struct value token_value(struct reader *r, enum json_type t, bool typed)
{
    switch (t) {
    case JSON_NUMBER:
        return number_value(r, typed);
    case JSON_TRUE:
    case JSON_FALSE:
        if (!typed)
            return value_of(t == JSON_TRUE ? STR("true") : STR("false"));
        return (struct value){&bool_bytes[t == JSON_TRUE], 1, VALUE_BOOL};
    case JSON_NULL:
        return (struct value){"", 0, VALUE_NULL};
    default:
        return value_of(r->in.text);
    }
}

static void add_field(struct reader *r, enum field_group group, str key, str name, struct value v)
{
    if (group != r->last_group || !str_eq(key, r->last_key)) {
        r->last_key = arena_str(&r->b->arena, key);
        r->last_group = group;
        r->last_from = r->b->open->field_count;
    }
    /* the key was copied; the name is its end ("process.pid"), all of it, or empty */
    str kept = {r->last_key.p + (key.len - name.len), name.len};
    batch_field(r->b, group, kept, v);
}

/* A key that gives the exact bytes of the key before it: replaces the repaired values. */
static bool is_exact(const struct reader *r, enum field_group group, str key, bool *utf16)
{
    str stem = key;

    if (group != r->last_group || !str_ends(key, STR("_base64")) || r->last_key.len == 0)
        return false;
    stem.len -= STR("_base64").len;
    *utf16 = !str_eq(stem, r->last_key);
    if (!*utf16)
        return true;
    return str_ends(stem, STR("_utf16")) &&
           str_eq(str_head(stem, stem.len - STR("_utf16").len), r->last_key);
}

static bool take_exact(struct reader *r, enum json_type t, bool utf16)
{
    size_t i = r->last_from + r->exact_at++;
    str bytes;

    if (t == JSON_NULL)
        return true;
    if (t != JSON_STRING || i >= r->b->open->field_count ||
        !base64_read(r->in.text, &r->b->arena, &bytes) || bytes.len > UINT32_MAX)
        return fail(r, "exact bytes that are no base64 or belong to nothing");
    r->b->scratch[i].data = bytes.p;
    r->b->scratch[i].len = (uint32_t)bytes.len;
    r->b->scratch[i].type = utf16 ? VALUE_UTF16 : VALUE_TEXT;
    return true;
}

/* Members: false when the token is not what the member holds; then it is kept as a field. */

static bool take_name(struct reader *r, enum json_type t, uint64_t *id)
{
    if (t != JSON_STRING)
        return false;
    *id = names_put(&r->b->names, r->in.text);
    return true;
}

static bool take_str(struct reader *r, enum json_type t, str *out)
{
    if (t != JSON_STRING)
        return false;
    *out = r->in.text;
    return true;
}

static bool take_u64(struct reader *r, enum json_type t, uint64_t max, uint64_t *out)
{
    return (t == JSON_NUMBER || t == JSON_STRING) && str_to_u64(r->in.text, out) && *out <= max;
}

static bool take_port(struct reader *r, enum json_type t, uint16_t *out)
{
    uint64_t v;

    if (!take_u64(r, t, UINT16_MAX, &v))
        return false;
    *out = (uint16_t)v;
    return true;
}

static bool take_uid(struct reader *r, enum json_type t)
{
    str hi = str_head(r->in.text, 16), lo = str_skip(r->in.text, 16);

    if (t != JSON_STRING || r->in.text.len != 32)
        return false;
    r->has_uid = str_take_hex(&hi, &r->e->uid.hi) && hi.len == 0 &&
                 str_take_hex(&lo, &r->e->uid.lo) && lo.len == 0;
    return r->has_uid;
}

static bool take_kind(struct reader *r, enum json_type t)
{
    enum kind kind;

    if (t != JSON_STRING)
        return false;
    r->has_kind = true;
    if (!kind_of(r->in.text, &kind))
        return true; /* a kind of a later version: the rest of the event still holds */
    r->e->kind = (uint16_t)kind;
    return true;
}

static bool take_outcome(struct reader *r, enum json_type t)
{
    enum outcome outcome;

    if (t != JSON_STRING || !outcome_of(r->in.text, &outcome))
        return false;
    r->e->outcome = (uint8_t)outcome;
    return true;
}

static bool take_severity(struct reader *r, enum json_type t)
{
    uint64_t v;

    if (!take_u64(r, t, SEVERITY_CRITICAL, &v))
        return false;
    r->e->severity = (uint8_t)v;
    return true;
}

static bool take_code(struct reader *r, enum json_type t)
{
    uint64_t v;

    if (!take_u64(r, t, UINT32_MAX, &v))
        return false;
    r->e->code = (uint32_t)v;
    return true;
}

/* Texts that follow from the kind, unless the record had its own. */
static bool take_default(struct reader *r, enum json_type t, unsigned i, str path)
{
    if (t != JSON_STRING)
        return false;
    if (!r->defaults[i].p) {
        r->defaults[i] = r->in.text;
        return true;
    }
    if (!r->flushed[i])
        add_field(r, FIELD_ECS, path, path, value_of(r->defaults[i]));
    r->flushed[i] = true;
    return false;
}

static bool take_sequence(struct reader *r, enum json_type t)
{
    r->has_sequence = take_u64(r, t, UINT64_MAX, &r->e->sequence);
    return r->has_sequence;
}

static bool take_record(struct reader *r, enum json_type t)
{
    if (!r->has_record)
        r->is_number = take_u64(r, t, UINT64_MAX, &r->record);
    r->has_record = true;
    return false; /* it is a field too */
}

static bool take_computer(struct reader *r, enum json_type t)
{
    if (t == JSON_STRING && !r->has_computer) {
        r->computer = r->in.text;
        r->has_computer = true;
    }
    return false; /* it is a field too */
}

static bool take_member(struct reader *r, const struct ecs_path *p, enum json_type t)
{
    struct event *e = r->e;
    str path = {p->path, p->len};

    switch (p->id) {
    case ECS_DST_ADDRESS: return take_name(r, t, &e->dst.host);
    case ECS_DST_BYTES: return take_u64(r, t, UINT64_MAX, &e->bytes_in);
    case ECS_DST_IP: return t == JSON_STRING && addr_parse(r->in.text, &e->dst.addr);
    case ECS_DST_PORT: return take_port(r, t, &e->dst_port);
    case ECS_ACTION: return take_default(r, t, 0, path);
    case ECS_CATEGORY: return take_default(r, t, 1, path);
    case ECS_EVENT_KIND: return take_default(r, t, 2, path);
    case ECS_CODE: return take_code(r, t);
    case ECS_OUTCOME: return take_outcome(r, t);
    case ECS_PROVIDER: return take_name(r, t, &e->provider);
    case ECS_SEVERITY: return take_severity(r, t);
    case ECS_HOSTNAME:
        r->has_hostname = take_str(r, t, &r->hostname);
        return r->has_hostname;
    case ECS_HOST_IP: return true; /* follows from who is who */
    case ECS_HOST: return take_str(r, t, &r->host);
    case ECS_PATH: return take_str(r, t, &r->path);
    case ECS_OFFSET: return take_u64(r, t, UINT64_MAX, &r->offset);
    case ECS_SRC_ADDRESS: return take_name(r, t, &e->src.host);
    case ECS_SRC_BYTES: return take_u64(r, t, UINT64_MAX, &e->bytes_out);
    case ECS_SRC_IP: return t == JSON_STRING && addr_parse(r->in.text, &e->src.addr);
    case ECS_SRC_PORT: return take_port(r, t, &e->src_port);
    case ECS_USER_DOMAIN:
    case ECS_USER_ID:
    case ECS_USER_NAME: return take_str(r, t, &r->user[p->id - ECS_USER_DOMAIN]);
    case ECS_TARGET_DOMAIN:
    case ECS_TARGET_ID:
    case ECS_TARGET_NAME: return take_str(r, t, &r->other[p->id - ECS_TARGET_DOMAIN]);
    case ECS_OWN_ACTOR_DOMAIN:
    case ECS_OWN_ACTOR_ID:
    case ECS_OWN_ACTOR_NAME: return take_str(r, t, &r->other[p->id - ECS_OWN_ACTOR_DOMAIN]);
    case ECS_WINLOG_CHANNEL:
    case ECS_OWN_CHANNEL: return take_name(r, t, &e->channel);
    case ECS_COMPUTER: return take_computer(r, t);
    case ECS_OWN_LOGON: return take_u64(r, t, UINT64_MAX, &r->user_logon);
    case ECS_OWN_OTHER_LOGON: return take_u64(r, t, UINT64_MAX, &r->other_logon);
    case ECS_RECORD_ID: return take_record(r, t);
    case ECS_OWN_SEQUENCE: return take_sequence(r, t);
    case ECS_OWN_KIND: return take_kind(r, t);
    case ECS_OWN_PART: return take_port(r, t, &e->part);
    case ECS_OWN_PROGRAM: return take_name(r, t, &e->program);
    case ECS_OWN_SYSTEM: return take_name(r, t, &e->system);
    case ECS_OWN_UID: return take_uid(r, t);
    case ECS_OWN_FLAGS:
        e->flags |= t == JSON_STRING ? flag_of(r->in.text) : 0;
        return true;
    case ECS_OWN_USER:
        r->user_is_actor = t == JSON_STRING && str_eq(r->in.text, STR("actor"));
        return true;
    default: return false;
    }
}

static bool take_time(struct reader *r, enum json_type t)
{
    str text = r->in.text;
    enum precision precision = PRECISION_S;
    bool zoned = false;

    if (t != JSON_STRING || !str_take_rfc3339(&text, &r->e->time_ns, &precision, &zoned) ||
        text.len || !zoned)
        return fail(r, "a @timestamp that is no time");
    r->e->precision = (uint8_t)precision;
    return true;
}

static bool take_path_bytes(struct reader *r, enum json_type t)
{
    return (t == JSON_STRING && base64_read(r->in.text, &r->b->arena, &r->path)) ||
           fail(r, "a path that is no base64");
}

static bool take_root(struct reader *r, enum json_type t, str path)
{
    const struct ecs_path *p;
    str own = STR("ashiato."), name = path;
    enum field_group group = FIELD_ECS;

    if (str_eq(path, STR("@timestamp")))
        return take_time(r, t);
    if (str_eq(path, STR("log.file.path_base64")))
        return take_path_bytes(r, t);
    if (str_starts(path, own)) {
        name = str_skip(path, own.len);
        group = FIELD_OWN;
        p = find_path(ecs_own, ecs_own_count, name);
    } else {
        p = find_path(ecs_root, ecs_root_count, path);
    }
    if (p && take_member(r, p, t)) {
        r->last_key = STR("");
        return true;
    }
    add_field(r, group, path, name, token_value(r, t, true));
    return true;
}

/* One scalar of a key, in whichever group. */
static bool take_scalar(struct reader *r, enum json_type t, enum field_group group, str path)
{
    bool own = group == FIELD_ECS && str_starts(path, STR("ashiato."));
    bool utf16;

    if (is_exact(r, own ? FIELD_OWN : group, path, &utf16))
        return take_exact(r, t, utf16);
    if (group == FIELD_ECS)
        return take_root(r, t, path);
    add_field(r, group, path, path, token_value(r, t, false));
    return true;
}

/* Objects. */

static bool is_scalar(enum json_type t)
{
    return t == JSON_STRING || t == JSON_NUMBER || t == JSON_TRUE || t == JSON_FALSE ||
           t == JSON_NULL;
}

static bool read_event_data(struct reader *r)
{
    enum json_type t;
    str key = STR("");
    bool array = false;

    if (json_next(&r->in) != JSON_OBJECT)
        return fail(r, "event_data that is no object");
    while ((t = json_next(&r->in)) != JSON_OBJECT_END) {
        if (t == JSON_KEY) {
            key = r->in.text;
            r->exact_at = 0;
        } else if (t == JSON_ARRAY && !array) {
            array = true;
        } else if (t == JSON_ARRAY_END) {
            array = false;
        } else if (!is_scalar(t)) {
            return fail(r, "event_data that nests");
        } else if (array && str_eq(key, STR("Data"))) {
            add_field(r, FIELD_EVENT_DATA, key, STR(""), token_value(r, t, false));
        } else if (!take_scalar(r, t, FIELD_EVENT_DATA, key)) {
            return false;
        }
    }
    return true;
}

static bool add_place(struct reader *r, str path, uint64_t offset)
{
    struct place p = {.offset = offset};

    if (!r->cases || !case_source(r->cases, path, &p.source)) {
        r->unknown = true;
        return true;
    }
    if (r->place_count == UINT16_MAX)
        return fail(r, "more places than an event may have");
    if ((r->place_count & (r->place_count - 1)) == 0) { /* powers of two: grow */
        struct place *more = arena_alloc(&r->b->arena, (r->place_count * 2 + 1) * sizeof *more);
        if (r->place_count)
            memcpy(more, r->places, r->place_count * sizeof *more);
        r->places = more;
    }
    r->places[r->place_count++] = p;
    return true;
}

static bool read_place(struct reader *r)
{
    enum json_type t;
    str key = STR(""), path = STR("");
    uint64_t offset = 0;

    while ((t = json_next(&r->in)) != JSON_OBJECT_END) {
        if (t == JSON_KEY)
            key = r->in.text;
        else if (t == JSON_STRING && str_eq(key, STR("path")))
            path = r->in.text;
        else if (t == JSON_STRING && str_eq(key, STR("path_base64")) &&
                 base64_read(r->in.text, &r->b->arena, &path))
            continue;
        else if (t != JSON_NUMBER || !str_eq(key, STR("offset")) ||
                 !str_to_u64(r->in.text, &offset))
            return fail(r, "a place that is not ours");
    }
    return add_place(r, path, offset);
}

static bool read_places(struct reader *r)
{
    enum json_type t;

    if (json_next(&r->in) != JSON_ARRAY)
        return fail(r, "places that are no array");
    while ((t = json_next(&r->in)) == JSON_OBJECT)
        if (!read_place(r))
            return false;
    return t == JSON_ARRAY_END || fail(r, "a place that is no object");
}

/* An item of ashiato.fields. */
static bool read_unfit(struct reader *r)
{
    static const str groups[] = {{"ecs", 3}, {"event_data", 10}, {"user_data", 9}, {"own", 3}};
    str key = STR(""), name = STR("");
    enum field_group group = FIELD_ECS;
    struct value v = {"", 0, VALUE_NULL};
    enum json_type t;
    str bytes;

    while ((t = json_next(&r->in)) != JSON_OBJECT_END) {
        bool text = t == JSON_STRING;
        if (t == JSON_KEY) {
            key = r->in.text;
        } else if (text && str_eq(key, STR("group"))) {
            for (unsigned i = 0; i < array_len(groups); i++)
                if (str_eq(groups[i], r->in.text))
                    group = (enum field_group)i;
        } else if (text && str_eq(key, STR("name"))) {
            name = r->in.text;
        } else if (text && str_eq(key, STR("name_base64"))) {
            if (!base64_read(r->in.text, &r->b->arena, &name))
                return fail(r, "a name that is no base64");
        } else if (text && str_ends(key, STR("_base64"))) {
            if (!base64_read(r->in.text, &r->b->arena, &bytes))
                return fail(r, "a value that is no base64");
            bool utf16 = str_eq(key, STR("value_utf16_base64"));
            v = (struct value){bytes.p, (uint32_t)bytes.len, utf16 ? VALUE_UTF16 : VALUE_TEXT};
        } else if (is_scalar(t) && str_eq(key, STR("value"))) {
            v = token_value(r, t, group == FIELD_ECS || group == FIELD_OWN);
        } else {
            return fail(r, "a field that is not ours");
        }
    }
    r->last_key = STR("");
    batch_field(r->b, group, arena_str(&r->b->arena, name), v);
    return true;
}

static bool read_unfits(struct reader *r)
{
    enum json_type t;

    if (json_next(&r->in) != JSON_ARRAY)
        return fail(r, "fields that are no array");
    while ((t = json_next(&r->in)) == JSON_OBJECT)
        if (!read_unfit(r))
            return false;
    return t == JSON_ARRAY_END || fail(r, "a field that is no object");
}

static bool read_tree(struct reader *r, enum field_group group, char sep);

static bool read_user_data(struct reader *r)
{
    if (json_next(&r->in) != JSON_OBJECT)
        return fail(r, "user_data that is no object");
    return read_tree(r, FIELD_USER_DATA, '/');
}

/* Keys whose values have a form of their own. *done tells whether this was one. */
static bool read_special(struct reader *r, str path, bool *done)
{
    static const struct {
        str path;
        bool (*read)(struct reader *r);
    } specials[] = {
        {{"winlog.event_data", 17}, read_event_data},
        {{"winlog.user_data", 16}, read_user_data},
        {{"ashiato.places", 14}, read_places},
        {{"ashiato.fields", 14}, read_unfits},
        {{"ashiato.sessions", 16}, NULL}, /* the correlator makes these anew */
        {{"ashiato.findings", 16}, NULL},
        {{"ashiato.lateral", 15}, NULL},
    };

    *done = false;
    if (path.len < 14 || (path.p[0] != 'w' && path.p[0] != 'a'))
        return true;
    for (size_t i = 0; i < array_len(specials) && !*done; i++) {
        if (!str_eq(path, specials[i].path))
            continue;
        *done = true;
        return specials[i].read ? specials[i].read(r) : json_skip(&r->in) || fail(r, "not JSON");
    }
    return true;
}

/* Walks an object whose '{' has been read. */
static bool read_tree(struct reader *r, enum field_group group, char sep)
{
    char path[ECS_PATH_MAX + 64];
    size_t base[LEVELS] = {0}, len = 0;
    unsigned depth = 0;
    bool array = false, done;

    for (;;) {
        enum json_type t = json_next(&r->in);
        if (t == JSON_KEY) {
            len = base[depth];
            if (r->in.text.len + len + 1 > sizeof path)
                return fail(r, "a name that is too long");
            if (depth)
                path[len++] = sep;
            memcpy(path + len, r->in.text.p, r->in.text.len);
            len += r->in.text.len;
            r->exact_at = 0;
            if (group == FIELD_ECS && !read_special(r, (str){path, len}, &done))
                return false;
        } else if (t == JSON_OBJECT && !array) {
            if (++depth == LEVELS)
                return fail(r, "nested too deeply");
            base[depth] = len;
        } else if (t == JSON_OBJECT_END) {
            if (depth-- == 0)
                return true;
        } else if (t == JSON_ARRAY && !array) {
            array = true;
        } else if (t == JSON_ARRAY_END) {
            array = false;
        } else if (!is_scalar(t)) {
            return fail(r, "an array that is not ours");
        } else if (!take_scalar(r, t, group, (str){path, len})) {
            return false;
        }
    }
}

/* The end: what needs more than one member to be known. */

static struct party party_of(struct reader *r, const str parts[3], uint64_t logon)
{
    return (struct party){.domain = names_put(&r->b->names, parts[0]),
                          .sid = names_put(&r->b->names, parts[1]),
                          .user = names_put(&r->b->names, parts[2]),
                          .logon = logon};
}

static void settle_defaults(struct reader *r)
{
    static const str paths[DEFAULTS] = {{"event.action", 12}, {"event.category", 14},
                                        {"event.kind", 10}};
    const str usual[DEFAULTS] = {
        str_of(kind_text(r->e->kind)), str_of(kind_category(r->e->kind)),
        r->e->kind == KIND_DETECTION ? STR("alert") : STR("event")};

    for (unsigned i = 0; i < DEFAULTS; i++)
        if (r->defaults[i].p && !r->flushed[i] && !str_eq(r->defaults[i], usual[i]))
            add_field(r, FIELD_ECS, paths[i], paths[i], value_of(r->defaults[i]));
}

static void settle_places(struct reader *r, uint64_t line_offset)
{
    struct event *e = r->e;

    if (r->place_count == 0 && !r->unknown)
        add_place(r, r->path, r->offset);
    if (r->place_count == 0) { /* not of this case: the line is all we have */
        e->offset = line_offset;
        batch_field(r->b, FIELD_OWN, STR("origin.path"),
                    value_of(arena_str(&r->b->arena, r->path)));
        batch_number(r->b, FIELD_OWN, STR("origin.offset"), r->offset);
        return;
    }
    e->source = r->places[0].source;
    e->offset = r->places[0].offset;
    e->places = r->places + 1;
    e->place_count = (uint16_t)(r->place_count - 1);
}

static void settle_event(struct reader *r, uint64_t line_offset)
{
    struct event *e = r->e;
    bool to_target = ecs_user_is_target(e->kind) && !r->user_is_actor;
    struct party user = party_of(r, r->user, r->user_logon);
    struct party other = party_of(r, r->other, r->other_logon);

    e->target = to_target ? user : other;
    e->actor = to_target ? other : user;
    e->host = names_put(&r->b->names, r->has_hostname   ? r->hostname
                                      : r->has_computer ? r->computer
                                                        : r->host);
    settle_defaults(r);
    settle_places(r, line_offset);
    if (!r->has_sequence)
        e->sequence = r->is_number ? r->record : e->offset;
    e->flags |= EVENT_UID_FINAL;
}

bool ecs_read(str line, uint64_t offset, const struct hints *hints, struct batch *b, bool *unknown,
              const char **why)
{
    struct reader r = {.b = b, .cases = hints ? hints->cases : NULL};

    r.e = batch_begin(b, offset);
    r.e->part = 0;
    json_open(&r.in, line, &b->arena);
    bool good = (json_next(&r.in) == JSON_OBJECT && read_tree(&r, FIELD_ECS, '.') &&
                 str_trim(r.in.rest).len == 0) ||
                fail(&r, "not a JSON object");
    if (good && (!r.has_uid || !r.has_kind))
        good = fail(&r, "an object without ashiato.uid and ashiato.kind");
    if (!good) {
        *why = r.why;
        batch_drop(b);
        return false;
    }
    settle_event(&r, offset);
    *unknown |= r.unknown;
    batch_commit(b);
    return true;
}
