/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of fields. */
#include "core/base64.h"
#include "core/ecs_line.h"

const char *const ecs_exact_suffix[3] = {"", "_base64", "_utf16_base64"};

str ecs_field_name(const struct field *f)
{
    return (str){f->name, f->name_len};
}

char *ecs_grow(struct ecs_line *l, char *o, size_t need)
{
    struct buf *b = ecs_append(l, o);

    buf_reserve(b, need + l->room);
    l->end = b->p + b->cap;
    return b->p + b->len;
}

char *ecs_put_text(struct ecs_line *l, char *o, str text)
{
    bool good = true;

    o = ecs_room(l, o, utf_room(text.len, UTF_JSON) + 2);
    *o++ = '"';
    o = utf8_write(o, text, UTF_JSON, &good);
    *o++ = '"';
    return o;
}

/* Integers as numbers: for fields whose type ECS or we decide, not Windows. NULL: it is none. */
static char *put_number(char *o, const struct field *f)
{
    static const uint8_t sizes[] = {[VALUE_I8] = 1, [VALUE_U8] = 1, [VALUE_I16] = 2,
                                    [VALUE_U16] = 2, [VALUE_I32] = 4, [VALUE_U32] = 4,
                                    [VALUE_I64] = 8, [VALUE_U64] = 8};
    uint64_t v = 0;

    if (f->type == VALUE_BOOL && value_u64(field_value(f), &v)) {
        memcpy(o, v ? "true" : "false", 5);
        return o + (v ? 4 : 5);
    }
    if (f->type < VALUE_I8 || f->type > VALUE_U64 || f->len != sizes[f->type])
        return NULL;
    memcpy(&v, f->data, f->len);
    if (!(f->type & 1)) /* signed types are the odd ones: extend the sign */
        return put_u64(o, v);
    unsigned unused = 64 - 8 * f->len;
    return put_signed(o, (int64_t)(v << unused) >> unused);
}

char *ecs_put_value(struct ecs_line *l, char *o, const struct field *f, bool number,
                    enum ecs_exact *exact)
{
    bool good = true;
    char *end;

    o = ecs_room(l, o, value_room(f->len) + 2);
    if (number && (end = put_number(o, f)))
        return end;
    *o++ = '"';
    if (f->type == VALUE_UTF16) {
        o = utf16_write(o, f->data, f->len, UTF_JSON, &good);
        *exact = good ? *exact : EXACT_UTF16;
    } else if (f->type == VALUE_TEXT) {
        o = utf8_write(o, (str){f->data, f->len}, UTF_JSON, &good);
        *exact = good ? *exact : EXACT_BYTES;
    } else {
        o = value_write(o, field_value(f), UTF_JSON);
    }
    *o++ = '"';
    return o;
}

/* ---- exact bytes, and arrays ---- */

static bool takes_numbers(const struct field *f)
{
    return f->group == FIELD_ECS || f->group == FIELD_OWN;
}

static enum ecs_exact exact_of(struct ecs_line *l, const struct field *f)
{
    enum ecs_exact exact = EXACT_NONE;
    size_t len = l->out->len;

    ecs_put_value(l, ecs_appended(l), f, takes_numbers(f), &exact);
    l->out->len = len; /* only looked at */
    return exact;
}

static void put_base64(struct buf *b, const struct field *f)
{
    buf_char(b, '"');
    base64_add(b, f->data, f->len);
    buf_char(b, '"');
}

/* The suffix stands inside the quotes of the key. */
static void put_exact_key(struct buf *b, str key, enum ecs_exact exact)
{
    buf_char(b, ',');
    buf_add(b, key.p, key.len - 1);
    buf_str(b, str_of(ecs_exact_suffix[exact]));
    buf_add(b, "\":", 2);
}

static char *put_exact(struct ecs_line *l, char *o, const struct field *f, str key,
                       enum ecs_exact exact)
{
    struct buf *b = ecs_append(l, o);

    put_exact_key(b, key, exact);
    put_base64(b, f);
    return ecs_appended(l);
}

static char *put_exact_array(struct ecs_line *l, char *o, const struct ecs_hole *h, str key,
                             enum ecs_exact exact)
{
    struct buf *b = ecs_append(l, o);

    put_exact_key(b, key, exact);
    for (size_t i = 0; i < h->count; i++) {
        const struct field *f = &l->e->fields[l->plan->order[h->first + i]];
        buf_char(b, i ? ',' : '[');
        if (exact_of(l, f) == exact)
            put_base64(b, f);
        else
            buf_str(b, STR("null"));
    }
    buf_char(b, ']');
    return ecs_appended(l);
}

static char *put_array(struct ecs_line *l, char *o, const struct ecs_hole *h, str key)
{
    bool found[3] = {false, false, false};

    for (size_t i = 0; i < h->count; i++) {
        const struct field *f = &l->e->fields[l->plan->order[h->first + i]];
        enum ecs_exact exact = EXACT_NONE;
        o = ecs_room(l, o, 1);
        *o++ = i ? ',' : '[';
        o = ecs_put_value(l, o, f, takes_numbers(f), &exact);
        found[exact] = true;
    }
    *o++ = ']';
    for (enum ecs_exact exact = EXACT_BYTES; exact <= EXACT_UTF16; exact++)
        if (found[exact])
            o = put_exact_array(l, o, h, key, exact);
    return o;
}

char *ecs_put_fields(struct ecs_line *l, char *o, const struct ecs_hole *h, str key)
{
    enum ecs_exact exact = EXACT_NONE;

    if (h->what == HOLE_ARRAY)
        return put_array(l, o, h, key);
    const struct field *f = &l->e->fields[h->first];
    o = ecs_put_value(l, o, f, h->what == HOLE_NUMBER, &exact);
    return exact ? put_exact(l, o, f, key, exact) : o;
}
