/* SPDX-License-Identifier: Apache-2.0
 *
 * What every registered parser, detector and writer promises. A new one is under these the moment
 * its line is in a list. */
#include <unistd.h>

#include "core/pipeline.h"
#include "core/writer.h"
#include "tests/unit/test.h"

static const struct source blob = {
    .path = {"host/blob.log", 13}, .system = {"host", 4}, .family = {"blob.log", 8}};
static const struct hints hints = {.messages = true};

static size_t parse(const struct parser *parser, str bytes, struct batch *b, struct buf *texts)
{
    struct carry carry = {{0}};
    const struct input in = {
        .bytes = bytes, .last = true, .carry = &carry, .source = &blob, .hints = &hints};

    batch_source(b, 0, blob.system);
    parser->parse(&in, b);
    for (size_t i = 0; texts && i < b->count; i++)
        for (unsigned k = 0; k < b->events[i]->field_count; k++) {
            buf_add(texts, b->events[i]->fields[k].name, b->events[i]->fields[k].name_len);
            value_text(field_value(&b->events[i]->fields[k]), texts);
        }
    return b->count;
}

static int probe(const struct parser *parser, str head)
{
    const struct sample s = {.head = head, .path = blob.path, .size = head.len};

    return parser->probe(&s);
}

TEST(contract_names_are_unique_and_say_what_they_are)
{
    for (size_t i = 0; i < parser_count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!str_eq(str_of(parsers[i]->name), str_of(parsers[k]->name)));
    for (size_t i = 0; i < detector_count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!str_eq(str_of(detectors[i]->name), str_of(detectors[k]->name)));
    for (size_t i = 0; i < writer_count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!str_eq(str_of(writers[i]->file), str_of(writers[k]->file)));
    for (size_t i = 0; i < parser_count; i++)
        CHECK(str_of(parsers[i]->about).len > 10);
    for (size_t i = 0; i < detector_count; i++)
        CHECK(str_of(detectors[i]->about).len > 10);
    for (size_t i = 0; i < writer_count; i++)
        CHECK(str_of(writers[i]->about).len > 10);
}

TEST(contract_parsers_claim_nothing_empty_and_no_noise)
{
    char noise[8192];
    uint64_t x = 88172645463325252u;

    for (size_t i = 0; i < sizeof noise; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        noise[i] = (char)x;
    }
    for (size_t i = 0; i < parser_count; i++) {
        CHECK_INT(probe(parsers[i], STR("")), 0);
        CHECK_INT(probe(parsers[i], STR("\n\n\n")), 0);
        CHECK(probe(parsers[i], (str){noise, sizeof noise}) < 50);
        CHECK(probe(parsers[i], STR("dear diary,\ntoday nothing happened.\n")) < 50);
    }
}

/* Formats of fixed records have to tell that they are none: text fits many of them. */
TEST(contract_no_parser_takes_one_long_line_for_its_records)
{
    char line[1200];

    for (size_t i = 0; i < sizeof line; i++)
        line[i] = "key=value, other=\"words of a log\" "[i % 34];
    for (size_t len = 200; len <= sizeof line; len += 7)
        for (size_t i = 0; i < parser_count; i++)
            if (probe(parsers[i], (str){line, len}) >= 50)
                test_failed(__FILE__, __LINE__, "%s claims %zu bytes", parsers[i]->name, len);
}

TEST(contract_each_parser_outbids_the_others_on_its_own_example)
{
    for (size_t i = 0; i < parser_count; i++) {
        if (!parsers[i]->example)
            continue;
        str example = str_of(parsers[i]->example);
        int own = probe(parsers[i], example);
        CHECK(own >= 50);
        for (size_t k = 0; k < parser_count; k++)
            if (k != i)
                CHECK(probe(parsers[k], example) < own);
    }
}

TEST(contract_examples_give_events_with_time_kind_and_message)
{
    for (size_t i = 0; i < parser_count; i++) {
        struct batch b = {.count = 0};
        if (!parsers[i]->example)
            continue;
        CHECK(parse(parsers[i], str_of(parsers[i]->example), &b, NULL) > 0);
        for (size_t k = 0; k < b.count; k++) {
            const struct event *e = b.events[k];
            CHECK(e->time_ns != TIME_UNKNOWN);
            CHECK(e->provider != 0);
            CHECK(e->uid.hi || e->uid.lo);
            CHECK(!value_is_blank(event_field(e, STR("message"))));
        }
        batch_free(&b);
    }
}

TEST(contract_parsing_twice_gives_the_same)
{
    for (size_t i = 0; i < parser_count; i++) {
        struct batch b = {.count = 0};
        struct buf first = {0}, second = {0};
        if (!parsers[i]->example)
            continue;
        parse(parsers[i], str_of(parsers[i]->example), &b, &first);
        batch_reset(&b);
        parse(parsers[i], str_of(parsers[i]->example), &b, &second);
        CHECK(str_eq(buf_view(&first), buf_view(&second)));
        buf_free(&first);
        buf_free(&second);
        batch_free(&b);
    }
}

TEST(contract_every_truncation_of_an_example_is_survived)
{
    for (size_t i = 0; i < parser_count; i++) {
        str example = str_of(parsers[i]->example);
        for (size_t n = 0; n < example.len; n++) {
            struct batch b = {.count = 0};
            char *exact = mem_alloc(n);
            if (n)
                memcpy(exact, example.p, n);
            parse(parsers[i], (str){exact, n}, &b, NULL);
            batch_free(&b);
            mem_free(exact);
        }
    }
}

static void no_mark(void *ctx, struct mark m)
{
    (void)ctx;
    (void)m;
}

/* A run over nothing: every detector ends with an honest result, every writer with a file. */
TEST(contract_detectors_and_writers_bear_a_case_without_events)
{
    char dir[] = "/tmp/ashiato-unit-XXXXXX";
    struct facts facts = {.count = 0};
    struct result result = {.finding_count = 0};
    struct density density = {.count = 0};
    struct identity *identity = identity_build(&facts, NULL, 0);
    struct judge judge = {.identity = identity, .facts = &facts, .result = &result,
                          .mark = no_mark};
    void *states[64];
    struct err err = {{0}};

    CHECK(mkdtemp(dir) != NULL);
    for (size_t i = 0; i < detector_count && i < array_len(states); i++)
        states[i] = detectors[i]->start(&judge);
    for (size_t i = 0; i < detector_count && i < array_len(states); i++)
        detectors[i]->finish(states[i], &judge);
    CHECK_INT(result.finding_count, 0);
    CHECK_INT(result.edge_count, 0);
    for (size_t i = 0; i < ANSWERS; i++) {
        CHECK(result.answers[i].question != NULL);
        CHECK(result.answers[i].summary.len > 0);
    }
    const struct case_view view = {
        .result = &result, .identity = identity, .facts = &facts, .density = &density,
        .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN, .stamp_ns = TIME_UNKNOWN,
        .version = STR("ashiato test"), .zone = zone_utc()};
    for (size_t i = 0; i < writer_count; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, writers[i]->file);
        void *state = writers[i]->open(&view, path, &err);
        CHECK(state != NULL);
        if (state)
            CHECK(writers[i]->close(state, false, &err));
        CHECK(unlink(path) == 0);
        snprintf(path, sizeof path, "%s/none/%s", dir, writers[i]->file);
        state = writers[i]->open(&view, path, &err);
        CHECK(state == NULL || !writers[i]->close(state, false, &err));
        CHECK(err.msg[0] != 0);
        err.msg[0] = 0;
    }
    CHECK(rmdir(dir) == 0);
    identity_free(identity);
    result_free(&result);
    facts_free(&facts);
}
