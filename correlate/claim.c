/* SPDX-License-Identifier: Apache-2.0
 *
 * Making findings. */
#include "correlate/claim.h"

#include <stdarg.h>
#include <xxhash.h>

void finding_host(struct finding *f, uint32_t host)
{
    for (size_t i = 0; i < array_len(f->hosts) && host != IDENTITY_NONE; i++) {
        if (f->hosts[i] == host)
            return;
        if (f->hosts[i] == IDENTITY_NONE) {
            f->hosts[i] = host;
            return;
        }
    }
}

void finding_account(struct finding *f, uint32_t account)
{
    for (size_t i = 0; i < array_len(f->accounts) && account != IDENTITY_NONE; i++) {
        if (f->accounts[i] == account)
            return;
        if (f->accounts[i] == IDENTITY_NONE) {
            f->accounts[i] = account;
            return;
        }
    }
}

static void prove(struct judge *j, const struct event *e, uint32_t index)
{
    struct finding *f = &j->result->findings[index];
    struct live *l = session_of(j, e);
    uint32_t account = identity_account(j->identity, &e->actor);

    if (e->time_ns != TIME_UNKNOWN)
        f->end_ns = e->time_ns;
    finding_host(f, event_host(j, e));
    finding_account(f, account != IDENTITY_NONE ? account : l ? l->account : IDENTITY_NONE);
    if (l && f->session == IDENTITY_NONE) {
        uint32_t session = session_publish(j, l);
        j->result->findings[index].session = session;
    }
    refs_add(&j->result->findings[index].events, judge_ref(j, e));
    judge_mark(j, judge_ref(j, e), MARK_FINDING, index, SIDE_NONE);
}

uint32_t claim_make(struct judge *j, const struct event *e, const struct claim *c, str reason)
{
    struct arena *a = &j->result->arena;
    uint32_t index = (uint32_t)j->result->finding_count, host = event_host(j, e);

    if (index >= FINDINGS_MAX)
        return IDENTITY_NONE; /* correlate/chain.c says so */
    struct finding *f = result_finding(j->result);
    f->detector = str_of(c->detector);
    f->title = str_of(c->title);
    f->reason = arena_str(a, reason);
    f->techniques[0] = c->technique;
    f->tactics[0] = c->tactic;
    f->severity = c->severity;
    f->phase = c->phase;
    f->confidence = c->confidence;
    f->start_ns = e->time_ns;
    f->end_ns = e->time_ns;
    str parts[] = {f->detector, f->title,
                   host == IDENTITY_NONE ? STR("") : j->identity->hosts[host].name,
                   arena_printf(a, "%lld %llx%llx", (long long)e->time_ns,
                                (unsigned long long)e->uid.hi, (unsigned long long)e->uid.lo)};
    f->id = result_id(a, "f-", parts, array_len(parts));
    prove(j, e, index);
    return index;
}

void claim_add(struct judge *j, const struct event *e, uint32_t finding)
{
    if (finding < j->result->finding_count)
        prove(j, e, finding);
}

void claim_reason(struct judge *j, uint32_t finding, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || finding >= j->result->finding_count)
        return;
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    j->result->findings[finding].reason = arena_str(&j->result->arena, (str){text, len});
}

uint32_t claim_recent(struct recent *r, struct judge *j, const struct event *e,
                      const struct claim *c, const void *deed, int64_t within_ns, str reason)
{
    uint32_t host = event_host(j, e);
    /* The slot must not depend on where the deed lies in memory: its title stands for it. */
    uint64_t hash = XXH3_64bits_withSeed(c->title, str_of(c->title).len, host);
    struct recent_slot *s = &r->slots[hash & (RECENT - 1)];

    if (!in_time(e->time_ns))
        return claim_make(j, e, c, reason);
    if (s->deed == deed && s->host == host && e->time_ns - s->last_ns <= within_ns) {
        s->last_ns = e->time_ns;
        claim_add(j, e, s->finding);
        return s->finding;
    }
    *s = (struct recent_slot){host, claim_make(j, e, c, reason), deed, e->time_ns};
    return s->finding;
}
