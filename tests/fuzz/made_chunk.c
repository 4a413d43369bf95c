/* SPDX-License-Identifier: Apache-2.0
 *
 * The script is read one decision at a time; behind its end every decision is 0, which always is
 * the one that comes to an end. What is left of it behind the last record overwrites single bytes
 * of the chunk. */
#include "tests/fuzz/made_chunk.h"

#include <libdeflate.h>

#include "core/value.h"

enum {
    FIRST_RECORD = 512,
    WRITE_MAX = 65000, /* nothing is written behind it, so that what is open can be closed */
    NAMES_MAX = 256,
    TEMPLATES_MAX = 64,
    RECORDS_MAX = 600,
    DEPTH_MAX = 70,    /* a little more than the parser allows */
    VALUES_MAX = 40,
    CHAINS_AT = 384,
    CHAINS = 32
};

struct maker {
    const uint8_t *script, *end;
    uint8_t *chunk;
    uint32_t at;
    uint32_t names[NAMES_MAX], name_count;
    struct {
        uint32_t id, offset, values;
    } templates[TEMPLATES_MAX];
    uint32_t template_count;
    unsigned depth;
    bool in_template;
};

static const char *const words[] = {
    "Event", "System", "Provider", "Name", "Guid", "EventSourceName", "EventID", "Qualifiers",
    "Version", "Level", "Task", "Opcode", "Keywords", "TimeCreated", "SystemTime", "EventRecordID",
    "Correlation", "ActivityID", "RelatedActivityID", "Execution", "ProcessID", "ThreadID",
    "Channel", "Computer", "Security", "UserID", "EventData", "Data", "UserData", "RenderingInfo",
    "Message", "Keyword", "xmlns", "xmlns:a", "amp", "lt", "quot", "apos", "Binary", "DebugData",
    "", "a/b", "a.b", "TargetUserName", "IpAddress", "LogonType", "TicketOptions", "Culture",
};

/* ---- the script ---- */

static unsigned pick(struct maker *m, unsigned below)
{
    return m->script < m->end ? *m->script++ % below : 0;
}

static uint32_t pick32(struct maker *m)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 4; i++)
        v = v << 8 | pick(m, 256);
    return v;
}

/* ---- bytes ---- */

static void w8(struct maker *m, unsigned v)
{
    if (m->at < WRITE_MAX)
        m->chunk[m->at++] = (uint8_t)v;
}

static void w16(struct maker *m, unsigned v)
{
    w8(m, v & 255);
    w8(m, v >> 8 & 255);
}

static void w32(struct maker *m, uint32_t v)
{
    w16(m, v & 0xffff);
    w16(m, v >> 16);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void wzeros(struct maker *m, size_t n)
{
    while (n--)
        w8(m, 0);
}

static void wunits(struct maker *m, const char *ascii)
{
    for (; *ascii; ascii++)
        w16(m, (uint8_t)*ascii);
}

static void wscript_text(struct maker *m, unsigned units)
{
    while (units--) { /* now and then half of a surrogate pair */
        unsigned c = pick(m, 256);
        w16(m, c >= 0xf8 ? 0xd800 + (c & 7) * 0x100 : c);
    }
}

/* ---- tokens ---- */

static void name(struct maker *m)
{
    unsigned way = pick(m, 16);

    if (way >= 12 && m->name_count) {
        w32(m, m->names[pick(m, 256) % m->name_count]);
        return;
    }
    if (way == 11) {
        w32(m, pick32(m) & 0x1ffff);
        return;
    }
    if (m->name_count < NAMES_MAX)
        m->names[m->name_count++] = m->at + 4;
    w32(m, m->at + 4);
    w32(m, way == 10 ? m->at : 0); /* a chain that leads to itself */
    w16(m, 0);
    if (way == 9) {
        unsigned units = pick(m, 64);
        w16(m, units);
        wscript_text(m, units);
    } else {
        const char *word = words[pick(m, (unsigned)array_len(words))];
        w16(m, (unsigned)str_of(word).len);
        wunits(m, word);
    }
    w16(m, 0);
}

static void counted_text(struct maker *m)
{
    unsigned units = pick(m, 40);

    w16(m, units);
    wscript_text(m, units);
}

static const uint8_t type_sizes[] = {
    [VALUE_I8] = 1,     [VALUE_U8] = 1,        [VALUE_I16] = 2,         [VALUE_U16] = 2,
    [VALUE_I32] = 4,    [VALUE_U32] = 4,       [VALUE_I64] = 8,         [VALUE_U64] = 8,
    [VALUE_FLOAT] = 4,  [VALUE_DOUBLE] = 8,    [VALUE_BOOL] = 4,        [VALUE_GUID] = 16,
    [VALUE_SIZE] = 8,   [VALUE_FILETIME] = 8,  [VALUE_SYSTEMTIME] = 16, [VALUE_HEX32] = 4,
    [VALUE_HEX64] = 8,
};

static unsigned size_of_type(unsigned type)
{
    return type < array_len(type_sizes) ? type_sizes[type] : 0;
}

static void sid(struct maker *m)
{
    unsigned authorities = pick(m, 32);

    w8(m, 1);
    w8(m, authorities);
    for (unsigned i = 0; i < 6 + 4 * authorities; i++)
        w8(m, pick(m, 256));
}

static void literal(struct maker *m)
{
    unsigned type = pick(m, 4) ? VALUE_UTF16 : pick(m, VALUE_HEX64 + 2);

    w8(m, type);
    if (type == VALUE_UTF16)
        counted_text(m);
    else if (type == VALUE_SID)
        sid(m);
    else
        for (unsigned i = 0, n = size_of_type(type); i < n; i++)
            w8(m, pick(m, 256));
}

static void substitution(struct maker *m, unsigned token)
{
    w8(m, token);
    w16(m, pick(m, VALUES_MAX));
    w8(m, pick(m, 256));
}

static void instruction(struct maker *m)
{
    w8(m, 0x0a);
    name(m);
    w8(m, 0x0b);
    counted_text(m);
}

static void element(struct maker *m);
static void instance(struct maker *m);

/* One piece of content or of an attribute's value; false when the script says that it ends. */
static bool piece(struct maker *m)
{
    switch (pick(m, 12)) {
    default:
        return false;
    case 1:
    case 2:
        w8(m, 0x05);
        literal(m);
        break;
    case 3:
        substitution(m, 0x0d);
        break;
    case 4:
    case 5:
        substitution(m, 0x0e);
        break;
    case 6:
        w8(m, 0x08);
        w16(m, pick(m, 256) * 0x101);
        break;
    case 7:
        w8(m, 0x49);
        name(m);
        break;
    case 8:
        w8(m, 0x07);
        counted_text(m);
        break;
    case 9:
        w8(m, pick(m, 256));
        break;
    }
    return true;
}

static void attributes(struct maker *m)
{
    uint32_t size_at = m->at;

    w32(m, 0);
    for (bool more = true; more;) {
        more = pick(m, 3) == 2;
        w8(m, more ? 0x46 : 0x06);
        name(m);
        while (piece(m))
            ;
    }
    put32(m->chunk + size_at, m->at - size_at - 4);
}

static void content(struct maker *m)
{
    for (unsigned op; (op = pick(m, 8)) != 0;) {
        if (op <= 3)
            element(m);
        else if (op == 4)
            instruction(m);
        else if (op == 5)
            instance(m);
        else
            while (piece(m))
                ;
    }
}

static void element(struct maker *m)
{
    unsigned shape = pick(m, 16);
    bool has_attributes = shape & 1, is_empty = shape & 2;
    uint32_t size_at;

    if (++m->depth > DEPTH_MAX) {
        m->depth--;
        return;
    }
    w8(m, has_attributes ? 0x41 : 0x01);
    if (m->in_template || (shape & 12) == 12)
        w16(m, shape & 4 ? pick(m, VALUES_MAX) : 0xffff);
    size_at = m->at;
    w32(m, 0);
    name(m);
    if (has_attributes)
        attributes(m);
    if (is_empty) {
        w8(m, 0x03);
    } else {
        w8(m, 0x02);
        content(m);
        w8(m, 0x04);
    }
    put32(m->chunk + size_at, m->at - size_at - 4);
    m->depth--;
}

static void fragment(struct maker *m)
{
    w32(m, 0x0001010f);
}

/* ---- template instances and their values ---- */

static void document(struct maker *m);

static void value(struct maker *m, unsigned type, unsigned shape)
{
    unsigned size = size_of_type(type);

    if (type == VALUE_BINXML) {
        document(m);
    } else if (type == VALUE_SID) {
        sid(m);
    } else if (type == VALUE_UTF16 || type == VALUE_ANSI || type == VALUE_BINARY) {
        unsigned n = pick(m, 48);
        if (type == VALUE_UTF16)
            wscript_text(m, n);
        else
            for (unsigned i = 0; i < n; i++)
                w8(m, pick(m, 256));
    } else if (shape != 3) {
        for (unsigned i = 0; i < size; i++)
            w8(m, pick(m, 256));
    }
}

static void values(struct maker *m, unsigned count)
{
    uint32_t table = m->at + 4;

    w32(m, count);
    wzeros(m, 4 * count);
    for (unsigned i = 0; i < count && m->at < WRITE_MAX; i++) {
        unsigned type = pick(m, 32), shape = pick(m, 4), items = 1;
        uint32_t begin = m->at;
        if (type > VALUE_HEX64)
            type = type < 28 ? VALUE_UTF16 : VALUE_BINXML;
        if (shape == 2) {
            items = pick(m, 6);
            if (type == VALUE_UTF16) /* its items end with NUL */
                for (unsigned k = 0; k < items; k++) {
                    wscript_text(m, pick(m, 12));
                    w16(m, 0);
                }
        }
        if (shape != 2 || type != VALUE_UTF16)
            for (unsigned k = 0; k < items; k++)
                value(m, type, shape);
        uint32_t size = m->at - begin + (shape == 3 ? pick(m, 4) : 0);
        put32(m->chunk + table + 4 * i,
              (size & 0xffff) | (type | (shape == 2 ? VALUE_ARRAY : 0)) << 16);
    }
}

/* The definition, of which `values` says how many values its instances bring. */
static void definition(struct maker *m, uint32_t id, unsigned count)
{
    uint32_t begin = m->at;
    bool outer = m->in_template;

    if (m->template_count < TEMPLATES_MAX) {
        m->templates[m->template_count].id = id;
        m->templates[m->template_count].offset = begin;
        m->templates[m->template_count++].values = count;
    }
    uint8_t *chain = m->chunk + CHAINS_AT + 4 * (id % CHAINS);
    w32(m, (uint32_t)(chain[0] | chain[1] << 8 | chain[2] << 16));
    put32(chain, begin);
    w32(m, id);
    wzeros(m, 12);
    w32(m, 0);
    fragment(m);
    m->in_template = true;
    while (pick(m, 8) == 7)
        instruction(m);
    element(m);
    m->in_template = outer;
    w8(m, 0);
    put32(m->chunk + begin + 20, m->at - begin - 24 + (pick(m, 32) == 31 ? pick(m, 256) : 0));
}

static void instance(struct maker *m)
{
    unsigned way = pick(m, 8), count = pick(m, VALUES_MAX);

    if (++m->depth > DEPTH_MAX) {
        m->depth--;
        return;
    }
    w8(m, 0x0c);
    w8(m, 1);
    if (way >= 4 && m->template_count) { /* one that was there before */
        unsigned i = pick(m, TEMPLATES_MAX) % m->template_count;
        w32(m, m->templates[i].id);
        w32(m, m->templates[i].offset);
        count = way == 4 ? count : m->templates[i].values;
    } else if (way == 3) { /* anywhere */
        w32(m, pick(m, 4));
        w32(m, pick32(m) & 0x1ffff);
    } else {
        uint32_t id = 1 + pick(m, 40);
        w32(m, id);
        w32(m, m->at + 4);
        definition(m, id, count);
    }
    values(m, count);
    m->depth--;
}

static void document(struct maker *m)
{
    fragment(m);
    switch (pick(m, 8)) {
    default:
        instance(m);
        break;
    case 5:
        element(m);
        break;
    case 6:
        instruction(m);
        element(m);
        break;
    case 7:
        w8(m, pick(m, 256));
        instance(m);
        break;
    }
    w8(m, 0);
}

/* ---- records ---- */

static void record(struct maker *m, unsigned number, unsigned shape)
{
    uint32_t begin = m->at, size;

    w32(m, 0x2a2a);
    w32(m, 0);
    w32(m, number);
    w32(m, 0);
    w32(m, shape & 1 ? 0 : pick32(m));
    w32(m, shape & 1 ? 0 : 0x01da6900);
    document(m);
    size = m->at + 4 - begin;
    w32(m, shape == 6 ? pick32(m) : size);
    put32(m->chunk + begin + 4, shape == 7 ? pick32(m) : size);
}

static void seal(uint8_t *file, uint32_t free_space)
{
    uint8_t *chunk = file + MADE_HEADER;
    uint32_t crc;

    memcpy(file, "ElfFile", 8);
    file[42] = 1;
    put32(file + 124, libdeflate_crc32(0, file, 120));
    memcpy(chunk, "ElfChnk", 8);
    put32(chunk + 40, 128);
    put32(chunk + 48, free_space);
    put32(chunk + 52, libdeflate_crc32(0, chunk + FIRST_RECORD, free_space - FIRST_RECORD));
    crc = libdeflate_crc32(0, chunk, 120);
    put32(chunk + 124, libdeflate_crc32(crc, chunk + 128, FIRST_RECORD - 128));
}

void made_chunk(const uint8_t *script, size_t size, struct buf *out)
{
    static const uint8_t zeros[MADE_HEADER + MADE_CHUNK];
    size_t begin = out->len;
    uint32_t slack = 0;
    unsigned shape;

    buf_add(out, zeros, sizeof zeros);
    struct maker m = {.script = script, .end = script + size, .at = FIRST_RECORD};
    uint8_t *file = (uint8_t *)out->p + begin;
    m.chunk = file + MADE_HEADER;
    for (unsigned n = 1; n <= RECORDS_MAX && m.at < WRITE_MAX && (shape = pick(&m, 9)) != 0; n++) {
        record(&m, n, shape);
        if (shape == 8) /* the records so far are in use, those that follow lie in the slack */
            slack = m.at;
    }
    while (m.end - m.script >= 3) {
        uint32_t at = pick(&m, 256) << 8;
        at |= pick(&m, 256);
        m.chunk[FIRST_RECORD + at % (m.at - FIRST_RECORD + 1)] = (uint8_t)pick(&m, 256);
    }
    seal(file, slack ? slack : m.at);
}
