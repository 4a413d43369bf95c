/* SPDX-License-Identifier: Apache-2.0
 *
 * The one-line message: the template of the event's line with its holes filled, or every field of
 * an unknown event. One line whatever the fields hold: control characters and runs of white space
 * become one blank, long values end in an ellipsis, the whole is at most MESSAGE_MAX bytes.
 * The language of templates stands in windows_events.def. */
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

/* A hole that names a role; *known tells whether it does. */
static bool add_role(const struct windows_view *w, struct line *l, str name, bool *known)
{
    const struct event *e = w->e;

    *known = true;
    if (str_eq(name, STR("actor")))
        return add_party(w, l, &e->actor);
    if (str_eq(name, STR("target")))
        return add_party(w, l, &e->target);
    if (str_eq(name, STR("src")))
        return add_end(w, l, &e->src, e->src_port);
    if (str_eq(name, STR("dst")))
        return add_end(w, l, &e->dst, e->dst_port);
    if (str_eq(name, STR("srcip")))
        return line_address(l, &e->src.addr, e->src_port);
    if (str_eq(name, STR("dstip")))
        return line_address(l, &e->dst.addr, e->dst_port);
    *known = false;
    return false;
}

static struct value hole_value(const struct windows_view *w, str name)
{
    uint64_t n;

    if (str_take_char(&name, '#') && str_take_u64(&name, &n))
        return windows_unnamed(w, (unsigned)n);
    enum windows_field field = windows_field_of(name);
    return field < F_COUNT ? windows_value(w, (unsigned)field) : event_field(w->e, name);
}

/* One alternative of a hole: "Name" or "Name:format". */
static bool add_hole(struct windows_view *w, struct line *l, str hole)
{
    size_t colon = str_find_char(hole, ':');
    str name = str_head(hole, colon), format = str_skip(hole, colon + 1);
    bool known;

    if (char_lower(name.p[0]) == name.p[0]) {
        bool written = add_role(w, l, name, &known);
        if (known)
            return written;
    }
    return windows_format(w, l, hole_value(w, name), format);
}

/* Text with holes; false when a hole stayed blank. */
static bool render(struct windows_view *w, struct line *l, str text)
{
    str plain, holes, hole;
    bool all = true;

    while (str_take_until(&text, '{', &plain)) {
        bool written = false;
        line_add(l, plain);
        if (!str_take_until(&text, '}', &holes))
            return false;
        while (!written && holes.len) {
            if (!str_take_until(&holes, '|', &hole)) {
                hole = holes;
                holes.len = 0;
            }
            written = add_hole(w, l, hole);
        }
        if (!written)
            line_add(l, STR("-"));
        all &= written;
    }
    line_add(l, text);
    return all;
}

static void render_template(struct windows_view *w, struct line *l, str text)
{
    str plain, part;

    while (str_take_until(&text, '[', &plain)) {
        render(w, l, plain);
        size_t before = l->len;
        if (!str_take_until(&text, ']', &part))
            return;
        if (!render(w, l, part))
            l->len = before;
    }
    render(w, l, text);
}

/* "Provider 123: Name=value, ..." for what no line describes. */
static void render_fields(struct windows_view *w, struct line *l)
{
    str log = w->r->provider.len ? w->r->provider : w->r->channel;
    const char *between = ": ";
    unsigned shown = 0;
    char code[16];
    int len = snprintf(code, sizeof code, " %u", w->r->code);

    line_text(l, log.len ? log : STR("Windows event"), SHORT_MAX);
    line_add(l, (str){code, (size_t)len});
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
            windows_format(w, l, field_value(f), STR("address"));
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
        render_template(w, &l, str_of(w->row->message));
    else
        render_fields(w, &l);
    batch_text(w->b, FIELD_ECS, STR("message"), arena_str(&w->b->arena, (str){l.p, l.len}));
}
