/* SPDX-License-Identifier: Apache-2.0
 *
 * How many records there are of each host in each stretch of time: for the histogram and the
 * lanes of the report. Stretches are one hour, doubled as often as it takes to keep at most
 * DENSITY_MAX of them, so memory is bounded and the outcome does not depend on the order. */
#ifndef CORE_DENSITY_H
#define CORE_DENSITY_H

#include "core/arena.h"

enum { DENSITY_MAX = 1 << 16 };

struct density_cell {
    int64_t start; /* number of the stretch: start * width_ns is its first instant */
    uint64_t count;
    uint32_t host; /* identity index, IDENTITY_NONE for records of no known host */
};

struct density {
    int64_t width_ns;
    struct density_cell *cells; /* open addressing until density_sort; count 0 = free */
    size_t cap, count;
};

void density_add(struct density *d, uint32_t host, int64_t time_ns, uint64_t count);
/* Packs the cells and sorts them by host, then time. Nothing may be added afterwards. */
void density_sort(struct density *d);
void density_free(struct density *d);

#endif
