/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.json and facts.json back to sources and facts. Keys of later versions are passed
 * over; another schema is refused. */
#include "core/casefile.h"

#include "core/base64.h"
#include "core/json.h"
#include "core/time.h"

static const char *const fact_types[] = {
    [FACT_SYSTEM_HOST] = "system-host",  [FACT_HOST] = "host",
    [FACT_HOST_ADDR] = "host-address",   [FACT_HOST_CLAIM] = "host-claim",
    [FACT_HOST_REMOTE] = "host-remote",  [FACT_SID_NAME] = "sid-name",
    [FACT_ACCOUNT] = "account",          [FACT_LOG] = "log",
    [FACT_DC] = "domain-controller",     [FACT_LEASE] = "lease",
    [FACT_KIND] = "kind",
};

const char *fact_type_text(uint32_t type)
{
    return type < array_len(fact_types) ? fact_types[type] : "";
}

struct file {
    struct json_in in;
    struct arena *a;
    const char *name;
    struct err *err;
    struct names names; /* facts: of the current one */
    struct facts *facts;
    struct source *sources;
    size_t count, cap;
    bool schema;
};

static bool bad(struct file *f, const char *what)
{
    return err_set(f->err, "%s: %s", f->name, f->in.error ? f->in.error : what);
}

/* Scalars: each takes the value after a key. A value of another type is an error. */

static bool take_text(struct file *f, str *out)
{
    enum json_type t = json_next(&f->in);

    if (t != JSON_STRING && t != JSON_NULL)
        return bad(f, "a text was expected");
    *out = t == JSON_NULL ? STR("") : arena_str(f->a, f->in.text);
    return true;
}

static bool take_bytes(struct file *f, str *out)
{
    return (json_next(&f->in) == JSON_STRING && base64_read(f->in.text, f->a, out)) ||
           bad(f, "base64 was expected");
}

static bool take_u64(struct file *f, uint64_t *out)
{
    return (json_next(&f->in) == JSON_NUMBER && str_to_u64(f->in.text, out)) ||
           bad(f, "a number was expected");
}

static bool take_bool(struct file *f, bool *out)
{
    enum json_type t = json_next(&f->in);

    *out = t == JSON_TRUE;
    return t == JSON_TRUE || t == JSON_FALSE || bad(f, "true or false was expected");
}

static bool take_time(struct file *f, int64_t *out)
{
    enum json_type t = json_next(&f->in);
    enum precision precision;
    str text = f->in.text;
    bool zoned = false;

    *out = TIME_UNKNOWN;
    if (t == JSON_NULL)
        return true;
    return (t == JSON_STRING && str_take_rfc3339(&text, out, &precision, &zoned) && zoned &&
            text.len == 0) ||
           bad(f, "a time was expected");
}

static bool take_digest(struct file *f, uint8_t out[32])
{
    uint64_t byte;

    if (json_next(&f->in) != JSON_STRING || f->in.text.len != 64)
        return bad(f, "a SHA-256 was expected");
    for (size_t i = 0; i < 32; i++) {
        str two = {f->in.text.p + 2 * i, 2};
        if (!str_take_hex(&two, &byte) || two.len)
            return bad(f, "a SHA-256 was expected");
        out[i] = (uint8_t)byte;
    }
    return true;
}

static bool take_year(struct file *f, int32_t *out)
{
    uint64_t v;

    if (!take_u64(f, &v) || v > 9999)
        return bad(f, "a year was expected");
    *out = (int32_t)v;
    return true;
}

/* Calls member(f, item, key) for each key of an object whose '{' was read. */
static bool take_members(struct file *f, void *item,
                         bool (*member)(struct file *f, void *item, str key))
{
    enum json_type t;

    while ((t = json_next(&f->in)) == JSON_KEY)
        if (!member(f, item, f->in.text))
            return false;
    return t == JSON_OBJECT_END || bad(f, "not JSON");
}

/* Calls item(f, into) behind the '{' of each object of an array. */
static bool take_array(struct file *f, void *into, bool (*item)(struct file *f, void *into))
{
    enum json_type t = json_next(&f->in);

    if (t != JSON_ARRAY)
        return bad(f, "an array was expected");
    while ((t = json_next(&f->in)) == JSON_OBJECT)
        if (!item(f, into))
            return false;
    return t == JSON_ARRAY_END || bad(f, "an array of objects was expected");
}

static bool skip(struct file *f)
{
    return json_skip(&f->in) || bad(f, "not JSON");
}

/* Sources. */

struct note_list {
    struct source_note *items; /* room for SOURCE_NOTES */
    size_t count;
};

static bool note_member(struct file *f, void *item, str key)
{
    struct source_note *n = item;

    if (str_eq(key, STR("text")))
        return take_text(f, &n->text);
    if (!str_eq(key, STR("offset")))
        return skip(f);
    n->placed = true;
    return take_u64(f, &n->offset);
}

static bool take_note(struct file *f, void *into)
{
    struct note_list *l = into;

    struct source_note more = {0};
    struct source_note *note = l->count < SOURCE_NOTES ? &l->items[l->count++] : &more;

    return take_members(f, note, note_member);
}

static bool take_notes(struct file *f, struct source *s)
{
    struct note_list l = {.items = s->notes};

    if (!l.items)
        l.items = arena_alloc(f->a, SOURCE_NOTES * sizeof *l.items);
    bool good = take_array(f, &l, take_note);
    s->notes = l.items;
    s->note_count = l.count;
    if (s->note_total < l.count)
        s->note_total = l.count;
    return good;
}

static bool note_total(struct file *f, struct source *s)
{
    uint64_t v;

    if (!take_u64(f, &v))
        return false;
    s->note_total = v > s->note_count ? (size_t)v : s->note_count;
    return true;
}

static str *text_of(struct source *s, str key)
{
    const struct {
        str key;
        str *text;
    } texts[] = {
        {STR("path"), &s->path},
        {STR("system"), &s->system},
        {STR("family"), &s->family},
        {STR("parser"), &s->parser},
        {STR("unread"), &s->unread},
        {STR("failure"), &s->failure},
        {STR("year_basis"), &s->year_basis},
        {STR("zone_basis"), &s->zone_basis},
    };

    for (size_t i = 0; i < array_len(texts); i++)
        if (str_eq(key, texts[i].key))
            return texts[i].text;
    return NULL;
}

static bool source_member(struct file *f, void *item, str key)
{
    struct source *s = item;
    str *text = text_of(s, key);

    if (text)
        return take_text(f, text);
    if (str_eq(key, STR("path_base64")))
        return take_bytes(f, &s->path);
    if (str_eq(key, STR("family_base64")))
        return take_bytes(f, &s->family);
    if (str_eq(key, STR("size")))
        return take_u64(f, &s->size);
    if (str_eq(key, STR("events")))
        return take_u64(f, &s->events);
    if (str_eq(key, STR("damaged")))
        return take_u64(f, &s->damaged);
    if (str_eq(key, STR("skipped")))
        return take_u64(f, &s->skipped);
    if (str_eq(key, STR("mtime")))
        return take_time(f, &s->mtime_ns);
    if (str_eq(key, STR("first")))
        return take_time(f, &s->first_ns);
    if (str_eq(key, STR("last")))
        return take_time(f, &s->last_ns);
    if (str_eq(key, STR("empty")))
        return take_bool(f, &s->empty);
    if (str_eq(key, STR("failed")))
        return take_bool(f, &s->failed);
    if (str_eq(key, STR("year_inferred")))
        return take_bool(f, &s->year_inferred);
    if (str_eq(key, STR("zone_assumed")))
        return take_bool(f, &s->zone_assumed);
    if (str_eq(key, STR("base_year")))
        return take_year(f, &s->base_year);
    if (str_eq(key, STR("notes")))
        return take_notes(f, s);
    if (str_eq(key, STR("notes_total")))
        return note_total(f, s);
    if (!str_eq(key, STR("sha256")))
        return skip(f);
    s->hashed = true;
    return take_digest(f, s->sha256);
}

static bool take_source(struct file *f, void *into)
{
    (void)into;
    f->sources = vec_grow(f->sources, &f->cap, f->count + 1, sizeof *f->sources);
    struct source *s = &f->sources[f->count++];
    s->mtime_ns = s->stored_ns = s->first_ns = s->last_ns = TIME_UNKNOWN;
    return take_members(f, s, source_member) &&
           (s->path.len || bad(f, "a source without a path"));
}

/* Facts. */

static bool fact_name(struct file *f, uint64_t *id)
{
    if (json_next(&f->in) != JSON_STRING)
        return bad(f, "a name was expected");
    *id = names_put(&f->names, f->in.text);
    return true;
}

static bool fact_type(struct file *f, uint32_t *type)
{
    if (json_next(&f->in) != JSON_STRING)
        return bad(f, "a type was expected");
    for (uint32_t i = 0; i < array_len(fact_types); i++)
        if (str_eq(f->in.text, str_of(fact_types[i]))) {
            *type = i;
            return true;
        }
    return bad(f, "a fact of a type that this version does not know");
}

static bool fact_member(struct file *f, void *item, str key)
{
    struct fact *fact = item;

    if (str_eq(key, STR("type")))
        return fact_type(f, &fact->type);
    if (key.len == 1 && key.p[0] >= 'a' && key.p[0] <= 'c')
        return fact_name(f, key.p[0] == 'a' ? &fact->a : key.p[0] == 'b' ? &fact->b : &fact->c);
    if (str_eq(key, STR("address")))
        return (json_next(&f->in) == JSON_STRING && addr_parse(f->in.text, &fact->addr)) ||
               bad(f, "an address was expected");
    if (str_eq(key, STR("first")))
        return take_time(f, &fact->first_ns);
    if (str_eq(key, STR("last")))
        return take_time(f, &fact->last_ns);
    if (str_eq(key, STR("low")))
        return take_u64(f, &fact->low);
    if (str_eq(key, STR("high")))
        return take_u64(f, &fact->high);
    if (str_eq(key, STR("count")))
        return take_u64(f, &fact->count);
    return skip(f);
}

static bool take_fact(struct file *f, void *into)
{
    struct fact fact = {
        .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN, .type = UINT32_MAX};

    (void)into;
    if (!take_members(f, &fact, fact_member))
        return false;
    if (fact.type == UINT32_MAX)
        return bad(f, "a fact without a type");
    facts_see(f->facts, &f->names, fact);
    names_reset(&f->names);
    arena_reset(f->a);
    return true;
}

/* The two files. */

static bool file_member(struct file *f, void *item, str key)
{
    uint64_t v;

    (void)item;
    if (str_eq(key, STR("schema"))) {
        f->schema = take_u64(f, &v) && v == CASEFILE_SCHEMA;
        return f->schema || err_set(f->err, "%s: made by another version of ashiato", f->name);
    }
    if (!f->facts && str_eq(key, STR("sources")))
        return take_array(f, NULL, take_source);
    if (f->facts && str_eq(key, STR("facts")))
        return take_array(f, NULL, take_fact);
    if (!f->facts || !str_eq(key, STR("lost")))
        return skip(f);
    if (!take_u64(f, &v))
        return false;
    f->facts->lost += v;
    return true;
}

static bool read_file(struct file *f, str json)
{
    f->err->msg[0] = '\0';
    json_open(&f->in, json, f->a);
    if (json_next(&f->in) != JSON_OBJECT)
        return bad(f, "not a JSON object");
    if (!take_members(f, NULL, file_member))
        return false;
    if (str_trim(f->in.rest).len)
        return bad(f, "more than one JSON object");
    return f->schema || bad(f, "no schema");
}

bool casefile_read_manifest(str json, struct source **sources, size_t *count, struct arena *a,
                            struct err *err)
{
    struct file f = {.a = a, .name = "manifest.json", .err = err};
    bool good = read_file(&f, json);

    if (good) {
        *sources = arena_alloc(a, f.count * sizeof **sources);
        if (f.count)
            memcpy(*sources, f.sources, f.count * sizeof **sources);
        *count = f.count;
    }
    mem_free(f.sources);
    return good;
}

bool casefile_read_facts(str json, struct facts *facts, struct err *err)
{
    struct arena scratch = {0};
    struct file f = {.a = &scratch, .name = "facts.json", .err = err, .facts = facts};
    bool good = read_file(&f, json);

    names_free(&f.names);
    arena_free(&scratch);
    return good;
}
