/* SPDX-License-Identifier: Apache-2.0
 *
 * The wordings of OpenSSH's server, and that a user name cannot imitate an address. */
#include "tests/unit/test.h"
#include "tests/unit/textlog.h"

extern const struct parser parser_syslog;

#define SSHD "Oct  2 14:22:07 fs01 sshd[812]: "

TEST(sshd_login_wordings)
{
    static const struct textlog_case cases[] = {
        {SSHD "Accepted publickey for deploy from 10.0.5.3 port 51122 ssh2: ED25519 SHA256:uNiVzt",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "deploy", "10.0.5.3:51122", "fs01", "key.fingerprint",
         "SHA256:uNiVzt",
         "SSH login accepted: deploy from 10.0.5.3:51122 by publickey ED25519 SHA256:uNiVzt"},
        {SSHD "Accepted password for root from 2001:db8::7 port 40022 ssh2", KIND_LOGON,
         OUTCOME_SUCCESS, NULL, "root", "2001:db8::7:40022", "fs01", "auth.method", "password",
         "SSH login accepted: root from 2001:db8::7:40022 by password"},
        {SSHD "Accepted keyboard-interactive/pam for k.ito from 10.0.5.4 port 40023 ssh2",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "k.ito", "10.0.5.4:40023", NULL, "auth.method",
         "keyboard-interactive/pam", NULL},
        {SSHD "Accepted publickey for deploy from 10.0.5.3 port 51122 ssh2: RSA-CERT ID deploy@ops "
              "(serial 12) CA RSA SHA256:caca",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "deploy", "10.0.5.3:51122", NULL, "key.fingerprint",
         "SHA256:caca", NULL},
        {SSHD "Accepted publickey for deploy from 10.0.5.3 port 51122 ssh2: ED25519-CERT "
              "SHA256:beef ID deploy@ops (serial 12) CA ED25519 SHA256:caca",
         KIND_LOGON, OUTCOME_SUCCESS, NULL, "deploy", NULL, NULL, "key.fingerprint", "SHA256:beef",
         NULL},
        {"Oct  2 14:22:07 fs01 sshd-session[812]: Failed password for root from 203.0.113.7 port "
         "50273 ssh2",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "root", "203.0.113.7:50273", "fs01", NULL, NULL,
         "SSH login failed: root from 203.0.113.7:50273 by password"},
        {SSHD "Failed password for invalid user oracle from 203.0.113.7 port 50273 ssh2",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "oracle", "203.0.113.7:50273", NULL, NULL, NULL,
         "SSH login failed: unknown user oracle from 203.0.113.7:50273 by password"},
        {SSHD "Failed publickey for git from 192.0.2.1 port 57904 ssh2: RSA SHA256:abab",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "git", "192.0.2.1:57904", NULL, "key.type",
         "RSA", NULL},
        {SSHD "Failed none for invalid user  from 203.0.113.7 port 1 ssh2", KIND_LOGON_FAILED,
         OUTCOME_FAILURE, NULL, "", "203.0.113.7:1", NULL, NULL, NULL, NULL},
        {SSHD "Invalid user guest from 203.0.113.7 port 50274", KIND_LOGON_FAILED, OUTCOME_FAILURE,
         NULL, "guest", "203.0.113.7:50274", NULL, NULL, NULL, NULL},
        {SSHD "User www-data from 203.0.113.7 not allowed because not listed in AllowUsers",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "www-data", "203.0.113.7", NULL, "event.reason",
         "not listed in AllowUsers", NULL},
        {SSHD "error: maximum authentication attempts exceeded for root from 203.0.113.7 port "
              "50275 ssh2 [preauth]",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, "root", "203.0.113.7:50275", NULL, NULL, NULL,
         NULL},
        {SSHD "fatal: Timeout before authentication for 203.0.113.7 port 50276",
         KIND_LOGON_FAILED, OUTCOME_FAILURE, NULL, NULL, "203.0.113.7:50276", NULL, NULL, NULL,
         NULL},
    };
    textlog_check(&parser_syslog, cases, array_len(cases));
}

TEST(sshd_connection_wordings)
{
    static const struct textlog_case cases[] = {
        {SSHD "Connection from 10.0.5.3 port 51122 on 10.0.5.9 port 22 rdomain \"\"",
         KIND_CONNECTION, OUTCOME_UNKNOWN, NULL, NULL, "10.0.5.3:51122", "10.0.5.9:22", NULL, NULL,
         NULL},
        {SSHD "Connection closed by authenticating user root 203.0.113.7 port 46038 [preauth]",
         KIND_SESSION_DISCONNECT, OUTCOME_FAILURE, NULL, "root", "203.0.113.7:46038", NULL, NULL,
         NULL, NULL},
        {SSHD "Connection reset by 203.0.113.7 port 14282 [preauth]", KIND_SESSION_DISCONNECT,
         OUTCOME_UNKNOWN, NULL, NULL, "203.0.113.7:14282", NULL, NULL, NULL, NULL},
        {SSHD "Disconnected from user deploy 10.0.5.3 port 51122", KIND_LOGOFF, OUTCOME_UNKNOWN,
         NULL, "deploy", "10.0.5.3:51122", NULL, NULL, NULL,
         "SSH logoff: deploy from 10.0.5.3:51122"},
        {SSHD "Disconnected from invalid user admin 203.0.113.7 port 33553 [preauth]",
         KIND_SESSION_DISCONNECT, OUTCOME_FAILURE, NULL, "admin", "203.0.113.7:33553", NULL, NULL,
         NULL, NULL},
        {SSHD "Received disconnect from 10.0.5.3 port 51122:11: disconnected by user",
         KIND_SESSION_DISCONNECT, OUTCOME_UNKNOWN, NULL, NULL, "10.0.5.3:51122", NULL,
         "event.reason", "disconnected by user", NULL},
        {SSHD "Received disconnect from 203.0.113.7: 11: Bye Bye [preauth]",
         KIND_SESSION_DISCONNECT, OUTCOME_UNKNOWN, NULL, NULL, "203.0.113.7", NULL, "event.reason",
         "Bye Bye", NULL},
        {SSHD "Disconnecting invalid user admin 203.0.113.7 port 44004: Change of username or "
              "service not allowed: (admin,ssh-connection) -> (user,ssh-connection) [preauth]",
         KIND_SESSION_DISCONNECT, OUTCOME_FAILURE, NULL, "admin", "203.0.113.7:44004", NULL, NULL,
         NULL, NULL},
        {SSHD "Starting session: subsystem 'sftp' for deploy from 10.0.5.3 port 51122 id 0",
         KIND_SESSION_OPEN, OUTCOME_SUCCESS, NULL, "deploy", "10.0.5.3:51122", NULL,
         "service.name", "sftp", NULL},
        {SSHD "subsystem request for sftp by user deploy", KIND_SESSION_OPEN, OUTCOME_SUCCESS, NULL,
         "deploy", NULL, "fs01", "service.name", "sftp", "SSH subsystem sftp: deploy"},
        {SSHD "Received request to connect to host 10.0.9.9 port 3389, but the request was denied.",
         KIND_CONNECTION_BLOCKED, OUTCOME_FAILURE, NULL, NULL, NULL, "10.0.9.9:3389", NULL, NULL,
         NULL},
        {SSHD "Server listening on 0.0.0.0 port 22.", KIND_SERVICE_STATE, OUTCOME_UNKNOWN, NULL,
         NULL, NULL, "0.0.0.0:22", NULL, NULL, NULL},
        {SSHD "pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)",
         KIND_SESSION_OPEN, OUTCOME_SUCCESS, NULL, "deploy", NULL, "fs01", "unix_uid", "1001",
         NULL},
        {SSHD "pam_unix(sshd:session): session closed for user deploy", KIND_SESSION_CLOSE,
         OUTCOME_UNKNOWN, NULL, "deploy", NULL, "fs01", NULL, NULL, NULL},
    };
    textlog_check(&parser_syslog, cases, array_len(cases));
}

/* All of these try to make the log say 10.0.0.1. */
TEST(sshd_user_name_cannot_imitate_the_address)
{
    static const char *const lines[] = {
        SSHD "Failed password for invalid user root from 10.0.0.1 port 22 ssh2 from 203.0.113.7 "
             "port 1234 ssh2",
        SSHD "Failed password for invalid user x from 10.0.0.1 port 2 ssh2: RSA SHA256:abc from "
             "203.0.113.7 port 1234 ssh2",
        SSHD "Invalid user x from 10.0.0.1 port 5 from 203.0.113.7 port 1234",
        SSHD "Connection closed by invalid user x 10.0.0.1 port 5 203.0.113.7 port 1234 [preauth]",
        SSHD "Failed none for invalid user Accepted password for root from 10.0.0.1 port 22 ssh2 "
             "from 203.0.113.7 port 1234 ssh2",
    };
    for (size_t i = 0; i < array_len(lines); i++) {
        struct batch b;
        const struct event *e = textlog_one(&parser_syslog, &b, lines[i]);
        struct addr real;
        CHECK(addr_parse(STR("203.0.113.7"), &real));
        CHECK(e && addr_eq(&e->src.addr, &real));
        CHECK(e && e->src_port == 1234);
        CHECK(e && e->kind != KIND_LOGON);
        batch_free(&b);
    }
}

TEST(sshd_pid_is_the_logon)
{
    struct batch b;
    const struct event *e = textlog_one(
        &parser_syslog, &b, SSHD "Accepted password for root from 10.0.5.3 port 40022 ssh2");

    CHECK(e && e->target.logon == 812);
    CHECK(e && str_eq(names_text(&b.names, e->provider), STR("sshd")));
    batch_free(&b);
}

TEST(sshd_unknown_wording_is_kept_and_flagged)
{
    struct batch b;
    const struct event *e = textlog_one(&parser_syslog, &b, SSHD "a sentence nobody has written");

    CHECK(e && e->kind == KIND_OTHER && (e->flags & EVENT_UNAUDITED_TEXT));
    if (e)
        CHECK_STR(event_text(e, STR("message"), &b.arena), "sshd: a sentence nobody has written");
    batch_free(&b);
}
