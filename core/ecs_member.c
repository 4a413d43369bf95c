/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of struct event in a line: which have something to say, and what. */
#include "core/base64.h"
#include "core/ecs_line.h"

static const char *const sides[] = {"none", "source", "destination", "dc"};

/* ---- what members depend on ---- */

/* Is the value of the field the text? */
static bool field_says(struct ecs_line *l, const struct field *f, str text)
{
    size_t start = l->out->len;

    value_text(field_value(f), l->out);
    bool same = str_eq(str_skip(buf_view(l->out), start), text);
    l->out->len = start;
    return same;
}

/* host.name is the resolved name. The name as written is winlog.computer_name, else host.name;
 * when it is neither of the two it stands in host.hostname. */
static void find_host(struct ecs_line *l)
{
    const struct event *e = l->e;
    str resolved = l->ctx->host;

    if (!resolved.len && !l->plan->computer)
        return; /* host.name is as written */
    l->hostname = names_text(l->names, e->host);
    if (l->plan->computer)
        l->has_hostname = !field_says(l, &e->fields[l->plan->computer - 1], l->hostname);
    else if (!l->plan->windows || !e->host || e->flags & EVENT_HOST_FROM_SYSTEM)
        l->has_hostname = !str_eq(resolved, l->hostname);
}

static bool nobody(const struct party *p)
{
    return !(p->user | p->domain | p->sid | p->logon);
}

static void find_users(struct ecs_line *l)
{
    const struct event *e = l->e;
    bool of_target = l->w->target_is_user[e->kind < KIND_COUNT ? e->kind : KIND_OTHER];

    l->user_is_target = of_target && (!nobody(&e->target) || nobody(&e->actor));
    l->actor_moved = of_target && !l->user_is_target;
    l->user = l->user_is_target ? &e->target : &e->actor;
    l->other = l->user_is_target ? &e->actor : &e->target;
}

void ecs_look(struct ecs_line *l)
{
    bool placed = l->ctx->places && l->ctx->place_count;

    l->source = placed ? l->ctx->places[0].source : l->e->source;
    l->offset = placed ? l->ctx->places[0].offset : l->e->offset;
    find_host(l);
    find_users(l);
}

/* What the reader takes for the sequence when the line does not say it. */
static uint64_t told_sequence(const struct ecs_line *l)
{
    struct buf *b = l->out;
    size_t start = b->len;
    uint64_t v;

    if (!l->plan->record)
        return l->plan->windows ? l->e->sequence : l->offset;
    value_text(field_value(&l->e->fields[l->plan->record - 1]), b);
    bool is_number = str_to_u64(str_skip(buf_view(b), start), &v);
    b->len = start;
    return is_number ? v : l->offset;
}

/* ---- who says something ---- */

static str source_path(const struct ecs_context *ctx, uint32_t source)
{
    return source < ctx->source_count ? ctx->sources[source].path : STR("");
}

static str source_parser(const struct ecs_context *ctx, uint32_t source)
{
    return source < ctx->source_count ? ctx->sources[source].parser : STR("");
}

static inline uint64_t says(enum ecs_id id, bool something)
{
    return (uint64_t)something << id;
}

static uint64_t party_says(enum ecs_id domain, const struct party *p) /* domain, id, name */
{
    return says(domain, p->domain) | says(domain + 1, p->sid) | says(domain + 2, p->user);
}

static const struct place *places_of(const struct ecs_line *l, size_t *count)
{
    *count = l->ctx->places ? l->ctx->place_count : l->e->place_count;
    return l->ctx->places ? l->ctx->places : l->e->places;
}

/* The next address that the host surely had at the time; they are sorted. */
static bool next_address(const struct ecs_line *l, size_t *at, const struct addr **last)
{
    const struct ecs_context *ctx = l->ctx;
    int64_t now = l->e->time_ns;

    for (; *at < ctx->address_count; ++*at) {
        const struct host_address *a = &ctx->addresses[*at];
        if (!a->strong || now < a->from_ns || now > a->to_ns || now == TIME_UNKNOWN ||
            (*last && addr_eq(*last, &a->addr)))
            continue;
        *last = &a->addr;
        return true;
    }
    return false;
}

/* What only a whole case knows. */
static uint64_t case_says(const struct ecs_line *l)
{
    const struct ecs_context *ctx = l->ctx;
    const struct addr *last = NULL;
    size_t at = 0;
    uint64_t v = says(ECS_HOST_IP, next_address(l, &at, &last));

    for (size_t i = 0; ctx->result && i < ctx->mark_count; i++)
        v |= says(ECS_OWN_SESSIONS, ctx->marks[i].type == MARK_SESSION) |
             says(ECS_OWN_FINDINGS, ctx->marks[i].type == MARK_FINDING) |
             says(ECS_OWN_LATERAL, ctx->marks[i].type == MARK_EDGE);
    return v;
}

static uint64_t windows_says(const struct event *e, const struct party *user)
{
    return says(ECS_WINLOG_CHANNEL, e->channel) | says(ECS_RECORD_ID, true) |
           says(ECS_COMPUTER, e->host && !(e->flags & EVENT_HOST_FROM_SYSTEM)) |
           says(ECS_WINLOG_LOGON, user->logon);
}

uint64_t ecs_says(const struct ecs_line *l)
{
    const struct event *e = l->e;
    const struct ecs_context *ctx = l->ctx;
    size_t places;

    places_of(l, &places);
    uint64_t v = l->w->kind_says[e->kind < KIND_COUNT ? e->kind : KIND_OTHER] |
                 says(ECS_SEVERITY, true) | says(ECS_OFFSET, true) | says(ECS_OWN_UID, true);
    v |= says(ECS_TIME, e->time_ns != TIME_UNKNOWN) | says(ECS_CODE, e->code) |
         says(ECS_OUTCOME, e->outcome != OUTCOME_UNKNOWN) | says(ECS_PROVIDER, e->provider);
    v |= says(ECS_DST_ADDRESS, e->dst.host) | says(ECS_DST_BYTES, e->bytes_in) |
         says(ECS_DST_IP, !addr_is_none(&e->dst.addr)) | says(ECS_DST_PORT, e->dst_port);
    v |= says(ECS_SRC_ADDRESS, e->src.host) | says(ECS_SRC_BYTES, e->bytes_out) |
         says(ECS_SRC_IP, !addr_is_none(&e->src.addr)) | says(ECS_SRC_PORT, e->src_port);
    v |= says(ECS_DATASET, source_parser(ctx, e->source).len) |
         says(ECS_PATH, source_path(ctx, l->source).len);
    v |= says(ECS_HOST, ctx->host.len || e->host) |
         says(ECS_HOSTNAME, l->has_hostname);
    v |= party_says(ECS_USER_DOMAIN, l->user) |
         party_says(l->user_is_target ? ECS_OWN_ACTOR_DOMAIN : ECS_TARGET_DOMAIN, l->other);
    v |= l->plan->windows ? windows_says(e, l->user) : says(ECS_OWN_CHANNEL, e->channel);
    v |= says(ECS_OWN_LOGON, l->user->logon) | says(ECS_OWN_OTHER_LOGON, l->other->logon) |
         says(ECS_OWN_USER, l->actor_moved);
    v |= says(ECS_OWN_FLAGS, e->flags & ECS_FLAGS) | says(ECS_OWN_PART, e->part) |
         says(ECS_OWN_PLACES, places >= (ctx->places ? 2 : 1)) |
         says(ECS_OWN_PROGRAM, e->program) | says(ECS_OWN_SYSTEM, e->system) |
         says(ECS_OWN_SEQUENCE, e->sequence != told_sequence(l));
    return ctx->result || ctx->address_count ? v | case_says(l) : v;
}

/* ---- texts that recur ---- */

static char *put_new(struct ecs_line *l, char *o, struct ecs_text *t, uint64_t key,
                     uint64_t turn, str text)
{
    o = ecs_room(l, o, utf_room(text.len, UTF_JSON) + 2);
    char *end = ecs_put_text(l, o, text);
    if ((size_t)(end - o) <= sizeof t->json) {
        *t = (struct ecs_text){.key = key, .turn = turn, .len = (uint32_t)(end - o),
                               .of = (uint32_t)text.len};
        memcpy(t->json, o, t->len);
    }
    return end;
}

char *ecs_put_new_name(struct ecs_line *l, char *o, uint64_t id)
{
    return put_new(l, o, &l->w->texts[id % ECS_TEXTS], id, l->w->turn, names_text(l->names, id));
}

/* A text that stays where it is: of a source, a resolved name. */
static char *put_lasting(struct ecs_line *l, char *o, str text)
{
    uint64_t key = (uintptr_t)text.p, turn = l->w->turn + 1;
    struct ecs_text *t = &l->w->texts[key / 16 % ECS_TEXTS];

    if (t->key == key && t->turn == turn && t->of == text.len)
        return ecs_put_known(o, t);
    return put_new(l, o, t, key, turn, text);
}

/* ---- values ---- */

static char *put_literal(char *o, const char *text)
{
    size_t n = str_of(text).len;

    *o++ = '"';
    memcpy(o, text, n);
    o[n] = '"';
    return o + n + 1;
}

static char *put_hex(char *o, uint64_t v)
{
    memcpy(o, "\"0x", 3);
    o = put_hex_u64(o + 3, v);
    *o++ = '"';
    return o;
}

static char *put_code(char *o, uint32_t code)
{
    *o++ = '"';
    o = put_u64(o, code);
    *o++ = '"';
    return o;
}

static char *put_time(struct ecs_line *l, char *o)
{
    *o++ = '"';
    o = time_write(o, l->e->time_ns, l->e->precision, &l->w->day);
    *o++ = '"';
    return o;
}

static char *put_uid(char *o, struct uid uid)
{
    *o++ = '"';
    o = put_hex_u128(o, uid.hi, uid.lo);
    *o++ = '"';
    return o;
}

static char *put_addr(struct ecs_line *l, char *o, const struct addr *a)
{
    struct buf *b = ecs_append(l, o);

    buf_char(b, '"');
    addr_text(a, b);
    buf_char(b, '"');
    return ecs_appended(l);
}

static void add_base64(struct json_out *j, str bytes)
{
    struct buf text = {0};

    base64_add(&text, bytes.p, bytes.len);
    json_str(j, buf_view(&text));
    buf_free(&text);
}

static char *put_path(struct ecs_line *l, char *o, str path)
{
    o = put_lasting(l, o, path);
    if (utf8_valid(path))
        return o;
    struct json_out j = {.buf = ecs_append(l, o), .comma = true};
    json_key(&j, STR("path_base64"));
    add_base64(&j, path);
    return ecs_appended(l);
}

/* ---- arrays ---- */

static void add_place(struct ecs_line *l, struct json_out *j, uint32_t source, uint64_t offset)
{
    str path = source_path(l->ctx, source);

    json_object(j);
    json_pair_opt(j, STR("path"), path);
    if (!utf8_valid(path)) {
        json_key(j, STR("path_base64"));
        add_base64(j, path);
    }
    json_pair_u64(j, STR("offset"), offset);
    json_object_end(j);
}

/* All places, when there is more than the one in `log`. */
static void add_places(struct ecs_line *l, struct json_out *j)
{
    size_t count;
    const struct place *p = places_of(l, &count);

    if (!l->ctx->places)
        add_place(l, j, l->e->source, l->e->offset);
    for (size_t i = 0; i < count; i++)
        add_place(l, j, p[i].source, p[i].offset);
}

static void add_flags(const struct ecs_line *l, struct json_out *j)
{
    for (unsigned bit = 1; bit & ECS_FLAGS; bit <<= 1)
        if (l->e->flags & bit && flag_text(bit))
            json_str(j, str_of(flag_text(bit)));
}

static void add_mark(struct json_out *j, const struct result *r, const struct mark *m)
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

static void add_marks(const struct ecs_line *l, struct json_out *j, enum mark_type type)
{
    for (size_t i = 0; i < l->ctx->mark_count; i++)
        if (l->ctx->marks[i].type == type)
            add_mark(j, l->ctx->result, &l->ctx->marks[i]);
}

static void add_addresses(const struct ecs_line *l, struct json_out *j)
{
    const struct addr *last = NULL;

    for (size_t at = 0; next_address(l, &at, &last); at++) {
        struct buf text = {0};
        addr_text(last, &text);
        json_str(j, buf_view(&text));
        buf_free(&text);
    }
}

static char *put_array(struct ecs_line *l, char *o, enum ecs_id id)
{
    struct json_out j = {.buf = ecs_append(l, o)};

    json_array(&j);
    switch (id) {
    case ECS_HOST_IP: add_addresses(l, &j); break;
    case ECS_OWN_FINDINGS: add_marks(l, &j, MARK_FINDING); break;
    case ECS_OWN_FLAGS: add_flags(l, &j); break;
    case ECS_OWN_LATERAL: add_marks(l, &j, MARK_EDGE); break;
    case ECS_OWN_PLACES: add_places(l, &j); break;
    case ECS_OWN_SESSIONS: add_marks(l, &j, MARK_SESSION); break;
    default: break;
    }
    json_array_end(&j);
    return ecs_appended(l);
}

const uint64_t *ecs_name_of(const struct ecs_line *l, enum ecs_id id)
{
    const struct event *e = l->e;

    switch (id) {
    case ECS_DST_ADDRESS: return &e->dst.host;
    case ECS_PROVIDER: return &e->provider;
    case ECS_HOST: return l->ctx->host.len ? NULL : &e->host;
    case ECS_COMPUTER: return &e->host;
    case ECS_SRC_ADDRESS: return &e->src.host;
    case ECS_USER_DOMAIN: return &l->user->domain;
    case ECS_USER_ID: return &l->user->sid;
    case ECS_USER_NAME: return &l->user->user;
    case ECS_TARGET_DOMAIN:
    case ECS_OWN_ACTOR_DOMAIN: return &l->other->domain;
    case ECS_TARGET_ID:
    case ECS_OWN_ACTOR_ID: return &l->other->sid;
    case ECS_TARGET_NAME:
    case ECS_OWN_ACTOR_NAME: return &l->other->user;
    case ECS_WINLOG_CHANNEL:
    case ECS_OWN_CHANNEL: return &e->channel;
    case ECS_OWN_PROGRAM: return &e->program;
    case ECS_OWN_SYSTEM: return &e->system;
    default: return NULL;
    }
}

char *ecs_put_member(struct ecs_line *l, enum ecs_id id, char *o)
{
    const struct event *e = l->e;
    const uint64_t *name = ecs_name_of(l, id);

    if (name)
        return ecs_put_name(l, o, *name);
    switch (id) {
    case ECS_TIME: return put_time(l, o);
    case ECS_DST_BYTES: return put_u64(o, e->bytes_in);
    case ECS_DST_IP: return put_addr(l, o, &e->dst.addr);
    case ECS_DST_PORT: return put_u64(o, e->dst_port);
    case ECS_ACTION: return put_literal(o, kind_text(e->kind));
    case ECS_CATEGORY: return put_literal(o, kind_category(e->kind));
    case ECS_CODE: return put_code(o, e->code);
    case ECS_DATASET: return put_lasting(l, o, source_parser(l->ctx, e->source));
    case ECS_EVENT_KIND: return put_literal(o, e->kind == KIND_DETECTION ? "alert" : "event");
    case ECS_OUTCOME: return put_literal(o, outcome_text(e->outcome));
    case ECS_SEVERITY: return put_u64(o, e->severity);
    case ECS_HOSTNAME: return ecs_put_text(l, o, l->hostname);
    case ECS_HOST: return put_lasting(l, o, l->ctx->host);
    case ECS_PATH: return put_path(l, o, source_path(l->ctx, l->source));
    case ECS_OFFSET: return put_u64(o, l->offset);
    case ECS_SRC_BYTES: return put_u64(o, e->bytes_out);
    case ECS_SRC_IP: return put_addr(l, o, &e->src.addr);
    case ECS_SRC_PORT: return put_u64(o, e->src_port);
    case ECS_WINLOG_LOGON:
    case ECS_OWN_LOGON: return put_hex(o, l->user->logon);
    case ECS_OWN_OTHER_LOGON: return put_hex(o, l->other->logon);
    case ECS_RECORD_ID:
    case ECS_OWN_SEQUENCE: return put_u64(o, e->sequence);
    case ECS_OWN_KIND: return put_literal(o, kind_text(e->kind));
    case ECS_OWN_PART: return put_u64(o, e->part);
    case ECS_OWN_UID: return put_uid(o, e->uid);
    case ECS_OWN_USER: return put_literal(o, "actor");
    default: return put_array(l, o, id);
    }
}
