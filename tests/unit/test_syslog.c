/* SPDX-License-Identifier: Apache-2.0
 *
 * The syslog envelope in its dialects, the years it does not write, and the payload readers other
 * than sshd (test_sshd.c). */
#include "tests/unit/test.h"
#include "tests/unit/textlog.h"

extern const struct parser parser_syslog, parser_squid, parser_weblog;

static int64_t instant(const char *rfc3339)
{
    str s = str_of(rfc3339);
    int64_t t = TIME_UNKNOWN;
    enum precision precision;
    bool zoned;

    CHECK(str_take_rfc3339(&s, &t, &precision, &zoned) && s.len == 0);
    return t;
}

static const struct envelope_case {
    const char *line, *host, *program, *pid, *message, *time;
    uint32_t flags; /* that must be set */
} envelopes[] = {
    {"Oct  2 14:22:07 fs01 prog[12]: hello", "fs01", "prog", "12", "prog: hello",
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN | EVENT_ZONE_OPEN},
    {"Oct 12 14:22:07 fs01 prog: hello", "fs01", "prog", "", "prog: hello", "2000-10-12T14:22:07Z",
     EVENT_YEAR_OPEN},
    {"Oct  2 14:22:07.411 fs01 prog: hello", "fs01", "prog", "", "prog: hello",
     "2000-10-02T14:22:07.411Z", EVENT_YEAR_OPEN},
    {"<34>Oct  2 14:22:07 fs01 prog: hello", "fs01", "prog", "", "prog: hello",
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"<134> Oct  2 14:22:07 fs01 prog: hello", "fs01", "prog", "", "prog: hello",
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"Feb 29 23:59:60 fs01 prog: leap", "fs01", "prog", "", "prog: leap",
     "2000-02-29T23:59:59.999999999Z", EVENT_YEAR_OPEN},
    {"Oct 02 2024 14:22:07 fs01 prog: hello", "fs01", "prog", "", "prog: hello",
     "2024-10-02T14:22:07Z", EVENT_ZONE_OPEN},
    {"2024-10-02T14:22:07.411231+09:00 fs01 prog[12]: hello", "fs01", "prog", "12", "prog: hello",
     "2024-10-02T05:22:07.411231Z", 0},
    {"2024-10-02T14:22:07Z fs01 prog: hello", "fs01", "prog", "", "prog: hello",
     "2024-10-02T14:22:07Z", 0},
    {"Wed 2024-10-02 14:22:07 JST fs01 prog[12]: journalctl", "fs01", "prog", "12",
     "prog: journalctl", "2024-10-02T05:22:07Z", 0},
    {"Wed 2024-10-02 14:22:07 IST fs01 prog[12]: several zones", "fs01", "prog", "12",
     "prog: several zones", "2024-10-02T14:22:07Z", EVENT_ZONE_OPEN},
    {"Wed 2024-10-02 14:22:07 +0530 fs01 prog[12]: offset", "fs01", "prog", "12", "prog: offset",
     "2024-10-02T08:52:07Z", 0},
    {"Wed 2024-10-02 14:22:07 UTC fs01 prog[12]: journalctl", "fs01", "prog", "12",
     "prog: journalctl", "2024-10-02T14:22:07Z", 0},
    {"<34>1 2024-10-02T14:22:07.003Z fs01 su 11 ID47 - \xef\xbb\xbfhello", "fs01", "su", "11",
     "su: hello", "2024-10-02T14:22:07.003Z", 0},
    {"<165>1 2024-10-02T14:22:07.003Z fs01 evntslog - ID47 [ex@32473 iut=\"3\" a=\"x\\\"]y\"][b c=\"d\"] "
     "An entry",
     "fs01", "evntslog", "", "evntslog: An entry", "2024-10-02T14:22:07.003Z", 0},
    {"61 <34>1 2024-10-02T14:22:07Z fs01 su - - - counted octets", "fs01", "su", "",
     "su: counted octets", "2024-10-02T14:22:07Z", 0},
    {"<34>1 - - - - - - nothing known", "FS01", "", "", "nothing known", NULL,
     EVENT_TIME_MISSING | EVENT_HOST_FROM_SYSTEM},
    {"Oct  2 14:22:07 prog[12]: no host", "FS01", "prog", "12", "prog: no host",
     "2000-10-02T14:22:07Z", EVENT_HOST_FROM_SYSTEM},
    {"Oct  2 14:22:07 [prog] metalog", "FS01", "prog", "", "prog: metalog", "2000-10-02T14:22:07Z",
     EVENT_HOST_FROM_SYSTEM},
    {"Oct  2 14:22:07 fs01 kernel: [12.5] eth0: link up", "fs01", "kernel", "",
     "kernel: [12.5] eth0: link up", "2000-10-02T14:22:07Z", 0},
    {"Oct  2 14:22:07 fs01 prog(module)[12]: old PAM", "fs01", "prog", "12", "prog: old PAM",
     "2000-10-02T14:22:07Z", 0},
    {"Oct  2 14:22:07 fs01 prog[12]: [ID 800047 auth.info] Solaris", "fs01", "prog", "12",
     "prog: Solaris", "2000-10-02T14:22:07Z", 0},
    {"Oct  2 14:22:07 mac com.apple.xpc.launchd[1] (com.apple.x): macOS", "mac",
     "com.apple.xpc.launchd", "1", "com.apple.xpc.launchd: macOS", "2000-10-02T14:22:07Z", 0},
    {"Oct  2 14:22:07 fs01 prog[12]: carriage return\r", "fs01", "prog", "12",
     "prog: carriage return", "2000-10-02T14:22:07Z", 0},
    {"\x1b[32mOct  2 14:22:07\x1b[0m fs01 prog[12]: \x1b[1;31mred\x1b[0m", "fs01", "prog", "12",
     "prog: red", "2000-10-02T14:22:07Z", 0},
    {"<189>date=2024-10-02 time=14:22:07 devname=\"FW\" tz=\"+0200\" logid=\"1\"", "FW",
     "fortios", "", NULL, "2024-10-02T12:22:07Z", 0},
    {"date=2024-10-02,time=14:22:07,devname=\"FW\",eventtime=1727871727123456789,tz=\"+0200\"",
     "FS01", "fortios", "", NULL, "2024-10-02T12:22:07.123456789Z", 0},
    {"date=2024-10-02 time=14:22:07 eventtime=1527871727 devname=\"FW\"", "FW", "fortios", "",
     NULL, "2024-10-02T14:22:07Z", EVENT_ZONE_OPEN},
    {"Oct  2 14:22:07 mac Microsoft Word[12]: blanks", "mac", "Microsoft Word", "12",
     "Microsoft Word: blanks", "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"Oct  2 14:22:07 fs01 syslogd 1.4.1: restart.", "fs01", "syslogd", "", NULL,
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"Oct  2 14:22:07 fs01 a sentence: no tag", "fs01", "", "", "a sentence: no tag",
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"Oct 2 14:22:07 fs01 prog: one digit", "fs01", "prog", "", "prog: one digit",
     "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"Oct 02 14:22:07 fs01 prog: zero", "fs01", "prog", "", "prog: zero", "2000-10-02T14:22:07Z",
     EVENT_YEAR_OPEN},
    {"Oct  2 14:22:07 2024 fs01 prog: year behind", "fs01", "prog", "", "prog: year behind",
     "2024-10-02T14:22:07Z", EVENT_ZONE_OPEN},
    {"2024 Oct  2 14:22:07.123 fs01 prog: NX-OS", "fs01", "prog", "", "prog: NX-OS",
     "2024-10-02T14:22:07.123Z", EVENT_ZONE_OPEN},
    {"<189>29: 000031: *Oct  2 14:22:07.003 UTC: %SYS-5-CONFIG_I: Configured", "FS01",
     "%SYS-5-CONFIG_I", "", NULL, "2000-10-02T14:22:07.003Z", EVENT_YEAR_OPEN},
    {"<189>29: .Oct  2 14:22:07.003 JST: %SYS-5-CONFIG_I: Configured", "FS01", "%SYS-5-CONFIG_I",
     "", NULL, "2000-10-02T05:22:07.003Z", EVENT_YEAR_OPEN},
    {"Oct  2 14:22:07 10.1.1.1 31: *Oct  2 14:22:06.9 UTC: %SYS-5-CONFIG_I: Configured",
     "10.1.1.1", "%SYS-5-CONFIG_I", "", NULL, "2000-10-02T14:22:07Z",
     EVENT_YEAR_OPEN | EVENT_ZONE_OPEN},
    {"Oct 02 2024 14:22:07 UTC: %ASA-6-1: x", "FS01", "%ASA-6-1", "", NULL, "2024-10-02T14:22:07Z",
     0},
    {"M\xc3\xa4r  2 14:22:07 fs01 prog[12]: German", "fs01", "prog", "12", "prog: German",
     "2000-03-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"d\xe9" "c.  2 14:22:07 fs01 prog[12]: French, Latin-1", "fs01", "prog", "12",
     "prog: French, Latin-1", "2000-12-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"10\xe6\x9c\x88  2 14:22:07 fs01 prog[12]: Japanese", "fs01", "prog", "12",
     "prog: Japanese", "2000-10-02T14:22:07Z", EVENT_YEAR_OPEN},
    {"1727878927 fs01 prog[12]: epoch", "fs01", "prog", "12", "prog: epoch",
     "2024-10-02T14:22:07Z", 0},
    {"@4000000066fd57190d2f4c58 prog[12]: TAI64N", "FS01", "prog", "12", "prog: TAI64N",
     "2024-10-02T14:22:07.221203544Z", EVENT_HOST_FROM_SYSTEM},
    {"<13>2024-10-02 14:22:07 fs01 prog: blank for T", "fs01", "prog", "", "prog: blank for T",
     "2024-10-02T14:22:07Z", EVENT_ZONE_OPEN},
    {"2024-10-02T14:22:07.1234567890123+02:00 fs01 prog: many digits", "fs01", "prog", "",
     "prog: many digits", "2024-10-02T12:22:07.123456789Z", 0},
    {"<34>1 2024-10-02T14:22:07.003+02:00 fs01 app - - - text", "fs01", "app", "", "app: text",
     "2024-10-02T12:22:07.003Z", 0},
    {"\xef\xbb\xbfOct  2 14:22:07 fs01 prog[12]: BOM", "fs01", "prog", "12", "prog: BOM",
     "2000-10-02T14:22:07Z", 0},
    {"Oct  2 14:22:07 fs01 prog[12]: bad \xff byte", "fs01", "prog", "12", NULL,
     "2000-10-02T14:22:07Z", EVENT_TEXT_REPAIRED},
};

TEST(syslog_envelope_dialects)
{
    for (size_t i = 0; i < array_len(envelopes); i++) {
        const struct envelope_case *c = &envelopes[i];
        struct batch b;
        const struct event *e = textlog_one(&parser_syslog, &b, c->line);
        if (!e) {
            test_failed(__FILE__, __LINE__, "no event: %s", c->line);
            batch_free(&b);
            continue;
        }
        CHECK_STR(names_text(&b.names, e->host), c->host);
        CHECK_STR(event_text(e, STR("log.syslog.appname"), &b.arena), c->program);
        CHECK_STR(event_text(e, STR("log.syslog.procid"), &b.arena), c->pid);
        if (c->message)
            CHECK_STR(event_text(e, STR("message"), &b.arena), c->message);
        CHECK_INT(e->time_ns, c->time ? instant(c->time) : TIME_UNKNOWN);
        CHECK_INT(e->flags & c->flags, c->flags);
        batch_free(&b);
    }
}

TEST(syslog_priority_and_structured_data_are_fields)
{
    struct batch b;
    const struct event *e = textlog_one(
        &parser_syslog, &b, "<86>1 2024-10-02T14:22:07Z fs01 sshd 812 ID47 [a b=\"c\"] text");

    if (e) {
        CHECK_STR(event_text(e, STR("log.syslog.priority"), &b.arena), "86");
        CHECK_STR(event_text(e, STR("log.syslog.facility.name"), &b.arena), "authpriv");
        CHECK_STR(event_text(e, STR("log.syslog.severity.name"), &b.arena), "informational");
        CHECK_STR(event_text(e, STR("log.syslog.msgid"), &b.arena), "ID47");
        CHECK_STR(event_text(e, STR("log.syslog.structured_data"), &b.arena), "[a b=\"c\"]");
        CHECK_STR(event_text(e, STR("process.pid"), &b.arena), "812");
    }
    batch_free(&b);
}

TEST(syslog_new_years_are_counted)
{
    static const struct {
        const char *stamp;
        unsigned year;
    } lines[] = {{"Nov 30", 0}, {"Dec 31", 0}, {"Jan  1", 1}, {"Dec 31", 0}, {"Jan  1", 1},
                 {"Feb  3", 1}, {"Jan 31", 1}, {"Oct  9", 1}, {"Mar  2", 2}, {"Dec  2", 2},
                 {"Jan  5", 3}};
    struct buf text = {0};

    for (size_t i = 0; i < array_len(lines); i++)
        buf_printf(&text, "%s 10:00:00 fs01 prog: x\n", lines[i].stamp);
    struct batch b = textlog_parse(&parser_syslog, buf_view(&text));
    CHECK_INT(b.count, array_len(lines));
    for (size_t i = 0; i < b.count; i++)
        CHECK_INT(b.events[i]->year_index, lines[i].year);
    batch_free(&b);

    /* Cut anywhere, the carried state gives the second job the same years. */
    for (size_t cut = 0; cut < array_len(lines); cut++) {
        size_t at = cut * (text.len / array_len(lines));
        struct carry carry = {{0}};
        struct hints hints = {.messages = false};
        parser_syslog.carry(&carry, str_head(buf_view(&text), at));
        struct input in = {.bytes = str_skip(buf_view(&text), at), .carry = &carry, .hints = &hints};
        struct batch second = {.count = 0};
        parser_syslog.parse(&in, &second);
        CHECK_INT(second.count, array_len(lines) - cut);
        for (size_t i = 0; i < second.count; i++)
            CHECK_INT(second.events[i]->year_index, lines[cut + i].year);
        batch_free(&second);
    }
    buf_free(&text);
}

TEST(syslog_zone_of_a_line_without_year_moves_it_across_new_year)
{
    static const char log[] = "Dec 31 23:30:00 JST: %SYS-5-A: x\nJan  1 00:30:00 JST: %SYS-5-A: y\n"
                              "Dec 31 23:30:00 EST: %SYS-5-A: z\n";
    struct batch b = textlog_parse(&parser_syslog, str_of(log));

    CHECK_INT(b.count, 3);
    CHECK_INT(b.events[1]->year_index, 0);
    CHECK_INT(b.events[1]->time_ns, instant("2000-12-31T15:30:00Z"));
    CHECK_INT(b.events[2]->year_index, 1);
    CHECK_INT(b.events[2]->time_ns, instant("2000-01-01T04:30:00Z"));
    batch_free(&b);
}

TEST(syslog_counted_octets_without_line_ends_are_messages)
{
    static const char log[] = "44 <34>1 2024-10-02T14:22:07Z fs01 su - - - one"
                              "46 <34>1 2024-10-02T14:22:08Z fs01 su 7 - - 5 <3>"
                              "36 <34>Oct  2 14:22:09 fs01 su: three\n\n";
    struct batch b = textlog_parse(&parser_syslog, str_of(log));

    CHECK_INT(b.count, 3);
    if (b.count == 3) {
        CHECK_STR(event_text(b.events[0], STR("message"), &b.arena), "su: one");
        CHECK_STR(event_text(b.events[1], STR("message"), &b.arena), "su: 5 <3>");
        CHECK_STR(event_text(b.events[2], STR("message"), &b.arena), "su: three");
        CHECK_INT(b.events[2]->offset, 96);
    }
    batch_free(&b);
}

TEST(syslog_weekday_without_year_is_kept_for_settling)
{
    struct batch b;
    const struct event *e = textlog_one(&parser_syslog, &b, "Wed Oct  2 14:22:07 fs01 prog[1]: x");

    if (e)
        CHECK_INT((e->flags & EVENT_WEEKDAY) >> EVENT_WEEKDAY_SHIFT, 4);
    batch_free(&b);
}

TEST(syslog_months_of_one_digit_days_are_counted)
{
    static const char log[] = "Dec 9 10:00:00 fs01 prog: x\nJan 2 10:00:00 fs01 prog: y\n"
                              "d\xc3\xa9" "c.  2 10:00:00 fs01 prog: y\n"
                              "janv.  2 10:00:00 fs01 prog: y\n";
    struct batch b = textlog_parse(&parser_syslog, str_of(log));

    CHECK_INT(b.count, 4);
    CHECK_INT(b.events[1]->year_index, 1);
    CHECK_INT(b.events[2]->year_index, 0);
    CHECK_INT(b.events[3]->year_index, 1);
    batch_free(&b);
}

TEST(syslog_continuation_belongs_to_its_line)
{
    struct batch b = textlog_parse(&parser_syslog,
                                   STR("Oct  2 14:22:07 fs01 app[1]: Exception\n"
                                       "\tat one\n"
                                       "  at two\n"
                                       "Oct  2 14:22:08 fs01 app[1]: next\n"));

    CHECK_INT(b.count, 2);
    CHECK_INT(b.damaged, 0);
    CHECK_STR(event_text(b.events[0], STR("message"), &b.arena),
              "app: Exception\n\tat one\n  at two");
    CHECK(!parser_syslog.starts(STR("\tat one")));
    CHECK(parser_syslog.starts(STR("Oct  2 14:22:08 fs01 app[1]: next")));
    batch_free(&b);
}

TEST(syslog_unreadable_lines_are_counted_with_their_offset)
{
    struct batch b = textlog_parse(&parser_syslog, STR("Oct  2 14:22:07 fs01 app[1]: one\n"
                                                       "no stamp at all\n"
                                                       "-- Boot 0123456789abcdef --\n"
                                                       "\n"
                                                       "\0\0\0\0\n"
                                                       "\0\0Oct  2 14:22:08 fs01 app[1]: two\n"));

    CHECK_INT(b.count, 2);
    CHECK_INT(b.damaged, 2);
    CHECK_INT(b.skipped, 2);
    CHECK_INT(b.notes[0].offset, 33);
    CHECK_STR(b.notes[0].text, "no syslog line: no stamp at all");
    batch_free(&b);
}

TEST(syslog_repeats_are_counted)
{
    struct batch b;
    uint64_t n = 0;
    const struct event *e = textlog_one(&parser_syslog, &b,
                                        "Oct  2 14:22:07 fs01 sshd[812]: message repeated 4 times: "
                                        "[ Failed password for root from 203.0.113.7 port 5 ssh2]");

    CHECK(e && e->kind == KIND_LOGON_FAILED && e->src_port == 5);
    CHECK(e && event_number(e, STR("repeated"), &n) && n == 4);
    batch_free(&b);
    e = textlog_one(&parser_syslog, &b, "Oct  2 14:22:07 fs01 last message repeated 3 times");
    CHECK(e && event_number(e, STR("repeated"), &n) && n == 3);
    CHECK(e && str_eq(names_text(&b.names, e->host), STR("fs01")));
    batch_free(&b);
}

TEST(syslog_users_and_commands)
{
#define LINE(prog) "Oct  2 14:22:07 fs01 " prog ": "
    static const struct textlog_case cases[] = {
        {LINE("sudo") "  deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/id -a",
         KIND_COMMAND, OUTCOME_SUCCESS, "deploy", "root", NULL, NULL, "process.command_line",
         "/usr/bin/id -a", "sudo: deploy runs as root: /usr/bin/id -a"},
        {LINE("sudo") "deploy : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/bin/echo ; USER=x ; "
                      "COMMAND=y",
         KIND_COMMAND, OUTCOME_SUCCESS, "deploy", "root", NULL, NULL, "process.command_line",
         "/bin/echo ; USER=x ; COMMAND=y", NULL},
        {LINE("sudo") "k.ito : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/tmp ; USER=root ; "
                      "COMMAND=/bin/sh",
         KIND_COMMAND, OUTCOME_FAILURE, "k.ito", "root", NULL, NULL, "event.reason",
         "3 incorrect password attempts", NULL},
        {LINE("pkexec[44]") "k.ito: Executing command [USER=root] [TTY=unknown] [CWD=/home/k.ito] "
                            "[COMMAND=/usr/bin/id]",
         KIND_COMMAND, OUTCOME_SUCCESS, "k.ito", "root", NULL, NULL, "process.command_line",
         "/usr/bin/id", NULL},
        {LINE("doas") "k.ito ran command /bin/sh -c id as root from /home/k.ito", KIND_COMMAND,
         OUTCOME_SUCCESS, "k.ito", "root", NULL, NULL, "process.command_line", "/bin/sh -c id",
         NULL},
        {LINE("bash[44]") "HISTORY: PID=44 UID=1001 rm -rf /var/backups", KIND_COMMAND,
         OUTCOME_UNKNOWN, NULL, NULL, NULL, NULL, "process.command_line", "rm -rf /var/backups",
         "Shell: UID 1001 runs: rm -rf /var/backups"},
        {"2024-10-02T14:22:07Z shell[2101]: [root]: esxcli vm process kill --type=force "
         "--world-id=7",
         KIND_COMMAND, OUTCOME_UNKNOWN, "root", NULL, NULL, NULL, NULL, NULL,
         "Shell: root runs: esxcli vm process kill --type=force --world-id=7"},
        {LINE("rsyslogd") "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"5\"] exiting "
                          "on signal 15.",
         KIND_LOG_SERVICE, OUTCOME_UNKNOWN, NULL, NULL, NULL, NULL, NULL, NULL, "Log daemon stops"},
        {LINE("su[44]") "(to root) deploy on pts/1", KIND_EXPLICIT_CREDENTIALS, OUTCOME_SUCCESS,
         "deploy", "root", NULL, NULL, "tty", "pts/1", "su: deploy becomes root on pts/1"},
        {LINE("su[44]") "FAILED SU (to root) deploy on pts/1", KIND_EXPLICIT_CREDENTIALS,
         OUTCOME_FAILURE, "deploy", "root", NULL, NULL, NULL, NULL, NULL},
        {LINE("login[3]") "FAILED LOGIN (2) on '/dev/tty1' FOR 'root', Authentication failure",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "root", NULL, NULL, "tty", "/dev/tty1", NULL},
        {LINE("login[3]") "ROOT LOGIN  on '/dev/tty1'", KIND_LOGON, OUTCOME_SUCCESS, NULL, "root",
         NULL, NULL, NULL, NULL, "Console login: root on /dev/tty1"},
        {LINE("sshd(pam_unix)[19]") "authentication failure; logname= uid=0 euid=0 tty=NODEVssh "
                                    "ruser= rhost=203.0.113.7  user=root",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "root", "203.0.113.7", "fs01", NULL, NULL, NULL},
        {LINE("gdm-password][9]") "pam_unix(gdm-password:session): session opened for user k.ito(uid=1000) by "
                        "(uid=0)",
         KIND_SESSION_OPEN, OUTCOME_SUCCESS, NULL, "k.ito", NULL, NULL, "service.name",
         "gdm-password", "Session opened: k.ito"},
        {LINE("useradd[5]") "new user: name=svc-bk, UID=1004, GID=1004, home=/home/svc-bk, "
                            "shell=/bin/bash, from=/dev/pts/0",
         KIND_ACCOUNT_CREATED, OUTCOME_SUCCESS, NULL, "svc-bk", NULL, NULL, "unix_uid", "1004",
         "Account created: svc-bk (UID 1004)"},
        {LINE("usermod[5]") "add 'svc-bk' to group 'sudo'", KIND_GROUP_MEMBER_ADDED,
         OUTCOME_SUCCESS, NULL, "svc-bk", NULL, NULL, "group.name", "sudo",
         "svc-bk joins group sudo"},
        {LINE("userdel[5]") "delete user 'svc-bk'", KIND_ACCOUNT_DELETED, OUTCOME_SUCCESS, NULL,
         "svc-bk", NULL, NULL, NULL, NULL, NULL},
        {LINE("passwd[5]") "pam_unix(passwd:chauthtok): password changed for svc-bk",
         KIND_PASSWORD_CHANGED, OUTCOME_SUCCESS, NULL, "svc-bk", NULL, NULL, NULL, NULL, NULL},
        {LINE("CRON[7]") "(root) CMD (   /usr/local/bin/sync.sh)", KIND_TASK_RUN, OUTCOME_UNKNOWN,
         NULL, "root", NULL, NULL, "process.command_line", "/usr/local/bin/sync.sh",
         "cron runs as root: /usr/local/bin/sync.sh"},
        {LINE("crontab[7]") "(deploy) REPLACE (deploy)", KIND_TASK_CHANGED, OUTCOME_UNKNOWN, NULL,
         "deploy", NULL, NULL, NULL, NULL, NULL},
        {LINE("systemd-logind[5]") "New session 12 of user deploy.", KIND_SESSION_OPEN,
         OUTCOME_SUCCESS, NULL, "deploy", NULL, NULL, "session.id", "12", NULL},
        {LINE("systemd-logind[5]") "Removed session 12.", KIND_SESSION_CLOSE, OUTCOME_UNKNOWN, NULL,
         NULL, NULL, NULL, "session.id", "12", NULL},
        {LINE("systemd[1]") "Stopped Backup Service.", KIND_SERVICE_STATE, OUTCOME_UNKNOWN, NULL,
         NULL, NULL, NULL, "service.name", "Backup Service", "Service stopped: Backup Service"},
    };
    textlog_check(&parser_syslog, cases, array_len(cases));
}

TEST(syslog_network_and_vpn)
{
    static const struct textlog_case cases[] = {
        {LINE("kernel") "[1.5] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=10.0.5.3 DST=10.0.5.9 LEN=60 "
                        "PROTO=TCP SPT=51122 DPT=22 WINDOW=64240 SYN",
         KIND_CONNECTION_BLOCKED, OUTCOME_FAILURE, NULL, NULL, "10.0.5.3:51122", "10.0.5.9:22",
         "network.transport", "TCP", NULL},
        {LINE("dhcpd[9]") "DHCPACK on 10.20.3.15 to 00:11:22:33:44:55 (WS07) via eth0",
         KIND_ADDRESS_LEASE, OUTCOME_SUCCESS, NULL, NULL, "WS07", "10.20.3.15", "source.mac",
         "00:11:22:33:44:55", NULL},
        {LINE("dhclient[9]") "bound to 10.20.3.16 -- renewal in 1700 seconds.", KIND_ADDRESS_LEASE,
         OUTCOME_SUCCESS, NULL, NULL, "fs01", "10.20.3.16", "lease.ip", "10.20.3.16", NULL},
        {LINE("dropbear[9]") "Pubkey auth succeeded for 'root' with ssh-ed25519 key SHA256:abc from "
                             "10.0.5.3:51122",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "root", "10.0.5.3:51122", "fs01", "key.fingerprint",
         "SHA256:abc", NULL},
        {LINE("Hostd") "info hostd[2099] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 152 : User "
                       "root@10.0.5.3 logged in as VMware-client/6.5.0",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "root", "10.0.5.3", "fs01", NULL, NULL,
         "ESXi login: root from 10.0.5.3"},
        {LINE("vsftpd[9]") "[backup] OK UPLOAD: Client \"10.0.5.3\", \"/out/a.7z\", 7340032 bytes, "
                           "812.03Kbyte/sec",
         KIND_TRANSFER, OUTCOME_SUCCESS, "backup", NULL, "10.0.5.3", NULL, "file.path",
         "/out/a.7z", "FTP upload: backup from 10.0.5.3, 7340032 bytes: /out/a.7z"},
        {LINE("openvpn[9]") "203.0.113.7:51000 [t.kuroda] Peer Connection Initiated with "
                            "[AF_INET]203.0.113.7:51000",
         KIND_VPN_LOGON, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7:51000", "fs01", NULL, NULL,
         "VPN login: t.kuroda from 203.0.113.7:51000"},
        {LINE("openvpn[9]") "t.kuroda/203.0.113.7:51000 MULTI: Learn: 10.8.0.6 -> "
                            "t.kuroda/203.0.113.7:51000",
         KIND_VPN_LEASE, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7:51000", "10.8.0.6",
         "lease.ip", "10.8.0.6", NULL},
        {LINE("ovpn-office[9]") "t.kuroda/203.0.113.7:51000 MULTI: primary virtual IP for "
                                "t.kuroda/203.0.113.7:51000: 10.8.0.6",
         KIND_VPN_LEASE, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7:51000", "10.8.0.6", NULL,
         NULL, NULL},
        {LINE("openvpn[9]") "t.kuroda/203.0.113.7:51000 SIGTERM[soft,remote-exit] received, "
                            "client-instance exiting",
         KIND_VPN_LOGOFF, OUTCOME_UNKNOWN, NULL, "t.kuroda", "203.0.113.7:51000", NULL, NULL, NULL,
         NULL},
        {LINE("openvpn[9]") "203.0.113.7:51000 TLS Auth Error: Auth Username/Password verification "
                            "failed for peer",
         KIND_VPN_LOGON_FAILED, OUTCOME_FAILURE, NULL, NULL, "203.0.113.7:51000", NULL, NULL, NULL,
         NULL},
        {LINE("charon[9]") "05[IKE] <ra|3> IKE_SA ra[3] established between "
                           "198.51.100.1[vpn.example.net]...203.0.113.7[t.kuroda]",
         KIND_VPN_LOGON, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7", NULL, NULL, NULL, NULL},
        {LINE("charon[9]") "05[IKE] <ra|3> assigning virtual IP 10.9.0.2 to peer 't.kuroda'",
         KIND_VPN_LEASE, OUTCOME_SUCCESS, NULL, "t.kuroda", NULL, "10.9.0.2", NULL, NULL, NULL},
        {"<166>Oct 02 2024 14:22:07 asa01 : %ASA-6-722051: Group <RA> User <t.kuroda> IP "
         "<203.0.113.7> IPv4 Address <10.10.0.7> IPv6 address <::> assigned to session",
         KIND_VPN_LEASE, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7", "10.10.0.7", "lease.ip",
         "10.10.0.7", NULL},
        {"<164>Oct 02 2024 14:22:07 asa01 : %ASA-4-113019: Group = RA, Username = t.kuroda, IP = "
         "203.0.113.7, Session disconnected. Session Type: SSL, Duration: 0h:10m:22s, Bytes xmt: "
         "1000, Bytes rcv: 2000, Reason: User Requested",
         KIND_VPN_LOGOFF, OUTCOME_UNKNOWN, NULL, "t.kuroda", "203.0.113.7", "asa01", "duration",
         "0h:10m:22s", NULL},
        {"<189>date=2024-10-02 time=14:22:07 devname=\"FW1\" logid=\"0101039947\" type=\"event\" "
         "subtype=\"vpn\" action=\"tunnel-up\" remip=203.0.113.7 tunnelip=10.212.134.200 "
         "user=\"t.kuroda\" msg=\"SSL tunnel established\"",
         KIND_VPN_LEASE, OUTCOME_SUCCESS, NULL, "t.kuroda", "203.0.113.7", "10.212.134.200", NULL,
         NULL, NULL},
    };
    textlog_check(&parser_syslog, cases, array_len(cases));
}

TEST(syslog_asa_code_is_the_message_number)
{
    struct batch b;
    const struct event *e = textlog_one(
        &parser_syslog, &b,
        "<166>Oct 02 2024 14:22:07: %ASA-6-113039: Group <RA> User <u> IP <203.0.113.7> AnyConnect "
        "parent session started.");

    CHECK(e && e->code == 113039 && e->kind == KIND_VPN_LOGON);
    CHECK(e && (e->flags & EVENT_HOST_FROM_SYSTEM));
    batch_free(&b);
}

TEST(syslog_example_is_its_own_and_nobody_elses)
{
    str example = str_of(parser_syslog.example);

    CHECK_INT(textlog_probe(&parser_syslog, example), 100);
    CHECK_INT(textlog_probe(&parser_squid, example), 0);
    CHECK_INT(textlog_probe(&parser_weblog, example), 0);
    CHECK_INT(textlog_probe(&parser_syslog, str_of(parser_squid.example)), 0);
    CHECK_INT(textlog_probe(&parser_syslog, str_of(parser_weblog.example)), 0);
    CHECK_INT(textlog_probe(&parser_syslog, STR("2024-10-02 14:22:07,411 INFO main: started\n")), 0);
    CHECK_INT(textlog_probe(&parser_syslog, STR("2024-10-02T14:22:07Z ERROR main: failed\n")), 0);
    CHECK_INT(textlog_probe(&parser_syslog, STR("O\0c\0t\0 \0 \0" "2\0 \0" "1\0" "4\0:\0\n\0")), 0);
    CHECK_INT(textlog_probe(&parser_syslog, STR("")), 0);
}

TEST(syslog_survives_cuts_and_changes)
{
    for (size_t i = 0; i < array_len(envelopes); i++)
        textlog_survives(&parser_syslog, str_of(envelopes[i].line));
    textlog_survives(&parser_syslog, str_of(parser_syslog.example));
    textlog_survives(&parser_syslog,
                     STR(LINE("kernel") "[UFW BLOCK] IN=e OUT= SRC=10.0.5.3 DST=10.0.5.9 DPT=22"));
    textlog_survives(&parser_syslog, STR("<189>date=2024-10-02 time=14:22:07 devname=\"FW1\" "
                                         "subtype=\"vpn\" action=\"tunnel-up\" user=\"t\""));
}

TEST(syslog_hostile_line_takes_no_longer_than_its_length)
{
    /* A megabyte made of what captures look for. */
    struct buf text = {0};

    buf_str(&text, STR(LINE("sshd[1]") "Failed password for invalid user "));
    while (text.len < 60000)
        buf_str(&text, STR(" from 10.0.0.1 port 22 ssh2: RSA x ID y (serial 1) CA "));
    struct batch b = textlog_parse(&parser_syslog, buf_view(&text));
    CHECK_INT(b.count, 1);
    batch_free(&b);
    buf_free(&text);
}

/* Files of the shared corpora, and what each parser must say of them. */
TEST(syslog_corpora_are_claimed_by_the_right_parser)
{
    static const struct {
        const char *path;
        const struct parser *owner;
        int least;
    } files[] = {
        {"syslog/loghub/Linux/Linux_2k.log", &parser_syslog, 95},
        {"syslog/loghub/Mac/Mac_2k.log", &parser_syslog, 90},
        {"syslog/elastic-examples/auth.log", &parser_syslog, 95},
        {"syslog/lnav/logfile_syslog.0", &parser_syslog, 95},
        {"syslog/metron/syslog5424/raw/Syslog5424Output", &parser_syslog, 95},
        {"syslog/masstin-synthetic/vpn/cisco-anyconnect.sample.log", &parser_syslog, 95},
        {"syslog/masstin-synthetic/vpn/openvpn.sample.log", &parser_syslog, 95},
        {"proxy/metron/squid/raw/SquidExampleOutput", &parser_squid, 95},
        {"proxy/masstin-synthetic/proxy/squid.sample.log", &parser_squid, 95},
        {"proxy/elastic-integrations/squid-test-access-extensive.log", &parser_squid, 95},
        {"proxy/lnav/logfile_shop_access_log.0", &parser_weblog, 95},
        {"proxy/elastic-package/apache/access/test-access-ubuntu.log", &parser_weblog, 95},
        {"proxy/elastic-package/apache/access/test-access-vhost.log", &parser_weblog, 95},
    };
    const struct parser *const all[] = {&parser_syslog, &parser_squid, &parser_weblog};
    char *text = mem_alloc(1 << 20);

    if (!test_corpora()) {
        mem_free(text);
        SKIP("no shared corpora");
    }
    for (size_t i = 0; i < array_len(files); i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", test_corpora(), files[i].path);
        FILE *in = fopen(path, "rb");
        CHECK(in != NULL);
        if (!in)
            continue;
        str whole = {text, fread(text, 1, 1 << 20, in)};
        fclose(in);
        for (size_t k = 0; k < array_len(all); k++) {
            int score = textlog_probe(all[k], str_head(whole, 64 * 1024));
            CHECK(all[k] == files[i].owner ? score >= files[i].least : score == 0);
        }
        struct batch b = textlog_parse(files[i].owner, whole);
        CHECK(b.damaged * 100 <= b.count * 2);
        batch_free(&b);
    }
    mem_free(text);
}
