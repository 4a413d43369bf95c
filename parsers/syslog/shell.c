/* SPDX-License-Identifier: Apache-2.0
 *
 * Who became whom on a Unix host: sudo, pkexec, doas, su, login, PAM modules, and cron's jobs.
 * Wordings of sudo 1.6 to 1.9, polkit, su of shadow, util-linux and BSD, login of util-linux and
 * shadow, Linux-PAM. */
#include "parsers/syslog/payload.h"

#define FAIL OUTCOME_FAILURE
#define GOOD OUTCOME_SUCCESS
#define NONE OUTCOME_UNKNOWN
#define INFO SEVERITY_INFO
#define LOW SEVERITY_LOW

static const char *const sudo_programs[] = {"sudo", "sudo-rs", "pkexec", "doas", NULL};

static const struct wording sudo_wordings[] = {
    {"%U : TTY=%t ; PWD=%w ; USER=%v ; COMMAND=%c", KIND_COMMAND, GOOD, INFO,
     "sudo: %U runs as %v: %c"},
    {"%U : TTY=%t ; PWD=%w ; USER=%v ; GROUP=%g ; COMMAND=%c", KIND_COMMAND, GOOD, INFO,
     "sudo: %U runs as %v, group %g: %c"},
    {"%U : TTY=%t ; PWD=%w ; USER=%v ; TSID=%* ; COMMAND=%c", KIND_COMMAND, GOOD, INFO,
     "sudo: %U runs as %v: %c"},
    {"%U : TTY=%t ; PWD=%w ; USER=%v ; ENV=%_ ; COMMAND=%c", KIND_COMMAND, GOOD, INFO,
     "sudo: %U runs as %v: %c"},
    {"%U : TTY=%t ; CHROOT=%* ; PWD=%w ; USER=%v ; COMMAND=%c", KIND_COMMAND, GOOD, INFO,
     "sudo: %U runs as %v: %c"},
    {"%U : PWD=%w ; USER=%v ; COMMAND=%c", KIND_COMMAND, GOOD, INFO, "sudo: %U runs as %v: %c"},
    {"%U : (command continued) %c", KIND_COMMAND, GOOD, INFO, "sudo: %U runs, continued: %c"},
    {"%U : %r ; TTY=%t ; PWD=%w ; USER=%v ; COMMAND=%c", KIND_COMMAND, FAIL, LOW,
     "sudo refused: %U as %v (%r): %c"},
    {"%U : %r ; PWD=%w ; USER=%v ; COMMAND=%c", KIND_COMMAND, FAIL, LOW,
     "sudo refused: %U as %v (%r): %c"},
    {"%U: Executing command [USER=%v] [TTY=%t] [CWD=%w] [COMMAND=%c]", KIND_COMMAND, GOOD, INFO,
     "pkexec: %U runs as %v: %c"},
    {"%U: Error executing command as another user: %r [USER=%v] [TTY=%t] [CWD=%w] [COMMAND=%c]",
     KIND_COMMAND, FAIL, LOW, "pkexec refused: %U as %v (%r): %c"},
    {"%V ran command %c as %v from %w", KIND_COMMAND, GOOD, INFO, "doas: %V runs as %v: %c"},
    {"%V ran %c as %v from %w", KIND_COMMAND, GOOD, INFO, "doas: %V runs as %v: %c"},
    {"%U : %r ; TTY=%t ; PWD=%w ; USER=%v ;%_", KIND_COMMAND, FAIL, LOW,
     "sudo refused: %U as %v (%r)"},
};

const struct payload payload_sudo = {
    .name = "sudo",
    .programs = sudo_programs,
    .complete = true,
    .wordings = sudo_wordings,
    .wording_count = array_len(sudo_wordings),
};

static const char *const su_programs[] = {"su", "su-l", NULL};

static const struct wording su_wordings[] = {
    {"(to %v) %V on %t", KIND_EXPLICIT_CREDENTIALS, GOOD, INFO, "su: %V becomes %v on %t"},
    {"Successful su for %v by %V", KIND_EXPLICIT_CREDENTIALS, GOOD, INFO, "su: %V becomes %v"},
    {"FAILED su for %v by %V", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW, "su refused: %V as %v"},
    {"FAILED SU (to %v) %V on %t", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW,
     "su refused: %V as %v on %t"},
    {"BAD SU %V to %v on %t", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW, "su refused: %V as %v on %t"},
    {"BAD su %V on %t", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW, "su refused: %V on %t"},
    {"%V to %v on %t", KIND_EXPLICIT_CREDENTIALS, GOOD, INFO, "su: %V becomes %v on %t"},
    {"+ %t %V:%v", KIND_EXPLICIT_CREDENTIALS, GOOD, INFO, "su: %V becomes %v on %t"},
    {"+ %t %V-%v", KIND_EXPLICIT_CREDENTIALS, GOOD, INFO, "su: %V becomes %v on %t"},
    {"- %t %V-%v", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW, "su refused: %V as %v on %t"},
    {"- %t %V:%v", KIND_EXPLICIT_CREDENTIALS, FAIL, LOW, "su refused: %V as %v on %t"},
};

const struct payload payload_su = {
    .name = "su",
    .programs = su_programs,
    .complete = true,
    .wordings = su_wordings,
    .wording_count = array_len(su_wordings),
};

static const char *const login_programs[] = {"login", NULL};

static const struct wording login_wordings[] = {
    {"ROOT LOGIN  on '%t'", KIND_LOGON, GOOD, INFO, "Console login: root on %t"},
    {"ROOT LOGIN  on '%t' from '%s'", KIND_LOGON, GOOD, INFO, "Login: root on %t from %s"},
    {"ROOT LOGIN ON %t FROM %s", KIND_LOGON, GOOD, INFO, "Login: root on %t from %s"},
    {"ROOT LOGIN ON %t", KIND_LOGON, GOOD, INFO, "Console login: root on %t"},
    {"LOGIN ON %t BY %v FROM %s", KIND_LOGON, GOOD, INFO, "Login: %v on %t from %s"},
    {"LOGIN ON %t BY %v", KIND_LOGON, GOOD, INFO, "Console login: %v on %t"},
    {"FAILED LOGIN (%*) on '%t' FOR '%u', %r", KIND_LOGON_FAILED, FAIL, INFO,
     "Console login failed: %u on %t, %r"},
    {"FAILED LOGIN (%*) on '%t' from '%s' FOR '%u', %r", KIND_LOGON_FAILED, FAIL, INFO,
     "Login failed: %u on %t from %s, %r"},
    {"FAILED LOGIN %* FROM (null) FOR %u, %r", KIND_LOGON_FAILED, FAIL, INFO,
     "Console login failed: %u, %r"},
    {"FAILED LOGIN %* FROM %s FOR %u, %r", KIND_LOGON_FAILED, FAIL, INFO,
     "Login failed: %u from %s, %r"},
    {"FAILED LOGIN SESSION FROM %s FOR %u, %r", KIND_LOGON_FAILED, FAIL, INFO,
     "Login failed: %u from %s, %r"},
};

static bool login_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    (void)messages;
    if (str_starts(l->message, STR("ROOT")))
        out->open->target.user = names_put(&out->names, STR("root"));
    return true;
}

const struct payload payload_login = {
    .name = "login",
    .programs = login_programs,
    .complete = true,
    .wordings = login_wordings,
    .wording_count = array_len(login_wordings),
    .read = login_read,
};

static const struct wording pam_wordings[] = {
    {"session opened for user %v(uid=%i) by (uid=%*)", KIND_SESSION_OPEN, GOOD, INFO,
     "Session opened: %v"},
    {"session opened for user %v by (uid=%*)", KIND_SESSION_OPEN, GOOD, INFO,
     "Session opened: %v"},
    {"session opened for user %v(uid=%i) by %V(uid=%*)", KIND_SESSION_OPEN, GOOD, INFO,
     "Session opened: %v by %V"},
    {"session opened for user %v by %V(uid=%*)", KIND_SESSION_OPEN, GOOD, INFO,
     "Session opened: %v by %V"},
    {"session opened for user %u by %V", KIND_SESSION_OPEN, GOOD, INFO, "Session opened: %u by %V"},
    {"session closed for user %u", KIND_SESSION_CLOSE, NONE, INFO, "Session closed: %u"},
    {"authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=  user=%u",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed: %u (%t)"},
    {"authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=", KIND_LOGON_FAILED,
     FAIL, INFO, "Authentication failed (%t)"},
    {"authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s  user=%u",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed: %u from %s (%t)"},
    {"authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed: from %s (%t)"},
    {"authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s user=%u",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed: %u from %s (%t)"},
    {"authentication success; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s user=%u",
     KIND_OTHER, GOOD, INFO, "Authentication accepted: %u from %s (%t)"},
    {"%* more authentication failures; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s  user=%u",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed again: %u from %s (%t)"},
    {"%* more authentication failure; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s  user=%u",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed again: %u from %s (%t)"},
    {"%* more authentication failures; logname=%_ uid=%i euid=%* tty=%t ruser=%V rhost=%s",
     KIND_LOGON_FAILED, FAIL, INFO, "Authentication failed again: from %s (%t)"},
    {"check pass; user unknown", KIND_OTHER, FAIL, INFO, "Authentication: unknown user"},
    {"bad username [%u]", KIND_OTHER, FAIL, INFO, "Authentication: bad user name %u"},
    {"conversation failed", KIND_OTHER, FAIL, INFO, NULL},
    {"auth could not identify password for [%u]", KIND_OTHER, FAIL, INFO,
     "Authentication: no password for %u"},
    {"user \"%u\" does not exist in %*", KIND_OTHER, FAIL, INFO, "No such user: %u"},
    {"password changed for %u", KIND_PASSWORD_CHANGED, GOOD, INFO, "Password changed: %u"},
    {"account %u has expired (%r)", KIND_LOGON_FAILED, FAIL, INFO,
     "Login refused: account %u has expired"},
    {"user %u tried to login but account is locked%_", KIND_LOGON_FAILED, FAIL, LOW,
     "Login refused: account %u is locked"},
    {"Consecutive login failures for user %u account temporarily locked", KIND_ACCOUNT_LOCKED,
     NONE, LOW, "Account locked: %u"},
    {"user %u (%*) has time limit%_", KIND_OTHER, NONE, INFO, NULL},
    {"requirement \"%_\" not met by user \"%u\"", KIND_LOGON_FAILED, FAIL, INFO,
     "Login refused: %u does not meet a requirement"},
    {"access denied for user `%u' from `%s'", KIND_LOGON_FAILED, FAIL, INFO,
     "Login refused: %u from %s"},
};

/* "pam_unix(sshd:session): text" -> service and text. Old ones write the text alone. */
static str without_module(str text, str *service)
{
    str rest = text, name;

    *service = STR("");
    if (!str_take(&rest, STR("pam_")) || !str_take_until(&rest, '(', &name) ||
        !str_take_until(&rest, ')', &name) || !str_take(&rest, STR(": ")))
        return text;
    *service = str_head(name, str_find_char(name, ':'));
    return rest;
}

static bool pam_takes(const struct syslog_line *l)
{
    return str_starts(l->message, STR("pam_")) || str_starts(l->message, STR("session ")) ||
           str_has(str_head(l->message, 40), STR("authentication failure")) ||
           str_starts(l->message, STR("check pass"));
}

static bool pam_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct event *e = out->open;
    str service, text = without_module(l->message, &service);

    if (str_ends(text, STR(" [preauth]")))
        text.len -= STR(" [preauth]").len;
    if (!wording_read(str_trim(text), pam_wordings, array_len(pam_wordings), out, messages))
        return false;
    batch_text(out, FIELD_ECS, STR("service.name"), service);
    if (!str_starts(service, STR("sshd")) && !str_starts(l->program, STR("sshd")))
        return true;
    e->dst.host = e->host;
    /* sshd itself says "Failed password" too: one attempt is one failed logon. */
    if (e->kind == KIND_LOGON_FAILED && service.len)
        e->kind = KIND_OTHER;
    return true;
}

const struct payload payload_pam = {
    .name = "pam",
    .takes = pam_takes,
    .read = pam_read,
};

static const char *const cron_programs[] = {"cron",    "CRON",    "crond", "crontab", "anacron",
                                            "/usr/sbin/cron", "atd", NULL};

static const struct wording cron_wordings[] = {
    {"(%v) CMD (%c)", KIND_TASK_RUN, NONE, INFO, "cron runs as %v: %c"},
    {"(%v) CMDOUT (%_)", KIND_OTHER, NONE, INFO, NULL},
    {"(%v) CMDEND (%c)", KIND_OTHER, NONE, INFO, "cron: ended, as %v: %c"},
    {"USER %v pid %* cmd %c", KIND_TASK_RUN, NONE, INFO, "cron runs as %v: %c"},
    {"(%v) REPLACE (%*)", KIND_TASK_CHANGED, NONE, LOW, "crontab replaced by %v"},
    {"(%v) DELETE (%*)", KIND_TASK_DELETED, NONE, LOW, "crontab deleted by %v"},
    {"(%v) BEGIN EDIT (%*)", KIND_OTHER, NONE, INFO, "crontab: %v begins to edit"},
    {"(%v) END EDIT (%*)", KIND_OTHER, NONE, INFO, "crontab: %v ends editing"},
    {"(%v) LIST (%*)", KIND_OTHER, NONE, INFO, "crontab listed by %v"},
    {"(%v) RELOAD (%*)", KIND_TASK_CHANGED, NONE, INFO, "cron: crontab of %v loaded again"},
    {"(%v) AUTH (%r)", KIND_OTHER, FAIL, LOW, "crontab refused for %v: %r"},
    {"Job `%x' started", KIND_TASK_RUN, NONE, INFO, "anacron runs %x"},
    {"Starting job %* (%*) for user '%u' (%i)", KIND_TASK_RUN, NONE, INFO, "at job runs as %u"},
};

const struct payload payload_cron = {
    .name = "cron",
    .programs = cron_programs,
    .wordings = cron_wordings,
    .wording_count = array_len(cron_wordings),
};
