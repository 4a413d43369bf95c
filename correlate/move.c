/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins evidence to movements and makes edges of them.
 *
 * A movement is found by the session it opened (J2), by client address and port (J1), or by
 * destination, source, account and time (J8, J12). Kinds of one family join: a share access
 * belongs to the service or task that follows it. */
#include "correlate/lateral.h"

#include <xxhash.h>

#include "core/time.h"

enum {
    PORTS = 1 << 15,   /* (client address, port) remembered on each side */
    TICKETS = 1 << 12,
    FAILURES = 1 << 12,
    SEEN_BYTES = 1 << 17,
    EDGES_MAX = 50000,
    MOVES_MAX = 200000,
    PENDING = 8,       /* records kept until a movement is confirmed */
    SCAN_MAX = 64,     /* movements to one host that are looked through */
    FILE_MARKS = 30,
    GUESSES = 10       /* failed logons that make a success a guess */
};

static const int64_t PORT_NS = 30 * NS_PER_S, TICKET_NS = 120 * NS_PER_S,
                     GUESS_NS = 3600 * NS_PER_S;

#define MINUTES(n) ((n) * 60 * NS_PER_S)

const struct method_info methods[METHOD_COUNT] = {
    [METHOD_SMB] = {"smb", "T1021.002", FAMILY_SHARE, MINUTES(10),
                    "Security (5156) or Sysmon (3)", "Security (4624, 5140)"},
    [METHOD_TASK] = {"task", "T1053.005", FAMILY_SHARE, MINUTES(10),
                     "Security (4648, 4688) or Sysmon", "Security (4624, 4698)"},
    [METHOD_SERVICE] = {"service", "T1569.002", FAMILY_SHARE, MINUTES(10),
                        "Security (4648, 4688) or Sysmon", "System (7045)"},
    [METHOD_PSEXEC] = {"psexec", "T1569.002", FAMILY_SHARE, MINUTES(10),
                       "Security (4648, 4688) or Sysmon", "System (7045)"},
    [METHOD_WMI] = {"wmi", "T1047", FAMILY_SHARE, MINUTES(10), "Security (4648, 4688) or Sysmon",
                    "Security (4624, 4688)"},
    [METHOD_DCOM] = {"dcom", "T1021.003", FAMILY_SHARE, MINUTES(10),
                     "Security (4648, 4688) or Sysmon", "Security (4624, 4688)"},
    [METHOD_WINRM] = {"winrm", "T1021.006", FAMILY_WINRM, MINUTES(5), "WinRM/Operational (6)",
                      "WinRM/Operational (91)"},
    [METHOD_RDP] = {"rdp", "T1021.001", FAMILY_RDP, MINUTES(2),
                    "TerminalServices-RDPClient/Operational (1024, 1102)",
                    "TerminalServices-RemoteConnectionManager/Operational (1149)"},
    [METHOD_SSH] = {"ssh", "T1021.004", FAMILY_SSH, MINUTES(1), "Sysmon (3) or shell history",
                    "auth.log"},
};

struct move {
    struct evidence sum; /* what is known by now */
    int64_t start_ns, last_ns, src_ns, dst_ns; /* the latter two: of a pair joined by port */
    uint64_t channels;   /* one bit a log it was seen in */
    uint32_t next;       /* older movement to the same host, index + 1 */
    uint32_t edge;
    uint32_t sides;      /* bits 1 << enum side */
    struct ref pending[PENDING];
    uint8_t pending_count, file_marks;
};

struct port_slot {
    struct addr addr;
    uint16_t port, dst_port;
    struct addr dst;
    int64_t time_ns;
    uint32_t host;         /* that wrote it */
    uint32_t from_session;
    uint32_t move;         /* index + 1, destination side */
    struct ref ref;
    uint64_t channel;
};

struct ticket_slot {
    struct addr addr;
    uint32_t dst_host;
    int64_t time_ns;
    struct ref ref;
};

struct failure_slot {
    struct addr addr;
    uint32_t host, count;
    int64_t last_ns;
    bool known; /* had come in without guessing before */
};

struct moves {
    struct move *items;
    size_t count, cap;
    uint32_t *heads; /* by destination host, one more for unknown ones */
    size_t host_count;
    struct port_slot *out, *in; /* by client address and port: seen at source, at destination */
    struct ticket_slot *tickets;
    struct failure_slot *failures;
    uint8_t *seen; /* Bloom filter of (host, account): never forgets, may take one for known */
    uint64_t lost;
};

struct moves *moves_new(const struct judge *j)
{
    struct moves *m = mem_alloc(sizeof *m);

    m->host_count = j->identity->host_count;
    m->heads = mem_alloc((m->host_count + 1) * sizeof *m->heads);
    m->out = mem_alloc(PORTS * sizeof *m->out);
    m->in = mem_alloc(PORTS * sizeof *m->in);
    m->tickets = mem_alloc(TICKETS * sizeof *m->tickets);
    m->failures = mem_alloc(FAILURES * sizeof *m->failures);
    m->seen = mem_alloc(SEEN_BYTES);
    return m;
}

static uint64_t hash_addr(const struct addr *a, uint64_t n)
{
    return XXH3_64bits_withSeed(a->b, sizeof a->b, n);
}

/* Could the address be that host's? A host without known addresses may have any. */
static bool addr_may_be(const struct identity *id, uint32_t host, const struct addr *addr)
{
    const struct host *h = &id->hosts[host];

    for (size_t i = 0; i < h->address_count; i++)
        if (addr_eq(&h->addresses[i].addr, addr))
            return true;
    return h->address_count == 0;
}

static bool ends_agree(const struct identity *id, uint32_t x, const struct addr *xa, uint32_t y,
                       const struct addr *ya)
{
    if (x != IDENTITY_NONE && y != IDENTITY_NONE)
        return x == y;
    if (!addr_is_none(xa) && !addr_is_none(ya))
        return addr_eq(xa, ya);
    if (x != IDENTITY_NONE && !addr_is_none(ya))
        return addr_may_be(id, x, ya);
    if (y != IDENTITY_NONE && !addr_is_none(xa))
        return addr_may_be(id, y, xa);
    return true;
}

static bool methods_agree(enum method x, enum method y)
{
    bool service = (x == METHOD_SERVICE || x == METHOD_PSEXEC) &&
                   (y == METHOD_SERVICE || y == METHOD_PSEXEC);
    bool wmi = (x == METHOD_WMI || x == METHOD_DCOM) && (y == METHOD_WMI || y == METHOD_DCOM);

    return x == y || service || wmi ||
           (methods[x].family == methods[y].family && (x == METHOD_SMB || y == METHOD_SMB));
}

static bool fits(const struct judge *j, const struct move *m, const struct evidence *ev)
{
    const struct evidence *s = &m->sum;

    return methods_agree(s->method, ev->method) &&
           (s->account == IDENTITY_NONE || ev->account == IDENTITY_NONE ||
            s->account == ev->account) &&
           ends_agree(j->identity, s->dst_host, &s->dst_addr, ev->dst_host, &ev->dst_addr) &&
           ends_agree(j->identity, s->src_host, &s->src_addr, ev->src_host, &ev->src_addr) &&
           (ev->dst_host != IDENTITY_NONE || s->dst_host != IDENTITY_NONE ||
            !addr_is_none(&ev->dst_addr) || str_eq_nocase(ev->dst_name, s->dst_name));
}

static uint32_t *head(struct moves *m, uint32_t host)
{
    return &m->heads[host < m->host_count ? host : m->host_count];
}

static struct move *find(struct moves *m, const struct judge *j, const struct event *e,
                         const struct evidence *ev)
{
    int64_t window = methods[ev->method].window_ns;

    if (ev->live && ev->live->edge != IDENTITY_NONE && ev->live->edge < m->count &&
        methods_agree(m->items[ev->live->edge].sum.method, ev->method))
        return &m->items[ev->live->edge];
    uint32_t at = *head(m, ev->dst_host);
    for (unsigned i = 0; at && i < SCAN_MAX; i++, at = m->items[at - 1].next) {
        struct move *v = &m->items[at - 1];
        if (e->time_ns - v->last_ns <= window && fits(j, v, ev))
            return v;
    }
    return NULL;
}

static void learn(struct move *v, const struct evidence *ev)
{
    struct evidence *s = &v->sum;

    if (ev->method > s->method)
        s->method = ev->method;
    if (s->src_host == IDENTITY_NONE)
        s->src_host = ev->src_host;
    if (s->dst_host == IDENTITY_NONE)
        s->dst_host = ev->dst_host;
    if (s->account == IDENTITY_NONE)
        s->account = ev->account;
    if (addr_is_none(&s->src_addr))
        s->src_addr = ev->src_addr;
    if (addr_is_none(&s->dst_addr))
        s->dst_addr = ev->dst_addr;
    if (!s->src_port)
        s->src_port = ev->src_port;
    if (!s->dst_port)
        s->dst_port = ev->dst_port;
    if (!s->src_name.len)
        s->src_name = ev->src_name;
    if (!s->dst_name.len)
        s->dst_name = ev->dst_name;
    if (s->from_session == IDENTITY_NONE)
        s->from_session = ev->from_session;
    s->signs |= ev->signs;
    s->confirms |= ev->confirms;
    v->sides |= 1u << ev->side;
}

static str end_name(struct judge *j, uint32_t host, const struct addr *addr, str name)
{
    struct buf b = {0};

    if (host != IDENTITY_NONE)
        return j->identity->hosts[host].name;
    if (name.len)
        return name;
    if (addr_is_none(addr))
        return STR("unknown");
    addr_text(addr, &b);
    str text = arena_str(&j->result->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

/* The edge shows what the movement knows. */
static void show(struct judge *j, struct move *v)
{
    struct edge *x = &j->result->edges[v->edge];
    const struct evidence *s = &v->sum;

    x->src_host = s->src_host;
    x->dst_host = s->dst_host;
    x->src_addr = s->src_addr;
    x->dst_addr = s->dst_addr;
    x->src_port = s->src_port;
    x->dst_port = s->dst_port;
    x->account = s->account;
    x->method = methods[s->method].name;
    x->technique = methods[s->method].technique;
    x->start_ns = v->start_ns;
    x->end_ns = v->last_ns;
    x->from_session = s->from_session;
}

static void attach(struct judge *j, struct move *v, struct ref ref, enum side side)
{
    ref.side = (uint8_t)side;
    if (v->edge != IDENTITY_NONE) {
        refs_add(&j->result->edges[v->edge].events, ref);
        judge_mark(j, ref, MARK_EDGE, v->edge, side);
    } else if (v->pending_count < PENDING) {
        v->pending[v->pending_count++] = ref;
    }
}

static void confirm(struct moves *m, struct judge *j, struct move *v)
{
    if (v->edge != IDENTITY_NONE)
        return;
    if (j->result->edge_count >= EDGES_MAX) {
        m->lost++;
        return;
    }
    v->edge = (uint32_t)j->result->edge_count;
    result_edge(j->result);
    for (unsigned i = 0; i < v->pending_count; i++)
        attach(j, v, v->pending[i], (enum side)v->pending[i].side);
}

/* The session that was opened belongs to the movement, and its logon proves it. */
static void take_session(struct moves *m, struct judge *j, struct move *v, struct live *l)
{
    if (!l)
        return;
    if (l->edge == IDENTITY_NONE) {
        l->edge = (uint32_t)(v - m->items);
        if (l->opened.ordinal != j->ordinal)
            attach(j, v, l->opened, SIDE_DESTINATION);
        if (l->start_ns < v->start_ns)
            v->start_ns = l->start_ns;
        v->channels |= l->channel_bit;
    }
    if (v->edge == IDENTITY_NONE)
        return;
    struct edge *x = &j->result->edges[v->edge];
    /* an RDP hop opens two sessions; the desktop, not the network logon before it, is the one */
    if (x->session == IDENTITY_NONE || (l->logon_type == 10 && l->result == IDENTITY_NONE))
        x->session = session_publish(j, l);
    if (l->logon_type == 10 && l->result != IDENTITY_NONE)
        x->session = l->result;
}

void moves_join_session(struct moves *m, struct judge *j, const struct live *l,
                        struct live *other)
{
    if (l && other && l->edge < m->count && other->edge == IDENTITY_NONE)
        take_session(m, j, &m->items[l->edge], other);
}

/* The session on the source: told, or the VPN's that holds the address, or the account's newest. */
static void find_origin(struct judge *j, struct move *v)
{
    struct evidence *s = &v->sum;
    struct live *l = NULL;

    if (s->from_session != IDENTITY_NONE)
        return;
    if (!addr_is_none(&s->src_addr))
        l = session_vpn(j->sessions, &s->src_addr, v->start_ns);
    if (l)
        s->signs |= SIGN_VPN;
    else
        l = session_latest(j->sessions, s->src_host, s->account, v->start_ns);
    if (l)
        s->from_session = session_publish(j, l);
}

static void join_port(struct moves *m, struct judge *j, struct move *v, int64_t dst_ns)
{
    struct evidence *s = &v->sum;

    if (addr_is_none(&s->src_addr) || !s->src_port || s->signs & JOIN_PORT)
        return;
    struct port_slot *in = &m->in[hash_addr(&s->src_addr, s->src_port) & (PORTS - 1)];
    struct port_slot *out = &m->out[hash_addr(&s->src_addr, s->src_port) & (PORTS - 1)];
    *in = (struct port_slot){.addr = s->src_addr, .port = s->src_port, .time_ns = dst_ns,
                             .move = (uint32_t)(v - m->items) + 1};
    if (out->port != s->src_port || !addr_eq(&out->addr, &s->src_addr) ||
        dst_ns - out->time_ns > PORT_NS || out->time_ns - dst_ns > PORT_NS ||
        out->host == s->dst_host)
        return;
    s->signs |= JOIN_PORT;
    s->src_host = out->host;
    if (s->from_session == IDENTITY_NONE)
        s->from_session = out->from_session;
    if (addr_is_none(&s->dst_addr))
        s->dst_addr = out->dst;
    if (!s->dst_port)
        s->dst_port = out->dst_port;
    v->src_ns = out->time_ns;
    v->dst_ns = dst_ns;
    v->sides |= 1u << SIDE_SOURCE;
    v->channels |= out->channel;
    attach(j, v, out->ref, SIDE_SOURCE);
}

void moves_connection(struct moves *m, struct judge *j, const struct event *e)
{
    uint32_t host = event_host(j, e);
    struct port_slot *in = &m->in[hash_addr(&e->src.addr, e->src_port) & (PORTS - 1)];
    struct port_slot *out = &m->out[hash_addr(&e->src.addr, e->src_port) & (PORTS - 1)];
    struct live *from = session_behind(j, e);
    bool again = out->port == e->src_port && addr_eq(&out->addr, &e->src.addr) &&
                 e->time_ns - out->time_ns <= PORT_NS;

    if (!from && again)
        return; /* the other log told it, with the session */
    *out = (struct port_slot){.addr = e->src.addr, .port = e->src_port, .dst = e->dst.addr,
                              .dst_port = e->dst_port, .time_ns = e->time_ns, .host = host,
                              .from_session = from ? session_publish(j, from) : IDENTITY_NONE,
                              .ref = judge_ref(j, e), .channel = event_channel_bit(e)};
    if (in->move && in->port == e->src_port && addr_eq(&in->addr, &e->src.addr) &&
        e->time_ns - in->time_ns <= PORT_NS) {
        struct move *v = &m->items[in->move - 1];
        join_port(m, j, v, in->time_ns);
        if (v->edge != IDENTITY_NONE)
            show(j, v);
    }
}

static void join_ticket(struct moves *m, struct judge *j, struct move *v, int64_t time_ns)
{
    const struct evidence *s = &v->sum;
    const struct ticket_slot *t =
        &m->tickets[hash_addr(&s->src_addr, s->dst_host) & (TICKETS - 1)];

    if (v->sides & 1u << SIDE_DC || addr_is_none(&s->src_addr) || t->dst_host != s->dst_host ||
        !addr_eq(&t->addr, &s->src_addr) || time_ns - t->time_ns > TICKET_NS)
        return;
    v->sides |= 1u << SIDE_DC;
    v->sum.signs |= JOIN_TICKET;
    attach(j, v, t->ref, SIDE_DC);
}

void moves_ticket(struct moves *m, struct judge *j, const struct event *e, uint32_t dst_host)
{
    if (!addr_is_none(&e->src.addr) && dst_host != IDENTITY_NONE)
        m->tickets[hash_addr(&e->src.addr, dst_host) & (TICKETS - 1)] =
            (struct ticket_slot){e->src.addr, dst_host, e->time_ns, judge_ref(j, e)};
}

void moves_failed_logon(struct moves *m, const struct event *e, uint32_t host)
{
    struct failure_slot *f = &m->failures[hash_addr(&e->src.addr, host) & (FAILURES - 1)];

    if (addr_is_none(&e->src.addr))
        return;
    if (f->host != host || !addr_eq(&f->addr, &e->src.addr))
        *f = (struct failure_slot){.addr = e->src.addr, .host = host};
    if (e->time_ns - f->last_ns > GUESS_NS)
        f->count = 0;
    f->count++;
    f->last_ns = e->time_ns;
}

/* Did many failures precede this success, from an address that had not come in before? */
static bool guessed(const struct moves *m, const struct move *v)
{
    const struct evidence *s = &v->sum;
    struct failure_slot *f = &m->failures[hash_addr(&s->src_addr, s->dst_host) & (FAILURES - 1)];
    bool own = f->host == s->dst_host && addr_eq(&f->addr, &s->src_addr);

    if (addr_is_none(&s->src_addr))
        return false;
    if (own && !f->known && f->count >= GUESSES && v->start_ns - f->last_ns <= GUESS_NS)
        return true;
    if (!own && !f->known)
        *f = (struct failure_slot){.addr = s->src_addr, .host = s->dst_host};
    own = f->host == s->dst_host && addr_eq(&f->addr, &s->src_addr);
    f->known |= own;
    return false;
}

/* Has the account not come to this host before, though a day and more of its records was read? */
static bool is_new_here(struct moves *m, const struct judge *j, const struct move *v)
{
    uint64_t key = (uint64_t)v->sum.dst_host << 32 | v->sum.account;
    uint64_t h = XXH3_64bits(&key, sizeof key), x = h % (SEEN_BYTES * 8),
             y = (h >> 32) % (SEEN_BYTES * 8);

    if (v->sum.dst_host == IDENTITY_NONE || v->sum.account == IDENTITY_NONE)
        return false;
    bool known = m->seen[x / 8] >> (x % 8) & 1 && m->seen[y / 8] >> (y % 8) & 1;
    m->seen[x / 8] |= (uint8_t)(1u << (x % 8));
    m->seen[y / 8] |= (uint8_t)(1u << (y % 8));
    int64_t first = j->identity->hosts[v->sum.dst_host].first_ns;
    return !known && in_time(first) && v->start_ns - first > MINUTES(24 * 60);
}

static struct move *begin(struct moves *m, const struct event *e, const struct evidence *ev)
{
    m->items = vec_grow(m->items, &m->cap, m->count + 1, sizeof *m->items);
    struct move *v = &m->items[m->count++];
    uint32_t *list = head(m, ev->dst_host);
    *v = (struct move){.sum = {.method = ev->method, .src_host = IDENTITY_NONE,
                               .dst_host = IDENTITY_NONE, .account = IDENTITY_NONE,
                               .from_session = IDENTITY_NONE},
                       .start_ns = e->time_ns, .last_ns = e->time_ns, .edge = IDENTITY_NONE,
                       .next = *list};
    *list = (uint32_t)m->count;
    return v;
}

void moves_add(struct moves *m, struct judge *j, const struct event *e, struct evidence *ev)
{
    if (e->time_ns == TIME_UNKNOWN ||
        (ev->src_host != IDENTITY_NONE && ev->src_host == ev->dst_host))
        return;
    struct move *v = find(m, j, e, ev);
    bool fresh = !v;

    if (!v && m->count >= MOVES_MAX) {
        m->lost++;
        return;
    }
    if (!v)
        v = begin(m, e, ev);
    ev->src_name = ev->src_name.len ? arena_str(&j->result->arena, ev->src_name) : STR("");
    ev->dst_name = ev->dst_name.len ? arena_str(&j->result->arena, ev->dst_name) : STR("");
    learn(v, ev);
    v->last_ns = e->time_ns;
    v->channels |= event_channel_bit(e);
    if (!ev->file || v->file_marks < FILE_MARKS) {
        v->file_marks = (uint8_t)(v->file_marks + ev->file);
        attach(j, v, judge_ref(j, e), ev->side);
    }
    if (ev->side == SIDE_DESTINATION)
        join_port(m, j, v, e->time_ns);
    if (v->sum.confirms)
        confirm(m, j, v);
    take_session(m, j, v, ev->live);
    if (v->edge == IDENTITY_NONE)
        return;
    if (fresh || ev->side != SIDE_NONE)
        join_ticket(m, j, v, e->time_ns);
    find_origin(j, v);
    if (guessed(m, v))
        v->sum.signs |= SIGN_GUESSED;
    if (is_new_here(m, j, v))
        v->sum.signs |= SIGN_NEW_ACCOUNT;
    show(j, v);
}

/* ---- conclusions ---- */

static const struct {
    unsigned sign;
    int score;
    const char *text;
} hostile_signs[] = {
    {SIGN_OUTPUT_FILE, 60, "output file of a remote execution tool on the share"},
    {SIGN_CLONE, 50, "service, pipe or file of a known attack tool"},
    {SIGN_LOOPBACK, 50, "came through a tunnel: the client address is the host itself"},
    {SIGN_EXTERNAL, 45, "came from a public address"},
    {SIGN_COMMAND, 35, "the service or task is a shell command"},
    {SIGN_RANDOM_NAME, 35, "random-looking name of service, task or file"},
    {SIGN_GUESSED, 35, "many logons failed from there just before"},
    {SIGN_PSEXEC, 30, "PsExec service was installed"},
    {SIGN_ODD_PLACE, 25, "runs a program from a folder that anybody can write"},
    {SIGN_SWEEP, 50, "the same account reached eight hosts or more within ten seconds"},
    {SIGN_FAN_OUT, 20, "the same account reached three hosts or more within ten minutes"},
    {SIGN_WROTE_PROGRAM, 20, "a program was written to an administrative share"},
    {SIGN_NEW_ACCOUNT, 10, "the account had not come to this host before"},
    {SIGN_VPN, 10, "came over a VPN session"},
};

static void add_reason(struct edge *x, str text)
{
    for (size_t i = 0; i < array_len(x->reasons); i++)
        if (!x->reasons[i].len) {
            x->reasons[i] = text;
            return;
        }
}

static void score(struct edge *x, unsigned signs)
{
    for (size_t i = 0; i < array_len(hostile_signs); i++)
        if (signs & hostile_signs[i].sign) {
            int points = hostile_signs[i].score;
            if (hostile_signs[i].sign == SIGN_EXTERNAL && str_eq(str_of(x->method), STR("ssh")))
                points = 15; /* SSH is often open to the world on purpose */
            x->score += points;
            add_reason(x, str_of(hostile_signs[i].text));
        }
}

static void tell_sides(struct judge *j, const struct move *v, struct edge *x)
{
    bool src = v->sides & 1u << SIDE_SOURCE, dst = v->sides & 1u << SIDE_DESTINATION;
    bool dc = v->sides & 1u << SIDE_DC;
    unsigned channels = (unsigned)__builtin_popcountll(v->channels);
    const struct method_info *info = &methods[v->sum.method];
    struct arena *a = &j->result->arena;
    size_t n = 0;

    x->ends = src && dst ? "both" : dst ? "destination" : src ? "source" : "dc";
    if (src && dst)
        x->confidence = v->sum.signs & (JOIN_PORT | JOIN_PIPE) || v->sum.method == METHOD_RDP
                            ? 0.95 : 0.80;
    else
        x->confidence = channels >= 2 || dc || v->sum.signs & JOIN_PIPE ? 0.80 : 0.50;
    if (v->sum.signs & JOIN_TIME && !src)
        x->confidence = 0.20;
    if (!src && x->src_host != IDENTITY_NONE)
        x->missing[n++] = arena_printf(a, "%s of %.*s%s", info->source_log, PSTR(x->src_name),
                                       j->identity->hosts[x->src_host].collected
                                           ? "" : " (not collected)");
    else if (!src && !addr_is_none(&x->src_addr) && addr_is_private(&x->src_addr))
        x->missing[n++] = arena_printf(a, "logs of %.*s (not collected)", PSTR(x->src_name));
    if (!dst)
        x->missing[n++] =
            arena_printf(a, "%s of %.*s%s", info->destination_log, PSTR(x->dst_name),
                         x->dst_host != IDENTITY_NONE && j->identity->hosts[x->dst_host].collected
                             ? "" : " (not collected)");
    if (v->src_ns && v->dst_ns) {
        x->skew_known = true;
        x->skew_s = (double)(v->dst_ns - v->src_ns) / 1e9;
    }
}

static void conclude(struct judge *j, struct move *v)
{
    struct edge *x = &j->result->edges[v->edge];
    struct evidence *s = &v->sum;
    struct arena *a = &j->result->arena;

    show(j, v);
    x->src_name = end_name(j, s->src_host, &s->src_addr, s->src_name);
    x->dst_name = end_name(j, s->dst_host, &s->dst_addr, s->dst_name);
    x->account_name = s->account == IDENTITY_NONE ? STR("unknown")
                                                  : j->identity->accounts[s->account].name;
    if (s->src_host == IDENTITY_NONE && !addr_is_none(&s->src_addr) &&
        !addr_is_private(&s->src_addr))
        s->signs |= SIGN_EXTERNAL;
    tell_sides(j, v, x);
    score(x, s->signs);
    str parts[] = {x->src_name, x->dst_name, x->account_name, str_of(x->method),
                   arena_printf(a, "%lld", (long long)x->start_ns)};
    x->id = result_id(a, "e-", parts, array_len(parts));
}

struct by_account {
    uint32_t account, src, dst, move;
    int64_t start_ns;
};

static int account_cmp(const void *x, const void *y)
{
    const struct by_account *p = x, *q = y;

    if (p->account != q->account)
        return p->account < q->account ? -1 : 1;
    if (p->start_ns != q->start_ns)
        return p->start_ns < q->start_ns ? -1 : 1;
    return (p->move > q->move) - (p->move < q->move);
}

/* Does the account at the head of the list reach `want` hosts (at most 8) within a time? */
static bool reaches(const struct by_account *list, size_t count, size_t want, int64_t within_ns)
{
    uint32_t seen[8];
    size_t n = 0;

    for (size_t i = 0; i < count && n < want && list[i].account == list[0].account &&
                       list[i].start_ns - list[0].start_ns <= within_ns; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known |= seen[k] == list[i].dst;
        if (!known)
            seen[n++] = list[i].dst;
    }
    return n == want;
}

static void mark_fan_out(struct moves *m, const struct by_account *list, size_t n, size_t want,
                         int64_t within_ns, unsigned sign)
{
    for (size_t i = 0; i < n; i++) {
        if (!reaches(list + i, n - i, want, within_ns))
            continue;
        for (size_t k = i; k < n && list[k].account == list[i].account &&
                           list[k].start_ns - list[i].start_ns <= within_ns; k++)
            m->items[list[k].move].sum.signs |= sign;
    }
}

/* One account at many hosts: quickly as a person does, or as only a program does. */
static void find_fan_out(struct moves *m)
{
    struct by_account *list = mem_alloc(m->count * sizeof *list);
    size_t n = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        const struct move *v = &m->items[i];
        if (v->edge != IDENTITY_NONE && v->sum.account != IDENTITY_NONE)
            list[n++] = (struct by_account){v->sum.account, v->sum.src_host, v->sum.dst_host, i,
                                            v->start_ns};
    }
    if (n)
        qsort(list, n, sizeof *list, account_cmp);
    mark_fan_out(m, list, n, 3, MINUTES(10), SIGN_FAN_OUT);
    mark_fan_out(m, list, n, 8, 10 * NS_PER_S, SIGN_SWEEP);
    mem_free(list);
}

void moves_finish(struct moves *m, struct judge *j)
{
    for (size_t i = 0; i < m->count; i++) { /* known from the source alone: somebody set out */
        struct move *v = &m->items[i];
        if (v->edge == IDENTITY_NONE && v->sides == 1u << SIDE_SOURCE)
            confirm(m, j, v);
    }
    find_fan_out(m);
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].edge != IDENTITY_NONE)
            conclude(j, &m->items[i]);
    if (m->lost)
        result_limit(j->result, "%llu movements are not listed: the list of edges holds %d",
                     (unsigned long long)m->lost, EDGES_MAX);
    mem_free(m->items);
    mem_free(m->heads);
    mem_free(m->out);
    mem_free(m->in);
    mem_free(m->tickets);
    mem_free(m->failures);
    mem_free(m->seen);
    mem_free(m);
}
