/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows event logs (EVTX): a file header of 4096 bytes, then chunks of 64 KiB, each with its own
 * names and templates, so that chunks are independent of each other.
 * Format: libyal's "Windows XML Event Log (EVTX)"; MS-EVEN6 for BinXML.
 *
 * The file header is not trusted: its chunk count is stale in every log that was copied while
 * Windows was writing, and the dirty flag only says that. Every chunk that is there is read.
 * Those behind the count of a log that was closed in good order are left from an earlier life of
 * it: their records are flagged as recovered. So are those in the slack behind a chunk's last
 * record, which are read with --recover only (raw.c says how other bytes are).
 * Bad checksums are noted, and what can be decoded is.
 *
 * Becomes: time, record number, host, provider, channel and code from System; EventData and
 * UserData as fields under their own names; RenderingInfo as `rendering.*`; kind and roles from
 * parsers/windows.c. */
#include "parsers/evtx/plan.h"

#include <libdeflate.h>

enum {
    FILE_HEADER_SIZE = 4096,
    FILE_CRC_BYTES = 120, /* of the header that its checksum covers */
    FLAG_NO_CRC = 4,      /* in the flags of the file header */
    FLAG_DIRTY = 1,
    CHUNKS_AT = 42        /* number of chunks in the file header, 16 bits */
};

struct evtx_carry {
    uint64_t seen;
    uint32_t no_crc, chunks; /* as the file header says */
    uint32_t counted;        /* records of later chunks are left over; 0: nothing is known */
};
_Static_assert(sizeof(struct evtx_carry) <= CARRY_SIZE, "carried state is too large");

static const char file_magic[8] = "ElfFile", chunk_magic[8] = "ElfChnk";

static bool is_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static int evtx_probe(const struct sample *s)
{
    if (s->head.len >= 8 && memcmp(s->head.p, file_magic, 8) == 0)
        return 100;
    if (s->head.len >= FILE_HEADER_SIZE + 8 &&
        memcmp(s->head.p + FILE_HEADER_SIZE, chunk_magic, 8) == 0)
        return 95;
    return 0;
}

/* Is it whole, and of a log that was closed in good order? */
static bool file_header_holds(str head)
{
    const uint8_t *p = (const uint8_t *)head.p;

    return !(le32(p + FILE_CRC_BYTES) & (FLAG_DIRTY | FLAG_NO_CRC)) &&
           libdeflate_crc32(0, p, FILE_CRC_BYTES) == le32(p + FILE_CRC_BYTES + 4);
}

static void evtx_carry(struct carry *state, str bytes)
{
    struct evtx_carry *c = (struct evtx_carry *)state->bytes;

    if (c->seen == 0 && bytes.len >= FILE_CRC_BYTES + 8 && memcmp(bytes.p, file_magic, 8) == 0) {
        c->no_crc = le32((const uint8_t *)bytes.p + FILE_CRC_BYTES) & FLAG_NO_CRC;
        c->chunks = le16((const uint8_t *)bytes.p + CHUNKS_AT);
        if (file_header_holds(bytes) && c->chunks < UINT16_MAX)
            c->counted = c->chunks;
    }
    c->seen += bytes.len;
}

/* ---- records of a chunk ---- */

uint32_t record_size(const uint8_t *p, size_t left)
{
    if (left < RECORD_SIZE_MIN || le32(p) != RECORD_SIGNATURE)
        return 0;
    uint32_t size = le32(p + 4);
    if (size < RECORD_SIZE_MIN || size > left || le32(p + size - 4) != size)
        return 0;
    return size;
}

bool record_begins(const uint8_t *p)
{
    static const uint8_t fragment_header[] = {TOKEN_FRAGMENT, 1, 1, 0};

    return memcmp(p + RECORD_HEADER_SIZE, fragment_header, sizeof fragment_header) == 0;
}

static uint32_t whole_record(const struct decoder *d, uint32_t at)
{
    return record_size(d->chunk + at, d->chunk_len - at);
}

/* The next place from `at` on where a whole record begins, else `end`. */
static uint32_t next_record(const struct decoder *d, uint32_t at, uint32_t end)
{
    while (at < end) {
        const uint8_t *hit = memchr(d->chunk + at, '*', end - at);
        if (!hit)
            return end;
        at = (uint32_t)(hit - d->chunk);
        if (whole_record(d, at))
            return at;
        at++;
    }
    return end;
}

/* A record that is not whole: its end is missing or its sizes disagree. What is there of it is
 * decoded when it looks like a record at all. Returns where to go on. */
static uint32_t broken_record(struct decoder *d, uint32_t at, uint32_t end, uint64_t offset,
                              uint32_t flags)
{
    const uint8_t *p = d->chunk + at;
    uint32_t next = next_record(d, at + 1, end);

    if (next - at > RECORD_SIZE_MIN && le32(p) == RECORD_SIGNATURE && record_begins(p)) {
        uint32_t size = le32(p + 4), room = next - at;
        size = size < RECORD_SIZE_MIN || size > room ? room : size;
        record_decode(d, p, p + size, offset + at, flags, "the record is cut or overwritten");
    } else if (!is_zero(p, next - at) || next < end) {
        batch_damaged(d->out, offset + at, "%u bytes are no record", next - at);
    }
    return next;
}

static void read_records(struct decoder *d, uint32_t at, uint32_t end, uint64_t offset,
                         uint32_t flags)
{
    while (at < end) {
        uint32_t size = whole_record(d, at);
        if (size) {
            const uint8_t *p = d->chunk + at;
            record_decode(d, p, p + size - 4, offset + at, flags, NULL);
            at += size;
        } else {
            at = broken_record(d, at, end, offset, flags);
        }
    }
}

/* Behind the last record only whole ones count: the rest is what they have been cut from. */
static void read_slack(struct decoder *d, uint32_t at, uint32_t end, uint64_t offset)
{
    while ((at = next_record(d, at, end)) < end) {
        const uint8_t *p = d->chunk + at;
        uint32_t size = whole_record(d, at);
        if (record_begins(p)) {
            record_decode(d, p, p + size - 4, offset + at, EVENT_RECOVERED, NULL);
            at += size;
        } else {
            at++;
        }
    }
}

/* ---- chunks ---- */

void decoder_chunk(struct decoder *d, const uint8_t *chunk, uint32_t len, uint32_t extent)
{
    size_t share = (size_t)extent * (DECODER_BUDGET / CHUNK_SIZE);

    d->chunk = chunk;
    d->chunk_len = len;
    d->adrift = false;
    d->spent = d->spent_on_xml = share < DECODER_BUDGET ? DECODER_BUDGET - share : 0;
    d->why = NULL;
    d->step_count = d->program_count = d->extent_count = d->used_count = 0;
    memset(d->buckets, 0, sizeof d->buckets);
    memset(d->names, 0, sizeof d->names);
    if (d->plans)
        plans_chunk(d->plans);
}

static void check_checksums(struct decoder *d, uint32_t free_space, uint64_t offset)
{
    const uint8_t *p = d->chunk;
    uint32_t crc = libdeflate_crc32(0, p, 120);

    crc = libdeflate_crc32(crc, p + 128, CHUNK_HEADER_SIZE - 128);
    if (crc != le32(p + 124))
        batch_note(d->out, offset, "checksum of the chunk's header is wrong");
    crc = libdeflate_crc32(0, p + CHUNK_HEADER_SIZE, free_space - CHUNK_HEADER_SIZE);
    if (crc != le32(p + 52))
        batch_note(d->out, offset, "checksum of the chunk's records is wrong");
}

/* Where the records end, as the header says; the chunk's end when it says nonsense. */
static uint32_t records_end(struct decoder *d, uint64_t offset, bool no_crc)
{
    uint32_t free_space = le32(d->chunk + 48);

    if (free_space < CHUNK_HEADER_SIZE || free_space > CHUNK_SIZE) {
        batch_damaged(d->out, offset, "the chunk's free space begins at %u", free_space);
        return d->chunk_len;
    }
    if (free_space > d->chunk_len) {
        batch_damaged(d->out, offset, "the chunk is cut: %u of %u bytes are there", d->chunk_len,
                      (unsigned)CHUNK_SIZE);
        return d->chunk_len;
    }
    if (d->chunk_len < CHUNK_SIZE)
        batch_note(d->out, offset, "the file ends inside this chunk: %u of %u bytes are there, "
                   "among them all of its records", d->chunk_len, (unsigned)CHUNK_SIZE);
    if (!no_crc)
        check_checksums(d, free_space, offset);
    return free_space;
}

static size_t records_so_far(const struct decoder *d)
{
    return d->printing ? (size_t)d->printing->records : d->out->count;
}

/* A chunk without its mark may still hold records; they are taken as recovered. */
static void lost_chunk(struct decoder *d, uint64_t offset)
{
    size_t before = records_so_far(d);
    uint32_t at = next_record(d, CHUNK_HEADER_SIZE, d->chunk_len);

    read_records(d, at, d->chunk_len, offset, EVENT_RECOVERED);
    batch_damaged(d->out, offset, "no chunk, %u bytes; %zu records found in it", d->chunk_len,
                  records_so_far(d) - before);
}

void chunk_read(struct decoder *d, uint32_t end, uint64_t offset, bool no_crc, uint32_t flags)
{
    uint32_t live = records_end(d, offset, no_crc);

    live = live < end ? live : end;
    read_records(d, CHUNK_HEADER_SIZE, live, offset, flags);
    if (d->recover)
        read_slack(d, live, end, offset);
    library_chains(d);
}

static void read_chunk(struct decoder *d, const uint8_t *p, uint32_t len, uint64_t offset,
                       const struct evtx_carry *file)
{
    uint64_t number = (offset - FILE_HEADER_SIZE) / CHUNK_SIZE;
    uint32_t flags = file->counted && number >= file->counted ? EVENT_RECOVERED : 0;

    decoder_chunk(d, p, len, CHUNK_SIZE);
    if (is_zero(p, len)) { /* room that Windows took in advance */
        if (len < CHUNK_SIZE)
            batch_note(d->out, offset, "the file ends inside a chunk that holds no records");
        return;
    }
    if (len < CHUNK_HEADER_SIZE)
        batch_damaged(d->out, offset, "the last chunk is cut: %u bytes are there", len);
    else if (memcmp(p, chunk_magic, 8) != 0)
        lost_chunk(d, offset);
    else
        chunk_read(d, len, offset, file->no_crc, flags);
}

static void check_file_header(const struct input *in, struct batch *out)
{
    const uint8_t *p = (const uint8_t *)in->bytes.p;

    if (in->bytes.len < FILE_HEADER_SIZE)
        batch_damaged(out, 0, "the file header is cut: %zu bytes are there", in->bytes.len);
    else if (memcmp(p, file_magic, 8) != 0)
        batch_damaged(out, 0, "no file header");
    else if (libdeflate_crc32(0, p, FILE_CRC_BYTES) != le32(p + FILE_CRC_BYTES + 4))
        batch_note(out, 0, "checksum of the file header is wrong");
}

/* A count that is too low only says that the log was copied while Windows wrote it; one that is too
 * high, that the file goes on elsewhere. */
static void check_file_end(const struct input *in, struct batch *out, uint32_t chunks)
{
    uint64_t end = in->offset + in->bytes.len;
    uint64_t there = end > FILE_HEADER_SIZE ? (end - FILE_HEADER_SIZE + CHUNK_SIZE - 1) / CHUNK_SIZE
                                            : 0;

    if (chunks > there)
        batch_damaged(out, end, "the file ends after %llu of the %u chunks its header tells of",
                      (unsigned long long)there, chunks);
}

static uint32_t chunk_at(const struct input *in, size_t at)
{
    size_t left = in->bytes.len - at;

    return (uint32_t)(left < CHUNK_SIZE ? left : CHUNK_SIZE);
}

struct decoder *decoder_open(const struct input *in, struct batch *out)
{
    struct decoder *d = mem_alloc(sizeof *d);

    d->out = out;
    d->record.memo = &d->memo;
    d->messages = in->hints && in->hints->messages;
    d->recover = in->hints && in->hints->recover;
    d->xml = in->hints && in->hints->xml;
    d->printing = in->printing;
    d->gathers = d->recover && !d->printing;
    if (d->printing && !d->printing->kept)
        d->printing->kept = plans_new();
    d->plans = d->printing ? d->printing->kept : NULL;
    return d;
}

void decoder_close(struct decoder *d)
{
    mem_free(d->steps);
    mem_free(d->programs);
    mem_free(d->values);
    mem_free(d->nodes);
    mem_free(d->marks);
    mem_free(d->extents);
    mem_free(d->used);
    buf_free(&d->text);
    buf_free(&d->content);
    mem_free(d);
}

static void evtx_parse(const struct input *in, struct batch *out)
{
    struct decoder *d = decoder_open(in, out);
    const uint8_t *p = (const uint8_t *)in->bytes.p;
    struct evtx_carry carry = {0};
    size_t at = 0;

    if (in->carry)
        memcpy(&carry, in->carry->bytes, sizeof carry);
    if (in->offset == 0) {
        check_file_header(in, out);
        struct carry first = {{0}};
        evtx_carry(&first, in->bytes);
        memcpy(&carry, first.bytes, sizeof carry);
        at = FILE_HEADER_SIZE;
    }
    for (; at < in->bytes.len; at += CHUNK_SIZE)
        read_chunk(d, p + at, chunk_at(in, at), in->offset + at, &carry);
    if (in->last)
        check_file_end(in, out, carry.chunks);
    decoder_close(d);
}

const struct parser parser_evtx = {
    .name = "evtx",
    .about = "Windows event logs (.evtx)",
    .reads = READS_CHUNKS,
    .numbers = NUMBERS_LOG,
    .chunk_base = FILE_HEADER_SIZE,
    .chunk_size = CHUNK_SIZE,
    .probe = evtx_probe,
    .carry = evtx_carry,
    .parse = evtx_parse,
    .forget = plans_free,
    .complete = evtx_complete,
};
