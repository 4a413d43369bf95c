/* SPDX-License-Identifier: Apache-2.0
 *
 * What an intruder does to get and keep a foothold: guesses passwords, makes accounts, joins
 * privileged groups, copies the directory's secrets, leaves services, tasks and subscriptions. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"
#include "correlate/signs.h"

enum {
    GUESSERS = 1 << 13,
    GUESSES_MIN = 20,  /* failed logons within ten minutes that make it guessing */
    SPRAYED_MIN = 8,   /* different users among them that make it spraying */
    GUESSES_TOLD = 200,
    PROOFS = 30
};

static const int64_t TEN_MINUTES_NS = 600 * NS_PER_S, SUCCESS_NS = 3600 * NS_PER_S,
                     DAY_NS = 86400 * NS_PER_S;

struct guesser { /* failed logons from one place to one host */
    uint64_t key, users; /* users: one bit a user, by hash */
    uint32_t count, in_window, finding, proofs;
    int64_t window_ns, last_ns;
    bool known; /* had come in before it failed often */
    struct addr addr;
};

struct state {
    struct guesser *guessers;
    struct recent recent;
    struct arena scratch;
    uint64_t told, untold;
};

static const struct claim guessing = {
    .detector = "foothold", .title = "Password guessing", .technique = "T1110.001",
    .tactic = "TA0006", .severity = SEVERITY_LOW, .phase = PHASE_FOOTHOLD, .confidence = 0.80};
static const struct claim account_made = {
    .detector = "foothold", .title = "Account created", .technique = "T1136",
    .tactic = "TA0003", .severity = SEVERITY_LOW, .phase = PHASE_FOOTHOLD, .confidence = 0.80};
static const struct claim group_joined = {
    .detector = "foothold", .title = "Account added to a privileged group",
    .technique = "T1098.007", .tactic = "TA0003", .severity = SEVERITY_MEDIUM,
    .phase = PHASE_FOOTHOLD, .confidence = 0.80};
static const struct claim replicated = {
    .detector = "foothold", .title = "Directory secrets replicated", .technique = "T1003.006",
    .tactic = "TA0006", .severity = SEVERITY_HIGH, .phase = PHASE_FOOTHOLD, .confidence = 0.80};
static const struct claim odd_service = {
    .detector = "foothold", .title = "Suspicious service installed", .technique = "T1543.003",
    .tactic = "TA0003", .severity = SEVERITY_MEDIUM, .phase = PHASE_FOOTHOLD, .confidence = 0.50};
static const struct claim odd_task = {
    .detector = "foothold", .title = "Suspicious scheduled task", .technique = "T1053.005",
    .tactic = "TA0003", .severity = SEVERITY_LOW, .phase = PHASE_FOOTHOLD, .confidence = 0.50};
static const struct claim subscription = {
    .detector = "foothold", .title = "Permanent WMI subscription", .technique = "T1546.003",
    .tactic = "TA0003", .severity = SEVERITY_LOW, .phase = PHASE_FOOTHOLD, .confidence = 0.50};

static const struct claim startup_file = {
    .detector = "foothold", .title = "Program put into a startup folder", .technique = "T1547.001",
    .tactic = "TA0003", .severity = SEVERITY_LOW, .phase = PHASE_FOOTHOLD, .confidence = 0.50};

static str text_of(struct state *s, const struct event *e, const char *name)
{
    return event_text(e, str_of(name), &s->scratch);
}

static struct guesser *guesser_of(struct state *s, const struct judge *j, const struct event *e)
{
    uint64_t key[4] = {event_host(j, e), e->src.host};

    if (addr_is_none(&e->src.addr) ? !e->src.host : addr_is_local(&e->src.addr))
        return NULL;
    if (!addr_is_none(&e->src.addr)) /* the name may vary, the address tells the machine */
        key[1] = 0;
    memcpy(&key[2], e->src.addr.b, sizeof e->src.addr.b);
    uint64_t hash = XXH3_64bits(key, sizeof key) | 1;
    struct guesser *g = &s->guessers[hash & (GUESSERS - 1)];
    bool success = e->kind == KIND_LOGON || e->kind == KIND_VPN_LOGON;
    if (g->key != hash && (!success || !g->key))
        *g = (struct guesser){.key = hash, .finding = IDENTITY_NONE, .window_ns = e->time_ns};
    if (g->key != hash)
        return NULL;
    g->addr = e->src.addr;
    return g;
}

static void failed_see(struct state *s, struct judge *j, const struct event *e)
{
    struct guesser *g = guesser_of(s, j, e);

    if (!g)
        return;
    if (e->time_ns - g->window_ns > TEN_MINUTES_NS) {
        g->window_ns = e->time_ns;
        g->in_window = 0;
        if (e->time_ns - g->last_ns > DAY_NS)
            *g = (struct guesser){.key = g->key, .finding = IDENTITY_NONE,
                                  .window_ns = e->time_ns, .known = g->known};
    }
    g->count++;
    g->in_window++;
    g->last_ns = e->time_ns;
    g->users |= UINT64_C(1) << (e->target.user & 63);
    if (g->finding < j->result->finding_count) {
        if (g->proofs++ < PROOFS)
            claim_add(j, e, g->finding);
        j->result->findings[g->finding].end_ns = e->time_ns;
        return;
    }
    if (g->in_window != GUESSES_MIN)
        return;
    if (s->told++ >= GUESSES_TOLD) {
        s->untold++;
        return;
    }
    g->finding = claim_make(j, e, &guessing, STR(""));
}

static str place_of(struct state *s, const struct guesser *g)
{
    struct buf b = {0};

    if (addr_is_none(&g->addr))
        return STR("one place");
    addr_text(&g->addr, &b);
    str text = arena_str(&s->scratch, buf_view(&b));
    buf_free(&b);
    return text;
}

static void succeeded(struct state *s, struct judge *j, const struct event *e,
                      const struct guesser *g)
{
    struct finding *f = &j->result->findings[g->finding];
    bool sprayed = __builtin_popcountll(g->users) >= SPRAYED_MIN;

    f->severity = SEVERITY_HIGH;
    f->techniques[0] = sprayed ? "T1110.003" : "T1110.001";
    f->title = STR("Passwords guessed, and one was right");
    claim_add(j, e, g->finding);
    finding_account(&j->result->findings[g->finding],
                    identity_account(j->identity, &e->target));
    claim_reason(j, g->finding, "%u records of failed logons from %.*s, then one succeeded as %.*s",
                 g->count, PSTR(place_of(s, g)), PSTR(judge_text(j, e->target.user)));
}

static void logon_see(struct state *s, struct judge *j, const struct event *e)
{
    struct guesser *g = guesser_of(s, j, e);

    if (g && g->count < GUESSES_MIN)
        g->known = true;
    if (g && !g->known && g->finding < j->result->finding_count &&
        e->time_ns - g->last_ns <= SUCCESS_NS &&
        j->result->findings[g->finding].severity < SEVERITY_HIGH)
        succeeded(s, j, e, g);
}

static bool is_privileged(str group)
{
    static const char *const groups[] = {
        "administrators", "domain admins", "enterprise admins", "schema admins",
        "account operators",
        "backup operators", "server operators", "dnsadmins", "group policy creator owners",
        "remote desktop users", "remote management users", "sudo", "wheel", "docker", "root"};

    for (size_t i = 0; i < array_len(groups); i++)
        if (str_eq_nocase(group, str_of(groups[i])))
            return true;
    return false;
}

static void group_see(struct state *s, struct judge *j, const struct event *e)
{
    str group = text_of(s, e, "group.name");

    if (!group.len)
        group = text_of(s, e, "TargetUserName");
    if (is_privileged(group))
        claim_recent(&s->recent, j, e, &group_joined, &group_joined, TEN_MINUTES_NS,
                     arena_printf(&s->scratch, "group %.*s", PSTR(group)));
}

/* DCSync: the replication rights (MS-ADTS 5.1.3.2.1), used by who is no domain controller. */
static void directory_see(struct state *s, struct judge *j, const struct event *e)
{
    static const char *const rights[] = {
        "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",
        "89e95b76-444d-4c62-991a-0facbeda640c"};
    str properties = text_of(s, e, "Properties");
    uint32_t account = identity_account(j->identity, &e->actor);

    if (account != IDENTITY_NONE && (j->identity->accounts[account].is_machine ||
                                     j->identity->accounts[account].is_service))
        return;
    for (size_t i = 0; i < array_len(rights); i++)
        if (str_has_nocase(properties, str_of(rights[i]))) {
            claim_recent(&s->recent, j, e, &replicated, &replicated, TEN_MINUTES_NS,
                         STR("an account that is no machine used the right to replicate secrets"));
            return;
        }
}

static void service_see(struct state *s, struct judge *j, const struct event *e)
{
    str name = text_of(s, e, "ServiceName"), path = text_of(s, e, "ImagePath");

    if (!path.len)
        path = text_of(s, e, "ServiceFileName");
    unsigned signs = signs_of_service(name, path);
    if (signs & (SIGN_CLONE | SIGN_COMMAND | SIGN_ODD_PLACE | SIGN_RANDOM_NAME))
        claim_recent(&s->recent, j, e, &odd_service, &odd_service, TEN_MINUTES_NS,
                     arena_printf(&s->scratch, "%.*s: %.*s", PSTR(str_head(name, 80)),
                                  PSTR(str_head(path, 400))));
}

static void task_see(struct state *s, struct judge *j, const struct event *e)
{
    str name = text_of(s, e, "TaskName"), content = text_of(s, e, "TaskContent");
    unsigned signs = signs_of_task(name, content);
    bool several = (signs & (SIGN_COMMAND | SIGN_ODD_PLACE)) == (SIGN_COMMAND | SIGN_ODD_PLACE);

    if (several || signs & (SIGN_CLONE | SIGN_RANDOM_NAME))
        claim_recent(&s->recent, j, e, &odd_task, &odd_task, TEN_MINUTES_NS, name);
}

/* Installers put shortcuts there; a script or program itself is another matter. */
static void file_see(struct state *s, struct judge *j, const struct event *e)
{
    str path = text_of(s, e, "TargetFilename");

    if (str_has_nocase(path, STR("\\Start Menu\\Programs\\Startup\\")) && is_program(path))
        claim_recent(&s->recent, j, e, &startup_file, &startup_file, TEN_MINUTES_NS, path);
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;

    if (!in_time(e->time_ns))
        return;
    switch ((enum kind)e->kind) {
    case KIND_LOGON_FAILED:
    case KIND_VPN_LOGON_FAILED:
        failed_see(s, j, e);
        break;
    case KIND_LOGON:
    case KIND_VPN_LOGON:
        logon_see(s, j, e);
        break;
    case KIND_ACCOUNT_CREATED:
        claim_recent(&s->recent, j, e, &account_made, &account_made, TEN_MINUTES_NS,
                     arena_printf(&s->scratch, "account %.*s",
                                  PSTR(judge_text(j, e->target.user))));
        break;
    case KIND_GROUP_MEMBER_ADDED:
        group_see(s, j, e);
        break;
    case KIND_DIRECTORY_ACCESS:
        directory_see(s, j, e);
        break;
    case KIND_SERVICE_INSTALLED:
        service_see(s, j, e);
        break;
    case KIND_TASK_CREATED:
        task_see(s, j, e);
        break;
    case KIND_FILE_CREATED:
        file_see(s, j, e);
        break;
    case KIND_WMI_SUBSCRIPTION:
        claim_recent(&s->recent, j, e, &subscription, &subscription, TEN_MINUTES_NS, STR(""));
        break;
    default:
        return;
    }
    arena_reset(&s->scratch);
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    (void)j;
    s->guessers = mem_alloc(GUESSERS * sizeof *s->guessers);
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;

    for (size_t i = 0; i < GUESSERS; i++) {
        const struct guesser *g = &s->guessers[i];
        if (!g->key || g->finding >= j->result->finding_count ||
            j->result->findings[g->finding].severity >= SEVERITY_HIGH)
            continue;
        claim_reason(j, g->finding, "%u records of failed logons from %.*s%s", g->count,
                     PSTR(place_of(s, g)),
                     g->known ? " that logs on there at other times" : "; none succeeded");
    }
    if (s->untold)
        result_limit(j->result, "%llu more places guessed passwords: findings name the first %d",
                     (unsigned long long)s->untold, GUESSES_TOLD);
    mem_free(s->guessers);
    arena_free(&s->scratch);
    mem_free(s);
}

const struct detector detector_foothold = {
    .name = "foothold",
    .about = "passwords guessed, accounts and groups changed, secrets copied, services left",
    .technique = "T1110",
    .start = start,
    .see = see,
    .finish = finish,
};
