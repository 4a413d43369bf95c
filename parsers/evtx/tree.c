/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens and values to nodes. An element whose value is not there is left out when the template
 * says so (dependency id); an array of texts repeats its element, as Windows does.
 *
 * What a record costs of the budget depends on its tokens and values alone, not on what was met
 * before in the chunk: plan.c charges the same without building the tree. */
#include "parsers/evtx/tree.h"

#include "parsers/evtx/compile.h"

struct builder {
    struct compiler k;
    size_t base, count; /* values of the template instance */
    unsigned depth;     /* of documents in values */
};

struct open_element {
    size_t at, inside; /* the node, and the one behind its attributes */
};

bool value_is_void(struct value v)
{
    return v.type == VALUE_NULL || v.len == 0;
}

uint32_t text_end(struct value v, uint32_t at)
{
    const uint8_t *p = v.p;

    while (at + 2 <= v.len && le16(p + at) != 0)
        at += 2;
    return at + 2 <= v.len ? at : v.len;
}

/* ---- nodes ---- */

static bool add_node(struct decoder *d, struct node node)
{
    if (!decoder_spend(d, sizeof node))
        return false;
    if (d->node_count == d->node_cap)
        d->nodes = vec_grow(d->nodes, &d->node_cap, d->node_count + 1, sizeof node);
    node.end = (uint32_t)d->node_count + 1;
    d->nodes[d->node_count++] = node;
    return true;
}

static void end_node(struct decoder *d, size_t at)
{
    d->nodes[at].end = (uint32_t)d->node_count;
}

static bool add_value(struct builder *b, struct value v, uint32_t slot, bool item)
{
    return add_node(b->k.d, (struct node){.kind = NODE_VALUE, .value = v, .slot = slot,
                                          .item = item});
}

static bool open_named(struct builder *b, enum node_kind kind, str name, size_t *at)
{
    *at = b->k.d->node_count;
    return add_node(b->k.d, (struct node){.kind = (uint8_t)kind, .name = name});
}

/* ---- pieces of content ---- */

static struct value step_value(const struct builder *b, const struct step *s, uint32_t *slot)
{
    *slot = 0;
    if (s->source == FROM_CONSTANT)
        return (struct value){s->data, s->len, s->type};
    if (s->source == FROM_VALUE && s->index < b->count) {
        *slot = (uint32_t)(b->base + s->index) + 1;
        return b->k.d->values[b->base + s->index];
    }
    return (struct value){"", 0, VALUE_NULL};
}

/* The element once more, with its attributes. */
static bool repeat_element(struct decoder *d, struct open_element *open)
{
    size_t from = open->at, inside = open->inside;

    end_node(d, from);
    open->at = d->node_count;
    for (size_t i = from; i < inside; i++) {
        uint32_t end = d->nodes[i].end;
        if (!add_node(d, d->nodes[i]))
            return false;
        if (i > from)
            d->nodes[d->node_count - 1].end = (uint32_t)(open->at + (end - from));
    }
    open->inside = d->node_count;
    return true;
}

static bool add_texts(struct builder *b, struct value v, uint32_t slot, struct open_element *open)
{
    const uint8_t *p = v.p;

    for (uint32_t at = 0, end; at < v.len; at = end + 2) {
        end = text_end(v, at);
        if ((at > 0 && !repeat_element(b->k.d, open)) ||
            !add_value(b, (struct value){p + at, end - at, VALUE_UTF16}, slot, true))
            return false;
    }
    return true;
}

static void add_document(struct builder *b, struct value v)
{
    struct decoder *d = b->k.d;
    const uint8_t *p = v.p;
    size_t base = d->value_count;

    binxml_decode(d, (struct cursor){p, p + v.len}, (struct scope){AREA_ROOT, STR("")},
                  b->depth + 1);
    d->value_count = base;
}

/* Takes pieces up to the next token of structure. `open` is NULL in an attribute. */
static bool pieces(struct builder *b, struct open_element *open)
{
    struct decoder *d = b->k.d;
    size_t first = d->step_count;
    uint32_t slot;

    for (bool taken = true; taken;) {
        if (!compiler_piece(&b->k, &taken))
            return false;
        if (d->step_count == first)
            continue;
        struct value v = step_value(b, &d->steps[first], &slot);
        d->step_count = first;
        bool good = true;
        if (v.type == VALUE_BINXML && open)
            add_document(b, v);
        else if (v.type == (VALUE_UTF16 | VALUE_ARRAY) && open && v.len)
            good = add_texts(b, v, slot, open);
        else
            good = add_value(b, v, slot, false);
        if (!good)
            return false;
    }
    return true;
}

/* ---- elements ---- */

static bool attribute(struct builder *b)
{
    size_t at;
    str name;

    b->k.c.p++;
    if (!compiler_name(&b->k, &name) || !open_named(b, NODE_ATTRIBUTE, name, &at))
        return false;
    bool good = pieces(b, NULL);
    end_node(b->k.d, at);
    return good;
}

static bool instruction(struct builder *b)
{
    struct decoder *d = b->k.d;
    size_t first = d->step_count, at;
    uint32_t slot;
    str name;

    if (!compiler_instruction(&b->k, &name))
        return false;
    struct value v = {"", 0, VALUE_NULL};
    if (d->step_count > first)
        v = step_value(b, &d->steps[first], &slot);
    d->step_count = first;
    if (!open_named(b, NODE_INSTRUCTION, name, &at) || !add_value(b, v, 0, false))
        return false;
    end_node(d, at);
    return true;
}

static bool element(struct builder *b, unsigned depth);

static bool content(struct builder *b, struct open_element *open, unsigned depth)
{
    for (;;) {
        if (!pieces(b, open))
            return false;
        unsigned token = cursor_left(&b->k.c) ? *b->k.c.p & ~(unsigned)TOKEN_MORE : TOKEN_END;
        if (token == TOKEN_CLOSE_ELEMENT) {
            b->k.c.p++;
            return true;
        }
        if (token == TOKEN_OPEN_ELEMENT ? !element(b, depth + 1)
                                        : token != TOKEN_PI_TARGET || !instruction(b))
            return compiler_fail(&b->k, "an element does not end");
    }
}

/* The element at the cursor. It is closed in any case. */
static bool element(struct builder *b, unsigned depth)
{
    struct decoder *d = b->k.d;
    struct element_head head;
    struct open_element open;
    const uint8_t *p;
    bool good = true;

    if (depth >= ELEMENT_DEPTH_MAX)
        return compiler_fail(&b->k, "elements are nested too deep");
    if (!compiler_head(&b->k, &head) || !open_named(b, NODE_ELEMENT, head.name, &open.at))
        return false;
    size_t first = open.at;
    while (good && cursor_left(&b->k.c) &&
           (*b->k.c.p & ~(unsigned)TOKEN_MORE) == TOKEN_ATTRIBUTE)
        good = attribute(b);
    open.inside = d->node_count;
    if (good && !cursor_take(&b->k.c, 1, &p))
        good = compiler_fail(&b->k, "an element is cut off");
    if (good && *p == TOKEN_CLOSE_START)
        good = content(b, &open, depth);
    else if (good && *p != TOKEN_CLOSE_EMPTY)
        good = compiler_fail(&b->k, "an unknown token in an element");
    end_node(d, open.at);
    bool there = head.depends_on == UINT16_MAX || head.depends_on >= b->count ||
                 d->values[b->base + head.depends_on].type != VALUE_NULL;
    if (!there)
        d->node_count = first;
    return good;
}

/* ---- documents ---- */

static void tell(struct builder *b, bool good)
{
    if (!good)
        decoder_fail(b->k.d, b->k.why ? b->k.why : "the chunk expands beyond all bounds");
}

void tree_template(struct decoder *d, struct cursor body, size_t base, size_t count,
                   unsigned depth)
{
    struct builder b = {{.d = d, .c = body, .in_template = true}, base, count, depth};
    bool good = true;

    while (good && cursor_left(&b.k.c)) {
        unsigned token = *b.k.c.p & ~(unsigned)TOKEN_MORE;
        if (token == TOKEN_END)
            break;
        if (token == TOKEN_FRAGMENT && cursor_left(&b.k.c) >= FRAGMENT_HEADER_SIZE)
            b.k.c.p += FRAGMENT_HEADER_SIZE;
        else if (token == TOKEN_OPEN_ELEMENT)
            good = element(&b, 0);
        else
            good = (token == TOKEN_PI_TARGET && instruction(&b)) ||
                   compiler_fail(&b.k, "an unknown token in a template");
    }
    tell(&b, good);
}

void tree_element(struct decoder *d, struct cursor *c, unsigned depth)
{
    struct builder b = {{.d = d, .c = *c}, 0, 0, depth};
    bool good = (*c->p & ~(unsigned)TOKEN_MORE) == TOKEN_PI_TARGET ? instruction(&b)
                                                                  : element(&b, 0);

    c->p = good ? b.k.c.p : c->end;
    tell(&b, good);
}

static bool orphan_value(struct builder *b, size_t index)
{
    struct decoder *d = b->k.d;
    str number = arena_printf(&d->out->arena, "%zu", index);
    size_t element_at, attribute_at;

    if (!decoder_spend(d, number.len) || !open_named(b, NODE_ELEMENT, STR("Value"), &element_at) ||
        !open_named(b, NODE_ATTRIBUTE, STR("Number"), &attribute_at) ||
        !add_value(b, value_of(number), 0, false))
        return false;
    end_node(d, attribute_at);
    bool good = add_value(b, d->values[b->base + index], 0, false);
    end_node(d, element_at);
    return good;
}

void tree_orphan(struct decoder *d, size_t base, size_t count)
{
    struct builder b = {{.d = d}, base, count, 0};
    size_t at;

    if (!open_named(&b, NODE_ELEMENT, STR("LostTemplate"), &at))
        return;
    for (size_t i = 0; i < count; i++) {
        uint8_t type = d->values[base + i].type;
        if (type != VALUE_NULL && type != VALUE_BINXML && !orphan_value(&b, i))
            break;
    }
    end_node(d, at);
}

bool tree_build(struct decoder *d, struct cursor document)
{
    d->node_count = 0;
    d->value_count = 0;
    d->any = false;
    d->building = true;
    bool good = binxml_decode(d, document, (struct scope){AREA_ROOT, STR("")}, 0);
    d->building = false;
    return good && !d->why;
}
