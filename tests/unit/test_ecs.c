/* SPDX-License-Identifier: Apache-2.0
 *
 * Event to JSON and back: the same bytes, whatever is in the event. */
#include "core/ecs.h"
#include "tests/unit/test.h"

struct bench {
    struct batch b;
    struct buf line, again;
    struct batch back;
};

static struct event *begin(struct bench *t)
{
    batch_source(&t->b, 0, STR("FS01"));
    struct event *e = batch_begin(&t->b, 4608);
    e->time_ns = INT64_C(1727846527411000000);
    e->precision = PRECISION_100NS;
    e->uid = (struct uid){UINT64_C(0x0123456789abcdef), 0xfedcba};
    e->kind = KIND_PROCESS_START;
    return e;
}

static struct source the_sources[] = {{.path = {"FS01/Security.evtx", 18}, .parser = {"evtx", 4}},
                                      {.path = {"old/S\xff.evtx", 11}, .parser = {"evtx", 4}}};

static struct ecs_context context(void)
{
    return (struct ecs_context){.sources = the_sources, .source_count = 2};
}

/* Twice: the second time the writer knows the shape. */
static void render(const struct event *e, const struct names *names, const struct ecs_context *ctx,
                   struct buf *out)
{
    struct ecs_writer *w = ecs_writer_new();

    out->len = 0;
    ecs_write(w, out, e, names, ctx);
    size_t once = out->len;
    ecs_write(w, out, e, names, ctx);
    CHECK(out->len == 2 * once && memcmp(out->p, out->p + once, once) == 0);
    out->len = once;
    ecs_writer_free(w);
}

/* Writes the open event, reads it back, writes that, and compares. Returns the line. */
static str both_ways(struct bench *t, const struct ecs_context *ctx)
{
    const char *why = "";
    bool unknown = false;
    struct ecs_context c = *ctx;

    batch_commit(&t->b);
    render(t->b.events[t->b.count - 1], &t->b.names, ctx, &t->line);
    if (!ecs_read(buf_view(&t->line), UINT64_C(1) << 50, NULL, &t->back, &unknown, &why)) {
        test_failed(__FILE__, __LINE__, "not read back: %s: %.*s", why, PSTR(buf_view(&t->line)));
        return buf_view(&t->line);
    }
    struct event *e = t->back.events[t->back.count - 1];
    CHECK(unknown);
    CHECK(e->flags & EVENT_UID_FINAL);
    /* no manifest here: put the place back by hand, and take the remarks about it away */
    static const struct place home = {.offset = 4608, .source = 0};
    if (!c.places) {
        c.places = &home;
        c.place_count = 1;
    }
    CHECK(e->field_count >= 2);
    e->field_count = (uint16_t)(e->field_count - 2);
    if (e->sequence == e->offset)
        e->sequence = home.offset;
    e->source = 0;
    e->offset = home.offset;
    render(e, &t->back.names, &c, &t->again);
    CHECK_INT(t->again.len, t->line.len);
    if (!str_eq(buf_view(&t->again), buf_view(&t->line)))
        test_failed(__FILE__, __LINE__, "\n first %.*s\nsecond %.*s", PSTR(buf_view(&t->line)),
                    PSTR(buf_view(&t->again)));
    return buf_view(&t->line);
}

static void end(struct bench *t)
{
    batch_free(&t->b);
    batch_free(&t->back);
    buf_free(&t->line);
    buf_free(&t->again);
}

static struct value utf16(struct arena *a, const char *ascii)
{
    str s = str_of(ascii);
    char *p = arena_bytes(a, s.len * 2);

    for (size_t i = 0; i < s.len; i++) {
        p[2 * i] = s.p[i];
        p[2 * i + 1] = 0;
    }
    return (struct value){p, (uint32_t)(s.len * 2), VALUE_UTF16};
}

TEST(ecs_line_of_a_windows_logon)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();
    struct event *e = begin(&t);

    e->kind = KIND_LOGON;
    e->code = 4624;
    e->sequence = 9912;
    e->outcome = OUTCOME_SUCCESS;
    e->severity = SEVERITY_LOW;
    e->host = names_put(&t.b.names, STR("FS01.corp.example"));
    e->provider = names_put(&t.b.names, STR("Microsoft-Windows-Security-Auditing"));
    e->channel = names_put(&t.b.names, STR("Security"));
    e->target.user = names_put(&t.b.names, STR("t.kuroda"));
    e->target.domain = names_put(&t.b.names, STR("CORP"));
    e->target.sid = names_put(&t.b.names, STR("S-1-5-21-1-2-3-1104"));
    e->target.logon = 0x3e7abc;
    e->actor.user = names_put(&t.b.names, STR("FS01$"));
    e->actor.logon = 0x3e7;
    CHECK(addr_parse(STR("10.1.2.3"), &e->src.addr));
    e->src_port = 50122;
    batch_field(&t.b, FIELD_EVENT_DATA, STR("TargetUserName"), utf16(&t.b.arena, "t.kuroda"));
    batch_field(&t.b, FIELD_EVENT_DATA, STR("LogonType"), value_number(&t.b.arena, 3));
    batch_text(&t.b, FIELD_ECS, STR("winlog.computer_name"), STR("FS01.corp.example"));
    batch_text(&t.b, FIELD_ECS, STR("winlog.logon.type"), STR("Network"));
    batch_text(&t.b, FIELD_ECS, STR("winlog.channel"), STR("Security"));
    batch_number(&t.b, FIELD_ECS, STR("winlog.process.pid"), 612);
    batch_message(&t.b, "t.kuroda logged on");
    ctx.host = STR("FS01");
    CHECK_STR(both_ways(&t, &ctx),
              "{\"@timestamp\":\"2024-10-02T05:22:07.4110000Z\",\"event\":{\"action\":\"logon\","
              "\"category\":\"authentication\",\"code\":\"4624\",\"dataset\":\"evtx\","
              "\"kind\":\"event\",\"outcome\":\"success\","
              "\"provider\":\"Microsoft-Windows-Security-Auditing\",\"severity\":1},"
              "\"host\":{\"name\":\"FS01\"},\"log\":{\"file\":{\"path\":\"FS01/Security.evtx\"},"
              "\"offset\":4608},\"message\":\"t.kuroda logged on\","
              "\"source\":{\"ip\":\"10.1.2.3\",\"port\":50122},"
              "\"user\":{\"domain\":\"CORP\",\"id\":\"S-1-5-21-1-2-3-1104\","
              "\"name\":\"t.kuroda\"},\"winlog\":{\"channel\":\"Security\","
              "\"computer_name\":\"FS01.corp.example\",\"event_data\":{"
              "\"TargetUserName\":\"t.kuroda\",\"LogonType\":\"3\"},\"logon\":{\"id\":\"0x3e7abc\","
              "\"type\":\"Network\"},\"process\":{\"pid\":612},\"record_id\":9912},"
              "\"ashiato\":{\"actor\":{\"name\":\"FS01$\"},\"kind\":\"logon\","
              "\"logon\":\"0x3e7abc\",\"other_logon\":\"0x3e7\",\"system\":\"FS01\","
              "\"uid\":\"0123456789abcdef0000000000fedcba\"}}");
    end(&t);
}

TEST(ecs_every_member_comes_back)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();
    struct event *e = begin(&t);

    e->flags = (1 << 12) - 1;
    e->sequence = 12;
    e->code = UINT32_MAX;
    e->part = 3;
    e->precision = PRECISION_NS;
    e->severity = SEVERITY_CRITICAL;
    e->outcome = OUTCOME_FAILURE;
    e->src_port = 1;
    e->dst_port = UINT16_MAX;
    e->host = names_put(&t.b.names, STR("web"));
    e->provider = names_put(&t.b.names, STR("sshd"));
    e->channel = names_put(&t.b.names, STR("auth"));
    e->program = names_put(&t.b.names, STR("/usr/sbin/sshd"));
    e->actor = (struct party){names_put(&t.b.names, STR("root")), names_put(&t.b.names, STR("D")),
                              names_put(&t.b.names, STR("S-1-0")), UINT64_MAX};
    e->target = (struct party){names_put(&t.b.names, STR("t")), names_put(&t.b.names, STR("E")),
                               names_put(&t.b.names, STR("S-1-1")), 5};
    e->src.host = names_put(&t.b.names, STR("client"));
    e->dst.host = names_put(&t.b.names, STR("server"));
    CHECK(addr_parse(STR("fe80::1"), &e->src.addr));
    CHECK(addr_parse(STR("192.0.2.7"), &e->dst.addr));
    e->bytes_out = UINT64_MAX;
    e->bytes_in = 1;
    struct event want = *e;
    ctx.host = STR("WEB");
    both_ways(&t, &ctx);
    const struct event *got = t.back.events[0];
    CHECK_INT(got->time_ns, want.time_ns);
    CHECK_INT(got->precision, want.precision);
    CHECK_INT(got->flags, want.flags | EVENT_UID_FINAL);
    CHECK_INT(got->sequence, want.sequence);
    CHECK_INT(got->code, want.code);
    CHECK_INT(got->part, want.part);
    CHECK_INT(got->kind, want.kind);
    CHECK_INT(got->severity, want.severity);
    CHECK_INT(got->outcome, want.outcome);
    CHECK(got->uid.hi == want.uid.hi && got->uid.lo == want.uid.lo);
    CHECK(got->host == want.host && got->system == want.system && got->provider == want.provider);
    CHECK(got->channel == want.channel && got->program == want.program);
    CHECK(memcmp(&got->actor, &want.actor, sizeof want.actor) == 0);
    CHECK(memcmp(&got->target, &want.target, sizeof want.target) == 0);
    CHECK(memcmp(&got->src, &want.src, sizeof want.src) == 0);
    CHECK(memcmp(&got->dst, &want.dst, sizeof want.dst) == 0);
    CHECK_INT(got->src_port, want.src_port);
    CHECK_INT(got->dst_port, want.dst_port);
    CHECK(got->bytes_out == want.bytes_out && got->bytes_in == want.bytes_in);
    end(&t);
}

TEST(ecs_user_is_reversible_in_every_kind)
{
    static const unsigned fill[] = {0, 1, 2, 3}; /* bit 0: an actor, bit 1: a target */

    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        for (size_t i = 0; i < array_len(fill); i++) {
            struct bench t = {.b = {.count = 0}};
            struct ecs_context ctx = context();
            struct event *e = begin(&t);
            e->kind = (uint16_t)kind;
            if (fill[i] & 1)
                e->actor.user = names_put(&t.b.names, STR("actor"));
            if (fill[i] & 2)
                e->target.logon = 77;
            struct event want = *e;
            both_ways(&t, &ctx);
            CHECK(memcmp(&t.back.events[0]->actor, &want.actor, sizeof want.actor) == 0);
            CHECK(memcmp(&t.back.events[0]->target, &want.target, sizeof want.target) == 0);
            end(&t);
        }
}

TEST(ecs_time_that_is_unknown_is_left_out)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();
    struct event *e = begin(&t);

    e->time_ns = TIME_UNKNOWN;
    CHECK(str_starts(both_ways(&t, &ctx), STR("{\"event\":")));
    CHECK_INT(t.back.events[0]->time_ns, TIME_UNKNOWN);
    CHECK(t.back.events[0]->flags & EVENT_TIME_MISSING);
    end(&t);
}

TEST(ecs_every_value_type_comes_back_as_its_text)
{
    static const unsigned char bytes[16] = {0x9c, 1,    0x41, 0,    0x44, 0xd8, 0xff, 0x80,
                                            0xff, 0xfe, 0,    0x22, 0x5c, 0x0a, 0x7f, 1};
    static const enum field_group groups[] = {FIELD_ECS, FIELD_EVENT_DATA, FIELD_USER_DATA,
                                              FIELD_OWN};

    for (size_t g = 0; g < array_len(groups); g++)
        for (unsigned type = 0; type < 256; type++)
            for (uint32_t len = 0; len <= 16; len++) {
                struct bench t = {.b = {.count = 0}};
                struct ecs_context ctx = context();
                begin(&t)->sequence = type;
                batch_field(&t.b, groups[g], g == 0 && len % 3 ? STR("winlog.record_id") : STR("x"),
                            (struct value){bytes, len, (uint8_t)type});
                both_ways(&t, &ctx);
                end(&t);
            }
}

TEST(ecs_bytes_that_are_not_text_are_kept_exactly)
{
    static const unsigned char half[] = {'a', 0, 0x00, 0xd8, 'b', 0};
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();

    begin(&t);
    batch_text(&t.b, FIELD_ECS, STR("event.original"), STR("a\xff\xc3z"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("Two"), STR("good"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("Two"), STR("\x80"));
    batch_field(&t.b, FIELD_EVENT_DATA, STR("Wide"), (struct value){half, 6, VALUE_UTF16});
    str line = both_ways(&t, &ctx);
    CHECK(str_has(line, STR("\"original\":\"a\xef\xbf\xbd\xef\xbf\xbdz\","
                            "\"original_base64\":\"Yf/Deg==\"")));
    CHECK(str_has(line, STR("\"Two\":[\"good\",\"\xef\xbf\xbd\"],"
                            "\"Two_base64\":[null,\"gA==\"]")));
    CHECK(str_has(line, STR("\"Wide_utf16_base64\":\"YQAA2GIA\"")));
    struct value v = event_field(t.back.events[0], STR("event.original"));
    CHECK(str_eq((str){v.p, v.len}, STR("a\xff\xc3z")));
    v = event_field(t.back.events[0], STR("Wide"));
    CHECK(v.type == VALUE_UTF16 && v.len == 6 && memcmp(v.p, half, 6) == 0);
    end(&t);
}

TEST(ecs_data_without_names_and_doubled_names_are_arrays)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();

    begin(&t);
    batch_text(&t.b, FIELD_EVENT_DATA, STR(""), STR("one"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("B"), STR("1"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("A"), STR("2"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR(""), STR("two"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("B"), STR("3"));
    batch_text(&t.b, FIELD_EVENT_DATA, STR("Data"), STR("named"));
    str line = both_ways(&t, &ctx);
    CHECK(str_has(line, STR("\"event_data\":{\"Data\":[\"one\",\"two\"],\"B\":[\"1\",\"3\"],"
                            "\"A\":\"2\"}")));
    CHECK(str_has(line, STR("\"fields\":[{\"group\":\"event_data\",\"name\":\"Data\","
                            "\"value\":\"named\"}]")));
    end(&t);
}

TEST(ecs_names_that_do_not_fit_step_aside)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = {.source_count = 0}; /* no parser, so no event.dataset */
    static const char *const names[] = {
        "", ".", "..", "a", "a.b", "a.b.c", "a-b", "a.b-c", "event", "event.code", "event.code.x",
        "event.action", "event.action", "event.category", "event.kind", "event.dataset",
        "@timestamp", "@timestamp.x", "ashiato", "ashiato.uid", "x_base64", "a.b_base64", "user",
        "user.name", "user.target", "user.target.name.x", "source.ip", "winlog",
        "winlog.event_data", "winlog.event_data.A", "winlog.computer_name",
        "winlog.computer_name", "winlog.computer_name.x", "winlog.record_id", "winlog.record_id",
        "winlog.record_id.x", "winlog.logon.id", "winlog.logon.id.x", "host.name", "host.ip",
        "log.offset", "message", "message.x", "fields",
        "uid", "kind", "places", "lateral", "flags", "actor", "actor.name.x", "q\"\\\x01",
        "b\xff", "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20", "a/b", "a", "/", "//", "a/",
        "Data", "event.severity"};

    for (unsigned g = 0; g < 4; g++)
        for (size_t step = 1; step < 4; step++) {
            begin(&t);
            for (size_t i = 0; i < array_len(names); i += step)
                batch_text(&t.b, (enum field_group)g, str_of(names[i]), STR("v"));
            both_ways(&t, &ctx);
            /* all of them came back (the two about the place were taken away), and the record id
               of a Windows event is a field now */
            size_t windows = g == FIELD_EVENT_DATA || g == FIELD_USER_DATA;
            CHECK_INT(t.back.events[t.back.count - 1]->field_count,
                      (array_len(names) + step - 1) / step + windows);
        }
    end(&t);
}

TEST(ecs_random_fields_come_back)
{
    static const char *const parts[] = {"a", "b", "event", "code", ".", "/", "_base64", "user",
                                        "", "winlog", "Data", "ashiato", "\xff", "name"};
    static const char *const values[] = {"", "x", "=cmd()", "<script>", "\xe2\x80\xae", "\xfe",
                                         "0", "-5", "1.5", "\x01\x02", "\xc3\xa9"};
    struct ecs_context ctx = context();
    uint64_t seed = 7;

    for (unsigned round = 0; round < 3000; round++) {
        struct bench t = {.b = {.count = 0}};
        struct event *e = begin(&t);
        e->kind = (uint16_t)(round % KIND_COUNT);
        for (unsigned n = round % 130; n; n--) {
            str name = STR("");
            for (unsigned k = 0; k < 4; k++) {
                seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
                name = arena_printf(&t.b.arena, "%.*s%s", PSTR(name),
                                    parts[(seed >> 33) % array_len(parts)]);
            }
            batch_field(&t.b, (enum field_group)(seed >> 60 & 3), name,
                        value_of(str_of(values[(seed >> 40) % array_len(values)])));
        }
        both_ways(&t, &ctx);
        end(&t);
    }
}

/* Names that a writer's cache takes for one another at first sight: equal length, equal ends. */
TEST(ecs_writer_keeps_shapes_apart)
{
    static const char *const names[] = {"beginning.1.ofaname", "beginning.2.ofaname",
                                        "beginning..2ofaname", "beginning.1.ofaname"};
    struct ecs_context ctx = context();
    struct ecs_writer *w = ecs_writer_new();
    struct bench t = {.b = {.count = 0}};
    struct buf line = {0};

    for (unsigned round = 0; round < 64; round++) {
        begin(&t);
        for (unsigned i = 0; i < 3; i++)
            batch_text(&t.b, round & 1 ? FIELD_ECS : FIELD_EVENT_DATA,
                       str_of(names[round >> 2 * i & 3]), STR("v"));
        both_ways(&t, &ctx);
        line.len = 0;
        ecs_writer_turn(w);
        ecs_write(w, &line, t.b.events[t.b.count - 1], &t.b.names, &ctx);
        CHECK(str_eq(buf_view(&line), buf_view(&t.line)));
    }
    buf_free(&line);
    ecs_writer_free(w);
    end(&t);
}

TEST(ecs_marks_and_places_stand_in_ashiato)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();
    struct session session = {.id = STR("s-1")};
    struct finding finding = {.id = STR("f-1")};
    struct edge edge = {.id = STR("e-1"), .technique = "T1021.001"};
    struct result result = {.findings = &finding, .finding_count = 1, .edges = &edge,
                            .edge_count = 1, .sessions = &session, .session_count = 1};
    const struct mark marks[] = {{0, 0, MARK_SESSION, 0}, {0, 0, MARK_EDGE, SIDE_DESTINATION},
                                 {0, 0, MARK_FINDING, 0}, {0, 9, MARK_FINDING, 0}};
    const struct place places[] = {{.offset = 4608, .source = 0}, {.offset = 5, .source = 1}};

    begin(&t);
    ctx.result = &result;
    ctx.marks = marks;
    ctx.mark_count = array_len(marks);
    ctx.places = places;
    ctx.place_count = 2;
    str line = both_ways(&t, &ctx);
    CHECK(str_has(line, STR("\"ashiato\":{\"findings\":[\"f-1\"],\"kind\":\"process-start\","
                            "\"lateral\":[{\"edge\":\"e-1\",\"side\":\"destination\","
                            "\"technique\":\"T1021.001\"}],\"places\":["
                            "{\"path\":\"FS01/Security.evtx\",\"offset\":4608},"
                            "{\"path\":\"old/S\xef\xbf\xbd.evtx\",\"path_base64\":"
                            "\"b2xkL1P/LmV2dHg=\",\"offset\":5}],\"sessions\":[\"s-1\"]")));
    end(&t);
}

TEST(ecs_read_refuses_what_is_not_ours)
{
    static const char *const lines[] = {
        "", "x", "[]", "{}", "{\"ashiato\":{}}", "{\"ashiato\":{\"uid\":\"0\",\"kind\":\"logon\"}}",
        "{\"@timestamp\":\"yesterday\",\"ashiato\":{\"kind\":\"logon\","
        "\"uid\":\"0123456789abcdef0123456789abcdef\"}}",
        "{\"ashiato\":{\"kind\":\"logon\",\"uid\":\"0123456789abcdef0123456789abcdef\"}} {}",
        "{\"ashiato\":{\"places\":[1],\"kind\":\"logon\","
        "\"uid\":\"0123456789abcdef0123456789abcdef\"}}",
        "{\"a\":[[1]],\"ashiato\":{\"kind\":\"logon\","
        "\"uid\":\"0123456789abcdef0123456789abcdef\"}}"};

    for (size_t i = 0; i < array_len(lines); i++) {
        struct batch b = {.count = 0};
        const char *why = NULL;
        bool unknown = false;
        CHECK(!ecs_read(str_of(lines[i]), 0, NULL, &b, &unknown, &why));
        CHECK(why != NULL);
        if (b.count)
            test_failed(__FILE__, __LINE__, "read: %s", lines[i]);
        batch_free(&b);
    }
}

TEST(ecs_read_survives_cuts_and_flips)
{
    struct bench t = {.b = {.count = 0}};
    struct ecs_context ctx = context();
    struct batch b = {.count = 0};
    const char *why;
    bool unknown = false;

    begin(&t);
    batch_text(&t.b, FIELD_EVENT_DATA, STR("A"), STR("\xff"));
    batch_text(&t.b, FIELD_USER_DATA, STR("A/B"), STR("c"));
    batch_text(&t.b, FIELD_ECS, STR("user"), STR("odd"));
    str line = both_ways(&t, &ctx);
    char *copy = arena_bytes(&t.b.arena, line.len);
    for (size_t i = 0; i < line.len; i++) {
        ecs_read(str_head(line, i), 0, NULL, &b, &unknown, &why);
        for (unsigned flip = 1; flip < 256; flip *= 2) {
            memcpy(copy, line.p, line.len);
            copy[i] = (char)(copy[i] ^ (char)flip);
            ecs_read((str){copy, line.len}, 0, NULL, &b, &unknown, &why);
        }
        batch_reset(&b);
    }
    batch_free(&b);
    end(&t);
}
