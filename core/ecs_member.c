/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of struct event in a line: each writes nothing when there is nothing to say. */
#include "core/ecs_line.h"
#include "core/utf.h"

static const char *const sides[] = {"none", "source", "destination", "dc"};

struct spot { /* a member about to be written */
    struct ecs_line *l;
    const struct ecs_step *step;
};

static struct json_out *enter(const struct spot *s)
{
    ecs_put_step_key(s->l, s->step);
    s->l->value_at = s->l->j->buf->len;
    s->l->said = true;
    return s->l->j;
}

static void member_str(const struct spot *s, str text)
{
    if (text.len == 0)
        return;
    struct buf *b = ecs_raw(enter(s));
    buf_char(b, '"');
    utf8_put(text, UTF_JSON, b);
    buf_char(b, '"');
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
        ecs_put_hex(enter(s), v);
}

static void member_addr(const struct spot *s, const struct addr *a)
{
    if (!addr_is_none(a))
        ecs_put_addr(enter(s), a);
}

static void member_code(const struct spot *s, uint32_t code)
{
    if (code == 0)
        return;
    struct buf *b = ecs_raw(enter(s));
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
        ecs_put_key(s->l->j, STR("path"), ecs_exact_suffix[EXACT_BYTES]);
        ecs_put_exact(s->l->j, &(struct field){.data = path.p, .len = (uint32_t)path.len});
    }
}

static void member_party(const struct spot *s, const struct party *p, unsigned part)
{
    const uint64_t parts[3] = {p->domain, p->sid, p->user};

    member_name(s, parts[part]);
}

static const struct place *places_of(const struct ecs_line *l, size_t *count)
{
    *count = l->ctx->places ? l->ctx->place_count : l->e->place_count;
    return l->ctx->places ? l->ctx->places : l->e->places;
}

static void put_place(struct ecs_line *l, uint32_t source, uint64_t offset)
{
    struct json_out *j = l->j;
    str path = source_path(l->ctx, source);

    json_object(j);
    if (path.len)
        json_pair(j, STR("path"), path);
    if (path.len && !utf8_valid(path)) {
        ecs_put_key(j, STR("path"), ecs_exact_suffix[EXACT_BYTES]);
        ecs_put_exact(j, &(struct field){.data = path.p, .len = (uint32_t)path.len});
    }
    json_pair_u64(j, STR("offset"), offset);
    json_object_end(j);
}

/* All places, when there is more than the one in `log`. */
static void member_places(const struct spot *s)
{
    struct ecs_line *l = s->l;
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

/* The addresses that the host surely had at the time. */
static void member_host_ip(const struct spot *s)
{
    const struct ecs_context *ctx = s->l->ctx;
    const struct addr *last = NULL;
    int64_t now = s->l->e->time_ns;

    for (size_t i = 0; i < ctx->address_count; i++) {
        const struct host_address *a = &ctx->addresses[i];
        if (!a->strong || now < a->from_ns || now > a->to_ns || now == TIME_UNKNOWN)
            continue;
        if (last && addr_eq(last, &a->addr)) /* they are sorted */
            continue;
        if (!last)
            json_array(enter(s));
        last = &a->addr;
        ecs_put_addr(s->l->j, last);
    }
    if (last)
        json_array_end(s->l->j);
}

static void member_root(const struct spot *s)
{
    const struct ecs_line *l = s->l;
    const struct event *e = l->e;
    const struct ecs_context *ctx = l->ctx;

    switch (s->step->id) {
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
    case ECS_HOST_IP: member_host_ip(s); break;
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
    case ECS_USER_NAME: member_party(s, l->user, s->step->id - ECS_USER_DOMAIN); break;
    case ECS_TARGET_DOMAIN:
    case ECS_TARGET_ID:
    case ECS_TARGET_NAME:
        if (!l->user_is_target)
            member_party(s, l->other, s->step->id - ECS_TARGET_DOMAIN);
        break;
    case ECS_WINLOG_CHANNEL: member_name(s, l->plan->windows ? e->channel : 0); break;
    case ECS_COMPUTER:
        if (l->plan->windows && !(e->flags & EVENT_HOST_FROM_SYSTEM))
            member_name(s, e->host);
        break;
    case ECS_WINLOG_LOGON: member_hex(s, l->plan->windows ? l->user->logon : 0); break;
    case ECS_RECORD_ID: member_u64(s, e->sequence, l->plan->windows); break;
    default: break;
    }
}

/* What the reader takes for the sequence when the line does not say it. */
static uint64_t told_sequence(const struct ecs_line *l)
{
    struct buf *b = l->j->buf;
    size_t start = b->len;
    uint64_t v;

    if (!l->plan->record)
        return l->plan->windows ? l->e->sequence : l->offset;
    value_text(field_value(&l->e->fields[l->plan->record - 1]), b);
    bool is_number = str_to_u64((str){b->p + start, b->len - start}, &v);
    b->len = start;
    return is_number ? v : l->offset;
}

static void member_own(const struct spot *s)
{
    const struct ecs_line *l = s->l;
    const struct event *e = l->e;

    switch (s->step->id) {
    case ECS_OWN_ACTOR_DOMAIN:
    case ECS_OWN_ACTOR_ID:
    case ECS_OWN_ACTOR_NAME:
        if (l->user_is_target)
            member_party(s, l->other, s->step->id - ECS_OWN_ACTOR_DOMAIN);
        break;
    case ECS_OWN_CHANNEL: member_name(s, l->plan->windows ? 0 : e->channel); break;
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
    case ECS_OWN_UID: ecs_put_uid(enter(s), e->uid); break;
    case ECS_OWN_USER: member_str(s, l->actor_moved ? STR("actor") : STR("")); break;
    default: break;
    }
}

void ecs_put_member(struct ecs_line *l, const struct ecs_step *step)
{
    struct spot s = {l, step};

    l->said = false;
    if (step->id >= ECS_OWN_ACTOR_DOMAIN)
        member_own(&s);
    else
        member_root(&s);
}
