/* SPDX-License-Identifier: Apache-2.0
 *
 * The unified event: what every record of every format becomes, and the only thing that detectors
 * and writers see. Read this file first.
 *
 * The fixed part holds what ordering and correlating need; names are ids (core/names.h); all
 * original fields follow under their original names, with values still in binary form. Zero
 * means "not there" for every member, except that outcome has its own word for it. */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/str.h"
#include "core/value.h"

enum kind {
#define KIND(id, text, category) KIND_##id,
#include "core/kinds.def"
#undef KIND
    KIND_COUNT
};

enum outcome { OUTCOME_UNKNOWN, OUTCOME_SUCCESS, OUTCOME_FAILURE };
enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum precision { PRECISION_S, PRECISION_MS, PRECISION_US, PRECISION_100NS, PRECISION_NS };

/* What is uncertain about an event; shown in every output. */
enum event_flag {
    EVENT_YEAR_INFERRED = 1 << 0,
    EVENT_ZONE_ASSUMED = 1 << 1,
    EVENT_ZONE_FOLD = 1 << 2, /* the local time occurs twice (end of summer time) */
    EVENT_ZONE_GAP = 1 << 3,  /* or never (its beginning) */
    EVENT_RECOVERED = 1 << 4,
    EVENT_TEXT_REPAIRED = 1 << 5, /* bytes that are not UTF-8 */
    EVENT_TEXT_CUT = 1 << 6,      /* longer than the cap */
    EVENT_CLOCK_CORRECTED = 1 << 7,
    EVENT_HOST_FROM_SYSTEM = 1 << 8, /* the record names no host; the system's stands in */
    EVENT_TIME_MISSING = 1 << 9,     /* no believable time */
    EVENT_CONTENT_DIFFERS = 1 << 10, /* shares its uid with a record of other content */
    EVENT_UNAUDITED_TEXT = 1 << 11,  /* a line of known envelope but unknown wording */
    EVENT_COMPLETED = 1 << 14, /* what it lacked was taken from elsewhere in the evidence */
    EVENT_DERIVED = 1 << 12, /* no record: what follows from records (core/sequence.h) */
    EVENT_YEAR_FROM_MTIME = 1 << 13, /* inferred from nothing better than the file's own time */

    /* Working flags, in no output. */
    EVENT_ZONE_GIVEN = 1 << 22, /* time_ns was local time of the source's zone */
    EVENT_NUMBER_LOOSE = 1 << 23, /* sequence proves no gap: the record is damaged, or stands in
                                     this file under another number */
    EVENT_YEAR_OPEN = 1 << 24, /* time_ns is local time in year 2000; year_index counts on */
    EVENT_ZONE_OPEN = 1 << 25, /* time_ns is local time, as if it were UTC */
    EVENT_LINE = 1 << 26,      /* uid is of a text line: equal lines of one blob are not copies */
    EVENT_UID_FINAL = 1 << 27, /* read back from a case: uid and places are settled */
    EVENT_WEEKDAY = 7 << 28    /* with EVENT_YEAR_OPEN: as written, 1 = Sunday to 7; 0 = none */
};

#define EVENT_WEEKDAY_SHIFT 28
#define EVENT_WORKING_FLAGS (UINT32_MAX << 23)
#define TIME_UNKNOWN INT64_MAX /* sorts last */
/* 1971-01-01: what an event says of the time before is not believed (batch_commit). */
#define TIME_EARLIEST (INT64_C(31536000) * 1000000000)

struct addr {
    uint8_t b[16]; /* IPv6, or IPv4 mapped (::ffff:a.b.c.d); all zero = none */
};

struct uid {
    uint64_t hi, lo;
};

/* Who: a user with domain, SID and logon session. */
struct party {
    uint64_t user, domain, sid; /* names */
    uint64_t logon; /* Windows LogonId, sshd PID, audit session: unique on host and boot */
};

/* Where. */
struct endpoint {
    uint64_t host; /* name as the record writes it */
    struct addr addr;
};

enum field_group {
    FIELD_ECS,        /* name is an ECS path: "process.command_line", "winlog.activity_id" */
    FIELD_EVENT_DATA, /* winlog.event_data.NAME; "" for <Data> without a name */
    FIELD_USER_DATA,  /* winlog.user_data, levels joined by '/': "LogFileCleared/SubjectUserSid" */
    FIELD_OWN         /* ashiato.NAME */
};

struct field {
    const char *name; /* UTF-8, borrowed like the value */
    const void *data;
    uint32_t len;
    uint16_t name_len;
    uint8_t type; /* enum value_type, perhaps with VALUE_ARRAY */
    uint8_t group;
};

struct place { /* where a record lies */
    uint64_t offset;
    uint32_t source;
};

struct event {
    int64_t time_ns;   /* since 1970-01-01 UTC, 1678 to 2262, or TIME_UNKNOWN */
    uint64_t sequence; /* record number where the format has one, else the offset */
    uint64_t offset;   /* of the record in its blob, in bytes */
    struct uid uid;    /* hash of content, never of place */
    uint32_t source;   /* index of the blob, in path order */
    uint32_t flags;
    uint32_t code; /* event id, status code: 0 when the format has none */
    uint16_t kind;
    uint16_t part; /* number among the events of one record */
    uint8_t precision, severity, outcome;
    uint8_t year_index; /* with EVENT_YEAR_OPEN: New Years passed since the blob's first line */
    uint16_t field_count, place_count;
    uint16_t src_port, dst_port;
    uint64_t system;            /* name: the machine whose disk the blob lay on */
    uint64_t host;              /* name: the machine that the record is about, as written */
    uint64_t provider, channel; /* names: "Microsoft-Windows-...", "Security"; "sshd", "squid" */
    uint64_t program;           /* name: executable or program the event is about */
    struct party actor;         /* who did it: Subject..., the account that ran the command */
    struct party target;        /* to whom: who logged on, the account created */
    struct endpoint src, dst;   /* network roles: the client is the source, on whichever side
                                   the record was written (lateral.h fixes the direction) */
    uint64_t bytes_out, bytes_in; /* client to server, server to client */
    const struct field *fields;   /* field_count of them, in original order */
    const struct place *places;   /* place_count more, known from a case that was read back */
};
_Static_assert(sizeof(struct event) <= 256, "the event must stay small");

const char *kind_text(enum kind kind);     /* "logon-failed" */
const char *kind_category(enum kind kind); /* ECS event.category, "" for none */
bool kind_of(str text, enum kind *kind);   /* the reverse */
const char *severity_text(enum severity severity); /* "info" ... "critical" */
bool severity_of(str text, enum severity *severity);
const char *outcome_text(enum outcome outcome); /* "unknown", "success", "failure" */
bool outcome_of(str text, enum outcome *outcome);
const char *flag_text(unsigned bit); /* "year-inferred"; NULL for working flags */
unsigned flag_of(str text);          /* the reverse; 0 for a text that is none */

/* The value of a field by name, whatever its group: full name, or for FIELD_USER_DATA the last
 * level of it. The first that matches; a VALUE_NULL value when there is none. */
struct value event_field(const struct event *e, str name);
bool event_number(const struct event *e, str name, uint64_t *out);
/* Its text; valid as long as the arena. "" when it is missing or blank ("-"). */
str event_text(const struct event *e, str name, struct arena *a);
struct value field_value(const struct field *f);

/* The total order of design: time, live before recovered, whole before completed (so that of two
 * copies the better one is kept), source, sequence, offset, part. <0, 0, >0. */
int event_cmp(const struct event *a, const struct event *b);

/* Addresses. addr_parse takes IPv4, IPv6 (brackets, %zone, ::ffff: forms); false for "-" and
 * everything else. addr_text writes the usual form (IPv4 without the mapping). */
bool addr_parse(str text, struct addr *out);
bool addr_is_none(const struct addr *a);
bool addr_is_local(const struct addr *a);   /* loopback, unspecified */
bool addr_is_private(const struct addr *a); /* RFC 1918, fc00::/7, link-local, CGNAT, loopback */
bool addr_eq(const struct addr *a, const struct addr *b);
void addr_text(const struct addr *a, struct buf *out);
/* "10.1.2.3:445", "[fe80::1]:445", or an address alone (port 0). */
bool addr_parse_port(str text, struct addr *out, uint16_t *port);

#endif
