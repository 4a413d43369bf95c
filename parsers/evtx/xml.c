/* SPDX-License-Identifier: Apache-2.0
 *
 * A record as XML, one line of it: the tokens of its templates with the values put in. What the
 * decoder makes fields of is written here as Windows would show it: an element whose value is not
 * there is left out when the template says so (dependency id), an array of texts repeats its
 * element. Names are made of characters that XML allows, whatever the file says. */
#include "parsers/evtx/compile.h"

#include "core/value.h"

struct xml {
    struct compiler k;
    struct buf *out;
    size_t base, count; /* values of the template instance */
    unsigned depth;     /* of documents in values */
};

static bool spend(struct xml *x, size_t before)
{
    return decoder_spend(x->k.d, x->out->len - before);
}

/* ---- text ---- */

static void put_escaped(struct buf *out, str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '<')
            buf_str(out, STR("&lt;"));
        else if (c == '>')
            buf_str(out, STR("&gt;"));
        else if (c == '&')
            buf_str(out, STR("&amp;"));
        else if (c == '"')
            buf_str(out, STR("&quot;"));
        else if (c == '\n')
            buf_str(out, STR("&#10;"));
        else if (c == '\r')
            buf_str(out, STR("&#13;"));
        else if (c == '\t')
            buf_str(out, STR("&#9;"));
        else if (c < 0x20) /* XML has no way to say it */
            buf_str(out, STR("\xef\xbf\xbd"));
        else if (c == 0xef && s.len - i >= 3 && (unsigned char)s.p[i + 1] == 0xbf &&
                 (unsigned char)s.p[i + 2] >= 0xbe) { /* U+FFFE, U+FFFF */
            buf_str(out, STR("\xef\xbf\xbd"));
            i += 2;
        } else {
            buf_char(out, (char)c);
        }
    }
}

static void put_name(struct buf *out, str name)
{
    if (name.len == 0 || char_is_digit(name.p[0]) || name.p[0] == '-' || name.p[0] == '.')
        buf_char(out, '_');
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        bool good = char_is_digit(c) || (char_lower(c) >= 'a' && char_lower(c) <= 'z') ||
                    c == '_' || c == '-' || c == '.' || c == ':';
        buf_char(out, good ? c : '_');
    }
}

static void put_value(struct buf *out, struct value v)
{
    struct buf text = {0};

    value_text(v, &text);
    put_escaped(out, buf_view(&text));
    buf_free(&text);
}

static struct value step_value(const struct xml *x, const struct step *s)
{
    if (s->source == FROM_CONSTANT)
        return (struct value){s->data, s->len, s->type};
    if (s->source == FROM_VALUE && s->index < x->count)
        return x->k.d->values[x->base + s->index];
    return (struct value){"", 0, VALUE_NULL};
}

/* ---- elements ---- */

/* An array of texts: an element each, with the start tag at out[tag .. tag_end) before each. */
static void put_strings(struct xml *x, struct value v, size_t tag, size_t tag_end, str name)
{
    const uint8_t *p = v.p;

    for (uint32_t at = 0, end; at < v.len; at = end + 2) {
        for (end = at; end + 2 <= v.len && le16(p + end) != 0; end += 2)
            ;
        if (at > 0) {
            buf_str(x->out, STR("</"));
            put_name(x->out, name);
            buf_char(x->out, '>');
            buf_reserve(x->out, tag_end - tag);
            buf_add(x->out, x->out->p + tag, tag_end - tag);
        }
        put_value(x->out, (struct value){p + at, end - at, VALUE_UTF16});
        if (!decoder_spend(x->k.d, tag_end - tag + 3 * (size_t)(end - at) + name.len))
            return;
    }
}

/* Takes pieces up to the next token of structure and writes them. `name`: of the element, p NULL in
 * an attribute. *any: was there a value that is not NULL? */
static bool pieces(struct xml *x, size_t tag, str name, bool *any)
{
    struct decoder *d = x->k.d;
    size_t first = d->step_count, tag_end = x->out->len;

    for (bool taken = true; taken;) {
        size_t before = x->out->len;
        if (!compiler_piece(&x->k, &taken))
            return false;
        if (d->step_count == first)
            continue;
        struct value v = step_value(x, &d->steps[first]);
        d->step_count = first;
        *any |= v.type != VALUE_NULL;
        if (v.type == VALUE_BINXML) {
            struct cursor c = {v.p, (const uint8_t *)v.p + v.len};
            size_t base = d->value_count;
            binxml_decode(d, c, (struct scope){AREA_ROOT, STR("")}, x->depth + 1);
            d->value_count = base;
        } else if (v.type == (VALUE_UTF16 | VALUE_ARRAY) && name.p) {
            put_strings(x, v, tag, tag_end, name);
        } else if (v.type != VALUE_NULL) {
            put_value(x->out, v);
            if (!spend(x, before))
                return false;
        }
    }
    return true;
}

static bool attribute(struct xml *x)
{
    size_t before = x->out->len;
    bool any = false;
    str name;

    x->k.c.p++;
    if (!compiler_name(&x->k, &name))
        return false;
    buf_char(x->out, ' ');
    put_name(x->out, name);
    buf_str(x->out, STR("=\""));
    if (!pieces(x, 0, (str){0}, &any))
        any = false;
    buf_char(x->out, '"');
    if (!any)
        x->out->len = before;
    return spend(x, before) && !x->k.why;
}

static bool instruction(struct xml *x)
{
    struct decoder *d = x->k.d;
    size_t first = d->step_count, before = x->out->len;
    str name;

    if (!compiler_instruction(&x->k, &name))
        return false;
    buf_str(x->out, STR("<?"));
    put_name(x->out, name);
    if (d->step_count > first) {
        buf_char(x->out, ' ');
        put_value(x->out, step_value(x, &d->steps[first]));
    }
    d->step_count = first;
    buf_str(x->out, STR("?>"));
    return spend(x, before);
}

static bool element(struct xml *x, unsigned depth);

static bool content(struct xml *x, size_t tag, str name, unsigned depth)
{
    for (;;) {
        bool any = false;
        if (!pieces(x, tag, name, &any))
            return false;
        unsigned token = cursor_left(&x->k.c) ? *x->k.c.p & ~(unsigned)TOKEN_MORE : TOKEN_END;
        if (token == TOKEN_CLOSE_ELEMENT) {
            x->k.c.p++;
            return true;
        }
        if (token == TOKEN_OPEN_ELEMENT ? !element(x, depth + 1)
                                        : token != TOKEN_PI_TARGET || !instruction(x))
            return compiler_fail(&x->k, "an element does not end");
    }
}

/* The element at the cursor. It is closed in any case, so that what comes out is well formed. */
static bool element(struct xml *x, unsigned depth)
{
    struct element_head head;
    size_t tag = x->out->len;
    const uint8_t *p;
    bool good = true;

    if (depth >= ELEMENT_DEPTH_MAX)
        return compiler_fail(&x->k, "elements are nested too deep");
    if (!compiler_head(&x->k, &head))
        return false;
    buf_char(x->out, '<');
    put_name(x->out, head.name);
    while (good && cursor_left(&x->k.c) &&
           (*x->k.c.p & ~(unsigned)TOKEN_MORE) == TOKEN_ATTRIBUTE)
        good = attribute(x);
    good = good && cursor_take(&x->k.c, 1, &p);
    if (good && *p == TOKEN_CLOSE_EMPTY) {
        buf_str(x->out, STR("/>"));
    } else {
        buf_char(x->out, '>');
        good = good && *p == TOKEN_CLOSE_START && content(x, tag, head.name, depth);
        buf_str(x->out, STR("</"));
        put_name(x->out, head.name);
        buf_char(x->out, '>');
    }
    bool there = head.depends_on == UINT16_MAX || head.depends_on >= x->count ||
                 x->k.d->values[x->base + head.depends_on].type != VALUE_NULL;
    good = good && decoder_spend(x->k.d, 2 * head.name.len + 8);
    if (!there)
        x->out->len = tag;
    return good;
}

void xml_template(struct decoder *d, struct cursor body, size_t base, size_t count, unsigned depth)
{
    struct xml x = {{.d = d, .c = body, .in_template = true}, d->rendering, base, count, depth};
    bool good = true;

    while (good && cursor_left(&x.k.c)) {
        unsigned token = *x.k.c.p & ~(unsigned)TOKEN_MORE;
        if (token == TOKEN_FRAGMENT && cursor_left(&x.k.c) >= FRAGMENT_HEADER_SIZE)
            x.k.c.p += FRAGMENT_HEADER_SIZE;
        else if (token == TOKEN_OPEN_ELEMENT)
            good = element(&x, 0);
        else
            good = token == TOKEN_PI_TARGET && instruction(&x);
    }
}

void xml_element(struct decoder *d, struct cursor *c, unsigned depth)
{
    struct xml x = {{.d = d, .c = *c}, d->rendering, 0, 0, depth};
    bool good = (*c->p & ~(unsigned)TOKEN_MORE) == TOKEN_PI_TARGET ? instruction(&x)
                                                                  : element(&x, 0);

    c->p = good ? x.k.c.p : c->end;
}

void xml_orphan(struct decoder *d, size_t base, size_t count)
{
    struct buf *out = d->rendering;

    buf_str(out, STR("<LostTemplate>"));
    for (size_t i = 0; i < count; i++) {
        struct value v = d->values[base + i];
        size_t before = out->len;
        if (v.type == VALUE_NULL || v.type == VALUE_BINXML)
            continue;
        buf_printf(out, "<Value Number=\"%zu\">", i);
        put_value(out, v);
        buf_str(out, STR("</Value>"));
        if (!decoder_spend(d, out->len - before))
            break;
    }
    buf_str(out, STR("</LostTemplate>"));
}
