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
