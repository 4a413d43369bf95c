/* SPDX-License-Identifier: Apache-2.0
 *
 * Event records in bytes of any kind: unallocated space, memory dumps, page files (--recover).
 *
 * First chunks, at any offset: `ElfChnk`, NUL, and the header's own size at its place. A chunk ends
 * at the next one's mark, or after 64 KiB. Then orphans, in what no chunk covers: whole records
 * (signature, size, the same size at the end, a BinXML document within). All offsets in a record
 * count from the beginning of its chunk; where that was shows in the first record that brings its
 * template along (the definition's offset against its place), and holds for the records around it.
 * A definition that is not there any more is looked for in all of the evidence (library.c); without
 * one the values are kept under numbers.
 *
 * A job sees 64 KiB more on both sides, so that whether a byte belongs to a chunk does not depend
 * on where jobs are cut. Every event is flagged as recovered. */
#include "parsers/evtx/plan.h"

enum {
    HEADER_SIZE_AT = 40, /* u32, always 128 (libyal's EVTX format, "Chunk") */
    MARK_BYTES = 44,     /* of a chunk that make its mark believable */
    FIRST_DEFINITION = RECORD_HEADER_SIZE + FRAGMENT_HEADER_SIZE + 10,
    SLICE_BUDGET_MIN = 512 * 1024 /* chunks lie between slices that are shorter */
};

struct raw {
    struct decoder *d;
    const uint8_t *p; /* the job with its margins */
    size_t len;
    size_t first, end; /* the job itself */
    uint64_t offset;   /* of p in the blob */

    ptrdiff_t base; /* in p: where the chunk of the orphans at hand began */
    bool has_base;
    bool opened;      /* the decoder has that of opened_base */
    ptrdiff_t opened_base;
    size_t run_end;   /* the base of the records up to here was looked for */
    size_t slice_end; /* what the budget is for */
};

static size_t next_mark(const struct raw *r, size_t at)
{
    const uint8_t *hit;

    while (at + MARK_BYTES <= r->len && (hit = memmem(r->p + at, r->len - at, "ElfChnk", 8))) {
        at = (size_t)(hit - r->p);
        if (r->len - at >= MARK_BYTES && le32(hit + HEADER_SIZE_AT) == 128)
            return at;
        at++;
    }
    return r->len;
}

static void read_raw_chunk(struct raw *r, size_t at, size_t end)
{
    size_t left = r->len - at;
    uint32_t extent = (uint32_t)(end - at);

    if (extent < CHUNK_HEADER_SIZE + RECORD_SIZE_MIN)
        return;
    decoder_chunk(r->d, r->p + at, (uint32_t)(left < CHUNK_SIZE ? left : CHUNK_SIZE), extent);
    chunk_read(r->d, extent, r->offset + at, false, EVENT_RECOVERED);
}

/* ---- orphans ---- */

/* The next record that begins before `stop` and ends before `end`; its size. 0: none. */
static uint32_t next_orphan(const struct raw *r, size_t *at, size_t stop, size_t end)
{
    const uint8_t *hit;

    while (*at < stop && (hit = memmem(r->p + *at, end - *at, "**\0", 4))) {
        *at = (size_t)(hit - r->p);
        if (*at >= stop)
            return 0;
        size_t left = end - *at;
        uint32_t size = record_size(hit, left < CHUNK_SIZE - CHUNK_HEADER_SIZE
                                             ? left : CHUNK_SIZE - CHUNK_HEADER_SIZE);
        if (size && record_begins(hit))
            return size;
        *at += 1;
    }
    return 0;
}

/* Where the chunk of the record at `at` began, when it brings its template along. */
static bool base_of(const struct raw *r, size_t at, uint32_t size, ptrdiff_t *base)
{
    const uint8_t *p = r->p + at, *instance = p + FIRST_DEFINITION - 10;

    if (size < FIRST_DEFINITION + TEMPLATE_HEADER_SIZE ||
        (*instance & ~(unsigned)TOKEN_MORE) != TOKEN_TEMPLATE ||
        le32(p + FIRST_DEFINITION + 4) != le32(instance + 2))
        return false;
    uint32_t definition = le32(instance + 6);
    if (definition < CHUNK_HEADER_SIZE + FIRST_DEFINITION ||
        definition > CHUNK_SIZE - (size - FIRST_DEFINITION))
        return false;
    *base = (ptrdiff_t)(at + FIRST_DEFINITION) - (ptrdiff_t)definition;
    return true;
}

static bool base_fits(const struct raw *r, size_t at, uint32_t size)
{
    ptrdiff_t in_chunk = (ptrdiff_t)at - r->base;

    return r->has_base && in_chunk >= CHUNK_HEADER_SIZE && in_chunk + size <= CHUNK_SIZE;
}

/* The base for the record at `at`: its own, else that of the records before, else that of those
 * which follow without a gap. */
static void find_base(struct raw *r, size_t at, uint32_t size, size_t end)
{
    ptrdiff_t base;

    if (base_of(r, at, size, &base)) {
        r->has_base = true;
        r->base = base;
        return;
    }
    if (base_fits(r, at, size))
        return;
    r->has_base = false;
    if (at < r->run_end)
        return;
    size_t next = at;
    for (uint32_t n = size; n && next - at < CHUNK_SIZE; n = record_size(r->p + next, end - next)) {
        if (base_of(r, next, n, &base)) {
            r->has_base = true;
            r->base = base;
            break;
        }
        next += n;
    }
    r->run_end = next;
    r->has_base = base_fits(r, at, size);
}

/* Opens the chunk that began at the base. One that began before the blob is copied, with room in
 * front; false when there were too many of those. */
static bool open_base(struct raw *r)
{
    struct decoder *d = r->d;
    size_t spent = d->spent, on_xml = d->spent_on_xml, len;
    const uint8_t *chunk;

    if (r->base >= 0) {
        chunk = r->p + r->base;
        len = r->len - (size_t)r->base;
        len = len < CHUNK_SIZE ? len : CHUNK_SIZE;
    } else {
        size_t room = (size_t)-r->base;
        len = CHUNK_SIZE - room < r->len ? CHUNK_SIZE : room + r->len;
        spent += len;
        if (spent > DECODER_BUDGET)
            return false;
        char *copy = arena_bytes(&d->out->arena, len);
        memset(copy, 0, room);
        memcpy(copy + room, r->p, len - room);
        chunk = (const uint8_t *)copy;
    }
    decoder_chunk(d, chunk, (uint32_t)len, 0);
    d->spent = spent;
    d->spent_on_xml = on_xml;
    r->opened = true;
    r->opened_base = r->base;
    return true;
}

static void read_orphan(struct raw *r, size_t at, uint32_t size, size_t end)
{
    struct decoder *d = r->d;
    const uint8_t *p = r->p + at;

    if (at >= r->slice_end) { /* each 64 KiB have a budget of their own */
        size_t left = end - at, extent = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        size_t share = extent * (DECODER_BUDGET / CHUNK_SIZE);
        d->spent = d->spent_on_xml =
            DECODER_BUDGET - (share < SLICE_BUDGET_MIN ? SLICE_BUDGET_MIN : share);
        r->slice_end = at + CHUNK_SIZE;
    }
    find_base(r, at, size, end);
    if (r->has_base && ((r->opened && r->opened_base == r->base) || open_base(r))) {
        p = d->chunk + ((ptrdiff_t)at - r->base);
    } else {
        size_t spent = d->spent, on_xml = d->spent_on_xml;
        decoder_chunk(d, p, size, 0);
        d->spent = spent;
        d->spent_on_xml = on_xml;
        d->adrift = true;
        r->opened = false;
    }
    record_decode(d, p, p + size - 4, r->offset + at, EVENT_RECOVERED, NULL);
}

/* The records that begin in the job between `from` and `to`, where no chunk lies. Those in the
 * margin before tell where their chunk began. */
static void read_orphans(struct raw *r, size_t from, size_t to)
{
    size_t at = from, stop = to < r->end ? to : r->end;
    uint32_t size;

    r->has_base = r->opened = false;
    r->run_end = r->slice_end = 0;
    while ((size = next_orphan(r, &at, stop, to)) > 0) {
        if (at < r->first)
            find_base(r, at, size, to);
        else
            read_orphan(r, at, size, to);
        at += size;
    }
}

static void raw_parse(const struct input *in, struct batch *out)
{
    struct raw r = {.d = decoder_open(in, out),
                    .p = (const uint8_t *)in->bytes.p - in->before,
                    .len = in->before + in->bytes.len + in->behind,
                    .first = in->before,
                    .end = in->before + in->bytes.len,
                    .offset = in->offset - in->before};
    size_t at = 0, mark;

    r.d->recover = true;
    r.d->gathers = !r.d->printing;
    for (mark = next_mark(&r, 0); at < r.end; ) {
        read_orphans(&r, at, mark);
        if (mark >= r.end)
            break;
        size_t next = next_mark(&r, mark + 1);
        size_t end = next - mark < CHUNK_SIZE ? next : mark + CHUNK_SIZE;
        if (mark >= r.first)
            read_raw_chunk(&r, mark, end);
        at = end;
        mark = next;
    }
    decoder_close(r.d);
}

/* Every file could hold something: it is asked when all others have declined. */
static int raw_probe(const struct sample *s)
{
    (void)s;
    return 0;
}

const struct parser parser_evtx_raw = {
    .name = "evtx-raw",
    .about = "event records in bytes of any kind, such as memory dumps (--recover)",
    .reads = READS_CHUNKS,
    .numbers = NUMBERS_LOG,
    .chunk_size = 4096,
    .margin = CHUNK_SIZE + MARK_BYTES,
    .last_resort = true,
    .probe = raw_probe,
    .parse = raw_parse,
    .forget = plans_free,
    .complete = evtx_complete,
};
