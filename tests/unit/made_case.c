/* SPDX-License-Identifier: Apache-2.0
 *
 * The case made by hand. */
#include "tests/unit/made_case.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/ecs.h"
#include "core/time.h"
#include "tests/unit/test.h"

static str hostile(void)
{
    return STR(MADE_HOSTILE "\0end");
}

static void make_sources(struct made_case *c)
{
    c->notes[0] = (struct source_note){.offset = 4096, .placed = true, .text = hostile()};
    c->sources[0] = (struct source){
        .path = STR("FS01/Sec\xffurity.evtx"), .system = STR("FS01"),
        .family = STR("FS01/Sec\xffurity.evtx"), .parser = STR("evtx"), .size = 69632,
        .mtime_ns = INT64_C(1727846527411000000), .hashed = true, .events = 2, .damaged = 1,
        .first_ns = INT64_C(1727846527411000100), .last_ns = INT64_C(1727846528000000000),
        .notes = c->notes, .note_count = 1, .note_total = 3};
    for (unsigned i = 0; i < 32; i++)
        c->sources[0].sha256[i] = (uint8_t)(i * 8);
    c->sources[1] = (struct source){
        .path = STR("proxy/access.log"), .system = STR("proxy"), .family = STR("access.log"),
        .unread = hostile(), .failure = STR("read error"), .mtime_ns = TIME_UNKNOWN,
        .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN, .empty = true, .failed = true,
        .skipped = 7, .base_year = 2023, .year_inferred = true, .zone_assumed = true,
        .year_basis = STR("mtime"), .zone_basis = STR("UTC")};
}

static void make_facts(struct made_case *c)
{
    struct names names = {.count = 0};
    struct fact f = {.type = FACT_HOST, .a = names_put(&names, STR("FS01")),
                     .first_ns = INT64_C(1727846527411000100), .last_ns = TIME_UNKNOWN - 1};

    facts_see(&c->facts, &names, f);
    f = (struct fact){.type = FACT_SYSTEM_HOST, .a = f.a, .b = names_put(&names, STR("=evil()")),
                      .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN, .count = 5};
    facts_see(&c->facts, &names, f);
    f = (struct fact){.type = FACT_LOG, .a = f.a, .b = names_put(&names, STR("Security")),
                      .first_ns = -1, .last_ns = 1, .low = 17, .high = UINT64_MAX, .count = 9};
    facts_see(&c->facts, &names, f);
    f = (struct fact){.type = FACT_HOST_ADDR, .a = f.a, .first_ns = 0, .last_ns = 0};
    CHECK(addr_parse(STR("10.1.2.3"), &f.addr));
    facts_see(&c->facts, &names, f);
    f = (struct fact){.type = FACT_SID_NAME, .a = names_put(&names, STR("S-1-5-21-1-1104")),
                      .b = names_put(&names, STR("t.kuroda")), .c = names_put(&names, STR("CORP")),
                      .first_ns = 0, .last_ns = 0};
    facts_see(&c->facts, &names, f);
    names_free(&names);
}

static void make_result(struct made_case *c)
{
    struct result *r = &c->result;
    const struct ref ref = {.offset = 4608, .time_ns = INT64_C(1727846527411000100), .source = 0,
                            .side = SIDE_DESTINATION};
    struct finding *f = result_finding(r);
    f->id = STR("f-0000000000000001");
    f->detector = STR("rdp");
    f->title = f->reason = hostile();
    f->techniques[0] = "T1021.001";
    f->tactics[0] = "TA0008";
    f->severity = SEVERITY_HIGH;
    f->confidence = 0.954;
    f->start_ns = f->end_ns = ref.time_ns;
    f->hosts[0] = 0;
    refs_add(&f->events, ref);
    struct edge *e = result_edge(r);
    e->id = STR("e-0000000000000002");
    e->src_name = hostile();
    e->dst_name = STR("FS01");
    CHECK(addr_parse(STR("10.9.9.9"), &e->src_addr));
    e->account_name = STR("CORP\\t.kuroda");
    e->technique = "T1021.001";
    e->method = "rdp";
    e->ends = "both";
    e->start_ns = e->end_ns = ref.time_ns;
    e->confidence = 0.95;
    e->reasons[0] = hostile();
    e->hostile = true;
    e->hop = 1;
    e->severity = SEVERITY_CRITICAL;
    refs_add(&e->events, ref);
    struct session *s = result_session(r);
    s->id = STR("s-0000000000000003");
    s->host_name = s->account_name = s->source = hostile();
    s->kind = "rdp";
    s->end_reason = "unknown";
    s->start_ns = ref.time_ns;
    s->end_ns = TIME_UNKNOWN;
    s->logon_id = UINT64_MAX;
    r->chain = vec_grow(r->chain, &r->chain_cap, 1, sizeof *r->chain);
    r->chain_count = 1;
    for (unsigned i = 0; i < ANSWERS; i++) {
        struct answer *a = &r->answers[i];
        a->question = "Who came in?";
        a->summary = a->key = a->unknown = hostile();
        a->time_ns = TIME_UNKNOWN;
        memset(a->hosts, 0xff, sizeof a->hosts);
        memset(a->accounts, 0xff, sizeof a->accounts);
    }
}

static void make_event(struct made_case *c, uint64_t offset)
{
    struct names *names = &c->batch.names;
    struct event *e = batch_begin(&c->batch, offset);

    e->time_ns = INT64_C(1727846527411000100) + (int64_t)offset * 100;
    e->precision = PRECISION_100NS;
    e->kind = KIND_LOGON;
    e->code = 4624;
    e->uid = (struct uid){offset, 1};
    e->host = names_put(names, STR("FS01"));
    e->provider = names_put(names, STR("=provider()"));
    e->target.user = names_put(names, STR("-2+3"));
    e->target.domain = names_put(names, STR("@CORP"));
    e->src.host = names_put(names, STR("\t=tab()"));
    e->program = names_put(names, STR("\xef\xbc\x9dwide()"));
    batch_text(&c->batch, FIELD_ECS, STR("message"), hostile());
    batch_text(&c->batch, FIELD_ECS, STR("process.command_line"), STR("  =late()"));
    batch_commit(&c->batch);
}

void made_case_init(struct made_case *c)
{
    *c = (struct made_case){.dir = "/tmp/ashiato-unit-XXXXXX"};
    CHECK(mkdtemp(c->dir) != NULL);
    make_sources(c);
    make_facts(c);
    make_result(c);
    c->settings[0] = (struct setting){STR("zone"), STR("UTC")};
    batch_source(&c->batch, 0, STR("FS01"));
    c->marks[0] = (struct mark){0, 0, MARK_SESSION, 0};
    c->marks[1] = (struct mark){0, 0, MARK_EDGE, SIDE_DESTINATION};
    c->marks[2] = (struct mark){0, 0, MARK_FINDING, 0};
    for (unsigned i = 0; i < MADE_EVENTS; i++)
        make_event(c, 4608 + i * 512);
    c->lines = ecs_writer_new();
    for (unsigned i = 0; i < MADE_EVENTS; i++)
        c->events[i] = (struct marked){.event = c->batch.events[i], .names = &c->batch.names,
                                       .marks = c->marks, .mark_count = i == 0 ? 3 : 0,
                                       .ordinal = i, .in_timeline = i + 1 < MADE_EVENTS,
                                       .lines = c->lines};
    static const str systems[] = {{"FS01", 4}, {"proxy", 5}};
    c->view = (struct case_view){
        .result = &c->result, .facts = &c->facts, .sources = c->sources, .source_count = 2,
        .identity = identity_build(&c->facts, systems, array_len(systems)),
        .settings = c->settings, .setting_count = 1, .events = MADE_EVENTS, .timeline_events = 2,
        .first_ns = 0, .last_ns = INT64_C(1727846528000000000), .version = STR("ashiato test"),
        .title = hostile(), .stamp_ns = TIME_UNKNOWN, .zone = zone_utc()};
}

void made_case_free(struct made_case *c)
{
    ecs_writer_free(c->lines);
    identity_free((struct identity *)c->view.identity);
    result_free(&c->result);
    facts_free(&c->facts);
    batch_free(&c->batch);
    rmdir(c->dir);
}

static void read_back(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    CHECK(fd >= 0);
    do {
        out->len += (size_t)n;
        buf_reserve(out, 65536);
    } while (fd >= 0 && (n = read(fd, out->p + out->len, 65536)) > 0);
    if (fd >= 0)
        close(fd);
}

static void feed(struct made_case *c, const struct writer *w, void *state)
{
    for (unsigned i = 0; i < MADE_EVENTS; i++) {
        const struct marked *m = &c->events[i];
        struct buf block = {.len = 0};
        bool wanted = w->every_event || m->in_timeline || c->view.db_full;
        if (w->event && wanted)
            w->event(state, m);
        if (!w->render || !wanted)
            continue;
        w->render(&c->view, m, &block);
        size_t text = block.len;
        if (w->seal)
            w->seal(&block);
        w->block(state, buf_view(&block), 1, text);
        buf_free(&block);
    }
}

bool made_case_write(struct made_case *c, const struct writer *w, struct buf *out, struct err *err)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", c->dir, w->file);
    void *state = w->open(&c->view, path, err);
    if (!state)
        return false;
    feed(c, w, state);
    bool good = w->close(state, false, err);
    out->len = 0;
    read_back(path, out);
    unlink(path);
    return good;
}
