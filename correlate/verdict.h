/* SPDX-License-Identifier: Apache-2.0
 *
 * The second judgement: which movements and sessions were hostile. */
#ifndef CORRELATE_VERDICT_H
#define CORRELATE_VERDICT_H

#include "correlate/claim.h"

extern const int64_t one_attack_ns; /* hostile movements further apart are of two attacks */

/* Completes score, reasons, severity and hostile of all edges, and accuses sessions. */
void edges_judge(struct judge *j);

/* Is the item in a list of identity indices that ends with IDENTITY_NONE? */
bool among(const uint32_t *list, size_t count, uint32_t item);

#endif
