/* SPDX-License-Identifier: Apache-2.0
 *
 * Further daemons that say who came in and what was run: dropbear (svr-auth*.c of 2012 to 2024),
 * ESXi (hostd's events in hostd.log, shell.log), bash built with SYSLOG_HISTORY, FTP servers
 * (vsftpd, proftpd, pure-ftpd), and the log daemons' own start, stop and clean-up. */
#include "parsers/syslog/payload.h"

#define FAIL OUTCOME_FAILURE
#define GOOD OUTCOME_SUCCESS
#define NONE OUTCOME_UNKNOWN
#define INFO SEVERITY_INFO
#define LOW SEVERITY_LOW

static const char *const dropbear_programs[] = {"dropbear", NULL};

static const struct wording dropbear_wordings[] = {
    {"Password auth succeeded for '%u' from %a", KIND_LOGON, GOOD, INFO,
     "SSH login accepted: %u from %a by password"},
    {"PAM password auth succeeded for '%u' from %a", KIND_LOGON, GOOD, INFO,
     "SSH login accepted: %u from %a by password"},
    {"Pubkey auth succeeded for '%u' with key %* %f from %a", KIND_LOGON, GOOD, INFO,
     "SSH login accepted: %u from %a by key %f"},
    {"Pubkey auth succeeded for '%u' with %k key %f from %a", KIND_LOGON, GOOD, INFO,
     "SSH login accepted: %u from %a by key %k %f"},
    {"Bad password attempt for '%u' from %a", KIND_LOGON_FAILED, FAIL, INFO,
     "SSH login failed: %u from %a by password"},
    {"Bad PAM password attempt for '%u' from %a", KIND_LOGON_FAILED, FAIL, INFO,
     "SSH login failed: %u from %a by password"},
    {"Login attempt for nonexistent user '%u' from %a", KIND_LOGON_FAILED, FAIL, INFO,
     "SSH: unknown user %u from %a"},
    {"Login attempt for nonexistent user from %a", KIND_LOGON_FAILED, FAIL, INFO,
     "SSH: unknown user from %a"},
    {"Max auth tries reached - user '%u' from %a", KIND_LOGON_FAILED, FAIL, LOW,
     "SSH: too many attempts for %u from %a"},
    {"Child connection from %a", KIND_CONNECTION, NONE, INFO, "SSH connection from %a"},
    {"Exit (%u) from <%a>: %r", KIND_LOGOFF, NONE, INFO, "SSH logoff: %u from %a (%r)"},
    {"Exit (%u): %r", KIND_LOGOFF, NONE, INFO, "SSH logoff: %u (%r)"},
    {"Exit before auth from <%a>: %r", KIND_SESSION_DISCONNECT, FAIL, INFO,
     "SSH connection closed before login: %a (%r)"},
};

static bool dropbear_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    (void)messages;
    out->open->target.logon = l->pid;
    return true;
}

const struct payload payload_dropbear = {
    .name = "dropbear",
    .programs = dropbear_programs,
    .server = true,
    .wordings = dropbear_wordings,
    .wording_count = array_len(dropbear_wordings),
    .read = dropbear_read,
};

static const char *const shell_programs[] = {"shell", "ESXShell", "SSH-Shell", "bash", "-bash",
                                             NULL};

static const struct wording shell_wordings[] = {
    {"[%U]: %c", KIND_COMMAND, NONE, INFO, "Shell: %U runs: %c"},
    {"HISTORY: PID=%* UID=%i %c", KIND_COMMAND, NONE, INFO, "Shell: UID %i runs: %c"},
    {"HISTORY: PID=%* PPID=%* SID=%* UID=%i User=%U %c", KIND_COMMAND, NONE, INFO,
     "Shell: %U runs: %c"},
    {"SSH session was opened for '%u@%s'%_", KIND_SESSION_OPEN, GOOD, INFO,
     "SSH session opened: %u from %s"},
    {"ESXi shell login enabled%_", KIND_DEFENCE_CHANGED, NONE, LOW, NULL},
};

const struct payload payload_shell = {
    .name = "shell",
    .programs = shell_programs,
    .wordings = shell_wordings,
    .wording_count = array_len(shell_wordings),
};

static bool esxi_takes(const struct syslog_line *l)
{
    return str_eq_nocase(l->program, STR("hostd")) || str_eq_nocase(l->program, STR("vpxd"));
}

static const struct wording esxi_wordings[] = {
    {"User %u@%s logged in as %_", KIND_LOGON, GOOD, INFO, "ESXi login: %u from %s"},
    {"User %u@%s logged out (login time: %_", KIND_LOGOFF, NONE, INFO, "ESXi logoff: %u from %s"},
    {"Cannot login %u@%s", KIND_LOGON_FAILED, FAIL, INFO, "ESXi login failed: %u from %s"},
    {"SSH session was opened for '%u@%s'.", KIND_SESSION_OPEN, GOOD, INFO,
     "ESXi SSH session opened: %u from %s"},
    {"SSH session was closed for '%u@%s'.", KIND_SESSION_CLOSE, NONE, INFO,
     "ESXi SSH session closed: %u from %s"},
    {"SSH access has been enabled.", KIND_DEFENCE_CHANGED, GOOD, LOW, "ESXi: SSH enabled"},
    {"ESXi Shell access has been enabled%_", KIND_DEFENCE_CHANGED, GOOD, LOW,
     "ESXi: shell enabled"},
    {"Account %u was created on host %_", KIND_ACCOUNT_CREATED, GOOD, LOW,
     "ESXi account created: %u"},
    {"Password was changed for account %u on host %_", KIND_PASSWORD_CHANGED, GOOD, LOW,
     "ESXi password changed: %u"},
};

/* "info hostd[2099] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 152 : text". */
static bool esxi_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    str text = l->message, skipped;
    uint64_t number;

    if (!str_take_until_str(&text, STR("] Event "), &skipped) || !str_take_u64(&text, &number) ||
        !str_take(&text, STR(" : ")))
        return false;
    return wording_read(text, esxi_wordings, array_len(esxi_wordings), out, messages);
}

const struct payload payload_esxi = {
    .name = "esxi",
    .takes = esxi_takes,
    .server = true,
    .read = esxi_read,
};

static const char *const ftp_programs[] = {"vsftpd", "proftpd", "pure-ftpd", NULL};

static const struct wording ftp_wordings[] = {
    {"[%u] OK LOGIN: Client \"%s\"%_", KIND_LOGON, GOOD, INFO, "FTP login: %u from %s"},
    {"[%u] FAIL LOGIN: Client \"%s\"", KIND_LOGON_FAILED, FAIL, INFO,
     "FTP login failed: %u from %s"},
    {"[%U] OK UPLOAD: Client \"%s\", \"%F\", %O bytes, %_", KIND_TRANSFER, GOOD, INFO,
     "FTP upload: %U from %s, %O bytes: %F"},
    {"[%U] OK DOWNLOAD: Client \"%s\", \"%F\", %B bytes, %_", KIND_TRANSFER, GOOD, INFO,
     "FTP download: %U to %s, %B bytes: %F"},
    {"%* (%*[%s]) - USER %u: Login successful%_", KIND_LOGON, GOOD, INFO, "FTP login: %u from %s"},
    {"%* (%*[%s]) - USER %u (Login failed): %r", KIND_LOGON_FAILED, FAIL, INFO,
     "FTP login failed: %u from %s, %r"},
    {"%* (%*[%s]) - USER %u: no such user found %_", KIND_LOGON_FAILED, FAIL, INFO,
     "FTP: unknown user %u from %s"},
    {"(?@%s) [INFO] %u is now logged in", KIND_LOGON, GOOD, INFO, "FTP login: %u from %s"},
    {"(?@%s) [WARNING] Authentication failed for user [%u]", KIND_LOGON_FAILED, FAIL, INFO,
     "FTP login failed: %u from %s"},
    {"(%U@%s) [NOTICE] %F uploaded  (%O bytes, %_)", KIND_TRANSFER, GOOD, INFO,
     "FTP upload: %U from %s, %O bytes: %F"},
    {"(%U@%s) [NOTICE] %F downloaded  (%B bytes, %_)", KIND_TRANSFER, GOOD, INFO,
     "FTP download: %U to %s, %B bytes: %F"},
    {"(%u@%s) [INFO] Logout.", KIND_LOGOFF, NONE, INFO, "FTP logoff: %u from %s"},
};

const struct payload payload_ftp = {
    .name = "ftp",
    .programs = ftp_programs,
    .server = true,
    .wordings = ftp_wordings,
    .wording_count = array_len(ftp_wordings),
};

static const char *const logging_programs[] = {"rsyslogd", "syslogd", "syslog-ng",
                                               "systemd-journald", "auditd", "klogd", NULL};

static const struct wording logging_wordings[] = {
    {"[origin software=\"%_] start", KIND_LOG_SERVICE, GOOD, INFO, "Log daemon starts"},
    {"[origin software=\"%_] exiting on signal %*", KIND_LOG_SERVICE, NONE, LOW,
     "Log daemon stops"},
    {"[origin software=\"%_] rsyslogd was HUPed", KIND_OTHER, NONE, INFO, NULL},
    {"exiting on signal %*", KIND_LOG_SERVICE, NONE, LOW, "Log daemon stops"},
    {"syslog-ng starting up; %_", KIND_LOG_SERVICE, GOOD, INFO, "Log daemon starts"},
    {"syslog-ng shutting down; %_", KIND_LOG_SERVICE, NONE, LOW, "Log daemon stops"},
    {"Journal started", KIND_LOG_SERVICE, GOOD, INFO, "Journal starts"},
    {"Journal stopped", KIND_LOG_SERVICE, NONE, LOW, "Journal stops"},
    {"Vacuuming done, freed %*", KIND_OTHER, GOOD, INFO, NULL},
    {"Vacuuming done, freed %* of archived journals from %*", KIND_OTHER, GOOD, INFO, NULL},
    {"The audit daemon is exiting.", KIND_LOG_SERVICE, NONE, LOW, "Audit daemon stops"},
    {"Init complete, auditd %_", KIND_LOG_SERVICE, GOOD, INFO, "Audit daemon starts"},
};

const struct payload payload_logging = {
    .name = "logging",
    .programs = logging_programs,
    .wordings = logging_wordings,
    .wording_count = array_len(logging_wordings),
};
