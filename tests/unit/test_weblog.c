/* SPDX-License-Identifier: Apache-2.0
 *
 * The common log family: who asked whom for what, and whether a proxy or a web server wrote it. */
#include "tests/unit/test.h"
#include "tests/unit/textlog.h"

extern const struct parser parser_weblog, parser_squid;

#define AT " [02/Oct/2024:14:22:07 +0900] "

TEST(weblog_dialects)
{
    static const struct textlog_case cases[] = {
        {"10.0.5.3 - -" AT "\"GET /wiki/?a=b HTTP/1.1\" 200 5120", KIND_WEB_REQUEST,
         OUTCOME_SUCCESS, "", NULL, "10.0.5.3", "FS01", "url.query", "a=b",
         "Web: 10.0.5.3 GET /wiki/?a=b -> 200, 5120 bytes received"},
        {"10.0.5.3 - k.ito" AT "\"GET /wiki/ HTTP/1.1\" 404 512 \"http://a.example/\" \"Mozilla/5.0\"",
         KIND_WEB_REQUEST, OUTCOME_FAILURE, "k.ito", NULL, "10.0.5.3", NULL,
         "http.request.referrer", "http://a.example/", NULL},
        {"www.example.com:443 10.0.5.3 - -" AT "\"POST /up HTTP/2.0\" 201 - \"-\" \"curl/8.4\"",
         KIND_WEB_REQUEST, OUTCOME_SUCCESS, NULL, NULL, "10.0.5.3", NULL, "url.domain",
         "www.example.com", NULL},
        {"10.0.5.3 - John Smith" AT "\"GET / HTTP/1.1\" 200 5", KIND_WEB_REQUEST, OUTCOME_SUCCESS,
         "John Smith", NULL, "10.0.5.3", NULL, NULL, NULL, NULL},
        {"10.0.5.3 - EXAMPLE\\k.ito" AT "\"GET / HTTP/1.1\" 200 5", KIND_WEB_REQUEST,
         OUTCOME_SUCCESS, "k.ito", NULL, NULL, NULL, NULL, NULL, NULL},
        {"ws07.example.com - -" AT "\"GET / HTTP/1.1\" 200 5", KIND_WEB_REQUEST, OUTCOME_SUCCESS,
         NULL, NULL, "ws07.example.com", NULL, NULL, NULL, NULL},
        {"2001:db8::7 - -" AT "\"-\" 408 -", KIND_WEB_REQUEST, OUTCOME_FAILURE, NULL, NULL,
         "2001:db8::7", NULL, NULL, NULL, NULL},
        {"10.0.5.3 - -" AT "\"GET /a\\\"b HTTP/1.1\" 200 5 \"-\" \"agent \\\"x\\\" y\"",
         KIND_WEB_REQUEST, OUTCOME_SUCCESS, NULL, NULL, NULL, NULL, "user_agent.original",
         "agent \\\"x\\\" y", NULL},
        {"10.0.5.3 - -" AT "\"GET /old\"server HTTP/1.0\" 200 5", KIND_WEB_REQUEST, OUTCOME_SUCCESS,
         NULL, NULL, NULL, NULL, "url.path", "/old\"server", NULL},
        {"10.0.5.3 - -" AT "\"\\x16\\x03\\x01\" 400 226 \"-\" \"-\"", KIND_WEB_REQUEST,
         OUTCOME_FAILURE, NULL, NULL, "10.0.5.3", NULL, NULL, NULL, NULL},
        {"10.0.5.3 - -" AT "\"GET / HTTP/1.1\" 200 5 \"-\" \"curl\" \"203.0.113.9\"",
         KIND_WEB_REQUEST, OUTCOME_SUCCESS, NULL, NULL, NULL, NULL, "forwarded_for", "203.0.113.9",
         NULL},
        {"10.20.3.15 - t.kuroda" AT "\"CONNECT files.example.net:443 HTTP/1.1\" 200 5120 \"-\" "
         "\"Mozilla/5.0\" TCP_TUNNEL:HIER_DIRECT",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, "t.kuroda", NULL, "10.20.3.15", "files.example.net",
         "squid.result", "TCP_TUNNEL", NULL},
        {"10.20.3.15 - -" AT "\"GET http://a.example/x HTTP/1.1\" 403 5 TCP_DENIED:HIER_NONE",
         KIND_PROXY_REQUEST, OUTCOME_FAILURE, NULL, NULL, NULL, "a.example", "url.path", "/x",
         NULL},
    };
    textlog_check(&parser_weblog, cases, array_len(cases));
}

TEST(weblog_time_and_size)
{
    struct batch b;
    const struct event *e = textlog_one(
        &parser_weblog, &b, "10.0.5.3 - -" AT "\"PUT /x HTTP/1.1\" 200 5 \"-\" \"curl\" 7812 244");

    if (e) {
        CHECK_INT(e->time_ns, INT64_C(1727846527000000000));
        CHECK_INT(e->bytes_out, 7812); /* mod_logio: %I %O */
        CHECK_INT(e->bytes_in, 244);
        CHECK(!(e->flags & EVENT_ZONE_OPEN));
    }
    batch_free(&b);
    e = textlog_one(&parser_weblog, &b,
                    "10.0.5.3 - -" AT "\"PUT /x HTTP/1.1\" 200 5 \"-\" \"curl\" 7812");
    CHECK(e && e->bytes_out == 0 && e->bytes_in == 5); /* one number may be anything */
    batch_free(&b);
}

/* One stray absolute URL does not make a web server a proxy, and a proxy's lines are all its. */
TEST(weblog_role_is_of_the_log)
{
    struct batch b = textlog_parse(&parser_weblog,
                                   STR("10.0.5.3 - -" AT "\"GET /a HTTP/1.1\" 200 5\n"
                                       "203.0.113.5 - -" AT "\"GET http://x.example/ HTTP/1.1\" 404 5\n"
                                       "10.0.5.3 - -" AT "\"GET /b HTTP/1.1\" 200 5\n"));

    CHECK_INT(b.count, 3);
    for (size_t i = 0; i < b.count; i++)
        CHECK_INT(b.events[i]->kind, KIND_WEB_REQUEST);
    batch_free(&b);
    b = textlog_parse(&parser_weblog,
                      STR("10.0.5.3 - -" AT "\"GET http://x.example/ HTTP/1.1\" 200 5\n"
                          "10.0.5.3 - -" AT "\"CONNECT x.example:443 HTTP/1.1\" 200 5\n"
                          "10.0.5.3 - -" AT "\"GET /cachemgr HTTP/1.1\" 403 5\n"));
    CHECK_INT(b.count, 3);
    for (size_t i = 0; i < b.count; i++)
        CHECK_INT(b.events[i]->kind, KIND_PROXY_REQUEST);
    batch_free(&b);
}

TEST(weblog_damage_is_counted)
{
    struct batch b = textlog_parse(
        &parser_weblog, STR("10.0.5.3 [02/Oct/2024:14:22:07 +0900] \"GET / HTTP/1.1\" 200 5\n"
                            "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok\n"
                            "10.0.5.3 - - [02/Oct/2024:14:22:07 +0900] \"GET / HTT\n"));

    CHECK_INT(b.count, 0);
    CHECK_INT(b.damaged, 3);
    batch_free(&b);
}

TEST(weblog_example_is_its_own_and_nobody_elses)
{
    str example = str_of(parser_weblog.example);

    CHECK_INT(textlog_probe(&parser_weblog, example), 100);
    CHECK_INT(textlog_probe(&parser_squid, example), 0);
    CHECK_INT(textlog_probe(&parser_weblog, STR("2024-10-02T14:22:07Z stdout F 10.0.5.3 - -" AT
                                                "\"GET / HTTP/1.1\" 200 5\n")),
              0);
}

TEST(weblog_survives_cuts_and_changes)
{
    textlog_survives(&parser_weblog, str_of(parser_weblog.example));
    textlog_survives(&parser_weblog,
                     STR("v.example:443 10.20.3.15 - t" AT "\"CONNECT [2001:db8::1]:443 HTTP/1.1\" "
                         "200 5120 \"-\" \"a \\\" b\" \"203.0.113.9\" 12 34 TCP_TUNNEL:HIER_DIRECT"));
}
