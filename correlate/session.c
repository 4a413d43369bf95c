/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows logons to logoffs. Windows: LogonId of the target of 4624, ended by 4634, 4647 or the
 * next boot; SSH: PID of the sshd that accepted; VPN: user on a gateway, with the inner address
 * that the lease names. */
#include "correlate/session.h"

#include <xxhash.h>

#include "core/time.h"
#include "correlate/observe.h"

enum {
    SLOTS = 1 << 16, /* live sessions */
    PROBE = 16,
    LATEST = 1 << 14, /* (host, account) -> newest session */
    NETWORK = 8,      /* network logons remembered a host */
    LEASES = 1 << 12,
    PUBLISHED_MAX = 50000,
    FILES_MAX = 40 /* file events of a session that get its mark */
};

static const int64_t REBOOT_NS = 60 * NS_PER_S, LINGER_NS = 1800 * NS_PER_S;
static const int64_t TWIN_NS = 30 * NS_PER_S;
static const char ssh_kind[] = "ssh";
static const uint64_t VPN_KEY = UINT64_C(1) << 62;

struct handle { /* a slot that may have been given to another since */
    uint32_t slot, serial;
};

struct host_state {
    uint32_t boot;
    int64_t boot_ns;
    struct handle network[NETWORK];
    unsigned next;
};

struct sessions {
    struct live *slots;
    struct host_state *hosts; /* one more than the identity knows, for unknown ones */
    size_t host_count;
    struct latest {
        uint32_t host, account;
        struct handle at;
    } *latest;
    struct lease_slot {
        struct addr inner;
        int64_t from_ns;
        struct handle at;
    } *leases;
    uint32_t serial;
    uint64_t filtered, evicted, unpublished;
};

uint32_t event_host(const struct judge *j, const struct event *e)
{
    uint32_t host = e->host ? identity_host(j->identity, e->host) : IDENTITY_NONE;

    return host != IDENTITY_NONE ? host : identity_host(j->identity, e->system);
}

bool in_time(int64_t time_ns)
{
    return time_ns > INT64_MIN / 2 && time_ns < INT64_MAX / 2;
}

uint64_t event_channel_bit(const struct event *e)
{
    return UINT64_C(1) << ((e->channel ? e->channel : e->provider) & 63);
}

static struct host_state *host_state(const struct sessions *s, uint32_t host)
{
    return &s->hosts[host < s->host_count ? host : s->host_count];
}

static uint64_t slot_hash(uint32_t host, uint32_t boot, uint64_t logon)
{
    uint64_t key[2] = {(uint64_t)host << 32 | boot, logon};

    return XXH3_64bits(key, sizeof key);
}

static struct live *handle_get(const struct sessions *s, struct handle h)
{
    return h.serial && s->slots[h.slot].serial == h.serial ? &s->slots[h.slot] : NULL;
}

static struct handle handle_of(const struct sessions *s, const struct live *l)
{
    return (struct handle){(uint32_t)(l - s->slots), l->serial};
}

struct live *session_find(const struct sessions *s, uint32_t host, uint64_t logon)
{
    uint32_t boot = host_state(s, host)->boot;
    uint64_t at = slot_hash(host, boot, logon);

    if (!logon)
        return NULL;
    for (unsigned i = 0; i < PROBE; i++) {
        struct live *l = &s->slots[(at + i) & (SLOTS - 1)];
        if (l->serial && l->logon == logon && l->host == host && l->boot == boot)
            return l;
    }
    return NULL;
}

/* Which of two is the better to forget? Free slots, then ended sessions, then the quietest. */
static bool rather(const struct live *x, const struct live *y)
{
    if (!x->serial != !y->serial)
        return !x->serial;
    bool x_over = x->end_ns != TIME_UNKNOWN, y_over = y->end_ns != TIME_UNKNOWN;
    if (x_over != y_over)
        return x_over;
    return x->last_ns < y->last_ns;
}

/* Where a new session may go: the slot in reach that is the least to lose. */
static struct live *place(const struct sessions *s, uint64_t at)
{
    struct live *best = &s->slots[at & (SLOTS - 1)];

    for (unsigned i = 1; i < PROBE; i++)
        if (rather(&s->slots[(at + i) & (SLOTS - 1)], best))
            best = &s->slots[(at + i) & (SLOTS - 1)];
    return best;
}

static struct live *create(struct sessions *s, uint32_t host, uint64_t logon)
{
    uint32_t boot = host_state(s, host)->boot;
    struct live *best = session_find(s, host, logon); /* the id is given again: that one is over */

    if (!best)
        best = place(s, slot_hash(host, boot, logon));
    s->evicted += best->serial && best->end_ns == TIME_UNKNOWN && best->logon != logon;
    *best = (struct live){.host = host, .boot = boot, .logon = logon, .serial = ++s->serial,
                          .end_ns = TIME_UNKNOWN, .account = IDENTITY_NONE,
                          .src_host = IDENTITY_NONE, .result = IDENTITY_NONE,
                          .edge = IDENTITY_NONE};
    return best;
}

static struct latest *latest_slot(const struct sessions *s, uint32_t host, uint32_t account)
{
    uint64_t key = (uint64_t)host << 32 | account;

    return &s->latest[XXH3_64bits(&key, sizeof key) & (LATEST - 1)];
}

struct live *session_latest(const struct sessions *s, uint32_t host, uint32_t account,
                            int64_t time_ns)
{
    const struct latest *at = latest_slot(s, host, account);
    struct live *l = handle_get(s, at->at);

    if (host == IDENTITY_NONE || account == IDENTITY_NONE || !l || at->host != host ||
        at->account != account)
        return NULL;
    return l->end_ns == TIME_UNKNOWN || time_ns - l->end_ns <= LINGER_NS ? l : NULL;
}

struct live *session_network(const struct sessions *s, uint32_t host, uint32_t account,
                             int64_t time_ns, int64_t within_ns)
{
    const struct host_state *h = host_state(s, host);

    for (unsigned i = 1; i <= NETWORK; i++) {
        struct live *l = handle_get(s, h->network[(h->next - i) & (NETWORK - 1)]);
        if (l && l->host == host && time_ns - l->start_ns <= within_ns &&
            (account == IDENTITY_NONE || account == l->account))
            return l;
    }
    return NULL;
}

struct live *session_vpn(const struct sessions *s, const struct addr *inner, int64_t time_ns)
{
    const struct lease_slot *slot =
        &s->leases[XXH3_64bits(inner->b, sizeof inner->b) & (LEASES - 1)];
    struct live *l = handle_get(s, slot->at);

    if (addr_is_none(inner) || !l || !addr_eq(&slot->inner, inner) || time_ns < slot->from_ns)
        return NULL;
    return l->end_ns == TIME_UNKNOWN || time_ns <= l->end_ns ? l : NULL;
}

struct live *session_of(const struct judge *j, const struct event *e)
{
    uint32_t host = event_host(j, e);
    bool target_first = e->kind == KIND_LOGON || e->kind == KIND_LOGOFF ||
                        e->kind == KIND_PROCESS_START || e->kind == KIND_SESSION_CLOSE;
    uint64_t first = target_first ? e->target.logon : e->actor.logon;
    uint64_t second = target_first ? e->actor.logon : e->target.logon;
    struct live *l = session_find(j->sessions, host, first);

    if (!l && e->kind != KIND_LOGON)
        l = session_find(j->sessions, host, second);
    if (!l && e->kind == KIND_COMMAND) /* sudo names no session, only who */
        l = session_latest(j->sessions, host, identity_account(j->identity, &e->actor),
                           e->time_ns);
    return l;
}

struct live *session_behind(const struct judge *j, const struct event *e)
{
    struct live *l = session_of(j, e);

    return l ? l : session_latest(j->sessions, event_host(j, e),
                                  identity_account(j->identity, &e->actor), e->time_ns);
}

static str remote_text(struct judge *j, const struct live *l)
{
    struct buf b = {0};

    if (l->src_host != IDENTITY_NONE)
        return j->identity->hosts[l->src_host].name;
    if (addr_is_none(&l->src))
        return STR("");
    addr_text(&l->src, &b);
    str text = arena_str(&j->result->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

uint32_t session_publish(struct judge *j, struct live *l)
{
    const struct identity *id = j->identity;
    struct arena *a = &j->result->arena;

    if (l->result != IDENTITY_NONE)
        return l->result;
    if (j->result->session_count >= PUBLISHED_MAX) {
        j->sessions->unpublished++;
        return IDENTITY_NONE;
    }
    l->result = (uint32_t)j->result->session_count;
    struct session *s = result_session(j->result);
    s->host = l->host;
    s->account = l->account;
    s->host_name = l->host == IDENTITY_NONE ? STR("unknown") : id->hosts[l->host].name;
    s->account_name = l->account == IDENTITY_NONE ? STR("unknown") : id->accounts[l->account].name;
    s->kind = l->kind;
    s->source = remote_text(j, l);
    s->start_ns = l->start_ns;
    s->end_ns = l->end_ns;
    s->end_reason = "unknown";
    s->logon_id = l->logon & VPN_KEY ? 0 : l->logon;
    s->event_count = 1;
    s->opened = l->opened;
    str parts[] = {s->host_name, s->account_name, str_of(s->kind), s->source,
                   arena_printf(a, "%lld %llx %u", (long long)s->start_ns,
                                (unsigned long long)s->logon_id, l->opened.source)};
    s->id = result_id(a, "s-", parts, array_len(parts));
    judge_mark(j, l->opened, MARK_SESSION, l->result, SIDE_NONE);
    return l->result;
}

static void end(struct judge *j, struct live *l, int64_t time_ns, const char *reason)
{
    if (l->end_ns != TIME_UNKNOWN)
        return;
    l->end_ns = time_ns;
    if (l->result != IDENTITY_NONE) {
        j->result->sessions[l->result].end_ns = time_ns;
        j->result->sessions[l->result].end_reason = reason;
    }
}

static void remember(struct sessions *s, const struct live *l)
{
    if (l->host == IDENTITY_NONE || l->account == IDENTITY_NONE)
        return;
    *latest_slot(s, l->host, l->account) =
        (struct latest){l->host, l->account, handle_of(s, l)};
}

static const char *windows_kind(uint64_t type, bool remote)
{
    switch (type) {
    case 2:
        return "interactive";
    case 3:
        return "network";
    case 4:
        return "batch";
    case 7:
    case 13:
        return remote ? "rdp" : "unlock";
    case 8:
        return "network-cleartext";
    case 9:
        return "new-credentials";
    case 10:
    case 12:
        return "rdp";
    case 11:
        return "cached-interactive";
    default:
        return NULL;
    }
}

static bool is_remote(const struct event *e)
{
    return !addr_is_none(&e->src.addr) && !addr_is_local(&e->src.addr);
}

static bool someone(const struct judge *j, uint32_t account)
{
    return account == IDENTITY_NONE ||
           (!j->identity->accounts[account].is_machine &&
            !j->identity->accounts[account].is_service);
}

static struct live *open_session(struct judge *j, const struct event *e, uint64_t logon,
                                 uint32_t account, const char *kind)
{
    struct live *l = create(j->sessions, event_host(j, e), logon);
    struct endpoint from = e->src;

    if (addr_is_local(&from.addr))
        from.addr = (struct addr){{0}};
    l->account = account;
    l->kind = kind;
    l->start_ns = l->last_ns = e->time_ns;
    l->opened = judge_ref(j, e);
    l->channel_bit = event_channel_bit(e);
    l->src = from.addr;
    l->src_port = e->src_port;
    l->src_host = addr_is_none(&from.addr)
                      ? IDENTITY_NONE
                      : identity_host_at(j->identity, &from.addr, e->time_ns);
    if (l->src_host == l->host)
        l->src_host = IDENTITY_NONE;
    return l;
}

static void windows_logon(struct sessions *s, struct judge *j, const struct event *e)
{
    uint64_t type = 0, linked = 0;
    uint32_t account = identity_account(j->identity, &e->target);

    event_number(e, STR("LogonType"), &type);
    const char *kind = windows_kind(type, is_remote(e));
    if (!kind)
        return; /* system start, service */
    if (!someone(j, account)) {
        s->filtered++;
        return;
    }
    struct live *l = open_session(j, e, e->target.logon, account, kind);
    l->logon_type = (uint8_t)type;
    l->ntlm = value_is(event_field(e, STR("AuthenticationPackageName")), STR("NTLM"));
    if (type == 3 && l->src_host == IDENTITY_NONE && e->src.host)
        l->src_host = identity_host(j->identity, e->src.host); /* WorkstationName: a claim */
    if (l->src_host == l->host)
        l->src_host = IDENTITY_NONE;
    remember(s, l);
    if (type == 3 || type == 8) {
        struct host_state *h = host_state(s, l->host);
        h->network[h->next++ & (NETWORK - 1)] = handle_of(s, l);
        return;
    }
    struct live *twin = event_number(e, STR("TargetLinkedLogonId"), &linked)
                            ? session_find(s, l->host, linked)
                            : NULL;
    if (twin && twin->account == account) { /* the two tokens of one logon of an administrator */
        l->result = twin->result;
        judge_mark(j, l->opened, MARK_SESSION, l->result, SIDE_NONE);
    } else if (type != 4 && (type != 7 || is_remote(e)) && type != 13) {
        session_publish(j, l);
    }
}

/* Two logs tell of one SSH logon, each with a PID of its own: sshd's that let the user in, and
 * wtmp's of the child that has the terminal. */
static void remote_logon(struct sessions *s, struct judge *j, const struct event *e)
{
    uint32_t account = identity_account(j->identity, &e->target);
    const struct live *other = session_latest(s, event_host(j, e), account, e->time_ns);
    bool same = other && other->logon != e->target.logon &&
                other->channel_bit != event_channel_bit(e) && other->kind == ssh_kind &&
                addr_eq(&other->src, &e->src.addr) && e->time_ns - other->start_ns <= TWIN_NS;
    uint32_t result = same ? other->result : IDENTITY_NONE;
    struct live *l = open_session(j, e, e->target.logon, account, ssh_kind);

    remember(s, l);
    if (result == IDENTITY_NONE) {
        session_publish(j, l);
        return;
    }
    l->result = result;
    j->result->sessions[result].event_count++;
    judge_mark(j, l->opened, MARK_SESSION, result, SIDE_NONE);
}

static void vpn_see(struct sessions *s, struct judge *j, const struct event *e)
{
    uint64_t key = VPN_KEY | (e->target.user & (VPN_KEY - 1));
    struct live *l = session_find(s, event_host(j, e), key);

    if (!e->target.user)
        return;
    if (e->kind == KIND_VPN_LOGOFF) {
        if (l) {
            if (l->result != IDENTITY_NONE)
                judge_mark(j, judge_ref(j, e), MARK_SESSION, l->result, SIDE_NONE);
            end(j, l, e->time_ns, "logoff");
        }
        return;
    }
    if (!l || l->end_ns != TIME_UNKNOWN || (e->kind == KIND_VPN_LOGON && is_remote(e) &&
                                            !addr_eq(&e->src.addr, &l->src))) {
        l = open_session(j, e, key, identity_account(j->identity, &e->target), "vpn");
        remember(s, l);
        session_publish(j, l);
    } else if (l->result != IDENTITY_NONE) {
        judge_mark(j, judge_ref(j, e), MARK_SESSION, l->result, SIDE_NONE);
        j->result->sessions[l->result].event_count++;
    }
    l->last_ns = e->time_ns;
    if (e->kind == KIND_VPN_LEASE && !addr_is_none(&e->dst.addr))
        s->leases[XXH3_64bits(e->dst.addr.b, sizeof e->dst.addr.b) & (LEASES - 1)] =
            (struct lease_slot){e->dst.addr, e->time_ns, handle_of(s, l)};
}

static void boot_see(struct sessions *s, struct judge *j, const struct event *e)
{
    uint32_t host = event_host(j, e);
    struct host_state *h = host_state(s, host);

    if (host == IDENTITY_NONE || (h->boot && e->time_ns - h->boot_ns < REBOOT_NS))
        return; /* one boot writes several records */
    h->boot++;
    h->boot_ns = e->time_ns;
    for (size_t i = 0; i < SLOTS; i++)
        if (s->slots[i].serial && s->slots[i].host == host && !(s->slots[i].logon & VPN_KEY))
            end(j, &s->slots[i], e->time_ns, "reboot");
}

enum interest { NOTHING, MEMBER, FILES, DEED };

/* DEED: whoever does this is worth a session of his own, also over the network. */
static enum interest interest(enum kind kind)
{
    switch (kind) {
    case KIND_PROCESS_START:
    case KIND_COMMAND:
    case KIND_SCRIPT:
    case KIND_SERVICE_INSTALLED:
    case KIND_TASK_CREATED:
    case KIND_TASK_CHANGED:
    case KIND_ACCOUNT_CREATED:
    case KIND_ACCOUNT_DELETED:
    case KIND_GROUP_MEMBER_ADDED:
    case KIND_LOG_CLEARED:
    case KIND_DEFENCE_CHANGED:
    case KIND_BACKUP_DELETED:
        return DEED;
    case KIND_LOGOFF:
    case KIND_EXPLICIT_CREDENTIALS:
    case KIND_SESSION_OPEN:
    case KIND_SESSION_CLOSE:
    case KIND_SESSION_RECONNECT:
    case KIND_SESSION_DISCONNECT:
    case KIND_SERVICE_CHANGED:
    case KIND_TASK_DELETED:
    case KIND_SHARE_ACCESS:
    case KIND_SHARE_CHANGED:
    case KIND_WINRM_CLIENT:
    case KIND_WMI_SUBSCRIPTION:
    case KIND_ACCOUNT_CHANGED:
    case KIND_PASSWORD_CHANGED:
    case KIND_GROUP_MEMBER_REMOVED:
    case KIND_POLICY_CHANGED:
    case KIND_FIREWALL_CHANGED:
    case KIND_SHADOW_COPY:
    case KIND_DETECTION:
        return MEMBER;
    case KIND_SHARE_FILE_ACCESS:
    case KIND_FILE_CREATED:
    case KIND_FILE_DELETED:
    case KIND_OBJECT_ACCESS:
        return FILES;
    default:
        return NOTHING;
    }
}

static void member_see(struct judge *j, const struct event *e, enum interest what)
{
    struct live *l = session_of(j, e);

    if (!l)
        return;
    l->last_ns = e->time_ns;
    if (what == DEED)
        session_publish(j, l);
    if (l->result == IDENTITY_NONE)
        return;
    j->result->sessions[l->result].event_count++;
    if (what != FILES || l->files++ < FILES_MAX)
        judge_mark(j, judge_ref(j, e), MARK_SESSION, l->result, SIDE_NONE);
    if (l->files > FILES_MAX)
        l->files = FILES_MAX;
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct sessions *s = state;
    enum interest what;

    if (!in_time(e->time_ns))
        return; /* what has no place in time joins nothing */
    switch ((enum kind)e->kind) {
    case KIND_LOGON:
        if (e->channel && e->target.logon && event_field(e, STR("LogonType")).type != VALUE_NULL) {
            windows_logon(s, j, e);
        } else if (!e->channel && e->target.logon && is_remote(e)) {
            remote_logon(s, j, e);
        }
        return;
    case KIND_VPN_LOGON:
    case KIND_VPN_LEASE:
    case KIND_VPN_LOGOFF:
        vpn_see(s, j, e);
        return;
    case KIND_SYSTEM_START:
        boot_see(s, j, e);
        return;
    default:
        break;
    }
    if ((what = interest((enum kind)e->kind)) == NOTHING)
        return;
    member_see(j, e, what);
    if (e->kind == KIND_LOGOFF || (!e->channel && e->kind == KIND_SESSION_CLOSE)) {
        struct live *l = session_find(s, event_host(j, e), e->target.logon);
        if (l)
            end(j, l, e->time_ns, "logoff");
    }
}

static void *start(struct judge *j)
{
    struct sessions *s = mem_alloc(sizeof *s);

    s->host_count = j->identity->host_count;
    s->hosts = mem_alloc((s->host_count + 1) * sizeof *s->hosts);
    s->slots = mem_alloc(SLOTS * sizeof *s->slots);
    s->latest = mem_alloc(LATEST * sizeof *s->latest);
    s->leases = mem_alloc(LEASES * sizeof *s->leases);
    j->sessions = s;
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct sessions *s = state;

    if (s->filtered)
        result_limit(j->result,
                     "%llu logons of machines, services and anonymous were set aside",
                     (unsigned long long)s->filtered);
    if (s->evicted)
        result_limit(j->result,
                     "%llu logon sessions were forgotten before they ended: more than %d ran at "
                     "once",
                     (unsigned long long)s->evicted, SLOTS);
    if (s->unpublished)
        result_limit(j->result, "%llu sessions are not listed: the list holds %d",
                     (unsigned long long)s->unpublished, PUBLISHED_MAX);
    mem_free(s->slots);
    mem_free(s->hosts);
    mem_free(s->latest);
    mem_free(s->leases);
    mem_free(s);
    j->sessions = NULL;
}

const struct detector detector_session = {
    .name = "session",
    .about = "logon, RDP, SSH and VPN sessions: who was on which host when",
    .observe = observe,
    .start = start,
    .see = see,
    .finish = finish,
};
