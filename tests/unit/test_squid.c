/* SPDX-License-Identifier: Apache-2.0
 *
 * Squid's native log, with what people add to it. */
#include "tests/unit/test.h"
#include "tests/unit/textlog.h"

extern const struct parser parser_squid, parser_syslog, parser_weblog;

TEST(squid_native_dialects)
{
    static const struct textlog_case cases[] = {
        {"1727878927.411    512 10.20.3.15 TCP_TUNNEL/200 5120 CONNECT files.example.net:443 "
         "t.kuroda HIER_DIRECT/203.0.113.9 - 4294967296 \"rclone/v1.65.2\"",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, "t.kuroda", NULL, "10.20.3.15", "203.0.113.9:443",
         "user_agent.original", "rclone/v1.65.2",
         "Proxy: t.kuroda at 10.20.3.15 CONNECT files.example.net:443 -> 200, 4294967296 bytes "
         "sent, 5120 bytes received"},
        {"1727878927.411     12 10.20.3.15 TCP_MISS/200 3421 GET http://intranet.example.com:8080/a?b=c "
         "- HIER_DIRECT/10.20.30.60 text/html",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, "", NULL, "10.20.3.15", "10.20.30.60:8080",
         "url.path", "/a", NULL},
        {"1727878927.411      0 10.20.3.15 TCP_DENIED/403 3868 CONNECT 203.0.113.4:80 - HIER_NONE/- "
         "text/html",
         KIND_PROXY_REQUEST, OUTCOME_FAILURE, NULL, NULL, "10.20.3.15", "203.0.113.4:80",
         "squid.result", "TCP_DENIED",
         "Proxy refused: 10.20.3.15 CONNECT 203.0.113.4:80 -> 403, 3868 bytes received"},
        {"1727878927.411      0 10.20.3.15 TCP_DENIED/407 3980 GET http://api.example.org/ - "
         "HIER_NONE/- text/html \"-\" \"curl/8.4\"",
         KIND_PROXY_REQUEST, OUTCOME_FAILURE, NULL, NULL, NULL, "api.example.org",
         "user_agent.original", "curl/8.4", NULL},
        {"1727878927.411    158 10.20.3.15 58948 TCP_TUNNEL/200 28854 2051 39 120 - CONNECT "
         "www.example.com:443 1.1 k.ito HIER_DIRECT/198.51.100.20 443 - - - \"-\" \"curl/8.14\" "
         "\"www.example.com:443\" \"-\" 37 -",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, "k.ito", NULL, "10.20.3.15:58948",
         "198.51.100.20:443", "user_agent.original", "curl/8.14", NULL},
        {"1727878927.411      5 10.20.3.15 TCP_MISS/200 10 GET http://example.com/ - "
         "FIRSTUP_PARENT/10.9.9.9 text/html",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, NULL, NULL, NULL, "example.com", "squid.peer",
         "10.9.9.9", NULL},
        {"1727878927.411      0 10.20.3.15 NONE_NONE/000 0 - "
         "error:transaction-end-before-headers - HIER_NONE/- -",
         KIND_PROXY_REQUEST, OUTCOME_UNKNOWN, NULL, NULL, "10.20.3.15", NULL, NULL, NULL, NULL},
        {"1727878927.411     15 10.20.3.15 TCP_MISS/200 10 POST https://[2001:db8::9]:8443/up - "
         "HIER_DIRECT/2001:db8::9 - [User-Agent:%20curl/8.4%0D%0AHost:%20x%0D%0A] [Date:%20x]",
         KIND_PROXY_REQUEST, OUTCOME_SUCCESS, NULL, NULL, NULL, "2001:db8::9:8443",
         "user_agent.original", "curl/8.4", NULL},
    };
    textlog_check(&parser_squid, cases, array_len(cases));
}

TEST(squid_sizes_time_and_duration)
{
    struct batch b;
    uint64_t n = 0;
    const struct event *e = textlog_one(&parser_squid, &b, parser_squid.example);

    if (e) {
        CHECK_INT(e->bytes_in, 5120);
        CHECK_INT(e->bytes_out, 4294967296);
        CHECK_INT(e->time_ns, INT64_C(1727878927411000000));
        CHECK_INT(e->precision, PRECISION_MS);
        CHECK_INT(e->code, 200);
        CHECK(event_number(e, STR("event.duration"), &n) && n == 512000000);
        CHECK(e->host == e->system && (e->flags & EVENT_HOST_FROM_SYSTEM));
        CHECK_STR(names_text(&b.names, e->dst.host), "files.example.net");
        CHECK_STR(names_text(&b.names, e->provider), "squid");
        CHECK(!(e->flags & EVENT_ZONE_OPEN));
    }
    batch_free(&b);
}

TEST(squid_user_with_domain)
{
    static const char *const users[] = {"EXAMPLE\\t.kuroda", "EXAMPLE%5Ct.kuroda",
                                        "t.kuroda@EXAMPLE"};
    for (size_t i = 0; i < array_len(users); i++) {
        struct buf line = {0};
        buf_printf(&line,
                   "1727878927.4 5 10.20.3.15 TCP_MISS/200 10 GET http://a.example/ %s "
                   "HIER_DIRECT/203.0.113.9 -",
                   users[i]);
        struct batch b = textlog_parse(&parser_squid, buf_view(&line));
        CHECK_INT(b.count, 1);
        if (b.count) {
            CHECK_STR(names_text(&b.names, b.events[0]->actor.user), "t.kuroda");
            CHECK_STR(names_text(&b.names, b.events[0]->actor.domain), "EXAMPLE");
        }
        batch_free(&b);
        buf_free(&line);
    }
}

TEST(squid_damage_is_counted)
{
    struct batch b = textlog_parse(&parser_squid, STR("1727878927.411 5 10.20.3.15 TCP_MISS/200\n"
                                                      "\n"
                                                      "not a line\n"));

    CHECK_INT(b.count, 0);
    CHECK_INT(b.damaged, 2);
    CHECK_INT(b.skipped, 1);
    batch_free(&b);
}

TEST(squid_line_inside_syslog)
{
    struct batch b;
    const struct event *e = textlog_one(
        &parser_syslog, &b,
        "Oct  2 14:22:07 gw (squid-1)[12]: 1727878927.411    512 10.20.3.15 TCP_TUNNEL/200 5120 "
        "CONNECT files.example.net:443 t.kuroda HIER_DIRECT/203.0.113.9 -");

    CHECK(e && e->kind == KIND_PROXY_REQUEST && e->bytes_in == 5120);
    CHECK(e && str_eq(names_text(&b.names, e->host), STR("gw")));
    batch_free(&b);
}

TEST(squid_example_is_its_own_and_nobody_elses)
{
    str example = str_of(parser_squid.example);

    CHECK_INT(textlog_probe(&parser_squid, example), 100);
    CHECK_INT(textlog_probe(&parser_weblog, example), 0);
    CHECK_INT(textlog_probe(&parser_squid, str_of(parser_weblog.example)), 0);
    CHECK_INT(textlog_probe(&parser_squid, STR("1727878927 5 something else entirely\n")), 0);
}

TEST(squid_survives_cuts_and_changes)
{
    textlog_survives(&parser_squid, str_of(parser_squid.example));
    textlog_survives(&parser_squid,
                     STR("1727878927.411    158 10.20.3.15 58948 TCP_TUNNEL/200 28854 2051 39 - "
                         "CONNECT [2001:db8::1]:443 1.1 k%5Cito HIER_DIRECT/198.51.100.20 443 - - "
                         "\"-\" \"curl\" [User-Agent: x]"));
}
