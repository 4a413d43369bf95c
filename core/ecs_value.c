/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and values of a line. */
#include "core/base64.h"
#include "core/ecs_line.h"
#include "core/utf.h"

const char *const ecs_exact_suffix[3] = {"", "_base64", "_utf16_base64"};

str ecs_field_name(const struct field *f)
{
    return (str){f->name, f->name_len};
}

/* Nearly all keys are plain, and there are twenty in a line. */
void ecs_put_key(struct json_out *j, str key, const char *suffix)
{
    struct buf *b = j->buf;
    size_t i = 0;

    buf_reserve(b, key.len + 4);
    char *at = b->p + b->len, *start = at;
    if (j->comma)
        *at++ = ',';
    *at++ = '"';
    for (; i < key.len; i++) {
        unsigned char c = (unsigned char)key.p[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            break;
        *at++ = (char)c;
    }
    b->len += (size_t)(at - start);
    if (i < key.len)
        json_escape(str_skip(key, i), b);
    while (*suffix)
        buf_char(b, *suffix++);
    buf_add(b, "\":", 2);
    j->keyed = true;
}

/* Around a value that is written as bytes, inside an object or array. */
struct buf *ecs_raw(struct json_out *j)
{
    if (j->comma && !j->keyed)
        buf_char(j->buf, ',');
    j->keyed = false;
    j->comma = true;
    return j->buf;
}

/* Integers as numbers: for fields whose type ECS or we decide, not Windows. */
static bool put_number(struct json_out *j, const struct field *f)
{
    static const uint8_t sizes[] = {[VALUE_I8] = 1, [VALUE_U8] = 1, [VALUE_I16] = 2,
                                    [VALUE_U16] = 2, [VALUE_I32] = 4, [VALUE_U32] = 4,
                                    [VALUE_I64] = 8, [VALUE_U64] = 8};
    uint64_t v = 0;

    if (f->type == VALUE_BOOL && value_u64(field_value(f), &v)) {
        json_bool(j, v != 0);
        return true;
    }
    if (f->type < VALUE_I8 || f->type > VALUE_U64 || f->len != sizes[f->type])
        return false;
    memcpy(&v, f->data, f->len);
    if (f->type & 1) { /* signed types are the odd ones: extend the sign */
        unsigned unused = 64 - 8 * f->len;
        json_i64(j, (int64_t)(v << unused) >> unused);
    } else {
        json_u64(j, v);
    }
    return true;
}

/* Texts are nearly all that is written here, so they come first. */
enum ecs_exact ecs_put_value(struct json_out *j, const struct field *f)
{
    struct buf *b = j->buf;
    enum ecs_exact exact = EXACT_NONE;

    if (f->type == VALUE_UTF16 || f->type == VALUE_TEXT) {
        buf_char(ecs_raw(j), '"');
        if (f->type == VALUE_UTF16)
            exact = utf16_put(f->data, f->len, UTF_JSON, b) ? EXACT_NONE : EXACT_UTF16;
        else
            exact = utf8_put((str){f->data, f->len}, UTF_JSON, b) ? EXACT_NONE : EXACT_BYTES;
        buf_char(b, '"');
    } else if ((f->group != FIELD_ECS && f->group != FIELD_OWN) || !put_number(j, f)) {
        json_value(j, field_value(f));
    }
    return exact;
}

void ecs_put_exact(struct json_out *j, const struct field *f)
{
    struct buf *b = ecs_raw(j);

    buf_char(b, '"');
    base64_add(b, f->data, f->len);
    buf_char(b, '"');
}

static bool is_exact(const struct field *f, enum ecs_exact kind)
{
    struct buf nowhere = {0};
    struct json_out j = {.buf = &nowhere};
    bool is = ecs_put_value(&j, f) == kind;

    buf_free(&nowhere);
    return is;
}

static void put_exact_group(struct json_out *j, str key, const struct field *fields,
                            const uint16_t *which, size_t count, bool array, enum ecs_exact kind)
{
    struct buf *b = j->buf;

    buf_char(b, ',');
    buf_add(b, key.p, key.len - 1); /* the suffix stands inside of the quotes */
    buf_str(b, str_of(ecs_exact_suffix[kind]));
    buf_add(b, "\":", 2);
    j->keyed = true;
    if (array)
        json_array(j);
    for (size_t i = 0; i < count; i++)
        if (is_exact(&fields[which[i]], kind))
            ecs_put_exact(j, &fields[which[i]]);
        else
            json_null(j);
    if (array)
        json_array_end(j);
}

void ecs_put_group(struct json_out *j, str key, const struct field *fields, const uint16_t *which,
                   size_t count, bool array)
{
    bool found[3] = {false, false, false};

    if (!array) {
        found[ecs_put_value(j, &fields[*which])] = true;
    } else {
        json_array(j);
        for (size_t i = 0; i < count; i++)
            found[ecs_put_value(j, &fields[which[i]])] = true;
        json_array_end(j);
    }
    if (found[EXACT_BYTES])
        put_exact_group(j, key, fields, which, count, array, EXACT_BYTES);
    if (found[EXACT_UTF16])
        put_exact_group(j, key, fields, which, count, array, EXACT_UTF16);
}

void ecs_put_hex(struct json_out *j, uint64_t v)
{
    struct buf *b = ecs_raw(j);

    buf_str(b, STR("\"0x"));
    buf_hex(b, v);
    buf_char(b, '"');
}

void ecs_put_addr(struct json_out *j, const struct addr *a)
{
    struct buf *b = ecs_raw(j);

    buf_char(b, '"');
    addr_text(a, b);
    buf_char(b, '"');
}

void ecs_put_uid(struct json_out *j, struct uid uid)
{
    const uint64_t halves[2] = {uid.hi, uid.lo};
    char hex[34] = {'"', [33] = '"'};

    for (unsigned i = 0; i < 32; i++)
        hex[i + 1] = "0123456789abcdef"[halves[i / 16] >> (60 - i % 16 * 4) & 15];
    buf_add(ecs_raw(j), hex, sizeof hex);
}
