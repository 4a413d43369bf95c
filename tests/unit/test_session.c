/* SPDX-License-Identifier: Apache-2.0 */
#include "core/time.h"
#include "tests/unit/stage.h"
#include "tests/unit/test.h"

TEST(session_runs_from_logon_to_logoff_and_holds_what_was_done)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    stage_logon(&s, 0, "WS01", 10, 0x1234, "sato", "10.0.0.7", 0);
    e = stage_event(&s, KIND_PROCESS_START, "WS01", 5, "Security", 4688);
    e->actor = stage_party(&s, "sato", "CORP", 0x1234);
    stage_end(&s);
    e = stage_event(&s, KIND_LOGOFF, "WS01", 60, "Security", 4634);
    e->target = stage_party(&s, "sato", "CORP", 0x1234);
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.session_count, 1);
    const struct session *r = &s.result.sessions[0];
    CHECK_STR(str_of(r->kind), "rdp");
    CHECK_STR(r->host_name, "WS01");
    CHECK_STR(r->account_name, "CORP\\sato");
    CHECK_STR(r->source, "10.0.0.7");
    CHECK_STR(str_of(r->end_reason), "logoff");
    CHECK_INT(r->end_ns - r->start_ns, 60 * NS_PER_S);
    CHECK(stage_marked(&s, 0, MARK_SESSION, 0));
    CHECK(stage_marked(&s, 1, MARK_SESSION, 0));
    CHECK(stage_marked(&s, 2, MARK_SESSION, 0));
    stage_free(&s);
}

TEST(session_ids_count_from_new_after_a_boot)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    stage_logon(&s, 0, "WS01", 2, 0x99, "sato", "", 0);
    stage_event(&s, KIND_SYSTEM_START, "WS01", 100, "System", 6005);
    stage_end(&s);
    e = stage_event(&s, KIND_PROCESS_START, "WS01", 200, "Security", 4688);
    e->actor = stage_party(&s, "sato", "CORP", 0x99);
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.session_count, 1);
    CHECK_STR(str_of(s.result.sessions[0].end_reason), "reboot");
    CHECK(!stage_marked(&s, 2, MARK_SESSION, 0));
    stage_free(&s);
}

static void remote_logon(struct stage *s, double seconds, const char *log, uint64_t pid,
                         const char *from)
{
    struct event *e = stage_event(s, KIND_LOGON, "fs01", seconds, NULL, 0);

    e->provider = stage_name(s, log);
    e->target = stage_party(s, "deploy", "", pid);
    e->src = stage_end_point(s, "", from);
    stage_end(s);
}

TEST(session_of_one_ssh_logon_is_told_once_by_sshd_and_wtmp)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    remote_logon(&s, 0, "sshd", 812, "10.0.5.3");
    remote_logon(&s, 0.4, "wtmp", 830, "10.0.5.3");
    remote_logon(&s, 5, "wtmp", 950, "10.0.5.9"); /* from elsewhere: another one */
    e = stage_event(&s, KIND_LOGOFF, "fs01", 60, NULL, 0);
    e->provider = stage_name(&s, "wtmp");
    e->target = stage_party(&s, "deploy", "", 830);
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.session_count, 2);
    CHECK(stage_marked(&s, 0, MARK_SESSION, 0));
    CHECK(stage_marked(&s, 1, MARK_SESSION, 0));
    CHECK(stage_marked(&s, 2, MARK_SESSION, 1));
    CHECK(stage_marked(&s, 3, MARK_SESSION, 0));
    CHECK_STR(str_of(s.result.sessions[0].end_reason), "logoff");
    CHECK_INT(s.result.edge_count, 2);
    stage_free(&s);
}

TEST(session_leaves_plain_network_logons_machines_and_services_out)
{
    static struct stage s;

    s = (struct stage){0};
    stage_logon(&s, 0, "FS01", 3, 0x10, "sato", "10.0.0.7", 50000);
    stage_logon(&s, 1, "FS01", 3, 0x11, "WS01$", "10.0.0.7", 50001);
    stage_logon(&s, 2, "FS01", 5, 0x12, "svc", "", 0);
    stage_run(&s);
    CHECK_INT(s.result.session_count, 0);
    CHECK_INT(s.result.limit_count, 1);
    stage_free(&s);
}

TEST(session_of_a_vpn_holds_its_lease)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    e = stage_event(&s, KIND_VPN_LOGON, "vpn01", 0, NULL, 0);
    e->target = stage_party(&s, "t.kuroda", "", 0);
    e->src = stage_end_point(&s, "", "203.0.113.9");
    stage_end(&s);
    e = stage_event(&s, KIND_VPN_LEASE, "vpn01", 1, NULL, 0);
    e->target = stage_party(&s, "t.kuroda", "", 0);
    e->dst = stage_end_point(&s, "", "10.8.0.23");
    stage_end(&s);
    e = stage_event(&s, KIND_VPN_LOGOFF, "vpn01", 500, NULL, 0);
    e->target = stage_party(&s, "t.kuroda", "", 0);
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.session_count, 1);
    CHECK_STR(str_of(s.result.sessions[0].kind), "vpn");
    CHECK_STR(s.result.sessions[0].source, "203.0.113.9");
    CHECK_STR(str_of(s.result.sessions[0].end_reason), "logoff");
    stage_free(&s);
}

static uint32_t roll(uint32_t *x)
{
    return (*x = *x * 1664525u + 1013904223u) >> 4;
}

/* Any event, also one that makes no sense, must be survived: logs are written by attackers. */
TEST(session_and_all_behind_it_survive_any_event)
{
    static struct stage s;
    static const char *const hosts[] = {"A", "B", "a.b.c", "10.0.0.1", "", "-", "C$"};
    static const char *const addrs[] = {"10.0.0.1", "::1", "", "203.0.113.5", "fe80::1", "0.0.0.0"};
    static const char *const texts[] = {"", "-", "\\", "\\\\", "IPC$", "\\\\*\\ADMIN$", "svcctl",
                                        "-1",
                                        "x.exe", "PSEXESVC-A-1-stdin", "0xffffffffffffffff", "10",
                                        "3", "%COMSPEC% /c", "vssadmin delete shadows",
                                        "a.b.locked",
                                        "README_DECRYPT.txt", "-stdin", "a-b-stdin", "__17.", "."};
    static const char *const names[] = {
        "LogonType", "ShareName", "RelativeTargetName", "AccessMask", "ServiceName", "ImagePath",
        "CommandLine", "NewProcessName", "ParentProcessName", "TargetServerName", "TargetInfo",
        "PipeName", "TaskName", "TaskContent", "ObjectName", "ObjectType", "TargetFilename",
        "Channel", "TargetObject", "Details", "New Value", "param2", "process.command_line",
        "TargetLinkedLogonId", "ClientProcessId", "Properties", "event.duration", "group.name"};
    uint32_t x = 12345;

#define PICK(list) (list)[roll(&x) % array_len(list)]
    s = (struct stage){0};
    for (int i = 0; i < 6000; i++) {
        roll(&x);
        struct event *e = stage_event(&s, (enum kind)(x / 3 % KIND_COUNT), PICK(hosts), i * 3.7,
                                      x % 5 ? "Security" : NULL, x % 9000);
        e->actor = stage_party(&s, PICK(hosts), PICK(hosts), x % 7);
        e->target = stage_party(&s, PICK(hosts), PICK(texts), x % 9);
        e->src = stage_end_point(&s, PICK(hosts), PICK(addrs));
        e->dst = stage_end_point(&s, PICK(hosts), PICK(addrs));
        e->src_port = (uint16_t)(x >> 9);
        e->dst_port = x % 3 ? 445 : 3389;
        e->bytes_out = x % 11 ? 0 : UINT64_MAX - x;
        e->sequence = x % 4 ? e->sequence : x;
        if (i < 10)
            e->time_ns = INT64_MIN + i; /* 1677 */
        if (i >= 5980)
            e->time_ns = i < 5990 ? INT64_MAX - 6000 + i : TIME_UNKNOWN; /* 2262 */
        for (int k = 0; k < 6; k++) {
            const char *name = PICK(names), *text = PICK(texts);
            stage_field(&s, name, text);
        }
        stage_end(&s);
    }
    stage_run(&s);
    CHECK(s.result.session_count > 0);
    CHECK(s.result.edge_count > 0);
    CHECK(s.result.finding_count > 0);
    for (size_t i = 0; i < s.result.edge_count; i++)
        CHECK(s.result.edges[i].id.len == 18 && s.result.edges[i].score >= 0 &&
              s.result.edges[i].score <= 100);
    stage_free(&s);
}
