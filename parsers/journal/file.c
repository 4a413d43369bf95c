/* SPDX-License-Identifier: Apache-2.0
 *
 * Journal files of systemd: system.journal, user-1000.journal, archived ones
 * (system@...-....journal) and those set aside as damaged (.journal~). The format:
 * https://systemd.io/JOURNAL_FILE_FORMAT. All numbers are little-endian.
 *
 * A header, then objects at multiples of 8 up to where the file was preallocated (zeros). An entry
 * lists the offsets of its data objects, "NAME=value" each, shared among entries and perhaps
 * compressed. "Compact" files have offsets of 32 bits there and larger data heads.
 *
 * The objects are walked in file order. That finds every entry that was written whole, also where
 * the file was not closed, the chains of entry arrays are broken, or the header tells an old state.
 * Where an object cannot be, the next one that is followed by another is searched for; what was
 * passed over is noted. Hashes are not computed; that an item and its data object name the same
 * hash is checked.
 *
 * Not read: seals (tag objects), fields that no entry refers to. */
#include <inttypes.h>

#include "parsers/bytes.h"
#include "parsers/journal/journal.h"
#include "parsers/journal/unpack.h"

enum { /* offsets in the header */
    INCOMPATIBLE_AT = 12,
    STATE_AT = 16,
    HEADER_SIZE_AT = 88,
    ARENA_SIZE_AT = 96,
    HEADER_MIN = 208 /* that of the first version */
};

enum {
    INCOMPATIBLE_COMPACT = 1 << 4,
    INCOMPATIBLE_KNOWN = 31, /* xz, lz4, keyed hash, zstd, compact */
    STATE_ONLINE = 1
};

enum { OBJECT_DATA = 1, OBJECT_ENTRY = 3, OBJECT_TYPES = 8 };

enum {
    OBJECT_HEAD = 16, /* type, flags, 6 bytes of zeros, size */
    DATA_HASH_AT = 16,
    DATA_AT = 64, /* payload */
    DATA_AT_COMPACT = 72,
    SEQNUM_AT = 16, /* of entries */
    REALTIME_AT = 24,
    MONOTONIC_AT = 32,
    BOOT_ID_AT = 40,
    XOR_HASH_AT = 56,
    ITEMS_AT = 64,
    JOB_BYTES = 2 << 20,
    CACHED = 4096,
    /* One data object may be in every entry. A job may give so many bytes of values for each of its
     * own, and some to begin with; what is longer than this is cut to SHORT_VALUE from then on. */
    VALUES_RATIO = 32,
    VALUES_FREE = 2 << 20,
    SHORT_VALUE = 256
};

#define TIME_MAX_US (UINT64_C(1) << 55) /* systemd's own limit, the year 3111 */

struct object {
    uint64_t size;
    uint8_t type, packing;
};

struct layout {
    str blob;
    size_t first; /* object */
    bool compact;
};

struct cached { /* a data object that was read before */
    uint64_t offset; /* 0: free */
    struct journal_field field;
    bool cut;
};

struct job {
    struct layout file;
    const struct input *in;
    struct batch *out;
    struct unpacker *unpacker;
    struct cached *cache;
    size_t budget; /* bytes of values left */
    uint64_t shortened;
    struct journal_entry entry;
};

/* ---- objects ---- */

static bool has_header(str blob)
{
    return blob.len >= HEADER_MIN && str_starts(blob, STR("LPKSHHRH"));
}

static struct layout layout_of(str blob)
{
    struct layout f = {.blob = blob, .first = HEADER_MIN};

    if (!has_header(blob))
        return f;
    uint64_t size = le64_at(blob, HEADER_SIZE_AT);
    if (size >= HEADER_MIN && size < 4096 && size % 8 == 0)
        f.first = (size_t)size;
    f.compact = le32_at(blob, INCOMPATIBLE_AT) & INCOMPATIBLE_COMPACT;
    return f;
}

/* Smallest sizes by type; 0: no object has it. */
static uint64_t smallest(const struct layout *f, uint8_t type)
{
    static const uint8_t sizes[OBJECT_TYPES] = {0, DATA_AT + 1, 41, ITEMS_AT, 32, 32, 28, 64};

    return type == OBJECT_DATA && f->compact ? DATA_AT_COMPACT + 1 : sizes[type];
}

/* Can there be an object, wholly inside of the file? */
static bool object_at(const struct layout *f, uint64_t at, struct object *o)
{
    str b = f->blob;

    if (at % 8 || at < f->first || at >= b.len || b.len - at < OBJECT_HEAD)
        return false;
    uint8_t type = (uint8_t)b.p[at], packing = (uint8_t)b.p[at + 1];
    *o = (struct object){.size = le64_at(b, at + 8), .type = type, .packing = packing};
    if (type == 0 || type >= OBJECT_TYPES || packing > 4 || packing == 3 ||
        (packing && type != OBJECT_DATA) || le32_at(b, at + 2) || b.p[at + 6] || b.p[at + 7])
        return false;
    return o->size >= smallest(f, type) && o->size <= b.len - at;
}

static uint64_t behind(uint64_t at, const struct object *o)
{
    return at + ((o->size + 7) & ~UINT64_C(7));
}

static bool is_blank(str blob, uint64_t from, uint64_t len)
{
    for (uint64_t i = from; i < blob.len && i < from + len; i++)
        if (blob.p[i])
            return false;
    return true;
}

/* The next object at or behind `at` that another one, the end or zeros follow; blob.len when there
 * is none. */
static size_t find_object(const struct layout *f, uint64_t at)
{
    struct object o, next;

    for (at = (at + 7) & ~UINT64_C(7); at < f->blob.len; at += 8) {
        if (f->blob.p[at] == 0 || !object_at(f, at, &o))
            continue;
        uint64_t after = behind(at, &o);
        if (object_at(f, after, &next) || is_blank(f->blob, after, OBJECT_HEAD))
            return (size_t)at;
    }
    return f->blob.len;
}

/* Behind the object at `at`; where there is none, the next one (*lost: at `at` was none). */
static size_t step(const struct layout *f, size_t at, struct object *o, bool *lost)
{
    *lost = !object_at(f, at, o);
    if (*lost)
        return find_object(f, at + 1);
    uint64_t after = behind(at, o);
    return after < f->blob.len ? (size_t)after : f->blob.len;
}

static size_t cut(str blob, size_t from)
{
    struct layout f = layout_of(blob);
    size_t at = from ? from : f.first;
    struct object o;
    bool lost;

    while (at < blob.len && at - from < JOB_BYTES)
        at = step(&f, at, &o, &lost);
    return at < blob.len ? at : blob.len;
}

/* ---- data objects ---- */

/* The field of a data object, NULL with a reason. */
static const struct journal_field *read_data(struct job *j, uint64_t at, uint64_t hash,
                                             bool *is_cut, const char **why)
{
    struct cached *c = &j->cache[at / 8 % CACHED];
    size_t head = j->file.compact ? DATA_AT_COMPACT : DATA_AT;
    struct object o;

    if (!object_at(&j->file, at, &o) || o.type != OBJECT_DATA) {
        *why = "a field of it is not there";
        return NULL;
    }
    if (!j->file.compact && le64_at(j->file.blob, at + DATA_HASH_AT) != hash) {
        *why = "a field of it has been overwritten";
        return NULL;
    }
    if (c->offset != at) {
        str payload = {j->file.blob.p + at + head, (size_t)(o.size - head)};
        struct cached fresh = {.offset = at};
        if (o.packing &&
            !unpack(j->unpacker, (enum packing)o.packing, payload,
                    FIELD_MAX_BYTES + NAME_MAX_BYTES + 1, &j->out->arena, &payload, &fresh.cut,
                    why))
            return NULL;
        size_t equals = str_find_char(str_head(payload, NAME_MAX_BYTES + 1), '=');
        fresh.field.name = str_head(payload, equals);
        fresh.field.value = str_skip(payload, equals + 1);
        if (equals > NAME_MAX_BYTES || !journal_is_name(fresh.field.name)) {
            *why = "a field of it has no name";
            return NULL;
        }
        fresh.field.full = journal_full_name(&j->out->arena, fresh.field.name);
        *c = fresh;
    }
    *is_cut |= c->cut;
    return &c->field;
}

/* ---- entries ---- */

static void read_stamp(str blob, size_t at, struct journal_stamp *s)
{
    s->seqnum = le64_at(blob, at + SEQNUM_AT);
    s->realtime_us = le64_at(blob, at + REALTIME_AT);
    s->monotonic_us = le64_at(blob, at + MONOTONIC_AT);
    s->xor_hash = le64_at(blob, at + XOR_HASH_AT);
    memcpy(s->boot_id, blob.p + at + BOOT_ID_AT, sizeof s->boot_id);
}

static void spend(struct job *j, struct journal_field *f)
{
    if (f->value.len > SHORT_VALUE && f->value.len > j->budget) {
        f->value.len = SHORT_VALUE;
        j->entry.cut = true;
        j->shortened++;
    }
    j->budget -= f->value.len < j->budget ? f->value.len : j->budget;
}

/* An entry is given with the fields that can be read; *why tells of others. */
static void read_items(struct job *j, size_t at, const struct object *o, const char **why)
{
    str blob = j->file.blob;
    size_t width = j->file.compact ? 4 : 16, count = (size_t)(o->size - ITEMS_AT) / width;

    for (size_t i = 0; i < count; i++) {
        size_t item = at + ITEMS_AT + i * width;
        uint64_t data = j->file.compact ? le32_at(blob, item) : le64_at(blob, item);
        uint64_t hash = j->file.compact ? 0 : le64_at(blob, item + 8);
        if (data == 0)
            continue;
        const struct journal_field *there = read_data(j, data, hash, &j->entry.cut, why);
        if (!there)
            continue;
        struct journal_field f = *there;
        spend(j, &f);
        if (!journal_add(&j->entry, &j->out->arena, f)) {
            *why = "more fields than an entry may have";
            return;
        }
    }
}

static void add_entry(struct job *j, size_t at, const struct object *o)
{
    struct journal_entry *e = &j->entry;
    const char *why = NULL;

    e->count = 0;
    e->cut = false;
    e->has_stamp = true;
    read_stamp(j->file.blob, at, &e->stamp);
    if (e->stamp.realtime_us == 0 || e->stamp.realtime_us >= TIME_MAX_US)
        why = "its time cannot be";
    read_items(j, at, o, &why);
    if (why)
        batch_damaged(j->out, at, "entry %" PRIu64 ": %s", e->stamp.seqnum, why);
    if (e->count)
        journal_event(e, at, STR(""), j->in, j->out);
}

static void walk(struct job *j)
{
    size_t end = (size_t)j->in->offset + j->in->bytes.len;
    size_t at = j->in->offset ? (size_t)j->in->offset : j->file.first;
    struct object o;
    bool lost;

    while (at < end) {
        size_t next = step(&j->file, at, &o, &lost);
        if (!lost && o.type == OBJECT_ENTRY)
            add_entry(j, at, &o);
        else if (lost && (next < j->file.blob.len ||
                          !is_blank(j->file.blob, at, j->file.blob.len - at)))
            batch_damaged(j->out, at, "%zu bytes that are no objects of a journal", next - at);
        at = next;
    }
}

/* What the header tells about the file as a whole. */
static void note_header(const struct job *j)
{
    str b = j->file.blob;
    uint64_t whole = le64_at(b, HEADER_SIZE_AT) + le64_at(b, ARENA_SIZE_AT);

    if (b.p[STATE_AT] == STATE_ONLINE)
        batch_note(j->out, STATE_AT, "the journal was not closed: it was in use, or the host "
                   "stopped suddenly");
    if (le32_at(b, INCOMPATIBLE_AT) & ~(uint32_t)INCOMPATIBLE_KNOWN)
        batch_note(j->out, INCOMPATIBLE_AT, "features that this reader does not know: 0x%x",
                   le32_at(b, INCOMPATIBLE_AT));
    if (whole > b.len)
        batch_damaged(j->out, b.len, "the journal had %" PRIu64 " bytes: %" PRIu64 " are missing",
                      whole, whole - b.len);
}

static void parse(const struct input *in, struct batch *out)
{
    str blob = in->blob.len ? in->blob : in->bytes;
    struct job j = {.file = layout_of(blob), .in = in, .out = out};

    if (!has_header(blob)) {
        if (in->offset == 0)
            batch_damaged(out, 0, "no header of a journal");
        return;
    }
    if (in->offset == 0)
        note_header(&j);
    j.budget = in->bytes.len * VALUES_RATIO + VALUES_FREE;
    j.unpacker = unpacker_new(j.budget);
    j.cache = arena_alloc(&out->arena, CACHED * sizeof *j.cache);
    walk(&j);
    if (j.shortened)
        batch_note(out, in->offset,
                   "%" PRIu64 " values that many entries share are cut to %d bytes", j.shortened,
                   SHORT_VALUE);
    unpacker_free(j.unpacker);
}

static int probe(const struct sample *s)
{
    return has_header(s->head) ? 100 : 0;
}

const struct parser parser_journal = {
    .name = "journal",
    .about = "systemd's binary journal, also unclosed or damaged: sshd, sudo, kernel, units, ...",
    .reads = READS_SPOOLED,
    .probe = probe,
    .cut = cut,
    .parse = parse,
};
