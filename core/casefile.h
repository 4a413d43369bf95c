/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading manifest.json and facts.json of a case folder, for a case that is evidence of another
 * run. Written by output/manifest.c and output/facts.c. */
#ifndef CORE_CASEFILE_H
#define CORE_CASEFILE_H

#include "core/err.h"
#include "core/facts.h"
#include "core/source.h"

enum { CASEFILE_SCHEMA = 1 };

/* The sources of a case, in the arena, in its order. */
bool casefile_read_manifest(str json, struct source **sources, size_t *count, struct arena *a,
                            struct err *err);

/* Merges a case's facts. */
bool casefile_read_facts(str json, struct facts *facts, struct err *err);

const char *fact_type_text(uint32_t type); /* "host-address" */

#endif
