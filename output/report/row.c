/* SPDX-License-Identifier: Apache-2.0
 *
 * A row of the attack timeline as a line of JSON. The account and the log are said as a person
 * would; phase, severity and technique are those of the gravest finding or hop that the event
 * belongs to. A field longer than TEXT_MAX is cut and told with its length: the page is for
 * reading, the whole is in events.jsonl. */
#include "core/json.h"
#include "output/report/page.h"

enum {
    TEXT_MAX = 16 * 1024, /* bytes of a field kept in the page */
    NAME_MAX_SHOWN = 1024,
    MARKS_SHOWN = 32,     /* of one kind on a row */
    PLACES_SHOWN = 64
};

#define NS_PER_MS INT64_C(1000000)
#define KEY(j, lit) json_key(j, STR(lit))

/* What the marks say of a row as a whole: the gravest of what it belongs to. */
struct verdict {
    uint8_t severity, phase;
    const char *technique;
};

static struct verdict judge_row(const struct result *r, const struct marked *m)
{
    struct verdict v = {.severity = m->event->severity};
    int by = -1; /* severity of the finding that gave phase and technique */

    for (size_t i = 0; i < m->mark_count; i++) {
        uint32_t index = m->marks[i].index;

        if (m->marks[i].type == MARK_FINDING && index < r->finding_count) {
            const struct finding *f = &r->findings[index];

            if (f->severity > v.severity)
                v.severity = (uint8_t)f->severity;
            if ((int)f->severity > by && f->phase != PHASE_NONE) {
                by = (int)f->severity;
                v.phase = (uint8_t)f->phase;
                v.technique = f->techniques[0];
            }
        } else if (m->marks[i].type == MARK_EDGE && index < r->edge_count) {
            const struct edge *e = &r->edges[index];

            if (e->hostile && e->severity > v.severity)
                v.severity = (uint8_t)e->severity;
            if ((e->hostile || e->hop) && v.phase == PHASE_NONE) {
                v.phase = PHASE_MOVEMENT;
                v.technique = e->technique;
            }
        }
    }
    return v;
}

/* The start of a text that fits, without half a character at its end. */
static str head_of(str s, size_t n)
{
    if (s.len <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return str_head(s, n);
}

static str name_of(const struct marked *m, uint64_t name)
{
    return head_of(names_text(m->names, name), NAME_MAX_SHOWN);
}

/* The account that a person would name: who logged on, else who acted, else who was acted on. */
static str row_account(const struct marked *m)
{
    const struct event *e = m->event;
    bool logon = str_eq(str_of(kind_category((enum kind)e->kind)), STR("authentication"));
    str actor = name_of(m, e->actor.user), target = name_of(m, e->target.user);
    str first = logon ? target : actor;

    return first.len && !str_eq(first, STR("-")) ? first : logon ? actor : target;
}

/* "Security 4624", "LocalSessionManager 21", "SMBServer/Security 551", "sshd". */
static void put_log(struct json_out *j, const struct marked *m)
{
    const struct event *e = m->event;
    str log = name_of(m, e->channel ? e->channel : e->provider);
    struct buf text = {0};

    if (str_ends(log, STR("/Operational")))
        log.len -= 12;
    if (str_starts(log, STR("Microsoft-Windows-")))
        log = str_skip(log, str_rfind_char(log, '-') + 1);
    buf_str(&text, log);
    if (e->code)
        buf_printf(&text, "%s%u", log.len ? " " : "", e->code);
    json_str(j, buf_view(&text));
    buf_free(&text);
}

static void put_marks(struct json_out *j, const struct marked *m, enum mark_type type)
{
    size_t shown = 0;

    json_array(j);
    for (size_t i = 0; i < m->mark_count && shown < MARKS_SHOWN; i++) {
        if (m->marks[i].type != type)
            continue;
        json_u64(j, m->marks[i].index);
        if (type == MARK_EDGE)
            json_u64(j, m->marks[i].side);
        shown++;
    }
    json_array_end(j);
}

static str text_of(struct value v, struct buf *scratch)
{
    scratch->len = 0;
    value_text(v, scratch);
    return buf_view(scratch);
}

static void put_summary(struct json_out *j, const struct case_view *c, const struct marked *m)
{
    const struct event *e = m->event;
    struct verdict v = judge_row(c->result, m);
    int64_t ms = e->time_ns / NS_PER_MS - (e->time_ns % NS_PER_MS < 0);
    struct buf scratch = {0};

    json_array(j);
    if (e->time_ns == TIME_UNKNOWN)
        json_null(j);
    else
        json_i64(j, ms);
    json_i64(j, e->time_ns == TIME_UNKNOWN ? 0 : e->time_ns - ms * NS_PER_MS);
    json_u64(j, e->precision);
    json_str(j, head_of(identity_host_name(c->identity, e->host, names_text(m->names, e->host)),
                        NAME_MAX_SHOWN));
    json_str(j, row_account(m));
    json_u64(j, v.severity);
    json_u64(j, v.phase);
    json_u64(j, e->kind);
    json_str(j, head_of(text_of(event_field(e, STR("message")), &scratch), TEXT_MAX));
    put_log(j, m);
    json_str(j, str_of(v.technique));
    json_u64(j, e->flags & 0xffffffU);
    put_marks(j, m, MARK_EDGE);
    put_marks(j, m, MARK_SESSION);
    put_marks(j, m, MARK_FINDING);
    json_u64(j, m->ordinal);
    json_u64(j, e->outcome);
    json_u64(j, e->bytes_out);
    json_array_end(j);
    buf_free(&scratch);
}

static void put_name(struct json_out *j, const struct marked *m, const char *key, uint64_t name)
{
    json_pair_opt(j, str_of(key), name_of(m, name));
}

static void put_party(struct json_out *j, const struct marked *m, const char *key,
                      const struct party *p)
{
    if (!p->user && !p->sid && !p->logon)
        return;
    json_key(j, str_of(key));
    json_array(j);
    json_str(j, name_of(m, p->user));
    json_str(j, name_of(m, p->domain));
    json_str(j, name_of(m, p->sid));
    json_array_end(j);
}

static void put_endpoint(struct json_out *j, const struct marked *m, const char *key,
                         const struct endpoint *end, uint16_t port)
{
    struct buf text = {0};

    if (!end->host && addr_is_none(&end->addr))
        return;
    if (!addr_is_none(&end->addr))
        addr_text(&end->addr, &text);
    json_key(j, str_of(key));
    json_array(j);
    json_str(j, name_of(m, end->host));
    json_str(j, buf_view(&text));
    json_u64(j, port);
    json_array_end(j);
    buf_free(&text);
}

static void put_fields(struct json_out *j, const struct event *e)
{
    struct buf scratch = {0};

    KEY(j, "fields"); /* name, value, and when it was cut its length */
    json_array(j);
    for (size_t i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        str text = text_of(field_value(f), &scratch);

        json_array(j);
        json_str(j, head_of((str){f->name, f->name_len}, NAME_MAX_SHOWN));
        json_str(j, head_of(text, TEXT_MAX));
        if (text.len > TEXT_MAX)
            json_u64(j, text.len);
        json_array_end(j);
    }
    json_array_end(j);
    buf_free(&scratch);
}

static void put_detail(struct json_out *j, const struct marked *m)
{
    const struct event *e = m->event;
    struct buf uid = {0};

    buf_printf(&uid, "%016llx%016llx", (unsigned long long)e->uid.hi,
               (unsigned long long)e->uid.lo);
    json_object(j);
    json_pair(j, STR("uid"), buf_view(&uid));
    buf_free(&uid);
    put_name(j, m, "system", e->system);
    put_name(j, m, "host", e->host);
    put_name(j, m, "provider", e->provider);
    put_name(j, m, "channel", e->channel);
    put_name(j, m, "program", e->program);
    put_party(j, m, "actor", &e->actor);
    put_party(j, m, "target", &e->target);
    put_endpoint(j, m, "source", &e->src, e->src_port);
    put_endpoint(j, m, "destination", &e->dst, e->dst_port);
    if (e->bytes_out || e->bytes_in) {
        json_pair_u64(j, STR("bytes_out"), e->bytes_out);
        json_pair_u64(j, STR("bytes_in"), e->bytes_in);
    }
    json_pair_u64(j, STR("sequence"), e->sequence);
    KEY(j, "places"); /* pairs of source and offset */
    json_array(j);
    for (size_t i = 0; i < m->place_count && i < PLACES_SHOWN; i++) {
        json_u64(j, m->places[i].source);
        json_u64(j, m->places[i].offset);
    }
    json_array_end(j);
    json_pair_u64(j, STR("place_total"), m->place_count);
    put_fields(j, e);
    json_object_end(j);
}

void row_json(struct buf *out, const struct case_view *c, const struct marked *m)
{
    struct json_out summary = {.buf = out}, detail = {.buf = out};

    put_summary(&summary, c, m);
    buf_char(out, '\t');
    put_detail(&detail, m);
}

void json_for_html(struct buf *out, size_t from)
{
    size_t found = 0, to;

    for (size_t i = from; i < out->len; i++)
        found += out->p[i] == '<';
    if (!found)
        return;
    buf_reserve(out, found * 5);
    to = out->len + found * 5;
    for (size_t i = out->len; i-- > from;) {
        if (out->p[i] == '<')
            memcpy(out->p + (to -= 6), "\\u003c", 6);
        else
            out->p[--to] = out->p[i];
    }
    out->len += found * 5;
}
