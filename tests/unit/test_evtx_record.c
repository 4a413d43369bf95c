/* SPDX-License-Identifier: Apache-2.0
 *
 * parse --record and --check: records as JSON lines, without events. */
#include "tests/unit/evtx_writer.h"
#include "tests/unit/test.h"

#define SYSTEM "{\"Event\":{\"#attributes\":{\"xmlns\":" \
    "\"http://schemas.microsoft.com/win/2004/08/events/event\"},\"System\":{"

struct printed {
    struct buf text;
    struct printing printing;
    struct batch batch;
};

/* Prints the file, in a block of exactly its size. What was learned before is kept. */
static void print_file(struct printed *p, const struct writer_of_chunk *w, bool lines)
{
    void *copy = mem_alloc(sizeof w->file);

    memcpy(copy, w->file, sizeof w->file);
    p->text.len = 0;
    p->printing.lines = lines ? &p->text : NULL;
    p->printing.records = 0;
    batch_reset(&p->batch);
    batch_source(&p->batch, 0, STR("SYSTEM1"));
    parser_evtx.parse(&(struct input){.bytes = {copy, sizeof w->file}, .last = true,
                                      .printing = &p->printing}, &p->batch);
    CHECK(p->batch.count == 0);
    mem_free(copy);
}

static void drop_printed(struct printed *p)
{
    buf_free(&p->text);
    parser_evtx.forget(p->printing.kept);
    batch_free(&p->batch);
}

/* The end of the line of a chunk's only record, from EventData on, both by its tree and by the
 * plan made from that. */
static void check_data(struct writer_of_chunk *w, const char *want)
{
    struct printed p = {.text = {0}};

    chunk_seal(w, w->at);
    for (unsigned i = 0; i < 2; i++) {
        print_file(&p, w, true);
        str text = buf_view(&p.text);
        CHECK(str_starts(text, STR(SYSTEM)));
        size_t at = 0;
        while (at < text.len && !str_starts(str_skip(text, at), STR("\"EventData\"")))
            at++;
        CHECK_STR(str_skip(text, at), want);
        CHECK_INT(p.printing.records, 1);
        CHECK_INT(p.batch.damaged, 0);
    }
    drop_printed(&p);
}

TEST(evtx_record_prints_values_by_their_types)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G"};
    static const struct item items[] = {
        {VALUE_UTF16, 12, "\\\0\"\0\n\0\1\0\xe9\0a\0"}, {VALUE_I32, 4, "\xff\xff\xff\xff"},
        {VALUE_NULL, 0, ""},                            {VALUE_HEX64, 8, "\x1f\0\0\0\0\0\0\x80"},
        {VALUE_BOOL, 4, "\1\0\0\0"},                    {VALUE_BINARY, 2, "\xab\x01"},
        {VALUE_U32 | VALUE_ARRAY, 8, "\1\0\0\0\2\0\0\0"}};
    struct writer_of_chunk w;

    chunk_begin(&w);
    event_record(&w, names, items, 7);
    check_data(&w, "\"EventData\":{\"A\":\"\\\\\\\"\\n\\u0001\xc3\xa9" "a\",\"B\":-1,\"C\":\"\","
                   "\"D\":\"0x800000000000001f\",\"E\":true,\"F\":\"AB01\",\"G\":\"1,2\"}}}\n");
}

TEST(evtx_record_loses_no_data_of_a_name_that_repeats)
{
    static const char *const names[] = {"A", "A", "B", "A", NULL};
    static const struct item items[] = {{VALUE_U8, 1, "\1"}, {VALUE_U8, 1, "\2"},
                                        {VALUE_U8, 1, "\3"}, {VALUE_U8, 1, "\4"},
                                        {VALUE_U8, 1, "\5"}};
    struct writer_of_chunk w;

    chunk_begin(&w);
    event_record(&w, names, items, 5);
    check_data(&w, "\"EventData\":{\"A\":[1,2],\"B\":3,\"A_1\":4,\"Data\":5}}}\n");
}

TEST(evtx_record_makes_an_array_of_data_without_names)
{
    static const char *const names[] = {NULL};
    static const struct item several = {VALUE_UTF16 | VALUE_ARRAY, 10, "a\0\0\0\0\0b\0<\0"};
    static const struct item one = {VALUE_UTF16 | VALUE_ARRAY, 4, "a\0\0\0"};
    struct writer_of_chunk w;

    chunk_begin(&w);
    event_record(&w, names, &several, 1);
    check_data(&w, "\"EventData\":{\"Data\":{\"#text\":[\"a\",\"\",\"b<\"]}}}}\n");
    chunk_begin(&w);
    event_record(&w, names, &one, 1);
    check_data(&w, "\"EventData\":{\"Data\":{\"#text\":\"a\"}}}}\n");
}

TEST(evtx_record_of_another_template_of_the_same_guid_is_not_printed_by_the_first_ones_plan)
{
    static const char *const first[] = {"User"}, *const second[] = {"Host"};
    static const struct item item = {VALUE_U8, 1, "\7"};
    struct writer_of_chunk a, b;
    struct printed p = {.text = {0}};

    chunk_begin(&a);
    event_record(&a, first, &item, 1);
    chunk_seal(&a, a.at);
    chunk_begin(&b);
    event_record(&b, second, &item, 1);
    chunk_seal(&b, b.at);
    print_file(&p, &a, true);
    print_file(&p, &b, true);
    CHECK(str_has(buf_view(&p.text), STR("\"EventData\":{\"Host\":7}")));
    drop_printed(&p);
}

TEST(evtx_check_finds_what_decoding_finds)
{
    static const char *const names[] = {"A"};
    static const struct item item = {VALUE_U8, 1, "\7"};
    struct writer_of_chunk w;
    struct printed p = {.text = {0}};

    chunk_begin(&w);
    event_record(&w, names, &item, 1);
    chunk_seal(&w, w.at);
    print_file(&p, &w, false);
    CHECK_INT(p.printing.records, 1);
    CHECK_INT(p.batch.damaged, 0);
    CHECK_INT(p.text.len, 0);
    for (uint32_t at = FIRST + 24; at + 4 < w.at; at++) { /* one byte wrong after another */
        uint8_t was = w.chunk[at];
        struct batch events = {0};
        w.chunk[at] ^= 0x55;
        print_file(&p, &w, false);
        uint64_t damaged = p.batch.damaged;
        void *bytes = parse_bytes(&events, w.file, sizeof w.file);
        CHECK_INT(damaged, events.damaged);
        print_file(&p, &w, true);
        CHECK_INT(p.batch.damaged, events.damaged);
        drop(&events, bytes);
        w.chunk[at] = was;
    }
    drop_printed(&p);
}
