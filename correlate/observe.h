/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts that an event states about hosts, accounts, addresses and logs. Runs at ingest, in
 * worker threads, on every event: times of texts without year or zone are not settled yet, so
 * facts from those carry none. */
#ifndef CORRELATE_OBSERVE_H
#define CORRELATE_OBSERVE_H

#include "core/facts.h"

void observe(const struct event *e, const struct names *names, struct facts *facts);

#endif
