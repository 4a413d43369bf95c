/* SPDX-License-Identifier: Apache-2.0
 *
 * Which records an action leaves, on which side, with which fields: from the samples named in
 * events.def, JPCERT's "Detecting Lateral Movement through Tracking Event Logs", and the audit
 * event pages of Microsoft Learn. */
#include "samples/actions.h"

#include <assert.h>

#define NO_GUID "{00000000-0000-0000-0000-000000000000}"
#define SYSTEM32 "C:\\Windows\\System32\\"

const struct account accounts[ACCOUNTS] = {
    [T_KURODA] = {"t.kuroda", DOMAIN_SID "-1127", "WS07", "10.20.30.47", false},
    [Y_ITO] = {"y.ito", DOMAIN_SID "-1134", "WS03", "10.20.30.43", false},
    [N_TANAKA] = {"n.tanaka", DOMAIN_SID "-1135", "WS05", "10.20.30.45", false},
    [S_SUZUKI] = {"s.suzuki", DOMAIN_SID "-1136", "WS11", "10.20.30.51", false},
    [M_KOBA] = {"m.koba", DOMAIN_SID "-1139", "WS12", "10.20.30.52", false},
    [ADM_HAYASHI] = {"adm.hayashi", DOMAIN_SID "-1104", "ADM01", "10.20.30.5", true},
    [ADM_SATO] = {"adm.sato", DOMAIN_SID "-1109", "ADM02", "10.20.30.6", true},
    [DA_MORI] = {"da.mori", DOMAIN_SID "-1106", "ADM01", "10.20.30.5", true},
    [SVC_BACKUP] = {"svc_backup", DOMAIN_SID "-1131", "BACKUP01", "10.20.10.40", false},
};

struct session system_session(enum host_name host)
{
    return (struct session){.host = host, .logon = 0x3e7, .pid = 640,
                            .shell = SYSTEM32 "services.exe"};
}

static const char *subject(struct forge *f, const struct session *s)
{
    if (s->account)
        return forge_text(f, "%s|%s|ACME|0x%llx", s->account->sid, s->account->name,
                          (unsigned long long)s->logon);
    return forge_text(f, "S-1-5-18|%s$|ACME|0x3e7", hosts[s->host].name);
}

static const char *guid(struct forge *f)
{
    unsigned a = forge_random(f, 0x7fffffff), b = forge_random(f, 0x7fffffff);
    unsigned c = forge_random(f, 0x7fffffff);
    return forge_text(f, "{%08x-%04x-4%03x-a%03x-%08x%04x}", a, b & 0xffff, b >> 16 & 0xfff,
                      c & 0xfff, c, a & 0xffff);
}

static void sysmon_process(struct forge *f, int64_t t, const struct session *s, unsigned pid,
                           const char *image, const char *command)
{
    const char *user = s->account ? s->account->name : "SYSTEM";
    forge_event(f, s->host, t, SYSMON_PROCESS,
                "-|%s|%s|%u|%s|-|-|-|-|-|%s|C:\\Windows\\system32\\|%s\\%s|%s|0x%llx|%u|%s|"
                "SHA256=%08X%08X%08X%08X%08X%08X%08X%08X|%s|%u|%s|%s|%s\\%s",
                forge_time(f, t, 0, ' '), guid(f), pid, image, command,
                s->account ? "ACME" : "NT AUTHORITY", user, guid(f),
                (unsigned long long)s->logon, s->id, s->account ? "High" : "System",
                forge_random(f, 0x7fffffff), forge_random(f, 0x7fffffff),
                forge_random(f, 0x7fffffff), forge_random(f, 0x7fffffff),
                forge_random(f, 0x7fffffff), forge_random(f, 0x7fffffff),
                forge_random(f, 0x7fffffff), forge_random(f, 0x7fffffff), guid(f), s->pid,
                s->shell, s->shell, s->account ? "ACME" : "NT AUTHORITY", user)
        ->user_sid = "S-1-5-18";
}

unsigned start_process(struct forge *f, int64_t t, const struct session *s, const char *image,
                       const char *command)
{
    unsigned pid = f->next_pid += 4 * (1 + forge_random(f, 30));
    forge_event(f, s->host, t, SEC_PROCESS,
                "%s|0x%x|%s|%s|0x%x|%s|S-1-0-0|-|-|0x0|%s|%s", subject(f, s), pid, image,
                s->account ? "%%1937" : "%%1936", s->pid, command, s->shell,
                s->account ? "S-1-16-12288" : "S-1-16-16384")
        ->pid = 4;
    if (s->host == WS07)
        sysmon_process(f, t + 2100, s, pid, image, command);
    return pid;
}

/* Device path as the filtering platform writes it: lower case, without the drive. */
static const char *device_path(struct forge *f, const char *program)
{
    if (strcmp(program, "System") == 0)
        return program;
    char lower[200];
    size_t len = strlen(program + 2);
    assert(len < sizeof lower);
    for (size_t i = 0; i <= len; i++) {
        char c = program[2 + i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return forge_text(f, "\\device\\harddiskvolume3%s", lower);
}

static const char *service_program(uint16_t port)
{
    return port == 445 ? "System" : SYSTEM32 "svchost.exe";
}

void connect_hosts(struct forge *f, int64_t t, const struct client *from, unsigned pid,
                   const char *program, const char *to_ip, int to_host, uint16_t to_port)
{
    if (from->from) {
        enum host_name host = from->from->host;
        forge_event(f, host, t, SEC_CONNECTION,
                    "%u|%s|%%%%14593|%s|%u|%s|%u|6|%u|%%%%14611|48|S-1-0-0|S-1-0-0", pid,
                    device_path(f, program), from->ip, from->port, to_ip, to_port,
                    66000 + forge_random(f, 2000))
            ->pid = 4;
        if (host == WS07)
            forge_event(f, host, t + 3000, SYSMON_CONNECTION,
                        "-|%s|%s|%u|%s|ACME\\%s|tcp|1|0|%s|%s|%u|-|0|%s|-|%u|-",
                        forge_time(f, t, 0, ' '), guid(f), pid, program,
                        from->from->account ? from->from->account->name : "WS07$", from->ip,
                        hosts[host].fqdn, from->port, to_ip, to_port)
                ->user_sid = "S-1-5-18";
    }
    if (to_host >= 0 && hosts[to_host].machine_sid)
        forge_event(f, (enum host_name)to_host, t + 700, SEC_CONNECTION,
                    "%u|%s|%%%%14592|%s|%u|%s|%u|6|%u|%%%%14610|44|S-1-0-0|S-1-0-0",
                    to_port == 445 ? 4 : 1080, device_path(f, service_program(to_port)), from->ip,
                    from->port, to_ip, to_port, 66000 + forge_random(f, 2000))
            ->pid = 4;
}

void get_ticket(struct forge *f, int64_t t, const char *user, const char *sid, const char *ip,
                const char *service)
{
    unsigned port = 49700 + forge_random(f, 12000);
    forge_event(f, DC01, t, SEC_TGT,
                "%s|ACME|%s|krbtgt|%s-502|0x40810010|0x0|0x12|2|::ffff:%s|%u|||", user, sid,
                DOMAIN_SID, ip, port);
    forge_event(f, DC01, t + 9000, SEC_TICKET,
                "%s@ACME.EXAMPLE|ACME.EXAMPLE|%s$|%s-1000|0x40810000|0x12|::ffff:%s|%u|0x0|%s|-",
                user, service, DOMAIN_SID, ip, port + 1, guid(f));
}

static void logon_record(struct forge *f, int64_t t, const struct session *s, unsigned type,
                         const char *by, const char *logon_process, const char *package,
                         const char *workstation, const char *program, const char *ip,
                         unsigned port)
{
    forge_event(f, s->host, t, SEC_LOGON,
                "%s|%s|%s|ACME|0x%llx|%u|%s|%s|%s|%s|-|-|0|0x%x|%s|%s|%s|%%%%1833|-|-|-|%%%%1843|"
                "0x0|%%%%%u",
                by, s->account->sid, s->account->name, (unsigned long long)s->logon, type,
                logon_process, package, workstation, guid(f), *program == '-' ? 0 : 1080,
                program, ip, *ip == '-' ? "-" : forge_text(f, "%u", port),
                s->account->admin ? 1842 : 1843);
    if (s->account->admin)
        forge_event(f, s->host, t + 400, SEC_PRIVILEGES,
                    "%s|SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege"
                    "\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\tSeDebugPrivilege"
                    "\r\n\t\t\tSeImpersonatePrivilege",
                    subject(f, s));
}

static uint64_t next_logon(struct forge *f)
{
    return f->next_logon += 0x2f3 + forge_random(f, 0x9000);
}

struct session logon_network(struct forge *f, int64_t t, enum host_name host,
                             const struct account *account, const struct client *from)
{
    struct session s = {.host = host, .account = account, .logon = next_logon(f), .pid = 4,
                        .shell = "System"};
    logon_record(f, t, &s, 3, "S-1-0-0|-|-|0x0", "Kerberos", "Kerberos", "-", "-", from->ip,
                 from->port);
    return s;
}

void logoff(struct forge *f, int64_t t, const struct session *s, unsigned type)
{
    forge_event(f, s->host, t, SEC_LOGOFF, "%s|%u", subject(f, s), type);
}

void open_share(struct forge *f, int64_t t, const struct session *s, const struct client *from,
                const char *share, const char *local_path)
{
    forge_event(f, s->host, t, SEC_SHARE, "%s|File|%s|%u|\\\\*\\%s|%s|0x1|%%%%4416\r\n\t\t\t\t",
                subject(f, s), from->ip, from->port, share, local_path)
        ->pid = 4;
}

void open_file(struct forge *f, int64_t t, const struct session *s, const struct client *from,
               const char *share, const char *local_path, const char *file, bool write)
{
    forge_event(f, s->host, t, SEC_SHARE_FILE, "%s|File|%s|%u|\\\\*\\%s|%s|%s|%s|%s|-",
                subject(f, s), from->ip, from->port, share, local_path, file,
                write ? "0x13019f" : "0x120089",
                write ? "%%1538\r\n\t\t\t\t%%1541\r\n\t\t\t\t%%4416\r\n\t\t\t\t%%4417\r\n\t\t\t\t"
                        "%%4418\r\n\t\t\t\t"
                      : "%%1538\r\n\t\t\t\t%%1541\r\n\t\t\t\t%%4416\r\n\t\t\t\t%%4423\r\n\t\t\t\t")
        ->pid = 4;
}

static void remember_hop(struct forge *f, int64_t t, const struct client *from, enum host_name to,
                         const char *account, const char *method, bool hostile)
{
    struct truth *truth = &f->truth;
    assert(truth->hop_count < HOPS_MAX);
    truth->hops[truth->hop_count++] =
        (struct hop){from->name, from->ip, hosts[to].name, account, method, t, hostile};
}

/* What the machine sat at records when somebody opens a remote desktop from it. */
static void rdp_source(struct forge *f, int64_t t, const struct client *from, enum host_name to,
                       const struct account *account)
{
    enum host_name host = from->from->host;
    const char *activity = guid(f), *sid = from->from->account->sid;
    unsigned pid = start_process(f, t - 21000000, from->from, SYSTEM32 "mstsc.exe",
                                 forge_text(f, "mstsc.exe /v:%s", hosts[to].name));
    struct { enum event_name event; int64_t after; const char *values; } steps[] = {
        {MSTSC_NAME, 0, forge_text(f, "Server Name|%s|Info", hosts[to].name)},
        {MSTSC_ADDRESS, 160000, forge_text(f, "Server Address|%s|Info", hosts[to].ip)},
        {MSTSC_CONNECTED, 2400000, ""},
        {MSTSC_DOMAIN, 2500000, forge_text(f, "ACME|%u", from->from->id)},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct record *r =
            forge_event(f, host, t - 200000 + steps[i].after, steps[i].event, "%s",
                        steps[i].values);
        r->user_sid = sid;
        r->activity = activity;
        r->pid = pid;
    }
    forge_event(f, host, t - 60000, SEC_EXPLICIT,
                "%s|" NO_GUID "|%s|ACME|%s|%s|TERMSRV/%s|0x2c8|" SYSTEM32 "lsass.exe|-|-",
                subject(f, from->from), account->name, guid(f), hosts[to].fqdn, hosts[to].fqdn);
    connect_hosts(f, t, from, pid, SYSTEM32 "mstsc.exe", hosts[to].ip, (int)to, 3389);
}

static void rdp_channels(struct forge *f, int64_t t, const struct client *from,
                         const struct session *s)
{
    const char *activity = guid(f), *user = s->account->name;
    struct { enum event_name event; int64_t after; const char *values; } steps[] = {
        {RDP_ACCEPTED, 30000, forge_text(f, "TCP|%s:%u", from->ip, from->port)},
        {RDP_LISTENED, 35000, forge_text(f, "RDP-Tcp#%u", s->id)},
        {RCM_LISTENER, 40000, "RDP-Tcp"},
        {RCM_AUTHENTICATED, 700000, forge_text(f, "%s|ACME|%s", user, from->ip)},
        {RDP_ASSIGNED, 1500000, forge_text(f, "RDP-Tcp#%u|%u", s->id, s->id)},
        {LSM_LOGON, 1700000, forge_text(f, "ACME\\%s|%u|%s", user, s->id, from->ip)},
        {LSM_SHELL, 2900000, forge_text(f, "ACME\\%s|%u|%s", user, s->id, from->ip)},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct record *r =
            forge_event(f, s->host, t + steps[i].after, steps[i].event, "%s", steps[i].values);
        r->activity = i < 5 ? activity : NULL;
        r->user_sid = i < 4 ? "S-1-5-20" : "S-1-5-18";
        r->pid = 1080;
    }
}

struct session rdp(struct forge *f, int64_t t, const struct client *from, enum host_name to,
                   const struct account *account, unsigned session_id, bool hostile)
{
    struct session s = {.host = to, .account = account, .logon = next_logon(f), .id = session_id,
                        .shell = "C:\\Windows\\explorer.exe"};
    remember_hop(f, t, from, to, account->name, "rdp", hostile);
    get_ticket(f, t + 100000, account->name, account->sid, from->ip, hosts[to].name);
    if (from->from)
        rdp_source(f, t, from, to, account);
    else
        connect_hosts(f, t, from, 0, "", hosts[to].ip, (int)to, 3389);
    rdp_channels(f, t, from, &s);
    struct session network = s;
    network.logon = next_logon(f);
    logon_record(f, t + 600000, &network, 3, "S-1-0-0|-|-|0x0", "Kerberos", "Kerberos",
                 from->name, "-", from->ip, 0);
    logoff(f, t + 4000000, &network, 3);
    logon_record(f, t + 1400000, &s, 10,
                 forge_text(f, "S-1-5-18|%s$|ACME|0x3e7", hosts[to].name), "User32 ", "Negotiate",
                 hosts[to].name, SYSTEM32 "svchost.exe", from->ip, 0);
    struct session shell = s;
    shell.pid = 5316;
    shell.shell = SYSTEM32 "userinit.exe";
    s.pid = start_process(f, t + 2200000, &shell, s.shell, "C:\\Windows\\Explorer.EXE");
    return s;
}

void rdp_end(struct forge *f, int64_t t, const struct session *s, const struct client *from,
             unsigned reason)
{
    const char *user = s->account->name;
    forge_event(f, s->host, t, RDP_ENDED, "%u", reason)->user_sid = "S-1-5-20";
    forge_event(f, s->host, t + 20000, LSM_DISCONNECT, "ACME\\%s|%u|%s", user, s->id, from->ip)
        ->user_sid = "S-1-5-18";
    forge_event(f, s->host, t + 30000, SEC_DISCONNECT, "%s|ACME|0x%llx|RDP-Tcp#%u|%s|%s", user,
                (unsigned long long)s->logon, s->id, from->name, from->ip);
    forge_event(f, s->host, t + 400000, LSM_LOGOFF, "ACME\\%s|%u", user, s->id)->user_sid =
        "S-1-5-18";
    logoff(f, t + 500000, s, 10);
    if (from->from)
        forge_event(f, from->from->host, t + 60000, MSTSC_ENDED,
                    "Disconnect Reason|%u|Info", reason)
            ->user_sid = from->from->account->sid;
}

static void psexec_source(struct forge *f, int64_t t, const struct client *from, unsigned pid,
                          enum host_name to, const struct account *account)
{
    forge_event(f, from->from->host, t - 80000, SEC_EXPLICIT,
                "%s|" NO_GUID "|%s|ACME|%s|%s|cifs/%s|0x%x|C:\\Users\\Public\\PsExec64.exe|-|-",
                subject(f, from->from), account->name, guid(f), hosts[to].fqdn, hosts[to].fqdn,
                pid);
    connect_hosts(f, t, from, 4, "System", hosts[to].ip, (int)to, 445);
}

static void psexec_pipes(struct forge *f, int64_t t, const struct session *network,
                         const struct client *from, unsigned pid)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    open_file(f, t, network, from, "IPC$", "", "PSEXESVC", true);
    for (int i = 0; i < 3; i++)
        open_file(f, t + 20000 * (i + 1), network, from, "IPC$", "",
                  forge_text(f, "PSEXESVC-%s-%u-%s", from->name, pid, streams[i]), true);
}

struct session psexec(struct forge *f, int64_t t, const struct session *from, enum host_name to,
                      const struct account *account, uint16_t port, const char *command)
{
    struct client client = {from, hosts[from->host].name, hosts[from->host].ip, port};
    unsigned pid = start_process(
        f, t - 400000, from, "C:\\Users\\Public\\PsExec64.exe",
        forge_text(f, "PsExec64.exe -accepteula -s \\\\%s -u ACME\\%s -p ****** %s",
                   hosts[to].name, account->name, command));
    remember_hop(f, t, &client, to, account->name, "psexec", true);
    get_ticket(f, t - 60000, account->name, account->sid, client.ip, hosts[to].name);
    psexec_source(f, t, &client, pid, to, account);
    struct session network = logon_network(f, t + 20000, to, account, &client);
    open_share(f, t + 60000, &network, &client, "IPC$", "");
    open_share(f, t + 90000, &network, &client, "ADMIN$", "\\??\\C:\\Windows");
    open_file(f, t + 110000, &network, &client, "ADMIN$", "\\??\\C:\\Windows", "PSEXESVC.exe",
              true);
    open_file(f, t + 240000, &network, &client, "IPC$", "", "svcctl", true);
    forge_event(f, to, t + 260000, SEC_SERVICE,
                "%s|PSEXESVC|%%SystemRoot%%\\PSEXESVC.exe|0x10|3|LocalSystem",
                subject(f, &network));
    forge_event(f, to, t + 262000, SYS_SERVICE,
                "PSEXESVC|%%SystemRoot%%\\PSEXESVC.exe|user mode service|demand start|LocalSystem")
        ->user_sid = account->sid;
    forge_event(f, to, t + 390000, SYS_SERVICE_STATE,
                "PSEXESVC|running|5000530045005800450053005600430000002F0034000000");
    struct session services = system_session(to), service = services;
    service.pid = start_process(f, t + 330000, &services, "C:\\Windows\\PSEXESVC.exe",
                                "C:\\Windows\\PSEXESVC.exe");
    service.shell = "C:\\Windows\\PSEXESVC.exe";
    psexec_pipes(f, t + 420000, &network, &client, pid);
    service.pid = start_process(f, t + 600000, &service, SYSTEM32 "cmd.exe", command);
    service.shell = SYSTEM32 "cmd.exe";
    logoff(f, t + 3600000000, &network, 3);
    return service;
}

void ssh(struct forge *f, int64_t t, const struct client *from, enum host_name to,
         const char *user, int64_t until, bool hostile)
{
    unsigned daemon = 20000 + f->next_pid % 9000, number = 800 + f->next_pid % 100;
    remember_hop(f, t + 900000, from, to, user, "ssh", hostile);
    if (from->from) {
        unsigned pid = start_process(
            f, t - 300000, from->from, SYSTEM32 "OpenSSH\\ssh.exe",
            forge_text(f, "ssh -i C:\\Users\\t.kuroda\\.ssh\\id_ed25519 %s@%s", user,
                       hosts[to].ip));
        connect_hosts(f, t, from, pid, SYSTEM32 "OpenSSH\\ssh.exe", hosts[to].ip, -1, 22);
    }
    f->next_pid += 4;
    forge_line(f, DB_AUTH, t + 900000,
               "sshd[%u]: Accepted publickey for %s from %s port %u ssh2: ED25519 "
               "SHA256:%s", daemon, user, from->ip, from->port,
               "Vp9rJ0mWc7yq3TzB1uXg5HdKf2nLs8aEo6RiYtQwZ4k");
    forge_line(f, DB_AUTH, t + 950000,
               "sshd[%u]: pam_unix(sshd:session): session opened for user %s(uid=1001) by "
               "(uid=0)", daemon, user);
    forge_line(f, DB_AUTH, t + 980000, "systemd-logind[603]: New session %u of user %s.", number,
               user);
    forge_line(f, DB_AUTH, until,
               "sshd[%u]: Received disconnect from %s port %u:11: disconnected by user",
               daemon + 9, from->ip, from->port);
    forge_line(f, DB_AUTH, until + 10000, "sshd[%u]: Disconnected from user %s %s port %u",
               daemon + 9, user, from->ip, from->port);
    forge_line(f, DB_AUTH, until + 20000,
               "sshd[%u]: pam_unix(sshd:session): session closed for user %s", daemon, user);
    forge_line(f, DB_AUTH, until + 50000, "systemd-logind[603]: Session %u logged out. Waiting "
               "for processes to exit.", number);
}
