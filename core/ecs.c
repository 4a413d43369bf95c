/* SPDX-License-Identifier: Apache-2.0
 *
 * Event to JSON. This renders every event of a case, so there is no tree of values: a line is the
 * constant bytes of its form (core/ecs_form.c) with values between them. */
#include "core/ecs.h"

#include "core/ecs_line.h"

/* By blocks, which both sides have room for. */
static inline char *put_constant(char *o, const char *text, size_t len)
{
    memcpy(o, text, 32);
    for (size_t i = 32; i < len; i += 32)
        memcpy(o + i, text + i, 32);
    return o + len;
}

static inline uint64_t name_at(const struct event *e, size_t offset)
{
    uint64_t id;

    memcpy(&id, (const char *)e + offset, sizeof id);
    return id;
}

static char *put_line(struct ecs_line *l, const struct ecs_form *f, char *o)
{
    const char *text = f->text.p, *end = text + f->text.len;
    const struct ecs_hole *last = f->holes + f->hole_count;

    for (const struct ecs_hole *h = f->holes; h < last; h++) {
        o = put_constant(o, text, h->before);
        text += h->before;
        if (h->what < ECS_COUNT)
            o = ecs_put_member(l, (enum ecs_id)h->what, o);
        else if (h->what == HOLE_NAME)
            o = ecs_put_name(l, o, name_at(l->e, h->first));
        else
            o = ecs_put_fields(l, o, h, (str){text - 1 - h->key, h->key});
    }
    return put_constant(o, text, (size_t)(end - text));
}

void ecs_write(struct ecs_writer *w, struct buf *out, const struct event *e,
               const struct names *names, const struct ecs_context *ctx)
{
    static const struct ecs_context nothing;
    struct ecs_line l = {
        .w = w, .out = out, .e = e, .names = names, .ctx = ctx ? ctx : &nothing};

    if (names != w->names)
        ecs_writer_turn(w);
    w->names = names;
    l.plan = ecs_plan_for(w, e);
    ecs_look(&l);
    const struct ecs_form *form = ecs_form_for(&l);
    char *o = put_line(&l, form, ecs_grow(&l, out->p + out->len, 0));
    out->len = (size_t)(o - out->p);
}

/* ---- what a thread keeps ---- */

void ecs_writer_turn(struct ecs_writer *w)
{
    w->turn += 2;
}

static uint64_t kind_says(enum kind kind)
{
    uint64_t v = UINT64_C(1) << ECS_EVENT_KIND;

    if (*kind_text(kind))
        v |= UINT64_C(1) << ECS_ACTION | UINT64_C(1) << ECS_OWN_KIND;
    if (*kind_category(kind))
        v |= UINT64_C(1) << ECS_CATEGORY;
    return v;
}

struct ecs_writer *ecs_writer_new(void)
{
    struct ecs_writer *w = mem_alloc(sizeof *w);

    w->turn = 2;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        w->kind_says[kind] = kind_says(kind);
        w->target_is_user[kind] = ecs_user_is_target(kind);
    }
    return w;
}

void ecs_writer_free(struct ecs_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < ECS_PLANS; i++)
        ecs_plan_free(&w->plans[i]);
    ecs_plan_free(&w->large);
    mem_free(w);
}

bool ecs_user_is_target(enum kind kind)
{
    str category = str_of(kind_category(kind));

    return str_eq(category, STR("authentication")) || str_eq(category, STR("session"));
}
