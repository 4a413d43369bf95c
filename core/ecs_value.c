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

/* Unsigned integers, which most values are that are no texts. */
static inline bool is_unsigned(const struct field *f, uint64_t *v)
{
    const char *p = f->data;
    uint32_t wide;
    uint16_t half;

    if (f->type == VALUE_U32 && f->len == 4)
        *v = (memcpy(&wide, p, 4), wide);
    else if (f->type == VALUE_U16 && f->len == 2)
        *v = (memcpy(&half, p, 2), half);
    else if (f->type == VALUE_U8 && f->len == 1)
        *v = (uint8_t)*p;
    else if (f->type == VALUE_U64 && f->len == 8)
        memcpy(v, p, 8);
    else
        return false;
    return true;
}

/* Is the text of another value a JSON number or boolean? */
static bool is_number(const struct field *f)
{
    switch (f->type) {
    case VALUE_BOOL: return f->len == 1 || f->len == 4;
    case VALUE_I8: return f->len == 1;
    case VALUE_I16: return f->len == 2;
    case VALUE_I32: return f->len == 4;
    case VALUE_I64: return f->len == 8;
    default: return false;
    }
}

static inline uint64_t word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

/* SIDs recur, and take longer to spell than to find. */
static __attribute__((noinline)) char *put_sid(struct ecs_line *l, char *o, const struct field *f)
{
    const char *p = f->data;
    uint32_t len = f->len;

    if (len < 8 || len > 32)
        return value_write(o, field_value(f), UTF_JSON);
    const struct ecs_sid sid = {.len = len,
                                .first = word_at(p),
                                .second = len > 16 ? word_at(p + 8) : 0,
                                .third = len > 24 ? word_at(p + 16) : 0,
                                .last = word_at(p + len - 8)};
    uint64_t mixed = (sid.first ^ sid.second << 7 ^ sid.last) * UINT64_C(0x9e3779b97f4a7c15);
    struct ecs_sid *known = &l->w->sids[mixed >> 32 & (ECS_SIDS - 1)];
    if (known->len != len || known->first != sid.first || known->second != sid.second ||
        known->third != sid.third || known->last != sid.last) {
        char *end = value_write(o, field_value(f), UTF_JSON);
        *known = sid;
        known->text_len = (uint32_t)(end - o);
        memcpy(known->text, o, known->text_len);
        return end;
    }
    memcpy(o, known->text, sizeof known->text);
    return o + known->text_len;
}

static inline char *put_value(struct ecs_line *l, char *o, const struct field *f, bool number,
                              enum ecs_exact *exact)
{
    bool good = true;
    uint64_t v;

    o = ecs_room(l, o, value_room(f->len) + 2);
    if (number && is_unsigned(f, &v))
        return put_u64(o, v);
    if (number && is_number(f))
        return value_write(o, field_value(f), UTF_JSON);
    *o++ = '"';
    switch (f->type) {
    case VALUE_UTF16:
        o = utf16_write(o, f->data, f->len, UTF_JSON, &good);
        *exact = good ? *exact : EXACT_UTF16;
        break;
    case VALUE_TEXT:
        o = utf8_write(o, (str){f->data, f->len}, UTF_JSON, &good);
        *exact = good ? *exact : EXACT_BYTES;
        break;
    case VALUE_SID:
        o = put_sid(l, o, f);
        break;
    default:
        o = is_unsigned(f, &v) ? put_u64(o, v) : value_write(o, field_value(f), UTF_JSON);
    }
    *o++ = '"';
    return o;
}

char *ecs_put_value(struct ecs_line *l, char *o, const struct field *f, bool number,
                    enum ecs_exact *exact)
{
    return put_value(l, o, f, number, exact);
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
    o = put_value(l, o, f, h->what == HOLE_NUMBER, &exact);
    return exact ? put_exact(l, o, f, key, exact) : o;
}
