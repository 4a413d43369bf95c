/* SPDX-License-Identifier: Apache-2.0
 *
 * findings.json, facts.json, manifest.json: valid, complete, and read back. */
#include "core/casefile.h"
#include "core/json.h"
#include "tests/unit/made_case.h"
#include "tests/unit/test.h"

extern const struct writer writer_findings, writer_facts, writer_manifest;

static bool is_json(str text)
{
    struct arena a = {0};
    struct json_in j;
    enum json_type t;

    json_open(&j, text, &a);
    while ((t = json_next(&j)) != JSON_END && t != JSON_ERROR)
        ;
    if (t == JSON_ERROR)
        test_failed(__FILE__, __LINE__, "%s before %.40s", j.error, j.rest.p);
    arena_free(&a);
    return t == JSON_END && str_trim(j.rest).len == 0;
}

TEST(findings_hold_the_contract)
{
    static const char *const parts[] = {
        "\"schema\": 1", "\"attack\": \"19\"", "\"confidence\": 0.95",
        "\"technique\": [\n    \"T1021.001\"", "\"severity\": \"critical\"", "\"hostile\": true",
        "\"offset\": 4608", "\"time\": \"2024-10-02T05:22:07.4110001Z\"", "\"edges\": [\n    \"e-",
        "\"path_base64\": ", "\"parser\": null", "\"events_total\": 65",
        "\"sid\": \"S-1-5-21-1-1104\"",
        "\"per_host\": []", "\"blind\": []", "\"destination\": null", "\"end\": null"};
    struct made_case c;
    struct buf text = {0};
    struct err err = {{0}};

    made_case_init(&c);
    for (unsigned i = 0; i < REFS_MAX; i++)
        refs_add(&c.result.findings[0].events, c.result.findings[0].events.items[0]);
    CHECK(made_case_write(&c, &writer_findings, &text, &err));
    CHECK(is_json(buf_view(&text)));
    CHECK(utf8_valid(buf_view(&text)));
    CHECK(!str_has(buf_view(&text), STR("\xe2\x80\xae")));
    for (size_t i = 0; i < array_len(parts); i++)
        if (!str_has(buf_view(&text), str_of(parts[i])))
            test_failed(__FILE__, __LINE__, "%s is missing", parts[i]);
    buf_free(&text);
    made_case_free(&c);
}

static void same_source(const struct source *got, const struct source *want)
{
    CHECK(str_eq(got->path, want->path));
    CHECK(str_eq(got->system, want->system));
    CHECK(str_eq(got->family, want->family));
    CHECK(str_eq(got->parser, want->parser));
    CHECK(str_eq(got->failure, want->failure));
    CHECK(str_eq(got->year_basis, want->year_basis));
    CHECK(str_eq(got->zone_basis, want->zone_basis));
    CHECK_INT(got->unread.len > 0, want->unread.len > 0);
    CHECK_INT(got->size, want->size);
    CHECK_INT(got->mtime_ns, want->mtime_ns);
    CHECK_INT(got->hashed, want->hashed);
    CHECK(memcmp(got->sha256, want->sha256, 32) == 0);
    CHECK_INT(got->empty, want->empty);
    CHECK_INT(got->failed, want->failed);
    CHECK_INT(got->events, want->events);
    CHECK_INT(got->damaged, want->damaged);
    CHECK_INT(got->skipped, want->skipped);
    CHECK_INT(got->first_ns, want->first_ns);
    CHECK_INT(got->last_ns, want->last_ns);
    CHECK_INT(got->note_count, want->note_count);
    CHECK_INT(got->note_total, want->note_total);
    CHECK_INT(got->base_year, want->base_year);
    CHECK_INT(got->year_inferred, want->year_inferred);
    CHECK_INT(got->zone_assumed, want->zone_assumed);
}

TEST(casefile_manifest_gives_the_sources_back)
{
    struct made_case c;
    struct buf text = {0}, again = {0};
    struct err err = {{0}};
    struct arena a = {0};
    struct source *sources = NULL;
    size_t count = 0;

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_manifest, &text, &err));
    CHECK(is_json(buf_view(&text)));
    if (!casefile_read_manifest(buf_view(&text), &sources, &count, &a, &err))
        test_failed(__FILE__, __LINE__, "%s", err.msg);
    CHECK_INT(count, 2);
    for (size_t i = 0; i < count; i++)
        same_source(&sources[i], &c.sources[i]);
    CHECK(count == 2 && sources[0].notes[0].placed && sources[0].notes[0].offset == 4096);
    /* and a case made of what was read has the same manifest */
    c.view.sources = sources;
    CHECK(made_case_write(&c, &writer_manifest, &again, &err));
    CHECK(str_eq(buf_view(&text), buf_view(&again)));
    buf_free(&text);
    buf_free(&again);
    arena_free(&a);
    made_case_free(&c);
}

TEST(casefile_facts_come_back_whole)
{
    struct made_case c;
    struct buf text = {0}, again = {0};
    struct err err = {{0}};
    struct facts facts = {.count = 0};

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_facts, &text, &err));
    CHECK(is_json(buf_view(&text)));
    if (!casefile_read_facts(buf_view(&text), &facts, &err))
        test_failed(__FILE__, __LINE__, "%s", err.msg);
    CHECK_INT(facts.count, c.facts.count);
    c.view.facts = &facts;
    CHECK(made_case_write(&c, &writer_facts, &again, &err));
    CHECK(str_eq(buf_view(&text), buf_view(&again)));
    facts_free(&facts);
    buf_free(&text);
    buf_free(&again);
    made_case_free(&c);
}

TEST(casefile_refuses_what_it_cannot_trust)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"schema\":2}", "{\"schema\":1} x", "{\"schema\":1,\"sources\":[1]}",
        "{\"schema\":1,\"sources\":[{}]}", "{\"schema\":1,\"sources\":[{\"path\":7}]}",
        "{\"schema\":1,\"sources\":[{\"path\":\"a\",\"sha256\":\"zz\"}]}",
        "{\"schema\":1,\"sources\":[{\"path\":\"a\",\"size\":-1}]}"};
    struct arena a = {0};
    struct source *sources;
    size_t count;

    for (size_t i = 0; i < array_len(texts); i++) {
        struct err err = {{0}};
        CHECK(!casefile_read_manifest(str_of(texts[i]), &sources, &count, &a, &err));
        CHECK(str_starts(str_of(err.msg), STR("manifest.json: ")));
    }
    arena_free(&a);
}

TEST(casefile_survives_cuts)
{
    struct made_case c;
    struct buf text = {0};
    struct err err = {{0}};
    struct arena a = {0};
    struct source *sources;
    size_t count;

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_manifest, &text, &err));
    for (size_t i = 0; i + 2 < text.len; i++)
        CHECK(!casefile_read_manifest(str_head(buf_view(&text), i), &sources, &count, &a, &err));
    CHECK(made_case_write(&c, &writer_facts, &text, &err));
    for (size_t i = 0; i + 2 < text.len; i++) {
        struct facts facts = {.count = 0};
        CHECK(!casefile_read_facts(str_head(buf_view(&text), i), &facts, &err));
        facts_free(&facts);
    }
    buf_free(&text);
    arena_free(&a);
    made_case_free(&c);
}

TEST(findings_skew_of_a_host_is_the_median_of_its_movements)
{
    struct result r = {.edge_count = 0};
    struct skew skew;
    const double seen[] = {2.0, 90.0, 3.0};

    for (size_t i = 0; i < array_len(seen); i++) {
        struct edge *e = result_edge(&r);
        e->src_host = 0;
        e->dst_host = 1;
        e->skew_known = true;
        e->skew_s = seen[i];
    }
    CHECK(result_skew(&r, 1, &skew));
    CHECK_INT(skew.seconds, 3);
    CHECK_INT(skew.spread, 1);
    CHECK_INT(skew.pairs, 3);
    CHECK(result_skew(&r, 0, &skew));
    CHECK_INT(skew.seconds, -3);
    CHECK(!result_skew(&r, 2, &skew));
    result_free(&r);
}
