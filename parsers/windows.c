/* SPDX-License-Identifier: Apache-2.0
 *
 * windows_describe: one pass over the record's fields finds the known names, the tables say what
 * the event is, windows_roles.c fills the roles, windows_message.c writes the line. */
#include "parsers/windows_view.h"

enum { TEXT_MAX = 1024 };

struct value windows_value(const struct windows_view *w, unsigned field)
{
    if (field >= F_COUNT || !w->at[field])
        return (struct value){"", 0, VALUE_NULL};
    return field_value(&w->e->fields[w->at[field] - 1]);
}

/* The n-th string of an array; each ends with a NUL (of two bytes). */
static bool array_string(struct value *v, unsigned *n)
{
    const char *p = v->p;
    size_t unit = (v->type & ~VALUE_ARRAY) == VALUE_UTF16 ? 2 : 1;

    for (size_t at = 0; at < v->len;) {
        size_t end = at;
        while (end + unit <= v->len && (p[end] || (unit == 2 && p[end + 1])))
            end += unit;
        if (--*n == 0) {
            *v = (struct value){p + at, (uint32_t)(end - at), v->type & (uint8_t)~VALUE_ARRAY};
            return true;
        }
        at = end + unit;
    }
    return false;
}

struct value windows_unnamed(const struct windows_view *w, unsigned n)
{
    for (unsigned i = 0; i < w->own_fields; i++) {
        const struct field *f = &w->e->fields[i];
        struct value v = field_value(f);
        if (f->group != FIELD_EVENT_DATA || f->name_len)
            continue;
        if (v.type == (VALUE_ARRAY | VALUE_UTF16) || v.type == (VALUE_ARRAY | VALUE_ANSI)) {
            if (array_string(&v, &n))
                return v;
        } else if (--n == 0) {
            return v;
        }
    }
    return (struct value){"", 0, VALUE_NULL};
}

str windows_text(struct windows_view *w, struct value v)
{
    bool good = true, utf16 = v.type == VALUE_UTF16;
    str s;

    if (value_is_blank(v))
        return STR("");
    if (utf16 && utf_room(v.len / 2 + 1, UTF_PLAIN) <= sizeof w->text) {
        s = (str){w->text, (size_t)(utf16_write(w->text, v.p, v.len, UTF_PLAIN, &good) - w->text)};
    } else if (!utf16 && v.type != VALUE_TEXT && value_room(v.len) <= sizeof w->text) {
        s = (str){w->text, (size_t)(value_write(w->text, v, UTF_PLAIN) - w->text)};
    } else {
        if ((utf16 || v.type == VALUE_ANSI) && v.len > 2 * TEXT_MAX)
            v.len = 2 * TEXT_MAX;
        s = value_str(v, &w->b->arena);
    }
    return str_trim(str_head(s, TEXT_MAX));
}

bool windows_same_host(str a, str b)
{
    a = str_head(a, str_find_char(a, '.'));
    b = str_head(b, str_find_char(b, '.'));
    enum { NETBIOS_MAX = 15 };
    if (a.len == NETBIOS_MAX || b.len == NETBIOS_MAX) {
        a = str_head(a, NETBIOS_MAX);
        b = str_head(b, NETBIOS_MAX);
    }
    return a.len && str_eq_nocase(a, b);
}

str windows_field_name(const struct field *f)
{
    str name = {f->name, f->name_len};
    size_t slash = f->group == FIELD_USER_DATA ? str_rfind_char(name, '/') : name.len;

    return slash < name.len ? str_skip(name, slash + 1) : name;
}

/* Texts at one address are one text while a memo lives: what was found for them is remembered. */

static size_t memo_slot(const char *p, uint32_t with, size_t count)
{
    uint64_t mix = ((uint64_t)(uintptr_t)p ^ with) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(mix >> 32) & (count - 1);
}

static uint64_t name_of(struct batch *b, const struct windows_record *r, str text)
{
    size_t i = memo_slot(text.p, 0, WINDOWS_MEMO_NAMES);

    if (!r->memo || !text.len)
        return names_put(&b->names, text);
    if (r->memo->names[i].text != text.p) {
        r->memo->names[i].id = names_put(&b->names, text);
        r->memo->names[i].text = text.p;
    }
    return r->memo->names[i].id;
}

static const struct windows_row *row_of(const struct windows_record *r)
{
    size_t i = memo_slot(r->provider.p, r->code, WINDOWS_MEMO_ROWS);
    struct windows_memo *m = r->memo;

    if (!m || !r->provider.len || !r->channel.len)
        return windows_row_of(r);
    if (m->rows[i].provider != r->provider.p || m->rows[i].channel != r->channel.p ||
        m->rows[i].code != r->code) {
        m->rows[i].row = windows_row_of(r);
        m->rows[i].provider = r->provider.p;
        m->rows[i].channel = r->channel.p;
        m->rows[i].code = r->code;
    }
    return m->rows[i].row;
}

static enum windows_field field_of(const struct windows_record *r, str name)
{
    size_t i = memo_slot(name.p, (uint32_t)name.len, WINDOWS_MEMO_FIELDS);

    if (!r->memo || !name.len)
        return windows_field_of(name);
    if (r->memo->fields[i].name != name.p) {
        r->memo->fields[i].field = (uint32_t)windows_field_of(name);
        r->memo->fields[i].name = name.p;
    }
    return (enum windows_field)r->memo->fields[i].field;
}

/* What the n-th Data without a name (from 0) is: told by the table of classic events, else param1
 * and so on, as manifests of later Windows name the strings of classic events. */
static unsigned field_at(const struct windows_classic *classic, unsigned n)
{
    if (classic)
        return n < classic->count ? classic->fields[n] : F_COUNT;
    return n <= F_param9 - F_param1 ? F_param1 + n : F_COUNT;
}

static void index_fields(struct windows_view *w)
{
    const struct windows_classic *classic = windows_classic_of(w->r);
    unsigned unnamed = 0;

    w->own_fields = w->e->field_count;
    for (unsigned i = 0; i < w->own_fields; i++) {
        const struct field *f = &w->e->fields[i];
        unsigned field;
        if (f->group != FIELD_EVENT_DATA && f->group != FIELD_USER_DATA) {
            if (str_eq((str){f->name, f->name_len}, STR("rendering.message")))
                w->rendering = (uint16_t)(i + 1);
            continue;
        }
        if (f->group == FIELD_EVENT_DATA && !f->name_len) {
            field = f->type & VALUE_ARRAY ? F_COUNT : field_at(classic, unnamed++);
            if (classic && field < F_COUNT && !value_is_blank(field_value(f)))
                w->at[field] = 0; /* the later one wins */
        } else {
            field = (unsigned)field_of(w->r, windows_field_name(f));
        }
        if (field < F_COUNT && !w->at[field])
            w->at[field] = (uint16_t)(i + 1);
    }
}

/* Is it of a type that the part usually has? */
static inline bool is_expected(struct value v, bool integer)
{
    static const uint8_t size[] = {
        [VALUE_U8] = 1, [VALUE_U16] = 2, [VALUE_U32] = 4, [VALUE_U64] = 8};

    if (integer)
        return v.type < array_len(size) && size[v.type] == v.len;
    return v.type == VALUE_UTF16 || v.type == VALUE_GUID || v.type == VALUE_SID ||
           v.type == VALUE_HEX64 || v.type == VALUE_TEXT;
}

/* A value of a type that nobody gives it, as what it has to be; VALUE_NULL when it cannot. */
static struct value as_expected(struct batch *b, struct value v, bool integer)
{
    uint64_t n;

    if (!integer)
        return value_of(value_str(v, &b->arena));
    return value_u64(v, &n) ? value_number(&b->arena, n) : (struct value){"", 0, VALUE_NULL};
}

static void system_fields(struct batch *b, const struct windows_record *r)
{
    static const str names[SYSTEM_FIELDS] = {
#define NAME(part, text) [part] = {text, sizeof(text) - 1}
        NAME(SYSTEM_RECORD_ID, "winlog.record_id"),
        NAME(SYSTEM_VERSION, "winlog.version"),
        NAME(SYSTEM_TASK, "winlog.task"),
        NAME(SYSTEM_OPCODE, "winlog.opcode"),
        NAME(SYSTEM_LEVEL, "winlog.level"),
        NAME(SYSTEM_QUALIFIERS, "winlog.qualifiers"),
        NAME(SYSTEM_PROCESS_ID, "winlog.process.pid"),
        NAME(SYSTEM_THREAD_ID, "winlog.process.thread.id"),
        NAME(SYSTEM_PROVIDER_GUID, "winlog.provider_guid"),
        NAME(SYSTEM_EVENT_SOURCE_NAME, "winlog.event_source_name"),
        NAME(SYSTEM_KEYWORDS, "winlog.keywords"),
        NAME(SYSTEM_ACTIVITY_ID, "winlog.activity_id"),
        NAME(SYSTEM_RELATED_ACTIVITY_ID, "winlog.related_activity_id"),
        NAME(SYSTEM_USER_SID, "winlog.user.identifier"),
#undef NAME
    };

    for (unsigned i = 0; i < SYSTEM_FIELDS; i++) {
        struct value v = r->system[i];
        if (v.type == VALUE_NULL)
            continue;
        if (!is_expected(v, i < SYSTEM_PROVIDER_GUID))
            v = as_expected(b, v, i < SYSTEM_PROVIDER_GUID);
        if (v.len)
            batch_field(b, FIELD_ECS, names[i], v);
    }
}

static void logon_fields(struct windows_view *w)
{
    uint64_t type;
    struct value id = windows_value(w, F_TargetLogonId);

    if (value_is_blank(id))
        id = windows_value(w, F_SubjectLogonId);
    if (!value_is_blank(id))
        batch_field(w->b, FIELD_ECS, STR("winlog.logon.id"), id);
    if (w->at[F_LogonType] && value_u64(windows_value(w, F_LogonType), &type))
        batch_text(w->b, FIELD_ECS, STR("winlog.logon.type"), windows_logon_word(type));
}

/* The audit bits of the keywords (winmeta.xml) outrank the table, a Status outranks both. */
static enum outcome outcome_of_record(const struct windows_view *w)
{
    uint64_t keywords = 0, status;
    unsigned said = w->row ? w->row->outcome : W_UNKNOWN;

    if (said == W_STATUS && value_u64(windows_value(w, F_Status), &status))
        return status ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    if (value_u64(w->r->system[SYSTEM_KEYWORDS], &keywords)) {
        if (keywords & UINT64_C(0x0010000000000000))
            return OUTCOME_FAILURE;
        if (keywords & UINT64_C(0x0020000000000000))
            return OUTCOME_SUCCESS;
    }
    return said == W_SUCCESS   ? OUTCOME_SUCCESS
           : said == W_FAILURE ? OUTCOME_FAILURE
                               : OUTCOME_UNKNOWN;
}

void windows_describe(struct batch *b, const struct windows_record *r, bool messages)
{
    struct event *e = b->open;
    struct windows_view w;

    w.b = b;
    w.e = e;
    w.r = r;
    w.row = row_of(r);
    memset(w.at, 0, sizeof w.at);
    w.rendering = 0;
    index_fields(&w);
    e->host = name_of(b, r, r->computer);
    e->provider = name_of(b, r, r->provider);
    e->channel = name_of(b, r, r->channel);
    e->code = r->code;
    system_fields(b, r);
    logon_fields(&w);
    e->outcome = (uint8_t)outcome_of_record(&w);
    if (w.row) {
        e->kind = w.row->kind;
        e->severity = w.row->severity;
        windows_roles(&w);
    } else {
        e->kind = KIND_OTHER;
    }
    if (messages)
        windows_message(&w);
}
