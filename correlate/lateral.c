/* SPDX-License-Identifier: Apache-2.0
 *
 * Lateral movement: which record tells what of somebody reaching a host from another. The table
 * of section 2.1 of the field notes says on which side each record is written; section 2.2 which
 * records each technique leaves. */
#include "correlate/lateral.h"

#include "core/time.h"

static const int64_t SID_JOIN_NS = 5 * NS_PER_S, SERVICE_JOIN_NS = 30 * NS_PER_S,
                     TYPED_NS = 10 * NS_PER_S, INBOUND_NS = 10 * NS_PER_S;

struct state {
    struct moves *moves;
    struct arena scratch;
    struct typed { /* RDP client: the name typed, until the address is written */
        int64_t time_ns;
        uint32_t dst;
    } *typed;
    struct inbound { /* the last connection that a host took from elsewhere */
        int64_t time_ns;
        struct addr addr;
        uint16_t port;
    } *inbound;
    size_t host_count;
};

static bool is_remote_addr(const struct addr *a)
{
    return !addr_is_none(a) && !addr_is_local(a);
}

static bool is_someone(const struct judge *j, uint32_t account)
{
    return account == IDENTITY_NONE ||
           (!j->identity->accounts[account].is_machine &&
            !j->identity->accounts[account].is_service);
}

static str text_of(struct state *s, const struct event *e, const char *name)
{
    return event_text(e, str_of(name), &s->scratch);
}

static str text_of2(struct state *s, const struct event *e, const char *x, const char *y)
{
    str text = text_of(s, e, x);

    return text.len ? text : text_of(s, e, y);
}

static struct evidence nothing(enum method method, enum side side)
{
    return (struct evidence){.method = method, .side = side, .src_host = IDENTITY_NONE,
                             .dst_host = IDENTITY_NONE, .account = IDENTITY_NONE,
                             .from_session = IDENTITY_NONE};
}

/* An RD Gateway writes of a connection that goes through it: the destination is in the record. */
static uint32_t through_gateway(const struct judge *j, const struct event *e, uint32_t writer)
{
    if (!str_has(judge_text(j, e->provider), STR("TerminalServices-Gateway")))
        return writer;
    uint32_t named = identity_endpoint(j->identity, &e->dst, e->time_ns);
    return named != IDENTITY_NONE ? named : writer;
}

/* Evidence written on the destination: who came is the source of the record. */
static struct evidence arrival(const struct judge *j, const struct event *e, enum method method,
                               const struct party *who)
{
    struct evidence ev = nothing(method, SIDE_DESTINATION);

    ev.dst_host = through_gateway(j, e, event_host(j, e));
    ev.account = who ? identity_account(j->identity, who) : IDENTITY_NONE;
    if (is_remote_addr(&e->src.addr)) {
        ev.src_addr = e->src.addr;
        ev.src_port = e->src_port;
        ev.src_host = identity_host_at(j->identity, &e->src.addr, e->time_ns);
    }
    if (ev.src_host == ev.dst_host)
        ev.src_host = IDENTITY_NONE;
    return ev;
}

/* What a session knows of where it came from completes the evidence. */
static void from_live(struct evidence *ev, struct live *l)
{
    if (!l)
        return;
    ev->live = l;
    if (ev->account == IDENTITY_NONE || l->logon_type)
        ev->account = l->account;
    if (addr_is_none(&ev->src_addr)) {
        ev->src_addr = l->src;
        ev->src_port = l->src_port;
    }
    if (ev->src_host == IDENTITY_NONE)
        ev->src_host = l->src_host;
}

/* Where nothing else tells the source: who connected just before. */
static void from_inbound(const struct state *s, const struct judge *j, const struct event *e,
                         struct evidence *ev)
{
    const struct inbound *in = ev->dst_host < s->host_count ? &s->inbound[ev->dst_host] : NULL;

    if (!in || !in->time_ns || e->time_ns - in->time_ns > INBOUND_NS ||
        !addr_is_none(&ev->src_addr) || ev->src_host != IDENTITY_NONE)
        return;
    ev->src_addr = in->addr;
    ev->src_port = in->port;
    ev->src_host = identity_host_at(j->identity, &in->addr, e->time_ns);
    if (ev->src_host == ev->dst_host)
        ev->src_host = IDENTITY_NONE;
}

static bool came_over_network(const struct live *l)
{
    return l && (l->logon_type == 3 || l->logon_type == 8);
}

/* Evidence written on the source: where to is the destination of the record. */
static struct evidence departure(struct judge *j, const struct event *e, enum method method)
{
    struct evidence ev = nothing(method, SIDE_SOURCE);
    struct live *l = session_behind(j, e);

    ev.src_host = event_host(j, e);
    ev.dst_addr = e->dst.addr;
    ev.dst_host = identity_endpoint(j->identity, &e->dst, e->time_ns);
    ev.dst_name = judge_text(j, e->dst.host);
    while (str_take_char(&ev.dst_name, '\\'))
        ;
    if (l)
        ev.from_session = session_publish(j, l);
    return ev;
}

static bool goes_elsewhere(const struct evidence *ev)
{
    if (ev->dst_host != IDENTITY_NONE)
        return ev->dst_host != ev->src_host;
    if (!addr_is_none(&ev->dst_addr))
        return !addr_is_local(&ev->dst_addr);
    return ev->dst_name.len > 0 && !str_eq_nocase(ev->dst_name, STR("localhost"));
}

/* ---- destination side ---- */

static void logon_see(struct state *s, struct judge *j, const struct event *e)
{
    struct evidence ev;
    uint64_t type = 0;

    if (!e->channel) { /* sshd */
        if (!e->target.logon || !is_remote_addr(&e->src.addr))
            return;
        ev = arrival(j, e, METHOD_SSH, &e->target);
        from_live(&ev, session_of(j, e));
        ev.confirms = true;
        moves_add(s->moves, j, e, &ev);
        return;
    }
    if (!event_number(e, STR("LogonType"), &type))
        return;
    bool remote = is_remote_addr(&e->src.addr), desktop = type == 10 || type == 12;
    if (!desktop && !(remote && (type == 7 || type == 3)))
        return;
    ev = arrival(j, e, METHOD_RDP, &e->target);
    if (!is_someone(j, ev.account))
        return;
    if (type == 3)
        return; /* judged by what it is used for; the session keeps it */
    from_live(&ev, session_of(j, e));
    if (desktop && addr_is_local(&e->src.addr) && !addr_is_none(&e->src.addr))
        ev.signs |= SIGN_LOOPBACK;
    ev.confirms = true;
    moves_add(s->moves, j, e, &ev);
    struct live *network = /* network level authentication, just before */
        session_network(j->sessions, ev.dst_host, ev.account, e->time_ns, 30 * NS_PER_S);
    if (network && ev.live && addr_eq(&network->src, &ev.live->src))
        moves_join_session(s->moves, j, ev.live, network);
}

static void rdp_see(struct state *s, struct judge *j, const struct event *e, bool confirms)
{
    const struct party *who = e->target.user || e->target.sid ? &e->target : &e->actor;
    struct evidence ev = arrival(j, e, METHOD_RDP, who);

    if (addr_is_none(&ev.src_addr) || ev.src_host == ev.dst_host)
        return; /* a console session, or a record that does not say from where */
    ev.confirms = confirms;
    from_live(&ev, session_of(j, e));
    moves_add(s->moves, j, e, &ev);
}

static bool in_list(str text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(text, str_of(list[i])))
            return true;
    return false;
}

static bool was_written(struct state *s, const struct event *e)
{
    uint64_t mask = 0;

    if (event_number(e, STR("AccessMask"), &mask) && mask & 0x6)
        return true;
    return str_has(text_of(s, e, "AccessList"), STR("%%4417"));
}

static void name_source(const struct judge *j, struct evidence *ev, str host)
{
    uint32_t known = identity_host_text(j->identity, host);

    if (!host.len || ev->src_host != IDENTITY_NONE)
        return;
    ev->src_host = known;
    ev->src_name = host;
}

static void share_see(struct state *s, struct judge *j, const struct event *e)
{
    str share = text_of(s, e, "ShareName"), file = text_of(s, e, "RelativeTargetName"), host = {0};
    struct evidence ev = arrival(j, e, METHOD_SMB, &e->actor);
    struct live *l = session_of(j, e);

    if (!is_someone(j, ev.account) || (addr_is_local(&e->src.addr) && !l))
        return;
    from_live(&ev, l);
    if (addr_is_none(&ev.src_addr) && ev.src_host == IDENTITY_NONE && !came_over_network(l))
        return;
    if (is_ipc_share(share)) {
        if (!file.len || !signs_of_pipe(file, &ev.method, &ev.signs, &host))
            return;
        name_source(j, &ev, host);
        if (ev.src_host == ev.dst_host && ev.src_host != IDENTITY_NONE)
            return; /* from the host to itself */
        ev.confirms = ev.signs != 0;
        if (!ev.confirms)
            ev.method = METHOD_SMB; /* the pipe alone: to ask is not to do */
    } else if (is_admin_share(share)) {
        if (file.len)
            ev.signs = signs_of_share_file(file, was_written(s, e), &ev.method);
        ev.confirms = true;
        ev.file = file.len && !ev.signs;
    } else {
        return;
    }
    moves_add(s->moves, j, e, &ev);
}

static void pipe_see(struct state *s, struct judge *j, const struct event *e)
{
    enum method method;
    unsigned signs;
    str host;

    if (!signs_of_pipe(text_of(s, e, "PipeName"), &method, &signs, &host) || !signs)
        return;
    struct evidence ev = arrival(j, e, method, NULL);
    ev.signs = signs;
    name_source(j, &ev, host);
    if (ev.src_host == ev.dst_host && ev.src_host != IDENTITY_NONE)
        return; /* from the host to itself */
    ev.confirms = host.len > 0;
    moves_add(s->moves, j, e, &ev);
}

/* The network logon that a service or task came from: the session it names (J2), else the
 * account's (J9), else, when its signs are bad, whoever came just before. */
static struct live *behind(struct judge *j, const struct event *e, unsigned *signs)
{
    uint32_t host = event_host(j, e), account = identity_account(j->identity, &e->actor);
    struct live *l = session_of(j, e);

    if (l)
        return came_over_network(l) ? l : NULL;
    if (account != IDENTITY_NONE && is_someone(j, account))
        return session_network(j->sessions, host, account, e->time_ns, SID_JOIN_NS);
    if (!*signs)
        return NULL;
    l = session_network(j->sessions, host, IDENTITY_NONE, e->time_ns, SERVICE_JOIN_NS);
    if (l && !(*signs & (SIGN_PSEXEC | SIGN_CLONE)))
        *signs |= JOIN_TIME;
    return l;
}

static void installed(struct state *s, struct judge *j, const struct event *e, str name, str path)
{
    unsigned signs = signs_of_service(name, path);
    bool tool = signs & (SIGN_PSEXEC | SIGN_CLONE);
    struct live *l = behind(j, e, &signs);
    struct evidence ev = arrival(j, e, tool ? METHOD_PSEXEC : METHOD_SERVICE, &e->actor);

    if (!l && !tool)
        return;
    if (!is_someone(j, ev.account))
        ev.account = IDENTITY_NONE;
    from_live(&ev, l);
    from_inbound(s, j, e, &ev);
    if (addr_is_none(&ev.src_addr) && ev.src_host == IDENTITY_NONE && !signs)
        return;
    ev.signs = signs;
    ev.confirms = true;
    moves_add(s->moves, j, e, &ev);
}

static void service_see(struct state *s, struct judge *j, const struct event *e)
{
    installed(s, j, e, text_of(s, e, "ServiceName"),
              text_of2(s, e, "ImagePath", "ServiceFileName"));
}

/* Sysmon sees a new service only in the registry: ...\services\NAME\ImagePath. */
static void registry_see(struct state *s, struct judge *j, const struct event *e)
{
    struct value v = event_field(e, STR("TargetObject"));
    static const char ending[] = "I\0m\0a\0g\0e\0P\0a\0t\0h"; /* UTF-16LE, its NUL included */

    if (v.type == VALUE_UTF16 &&
        (v.len < sizeof ending ||
         memcmp((const char *)v.p + v.len - sizeof ending, ending, sizeof ending) != 0))
        return;
    str path = text_of(s, e, "TargetObject"), details = text_of(s, e, "Details");
    size_t at = str_find_nocase(path, STR("\\services\\"));
    if (at == path.len || !str_ends_nocase(path, STR("\\ImagePath")) || !details.len)
        return;
    str name = str_skip(path, at + 10);
    name = str_head(name, str_find_char(name, '\\'));
    if (signs_of_service(name, details) & (SIGN_PSEXEC | SIGN_CLONE))
        installed(s, j, e, name, details);
}

static void task_see(struct state *s, struct judge *j, const struct event *e)
{
    str name = text_of(s, e, "TaskName"), content = text_of2(s, e, "TaskContent", "TaskContentNew");
    unsigned signs = signs_of_task(name, content);
    uint64_t pid = 1;
    bool remote = event_number(e, STR("ClientProcessId"), &pid) && pid == 0;
    struct live *l = session_of(j, e);

    if (!came_over_network(l)) {
        if (!remote)
            return;
        l = session_network(j->sessions, event_host(j, e),
                            identity_account(j->identity, &e->actor), e->time_ns,
                            SERVICE_JOIN_NS);
    }
    struct evidence ev = arrival(j, e, METHOD_TASK, &e->actor);
    from_live(&ev, l);
    ev.signs = signs;
    ev.confirms = true;
    moves_add(s->moves, j, e, &ev);
}

static void winrm_see(struct state *s, struct judge *j, const struct event *e)
{
    const struct party *who = e->target.user ? &e->target : &e->actor;
    struct evidence ev = arrival(j, e, METHOD_WINRM, who);

    if (!is_someone(j, ev.account))
        return;
    from_live(&ev, session_network(j->sessions, ev.dst_host, ev.account, e->time_ns,
                                   10 * NS_PER_S));
    from_inbound(s, j, e, &ev);
    ev.confirms = ev.live || !addr_is_none(&ev.src_addr) || ev.account != IDENTITY_NONE;
    moves_add(s->moves, j, e, &ev);
}

/* Which remote caller a process serves, by its parent or by itself. */
static bool served(struct state *s, const struct event *e, enum method *method, unsigned *signs)
{
    static const char *const winrm[] = {"wsmprovhost.exe", "winrshost.exe"};
    static const char *const dcom[] = {"mmc.exe", "excel.exe", "winword.exe", "outlook.exe"};
    str parent = str_basename(text_of2(s, e, "ParentProcessName", "ParentImage"));
    str image = str_basename(text_of2(s, e, "NewProcessName", "Image"));

    *signs = 0;
    if (str_eq_nocase(parent, STR("WmiPrvSE.exe"))) {
        *method = METHOD_WMI;
        str command = text_of(s, e, "CommandLine");
        *signs = (signs_of_command(command) & SIGN_OUTPUT_FILE) |
                 (signs_of_service(STR(""), command) & SIGN_CLONE);
    } else if (in_list(parent, winrm, array_len(winrm)) ||
               in_list(image, winrm, array_len(winrm))) {
        *method = METHOD_WINRM;
    } else if (str_starts_nocase(parent, STR("PSEXESVC")) ||
               str_starts_nocase(image, STR("PSEXESVC"))) {
        *method = METHOD_PSEXEC;
        *signs = SIGN_PSEXEC;
    } else if (in_list(image, dcom, array_len(dcom)) &&
               str_eq_nocase(parent, STR("svchost.exe")) &&
               str_has_nocase(text_of(s, e, "CommandLine"), STR("-Embedding"))) {
        *method = METHOD_DCOM;
    } else {
        return false;
    }
    return true;
}

/* A process whose parent serves remote callers. WMI and DCOM serve local ones too: those need a
 * network logon, or the output redirection of a tool, to count. */
static void child_see(struct state *s, struct judge *j, const struct event *e)
{
    struct live *l = session_of(j, e);
    enum method method;
    unsigned signs;

    if (!served(s, e, &method, &signs))
        return;
    if (!l && method == METHOD_WINRM) /* the host process of a shell runs as its user */
        l = session_network(j->sessions, event_host(j, e),
                            identity_account(j->identity, &e->actor), e->time_ns,
                            30 * NS_PER_S);
    bool telling = method == METHOD_WINRM || method == METHOD_PSEXEC || signs;
    if (!came_over_network(l) && (!telling || l))
        return; /* management software of the host itself, or somebody at its desktop */
    bool own = !l && method != METHOD_PSEXEC; /* then the process runs as who came */
    struct evidence ev = arrival(j, e, method, own ? &e->actor : NULL);
    if (own && !is_someone(j, ev.account))
        return;
    from_live(&ev, l);
    from_inbound(s, j, e, &ev);
    ev.signs = signs;
    ev.confirms = true;
    moves_add(s->moves, j, e, &ev);
}

/* ---- source side ---- */

static void command_see(struct state *s, struct judge *j, const struct event *e)
{
    str command = text_of2(s, e, "CommandLine", "process.command_line"), host;
    str image = text_of2(s, e, "NewProcessName", "Image");
    enum method method;

    if (!command.len || !command_reaches(image, command, &method, &host))
        return;
    struct evidence ev = departure(j, e, method);
    struct addr addr;
    ev.dst_addr = (struct addr){{0}};
    if (addr_parse(host, &addr)) {
        ev.dst_addr = addr;
        ev.dst_host = identity_host_at(j->identity, &addr, e->time_ns);
    } else {
        ev.dst_host = identity_host_text(j->identity, host);
        ev.dst_name = host;
    }
    if (goes_elsewhere(&ev))
        moves_add(s->moves, j, e, &ev);
}

static void process_see(struct state *s, struct judge *j, const struct event *e)
{
    child_see(s, j, e);
    command_see(s, j, e);
}

/* 1024 has the name that was typed, 1102 the address it led to. */
static void rdp_client_see(struct state *s, struct judge *j, const struct event *e)
{
    struct evidence ev = departure(j, e, METHOD_RDP);
    struct typed *typed = ev.src_host < s->host_count ? &s->typed[ev.src_host] : NULL;

    if (e->target.user) /* whom it asked for, where the hash of the name was resolved */
        ev.account = identity_account(j->identity, &e->target);
    if (typed && ev.dst_host != IDENTITY_NONE) {
        *typed = (struct typed){e->time_ns, ev.dst_host};
    } else if (typed && typed->time_ns && e->time_ns - typed->time_ns <= TYPED_NS) {
        ev.dst_host = typed->dst;
    }
    if (goes_elsewhere(&ev))
        moves_add(s->moves, j, e, &ev);
}

static void client_see(struct state *s, struct judge *j, const struct event *e, enum method method)
{
    struct evidence ev = departure(j, e, method);

    if (ev.from_session == IDENTITY_NONE) {
        ev.account = identity_account(j->identity, &e->actor);
        if (!is_someone(j, ev.account))
            return;
    }
    if (goes_elsewhere(&ev))
        moves_add(s->moves, j, e, &ev);
}

/* 4648: the service that the credentials were for tells the technique. */
static bool method_of_credentials(str info, str process, enum method *method)
{
    static const struct {
        const char *text;
        enum method method;
    } services[] = {{"TERMSRV/", METHOD_RDP}, {"cifs/", METHOD_SMB},    {"HTTP/", METHOD_WINRM},
                    {"WSMAN/", METHOD_WINRM}, {"RPCSS/", METHOD_WMI}},
      programs[] = {{"mstsc.exe", METHOD_RDP},     {"psexec", METHOD_PSEXEC},
                    {"wmic.exe", METHOD_WMI},      {"schtasks.exe", METHOD_TASK},
                    {"wsmprovhost", METHOD_WINRM}, {"net.exe", METHOD_SMB}};
    str own = str_basename(process);

    for (size_t i = 0; i < array_len(services); i++)
        if (str_starts_nocase(info, str_of(services[i].text))) {
            *method = services[i].method;
            return true;
        }
    for (size_t i = 0; i < array_len(programs); i++)
        if (str_starts_nocase(own, str_of(programs[i].text))) {
            *method = programs[i].method;
            return true;
        }
    return false;
}

static void credentials_see(struct state *s, struct judge *j, const struct event *e)
{
    struct evidence ev = departure(j, e, METHOD_SMB);

    if (!ev.dst_name.len)
        ev.dst_name = text_of(s, e, "TargetServerName");
    if (ev.dst_host == IDENTITY_NONE && ev.dst_name.len)
        ev.dst_host = identity_host_text(j->identity, ev.dst_name);
    ev.account = identity_account(j->identity, &e->target);
    if (!goes_elsewhere(&ev) || !is_someone(j, ev.account))
        return;
    if (!method_of_credentials(text_of(s, e, "TargetInfo"),
                               text_of2(s, e, "ProcessName", "process.executable"), &ev.method) &&
        e->dst_port == 3389)
        ev.method = METHOD_RDP;
    ev.signs = JOIN_CREDENTIALS;
    moves_add(s->moves, j, e, &ev);
}

static void connection_see(struct state *s, struct judge *j, const struct event *e)
{
    static const uint16_t ports[] = {22, 135, 139, 445, 3389, 5985, 5986};
    bool of_interest = e->dst_port >= 49152;
    uint32_t host = event_host(j, e);

    for (size_t i = 0; i < array_len(ports); i++) {
        of_interest |= e->dst_port == ports[i];
        if (host >= s->host_count)
            continue;
        bool own = identity_host_at(j->identity, &e->dst.addr, e->time_ns) == host;
        if (e->dst_port == ports[i] && own && is_remote_addr(&e->src.addr))
            s->inbound[host] = (struct inbound){e->time_ns, e->src.addr, e->src_port};
        else if (e->src_port == ports[i] && is_remote_addr(&e->dst.addr)) /* ends swapped */
            s->inbound[host] = (struct inbound){e->time_ns, e->dst.addr, e->dst_port};
    }
    if (of_interest && e->src_port && is_remote_addr(&e->src.addr))
        moves_connection(s->moves, j, e);
}

static void ticket_see(struct state *s, struct judge *j, const struct event *e)
{
    str service = text_of(s, e, "ServiceName");

    if (service.len > 1 && service.p[service.len - 1] == '$')
        moves_ticket(s->moves, j, e, identity_host_text(j->identity, service));
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;

    if (!in_time(e->time_ns))
        return; /* what has no place in time joins nothing */
    switch ((enum kind)e->kind) {
    case KIND_LOGON:
        logon_see(s, j, e);
        break;
    case KIND_RDP_CONNECTION:
        rdp_see(s, j, e, false);
        break;
    case KIND_RDP_AUTH:
        rdp_see(s, j, e, true);
        break;
    case KIND_SESSION_OPEN:
    case KIND_SESSION_RECONNECT:
        if (e->channel)
            rdp_see(s, j, e, true);
        break;
    case KIND_SHARE_ACCESS:
    case KIND_SHARE_FILE_ACCESS:
        share_see(s, j, e);
        break;
    case KIND_PIPE:
        pipe_see(s, j, e);
        break;
    case KIND_SERVICE_INSTALLED:
        service_see(s, j, e);
        break;
    case KIND_REGISTRY:
        registry_see(s, j, e);
        break;
    case KIND_TASK_CREATED:
    case KIND_TASK_CHANGED:
        task_see(s, j, e);
        break;
    case KIND_WINRM_SERVER:
        winrm_see(s, j, e);
        break;
    case KIND_PROCESS_START:
        process_see(s, j, e);
        break;
    case KIND_RDP_CLIENT:
        rdp_client_see(s, j, e);
        break;
    case KIND_WINRM_CLIENT:
        client_see(s, j, e, METHOD_WINRM);
        break;
    case KIND_EXPLICIT_CREDENTIALS:
        credentials_see(s, j, e);
        break;
    case KIND_CONNECTION:
        connection_see(s, j, e);
        break;
    case KIND_KERBEROS_SERVICE:
        ticket_see(s, j, e);
        break;
    case KIND_LOGON_FAILED:
        moves_failed_logon(s->moves, e, event_host(j, e));
        break;
    default:
        return;
    }
    arena_reset(&s->scratch);
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    s->moves = moves_new(j);
    s->host_count = j->identity->host_count;
    s->typed = mem_alloc(s->host_count * sizeof *s->typed);
    s->inbound = mem_alloc(s->host_count * sizeof *s->inbound);
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;

    moves_finish(s->moves, j);
    arena_free(&s->scratch);
    mem_free(s->typed);
    mem_free(s->inbound);
    mem_free(s);
}

const struct detector detector_lateral = {
    .name = "lateral",
    .about = "movement from host to host: RDP, SMB, services, tasks, WMI, DCOM, WinRM, SSH",
    .technique = "T1021",
    .start = start,
    .see = see,
    .finish = finish,
};
