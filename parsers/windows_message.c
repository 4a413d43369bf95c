/* SPDX-License-Identifier: Apache-2.0
 *
 * The one-line message: the template of the event's line with its holes filled, or every field of
 * an unknown event. One line whatever the fields hold: control characters and runs of white space
 * become one blank, long values end in an ellipsis, the whole is at most MESSAGE_MAX bytes.
 * The language of templates stands in windows_events.def. */
#include <assert.h>

#include "parsers/windows_line.h"

enum { FIELDS_SHOWN = 24, FIELD_MAX = 80 };

static bool add_party(const struct windows_view *w, struct line *l, const struct party *p)
{
    const struct names *names = &w->b->names;

    if (!p->user) {
        line_text(l, names_text(names, p->sid), SHORT_MAX);
        return p->sid != 0;
    }
    if (p->domain) {
        line_text(l, names_text(names, p->domain), SHORT_MAX);
        line_add(l, STR("\\"));
    }
    line_text(l, names_text(names, p->user), SHORT_MAX);
    return true;
}

static bool add_end(const struct windows_view *w, struct line *l, const struct endpoint *end,
                    uint16_t port)
{
    if (line_address(l, &end->addr, port))
        return true;
    line_text(l, names_text(&w->b->names, end->host), SHORT_MAX);
    return end->host != 0;
}

/* ---- templates, read once ---- */

enum step_op {
    STEP_TEXT,
    STEP_FIELD, /* holes: what stands in them, and how it is shown */
    STEP_UNNAMED,
    STEP_OTHER, /* a field of any group by its name */
    STEP_ACTOR,
    STEP_TARGET,
    STEP_SRC,
    STEP_DST,
    STEP_SRC_ADDR,
    STEP_DST_ADDR,
    STEP_PART,    /* what follows is left out when a hole in it stays blank, */
    STEP_PART_END /* up to here */
};

struct windows_step {
    str text;       /* of STEP_TEXT; name of STEP_OTHER */
    windows_show *show;
    uint32_t number; /* of the field, of the Data without a name */
    uint8_t op;
    bool another; /* another alternative of the same hole follows */
};

enum { STEPS_MAX = 96 };

struct template {
    size_t count;
    struct windows_step steps[STEPS_MAX];
};

static struct windows_step *add_step(struct template *t, enum step_op op)
{
    assert(t->count < STEPS_MAX); /* the tables are ours */
    struct windows_step *s = &t->steps[t->count++];
    *s = (struct windows_step){.op = (uint8_t)op};
    return s;
}

static void add_plain(struct template *t, str text)
{
    if (text.len)
        add_step(t, STEP_TEXT)->text = text;
}

static bool is_role(str name, enum step_op *op)
{
    static const struct {
        str name;
        enum step_op op;
    } roles[] = {
        {{"actor", 5}, STEP_ACTOR}, {{"target", 6}, STEP_TARGET},  {{"src", 3}, STEP_SRC},
        {{"dst", 3}, STEP_DST},     {{"srcip", 5}, STEP_SRC_ADDR}, {{"dstip", 5}, STEP_DST_ADDR},
    };

    for (size_t i = 0; i < array_len(roles); i++)
        if (str_eq(name, roles[i].name)) {
            *op = roles[i].op;
            return true;
        }
    return false;
}

/* One alternative of a hole: "Name" or "Name:format". */
static void add_hole(struct template *t, str hole)
{
    size_t colon = str_find_char(hole, ':');
    str name = str_head(hole, colon);
    struct windows_step *s = add_step(t, STEP_OTHER);
    enum windows_field field = windows_field_of(name);
    enum step_op role;
    uint64_t n;

    s->text = name;
    s->show = windows_show_of(str_skip(hole, colon + 1));
    if (is_role(name, &role)) {
        s->op = (uint8_t)role;
    } else if (str_take_char(&name, '#') && str_take_u64(&name, &n)) {
        s->op = STEP_UNNAMED;
        s->number = (uint32_t)n;
    } else if (field < F_COUNT) {
        s->op = STEP_FIELD;
        s->number = (uint32_t)field;
    }
}

/* Text with holes. */
static void add_text(struct template *t, str text)
{
    str plain, holes, hole;

    while (str_take_until(&text, '{', &plain)) {
        add_plain(t, plain);
        if (!str_take_until(&text, '}', &holes))
            return;
        while (str_take_until(&holes, '|', &hole)) {
            add_hole(t, hole);
            t->steps[t->count - 1].another = true;
        }
        add_hole(t, holes);
    }
    add_plain(t, text);
}

static void read_template(struct template *t, str text)
{
    str plain, part;

    t->count = 0;
    while (str_take_until(&text, '[', &plain)) {
        add_text(t, plain);
        if (!str_take_until(&text, ']', &part))
            return;
        add_step(t, STEP_PART);
        add_text(t, part);
        add_step(t, STEP_PART_END);
    }
    add_text(t, text);
}

/* ---- and filled for each record ---- */

/* False when it stays blank. */
static bool fill_hole(struct windows_view *w, struct line *l, const struct windows_step *s)
{
    const struct event *e = w->e;

    switch ((enum step_op)s->op) {
    case STEP_ACTOR: return add_party(w, l, &e->actor);
    case STEP_TARGET: return add_party(w, l, &e->target);
    case STEP_SRC: return add_end(w, l, &e->src, e->src_port);
    case STEP_DST: return add_end(w, l, &e->dst, e->dst_port);
    case STEP_SRC_ADDR: return line_address(l, &e->src.addr, e->src_port);
    case STEP_DST_ADDR: return line_address(l, &e->dst.addr, e->dst_port);
    case STEP_FIELD: return s->show(w, l, windows_value(w, s->number));
    case STEP_UNNAMED: return s->show(w, l, windows_unnamed(w, s->number));
    default: return s->show(w, l, event_field(e, s->text));
    }
}

static void fill_template(struct windows_view *w, struct line *l, const struct windows_step *s,
                          size_t count)
{
    size_t before = 0; /* where the open part began */
    bool all = true;   /* were all holes of it filled? */

    for (const struct windows_step *end = s + count; s < end; s++) {
        if (s->op == STEP_TEXT) {
            line_add(l, s->text);
        } else if (s->op == STEP_PART) {
            before = l->len;
            all = true;
        } else if (s->op == STEP_PART_END) {
            l->len = all ? l->len : before;
        } else if (fill_hole(w, l, s)) {
            while (s->another)
                s++;
        } else if (!s->another) {
            line_add(l, STR("-"));
            all = false;
        }
    }
}

/* The template of the record's line; its steps are kept as long as the memo. */
static void render_template(struct windows_view *w, struct line *l)
{
    struct windows_memo *memo = w->r->memo;
    struct template own;

    if (!memo) {
        read_template(&own, str_of(w->row->message));
        fill_template(w, l, own.steps, own.count);
        return;
    }
    size_t i = (w->row->code ^ w->row->group * 7u) % WINDOWS_MEMO_TEMPLATES;
    if (memo->templates[i].row != w->row) {
        read_template(&own, str_of(w->row->message));
        size_t size = own.count * sizeof own.steps[0];
        memo->templates[i].row = w->row;
        memo->templates[i].count = own.count;
        memo->templates[i].steps = memcpy(arena_room(&w->b->arena, size), own.steps, size);
    }
    fill_template(w, l, memo->templates[i].steps, memo->templates[i].count);
}

/* "Provider 123: Name=value, ..." for what no line describes. */
static void render_fields(struct windows_view *w, struct line *l)
{
    str log = w->r->provider.len ? w->r->provider : w->r->channel;
    const char *between = ": ";
    unsigned shown = 0;
    char code[20];

    line_text(l, log.len ? log : STR("Windows event"), SHORT_MAX);
    line_add(l, STR(" "));
    line_add(l, (str){code, (size_t)(put_u64(code, w->r->code) - code)});
    for (unsigned i = 0; i < w->own_fields && shown < FIELDS_SHOWN; i++) {
        const struct field *f = &w->e->fields[i];
        str name = windows_field_name(f);
        if ((f->group != FIELD_EVENT_DATA && f->group != FIELD_USER_DATA) ||
            str_eq(name, STR("Binary")) || l->len > LONG_MAX_BYTES)
            continue;
        str value = windows_shown(w, field_value(f), FIELD_MAX);
        if (!value.len)
            continue;
        line_add(l, str_of(between));
        if (name.len) {
            line_text(l, name, FIELD_MAX);
            line_add(l, STR("="));
        }
        if (str_ends(name, STR("Address")))
            windows_show_of(STR("address"))(w, l, field_value(f));
        else
            line_text(l, value, FIELD_MAX);
        between = ", ";
        shown++;
    }
}

/* The message that the machine itself made of the record, where it travels with it. */
static bool render_rendering(struct windows_view *w, struct line *l, bool has_line)
{
    if (!w->rendering || (has_line && w->r->rendered_by_exporter))
        return false;
    line_text(l, windows_shown(w, field_value(&w->e->fields[w->rendering - 1]), MESSAGE_MAX),
              MESSAGE_MAX);
    return l->len > 0;
}

void windows_message(struct windows_view *w)
{
    bool has_line = w->row && w->row->message[0];
    struct line l;

    l.len = 0;
    if (render_rendering(w, &l, has_line))
        ;
    else if (has_line)
        render_template(w, &l);
    else
        render_fields(w, &l);
    batch_text(w->b, FIELD_ECS, STR("message"), arena_str(&w->b->arena, (str){l.p, l.len}));
}
