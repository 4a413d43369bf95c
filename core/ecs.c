/* SPDX-License-Identifier: Apache-2.0
 *
 * Event to JSON. This renders every event of a case, so there is no tree of values: the plan for
 * events of this shape (core/ecs_plan.c) says what stands where, and a line is one walk over its
 * steps, which copies keys and writes values. Objects are opened when something stands in them. */
#include "core/ecs.h"

#include "core/ecs_line.h"
#include "core/time.h"

enum { SMALL = 128 }; /* fields of most events: room for them is in the frame */

static const char *const group_names[] = {"ecs", "event_data", "user_data", "own"};

bool ecs_user_is_target(enum kind kind)
{
    str category = str_of(kind_category(kind));

    return str_eq(category, STR("authentication")) || str_eq(category, STR("session"));
}

/* ---- objects ---- */

/* Copies a key by blocks, which both sides have room for. */
static inline void put_key(struct ecs_line *l, struct ecs_key key)
{
    struct buf *b = l->j->buf;
    const char *from = l->plan->text.p + key.at + l->fresh; /* the first has no comma */
    size_t len = key.len - l->fresh;

    buf_reserve(b, len + ECS_PLAN_PAD);
    char *to = b->p + b->len;
    for (size_t i = 0; i < len; i += 16)
        memcpy(to + i, from + i, 16);
    b->len += len;
    l->fresh = false;
}

static void close_object(struct ecs_line *l)
{
    buf_char(l->j->buf, '}');
    l->object = l->plan->objects[l->object].parent;
    l->fresh = false;
}

static void go_to(struct ecs_line *l, unsigned target)
{
    const struct ecs_object *objects = l->plan->objects;
    unsigned way[ECS_DEPTH_MAX + 4], steps = 0, at = target;

    while (objects[l->object].depth > objects[target].depth)
        close_object(l);
    while (at != l->object) { /* the way up from the target meets what is open */
        if (objects[at].depth == objects[l->object].depth)
            close_object(l);
        way[steps++] = at;
        at = objects[at].parent;
    }
    while (steps) {
        put_key(l, objects[way[--steps]].key);
        l->fresh = true;
    }
    l->object = target;
}

void ecs_put_step_key(struct ecs_line *l, const struct ecs_step *s)
{
    if (l->object != s->object)
        go_to(l, s->object);
    put_key(l, s->key);
    l->j->keyed = true;
}

/* ---- fields ---- */

static void add_unfit(struct ecs_line *l, const struct ecs_step *s)
{
    for (size_t i = 0; i < s->count; i++)
        l->unfit[l->unfit_count++] = l->plan->order[s->first + i];
}

/* Does a field say what the member just written says? Then it adds nothing. */
static bool says_the_same(struct ecs_line *l, const struct ecs_step *s)
{
    const struct ecs_object *objects = l->plan->objects;
    struct buf *b = l->j->buf;

    if (!l->said)
        return false;
    while (objects[l->object].depth > objects[s->object].depth) /* the member is an object */
        close_object(l);
    size_t start = l->value_at, end = b->len;
    l->j->keyed = true;
    bool exact = ecs_put_value(l->j, &l->e->fields[l->plan->order[s->first]]) == EXACT_NONE;
    str member = str_unquote((str){b->p + start, end - start});
    str field = str_unquote((str){b->p + end, b->len - end});
    b->len = end;
    return exact && str_eq(member, field);
}

static void put_fields(struct ecs_line *l, const struct ecs_step *s)
{
    str key = {l->plan->text.p + s->key.at + 1, s->key.len - 2}; /* without comma and colon */

    ecs_put_step_key(l, s);
    ecs_put_group(l->j, key, l->e->fields, l->plan->order + s->first, s->count, s->array);
}

static void run_step(struct ecs_line *l, const struct ecs_step *s)
{
    switch ((enum ecs_op)s->op) {
    case OP_MEMBER:
        ecs_put_member(l, s);
        break;
    case OP_ASIDE:
        if (!says_the_same(l, s))
            add_unfit(l, s);
        break;
    case OP_UNFIT:
        add_unfit(l, s);
        break;
    case OP_FIELDS:
        put_fields(l, s);
        break;
    case OP_OPEN:
        go_to(l, s->object);
        l->value_at = l->j->buf->len - 1;
        l->said = true;
        break;
    }
}

static void put_unfit(struct ecs_line *l)
{
    struct json_out *j = l->j;

    go_to(l, l->plan->own);
    j->comma = !l->fresh;
    ecs_put_key(j, STR("fields"), "");
    json_array(j);
    for (size_t i = 0; i < l->unfit_count; i++) {
        const struct field *f = &l->e->fields[l->unfit[i]];
        json_object(j);
        json_pair(j, STR("group"), str_of(group_names[f->group & 3]));
        json_pair(j, STR("name"), ecs_field_name(f));
        if (!utf8_valid(ecs_field_name(f))) {
            ecs_put_key(j, STR("name"), ecs_exact_suffix[EXACT_BYTES]);
            ecs_put_exact(j, &(struct field){.data = f->name, .len = f->name_len});
        }
        ecs_put_key(j, STR("value"), "");
        ecs_put_group(j, STR("\"value\""), l->e->fields, &l->unfit[i], 1, false);
        json_object_end(j);
    }
    json_array_end(j);
}

/* ---- what members depend on ---- */

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
    if (l->plan->computer)
        told = field_says(l, &e->fields[l->plan->computer - 1], written);
    else if (l->plan->windows && e->host && !(e->flags & EVENT_HOST_FROM_SYSTEM))
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
    bool of_target = ecs_user_is_target(e->kind);

    l->user_is_target = of_target && (!nobody(&e->target) || nobody(&e->actor));
    l->actor_moved = of_target && !l->user_is_target;
    l->user = l->user_is_target ? &e->target : &e->actor;
    l->other = l->user_is_target ? &e->actor : &e->target;
}

static void put_line(struct ecs_line *l)
{
    struct json_out *j = l->j;

    find_host(l);
    find_users(l);
    json_object(j);
    l->fresh = true;
    if (l->e->time_ns != TIME_UNKNOWN) {
        buf_str(j->buf, STR("\"@timestamp\":\""));
        time_text(l->e->time_ns, l->e->precision, j->buf);
        buf_char(j->buf, '"');
        l->fresh = false;
    }
    for (size_t i = 0; i < l->plan->step_count; i++)
        run_step(l, &l->plan->steps[i]);
    if (l->unfit_count)
        put_unfit(l);
    while (l->object)
        close_object(l);
    json_object_end(j);
}

void ecs_write(struct ecs_writer *w, struct json_out *j, const struct event *e,
               const struct names *names, const struct ecs_context *ctx)
{
    static const struct ecs_context nothing;
    struct ecs_line l = {.j = j, .e = e, .names = names, .ctx = ctx ? ctx : &nothing};
    bool placed = ctx && ctx->places && ctx->place_count;
    uint16_t room[SMALL], *more = NULL;

    l.plan = ecs_plan_for(w, e);
    l.source = placed ? ctx->places[0].source : e->source;
    l.offset = placed ? ctx->places[0].offset : e->offset;
    if (e->field_count > SMALL)
        more = mem_alloc(e->field_count * sizeof *more);
    l.unfit = more ? more : room;
    put_line(&l);
    mem_free(more);
}
