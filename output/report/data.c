/* SPDX-License-Identifier: Apache-2.0
 *
 * The case and its rows as JSON for the script of the report. Times are milliseconds since 1970
 * UTC, which a number of JavaScript holds exactly; a row adds the nanoseconds within. Findings,
 * edges and sessions are named by their index in the result, as marks do. */
#include "core/json.h"
#include "core/time.h"
#include "output/report/page.h"

enum {
    BENIGN_MAX = 500,       /* harmless edges shown; the rest is counted */
    TEXT_MAX = 16 * 1024,   /* bytes of a field kept in the page */
    MARKS_SHOWN = 32,       /* of one kind on a row */
    DAYS_MAX = 40000        /* looked at for changes of the zone's offset */
};

#define NS_PER_MS INT64_C(1000000)
#define KEY(j, lit) json_key(j, STR(lit))

static int64_t floor_ms(int64_t ns)
{
    return ns / NS_PER_MS - (ns % NS_PER_MS < 0);
}

static void put_time(struct json_out *j, int64_t ns)
{
    if (ns == TIME_UNKNOWN)
        json_null(j);
    else
        json_i64(j, floor_ms(ns));
}

static void pair_time(struct json_out *j, const char *key, int64_t ns)
{
    json_key(j, str_of(key));
    put_time(j, ns);
}

static void pair_hosts(struct json_out *j, const struct case_view *c, const uint32_t *hosts, size_t n)
{
    KEY(j, "hosts");
    json_array(j);
    for (size_t i = 0; i < n && hosts[i] != IDENTITY_NONE; i++)
        json_str(j, c->identity->hosts[hosts[i]].name);
    json_array_end(j);
}

static void pair_accounts(struct json_out *j, const struct case_view *c, const uint32_t *accounts,
                          size_t n)
{
    KEY(j, "accounts");
    json_array(j);
    for (size_t i = 0; i < n && accounts[i] != IDENTITY_NONE; i++)
        json_str(j, c->identity->accounts[accounts[i]].name);
    json_array_end(j);
}

static void pair_strs(struct json_out *j, const char *key, const str *items, size_t n)
{
    json_key(j, str_of(key));
    json_array(j);
    for (size_t i = 0; i < n && items[i].len; i++)
        json_str(j, items[i]);
    json_array_end(j);
}

static void put_refs(struct json_out *j, const struct refs *refs)
{
    json_pair_u64(j, STR("records"), refs->total);
    KEY(j, "refs"); /* pairs of ordinal and side */
    json_array(j);
    for (size_t i = 0; i < refs->count; i++) {
        json_u64(j, refs->items[i].ordinal);
        json_u64(j, refs->items[i].side);
    }
    json_array_end(j);
}

static void put_addr(struct json_out *j, const char *key, const struct addr *addr)
{
    struct buf text = {0};

    if (addr_is_none(addr))
        return;
    addr_text(addr, &text);
    json_pair(j, str_of(key), buf_view(&text));
    buf_free(&text);
}

static void put_confidence(struct json_out *j, double confidence)
{
    KEY(j, "confidence");
    json_fixed2(j, confidence);
}

static void put_answers(struct json_out *j, const struct case_view *c)
{
    KEY(j, "answers");
    json_array(j);
    for (size_t i = 0; i < ANSWERS; i++) {
        const struct answer *a = &c->result->answers[i];

        json_object(j);
        json_pair(j, STR("key"), a->key);
        json_pair(j, STR("summary"), a->summary);
        json_pair(j, STR("unknown"), a->unknown);
        put_confidence(j, a->confidence);
        pair_time(j, "time", a->time_ns);
        pair_hosts(j, c, a->hosts, array_len(a->hosts));
        pair_accounts(j, c, a->accounts, array_len(a->accounts));
        put_refs(j, &a->events);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_finding(struct json_out *j, const struct case_view *c, const struct finding *f)
{
    json_object(j);
    json_pair(j, STR("id"), f->id);
    json_pair(j, STR("detector"), f->detector);
    json_pair(j, STR("title"), f->title);
    json_pair(j, STR("reason"), f->reason);
    KEY(j, "techniques");
    json_array(j);
    for (size_t i = 0; i < array_len(f->techniques) && f->techniques[i]; i++)
        json_str(j, str_of(f->techniques[i]));
    json_array_end(j);
    json_pair_u64(j, STR("severity"), f->severity);
    json_pair_u64(j, STR("phase"), f->phase);
    put_confidence(j, f->confidence);
    pair_time(j, "start", f->start_ns);
    pair_time(j, "end", f->end_ns);
    pair_hosts(j, c, f->hosts, array_len(f->hosts));
    pair_accounts(j, c, f->accounts, array_len(f->accounts));
    put_refs(j, &f->events);
    json_object_end(j);
}

static void put_edge(struct json_out *j, const struct edge *e, size_t index)
{
    json_object(j);
    json_pair_u64(j, STR("n"), index);
    json_pair(j, STR("id"), e->id);
    json_pair(j, STR("src"), e->src_name);
    json_pair(j, STR("dst"), e->dst_name);
    KEY(j, "known"); /* are the two ends hosts of the case? */
    json_u64(j, (e->src_host != IDENTITY_NONE) + 2U * (e->dst_host != IDENTITY_NONE));
    put_addr(j, "src_addr", &e->src_addr);
    put_addr(j, "dst_addr", &e->dst_addr);
    json_pair_u64(j, STR("src_port"), e->src_port);
    json_pair_u64(j, STR("dst_port"), e->dst_port);
    json_pair(j, STR("account"), e->account_name);
    json_pair(j, STR("technique"), str_of(e->technique));
    json_pair(j, STR("method"), str_of(e->method));
    pair_time(j, "start", e->start_ns);
    pair_time(j, "end", e->end_ns);
    put_confidence(j, e->confidence);
    json_pair(j, STR("ends"), str_of(e->ends));
    KEY(j, "score");
    json_i64(j, e->score);
    json_pair_u64(j, STR("severity"), e->severity);
    KEY(j, "hostile");
    json_bool(j, e->hostile);
    json_pair_u64(j, STR("hop"), e->hop);
    pair_strs(j, "reasons", e->reasons, array_len(e->reasons));
    pair_strs(j, "missing", e->missing, array_len(e->missing));
    KEY(j, "skew");
    if (e->skew_known)
        json_fixed2(j, e->skew_s);
    else
        json_null(j);
    put_refs(j, &e->events);
    json_object_end(j);
}

static void put_edges(struct json_out *j, const struct result *r)
{
    size_t benign = 0;

    KEY(j, "edges");
    json_array(j);
    for (size_t i = 0; i < r->edge_count; i++) {
        bool told = r->edges[i].hostile || r->edges[i].hop > 0;

        if (told || benign < BENIGN_MAX)
            put_edge(j, &r->edges[i], i);
        benign += !told;
    }
    json_array_end(j);
    json_pair_u64(j, STR("benign"), benign);
    KEY(j, "chain");
    json_array(j);
    for (size_t i = 0; i < r->chain_count; i++)
        json_u64(j, r->chain[i]);
    json_array_end(j);
}

static void put_session(struct json_out *j, const struct session *s, size_t index)
{
    json_object(j);
    json_pair_u64(j, STR("n"), index);
    json_pair(j, STR("id"), s->id);
    json_pair(j, STR("host"), s->host_name);
    json_pair(j, STR("account"), s->account_name);
    json_pair(j, STR("kind"), str_of(s->kind));
    json_pair(j, STR("source"), s->source);
    pair_time(j, "start", s->start_ns);
    pair_time(j, "end", s->end_ns);
    json_pair(j, STR("ended"), str_of(s->end_reason));
    KEY(j, "score");
    json_i64(j, s->score);
    json_pair_u64(j, STR("severity"), s->severity);
    pair_strs(j, "reasons", s->reasons, array_len(s->reasons));
    json_pair_u64(j, STR("records"), s->event_count);
    json_object_end(j);
}

static void put_sessions(struct json_out *j, const struct result *r)
{
    KEY(j, "sessions");
    json_array(j);
    for (size_t i = 0; i < r->session_count; i++) {
        if (r->sessions[i].hostile)
            put_session(j, &r->sessions[i], i);
    }
    json_array_end(j);
    json_pair_u64(j, STR("sessions_total"), r->session_count);
}

static void put_host(struct json_out *j, const struct host *h)
{
    json_object(j);
    json_pair(j, STR("name"), h->name);
    KEY(j, "collected");
    json_bool(j, h->collected);
    KEY(j, "dc");
    json_bool(j, h->is_dc);
    pair_time(j, "first", h->first_ns);
    pair_time(j, "last", h->last_ns);
    KEY(j, "addresses");
    json_array(j);
    for (size_t i = 0; i < h->address_count && i < 8; i++) {
        struct buf text = {0};

        addr_text(&h->addresses[i].addr, &text);
        json_str(j, buf_view(&text));
        buf_free(&text);
    }
    json_array_end(j);
    json_object_end(j);
}

static void put_conclusions(struct json_out *j, const struct case_view *c)
{
    const struct result *r = c->result;

    KEY(j, "exfil");
    json_object(j);
    json_pair_u64(j, STR("low"), r->exfil.low);
    json_pair_u64(j, STR("high"), r->exfil.high);
    json_pair(j, STR("destination"), r->exfil.destination);
    json_pair(j, STR("client"), r->exfil.client);
    json_object_end(j);
    KEY(j, "impact");
    json_array(j);
    for (size_t i = 0; i < r->impact_count; i++) {
        json_object(j);
        json_pair(j, STR("host"), r->impact[i].name);
        pair_time(j, "first", r->impact[i].first_ns);
        pair_time(j, "last", r->impact[i].last_ns);
        json_object_end(j);
    }
    json_array_end(j);
    KEY(j, "blind");
    json_array(j);
    for (size_t i = 0; i < r->blind_count; i++) {
        json_object(j);
        json_pair(j, STR("host"), r->blind[i].host);
        json_pair(j, STR("log"), r->blind[i].log);
        json_pair(j, STR("why"), r->blind[i].why);
        pair_time(j, "from", r->blind[i].from_ns);
        pair_time(j, "to", r->blind[i].to_ns);
        json_object_end(j);
    }
    json_array_end(j);
    pair_strs(j, "limits", r->limits, r->limit_count);
}

static void put_hex(struct json_out *j, const uint8_t *bytes, size_t n)
{
    struct buf text = {0};

    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%02x", bytes[i]);
    json_str(j, buf_view(&text));
    buf_free(&text);
}

static void put_notes(struct json_out *j, const struct source *s)
{
    KEY(j, "notes");
    json_array(j);
    for (size_t i = 0; i < s->note_count && i < 20; i++) {
        json_array(j);
        if (s->notes[i].placed)
            json_u64(j, s->notes[i].offset);
        else
            json_null(j);
        json_str(j, s->notes[i].text);
        json_array_end(j);
    }
    json_array_end(j);
    json_pair_u64(j, STR("note_total"), s->note_total);
}

static void put_source(struct json_out *j, const struct source *s)
{
    json_object(j);
    json_pair(j, STR("path"), s->path);
    json_pair(j, STR("system"), s->system);
    json_pair(j, STR("parser"), s->parser);
    json_pair_opt(j, STR("unread"), s->unread);
    json_pair_u64(j, STR("size"), s->size);
    if (s->hashed) {
        KEY(j, "sha256");
        put_hex(j, s->sha256, sizeof s->sha256);
    }
    KEY(j, "failed");
    json_bool(j, s->failed);
    json_pair_u64(j, STR("events"), s->events);
    json_pair_u64(j, STR("damaged"), s->damaged);
    json_pair_u64(j, STR("skipped"), s->skipped);
    pair_time(j, "first", s->first_ns);
    pair_time(j, "last", s->last_ns);
    json_pair_opt(j, STR("year"), s->year_inferred ? s->year_basis : STR(""));
    json_pair_opt(j, STR("zone"), s->zone_assumed ? s->zone_basis : STR(""));
    put_notes(j, s);
    json_object_end(j);
}

/* The instant inside (from, to] at which the zone takes the offset that it has at `to`. */
static int64_t zone_change(const struct zone *z, int64_t from, int64_t to)
{
    while (to - from > NS_PER_S) {
        int64_t middle = from + (to - from) / 2;

        if (zone_offset_ns(z, middle) == zone_offset_ns(z, to))
            to = middle;
        else
            from = middle;
    }
    return to - to % NS_PER_S;
}

static void put_zone_step(struct json_out *j, int64_t at_ns, int64_t offset_ns)
{
    json_array(j);
    json_i64(j, floor_ms(at_ns));
    json_i64(j, offset_ns / NS_PER_S);
    json_array_end(j);
}

/* The zone as steps of its offset, so that the page needs no zone database. */
static void put_zone(struct json_out *j, const struct case_view *c)
{
    const int64_t day = 86400 * NS_PER_S;
    int64_t at = c->first_ns == TIME_UNKNOWN ? 0 : c->first_ns;
    int64_t offset = zone_offset_ns(c->zone, at);

    KEY(j, "zone");
    json_object(j);
    json_pair(j, STR("name"), zone_name(c->zone));
    KEY(j, "steps");
    json_array(j);
    put_zone_step(j, at, offset);
    for (int i = 0; i < DAYS_MAX && c->last_ns != TIME_UNKNOWN && at < c->last_ns; i++, at += day) {
        int64_t next = zone_offset_ns(c->zone, at + day);

        if (next != offset)
            put_zone_step(j, zone_change(c->zone, at, at + day), next);
        offset = next;
    }
    json_array_end(j);
    json_object_end(j);
}

/* Records over time: [host, stretch, count, stretch, count, ...] for each host, "" for those of
 * no known host. */
static void put_density(struct json_out *j, const struct case_view *c)
{
    const struct density *d = c->density;

    if (!d || !d->count)
        return;
    json_key(j, STR("density"));
    json_object(j);
    KEY(j, "width");
    json_i64(j, d->width_ns / NS_PER_MS);
    KEY(j, "hosts");
    json_array(j);
    for (size_t i = 0; i < d->count; i++) {
        const struct density_cell *cell = &d->cells[i];

        if (i == 0 || cell->host != cell[-1].host) {
            if (i)
                json_array_end(j);
            json_array(j);
            json_str(j, cell->host < c->identity->host_count ? c->identity->hosts[cell->host].name
                                                             : STR(""));
        }
        json_i64(j, cell->start);
        json_u64(j, cell->count);
    }
    json_array_end(j);
    json_array_end(j);
    json_object_end(j);
}

static void put_kinds(struct json_out *j)
{
    KEY(j, "kinds");
    json_array(j);
    for (int kind = 0; kind < KIND_COUNT; kind++)
        json_str(j, str_of(kind_text((enum kind)kind)));
    json_array_end(j);
    KEY(j, "flags");
    json_array(j);
    for (unsigned i = 0; i < 24; i++) {
        const char *text = flag_text(1U << i);

        json_str(j, str_of(text));
    }
    json_array_end(j);
}

void case_json(struct buf *out, const struct case_view *c)
{
    struct json_out j = {.buf = out};

    json_object(&j);
    json_pair_u64(&j, STR("schema"), 1);
    json_pair(&j, STR("version"), c->version);
    json_pair(&j, STR("title"), c->title);
    json_pair_u64(&j, STR("events"), c->events);
    json_pair_u64(&j, STR("rows"), c->timeline_events);
    pair_time(&j, "first", c->first_ns);
    pair_time(&j, "last", c->last_ns);
    put_zone(&j, c);
    put_density(&j, c);
    put_kinds(&j);
    put_answers(&j, c);
    KEY(&j, "findings");
    json_array(&j);
    for (size_t i = 0; i < c->result->finding_count; i++)
        put_finding(&j, c, &c->result->findings[i]);
    json_array_end(&j);
    put_edges(&j, c->result);
    put_sessions(&j, c->result);
    put_conclusions(&j, c);
    KEY(&j, "hosts");
    json_array(&j);
    for (size_t i = 0; i < c->identity->host_count; i++)
        put_host(&j, &c->identity->hosts[i]);
    json_array_end(&j);
    KEY(&j, "sources");
    json_array(&j);
    for (size_t i = 0; i < c->source_count; i++)
        put_source(&j, &c->sources[i]);
    json_array_end(&j);
    KEY(&j, "settings");
    json_array(&j);
    for (size_t i = 0; i < c->setting_count; i++) {
        json_array(&j);
        json_str(&j, c->settings[i].name);
        json_str(&j, c->settings[i].value);
        json_array_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
}

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

/* The account that a person would name: who logged on, else who acted, else who was acted on. */
static str row_account(const struct marked *m)
{
    const struct event *e = m->event;
    bool logon = str_eq(str_of(kind_category((enum kind)e->kind)), STR("authentication"));
    str actor = names_text(m->names, e->actor.user), target = names_text(m->names, e->target.user);
    str first = logon ? target : actor;

    return first.len && !str_eq(first, STR("-")) ? first : logon ? actor : target;
}

/* "Security 4624", "TerminalServices-LocalSessionManager 21", "sshd". */
static void put_log(struct json_out *j, const struct marked *m)
{
    const struct event *e = m->event;
    str log = names_text(m->names, e->channel ? e->channel : e->provider);
    struct buf text = {0};

    if (str_starts(log, STR("Microsoft-Windows-")))
        log = str_skip(log, 18);
    if (str_ends(log, STR("/Operational")))
        log.len -= 12;
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

/* The start of a text that fits, without half a character at its end. */
static str head_of(str s)
{
    size_t n = TEXT_MAX;

    if (s.len <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return str_head(s, n);
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
    struct buf scratch = {0};

    json_array(j);
    put_time(j, e->time_ns);
    json_i64(j, e->time_ns == TIME_UNKNOWN ? 0 : e->time_ns - floor_ms(e->time_ns) * NS_PER_MS);
    json_u64(j, e->precision);
    json_str(j, identity_host_name(c->identity, e->host, names_text(m->names, e->host)));
    json_str(j, row_account(m));
    json_u64(j, v.severity);
    json_u64(j, v.phase);
    json_u64(j, e->kind);
    json_str(j, head_of(text_of(event_field(e, STR("message")), &scratch)));
    put_log(j, m);
    json_str(j, str_of(v.technique));
    json_u64(j, e->flags & 0xffffffU);
    put_marks(j, m, MARK_EDGE);
    put_marks(j, m, MARK_SESSION);
    put_marks(j, m, MARK_FINDING);
    json_u64(j, m->ordinal);
    json_u64(j, e->outcome);
    json_array_end(j);
    buf_free(&scratch);
}

static void put_name(struct json_out *j, const struct marked *m, const char *key, uint64_t name)
{
    json_pair_opt(j, str_of(key), names_text(m->names, name));
}

static void put_party(struct json_out *j, const struct marked *m, const char *key,
                      const struct party *p)
{
    if (!p->user && !p->sid && !p->logon)
        return;
    json_key(j, str_of(key));
    json_array(j);
    json_str(j, names_text(m->names, p->user));
    json_str(j, names_text(m->names, p->domain));
    json_str(j, names_text(m->names, p->sid));
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
    json_str(j, names_text(m->names, end->host));
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
        json_str(j, (str){f->name, f->name_len});
        json_str(j, head_of(text));
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
    for (size_t i = 0; i < m->place_count && i < 64; i++) {
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
