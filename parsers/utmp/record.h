/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of utmp, wtmp and btmp (utmp(5); struct utmpx of glibc and musl) in every layout that
 * Linux writes, and what they have in common with lastlog: texts of fixed size, no header, nothing
 * that says which layout it is. So a layout is one that the records fit. */
#ifndef PARSERS_UTMP_RECORD_H
#define PARSERS_UTMP_RECORD_H

#include "core/batch.h"

enum utmp_type {
    UTMP_EMPTY, UTMP_RUN_LEVEL, UTMP_BOOT, UTMP_NEW_TIME, UTMP_OLD_TIME, UTMP_INIT, UTMP_LOGIN,
    UTMP_USER, UTMP_DEAD, UTMP_ACCOUNTING, UTMP_TYPES
};

/* 384 bytes where session and time have 32 bits (x86, x86-64, 32-bit ARM, POWER, s390x, SPARC),
 * 400 where they have 64 (aarch64, riscv64, alpha, ia64; all of musl). */
struct utmp_layout {
    uint16_t size;
    uint8_t number_size; /* of session, seconds, microseconds */
    bool big_endian;
};

enum { UTMP_LAYOUTS = 4, UTMP_CHUNK = 9600 /* a multiple of both sizes */, UTMP_SIZE_MAX = 400 };
extern const struct utmp_layout utmp_layouts[UTMP_LAYOUTS];

struct utmp_record {
    enum utmp_type type;
    uint32_t pid, microseconds;
    int16_t termination, exit_status;
    int64_t session, seconds;
    str line, id, user, host;
    struct addr addr;
};

/* Reads the record at the front of bytes. False: no record of this layout can look like that.
 * *blank: it is all zeros. */
bool utmp_read(str bytes, const struct utmp_layout *layout, struct utmp_record *r, bool *blank);
/* The layout that the records at the front of bytes fit, the first of equal ones; NULL for none. */
const struct utmp_layout *utmp_layout_of(str bytes);

/* The source of the open event from the host text, where it names one: an address (when it has none
 * yet), else a name. "10.0.5.3", "ws07.acme.example", "ws07:S.0" of screen, "10.0.5.3 via mosh
 * [912]"; not ":0" and "tmux(912).%0", which are on the host itself. */
void utmp_set_source(struct batch *out, str host);

/* Text of a fixed field: up to its NUL. */
str fixed_text(str field);
bool is_text(str s); /* without control characters */
bool is_zero(str s);

#endif
