/* SPDX-License-Identifier: Apache-2.0
 *
 * A record's tree as JSON, one line of it, in the form that `evtx_dump -o jsonl` (the Rust package
 * evtx) made common: elements are members, attributes stand in "#attributes", text beside other
 * things in "#text"; integers and booleans are bare; what is empty is null, in Data "". Members of
 * one name get _1, _2 ... behind theirs. EventData and UserData lie flat: a Data with a Name is a
 * member of that name, neighbours of one name are an array, and Data without names become
 * "Data":{"#text":[...]}.
 *
 * Where the text of a value lies in the line is kept in d->marks: plan.c makes the lines of the
 * records of the same shape from that. */
#include "parsers/evtx/json.h"

#include "core/json.h"
#include "core/value.h"

enum { MEMBER_NAMES = 32 };

struct member_names { /* of an object, the first ones */
    str names[MEMBER_NAMES];
    unsigned copies[MEMBER_NAMES];
    unsigned count;
};

char *json_write_value(char *at, struct value v)
{
    return v.type & VALUE_ARRAY ? value_write_list(at, v, STR(",")) : value_write(at, v, UTF_JSON);
}

size_t json_texts_room(struct value v)
{
    size_t cost = 0;

    for (uint32_t at = 0, end; at < v.len; at = end + 2) {
        end = text_end(v, at);
        cost += value_room(end - at) + (at > 0 ? 2 * sizeof(struct node) : 0);
    }
    return cost;
}

char *json_write_texts(char *o, struct value v)
{
    const uint8_t *p = v.p;
    bool several = text_end(v, 0) + 2 < v.len;

    if (several)
        *o++ = '[';
    for (uint32_t at = 0, end; at < v.len; at = end + 2) {
        if (at > 0)
            *o++ = ',';
        end = text_end(v, at);
        *o++ = '"';
        o = json_write_value(o, (struct value){p + at, end - at, VALUE_UTF16});
        *o++ = '"';
    }
    if (several)
        *o++ = ']';
    return o;
}

/* ---- the tree ---- */

static size_t attributes_end(const struct decoder *d, size_t at)
{
    size_t i = at + 1;

    while (i < d->nodes[at].end && d->nodes[i].kind == NODE_ATTRIBUTE)
        i = d->nodes[i].end;
    return i;
}

/* The first value with text from `from` on, else `end`; what is in elements does not count. */
static size_t next_text(const struct decoder *d, size_t from, size_t end)
{
    for (size_t i = from; i < end; i = d->nodes[i].end)
        if (d->nodes[i].kind == NODE_VALUE && !value_is_void(d->nodes[i].value))
            return i;
    return end;
}

static size_t next_element(const struct decoder *d, size_t from, size_t end)
{
    while (from < end && d->nodes[from].kind != NODE_ELEMENT)
        from = d->nodes[from].end;
    return from;
}

static bool has_text(const struct decoder *d, size_t from, size_t end)
{
    return next_text(d, from, end) < end;
}

/* The next attribute with text from `from` on, else `end`. */
static size_t next_attribute(const struct decoder *d, size_t from, size_t end)
{
    while (from < end && !has_text(d, from + 1, d->nodes[from].end))
        from = d->nodes[from].end;
    return from;
}

/* The Name of a Data element, 0 when it is another element, has no name or other attributes. */
static size_t name_of_data(const struct decoder *d, size_t at)
{
    size_t end = attributes_end(d, at), first = next_attribute(d, at + 1, end);

    if (!str_eq(d->nodes[at].name, STR("Data")) || first == end ||
        !str_eq(d->nodes[first].name, STR("Name")) ||
        next_attribute(d, d->nodes[first].end, end) < end)
        return 0;
    return first;
}

static bool is_bare_data(const struct decoder *d, size_t at)
{
    size_t end = attributes_end(d, at);

    return str_eq(d->nodes[at].name, STR("Data")) && next_attribute(d, at + 1, end) == end;
}

/* Are these two Data of one name? */
static bool share_name(const struct decoder *d, size_t a, size_t b)
{
    size_t x = name_of_data(d, a), y = name_of_data(d, b);

    if (!x || !y || d->nodes[x].end - x != d->nodes[y].end - y)
        return false;
    for (size_t n = d->nodes[x].end - x, i = 1; i < n; i++) {
        struct value v = d->nodes[x + i].value, w = d->nodes[y + i].value;
        if (v.len != w.len || v.type != w.type || memcmp(v.p, w.p, v.len) != 0)
            return false;
    }
    return true;
}

/* ---- values ---- */

/* `at`: in the buffer; json_write makes it the place in the line. */
static void mark(struct decoder *d, size_t at, size_t len, uint32_t slot, bool texts)
{
    d->marks = vec_grow(d->marks, &d->mark_cap, d->mark_count + 1, sizeof *d->marks);
    d->marks[d->mark_count++] =
        (struct mark){(uint32_t)at, (uint32_t)len, slot - 1, texts};
}

static void put_value(struct decoder *d, const struct node *n, struct buf *out)
{
    size_t before = out->len;

    if (!decoder_spend(d, value_room(n->value.len)))
        return;
    buf_reserve(out, value_room(n->value.len));
    char *at = out->p + out->len;
    out->len = (size_t)(json_write_value(at, n->value) - out->p);
    if (n->slot)
        mark(d, before, out->len - before, n->slot, false);
    d->irregular |= n->item;
}

static bool is_bare(struct value v)
{
    return value_fits(v) && ((v.type >= VALUE_I8 && v.type <= VALUE_U64) || v.type == VALUE_BOOL);
}

/* The texts between `from` and `end` as one value: a number or a boolean that stands alone is bare,
 * all else a string. */
static void put_text(struct decoder *d, size_t from, size_t end, struct buf *out)
{
    size_t first = next_text(d, from, end);

    if (first < end && is_bare(d->nodes[first].value) && !has_text(d, first + 1, end)) {
        put_value(d, &d->nodes[first], out);
        return;
    }
    buf_char(out, '"');
    for (size_t i = first; i < end; i = next_text(d, i + 1, end))
        put_value(d, &d->nodes[i], out);
    buf_char(out, '"');
}

/* ---- members ---- */

static void comma(struct buf *out)
{
    if (out->p[out->len - 1] != '{')
        buf_char(out, ',');
}

static void put_key_end(unsigned copies, struct buf *out)
{
    if (copies) {
        buf_char(out, '_');
        buf_u64(out, copies);
    }
    buf_add(out, "\":", 2);
}

static void put_attributes(struct decoder *d, size_t from, size_t end, struct buf *out)
{
    buf_str(out, STR("\"#attributes\":{"));
    for (size_t i = next_attribute(d, from, end); i < end;
         i = next_attribute(d, d->nodes[i].end, end)) {
        comma(out);
        buf_char(out, '"');
        json_escape(d->nodes[i].name, out);
        put_key_end(0, out);
        put_text(d, i + 1, d->nodes[i].end, out);
    }
    buf_char(out, '}');
}

static void put_members(struct decoder *d, size_t from, size_t end, bool flat, struct buf *out);

/* The content of the element at `at`. `data`: it is a Data whose Name, if any, is its key. */
static void put_element(struct decoder *d, size_t at, bool data, struct buf *out)
{
    size_t end = d->nodes[at].end, inside = attributes_end(d, at);
    str name = d->nodes[at].name;
    bool text = has_text(d, inside, end), elements = next_element(d, inside, end) < end;
    bool attributes = !data && next_attribute(d, at + 1, inside) < inside;

    if (!text && !elements && !attributes) {
        buf_str(out, data ? STR("\"\"") : STR("null"));
    } else if (!elements && !attributes) {
        put_text(d, inside, end, out);
    } else {
        buf_char(out, '{');
        if (attributes)
            put_attributes(d, at + 1, inside, out);
        if (text) {
            comma(out);
            buf_str(out, STR("\"#text\":"));
            put_text(d, inside, end, out);
        }
        put_members(d, inside, end,
                    str_eq(name, STR("EventData")) || str_eq(name, STR("UserData")), out);
        buf_char(out, '}');
    }
}

static size_t next_bare_data(const struct decoder *d, size_t from, size_t end)
{
    while ((from = next_element(d, from, end)) < end && !is_bare_data(d, from))
        from = d->nodes[from].end;
    return from;
}

/* The array of texts that made the element at `at`, which holds nothing else; 0: none did. */
static uint32_t array_of(const struct decoder *d, size_t at)
{
    bool made = at + 2 == d->nodes[at].end && d->nodes[at + 1].item;

    return made ? d->nodes[at + 1].slot : 0;
}

/* The Data without names, of which the first is at `at`. When one array made them all, their text
 * is that of one value. */
static void put_unnamed(struct decoder *d, size_t at, size_t end, struct buf *out)
{
    bool irregular = d->irregular;
    size_t marks = d->mark_count, count = 0;
    uint32_t array = array_of(d, at);

    for (size_t i = at; i < end; i = next_bare_data(d, d->nodes[i].end, end)) {
        array = array_of(d, i) == array ? array : 0;
        count++;
    }
    buf_str(out, STR("\"Data\":{\"#text\":"));
    size_t start = out->len;
    if (count > 1)
        buf_char(out, '[');
    for (size_t i = at; i < end; i = next_bare_data(d, d->nodes[i].end, end)) {
        if (i > at)
            buf_char(out, ',');
        put_element(d, i, true, out);
    }
    if (count > 1)
        buf_char(out, ']');
    if (array) {
        d->mark_count = marks;
        d->irregular = irregular;
        mark(d, start, out->len - start, array, true);
    }
    buf_char(out, '}');
}

/* The Data at `at` and its neighbours of the same name; returns where the next member lies. */
static size_t put_named(struct decoder *d, size_t from, size_t at, size_t end, struct buf *out)
{
    size_t name = name_of_data(d, at), next = at, previous = 0, copies = 0, count = 0;

    for (size_t i = next_element(d, from, at); i < at; i = next_element(d, d->nodes[i].end, at)) {
        copies += share_name(d, i, at) && !(previous && share_name(d, previous, i));
        previous = i;
        if (!decoder_spend(d, 1))
            return end;
    }
    for (; next < end && share_name(d, next, at); next = next_element(d, d->nodes[next].end, end))
        count++;
    buf_char(out, '"');
    for (size_t i = name + 1; i < d->nodes[name].end; i++) {
        d->irregular |= d->nodes[i].slot > 0;
        put_value(d, &d->nodes[i], out);
    }
    put_key_end((unsigned)copies, out);
    if (count > 1)
        buf_char(out, '[');
    for (size_t i = at; i < next; i = next_element(d, d->nodes[i].end, end)) {
        if (i > at)
            buf_char(out, ',');
        put_element(d, i, true, out);
    }
    if (count > 1)
        buf_char(out, ']');
    return next;
}

/* How many members of the name of the element at `at` there were since `from`. */
static unsigned count_copies(struct decoder *d, struct member_names *seen, size_t from, size_t at)
{
    str name = d->nodes[at].name;
    unsigned copies = 0;

    for (unsigned i = 0; i < seen->count; i++)
        if (str_eq(seen->names[i], name))
            return ++seen->copies[i];
    if (seen->count < MEMBER_NAMES) {
        seen->names[seen->count++] = name;
        return 0;
    }
    d->irregular = true; /* by the cost */
    for (size_t i = next_element(d, from, at); i < at && decoder_spend(d, 1);
         i = next_element(d, d->nodes[i].end, at))
        copies += str_eq(d->nodes[i].name, name);
    return copies;
}

static void put_member(struct decoder *d, size_t at, unsigned copies, struct buf *out)
{
    buf_char(out, '"');
    json_escape(d->nodes[at].name, out);
    put_key_end(copies, out);
    put_element(d, at, false, out);
}

/* The elements between `from` and `end`. `flat`: they are those of EventData or UserData. */
static void put_members(struct decoder *d, size_t from, size_t end, bool flat, struct buf *out)
{
    bool named = false, unnamed_done = false;
    struct member_names seen = {.count = 0};

    for (size_t i = next_element(d, from, end); flat && i < end && !named;
         i = next_element(d, d->nodes[i].end, end))
        named = name_of_data(d, i) > 0;
    for (size_t i = next_element(d, from, end), next; i < end; i = next) {
        next = next_element(d, d->nodes[i].end, end);
        bool bare = flat && !named && is_bare_data(d, i);
        if (bare && unnamed_done)
            continue;
        comma(out);
        if (bare)
            put_unnamed(d, i, end, out);
        else if (flat && name_of_data(d, i))
            next = put_named(d, from, i, end, out);
        else
            put_member(d, i, count_copies(d, &seen, from, i), out);
        unnamed_done |= bare;
    }
}

bool json_write(struct decoder *d, struct buf *out)
{
    size_t start = out->len;

    d->mark_count = 0;
    d->irregular = false;
    buf_char(out, '{');
    put_members(d, 0, d->node_count, false, out);
    buf_char(out, '}');
    for (size_t i = 0; i < d->mark_count; i++)
        d->marks[i].at -= (uint32_t)start;
    return decoder_spend(d, 0);
}
