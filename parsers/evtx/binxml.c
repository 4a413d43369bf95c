/* SPDX-License-Identifier: Apache-2.0
 *
 * BinXML documents: a record's, and those that are values of a record (the EventData of most
 * providers, forwarded events). Finds the template of each instance, compiles it when it is new in
 * this chunk, lays out the values and runs the program over them. */
#include "parsers/evtx/tree.h"

#include "core/value.h"

enum {
    STEP_COST = 8 /* of the budget, for running one: bounds time */
};

bool decoder_fail(struct decoder *d, const char *why)
{
    if (!d->why)
        d->why = why;
    return false;
}

bool decoder_spend(struct decoder *d, size_t bytes)
{
    d->spent += bytes;
    return d->spent <= DECODER_BUDGET || decoder_fail(d, "the chunk expands beyond all bounds");
}

/* ---- running ---- */

static void add_field(struct decoder *d, const struct step *s, struct value v)
{
    str name = s->name ? (str){s->name, s->name_len} : d->name;

    /* The value's bytes count each time: they are what is written of it. */
    if (decoder_spend(d, sizeof(struct field) + v.len))
        batch_field(d->out, (enum field_group)s->group, name, v);
}

/* NUL-terminated strings, one after another. In Data without a name each is a Data element of its
 * own, as Windows writes them; elsewhere they stay one value. */
static void add_strings(struct decoder *d, const struct step *s, struct value v)
{
    const uint8_t *p = v.p;
    uint32_t at = 0, end = 0;
    bool split = s->area == AREA_DATA && s->name && s->name_len == 0;

    for (; end + 2 <= v.len && le16(p + end) != 0; end += 2)
        ;
    if (!split && end + 2 < v.len) {
        add_field(d, s, v);
        return;
    }
    while (at < v.len) {
        for (end = at; end + 2 <= v.len && le16(p + end) != 0; end += 2)
            ;
        add_field(d, s, (struct value){p + at, end - at, VALUE_UTF16});
        at = end + 2;
    }
}

static bool area_is_container(const struct step *s)
{
    return s->area == AREA_EVENT || s->area == AREA_EVENT_DATA || s->area == AREA_SYSTEM ||
           (s->area == AREA_USER_DATA && s->name_len == 0);
}

static void run_field(struct decoder *d, const struct step *s, struct value v, unsigned depth)
{
    if (v.type == VALUE_BINXML) {
        const uint8_t *p = v.p;
        struct scope scope = {(enum area)s->area, s->name ? (str){s->name, s->name_len} : d->name};
        binxml_decode(d, (struct cursor){p, p + v.len}, scope, depth + 1);
    } else if (v.type == (VALUE_UTF16 | VALUE_ARRAY) && v.len > 0) {
        add_strings(d, s, v);
    } else if (v.type != VALUE_NULL || !area_is_container(s)) {
        add_field(d, s, v);
    }
}

static struct value take_text(struct decoder *d)
{
    str text = STR("");

    if (decoder_spend(d, d->text.len))
        text = arena_str(&d->out->arena, buf_view(&d->text));
    d->text.len = 0;
    return value_of(text);
}

static void run(struct decoder *d, size_t program, size_t base, size_t count, unsigned depth)
{
    size_t first = d->programs[program].first, end = first + d->programs[program].count;

    library_use(d, program, depth > 0);
    if (d->programs[program].why)
        decoder_fail(d, d->programs[program].why);
    if (!decoder_spend(d, STEP_COST * (end - first)))
        return;
    for (size_t i = first; i < end; i++) {
        const struct step *s = &d->steps[i]; /* moves when a value brings a new template */
        struct value v = {"", 0, VALUE_NULL};
        if (s->source == FROM_CONSTANT)
            v = (struct value){s->data, s->len, s->type};
        else if (s->source == FROM_TEXT)
            v = take_text(d);
        else if (s->index < count)
            v = d->values[base + s->index];
        if (s->op == STEP_SYSTEM) { /* nearly half of all */
            if (v.type != VALUE_NULL)
                d->record.system[s->part] = v;
            continue;
        }
        switch ((enum step_op)s->op) {
        case STEP_FIELD:
            run_field(d, s, v, depth);
            break;
        case STEP_SYSTEM:
            break;
        case STEP_PIECE:
            if (decoder_spend(d, 3 * (size_t)v.len))
                value_text(v, &d->text);
            break;
        case STEP_NAME:
            if (v.len > NAME_UNITS_MAX * 3)
                decoder_fail(d, "the name of a field is too long");
            d->name = str_head((str){v.p, v.len}, NAME_UNITS_MAX * 3);
            break;
        }
    }
}

/* ---- template instances ---- */

static size_t compile_in_place(struct decoder *d, uint32_t offset, struct scope scope)
{
    struct cursor body = template_body(d, offset);
    size_t first = d->extent_count;

    library_extent(d, offset, TEMPLATE_HEADER_SIZE + cursor_left(&body));
    d->nameless = false;
    size_t i = compile_template(d, offset, body, scope);
    d->programs[i].extent = first;
    d->programs[i].extent_count = d->extent_count - first;
    d->programs[i].nameless = d->nameless;
    library_offer(d, i, le32(d->chunk + offset + 4));
    return i;
}

size_t program_find(struct decoder *d, uint32_t offset, const struct piece *piece,
                    struct scope scope)
{
    uint32_t *bucket = &d->buckets[(offset * 2654435761u) >> 26];

    for (uint32_t at = *bucket; at; at = d->programs[at - 1].next) {
        const struct program *p = &d->programs[at - 1];
        if (p->offset == offset && p->scope.area == scope.area &&
            str_eq(p->scope.path, scope.path))
            return at - 1;
    }
    size_t i = piece ? library_compile(d, piece, offset, scope)
                     : compile_in_place(d, offset, scope);
    d->programs[i].next = *bucket;
    *bucket = (uint32_t)i + 1;
    return i;
}

/* The array of values: u32 count, then for each u16 size, u8 type, u8 unused, then the bytes. */
static bool take_values(struct decoder *d, struct cursor *c, size_t *count)
{
    const uint8_t *head, *table, *bytes;

    *count = 0;
    if (!cursor_take(c, 4, &head))
        return decoder_fail(d, "a template's values are cut off");
    size_t n = le32(head);
    if (n > cursor_left(c) / 4 || !cursor_take(c, n * 4, &table))
        return decoder_fail(d, "a template's values are more than their record holds");
    if (n == 0)
        return true;
    if (d->value_count + n > d->value_cap)
        d->values = vec_grow(d->values, &d->value_cap, d->value_count + n, sizeof *d->values);
    struct value *values = d->values + d->value_count;
    for (size_t i = 0; i < n; i++, table += 4) {
        uint16_t size = le16(table);
        if (!cursor_take(c, size, &bytes)) {
            c->p = c->end;
            *count = i;
            return decoder_fail(d, "a value runs past its record");
        }
        values[i] = decoder_value(bytes, size, table[2]);
    }
    *count = n;
    return true;
}

/* The definition was overwritten by another template's (its GUID begins with its id), and the
 * library has none. What the values mean is lost, but not the values. */
static void orphan_values(struct decoder *d, size_t base, size_t count, struct scope scope,
                          unsigned depth)
{
    decoder_fail(d, "its template is lost");
    d->lost = true;
    for (size_t i = 0; i < count && decoder_spend(d, sizeof(struct field) + 16); i++) {
        str name = arena_printf(&d->out->arena, "value.%zu", i);
        struct step s = {.name = name.p, .name_len = (uint16_t)name.len, .group = FIELD_OWN,
                         .area = (uint8_t)scope.area};
        if (d->values[base + i].type != VALUE_NULL)
            run_field(d, &s, d->values[base + i], depth);
    }
}

static void build_template(struct decoder *d, uint32_t at, const struct piece *piece,
                           size_t base, size_t count, unsigned depth)
{
    const uint8_t *own = d->chunk;
    uint32_t own_len = d->chunk_len;

    if (piece) { /* values of this chunk, names of the other: documents in values are left out */
        library_enter(d, piece);
        tree_template(d, template_body(d, d->library_at), base, count, NESTING_MAX);
        library_leave(d, own, own_len);
    } else if (at) {
        tree_template(d, template_body(d, at), base, count, depth);
    } else {
        tree_orphan(d, base, count);
    }
}

/* 0x0c, u8, u32 template id, u32 offset of the definition, which may follow right here. */
static bool template_instance(struct decoder *d, struct cursor *c, struct scope scope,
                              unsigned depth)
{
    const uint8_t *p;

    if (!cursor_take(c, 10, &p))
        return decoder_fail(d, "a template instance is cut off");
    uint32_t id = le32(p + 2), offset = le32(p + 6);
    bool outside = offset < CHUNK_HEADER_SIZE || offset > d->chunk_len ||
                   d->chunk_len - offset < TEMPLATE_HEADER_SIZE;
    if (outside && !d->recover)
        return decoder_fail(d, "a template definition lies outside of the chunk");
    bool follows = !d->adrift && offset == (size_t)(c->p - d->chunk);
    if (d->recover && cursor_left(c) >= TEMPLATE_HEADER_SIZE && le32(c->p + 4) == id)
        follows = true; /* wherever the record once lay */
    if (follows) {
        if (cursor_left(c) < TEMPLATE_HEADER_SIZE)
            return decoder_fail(d, "a template definition is cut off");
        size_t size = TEMPLATE_HEADER_SIZE + (size_t)le32(c->p + TEMPLATE_HEADER_SIZE - 4);
        if (!cursor_take(c, size, &p))
            return decoder_fail(d, "a template definition is cut off");
    }
    size_t base = d->value_count, count;
    bool good = take_values(d, c, &count);
    d->value_count = base + count;
    bool in_place = !outside && !d->adrift && le32(d->chunk + offset + 4) == id;
    size_t program = 0, other = 0;
    const struct piece *piece = NULL;
    if (in_place && (!d->building || d->library))
        program = program_find(d, offset, NULL, scope) + 1;
    if (d->recover && (!program || d->programs[program - 1].why ||
                       d->programs[program - 1].nameless)) {
        piece = library_choose(d, id, scope, base, count, depth > 0, &other);
        d->completed |= piece != NULL;
        d->wants |= piece == NULL;
        program = piece ? other : program;
    }
    if (d->building)
        build_template(d, in_place ? offset : 0, piece, base, count, depth);
    else if (program)
        run(d, program - 1, base, count, depth);
    else
        orphan_values(d, base, count, scope, depth);
    d->value_count = base;
    return good;
}

bool binxml_decode(struct decoder *d, struct cursor c, struct scope scope, unsigned depth)
{
    if (depth > NESTING_MAX)
        return decoder_fail(d, "documents are nested too deep");
    while (cursor_left(&c) > 0) {
        switch (*c.p & ~(unsigned)TOKEN_MORE) {
        case TOKEN_END:
            return true;
        case TOKEN_FRAGMENT:
            c.p += cursor_left(&c) < FRAGMENT_HEADER_SIZE ? cursor_left(&c) : FRAGMENT_HEADER_SIZE;
            break;
        case TOKEN_TEMPLATE:
            d->any = true;
            if (!template_instance(d, &c, scope, depth))
                return false;
            break;
        case TOKEN_OPEN_ELEMENT:
        case TOKEN_PI_TARGET: {
            d->any = true;
            if (d->building) {
                tree_element(d, &c, depth);
                break;
            }
            size_t program = compile_element(d, &c, scope);
            run(d, program, d->value_count, 0, depth);
            if (d->programs[program].why)
                return false;
            break;
        }
        default:
            return decoder_fail(d, "an unknown token in a document");
        }
    }
    return true;
}
