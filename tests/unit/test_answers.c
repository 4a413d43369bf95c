/* SPDX-License-Identifier: Apache-2.0 */
#include "core/time.h"
#include "tests/unit/stage.h"
#include "tests/unit/test.h"

static void vpn(struct stage *s, double t, enum kind kind, const char *outer, const char *inner)
{
    struct event *e = stage_event(s, kind, "vpn01", t, NULL, 0);

    e->target = stage_party(s, "t.kuroda", "", 0);
    e->src = stage_end_point(s, "", outer);
    e->dst = stage_end_point(s, "", inner);
    stage_end(s);
}

static void command(struct stage *s, double t, const char *host, uint64_t logon, const char *text)
{
    struct event *e = stage_event(s, KIND_PROCESS_START, host, t, "Security", 4688);

    e->actor = stage_party(s, "adm", "CORP", logon);
    stage_field(s, "CommandLine", text);
    stage_field(s, "process.command_line", text);
    stage_end(s);
}

static void written(struct stage *s, double t, const char *host, uint64_t logon, const char *name)
{
    struct event *e = stage_event(s, KIND_OBJECT_ACCESS, host, t, "Security", 4663);

    e->actor = stage_party(s, "adm", "CORP", logon);
    stage_field(s, "ObjectType", "File");
    stage_field(s, "ObjectName", name);
    stage_field(s, "AccessMask", "0x6");
    stage_end(s);
}

static void upload(struct stage *s, double t, const char *from, uint64_t bytes)
{
    struct event *e = stage_event(s, KIND_PROXY_REQUEST, "proxy01", t, NULL, 0);

    e->src = stage_end_point(s, "", from);
    e->dst = stage_end_point(s, "files.example.net", "");
    e->bytes_out = bytes;
    stage_field(s, "http.request.method", "CONNECT");
    stage_end(s);
}

/* VPN, RDP to FS01, shadow copies, encryption, an upload, a cleared log. */
static void incident(struct stage *s)
{
    char name[64];

    stage_logon(s, -1000, "DC01", 3, 0x1, "FS01$", "10.0.0.5", 40000);
    vpn(s, 0, KIND_VPN_LOGON, "203.0.113.9", "");
    vpn(s, 1, KIND_VPN_LEASE, "203.0.113.9", "10.8.0.23");
    stage_logon(s, 60, "FS01", 10, 0x77, "adm", "10.8.0.23", 0);
    upload(s, 120, "10.0.0.5", 400u << 20);
    command(s, 180, "FS01", 0x77, "vssadmin delete shadows /all /quiet");
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "D:\\docs\\%d.docx.locked", i);
        written(s, 200 + i * 0.5, "FS01", 0x77, name);
    }
    struct event *e = stage_event(s, KIND_LOG_CLEARED, "FS01", 300, "Security", 1102);
    e->actor = stage_party(s, "adm", "CORP", 0x77);
    e->sequence = 5001;
    stage_end(s);
}

TEST(answers_tell_the_incident)
{
    static struct stage s;

    s = (struct stage){0};
    incident(&s);
    stage_run(&s);
    const struct answer *a = s.result.answers;
    CHECK_STR(str_of(a[0].question), "Who came in?");
    CHECK(str_has(a[0].summary, STR("203.0.113.9")));
    CHECK(str_has(a[0].key, STR("VPN")));
    CHECK_INT((a[0].time_ns - INT64_C(1700000000) * NS_PER_S) / NS_PER_S, 0);
    CHECK_INT(s.result.chain_count, 1);
    CHECK(s.result.edges[s.result.chain[0]].hostile);
    CHECK_INT(s.result.edges[s.result.chain[0]].hop, 1);
    CHECK_INT(s.result.exfil.low, 400u << 20);
    CHECK_STR(s.result.exfil.destination, "files.example.net");
    CHECK_STR(s.result.exfil.client, "FS01");
    CHECK_INT(s.result.impact_count, 1);
    CHECK_STR(s.result.impact[0].name, "FS01");
    CHECK_INT((a[3].time_ns - INT64_C(1700000000) * NS_PER_S) / NS_PER_S, 200);
    bool cleared = false;
    for (size_t i = 0; i < s.result.blind_count; i++)
        cleared |= str_eq(s.result.blind[i].host, STR("FS01")) &&
                   str_has(s.result.blind[i].why, STR("records lost"));
    CHECK(cleared);
    stage_free(&s);
}

TEST(answers_put_the_attack_and_nothing_else_on_the_timeline)
{
    static struct stage s;
    size_t shown = 0;

    s = (struct stage){0};
    incident(&s);
    for (int i = 0; i < 200; i++)
        stage_logon(&s, 400 + i, "FS01", 3, 0x1000 + (uint64_t)i, "user", "10.0.0.50", 0);
    stage_run(&s);
    for (uint64_t o = 0; o < s.batch.count; o++) {
        struct mark own[16];
        size_t n = 0;
        for (size_t i = 0; i < s.mark_count && n < array_len(own); i++)
            if (s.marks[i].ordinal == o)
                own[n++] = s.marks[i];
        shown += result_in_timeline(&s.result, own, n);
    }
    CHECK(shown > 10 && shown < 70);
    stage_free(&s);
}

TEST(answers_say_when_nothing_was_found)
{
    static struct stage s;

    s = (struct stage){0};
    stage_logon(&s, 0, "FS01", 3, 0x10, "sato", "10.0.0.7", 50000);
    stage_run(&s);
    const struct answer *a = s.result.answers;
    CHECK_STR(a[0].key, "None seen");
    CHECK(str_has(a[0].summary, STR("No sign of")));
    CHECK(str_has(a[1].summary, STR("No sign of")));
    CHECK_STR(a[2].key, "Unknown");
    CHECK(str_has(a[2].unknown, STR("No proxy log")));
    CHECK_INT(s.result.chain_count, 0);
    CHECK(a[0].confidence == 0);
    stage_free(&s);
}

TEST(answers_are_the_same_twice)
{
    static struct stage s, t;

    s = t = (struct stage){0};
    incident(&s);
    incident(&t);
    stage_run(&s);
    stage_run(&t);
    CHECK_INT(s.result.finding_count, t.result.finding_count);
    for (size_t i = 0; i < s.result.finding_count; i++)
        CHECK(str_eq(s.result.findings[i].id, t.result.findings[i].id));
    for (size_t i = 0; i < s.result.session_count; i++)
        CHECK(str_eq(s.result.sessions[i].id, t.result.sessions[i].id));
    for (size_t i = 0; i < ANSWERS; i++)
        CHECK(str_eq(s.result.answers[i].summary, t.result.answers[i].summary));
    stage_free(&s);
    stage_free(&t);
}

static void ssh(struct stage *s, double t, const char *from, const char *to, const char *own,
                uint64_t pid)
{
    struct event *e = stage_event(s, KIND_CONNECTION, to, t, NULL, 0);

    e->provider = stage_name(s, "sshd");
    e->src = stage_end_point(s, "", from);
    e->dst = stage_end_point(s, to, own);
    stage_end(s);
    e = stage_event(s, KIND_LOGON, to, t + 1, NULL, 0);
    e->provider = stage_name(s, "sshd");
    e->target = stage_party(s, "root", "", pid);
    e->src = stage_end_point(s, "", from);
    stage_end(s);
}

TEST(answers_follow_ssh_from_host_to_host)
{
    static struct stage s;

    s = (struct stage){0};
    ssh(&s, 0, "203.0.113.7", "web01", "10.0.0.20", 100);
    ssh(&s, 300, "10.0.0.20", "db01", "10.0.0.30", 200);
    struct event *e = stage_event(&s, KIND_COMMAND, "db01", 360, NULL, 0);
    e->actor = stage_party(&s, "root", "", 0);
    stage_field(&s, "process.command_line", "/usr/bin/rm -rf /var/log/auth.log");
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.chain_count, 2);
    CHECK_STR(s.result.edges[s.result.chain[0]].src_name, "203.0.113.7");
    CHECK_STR(s.result.edges[s.result.chain[1]].src_name, "web01");
    CHECK_STR(s.result.edges[s.result.chain[1]].dst_name, "db01");
    CHECK(str_has(s.result.answers[0].summary, STR("203.0.113.7")));
    stage_free(&s);
}
