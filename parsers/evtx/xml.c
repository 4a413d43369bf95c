/* SPDX-License-Identifier: Apache-2.0
 *
 * A record's tree as XML, one line of it, which is a document whatever the file says: names are
 * made of characters that XML allows, and a damaged record without a root gets one. */
#include "parsers/evtx/tree.h"

#include "core/value.h"

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

static bool is_letter(char c)
{
    return (char_lower(c) >= 'a' && char_lower(c) <= 'z') || c == '_';
}

/* A part of a name, or a name without prefix. */
static void put_local(struct buf *out, str name)
{
    if (name.len == 0 || !is_letter(name.p[0]))
        buf_char(out, '_');
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        buf_char(out, is_letter(c) || char_is_digit(c) || c == '-' || c == '.' ? c : '_');
    }
}

static void put_name(struct buf *out, str name)
{
    size_t colon = str_find_char(name, ':');

    if (colon > 0 && colon + 1 < name.len) {
        put_local(out, str_head(name, colon));
        buf_char(out, ':');
        name = str_skip(name, colon + 1);
    }
    put_local(out, name);
}

/* Of a processing instruction: without colons, and not "xml" (XML 1.0, 2.6; XML names, 7). */
static void put_target(struct buf *out, str name)
{
    if (str_eq_nocase(name, STR("xml")))
        buf_char(out, '_');
    put_local(out, name);
}

static void put_value(struct buf *out, struct value v)
{
    struct buf text = {0};

    value_text(v, &text);
    put_escaped(out, buf_view(&text));
    buf_free(&text);
}

static size_t put_values(struct decoder *d, size_t at, size_t end, struct buf *out)
{
    for (; at < end; at++) {
        struct value v = d->nodes[at].value;
        if (v.type != VALUE_NULL && decoder_spend(d, 3 * (size_t)v.len))
            put_value(out, v);
    }
    return at;
}

/* An attribute is there when one of its values is, and once: the start tag begins at out[tag], and
 * in values ` NAME="` is escaped. */
static void put_attribute(struct decoder *d, size_t at, size_t tag, struct buf *out)
{
    const struct node *n = &d->nodes[at];
    size_t before = out->len;
    bool any = false;

    for (size_t i = at + 1; i < n->end; i++)
        any |= d->nodes[i].value.type != VALUE_NULL;
    if (!any)
        return;
    buf_char(out, ' ');
    put_name(out, n->name);
    buf_str(out, STR("=\""));
    if (memmem(out->p + tag, before - tag, out->p + before, out->len - before)) {
        out->len = before;
        return;
    }
    put_values(d, at + 1, n->end, out);
    buf_char(out, '"');
}

static void put_instruction(struct decoder *d, size_t at, struct buf *out)
{
    const struct node *n = &d->nodes[at];

    buf_str(out, STR("<?"));
    put_target(out, n->name);
    if (d->nodes[at + 1].value.type != VALUE_NULL) {
        buf_char(out, ' ');
        put_values(d, at + 1, n->end, out);
    }
    buf_str(out, STR("?>"));
}

/* Writes the node at `at`, and returns where the next one lies. */
static size_t put_node(struct decoder *d, size_t at, struct buf *out)
{
    const struct node *n = &d->nodes[at];
    size_t i = at + 1, tag = out->len;

    if (!decoder_spend(d, 2 * n->name.len + 8))
        return n->end;
    if (n->kind == NODE_VALUE)
        return put_values(d, at, at + 1, out);
    if (n->kind == NODE_INSTRUCTION) {
        put_instruction(d, at, out);
        return n->end;
    }
    buf_char(out, '<');
    put_name(out, n->name);
    for (; i < n->end && d->nodes[i].kind == NODE_ATTRIBUTE; i = d->nodes[i].end)
        put_attribute(d, i, tag, out);
    if (i == n->end) {
        buf_str(out, STR("/>"));
        return i;
    }
    buf_char(out, '>');
    while (i < n->end)
        i = put_node(d, i, out);
    buf_str(out, STR("</"));
    put_name(out, n->name);
    buf_char(out, '>');
    return n->end;
}

static bool has_one_root(const struct decoder *d)
{
    size_t roots = 0;

    for (size_t at = 0; at < d->node_count; at = d->nodes[at].end)
        roots += d->nodes[at].kind == NODE_ELEMENT;
    return roots == 1;
}

bool xml_write(struct decoder *d, struct buf *out)
{
    bool wrapped = d->node_count > 0 && !has_one_root(d);
    size_t at = 0;

    if (wrapped)
        buf_str(out, STR("<Damaged>"));
    while (at < d->node_count)
        at = put_node(d, at, out);
    if (wrapped)
        buf_str(out, STR("</Damaged>"));
    return decoder_spend(d, 0);
}
