/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows events exported as JSON: the dialects give the roles of the EVTX record, the time is the
 * record's, nothing is dropped, and no text breaks the reader. */
#include "core/time.h"
#include "tests/unit/test.h"
#include "tests/unit/textlog.h"

extern const struct parser parser_winjson, parser_case, parser_syslog, parser_evtx;

#define SECURITY "Microsoft-Windows-Security-Auditing"
#define LOGON_DATA                                                                                 \
    "\"TargetUserName\":\"k.ito\",\"TargetDomainName\":\"ACME\",\"TargetLogonId\":\"0x51e0\","     \
    "\"LogonType\":\"3\",\"IpAddress\":\"10.0.5.3\",\"IpPort\":\"50123\""
#define BEATS                                                                                      \
    "{\"@timestamp\":\"2024-10-02T05:22:07.411Z\",\"event\":{\"code\":\"4624\",\"action\":\"l\"}," \
    "\"winlog\":{\"channel\":\"Security\",\"event_id\":\"4624\",\"computer_name\":\"FS01\","       \
    "\"provider_name\":\"" SECURITY "\",\"record_id\":1204,\"opcode\":\"Info\","                   \
    "\"keywords\":[\"Audit Success\"],\"process\":{\"pid\":744,\"thread\":{\"id\":9}},"            \
    "\"event_data\":{" LOGON_DATA "}},\"message\":\"An account\"}"
#define BEATS6                                                                                     \
    "{\"@timestamp\":\"2024-10-02T05:22:07.411Z\",\"log_name\":\"Security\",\"event_id\":4624,"    \
    "\"source_name\":\"" SECURITY "\",\"computer_name\":\"FS01\",\"record_number\":\"1204\","      \
    "\"event_data\":{" LOGON_DATA "}}"
#define FLAT                                                                                       \
    "{\"EventTime\":\"2024-10-02 14:22:07\",\"EventReceivedTime\":\"2024-10-02 14:22:09\","        \
    "\"@timestamp\":\"2024-10-02T05:22:09.870Z\",\"Hostname\":\"FS01\",\"EventID\":4624,"          \
    "\"Keywords\":-9214364837600034816,\"SourceName\":\"" SECURITY "\",\"Channel\":\"Security\","  \
    "\"RecordNumber\":1204,\"ProcessID\":744,\"ThreadID\":9,\"ProcessId\":\"0x2e8\"," LOGON_DATA "}"
#define DUMPED                                                                                     \
    "{\"Event\":{\"#attributes\":{\"xmlns\":\"x\"},\"System\":{\"Provider\":{\"#attributes\":"     \
    "{\"Name\":\"" SECURITY "\",\"Guid\":\"{54}\"}},\"EventID\":4624,\"Version\":2,\"Level\":0,"   \
    "\"Keywords\":\"0x8020000000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":"        \
    "\"2024-10-02T05:22:07.411000Z\"}},\"EventRecordID\":1204,\"Execution\":{\"#attributes\":"     \
    "{\"ProcessID\":744,\"ThreadID\":9}},\"Channel\":\"Security\",\"Computer\":\"FS01\","          \
    "\"Security\":null},\"EventData\":{" LOGON_DATA "}}}"
#define OBJECT                                                                                     \
    "{\"Id\":4624,\"ProviderName\":\"" SECURITY "\",\"LogName\":\"Security\",\"RecordId\":1204,"   \
    "\"MachineName\":\"FS01\",\"TimeCreated\":\"/Date(1727846527411)/\",\"Keywords\":"             \
    "-9214364837600034816,\"UserId\":{\"Value\":\"S-1-5-18\"},\"Properties\":[{\"Value\":\"x\"},"  \
    "{\"Value\":7}],\"Message\":\"An account\"}"

TEST(winjson_dialects_give_the_roles_of_the_record)
{
    static const struct textlog_case cases[] = {
        {BEATS, KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.3:50123", "FS01",
         "winlog.process.pid", "744", NULL},
        {BEATS6, KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.3:50123", "FS01",
         "winlog.record_id", "1204", NULL},
        {FLAT, KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.3:50123", "FS01",
         "winlog.process.pid", "744", NULL},
        {DUMPED, KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.3:50123", "FS01",
         "winlog.provider_guid", "{54}", NULL},
        {OBJECT, KIND_LOGON, OUTCOME_SUCCESS, NULL, NULL, NULL, NULL, "winlog.user.identifier",
         "S-1-5-18", NULL},
        {"{\"_source\":" BEATS "}", KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.3:50123",
         "FS01", NULL, NULL, NULL},
        {"{\"Event\":{\"System\":{\"Provider_attributes\":{\"Name\":\"" SECURITY "\"},\"EventID\":"
         "{\"#text\":4634,\"#attributes\":{\"Qualifiers\":3}},\"EventRecordID\":7}}}",
         KIND_LOGOFF, OUTCOME_SUCCESS, NULL, NULL, NULL, NULL, "winlog.qualifiers", "3", NULL},
        {"{\"Event\":{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-TerminalServices-"
         "ClientActiveXCore\"},\"EventID\":{\"Value\":1024},\"Computer\":\"WS07\"},\"EventData\":"
         "{\"Data\":{\"Name\":\"Value\",\"Value\":\"fs01\"}}}}",
         KIND_RDP_CLIENT, OUTCOME_UNKNOWN, NULL, NULL, "WS07", "fs01", "Value", "fs01", NULL},
    };
    textlog_check(&parser_winjson, cases, array_len(cases));
}

TEST(winjson_time_is_the_records_with_the_zone_the_line_proves)
{
    static const struct {
        const char *line;
        int64_t seconds; /* of 2024-10-02T05:22:07Z */
        uint32_t flags;
        enum precision precision;
    } cases[] = {
        {BEATS, 0, 0, PRECISION_MS},
        {FLAT, 0, 0, PRECISION_S}, /* 14:22 received where it was 05:22 UTC */
        {DUMPED, 0, 0, PRECISION_US},
        {OBJECT, 0, 0, PRECISION_MS},
        {"{\"EventTime\":\"2024-10-02 14:22:07\",\"EventID\":1,\"Channel\":\"System\"}", 9 * 3600,
         EVENT_ZONE_OPEN, PRECISION_S},
        {"{\"EventTime\":\"2024-10-02 14:22:07\",\"@timestamp\":\"2024-10-02T05:39:00Z\","
         "\"EventID\":1,\"Channel\":\"System\"}", 9 * 3600,
         EVENT_ZONE_OPEN, PRECISION_S}, /* kept back for a quarter of an hour: no proof */
        {"{\"EventTime\":\"2024-10-02T14:22:07+09:00\",\"EventID\":1,\"Channel\":\"System\"}", 0, 0,
         PRECISION_S},
    };
    for (size_t i = 0; i < array_len(cases); i++) {
        struct batch b;
        const struct event *e = textlog_one(&parser_winjson, &b, cases[i].line);
        if (e) {
            CHECK_INT(e->time_ns / NS_PER_S, INT64_C(1727846527) + cases[i].seconds);
            CHECK_INT(e->flags & (EVENT_ZONE_OPEN | EVENT_TIME_MISSING), cases[i].flags);
            CHECK_INT(e->precision, cases[i].precision);
        }
        batch_free(&b);
    }
}

TEST(winjson_drops_no_value)
{
    static const struct {
        const char *line, *field, *value;
    } cases[] = {
        {BEATS, "rendering.message", "An account"},
        {BEATS, "export.winlog.opcode", "Info"},
        {BEATS, "export.winlog.keywords", "Audit Success"},
        {BEATS, "winlog.keywords", "0x8020000000000000"},
        {BEATS, "export.event.action", "l"},
        {FLAT, "export.EventTime", "2024-10-02 14:22:07"},
        {FLAT, "ProcessId", "0x2e8"},
        {FLAT, "winlog.keywords", "0x8020000000000000"},
        {"{\"EventID\":1,\"Channel\":\"x\",\"EventID\":7,\"Deep\":{\"er\":[1.50,true]}}",
         "export.Deep.er", "1.50"},
        {"{\"EventID\":13,\"Channel\":\"x\",\"EventType\":\"INFO\",\"EventTypeOrignal\":\"Set\"}",
         "EventType", "Set"},
        {"{\"EventID\":7045,\"Channel\":\"System\",\"AccountName\":\"LocalSystem\"}", "AccountName",
         "LocalSystem"},
        {"{\"EventID\":7045,\"Channel\":\"System\",\"AccountName\":\"u\",\"UserID\":\"S-1-5-18\"}",
         "export.AccountName", "u"},
        {"{\"Event\":{\"System\":{\"EventID\":104,\"Channel\":\"System\"},\"UserData\":"
         "{\"LogFileCleared\":{\"SubjectUserName\":\"k.ito\"}}}}", "LogFileCleared/SubjectUserName",
         "k.ito"},
        {"{\"Event\":{\"System\":{\"EventID\":1,\"Channel\":\"x\",\"Security\":null,"
         "\"Execution\":{\"#attributes\":{\"KernelTime\":61}}}}}", "System.Execution.KernelTime",
         "61"}, /* under the name that it has from EVTX */
        {"{\"Event\":{\"System\":{\"EventID\":1,\"Channel\":\"x\"},\"EventData\":"
         "{\"Data\":{\"#text\":[\"a\",\"b\"]}}}}", "", "a"},
    };
    for (size_t i = 0; i < array_len(cases); i++) {
        struct batch b;
        const struct event *e = textlog_one(&parser_winjson, &b, cases[i].line);
        if (e)
            CHECK_STR(event_text(e, str_of(cases[i].field), &b.arena), cases[i].value);
        batch_free(&b);
    }
}

static struct uid uid_of(const char *line)
{
    struct batch b;
    const struct event *e = textlog_one(&parser_winjson, &b, line);
    struct uid uid = e ? e->uid : (struct uid){0, 0};

    batch_free(&b);
    return uid;
}

TEST(winjson_copies_have_one_uid_in_any_dialect_and_order)
{
    struct uid beats = uid_of(BEATS), six = uid_of(BEATS6), dumped = uid_of(DUMPED);
    struct uid a = uid_of("{\"EventID\":1,\"Channel\":\"X\",\"RecordNumber\":5,\"A\":1,\"B\":2}");
    struct uid c = uid_of("{\"B\":2,\"A\":1,\"RecordNumber\":5,\"Channel\":\"x\",\"EventID\":1}");
    struct uid d = uid_of("{\"B\":1,\"A\":2,\"RecordNumber\":5,\"Channel\":\"x\",\"EventID\":1}");

    CHECK(beats.lo == six.lo && beats.hi == six.hi);
    CHECK(beats.lo == dumped.lo);
    CHECK(a.lo == c.lo);
    CHECK(a.lo != d.lo);
}

#define TWO_LINES "{\n  \"EventID\": 1,\n  \"Channel\": \"x\",\n  \"T\": [\n   1]\n}"

TEST(winjson_reads_arrays_and_objects_over_several_lines)
{
    static const struct {
        const char *text;
        unsigned events, damaged, skipped;
    } cases[] = {
        {"[" BEATS "," FLAT "]", 2, 0, 0},
        {"[\r\n" BEATS ",\r\n" FLAT "\r\n]\r\n", 2, 0, 0},
        {"[\n  " TWO_LINES ",\n  " TWO_LINES "\n]\n", 2, 0, 0},
        {"\xef\xbb\xbf" BEATS, 1, 0, 0},
        {BEATS "\n{\"EventID\":4624,\"Chan\n" BEATS "\n", 2, 1, 0}, /* goes on behind damage */
        {"{\"a\":1}\n" BEATS, 1, 1, 0},
        {"[\n]\n", 0, 0, 1},
    };
    for (size_t i = 0; i < array_len(cases); i++) {
        struct batch b = textlog_parse(&parser_winjson, str_of(cases[i].text));
        CHECK_INT(b.count, cases[i].events);
        CHECK_INT(b.damaged, cases[i].damaged);
        CHECK_INT(b.skipped, cases[i].skipped);
        batch_free(&b);
    }
}

TEST(winjson_probe_takes_exports_and_no_other_json)
{
    CHECK_INT(textlog_probe(&parser_winjson, STR(BEATS "\n" FLAT "\n")), 100);
    CHECK_INT(textlog_probe(&parser_winjson, STR("[" DUMPED ",\n" OBJECT "]")), 100);
    CHECK_INT(textlog_probe(&parser_winjson, STR(FLAT "\n{\"EventID\":46")), 100);
    CHECK_INT(textlog_probe(&parser_winjson, STR("{\"msg\":\"GET /\",\"status\":200}\n")), 0);
    CHECK_INT(textlog_probe(&parser_winjson, STR("{\"event\":{\"code\":\"1\",\"provider\":\"x\"}}")),
              0);
    CHECK_INT(textlog_probe(&parser_winjson, str_of(parser_case.example)), 0);
    CHECK_INT(textlog_probe(&parser_case, STR(BEATS "\n")), 0);
    CHECK_INT(textlog_probe(&parser_syslog, STR(BEATS "\n")), 0);
}

TEST(winjson_hostile_objects_are_counted_not_swallowed)
{
    struct buf t = {0};

    for (unsigned i = 0; i < 70; i++)
        buf_str(&t, STR("{\"a\":["));
    buf_str(&t, STR("\n{\"EventID\":1,\"Channel\":\"x\",\"")); /* a name past any sense */
    for (unsigned i = 0; i < 70000; i++)
        buf_char(&t, 'n');
    buf_str(&t, STR("\":1}\n{\"EventID\":1,\"Channel\":\"x\",\"L\":[0"));
    for (unsigned i = 0; i < 70000; i++)
        buf_str(&t, STR(",0"));
    buf_str(&t, STR("]}\n{\"EventID\":2,\"Channel\":\"a\\u0000b\",\"s\":\""));
    for (unsigned i = 0; i < 70000; i++)
        buf_char(&t, 's');
    buf_str(&t, STR("\"}\n{\"EventID\":99999999999999999999,\"Channel\":\"x\"}\n"));
    struct batch b = textlog_parse(&parser_winjson, buf_view(&t));
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 4);
    batch_free(&b);
    buf_free(&t);
}

TEST(winjson_survives_changed_and_cut_texts)
{
    textlog_survives(&parser_winjson, STR(BEATS "\n" TWO_LINES));
    textlog_survives(&parser_winjson, STR(FLAT "\n"));
    textlog_survives(&parser_winjson, STR(DUMPED "\n"));
    textlog_survives(&parser_winjson, STR("[" OBJECT ",\n" BEATS6 "]\n"));
}
