/* SPDX-License-Identifier: Apache-2.0
 *
 * Event logs of Windows NT to 2003 (.evt), read by libevt. A file is a header of 48 bytes and a
 * ring of records; the newest overwrite the oldest, so that a record may go on behind the header,
 * and the header is stale in every log that was copied while Windows was writing.
 * Format: the EVENTLOGRECORD of the Windows SDK; libyal's "Windows Event Log (EVT)".
 *
 * Becomes: time generated (seconds), record number, host (computer), provider (source name), code
 * (low half of the event id) and qualifiers (high half); type as level and audit keywords, category
 * as task, strings as Data without a name, the rest as Binary; kind and roles from
 * parsers/windows.c. The channel is not in the file: it is told by the file's name.
 *
 * Records that libevt finds outside of the ring in force are taken as recovered. So are whole
 * records that it passes over (it gives up at a ring whose header is too wrong): each is handed to
 * it once more, alone in a small log of our making. */
#include <inttypes.h>
#include <libevt.h>

#include "parsers/blob_io.h"
#include "parsers/bytes.h"
#include "parsers/windows.h"

enum {
    HEADER_SIZE = 0x30,
    SIGNATURE = 0x654c664c, /* LfLe */
    END_SIZE = 0x28,
    RECORD_MIN = 0x38, /* the fixed part of EVENTLOGRECORD */
    STRINGS_MAX = 4096, /* of a record; Windows allows 256 */
    TYPE_ERROR = 1,
    TYPE_WARNING = 2,
    TYPE_INFORMATION = 4,
    TYPE_AUDIT_SUCCESS = 8,
    TYPE_AUDIT_FAILURE = 16
};

struct evt {
    const struct input *in;
    struct batch *out;
    struct blob_io io;
    uint64_t moved; /* what the offsets of libevt lack, modulo 2^64 */
    libevt_file_t *file;
    libevt_error_t *error;
    str channel;
    uint64_t *given;    /* a bit for each place that a record may begin at */
    struct buf content; /* of the uid */
};

enum { ALIGNMENT = 4 }; /* records lie at multiples of it */

static bool is_given(const struct evt *r, uint64_t offset)
{
    uint64_t place = offset / ALIGNMENT;

    return r->given[place / 64] >> place % 64 & 1;
}

static void set_given(struct evt *r, uint64_t offset)
{
    uint64_t place = offset / ALIGNMENT;

    r->given[place / 64] |= UINT64_C(1) << place % 64;
}

static void put32(struct buf *b, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        buf_char(b, (char)(v >> 8 * i));
}

/* Size and signature of the header, which no record has: records are longer. */
static bool has_header(str bytes)
{
    return bytes.len >= HEADER_SIZE && le32_at(bytes, 0) == HEADER_SIZE &&
           le32_at(bytes, 4) == SIGNATURE;
}

static int evt_probe(const struct sample *s)
{
    return has_header(s->head) ? 100 : 0;
}

/* Names of the files below system32\config, and of the copies Windows makes of full logs:
 * "Archive-Security-2008-05-01-12-00-00-000.evt". Else the name without its ending. */
static str channel_of(str path)
{
    static const struct {
        const char *file, *channel;
    } names[] = {
        {"SecEvent", "Security"},      {"SysEvent", "System"},
        {"AppEvent", "Application"},   {"DnsEvent", "DNS Server"},
        {"NTDS", "Directory Service"}, {"NtFrs", "File Replication Service"},
    };
    str name = str_basename(path);

    name = str_head(name, str_rfind_char(name, '.'));
    for (size_t i = 0; i < array_len(names); i++)
        if (str_eq_nocase(name, str_of(names[i].file)))
            return str_of(names[i].channel);
    if (str_take_nocase(&name, STR("Archive-")))
        return str_head(name, str_find_char(name, '-'));
    return name;
}

/* ---- what libevt says ---- */

static void forget_error(struct evt *r)
{
    libevt_error_free(&r->error);
    r->error = NULL;
}

/* libevt names a call by its size and its text; both give 1, 0 for nothing there, -1. */
typedef int size_call(libevt_record_t *, size_t *, libevt_error_t **);
typedef int text_call(libevt_record_t *, uint8_t *, size_t, libevt_error_t **);

static str kept_text(struct evt *r, libevt_record_t *record, size_call *size_of, text_call *text_of,
                     const char **why)
{
    size_t size = 0;

    int there = size_of(record, &size, &r->error);
    if (there == 1 && size > 1 && size <= r->in->bytes.len * 4) {
        char *p = arena_bytes(&r->out->arena, size);
        there = text_of(record, (uint8_t *)p, size, &r->error);
        if (there == 1)
            return (str){p, size - 1}; /* without the NUL */
    }
    if (there == -1)
        *why = "a text cannot be decoded";
    forget_error(r);
    return STR("");
}

static void add_strings(struct evt *r, libevt_record_t *record, const char **why)
{
    int count = 0;

    if (libevt_record_get_number_of_strings(record, &count, &r->error) != 1) {
        *why = "its strings cannot be read";
        forget_error(r);
        return;
    }
    if (count > STRINGS_MAX) {
        *why = "too many strings";
        count = STRINGS_MAX;
    }
    for (int i = 0; i < count; i++) {
        str text = STR("");
        size_t size = 0;
        int there = libevt_record_get_utf8_string_size(record, i, &size, &r->error);
        if (there == 1 && size > 1 && size <= r->in->bytes.len * 4) {
            char *p = arena_bytes(&r->out->arena, size);
            there = libevt_record_get_utf8_string(record, i, (uint8_t *)p, size, &r->error);
            if (there == 1)
                text = (str){p, size - 1};
        }
        if (there == -1) {
            *why = "a string cannot be decoded";
            forget_error(r);
        }
        batch_field(r->out, FIELD_EVENT_DATA, STR(""), value_of(text)); /* its place counts */
    }
}

/* Part of a record, which goes on behind the header where the ring's end divides it. */
static str ring_part(struct evt *r, uint64_t at, size_t len)
{
    str bytes = r->in->bytes, part = str_skip(bytes, (size_t)at);

    if (at >= bytes.len)
        part = str_skip(bytes, (size_t)(at - bytes.len) + HEADER_SIZE);
    if (part.len >= len || at >= bytes.len)
        return str_head(part, len);
    str rest = str_head(str_skip(bytes, HEADER_SIZE), len - part.len);
    char *p = arena_bytes(&r->out->arena, part.len + rest.len);
    memcpy(p, part.p, part.len);
    memcpy(p + part.len, rest.p, rest.len);
    return (str){p, part.len + rest.len};
}

static uint32_t ring_le32(struct evt *r, uint64_t at)
{
    str four = ring_part(r, at, 4);

    return four.len == 4 ? le32_at(four, 0) : 0;
}

/* Not asked of libevt: version 20200926 fails where there are none, and is two bytes off where
 * padding stands before the SID. */
static void add_data(struct evt *r, const char **why)
{
    enum { DATA_LENGTH_AT = 0x30, DATA_OFFSET_AT = 0x34 };
    uint64_t start = r->out->open->offset;
    uint32_t size = ring_le32(r, start), len = ring_le32(r, start + DATA_LENGTH_AT),
             at = ring_le32(r, start + DATA_OFFSET_AT);

    if (len == 0)
        return;
    str data = at <= size && len <= size - at ? ring_part(r, start + at, len) : STR("");
    if (data.len < len)
        *why = "its data lie outside of it";
    if (data.len)
        batch_field(r->out, FIELD_EVENT_DATA, STR("Binary"),
                    (struct value){data.p, (uint32_t)data.len, VALUE_BINARY});
}

/* ---- events ---- */

/* As Windows shows a classic event since Vista (winmeta.xml): level, and keywords for audits. */
static void set_type(struct windows_record *r, uint16_t type, struct arena *a)
{
    unsigned level = type == TYPE_ERROR         ? 2
                     : type == TYPE_WARNING     ? 3
                     : type == TYPE_INFORMATION ? 4
                                                : 0;
    str keywords = type == TYPE_AUDIT_SUCCESS   ? STR("0xa0000000000000")
                   : type == TYPE_AUDIT_FAILURE ? STR("0x90000000000000")
                                                : STR("0x80000000000000");

    r->system[SYSTEM_LEVEL] = value_number(a, level);
    r->system[SYSTEM_KEYWORDS] = value_of(keywords);
}

static void set_times(struct evt *r, struct event *e, libevt_record_t *record, const char **why)
{
    uint32_t generated = 0, written = 0;

    if (libevt_record_get_creation_time(record, &generated, &r->error) != 1 ||
        libevt_record_get_written_time(record, &written, &r->error) != 1) {
        *why = "its times cannot be read";
        forget_error(r);
    }
    if (!generated)
        generated = written;
    if (generated)
        e->time_ns = (int64_t)generated * NS_PER_S;
    e->precision = PRECISION_S;
    if (written != generated) {
        char *text = arena_bytes(&r->out->arena, 32);
        struct buf b = {0};
        time_text((int64_t)written * NS_PER_S, PRECISION_S, &b);
        size_t len = b.len < 32 ? b.len : 32;
        memcpy(text, b.p, len);
        buf_free(&b);
        batch_text(r->out, FIELD_OWN, STR("written_time"), (str){text, len});
    }
}

/* Copies of a record agree in all of this, whatever the file is called. */
static void set_uid(struct evt *r, struct event *e, const struct windows_record *w,
                    uint32_t qualifiers)
{
    const uint64_t head[] = {e->sequence, (uint64_t)e->time_ns, w->code, qualifiers};

    r->content.len = 0;
    buf_add(&r->content, head, sizeof head);
    buf_str(&r->content, w->provider);
    buf_char(&r->content, '\0');
    buf_str(&r->content, w->computer);
    buf_char(&r->content, '\0');
    for (unsigned i = 0; i < e->field_count; i++) {
        if (e->fields[i].group != FIELD_EVENT_DATA)
            continue;
        buf_add(&r->content, &e->fields[i].len, sizeof e->fields[i].len);
        buf_add(&r->content, e->fields[i].data, e->fields[i].len);
    }
    event_uid_content(e, r->content.p, r->content.len);
}

static bool take_numbers(struct evt *r, libevt_record_t *record, uint64_t *offset, uint32_t *number,
                         uint32_t *id, uint16_t *type, uint16_t *category)
{
    off64_t at = 0;
    bool good = libevt_record_get_offset(record, &at, &r->error) == 1 &&
                (*offset = (uint64_t)at + r->moved) < r->in->bytes.len &&
                libevt_record_get_identifier(record, number, &r->error) == 1 &&
                libevt_record_get_event_identifier(record, id, &r->error) == 1 &&
                libevt_record_get_event_type(record, type, &r->error) == 1 &&
                libevt_record_get_event_category(record, category, &r->error) == 1;

    forget_error(r);
    return good;
}

static void add_record(struct evt *r, libevt_record_t *record, uint32_t flags)
{
    uint64_t offset = 0;
    uint32_t number = 0, id = 0;
    uint16_t type = 0, category = 0;
    const char *why = NULL;

    if (!take_numbers(r, record, &offset, &number, &id, &type, &category)) {
        batch_damaged(r->out, offset < r->in->bytes.len ? offset : 0, "a record cannot be read");
        return;
    }
    if (is_given(r, offset)) /* libevt recovers some records of a broken ring twice */
        return;
    set_given(r, offset);
    struct arena *a = &r->out->arena;
    struct event *e = batch_begin(r->out, offset);
    struct windows_record w = {
        .channel = r->channel,
        .code = id & 0xffff,
        .system[SYSTEM_QUALIFIERS] = value_number(a, id >> 16),
        .system[SYSTEM_TASK] = value_number(a, category),
        .system[SYSTEM_RECORD_ID] = value_number(a, number),
    };
    e->flags |= flags;
    e->sequence = number;
    set_times(r, e, record, &why);
    set_type(&w, type, a);
    w.provider = kept_text(r, record, libevt_record_get_utf8_source_name_size,
                           libevt_record_get_utf8_source_name, &why);
    w.computer = kept_text(r, record, libevt_record_get_utf8_computer_name_size,
                           libevt_record_get_utf8_computer_name, &why);
    w.system[SYSTEM_USER_SID] =
        value_of(kept_text(r, record, libevt_record_get_utf8_user_security_identifier_size,
                           libevt_record_get_utf8_user_security_identifier, &why));
    add_strings(r, record, &why);
    add_data(r, &why);
    set_uid(r, e, &w, id >> 16);
    if (why) {
        batch_damaged(r->out, e->offset, "record %" PRIu32 ": %s", number, why);
        batch_text(r->out, FIELD_OWN, STR("damage"), str_of(why));
    }
    windows_describe(r->out, &w, r->in->hints && r->in->hints->messages);
    batch_commit(r->out);
}

typedef int count_call(libevt_file_t *, int *, libevt_error_t **);
typedef int record_call(libevt_file_t *, int, libevt_record_t **, libevt_error_t **);

static void add_records(struct evt *r, count_call *count_of, record_call *record_of, uint32_t flags)
{
    int count = 0;
    unsigned failed = 0;

    if (count_of(r->file, &count, &r->error) != 1)
        forget_error(r);
    for (int i = 0; i < count; i++) {
        libevt_record_t *record = NULL;
        if (record_of(r->file, i, &record, &r->error) == 1)
            add_record(r, record, flags);
        else
            failed++;
        if (record)
            libevt_record_free(&record, NULL);
        forget_error(r);
    }
    if (failed)
        batch_note(r->out, 0, "libevt cannot read %u of its %d records", failed, count);
}

static bool open_file(struct evt *r, str bytes)
{
    bool good = blob_io_open(&r->io, bytes) && libevt_file_initialize(&r->file, NULL) == 1 &&
                libevt_file_open_file_io_handle(r->file, r->io.handle, LIBEVT_OPEN_READ,
                                                &r->error) == 1;

    forget_error(r);
    return good;
}

static void close_file(struct evt *r)
{
    if (r->file)
        libevt_file_free(&r->file, NULL);
    blob_io_close(&r->io);
}

/* ---- records that libevt passes over ---- */

/* Is there a whole record: size, signature, and the size again at its end? */
static uint32_t whole_record(str bytes, size_t at)
{
    uint32_t size = bytes.len - at >= RECORD_MIN ? le32_at(bytes, at) : 0;

    if (size < RECORD_MIN || size % 4 || size > bytes.len - at ||
        le32_at(bytes, at + 4) != SIGNATURE || le32_at(bytes, at + size - 4) != size)
        return 0;
    return size;
}

/* A log with one record: header, record, end (EVENTLOGHEADER and EVENTLOGEOF of the SDK). */
static void make_log(struct buf *log, str record)
{
    const uint32_t number = le32_at(record, 8), end = HEADER_SIZE + (uint32_t)record.len;
    const uint32_t head[] = {HEADER_SIZE, SIGNATURE, 1, 1, HEADER_SIZE, end, number + 1, number,
                             end + END_SIZE, 0, 0, HEADER_SIZE};
    const uint32_t tail[] = {END_SIZE, 0x11111111, 0x22222222, 0x33333333, 0x44444444, HEADER_SIZE,
                             end, number + 1, number, END_SIZE};

    _Static_assert(sizeof head == HEADER_SIZE && sizeof tail == END_SIZE, "sizes of the format");
    log->len = 0;
    for (size_t i = 0; i < array_len(head); i++)
        put32(log, head[i]);
    buf_str(log, record);
    for (size_t i = 0; i < array_len(tail); i++)
        put32(log, tail[i]);
}

static bool rescue(struct evt *r, size_t at, str record, struct buf *log)
{
    struct evt one = *r;

    one.file = NULL;
    one.moved = (uint64_t)at - HEADER_SIZE;
    make_log(log, record);
    if (open_file(&one, buf_view(log)))
        add_records(&one, libevt_file_get_number_of_records, libevt_file_get_record_by_index,
                    EVENT_RECOVERED);
    close_file(&one);
    r->content = one.content;
    return is_given(r, at);
}

static void rescue_lost(struct evt *r)
{
    str bytes = r->in->bytes;
    struct buf log = {0};
    unsigned rescued = 0;

    for (size_t at = 0; at + RECORD_MIN <= bytes.len;) {
        uint32_t size = whole_record(bytes, at);
        if (size && !is_given(r, at)) {
            if (rescue(r, at, (str){bytes.p + at, size}, &log))
                rescued++;
            else
                batch_damaged(r->out, at, "libevt does not read record %" PRIu32,
                              le32_at(bytes, at + 8));
        }
        at += size ? size : ALIGNMENT;
    }
    if (rescued)
        batch_note(r->out, 0, "%u records are not in the log's ring", rescued);
    buf_free(&log);
}

/* ---- the file ---- */

static void note_state(struct evt *r)
{
    uint32_t flags = 0;

    if (libevt_file_get_flags(r->file, &flags, NULL) == 1 && flags & LIBEVT_FILE_FLAG_IS_DIRTY)
        batch_note(r->out, 0, "the log was not closed%s: the ends of its ring were searched for",
                   flags & LIBEVT_FILE_FLAG_HAS_WRAPPED ? ", and had wrapped" : "");
    if (libevt_file_is_corrupted(r->file, NULL) == 1)
        batch_note(r->out, 0, "libevt finds the log's ring broken");
}

static void evt_parse(const struct input *in, struct batch *out)
{
    struct evt r = {.in = in, .out = out, .channel = channel_of(in->source->path)};

    r.given = mem_alloc((in->bytes.len / ALIGNMENT / 64 + 1) * sizeof *r.given);
    if (!has_header(in->bytes)) {
        batch_damaged(out, 0, "no header of an event log");
    } else if (open_file(&r, in->bytes)) {
        note_state(&r);
        add_records(&r, libevt_file_get_number_of_records, libevt_file_get_record_by_index, 0);
        add_records(&r, libevt_file_get_number_of_recovered_records,
                    libevt_file_get_recovered_record_by_index, EVENT_RECOVERED);
    } else {
        batch_damaged(out, 0, "libevt cannot open the log");
    }
    rescue_lost(&r);
    if (!in->last)
        batch_damaged(out, in->offset + in->bytes.len, "a log this large is read only up to here");
    close_file(&r);
    mem_free(r.given);
    buf_free(&r.content);
}

const struct parser parser_evt = {
    .name = "evt",
    .about = "event logs of Windows NT to 2003 (.evt), through libevt",
    .reads = READS_WHOLE,
    .numbers = NUMBERS_LOG,
    .probe = evt_probe,
    .parse = evt_parse,
};
