/* SPDX-License-Identifier: Apache-2.0
 *
 * The two halves of the incident. */
#ifndef SAMPLES_STORY_H
#define SAMPLES_STORY_H

#include "samples/forge.h"

void background(struct forge *f);
void attack(struct forge *f);

/* OpenVPN's lines for one connection on the gateway. */
void vpn_session(struct forge *f, const char *user, const char *address, unsigned port,
                 const char *lease, int64_t from, int64_t until);

#endif
