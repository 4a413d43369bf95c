/* SPDX-License-Identifier: Apache-2.0
 *
 * A blob through a parser's other ways: parse --record and --check. */
#include "tests/fuzz/fuzz.h"

#include "core/json.h"

struct counts {
    uint64_t records, damaged;
};

/* One job over all of the blob. `printing` NULL: events are made. */
static struct counts job(const struct parser *parser, str bytes, const struct hints *hints,
                         struct printing *printing)
{
    const struct source source = {
        .path = STR("host/blob.log"), .system = STR("host"), .family = STR("blob.log")};
    const struct input in = {.bytes = bytes, .last = true, .source = &source, .hints = hints,
                             .printing = printing};
    struct batch batch = {.count = 0};

    batch_source(&batch, 0, source.system);
    parser->parse(&in, &batch);
    struct counts counts = {printing ? printing->records : batch.count, batch.damaged};
    batch_free(&batch);
    return counts;
}

static void see_lines(str lines)
{
    struct arena arena = {0};
    struct json_in j;
    enum json_type type, before = JSON_END;

    assert(utf8_valid(lines));
    json_open(&j, lines, &arena);
    do {
        type = json_next(&j);
        /* deeper than the reader reads, but no harm */
        assert(type != JSON_ERROR || j.depth == 64);
        if (type == JSON_END && before == JSON_END)
            break;
        before = type;
    } while (type != JSON_ERROR);
    arena_free(&arena);
}

void fuzz_print(const struct parser *parser, const uint8_t *bytes, size_t size,
                const struct hints *hints)
{
    const str whole = {(const char *)bytes, size};
    struct buf first = {0}, again = {0};
    struct printing print = {.lines = &first}, check = {.lines = NULL};

    struct counts decoded = job(parser, whole, hints, NULL);
    struct counts printed = job(parser, whole, hints, &print);
    /* with --recover records without their template wait for it when events are made of them */
    assert(printed.records == decoded.records || hints->recover);
    assert(first.len <= (size / 65536 + 1) * FUZZ_TEXT_MAX);
    see_lines(buf_view(&first));
    print.lines = &again;
    job(parser, whole, hints, &print);
    assert(str_eq(buf_view(&first), buf_view(&again)));
    struct counts checked = job(parser, whole, hints, &check);
    assert(checked.records == printed.records);
    assert(checked.damaged == decoded.damaged || hints->recover);
    parser->forget(print.kept);
    parser->forget(check.kept);
    buf_free(&first);
    buf_free(&again);
}
