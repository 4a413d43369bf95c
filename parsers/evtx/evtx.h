/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the EVTX parser. A template of a chunk is compiled once into a flat program of steps; a
 * record is a walk over the steps with its array of values. No tree, no text until asked for.
 *
 *     evtx.c      file, chunks, records
 *     binxml.c    fragments, template instances, running programs
 *     compile.c   tokens to steps
 *     scope.c     what a place in the document makes of its content
 *     record.c    what the System part says, uid, the finished event
 *     tree.c      a record as a tree; xml.c and json.c write it (parse --xml, --record)
 *     print.c     records as JSON lines or only checked, without events; plan.c does it fast
 *     raw.c       records in bytes of any kind (--recover)
 *     library.c   templates from elsewhere for records that lost theirs (--recover)
 *
 * Formats: MS-EVEN6 section 2.2.12 (BinXml) and libyal's "Windows XML Event Log (EVTX)".
 *
 * All offsets in BinXML count from the beginning of the chunk. Everything read is checked against
 * the chunk; what a chunk may cost in memory and steps is bounded by DECODER_BUDGET. */
#ifndef PARSERS_EVTX_EVTX_H
#define PARSERS_EVTX_EVTX_H

#include "core/parser.h"
#include "parsers/windows.h"

enum {
    CHUNK_SIZE = 65536,
    CHUNK_HEADER_SIZE = 512,
    RECORD_HEADER_SIZE = 24,
    RECORD_SIZE_MIN = RECORD_HEADER_SIZE + 4,
    ELEMENT_DEPTH_MAX = 64,
    NAME_UNITS_MAX = 2048, /* UTF-16 units of the name of an element or field */
    NESTING_MAX = 16, /* BinXML values within BinXML values */
    TEMPLATE_HEADER_SIZE = 24, /* u32 next, GUID, u32 size of the body */
    TEMPLATES_AT = 384, /* in the chunk header: u32 offsets of the first of each chain */
    TEMPLATE_CHAINS = 32,
    RECORD_SIGNATURE = 0x2a2a,
    DECODER_BUDGET = 8 * 1024 * 1024, /* bytes and steps * sizeof(struct step), per chunk */
    PROGRAM_BUCKETS = 64,
    NAME_CACHE = 256,
    TEXT_CACHE = 256
};

enum token { /* MS-EVEN6 2.2.12; | TOKEN_MORE: more of the same follow, or attributes */
    TOKEN_END = 0x00,
    TOKEN_OPEN_ELEMENT = 0x01,
    TOKEN_CLOSE_START = 0x02,
    TOKEN_CLOSE_EMPTY = 0x03,
    TOKEN_CLOSE_ELEMENT = 0x04,
    TOKEN_VALUE = 0x05,
    TOKEN_ATTRIBUTE = 0x06,
    TOKEN_CDATA = 0x07,
    TOKEN_CHAR_REF = 0x08,
    TOKEN_ENTITY_REF = 0x09,
    TOKEN_PI_TARGET = 0x0a,
    TOKEN_PI_DATA = 0x0b,
    TOKEN_TEMPLATE = 0x0c,
    TOKEN_SUBSTITUTION = 0x0d,
    TOKEN_OPTIONAL = 0x0e,
    TOKEN_FRAGMENT = 0x0f,
    TOKEN_MORE = 0x40
};

enum { FRAGMENT_HEADER_SIZE = 4 }; /* token, u8 major, u8 minor version, u8 flags */

/* Where in the record's document an element stands; decides what its content becomes. */
enum area {
    AREA_ROOT,
    AREA_EVENT,
    AREA_SYSTEM,
    AREA_SYSTEM_PART, /* path = name of the part */
    AREA_EVENT_DATA,
    AREA_DATA,        /* path = name of the field */
    AREA_USER_DATA,   /* path = levels joined by '/' */
    AREA_OWN          /* path = levels joined by '.' */
};

struct scope {
    enum area area;
    str path;
};

enum step_op {
    STEP_FIELD,  /* the value becomes a field */
    STEP_SYSTEM, /* the value is a part of System; `part` says which */
    STEP_PIECE,  /* the value's text is appended to the text register */
    STEP_NAME    /* the text register names the fields whose steps have no name */
};

enum step_source { FROM_CONSTANT, FROM_VALUE, FROM_TEXT }; /* TEXT: and empties the register */

struct step {
    const char *name; /* NULL: the name register */
    const void *data; /* FROM_CONSTANT */
    uint32_t len;
    uint16_t name_len;
    uint16_t index; /* FROM_VALUE */
    uint8_t op, source, type, group;
    uint8_t area; /* of the element, for BinXML values in it */
    uint8_t part;
};

struct program {
    size_t first, count; /* steps */
    uint32_t offset;     /* of the template definition; 0: an inline fragment */
    uint32_t next;       /* in its bucket, index + 1 */
    uint32_t id;         /* of a template that was offered, */
    uint64_t meaning;    /* and the hash of its steps */
    bool nameless;       /* an element or attribute has no name: where it stood was overwritten */
    size_t extent, extent_count; /* with --recover: the parts of the chunk it was made of */
    struct scope scope;
    const char *why;     /* what is wrong with it, or NULL */
};

struct name_slot_of_chunk { /* names by their offset in the chunk */
    uint32_t offset;    /* 0: free */
    str text;
};

struct text_slot { /* texts made of values that recur: providers, channels, computers */
    const void *p;
    uint32_t len;
    uint8_t type;
    str text;
    uint64_t folded; /* hash of it in lower case */
};

struct extent { /* part of a chunk */
    uint32_t at, len;
};

struct used { /* a program that the open record ran */
    size_t program;
    bool nested; /* in a document within a value */
};

struct decoder {
    struct batch *out;
    bool messages, recover, xml;
    bool gathers; /* templates are offered, and records that lack one set aside (library.c) */

    /* Records are printed or checked instead of decoded (print.c). */
    struct printing *printing; /* NULL: they are decoded */
    struct plans *plans;       /* plan.h; of the worker */
    bool building; /* documents become nodes (tree.h) instead of fields */
    struct node *nodes;
    size_t node_count, node_cap;
    struct mark *marks; /* json.h */
    size_t mark_count, mark_cap;
    bool irregular;

    const struct pieces *library; /* when a record is completed, else NULL */
    uint32_t library_at;          /* where the definition stands in the image entered last */
    struct extent *extents;       /* with --recover: what programs were made of */
    size_t extent_count, extent_cap;
    bool nameless; /* a name without letters was met */

    const uint8_t *chunk; /* the current one */
    uint32_t chunk_len;   /* less than CHUNK_SIZE at a cut end */
    bool adrift; /* where the chunk began is not known: offsets mean nothing */
    size_t spent;         /* of the budget */
    size_t spent_on_xml;  /* of another one of the same size */
    struct step *steps;
    size_t step_count, step_cap;
    struct program *programs;
    size_t program_count, program_cap;
    uint32_t buckets[PROGRAM_BUCKETS]; /* index + 1 */
    struct name_slot_of_chunk names[NAME_CACHE];

    const struct text_slot *texts[TEXT_CACHE]; /* good for the whole batch, like the memo */
    const struct text_slot *recent[SYSTEM_PARTS];
    struct windows_memo memo;

    /* The open record. */
    struct value *values; /* of the running programs, the innermost last */
    size_t value_count, value_cap;
    struct windows_record record;
    struct buf text; /* register */
    str name;        /* register */
    const char *why; /* the first damage met, or NULL */
    bool lost;       /* a template is lost, so that values have numbers for names */
    bool any;        /* there is something in its document, if only an empty element */
    struct used *used; /* with --recover */
    size_t used_count, used_cap;
    bool wants;      /* a template is not in the chunk */
    bool completed;  /* one came from the library, */
    bool by_event;   /* and was not told by its id */

    struct buf content; /* scratch for the uid */
};

/* A reader over part of the chunk. */
struct cursor {
    const uint8_t *p, *end;
};

static inline uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline bool cursor_take(struct cursor *c, size_t n, const uint8_t **out)
{
    if (cursor_left(c) < n)
        return false;
    *out = c->p;
    c->p += n;
    return true;
}

/* The value of `len` bytes at p, as a template instance says its type. */
static inline struct value decoder_value(const uint8_t *p, uint32_t len, uint8_t type)
{
    struct value v = {p, len, type};

    if (type >= VALUE_I8 && type <= VALUE_HEX64)
        return v; /* most are numbers */
    if (type == VALUE_UTF16)
        while (v.len >= 2 && le16(p + v.len - 2) == 0)
            v.len -= 2;
    else if (type == VALUE_ANSI)
        while (v.len && p[v.len - 1] == 0)
            v.len--;
    else if (type == VALUE_NULL || (type == VALUE_BINXML && len == 0))
        v = (struct value){"", 0, VALUE_NULL};
    else if ((type & 0x7f) > VALUE_HEX64 && type != VALUE_BINXML)
        v.type = VALUE_BINARY; /* nothing that is documented */
    return v;
}

/* The tokens of the template definition at `offset`, whose header is whole. */
static inline struct cursor template_body(const struct decoder *d, uint32_t offset)
{
    const uint8_t *body = d->chunk + offset + TEMPLATE_HEADER_SIZE;
    size_t size = le32(body - 4), left = d->chunk_len - offset - TEMPLATE_HEADER_SIZE;

    return (struct cursor){body, body + (size < left ? size : left)};
}

/* Notes the first thing that is wrong in the open record; false, for `return`. */
bool decoder_fail(struct decoder *d, const char *why);

/* Takes from the chunk's budget; false (and a failure) when it is used up. */
bool decoder_spend(struct decoder *d, size_t bytes);

/* Compiles a template body, or an element outside of templates, to a new program; its index.
 * Never fails: what is wrong stands in program.why, and the steps before it are kept. For an
 * element the cursor is left behind it. */
size_t compile_template(struct decoder *d, uint32_t offset, struct cursor body,
                        struct scope scope);
size_t compile_element(struct decoder *d, struct cursor *c, struct scope scope);

/* binxml.c: the program of the definition at `offset`, or of a piece, whose key lies behind all
 * offsets. */
size_t program_find(struct decoder *d, uint32_t offset, const struct piece *piece,
                    struct scope scope);

/* library.c, while chunks are read with --recover (else they do nothing): a program is made of
 * these bytes; a template without fault is offered to others; the open record runs a program; it is
 * whole, so its templates are those of such events; all definitions that the chunk's header lists
 * are offered. */
void library_extent(struct decoder *d, uint32_t at, size_t len);
void library_offer(struct decoder *d, size_t program, uint32_t id);
void library_use(struct decoder *d, size_t program, bool nested);
void library_record(struct decoder *d);
void library_chains(struct decoder *d);

/* The open record waits for the library of the whole evidence; the event of one that did. */
void library_set_aside(struct decoder *d, const uint8_t *record, const uint8_t *end,
                       uint32_t flags);
void evtx_complete(const struct event *aside, const struct hints *hints, struct batch *out);

/* The template of the library for an instance with these values: the piece, and its program, index
 * + 1. NULL: there is none. */
const struct piece *library_choose(struct decoder *d, uint32_t id, struct scope scope, size_t base,
                                   size_t count, bool nested, size_t *program);
size_t library_compile(struct decoder *d, const struct piece *piece, uint32_t key,
                       struct scope scope);
/* Makes the piece's image the chunk, its definition at d->library_at; and back. */
void library_enter(struct decoder *d, const struct piece *piece);
void library_leave(struct decoder *d, const uint8_t *chunk, uint32_t len);

/* Decodes a BinXML document (of a record, or a value of type VALUE_BINXML) into the open event
 * and d->record.system. False when something was wrong; d->why says what. */
bool binxml_decode(struct decoder *d, struct cursor c, struct scope scope, unsigned depth);

/* The beginning of that: an open event with the fields, the time and the number of the record;
 * damage is noted, the System part of d->record filled. NULL when it is to be set aside: the event
 * is open, and nothing else has happened. */
struct event *record_open(struct decoder *d, const uint8_t *record, struct cursor document,
                          uint64_t blob_offset, const char *why);

/* print.c: the same for a record that is printed or checked: a line, or nothing, and no event. */
void record_print(struct decoder *d, const uint8_t *record, const uint8_t *end,
                  uint64_t blob_offset, uint32_t flags, const char *why);

/* How many bytes the name entry at `offset` takes, 0 when there cannot be one. An entry: u32 next,
 * u16 hash, u16 count of characters, UTF-16 text, NUL. */
static inline size_t name_size(const struct decoder *d, uint32_t offset)
{
    if (offset < 128 || offset > d->chunk_len || d->chunk_len - offset < 10)
        return 0;
    size_t units = le16(d->chunk + offset + 6), size = 10 + 2 * units;
    if (units > NAME_UNITS_MAX || size > d->chunk_len - offset ||
        le16(d->chunk + offset + size - 2) != 0)
        return 0;
    return size;
}

/* A record whose header is whole. `end` is where its BinXML ends at the latest; `why` says what is
 * known to be wrong with it, or NULL; `flags` are the event's. Adds one event. */
void record_decode(struct decoder *d, const uint8_t *record, const uint8_t *end,
                   uint64_t blob_offset, uint32_t flags, const char *why);

/* evtx.c: a decoder for one job, and its end. */
struct decoder *decoder_open(const struct input *in, struct batch *out);
void decoder_close(struct decoder *d);

/* The bytes that offsets count from; what an earlier chunk brought is forgotten. `extent`: how
 * many bytes of it are read as records; the budget is in proportion to them. */
void decoder_chunk(struct decoder *d, const uint8_t *chunk, uint32_t len, uint32_t extent);

/* The size of the whole record at p (signature, size, the same size at its end), else 0. */
uint32_t record_size(const uint8_t *p, size_t left);

/* Does the BinXML of the record at p (of at least RECORD_SIZE_MIN bytes) begin as it has to? */
bool record_begins(const uint8_t *p);

/* The records of the open chunk that has its mark, up to `end`; with d->recover those in its
 * slack, too. */
void chunk_read(struct decoder *d, uint32_t end, uint64_t offset, bool no_crc, uint32_t flags);

#endif
