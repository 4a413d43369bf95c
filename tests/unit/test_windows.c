/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows events from their tables: the direction of each kind of record, pairs of which the id
 * alone would mislead, roles, messages, hostile values. */
#include "parsers/windows_view.h"
#include "tests/unit/test.h"

#define OWN "SRV01.acme.example"
#define SECURITY "Microsoft-Windows-Security-Auditing", "Security"

/* "Name=value|Group/Name=value|=unnamed" as UTF-16 fields, as a record of a file has them. */
static void add_fields(struct batch *b, str list)
{
    while (list.len) {
        str item = str_head(list, str_find_char(list, '|'));
        size_t equals = str_find_char(item, '=');
        str name = str_head(item, equals), text = str_skip(item, equals + 1);
        char *wide = arena_bytes(&b->arena, 2 * text.len + 1);
        for (size_t i = 0; i < text.len; i++) {
            wide[2 * i] = text.p[i];
            wide[2 * i + 1] = 0;
        }
        batch_field(b, str_find_char(name, '/') < name.len ? FIELD_USER_DATA : FIELD_EVENT_DATA,
                    name, (struct value){wide, (uint32_t)(2 * text.len), VALUE_UTF16});
        list = str_skip(list, item.len + 1);
    }
}

static const struct event *described(struct batch *b, struct windows_record r, const char *fields)
{
    const struct event *e = batch_begin(b, b->count + 1);

    add_fields(b, str_of(fields));
    windows_describe(b, &r, true);
    batch_commit(b);
    return e;
}

static const struct event *event_of(struct batch *b, const char *provider, const char *channel,
                                    uint32_t code, const char *fields)
{
    struct windows_record r = {.provider = str_of(provider), .channel = str_of(channel),
                               .computer = STR(OWN), .code = code,
                               .system[SYSTEM_USER_SID] = value_of(STR("S-1-5-21-1-2-3-1104"))};

    return described(b, r, fields);
}

static str message_of(struct batch *b, const struct event *e)
{
    return event_text(e, STR("message"), &b->arena);
}

/* "host 10.1.2.3:445"; parts that are missing are left out. */
static str end_text(struct batch *b, const struct endpoint *end, uint16_t port)
{
    struct buf out = {0};

    buf_str(&out, names_text(&b->names, end->host));
    if (!addr_is_none(&end->addr)) {
        buf_str(&out, out.len ? STR(" ") : STR(""));
        addr_text(&end->addr, &out);
    }
    if (port)
        buf_printf(&out, ":%u", port);
    str text = arena_str(&b->arena, buf_view(&out));
    buf_free(&out);
    return text;
}

struct direction {
    const char *provider, *channel;
    uint32_t code;
    const char *fields;
    const char *src, *dst;
};

#define RDP_CORE "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",                              \
                 "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational"
#define RDP_LSM "Microsoft-Windows-TerminalServices-LocalSessionManager",                          \
                "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"
#define RDP_RCM "Microsoft-Windows-TerminalServices-RemoteConnectionManager",                      \
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"
#define RDP_CLIENT "Microsoft-Windows-TerminalServices-ClientActiveXCore",                         \
                   "Microsoft-Windows-TerminalServices-RDPClient/Operational"
#define RD_GATEWAY "Microsoft-Windows-TerminalServices-Gateway",                                   \
                   "Microsoft-Windows-TerminalServices-Gateway/Operational"
#define WINRM "Microsoft-Windows-WinRM", "Microsoft-Windows-WinRM/Operational"
#define SMB_CLIENT "Microsoft-Windows-SMBClient"
#define SMB_SERVER "Microsoft-Windows-SMBServer", "Microsoft-Windows-SMBServer/Security"
#define WMI "Microsoft-Windows-WMI-Activity", "Microsoft-Windows-WMI-Activity/Operational"
#define DCOM "Microsoft-Windows-DistributedCOM", "System"
#define NTLM "Microsoft-Windows-NTLM", "Microsoft-Windows-NTLM/Operational"
#define SYSMON "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"
#define SCM "Service Control Manager", "System"

/* One line a row of the table "which side wrote the event", and its special cases. */
static const struct direction directions[] = {
    /* Logons: the server wrote it */
    {SECURITY, 4624, "LogonType=3|IpAddress=10.1.2.3|IpPort=50123|WorkstationName=WS07",
     "WS07 10.1.2.3:50123", OWN},
    {SECURITY, 4624, "LogonType=8|IpAddress=10.1.2.3|IpPort=50123|WorkstationName=-",
     "10.1.2.3:50123", OWN},
    {SECURITY, 4624, "LogonType=10|IpAddress=10.1.2.3|IpPort=0|WorkstationName=SRV01", "10.1.2.3",
     OWN}, /* of remote desktop logons the workstation is the server itself */
    {SECURITY, 4624, "LogonType=7|IpAddress=10.1.2.3|IpPort=0|WorkstationName=SRV01", "10.1.2.3",
     OWN},
    {SECURITY, 4624, "LogonType=3|IpAddress=::ffff:10.1.2.3|IpPort=50123|WorkstationName=-",
     "10.1.2.3:50123", OWN},
    {SECURITY, 4624, "LogonType=3|IpAddress=fe80::1c2|IpPort=50123|WorkstationName=-",
     "fe80::1c2:50123", OWN},
    {SECURITY, 4624, "LogonType=3|IpAddress=-|IpPort=-|WorkstationName=-", "", OWN},
    {SECURITY, 4624, "LogonType=2|IpAddress=127.0.0.1|IpPort=0|WorkstationName=SRV01", "", OWN},
    {SECURITY, 4624, "LogonType=5|IpAddress=-|IpPort=-|WorkstationName=-", "", OWN},
    {SECURITY, 4625, "LogonType=3|IpAddress=10.1.2.3|IpPort=50123|WorkstationName=kali",
     "kali 10.1.2.3:50123", OWN},
    /* ... except new credentials: the client did */
    {SECURITY, 4624, "LogonType=9|IpAddress=::1|IpPort=0|WorkstationName=-", OWN, ""},
    {SECURITY, 4648, "TargetServerName=fs01.acme.example|TargetInfo=cifs/fs01|IpAddress=-|IpPort=-",
     OWN, "fs01.acme.example"},
    {SECURITY, 4648, "TargetServerName=fs01|TargetInfo=fs01|IpAddress=10.1.2.5|IpPort=445", OWN,
     "fs01 10.1.2.5:445"},
    {SECURITY, 4648, "TargetServerName=localhost|TargetInfo=localhost|IpAddress=10.1.2.3|IpPort=0",
     "10.1.2.3", OWN},
    {SECURITY, 4648, "TargetServerName=srv01|TargetInfo=srv01|IpAddress=-|IpPort=-", "", OWN},
    /* Domain controller */
    {SECURITY, 4768, "TargetUserName=kuroda|IpAddress=::ffff:10.1.2.3|IpPort=50001|Status=0x0",
     "10.1.2.3:50001", OWN},
    {SECURITY, 4769, "TargetUserName=kuroda@ACME|IpAddress=::ffff:10.1.2.3|IpPort=50001|Status=0x0",
     "10.1.2.3:50001", OWN},
    {SECURITY, 4770, "TargetUserName=kuroda@ACME|IpAddress=10.1.2.3|IpPort=50001",
     "10.1.2.3:50001", OWN},
    {SECURITY, 4771, "TargetUserName=kuroda|IpAddress=10.1.2.3|IpPort=50001|Status=0x18",
     "10.1.2.3:50001", OWN},
    {SECURITY, 4776, "TargetUserName=kuroda|Workstation=\\\\WS07|Status=0x0", "WS07", OWN},
    /* Sessions */
    {SECURITY, 4778, "AccountName=kuroda|ClientName=WS07|ClientAddress=10.1.2.3", "WS07 10.1.2.3",
     OWN},
    {SECURITY, 4779, "AccountName=kuroda|ClientName=Unknown|ClientAddress=LOCAL", "", OWN},
    {SECURITY, 4825, "AccountName=kuroda|ClientAddress=10.1.2.3", "10.1.2.3", OWN},
    /* Shares */
    {SECURITY, 5140, "ShareName=\\\\*\\C$|IpAddress=10.1.2.3|IpPort=50123", "10.1.2.3:50123", OWN},
    {SECURITY, 5145, "ShareName=\\\\*\\IPC$|RelativeTargetName=svcctl|IpAddress=10.1.2.3|IpPort=5",
     "10.1.2.3:5", OWN},
    /* Filtering platform, inbound: Source is the local end in old Windows, the client in new */
    {SECURITY, 5156,
     "Direction=%%14593|SourceAddress=10.1.2.9|SourcePort=50123|DestAddress=10.1.2.5|DestPort=445",
     OWN " 10.1.2.9:50123", "10.1.2.5:445"},
    {SECURITY, 5156,
     "Direction=%%14592|SourceAddress=10.1.2.9|SourcePort=3389|DestAddress=10.1.2.3|DestPort=50123",
     "10.1.2.3:50123", OWN " 10.1.2.9:3389"},
    {SECURITY, 5156, /* written the other way round: the ephemeral port tells */
     "Direction=%%14592|SourceAddress=10.1.2.3|SourcePort=50123|DestAddress=10.1.2.9|DestPort=3389",
     "10.1.2.3:50123", OWN " 10.1.2.9:3389"},
    {SECURITY, 5156, /* RPC: both ports are ephemeral */
     "Direction=%%14592|SourceAddress=10.1.2.3|SourcePort=55275|DestAddress=10.1.2.9|DestPort=52419",
     "10.1.2.3:55275", OWN " 10.1.2.9:52419"},
    {SECURITY, 5157,
     "Direction=%%14592|SourceAddress=10.1.2.9|SourcePort=445|DestAddress=10.1.2.3|DestPort=50123",
     "10.1.2.3:50123", OWN " 10.1.2.9:445"},
    {SECURITY, 5152, /* a packet names its own source */
     "Direction=%%14592|SourceAddress=10.1.2.3|SourcePort=59639|DestAddress=10.1.2.9|DestPort=3389",
     "10.1.2.3:59639", OWN " 10.1.2.9:3389"},
    /* No remote party: it comes from the session */
    {SCM, 7045, "ServiceName=PSEXESVC|ImagePath=%SystemRoot%\\PSEXESVC.exe", "", ""},
    {SECURITY, 4697, "ServiceName=PSEXESVC|ServiceFileName=x.exe", "", ""},
    {SECURITY, 4698, "TaskName=\\a", "", ""},
    {SECURITY, 4702, "TaskName=\\a", "", ""},
    /* Remote desktop, server */
    {RDP_RCM, 1149, "EventXML/Param1=kuroda|EventXML/Param2=ACME|EventXML/Param3=10.1.2.3",
     "10.1.2.3", OWN},
    {RDP_RCM, 261, "EventXML/listenerName=RDP-Tcp", "", OWN},
    {RDP_LSM, 21, "EventXML/User=ACME\\kuroda|EventXML/SessionID=2|EventXML/Address=10.1.2.3",
     "10.1.2.3", OWN},
    {RDP_LSM, 22, "EventXML/User=ACME\\kuroda|EventXML/SessionID=2|EventXML/Address=LOCAL", "",
     OWN},
    {RDP_LSM, 24, "EventXML/User=ACME\\kuroda|EventXML/SessionID=2|EventXML/Address=10.1.2.3",
     "10.1.2.3", OWN},
    {RDP_LSM, 25, "EventXML/User=ACME\\kuroda|EventXML/SessionID=2|EventXML/Address=10.1.2.3",
     "10.1.2.3", OWN},
    {RDP_CORE, 131, "ConnType=TCP|ClientIP=10.1.2.3:50123", "10.1.2.3:50123", OWN},
    {RDP_CORE, 131, "ConnType=TCP|ClientIP=[fe80::1c2]:50123", "fe80::1c2:50123", OWN},
    {RDP_CORE, 140, "IPString=10.1.2.3", "10.1.2.3", OWN},
    /* Remote desktop, client */
    {RDP_CLIENT, 1024, "Name=Server Name|Value=fs01.acme.example", OWN, "fs01.acme.example"},
    {RDP_CLIENT, 1024, "Name=Server Name|Value=fs01:3390", OWN, "fs01:3390"},
    {RDP_CLIENT, 1102, "Name=Server Address|Value=10.1.2.5", OWN, "10.1.2.5"},
    {RDP_CLIENT, 1025, "", OWN, ""},
    {RDP_CLIENT, 1026, "Name=Disconnect Reason|Value=263", OWN, ""},
    {RDP_CLIENT, 1027, "DomainName=ACME|SessionId=4", OWN, ""},
    {RDP_CLIENT, 1029, "TraceMessage=/6UN2Oco6V2sEKuooAIuzrrOUrk=-", OWN, ""},
    {RDP_CLIENT, 1105, "", OWN, ""},
    {RD_GATEWAY, 302,
     "EventInfo/Username=ACME\\kuroda|EventInfo/IpAddress=203.0.113.7|EventInfo/Resource=fs01",
     "203.0.113.7", "fs01"},
    {RD_GATEWAY, 303,
     "EventInfo/Username=ACME\\kuroda|EventInfo/IpAddress=203.0.113.7|EventInfo/Resource=10.1.2.5",
     "203.0.113.7", "10.1.2.5"},
    {RD_GATEWAY, 312, "EventInfo/Username=ACME\\kuroda|EventInfo/IpAddress=203.0.113.7",
     "203.0.113.7", ""},
    /* WinRM */
    {WINRM, 6, "connection=fs01.acme.example/wsman?PSVersion=5.1.20348.320", OWN,
     "fs01.acme.example"},
    {WINRM, 6, "connection=http://10.1.2.5:5985/wsman?PSVersion=5.1", OWN, "10.1.2.5:5985"},
    {WINRM, 8, "", OWN, ""},
    {WINRM, 16, "", OWN, ""},
    {WINRM, 33, "", OWN, ""},
    {WINRM, 142, "operationName=Invoke|errorCode=5", OWN, ""},
    {WINRM, 91,
     "resourceUri=http://schemas.microsoft.com/powershell/x (ACME\\kuroda clientIP: 10.1.2.3)",
     "10.1.2.3", OWN},
    {WINRM, 91, "", "", OWN},
    {WINRM, 169, "username=ACME\\kuroda|authenticationMechanism=NTLM", "", OWN},
    {WINRM, 193, "", "", OWN},
    /* SMB */
    {SMB_CLIENT, "Microsoft-Windows-SmbClient/Security", 31001,
     "ServerName=\\FS01|PrincipalName=cifs/FS01|LogonId=474190795|UserName=", OWN, "FS01"},
    {SMB_CLIENT, "Microsoft-Windows-SmbClient/Connectivity", 30804,
     "ServerName=\\FS01|Address=020001BD0A010205", OWN, "FS01 10.1.2.5:445"},
    {SMB_SERVER, 551, "UserName=kuroda|ClientName=\\\\WS07|ClientAddress=02-00-F4-D5-0A-70-8C-8F",
     "WS07 10.112.140.143:62677", OWN},
    {SMB_SERVER, 1009, "ClientName=\\\\10.1.2.3", "10.1.2.3", OWN},
    {"Microsoft-Windows-SMBServer", "Microsoft-Windows-SMBServer/Audit", 3000,
     "ClientName=10.1.2.3", "10.1.2.3", OWN},
    /* WMI and DCOM */
    {WMI, 5858,
     "Operation_ClientFailure/ClientMachine=WS07|Operation_ClientFailure/User=ACME\\kuroda", "WS07",
     OWN},
    {DCOM, 10028, "param1=fs01|param2=1a4|param3=C:\\Windows\\System32\\mmc.exe", OWN, "fs01"},
    {DCOM, 10016, "param2=Remote|param6=ACME|param7=kuroda|param8=S-1-5-21-1|param9=10.1.2.3",
     "10.1.2.3", OWN},
    {DCOM, 10016, "param2=Local|param7=x|param9=LocalHost (Using LRPC)", OWN, OWN},
    {DCOM, 10036, "param1=ACME|param2=kuroda|param3=S-1-5-21-1|param4=10.1.2.3", "10.1.2.3", OWN},
    /* NTLM */
    {NTLM, 8001, "TargetName=cifs/FS01|UserName=kuroda|DomainName=ACME", OWN, "FS01"},
    {NTLM, 8002, "ClientUserName=kuroda|ClientDomainName=ACME", "", OWN},
    {NTLM, 8003, "UserName=kuroda|DomainName=ACME|WorkstationName=WS07", "WS07", OWN},
    {NTLM, 8004, "SChannelName=FS01|UserName=kuroda|DomainName=ACME|WorkstationName=WS07", "WS07",
     "FS01"},
    /* Others */
    {SECURITY, 6272,
     "SubjectUserName=kuroda|CallingStationID=203.0.113.7|NASIPv4Address=10.1.0.1|"
     "ClientIPAddress=-",
     "203.0.113.7", "10.1.0.1"},
    {SECURITY, 6273,
     "SubjectUserName=kuroda|CallingStationID=00-11-22-33-44-55|NASIPv4Address=-|"
     "ClientIPAddress=10.1.0.1",
     "", "10.1.0.1"},
    {"MSSQLSERVER", "Application", 18454, "=sa| = [CLIENT: 10.1.2.3]", "", OWN},
    {"MSSQLSERVER", "Application", 18454, "=sa|= [CLIENT: 10.1.2.3]", "10.1.2.3", OWN},
    {"MSSQL$RADAR", "Application", 18456, "=sa|= Reason: no.|= [CLIENT: 10.1.2.3]", "10.1.2.3",
     OWN},
    {"MSSQLSERVER", "Application", 18456, "=sa|= Reason: no.|= [CLIENT: <local machine>]", "", OWN},
    {SYSMON, 3,
     "Initiated=true|SourceIp=10.1.2.9|SourceHostname=SRV01|SourcePort=50123|"
     "DestinationIp=10.1.2.5|DestinationHostname=fs01|DestinationPort=445",
     OWN " 10.1.2.9:50123", "fs01 10.1.2.5:445"},
    {SYSMON, 3,
     "Initiated=false|SourceIp=10.1.2.3|SourceHostname=ws07|SourcePort=50123|"
     "DestinationIp=10.1.2.9|DestinationHostname=x|DestinationPort=3389",
     "ws07 10.1.2.3:50123", OWN " 10.1.2.9:3389"},
    {"OpenSSH", "OpenSSH/Operational", 4,
     "process=sshd|payload=Accepted password for kuroda from 10.1.2.3 port 50123 ssh2",
     "10.1.2.3:50123", OWN},
    {"Microsoft-Windows-Bits-Client", "Microsoft-Windows-Bits-Client/Operational", 59,
     "url=https://user@files.acme.example:8443/a/b", OWN, "files.acme.example:8443"},
};

TEST(windows_direction_is_that_of_the_table_on_whichever_side_the_record_was_written)
{
    for (size_t i = 0; i < array_len(directions); i++) {
        const struct direction *d = &directions[i];
        struct batch b = {0};
        const struct event *e = event_of(&b, d->provider, d->channel, d->code, d->fields);
        str src = end_text(&b, &e->src, e->src_port), dst = end_text(&b, &e->dst, e->dst_port);
        if (!str_eq(src, str_of(d->src)) || !str_eq(dst, str_of(d->dst)))
            test_failed(__FILE__, __LINE__, "%s %u (%s): got %.*s -> %.*s, want %s -> %s",
                        d->provider, d->code, d->fields, PSTR(src), PSTR(dst), d->src, d->dst);
        batch_free(&b);
    }
}

static void check_kind(const char *provider, const char *channel, uint32_t code, enum kind kind)
{
    struct batch b = {0};
    const struct event *e = event_of(&b, provider, channel, code, "");

    if (e->kind != kind)
        test_failed(__FILE__, __LINE__, "%s/%s %u: got %s, want %s", provider, channel, code,
                    kind_text(e->kind), kind_text(kind));
    batch_free(&b);
}

TEST(windows_kind_depends_on_provider_or_channel_and_id_never_on_the_id_alone)
{
    check_kind("Microsoft-Windows-Eventlog", "Security", 1102, KIND_LOG_CLEARED);
    check_kind(RDP_CLIENT, 1102, KIND_RDP_CLIENT);
    check_kind("Microsoft-Windows-Eventlog", "System", 104, KIND_LOG_CLEARED);
    check_kind(RDP_CORE, 104, KIND_RDP_CONNECTION);
    check_kind("Microsoft-Windows-Kernel-General", "System", 1, KIND_TIME_CHANGED);
    check_kind("Microsoft-Windows-FilterManager", "System", 1, KIND_OTHER);
    check_kind(SYSMON, 1, KIND_PROCESS_START);
    check_kind(SYSMON, 4, KIND_LOG_SERVICE);
    check_kind("OpenSSH", "OpenSSH/Operational", 4, KIND_OTHER);
    check_kind("Microsoft-Windows-Bits-Client", "Microsoft-Windows-Bits-Client/Operational", 4,
               KIND_TRANSFER);
    check_kind(SYSMON, 6, KIND_DRIVER_LOADED);
    check_kind(WINRM, 6, KIND_WINRM_CLIENT);
    check_kind("Microsoft-Windows-Winlogon", "Application", 6000, KIND_OTHER);
    check_kind("AD FS Auditing", "Security", 4624, KIND_OTHER);
    check_kind("", "Security", 4624, KIND_LOGON);
    check_kind("", "Microsoft-Windows-WinRM/Operational", 6, KIND_WINRM_CLIENT);
}

TEST(windows_names_of_logs_are_compared_without_case)
{
    check_kind("MICROSOFT-WINDOWS-SECURITY-AUDITING", "security", 4624, KIND_LOGON);
    check_kind("", "microsoft-windows-SYSMON/operational", 1, KIND_PROCESS_START);
}

#define SUBJECT "SubjectUserSid=S-1-5-21-1-2-3-500|SubjectUserName=adm|SubjectDomainName=ACME|"    \
                "SubjectLogonId=0x14f50|"
#define TARGET "TargetUserSid=S-1-5-21-1-2-3-1104|TargetUserName=t.kuroda|TargetDomainName=ACME|"  \
               "TargetLogonId=0x2cff42b44|"

TEST(windows_logon_carries_who_where_and_session)
{
    struct batch b = {0};
    const struct event *e = event_of(
        &b, SECURITY, 4624,
        "SubjectUserSid=S-1-0-0|SubjectUserName=-|SubjectDomainName=-|SubjectLogonId=0x0|" TARGET
        "LogonType=3|LogonProcessName=NtLmSsp |AuthenticationPackageName=NTLM|WorkstationName=WS07|"
        "ProcessId=0x0|ProcessName=-|IpAddress=10.1.2.3|IpPort=50123");

    CHECK_INT(e->kind, KIND_LOGON);
    CHECK_INT(e->outcome, OUTCOME_SUCCESS);
    CHECK_INT((int)e->actor.sid, 0);
    CHECK_INT((int)e->actor.user, 0);
    CHECK_STR(names_text(&b.names, e->target.user), "t.kuroda");
    CHECK_STR(names_text(&b.names, e->target.domain), "ACME");
    CHECK_STR(names_text(&b.names, e->target.sid), "S-1-5-21-1-2-3-1104");
    CHECK_INT(e->target.logon, 0x2cff42b44);
    CHECK_STR(names_text(&b.names, e->host), OWN);
    CHECK_STR(event_text(e, STR("winlog.logon.type"), &b.arena), "Network");
    CHECK_STR(event_text(e, STR("winlog.logon.id"), &b.arena), "0x2cff42b44");
    batch_free(&b);
}

TEST(windows_typed_values_read_like_texts)
{
    static const uint8_t sid[] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
                                  0, 0, 0, 0x50, 4, 0, 0};
    static const uint64_t logon = 0x2cff42b44;
    static const uint32_t type = 10, port = 50123;
    struct batch b = {0};
    struct windows_record r = {.provider = STR("Microsoft-Windows-Security-Auditing"),
                               .code = 4624, .computer = STR(OWN)};
    struct event *e = batch_begin(&b, 0);

    batch_field(&b, FIELD_EVENT_DATA, STR("TargetUserSid"),
                (struct value){sid, sizeof sid, VALUE_SID});
    batch_field(&b, FIELD_EVENT_DATA, STR("TargetLogonId"), (struct value){&logon, 8, VALUE_HEX64});
    batch_field(&b, FIELD_EVENT_DATA, STR("LogonType"), (struct value){&type, 4, VALUE_U32});
    batch_field(&b, FIELD_EVENT_DATA, STR("IpAddress"), value_of(STR("10.1.2.3")));
    batch_field(&b, FIELD_EVENT_DATA, STR("IpPort"), (struct value){&port, 4, VALUE_U32});
    windows_describe(&b, &r, true);
    batch_commit(&b);
    CHECK_STR(names_text(&b.names, e->target.sid), "S-1-5-21-1-2-3-1104");
    CHECK_INT(e->target.logon, logon);
    CHECK_INT(e->src_port, 50123);
    CHECK_STR(message_of(&b, e),
              "Logon type 10 (remote interactive): S-1-5-21-1-2-3-1104 from 10.1.2.3:50123");
    batch_free(&b);
}

TEST(windows_system_part_becomes_winlog_fields)
{
    struct batch b = {0};
    struct windows_record r = {
        .provider = STR("X"), .channel = STR("X/Operational"), .computer = STR(OWN), .code = 7,
        .system[SYSTEM_PROVIDER_GUID] = value_of(STR("{a}")), .system[SYSTEM_ACTIVITY_ID] = value_of(STR("{b}")),
        .system[SYSTEM_USER_SID] = value_of(STR("S-1-5-18")), .system[SYSTEM_KEYWORDS] = value_of(STR("0x8000000000000000")),
        .system[SYSTEM_RECORD_ID] = value_number(&b.arena, 4711), .system[SYSTEM_VERSION] = value_number(&b.arena, 2),
        .system[SYSTEM_TASK] = value_number(&b.arena, 12), .system[SYSTEM_PROCESS_ID] = value_number(&b.arena, 600),
        .system[SYSTEM_THREAD_ID] = value_number(&b.arena, 604),
    };
    const struct event *e = described(&b, r, "");

    CHECK_STR(event_text(e, STR("winlog.record_id"), &b.arena), "4711");
    CHECK_STR(event_text(e, STR("winlog.version"), &b.arena), "2");
    CHECK_STR(event_text(e, STR("winlog.task"), &b.arena), "12");
    CHECK_STR(event_text(e, STR("winlog.opcode"), &b.arena), "");
    CHECK_STR(event_text(e, STR("winlog.process.pid"), &b.arena), "600");
    CHECK_STR(event_text(e, STR("winlog.process.thread.id"), &b.arena), "604");
    CHECK_STR(event_text(e, STR("winlog.provider_guid"), &b.arena), "{a}");
    CHECK_STR(event_text(e, STR("winlog.activity_id"), &b.arena), "{b}");
    CHECK_STR(event_text(e, STR("winlog.user.identifier"), &b.arena), "S-1-5-18");
    CHECK_INT(e->code, 7);
    batch_free(&b);
}

TEST(windows_audit_keywords_and_status_decide_the_outcome)
{
    struct windows_record r = {.provider = STR("Microsoft-Windows-Security-Auditing"),
                               .code = 4673, .computer = STR(OWN),
                               .system[SYSTEM_KEYWORDS] = value_of(STR("0x8010000000000000"))};
    struct batch b = {0};

    CHECK_INT(described(&b, r, SUBJECT)->outcome, OUTCOME_FAILURE);
    r.system[SYSTEM_KEYWORDS] = value_of(STR("0x8020000000000000"));
    CHECK_INT(described(&b, r, SUBJECT)->outcome, OUTCOME_SUCCESS);
    r.system[SYSTEM_KEYWORDS] = value_of(STR(""));
    CHECK_INT(described(&b, r, SUBJECT)->outcome, OUTCOME_UNKNOWN);
    r.code = 4768;
    CHECK_INT(described(&b, r, "Status=0x18")->outcome, OUTCOME_FAILURE);
    CHECK_INT(described(&b, r, "Status=0x18")->kind, KIND_KERBEROS_FAILED);
    CHECK_INT(described(&b, r, "Status=0x0")->outcome, OUTCOME_SUCCESS);
    CHECK_INT(described(&b, r, "Status=0x0")->kind, KIND_KERBEROS_TGT);
    batch_free(&b);
}

TEST(windows_openssh_text_names_kind_user_and_client)
{
    static const struct {
        const char *payload, *user;
        enum kind kind;
        uint16_t port;
    } lines[] = {
        {"Accepted publickey for kuroda from 10.1.2.3 port 5 ssh2: ED25519 SHA256:x", "kuroda",
         KIND_LOGON, 5},
        {"Failed password for root from 10.1.2.3 port 6 ssh2", "root", KIND_LOGON_FAILED, 6},
        {"Failed password for invalid user bob from 10.1.2.3 port 7 ssh2", "bob",
         KIND_LOGON_FAILED, 7},
        {"Failed none for invalid user x from 9.9.9.9 port 1 from 10.1.2.3 port 8 ssh2",
         "x from 9.9.9.9 port 1", KIND_LOGON_FAILED, 8},
        {"Invalid user hacker from 10.1.2.3 port 9", "hacker", KIND_LOGON_FAILED, 9},
        {"Disconnected from user kuroda 10.1.2.3 port 10", "kuroda", KIND_SESSION_CLOSE, 10},
        {"Connection closed by 10.1.2.3 port 11 [preauth]", "", KIND_SESSION_CLOSE, 11},
        {"Server listening on 0.0.0.0 port 22.", "", KIND_LOG_SERVICE, 0},
        {"Accepted password for kuroda from nowhere port 5", "", KIND_LOGON, 0},
    };

    for (size_t i = 0; i < array_len(lines); i++) {
        struct batch b = {0};
        char fields[256];
        snprintf(fields, sizeof fields, "process=sshd|payload=%s", lines[i].payload);
        const struct event *e = event_of(&b, "OpenSSH", "OpenSSH/Operational", 4, fields);
        CHECK_INT(e->kind, lines[i].kind);
        CHECK_STR(names_text(&b.names, e->target.user), lines[i].user);
        CHECK_INT(e->src_port, lines[i].port);
        batch_free(&b);
    }
}

TEST(windows_powershell_tells_its_host_application_and_serving_end)
{
    struct batch b = {0};
    const struct event *e = event_of(&b, "PowerShell", "Windows PowerShell", 400,
                                     "=Available|=None|=\tNewEngineState=Available\r\n"
                                     "\tHostName=ServerRemoteHost\r\n\tHostApplication="
                                     "C:\\Windows\\system32\\wsmprovhost.exe -Embedding\r\n");

    CHECK_STR(end_text(&b, &e->dst, 0), OWN);
    CHECK_STR(event_text(e, STR("process.command_line"), &b.arena),
              "C:\\Windows\\system32\\wsmprovhost.exe -Embedding");
    e = event_of(&b, "Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational",
                 4103,
                 "ContextInfo=  Host Name = ConsoleHost\r\n  User = ACME\\kuroda\r\n|Payload=x");
    CHECK_STR(names_text(&b.names, e->actor.user), "kuroda");
    CHECK_STR(names_text(&b.names, e->actor.domain), "ACME");
    batch_free(&b);
}

TEST(windows_hashes_stand_under_their_algorithms)
{
    struct batch b = {0};
    const struct event *e =
        event_of(&b, SYSMON, 1, "Image=C:\\a.exe|Hashes=SHA1=AA,MD5=bb,SHA256=CC,IMPHASH=00");

    CHECK_STR(event_text(e, STR("process.hash.sha1"), &b.arena), "AA");
    CHECK_STR(event_text(e, STR("process.hash.md5"), &b.arena), "bb");
    CHECK_STR(event_text(e, STR("process.hash.sha256"), &b.arena), "CC");
    CHECK_STR(event_text(e, STR("process.pe.imphash"), &b.arena), "00");
    e = event_of(&b, SYSMON, 7, "Image=C:\\a.exe|ImageLoaded=C:\\b.dll|Hashes=SHA256=DD,=,X");
    CHECK_STR(event_text(e, STR("dll.hash.sha256"), &b.arena), "DD");
    batch_free(&b);
}

TEST(windows_task_content_gives_the_command)
{
    struct batch b = {0};
    const struct event *e = event_of(
        &b, SECURITY, 4698,
        SUBJECT "TaskName=\\evil|TaskContent=<Task><Actions><Exec><Command>cmd.exe</Command>"
                "<Arguments>/c whoami &gt; C:\\a &amp; exit</Arguments></Exec></Actions></Task>");

    CHECK_STR(event_text(e, STR("process.command_line"), &b.arena),
              "cmd.exe /c whoami > C:\\a & exit");
    CHECK_STR(names_text(&b.names, e->program), "cmd.exe");
    CHECK_STR(message_of(&b, e),
              "Scheduled task created: \\evil = cmd.exe /c whoami > C:\\a & exit by ACME\\adm");
    batch_free(&b);
}

TEST(windows_severity_rises_with_what_was_turned_off)
{
    struct batch b = {0};

    CHECK_INT(event_of(&b, "Microsoft-Windows-Eventlog", "Security", 1102, "")->severity,
              SEVERITY_HIGH);
    CHECK_INT(event_of(&b, SECURITY, 4719, "AuditPolicyChanges=%%8448, %%8450")->severity,
              SEVERITY_MEDIUM);
    CHECK_INT(event_of(&b, SECURITY, 4719, "AuditPolicyChanges=%%8449")->severity, SEVERITY_LOW);
    CHECK_INT(event_of(&b, SECURITY, 4950,
                       "SettingType=Enable Windows Firewall|SettingValue=No")->severity,
              SEVERITY_HIGH);
    CHECK_INT(event_of(&b, "Microsoft-Windows-Windows Defender", "", 5007,
                       "New Value=HKLM\\Defender\\Exclusions\\Paths\\C:\\ = 0x0")->severity,
              SEVERITY_MEDIUM);
    CHECK_INT(event_of(&b, "Microsoft-Windows-Windows Defender", "", 5007,
                       "New Value=HKLM\\Defender\\Real-Time Protection\\"
                       "DisableRealtimeMonitoring = 0x1")->severity,
              SEVERITY_HIGH);
    batch_free(&b);
}

static const struct {
    const char *provider, *channel;
    uint32_t code;
    const char *fields, *message;
} messages[] = {
    {SECURITY, 4624,
     SUBJECT TARGET "LogonType=3|AuthenticationPackageName=NTLM|WorkstationName=WS07|"
                    "LmPackageName=NTLM V2|ProcessName=-|IpAddress=10.1.2.3|IpPort=50123",
     "Logon type 3 (network): ACME\\t.kuroda from 10.1.2.3:50123 (WS07) via NTLM NTLM V2"},
    {SECURITY, 4624,
     TARGET "LogonType=9|AuthenticationPackageName=Negotiate|TargetOutboundUserName=admin|"
            "TargetOutboundDomainName=ACME|ProcessName=C:\\Windows\\System32\\svchost.exe",
     "Logon type 9 (new credentials): ACME\\t.kuroda via Negotiate, outbound as ACME\\admin, by "
     "svchost.exe"},
    {SECURITY, 4624, TARGET "LogonType=10|IpAddress=10.1.2.3|IpPort=0|RestrictedAdminMode=%%1842",
     "Logon type 10 (remote interactive): ACME\\t.kuroda from 10.1.2.3, restricted admin mode"},
    {SECURITY, 4624, TARGET "LogonType=10|IpAddress=10.1.2.3|IpPort=0|RestrictedAdminMode=%%1843",
     "Logon type 10 (remote interactive): ACME\\t.kuroda from 10.1.2.3"},
    {SECURITY, 4625,
     TARGET "LogonType=3|IpAddress=10.1.2.3|IpPort=0|WorkstationName=-|Status=0xc000006d|"
            "SubStatus=0xc0000064|AuthenticationPackageName=NTLM",
     "Failed logon type 3 (network): ACME\\t.kuroda from 10.1.2.3 via NTLM: no such user "
     "(0xc0000064)"},
    {SECURITY, 4634, TARGET "LogonType=3",
     "Logoff: ACME\\t.kuroda, logon type 3 (network), session 0x2cff42b44"},
    {SECURITY, 4648,
     SUBJECT TARGET "TargetServerName=fs01|TargetInfo=cifs/fs01|IpAddress=10.1.2.5|IpPort=445|"
                    "ProcessName=-",
     "Explicit credentials: ACME\\adm used ACME\\t.kuroda for fs01 (cifs/fs01) at 10.1.2.5:445"},
    {SECURITY, 4672, SUBJECT "PrivilegeList=SeDebugPrivilege\r\n\t\t\tSeTcbPrivilege",
     "Special privileges for ACME\\adm: SeDebugPrivilege (debug any process), SeTcbPrivilege (act "
     "as the operating system)"},
    {SECURITY, 4688,
     SUBJECT "NewProcessName=C:\\a\\b.exe|CommandLine=b.exe -x|ParentProcessName=C:\\c.exe",
     "Process started: b.exe -x by ACME\\adm, parent C:\\c.exe"},
    {SECURITY, 4688, SUBJECT "NewProcessName=C:\\a\\b.exe|CommandLine=",
     "Process started: C:\\a\\b.exe by ACME\\adm"},
    {SECURITY, 4697,
     SUBJECT "ServiceName=PSEXESVC|ServiceFileName=%SystemRoot%\\PSEXESVC.exe|ServiceType=0x10|"
             "ServiceStartType=3|ServiceAccount=LocalSystem",
     "Service installed: PSEXESVC = %SystemRoot%\\PSEXESVC.exe (type 0x10 (own process), start 3 "
     "(demand), account LocalSystem) by ACME\\adm"},
    {SCM, 7045,
     "ServiceName=PSEXESVC|ImagePath=%SystemRoot%\\PSEXESVC.exe|ServiceType=user mode service|"
     "StartType=demand start|AccountName=LocalSystem",
     "Service installed: PSEXESVC = %SystemRoot%\\PSEXESVC.exe (user mode service, demand start, "
     "account LocalSystem)"},
    {SCM, 7036, "param1=Volume Shadow Copy|param2=running",
     "Service Volume Shadow Copy entered the running state"},
    {SCM, 7040, "param1=Windows Defender|param2=auto start|param3=disabled|param4=WinDefend",
     "Start type of service Windows Defender (WinDefend) changed from auto start to disabled"},
    {SCM, 7023, "param1=Spooler|param2=%%1053",
     "Service Spooler ended with error no answer to the start request in time (1053)"},
    {SECURITY, 4719,
     SUBJECT "CategoryId=%%8273|SubcategoryId=%%12544|AuditPolicyChanges=%%8448, %%8450",
     "Audit policy changed: Logon: success auditing removed, failure auditing removed by "
     "ACME\\adm"},
    {SECURITY, 4720, SUBJECT TARGET, "Account created: ACME\\t.kuroda by ACME\\adm"},
    {SECURITY, 4732, SUBJECT "MemberName=-|MemberSid=S-1-5-21-9|TargetUserName=Administrators|"
                             "TargetDomainName=Builtin|TargetSid=S-1-5-32-544",
     "S-1-5-21-9 added to local group Builtin\\Administrators by ACME\\adm"},
    {SECURITY, 4768,
     "TargetUserName=t.kuroda|TargetDomainName=ACME|Status=0x0|TicketEncryptionType=0x17|"
     "PreAuthType=0|IpAddress=::ffff:10.1.2.3|IpPort=50001",
     "Kerberos TGT for ACME\\t.kuroda from 10.1.2.3:50001: success, RC4-HMAC (0x17), "
     "pre-authentication 0 (none)"},
    {SECURITY, 4769,
     "TargetUserName=t.kuroda@ACME.EXAMPLE|TargetDomainName=ACME.EXAMPLE|ServiceName=FS01$|"
     "Status=0x25|TicketEncryptionType=0xffffffff|TicketOptions=0x40810000|"
     "IpAddress=::ffff:10.1.2.3|IpPort=50001",
     "Kerberos service ticket for FS01$ to ACME.EXAMPLE\\t.kuroda from 10.1.2.3:50001: clocks too "
     "far apart (0x25), options 0x40810000 (canonicalize, renewable, "
     "forwardable)"},
    {SECURITY, 4771, "TargetUserName=t.kuroda|Status=0x18|IpAddress=10.1.2.3|IpPort=1",
     "Kerberos pre-authentication of t.kuroda failed from 10.1.2.3:1: wrong password (0x18)"},
    {SECURITY, 4776, "TargetUserName=t.kuroda|Workstation=WS07|Status=0xc000006a",
     "NTLM validation of t.kuroda from workstation WS07: wrong password (0xc000006a)"},
    {SECURITY, 4778, "AccountName=t.kuroda|AccountDomain=ACME|LogonID=0x6a423|"
                     "SessionName=RDP-Tcp#5|ClientName=WS07|ClientAddress=10.1.2.3",
     "Session RDP-Tcp#5 reconnected: ACME\\t.kuroda from 10.1.2.3 (WS07)"},
    {SECURITY, 5140, SUBJECT "ShareName=\\\\*\\ADMIN$|AccessMask=0x1|IpAddress=10.1.2.3|IpPort=2",
     "Share \\\\*\\ADMIN$ accessed by ACME\\adm from 10.1.2.3:2, access 0x1 (read)"},
    {SECURITY, 5145,
     SUBJECT "ShareName=\\\\*\\ADMIN$|RelativeTargetName=PSEXESVC.exe|AccessMask=0x6|"
             "IpAddress=10.1.2.3|IpPort=2",
     "\\\\*\\ADMIN$\\PSEXESVC.exe accessed by ACME\\adm from 10.1.2.3:2, access 0x6 "
     "(write, append)"},
    {SECURITY, 4662,
     SUBJECT "ObjectType=%{19195a5b-6da0-11d0-afd3-00c04fd930c9}|ObjectName=%{0b32719a}|"
             "Properties=%%7688\r\n\t\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}",
     "Directory object %{0b32719a} (domainDNS) accessed by ACME\\adm: control access, "
     "DS-Replication-Get-Changes-All"},
    {SECURITY, 4616, SUBJECT "PreviousTime=a|NewTime=b|ProcessName=C:\\x.exe",
     "System time changed from a to b by ACME\\adm with C:\\x.exe"},
    {"Microsoft-Windows-Eventlog", "System", 104,
     "LogFileCleared/SubjectUserName=adm|LogFileCleared/SubjectDomainName=ACME|"
     "LogFileCleared/Channel=Application|LogFileCleared/BackupPath=",
     "Log Application cleared by ACME\\adm"},
    {"Microsoft-Windows-Eventlog", "Security", 1102,
     "LogFileCleared/SubjectUserName=adm|LogFileCleared/SubjectDomainName=ACME",
     "Security log cleared by ACME\\adm"},
    {RDP_RCM, 1149, "EventXML/Param1=t.kuroda|EventXML/Param2=ACME|EventXML/Param3=10.1.2.3",
     "RDP network authentication succeeded: ACME\\t.kuroda from 10.1.2.3"},
    {RDP_LSM, 21, "EventXML/User=ACME\\t.kuroda|EventXML/SessionID=2|EventXML/Address=10.1.2.3",
     "Remote desktop session 2 logon: ACME\\t.kuroda from 10.1.2.3"},
    {RDP_LSM, 40, "EventXML/Session=2|EventXML/Reason=5",
     "Session 2 disconnected, reason 5 (replaced by another connection)"},
    {RDP_CLIENT, 1024, "Value=fs01", "RDP client is trying to connect to fs01"},
    {WINRM, 6, "connection=fs01/wsman?PSVersion=5.1",
     "WinRM session to fs01 by S-1-5-21-1-2-3-1104"},
    {SYSMON, 1, "Image=C:\\b.exe|CommandLine=b.exe -x|User=ACME\\t.kuroda|ParentImage=C:\\c.exe",
     "Process started: b.exe -x by ACME\\t.kuroda, parent C:\\c.exe"},
    {SYSMON, 10, "SourceImage=C:\\a.exe|TargetImage=C:\\lsass.exe|GrantedAccess=0x1010",
     "C:\\a.exe opened C:\\lsass.exe, access 0x1010 (read memory, query limited "
     "information)"},
    {"Microsoft-Windows-Backup", "Microsoft-Windows-Backup", 524, "",
     "System backup catalog deleted"},
    {"Microsoft-Windows-Windows Defender", "Microsoft-Windows-Windows Defender/Operational", 1116,
     "Threat Name=HackTool:Win32/Mimikatz|Severity Name=High|Path=file:_C:\\m.exe|"
     "Process Name=C:\\x.exe|Detection User=ACME\\t.kuroda",
     "Malware detected: HackTool:Win32/Mimikatz (High) in file:_C:\\m.exe by C:\\x.exe, user "
     "ACME\\t.kuroda"},
    {"ESENT", "Application", 325, "=NTDS|=3392|=|=2|=C:\\t\\ntds.dit|=0",
     "NTDS: database created: C:\\t\\ntds.dit"},
    {SECURITY, 4703,
     SUBJECT TARGET "EnabledPrivilegeList=SeBackupPrivilege|DisabledPrivilegeList=-|"
                    "ProcessName=C:\\x.exe",
     "Privileges of ACME\\t.kuroda adjusted, enabled SeBackupPrivilege (read any file) with "
     "C:\\x.exe"},
    {SECURITY, 4656,
     SUBJECT "ObjectType=Process|ObjectName=lsass.exe|AccessMask=0x1010|"
             "AccessList=%%4484\r\n\t\t\t\t%%4492\r\n",
     "Handle requested to Process lsass.exe, access 0x1010 (read memory, query limited "
     "information) by ACME\\adm"},
    {SECURITY, 4738,
     SUBJECT TARGET "UserAccountControl=\r\n\t\t%%2089|PasswordLastSet=%%1794|SidHistory=-|"
                    "AllowedToDelegateTo=%%1793",
     "Account changed: ACME\\t.kuroda by ACME\\adm: password never expires, password set never"},
    {SECURITY, 5061,
     SUBJECT "KeyName=k|AlgorithmName=RSA|Operation=%%2480|ReturnCode=0x0",
     "Cryptographic operation with k: open key (RSA) by ACME\\adm, success"},
    {SECURITY, 4929, "SourceAddr=dc2.acme.example|NamingContext=DC=acme|StatusCode=8452",
     "Replica source removed: dc2.acme.example for DC=acme, status naming context is not "
     "replicated from there (8452)"},
    {SECURITY, 4689, SUBJECT "ProcessName=C:\\x.exe|Status=0xc0000005",
     "Process ended: C:\\x.exe of ACME\\adm, exit status access violation (0xc0000005)"},
    {SCM, 7000, "param1=WinDefend|param2=%%577",
     "Service WinDefend failed to start: image signature not valid (577)"},
    {SCM, 7023, "param1=wuauserv|param2=%%2147549471",
     "Service wuauserv ended with error 0x8001011f"},
    {SMB_SERVER, 551,
     "SessionGUID={00000000-0000-0000-0000-000000000000}|ConnectionGUID=x|Status=3221225581|"
     "ClientAddressLength=16|ClientAddress=0200F4D50A708C8F0000000000000000|UserName=adm",
     "SMB session authentication failed as adm from 10.112.140.143:62677: wrong user name or "
     "password (0xc000006d)"},
    {SMB_SERVER, 1777, "A=1|ClientAddress=0200F4D50A708C8F0000000000000000",
     "Microsoft-Windows-SMBServer 1777: A=1, ClientAddress=10.112.140.143:62677"},
    {SMB_CLIENT, "Microsoft-Windows-SmbClient/Connectivity", 30803,
     "Status=0xc00000b5|AddressLength=28|ServerName=\\FS01|"
     "Address=170001BD00000000FE800000000000000000000000000001|Reason=1",
     "SMB client could not connect to [fe80::1]:445: timeout (0xc00000b5)"},
    {"Microsoft-Windows-Bits-Client", "Microsoft-Windows-Bits-Client/Operational", 61,
     "name=j|url=http://a/b|hr=0x80190194|bytesTransferred=0",
     "BITS failed http://a/b for job j, 0 bytes, error HTTP 404"},
    {"Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational", 201,
     "TaskName=\\t|ActionName=a.exe|ResultCode=2147942402",
     "Task \\t finished a.exe, result file not found (0x80070002)"},
    {"Microsoft-Windows-WMI-Activity", "Microsoft-Windows-WMI-Activity/Operational", 5858,
     "Operation_ClientFailure/ClientMachine=WS07|Operation_ClientFailure/User=ACME\\adm|"
     "Operation_ClientFailure/Operation=Start|Operation_ClientFailure/ResultCode=0x80041003",
     "WMI operation of ACME\\adm from WS07 failed: Start, result WMI access denied (0x80041003)"},
    {"Microsoft-Windows-Kernel-General", "System", 1, "NewTime=b|OldTime=a|Reason=2",
     "System time changed from a to b, reason 2 (to the hardware clock)"},
    {"Microsoft-Windows-Kernel-Boot", "System", 27, "BootType=1|LoadOptions= NOEXECUTE=OPTIN",
     "Boot type 1 (fast start), options NOEXECUTE=OPTIN"},
    {"Microsoft-Windows-Windows Firewall With Advanced Security", "", 2004,
     "RuleName=evil|ApplicationPath=C:\\e.exe|Direction=1|Protocol=6|LocalPorts=4444|Action=3|"
     "Profiles=2147483647|RemoteAddresses=*|ModifyingApplication=C:\\netsh.exe",
     "Firewall rule added: evil, allow inbound for C:\\e.exe TCP, local ports 4444, remote *, "
     "profile all by C:\\netsh.exe"},
    {"Microsoft-Windows-Windows Defender", "", 1117,
     "Threat Name=X|Action ID=2|Action Name=%%887|Path=file:_C:\\x",
     "Action quarantine taken against X in file:_C:\\x"},
    {"Application Error", "Application", 1000,
     "=x.exe|=1.0|=5f|=ntdll.dll|=10|=60|=c0000005|=0004|=1f|=1d|=C:\\x.exe|=C:\\n.dll|=g",
     "x.exe 1.0 crashed in ntdll.dll: access violation (0xc0000005) at offset 0004 (C:\\x.exe)"},
    {"Microsoft-Windows-FilterManager", "System", 1, "FinalStatus=0x0|DeviceName=SysmonDrv",
     "File system filter SysmonDrv unloaded: success"},
    {"Vendor-Product", "Application", 12, "A=1|B=-|Group/C=3|=x",
     "Vendor-Product 12: A=1, C=3, x"},
};

TEST(windows_messages_are_what_an_analyst_reads)
{
    for (size_t i = 0; i < array_len(messages); i++) {
        struct batch b = {0};
        const struct event *e = event_of(&b, messages[i].provider, messages[i].channel,
                                         messages[i].code, messages[i].fields);
        CHECK_STR(message_of(&b, e), messages[i].message);
        batch_free(&b);
    }
}

TEST(windows_rendering_of_the_emitter_is_the_message)
{
    static const struct {
        uint32_t code;
        bool forwarded; /* RenderingInfo, not what an exporting tool added */
        const char *message;
    } cases[] = {
        {7036, true, "The Spooler service entered the stopped state."},
        {7036, false, "Service Spooler entered the stopped state"},
        {7999, true, "The Spooler service entered the stopped state."},
        {7999, false, "The Spooler service entered the stopped state."},
    };

    for (size_t i = 0; i < array_len(cases); i++) {
        struct batch b = {0};
        struct windows_record r = {.provider = STR("Service Control Manager"),
                                   .code = cases[i].code, .rendered_by_exporter = !cases[i].forwarded};
        const struct event *e = batch_begin(&b, 0);
        add_fields(&b, STR("param1=Spooler|param2=stopped"));
        batch_text(&b, FIELD_OWN, STR("rendering.message"),
                   STR("The Spooler service\r\n\r\n\tentered the stopped state.\r\n"));
        windows_describe(&b, &r, true);
        batch_commit(&b);
        CHECK_STR(message_of(&b, e), cases[i].message);
        batch_free(&b);
    }
}

TEST(windows_memo_changes_nothing)
{
    struct batch b = {0};
    struct windows_memo memo = {0};

    for (size_t i = 0; i < 2 * array_len(messages); i++) {
        size_t m = i * 7 % array_len(messages); /* each twice, not in order */
        struct windows_record r = {.provider = str_of(messages[m].provider),
                                   .channel = str_of(messages[m].channel),
                                   .computer = STR(OWN), .code = messages[m].code,
                                   .system[SYSTEM_USER_SID] = value_of(STR("S-1-5-21-1-2-3-1104")), .memo = &memo};
        const struct event *e = described(&b, r, messages[m].fields);
        CHECK_STR(message_of(&b, e), messages[m].message);
    }
    batch_free(&b);
}

/* Every template is filled from nothing and from every field it could name. */
TEST(windows_every_template_renders)
{
    size_t count;
    const struct windows_row *rows = windows_rows(&count);
    static const struct {
        const char *name;
        unsigned group;
    } logs[] = {
#define LOG(group, name) {name, G_##group},
#include "parsers/windows_logs.def"
#undef LOG
        {"screenconnect client (1)", G_SCREEN_CONNECT},
        {"mssqlserver", G_MSSQL},
    };

    for (size_t i = 0; i < count; i++) {
        struct batch b = {0};
        size_t log = 0;
        while (log < array_len(logs) && logs[log].group != rows[i].group)
            log++;
        if (log == array_len(logs)) {
            test_failed(__FILE__, __LINE__, "group of %u has no name", rows[i].code);
            continue;
        }
        const struct event *e = event_of(&b, logs[log].name, "", rows[i].code, "");
        str message = message_of(&b, e);
        CHECK(message.len > 0);
        for (size_t k = 0; k < message.len; k++)
            if (strchr("{}[]", message.p[k]))
                test_failed(__FILE__, __LINE__, "%u: template left over: %.*s", rows[i].code,
                            PSTR(message));
        batch_free(&b);
    }
}

TEST(windows_smb_record_without_a_line_tells_its_client)
{
    struct batch b = {0};
    const struct event *e = event_of(&b, SMB_SERVER, 1777,
                                     "ClientAddress=0200F4D50A708C8F0000000000000000");

    CHECK_STR(end_text(&b, &e->src, e->src_port), "10.112.140.143:62677");
    CHECK_STR(end_text(&b, &e->dst, e->dst_port), OWN);
    CHECK_INT(e->kind, KIND_OTHER);
    e = event_of(&b, SMB_CLIENT, "", 33333, "Address=020001BD0A0102030000000000000000");
    CHECK_STR(end_text(&b, &e->dst, e->dst_port), "10.1.2.3:445");
    batch_free(&b);
}

/* Two lists, each of half a line and more, once ran past the end of the line. */
TEST(windows_message_of_many_long_values_ends_at_its_limit)
{
    for (unsigned shift = 0; shift < 160; shift++) { /* the end at each offset of a list */
        struct batch b = {0};
        struct buf fields = {0};
        buf_str(&fields, STR("TargetUserName="));
        for (unsigned i = 0; i < shift; i++)
            buf_char(&fields, 'u');
        for (unsigned i = 0; i < 120; i++)
            buf_str(&fields, i == 0    ? STR("|EnabledPrivilegeList=")
                             : i == 60 ? STR("|DisabledPrivilegeList=")
                                       : STR("SeTakeOwnershipPrivilege "));
        buf_char(&fields, '\0');
        str message = message_of(&b, event_of(&b, SECURITY, 4703, fields.p));
        CHECK(message.len <= 1200);
        CHECK(utf8_valid(message));
        buf_free(&fields);
        batch_free(&b);
    }
}

TEST(windows_hostile_values_stay_on_one_short_line)
{
    struct batch b = {0};
    static char huge[200000];
    struct windows_record r = {.provider = STR("Service Control Manager"), .code = 7045,
                               .computer = STR("a\0b\n<script>")};
    memset(huge, 'A', sizeof huge);
    struct event *e = batch_begin(&b, 0);

    batch_field(&b, FIELD_EVENT_DATA, STR("ServiceName"),
                value_of(STR("a\0b\r\nc\x1b[31m\xe2\x80\xae evil \xff")));
    batch_field(&b, FIELD_EVENT_DATA, STR("ImagePath"),
                (struct value){huge, sizeof huge, VALUE_UTF16});
    batch_field(&b, FIELD_EVENT_DATA, STR("AccountName"), value_of((str){huge, sizeof huge}));
    batch_field(&b, FIELD_EVENT_DATA, (str){huge, 70000}, value_of(STR("x")));
    windows_describe(&b, &r, true);
    batch_commit(&b);
    str message = message_of(&b, e);
    CHECK(message.len < 1200);
    CHECK(utf8_valid(message));
    for (size_t i = 0; i < message.len; i++)
        CHECK((unsigned char)message.p[i] >= ' ');
    CHECK(names_text(&b.names, e->program).len <= 3 * 1024);
    batch_free(&b);
}
