/* SPDX-License-Identifier: Apache-2.0
 *
 * Names behind hashes. A remote desktop client logs whom it connects as (event 1029 of
 * TerminalServices-RDPClient/Operational) only as a hash: its TraceMessage is "HASH-HASH", each
 * half empty or the base64 of SHA-256 (Windows 7: SHA-1) of a name in UTF-16LE, letters as they
 * were typed; one is the user, the other the domain, in an order that differs. So what was typed
 * is told by trying the names that the evidence holds, which are all known at settle. */
#ifndef CORE_USER_HASH_H
#define CORE_USER_HASH_H

#include "core/facts.h"

enum { USER_HASH_NAMES = 1 << 16 }; /* users, and domains, tried: the first of facts_sorted */

struct user_hashes;
struct user_hashes *user_hashes_new(const struct facts *facts);
void user_hashes_free(struct user_hashes *h); /* NULL is fine */

/* Is it an event that user_hash_settle may complete? */
bool user_hash_waits(const struct event *e);

/* Fills the target's user and domain as far as a name fits, and ends the message with them. The
 * same again gives the same event. Texts go to `names` and the arena. */
void user_hash_settle(const struct user_hashes *h, struct event *e, struct names *names,
                      struct arena *a);

#endif
