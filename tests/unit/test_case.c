/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of cases. */
#include "core/parser.h"
#include "tests/unit/test.h"

extern const struct parser parser_case;

static struct source the_source = {.path = {"case/events.jsonl.zst", 21}};

TEST(case_reads_lines_longer_than_a_log_may_have)
{
    struct buf text = {.len = 0};
    struct batch b = {.count = 0};
    struct hints hints = {.messages = true};
    size_t size = 3 << 20;

    buf_str(&text, STR("{\"message\":\""));
    for (size_t i = 0; i < size; i++)
        buf_char(&text, 'x');
    buf_str(&text, STR("\",\"ashiato\":{\"kind\":\"logon\",\"uid\":"
                       "\"0123456789abcdef0123456789abcdef\"}}\n\n"));
    size_t second = text.len;
    buf_str(&text, str_of(parser_case.example));
    const struct input in = {
        .bytes = buf_view(&text), .offset = 100, .last = true, .source = &the_source,
        .hints = &hints};
    batch_source(&b, 0, STR("case"));
    parser_case.parse(&in, &b);
    CHECK_INT(b.count, 2);
    CHECK_INT(b.damaged, 0);
    CHECK_INT(b.skipped, 1);
    CHECK_INT(b.note_count, 1); /* places without a manifest, told once */
    CHECK_INT(event_field(b.events[0], STR("message")).len, size);
    CHECK_INT(b.events[0]->offset, 100);
    CHECK_INT(b.events[1]->offset, 100 + second);
    batch_free(&b);
    buf_free(&text);
}

TEST(case_counts_what_it_cannot_read)
{
    struct batch b = {.count = 0};
    struct hints hints = {.messages = true};
    struct input in = {.bytes = STR("{\"a\":1}\nnot json\n{\"cut\":"), .last = true,
                       .source = &the_source, .hints = &hints, .cut_line = 99};

    batch_source(&b, 0, STR("case"));
    parser_case.parse(&in, &b);
    CHECK_INT(b.count, 0);
    CHECK_INT(b.damaged, 3);
    CHECK_INT(b.notes[1].offset, 8);
    CHECK(str_has(b.notes[2].text, STR("99 bytes")));
    batch_free(&b);
}

TEST(case_claims_its_own_lines_only)
{
    const struct sample ours = {.head = str_of(parser_case.example)};
    const struct sample other = {.head = STR("{\"@timestamp\":\"2024-10-02T05:22:07Z\"}\n")};

    const struct sample cut = {.head = STR("{\"@timestamp\":\"2024-10-02T05:22:07Z\",\"event\":{"
                                           "\"action\":\"script\",\"original\":\"very long")};

    CHECK_INT(parser_case.probe(&ours), 100);
    CHECK(parser_case.probe(&cut) > 50);
    CHECK_INT(parser_case.probe(&other), 0);
}
