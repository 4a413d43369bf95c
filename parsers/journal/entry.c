/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry of the journal as an event. */
#include "parsers/journal/journal.h"

#include "parsers/syslog/payload.h"
#include "parsers/text.h"

bool journal_is_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!(name.p[i] >= 'A' && name.p[i] <= 'Z') && !char_is_digit(name.p[i]) &&
            name.p[i] != '_')
            return false;
    return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

str journal_full_name(struct arena *a, str name)
{
    const str prefix = STR("journal.");
    char *p = arena_bytes(a, prefix.len + name.len);

    memcpy(p, prefix.p, prefix.len);
    memcpy(p + prefix.len, name.p, name.len);
    return (str){p, prefix.len + name.len};
}

bool journal_add(struct journal_entry *e, struct arena *a, struct journal_field f)
{
    if (e->count == ENTRY_FIELDS_MAX)
        return false;
    e->fields = arena_grow(a, e->fields, &e->cap, e->count, sizeof *e->fields);
    e->cut |= f.value.len > FIELD_MAX_BYTES;
    f.value = str_head(f.value, FIELD_MAX_BYTES);
    e->fields[e->count++] = f;
    return true;
}

/* ---- stamps of the text forms ---- */

static bool take_id(str s, uint8_t id[16])
{
    uint64_t byte;

    if (s.len != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        str two = {s.p + 2 * i, 2};
        if (!str_take_hex(&two, &byte) || two.len)
            return false;
        id[i] = (uint8_t)byte;
    }
    return true;
}

static bool take_cursor(str s, struct journal_stamp *stamp)
{
    struct journal_stamp got = {0};
    unsigned seen = 0;

    while (s.len > 2) {
        size_t end = str_find_char(s, ';');
        char letter = s.p[0];
        str value = str_skip(str_head(s, end), 2), rest = value;
        uint64_t *number = letter == 'i'   ? &got.seqnum
                           : letter == 'm' ? &got.monotonic_us
                           : letter == 't' ? &got.realtime_us
                           : letter == 'x' ? &got.xor_hash
                                           : NULL;
        if (letter == 'b' ? !take_id(value, got.boot_id)
                          : number && (!str_take_hex(&rest, number) || rest.len))
            return false;
        seen += letter == 'b' || number;
        s = str_skip(s, end + 1);
    }
    if (seen == 5)
        *stamp = got;
    return seen == 5;
}

bool journal_take(struct journal_entry *e, struct arena *a, str name, str value)
{
    if (str_eq(name, STR("__CURSOR"))) {
        e->has_stamp = take_cursor(value, &e->stamp);
        if (e->has_stamp)
            return true;
    } else if (str_eq(name, STR("__REALTIME_TIMESTAMP"))) {
        uint64_t n;
        if (str_to_u64(value, &n)) {
            if (!e->has_stamp)
                e->stamp.realtime_us = n;
            return true;
        }
    }
    return journal_add(e, a, (struct journal_field){name, journal_full_name(a, name), value});
}

/* ---- the event ---- */

/* The fields that make the envelope; of several values the first counts. */
struct head {
    str identifier, comm, pid, syslog_pid, host, message, transport, message_id, source_time;
    str priority, facility, audit_type, audit_id;
};

static void read_head(const struct journal_entry *e, struct head *h)
{
    const struct {
        str name;
        str *to;
    } rows[] = {
        {STR("SYSLOG_IDENTIFIER"), &h->identifier}, {STR("_COMM"), &h->comm},
        {STR("_PID"), &h->pid},                     {STR("SYSLOG_PID"), &h->syslog_pid},
        {STR("_HOSTNAME"), &h->host},               {STR("MESSAGE"), &h->message},
        {STR("_TRANSPORT"), &h->transport},         {STR("MESSAGE_ID"), &h->message_id},
        {STR("PRIORITY"), &h->priority},            {STR("SYSLOG_FACILITY"), &h->facility},
        {STR("_SOURCE_REALTIME_TIMESTAMP"), &h->source_time},
        {STR("_AUDIT_TYPE_NAME"), &h->audit_type},  {STR("_AUDIT_ID"), &h->audit_id},
    };

    for (size_t k = 0; k < array_len(rows); k++)
        *rows[k].to = STR("");
    for (size_t i = 0; i < e->count; i++)
        for (size_t k = 0; k < array_len(rows); k++)
            if (rows[k].to->len == 0 && str_eq(e->fields[i].name, rows[k].name))
                *rows[k].to = e->fields[i].value;
}

/* journald takes the head off a record of the audit system and writes "TYPE BODY". */
static str audit_text(const struct head *h, struct arena *a)
{
    str body = h->message, type;
    uint64_t us;

    if (!h->audit_type.len || !str_to_u64(h->source_time, &us))
        return h->message;
    str_take_word(&body, &type);
    return arena_printf(a, "type=%.*s msg=audit(%llu.%03u:%.*s):%.*s", PSTR(h->audit_type),
                        (unsigned long long)(us / 1000000), (unsigned)(us / 1000 % 1000),
                        PSTR(h->audit_id), PSTR(body));
}

static struct syslog_line line_of(const struct head *h, struct arena *a)
{
    bool audit = str_eq(h->transport, STR("audit"));
    str message = audit ? audit_text(h, a) : h->message;
    struct syslog_line l = {
        .text = message,
        .host = h->host,
        .program = h->identifier.len ? h->identifier : audit ? STR("audit") : h->comm,
        .pid_text = h->pid.len ? h->pid : h->syslog_pid,
        .message = str_trim(message),
        .priority = -1,
        .tagged = true,
    };
    uint64_t level, facility;

    if (!str_to_u64(l.pid_text, &l.pid))
        l.pid = 0;
    if (str_to_u64(h->priority, &level) && level < 8 && str_to_u64(h->facility, &facility) &&
        facility < 24)
        l.priority = (int)(facility * 8 + level);
    if (l.program.len && l.program.p[0] == '/')
        l.program = str_basename(l.program);
    return l;
}

/* What systemd's own message ids say, where the words said nothing (sd-messages.h). */
static void judge_message_id(str id, struct event *e)
{
    static const struct {
        char id[33];
        enum kind kind;
    } ids[] = {
        {"f77379a8490b408bbe5f6940505a777b", KIND_LOG_SERVICE},   /* journal started */
        {"d93fb3c9c24d451a97cea615ce59c00b", KIND_LOG_SERVICE},   /* journal stopped */
        {"a596d6fe7bfa4994828e72309e95d61e", KIND_LOG_GAP},       /* messages suppressed */
        {"e9bf28e6e834481bb6f48f548ad13606", KIND_LOG_GAP},       /* messages missed */
        {"c7a787079b354eaaa9e77b371893cd27", KIND_TIME_CHANGED},
        {"b07a249cd024414a82dd00cd181378ff", KIND_SYSTEM_START},  /* startup finished */
        {"98268866d1d54a499c4e98921d93bc40", KIND_SYSTEM_STOP},   /* shutdown begins */
        {"8d45620c1a4348dbb17410da57c60c66", KIND_SESSION_OPEN},
        {"3354939424b4456d9802ca8333ed424a", KIND_SESSION_CLOSE},
        {"39f53479d3a045ac8e11786248231fbf", KIND_SERVICE_STATE}, /* unit started */
        {"9d1aaa27d60140bd96365438aad20286", KIND_SERVICE_STATE}, /* unit stopped */
        {"be02cf6855d2428ba40df7e9d022f03d", KIND_SERVICE_STATE}, /* unit failed */
        {"d9b373ed55a64feb8242e02dbe79a49c", KIND_SERVICE_STATE}, /* failure result */
    };

    for (size_t i = 0; i < array_len(ids) && e->kind == KIND_OTHER; i++)
        if (str_eq_nocase(id, str_of(ids[i].id)))
            e->kind = (uint16_t)ids[i].kind;
}

static void set_time(struct event *e, const struct journal_stamp *stamp, str source_time)
{
    uint64_t us = stamp->realtime_us;

    e->precision = PRECISION_US;
    if (us == 0 && !str_to_u64(source_time, &us))
        return;
    if (us > 0 && us < (uint64_t)(INT64_MAX / 1000))
        e->time_ns = (int64_t)us * 1000;
}

static void set_uid(struct event *e, const struct journal_entry *entry, str text,
                    const struct input *in)
{
    const struct journal_stamp *s = &entry->stamp;
    uint64_t content[5] = {s->realtime_us, s->monotonic_us, s->xor_hash};

    if (!entry->has_stamp) {
        event_uid_line(e, in->source->system, in->source->family, text);
        return;
    }
    memcpy(&content[3], s->boot_id, sizeof s->boot_id);
    event_uid_content(e, content, sizeof content);
    e->flags |= EVENT_LINE; /* one message twice within a microsecond: all of it is equal */
    if (s->seqnum)
        e->sequence = s->seqnum;
}

void journal_event(const struct journal_entry *entry, uint64_t offset, str text,
                   const struct input *in, struct batch *out)
{
    bool messages = in->hints && in->hints->messages;
    struct event *e = batch_begin(out, offset);
    struct head h;
    uint64_t level;

    read_head(entry, &h);
    struct syslog_line l = line_of(&h, &out->arena);
    set_time(e, &entry->stamp, h.source_time);
    set_uid(e, entry, text, in);
    e->provider = names_put(&out->names, l.program.len ? payload_provider(l.program)
                                                       : STR("journald"));
    text_set_host(out, h.host);
    if (entry->cut)
        e->flags |= EVENT_TEXT_CUT;
    payload_fields(&l, out);
    if (l.priority < 0 && str_to_u64(h.priority, &level) && level < 8)
        batch_text(out, FIELD_ECS, STR("log.syslog.severity.name"),
                   payload_severity((unsigned)level));
    payload_describe(payload_of(l.program), &l, out, messages);
    judge_message_id(h.message_id, e);
    for (size_t i = 0; i < entry->count; i++) {
        const struct journal_field *f = &entry->fields[i];
        if (entry->has_stamp && str_starts(f->name, STR("__")))
            continue; /* __MONOTONIC_TIMESTAMP, __SEQNUM: the stamp has them */
        if (!utf8_valid(f->value))
            e->flags |= EVENT_TEXT_REPAIRED;
        batch_field(out, FIELD_OWN, f->full, value_of(f->value));
    }
    batch_commit(out);
}
