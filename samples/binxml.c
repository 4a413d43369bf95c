/* SPDX-License-Identifier: Apache-2.0
 *
 * Records in binary XML. Each provider has one template for System and each kind of event one for
 * its EventData or UserData, defined where a chunk first needs them and referred to by offset
 * afterwards.
 *
 * Format: [MS-EVEN6] 2.2.12 for the tokens; libevtx, "Windows XML Event Log (EVTX)", for how they
 * lie in a chunk. */
#include "samples/chunk.h"

#include <assert.h>

enum token {
    END_OF_STREAM = 0x00,
    OPEN_ELEMENT = 0x01,
    CLOSE_START = 0x02,
    CLOSE_EMPTY = 0x03,
    END_ELEMENT = 0x04,
    VALUE_TEXT = 0x05,
    ATTRIBUTE = 0x06,
    TEMPLATE_INSTANCE = 0x0c,
    SUBSTITUTION = 0x0d,
    OPTIONAL_SUBSTITUTION = 0x0e,
    FRAGMENT = 0x0f,
    MORE = 0x40 /* attributes follow */
};

enum value_type {
    VALUE_NULL = 0x00,
    VALUE_STRING = 0x01,
    VALUE_UINT8 = 0x04,
    VALUE_UINT16 = 0x06,
    VALUE_UINT32 = 0x08,
    VALUE_UINT64 = 0x0a,
    VALUE_BOOL = 0x0d,
    VALUE_BINARY = 0x0e,
    VALUE_GUID = 0x0f,
    VALUE_FILETIME = 0x11,
    VALUE_SID = 0x13,
    VALUE_HEX32 = 0x14,
    VALUE_HEX64 = 0x15,
    VALUE_XML = 0x21
};

static const struct {
    char letter;
    uint8_t type, size; /* size 0: as long as the value */
} value_types[] = {
    {'s', VALUE_STRING, 0}, {'1', VALUE_UINT8, 1},   {'2', VALUE_UINT16, 2}, {'4', VALUE_UINT32, 4},
    {'8', VALUE_UINT64, 8}, {'B', VALUE_BOOL, 4},    {'b', VALUE_BINARY, 0}, {'G', VALUE_GUID, 16},
    {'S', VALUE_SID, 0},    {'x', VALUE_HEX32, 4},   {'X', VALUE_HEX64, 8},
};

/* The substitutions of every System template, in the order Windows numbers them. */
enum {
    SYS_LEVEL, SYS_OPCODE, SYS_TASK, SYS_ID, SYS_QUALIFIERS, SYS_KEYWORDS, SYS_TIME, SYS_ACTIVITY,
    SYS_PID, SYS_TID, SYS_RECORD, SYS_VERSION, SYS_USER, SYS_PAYLOAD, SYS_VALUES
};

struct value {
    uint8_t type;
    struct bytes data;
};

uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

void store(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void put_raw(struct chunk *c, const void *data, size_t len)
{
    if (len > CHUNK_ROOM - c->used) {
        c->full = true;
        return;
    }
    if (len)
        memcpy(c->at + c->used, data, len);
    c->used += len;
}

static void put(struct chunk *c, uint64_t value, size_t size)
{
    uint8_t little[8];
    store(little, value, size);
    put_raw(c, little, size);
}

static void patch(struct chunk *c, size_t offset, uint64_t value, size_t size)
{
    if (!c->full)
        store(c->at + offset, value, size);
}

/* Texts of templates are ASCII; values are UTF-8 of at most three bytes a character. */
static void bytes_add_utf16(struct bytes *b, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint8_t lead = (uint8_t)text[i];
        size_t more = lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        uint32_t point = more == 2 ? lead & 0x0fu : more == 1 ? lead & 0x1fu : lead;
        for (i++; more > 0 && i < len; more--, i++)
            point = point << 6 | ((uint8_t)text[i] & 0x3fu);
        bytes_add(b, (uint8_t[]){(uint8_t)point, (uint8_t)(point >> 8)}, 2);
    }
}

static void put_ascii16(struct chunk *c, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put(c, (uint8_t)text[i], 2);
}

/* A name stands where it is first used; its place is remembered in the string table. */
static void put_name_len(struct chunk *c, const char *text, size_t len)
{
    for (size_t i = 0; i < c->name_count; i++) {
        if (c->names[i].len == len && memcmp(c->names[i].text, text, len) == 0) {
            put(c, c->names[i].offset, 4);
            return;
        }
    }
    assert(c->name_count < NAMES_MAX);
    uint32_t offset = (uint32_t)c->used + 4, hash = 0;
    for (size_t i = 0; i < len; i++)
        hash = hash * 65599 + (uint8_t)text[i];
    c->names[c->name_count++] = (struct name_at){text, len, offset};
    uint8_t *bucket = c->at + STRING_TABLE + 4 * ((hash & 0xffff) % 64);
    put(c, offset, 4);
    put_raw(c, bucket, 4);
    put(c, hash & 0xffff, 2);
    put(c, len, 2);
    put_ascii16(c, text, len);
    put(c, 0, 2);
    store(bucket, offset, 4);
}

static void put_name(struct chunk *c, const char *text)
{
    put_name_len(c, text, strlen(text));
}

static void put_text(struct chunk *c, const char *text, size_t len)
{
    put(c, VALUE_TEXT, 1);
    put(c, VALUE_STRING, 1);
    put(c, len, 2);
    put_ascii16(c, text, len);
}

static void put_substitution(struct chunk *c, enum token token, unsigned index, uint8_t type)
{
    put(c, token, 1);
    put(c, index, 2);
    put(c, type, 1);
}

/* Opens an element and returns where its size is patched by element_end. */
static size_t element_open(struct chunk *c, const char *name, size_t len, bool attributes)
{
    put(c, OPEN_ELEMENT | (attributes ? MORE : 0), 1);
    put(c, 0xffff, 2); /* depends on no substitution */
    size_t size_at = c->used;
    put(c, 0, 4);
    put_name_len(c, name, len);
    return size_at;
}

static void size_end(struct chunk *c, size_t size_at)
{
    patch(c, size_at, c->used - size_at - 4, 4);
}

static void element_end(struct chunk *c, size_t size_at)
{
    put(c, END_ELEMENT, 1);
    size_end(c, size_at);
}

struct attribute {
    const char *name, *text; /* text NULL: a substitution */
    unsigned index;
    uint8_t type;
};

static void put_attributes(struct chunk *c, const struct attribute *list, size_t count)
{
    size_t size_at = c->used;
    put(c, 0, 4);
    for (size_t i = 0; i < count; i++) {
        put(c, ATTRIBUTE | (i + 1 < count ? MORE : 0), 1);
        put_name(c, list[i].name);
        if (list[i].text)
            put_text(c, list[i].text, strlen(list[i].text));
        else
            put_substitution(c, OPTIONAL_SUBSTITUTION, list[i].index, list[i].type);
    }
    size_end(c, size_at);
}

/* <name a=.. b=../> */
static void put_empty(struct chunk *c, const char *name, const struct attribute *list, size_t count)
{
    size_t size_at = element_open(c, name, strlen(name), true);
    put_attributes(c, list, count);
    put(c, CLOSE_EMPTY, 1);
    size_end(c, size_at);
}

/* <name>substitution</name> */
static void put_value_element(struct chunk *c, const char *name, unsigned index, uint8_t type)
{
    size_t size_at = element_open(c, name, strlen(name), false);
    put(c, CLOSE_START, 1);
    put_substitution(c, OPTIONAL_SUBSTITUTION, index, type);
    element_end(c, size_at);
}

static void put_text_element(struct chunk *c, const char *name, const char *text)
{
    size_t size_at = element_open(c, name, strlen(name), false);
    put(c, CLOSE_START, 1);
    put_text(c, text, strlen(text));
    element_end(c, size_at);
}

static void put_system(struct chunk *c, const struct schema *s, const struct host *host)
{
    const struct provider *p = s->provider;
    struct attribute provider[3] = {{"Name", p->name, 0, 0}, {"Guid", p->guid, 0, 0},
                                    {"EventSourceName", p->source, 0, 0}};
    size_t system = element_open(c, "System", 6, false);
    put(c, CLOSE_START, 1);
    put_empty(c, "Provider", provider, p->source ? 3 : 2);
    size_t id = element_open(c, "EventID", 7, true);
    put_attributes(c, &(struct attribute){"Qualifiers", NULL, SYS_QUALIFIERS, VALUE_UINT16}, 1);
    put(c, CLOSE_START, 1);
    put_substitution(c, OPTIONAL_SUBSTITUTION, SYS_ID, VALUE_UINT16);
    element_end(c, id);
    put_value_element(c, "Version", SYS_VERSION, VALUE_UINT8);
    put_value_element(c, "Level", SYS_LEVEL, VALUE_UINT8);
    put_value_element(c, "Task", SYS_TASK, VALUE_UINT16);
    put_value_element(c, "Opcode", SYS_OPCODE, VALUE_UINT8);
    put_value_element(c, "Keywords", SYS_KEYWORDS, VALUE_HEX64);
    put_empty(c, "TimeCreated",
              &(struct attribute){"SystemTime", NULL, SYS_TIME, VALUE_FILETIME}, 1);
    put_value_element(c, "EventRecordID", SYS_RECORD, VALUE_UINT64);
    put_empty(c, "Correlation",
              &(struct attribute){"ActivityID", NULL, SYS_ACTIVITY, VALUE_GUID}, 1);
    struct attribute execution[2] = {{"ProcessID", NULL, SYS_PID, VALUE_UINT32},
                                     {"ThreadID", NULL, SYS_TID, VALUE_UINT32}};
    put_empty(c, "Execution", execution, 2);
    put_text_element(c, "Channel", p->channel);
    put_text_element(c, "Computer", host->fqdn);
    put_empty(c, "Security", &(struct attribute){"UserID", NULL, SYS_USER, VALUE_SID}, 1);
    element_end(c, system);
}

static void put_event_template(struct chunk *c, const struct schema *s, const struct host *host)
{
    size_t event = element_open(c, "Event", 5, true);
    put_attributes(c, &(struct attribute){
        "xmlns", "http://schemas.microsoft.com/win/2004/08/events/event", 0, 0}, 1);
    put(c, CLOSE_START, 1);
    put_system(c, s, host);
    put_substitution(c, OPTIONAL_SUBSTITUTION, SYS_PAYLOAD, VALUE_XML);
    element_end(c, event);
}

static size_t type_index(char letter)
{
    size_t i = 0;
    while (value_types[i].letter != letter)
        assert(++i < sizeof value_types / sizeof *value_types);
    return i;
}

/* The next "Name:type" of a schema's fields, or false behind the last. */
static bool next_field(const char **at, const char **name, size_t *len, size_t *type)
{
    if (**at == '\0')
        return false;
    *name = *at;
    *len = strcspn(*at, ":");
    *type = type_index((*at)[*len + 1]);
    *at += *len + 2;
    *at += **at == ',';
    return true;
}

static void put_fields(struct chunk *c, const struct schema *s)
{
    const char *at = s->fields, *name;
    size_t len, type;
    for (unsigned i = 0; next_field(&at, &name, &len, &type); i++) {
        bool data = !s->container && value_types[type].letter != 'b';
        size_t size_at = element_open(c, data ? "Data" : name, data ? 4 : len, data);
        if (data) {
            size_t list_at = c->used;
            put(c, 0, 4);
            put(c, ATTRIBUTE, 1);
            put_name(c, "Name");
            put_text(c, name, len);
            size_end(c, list_at);
        }
        put(c, CLOSE_START, 1);
        put_substitution(c, SUBSTITUTION, i, value_types[type].type);
        element_end(c, size_at);
    }
}

/* EventData, or UserData with one element of its own namespace inside. */
static void put_payload_template(struct chunk *c, const struct schema *s)
{
    size_t outer = element_open(c, s->container ? "UserData" : "EventData", s->container ? 8 : 9,
                                false);
    put(c, CLOSE_START, 1);
    if (s->container) {
        size_t len = strcspn(s->container, " ");
        size_t inner = element_open(c, s->container, len, true);
        put_attributes(c, &(struct attribute){"xmlns", s->container + len + 1, 0, 0}, 1);
        put(c, CLOSE_START, 1);
        put_fields(c, s);
        element_end(c, inner);
    } else
        put_fields(c, s);
    element_end(c, outer);
}

static void put_fragment(struct chunk *c)
{
    put_raw(c, (uint8_t[]){FRAGMENT, 1, 1, 0}, 4);
}

/* Token, id and place of a template; its definition stands here when the chunk has none yet.
 * `key` tells the templates apart, `host` is NULL for a payload. */
static void put_template(struct chunk *c, const void *key, const struct schema *s,
                         const struct host *host)
{
    put(c, TEMPLATE_INSTANCE, 1);
    put(c, 1, 1);
    for (size_t i = 0; i < c->template_count; i++) {
        if (c->templates[i].key == key) {
            put(c, c->templates[i].id, 4);
            put(c, c->templates[i].offset, 4);
            return;
        }
    }
    const struct provider *p = s->provider;
    uint64_t low = hash_text(hash_text(0xcbf29ce484222325u, p->name), host ? "" : s->fields);
    uint64_t high = hash_text(low + s->id, p->channel);
    uint32_t offset = (uint32_t)c->used + 8, id = (uint32_t)low;
    uint8_t *bucket = c->at + TEMPLATE_TABLE + 4 * (id % 32);
    assert(c->template_count < TEMPLATES_MAX);
    c->templates[c->template_count++] = (struct template_at){key, offset, id};
    put(c, id, 4);
    put(c, offset, 4);
    put_raw(c, bucket, 4);
    put(c, low, 8);
    put(c, high, 8);
    size_t size_at = c->used;
    put(c, 0, 4);
    put_fragment(c);
    if (host)
        put_event_template(c, s, host);
    else
        put_payload_template(c, s);
    put(c, END_OF_STREAM, 1);
    size_end(c, size_at);
    store(bucket, offset, 4);
}

static void put_values(struct chunk *c, const struct value *values, size_t count)
{
    put(c, count, 4);
    for (size_t i = 0; i < count; i++) {
        put(c, values[i].data.len, 2);
        put(c, values[i].type, 2);
    }
    for (size_t i = 0; i < count; i++)
        put_raw(c, values[i].data.at, values[i].data.len);
}

static void value_number(struct value *v, uint8_t type, uint64_t number, size_t size)
{
    uint8_t little[8];
    store(little, number, size);
    v->type = type;
    bytes_add(&v->data, little, size);
}

static unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* "{aabbccdd-eeff-...}": the first three groups are stored as little-endian numbers. */
static void value_guid(struct value *v, const char *text)
{
    static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t guid[16] = {0};
    size_t n = 0;
    for (const char *at = text; *at && n < 16; at++) {
        if (*at == '{' || *at == '-')
            continue;
        guid[place[n++]] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
        at++;
    }
    v->type = VALUE_GUID;
    bytes_add(&v->data, guid, 16);
}

/* "S-1-5-21-...": revision, count, authority (big-endian), sub-authorities. */
static void value_sid(struct value *v, const char *text)
{
    uint8_t sid[8 + 4 * 15] = {1};
    char *end;
    sid[7] = (uint8_t)strtoul(text + 4, &end, 10);
    while (*end == '-' && sid[1] < 15) {
        store(sid + 8 + 4 * sid[1], strtoul(end + 1, &end, 10), 4);
        sid[1]++;
    }
    v->type = VALUE_SID;
    bytes_add(&v->data, sid, 8u + 4u * sid[1]);
}

static void value_from_text(struct value *v, size_t type, const char *text, size_t len)
{
    char number[80];
    switch (value_types[type].letter) {
    case 's':
        v->type = VALUE_STRING;
        bytes_add_utf16(&v->data, text, len);
        return;
    case 'b':
        v->type = VALUE_BINARY;
        for (size_t i = 0; i + 1 < len; i += 2)
            bytes_add(&v->data,
                      (uint8_t[]){(uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]))}, 1);
        return;
    default:
        assert(len < sizeof number);
        memcpy(number, text, len);
        number[len] = '\0';
        if (value_types[type].letter == 'S')
            value_sid(v, number);
        else if (value_types[type].letter == 'G')
            value_guid(v, number);
        else
            value_number(v, value_types[type].type, strtoull(number, NULL, 0),
                         value_types[type].size);
    }
}

enum { FIELDS_MAX = 64 };

static size_t payload_values(struct value *values, const struct schema *s, const char *text)
{
    const char *at = s->fields, *name;
    size_t len, type, count = 0;
    while (next_field(&at, &name, &len, &type)) {
        assert(count < FIELDS_MAX);
        size_t end = strcspn(text, "|");
        value_from_text(&values[count++], type, text, end);
        text += end;
        if (*text == '|')
            text++;
    }
    if (*text) {
        fprintf(stderr, "incident: event %u has values left: %s\n", s->id, text);
        abort();
    }
    return count;
}

static uint64_t filetime(const struct record *r)
{
    return ((uint64_t)r->time_us + 11644473600000000u) * 10 + r->order % 10;
}

static void system_values(struct value v[SYS_VALUES], const struct schema *s,
                          const struct record *r, uint64_t record_id)
{
    value_number(&v[SYS_LEVEL], VALUE_UINT8, s->level, 1);
    value_number(&v[SYS_OPCODE], VALUE_UINT8, s->opcode, 1);
    value_number(&v[SYS_TASK], VALUE_UINT16, s->task, 2);
    value_number(&v[SYS_ID], VALUE_UINT16, s->id, 2);
    if (s->provider->source) /* a provider of the old kind: the upper half of its message number */
        value_number(&v[SYS_QUALIFIERS], VALUE_UINT16, 16384, 2);
    value_number(&v[SYS_KEYWORDS], VALUE_HEX64, s->keywords, 8);
    value_number(&v[SYS_TIME], VALUE_FILETIME, filetime(r), 8);
    if (r->activity)
        value_guid(&v[SYS_ACTIVITY], r->activity);
    value_number(&v[SYS_PID], VALUE_UINT32, r->pid, 4);
    value_number(&v[SYS_TID], VALUE_UINT32, r->tid, 4);
    value_number(&v[SYS_RECORD], VALUE_UINT64, record_id, 8);
    value_number(&v[SYS_VERSION], VALUE_UINT8, s->version, 1);
    if (r->user_sid)
        value_sid(&v[SYS_USER], r->user_sid);
}

/* The payload is itself binary XML and a value of the outer template; as its definition may stand
 * inside, its length is known only afterwards. */
void put_record(struct chunk *c, const struct record *r, uint64_t record_id)
{
    const struct schema *s = &schemas[r->event];
    struct value system[SYS_VALUES] = {{0}}, fields[FIELDS_MAX] = {{0}};
    size_t start = c->used, count = payload_values(fields, s, r->values);
    put(c, 0x2a2a, 4);
    put(c, 0, 4);
    put(c, record_id, 8);
    put(c, filetime(r), 8);
    put_fragment(c);
    put_template(c, s->provider, s, &hosts[r->host]);
    system_values(system, s, r, record_id);
    system[SYS_PAYLOAD].type = VALUE_XML;
    size_t descriptor = c->used + 4 + 4 * SYS_PAYLOAD;
    put_values(c, system, SYS_VALUES);
    size_t payload = c->used;
    put_fragment(c);
    put_template(c, s, s, NULL);
    put_values(c, fields, count);
    put(c, END_OF_STREAM, 1);
    patch(c, descriptor, c->used - payload, 2);
    put(c, END_OF_STREAM, 1);
    put(c, 0, (8 - (c->used - start + 4) % 8) % 8);
    put(c, c->used + 4 - start, 4);
    patch(c, start + 4, c->used - start, 4);
    c->last_record = start;
    for (size_t i = 0; i < SYS_VALUES; i++)
        forge_drop(system[i].data.at);
    for (size_t i = 0; i < count; i++)
        forge_drop(fields[i].data.at);
}

