/* SPDX-License-Identifier: Apache-2.0
 *
 * What an audit event means. One with a system call means what the call did (calls below); the
 * others mean what their record says (types.def). Event fields:
 *     actor.user = the account that logged in (AUID), target.user = the account it became (UID) or
 *         that the record is about (acct); names come from the enriched form, else only root's
 *     actor.logon, target.logon = the audit session (ses)
 *     src = addr or hostname of the client; dst = address of SOCKADDR
 *     program = exe; process.command_line from EXECVE, else PROCTITLE; process.working_directory;
 *         process.pid, process.parent.pid; file.path = first PATH that is no directory
 *     auditd.TYPE.KEY = every field of every record, TYPE in lower case, ".2" behind it for the
 *         second record of a type, and so on; hex is decoded
 * Numbers of system calls are those of x86-64 and arm64 (arch c000003e, c00000b7); others are
 * known by the name of the enriched form only. */
#include "parsers/auditd/record.h"
#include "parsers/text.h"

struct event_view {
    const struct audit_field *fields;
    size_t count;
    struct batch *out;
};

static const char UNSET[] = "4294967295"; /* (uid_t) -1: no login */

/* "" for what auditd writes when it does not know. */
static str known(str value)
{
    static const char *const none[] = {"?", "(null)", "(none)", "(unknown)", "unset", "-1", UNSET};

    for (size_t i = 0; i < array_len(none); i++)
        if (str_eq(value, str_of(none[i])))
            return STR("");
    return value;
}

/* The first field of that name, in any record, or in those of a type; "" when there is none. */
static str get(const struct event_view *v, const char *key)
{
    for (size_t i = 0; i < v->count; i++)
        if (str_eq(v->fields[i].key, str_of(key)))
            return known(v->fields[i].value);
    return STR("");
}

static str get_in(const struct event_view *v, const char *type, const char *key)
{
    for (size_t i = 0; i < v->count; i++)
        if (str_eq(v->fields[i].type, str_of(type)) && str_eq(v->fields[i].key, str_of(key)))
            return known(v->fields[i].value);
    return STR("");
}

static uint64_t number(str text)
{
    uint64_t n = 0;

    return str_to_u64(text, &n) ? n : 0;
}

static uint64_t name_put(const struct event_view *v, str text)
{
    return names_put(&v->out->names, text);
}

/* The name of a uid field: enriched, interpreted (`uid=root`), or root's. */
static str user_of(const struct event_view *v, const char *enriched, const char *plain)
{
    str name = get(v, enriched), id = get(v, plain);

    if (name.len)
        return name;
    if (str_eq(id, STR("0")))
        return STR("root");
    return id.len && !char_is_digit(id.p[0]) ? id : STR("");
}

/* The account that a record of the user space is about. */
static str who(const struct event_view *v)
{
    str acct = get(v, "acct");
    str name = acct.len ? acct : get(v, "ID");

    if (name.len == 0)
        name = get(v, "id");
    return name.len ? name : get(v, "auid");
}

static enum outcome outcome_in(const struct event_view *v)
{
    str res = get(v, "res"), call = get(v, "success");

    if (str_eq(res, STR("success")) || str_eq(res, STR("yes")) || str_eq(res, STR("1")) ||
        str_eq(call, STR("yes")))
        return OUTCOME_SUCCESS;
    if (str_eq(get(v, "exit"), STR("-115"))) /* EINPROGRESS: goes on without waiting */
        return OUTCOME_UNKNOWN;
    if (res.len || call.len)
        return OUTCOME_FAILURE;
    return str_eq(get(v, "apparmor"), STR("DENIED")) ? OUTCOME_FAILURE : OUTCOME_UNKNOWN;
}

/* auditd.TYPE.KEY, auditd.TYPE.2.KEY. */
static str field_name(const struct audit_field *f, struct arena *a)
{
    char *p = arena_bytes(a, f->type.len + f->key.len + 24), *at = p;

    memcpy(at, "auditd.", 7);
    at += 7;
    for (size_t i = 0; i < f->type.len; i++)
        *at++ = f->type.p[i] == '[' || f->type.p[i] == ']' ? '_' : char_lower(f->type.p[i]);
    *at++ = '.';
    if (f->ordinal > 1) {
        at = put_u64(at, f->ordinal);
        *at++ = '.';
    }
    memcpy(at, f->key.p, f->key.len);
    return (str){p, (size_t)(at - p) + f->key.len};
}

static void keep_fields(const struct event_view *v)
{
    for (size_t i = 0; i < v->count; i++)
        batch_text(v->out, FIELD_ECS, field_name(&v->fields[i], &v->out->arena),
                   v->fields[i].value);
}

static unsigned byte_at(str hex, size_t i)
{
    uint64_t v = 0;
    str two = str_head(str_skip(hex, 2 * i), 2);

    str_take_hex(&two, &v);
    return (unsigned)v;
}

/* struct sockaddr as hex digits: family in the order of the machine, port in that of the net. */
static void set_destination(const struct event_view *v, struct event *e)
{
    enum { INET = 2, INET6 = 10 };
    str hex = get_in(v, "SOCKADDR", "saddr");
    unsigned family = byte_at(hex, 0) | byte_at(hex, 1); /* below 256: one of them is zero */
    size_t from = family == INET ? 4 : 8, count = family == INET ? 4 : 16;

    if ((family != INET && family != INET6) || hex.len < 2 * (from + count))
        return;
    e->dst_port = (uint16_t)(byte_at(hex, 2) << 8 | byte_at(hex, 3));
    for (size_t i = 0; i < count; i++)
        e->dst.addr.b[16 - count + i] = (uint8_t)byte_at(hex, from + i);
    if (family == INET)
        e->dst.addr.b[10] = e->dst.addr.b[11] = 0xff;
}

/* "a1[1]", but not "a1" nor "a1[0]". */
static bool is_later_piece(str key)
{
    return str_ends(key, STR("]")) && !str_ends(key, STR("[0]"));
}

/* The arguments of EXECVE joined by blanks; a long one comes in pieces, a1[0], a1[1]. Failing
 * that the title of the process or its program. */
static str command_line(const struct event_view *v)
{
    struct arena *a = &v->out->arena;
    size_t len = 0, at = 0;
    char *text = NULL;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < v->count; i++) {
            const struct audit_field *f = &v->fields[i];
            if (!str_eq(f->type, STR("EXECVE")) || f->key.p[0] != 'a' || f->key.len < 2 ||
                !char_is_digit(f->key.p[1]) || str_ends(f->key, STR("_len")))
                continue;
            if (pass == 0) {
                len += f->value.len + 1;
                continue;
            }
            if (at > 0 && !is_later_piece(f->key))
                text[at++] = ' ';
            memcpy(text + at, f->value.p, f->value.len);
            at += f->value.len;
        }
        if (pass == 0)
            text = arena_bytes(a, len);
    }
    if (at)
        return (str){text, at};
    str title = get_in(v, "PROCTITLE", "proctitle");
    return title.len ? title : get(v, "exe");
}

/* The path that a call is about: not the directory it stands in. */
static str path_of(const struct event_view *v)
{
    str path = STR("");

    for (size_t i = 0; i < v->count; i++) {
        const struct audit_field *f = &v->fields[i];
        if (!str_eq(f->type, STR("PATH")))
            continue;
        if (str_eq(f->key, STR("name")) && (path.len == 0 || f->ordinal == 1))
            path = known(f->value);
        if (str_eq(f->key, STR("nametype")) && !str_eq(f->value, STR("PARENT")) && path.len)
            return path;
        if (str_eq(f->key, STR("nametype")))
            path = STR("");
    }
    return path;
}

static void set_process(const struct event_view *v, struct event *e)
{
    str exe = get(v, "exe");

    e->program = name_put(v, exe);
    batch_text(v->out, FIELD_ECS, STR("process.executable"), exe);
    batch_text(v->out, FIELD_ECS, STR("process.name"), get(v, "comm"));
    batch_text(v->out, FIELD_ECS, STR("process.pid"), get(v, "pid"));
    batch_text(v->out, FIELD_ECS, STR("process.parent.pid"), get(v, "ppid"));
    batch_text(v->out, FIELD_ECS, STR("process.working_directory"), get(v, "cwd"));
}

static void set_source(const struct event_view *v, struct event *e)
{
    str addr = get(v, "addr"), host = get(v, "hostname");

    if (!addr_parse(addr, &e->src.addr) && !addr_parse(host, &e->src.addr))
        e->src.host = name_put(v, host);
    e->src_port = (uint16_t)number(get(v, "rport"));
    if (e->src.host || !addr_is_none(&e->src.addr))
        e->dst.host = e->host;
}

struct call {
    uint16_t x86_64, arm64; /* numbers */
    const char *name;
    enum kind kind;
    enum severity severity;
    const char *words; /* as in types.def */
};

#define FILE_WORDS(what) what ": $path[, by $comm]"
static const struct call calls[] = {
    {59, 221, "execve", KIND_PROCESS_START, SEVERITY_INFO, "Process started: $command"},
    {322, 281, "execveat", KIND_PROCESS_START, SEVERITY_INFO, "Process started: $command"},
    {42, 203, "connect", KIND_CONNECTION, SEVERITY_INFO, "Connection[ to $destination][ by $exe]"},
    {43, 202, "accept", KIND_CONNECTION, SEVERITY_INFO, "Connection accepted[ by $exe]"},
    {288, 242, "accept4", KIND_CONNECTION, SEVERITY_INFO, "Connection accepted[ by $exe]"},
    {87, UINT16_MAX, "unlink", KIND_FILE_DELETED, SEVERITY_INFO, FILE_WORDS("File deleted")},
    {263, 35, "unlinkat", KIND_FILE_DELETED, SEVERITY_INFO, FILE_WORDS("File deleted")},
    {84, UINT16_MAX, "rmdir", KIND_FILE_DELETED, SEVERITY_INFO, FILE_WORDS("Directory deleted")},
    {82, UINT16_MAX, "rename", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("File renamed")},
    {264, 38, "renameat", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("File renamed")},
    {316, 276, "renameat2", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("File renamed")},
    {85, UINT16_MAX, "creat", KIND_FILE_CREATED, SEVERITY_INFO, FILE_WORDS("File created")},
    {2, UINT16_MAX, "open", KIND_OBJECT_ACCESS, SEVERITY_INFO, FILE_WORDS("File opened")},
    {257, 56, "openat", KIND_OBJECT_ACCESS, SEVERITY_INFO, FILE_WORDS("File opened")},
    {437, 437, "openat2", KIND_OBJECT_ACCESS, SEVERITY_INFO, FILE_WORDS("File opened")},
    {90, UINT16_MAX, "chmod", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Mode changed")},
    {91, 52, "fchmod", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Mode changed")},
    {268, 53, "fchmodat", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Mode changed")},
    {92, UINT16_MAX, "chown", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Owner changed")},
    {93, 55, "fchown", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Owner changed")},
    {260, 54, "fchownat", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Owner changed")},
    {188, 5, "setxattr", KIND_FILE_CHANGED, SEVERITY_INFO, FILE_WORDS("Attribute changed")},
    {175, 105, "init_module", KIND_DRIVER_LOADED, SEVERITY_LOW, "Kernel module loaded[: $name]"},
    {313, 273, "finit_module", KIND_DRIVER_LOADED, SEVERITY_LOW, "Kernel module loaded[: $name]"},
    {176, 106, "delete_module", KIND_OTHER, SEVERITY_LOW, "Kernel module removed[: $name]"},
    {101, 117, "ptrace", KIND_PROCESS_ACCESS, SEVERITY_LOW, "Process traced by $exe"},
    {164, 170, "settimeofday", KIND_TIME_CHANGED, SEVERITY_LOW, "Time set by $exe"},
    {227, 112, "clock_settime", KIND_TIME_CHANGED, SEVERITY_LOW, "Time set by $exe"},
    {170, 161, "sethostname", KIND_OTHER, SEVERITY_LOW, "Host name set by $exe"},
    {165, 40, "mount", KIND_DEVICE, SEVERITY_INFO, "Mounted by $exe[: $path]"},
};

static const struct call *call_of(const struct event_view *v)
{
    str name = get(v, "SYSCALL"), plain = get_in(v, "SYSCALL", "syscall");
    str arch = get_in(v, "SYSCALL", "arch");
    uint64_t n;

    if (name.len == 0 && !str_to_u64(plain, &n))
        name = plain; /* ausearch -i */
    bool x86_64 = str_eq(arch, STR("c000003e")), arm64 = str_eq(arch, STR("c00000b7"));
    for (size_t i = 0; i < array_len(calls); i++)
        if (name.len ? str_eq(name, str_of(calls[i].name))
                     : (x86_64 && n == calls[i].x86_64) || (arm64 && n == calls[i].arm64))
            return &calls[i];
    return NULL;
}

static str destination(const struct event *e, struct arena *a)
{
    struct buf text = {0};

    if (addr_is_none(&e->dst.addr))
        return STR("");
    addr_text(&e->dst.addr, &text);
    str made = arena_printf(a, "%.*s:%u", PSTR(buf_view(&text)), e->dst_port);
    buf_free(&text);
    return made;
}

/* The value of $NAME. */
static str value_in_words(const struct event_view *v, str name)
{
    char key[24] = "";

    if (str_eq(name, STR("TYPE")))
        return v->count ? v->fields[0].type : STR("");
    if (str_eq(name, STR("who")))
        return who(v);
    if (str_eq(name, STR("command")))
        return command_line(v);
    if (str_eq(name, STR("path")))
        return path_of(v);
    if (str_eq(name, STR("destination")))
        return destination(v->out->open, &v->out->arena);
    if (str_eq(name, STR("AUID")))
        return user_of(v, "AUID", "auid");
    if (name.len < sizeof key)
        memcpy(key, name.p, name.len);
    return get(v, key);
}

static size_t name_len(str s)
{
    size_t n = 0;

    while (n < s.len && (char_is_alpha(s.p[n]) || s.p[n] == '_' || s.p[n] == '-'))
        n++;
    return n;
}

/* One run of words: literals and $NAMEs; false when a value is missing. */
static bool say_run(const struct event_view *v, str words, struct buf *text)
{
    bool complete = true;

    while (words.len) {
        size_t literal = str_find_char(words, '$');
        buf_str(text, str_head(words, literal));
        words = str_skip(words, literal);
        if (!str_take_char(&words, '$'))
            break;
        str name = str_head(words, name_len(words)), value = value_in_words(v, name);
        buf_str(text, value.len ? value : STR("?"));
        complete = complete && value.len;
        words = str_skip(words, name.len);
    }
    return complete;
}

static void say(const struct event_view *v, str words, enum outcome outcome)
{
    struct buf text = {0};
    str plain, optional;

    while (words.len) {
        size_t open = str_find_char(words, '[');
        plain = str_head(words, open);
        say_run(v, plain, &text);
        words = str_skip(words, open + 1);
        size_t before = text.len;
        if (words.len && str_take_until(&words, ']', &optional) && !say_run(v, optional, &text))
            text.len = before;
    }
    if (outcome == OUTCOME_FAILURE)
        buf_str(&text, STR(" (failed)"));
    batch_text(v->out, FIELD_ECS, STR("message"), arena_str(&v->out->arena, buf_view(&text)));
    buf_free(&text);
}

static const struct type {
    const char *name;
    enum kind kind, failed;
    enum severity severity;
    const char *words;
} types[] = {
#define AUDIT(type, kind, failed, severity, words) \
    {#type, KIND_##kind, KIND_##failed, SEVERITY_##severity, words},
#include "parsers/auditd/types.def"
#undef AUDIT
};

static const struct type *type_of(const struct audit_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < array_len(types); k++)
            if (str_eq(records[i].type, str_of(types[k].name)))
                return &types[k];
    return NULL;
}

static bool has_type(const struct audit_record *records, size_t count, str type)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(records[i].type, type))
            return true;
    return false;
}

/* sshd reports each key that it tries and, in the end, the login: only that one counts. */
static bool is_attempt_of_sshd(const struct event_view *v, const struct type *t)
{
    str exe = str_basename(get(v, "exe"));

    return str_eq(str_of(t->name), STR("USER_AUTH")) && str_starts(exe, STR("sshd"));
}

/* A name, not the number of an account whose name the record does not give. */
static str name_only(str text)
{
    return text.len && char_is_digit(text.p[0]) ? STR("") : text;
}

static void set_parties(const struct event_view *v, struct event *e, bool is_call)
{
    str login = user_of(v, "AUID", "auid"), became = user_of(v, "UID", "uid");
    str actor = is_call && login.len == 0 ? became : login;
    str target = is_call ? became : name_only(who(v));
    uint64_t session = number(get(v, "ses"));

    e->actor.user = name_put(v, actor);
    if (!is_call || !str_eq(actor, target))
        e->target.user = name_put(v, target);
    if (is_call || e->kind == KIND_COMMAND)
        e->actor.logon = session;
    else
        e->target.logon = session;
}

static void add_call(const struct event_view *v, const struct call *call, bool executed,
                     bool messages)
{
    struct event *e = v->out->open;

    set_destination(v, e);
    if (call) {
        e->kind = (uint16_t)call->kind;
        e->severity = (uint8_t)call->severity;
        batch_text(v->out, FIELD_ECS, STR("file.path"), path_of(v));
        if (messages)
            say(v, str_of(call->words), e->outcome);
    } else if (messages) {
        say(v, STR("System call[ $SYSCALL][ $syscall] by $exe[ on $path]"), e->outcome);
    }
    if (executed || (call && call->kind == KIND_CONNECTION))
        batch_text(v->out, FIELD_ECS, STR("process.command_line"), command_line(v));
}

static void add_record(const struct event_view *v, const struct type *type, bool messages)
{
    struct event *e = v->out->open;

    if (!type) {
        if (messages)
            say(v, STR("Audit record $TYPE[, $op][, $exe]"), e->outcome);
        return;
    }
    bool failed = e->outcome == OUTCOME_FAILURE && !is_attempt_of_sshd(v, type);
    e->kind = (uint16_t)(failed ? type->failed : type->kind);
    e->severity = (uint8_t)type->severity;
    if (e->kind == KIND_POLICY_CHANGED && str_eq(get(v, "audit_enabled"), STR("0"))) {
        e->kind = KIND_DEFENCE_CHANGED;
        e->severity = SEVERITY_MEDIUM;
    }
    if (e->kind == KIND_COMMAND) {
        str typed = get(v, "cmd");
        batch_text(v->out, FIELD_ECS, STR("process.command_line"),
                   typed.len ? typed : get(v, "data"));
    }
    set_source(v, e);
    batch_text(v->out, FIELD_ECS, STR("service.name"), get(v, "unit"));
    if (messages)
        say(v, str_of(type->words), e->outcome);
}

void audit_describe(const struct audit_record *records, size_t count, struct batch *out,
                    bool messages)
{
    struct audit_field fields[AUDIT_FIELDS_MAX];
    struct event_view v = {fields, 0, out};
    struct event *e = out->open;

    v.count = audit_fields(records, count, fields, AUDIT_FIELDS_MAX, &out->arena);
    bool executed = has_type(records, count, STR("EXECVE"));
    bool is_call = executed || has_type(records, count, STR("SYSCALL"));
    e->outcome = (uint8_t)outcome_in(&v);
    batch_text(out, FIELD_OWN, STR("auditd.type"), records[0].type);
    const struct type *type = type_of(records, count);
    if (is_call && (!type || executed || call_of(&v)))
        add_call(&v, executed ? &calls[0] : call_of(&v), executed, messages);
    else
        add_record(&v, type, messages);
    set_parties(&v, e, is_call);
    set_process(&v, e);
    keep_fields(&v);
}
