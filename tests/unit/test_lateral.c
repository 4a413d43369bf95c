/* SPDX-License-Identifier: Apache-2.0 */
#include "core/time.h"
#include "correlate/signs.h"
#include "tests/unit/stage.h"
#include "tests/unit/test.h"

/* WS01 is 10.0.0.7, FS01 is 10.0.0.5: machine accounts told. */
static void cast(struct stage *s)
{
    stage_logon(s, -1000, "FS01", 3, 0x1, "WS01$", "10.0.0.7", 40000);
    stage_logon(s, -1000, "WS01", 3, 0x1, "FS01$", "10.0.0.5", 40000);
}

static void share(struct stage *s, double t, uint64_t logon, const char *share,
                  const char *file, const char *mask)
{
    struct event *e = stage_event(s, *file ? KIND_SHARE_FILE_ACCESS : KIND_SHARE_ACCESS, "FS01", t,
                                  "Security", *file ? 5145 : 5140);

    e->actor = stage_party(s, "sato", "CORP", logon);
    e->src = stage_end_point(s, "", "10.0.0.7");
    e->src_port = 50123;
    stage_field(s, "ShareName", share);
    stage_field(s, "RelativeTargetName", file);
    stage_field(s, "AccessMask", mask);
    stage_end(s);
}

TEST(lateral_rdp_of_both_sides_is_one_edge)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    cast(&s);
    e = stage_event(&s, KIND_RDP_CLIENT, "WS01", 0, "TerminalServices-RDPClient/Operational", 1024);
    e->dst = stage_end_point(&s, "FS01", "");
    stage_end(&s);
    e = stage_event(&s, KIND_RDP_CONNECTION, "FS01", 1, "RdpCoreTS/Operational", 131);
    e->src = stage_end_point(&s, "", "10.0.0.7");
    e->src_port = 50100;
    stage_end(&s);
    e = stage_event(&s, KIND_RDP_AUTH, "FS01", 2, "RCM/Operational", 1149);
    e->target = stage_party(&s, "sato", "CORP", 0);
    e->src = stage_end_point(&s, "", "10.0.0.7");
    stage_end(&s);
    stage_logon(&s, 3, "FS01", 3, 0x20, "sato", "10.0.0.7", 0);
    stage_logon(&s, 4, "FS01", 10, 0x21, "sato", "10.0.0.7", 0);
    e = stage_event(&s, KIND_SESSION_OPEN, "FS01", 5, "LSM/Operational", 21);
    e->target = stage_party(&s, "sato", "CORP", 0);
    e->src = stage_end_point(&s, "", "10.0.0.7");
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 1);
    const struct edge *x = &s.result.edges[0];
    CHECK_STR(str_of(x->method), "rdp");
    CHECK_STR(str_of(x->technique), "T1021.001");
    CHECK_STR(str_of(x->ends), "both");
    CHECK_STR(x->src_name, "WS01");
    CHECK_STR(x->dst_name, "FS01");
    CHECK_STR(x->account_name, "CORP\\sato");
    CHECK(x->confidence > 0.94);
    CHECK(!x->hostile);
    CHECK_INT(x->events.total, 6);
    for (uint64_t i = 2; i < 8; i++)
        CHECK(stage_marked(&s, i, MARK_EDGE, 0));
    CHECK(x->session < s.result.session_count);
    CHECK_STR(str_of(s.result.sessions[x->session].kind), "rdp");
    stage_free(&s);
}

TEST(lateral_psexec_takes_in_the_share_access)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    cast(&s);
    e = stage_event(&s, KIND_CONNECTION, "WS01", 0, "Sysmon/Operational", 3);
    e->src = stage_end_point(&s, "", "10.0.0.7");
    e->dst = stage_end_point(&s, "", "10.0.0.5");
    e->src_port = 50123;
    e->dst_port = 445;
    stage_field(&s, "Initiated", "true");
    stage_end(&s);
    stage_logon(&s, 0.2, "FS01", 3, 0x30, "sato", "10.0.0.7", 50123);
    share(&s, 1, 0x30, "\\\\*\\ADMIN$", "", "0x1");
    share(&s, 2, 0x30, "\\\\*\\ADMIN$", "PSEXESVC.exe", "0x2");
    share(&s, 3, 0x30, "\\\\*\\IPC$", "svcctl", "0x3");
    e = stage_event(&s, KIND_SERVICE_INSTALLED, "FS01", 4, "System", 7045);
    e->actor = stage_party(&s, "sato", "CORP", 0);
    stage_field(&s, "ServiceName", "PSEXESVC");
    stage_field(&s, "ImagePath", "%SystemRoot%\\PSEXESVC.exe");
    stage_end(&s);
    share(&s, 5, 0x30, "\\\\*\\IPC$", "PSEXESVC-WS01-4242-stdin", "0x3");
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 1);
    const struct edge *x = &s.result.edges[0];
    CHECK_STR(str_of(x->method), "psexec");
    CHECK_STR(str_of(x->technique), "T1569.002");
    CHECK_STR(str_of(x->ends), "both");
    CHECK_STR(x->src_name, "WS01");
    CHECK(x->confidence > 0.94);
    CHECK(x->skew_known && x->skew_s > 0.19 && x->skew_s < 1.01);
    CHECK(x->score >= 30);
    CHECK_INT(x->missing[0].len, 0);
    stage_free(&s);
}

TEST(lateral_burst_of_share_files_is_one_edge)
{
    static struct stage s;
    char name[32];

    s = (struct stage){0};
    cast(&s);
    stage_logon(&s, 0, "FS01", 3, 0x31, "sato", "10.0.0.7", 50123);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "docs\\%d.txt", i);
        share(&s, 1 + i, 0x31, "\\\\*\\C$", name, "0x1");
    }
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 1);
    CHECK_STR(str_of(s.result.edges[0].method), "smb");
    CHECK_STR(str_of(s.result.edges[0].ends), "destination");
    CHECK(s.result.edges[0].missing[0].len > 0);
    CHECK(s.result.edges[0].events.total < 100);
    CHECK(!s.result.edges[0].hostile);
    stage_free(&s);
}

TEST(lateral_machines_loopback_and_plain_logons_make_no_edge)
{
    static struct stage s;

    s = (struct stage){0};
    cast(&s);
    stage_logon(&s, 0, "FS01", 3, 0x31, "sato", "10.0.0.7", 50123);
    stage_logon(&s, 1, "FS01", 3, 0x32, "WS01$", "10.0.0.7", 50124);
    stage_logon(&s, 2, "FS01", 2, 0x33, "sato", "127.0.0.1", 0);
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 0);
    stage_free(&s);
}

TEST(lateral_ssh_joins_by_account_over_hosts)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    e = stage_event(&s, KIND_LOGON, "web01", 0, NULL, 0);
    e->target = stage_party(&s, "root", "", 4711);
    e->src = stage_end_point(&s, "", "198.51.100.4");
    e->src_port = 60000;
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 1);
    CHECK_STR(str_of(s.result.edges[0].technique), "T1021.004");
    CHECK_STR(s.result.edges[0].src_name, "198.51.100.4");
    CHECK(s.result.edges[0].score > 0 && !s.result.edges[0].hostile);
    stage_free(&s);
}

TEST(lateral_seen_from_the_source_alone_names_the_missing_log)
{
    static struct stage s;
    struct event *e;

    s = (struct stage){0};
    stage_logon(&s, 0, "WS01", 10, 0x50, "sato", "10.0.0.99", 0);
    e = stage_event(&s, KIND_WINRM_CLIENT, "WS01", 60, "WinRM/Operational", 6);
    e->actor = stage_party(&s, "sato", "CORP", 0x50);
    e->dst = stage_end_point(&s, "DB01", "");
    stage_end(&s);
    stage_run(&s);
    CHECK_INT(s.result.edge_count, 2);
    const struct edge *x = &s.result.edges[1];
    CHECK_STR(str_of(x->method), "winrm");
    CHECK_STR(str_of(x->ends), "source");
    CHECK(x->confidence > 0.49 && x->confidence < 0.51);
    CHECK(str_has(x->missing[0], STR("DB01 (not collected)")));
    CHECK_INT(x->from_session, 0);
    stage_free(&s);
}

static void wmi_child(struct stage *s, const char *command)
{
    struct event *e = stage_event(s, KIND_PROCESS_START, "SRV01", 102, "Security", 4688);

    e->actor = stage_party(s, "SRV01$", "ACME", 0x3e4);
    e->target = stage_party(s, "k.ito", "ACME", 0x51e0);
    stage_field(s, "ParentProcessName", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe");
    stage_field(s, "NewProcessName", "C:\\Windows\\System32\\x.exe");
    stage_field(s, "CommandLine", command);
    stage_end(s);
}

TEST(lateral_wmi_that_starts_an_implant_is_hostile_an_agent_is_not)
{
    static const struct {
        const char *command;
        bool hostile;
    } cases[] = {{"\"C:\\Windows\\System32\\GruntHTTP2.exe\"", true},
                 {"C:\\Program Files\\Inventory\\agent.exe -scan", false}};

    for (size_t i = 0; i < array_len(cases); i++) {
        struct stage *s = mem_alloc(sizeof *s);
        stage_logon(s, 100, "SRV01", 3, 0x51e0, "k.ito", "10.0.5.3", 50123);
        wmi_child(s, cases[i].command);
        stage_run(s);
        CHECK_INT(s->result.edge_count, 1);
        if (s->result.edge_count == 1) {
            CHECK_STR(str_of(s->result.edges[0].method), "wmi");
            CHECK_INT(s->result.edges[0].hostile, cases[i].hostile);
        }
        stage_free(s);
        mem_free(s);
    }
}

TEST(foothold_startup_folder_takes_programs_not_shortcuts)
{
    static const char *const names[] = {"startup.bat", "Teams.lnk"};

    for (size_t i = 0; i < array_len(names); i++) {
        struct stage *s = mem_alloc(sizeof *s);
        char path[256];
        int n = snprintf(path, sizeof path, "C:\\Users\\k.ito\\AppData\\Roaming\\Microsoft\\Windows"
                         "\\Start Menu\\Programs\\Startup\\%s", names[i]);
        CHECK(n > 0 && (size_t)n < sizeof path);
        stage_event(s, KIND_FILE_CREATED, "WS07", 100, "Microsoft-Windows-Sysmon/Operational", 11);
        stage_field(s, "TargetFilename", path);
        stage_end(s);
        stage_run(s);
        CHECK_INT(s->result.finding_count, i == 0);
        stage_free(s);
        mem_free(s);
    }
}

TEST(signs_know_tickets_got_with_a_stolen_key)
{
    CHECK(deed_of(STR(""), STR("Rubeus.exe asktgt /user:k.ito /rc4:0123456789 /ptt")));
    CHECK(deed_of(STR(""), STR("m.exe \"kerberos::ptt t.kirbi\"")));
    CHECK(!deed_of(STR(""), STR("klist get krbtgt /user:k.ito")));
}

TEST(signs_tell_tools_from_administration)
{
    enum method m;
    unsigned signs;
    str host;

    CHECK_INT(signs_of_service(STR("PSEXESVC"), STR("%SystemRoot%\\PSEXESVC.exe")), SIGN_PSEXEC);
    CHECK(signs_of_service(STR("KqPz"), STR("%systemroot%\\WbTxqLrK.exe")) & SIGN_CLONE);
    CHECK(signs_of_service(STR("a"), STR("%COMSPEC% /Q /c echo cd ^> \\\\127.0.0.1\\C$\\__output"))
          & SIGN_OUTPUT_FILE);
    CHECK_INT(signs_of_service(STR("VMware Tools"),
                               STR("\"C:\\Program Files\\VMware\\vmtoolsd.exe\"")), 0);
    CHECK_INT(signs_of_service(STR("WinDefend"), STR("C:\\ProgramFiles\\MsMpEng.exe")), 0);
    CHECK(signs_of_pipe(STR("\\blabla-NLLT108334-37048-stdin"), &m, &signs, &host));
    CHECK_STR(host, "NLLT108334");
    CHECK(signs & JOIN_PIPE && signs & SIGN_CLONE);
    CHECK(!signs_of_pipe(STR("srvsvc"), &m, &signs, &host));
    CHECK(signs_of_share_file(STR("__1700000000.123"), true, &m) & SIGN_OUTPUT_FILE);
    CHECK(command_reaches(STR("C:\\tools\\PsExec64.exe"),
                          STR("psexec64 -accepteula \\\\FS01 -s cmd.exe"), &m, &host));
    CHECK_STR(host, "FS01");
    CHECK(command_reaches(STR("wmic.exe"), STR("wmic /node:\"DC01\" process call create x"), &m,
                          &host));
    CHECK_STR(host, "DC01");
    CHECK(!command_reaches(STR("cmd.exe"), STR("cmd /c dir \\\\FS01\\x"), &m, &host));
    CHECK(deed_of(STR(""), STR("VSSADMIN.exe Delete Shadows /all /quiet")) != NULL);
    CHECK(deed_of(STR(""), STR("vssadmin list shadows")) == NULL);
    CHECK(deed_of(STR(""), STR("/usr/bin/rm -f /var/log/auth.log")) != NULL);
    CHECK(is_ransom_note(STR("C:\\x\\README_RESTORE_FILES.txt")));
    CHECK(!is_ransom_note(STR("C:\\src\\README.txt")));
}
