/* SPDX-License-Identifier: Apache-2.0
 *
 * Forms are templates by content: the tokens of a definition with the names put in where the
 * chunk has offsets. A form has plans, one for each combination of kinds of values that was met:
 * the kind is the type, and whether the value is empty, which is all that the line depends on.
 *
 * What a record costs of the chunk's budget is the same whether it was printed by a plan or from
 * its tree. */
#include "parsers/evtx/plan.h"

#include <xxhash.h>

#include "core/value.h"
#include "parsers/evtx/json.h"

enum {
    FORM_BUCKETS = 256,
    KNOWN = 64,           /* templates of a chunk; power of 2 */
    VALUES_MAX = 1024,    /* of a record with a plan */
    PLANS_MAX = 64,       /* of a form */
    MEMORY_MAX = 2 << 20, /* of all: then they are forgotten */
    COPY = 16,            /* constant text is copied in steps of so many bytes */
    KIND_VOID = 0x40,
    DATE_LEN = 11,
    SID_MEMO = 32,        /* the SIDs met last */
    SID_MEMO_MIN = 12,    /* bytes: one to five sub-authorities */
    SID_MEMO_MAX = 28,
    SID_TEXT_MAX = 96     /* "S-255-0x", 12 digits, five times 11 */
};

struct op {
    uint32_t text_at, text_len; /* what stands before the value */
    uint16_t slot;
    bool texts; /* as in struct mark */
};

struct plan {
    struct plan *next; /* of the form; the last used first */
    const struct form *inner;
    uint32_t outer_count, count; /* values of the record's template, and all */
    const uint8_t *kinds;
    const char *text;
    const struct op *ops;
    uint32_t op_count, text_len; /* all of it, with what stands behind the last value */
    size_t cost;
};

struct form {
    struct form *next; /* in its bucket */
    uint64_t hash;
    str bytes;
    struct plan *plans;
    unsigned plan_count;
};

struct sid_memo {
    uint8_t len, text_len;
    uint8_t bytes[SID_MEMO_MAX];
    char text[SID_TEXT_MAX];
};

struct known_template {
    uint32_t offset; /* 0: none */
    struct form *form;
};

struct plans {
    struct arena arena;
    struct form *buckets[FORM_BUCKETS];
    struct known_template known[KNOWN];
    struct buf bytes; /* of the form that is looked for */
    struct sid_memo sids[SID_MEMO];
    uint64_t day;  /* since 1601, of the last time; UINT64_MAX: none */
    char date[16]; /* "2019-04-18T" */

    /* The record that was read. */
    struct form *outer;
    const struct form *inner; /* NULL: none */
    uint32_t outer_count, count;
    struct value values[VALUES_MAX];
    uint8_t kinds[VALUES_MAX];
};

struct plans *plans_new(void)
{
    struct plans *p = mem_alloc(sizeof *p);

    p->day = UINT64_MAX;
    return p;
}

void plans_free(void *plans)
{
    struct plans *p = plans;

    if (!p)
        return;
    arena_free(&p->arena);
    buf_free(&p->bytes);
    mem_free(p);
}

void plans_chunk(struct plans *p)
{
    memset(p->known, 0, sizeof p->known);
    if (p->arena.held > MEMORY_MAX) {
        arena_reset(&p->arena);
        memset(p->buckets, 0, sizeof p->buckets);
    }
}

/* ---- forms ---- */

struct walk { /* over the tokens of a definition */
    const struct decoder *d;
    struct cursor c;
    struct buf *out; /* NULL: they are only looked at */
};

static inline void emit(struct walk *w, const void *p, size_t n)
{
    if (w->out)
        buf_add(w->out, p, n);
}

/* A name, in place or elsewhere in the chunk. */
static bool walk_name(struct walk *w)
{
    const uint8_t *p;

    if (!cursor_take(&w->c, 4, &p))
        return false;
    uint32_t offset = le32(p);
    size_t size = name_size(w->d, offset);
    if (size == 0)
        return false;
    if (offset == (size_t)(w->c.p - w->d->chunk) && !cursor_take(&w->c, size, &p))
        return false;
    emit(w, w->d->chunk + offset + 6, size - 8); /* the count and the text */
    return true;
}

/* Takes so many bytes; they are part of the form. */
static bool walk_bytes(struct walk *w, size_t n)
{
    const uint8_t *p;

    if (!cursor_take(&w->c, n, &p))
        return false;
    emit(w, p, n);
    return true;
}

/* The token is there still: u8, u16 dependency id, u32 size, name, u32 size of the attributes. */
static bool walk_open(struct walk *w)
{
    const uint8_t *p = w->c.p;

    if (cursor_left(&w->c) < 11 || name_size(w->d, le32(p + 7)) == 0)
        return false;
    emit(w, p, 3);
    w->c.p += 7;
    return walk_name(w) && (!(*p & TOKEN_MORE) || cursor_take(&w->c, 4, &p));
}

static bool walk_literal(struct walk *w)
{
    const uint8_t *p = w->c.p; /* token, type, u16 count */

    return cursor_left(&w->c) >= 4 && p[1] == VALUE_UTF16 &&
           walk_bytes(w, 4 + 2 * (size_t)le16(p + 2));
}

/* Elements, attributes, texts and substitutions, in their order; nothing else, and no element left
 * open. In `tag`: after an element's name, where attributes may be. */
static bool walk_body(struct walk *w)
{
    unsigned depth = 0;
    bool tag = false;

    if (cursor_left(&w->c) < FRAGMENT_HEADER_SIZE || *w->c.p != TOKEN_FRAGMENT)
        return false;
    w->c.p += FRAGMENT_HEADER_SIZE;
    for (;;) {
        unsigned token = cursor_left(&w->c) ? *w->c.p & ~(unsigned)TOKEN_MORE : TOKEN_END;
        bool good = false;
        switch (token) {
        case TOKEN_END:
            return depth == 0 && !tag;
        case TOKEN_OPEN_ELEMENT:
            good = !tag && depth++ < ELEMENT_DEPTH_MAX && walk_open(w);
            tag = true;
            break;
        case TOKEN_ATTRIBUTE:
            good = tag && walk_bytes(w, 1) && walk_name(w);
            break;
        case TOKEN_CLOSE_START:
            good = tag && walk_bytes(w, 1);
            tag = false;
            break;
        case TOKEN_CLOSE_EMPTY:
            good = tag && walk_bytes(w, 1);
            tag = false;
            depth--;
            break;
        case TOKEN_CLOSE_ELEMENT:
            good = !tag && depth > 0 && walk_bytes(w, 1);
            depth--;
            break;
        case TOKEN_VALUE:
            good = depth > 0 && walk_literal(w);
            break;
        case TOKEN_SUBSTITUTION:
        case TOKEN_OPTIONAL:
            good = depth > 0 && walk_bytes(w, 4);
            break;
        }
        if (!good)
            return false;
    }
}

static struct form *find_form(struct plans *p)
{
    uint64_t hash = XXH3_64bits(p->bytes.p, p->bytes.len);
    struct form **bucket = &p->buckets[hash % FORM_BUCKETS];

    for (struct form *f = *bucket; f; f = f->next)
        if (f->hash == hash && str_eq(f->bytes, buf_view(&p->bytes)))
            return f;
    struct form *f = arena_alloc(&p->arena, sizeof *f);
    *f = (struct form){*bucket, hash, arena_str(&p->arena, buf_view(&p->bytes)), NULL, 0};
    *bucket = f;
    return f;
}

/* The form of the definition at `offset`, whose header is whole; NULL: none. When records are only
 * checked, all that are in order are one. */
static struct form *form_at(struct decoder *d, uint32_t offset)
{
    struct plans *p = d->plans;
    struct known_template *k = &p->known[(offset * 2654435761u) >> 26];

    if (k->offset != offset) {
        struct walk w = {d, template_body(d, offset), d->printing->lines ? &p->bytes : NULL};
        p->bytes.len = 0;
        *k = (struct known_template){offset, walk_body(&w) ? find_form(p) : NULL};
    }
    return k->form;
}

/* ---- reading ---- */

/* Bytes of a value of each type; the types that are not here have no plan. */
enum { ANY_SIZE = 0xff };
static const uint8_t sizes[256] = {
    [VALUE_NULL] = ANY_SIZE,
    [VALUE_UTF16] = ANY_SIZE,
    [VALUE_ANSI] = ANY_SIZE,
    [VALUE_I8] = 1,
    [VALUE_U8] = 1,
    [VALUE_I16] = 2,
    [VALUE_U16] = 2,
    [VALUE_I32] = 4,
    [VALUE_U32] = 4,
    [VALUE_I64] = 8,
    [VALUE_U64] = 8,
    [VALUE_FLOAT] = 4,
    [VALUE_DOUBLE] = 8,
    [VALUE_BOOL] = 4,
    [VALUE_BINARY] = ANY_SIZE,
    [VALUE_GUID] = 16,
    [VALUE_SIZE] = ANY_SIZE,
    [VALUE_FILETIME] = 8,
    [VALUE_SYSTEMTIME] = 16,
    [VALUE_SID] = ANY_SIZE,
    [VALUE_HEX32] = 4,
    [VALUE_HEX64] = 8,
    [VALUE_BINXML] = ANY_SIZE,
    [VALUE_ARRAY | VALUE_UTF16] = ANY_SIZE,
};

struct instance {
    struct form *form;
    const uint8_t *table; /* of the values: u16 size, u8 type, u8 unused each */
    size_t count;
    struct cursor bytes; /* the values, and what is behind them */
};

static bool read_instance(struct decoder *d, struct cursor c, struct instance *in)
{
    const uint8_t *p;

    if (cursor_left(&c) >= FRAGMENT_HEADER_SIZE && *c.p == TOKEN_FRAGMENT)
        c.p += FRAGMENT_HEADER_SIZE;
    if (!cursor_take(&c, 10, &p) || (*p & ~TOKEN_MORE) != TOKEN_TEMPLATE)
        return false;
    uint32_t id = le32(p + 2), offset = le32(p + 6);
    if (offset < CHUNK_HEADER_SIZE || offset > d->chunk_len ||
        d->chunk_len - offset < TEMPLATE_HEADER_SIZE || le32(d->chunk + offset + 4) != id)
        return false;
    size_t size = TEMPLATE_HEADER_SIZE + (size_t)le32(d->chunk + offset + TEMPLATE_HEADER_SIZE - 4);
    if (offset == (size_t)(c.p - d->chunk) && !cursor_take(&c, size, &p))
        return false;
    if (!cursor_take(&c, 4, &p))
        return false;
    in->count = le32(p);
    if (in->count > cursor_left(&c) / 4)
        return false;
    cursor_take(&c, 4 * in->count, &in->table);
    in->bytes = c;
    in->form = form_at(d, offset);
    return in->form != NULL;
}

/* Is there nothing behind the last value? */
static bool ends(struct cursor c)
{
    return cursor_left(&c) == 0 || *c.p == TOKEN_END;
}

/* Adds the values of an instance; *document gets the one that is another, p NULL: none. */
static bool read_values(struct plans *p, struct instance *in, struct cursor *document)
{
    if (in->count > VALUES_MAX - p->count)
        return false;
    struct value *v = p->values + p->count;
    uint8_t *kind = p->kinds + p->count;
    const uint8_t *bytes = in->bytes.p, *row = in->table;

    *document = (struct cursor){NULL, NULL};
    for (size_t i = 0; i < in->count; i++, v++, row += 4) {
        uint32_t size = le16(row);
        uint8_t type = row[2];
        if (size > (size_t)(in->bytes.end - bytes) || (sizes[type] != size &&
                                                       sizes[type] != ANY_SIZE))
            return false;
        *v = (struct value){bytes, size, type};
        bytes += size;
        kind[i] = type;
        if (sizes[type] != ANY_SIZE)
            continue;
        *v = decoder_value(v->p, size, type);
        kind[i] = v->len ? v->type : v->type | KIND_VOID;
        if (v->type != VALUE_BINXML)
            continue;
        if (document->p)
            return false;
        *document = (struct cursor){v->p, bytes};
    }
    in->bytes.p = bytes;
    p->count += (uint32_t)in->count;
    return ends(in->bytes);
}

bool plan_read(struct decoder *d, struct cursor c)
{
    struct plans *p = d->plans;
    struct cursor document, none;
    struct instance in;

    p->count = 0;
    p->inner = NULL;
    if (!read_instance(d, c, &in) || !read_values(p, &in, &document))
        return false;
    p->outer = in.form;
    p->outer_count = p->count;
    if (!document.p)
        return true;
    if (!read_instance(d, document, &in) || !read_values(p, &in, &none) || none.p)
        return false;
    p->inner = in.form;
    return true;
}

/* ---- plans ---- */

static struct plan *find_plan(struct plans *p)
{
    for (struct plan **at = &p->outer->plans, *plan; (plan = *at); at = &plan->next)
        if (plan->count == p->count && plan->outer_count == p->outer_count &&
            plan->inner == p->inner && memcmp(plan->kinds, p->kinds, p->count) == 0) {
            *at = plan->next;
            plan->next = p->outer->plans;
            p->outer->plans = plan;
            return plan;
        }
    return NULL;
}

static size_t op_room(const struct plans *p, const struct op *op)
{
    struct value v = p->values[op->slot];

    return op->texts ? json_texts_room(v) : value_room(v.len);
}

/* SIDs recur from record to record, and are long. */
static char *write_sid(struct plans *p, char *o, struct value v)
{
    const uint8_t *bytes = v.p;

    if (v.len < SID_MEMO_MIN || v.len > SID_MEMO_MAX)
        return json_write_value(o, v);
    uint32_t mix = le32(bytes + v.len - 4) ^ le32(bytes + v.len - 8) * 31;
    struct sid_memo *memo = &p->sids[(mix * 2654435761u) >> 27];
    if (memo->len != v.len || memcmp(memo->bytes, bytes, v.len) != 0) {
        memo->len = (uint8_t)v.len;
        memcpy(memo->bytes, bytes, v.len);
        memo->text_len = (uint8_t)(json_write_value(memo->text, v) - memo->text);
    }
    memcpy(o, memo->text, SID_TEXT_MAX);
    return o + memo->text_len;
}

static inline char *write_pair(char *o, uint32_t n)
{
    memcpy(o, digit_pairs + 2 * n, 2);
    return o + 2;
}

/* The date is that of the value before, nearly always. */
static char *write_filetime(struct plans *p, char *o, struct value v)
{
    const uint64_t day_ticks = UINT64_C(864000000000);
    uint64_t ticks = le64(v.p), day = ticks / day_ticks;

    if (day != p->day) {
        char *end = json_write_value(o, v);
        if (o[DATE_LEN - 1] == 'T') { /* a year of four digits */
            p->day = day;
            memcpy(p->date, o, DATE_LEN);
        }
        return end;
    }
    uint32_t seconds = (uint32_t)(ticks % day_ticks / 10000000);
    uint32_t fraction = (uint32_t)(ticks % 10000000);
    memcpy(o, p->date, sizeof p->date);
    o = write_pair(o + DATE_LEN, seconds / 3600);
    *o++ = ':';
    o = write_pair(o, seconds / 60 % 60);
    *o++ = ':';
    o = write_pair(o, seconds % 60);
    *o++ = '.';
    *o++ = (char)('0' + fraction / 1000000);
    o = write_pair(o, fraction / 10000 % 100);
    o = write_pair(o, fraction / 100 % 100);
    o = write_pair(o, fraction % 100);
    *o++ = 'Z';
    return o;
}

static inline char *write_number(char *o, uint64_t n)
{
    if (n >= 100)
        return put_u64(o, n);
    memcpy(o, digit_pairs + 2 * n + (n < 10), 2);
    return o + 1 + (n >= 10);
}

/* As json_write_value: what most values are at hand. Numbers have the length of their type. */
static inline char *write_value(struct plans *p, char *o, struct value v)
{
    bool good = true;

    switch (v.type) {
    case VALUE_UTF16:
        return utf16_write(o, v.p, v.len, UTF_JSON, &good);
    case VALUE_U8:
        return write_number(o, *(const uint8_t *)v.p);
    case VALUE_U16:
        return write_number(o, le16(v.p));
    case VALUE_U32:
        return write_number(o, le32(v.p));
    case VALUE_U64:
        return write_number(o, le64(v.p));
    case VALUE_SID:
        return write_sid(p, o, v);
    case VALUE_FILETIME:
        return write_filetime(p, o, v);
    case VALUE_HEX32:
        memcpy(o, "0x", 2);
        return put_hex_u64(o + 2, le32(v.p));
    case VALUE_HEX64:
        memcpy(o, "0x", 2);
        return put_hex_u64(o + 2, le64(v.p));
    default:
        return json_write_value(o, v);
    }
}

static inline char *put_constant(char *o, const char *text, uint32_t len)
{
    for (uint32_t at = 0; at < len; at += COPY)
        memcpy(o + at, text + at, COPY);
    return o + len;
}

/* The ops of a plan, where there is room for all of them. */
static char *run_ops(struct plans *p, const struct plan *plan, char *o)
{
    uint32_t at = 0;

    for (const struct op *op = plan->ops, *end = op + plan->op_count; op < end; op++) {
        o = put_constant(o, plan->text + op->text_at, op->text_len);
        o = op->texts ? json_write_texts(o, p->values[op->slot])
                      : write_value(p, o, p->values[op->slot]);
        at = op->text_at + op->text_len;
    }
    return put_constant(o, plan->text + at, plan->text_len - at);
}

bool plan_write(struct decoder *d, struct buf *out)
{
    struct plans *p = d->plans;
    const struct plan *plan = find_plan(p);

    if (!plan)
        return false;
    size_t room = 0;
    for (uint32_t i = 0; i < plan->op_count; i++)
        room += op_room(p, &plan->ops[i]);
    if (d->spent + plan->cost + room > DECODER_BUDGET)
        return false;
    d->spent += plan->cost + room;
    buf_reserve(out, plan->text_len + room + COPY + 1);
    char *o = run_ops(p, plan, out->p + out->len);
    *o++ = '\n';
    out->len = (size_t)(o - out->p);
    return true;
}

void plan_keep(struct decoder *d, str line, size_t cost)
{
    struct plans *p = d->plans;
    struct arena *a = &p->arena;

    if (p->outer->plan_count == PLANS_MAX)
        return;
    struct plan *plan = arena_alloc(a, sizeof *plan);
    struct op *ops = arena_alloc(a, d->mark_count * sizeof *ops);
    char *text = arena_bytes(a, line.len + COPY);
    uint32_t at = 0, len = 0;
    for (size_t i = 0; i < d->mark_count; i++) {
        const struct mark *m = &d->marks[i];
        ops[i] = (struct op){len, m->at - at, (uint16_t)m->slot, m->texts};
        memcpy(text + len, line.p + at, m->at - at);
        len += m->at - at;
        at = m->at + m->len;
        cost -= op_room(p, &ops[i]);
    }
    memcpy(text + len, line.p + at, line.len - at);
    memset(text + len + line.len - at, 0, COPY);
    *plan = (struct plan){.next = p->outer->plans, .inner = p->inner,
                          .outer_count = p->outer_count, .count = p->count, .text = text,
                          .ops = ops, .op_count = (uint32_t)d->mark_count,
                          .text_len = (uint32_t)(len + line.len - at), .cost = cost};
    plan->kinds = memcpy(arena_bytes(a, p->count), p->kinds, p->count);
    p->outer->plans = plan;
    p->outer->plan_count++;
}

/* ---- checking ---- */

static bool check_instance(struct decoder *d, struct cursor c, unsigned depth)
{
    struct instance in;

    if (depth > NESTING_MAX || !read_instance(d, c, &in))
        return false;
    const uint8_t *p = in.bytes.p, *row = in.table;
    for (size_t i = 0; i < in.count; i++, row += 4) {
        uint32_t size = le16(row);
        uint8_t type = row[2];
        if (size > (size_t)(in.bytes.end - p))
            return false;
        if (sizes[type] != size) {
            bool counts = type == VALUE_SID || type == VALUE_SIZE; /* its length says something */
            if (sizes[type] != ANY_SIZE ||
                (counts && !value_fits((struct value){p, size, type})))
                return false;
            if (type == VALUE_BINXML && size &&
                !check_instance(d, (struct cursor){p, p + size}, depth + 1))
                return false;
        }
        p += size;
    }
    return ends((struct cursor){p, in.bytes.end});
}

bool plan_check(struct decoder *d, struct cursor document)
{
    return check_instance(d, document, 0);
}
