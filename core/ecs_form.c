/* SPDX-License-Identifier: Apache-2.0
 *
 * Forms of lines. Which steps of a plan have something to say decides where objects open and
 * close and where commas stand; kind, code, outcome, severity and flags decide some of the values.
 * For events that agree in these the line is the same but for the values in its holes. */
#include "core/base64.h"
#include "core/ecs_line.h"

enum {
    FORMS = 16,   /* of a plan: further ones take turns */
    AGREEING = 64 /* asides that are looked at; those behind them are unfit */
};

static const char *const group_names[] = {"ecs", "event_data", "user_data", "own"};

/* A form being made. */
struct maker {
    struct ecs_line *l;
    struct ecs_form *f;
    size_t hole_end; /* where the text behind the last hole begins */
    unsigned object; /* the innermost open one */
    bool fresh;      /* nothing stands in it yet */
    uint16_t *unfit; /* indices of fields for ashiato.fields */
    size_t unfit_count;
};

static bool is_constant(enum ecs_id id)
{
    return id == ECS_ACTION || id == ECS_CATEGORY || id == ECS_CODE || id == ECS_EVENT_KIND ||
           id == ECS_OUTCOME || id == ECS_SEVERITY || id == ECS_OWN_FLAGS || id == ECS_OWN_KIND ||
           id == ECS_OWN_USER;
}

/* ---- constant bytes and holes ---- */

static void add_key(struct maker *m, struct ecs_key key)
{
    buf_add(&m->f->text, m->l->plan->text.p + key.at + m->fresh, key.len - m->fresh);
    m->fresh = false; /* the first has no comma */
}

static void close_object(struct maker *m)
{
    buf_char(&m->f->text, '}');
    m->object = m->l->plan->objects[m->object].parent;
    m->fresh = false;
}

static void go_to(struct maker *m, unsigned target)
{
    const struct ecs_object *objects = m->l->plan->objects;
    unsigned way[ECS_DEPTH_MAX + 4], steps = 0, at = target;

    while (objects[m->object].depth > objects[target].depth)
        close_object(m);
    while (at != m->object) { /* the way up from the target meets what is open */
        if (objects[at].depth == objects[m->object].depth)
            close_object(m);
        way[steps++] = at;
        at = objects[at].parent;
    }
    while (steps) {
        add_key(m, objects[way[--steps]].key);
        m->fresh = true;
    }
    m->object = target;
}

static void add_hole(struct maker *m, struct ecs_hole hole)
{
    struct ecs_form *f = m->f;

    f->holes = vec_grow(f->holes, &f->hole_cap, f->hole_count + 1, sizeof *f->holes);
    hole.before = (uint32_t)(f->text.len - m->hole_end);
    m->hole_end = f->text.len;
    f->holes[f->hole_count++] = hole;
}

static void add_field(struct maker *m, uint16_t index, size_t key)
{
    uint8_t group = m->l->e->fields[index].group & 3;
    bool number = group == FIELD_ECS || group == FIELD_OWN;

    add_hole(m, (struct ecs_hole){.key = (uint16_t)key, .first = index,
                                  .what = number ? HOLE_NUMBER : HOLE_TEXT});
}

/* ---- steps ---- */

/* The text of a member, behind the line, where it stays until more is written. */
static str member_text(struct ecs_line *l, enum ecs_id id)
{
    size_t start = l->out->len;
    char *o = ecs_grow(l, l->out->p + start, 0);

    o = ecs_put_member(l, id, o);
    l->out->len = start;
    return (str){l->out->p + start, (size_t)(o - l->out->p) - start};
}

static void add_member(struct maker *m, const struct ecs_step *s)
{
    const uint64_t *name = ecs_name_of(m->l, s->id);

    go_to(m, s->object);
    add_key(m, s->key);
    if (is_constant(s->id))
        buf_str(&m->f->text, member_text(m->l, s->id));
    else if (name)
        add_hole(m, (struct ecs_hole){
                        .first = (uint16_t)((const char *)name - (const char *)m->l->e),
                        .what = HOLE_NAME});
    else
        add_hole(m, (struct ecs_hole){.what = s->id});
}

static void add_fields(struct maker *m, const struct ecs_step *s)
{
    size_t key = s->key.len - 2; /* without comma and colon */

    go_to(m, s->object);
    add_key(m, s->key);
    if (s->array)
        add_hole(m, (struct ecs_hole){.key = (uint16_t)key, .first = s->first, .count = s->count,
                                      .what = HOLE_ARRAY});
    else
        add_field(m, m->l->plan->order[s->first], key);
}

static void add_unfit(struct maker *m, const struct ecs_step *s)
{
    for (size_t i = 0; i < s->count; i++)
        m->unfit[m->unfit_count++] = m->l->plan->order[s->first + i];
}

static void add_step(struct maker *m, const struct ecs_step *s, uint64_t *agrees)
{
    switch ((enum ecs_op)s->op) {
    case OP_MEMBER:
        if (m->f->key.says >> s->id & 1)
            add_member(m, s);
        break;
    case OP_ASIDE:
        if (!(*agrees & 1))
            add_unfit(m, s);
        *agrees >>= 1;
        break;
    case OP_UNFIT:
        add_unfit(m, s);
        break;
    case OP_FIELDS:
        add_fields(m, s);
        break;
    case OP_OPEN:
        go_to(m, s->object);
        break;
    }
}

static void add_unfit_field(struct maker *m, struct json_out *j, uint16_t index)
{
    const struct field *f = &m->l->e->fields[index];
    str name = ecs_field_name(f);

    json_object(j);
    json_pair(j, STR("group"), str_of(group_names[f->group & 3]));
    json_pair(j, STR("name"), name);
    if (!utf8_valid(name)) {
        struct buf exact = {0};
        base64_add(&exact, name.p, name.len);
        json_pair(j, STR("name_base64"), buf_view(&exact));
        buf_free(&exact);
    }
    json_key(j, STR("value"));
    add_field(m, index, STR("\"value\"").len);
    j->keyed = false;
    j->comma = true;
    json_object_end(j);
}

static void add_all_unfit(struct maker *m)
{
    struct json_out j = {.buf = &m->f->text};

    go_to(m, m->l->plan->own);
    j.comma = !m->fresh;
    json_key(&j, STR("fields"));
    json_array(&j);
    for (size_t i = 0; i < m->unfit_count; i++)
        add_unfit_field(m, &j, m->unfit[i]);
    json_array_end(&j);
}

static void make_form(struct ecs_line *l, struct ecs_form *f)
{
    const struct ecs_plan *p = l->plan;
    struct maker m = {.l = l, .f = f, .fresh = true};
    uint64_t agrees = f->key.agrees;

    f->text.len = f->hole_count = 0;
    m.unfit = mem_alloc(p->order_count * sizeof *m.unfit);
    buf_char(&f->text, '{');
    if (f->key.says >> ECS_TIME & 1) {
        buf_str(&f->text, STR("\"@timestamp\":"));
        add_hole(&m, (struct ecs_hole){.what = ECS_TIME});
        m.fresh = false;
    }
    for (size_t i = 0; i < p->step_count; i++)
        add_step(&m, &p->steps[i], &agrees);
    if (m.unfit_count)
        add_all_unfit(&m);
    while (m.object)
        close_object(&m);
    buf_char(&f->text, '}');
    mem_free(m.unfit);
    f->room = f->text.len + f->hole_count * ECS_SMALL + ECS_PAD;
    buf_reserve(&f->text, ECS_PAD);
    memset(f->text.p + f->text.len, 0, ECS_PAD);
}

/* ---- finding ---- */

/* Does the field say what the member says? Then it adds nothing. */
static bool says_the_same(struct ecs_line *l, const struct ecs_step *s)
{
    enum ecs_exact exact = EXACT_NONE;
    const struct field *f = &l->e->fields[l->plan->order[s->first]];
    size_t start = l->out->len, len = member_text(l, s->id).len;

    l->out->len = start + len;
    char *o = ecs_put_value(l, ecs_appended(l), f, f->group == FIELD_ECS || f->group == FIELD_OWN,
                            &exact);
    str member = {l->out->p + start, len}, field = {member.p + len, (size_t)(o - member.p) - len};
    l->out->len = start;
    return exact == EXACT_NONE && str_eq(str_unquote(member), str_unquote(field));
}

static uint64_t agreeing(struct ecs_line *l, uint64_t says)
{
    uint64_t agrees = 0, bit = 1;

    for (size_t i = 0; i < l->plan->step_count && bit; i++) {
        const struct ecs_step *s = &l->plan->steps[i];
        if (s->op != OP_ASIDE)
            continue;
        if (says >> s->id & 1 && says_the_same(l, s))
            agrees |= bit;
        bit <<= 1;
    }
    return agrees;
}

static bool same_key(const struct ecs_form_key *a, const struct ecs_form_key *b)
{
    return a->says == b->says && a->agrees == b->agrees && a->flags == b->flags &&
           a->kind == b->kind && a->outcome == b->outcome && a->severity == b->severity &&
           a->resolved == b->resolved;
}

static struct ecs_form *new_form(struct ecs_plan *p)
{
    p->form_last = p->form_count < FORMS ? p->form_count++ : (p->form_last + 1) % FORMS;
    p->forms = vec_grow(p->forms, &p->form_cap, p->form_count, sizeof *p->forms);
    return &p->forms[p->form_last];
}

const struct ecs_form *ecs_form_for(struct ecs_line *l)
{
    struct ecs_plan *p = l->plan;
    const struct event *e = l->e;
    struct ecs_form_key key = {.says = ecs_says(l), .flags = e->flags & ECS_FLAGS, .kind = e->kind,
                               .outcome = e->outcome, .severity = e->severity,
                               .resolved = l->ctx->host.len > 0};

    l->room = ECS_SMALL;
    if (p->asides)
        key.agrees = agreeing(l, key.says);
    for (size_t i = 0, at = p->form_last; i < p->form_count; i++) {
        struct ecs_form *f = &p->forms[at];
        if (same_key(&f->key, &key)) {
            p->form_last = at;
            l->room = f->room;
            return f;
        }
        at = at + 1 < p->form_count ? at + 1 : 0;
    }
    struct ecs_form *f = new_form(p);
    f->key = key;
    make_form(l, f);
    l->room = f->room;
    return f;
}
