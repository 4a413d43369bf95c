/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON emitter. Which characters are escaped says core/utf.c. */
#include "core/json.h"
#include "core/utf.h"

static void new_line(struct json_out *j)
{
    size_t spaces = (size_t)j->indent * j->depth;

    if (j->indent == 0)
        return;
    buf_reserve(j->buf, spaces + 1);
    j->buf->p[j->buf->len++] = '\n';
    memset(j->buf->p + j->buf->len, ' ', spaces);
    j->buf->len += spaces;
}

/* What stands before a key, or before a value without one. */
static void item(struct json_out *j)
{
    if (j->keyed) {
        j->keyed = false;
        return;
    }
    if (j->comma)
        buf_char(j->buf, ',');
    if (j->depth > 0)
        new_line(j);
}

/* What follows a value: outside of everything the next one is a document of its own. */
static void item_end(struct json_out *j)
{
    j->comma = j->depth > 0;
}

static void open(struct json_out *j, char bracket)
{
    item(j);
    buf_char(j->buf, bracket);
    j->depth++;
    j->comma = false;
}

static void close(struct json_out *j, char bracket)
{
    j->depth--;
    if (j->comma) /* an empty one stays on its line */
        new_line(j);
    buf_char(j->buf, bracket);
    item_end(j);
}

void json_object(struct json_out *j)
{
    open(j, '{');
}

void json_object_end(struct json_out *j)
{
    close(j, '}');
}

void json_array(struct json_out *j)
{
    open(j, '[');
}

void json_array_end(struct json_out *j)
{
    close(j, ']');
}

void json_key(struct json_out *j, str key)
{
    item(j);
    buf_char(j->buf, '"');
    utf8_put(key, UTF_JSON, j->buf);
    if (j->indent)
        buf_add(j->buf, "\": ", 3);
    else
        buf_add(j->buf, "\":", 2);
    j->keyed = true;
}

void json_str(struct json_out *j, str value)
{
    item(j);
    buf_char(j->buf, '"');
    utf8_put(value, UTF_JSON, j->buf);
    buf_char(j->buf, '"');
    item_end(j);
}

void json_u64(struct json_out *j, uint64_t value)
{
    item(j);
    buf_u64(j->buf, value);
    item_end(j);
}

void json_i64(struct json_out *j, int64_t value)
{
    item(j);
    buf_i64(j->buf, value);
    item_end(j);
}

void json_fixed2(struct json_out *j, double value)
{
    if (value - value != 0) { /* JSON has no infinity and no NaN */
        json_null(j);
        return;
    }
    item(j);
    buf_printf(j->buf, "%.2f", value);
    item_end(j);
}

void json_bool(struct json_out *j, bool value)
{
    json_raw(j, value ? STR("true") : STR("false"));
}

void json_null(struct json_out *j)
{
    json_raw(j, STR("null"));
}

void json_raw(struct json_out *j, str json)
{
    item(j);
    buf_str(j->buf, json);
    item_end(j);
}

void json_pair(struct json_out *j, str key, str value)
{
    json_key(j, key);
    json_str(j, value);
}

void json_pair_opt(struct json_out *j, str key, str value)
{
    if (value.len)
        json_pair(j, key, value);
}

void json_pair_u64(struct json_out *j, str key, uint64_t value)
{
    json_key(j, key);
    json_u64(j, value);
}

void json_value(struct json_out *j, struct value v)
{
    item(j);
    buf_char(j->buf, '"');
    value_json(v, j->buf);
    buf_char(j->buf, '"');
    item_end(j);
}

void json_escape(str s, struct buf *b)
{
    utf8_put(s, UTF_JSON, b);
}
