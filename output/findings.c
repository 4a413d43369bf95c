/* SPDX-License-Identifier: Apache-2.0
 *
 * findings.json: the answers and what they rest on, for programs: answers, findings, edges,
 * sessions, hosts, accounts, coverage. docs/output.md describes every field; what is here stays,
 * later versions only add. */
#include "output/document.h"

enum { SCHEMA = 1 };
static const str attack_version = {"19", 2}; /* of the technique ids */

static const char *const phases[] = {"", "entry", "foothold", "movement", "exfiltration", "impact"};

static str edge_id(const struct result *r, uint32_t edge)
{
    return edge < r->edge_count ? r->edges[edge].id : STR("");
}

static str session_id(const struct result *r, uint32_t session)
{
    return session < r->session_count ? r->sessions[session].id : STR("");
}

static void pair_words(struct json_out *j, str key, const char *const *words, size_t most)
{
    json_key(j, key);
    json_array(j);
    for (size_t i = 0; i < most && words[i]; i++)
        json_str(j, str_of(words[i]));
    json_array_end(j);
}

static void pair_or_null(struct json_out *j, str key, str text)
{
    json_key(j, key);
    if (text.len)
        json_str(j, text);
    else
        json_null(j);
}

/* Answers. */

static void put_chain(struct json_out *j, const struct result *r)
{
    json_key(j, STR("edges"));
    json_array(j);
    for (size_t i = 0; i < r->chain_count; i++)
        json_str(j, edge_id(r, r->chain[i]));
    json_array_end(j);
}

static void put_exfil(struct json_out *j, const struct result *r)
{
    json_key(j, STR("bytes"));
    json_object(j);
    json_pair_u64(j, STR("low"), r->exfil.low);
    json_pair_u64(j, STR("high"), r->exfil.high);
    json_object_end(j);
    pair_or_null(j, STR("destination"), r->exfil.destination);
    pair_or_null(j, STR("client"), r->exfil.client);
}

static void put_impact(struct json_out *j, const struct result *r)
{
    json_key(j, STR("per_host"));
    json_array(j);
    for (size_t i = 0; i < r->impact_count; i++) {
        json_object(j);
        json_pair(j, STR("host"), r->impact[i].name);
        pair_time(j, STR("first"), r->impact[i].first_ns);
        pair_time(j, STR("last"), r->impact[i].last_ns);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_blind(struct json_out *j, const struct result *r)
{
    json_key(j, STR("blind"));
    json_array(j);
    for (size_t i = 0; i < r->blind_count; i++) {
        const struct blind *b = &r->blind[i];
        json_object(j);
        json_pair(j, STR("host"), b->host);
        json_pair(j, STR("log"), b->log);
        pair_time(j, STR("from"), b->from_ns);
        pair_time(j, STR("to"), b->to_ns);
        json_pair(j, STR("why"), b->why);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_answer(struct document *d, unsigned i)
{
    static void (*const more[ANSWERS])(struct json_out *, const struct result *) = {
        NULL, put_chain, put_exfil, put_impact, put_blind};
    const struct answer *a = &d->view->result->answers[i];
    struct json_out *j = &d->j;

    json_object(j);
    json_pair(j, STR("question"), str_of(a->question));
    json_pair(j, STR("summary"), a->summary);
    json_pair(j, STR("key"), a->key);
    pair_fixed2(j, STR("confidence"), a->confidence);
    pair_time(j, STR("time"), a->time_ns);
    pair_hosts(j, STR("hosts"), d->view, a->hosts, array_len(a->hosts));
    pair_accounts(j, STR("accounts"), d->view, a->accounts, array_len(a->accounts));
    pair_refs(j, STR("events"), d->view, &a->events);
    pair_or_null(j, STR("unknown"), a->unknown);
    if (more[i])
        more[i](j, d->view->result);
    json_object_end(j);
}

/* Findings, edges, sessions. */

static void put_finding(struct document *d, const struct finding *f)
{
    struct json_out *j = &d->j;

    json_object(j);
    json_pair(j, STR("id"), f->id);
    json_pair(j, STR("detector"), f->detector);
    json_pair(j, STR("title"), f->title);
    json_pair(j, STR("severity"), str_of(severity_text(f->severity)));
    json_pair_opt(j, STR("phase"), str_of(f->phase < array_len(phases) ? phases[f->phase] : ""));
    pair_words(j, STR("technique"), f->techniques, array_len(f->techniques));
    pair_words(j, STR("tactic"), f->tactics, array_len(f->tactics));
    pair_fixed2(j, STR("confidence"), f->confidence);
    pair_time(j, STR("start"), f->start_ns);
    pair_time(j, STR("end"), f->end_ns);
    pair_hosts(j, STR("hosts"), d->view, f->hosts, array_len(f->hosts));
    pair_accounts(j, STR("accounts"), d->view, f->accounts, array_len(f->accounts));
    json_pair(j, STR("reason"), f->reason);
    pair_refs(j, STR("events"), d->view, &f->events);
    json_object_end(j);
}

static void put_end(struct json_out *j, str key, str name, const struct addr *addr, uint16_t port)
{
    struct buf b = {0};

    json_key(j, key);
    json_object(j);
    json_pair(j, STR("host"), name);
    if (!addr_is_none(addr))
        addr_text(addr, &b);
    pair_or_null(j, STR("ip"), buf_view(&b));
    if (port)
        json_pair_u64(j, STR("port"), port);
    json_object_end(j);
    buf_free(&b);
}

static void put_edge_times(struct json_out *j, const struct edge *e)
{
    pair_time(j, STR("start"), e->start_ns);
    pair_time(j, STR("end"), e->end_ns);
    json_key(j, STR("skew"));
    if (e->skew_known)
        json_fixed2(j, e->skew_s);
    else
        json_null(j);
}

static void put_edge(struct document *d, const struct edge *e)
{
    struct json_out *j = &d->j;
    const struct result *r = d->view->result;

    json_object(j);
    json_pair(j, STR("id"), e->id);
    put_end(j, STR("source"), e->src_name, &e->src_addr, e->src_port);
    put_end(j, STR("destination"), e->dst_name, &e->dst_addr, e->dst_port);
    json_pair(j, STR("account"), e->account_name);
    json_pair(j, STR("technique"), str_of(e->technique));
    json_pair(j, STR("method"), str_of(e->method));
    put_edge_times(j, e);
    pair_fixed2(j, STR("confidence"), e->confidence);
    json_pair(j, STR("ends"), str_of(e->ends));
    json_key(j, STR("score"));
    json_i64(j, e->score);
    json_pair(j, STR("severity"), str_of(severity_text(e->severity)));
    pair_bool(j, STR("hostile"), e->hostile);
    if (e->hop)
        json_pair_u64(j, STR("hop"), e->hop);
    json_pair_opt(j, STR("session"), session_id(r, e->session));
    json_pair_opt(j, STR("from_session"), session_id(r, e->from_session));
    pair_reasons(j, STR("reasons"), e->reasons, array_len(e->reasons));
    pair_reasons(j, STR("missing"), e->missing, array_len(e->missing));
    pair_refs(j, STR("events"), d->view, &e->events);
    json_object_end(j);
}

static void put_session(struct document *d, const struct session *s)
{
    struct json_out *j = &d->j;

    json_object(j);
    json_pair(j, STR("id"), s->id);
    json_pair(j, STR("host"), s->host_name);
    json_pair(j, STR("account"), s->account_name);
    json_pair(j, STR("kind"), str_of(s->kind));
    pair_or_null(j, STR("source"), s->source);
    pair_time(j, STR("start"), s->start_ns);
    pair_time(j, STR("end"), s->end_ns);
    json_pair(j, STR("end_reason"), str_of(s->end_reason));
    json_pair_u64(j, STR("logon_id"), s->logon_id);
    json_key(j, STR("score"));
    json_i64(j, s->score);
    json_pair(j, STR("severity"), str_of(severity_text(s->severity)));
    pair_bool(j, STR("hostile"), s->hostile);
    pair_reasons(j, STR("reasons"), s->reasons, array_len(s->reasons));
    json_pair_u64(j, STR("events"), s->event_count);
    json_object_end(j);
}

/* Who is who, and what was read. */

static void put_addresses(struct json_out *j, const struct host *h)
{
    struct buf b = {0};

    json_key(j, STR("addresses"));
    json_array(j);
    for (size_t i = 0; i < h->address_count; i++) {
        b.len = 0;
        addr_text(&h->addresses[i].addr, &b);
        json_object(j);
        json_pair(j, STR("ip"), buf_view(&b));
        pair_time(j, STR("from"), h->addresses[i].from_ns);
        pair_time(j, STR("to"), h->addresses[i].to_ns);
        pair_bool(j, STR("strong"), h->addresses[i].strong);
        json_object_end(j);
    }
    json_array_end(j);
    buf_free(&b);
}

static void put_skew(struct document *d, uint32_t host)
{
    struct json_out *j = &d->j;
    struct skew skew;

    json_key(j, STR("skew"));
    if (!result_skew(d->view->result, host, &skew)) {
        json_null(j);
        return;
    }
    json_object(j);
    json_key(j, STR("seconds"));
    json_fixed2(j, skew.seconds);
    json_key(j, STR("spread"));
    json_fixed2(j, skew.spread);
    json_pair_u64(j, STR("pairs"), skew.pairs);
    json_object_end(j);
}

static void put_host(struct document *d, uint32_t index)
{
    const struct host *h = &d->view->identity->hosts[index];
    struct json_out *j = &d->j;

    json_object(j);
    json_pair(j, STR("id"), h->id);
    json_pair(j, STR("name"), h->name);
    pair_or_null(j, STR("domain"), h->domain);
    pair_texts(j, STR("names"), h->names, h->name_count);
    put_addresses(j, h);
    pair_texts(j, STR("systems"), h->systems, h->system_count);
    pair_time(j, STR("first"), h->first_ns);
    pair_time(j, STR("last"), h->last_ns);
    pair_bool(j, STR("collected"), h->collected);
    pair_bool(j, STR("domain_controller"), h->is_dc);
    put_skew(d, index);
    json_object_end(j);
}

static void put_account(struct document *d, const struct account *a)
{
    struct json_out *j = &d->j;

    json_object(j);
    json_pair(j, STR("id"), a->id);
    json_pair(j, STR("name"), a->name);
    pair_or_null(j, STR("sid"), a->sid);
    pair_texts(j, STR("names"), a->names, a->name_count);
    pair_or_null(j, STR("domain"), a->domain);
    pair_time(j, STR("from"), a->first_ns);
    pair_time(j, STR("to"), a->last_ns);
    pair_bool(j, STR("machine"), a->is_machine);
    pair_bool(j, STR("service"), a->is_service);
    json_object_end(j);
}

static void put_coverage(struct document *d, const struct source *s)
{
    struct json_out *j = &d->j;

    json_object(j);
    pair_path(j, STR("path"), s->path);
    json_pair(j, STR("system"), s->system);
    json_pair_u64(j, STR("size"), s->size);
    if (s->hashed)
        pair_sha256(j, STR("sha256"), s->sha256);
    else
        pair_or_null(j, STR("sha256"), STR(""));
    pair_or_null(j, STR("parser"), s->parser);
    json_pair_opt(j, STR("unread"), s->unread);
    json_pair_opt(j, STR("failure"), s->failure);
    json_pair_u64(j, STR("events"), s->events);
    json_pair_u64(j, STR("damaged"), s->damaged);
    pair_time(j, STR("first"), s->first_ns);
    pair_time(j, STR("last"), s->last_ns);
    pair_notes(j, s);
    json_object_end(j);
}

/* The six lists. */

static void begin_list(struct document *d, str key)
{
    json_key(&d->j, key);
    json_array(&d->j);
}

static void print_result(struct document *d, const struct result *r)
{
    begin_list(d, STR("answers"));
    for (unsigned i = 0; i < ANSWERS; i++)
        put_answer(d, i);
    json_array_end(&d->j);
    begin_list(d, STR("findings"));
    for (size_t i = 0; i < r->finding_count; i++, document_drain(d))
        put_finding(d, &r->findings[i]);
    json_array_end(&d->j);
    begin_list(d, STR("edges"));
    for (size_t i = 0; i < r->edge_count; i++, document_drain(d))
        put_edge(d, &r->edges[i]);
    json_array_end(&d->j);
    begin_list(d, STR("sessions"));
    for (size_t i = 0; i < r->session_count; i++, document_drain(d))
        put_session(d, &r->sessions[i]);
    json_array_end(&d->j);
}

static void print_findings(struct document *d)
{
    const struct case_view *c = d->view;
    const struct identity *id = c->identity;

    json_object(&d->j);
    json_pair_u64(&d->j, STR("schema"), SCHEMA);
    json_pair(&d->j, STR("attack"), attack_version);
    print_result(d, c->result);
    begin_list(d, STR("hosts"));
    for (uint32_t i = 0; id && i < id->host_count; i++, document_drain(d))
        put_host(d, i);
    json_array_end(&d->j);
    begin_list(d, STR("accounts"));
    for (size_t i = 0; id && i < id->account_count; i++, document_drain(d))
        put_account(d, &id->accounts[i]);
    json_array_end(&d->j);
    begin_list(d, STR("coverage"));
    for (size_t i = 0; i < c->source_count; i++, document_drain(d))
        put_coverage(d, &c->sources[i]);
    json_array_end(&d->j);
    pair_texts(&d->j, STR("limits"), c->result->limits, c->result->limit_count);
    json_object_end(&d->j);
}

static bool findings_close(void *state, bool abandon, struct err *err)
{
    return document_close(state, abandon, err, print_findings);
}

const struct writer writer_findings = {
    .name = "findings",
    .file = "findings.json",
    .about = "answers, findings, edges, sessions, hosts, accounts, coverage",
    .open = document_open,
    .close = findings_close,
};
