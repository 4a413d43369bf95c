/* SPDX-License-Identifier: Apache-2.0
 *
 * A blob through one parser, and the target that does so for all of them. */
#include "tests/complete.h"
#include "tests/fuzz/fuzz.h"

#include "core/detector.h"
#include "core/ecs.h"

struct cost {
    size_t text, max;
};

static void see_text(const struct buf *text, struct cost *cost)
{
    assert(utf8_valid(buf_view(text)));
    cost->text += text->len;
    assert(cost->text <= cost->max);
}

static void see_event(const struct event *e, const struct batch *b, const struct source *source,
                      struct ecs_writer *writer, struct cost *cost)
{
    const struct ecs_context context = {.sources = source, .source_count = 1};
    struct buf text = {0};

    for (unsigned i = 0; i < e->field_count; i++) {
        text.len = 0;
        value_text(field_value(&e->fields[i]), &text);
        see_text(&text, cost);
    }
    text.len = 0;
    ecs_write(writer, &text, e, &b->names, &context);
    see_text(&text, cost);
    buf_free(&text);
}

static void parse_spooled(const struct parser *parser, struct input *in, struct batch *batch)
{
    str whole = in->bytes;

    in->blob = whole;
    for (size_t at = 0, end; at < whole.len; at = end) {
        end = parser->cut(whole, at);
        assert(end > at && end <= whole.len);
        in->bytes = (str){whole.p + at, end - at};
        in->offset = at;
        in->last = end == whole.len;
        parser->parse(in, batch);
    }
}

void fuzz_parse(const struct parser *parser, const uint8_t *bytes, size_t size,
                const struct hints *hints)
{
    const struct source source = {
        .path = STR("host/blob.log"), .system = STR("host"), .family = STR("blob.log")};
    const str whole = {(const char *)bytes, size};
    const struct sample sample = {.head = str_head(whole, 64 * 1024), .path = source.path,
                                  .size = size};
    const size_t parts = size / 65536 + 1;
    struct carry carry = {{0}};
    struct input in = {.bytes = whole, .last = true, .carry = &carry, .source = &source,
                       .hints = hints};
    struct batch batch = {.count = 0};
    struct facts facts = {.count = 0};
    struct cost cost = {.max = parts * FUZZ_TEXT_MAX};
    struct ecs_writer *writer = ecs_writer_new();

    int score = parser->probe(&sample);
    assert(score >= 0 && score <= 100);
    batch_source(&batch, 0, source.system);
    if (parser->reads == READS_SPOOLED)
        parse_spooled(parser, &in, &batch);
    else
        parser->parse(&in, &batch);
    assert(batch.arena.held <= parts * FUZZ_ARENA_MAX);
    if (hints)
        complete_batch(parser, hints, &batch);
    if (parser->carry)
        parser->carry(&carry, whole);
    for (size_t i = 0; i < batch.count; i++) {
        see_event(batch.events[i], &batch, &source, writer, &cost);
        for (size_t k = 0; k < detector_count; k++)
            if (detectors[k]->observe)
                detectors[k]->observe(batch.events[i], &batch.names, &facts);
    }
    ecs_writer_free(writer);
    facts_free(&facts);
    batch_free(&batch);
}

int fuzz_parsers(const uint8_t *data, size_t size)
{
    const struct hints hints = {.messages = true, .recover = size % 2 != 0,
                                .xml = size % 3 == 0};

    if (size)
        fuzz_parse(parsers[data[0] % parser_count], data + 1, size - 1, &hints);
    return 0;
}
