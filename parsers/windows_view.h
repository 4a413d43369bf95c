/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of windows_describe: the tables made of the .def files, and the view of one record that
 * roles and messages read. Nothing outside parsers/windows*.c includes this. */
#ifndef PARSERS_WINDOWS_VIEW_H
#define PARSERS_WINDOWS_VIEW_H

#include "parsers/windows.h"
#include "parsers/windows_codes.h"

enum windows_field { /* AT_n: the first field whose name has n letters or more */
#define LENGTH(n) AT_##n, AT_##n##_BACK = AT_##n - 1,
#define FIELD(id, name) F_##id,
#include "parsers/windows_fields.def"
#undef LENGTH
#undef FIELD
    F_COUNT
};

enum windows_group {
#define GROUP(id) G_##id,
#define EVENT(group, code, kind, outcome, severity, roles, message)
#include "parsers/windows_events.def"
#undef GROUP
#undef EVENT
    G_COUNT
};

/* What a field means. SRC and DST take an address, an address with port, or a host name; OWN is
 * the machine that wrote the record. The last block reads the record as a whole. */
enum windows_op {
    OP_END,
    OP_ACTOR_USER, OP_ACTOR_DOMAIN, OP_ACTOR_SID, OP_ACTOR_LOGON,
    OP_ACTOR_ACCOUNT, /* DOMAIN\user or user@domain */
    OP_ACTOR_WRITER,  /* System/Security/@UserID */
    OP_TARGET_USER, OP_TARGET_DOMAIN, OP_TARGET_SID, OP_TARGET_LOGON, OP_TARGET_ACCOUNT,
    OP_SRC_OWN, OP_SRC, OP_SRC_ADDR, OP_SRC_PORT, OP_SRC_SOCKADDR,
    OP_DST_OWN, OP_DST, OP_DST_SPN, OP_DST_SOCKADDR,
    OP_PROGRAM, OP_ECS, OP_ECS_NUMBER,
    OP_UNNAMED, /* the role `then` of the n-th Data without a name */

    OP_LOGON, OP_EXPLICIT, OP_FLOW, OP_PACKET, OP_SYSMON_FLOW, OP_TICKET, OP_WINRM_CONNECTION,
    OP_WINRM_RESOURCE, OP_SQL_CLIENT, OP_SSHD, OP_POWERSHELL_HOST, OP_POWERSHELL_CONTEXT,
    OP_URL_HOST, OP_TASK_CONTENT, OP_FILE_OBJECT, OP_AUDIT_POLICY, OP_FIREWALL_OFF,
    OP_DEFENDER_SETTING, OP_SCRIPT_LEVEL, OP_SHADOW_VOLUME, OP_HASHES
};

struct windows_role {
    uint8_t op, field;
    uint8_t nth, then; /* of OP_UNNAMED; nth of OP_HASHES: whose they are */
    uint8_t path_len;
    const char *path; /* of OP_ECS */
};

enum windows_outcome { W_UNKNOWN, W_SUCCESS, W_FAILURE, W_STATUS };

struct windows_row {
    uint32_t code;
    uint8_t group, kind, outcome, severity;
    const struct windows_role *roles;
    const char *message;
};

struct windows_view {
    struct batch *b;
    struct event *e;
    const struct windows_record *r;
    const struct windows_row *row; /* NULL: an unknown pair */
    uint16_t at[F_COUNT];          /* 1 + index of the field among the event's, 0 = not there */
    uint16_t rendering;            /* likewise, the message as Windows rendered it */
    unsigned own_fields;           /* how many fields the record brought */
    char text[512];                /* of windows_text */
};

/* Data by position: what windows_classic.def says of a record, NULL for nothing. */
enum { CLASSIC_FIELDS = 24 };
struct windows_classic {
    uint16_t code, later;
    uint8_t count, fields[CLASSIC_FIELDS]; /* F_COUNT: not used */
};
const struct windows_classic *windows_classic_of(const struct windows_record *r);

/* The row of a provider or channel and an id, NULL when the table has none. */
const struct windows_row *windows_row_of(const struct windows_record *r);
const struct windows_row *windows_rows(size_t *count); /* for the tests */
/* The field of a name, F_COUNT when it is not a known one. */
enum windows_field windows_field_of(str name);

/* The name of a field as the tables know it: of user data the last level. */
str windows_field_name(const struct field *f);
struct value windows_value(const struct windows_view *w, unsigned field);
/* The n-th (from 1) Data without a name. */
struct value windows_unnamed(const struct windows_view *w, unsigned n);
/* The text of a value, trimmed, at most 1 KiB; "" for a blank one. Good until the next call. */
str windows_text(struct windows_view *w, struct value v);

void windows_roles(struct windows_view *w);
/* For the roles: a name, an account (DOMAIN\user, user@domain, SID), a source. What is there
 * already stays. */
void windows_put(struct windows_view *w, uint64_t *name, str text);
void windows_put_account(struct windows_view *w, struct party *p, str text);
void windows_put_src(struct windows_view *w, str text);
void windows_winrm_resource(struct windows_view *w, str text);
/* "SHA256=...,MD5=..." as process.hash.*, file.hash.* or dll.hash.*. */
enum windows_hashed { HASH_PROCESS, HASH_FILE, HASH_DLL };
void windows_hashes(struct windows_view *w, enum windows_hashed of, str text);
void windows_sql_client(struct windows_view *w, str text);
void windows_sshd(struct windows_view *w, str text);
void windows_powershell_host(struct windows_view *w, struct value v);
void windows_task_content(struct windows_view *w, struct value v);
void windows_message(struct windows_view *w);

/* Are a and b names of one host, by their first labels? */
bool windows_same_host(str a, str b);

#endif
