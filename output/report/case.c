/* SPDX-License-Identifier: Apache-2.0
 *
 * The case as JSON for the script of the report: conclusions, hosts, sources. Times are
 * milliseconds since 1970 UTC, which a number of JavaScript holds exactly. Findings, edges and
 * sessions are named by their index in the result, as marks do. */
#include "core/json.h"
#include "core/time.h"
#include "output/report/page.h"

enum {
    BENIGN_MAX = 500, /* harmless edges shown; the rest is counted */
    DAYS_MAX = 40000  /* looked at for changes of the zone's offset */
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

static void pair_hosts(struct json_out *j, const struct case_view *c, const uint32_t *hosts,
                       size_t n)
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
