/* SPDX-License-Identifier: Apache-2.0
 *
 * Making findings: one for each deed on a host, however many records tell of it. */
#ifndef CORRELATE_CLAIM_H
#define CORRELATE_CLAIM_H

#include "correlate/session.h"

enum { FINDINGS_MAX = 20000 };

struct claim { /* what kind of finding */
    const char *detector, *title, *technique, *tactic;
    enum severity severity;
    enum phase phase;
    double confidence;
};

/* A finding about the current event: its host, account and session, the event as proof. */
uint32_t claim_make(struct judge *j, const struct event *e, const struct claim *c, str reason);
/* One more record of the same deed. */
void claim_add(struct judge *j, const struct event *e, uint32_t finding);
/* Sets the reason later, when all of it is known. */
void claim_reason(struct judge *j, uint32_t finding, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void finding_host(struct finding *f, uint32_t host);
void finding_account(struct finding *f, uint32_t account);

/* Findings by (host, deed): the one that the next record of the same deed still belongs to. */
enum { RECENT = 1 << 12 };
struct recent {
    struct recent_slot {
        uint32_t host, finding;
        const void *deed;
        int64_t last_ns;
    } slots[RECENT];
};
/* Joins the event to the last finding of that deed on its host when that is not older than
 * `within_ns`, else makes one. `deed` is compared by address. */
uint32_t claim_recent(struct recent *r, struct judge *j, const struct event *e,
                      const struct claim *c, const void *deed, int64_t within_ns, str reason);

#endif
