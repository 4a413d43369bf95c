/* SPDX-License-Identifier: Apache-2.0
 *
 * Event logs of Windows NT to 2003, on logs made here: what becomes of a record, the Security
 * events by position, rings in disorder, damage and mutations. */
#include <stdio.h>

#include "core/parser.h"
#include "tests/unit/test.h"

extern const struct parser parser_evt;

enum { HEADER = 0x30, END = 0x28, FIXED = 0x38, MADE_2003 = 1065432107 };

static void w16(struct buf *b, unsigned v)
{
    buf_char(b, (char)v);
    buf_char(b, (char)(v >> 8));
}

static void w32(struct buf *b, uint32_t v)
{
    w16(b, v & 0xffff);
    w16(b, v >> 16);
}

static void put32(struct buf *b, size_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        b->p[at + i] = (char)(v >> 8 * i);
}

static void wide(struct buf *b, str text) /* with its NUL */
{
    for (size_t i = 0; i < text.len; i++)
        w16(b, (uint8_t)text.p[i]);
    w16(b, 0);
}

struct made { /* a record to write; strings are separated by |; type 0: without data */
    uint32_t number, id;
    unsigned type;
    const char *source, *strings;
};

/* EVENTLOGRECORD, its variable part in the order Windows writes it. */
static void add_record(struct buf *b, const struct made *m)
{
    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    size_t start = b->len;
    unsigned count = 0;

    for (unsigned i = 0; i < FIXED / 4; i++)
        w32(b, 0);
    wide(b, str_of(m->source));
    wide(b, STR("OLDSRV"));
    while ((b->len - start) % 4)
        buf_char(b, 0);
    put32(b, start + 40, sizeof sid);
    put32(b, start + 44, (uint32_t)(b->len - start));
    buf_add(b, sid, sizeof sid);
    put32(b, start + 36, (uint32_t)(b->len - start));
    for (str rest = str_of(m->strings), one; rest.len; count++) {
        if (!str_take_until(&rest, '|', &one)) {
            one = rest;
            rest.len = 0;
        }
        wide(b, one);
    }
    put32(b, start + 48, m->type ? 3 : 0); /* data */
    put32(b, start + 52, (uint32_t)(b->len - start));
    buf_add(b, "\x01\x02\xfe", m->type ? 3 : 0);
    while ((b->len - start) % 4)
        buf_char(b, 0);
    put32(b, start, (uint32_t)(b->len - start + 4));
    memcpy(b->p + start + 4, "LfLe", 4);
    put32(b, start + 8, m->number);
    put32(b, start + 12, MADE_2003);
    put32(b, start + 16, MADE_2003 + 2);
    put32(b, start + 20, m->id);
    put32(b, start + 24, m->type | count << 16);
    put32(b, start + 28, 7); /* category */
    w32(b, (uint32_t)(b->len - start + 4));
}

static void add_log(struct buf *b, const struct made *records, size_t count)
{
    const uint32_t first = count ? records[0].number : 0;

    for (unsigned i = 0; i < HEADER / 4; i++)
        w32(b, 0);
    for (size_t i = 0; i < count; i++)
        add_record(b, &records[i]);
    uint32_t end = (uint32_t)b->len, next = first + (uint32_t)count;
    const uint32_t tail[] = {END, 0x11111111, 0x22222222, 0x33333333, 0x44444444, HEADER,
                             end, next,       first,      END};
    for (size_t i = 0; i < array_len(tail); i++)
        w32(b, tail[i]);
    const uint32_t head[] = {HEADER, 0x654c664c, 1, 1, HEADER, end, next, first,
                             (uint32_t)b->len, 0, 0, HEADER};
    for (unsigned i = 0; i < HEADER / 4; i++)
        put32(b, 4 * i, head[i]);
}

static void parse_as(struct batch *out, str path, str bytes)
{
    const struct source source = {.path = path, .system = STR("oldsrv")};
    const struct hints hints = {.messages = true};
    const struct input in = {.bytes = bytes, .last = true, .source = &source, .hints = &hints};

    batch_source(out, 0, STR("oldsrv"));
    parser_evt.parse(&in, out);
}

static void parse_made(struct batch *out, const struct made *records, size_t count)
{
    struct buf log = {0};

    add_log(&log, records, count);
    parse_as(out, STR("windows/system32/config/SecEvent.Evt"),
             arena_str(&out->arena, buf_view(&log)));
    buf_free(&log);
}

static str text(struct batch *b, const struct event *e, str name)
{
    return event_text(e, name, &b->arena);
}

TEST(evt_record_becomes_an_event_with_all_it_holds)
{
    static const struct made m = {1392, 0x40001b7c, 4, "Service Control Manager", "Alerter|running"};
    struct batch b = {.count = 0};

    parse_made(&b, &m, 1);
    CHECK_INT(b.count, 1);
    CHECK_INT(b.damaged, 0);
    const struct event *e = b.events[0];
    CHECK_INT(e->time_ns, MADE_2003 * INT64_C(1000000000));
    CHECK_INT(e->precision, PRECISION_S);
    CHECK_INT(e->sequence, 1392);
    CHECK_INT(e->offset, HEADER);
    CHECK_INT(e->flags, 0);
    CHECK_INT(e->code, 7036);
    CHECK_INT(e->kind, KIND_SERVICE_STATE);
    CHECK_STR(names_text(&b.names, e->provider), "Service Control Manager");
    CHECK_STR(names_text(&b.names, e->channel), "Security");
    CHECK_STR(names_text(&b.names, e->host), "OLDSRV");
    CHECK_STR(text(&b, e, STR("winlog.qualifiers")), "16384");
    CHECK_STR(text(&b, e, STR("winlog.task")), "7");
    CHECK_STR(text(&b, e, STR("winlog.level")), "4");
    CHECK_STR(text(&b, e, STR("winlog.user.identifier")), "S-1-5-32-544");
    CHECK_STR(text(&b, e, STR("written_time")), "2003-10-06T09:21:49Z");
    CHECK_STR(text(&b, e, STR("Binary")), "0102FE");
    CHECK_STR(text(&b, e, STR("")), "Alerter");
    CHECK_STR(text(&b, e, STR("message")), "Service Alerter entered the running state");
    batch_free(&b);
}

TEST(evt_file_name_tells_the_channel)
{
    static const struct {
        const char *path, *channel;
    } names[] = {
        {"C/WINDOWS/system32/config/SysEvent.Evt", "System"},
        {"APPEVENT.EVT", "Application"},
        {"NTDS.Evt", "Directory Service"},
        {"Archive-Security-2008-05-01-12-00-00-000.evt", "Security"},
        {"Internet Explorer.evt", "Internet Explorer"},
        {"noending", "noending"},
    };
    static const struct made m = {1, 1, 4, "x", ""};
    struct buf log = {0};

    add_log(&log, &m, 1);
    for (size_t i = 0; i < array_len(names); i++) {
        struct batch b = {.count = 0};
        parse_as(&b, str_of(names[i].path), buf_view(&log));
        CHECK_INT(b.count, 1);
        if (b.count)
            CHECK_STR(names_text(&b.names, b.events[0]->channel), names[i].channel);
        batch_free(&b);
    }
    buf_free(&log);
}

/* Positions as in msaudite.h; one line an event, in the form that the checks below read. */
TEST(evt_security_events_have_kind_roles_and_outcome)
{
    enum { GOOD = 8, BAD = 16 };
    static const struct {
        struct made m;
        enum kind kind;
        enum outcome outcome;
        const char *actor, *target, *message;
    } rows[] = {
        {{1, 528, GOOD, "Security",
          "bob|ACME|(0x0,0x2A3F1)|10|User32|Negotiate|WS7|{0}|OLDSRV$|ACME|(0x0,0x3E7)|4|-|10.1.2.3|"
          "4711"},
         KIND_LOGON, OUTCOME_SUCCESS, "OLDSRV$", "bob",
         "Logon type 10 (remote interactive): ACME\\bob from 10.1.2.3:4711 (WS7) via "
         "Negotiate"},
        {{2, 540, GOOD, "Security", "bob|ACME|(0x0,0x2A3F2)|3|NtLmSsp|NTLM|WS7|-"}, /* of 2000 */
         KIND_LOGON, OUTCOME_SUCCESS, "", "bob",
         "Logon type 3 (network): ACME\\bob (WS7) via NTLM"},
        {{3, 529, BAD, "Security", "bob|ACME|3|NtLmSsp|NTLM|WS7|-|-|-|-|-|10.1.2.3|0"},
         KIND_LOGON_FAILED, OUTCOME_FAILURE, "", "bob",
         "Failed logon type 3 (network): ACME\\bob from 10.1.2.3 (WS7) via NTLM: unknown user name "
         "or bad password"},
        {{4, 538, GOOD, "Security", "bob|ACME|(0x0,0x2A3F2)|3"}, KIND_LOGOFF, OUTCOME_SUCCESS, "",
         "bob", NULL},
        {{5, 552, GOOD, "Security",
          "bob|ACME|(0x0,0x2A3F1)|-|admin|ACME|-|FS01|cifs/FS01|1234|-|-"},
         KIND_EXPLICIT_CREDENTIALS, OUTCOME_SUCCESS, "bob", "admin", NULL},
        {{6, 592, GOOD, "Security", "1234|C:\\WINDOWS\\cmd.exe|900|bob|ACME|(0x0,0x2A3F1)"},
         KIND_PROCESS_START, OUTCOME_SUCCESS, "bob", "",
         "Process started: C:\\WINDOWS\\cmd.exe by ACME\\bob"},
        {{7, 601, GOOD, "Security", "psexesvc|%SystemRoot%\\PSEXESVC.EXE|16|3|LocalSystem|bob|ACME|"
          "(0x0,0x2A3F1)"},
         KIND_SERVICE_INSTALLED, OUTCOME_SUCCESS, "bob", "", NULL},
        {{8, 517, GOOD, "Security", "SYSTEM|NT AUTHORITY|(0x0,0x3E7)|bob|ACME|(0x0,0x2A3F1)"},
         KIND_LOG_CLEARED, OUTCOME_SUCCESS, "bob", "", "Security log cleared by ACME\\bob"},
        {{9, 517, GOOD, "Security", "SYSTEM|NT AUTHORITY|(0x0,0x3E7)|-|-|-"}, KIND_LOG_CLEARED,
         OUTCOME_SUCCESS, "SYSTEM", "", NULL},
        {{10, 680, BAD, "Security", "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0|bob|WS7|0xC000006A"},
         KIND_NTLM_AUTH, OUTCOME_FAILURE, "", "bob", NULL},
        {{11, 682, GOOD, "Security", "bob|ACME|(0x0,0x2A3F1)|RDP-Tcp#3|WS7|10.1.2.3"},
         KIND_SESSION_RECONNECT, OUTCOME_SUCCESS, "", "bob", NULL},
        {{12, 602, GOOD, "Security", "At1.job|evil.exe|once|1:00|1/1|none|bob|bob|ACME|(0x0,0x9)"},
         KIND_TASK_CREATED, OUTCOME_SUCCESS, "bob", "",
         "Scheduled task created: At1.job = evil.exe by ACME\\bob"},
        {{13, 636, GOOD, "Security",
          "-|S-1-5-21-1-2-3-1000|Administrators|BUILTIN|S-1-5-32-544|bob|ACME|(0x0,0x9)"},
         KIND_GROUP_MEMBER_ADDED, OUTCOME_SUCCESS, "bob", "", NULL},
        {{14, 528, 4, "NotSecurity", "bob|ACME|(0x0,0x2A3F1)|10"}, KIND_OTHER, OUTCOME_UNKNOWN, "",
         "", NULL},
    };

    for (size_t i = 0; i < array_len(rows); i++) {
        struct batch b = {.count = 0};
        parse_made(&b, &rows[i].m, 1);
        CHECK_INT(b.count, 1);
        const struct event *e = b.events[0];
        CHECK_INT(e->code, rows[i].m.id);
        CHECK_INT(e->kind, rows[i].kind);
        CHECK_INT(e->outcome, rows[i].outcome);
        CHECK_STR(names_text(&b.names, e->actor.user), rows[i].actor);
        CHECK_STR(names_text(&b.names, e->target.user), rows[i].target);
        if (rows[i].message)
            CHECK_STR(text(&b, e, STR("message")), rows[i].message);
        batch_free(&b);
    }
}

TEST(evt_logon_has_session_and_both_ends)
{
    static const struct made m = {
        1, 540, 8, "Security",
        "bob|ACME|(0x1,0x2A3F1)|3|NtLmSsp|NTLM|WS7|-|-|-|-|-|-|10.1.2.3|4711"};
    struct batch b = {.count = 0};
    struct addr addr;

    parse_made(&b, &m, 1);
    const struct event *e = b.events[0];
    CHECK(e->target.logon == UINT64_C(0x10002a3f1));
    CHECK(addr_parse(STR("10.1.2.3"), &addr) && addr_eq(&addr, &e->src.addr));
    CHECK_INT(e->src_port, 4711);
    CHECK_STR(names_text(&b.names, e->src.host), "WS7");
    CHECK_STR(names_text(&b.names, e->dst.host), "OLDSRV");
    CHECK_STR(text(&b, e, STR("winlog.logon.type")), "Network");
    batch_free(&b);
}

static const struct made five[] = {
    {11, 7036, 4, "Service Control Manager", "A|running"}, {12, 528, 8, "Security", "bob|ACME"},
    {13, 6005, 4, "EventLog", ""},                         {14, 1, 1, "x", "||c"},
    {15, 2, 2, "y", "d"},
};

TEST(evt_equal_records_have_equal_uids_whatever_the_file_is_called)
{
    struct buf log = {0};
    struct batch a = {.count = 0}, b = {.count = 0};

    add_log(&log, five, array_len(five));
    parse_as(&a, STR("SecEvent.Evt"), buf_view(&log));
    parse_as(&b, STR("backup of it.evt"), buf_view(&log));
    CHECK_INT(a.count, array_len(five));
    CHECK_INT(b.count, array_len(five));
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        CHECK(a.events[i]->uid.hi == b.events[i]->uid.hi);
        CHECK(i == 0 || a.events[i]->uid.hi != a.events[i - 1]->uid.hi);
    }
    batch_free(&a);
    batch_free(&b);
    buf_free(&log);
}

/* Header and end may lie: the records are there all the same, each once. */
TEST(evt_whole_records_are_read_whatever_the_header_says)
{
    struct buf log = {0};

    add_log(&log, five, array_len(five));
    for (size_t at = 8; at < 44; at += 4) {
        static const uint32_t lies[] = {0, 1, 0x30, 0x100, 0x7fffffff, 0xffffffff};
        char kept[4];
        memcpy(kept, log.p + at, 4);
        for (size_t i = 0; i < array_len(lies); i++) {
            struct batch b = {.count = 0};
            put32(&log, at, lies[i]);
            parse_as(&b, STR("SecEvent.Evt"), buf_view(&log));
            CHECK_INT(b.count, array_len(five));
            CHECK_INT(b.damaged, 0);
            batch_free(&b);
        }
        memcpy(log.p + at, kept, 4);
    }
    buf_free(&log);
}

/* The ring's end may divide a record anywhere: its rest lies behind the header. */
TEST(evt_record_across_the_rings_end_is_read_whole)
{
    static const struct made first = {1, 1, 4, "x", "a"},
                             last[] = {{2, 2, 4, "x", "b|c"}, {2, 2, 0, "x", "b|c"}};
    struct buf one = {0}, two = {0};

    add_record(&one, &first);
    for (size_t i = 0; i < array_len(last); i++) {
        two.len = 0;
        add_record(&two, &last[i]);
        for (size_t cut = 4; cut < two.len; cut += 4) {
            const uint32_t end = (uint32_t)(HEADER + two.len - cut), start = end + END;
            const uint32_t all = (uint32_t)(start + one.len + cut);
            const uint32_t head[] = {HEADER, 0x654c664c, 1, 1, start, end, 3, 1, all, 2, 0, HEADER};
            const uint32_t tail[] = {END,   0x11111111, 0x22222222, 0x33333333, 0x44444444,
                                     start, end,        3,          1,          END};
            struct buf log = {0};
            struct batch b = {.count = 0};
            for (size_t k = 0; k < array_len(head); k++)
                w32(&log, head[k]);
            buf_str(&log, str_skip(buf_view(&two), cut));
            for (size_t k = 0; k < array_len(tail); k++)
                w32(&log, tail[k]);
            buf_str(&log, buf_view(&one));
            buf_str(&log, str_head(buf_view(&two), cut));
            parse_as(&b, STR("SecEvent.Evt"), buf_view(&log));
            CHECK_INT(b.count, 2);
            CHECK_INT(b.damaged, 0);
            for (size_t k = 0; k < b.count; k++)
                if (b.events[k]->sequence == 2) {
                    CHECK_STR(text(&b, b.events[k], STR("")), "b");
                    CHECK_STR(text(&b, b.events[k], STR("Binary")), last[i].type ? "0102FE" : "");
                }
            batch_free(&b);
            buf_free(&log);
        }
    }
    buf_free(&one);
    buf_free(&two);
}

TEST(evt_damaged_record_does_not_hide_the_others)
{
    struct buf log = {0};
    struct batch b = {.count = 0};
    uint32_t size;

    add_log(&log, five, array_len(five));
    memcpy(&size, log.p + HEADER, 4);
    memset(log.p + HEADER + size, 0xee, 40); /* the second */
    parse_as(&b, STR("SecEvent.Evt"), buf_view(&log));
    CHECK_INT(b.count, array_len(five) - 1);
    batch_free(&b);
    buf_free(&log);
}

TEST(evt_every_truncation_and_many_mutations_are_survived)
{
    struct buf log = {0};
    uint64_t x = 88172645463325252u;

    add_log(&log, five, array_len(five));
    for (size_t n = 0; n < log.len; n += 3) {
        struct batch b = {.count = 0};
        char *exact = mem_alloc(n);
        memcpy(exact, log.p, n);
        parse_as(&b, STR("SecEvent.Evt"), (str){exact, n});
        CHECK(b.count <= array_len(five));
        batch_free(&b);
        mem_free(exact);
    }
    for (unsigned i = 0; i < 2000; i++) {
        struct batch b = {.count = 0};
        char *exact = mem_alloc(log.len);
        memcpy(exact, log.p, log.len);
        for (unsigned k = 0; k < 1 + i % 8; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            exact[8 + x % (log.len - 8)] = (char)(x >> 32 & 1 ? x >> 40 : 0xff * (x >> 33 & 1));
        }
        parse_as(&b, STR("SecEvent.Evt"), (str){exact, log.len});
        batch_free(&b);
        mem_free(exact);
    }
    buf_free(&log);
}

/* As many records as evtexport finds, recovered ones among them: a ring that has wrapped and was
 * copied while Windows was writing. */
TEST(evt_real_log_is_read_whole)
{
    struct batch b = {.count = 0};
    char path[512];
    size_t recovered = 0;

    if (!test_corpora())
        SKIP("no shared test data");
    snprintf(path, sizeof path, "%s/evtx/plaso-evt/SysEvent.Evt", test_corpora());
    FILE *f = fopen(path, "rb");
    if (!f)
        SKIP("no SysEvent.Evt in the shared test data");
    struct buf log = {0};
    buf_reserve(&log, 4 << 20);
    log.len = fread(log.p, 1, 4 << 20, f);
    fclose(f);
    parse_as(&b, STR("SysEvent.Evt"), buf_view(&log));
    for (size_t i = 0; i < b.count; i++)
        recovered += (b.events[i]->flags & EVENT_RECOVERED) != 0;
    CHECK_INT(b.count, 6501);
    CHECK_INT(recovered, 438);
    CHECK_INT(b.damaged, 0);
    CHECK_INT(b.note_count, 2); /* not closed, ring broken */
    batch_free(&b);
    buf_free(&log);
}
