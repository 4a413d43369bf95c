/* SPDX-License-Identifier: Apache-2.0
 *
 * case.db: the case for SQL (SQLite 3). The result, who is who, the coverage, and the events of
 * the attack timeline with their whole JSON line; every event with `--db full`. The tables stand
 * in db_schema.def.
 *
 * One transaction, no journal (the file is thrown away when anything fails), values only ever
 * bound, never pasted into SQL. The same result gives the same bytes. */
#include <sqlite3.h>
#include <unistd.h>

#include "core/ecs.h"
#include "core/time.h"
#include "core/utf.h"
#include "core/writer.h"

enum table {
#define TABLE(id, name, columns, count) TABLE_##id,
#include "output/db_schema.def"
#undef TABLE
    TABLES
};

static const struct {
    const char *name, *columns;
    unsigned count;
} tables[] = {
#define TABLE(id, name, columns, count) {name, columns, count},
#include "output/db_schema.def"
#undef TABLE
};

static const char *const indexes[] = {
    "CREATE INDEX events_time ON events (time_ns)",
    "CREATE INDEX events_host ON events (host, time_ns)",
    "CREATE INDEX events_kind ON events (kind, time_ns)",
    "CREATE INDEX events_place ON events (evidence, offset)",
    "CREATE INDEX event_marks_event ON event_marks (event)",
    "CREATE INDEX event_marks_id ON event_marks (id)",
    "CREATE INDEX edge_events_edge ON edge_events (edge)",
    "CREATE INDEX finding_events_finding ON finding_events (finding)",
    "CREATE INDEX host_names_name ON host_names (name)",
    "CREATE INDEX host_addresses_address ON host_addresses (address)",
};

static const char *const sides[] = {"", "source", "destination", "dc"};

struct db {
    const struct case_view *view;
    sqlite3 *handle;
    sqlite3_stmt *inserts[TABLES];
    sqlite3_stmt *row; /* being filled */
    int column;
    struct buf text, line;
    struct err err;
    bool failed;
};

static bool fail(struct db *w)
{
    if (!w->failed)
        err_set(&w->err, "case.db: %s", sqlite3_errmsg(w->handle));
    w->failed = true;
    return false;
}

static bool run(struct db *w, const char *sql)
{
    return sqlite3_exec(w->handle, sql, NULL, NULL, NULL) == SQLITE_OK || fail(w);
}

/* A row: row_begin, one put_* a column, row_end. */

static void row_begin(struct db *w, enum table table)
{
    w->row = w->inserts[table];
    w->column = 0;
}

static void row_end(struct db *w)
{
    if (!w->failed && sqlite3_step(w->row) != SQLITE_DONE)
        fail(w);
    sqlite3_reset(w->row);
    sqlite3_clear_bindings(w->row);
}

static void check(struct db *w, int status)
{
    if (status != SQLITE_OK)
        fail(w);
}

static void put_i64(struct db *w, int64_t v)
{
    check(w, sqlite3_bind_int64(w->row, ++w->column, v));
}

static void put_null(struct db *w)
{
    w->column++; /* what is not bound is NULL */
}

/* SQL has no use for bytes that are not UTF-8, and its functions stop at NUL: both are replaced;
 * the exact bytes are in the JSON line. */
static void put_text(struct db *w, str s)
{
    w->text.len = 0;
    while (s.len) {
        size_t n = str_find_char(s, '\0');
        utf8_put(str_head(s, n), UTF_PLAIN, &w->text);
        if (n < s.len)
            buf_str(&w->text, STR("\xef\xbf\xbd"));
        s = str_skip(s, n + 1);
    }
    check(w, sqlite3_bind_text64(w->row, ++w->column, w->text.len ? w->text.p : "", w->text.len,
                                 SQLITE_TRANSIENT, SQLITE_UTF8));
}

static void put_opt(struct db *w, str s)
{
    if (s.len)
        put_text(w, s);
    else
        put_null(w);
}

static void put_whole(struct db *w, uint64_t v)
{
    struct buf b = {0};

    if (v <= INT64_MAX) {
        put_i64(w, (int64_t)v);
        return;
    }
    buf_u64(&b, v);
    put_text(w, buf_view(&b));
    buf_free(&b);
}

static void put_real(struct db *w, double v)
{
    check(w, sqlite3_bind_double(w->row, ++w->column, v));
}

static void put_time(struct db *w, int64_t ns, enum precision precision)
{
    struct buf b = {0};

    time_text(ns, precision, &b);
    put_opt(w, buf_view(&b));
    buf_free(&b);
}

static void put_when(struct db *w, int64_t ns)
{
    put_time(w, ns, ns % 1000000 == 0 ? PRECISION_MS : PRECISION_NS);
}

static void put_addr(struct db *w, const struct addr *a)
{
    struct buf b = {0};

    if (!addr_is_none(a))
        addr_text(a, &b);
    put_opt(w, buf_view(&b));
    buf_free(&b);
}

/* Texts in one column, one a line. */
static void put_lines(struct db *w, const str *items, size_t most)
{
    struct buf b = {0};

    for (size_t i = 0; i < most && items[i].len; i++) {
        if (b.len)
            buf_char(&b, '\n');
        buf_str(&b, items[i]);
    }
    put_text(w, buf_view(&b));
    buf_free(&b);
}

static void put_words(struct db *w, const char *const *words, size_t most)
{
    str items[8] = {{0}};

    for (size_t i = 0; i < most && i < array_len(items) && words[i]; i++)
        items[i] = str_of(words[i]);
    put_lines(w, items, array_len(items));
}

static str host_at(const struct db *w, uint32_t host)
{
    const struct identity *id = w->view->identity;

    return id && host < id->host_count ? id->hosts[host].name : STR("");
}

static str account_at(const struct db *w, uint32_t account)
{
    const struct identity *id = w->view->identity;

    return id && account < id->account_count ? id->accounts[account].name : STR("");
}

/* Opening. */

static bool prepare(struct db *w, enum table t)
{
    struct buf sql = {0};

    buf_printf(&sql, "CREATE TABLE %s (%s)%c", tables[t].name, tables[t].columns, 0);
    bool good = run(w, sql.p);
    sql.len = 0;
    buf_printf(&sql, "INSERT INTO %s VALUES (?", tables[t].name);
    for (unsigned i = 1; i < tables[t].count; i++)
        buf_str(&sql, STR(",?"));
    buf_str(&sql, STR(")"));
    good = good && (sqlite3_prepare_v2(w->handle, sql.p, (int)sql.len, &w->inserts[t], NULL) ==
                        SQLITE_OK ||
                    fail(w));
    buf_free(&sql);
    return good;
}

static void db_free(struct db *w)
{
    for (size_t i = 0; i < TABLES; i++)
        sqlite3_finalize(w->inserts[i]);
    sqlite3_close(w->handle);
    buf_free(&w->text);
    buf_free(&w->line);
    mem_free(w);
}

static void *db_open(const struct case_view *c, const char *path, struct err *err)
{
    struct db *w = mem_alloc(sizeof *w);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    w->view = c;
    unlink(path); /* rows would be added to what lies there */
    bool good = sqlite3_open_v2(path, &w->handle, flags, NULL) == SQLITE_OK || fail(w);
    good = good && run(w, "PRAGMA page_size = 4096") && run(w, "PRAGMA encoding = 'UTF-8'") &&
           run(w, "PRAGMA journal_mode = OFF") && run(w, "PRAGMA synchronous = OFF") &&
           run(w, "PRAGMA locking_mode = EXCLUSIVE") && run(w, "PRAGMA cache_size = -4096") &&
           run(w, "PRAGMA user_version = 1") && run(w, "BEGIN");
    for (unsigned t = 0; good && t < TABLES; t++)
        good = prepare(w, (enum table)t);
    if (good)
        return w;
    *err = w->err;
    db_free(w);
    return NULL;
}

/* Events. */

static void put_name(struct db *w, const struct marked *m, uint64_t id)
{
    put_opt(w, names_text(m->names, id));
}

static void put_party(struct db *w, const struct marked *m, const struct party *p)
{
    struct buf b = {0};

    if (p->domain) {
        buf_str(&b, names_text(m->names, p->domain));
        buf_char(&b, '\\');
    }
    buf_str(&b, names_text(m->names, p->user ? p->user : p->sid));
    put_opt(w, buf_view(&b));
    buf_free(&b);
}

static void put_endpoint(struct db *w, const struct marked *m, const struct endpoint *e,
                         uint16_t port)
{
    put_name(w, m, e->host);
    put_addr(w, &e->addr);
    if (port)
        put_i64(w, port);
    else
        put_null(w);
}

static void put_json(struct db *w, const struct marked *m, const struct host *host)
{
    const struct ecs_context ctx = {
        .host = host ? host->name : STR(""),
        .addresses = host ? host->addresses : NULL,
        .address_count = host ? host->address_count : 0,
        .sources = w->view->sources,
        .source_count = w->view->source_count,
        .places = m->places,
        .place_count = m->place_count,
        .marks = m->marks,
        .mark_count = m->mark_count,
        .result = w->view->result,
    };

    w->line.len = 0;
    ecs_write(m->lines, &w->line, m->event, m->names, &ctx);
    put_text(w, buf_view(&w->line));
}

static void put_message(struct db *w, const struct event *e)
{
    struct buf b = {0};

    value_text(event_field(e, STR("message")), &b);
    put_opt(w, buf_view(&b));
    buf_free(&b);
}

static void put_uid(struct db *w, struct uid uid)
{
    char hex[33];

    snprintf(hex, sizeof hex, "%016llx%016llx", (unsigned long long)uid.hi,
             (unsigned long long)uid.lo);
    put_text(w, (str){hex, 32});
}

static void put_event(struct db *w, const struct marked *m)
{
    const struct event *e = m->event;
    const struct identity *id = w->view->identity;
    uint32_t i = id ? identity_host(id, e->host) : IDENTITY_NONE;
    const struct host *host = i == IDENTITY_NONE ? NULL : &id->hosts[i];

    row_begin(w, TABLE_EVENTS);
    put_i64(w, (int64_t)m->ordinal);
    if (e->time_ns == TIME_UNKNOWN)
        put_null(w);
    else
        put_i64(w, e->time_ns);
    put_time(w, e->time_ns, e->precision);
    put_opt(w, host ? host->name : names_text(m->names, e->host));
    put_name(w, m, e->system);
    put_text(w, str_of(kind_text(e->kind)));
    put_i64(w, e->code);
    put_name(w, m, e->provider);
    put_name(w, m, e->channel);
    put_text(w, str_of(outcome_text(e->outcome)));
    put_text(w, str_of(severity_text(e->severity)));
    put_party(w, m, e->target.user || e->target.sid ? &e->target : &e->actor);
    put_party(w, m, &e->actor);
    put_endpoint(w, m, &e->src, e->src_port);
    put_endpoint(w, m, &e->dst, e->dst_port);
    put_name(w, m, e->program);
    put_message(w, e);
    put_i64(w, e->source);
    put_whole(w, e->offset);
    put_uid(w, e->uid);
    put_i64(w, m->in_timeline);
    put_json(w, m, host);
    row_end(w);
}

static void put_mark(struct db *w, const struct marked *m, const struct mark *mark)
{
    static const char *const types[] = {"session", "edge", "finding"};
    const struct result *r = w->view->result;
    str id = {0};

    if (mark->type == MARK_SESSION && mark->index < r->session_count)
        id = r->sessions[mark->index].id;
    if (mark->type == MARK_EDGE && mark->index < r->edge_count)
        id = r->edges[mark->index].id;
    if (mark->type == MARK_FINDING && mark->index < r->finding_count)
        id = r->findings[mark->index].id;
    if (id.len == 0)
        return;
    row_begin(w, TABLE_EVENT_MARKS);
    put_i64(w, (int64_t)m->ordinal);
    put_text(w, str_of(types[mark->type]));
    put_text(w, id);
    put_opt(w, str_of(sides[mark->side & 3]));
    row_end(w);
}

static void db_event(void *state, const struct marked *m)
{
    struct db *w = state;

    if (w->failed || !(m->in_timeline || w->view->db_full))
        return;
    put_event(w, m);
    for (size_t i = 0; i < m->mark_count; i++)
        put_mark(w, m, &m->marks[i]);
}

/* The result. */

static void put_meta(struct db *w, str key, str value)
{
    row_begin(w, TABLE_META);
    put_text(w, key);
    put_text(w, value);
    row_end(w);
}

static void put_source(struct db *w, size_t i)
{
    const struct source *s = &w->view->sources[i];
    struct buf hex = {0};

    for (size_t k = 0; s->hashed && k < sizeof s->sha256; k++)
        buf_printf(&hex, "%02x", s->sha256[k]);
    row_begin(w, TABLE_EVIDENCE);
    put_i64(w, (int64_t)i);
    put_text(w, s->path);
    put_text(w, s->system);
    put_text(w, s->family);
    put_whole(w, s->size);
    put_opt(w, buf_view(&hex));
    put_opt(w, s->parser);
    put_opt(w, s->unread);
    put_whole(w, s->events);
    put_whole(w, s->damaged);
    put_whole(w, s->skipped);
    put_when(w, s->first_ns);
    put_when(w, s->last_ns);
    row_end(w);
    buf_free(&hex);
    for (size_t k = 0; k < s->note_count; k++) {
        row_begin(w, TABLE_NOTES);
        put_i64(w, (int64_t)i);
        if (s->notes[k].placed)
            put_whole(w, s->notes[k].offset);
        else
            put_null(w);
        put_text(w, s->notes[k].text);
        row_end(w);
    }
}

static void put_pair(struct db *w, enum table table, str a, str b)
{
    row_begin(w, table);
    put_text(w, a);
    put_text(w, b);
    row_end(w);
}

static void put_host(struct db *w, const struct host *h)
{
    row_begin(w, TABLE_HOSTS);
    put_text(w, h->id);
    put_text(w, h->name);
    put_opt(w, h->domain);
    put_i64(w, h->collected);
    put_i64(w, h->is_dc);
    put_when(w, h->first_ns);
    put_when(w, h->last_ns);
    row_end(w);
    for (size_t i = 0; i < h->name_count; i++)
        put_pair(w, TABLE_HOST_NAMES, h->id, h->names[i]);
    for (size_t i = 0; i < h->system_count; i++)
        put_pair(w, TABLE_HOST_SYSTEMS, h->id, h->systems[i]);
    for (size_t i = 0; i < h->address_count; i++) {
        row_begin(w, TABLE_HOST_ADDRESSES);
        put_text(w, h->id);
        put_addr(w, &h->addresses[i].addr);
        put_when(w, h->addresses[i].from_ns);
        put_when(w, h->addresses[i].to_ns);
        put_i64(w, h->addresses[i].strong);
        row_end(w);
    }
}

static void put_account(struct db *w, const struct account *a)
{
    row_begin(w, TABLE_ACCOUNTS);
    put_text(w, a->id);
    put_text(w, a->name);
    put_opt(w, a->user);
    put_opt(w, a->domain);
    put_opt(w, a->sid);
    put_i64(w, a->is_machine);
    put_i64(w, a->is_service);
    put_when(w, a->first_ns);
    put_when(w, a->last_ns);
    row_end(w);
    for (size_t i = 0; i < a->name_count; i++)
        put_pair(w, TABLE_ACCOUNT_NAMES, a->id, a->names[i]);
}

static void put_session(struct db *w, const struct session *s)
{
    struct buf logon = {0};

    buf_printf(&logon, "0x%llx", (unsigned long long)s->logon_id);
    row_begin(w, TABLE_SESSIONS);
    put_text(w, s->id);
    put_text(w, s->host_name);
    put_text(w, s->account_name);
    put_text(w, str_of(s->kind));
    put_opt(w, s->source);
    put_when(w, s->start_ns);
    put_when(w, s->end_ns);
    put_opt(w, str_of(s->end_reason));
    put_text(w, buf_view(&logon));
    put_i64(w, s->score);
    put_text(w, str_of(severity_text(s->severity)));
    put_i64(w, s->hostile);
    put_lines(w, s->reasons, array_len(s->reasons));
    put_whole(w, s->event_count);
    row_end(w);
    buf_free(&logon);
}

static void put_finding(struct db *w, const struct finding *f)
{
    str hosts[array_len(f->hosts)] = {{0}}, accounts[array_len(f->accounts)] = {{0}};

    for (size_t i = 0; i < array_len(hosts); i++)
        hosts[i] = host_at(w, f->hosts[i]);
    for (size_t i = 0; i < array_len(accounts); i++)
        accounts[i] = account_at(w, f->accounts[i]);
    row_begin(w, TABLE_FINDINGS);
    put_text(w, f->id);
    put_text(w, f->detector);
    put_text(w, f->title);
    put_text(w, str_of(severity_text(f->severity)));
    put_words(w, f->techniques, array_len(f->techniques));
    put_words(w, f->tactics, array_len(f->tactics));
    put_real(w, f->confidence);
    put_when(w, f->start_ns);
    put_when(w, f->end_ns);
    put_lines(w, hosts, array_len(hosts));
    put_lines(w, accounts, array_len(accounts));
    put_text(w, f->reason);
    row_end(w);
    for (size_t i = 0; i < f->events.count; i++) {
        const struct ref *r = &f->events.items[i];
        row_begin(w, TABLE_FINDING_EVENTS);
        put_text(w, f->id);
        put_i64(w, r->source);
        put_whole(w, r->offset);
        put_when(w, r->time_ns);
        row_end(w);
    }
}

static str session_at(const struct db *w, uint32_t session)
{
    const struct result *r = w->view->result;

    return session < r->session_count ? r->sessions[session].id : STR("");
}

static void put_edge_row(struct db *w, const struct edge *e)
{
    row_begin(w, TABLE_EDGES);
    put_text(w, e->id);
    put_text(w, e->src_name);
    put_addr(w, &e->src_addr);
    put_text(w, e->dst_name);
    put_addr(w, &e->dst_addr);
    put_opt(w, e->account_name);
    put_opt(w, str_of(e->technique));
    put_opt(w, str_of(e->method));
    put_when(w, e->start_ns);
    put_when(w, e->end_ns);
    put_real(w, e->confidence);
    put_opt(w, str_of(e->ends));
    put_i64(w, e->score);
    put_text(w, str_of(severity_text(e->severity)));
    put_i64(w, e->hostile);
    put_i64(w, e->hop);
    if (e->skew_known)
        put_real(w, e->skew_s);
    else
        put_null(w);
    put_opt(w, session_at(w, e->session));
    put_opt(w, session_at(w, e->from_session));
    put_lines(w, e->reasons, array_len(e->reasons));
    put_lines(w, e->missing, array_len(e->missing));
    row_end(w);
}

static void put_edge(struct db *w, const struct edge *e)
{
    put_edge_row(w, e);
    for (size_t i = 0; i < e->events.count; i++) {
        const struct ref *r = &e->events.items[i];
        row_begin(w, TABLE_EDGE_EVENTS);
        put_text(w, e->id);
        put_opt(w, str_of(sides[r->side & 3]));
        put_i64(w, r->source);
        put_whole(w, r->offset);
        put_when(w, r->time_ns);
        row_end(w);
    }
}

static void put_answer(struct db *w, unsigned i)
{
    const struct answer *a = &w->view->result->answers[i];

    row_begin(w, TABLE_ANSWERS);
    put_i64(w, i + 1);
    put_text(w, str_of(a->question));
    put_text(w, a->key);
    put_text(w, a->summary);
    put_real(w, a->confidence);
    put_when(w, a->time_ns);
    put_opt(w, a->unknown);
    row_end(w);
}

static void put_blind(struct db *w, const struct blind *b)
{
    row_begin(w, TABLE_BLIND);
    put_text(w, b->host);
    put_text(w, b->log);
    put_when(w, b->from_ns);
    put_when(w, b->to_ns);
    put_text(w, b->why);
    row_end(w);
}

static void put_result(struct db *w)
{
    const struct case_view *c = w->view;
    const struct result *r = c->result;

    put_meta(w, STR("tool"), c->version);
    put_meta(w, STR("title"), c->title);
    for (size_t i = 0; i < c->setting_count; i++)
        put_meta(w, c->settings[i].name, c->settings[i].value);
    for (size_t i = 0; i < c->source_count; i++)
        put_source(w, i);
    for (size_t i = 0; c->identity && i < c->identity->host_count; i++)
        put_host(w, &c->identity->hosts[i]);
    for (size_t i = 0; c->identity && i < c->identity->account_count; i++)
        put_account(w, &c->identity->accounts[i]);
    for (size_t i = 0; i < r->session_count; i++)
        put_session(w, &r->sessions[i]);
    for (size_t i = 0; i < r->finding_count; i++)
        put_finding(w, &r->findings[i]);
    for (size_t i = 0; i < r->edge_count; i++)
        put_edge(w, &r->edges[i]);
    for (unsigned i = 0; i < ANSWERS; i++)
        put_answer(w, i);
    for (size_t i = 0; i < r->blind_count; i++)
        put_blind(w, &r->blind[i]);
}

static bool db_close(void *state, bool abandon, struct err *err)
{
    struct db *w = state;

    if (!abandon && !w->failed) {
        put_result(w);
        for (size_t i = 0; i < array_len(indexes) && !w->failed; i++)
            run(w, indexes[i]);
        if (!w->failed)
            run(w, "COMMIT");
    }
    bool good = abandon || !w->failed;
    if (!good)
        *err = w->err;
    db_free(w);
    return good;
}

const struct writer writer_db = {
    .name = "db",
    .file = "case.db",
    .about = "the case as an SQLite database",
    .open = db_open,
    .event = db_event,
    .close = db_close,
};
