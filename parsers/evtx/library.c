/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates from elsewhere, for records whose own was overwritten or lies in bytes that are gone
 * (--recover). While chunks are read, each template that compiles is offered as a piece
 * (core/pieces.h), and a record that lacks one is set aside with all that it uses of its chunk.
 * When the whole evidence is read, the record is decoded once more, with what was offered.
 *
 * An instance names its template by the first four bytes of the GUID; of several with these one of
 * the same system is taken, then the one with the lowest hash of its meaning (its steps) that the
 * record has the values for. Where none was offered, that of an event of the same provider, id and
 * version serves.
 *
 * A piece is an image: the parts of a chunk that are needed, at their places, so that offsets in
 * them mean what they meant. Bytes: u32 place of the definition (of a record: of the record), u32
 * size of the record, u32 flags of the event, u32 adrift, then for each part u32 place, u32 length,
 * bytes. It is written and read by one process, in machine order. */
#include "parsers/evtx/evtx.h"

#include <xxhash.h>

enum {
    CHAIN_MAX = 64,
    TRIES = 8,
    LEAST_EXTENT = 512, /* of a chunk's budget, for a record that was set aside */
    /* Where the templates of Windows' own writer have their values of System. */
    AT_EVENT_ID = 3,
    AT_VERSION = 11,
    AT_PROVIDER = 14
};

static const uint64_t by_id = UINT64_C(1) << 32; /* keys of ids lie below the hashes, nearly all */

struct image_head {
    uint32_t at, size, flags, adrift;
};

/* ---- images ---- */

void library_extent(struct decoder *d, uint32_t at, size_t len)
{
    if (!d->gathers || at >= d->chunk_len)
        return;
    size_t left = d->chunk_len - at;
    d->extents = vec_grow(d->extents, &d->extent_cap, d->extent_count + 1, sizeof *d->extents);
    d->extents[d->extent_count++] = (struct extent){at, (uint32_t)(len < left ? len : left)};
}

static int extent_cmp(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->len > y->len) - (x->len < y->len);
}

/* Appends the parts, each byte once. */
static void write_extents(struct decoder *d, struct extent *list, size_t count, struct buf *out)
{
    uint32_t written = 0; /* up to here */

    qsort(list, count, sizeof *list, extent_cmp);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = list[i].at, end = at + list[i].len;
        at = at < written ? written : at;
        if (at >= end)
            continue;
        const struct extent part = {at, end - at};
        buf_add(out, &part, sizeof part);
        buf_add(out, d->chunk + at, part.len);
        written = end;
    }
}

/* The bytes at their places, the rest zero; NULL when they are no image. */
static uint8_t *load_image(struct arena *a, str bytes, struct image_head *head, uint32_t *len)
{
    uint32_t end = 0;
    struct extent part;

    if (bytes.len < sizeof *head)
        return NULL;
    memcpy(head, bytes.p, sizeof *head);
    bytes = str_skip(bytes, sizeof *head);
    for (str rest = bytes; rest.len >= sizeof part; rest = str_skip(rest, part.len)) {
        memcpy(&part, rest.p, sizeof part);
        rest = str_skip(rest, sizeof part);
        if (part.at > CHUNK_SIZE || part.len > CHUNK_SIZE - part.at || part.len > rest.len)
            return NULL;
        end = part.at + part.len;
    }
    if (head->at > end || head->size > end - head->at)
        return NULL;
    uint8_t *p = arena_alloc(a, end + 1);
    for (str rest = bytes; rest.len >= sizeof part; rest = str_skip(rest, part.len)) {
        memcpy(&part, rest.p, sizeof part);
        rest = str_skip(rest, sizeof part);
        memcpy(p + part.at, rest.p, part.len);
    }
    *len = end;
    return p;
}

/* ---- offering ---- */

/* Templates hold the computer's name: one of the same system is the better guess. */
static uint64_t key_of_system(const struct decoder *d, uint32_t id)
{
    const uint64_t key[] = {id, d->out->system};

    return XXH3_64bits(key, sizeof key);
}

/* What a template makes of values, wherever it and its names lie. */
static uint64_t meaning_of(const struct decoder *d, const struct program *p)
{
    uint64_t h = p->count;

    for (size_t i = p->first; i < p->first + p->count; i++) {
        const struct step *s = &d->steps[i];
        const uint32_t head[] = {s->op | (uint32_t)s->source << 8 | (uint32_t)s->type << 16 |
                                     (uint32_t)s->group << 24,
                                 s->area | (uint32_t)s->part << 8 | (uint32_t)s->index << 16,
                                 s->len, s->name ? s->name_len : UINT32_MAX};
        h = XXH3_64bits_withSeed(head, sizeof head, h);
        if (s->source == FROM_CONSTANT)
            h = XXH3_64bits_withSeed(s->data, s->len, h);
        if (s->name)
            h = XXH3_64bits_withSeed(s->name, s->name_len, h);
    }
    return h;
}

void library_offer(struct decoder *d, size_t program, uint32_t id)
{
    struct program *p = &d->programs[program];
    struct pieces *pieces = &d->out->pieces;

    if (!d->gathers || p->why || p->nameless)
        return;
    p->id = id;
    p->meaning = meaning_of(d, p);
    pieces_add(pieces, key_of_system(d, id), p->meaning,
               (str){(const char *)&p->id, sizeof p->id});
    if (pieces_have(pieces, by_id | id, p->meaning))
        return;
    const struct image_head head = {.at = p->offset};
    struct buf image = {0};
    buf_add(&image, &head, sizeof head);
    write_extents(d, d->extents + p->extent, p->extent_count, &image);
    pieces_add(pieces, by_id | id, p->meaning, buf_view(&image));
    buf_free(&image);
}

/* Events of one provider, id and version have one template, and one for the document within. */
static uint64_t key_of_event(struct decoder *d, struct value provider, struct value code,
                             struct value version, bool nested)
{
    uint64_t numbers[3] = {0, UINT64_MAX, nested};

    if (value_is_blank(provider) || !value_u64(code, &numbers[0]))
        return 0;
    value_u64(version, &numbers[1]);
    d->content.len = 0;
    value_text(provider, &d->content);
    uint64_t h = XXH3_64bits_withSeed(d->content.p, d->content.len, 1);
    return XXH3_64bits_withSeed(numbers, sizeof numbers, h);
}

void library_record(struct decoder *d)
{
    for (size_t i = 0; i < d->used_count; i++) {
        const struct program *p = &d->programs[d->used[i].program];
        const struct value *system = d->record.system;
        uint64_t key = key_of_event(d, system[SYSTEM_PROVIDER], system[SYSTEM_EVENT_ID],
                                    system[SYSTEM_VERSION], d->used[i].nested);
        if (key && p->meaning && !pieces_have(&d->out->pieces, key, p->meaning))
            pieces_add(&d->out->pieces, key, p->meaning,
                       (str){(const char *)&p->id, sizeof p->id});
    }
}

void library_use(struct decoder *d, size_t program, bool nested)
{
    if (!d->gathers)
        return;
    d->used = vec_grow(d->used, &d->used_cap, d->used_count + 1, sizeof *d->used);
    d->used[d->used_count++] = (struct used){program, nested};
}

static bool is_definition(const struct decoder *d, uint32_t offset)
{
    static const uint8_t fragment_header[] = {TOKEN_FRAGMENT, 1, 1, 0};

    if (offset < CHUNK_HEADER_SIZE || offset > d->chunk_len ||
        d->chunk_len - offset < TEMPLATE_HEADER_SIZE + FRAGMENT_HEADER_SIZE)
        return false;
    const uint8_t *p = d->chunk + offset;
    return le32(p + 4) != 0 && le32(p + 20) <= d->chunk_len - offset - TEMPLATE_HEADER_SIZE &&
           memcmp(p + TEMPLATE_HEADER_SIZE, fragment_header, sizeof fragment_header) == 0;
}

void library_chains(struct decoder *d)
{
    if (!d->gathers)
        return;
    for (unsigned k = 0; k < TEMPLATE_CHAINS; k++) {
        uint32_t offset = le32(d->chunk + TEMPLATES_AT + 4 * k);
        for (unsigned i = 0; i < CHAIN_MAX && is_definition(d, offset); i++) {
            program_find(d, offset, NULL, (struct scope){AREA_ROOT, STR("")});
            offset = le32(d->chunk + offset);
        }
    }
}

/* ---- setting aside ---- */

void library_set_aside(struct decoder *d, const uint8_t *record, const uint8_t *end,
                       uint32_t flags)
{
    const struct image_head head = {.at = (uint32_t)(record - d->chunk),
                                    .size = (uint32_t)(end - record),
                                    .flags = flags, .adrift = d->adrift};
    size_t from = d->extent_count;
    struct buf image = {0};

    library_extent(d, head.at, head.size);
    for (size_t i = 0; i < d->used_count; i++) {
        const struct program *p = &d->programs[d->used[i].program];
        for (size_t k = 0; k < p->extent_count; k++)
            library_extent(d, d->extents[p->extent + k].at, d->extents[p->extent + k].len);
    }
    buf_add(&image, &head, sizeof head);
    write_extents(d, d->extents + from, d->extent_count - from, &image);
    d->extent_count = from;
    batch_set_aside(d->out, buf_view(&image));
    buf_free(&image);
}

void evtx_complete(const struct event *aside, const struct hints *hints, struct batch *out)
{
    const struct input in = {.hints = hints};
    struct value v = event_field(aside, STR("aside"));
    struct image_head head;
    uint32_t len;
    const uint8_t *image = load_image(&out->arena, (str){v.p, v.len}, &head, &len);

    if (!image)
        return;
    struct decoder *d = decoder_open(&in, out);
    d->recover = true;
    d->gathers = false;
    d->library = hints->pieces;
    decoder_chunk(d, image, len, v.len < LEAST_EXTENT ? LEAST_EXTENT : v.len);
    d->adrift = head.adrift;
    record_decode(d, image + head.at, image + head.at + head.size, aside->offset, head.flags, NULL);
    decoder_close(d);
}

/* ---- completing ---- */

size_t library_compile(struct decoder *d, const struct piece *piece, uint32_t key,
                       struct scope scope)
{
    const uint8_t *own = d->chunk;
    uint32_t own_len = d->chunk_len;

    library_enter(d, piece);
    uint32_t at = d->library_at;
    size_t i = compile_template(d, key, template_body(d, at), scope);
    library_leave(d, own, own_len);
    return i;
}

void library_enter(struct decoder *d, const struct piece *piece)
{
    struct image_head head = {0};
    uint32_t len = 0;
    const uint8_t *image = load_image(&d->out->arena, piece->bytes, &head, &len);

    memset(d->names, 0, sizeof d->names); /* their offsets are the other chunk's */
    d->chunk = image;
    d->chunk_len = len;
    d->library_at = head.at;
}

void library_leave(struct decoder *d, const uint8_t *chunk, uint32_t len)
{
    memset(d->names, 0, sizeof d->names);
    d->chunk = chunk;
    d->chunk_len = len;
}

/* Are all values there that the template asks for? */
static bool fits(const struct decoder *d, size_t program, size_t count)
{
    const struct program *p = &d->programs[program];

    for (size_t i = p->first; i < p->first + p->count; i++)
        if (d->steps[i].source == FROM_VALUE && d->steps[i].index >= count)
            return false;
    return !p->why;
}

/* The program of a piece, index + 1, if it fits. */
static size_t try_piece(struct decoder *d, const struct piece *piece, struct scope scope,
                        size_t count)
{
    uint32_t key = CHUNK_SIZE + 1 + (uint32_t)(piece - d->library->list);
    size_t i = program_find(d, key, piece, scope);

    return fits(d, i, count) ? i + 1 : 0;
}

static const struct piece *piece_of(const struct decoder *d, const struct piece *named)
{
    uint32_t id;
    size_t n;

    memcpy(&id, named->bytes.p, sizeof id);
    const struct piece *list = pieces_find(d->library, by_id | id, &n);
    for (size_t i = 0; i < n; i++)
        if (list[i].hash == named->hash)
            return &list[i];
    return NULL;
}

static struct value value_of_instance(const struct decoder *d, size_t base, size_t count, size_t i)
{
    return i < count ? d->values[base + i] : (struct value){"", 0, VALUE_NULL};
}

/* The first that fits of those whose names are listed under a key. */
static const struct piece *choose_named(struct decoder *d, uint64_t key, struct scope scope,
                                        size_t count, size_t *program)
{
    size_t n;
    const struct piece *list = pieces_find(d->library, key, &n);

    for (size_t i = 0; i < n && i < TRIES; i++) {
        const struct piece *piece = piece_of(d, &list[i]);
        if (piece && (*program = try_piece(d, piece, scope, count)) > 0)
            return piece;
    }
    return NULL;
}

const struct piece *library_choose(struct decoder *d, uint32_t id, struct scope scope, size_t base,
                                   size_t count, bool nested, size_t *program)
{
    size_t n;

    *program = 0;
    if (!d->library)
        return NULL;
    const struct piece *piece = choose_named(d, key_of_system(d, id), scope, count, program);
    const struct piece *list = piece ? NULL : pieces_find(d->library, by_id | id, &n);
    for (size_t i = 0; list && i < n && i < TRIES; i++)
        if ((*program = try_piece(d, &list[i], scope, count)) > 0)
            return &list[i];
    if (piece)
        return piece;
    uint64_t key = nested
        ? key_of_event(d, d->record.system[SYSTEM_PROVIDER], d->record.system[SYSTEM_EVENT_ID],
                       d->record.system[SYSTEM_VERSION], true)
        : key_of_event(d, value_of_instance(d, base, count, AT_PROVIDER),
                       value_of_instance(d, base, count, AT_EVENT_ID),
                       value_of_instance(d, base, count, AT_VERSION), false);
    piece = key ? choose_named(d, key, scope, count, program) : NULL;
    d->by_event |= piece != NULL;
    return piece;
}
