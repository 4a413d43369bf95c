/* SPDX-License-Identifier: Apache-2.0
 *
 * The EVTX decoder, on files that evtx_writer.c makes: templates in odd places, damage of every
 * kind, recovery, and mutations of all of it. */
#include "tests/complete.h"
#include "tests/unit/evtx_writer.h"
#include "tests/unit/test.h"

static const char *const one_name[] = {"One"};
static const struct item one_item[] = {{VALUE_UTF16, 8, "a\0b\0c\0\0\0"}};

TEST(evtx_reads_system_and_data)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.note_count, 0);
    if (b.count == 1) {
        const struct event *e = b.events[0];
        CHECK_INT(e->time_ns, time_of_filetime(noon));
        CHECK_INT(e->precision, PRECISION_100NS);
        CHECK_INT(e->sequence, 7);
        CHECK_INT(e->offset, HEADER + FIRST);
        CHECK_INT(e->code, 4711);
        CHECK_STR(names_text(&b.names, e->provider), "Test-Provider");
        CHECK_STR(names_text(&b.names, e->channel), "Test/Channel");
        CHECK_STR(names_text(&b.names, e->host), "HOST1.example");
        CHECK_INT(event_field(e, STR("One")).len, 6);
        check_field(e, "One", "abc");
        CHECK_INT(event_field(e, STR("header_time")).type, VALUE_NULL);
    }
    drop(&b, bytes);
}

TEST(evtx_keeps_values_of_every_type)
{
    static const struct {
        struct item item;
        const char *text;
    } rows[] = {
        {{VALUE_NULL, 0, ""}, ""},
        {{VALUE_UTF16, 4, "h\0i\0"}, "hi"},
        {{VALUE_ANSI, 3, "hi\0"}, "hi"},
        {{VALUE_I8, 1, "\xff"}, "-1"},
        {{VALUE_U8, 1, "\xff"}, "255"},
        {{VALUE_I16, 2, "\xfe\xff"}, "-2"},
        {{VALUE_U16, 2, "\xfe\xff"}, "65534"},
        {{VALUE_I32, 4, "\xfd\xff\xff\xff"}, "-3"},
        {{VALUE_U32, 4, "\1\0\0\0"}, "1"},
        {{VALUE_I64, 8, "\xfc\xff\xff\xff\xff\xff\xff\xff"}, "-4"},
        {{VALUE_U64, 8, "\2\0\0\0\0\0\0\0"}, "2"},
        {{VALUE_FLOAT, 4, "\0\0\xc0\x3f"}, "1.5"},
        {{VALUE_DOUBLE, 8, "\0\0\0\0\0\0\xf8\x3f"}, "1.5"},
        {{VALUE_BOOL, 4, "\1\0\0\0"}, "true"},
        {{VALUE_BOOL, 1, "\0"}, "false"},
        {{VALUE_BINARY, 3, "\x01\xab\xff"}, "01ABFF"},
        {{VALUE_GUID, 16, "\x4\x3\x2\x1\x6\x5\x8\x7\x9\xa\xb\xc\xd\xe\xf\x10"},
         "{01020304-0506-0708-090a-0b0c0d0e0f10}"},
        {{VALUE_SIZE, 8, "\x10\0\0\0\0\0\0\0"}, "0x10"},
        {{VALUE_SIZE, 4, "\x10\0\0\0"}, "0x10"},
        {{VALUE_FILETIME, 8, &noon}, "2024-02-27T12:00:00.0000000Z"},
        {{VALUE_SYSTEMTIME, 16, "\xe8\x07\2\0\2\0\x1b\0\x0c\0\0\0\0\0\7\0"},
         "2024-02-27T12:00:00.007Z"},
        {{VALUE_SID, 16, "\1\2\0\0\0\0\0\5\x20\0\0\0\x20\2\0\0"}, "S-1-5-32-544"},
        {{VALUE_HEX32, 4, "\xff\0\0\0"}, "0xff"},
        {{VALUE_HEX64, 8, "\xff\0\0\0\0\0\0\x80"}, "0x80000000000000ff"},
        {{VALUE_U16 | VALUE_ARRAY, 4, "\1\0\2\0"}, "1, 2"},
        {{VALUE_UTF16 | VALUE_ARRAY, 8, "a\0\0\0b\0\0\0"}, "a, b"},
        {{VALUE_BOOL, 4, "\x10\0\0\0"}, "true"}, /* irregular */
        {{VALUE_UTF16, 6, "a\0\x3d\xd8" "b\0"}, "a\xef\xbf\xbd" "b"}, /* half a pair */
        {{VALUE_UTF16, 4, "\x3d\xd8\0\xde"}, "\xf0\x9f\x98\x80"},
        {{VALUE_UTF16, 0, ""}, ""},
        {{VALUE_SID, 48, "\1\x0a\0\0\0\0\0\5\x5a\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0"
                         "\5\0\0\0\6\0\0\0\7\0\0\0\x08\0\0\0\x09\0\0\0"},
         "S-1-5-90-1-2-3-4-5-6-7-8-9"},
        {{VALUE_I8 | VALUE_ARRAY, 2, "\xff\1"}, "-1, 1"},
        {{VALUE_BOOL | VALUE_ARRAY, 8, "\1\0\0\0\0\0\0\0"}, "true, false"},
        {{VALUE_HEX32 | VALUE_ARRAY, 8, "\1\0\0\0\xff\0\0\0"}, "0x1, 0xff"},
        {{VALUE_U64 | VALUE_ARRAY, 16, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"}, "1, 2"},
        {{0x7e, 2, "\x01\x02"}, "0102"}, /* no type that is documented */
    };
    struct writer_of_chunk w;
    struct batch b = {0};
    static char labels[array_len(rows)][4];
    const char *names[array_len(rows)];
    struct item items[array_len(rows)];

    for (size_t i = 0; i < array_len(rows); i++) {
        snprintf(labels[i], sizeof labels[i], "f%zu", i);
        names[i] = labels[i];
        items[i] = rows[i].item;
    }
    chunk_begin(&w);
    event_record(&w, names, items, array_len(rows));
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.note_count, 0);
    for (size_t i = 0; b.count == 1 && i < array_len(rows); i++)
        check_field(b.events[0], labels[i], rows[i].text);
    drop(&b, bytes);
}

TEST(evtx_splits_unnamed_strings)
{
    static const char *const names[] = {NULL, NULL};
    static const struct item items[] = {{VALUE_UTF16 | VALUE_ARRAY, 10, "a\0\0\0\0\0b\0\0\0"},
                                        {VALUE_UTF16, 2, "c\0"}};
    static const char *const want[] = {"a", "", "b", "c"};
    struct writer_of_chunk w;
    struct batch b = {0};
    unsigned n = 0;

    chunk_begin(&w);
    event_record(&w, names, items, 2);
    void *bytes = parse_file(&b, &w);
    for (unsigned i = 0; b.count == 1 && i < b.events[0]->field_count; i++) {
        const struct field *f = &b.events[0]->fields[i];
        if (f->group != FIELD_EVENT_DATA || n == array_len(want))
            continue;
        CHECK_INT(f->name_len, 0);
        CHECK_STR(value_str(field_value(f), &b.arena), want[n++]);
    }
    CHECK_INT(n, array_len(want));
    drop(&b, bytes);
}

/* <Event><System/>%4</Event> where %4 is a document with a template of its own, defined there:
 * <UserData><Top xmlns="x" kind="k"><Leaf>%0</Leaf><Void/></Top></UserData>. */
TEST(evtx_reads_documents_within_values)
{
    static const struct item leaf = {VALUE_UTF16, 4, "h\0i\0"};
    struct writer_of_chunk w;
    struct batch b = {0};
    struct item items[ITEMS_MAX];

    chunk_begin(&w);
    record_begin(&w, 7, noon);
    uint32_t outer = template_begin(&w, 1);
    wopen(&w, "Event", false);
    w8(&w, 0x02);
    wsystem(&w);
    wvalue(&w, SYSTEM_VALUES, 0x21);
    w8(&w, 0x04);
    template_end(&w, outer);
    uint32_t n = system_items(items);
    items[n++] = (struct item){0x21, 0, ""};
    wvalues(&w, items, n);
    uint32_t nested = w.at;
    wfragment(&w);
    uint32_t inner = template_begin(&w, 2);
    wopen(&w, "UserData", false);
    w8(&w, 0x02);
    wopen(&w, "Top", true);
    wattribute(&w, "xmlns");
    wliteral(&w, "x");
    wattribute(&w, "kind");
    wliteral(&w, "k");
    w8(&w, 0x02);
    wleaf(&w, "Leaf", 0);
    wopen(&w, "Void", false);
    w8(&w, 0x03);
    w8(&w, 0x04);
    w8(&w, 0x04);
    template_end(&w, inner);
    wvalues(&w, &leaf, 1);
    w8(&w, 0);
    uint32_t entry = nested - 2 - 8 - 8 - 4 - 4; /* behind the table: the other values */
    CHECK_INT(w.chunk[entry + 2], 0x21);
    w.chunk[entry] = (uint8_t)(w.at - nested);
    w.chunk[entry + 1] = (uint8_t)((w.at - nested) >> 8);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.note_count, 0);
    CHECK_INT(b.count, 1);
    if (b.count == 1) {
        CHECK_INT(b.events[0]->code, 4711);
        check_field(b.events[0], "Top/Leaf", "hi");
        check_field(b.events[0], "Top/kind", "k");
        CHECK(event_field(b.events[0], STR("Top/xmlns")).type == VALUE_NULL);
        check_field(b.events[0], "Top/Void", "");
    }
    drop(&b, bytes);
}

/* The first record's template is defined by the second, the third uses it again. */
TEST(evtx_finds_templates_anywhere_in_the_chunk)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    struct item items[ITEMS_MAX];

    chunk_begin(&w);
    uint32_t n = system_items(items);
    items[n++] = one_item[0];
    record_begin(&w, 7, noon);
    uint32_t reference = w.at + 6;
    template_again(&w, 0xabcd, 0);
    wvalues(&w, items, n);
    record_end(&w);
    uint32_t definition = event_record(&w, one_name, one_item, 1);
    put32(&w, reference, definition);
    record_begin(&w, 8, noon);
    template_again(&w, 0xabcd, definition);
    wvalues(&w, items, n);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 3);
    CHECK_INT(b.note_count, 0);
    for (size_t i = 0; i < b.count; i++)
        check_field(b.events[i], "One", "abc");
    if (b.count == 3) {
        CHECK_INT(b.events[0]->uid.lo, b.events[1]->uid.lo); /* the same but for the header */
        CHECK_INT(b.events[0]->uid.hi, b.events[2]->uid.hi);
        check_field(b.events[2], "header_record_id", "8");
    }
    drop(&b, bytes);
}

TEST(evtx_loses_no_value_when_the_template_is_lost)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    uint32_t definition = event_record(&w, one_name, one_item, 1);
    put32(&w, definition + 4, 0x5555);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 1);
    CHECK(has_note(&b, "template"));
    if (b.count == 1) {
        check_field(b.events[0], "value.4", "abc");
        check_field(b.events[0], "damage", "its template is lost");
        CHECK_INT(event_field(b.events[0], STR("One")).type, VALUE_NULL);
        CHECK_INT(b.events[0]->sequence, 7); /* the header's */
        CHECK_INT(b.events[0]->time_ns, time_of_filetime(noon));
    }
    drop(&b, bytes);
}

/* Without any template: references, CDATA, processing instruction, rendering, mixed content. */
TEST(evtx_reads_elements_outside_of_templates)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    w.inline_xml = true;
    record_begin(&w, 9, noon);
    wopen(&w, "Event", false);
    w8(&w, 0x02);
    w8(&w, 0x0a); /* <?hello world?> */
    wname(&w, "hello");
    w8(&w, 0x0b);
    w16(&w, 5);
    wutf16(&w, "world");
    wopen(&w, "System", false);
    w8(&w, 0x02);
    wopen(&w, "EventID", false);
    w8(&w, 0x02);
    wliteral(&w, "104");
    w8(&w, 0x04);
    wopen(&w, "Odd", true);
    wattribute(&w, "Part");
    wliteral(&w, "kept");
    w8(&w, 0x03);
    w8(&w, 0x04);
    wopen(&w, "EventData", false);
    w8(&w, 0x02);
    wopen(&w, "Data", true);
    wattribute(&w, "Name");
    wliteral(&w, "A");
    w8(&w, 0x48); /* character reference */
    w16(&w, 'B');
    w8(&w, 0x02);
    wliteral(&w, "x ");
    w8(&w, 0x49); /* entity reference */
    wname(&w, "lt");
    w8(&w, 0x09);
    wname(&w, "odd");
    w8(&w, 0x07); /* CDATA */
    w16(&w, 3);
    wutf16(&w, "<y>");
    w8(&w, 0x04);
    w8(&w, 0x04);
    wopen(&w, "RenderingInfo", true);
    wattribute(&w, "Culture");
    wliteral(&w, "en-US");
    w8(&w, 0x02);
    wopen(&w, "Message", false);
    w8(&w, 0x02);
    wliteral(&w, "It happened");
    w8(&w, 0x04);
    w8(&w, 0x04);
    w8(&w, 0x04);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.note_count, 0);
    CHECK_INT(b.count, 1);
    if (b.count == 1) {
        const struct event *e = b.events[0];
        CHECK_INT(e->code, 104);
        CHECK_INT(e->sequence, 9);
        check_field(e, "AB", "x <&odd;<y>");
        check_field(e, "pi.hello", "world");
        check_field(e, "System.Odd.Part", "kept");
        check_field(e, "rendering.culture", "en-US");
        check_field(e, "rendering.message", "It happened");
        check_field(e, "message", "It happened");
    }
    drop(&b, bytes);
}

TEST(evtx_prefers_the_times_and_numbers_of_system)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    struct item items[ITEMS_MAX];

    chunk_begin(&w);
    record_begin(&w, 1, 0);
    event_template(&w, 1, one_name, 1);
    uint32_t n = system_items(items);
    items[n++] = one_item[0];
    wvalues(&w, items, n);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    if (b.count == 1) {
        CHECK_INT(b.events[0]->sequence, 7);
        CHECK_INT(b.events[0]->time_ns, time_of_filetime(noon));
        check_field(b.events[0], "header_record_id", "1");
        check_field(b.events[0], "header_time", "1601-01-01T00:00:00.0000000Z");
    }
    drop(&b, bytes);
}

TEST(evtx_tells_copies_from_other_records)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    static const struct item other[] = {{VALUE_UTF16, 6, "a\0b\0d\0"}};

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    event_record(&w, one_name, other, 1);
    event_record(&w, one_name, one_item, 1);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 3);
    if (b.count == 3) {
        CHECK(b.events[0]->uid.lo == b.events[2]->uid.lo);
        CHECK(b.events[0]->uid.lo != b.events[1]->uid.lo);
    }
    drop(&b, bytes);
}

TEST(evtx_decodes_behind_bad_checksums)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    chunk_seal(&w, w.at);
    w.chunk[52] ^= 1;
    w.file[124] ^= 1;
    void *bytes = parse_bytes(&b, w.file, sizeof w.file);
    CHECK_INT(b.count, 1);
    CHECK(has_note(&b, "checksum of the file header"));
    CHECK(has_note(&b, "checksum of the chunk's header"));
    CHECK(has_note(&b, "checksum of the chunk's records"));
    CHECK_INT(b.damaged, 0);
    batch_reset(&b);
    mem_free(bytes);
    w.file[120] |= 4; /* "no checksums" */
    bytes = parse_bytes(&b, w.file, sizeof w.file);
    CHECK(!has_note(&b, "chunk"));
    drop(&b, bytes);
}

TEST(evtx_goes_on_behind_a_broken_record)
{
    static const uint32_t sizes[] = {0, 3, 60000, UINT32_MAX};
    struct writer_of_chunk w;

    for (size_t i = 0; i < array_len(sizes); i++) {
        struct batch b = {0};
        chunk_begin(&w);
        event_record(&w, one_name, one_item, 1);
        uint32_t second = w.at;
        event_record(&w, one_name, one_item, 1);
        event_record(&w, one_name, one_item, 1);
        put32(&w, second + 4, sizes[i]);
        void *bytes = parse_file(&b, &w);
        CHECK_INT(b.damaged, 1);
        CHECK_INT(b.count, 3);
        if (b.count > 1)
            check_field(b.events[b.count - 1], "One", "abc");
        CHECK_INT(b.notes[0].offset, HEADER + second);
        drop(&b, bytes);
    }
}

TEST(evtx_reads_what_a_cut_file_holds)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    uint32_t second = w.at;
    event_record(&w, one_name, one_item, 1);
    chunk_seal(&w, w.at);
    void *bytes = parse_bytes(&b, w.file, HEADER + w.at - 6); /* its last value is gone */
    CHECK_INT(b.count, 2);
    CHECK_INT(b.damaged, 2); /* the chunk and the record */
    CHECK(has_note(&b, "the chunk is cut"));
    if (b.count == 2) {
        CHECK_INT(b.events[1]->offset, HEADER + second);
        CHECK_INT(b.events[1]->code, 4711);
        check_field(b.events[0], "One", "abc");
        check_field(b.events[1], "damage", "the record is cut or overwritten");
    }
    drop(&b, bytes);
}

TEST(evtx_notes_garbage_and_goes_on)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    uint8_t *file = mem_alloc(HEADER + 3 * CHUNK);

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    chunk_seal(&w, w.at);
    memset(file, 'x', HEADER + CHUNK); /* no file header, no chunk, zeros, then a good chunk */
    memcpy(file + HEADER + 2 * CHUNK, w.chunk, CHUNK);
    void *bytes = parse_bytes(&b, file, HEADER + 3 * CHUNK);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 2);
    CHECK(has_note(&b, "no file header"));
    CHECK_INT(b.notes[1].offset, HEADER);
    drop(&b, bytes);
    mem_free(file);
}

TEST(evtx_recovers_records_of_a_chunk_without_its_mark)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    memset(w.chunk, 0, 8);
    void *bytes = parse_bytes(&b, w.file, sizeof w.file);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 1);
    CHECK(b.count == 1 && (b.events[0]->flags & EVENT_RECOVERED));
    drop(&b, bytes);
}

/* ---- recovery ---- */

/* Parses p[first .. end) as one job with all the rest of p[0 .. len) in its margins. */
static void recover_part(struct batch *b, const struct parser *parser, const uint8_t *p, size_t len,
                         size_t first, size_t end)
{
    const struct hints hints = {.messages = true, .recover = true, .xml = true};
    const size_t margin = parser->margin;
    const struct input in = {
        .bytes = {(const char *)p + first, end - first},
        .offset = first,
        .last = end == len,
        .before = (uint32_t)(first < margin ? first : margin),
        .behind = (uint32_t)(len - end < margin ? len - end : margin),
        .hints = &hints,
    };

    batch_source(b, 0, STR("SYSTEM1"));
    parser->parse(&in, b);
    complete_batch(parser, &hints, b);
}

static void recover(struct batch *b, const struct parser *parser, const uint8_t *p, size_t len)
{
    recover_part(b, parser, p, len, 0, len);
}

/* Three records: the first defines the template, the others refer to it. Returns where the second
 * begins. */
static uint32_t three_records(struct writer_of_chunk *w, uint32_t *third)
{
    static const char *const data[] = {"u\0", "v\0"};
    uint32_t second = 0;

    chunk_begin(w);
    uint32_t definition = event_record(w, one_name, one_item, 1);
    for (unsigned i = 0; i < 2; i++) {
        struct item items[ITEMS_MAX];
        uint32_t n = system_items(items);
        *third = w->at;
        second = i == 0 ? w->at : second;
        record_begin(w, 8 + i, noon);
        template_again(w, 0xabcd, definition);
        items[n++] = (struct item){VALUE_UTF16, 2, data[i]};
        wvalues(w, items, n);
        record_end(w);
    }
    return second;
}

TEST(evtx_reads_slack_only_when_asked)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    uint32_t third;

    three_records(&w, &third);
    chunk_seal(&w, third); /* the third lies behind the records that the chunk knows */
    void *bytes = parse_bytes(&b, w.file, sizeof w.file);
    CHECK_INT(b.count, 2);
    batch_reset(&b);
    recover(&b, &parser_evtx, w.file, sizeof w.file);
    CHECK_INT(b.count, 3);
    CHECK_INT(b.damaged, 0);
    for (size_t i = 0; i < b.count; i++)
        CHECK_INT((b.events[i]->flags & EVENT_RECOVERED) != 0, i == 2);
    if (b.count == 3)
        check_field(b.events[2], "One", "v");
    drop(&b, bytes);
}

TEST(evtx_flags_chunks_behind_the_count_of_a_closed_log)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    uint8_t *file = mem_alloc(HEADER + 2 * CHUNK);

    chunk_begin(&w);
    event_record(&w, one_name, one_item, 1);
    w.file[42] = 1;
    chunk_seal(&w, w.at);
    memcpy(file, w.file, HEADER + CHUNK);
    memcpy(file + HEADER + CHUNK, w.chunk, CHUNK);
    void *bytes = parse_bytes(&b, file, HEADER + 2 * CHUNK);
    CHECK_INT(b.count, 2);
    CHECK(b.count == 2 && !(b.events[0]->flags & EVENT_RECOVERED));
    CHECK(b.count == 2 && b.events[1]->flags & EVENT_RECOVERED);
    CHECK(b.count == 2 && b.events[0]->uid.lo == b.events[1]->uid.lo);
    CHECK(b.count == 2 && event_cmp(b.events[0], b.events[1]) < 0);
    batch_reset(&b);
    mem_free(bytes);
    w.file[120] = 1; /* dirty: the count is only late */
    chunk_seal(&w, w.at);
    memcpy(file, w.file, HEADER);
    bytes = parse_bytes(&b, file, HEADER + 2 * CHUNK);
    CHECK(b.count == 2 && !(b.events[1]->flags & EVENT_RECOVERED));
    drop(&b, bytes);
    mem_free(file);
}

TEST(evtx_raw_finds_chunks_at_any_offset_and_each_record_once)
{
    enum { LEN = 4 * CHUNK, AT = 70001 };
    struct writer_of_chunk w;
    struct batch b = {0};
    uint8_t *p = mem_alloc(LEN);
    uint32_t third;

    three_records(&w, &third);
    chunk_seal(&w, w.at);
    memset(p, 'x', LEN);
    memcpy(p + AT, w.chunk, 5000);              /* its end is something else */
    memcpy(p + AT + 6000, w.chunk, CHUNK);      /* begins where that had still room */
    recover(&b, &parser_evtx_raw, p, LEN);
    CHECK_INT(b.count, 6);
    for (size_t i = 0; i < b.count; i++)
        CHECK(b.events[i]->flags & EVENT_RECOVERED);
    CHECK(b.count && b.events[0]->offset == AT + FIRST);
    batch_reset(&b);
    /* however it is cut into jobs */
    for (size_t cut = AT - 600; cut < AT + 7000; cut += 97) {
        recover_part(&b, &parser_evtx_raw, p, LEN, 0, cut);
        recover_part(&b, &parser_evtx_raw, p, LEN, cut, LEN);
        CHECK_INT(b.count, 6);
        batch_reset(&b);
    }
    batch_free(&b);
    mem_free(p);
}

TEST(evtx_raw_puts_orphans_into_their_chunk_again)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    uint32_t third, len;

    three_records(&w, &third);
    len = w.at;
    for (unsigned shift = 0; shift < 2; shift++) { /* from its middle on, or with room in front */
        uint8_t *p = mem_alloc(2 * CHUNK);
        size_t at = shift ? 3000 : 0;
        memset(p, 0, 2 * CHUNK);
        memcpy(p + at, w.chunk + FIRST, len - FIRST);
        recover(&b, &parser_evtx_raw, p, 2 * CHUNK);
        CHECK_INT(b.count, 3);
        CHECK_INT(b.damaged, 0);
        if (b.count == 3) {
            check_field(b.events[0], "One", "abc");
            check_field(b.events[2], "One", "v");
            CHECK_INT(b.events[2]->offset, at + third - FIRST);
        }
        batch_reset(&b);
        mem_free(p);
    }
    batch_free(&b);
}

TEST(evtx_raw_keeps_what_an_orphan_without_template_holds)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    uint8_t *p = mem_alloc(CHUNK);
    uint32_t third, second = three_records(&w, &third);

    memcpy(p + 100, w.chunk + second, w.at - second);
    recover(&b, &parser_evtx_raw, p, CHUNK);
    CHECK_INT(b.count, 2);
    CHECK_INT(b.damaged, 2);
    if (b.count == 2) {
        check_field(b.events[0], "value.4", "u");
        check_field(b.events[1], "value.4", "v");
        CHECK_INT(b.events[0]->sequence, 8);
        CHECK(b.events[0]->uid.lo != b.events[1]->uid.lo);
    }
    batch_free(&b);
    mem_free(p);
}

TEST(evtx_raw_completes_orphans_from_other_chunks)
{
    struct writer_of_chunk w;
    struct batch live = {0}, b = {0};
    uint8_t *p = mem_alloc(3 * CHUNK);
    uint32_t third, second = three_records(&w, &third);

    chunk_seal(&w, w.at);
    void *bytes = parse_bytes(&live, w.file, sizeof w.file);
    memset(p, 0, 3 * CHUNK);
    memcpy(p + 100, w.chunk + second, w.at - second);
    memcpy(p + CHUNK, w.chunk, CHUNK);
    recover(&b, &parser_evtx_raw, p, 3 * CHUNK);
    CHECK_INT(b.count, 5);
    CHECK_INT(b.damaged, 0);
    if (b.count == 5 && live.count == 3) {
        check_field(b.events[0], "template", "");
        check_field(b.events[3], "One", "u"); /* what waited comes last */
        check_field(b.events[3], "template", "of another chunk");
        CHECK(b.events[3]->flags & EVENT_COMPLETED);
        CHECK(!(b.events[0]->flags & EVENT_COMPLETED));
        CHECK(b.events[3]->uid.lo == live.events[1]->uid.lo); /* joined in the timeline */
    }
    batch_free(&b);
    drop(&live, bytes);
    mem_free(p);
}

/* The orphans' bytes once more, with the chunk that has their template only in another job. */
TEST(evtx_completes_orphans_from_any_job_of_the_evidence)
{
    struct writer_of_chunk w;
    struct batch b = {0}, other = {0};
    uint8_t *p = mem_alloc(CHUNK);
    uint32_t third, second = three_records(&w, &third);
    const struct hints ingest = {.messages = true, .recover = true};
    struct hints settle = ingest;
    const struct input orphans = {.bytes = {(const char *)p, CHUNK}, .last = true,
                                  .hints = &ingest};
    const struct input chunk = {.bytes = {(const char *)w.file, sizeof w.file}, .last = true,
                                .hints = &ingest};

    chunk_seal(&w, w.at);
    memcpy(p + 100, w.chunk + second, w.at - second);
    parser_evtx_raw.parse(&orphans, &b);
    CHECK_INT(b.count, 0);
    CHECK_INT(b.aside_count, 2);
    parser_evtx.parse(&chunk, &other);
    CHECK_INT(other.count, 3);
    pieces_merge(&b.pieces, &other.pieces);
    struct pieces pieces = b.pieces;
    b.pieces = (struct pieces){0};
    pieces_sort(&pieces);
    settle.pieces = &pieces;
    batch_free(&other);
    memset(p, 0xee, CHUNK); /* nothing of the job is needed any more */
    memset(&w, 0xee, sizeof w);
    for (size_t i = 0; i < b.aside_count; i++)
        parser_evtx_raw.complete(b.aside[i], &settle, &b);
    CHECK_INT(b.count, 2);
    if (b.count == 2) {
        check_field(b.events[0], "One", "u");
        check_field(b.events[1], "One", "v");
    }
    pieces_free(&pieces);
    batch_free(&b);
    mem_free(p);
}

TEST(evtx_says_when_a_record_is_empty)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    record_begin(&w, 5, noon);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 1);
    CHECK(has_note(&b, "record 5: there is nothing in it"));
    drop(&b, bytes);
}

TEST(evtx_bounds_what_a_chunk_expands_to)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    struct item items[ITEMS_MAX];

    chunk_begin(&w);
    record_begin(&w, 1, noon);
    uint32_t definition = template_begin(&w, 1);
    wopen(&w, "EventData", false);
    w8(&w, 0x02);
    while (w.at < 30000)
        wdata(&w, NULL, 0);
    w8(&w, 0x04);
    template_end(&w, definition);
    uint32_t n = system_items(items);
    wvalues(&w, items, n);
    record_end(&w);
    while (w.at < 65000) {
        record_begin(&w, 1, noon);
        template_again(&w, 1, definition);
        wvalues(&w, items, n);
        record_end(&w);
    }
    void *bytes = parse_file(&b, &w);
    CHECK(b.count > 400); /* each record is still there */
    CHECK(has_note(&b, "beyond all bounds"));
    CHECK(b.arena.held < 16 * 1024 * 1024);
    drop(&b, bytes);
}

/* One value of 30 KiB, and a template that says it thousands of times: 64 KiB would become
 * gigabytes of text. */
TEST(evtx_writes_a_value_that_is_named_thousands_of_times_without_bounds)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    struct item items[ITEMS_MAX];
    static char text[30000];
    uint64_t total = 0;

    memset(text, 'x', sizeof text);
    chunk_begin(&w);
    record_begin(&w, 1, noon);
    uint32_t definition = template_begin(&w, 1);
    wopen(&w, "EventData", false);
    w8(&w, 0x02);
    while (w.at < 30000)
        wdata(&w, NULL, SYSTEM_VALUES);
    w8(&w, 0x04);
    template_end(&w, definition);
    uint32_t n = system_items(items);
    items[n++] = (struct item){VALUE_UTF16, sizeof text, text};
    wvalues(&w, items, n);
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK(has_note(&b, "beyond all bounds"));
    for (unsigned i = 0; b.count == 1 && i < b.events[0]->field_count; i++)
        total += b.events[0]->fields[i].len;
    CHECK(total > 1 << 20);
    CHECK(total <= 8 << 20);
    drop(&b, bytes);
}

TEST(evtx_bounds_nesting)
{
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    record_begin(&w, 1, noon);
    for (unsigned i = 0; i < 1000; i++) {
        wopen(&w, "a", false);
        w8(&w, 0x02);
    }
    record_end(&w);
    void *bytes = parse_file(&b, &w);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 1);
    CHECK(has_note(&b, "nested too deep"));
    drop(&b, bytes);
}

TEST(evtx_knows_its_files)
{
    struct writer_of_chunk w;

    chunk_begin(&w);
    str head = {(const char *)w.file, sizeof w.file};
    CHECK_INT(parser_evtx.probe(&(struct sample){.head = head}), 100);
    w.file[0] = 'x';
    CHECK(parser_evtx.probe(&(struct sample){.head = head}) > 90);
    w.chunk[0] = 'x';
    CHECK_INT(parser_evtx.probe(&(struct sample){.head = head}), 0);
    CHECK_INT(parser_evtx.probe(&(struct sample){.head = STR("ElfF")}), 0);
}

#define XML_SYSTEM                                                                                 \
    "<System><Provider Name=\"Test-Provider\"/><EventID>4711</EventID><TimeCreated "               \
    "SystemTime=\"2024-02-27T12:00:00.0000000Z\"/><EventRecordID>7</EventRecordID><Execution "     \
    "ProcessID=\"816\"/><Channel>Test/Channel</Channel><Computer>HOST1.example</Computer></System>"

TEST(evtx_writes_xml)
{
    static const char *const names[] = {"<&\"", "Gone", "Many", NULL};
    static const struct item items[] = {{VALUE_UTF16, 12, "<\0&\0>\0\"\0\n\0\1\0"},
                                        {VALUE_NULL, 0, ""},
                                        {VALUE_UTF16 | VALUE_ARRAY, 12, "a\0\0\0\0\0b\0<\0\0\0"},
                                        {VALUE_BINARY, 2, "\xab\x01"}};
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    event_record(&w, names, items, 4);
    void *bytes = parse_xml(&b, &w);
    CHECK_INT(b.count, 1);
    if (b.count == 1)
        check_xml(b.events[0],
                  "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">" XML_SYSTEM
                  "<EventData><Data Name=\"&lt;&amp;&quot;\">&lt;&amp;&gt;&quot;&#10;\xef\xbf\xbd"
                  "</Data><Data Name=\"Gone\"></Data><Data Name=\"Many\">a</Data>"
                  "<Data Name=\"Many\"></Data><Data Name=\"Many\">b&lt;</Data>"
                  "<Data>AB01</Data></EventData></Event>");
    drop(&b, bytes);
}

TEST(evtx_xml_leaves_out_elements_whose_value_is_not_there)
{
    struct writer_of_chunk w;
    struct batch b = {0};
    const struct item items[] = {{VALUE_NULL, 0, ""}, {VALUE_U8, 1, "\7"}};

    chunk_begin(&w);
    record_begin(&w, 7, noon);
    uint32_t definition = template_begin(&w, 1);
    wopen(&w, "Event", false);
    w8(&w, 0x02);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t at = w.at + 1;
        wleaf(&w, i ? "Two" : "x y>", i);
        w.chunk[at] = (uint8_t)i; /* its dependency id */
        w.chunk[at + 1] = 0;
    }
    w8(&w, 0x04);
    template_end(&w, definition);
    wvalues(&w, items, 2);
    record_end(&w);
    void *bytes = parse_xml(&b, &w);
    CHECK(b.count == 1);
    if (b.count == 1)
        check_xml(b.events[0], "<Event><Two>7</Two></Event>");
    drop(&b, bytes);
}

/* Two elements without a root, an attribute twice, an instruction named xml, colons where no
 * prefix is. */
TEST(evtx_xml_of_a_damaged_record_is_no_document)
{
    static const struct item less = {VALUE_UTF16, 2, "<\0"};
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    record_begin(&w, 7, noon);
    uint32_t definition = template_begin(&w, 1);
    wopen(&w, "a:b:c", true);
    for (unsigned i = 0; i < 2; i++) {
        wattribute(&w, ":n");
        wvalue(&w, 0, 1);
    }
    w8(&w, 0x02);
    w8(&w, 0x0a);
    wname(&w, "XML");
    w8(&w, 0x0b);
    w16(&w, 2);
    wutf16(&w, "?>");
    w8(&w, 0x04);
    wopen(&w, "second", false);
    w8(&w, 0x03);
    template_end(&w, definition);
    wvalues(&w, &less, 1);
    record_end(&w);
    void *bytes = parse_xml(&b, &w);
    CHECK_INT(b.count, 1);
    if (b.count == 1)
        check_xml(b.events[0], "<Damaged><a:b_c __n=\"&lt;\"><?_XML ?&gt;?></a:b_c><second/>"
                               "</Damaged>");
    drop(&b, bytes);
}

/* An array repeats its element, which may be the root. */
TEST(evtx_xml_of_a_record_that_is_an_array_has_several_roots)
{
    static const struct item array = {VALUE_UTF16 | VALUE_ARRAY, 8, "a\0\0\0b\0\0\0"};
    struct writer_of_chunk w;
    struct batch b = {0};

    chunk_begin(&w);
    record_begin(&w, 7, noon);
    uint32_t definition = template_begin(&w, 1);
    wleaf(&w, "x", 0);
    template_end(&w, definition);
    wvalues(&w, &array, 1);
    record_end(&w);
    void *bytes = parse_xml(&b, &w);
    CHECK_INT(b.count, 1);
    if (b.count == 1)
        check_xml(b.events[0], "<Damaged><x>a</x><x>b</x></Damaged>");
    drop(&b, bytes);
}

/* xorshift64: the same numbers everywhere */
static uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

TEST(evtx_survives_mutations)
{
    static const uint8_t tokens[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x21,
                                     0x41, 0x45, 0x81, 0x93, 0xff};
    static const char *const names[] = {"One", NULL, "Three"};
    static const struct item items[] = {{VALUE_UTF16, 8, "a\0b\0c\0\0\0"},
                                        {VALUE_UTF16 | VALUE_ARRAY, 8, "a\0\0\0b\0\0\0"},
                                        {VALUE_SID, 12, "\1\1\0\0\0\0\0\5\x20\0\0\0"}};
    struct writer_of_chunk w, m;
    uint64_t state = 20241002, events = 0, recovered = 0;
    struct batch b = {0};

    chunk_begin(&w);
    uint32_t definition = event_record(&w, names, items, 3);
    for (unsigned i = 0; i < 4; i++) {
        struct item all[ITEMS_MAX];
        uint32_t n = system_items(all);
        record_begin(&w, i, noon);
        template_again(&w, 0xabcd, definition);
        for (unsigned k = 0; k < 3; k++)
            all[n++] = items[k];
        wvalues(&w, all, n);
        record_end(&w);
    }
    chunk_seal(&w, w.at);
    for (unsigned round = 0; round < 2000; round++) {
        m = w;
        m.chunk = m.file + HEADER;
        for (unsigned i = 0, n = 1 + next_random(&state) % 8; i < n; i++) {
            uint8_t *at = m.chunk + FIRST + next_random(&state) % (w.at - FIRST);
            uint32_t dice = next_random(&state);
            *at = dice & 256 ? (uint8_t)dice : tokens[dice % sizeof tokens];
        }
        size_t len = HEADER + (next_random(&state) % 4 ? CHUNK : next_random(&state) % w.at);
        void *bytes = parse_bytes(&b, m.file, len);
        events += b.count;
        for (size_t i = 0; i < b.count; i++)
            for (unsigned k = 0; k < b.events[i]->field_count; k++)
                value_str(field_value(&b.events[i]->fields[k]), &b.arena);
        batch_reset(&b);
        recover(&b, &parser_evtx, bytes, len);
        size_t skip = next_random(&state) % (HEADER + 3000);
        recover(&b, &parser_evtx_raw, (uint8_t *)bytes + skip, len > skip ? len - skip : 0);
        recovered += b.count;
        for (size_t i = 0; i < b.count; i++)
            for (unsigned k = 0; k < b.events[i]->field_count; k++)
                value_str(field_value(&b.events[i]->fields[k]), &b.arena);
        batch_reset(&b);
        mem_free(bytes);
    }
    CHECK(recovered > 6000);
    CHECK(events > 4000); /* most records come through most mutations */
    batch_free(&b);
}
