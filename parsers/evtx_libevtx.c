/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows event logs (EVTX) once more, through libevtx: a second opinion on parsers/evtx/. It never
 * bids for a blob; `--evtx-reader libevtx` or `--parser evtx-libevtx` choose it. About a hundredth
 * as fast as the native reader.
 *
 * Each chunk is handed to libevtx as a log of its own, with a file header of our making, so that
 * what it gives up on is a chunk and not the rest of the file. The XML it makes of a record is
 * read back: values are texts as it writes them (hexadecimal numbers padded to full width, times
 * with nine digits), under the names the native reader uses. Not read: what libevtx recovers from
 * slack. Its known defects stand in docs/decisions.md; chunks of which it gives fewer records than
 * their header tells are damage, and noted. */
#include <inttypes.h>
#include <libdeflate.h>
#include <libevtx.h>

#include "parsers/blob_io.h"
#include "parsers/windows.h"
#include "parsers/xml.h"

enum {
    FILE_HEADER_SIZE = 4096,
    CHUNK_SIZE = 65536,
    CHUNK_HEADER_SIZE = 512,
    RECORD_HEADER_SIZE = 24,
    RECORD_ALIGNMENT = 4,
    XML_MAX = 16 << 20, /* of a record */
    DEPTH_MAX = 64
};

/* ---- the record's document ---- */

enum area {
    AREA_ROOT, AREA_SYSTEM, AREA_PART, AREA_EVENT_DATA, AREA_DATA, AREA_USER_DATA, AREA_OWN
};

struct element {
    enum area area;
    str path;   /* of fields; of AREA_PART its name */
    str text;
    bool parent; /* has elements in it */
    bool named;  /* has attributes that became fields */
};

/* The parts of System that the unified event has a place for, as texts. */
enum part {
    PROVIDER, PROVIDER_GUID, SOURCE_NAME, EVENT_ID, QUALIFIERS, VERSION, LEVEL, TASK, OPCODE,
    KEYWORDS, TIME, RECORD_ID, ACTIVITY_ID, RELATED_ID, PROCESS_ID, THREAD_ID, CHANNEL, COMPUTER,
    USER_ID, PARTS
};

static const struct {
    const char *element, *attribute; /* attribute "": the element's text */
} parts[PARTS] = {
    [PROVIDER] = {"Provider", "Name"},
    [PROVIDER_GUID] = {"Provider", "Guid"},
    [SOURCE_NAME] = {"Provider", "EventSourceName"},
    [EVENT_ID] = {"EventID", ""},
    [QUALIFIERS] = {"EventID", "Qualifiers"},
    [VERSION] = {"Version", ""},
    [LEVEL] = {"Level", ""},
    [TASK] = {"Task", ""},
    [OPCODE] = {"Opcode", ""},
    [KEYWORDS] = {"Keywords", ""},
    [TIME] = {"TimeCreated", "SystemTime"},
    [RECORD_ID] = {"EventRecordID", ""},
    [ACTIVITY_ID] = {"Correlation", "ActivityID"},
    [RELATED_ID] = {"Correlation", "RelatedActivityID"},
    [PROCESS_ID] = {"Execution", "ProcessID"},
    [THREAD_ID] = {"Execution", "ThreadID"},
    [CHANNEL] = {"Channel", ""},
    [COMPUTER] = {"Computer", ""},
    [USER_ID] = {"Security", "UserID"},
};

struct document {
    struct batch *out;
    struct element open[DEPTH_MAX];
    unsigned depth;
    str system[PARTS];
};

static str joined(struct document *d, str path, char separator, str name)
{
    if (!path.len)
        return name;
    return arena_printf(&d->out->arena, "%.*s%c%.*s", PSTR(path), separator, PSTR(name));
}

static bool is_rendering(str path)
{
    return str_starts(path, STR("rendering"));
}

static str lower(struct document *d, str s)
{
    char *p = arena_bytes(&d->out->arena, s.len);

    for (size_t i = 0; i < s.len; i++)
        p[i] = char_lower(s.p[i]);
    return (str){p, s.len};
}

static struct element child_of_event(struct document *d, str name)
{
    if (str_eq(name, STR("Event")))
        return (struct element){.area = AREA_ROOT};
    if (str_eq(name, STR("System")))
        return (struct element){.area = AREA_SYSTEM};
    if (str_eq(name, STR("EventData")))
        return (struct element){.area = AREA_EVENT_DATA};
    if (str_eq(name, STR("UserData")))
        return (struct element){.area = AREA_USER_DATA};
    if (str_eq(name, STR("RenderingInfo")))
        return (struct element){.area = AREA_OWN, .path = STR("rendering")};
    return (struct element){.area = AREA_OWN, .path = joined(d, STR("Event"), '.', name)};
}

static struct element child_of(struct document *d, const struct element *parent, str name)
{
    switch (parent->area) {
    case AREA_ROOT:
        return child_of_event(d, name);
    case AREA_SYSTEM:
        return (struct element){.area = AREA_PART, .path = name};
    case AREA_PART:
        return (struct element){
            .area = AREA_OWN,
            .path = joined(d, joined(d, STR("System"), '.', parent->path), '.', name)};
    case AREA_EVENT_DATA:
        return (struct element){.area = AREA_DATA,
                                .path = str_eq(name, STR("Data")) ? STR("") : name};
    case AREA_DATA:
    case AREA_USER_DATA:
        return (struct element){.area = parent->area, .path = joined(d, parent->path, '/', name)};
    case AREA_OWN:
        break;
    }
    if (is_rendering(parent->path) && str_eq_nocase(name, STR("Keyword"))) /* repeated */
        return (struct element){.area = AREA_OWN, .path = parent->path};
    return (struct element){
        .area = AREA_OWN,
        .path = joined(d, parent->path, '.', is_rendering(parent->path) ? lower(d, name) : name)};
}

static bool system_part(struct document *d, str element, str attribute, str value)
{
    for (unsigned i = 0; i < PARTS; i++)
        if (str_eq(element, str_of(parts[i].element)) &&
            str_eq(attribute, str_of(parts[i].attribute))) {
            d->system[i] = value;
            return true;
        }
    return false;
}

static void attribute(struct document *d, struct element *e, str name, str value)
{
    str path = e->path;

    if (str_eq(name, STR("xmlns")) || str_starts(name, STR("xmlns:")))
        return;
    if (e->area == AREA_DATA && str_eq(name, STR("Name"))) {
        e->path = value;
        return;
    }
    if (e->area == AREA_PART) {
        if (system_part(d, path, name, value))
            return;
        path = joined(d, STR("System"), '.', path);
    } else if (e->area == AREA_EVENT_DATA || e->area == AREA_ROOT || e->area == AREA_SYSTEM) {
        path = e->area == AREA_EVENT_DATA ? STR("EventData")
               : e->area == AREA_SYSTEM   ? STR("System")
                                          : STR("Event");
    } else if (e->area == AREA_DATA || e->area == AREA_USER_DATA) {
        e->named = true;
        batch_field(d->out, e->area == AREA_DATA ? FIELD_EVENT_DATA : FIELD_USER_DATA,
                    joined(d, path, '/', name), value_of(value));
        return;
    }
    batch_text(d->out, FIELD_OWN, joined(d, path, '.', is_rendering(path) ? lower(d, name) : name),
               value);
}

static void close_element(struct document *d, const struct element *e)
{
    bool blank = str_trim(e->text).len == 0;

    if (e->parent && blank) /* indentation */
        return;
    switch (e->area) {
    case AREA_PART:
        if (!system_part(d, e->path, STR(""), e->text) && !blank)
            batch_text(d->out, FIELD_OWN, joined(d, STR("System"), '.', e->path), e->text);
        break;
    case AREA_DATA:
        batch_field(d->out, FIELD_EVENT_DATA, e->path, value_of(e->text));
        break;
    case AREA_USER_DATA:
        if (e->path.len && (!blank || !e->named))
            batch_field(d->out, FIELD_USER_DATA, e->path, value_of(e->text));
        break;
    case AREA_EVENT_DATA:
        if (!blank)
            batch_text(d->out, FIELD_EVENT_DATA, STR(""), e->text);
        break;
    case AREA_OWN:
        batch_text(d->out, FIELD_OWN, e->path, e->text);
        break;
    case AREA_ROOT:
    case AREA_SYSTEM:
        if (!blank)
            batch_text(d->out, FIELD_OWN, STR("Event"), e->text);
        break;
    }
}

/* Reads the record's XML into the open event and d->system. NULL, or what is wrong. */
static const char *read_document(struct document *d, str xml)
{
    static const struct element outside = {.area = AREA_ROOT};
    struct xml x = {.rest = xml, .arena = &d->out->arena};

    for (;;) {
        struct element *e = d->depth ? &d->open[d->depth - 1] : NULL;
        switch (xml_next(&x)) {
        case XML_OPEN:
            if (d->depth == DEPTH_MAX)
                return "its elements are nested too deep";
            if (e)
                e->parent = true;
            d->open[d->depth++] = child_of(d, e ? e : &outside, x.name);
            break;
        case XML_ATTRIBUTE:
            attribute(d, e, x.name, x.value); /* only an open tag has any */
            break;
        case XML_TEXT:
            if (e)
                e->text = e->text.len ? arena_printf(&d->out->arena, "%.*s%.*s", PSTR(e->text),
                                                     PSTR(x.value))
                                      : x.value;
            break;
        case XML_CLOSE:
            if (!e)
                return "libevtx closes an element that is not open";
            close_element(d, e);
            d->depth--;
            break;
        case XML_DONE:
            return d->depth ? "its XML ends within an element" : NULL;
        case XML_BAD:
            return "libevtx makes no XML of it";
        }
    }
}

/* ---- events ---- */

static struct value number_of(const struct document *d, enum part part)
{
    uint64_t n;

    return str_to_u64(d->system[part], &n) && n <= UINT32_MAX ? value_number(&d->out->arena, n)
                                                              : (struct value){"", 0, VALUE_NULL};
}

static void fill_system(const struct document *d, struct windows_record *r)
{
    uint64_t code;

    r->provider = d->system[PROVIDER];
    r->channel = d->system[CHANNEL];
    r->computer = d->system[COMPUTER];
    r->system[SYSTEM_PROVIDER_GUID] = value_of(d->system[PROVIDER_GUID]);
    r->system[SYSTEM_EVENT_SOURCE_NAME] = value_of(d->system[SOURCE_NAME]);
    r->system[SYSTEM_USER_SID] = value_of(d->system[USER_ID]);
    r->system[SYSTEM_ACTIVITY_ID] = value_of(d->system[ACTIVITY_ID]);
    r->system[SYSTEM_RELATED_ACTIVITY_ID] = value_of(d->system[RELATED_ID]);
    r->system[SYSTEM_KEYWORDS] = value_of(d->system[KEYWORDS]);
    r->code = value_u64(number_of(d, EVENT_ID), &code) ? (uint32_t)code : 0;
    r->system[SYSTEM_QUALIFIERS] = number_of(d, QUALIFIERS);
    r->system[SYSTEM_VERSION] = number_of(d, VERSION);
    r->system[SYSTEM_LEVEL] = number_of(d, LEVEL);
    r->system[SYSTEM_TASK] = number_of(d, TASK);
    r->system[SYSTEM_OPCODE] = number_of(d, OPCODE);
    r->system[SYSTEM_PROCESS_ID] = number_of(d, PROCESS_ID);
    r->system[SYSTEM_THREAD_ID] = number_of(d, THREAD_ID);
}

/* System's time and number; the header's where System has none. */
static void set_time_and_number(const struct document *d, struct event *e, libevtx_record_t *record)
{
    str text = d->system[TIME];
    enum precision precision;
    uint64_t header = 0;
    bool zoned;

    if (!str_take_rfc3339(&text, &e->time_ns, &precision, &zoned) &&
        libevtx_record_get_written_time(record, &header, NULL) == 1)
        e->time_ns = time_of_filetime(header);
    e->precision = PRECISION_100NS; /* what FILETIME holds, however many digits libevtx writes */
    header = 0;
    if (libevtx_record_get_identifier(record, &header, NULL) != 1 ||
        !str_to_u64(d->system[RECORD_ID], &e->sequence) || e->sequence == 0)
        e->sequence = header;
    if (e->sequence != header)
        e->flags |= EVENT_NUMBER_LOOSE;
}

static void add_event(struct batch *out, libevtx_record_t *record, str xml, uint64_t offset,
                      bool messages)
{
    struct document d = {.out = out};
    struct windows_record r = {.memo = NULL};
    struct event *e = batch_begin(out, offset);

    const char *why = read_document(&d, xml);
    set_time_and_number(&d, e, record);
    fill_system(&d, &r);
    r.system[SYSTEM_RECORD_ID] = value_number(&out->arena, e->sequence);
    event_uid_content(e, xml.p, xml.len);
    if (why) {
        batch_damaged(out, offset, "record %" PRIu64 ": %s", e->sequence, why);
        batch_text(out, FIELD_OWN, STR("damage"), str_of(why));
    }
    windows_describe(out, &r, messages);
    batch_commit(out);
}

/* ---- chunks ---- */

struct reader {
    struct batch *out;
    bool messages;
    struct buf log; /* file header and one chunk */
    str chunk;
    uint64_t offset; /* of the chunk */
    size_t at;       /* in the chunk: where the next record is looked for */
};

static void put16(char *p, unsigned v)
{
    p[0] = (char)v;
    p[1] = (char)(v >> 8);
}

static void put32(char *p, uint32_t v)
{
    put16(p, v & 0xffff);
    put16(p + 2, v >> 16);
}

static uint64_t le64_at(const char *p)
{
    uint64_t v = 0;

    for (unsigned i = 8; i > 0; i--)
        v = v << 8 | (uint8_t)p[i - 1];
    return v;
}

/* A file header for one chunk (libyal's "Windows XML Event Log (EVTX)"). */
static void make_header(struct buf *log)
{
    char head[128] = "ElfFile";

    put32(head + 32, sizeof head);
    put16(head + 36, 1); /* version 3.1 */
    put16(head + 38, 3);
    put16(head + 40, FILE_HEADER_SIZE);
    put16(head + 42, 1); /* chunks */
    put32(head + 124, libdeflate_crc32(0, head, 120));
    log->len = 0;
    buf_add(log, head, sizeof head);
    buf_reserve(log, FILE_HEADER_SIZE - sizeof head);
    memset(log->p + log->len, 0, FILE_HEADER_SIZE - sizeof head);
    log->len = FILE_HEADER_SIZE;
}

/* libevtx 20181227 says 0 for every record: it is found by signature and number. */
static uint64_t offset_of(struct reader *r, libevtx_record_t *record)
{
    uint64_t number = 0;

    libevtx_record_get_identifier(record, &number, NULL);
    for (size_t at = r->at; at + RECORD_HEADER_SIZE <= r->chunk.len; at += RECORD_ALIGNMENT)
        if (memcmp(r->chunk.p + at, "**\0\0", 4) == 0 && le64_at(r->chunk.p + at + 8) == number) {
            r->at = at + RECORD_HEADER_SIZE;
            return r->offset + at;
        }
    return r->offset + r->at;
}

static void add_record(struct reader *r, libevtx_record_t *record)
{
    uint64_t offset = offset_of(r, record);
    size_t size = 0;

    if (libevtx_record_get_utf8_xml_string_size(record, &size, NULL) == 1 && size > 1 &&
        size <= XML_MAX) {
        char *p = arena_bytes(&r->out->arena, size);
        if (libevtx_record_get_utf8_xml_string(record, (uint8_t *)p, size, NULL) == 1) {
            add_event(r->out, record, (str){p, size - 1}, offset, r->messages);
            return;
        }
    }
    batch_damaged(r->out, offset, "libevtx makes no XML of a record");
}

static int add_records(struct reader *r, libevtx_file_t *file)
{
    int count = 0, read = 0;

    if (libevtx_file_get_number_of_records(file, &count, NULL) != 1)
        return 0;
    for (int i = 0; i < count; i++) {
        libevtx_record_t *record = NULL;
        if (libevtx_file_get_record_by_index(file, i, &record, NULL) == 1) {
            add_record(r, record);
            read++;
        }
        if (record)
            libevtx_record_free(&record, NULL);
    }
    return read;
}

/* How many records the chunk's header tells of. */
static uint64_t records_told(str chunk)
{
    uint64_t told = le64_at(chunk.p + 16) - le64_at(chunk.p + 8) + 1; /* their numbers */

    return told <= CHUNK_SIZE / RECORD_HEADER_SIZE ? told : 0;
}

static void read_chunk(struct reader *r, str chunk, uint64_t offset)
{
    struct blob_io io = {.at = 0};
    libevtx_file_t *file = NULL;
    int read = 0;

    r->chunk = chunk;
    r->offset = offset;
    r->at = CHUNK_HEADER_SIZE;
    make_header(&r->log);
    buf_str(&r->log, chunk);
    if (blob_io_open(&io, buf_view(&r->log)) && libevtx_file_initialize(&file, NULL) == 1 &&
        libevtx_file_open_file_io_handle(file, io.handle, LIBEVTX_OPEN_READ, NULL) == 1)
        read = add_records(r, file);
    if (file)
        libevtx_file_free(&file, NULL);
    blob_io_close(&io);
    if ((uint64_t)read < records_told(chunk))
        batch_damaged(r->out, offset, "libevtx reads %d of the chunk's %" PRIu64 " records", read,
                      records_told(chunk));
}

static bool is_zero(str s)
{
    return s.len == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.len - 1) == 0);
}

/* Signature, and an end of the records that lies in it; libevtx leaks what it had made of a chunk
 * that it cannot open. */
static bool is_chunk(str s)
{
    return s.len >= CHUNK_HEADER_SIZE && str_starts(s, STR("ElfChnk")) &&
           (le64_at(s.p + 48) & UINT32_MAX) >= CHUNK_HEADER_SIZE &&
           (le64_at(s.p + 48) & UINT32_MAX) <= s.len;
}

static int libevtx_probe(const struct sample *s)
{
    (void)s;
    return 0;
}

static void libevtx_parse(const struct input *in, struct batch *out)
{
    struct reader r = {.out = out, .messages = in->hints && in->hints->messages};

    for (size_t at = in->offset ? 0 : FILE_HEADER_SIZE; at < in->bytes.len; at += CHUNK_SIZE) {
        str chunk = str_head(str_skip(in->bytes, at), CHUNK_SIZE);
        if (is_zero(chunk)) /* room that Windows took in advance */
            continue;
        if (is_chunk(chunk))
            read_chunk(&r, chunk, in->offset + at);
        else
            batch_damaged(out, in->offset + at, "no chunk that is whole, %zu bytes", chunk.len);
    }
    buf_free(&r.log);
}

const struct parser parser_evtx_libevtx = {
    .name = "evtx-libevtx",
    .about = "Windows event logs (.evtx) through libevtx: the second opinion, on request only",
    .reads = READS_CHUNKS,
    .numbers = NUMBERS_LOG,
    .chunk_base = FILE_HEADER_SIZE,
    .chunk_size = CHUNK_SIZE,
    .probe = libevtx_probe,
    .parse = libevtx_parse,
};
