/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens of XML, one a call. */
#include "parsers/xml.h"

#include "core/utf.h"

/* "#10;", "#x0a;", "amp;" behind the '&'. False: not a reference, the '&' stands for itself. */
static bool take_reference(str *s, struct buf *out)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    str rest = *s;
    uint64_t code;
    char utf8[4];

    for (size_t i = 0; i < array_len(entities); i++)
        if (str_take(s, str_of(entities[i].name))) {
            buf_char(out, entities[i].c);
            return true;
        }
    if (!str_take_char(&rest, '#') ||
        !(str_take_char(&rest, 'x') ? str_take_hex(&rest, &code) : str_take_u64(&rest, &code)) ||
        !str_take_char(&rest, ';') || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return false;
    buf_add(out, utf8, utf8_encode((uint32_t)code, utf8));
    *s = rest;
    return true;
}

static str decoded(struct xml *x, str s)
{
    struct buf out = {0};

    if (str_find_char(s, '&') == s.len)
        return s;
    while (s.len) {
        size_t plain = str_find_char(s, '&');
        buf_str(&out, str_head(s, plain));
        s = str_skip(s, plain);
        if (str_take_char(&s, '&') && !take_reference(&s, &out))
            buf_char(&out, '&');
    }
    str text = arena_str(x->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

static void skip_space(struct xml *x)
{
    while (x->rest.len && char_is_space(x->rest.p[0]))
        x->rest = str_skip(x->rest, 1);
}

static bool take_name(struct xml *x)
{
    size_t n = 0;

    while (n < x->rest.len && !char_is_space(x->rest.p[n]) && !memchr("<>/='\"", x->rest.p[n], 6))
        n++;
    return str_take_n(&x->rest, n, &x->name) && n > 0;
}

static enum xml_token next_in_tag(struct xml *x)
{
    skip_space(x);
    if (str_take(&x->rest, STR("/>"))) {
        x->in_tag = false;
        return XML_CLOSE;
    }
    if (!take_name(x))
        return XML_BAD;
    skip_space(x);
    if (!str_take_char(&x->rest, '='))
        return XML_BAD;
    skip_space(x);
    char quote = x->rest.len ? x->rest.p[0] : '\0';
    if ((quote != '"' && quote != '\'') || !str_take_char(&x->rest, quote) ||
        !str_take_until(&x->rest, quote, &x->value))
        return XML_BAD;
    x->value = decoded(x, x->value);
    return XML_ATTRIBUTE;
}

/* Comments, processing instructions, declarations. */
static bool pass_over(struct xml *x, bool *good)
{
    str ignored;

    *good = true;
    if (str_take(&x->rest, STR("<!--")))
        *good = str_take_until_str(&x->rest, STR("-->"), &ignored);
    else if (str_take(&x->rest, STR("<?")))
        *good = str_take_until_str(&x->rest, STR("?>"), &ignored);
    else if (str_take(&x->rest, STR("<!")))
        *good = str_take_until(&x->rest, '>', &ignored);
    else
        return false;
    return true;
}

static enum xml_token next_outside(struct xml *x)
{
    if (str_take(&x->rest, STR("<![CDATA[")))
        return str_take_until_str(&x->rest, STR("]]>"), &x->value) ? XML_TEXT : XML_BAD;
    if (str_take(&x->rest, STR("</")))
        return str_take_until(&x->rest, '>', &x->name) ? XML_CLOSE : XML_BAD;
    if (str_take_char(&x->rest, '<')) {
        x->in_tag = true;
        return take_name(x) ? XML_OPEN : XML_BAD;
    }
    x->value = str_head(x->rest, str_find_char(x->rest, '<'));
    x->rest = str_skip(x->rest, x->value.len);
    x->value = decoded(x, x->value);
    return XML_TEXT;
}

enum xml_token xml_next(struct xml *x)
{
    bool good;

    for (;;) {
        if (x->in_tag) {
            skip_space(x);
            if (!str_take_char(&x->rest, '>'))
                return next_in_tag(x);
            x->in_tag = false;
        }
        if (x->rest.len == 0)
            return XML_DONE;
        if (str_starts(x->rest, STR("<![CDATA[")) || !pass_over(x, &good))
            return next_outside(x);
        if (!good)
            return XML_BAD;
    }
}
