/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of events, names and fields, and how a record finds its line: the provider names the
 * group, else the channel; group and id name the line. Const data and binary searches, no state. */
#include "parsers/windows_view.h"

#define R(op, field) {OP_##op, F_##field, 0, 0, 0, NULL}
#define O(op) {OP_##op, 0, 0, 0, 0, NULL}
#define E(path, field) {OP_ECS, F_##field, 0, 0, sizeof(path) - 1, path}
#define N(path, field) {OP_ECS_NUMBER, F_##field, 0, 0, sizeof(path) - 1, path}
#define U(n, op) {OP_UNNAMED, 0, n, OP_##op, sizeof("file.path") - 1, "file.path"}
#define H(of, field) {OP_HASHES, F_##field, HASH_##of, 0, 0, NULL}

#define SUBJECT_                                                                                   \
    R(ACTOR_USER, SubjectUserName), R(ACTOR_DOMAIN, SubjectDomainName),                            \
        R(ACTOR_SID, SubjectUserSid), R(ACTOR_LOGON, SubjectLogonId)
#define TARGET_                                                                                    \
    R(TARGET_USER, TargetUserName), R(TARGET_DOMAIN, TargetDomainName),                            \
        R(TARGET_SID, TargetUserSid), R(TARGET_SID, TargetSid), R(TARGET_LOGON, TargetLogonId)
#define SUBJECT_AS_TARGET_                                                                         \
    R(TARGET_USER, SubjectUserName), R(TARGET_DOMAIN, SubjectDomainName),                          \
        R(TARGET_SID, SubjectUserSid)
#define PROCESS_                                                                                   \
    R(PROGRAM, ProcessName), N("process.pid", ProcessId), E("process.executable", ProcessName)
#define CALLER_                                                                                    \
    R(PROGRAM, CallerProcessName), N("process.pid", CallerProcessId),                              \
        E("process.executable", CallerProcessName)
#define GROUP_FIELDS_                                                                              \
    E("group.name", TargetUserName), E("group.domain", TargetDomainName), E("group.id", TargetSid)
#define FILTER_                                                                                    \
    R(PROGRAM, Application), N("process.pid", ProcessId), E("process.executable", Application)
#define IMAGE_                                                                                     \
    R(ACTOR_ACCOUNT, User), R(PROGRAM, Image), N("process.pid", ProcessId),                        \
        E("process.executable", Image), E("process.entity_id", ProcessGuid)

#define ROLES(name, ...) static const struct windows_role roles_##name[] = {__VA_ARGS__, O(END)};
#include "parsers/windows_roles.def"
#undef ROLES

#define ANY UINT32_MAX /* the line for ids that have none */

static const struct windows_row rows[] = {
#define GROUP(id)
#define EVENT(group, code, kind, outcome, severity, roles, message)                                \
    {code, G_##group, KIND_##kind, W_##outcome, SEVERITY_##severity, roles_##roles, message},
#include "parsers/windows_events.def"
#undef GROUP
#undef EVENT
};

struct log {
    const char *name;
    uint8_t len, group;
};

static const struct log logs[] = {
#define LOG(group, name) {name, sizeof(name) - 1, G_##group},
#include "parsers/windows_logs.def"
#undef LOG
};

static const char *const fields[] = {
#define LENGTH(n)
#define FIELD(id, name) name,
#include "parsers/windows_fields.def"
#undef LENGTH
#undef FIELD
};

_Static_assert(array_len(fields) == F_COUNT && F_COUNT < UINT8_MAX, "a role holds it in a byte");

enum { FIELD_NAME_MAX = 30, LOG_NAME_MAX = 80 };

static const uint8_t first_of_length[FIELD_NAME_MAX + 2] = {
    0,     AT_1,  AT_2,  AT_3,  AT_4,  AT_5,  AT_6,  AT_7,  AT_8,  AT_9,  AT_10,
    AT_11, AT_12, AT_13, AT_14, AT_15, AT_16, AT_17, AT_18, AT_19, AT_20, AT_21,
    AT_22, AT_23, AT_24, AT_25, AT_26, AT_27, AT_28, AT_29, AT_30, AT_31,
};

/* Four letters of each name, folded: what a record's names are compared by first. */
#define BYTE(name, at) (uint32_t)(uint8_t)(name)[at]
#define KEY_OF(name, len)                                                                          \
    ((BYTE(name, 0) << 24 | BYTE(name, (len) / 2) << 16 | BYTE(name, (len) / 4) << 8 |             \
      BYTE(name, (len) - 1)) |                                                                     \
     0x20202020u)
static const uint32_t keys[] = {
#define LENGTH(n)
#define FIELD(id, name) KEY_OF(name, sizeof(name) - 1),
#include "parsers/windows_fields.def"
#undef LENGTH
#undef FIELD
};

enum windows_field windows_field_of(str name)
{
    if (name.len == 0 || name.len > FIELD_NAME_MAX)
        return F_COUNT;
    const uint8_t *p = (const uint8_t *)name.p;
    uint32_t key = KEY_OF(p, name.len);
    unsigned end = first_of_length[name.len + 1];
    for (unsigned i = first_of_length[name.len]; i < end; i++)
        if (keys[i] == key && (memcmp(fields[i], name.p, name.len) == 0 ||
                               str_eq_nocase((str){fields[i], name.len}, name)))
            return (enum windows_field)i;
    return F_COUNT;
}

/* The group of a name in lower case, G_COUNT for none. */
static unsigned group_of_lower(str name)
{
    size_t low = 0, high = array_len(logs);

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = str_cmp((str){logs[mid].name, logs[mid].len}, name);
        if (order == 0)
            return logs[mid].group;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (str_starts(name, STR("mssql")))
        return G_MSSQL; /* MSSQLSERVER, MSSQL$INSTANCE */
    if (str_starts(name, STR("screenconnect client")))
        return G_SCREEN_CONNECT;
    return G_COUNT;
}

static unsigned group_of(str name)
{
    char lower[LOG_NAME_MAX];

    if (name.len == 0 || name.len > sizeof lower)
        return G_COUNT;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = char_lower(name.p[i]);
    return group_of_lower((str){lower, name.len});
}

static const struct windows_row *row_in(unsigned group, uint32_t code)
{
    size_t low = 0, high = array_len(rows);
    uint64_t wanted = (uint64_t)group << 32 | code;

    if (group == G_COUNT)
        return NULL;
    while (low < high) {
        size_t mid = (low + high) / 2;
        uint64_t here = (uint64_t)rows[mid].group << 32 | rows[mid].code;
        if (here == wanted)
            return &rows[mid];
        if (here < wanted)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

#define SKIP_ F_COUNT
static const struct windows_classic classics[] = {
#define CLASSIC(code, later, ...)                                                                  \
    {code, later, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}},
#include "parsers/windows_classic.def"
#undef CLASSIC
};
#undef SKIP_

const struct windows_classic *windows_classic_of(const struct windows_record *r)
{
    size_t low = 0, high = array_len(classics);

    if (!str_eq_nocase(r->provider, STR("Security")))
        return NULL;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (classics[mid].code == r->code)
            return &classics[mid];
        if (classics[mid].code < r->code)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct windows_row *windows_row_of(const struct windows_record *r)
{
    const struct windows_row *row = row_in(group_of(r->provider), r->code);

    /* Security, System and Application are shared by many providers, so that they decide only
     * where the record names none; a channel with a slash belongs to one. */
    if (!row && (!r->provider.len || str_find_char(r->channel, '/') < r->channel.len))
        row = row_in(group_of(r->channel), r->code);
    if (!row)
        row = row_in(group_of(r->provider.len ? r->provider : r->channel), ANY);
    const struct windows_classic *classic = row ? NULL : windows_classic_of(r);
    return classic ? row_in(G_AUDIT, classic->later) : row;
}

const struct windows_row *windows_rows(size_t *count)
{
    *count = array_len(rows);
    return rows;
}
