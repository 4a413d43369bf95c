/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and values of a line, and the walk through nested objects. */
#include "core/base64.h"
#include "core/ecs_line.h"

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

static bool utf16_whole(const unsigned char *p, size_t len)
{
    if (len & 1)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        if ((p[i + 1] & 0xf8) != 0xd8)
            continue;
        if (p[i + 1] & 4 || i + 3 >= len || (p[i + 3] & 0xfc) != 0xdc)
            return false;
        i += 2;
    }
    return true;
}

enum ecs_exact ecs_exact(const struct field *f)
{
    if (f->type == VALUE_TEXT)
        return utf8_valid((str){f->data, f->len}) ? EXACT_NONE : EXACT_BYTES;
    if (f->type == VALUE_UTF16)
        return utf16_whole(f->data, f->len) ? EXACT_NONE : EXACT_UTF16;
    return EXACT_NONE;
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

void ecs_put_value(struct json_out *j, const struct field *f)
{
    bool typed = f->group == FIELD_ECS || f->group == FIELD_OWN;

    if (!typed || !put_number(j, f))
        json_value(j, field_value(f));
}

void ecs_put_exact(struct json_out *j, const struct field *f)
{
    struct buf *b = ecs_raw(j);

    buf_char(b, '"');
    base64_add(b, f->data, f->len);
    buf_char(b, '"');
}

static void put_exact_group(struct json_out *j, str key, const struct field *const *group,
                            size_t count, bool array, enum ecs_exact kind)
{
    ecs_put_key(j, key, ecs_exact_suffix[kind]);
    if (array)
        json_array(j);
    for (size_t i = 0; i < count; i++)
        if (ecs_exact(group[i]) == kind)
            ecs_put_exact(j, group[i]);
        else
            json_null(j);
    if (array)
        json_array_end(j);
}

/* The fields of one name: a value, or an array of them. */
void ecs_put_group(struct json_out *j, str key, const struct field *const *group, size_t count,
                      bool array)
{
    bool found[3] = {false, false, false};

    ecs_put_key(j, key, "");
    if (array)
        json_array(j);
    for (size_t i = 0; i < count; i++) {
        ecs_put_value(j, group[i]);
        found[ecs_exact(group[i])] = true;
    }
    if (array)
        json_array_end(j);
    if (found[EXACT_BYTES])
        put_exact_group(j, key, group, count, array, EXACT_BYTES);
    if (found[EXACT_UTF16])
        put_exact_group(j, key, group, count, array, EXACT_UTF16);
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

/* The walk through nested objects. */

void ecs_leave(struct ecs_tree *t, struct json_out *j, unsigned depth)
{
    for (; t->depth > depth; t->depth--)
        json_object_end(j);
}

/* Leaves and enters objects until the parent of `path` is open; returns its last part. */
str ecs_enter(struct ecs_tree *t, struct json_out *j, str path)
{
    unsigned depth = 0;
    size_t at = 0;

    for (; depth < t->depth; depth++) {
        size_t end = t->ends[depth];
        if (path.len <= end || path.p[end] != t->sep || memcmp(path.p + at, t->path + at, end - at))
            break;
        at = end + 1;
    }
    ecs_leave(t, j, depth);
    for (;;) {
        str part = {path.p + at, path.len - at};
        size_t n = str_find_char(part, t->sep);
        if (n == part.len || t->depth == ECS_DEPTH_MAX) {
            t->path = path.p;
            return part;
        }
        ecs_put_key(j, str_head(part, n), "");
        json_object(j);
        at += n + 1;
        t->ends[t->depth++] = at - 1;
    }
}
