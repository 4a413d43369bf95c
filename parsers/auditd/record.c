/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads and fields of audit records. The kernel's own messages give a type by number; the numbers
 * below are those that stand in kernel logs (linux/audit.h). */
#include "parsers/auditd/record.h"

static const struct {
    uint16_t number;
    const char *name;
} numbered[] = {
    {1006, "LOGIN"},          {1100, "USER_AUTH"},    {1101, "USER_ACCT"},
    {1102, "USER_MGMT"},      {1103, "CRED_ACQ"},     {1104, "CRED_DISP"},
    {1105, "USER_START"},     {1106, "USER_END"},     {1107, "USER_AVC"},
    {1108, "USER_CHAUTHTOK"}, {1109, "USER_ERR"},     {1110, "CRED_REFR"},
    {1112, "USER_LOGIN"},     {1113, "USER_LOGOUT"},  {1114, "ADD_USER"},
    {1115, "DEL_USER"},       {1116, "ADD_GROUP"},    {1117, "DEL_GROUP"},
    {1123, "USER_CMD"},       {1130, "SERVICE_START"}, {1131, "SERVICE_STOP"},
    {1300, "SYSCALL"},        {1302, "PATH"},         {1305, "CONFIG_CHANGE"},
    {1306, "SOCKADDR"},       {1307, "CWD"},          {1309, "EXECVE"},
    {1320, "EOE"},            {1325, "NETFILTER_CFG"}, {1326, "SECCOMP"},
    {1327, "PROCTITLE"},      {1330, "KERN_MODULE"},  {1334, "BPF"},
    {1400, "AVC"},            {1403, "MAC_POLICY_LOAD"}, {1404, "MAC_STATUS"},
    {1700, "ANOM_PROMISCUOUS"}, {1701, "ANOM_ABEND"},
};

static str type_of_number(str written)
{
    uint64_t n;

    if (str_to_u64(written, &n))
        for (size_t i = 0; i < array_len(numbered); i++)
            if (numbered[i].number == n)
                return str_of(numbered[i].name);
    return written;
}

/* "07/07/2026 08:56:13.076" of ausearch -i. */
static bool take_civil(str *s, struct civil *c)
{
    unsigned month, day, year, hour, minute, second, ms;

    if (!str_take_digits(s, 2, &month) || !str_take_char(s, '/') ||
        !str_take_digits(s, 2, &day) || !str_take_char(s, '/') ||
        !str_take_digits(s, 4, &year) || !str_take_char(s, ' ') ||
        !str_take_digits(s, 2, &hour) || !str_take_char(s, ':') ||
        !str_take_digits(s, 2, &minute) || !str_take_char(s, ':') ||
        !str_take_digits(s, 2, &second) || !str_take_char(s, '.') ||
        !str_take_digits(s, 3, &ms))
        return false;
    *c = (struct civil){(int32_t)year, (uint8_t)month, (uint8_t)day,     (uint8_t)hour,
                        (uint8_t)minute, (uint8_t)second, ms * 1000000};
    return civil_valid(c);
}

/* "audit(1759318750.792:4821):", behind it a blank (ausearch -i: one before the colon, too). */
static bool take_stamp(str *s, struct audit_record *r)
{
    str rest;
    enum precision precision;

    if (!str_take(s, STR("audit(")))
        return false;
    const char *start = s->p;
    rest = *s;
    r->time_ns = TIME_UNKNOWN;
    r->is_civil = take_civil(&rest, &r->civil);
    if (!r->is_civil) {
        rest = *s;
        if (!str_take_epoch(&rest, &r->time_ns, &precision))
            return false;
    }
    if (!str_take_char(&rest, ':') || !str_take_u64(&rest, &r->serial))
        return false;
    r->stamp = (str){start, (size_t)(rest.p - start)};
    if (!str_take_char(&rest, ')'))
        return false;
    str_take_spaces(&rest);
    if (!str_take_char(&rest, ':'))
        return false;
    *s = rest;
    return true;
}

static bool is_type(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !char_is_digit(s.p[i]) && s.p[i] != '_' &&
            s.p[i] != '-' && s.p[i] != '[' && s.p[i] != ']')
            return false;
    return s.len > 0;
}

bool audit_record_read(str line, struct audit_record *out)
{
    str s = line;

    *out = (struct audit_record){.line = line, .node = STR("")};
    if (str_take(&s, STR("node=")) &&
        (!str_take_word(&s, &out->node) || !str_take_spaces(&s)))
        return false;
    if (str_take(&s, STR("audit: ")))
        str_take_spaces(&s);
    if (!str_take(&s, STR("type=")) || !str_take_word(&s, &out->type) || !is_type(out->type) ||
        !str_take_spaces(&s))
        return false;
    out->type = type_of_number(out->type);
    str_take(&s, STR("msg="));
    if (!take_stamp(&s, out))
        return false;
    out->body = str_trim(s);
    return true;
}

static bool is_key_char(char c)
{
    return char_is_alpha(c) || char_is_digit(c) || c == '_' || c == '-' || c == '[' || c == ']';
}

enum form { FORM_BARE, FORM_QUOTED, FORM_NESTED };

/* What a value ends with when it begins with `c`; 0 for a bare one. */
static char closing_of(char c)
{
    return c == '"' || c == '\'' ? c : c == '{' ? '}' : '\0';
}

/* The next KEY=VALUE; words without = are passed over. auditd parts the names that it looked up
 * (AUID="root") from the record by the character 0x1d. */
static bool take_pair(str *s, str *key, str *value, enum form *form)
{
    for (;;) {
        while (s->len && (char_is_space(s->p[0]) || s->p[0] == '\x1d' || s->p[0] == ','))
            *s = str_skip(*s, 1);
        size_t n = 0;
        while (n < s->len && is_key_char(s->p[n]))
            n++;
        if (s->len == 0)
            return false;
        if (n > 0 && n < s->len && s->p[n] == '=') {
            *key = str_head(*s, n);
            *s = str_skip(*s, n + 1);
            break;
        }
        *s = str_skip(*s, n ? n : 1);
    }
    char close = s->len ? closing_of(s->p[0]) : '\0';
    size_t end = close ? str_find_char(str_skip(*s, 1), close) + 1 : s->len;
    if (close && end < s->len) {
        *value = str_head(str_skip(*s, 1), end - 1);
        *form = close == '\'' ? FORM_NESTED : FORM_QUOTED;
        *s = str_skip(*s, end + 1);
        return true;
    }
    for (end = 0; end < s->len && !char_is_space(s->p[end]) && s->p[end] != '\x1d';)
        end++;
    *value = str_head(*s, end);
    *form = FORM_BARE;
    *s = str_skip(*s, end);
    return true;
}

/* Texts that auditd writes in quotes, or as hex digits when they hold what a quote cannot. */
static bool may_be_hex(str type, str key)
{
    static const char *const keys[] = {"acct", "cmd",  "comm",      "cwd",  "data", "dir",
                                       "exe",  "file", "grp",       "key",  "name", "new-disk",
                                       "ocomm", "old-disk", "path", "proctitle", "vm", "watch"};

    if (str_eq(type, STR("EXECVE")))
        return key.len > 1 && key.p[0] == 'a' && char_is_digit(key.p[1]) &&
               !str_ends(key, STR("_len"));
    for (size_t i = 0; i < array_len(keys); i++)
        if (str_eq(key, str_of(keys[i])))
            return true;
    return false;
}

static unsigned digit_of(char c)
{
    return char_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(char_lower(c) - 'a') + 10;
}

static bool is_hex(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_hex(s.p[i]))
            return false;
    return s.len > 1 && s.len % 2 == 0;
}

static str of_hex(str digits, struct arena *a)
{
    str out = {arena_bytes(a, digits.len / 2), digits.len / 2};
    char *p = (char *)out.p;

    for (size_t i = 0; i < out.len; i++) {
        char c = (char)(digit_of(digits.p[2 * i]) << 4 | digit_of(digits.p[2 * i + 1]));
        p[i] = c == '\0' || c == '\x01' ? ' ' : c; /* between arguments; between keys */
    }
    return str_trim(out);
}

struct gather {
    struct audit_field *out;
    size_t count, max;
    struct arena *arena;
};

static void gather(struct gather *g, str type, unsigned ordinal, str body, bool nested)
{
    str key, value;
    enum form form;

    while (g->count < g->max && take_pair(&body, &key, &value, &form)) {
        if (form == FORM_NESTED && !nested && str_eq(key, STR("msg"))) {
            gather(g, type, ordinal, value, true);
            continue;
        }
        if (form == FORM_BARE && may_be_hex(type, key) && is_hex(value))
            value = of_hex(value, g->arena);
        g->out[g->count++] = (struct audit_field){type, key, value, ordinal};
    }
}

size_t audit_fields(const struct audit_record *records, size_t count, struct audit_field *out,
                    size_t max, struct arena *a)
{
    struct gather g = {out, 0, max, a};

    for (size_t i = 0; i < count; i++) {
        unsigned ordinal = 1;
        for (size_t k = 0; k < i; k++)
            ordinal += str_eq(records[k].type, records[i].type);
        gather(&g, records[i].type, ordinal, records[i].body, false);
    }
    return g.count;
}
