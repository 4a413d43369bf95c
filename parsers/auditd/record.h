/* SPDX-License-Identifier: Apache-2.0
 *
 * One record of the Linux audit system, as auditd writes it to audit.log, audispd and journald
 * hand it on, and the kernel logs it where no auditd runs:
 *
 *     [node=HOST ]type=TYPE msg=audit(SECONDS.MILLISECONDS:SERIAL): KEY=VALUE ...
 *     audit: type=NUMBER audit(SECONDS.MILLISECONDS:SERIAL): KEY=VALUE ...
 *
 * Several records of one stamp and serial are one event: the system call, its arguments, the paths
 * and the address that it used. Sources: audit-userspace's specs (github.com/linux-audit/
 * audit-documentation, wiki "SPEC Audit Event Enrichment", "SPEC Writing Good Events"),
 * linux/audit.h for type numbers, ausearch-lookup for the encoding of values. */
#ifndef PARSERS_AUDITD_RECORD_H
#define PARSERS_AUDITD_RECORD_H

#include "core/parser.h"

struct audit_record {
    str line;
    str node;       /* "" when it names none */
    str type;       /* "SYSCALL"; "UNKNOWN[1420]" as written */
    str stamp;      /* "1759318750.792:4821": the same in all records of one event */
    str body;       /* the fields */
    uint64_t serial;
    int64_t time_ns; /* TIME_UNKNOWN with is_civil */
    struct civil civil; /* of `ausearch -i`: local time, of what zone it does not say */
    bool is_civil;
};

/* Reads the head of a record; false when `line` is none. Everything borrows from it. */
bool audit_record_read(str line, struct audit_record *out);

/* A field. Values lose their quotes; names and texts that auditd wrote as hex digits because they
 * hold blanks or control characters are decoded (NUL between words becomes a blank). */
struct audit_field {
    str type; /* of the record it stands in */
    str key, value;
    unsigned ordinal; /* 1 for the first record of its type in the event, 2 for the second ... */
};

enum { AUDIT_FIELDS_MAX = 512, AUDIT_RECORDS_MAX = 128 };

/* The fields of the records of one event, in order; at most `max`. Text that had to be decoded
 * lives in `a`. Returns how many. */
size_t audit_fields(const struct audit_record *records, size_t count, struct audit_field *out,
                    size_t max, struct arena *a);

/* Kind, roles, fields and message of the open event from the records of one audit event. The
 * time and the host stay the caller's. */
void audit_describe(const struct audit_record *records, size_t count, struct batch *out,
                    bool messages);

#endif
