/* SPDX-License-Identifier: Apache-2.0
 *
 * BinXML tokens to steps. The structure of the document (elements, names, constants) is worked
 * out here, once a template; what is left for each record is a list of (value, destination).
 *
 * Elements in templates carry a dependency id, elements outside of them usually do not; which it
 * is shows in where a believable name stands. Names and template definitions are found by their
 * offsets alone: the hash chains and tables of the chunk header are never followed. */
#include "parsers/evtx/compile.h"

static const struct {
    const char *name, *text;
} entities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};

/* ---- names ---- */

static str text_of_utf16(struct decoder *d, const uint8_t *p, size_t units)
{
    char *out = arena_bytes(&d->out->arena, units);
    unsigned seen = 0;

    for (size_t i = 0; i < units; i++) {
        unsigned unit = le16(p + 2 * i);
        seen |= unit;
        out[i] = (char)unit;
    }
    if (seen < 0x80)
        return (str){out, units};
    d->content.len = 0;
    utf16_to_utf8(p, units * 2, &d->content);
    return arena_str(&d->out->arena, buf_view(&d->content));
}

bool compiler_name(struct compiler *k, str *name)
{
    struct decoder *d = k->d;
    const uint8_t *p;

    if (!cursor_take(&k->c, 4, &p))
        return compiler_fail(k, "a name is cut off");
    uint32_t offset = le32(p);
    size_t size = name_size(d, offset);
    if (size == 0)
        return compiler_fail(k, "a name lies outside of the chunk");
    library_extent(d, offset, size);
    d->nameless |= size <= 10;
    if (offset == (size_t)(k->c.p - d->chunk) && !cursor_take(&k->c, size, &p))
        return compiler_fail(k, "a name is cut off");
    if (!decoder_spend(d, 3 * size)) /* whether or not it is known: the same in every run */
        return compiler_fail(k, "the chunk's templates expand beyond all bounds");
    struct name_slot_of_chunk *slot = &d->names[(offset * 2654435761u) >> 24 & (NAME_CACHE - 1)];
    if (slot->offset != offset) {
        slot->text = text_of_utf16(d, d->chunk + offset + 8, (size - 10) / 2);
        slot->offset = offset;
    }
    *name = slot->text;
    return true;
}

/* ---- steps ---- */

static struct step *add_step(struct compiler *k, enum step_op op, enum step_source source)
{
    struct decoder *d = k->d;

    if (!decoder_spend(d, sizeof(struct step))) {
        compiler_fail(k, "the chunk's templates expand beyond all bounds");
        return NULL;
    }
    d->steps = vec_grow(d->steps, &d->step_cap, d->step_count + 1, sizeof *d->steps);
    struct step *s = &d->steps[d->step_count++];
    *s = (struct step){.op = (uint8_t)op, .source = (uint8_t)source};
    return s;
}

static bool add_piece(struct compiler *k, const void *data, size_t len, enum value_type type)
{
    struct step *s = add_step(k, STEP_PIECE, FROM_CONSTANT);

    if (!s)
        return false;
    s->data = data;
    s->len = (uint32_t)len;
    s->type = (uint8_t)type;
    return true;
}

/* Bytes of a literal of a fixed-size type, 0 for the others. */
static size_t literal_size(unsigned type)
{
    static const uint8_t sizes[] = {
        [VALUE_I8] = 1,     [VALUE_U8] = 1,        [VALUE_I16] = 2,         [VALUE_U16] = 2,
        [VALUE_I32] = 4,    [VALUE_U32] = 4,       [VALUE_I64] = 8,         [VALUE_U64] = 8,
        [VALUE_FLOAT] = 4,  [VALUE_DOUBLE] = 8,    [VALUE_BOOL] = 4,        [VALUE_GUID] = 16,
        [VALUE_SIZE] = 8,   [VALUE_FILETIME] = 8,  [VALUE_SYSTEMTIME] = 16, [VALUE_HEX32] = 4,
        [VALUE_HEX64] = 8,
    };

    return type < array_len(sizes) ? sizes[type] : 0;
}

/* u16 count and that many units of `width` bytes. */
static bool counted_piece(struct compiler *k, size_t width, enum value_type type)
{
    const uint8_t *count, *text;

    if (!cursor_take(&k->c, 2, &count) || !cursor_take(&k->c, le16(count) * width, &text))
        return compiler_fail(k, "a text is cut off");
    size_t len = le16(count) * width;
    while (width == 2 && len >= 2 && le16(text + len - 2) == 0)
        len -= 2;
    return add_piece(k, text, len, type);
}

static bool literal_piece(struct compiler *k)
{
    const uint8_t *p;

    if (!cursor_take(&k->c, 1, &p))
        return compiler_fail(k, "a literal is cut off");
    unsigned type = *p;
    size_t size = literal_size(type);
    if (type == VALUE_SID && cursor_left(&k->c) >= 2)
        size = 8 + 4 * (size_t)k->c.p[1];
    if (type == VALUE_NULL)
        return true;
    if (type == VALUE_UTF16 || size == 0) /* binary and ANSI: counted likewise */
        return counted_piece(k, type == VALUE_UTF16 ? 2 : 1,
                             type == VALUE_UTF16 || type == VALUE_ANSI ? type : VALUE_BINARY);
    if (!cursor_take(&k->c, size, &p))
        return compiler_fail(k, "a literal is cut off");
    return add_piece(k, p, size, (enum value_type)type);
}

static bool entity_piece(struct compiler *k)
{
    str name;

    if (!compiler_name(k, &name))
        return false;
    for (size_t i = 0; i < array_len(entities); i++)
        if (spells(name, entities[i].name))
            return add_piece(k, entities[i].text, 1, VALUE_TEXT);
    if (!decoder_spend(k->d, name.len + 2))
        return compiler_fail(k, "the chunk's templates expand beyond all bounds");
    str text = arena_printf(&k->d->out->arena, "&%.*s;", PSTR(name));
    return add_piece(k, text.p, text.len, VALUE_TEXT);
}

static bool substitution_piece(struct compiler *k)
{
    const uint8_t *p;

    if (!cursor_take(&k->c, 3, &p)) /* u16 index, u8 type; the value's own type is what counts */
        return compiler_fail(k, "a substitution is cut off");
    struct step *s = add_step(k, STEP_PIECE, FROM_VALUE);
    if (s)
        s->index = le16(p);
    return s != NULL;
}

bool compiler_piece(struct compiler *k, bool *taken)
{
    const uint8_t *p;
    unsigned token = cursor_left(&k->c) ? *k->c.p : TOKEN_END;

    *taken = true;
    switch (token & ~(unsigned)TOKEN_MORE) {
    case TOKEN_VALUE:
        k->c.p++;
        return literal_piece(k);
    case TOKEN_CDATA:
        k->c.p++;
        return counted_piece(k, 2, VALUE_UTF16);
    case TOKEN_CHAR_REF:
        k->c.p++;
        if (!cursor_take(&k->c, 2, &p))
            return compiler_fail(k, "a character reference is cut off");
        return add_piece(k, p, 2, VALUE_UTF16);
    case TOKEN_ENTITY_REF:
        k->c.p++;
        return entity_piece(k);
    case TOKEN_SUBSTITUTION:
    case TOKEN_OPTIONAL:
        k->c.p++;
        return substitution_piece(k);
    }
    *taken = false;
    return true;
}

static void aim(struct step *s, const struct sink *sink)
{
    s->op = (uint8_t)sink->op;
    s->name = sink->name.p;
    s->name_len = (uint16_t)sink->name.len;
    s->group = (uint8_t)sink->group;
    s->area = (uint8_t)sink->area;
    s->part = (uint8_t)sink->part;
}

/* The pieces since step `first` become one value that goes to `sink`. */
static bool join_pieces(struct compiler *k, size_t first, const struct sink *sink)
{
    struct decoder *d = k->d;

    if (d->step_count - first == 1 && sink->op != STEP_NAME) {
        aim(&d->steps[first], sink);
        return true;
    }
    struct step *s = add_step(k, sink->op, FROM_TEXT);
    if (s)
        aim(s, sink);
    return s != NULL;
}

/* ---- elements ---- */

/* The Name of a Data element: known now when it is one literal, else made for each record. */
static bool name_field(struct compiler *k, size_t first, struct scope *s, const struct sink *sink)
{
    struct decoder *d = k->d;
    const struct step *piece = &d->steps[first];

    if (d->step_count - first == 1 && piece->source == FROM_CONSTANT &&
        piece->type == VALUE_UTF16 && piece->len <= 2 * NAME_UNITS_MAX &&
        decoder_spend(d, 3 * (size_t)piece->len)) {
        s->path = text_of_utf16(d, piece->data, piece->len / 2);
        d->step_count = first;
        return true;
    }
    s->path = (str){NULL, 0};
    return join_pieces(k, first, sink);
}

static bool attribute(struct compiler *k, struct scope *s, bool *kept)
{
    struct decoder *d = k->d;
    struct sink sink;
    str name;
    size_t first = d->step_count;

    k->c.p++; /* the token */
    if (!compiler_name(k, &name))
        return false;
    for (bool taken = true; taken;)
        if (!compiler_piece(k, &taken))
            return false;
    if (d->step_count == first)
        return true;
    if (str_eq(name, STR("xmlns")) || str_starts(name, STR("xmlns:"))) {
        d->step_count = first;
        return true;
    }
    if (!sink_of_attribute(k, s, name, &sink))
        return false;
    if (sink.op == STEP_NAME)
        return name_field(k, first, s, &sink);
    *kept = true;
    return join_pieces(k, first, &sink);
}

static bool is_blank_literal(const struct step *s)
{
    const uint8_t *p = s->data;

    if (s->op != STEP_PIECE || s->source != FROM_CONSTANT || s->type != VALUE_UTF16)
        return false;
    for (size_t i = 0; i + 2 <= s->len; i += 2)
        if (!char_is_space((char)p[i]) || p[i + 1] != 0)
            return false;
    return true;
}

/* The text that ends here becomes a value; blanks between elements do not. */
static bool end_text(struct compiler *k, const struct scope *s, size_t first, bool among_elements)
{
    struct decoder *d = k->d;
    struct sink sink;

    if (d->step_count == first)
        return true;
    if (among_elements && d->step_count - first == 1 && is_blank_literal(&d->steps[first])) {
        d->step_count = first;
        return true;
    }
    return sink_of_text(k, s, &sink) && join_pieces(k, first, &sink);
}

/* An element without any content: its field is there, without a value. */
static bool empty_value(struct compiler *k, const struct scope *s)
{
    struct sink sink;
    bool is_field = s->area == AREA_DATA || (s->area == AREA_USER_DATA && s->path.len > 0);

    if (!is_field)
        return true;
    size_t first = k->d->step_count;
    return add_piece(k, "", 0, VALUE_NULL) && sink_of_text(k, s, &sink) &&
           join_pieces(k, first, &sink);
}

bool compiler_instruction(struct compiler *k, str *name)
{
    k->c.p++;
    if (!compiler_name(k, name))
        return false;
    if (cursor_left(&k->c) == 0 || *k->c.p != TOKEN_PI_DATA)
        return true;
    k->c.p++;
    return counted_piece(k, 2, VALUE_UTF16);
}

static bool processing_instruction(struct compiler *k)
{
    struct sink sink = {STEP_FIELD, FIELD_OWN, STR(""), AREA_OWN, 0};
    size_t first = k->d->step_count;
    str name;

    return compiler_instruction(k, &name) && scope_join(k, STR("pi"), '.', name, &sink.name) &&
           (k->d->step_count == first || join_pieces(k, first, &sink));
}

static bool element(struct compiler *k, struct scope parent, unsigned depth);

static bool content(struct compiler *k, const struct scope *s, bool kept, unsigned depth)
{
    struct decoder *d = k->d;
    size_t first = d->step_count;
    bool any = false, elements = false, taken;

    for (;;) {
        if (!compiler_piece(k, &taken))
            return false;
        if (taken) {
            any = true;
            continue;
        }
        unsigned token = cursor_left(&k->c) ? *k->c.p & ~(unsigned)TOKEN_MORE : TOKEN_END;
        bool opens = token == TOKEN_OPEN_ELEMENT;
        elements |= opens;
        if (!end_text(k, s, first, elements))
            return false;
        if (token == TOKEN_CLOSE_ELEMENT) {
            k->c.p++;
            return any || elements || kept || empty_value(k, s);
        }
        if (opens ? !element(k, *s, depth + 1)
                  : token != TOKEN_PI_TARGET || !processing_instruction(k))
            return compiler_fail(k, "an element does not end");
        first = d->step_count;
    }
}

/* Is there a believable name reference at p (offset of a name, or the name itself behind it)? */
static bool name_stands_at(const struct compiler *k, const uint8_t *p)
{
    return k->c.end - p >= 4 && name_size(k->d, le32(p)) > 0;
}

bool compiler_head(struct compiler *k, struct element_head *head)
{
    const uint8_t *p;

    head->has_attributes = *k->c.p++ & TOKEN_MORE;
    head->depends_on = UINT16_MAX;
    /* u16 dependency id (or not), u32 size, then the name */
    if (cursor_left(&k->c) < 8)
        return compiler_fail(k, "an element is cut off");
    bool with = name_stands_at(k, k->c.p + 6), without = name_stands_at(k, k->c.p + 4);
    bool depends = k->in_template ? with || !without : with && !without;
    if (depends)
        head->depends_on = le16(k->c.p);
    k->c.p += depends ? 6 : 4;
    if (!compiler_name(k, &head->name))
        return false;
    if (head->has_attributes && !cursor_take(&k->c, 4, &p))
        return compiler_fail(k, "an element is cut off");
    return true;
}

static bool element(struct compiler *k, struct scope parent, unsigned depth)
{
    const uint8_t *p;
    bool kept = false;
    struct scope s;
    struct element_head head;

    if (depth >= ELEMENT_DEPTH_MAX)
        return compiler_fail(k, "elements are nested too deep");
    if (!compiler_head(k, &head) || !scope_of_child(k, parent, head.name, &s))
        return false;
    while (cursor_left(&k->c) && (*k->c.p & ~(unsigned)TOKEN_MORE) == TOKEN_ATTRIBUTE)
        if (!attribute(k, &s, &kept))
            return false;
    if (!cursor_take(&k->c, 1, &p))
        return compiler_fail(k, "an element is cut off");
    if (*p == TOKEN_CLOSE_EMPTY)
        return kept || empty_value(k, &s);
    if (*p != TOKEN_CLOSE_START)
        return compiler_fail(k, "an unknown token in an element");
    return content(k, &s, kept, depth);
}

/* ---- programs ---- */

static size_t program_begin(struct decoder *d, uint32_t offset, struct scope scope)
{
    size_t i = d->program_count;

    decoder_spend(d, sizeof(struct program));
    d->programs = vec_grow(d->programs, &d->program_cap, i + 1, sizeof *d->programs);
    d->programs[i] = (struct program){.first = d->step_count, .offset = offset, .scope = scope};
    d->program_count++;
    return i;
}

static void program_end(struct decoder *d, size_t i, const char *why)
{
    d->programs[i].count = d->step_count - d->programs[i].first;
    d->programs[i].why = why;
}

size_t compile_template(struct decoder *d, uint32_t offset, struct cursor body, struct scope scope)
{
    struct compiler k = {.d = d, .c = body, .in_template = true};
    size_t i = program_begin(d, offset, scope);
    bool good = true;

    while (good) {
        unsigned token = cursor_left(&k.c) ? *k.c.p & ~(unsigned)TOKEN_MORE : TOKEN_END;
        if (token == TOKEN_END)
            break;
        if (token == TOKEN_FRAGMENT && cursor_left(&k.c) >= FRAGMENT_HEADER_SIZE)
            k.c.p += FRAGMENT_HEADER_SIZE;
        else if (token == TOKEN_OPEN_ELEMENT)
            good = element(&k, scope, 0);
        else if (token == TOKEN_PI_TARGET)
            good = processing_instruction(&k);
        else
            good = compiler_fail(&k, "an unknown token in a template");
    }
    program_end(d, i, k.why);
    return i;
}

size_t compile_element(struct decoder *d, struct cursor *c, struct scope scope)
{
    struct compiler k = {.d = d, .c = *c};
    size_t i = program_begin(d, 0, scope), first = d->extent_count;

    if ((*c->p & ~(unsigned)TOKEN_MORE) == TOKEN_PI_TARGET)
        processing_instruction(&k);
    else
        element(&k, scope, 0);
    program_end(d, i, k.why);
    d->programs[i].extent = first;
    d->programs[i].extent_count = d->extent_count - first;
    *c = k.c;
    return i;
}
