/* SPDX-License-Identifier: Apache-2.0
 *
 * One fuzz target for all parsers, in the form that libFuzzer and AFL++ know: the first byte
 * chooses the parser, the rest is a blob. replay.c runs it over files without either. */
#include "tests/fuzz/fuzz.h"

#include "core/detector.h"

static void see_field(const struct event *e, struct buf *text)
{
    for (unsigned i = 0; i < e->field_count; i++) {
        text->len = 0;
        value_text(field_value(&e->fields[i]), text);
        assert(utf8_valid(buf_view(text)));
    }
}

void fuzz_parse(const struct parser *parser, const uint8_t *bytes, size_t size)
{
    const struct hints hints = {.messages = true, .recover = size % 2 != 0,
                                .xml = size % 3 == 0};
    const struct source source = {
        .path = STR("host/blob.log"), .system = STR("host"), .family = STR("blob.log")};
    const str whole = {(const char *)bytes, size};
    const struct sample sample = {.head = str_head(whole, 64 * 1024), .path = source.path,
                                  .size = size};
    struct carry carry = {{0}};
    struct input in = {.bytes = whole, .last = true, .carry = &carry, .source = &source,
                       .hints = &hints};
    struct batch batch = {.count = 0};
    struct facts facts = {.count = 0};
    struct buf text = {0};

    int score = parser->probe(&sample);
    assert(score >= 0 && score <= 100);
    batch_source(&batch, 0, source.system);
    parser->parse(&in, &batch);
    if (parser->carry)
        parser->carry(&carry, whole);
    for (size_t i = 0; i < batch.count; i++) {
        see_field(batch.events[i], &text);
        for (size_t k = 0; k < detector_count; k++)
            if (detectors[k]->observe)
                detectors[k]->observe(batch.events[i], &batch.names, &facts);
    }
    buf_free(&text);
    facts_free(&facts);
    batch_free(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        fuzz_parse(parsers[data[0] % parser_count], data + 1, size - 1);
    return 0;
}
