/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens on these machines anyway, from Friday morning to Monday morning: staff at work,
 * machines renewing their tickets, services, backups, an administrator doing his job, the web. */
#include "samples/story.h"

#include "samples/actions.h"

#define PROGRAMS "C:\\Program Files\\"
#define SYSTEM32 "C:\\Windows\\System32\\"

static const char *const documents[] = {
    "Kanto\\2024-Q3 estimate.xlsx", "Kanto\\site plan rev4.pdf", "Kansai\\contract draft.docx",
    "Kansai\\price list 2024.xlsx", "Tokai\\minutes 1001.docx",  "Tokai\\photo\\IMG_2214.jpg",
    "Common\\holidays.xlsx",        "Common\\template.potx",     "Common\\logo.ai",
};

static void machine_tickets(struct forge *f, int day, int hour)
{
    static const struct account machines[] = {
        {"DC01$", DOMAIN_SID "-1000", "DC01", "10.20.10.10", false},
        {"FS01$", DOMAIN_SID "-1108", "FS01", "10.20.10.21", false},
        {"APP02$", DOMAIN_SID "-1112", "APP02", "10.20.10.32", false},
        {"WS07$", DOMAIN_SID "-1147", "WS07", "10.20.30.47", false},
        {"WS03$", DOMAIN_SID "-1143", "WS03", "10.20.30.43", false},
        {"WS05$", DOMAIN_SID "-1145", "WS05", "10.20.30.45", false},
        {"ADM01$", DOMAIN_SID "-1105", "ADM01", "10.20.30.5", false},
        {"BACKUP01$", DOMAIN_SID "-1110", "BACKUP01", "10.20.10.40", false},
    };
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const struct account *machine = &machines[i];
        int64_t t = forge_jst(f, day, hour, (int)(7 * i + forge_random(f, 6)), 11);
        struct client from = {NULL, machine->workstation, machine->ip,
                              (uint16_t)(49800 + forge_random(f, 9000))};
        get_ticket(f, t, machine->name, machine->sid, machine->ip, "DC01");
        struct session s = logon_network(f, t + 30000, DC01, machine, &from);
        open_share(f, t + 50000, &s, &from, "SYSVOL", "\\??\\C:\\Windows\\SYSVOL\\sysvol");
        logoff(f, t + 12000000, &s, 3);
    }
}

static void file_work(struct forge *f, int day, const struct account *who, int hour)
{
    struct client from = {NULL, who->workstation, who->ip,
                          (uint16_t)(50100 + forge_random(f, 12000))};
    int64_t t = forge_jst(f, day, hour, (int)forge_random(f, 55), (int)forge_random(f, 60));
    get_ticket(f, t - 50000, who->name, who->sid, who->ip, "FS01");
    struct session s = logon_network(f, t, FS01, who, &from);
    open_share(f, t + 40000, &s, &from, "Projects", "\\??\\D:\\Projects");
    for (uint32_t i = 0, n = 3 + forge_random(f, 6); i < n; i++)
        open_file(f, t + (int64_t)(i + 1) * 7300000, &s, &from, "Projects", "\\??\\D:\\Projects",
                  documents[forge_random(f, 9)], forge_random(f, 4) == 0);
    logoff(f, t + 640000000, &s, 3);
}

static void desk_work(struct forge *f, int day)
{
    static const char *const programs[] = {
        PROGRAMS "Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
        PROGRAMS "Microsoft Office\\root\\Office16\\EXCEL.EXE",
        PROGRAMS "Google\\Chrome\\Application\\chrome.exe",
        "C:\\Windows\\System32\\notepad.exe",
        PROGRAMS "Microsoft Office\\root\\Office16\\WINWORD.EXE",
    };
    struct session s = {WS07, &accounts[T_KURODA], 0x8a210 + (uint64_t)day * 0x1000, 1, 4120,
                        "C:\\Windows\\explorer.exe"};
    for (int i = 0; i < 22; i++) {
        const char *program = programs[forge_random(f, 5)];
        start_process(f, forge_jst(f, day, 9 + i / 3, (int)forge_random(f, 60), 5), &s, program,
                      forge_text(f, "\"%s\"", program));
    }
}

static void services(struct forge *f, int day)
{
    static const char *const names[] = {"Windows Update", "Windows Modules Installer",
                                        "Background Intelligent Transfer Service",
                                        "Software Protection", "WinHTTP Web Proxy Auto-Discovery"};
    for (enum host_name host = DC01; host <= WS07; host++) {
        for (int i = 0; i < 16; i++) {
            int64_t t = forge_jst(f, day, (i * 3 + (int)host) % 24, (int)forge_random(f, 60), 21);
            const char *name = names[forge_random(f, 5)];
            forge_event(f, host, t, SYS_SERVICE_STATE, "%s|running|", name);
            forge_event(f, host, t + 300000000, SYS_SERVICE_STATE, "%s|stopped|", name);
            struct session system = system_session(host);
            start_process(f, t, &system, SYSTEM32 "svchost.exe",
                          SYSTEM32 "svchost.exe -k netsvcs -p");
        }
    }
}

static void backup(struct forge *f, int day)
{
    const struct account *who = &accounts[SVC_BACKUP];
    for (enum host_name host = FS01; host <= APP02; host++) {
        struct client from = {NULL, who->workstation, who->ip,
                              (uint16_t)(51000 + forge_random(f, 9000))};
        int64_t t = forge_jst(f, day, 1, host == FS01 ? 0 : 10, 2);
        get_ticket(f, t - 40000, who->name, who->sid, who->ip, hosts[host].name);
        struct session s = logon_network(f, t, host, who, &from);
        open_share(f, t + 30000, &s, &from, "Backup", "\\??\\E:\\Backup");
        for (int i = 0; i < 12; i++)
            open_file(f, t + 5000000 * (i + 1), &s, &from, "Backup", "\\??\\E:\\Backup",
                      forge_text(f, "set-%02d.vbk", i), false);
        logoff(f, t + 900000000, &s, 3);
    }
}

/* He works from his own machine, in working hours, where he always does. */
static void administrator(struct forge *f, int day)
{
    const struct account *who = &accounts[ADM_HAYASHI];
    struct client from = {NULL, "ADM01", who->ip, 53211};
    int64_t t = forge_jst(f, day, 9, 41, 10);
    struct session s = rdp(f, t, &from, FS01, who, 2, false);
    start_process(f, t + 60000000, &s, SYSTEM32 "mmc.exe",
                  "\"" SYSTEM32 "mmc.exe\" " SYSTEM32 "compmgmt.msc");
    rdp_end(f, forge_jst(f, day, 9, 58, 41), &s, &from, 12);
    if (day != 4)
        return;
    from.port = 53988;
    s = rdp(f, forge_jst(f, day, 16, 5, 12), &from, DC01, who, 2, false);
    start_process(f, forge_jst(f, day, 16, 6, 2), &s, SYSTEM32 "mmc.exe",
                  "\"" SYSTEM32 "mmc.exe\" " SYSTEM32 "dsa.msc");
    forge_event(f, DC01, forge_jst(f, day, 16, 9, 2), PS_SCRIPT,
                "1|1|Get-ADUser -Filter * -Properties LastLogonDate -Server DC01 C:\\Temp\\u.csv|"
                "5f0c9b1e-6d0a-4c2e-9d36-1a2b7f8e4c11|")
        ->user_sid = who->sid;
    rdp_end(f, forge_jst(f, day, 16, 31, 30), &s, &from, 12);
    from.port = 54120;
    ssh(f, forge_jst(f, day, 10, 12, 30), &from, DB01, "ops", forge_jst(f, day, 10, 40, 2), false);
}

static void linux_hosts(struct forge *f, int day)
{
    for (int hour = 0; hour < 24; hour++) {
        unsigned pid = 3000 + (unsigned)(day * 100 + hour) * 7;
        for (enum text_log log = GW_SYSLOG; log <= DB_SYSLOG; log += DB_SYSLOG - GW_SYSLOG)
            forge_line(f, log, forge_jst(f, day, hour, 17, 1),
                       "CRON[%u]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
                       pid);
        for (enum text_log log = GW_AUTH; log <= DB_AUTH; log += DB_AUTH - GW_AUTH) {
            int64_t t = forge_jst(f, day, hour, 17, 1);
            forge_line(f, log, t, "CRON[%u]: pam_unix(cron:session): session opened for user "
                       "root(uid=0) by (uid=0)", pid - 1);
            forge_line(f, log, t + 60000, "CRON[%u]: pam_unix(cron:session): session closed for "
                       "user root", pid - 1);
        }
        forge_line(f, DB_SYSLOG, forge_jst(f, day, hour, 30, 3),
                   "systemd[1]: Finished %s.", hour % 2 ? "Clean up of temporary files"
                                                        : "PostgreSQL log rotation");
    }
    forge_line(f, DB_AUTH, forge_jst(f, day, 10, 14, 9),
               "sudo:      ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; "
               "COMMAND=/usr/bin/systemctl status postgresql");
}

void vpn_session(struct forge *f, const char *user, const char *address, unsigned port,
                 const char *lease, int64_t from, int64_t until)
{
    const char *peer = forge_text(f, "%s:%u", address, port);
    forge_line(f, GW_SYSLOG, from - 2100000, "ovpn-server[812]: %s TLS: Initial packet from "
               "[AF_INET]%s, sid=%08x %08x", peer, peer, forge_random(f, 0x7fffffff),
               forge_random(f, 0x7fffffff));
    forge_line(f, GW_SYSLOG, from - 900000, "ovpn-server[812]: %s TLS: Username/Password "
               "authentication succeeded for username '%s' ", peer, user);
    forge_line(f, GW_SYSLOG, from, "ovpn-server[812]: %s [%s] Peer Connection Initiated with "
               "[AF_INET]%s", peer, user, peer);
    forge_line(f, GW_SYSLOG, from + 20000, "ovpn-server[812]: %s/%s MULTI_sva: pool returned "
               "IPv4=%s, IPv6=(Not enabled)", user, peer, lease);
    forge_line(f, GW_SYSLOG, from + 40000, "ovpn-server[812]: %s/%s MULTI: Learn: %s -> %s/%s",
               user, peer, lease, user, peer);
    forge_line(f, GW_SYSLOG, from + 41000, "ovpn-server[812]: %s/%s MULTI: primary virtual IP for "
               "%s/%s: %s", user, peer, user, peer, lease);
    forge_line(f, GW_SYSLOG, until, "ovpn-server[812]: %s/%s SIGTERM[soft,remote-exit] received, "
               "client-instance exiting", user, peer);
}

static void web_request(struct forge *f, int day, int hour)
{
    static const struct {
        const char *site, *ip;
    } sites[] = {{"www.example.com:443", "192.0.2.10"},     {"mail.example.org:443", "192.0.2.25"},
                 {"news.example.net:443", "192.0.2.81"},    {"maps.example.com:443", "192.0.2.14"},
                 {"update.example.org:443", "192.0.2.200"}, {"bank.example.com:443", "192.0.2.61"}};
    size_t site = forge_random(f, 6);
    const struct account *who = &accounts[forge_random(f, 5)];
    int64_t t = forge_jst(f, day, hour, (int)forge_random(f, 60), (int)forge_random(f, 60));
    if (forge_random(f, 5) == 0)
        forge_line(f, SQUID_ACCESS, t, "%6u %s TCP_MISS/200 %u GET http://%.*s/i/%u.png %s "
                   "HIER_DIRECT/%s image/png %u \"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"",
                   20 + forge_random(f, 400), who->ip, 900 + forge_random(f, 90000),
                   (int)strcspn(sites[site].site, ":"), sites[site].site, forge_random(f, 9999),
                   who->name, sites[site].ip, 300 + forge_random(f, 400));
    else
        forge_line(f, SQUID_ACCESS, t, "%6u %s TCP_TUNNEL/200 %u CONNECT %s %s HIER_DIRECT/%s - "
                   "%u \"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"",
                   800 + forge_random(f, 90000), who->ip, 4000 + forge_random(f, 2000000),
                   sites[site].site, who->name, sites[site].ip, 1200 + forge_random(f, 240000));
}

void background(struct forge *f)
{
    for (int day = 4; day <= 7; day++) {
        int last_hour = day == 7 ? 10 : 24;
        bool works = day == 4 || day == 7;
        for (int hour = 0; hour < last_hour; hour++) {
            machine_tickets(f, day, hour);
            for (int i = works && hour >= 9 && hour < 18 ? 70 : 2; i > 0; i--)
                web_request(f, day, hour);
            for (int i = 0; works && hour >= 9 && hour < 18 && i < 5; i++)
                file_work(f, day, &accounts[i], hour);
        }
        services(f, day);
        backup(f, day);
        linux_hosts(f, day);
        if (works) {
            desk_work(f, day);
            administrator(f, day);
        }
    }
    vpn_session(f, "y.ito", "198.51.100.23", 40412, "10.20.99.10", forge_jst(f, 4, 7, 2, 11),
                forge_jst(f, 4, 7, 55, 40));
    vpn_session(f, "s.suzuki", "198.51.100.140", 51877, "10.20.99.11",
                forge_jst(f, 5, 14, 20, 3), forge_jst(f, 5, 15, 47, 18));
}
