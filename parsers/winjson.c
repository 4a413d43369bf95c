/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows events that a collector or a tool exported as JSON: one object a line, an array of
 * objects, or objects over several lines. The dialects and which of their values is which part of
 * the record are data: winjson.def.
 *
 * An object is flattened into paths and values; the dialect is told by a few of its names; the
 * parts of System go into struct windows_record, event data into fields under their own names (as
 * texts), so that kind and roles are those of the EVTX record. What is neither (the rendered
 * message, what the collector added) stays as `ashiato.rendering.message` and `ashiato.export.*`.
 *
 * Time: that of the record where it has a zone. NXLog writes EventTime in the collector's local
 * time without one; where the line holds its receipt both in local time and in UTC, their
 * difference is the zone, else the zone is open. Not read: names for the values of Get-WinEvent's
 * Properties (they have none), texts in other encodings than UTF-8. */
#include "core/json.h"
#include "core/parser.h"
#include "parsers/text.h"
#include "parsers/windows.h"

enum {
    LONGEST = 16 << 20, /* an array in one line */
    OBJECT_MAX = LINE_MAX_BYTES,
    VALUES_MAX = 4096,
    PATH_MAX_BYTES = 512,
    LEVELS = 66, /* one more than the reader goes down to */
    PROBED = 64,
    INDENT_MAX = 4
};

enum dialect { NONE, BEATS, BEATS6, SYSTEM, FLAT, OBJECT };

enum part {
    CODE, QUALIFIERS, PROVIDER, GUID, SOURCE_NAME, CHANNEL, COMPUTER, RECORD, TIME, PID, TID, SID,
    ACTIVITY, RELATED, KEYWORDS, VERSION, TASK, OPCODE, LEVEL, OUTCOME, MESSAGE, PART_COUNT
};

static const struct row {
    str path;
    uint8_t dialect, part;
} rows[] = {
#define ROW(dialect, path, part) {{path, sizeof(path) - 1}, dialect, part},
#define DATA(dialect, path, group)
#define COLLECTOR(name)
#include "parsers/winjson.def"
#undef ROW
#undef DATA
};

static const struct {
    str path;
    uint8_t dialect, group;
} data_rows[] = {
#define ROW(dialect, path, part)
#define DATA(dialect, path, group) {{path, sizeof(path) - 1}, dialect, group},
#include "parsers/winjson.def"
#undef DATA
#undef COLLECTOR
};

static const str collector_names[] = {
#define DATA(dialect, path, group)
#define COLLECTOR(name) {name, sizeof(name) - 1},
#include "parsers/winjson.def"
#undef ROW
#undef DATA
#undef COLLECTOR
};

struct leaf {
    str path;
    struct value value;
    bool is_number, used;
    uint8_t rank; /* of its row: 1 + index, 0 for none */
};

struct object {
    struct leaf *leaves;
    size_t count, cap;
    enum dialect dialect;
    struct leaf *part[PART_COUNT];
    const char *why; /* what was wrong with it, NULL */
};

/* ---- an object as paths and values ---- */

/* XML attributes and texts are no level of their own: evtx_dump writes
 * "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 7} or "EventID_attributes". */
static str level_name(str key)
{
    str suffix = STR("_attributes");

    if (str_eq(key, STR("#attributes")) || str_eq(key, STR("#text")))
        return STR("");
    if (key.len > suffix.len && str_ends(key, suffix))
        return str_head(key, key.len - suffix.len);
    return key;
}

static str joined(struct arena *a, str above, str name)
{
    if (!above.len)
        return name;
    if (!name.len)
        return above;
    char *p = arena_bytes(a, above.len + 1 + name.len);
    memcpy(p, above.p, above.len);
    p[above.len] = '.';
    memcpy(p + above.len + 1, name.p, name.len);
    return (str){p, above.len + 1 + name.len};
}

static void add_leaf(struct object *o, struct arena *a, str path, const struct json_in *in,
                     enum json_type type)
{
    o->leaves = arena_grow(a, o->leaves, &o->cap, o->count, sizeof *o->leaves);
    o->leaves[o->count++] = (struct leaf){
        .path = path,
        .value = type == JSON_NULL ? (struct value){"", 0, VALUE_NULL} : value_of(in->text),
        .is_number = type == JSON_NUMBER,
    };
}

/* What wraps an object in exports of Elasticsearch, Splunk and evtx_dump is no level either. */
static bool wraps(str path)
{
    static const str names[] = {{"Event", 5}, {"_source", 7}, {"result", 6}};

    for (size_t i = 0; i < array_len(names); i++)
        if (str_eq(path, names[i]))
            return true;
    return false;
}

/* Reads the object at the front of the input, whole. False with o->why. */
static bool read_object(struct json_in *in, struct object *o)
{
    str above[LEVELS] = {{"", 0}}, here = STR("");

    do {
        enum json_type t = json_next(in);
        if (t == JSON_ERROR || t == JSON_END) {
            o->why = in->error ? in->error : "unfinished document";
        } else if (t == JSON_KEY) {
            here = joined(in->arena, above[in->depth], level_name(in->text));
            if (here.len > PATH_MAX_BYTES)
                o->why = "a name that is too long";
        } else if (t == JSON_OBJECT || t == JSON_ARRAY) {
            here = above[in->depth] = wraps(here) ? STR("") : here;
        } else if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
            here = above[in->depth]; /* more items of an array may follow */
        } else if (o->count == VALUES_MAX) {
            o->why = "more values than a record may have";
        } else {
            add_leaf(o, in->arena, here, in, t);
        }
    } while (!o->why && in->depth > 0);
    return !o->why;
}

/* ---- which value is which part ---- */

static str text_of(const struct leaf *l)
{
    return l ? (str){l->value.p, l->value.len} : STR("");
}

static enum dialect dialect_of(const struct object *o)
{
    static const struct {
        str path;
        enum dialect dialect;
    } marks[] = {{{"winlog.", 7}, BEATS},
                 {{"log_name", 8}, BEATS6},
                 {{"System.EventID", 14}, SYSTEM},
                 {{"EventID", 7}, FLAT},
                 {{"LogName", 7}, OBJECT}};
    enum dialect best = NONE;

    for (size_t i = 0; i < o->count; i++) {
        if (str_starts(o->leaves[i].path, STR("ashiato.")))
            return NONE; /* of our own making: the case parser's */
        for (size_t k = 0; k < array_len(marks); k++)
            if ((best == NONE || marks[k].dialect < best) &&
                str_starts(o->leaves[i].path, marks[k].path))
                best = marks[k].dialect;
    }
    return best;
}

/* "/Date(1596700581000)/": Windows PowerShell's way, always UTC. */
static bool take_script_date(str text, int64_t *time_ns)
{
    int64_t ms;

    if (!str_take(&text, STR("/Date(")) || !str_take_i64(&text, &ms) ||
        ms > TIME_UNKNOWN / 1000000 - 1 || ms < -(TIME_UNKNOWN / 1000000))
        return false;
    *time_ns = ms * 1000000;
    return true;
}

static bool leaf_time(const struct leaf *l, int64_t *time_ns, enum precision *precision,
                      bool *zoned)
{
    str text = text_of(l);

    *zoned = true;
    *precision = PRECISION_MS;
    if (l->is_number) /* Velociraptor */
        return str_take_epoch(&text, time_ns, precision) && !text.len;
    return take_script_date(text, time_ns) ||
           (str_take_rfc3339(&text, time_ns, precision, zoned) && !text.len);
}

/* The bits as EVTX has them: NXLog and PowerShell write a signed number, Winlogbeat the names of
 * the bits (winmeta.xml). */
static bool leaf_keywords(const struct leaf *l, uint64_t *bits)
{
    str text = text_of(l), rest = text;
    int64_t i;

    if (str_to_u64(text, bits))
        return true;
    if (str_take_i64(&rest, &i) && !rest.len) {
        *bits = (uint64_t)i;
        return true;
    }
    *bits = str_eq(text, STR("Audit Failure"))   ? UINT64_C(0x8010000000000000)
            : str_eq(text, STR("Audit Success")) ? UINT64_C(0x8020000000000000)
                                                 : 0;
    return *bits != 0;
}

static bool is_number_part(enum part part)
{
    return part == QUALIFIERS || part == PID || part == TID || part == VERSION || part == TASK ||
           part == OPCODE || part == LEVEL;
}

/* Can the value be this part? "Info" is no opcode; a flat object has System's numbers as numbers
 * and event data of the same name as texts. */
static bool suits(const struct object *o, const struct leaf *l, enum part part)
{
    uint64_t n;
    int64_t time_ns;
    enum precision precision;
    bool zoned;

    if (part == CODE || part == RECORD || is_number_part(part))
        return value_u64(l->value, &n) && (n <= UINT32_MAX || part == RECORD) &&
               (l->is_number || o->dialect != FLAT || !is_number_part(part));
    if (part == KEYWORDS)
        return leaf_keywords(l, &n);
    if (part == SID)
        return str_starts(text_of(l), STR("S-1-"));
    if (part == TIME)
        return leaf_time(l, &time_ns, &precision, &zoned);
    return !value_is_blank(l->value);
}

/* 1 + index of the row of a path, 0 for none. The rows of a dialect stand together. */
static uint8_t rank_of(size_t first, str path)
{
    for (size_t i = first; i < array_len(rows) && rows[i].dialect == rows[first].dialect; i++)
        if (str_eq(rows[i].path, path))
            return (uint8_t)(i + 1);
    return 0;
}

/* Is it a Windows event? Then its parts are found. */
static bool find_parts(struct object *o)
{
    size_t first = 0;

    o->dialect = dialect_of(o);
    while (first + 1 < array_len(rows) && rows[first].dialect != o->dialect)
        first++;
    for (size_t i = 0; o->dialect != NONE && i < o->count; i++) {
        struct leaf *l = &o->leaves[i];
        l->rank = rank_of(first, l->path);
        if (!l->rank)
            continue;
        enum part part = rows[l->rank - 1].part;
        if (suits(o, l, part) && (!o->part[part] || l->rank < o->part[part]->rank))
            o->part[part] = l;
    }
    if (!o->part[CODE] || (!o->part[PROVIDER] && !o->part[CHANNEL]))
        o->why = "no Windows event";
    return !o->why;
}

static bool read_event(struct json_in *in, struct object *o)
{
    return read_object(in, o) && find_parts(o);
}

/* ---- time ---- */

static const struct leaf *leaf_of(const struct object *o, str path)
{
    for (size_t i = 0; i < o->count; i++)
        if (str_eq(o->leaves[i].path, path))
            return &o->leaves[i];
    return NULL;
}

/* What to add to the collector's local time: the receipt of a flat object stands in it as local
 * time and in UTC, seconds apart at most. */
static bool zone_of_receipt(const struct object *o, int64_t *add_ns)
{
    const int64_t half_hour = 1800 * NS_PER_S, near = 60 * NS_PER_S, most = 14 * 3600 * NS_PER_S;
    const struct leaf *utc = leaf_of(o, STR("@timestamp"));
    const struct leaf *local = leaf_of(o, STR("EventReceivedTime"));
    int64_t utc_ns, local_ns;
    enum precision precision;
    bool zoned;

    if (!local)
        local = o->part[TIME];
    if (!utc || !leaf_time(utc, &utc_ns, &precision, &zoned) || !zoned ||
        !leaf_time(local, &local_ns, &precision, &zoned) || zoned ||
        __builtin_sub_overflow(utc_ns, local_ns, add_ns) || *add_ns > most || *add_ns < -most)
        return false;
    int64_t steps = (*add_ns + most + half_hour / 2) / half_hour; /* never negative */
    int64_t rounded = steps * half_hour - most;
    bool agrees = *add_ns - rounded <= near && rounded - *add_ns <= near;
    *add_ns = rounded;
    return agrees;
}

static void set_time(struct object *o, struct event *e, const struct hints *hints)
{
    struct leaf *l = o->part[TIME];
    enum precision precision;
    int64_t time_ns, add_ns;
    struct civil c;
    bool zoned;

    if (!l || !leaf_time(l, &time_ns, &precision, &zoned))
        return;
    e->precision = (uint8_t)precision;
    if (zoned) {
        e->time_ns = time_ns;
        return;
    }
    l->used = false; /* the text stays */
    if (zone_of_receipt(o, &add_ns) && !__builtin_add_overflow(time_ns, add_ns, &time_ns)) {
        e->time_ns = time_ns;
        return;
    }
    civil_of_ns(time_ns, &c);
    event_civil_time(e, &c, precision, 0, hints);
}

/* ---- an object as an event ---- */

static struct value number_of(const struct object *o, enum part part, struct arena *a)
{
    uint64_t n;

    return o->part[part] && value_u64(o->part[part]->value, &n) ? value_number(a, n)
                                                                : (struct value){"", 0, VALUE_NULL};
}

static void fill_record(struct object *o, struct windows_record *r, struct arena *a)
{
    uint64_t bits, code;

    for (unsigned i = 0; i < PART_COUNT; i++)
        if (o->part[i])
            o->part[i]->used = true;
    r->provider = text_of(o->part[PROVIDER]);
    r->channel = text_of(o->part[CHANNEL]);
    r->computer = text_of(o->part[COMPUTER]);
    r->system[SYSTEM_PROVIDER_GUID] = value_of(text_of(o->part[GUID]));
    r->system[SYSTEM_EVENT_SOURCE_NAME] = value_of(text_of(o->part[SOURCE_NAME]));
    r->system[SYSTEM_USER_SID] = value_of(text_of(o->part[SID]));
    r->system[SYSTEM_ACTIVITY_ID] = value_of(text_of(o->part[ACTIVITY]));
    r->system[SYSTEM_RELATED_ACTIVITY_ID] = value_of(text_of(o->part[RELATED]));
    r->code = value_u64(number_of(o, CODE, a), &code) ? (uint32_t)code : 0;
    r->system[SYSTEM_QUALIFIERS] = number_of(o, QUALIFIERS, a);
    r->system[SYSTEM_VERSION] = number_of(o, VERSION, a);
    r->system[SYSTEM_LEVEL] = number_of(o, LEVEL, a);
    r->system[SYSTEM_TASK] = number_of(o, TASK, a);
    r->system[SYSTEM_OPCODE] = number_of(o, OPCODE, a);
    r->system[SYSTEM_PROCESS_ID] = number_of(o, PID, a);
    r->system[SYSTEM_THREAD_ID] = number_of(o, TID, a);
    r->system[SYSTEM_RECORD_ID] = number_of(o, RECORD, a);
    if (o->part[KEYWORDS] && leaf_keywords(o->part[KEYWORDS], &bits)) {
        r->system[SYSTEM_KEYWORDS] = value_of(arena_printf(a, "0x%llx", (unsigned long long)bits));
        o->part[KEYWORDS]->used = !str_starts(text_of(o->part[KEYWORDS]), STR("Audit"));
    }
    if (o->part[OUTCOME])
        o->part[OUTCOME]->used = false; /* a judgement of the collector, not of the record */
}

/* NXLog's words for the type of a record; Sysmon has event data of the same name. */
static bool is_nxlog_type(str text)
{
    static const str words[] = {{"INFO", 4}, {"WARNING", 7}, {"ERROR", 5}, {"CRITICAL", 8},
                                {"VERBOSE", 7}, {"DEBUG", 5}, {"AUDIT_SUCCESS", 13},
                                {"AUDIT_FAILURE", 13}};

    for (size_t i = 0; i < array_len(words); i++)
        if (str_eq(text, words[i]))
            return true;
    return false;
}

/* Of a flat object: is the value event data, under which name? */
static bool flat_data(const struct object *o, const struct leaf *l, str *name)
{
    str top = str_head(l->path, str_find_char(l->path, '.'));

    *name = l->path;
    if (str_eq(top, STR("EventTypeOrignal"))) { /* (sic) where EventType was taken */
        *name = STR("EventType");
        return true;
    }
    if (top.len < l->path.len || (str_eq(top, STR("EventType")) && is_nxlog_type(text_of(l))))
        return false;
    /* with a UserID, these are who that is */
    if (o->part[SID] && (str_eq(top, STR("AccountName")) || str_eq(top, STR("AccountType")) ||
                         str_eq(top, STR("Domain"))))
        return false;
    for (size_t i = 0; i < array_len(collector_names); i++)
        if (str_eq(top, collector_names[i]))
            return false;
    return true;
}

/* The XML path of user data: levels are parted by '/'. */
static str slashed(struct arena *a, str name)
{
    char *p = arena_bytes(a, name.len);

    for (size_t i = 0; i < name.len; i++)
        p[i] = name.p[i] == '.' ? '/' : name.p[i];
    return (str){p, name.len};
}

static bool is_data(const struct object *o, const struct leaf *l, struct arena *a,
                    enum field_group *group, str *name)
{
    *group = FIELD_EVENT_DATA;
    if (o->dialect == FLAT)
        return flat_data(o, l, name);
    for (size_t i = 0; i < array_len(data_rows); i++) {
        if (data_rows[i].dialect != o->dialect || !str_starts(l->path, data_rows[i].path))
            continue;
        *group = (enum field_group)data_rows[i].group;
        *name = str_skip(l->path, data_rows[i].path.len);
        if (*group == FIELD_USER_DATA && str_has(*name, STR("xmlns")))
            return false; /* attributes have become values */
        if (*group == FIELD_USER_DATA)
            *name = slashed(a, *name);
        else if (o->dialect == OBJECT || (o->dialect == SYSTEM && str_eq(*name, STR("Data"))))
            *name = STR(""); /* values without names */
        return true;
    }
    return false;
}

/* What is neither System nor data. Parts of System that are not read have one name in all forms of
 * a record, and an empty one says nothing. */
static void add_other(const struct object *o, const struct leaf *l, struct batch *out)
{
    bool own = o->dialect == SYSTEM && str_starts(l->path, STR("System."));
    struct value v = l->value;
    uint64_t n;

    if (own && value_is_blank(v))
        return;
    if (l->is_number && str_to_u64(text_of(l), &n))
        v = value_number(&out->arena, n);
    batch_field(out, FIELD_OWN, own ? l->path : joined(&out->arena, STR("export"), l->path), v);
}

/* "Data": {"Name": "Address", "Value": "10.1.2.3"}: how some write the only Data of a record. */
static bool is_single_data(const struct object *o, size_t i)
{
    return o->dialect == SYSTEM && i + 1 < o->count &&
           str_eq(o->leaves[i].path, STR("EventData.Data.Name")) &&
           str_eq(o->leaves[i + 1].path, STR("EventData.Data.Value"));
}

/* Every value that is no part of System becomes a field. Returns a hash of the data in which
 * their order does not count: collectors sort them as they like. */
static uint64_t add_fields(struct object *o, struct batch *out)
{
    enum field_group group;
    uint64_t hash = 0;
    str name;

    for (size_t i = 0; i < o->count; i++) {
        struct leaf *l = &o->leaves[i];
        bool single = is_single_data(o, i);
        if (l == o->part[MESSAGE]) {
            batch_field(out, FIELD_OWN, STR("rendering.message"), l->value);
        } else if (!l->used && (single || is_data(o, l, &out->arena, &group, &name))) {
            if (single) {
                group = FIELD_EVENT_DATA;
                name = text_of(l);
                l = &o->leaves[++i];
            }
            batch_field(out, group, name, l->value);
            hash += (name_id(name) | 1) * (name_id(text_of(l)) + 1);
        } else if (!l->used) {
            add_other(o, l, out);
        }
    }
    return hash;
}

/* Copies of a record agree in these, however they were exported as JSON; some dialects cut the
 * time to a second. A record without a number is told by its text. */
static void set_uid(struct event *e, const struct windows_record *r, str text, uint64_t data,
                    const struct input *in)
{
    const str parts[] = {r->provider, r->channel, r->computer};
    uint64_t record = 0;
    char lower[256];

    value_u64(r->system[SYSTEM_RECORD_ID], &record);
    uint64_t content[7] = {r->code, record, (uint64_t)(e->time_ns / NS_PER_S), data};
    if (!record) {
        event_uid_line(e, in->source->system, in->source->family, text);
        return;
    }
    for (size_t i = 0; i < array_len(parts); i++) {
        str part = str_head(parts[i], sizeof lower);
        for (size_t k = 0; k < part.len; k++)
            lower[k] = char_lower(part.p[k]);
        content[4 + i] = name_id((str){lower, part.len});
    }
    event_uid_content(e, content, sizeof content);
}

static void make_event(struct object *o, str text, uint64_t offset, const struct input *in,
                       struct batch *out)
{
    struct event *e = batch_begin(out, offset);
    struct windows_record r = {.memo = NULL};
    uint64_t record;

    fill_record(o, &r, &out->arena);
    r.rendered_by_exporter = true;
    set_time(o, e, in->hints);
    if (value_u64(r.system[SYSTEM_RECORD_ID], &record) && record)
        e->sequence = record;
    set_uid(e, &r, text, add_fields(o, out), in);
    windows_describe(out, &r, in->hints && in->hints->messages);
    if (!e->host)
        text_set_host(out, STR(""));
    if (e->outcome == OUTCOME_UNKNOWN && o->part[OUTCOME]) {
        enum outcome outcome;
        if (outcome_of(text_of(o->part[OUTCOME]), &outcome))
            e->outcome = (uint8_t)outcome;
    }
    if (!utf8_valid(text))
        e->flags |= EVENT_TEXT_REPAIRED;
    batch_commit(out);
}

/* ---- objects in a text ---- */

/* A line that may begin an object: one a line, or laid out over several with few blanks in front
 * (what is nested stands further in). */
static bool starts(str line)
{
    size_t n = 0;

    while (n < line.len && n < INDENT_MAX && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return n < line.len && (line.p[n] == '{' || line.p[n] == '[' || line.p[n] == ',');
}

/* Passes over what stands between objects; false at the end. */
static bool find_object(str *rest)
{
    str_take(rest, STR("\xef\xbb\xbf"));
    while (rest->len && (char_is_space(rest->p[0]) || rest->p[0] == '[' || rest->p[0] == ']' ||
                         rest->p[0] == ','))
        *rest = str_skip(*rest, 1);
    return rest->len > 0;
}

/* Reads the object in front and moves behind it; behind a broken one to the next line that may
 * begin one. */
static bool take_object(str *rest, struct arena *a, struct object *o, str *text)
{
    struct json_in json;
    str line;

    *o = (struct object){.count = 0};
    json_open(&json, str_head(*rest, OBJECT_MAX), a);
    if (rest->p[0] != '{')
        o->why = "not an object";
    bool good = !o->why && read_event(&json, o);
    if (json.depth == 0 && !json.error && rest->p[0] == '{') {
        *text = str_head(*rest, (size_t)(json.rest.p - rest->p));
        *rest = str_skip(*rest, text->len);
        return good;
    }
    str from = *rest;
    str_take_line(rest, &line);
    for (str ahead = *rest; str_take_line(&ahead, &line) && !starts(line);)
        *rest = ahead;
    *text = str_head(from, from.len - rest->len);
    return false;
}

static void probe_part(str part, unsigned *good, unsigned *bad)
{
    struct arena a = {.held = 0};
    struct object o;
    str text;

    for (unsigned n = 0; n < PROBED && find_object(&part); n++) {
        bool is_event = take_object(&part, &a, &o, &text);
        if (!is_event && str_starts(str_of(o.why), STR("unfinished")))
            break; /* the sample ends here */
        *good += is_event;
        *bad += !is_event;
    }
    arena_free(&a);
}

static int probe(const struct sample *s)
{
    str parts[] = {s->head, s->middle, s->end}, line;
    unsigned good = 0, bad = 0;
    str head = s->head;

    str_take(&head, STR("\xef\xbb\xbf"));
    head = str_trim(head);
    if (!head.len || (head.p[0] != '{' && head.p[0] != '['))
        return 0;
    for (size_t i = 0; i < array_len(parts); i++) {
        for (str ahead = parts[i]; i && str_take_line(&ahead, &line);) {
            parts[i] = ahead; /* the sample begins inside of a line, perhaps of an object */
            if (starts(ahead))
                break;
        }
        probe_part(parts[i], &good, &bad);
    }
    return good ? (int)(100 * good / (good + bad)) : 0;
}

static void parse(const struct input *in, struct batch *out)
{
    str rest = in->bytes, text;
    struct object o;

    while (find_object(&rest)) {
        uint64_t offset = in->offset + (in->bytes.len - rest.len);
        if (take_object(&rest, &out->arena, &o, &text))
            make_event(&o, text, offset, in, out);
        else
            batch_damaged(out, offset, "%s: %llu bytes: %.*s", o.why,
                          (unsigned long long)text.len, PSTR(str_head(text, 80)));
    }
    if (in->cut_line)
        batch_damaged(out, in->offset + in->bytes.len, "a line of %llu bytes, longer than is read",
                      (unsigned long long)in->cut_line);
    if (in->bytes.len && !out->count && !out->damaged)
        out->skipped++; /* blank, or brackets alone */
}

const struct parser parser_winjson = {
    .name = "winjson",
    .about = "Windows events exported as JSON: Winlogbeat, NXLog, evtx_dump, Get-WinEvent",
    .reads = READS_LINES,
    .numbers = NUMBERS_SELECTION,
    .longest_line = LONGEST,
    .example = "{\"EventTime\":\"2024-10-02T14:22:07.411+09:00\","
               "\"Hostname\":\"FS01.acme.example\","
               "\"Keywords\":-9214364837600034816,\"EventID\":4624,\"SourceName\":"
               "\"Microsoft-Windows-Security-Auditing\",\"RecordNumber\":1204,\"ProcessID\":744,"
               "\"ThreadID\":2352,\"Channel\":\"Security\",\"TargetUserName\":\"k.ito\","
               "\"TargetDomainName\":\"ACME\",\"TargetLogonId\":\"0x51e0\",\"LogonType\":\"3\","
               "\"IpAddress\":\"10.0.5.3\",\"IpPort\":\"50123\"}\n",
    .probe = probe,
    .starts = starts,
    .parse = parse,
};
