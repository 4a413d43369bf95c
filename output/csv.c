/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.csv: the attack timeline for spreadsheets, Timeline Explorer and Timesketch, which
 * wants `message`, `datetime` (ISO 8601) and a `timestamp_desc` that is not empty, and reads
 * `timestamp` as microseconds since 1970 (timesketch.org, guide "Import from JSON or CSV").
 * Columns that psort's `dynamic` output also has keep its names.
 *
 * RFC 4180: CRLF, quotes doubled, UTF-8. Control and bidi characters become U+FFFD, line ends a
 * space, and a cell that a spreadsheet would run as a formula gets an apostrophe before it. */
#include "core/json.h"
#include "core/outfile.h"
#include "core/time.h"
#include "core/utf.h"
#include "core/writer.h"

struct csv {
    const struct case_view *view;
    struct outfile *file;
    struct buf row, cell, value;
};

struct row {
    struct csv *w;
    const struct marked *m;
};

/* Would a spreadsheet run it? OWASP: = + - @, tab and CR at the front; also their wide forms. */
static bool is_formula(str s)
{
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                       "\xef\xbc\xa0"};

    for (size_t i = 0; i < array_len(wide); i++)
        if (str_starts(s, str_of(wide[i])))
            return true;
    return s.len && memchr("=+-@\t\r|", s.p[0], 7) != NULL;
}

/* Characters that steer a terminal or turn the direction of text (Unicode: Cc and Bidi_Control). */
static bool is_steering(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void put_cell(struct csv *w, str text)
{
    struct buf *b = &w->row;
    str first = str_trim(text);

    if (b->len)
        buf_char(b, ',');
    buf_char(b, '"');
    if (is_formula(text) || is_formula(first))
        buf_char(b, '\'');
    for (size_t i = 0; i < text.len;) {
        uint32_t c = 0;
        unsigned n = utf8_decode(text.p + i, text.len - i, &c);
        if (n == 1 && (c == '\n' || c == '\r' || c == '\t'))
            buf_char(b, ' ');
        else if (n == 0 || is_steering(c))
            buf_str(b, STR("\xef\xbf\xbd"));
        else
            buf_add(b, text.p + i, n);
        if (c == '"' && n)
            buf_char(b, '"');
        i += n ? n : 1;
    }
    buf_char(b, '"');
}

/* What stands in w->cell. */
static void put_built(struct csv *w)
{
    put_cell(w, buf_view(&w->cell));
    w->cell.len = 0;
}

static void put_name(const struct row *r, uint64_t id)
{
    put_cell(r->w, names_text(r->m->names, id));
}

static void put_field(const struct row *r, str name)
{
    value_text(event_field(r->m->event, name), &r->w->cell);
    put_built(r->w);
}

/* One more item of a cell, unless it is there. */
static void put_item(struct csv *w, str item)
{
    str rest = buf_view(&w->cell), have;

    while (rest.len) {
        if (!str_take_until_str(&rest, STR("; "), &have)) {
            have = rest;
            rest = STR("");
        }
        if (str_eq(have, item))
            return;
    }
    if (w->cell.len)
        buf_str(&w->cell, STR("; "));
    buf_str(&w->cell, item);
}

static void col_message(const struct row *r)
{
    const struct event *e = r->m->event;
    struct buf *b = &r->w->cell;

    value_text(event_field(e, STR("message")), b);
    if (b->len == 0)
        buf_printf(b, "%s %u", kind_text(e->kind), e->code);
    put_built(r->w);
}

static void col_datetime(const struct row *r)
{
    const struct event *e = r->m->event;
    int64_t offset = e->time_ns == TIME_UNKNOWN ? 0 : zone_offset_ns(r->w->view->zone, e->time_ns);
    struct buf *b = &r->w->cell;

    if (e->time_ns == TIME_UNKNOWN || __builtin_add_overflow(e->time_ns, offset, &offset)) {
        put_built(r->w);
        return;
    }
    int64_t minutes = (offset - e->time_ns) / (60 * NS_PER_S);
    time_text(offset, e->precision, b);
    b->len--; /* its Z */
    buf_char(b, minutes < 0 ? '-' : '+');
    minutes = minutes < 0 ? -minutes : minutes;
    buf_digits(b, (uint64_t)minutes / 60, 2);
    buf_char(b, ':');
    buf_digits(b, (uint64_t)minutes % 60, 2);
    put_built(r->w);
}

/* A number, not a text: so that a minus sign makes no formula. */
static void col_timestamp(const struct row *r)
{
    int64_t ns = r->m->event->time_ns;

    buf_char(&r->w->row, ',');
    if (ns != TIME_UNKNOWN)
        buf_i64(&r->w->row, ns / 1000 - (ns % 1000 < 0)); /* rounded down, also before 1970 */
}

static void col_timestamp_desc(const struct row *r)
{
    put_cell(r->w, STR("Event Logged"));
}

static void col_source(const struct row *r)
{
    const struct csv *w = r->w;
    uint32_t s = r->m->event->source;

    put_cell(r->w, s < w->view->source_count ? w->view->sources[s].parser : STR(""));
}

static void col_channel(const struct row *r)
{
    put_name(r, r->m->event->channel ? r->m->event->channel : r->m->event->provider);
}

static void col_event_identifier(const struct row *r)
{
    if (r->m->event->code)
        buf_u64(&r->w->cell, r->m->event->code);
    put_built(r->w);
}

static void col_kind(const struct row *r)
{
    put_cell(r->w, str_of(kind_text(r->m->event->kind)));
}

static void col_outcome(const struct row *r)
{
    put_cell(r->w, str_of(outcome_text(r->m->event->outcome)));
}

static void col_hostname(const struct row *r)
{
    const struct identity *id = r->w->view->identity;
    uint64_t host = r->m->event->host;
    str written = names_text(r->m->names, host);

    put_cell(r->w, id ? identity_host_name(id, host, written) : written);
}

static void put_party(const struct row *r, const struct party *p)
{
    struct buf *b = &r->w->cell;

    if (p->domain) {
        buf_str(b, names_text(r->m->names, p->domain));
        buf_char(b, '\\');
    }
    buf_str(b, names_text(r->m->names, p->user ? p->user : p->sid));
    put_built(r->w);
}

static void col_username(const struct row *r)
{
    const struct event *e = r->m->event;

    put_party(r, e->target.user || e->target.sid ? &e->target : &e->actor);
}

static void col_actor(const struct row *r)
{
    put_party(r, &r->m->event->actor);
}

static void put_endpoint(const struct row *r, const struct endpoint *p, uint16_t port)
{
    struct buf *b = &r->w->cell;

    buf_str(b, names_text(r->m->names, p->host));
    if (!addr_is_none(&p->addr)) {
        if (b->len)
            buf_char(b, ' ');
        addr_text(&p->addr, b);
    }
    if (port)
        buf_printf(b, " port %u", port);
    put_built(r->w);
}

static void col_src(const struct row *r)
{
    put_endpoint(r, &r->m->event->src, r->m->event->src_port);
}

static void col_dst(const struct row *r)
{
    put_endpoint(r, &r->m->event->dst, r->m->event->dst_port);
}

static void col_program(const struct row *r)
{
    put_name(r, r->m->event->program);
}

static void col_command(const struct row *r)
{
    put_field(r, STR("process.command_line"));
}

static enum severity worst(const struct row *r)
{
    const struct result *res = r->w->view->result;
    enum severity most = r->m->event->severity;

    for (size_t i = 0; i < r->m->mark_count; i++) {
        const struct mark *m = &r->m->marks[i];
        enum severity s = SEVERITY_INFO;
        if (m->type == MARK_FINDING && m->index < res->finding_count)
            s = res->findings[m->index].severity;
        else if (m->type == MARK_EDGE && m->index < res->edge_count)
            s = res->edges[m->index].severity;
        most = s > most ? s : most;
    }
    return most;
}

static void col_severity(const struct row *r)
{
    put_cell(r->w, str_of(severity_text(worst(r))));
}

/* Calls item for each mark of a type whose index is good. */
static void each_mark(const struct row *r, enum mark_type type, size_t count,
                      void (*item)(struct csv *w, const struct result *res, const struct mark *m))
{
    for (size_t i = 0; i < r->m->mark_count; i++)
        if (r->m->marks[i].type == type && r->m->marks[i].index < count)
            item(r->w, r->w->view->result, &r->m->marks[i]);
}

static void item_title(struct csv *w, const struct result *res, const struct mark *m)
{
    put_item(w, res->findings[m->index].title);
}

static void item_technique(struct csv *w, const struct result *res, const struct mark *m)
{
    const struct finding *f = &res->findings[m->index];

    for (size_t i = 0; i < array_len(f->techniques) && f->techniques[i]; i++)
        put_item(w, str_of(f->techniques[i]));
}

static void item_edge_technique(struct csv *w, const struct result *res, const struct mark *m)
{
    if (res->edges[m->index].technique)
        put_item(w, str_of(res->edges[m->index].technique));
}

static void item_edge(struct csv *w, const struct result *res, const struct mark *m)
{
    put_item(w, res->edges[m->index].id);
}

static void item_side(struct csv *w, const struct result *res, const struct mark *m)
{
    static const char *const sides[] = {"", "source", "destination", "dc"};

    (void)res;
    put_item(w, str_of(sides[m->side & 3]));
}

static void item_session(struct csv *w, const struct result *res, const struct mark *m)
{
    put_item(w, res->sessions[m->index].id);
}

static void col_findings(const struct row *r)
{
    each_mark(r, MARK_FINDING, r->w->view->result->finding_count, item_title);
    put_built(r->w);
}

static void col_technique(const struct row *r)
{
    each_mark(r, MARK_EDGE, r->w->view->result->edge_count, item_edge_technique);
    each_mark(r, MARK_FINDING, r->w->view->result->finding_count, item_technique);
    put_built(r->w);
}

static void col_edge(const struct row *r)
{
    each_mark(r, MARK_EDGE, r->w->view->result->edge_count, item_edge);
    put_built(r->w);
}

static void col_side(const struct row *r)
{
    each_mark(r, MARK_EDGE, r->w->view->result->edge_count, item_side);
    put_built(r->w);
}

static void col_session(const struct row *r)
{
    each_mark(r, MARK_SESSION, r->w->view->result->session_count, item_session);
    put_built(r->w);
}

/* Timesketch reads it as a list. */
static void col_tag(const struct row *r)
{
    struct json_out j = {.buf = &r->w->value};
    bool lateral = false, finding = false;

    for (size_t i = 0; i < r->m->mark_count; i++) {
        lateral |= r->m->marks[i].type == MARK_EDGE;
        finding |= r->m->marks[i].type == MARK_FINDING;
    }
    json_array(&j);
    if (lateral)
        json_str(&j, STR("lateral"));
    if (finding)
        json_str(&j, STR("finding"));
    json_str(&j, str_of(kind_text(r->m->event->kind)));
    json_array_end(&j);
    put_cell(r->w, buf_view(&r->w->value));
    r->w->value.len = 0;
}

static void col_flags(const struct row *r)
{
    for (unsigned bit = 0; bit < 24; bit++)
        if (r->m->event->flags & 1u << bit && flag_text(1u << bit))
            put_item(r->w, str_of(flag_text(1u << bit)));
    put_built(r->w);
}

static struct place first_place(const struct row *r)
{
    const struct event *e = r->m->event;

    return r->m->place_count ? r->m->places[0]
                             : (struct place){.offset = e->offset, .source = e->source};
}

static void col_path(const struct row *r)
{
    uint32_t s = first_place(r).source;

    put_cell(r->w, s < r->w->view->source_count ? r->w->view->sources[s].path : STR(""));
}

static void col_offset(const struct row *r)
{
    buf_u64(&r->w->cell, first_place(r).offset);
    put_built(r->w);
}

static void col_uid(const struct row *r)
{
    const struct uid uid = r->m->event->uid;

    buf_printf(&r->w->cell, "%016llx%016llx", (unsigned long long)uid.hi,
               (unsigned long long)uid.lo);
    put_built(r->w);
}

static const struct {
    const char *name;
    void (*put)(const struct row *r);
} columns[] = {
    {"datetime", col_datetime},
    {"timestamp", col_timestamp},
    {"timestamp_desc", col_timestamp_desc},
    {"message", col_message},
    {"hostname", col_hostname},
    {"username", col_username},
    {"actor", col_actor},
    {"source_address", col_src},
    {"destination_address", col_dst},
    {"severity", col_severity},
    {"technique", col_technique},
    {"edge", col_edge},
    {"side", col_side},
    {"session", col_session},
    {"findings", col_findings},
    {"tag", col_tag},
    {"kind", col_kind},
    {"outcome", col_outcome},
    {"source", col_source},
    {"channel", col_channel},
    {"event_identifier", col_event_identifier},
    {"program", col_program},
    {"command_line", col_command},
    {"flags", col_flags},
    {"path", col_path},
    {"offset", col_offset},
    {"uid", col_uid},
};

static void end_row(struct csv *w)
{
    buf_str(&w->row, STR("\r\n"));
    outfile_drain(w->file, &w->row);
}

static void *csv_open(const struct case_view *c, const char *path, struct err *err)
{
    struct outfile *file = outfile_open(path, err);

    if (!file)
        return NULL;
    struct csv *w = mem_alloc(sizeof *w);
    w->view = c;
    w->file = file;
    for (size_t i = 0; i < array_len(columns); i++)
        put_cell(w, str_of(columns[i].name));
    end_row(w);
    return w;
}

static void csv_event(void *state, const struct marked *m)
{
    struct csv *w = state;
    const struct row r = {w, m};

    if (!m->in_timeline)
        return;
    for (size_t i = 0; i < array_len(columns); i++)
        columns[i].put(&r);
    end_row(w);
}

static bool csv_close(void *state, bool abandon, struct err *err)
{
    struct csv *w = state;
    bool good = outfile_close(w->file, abandon, err);

    buf_free(&w->row);
    buf_free(&w->cell);
    buf_free(&w->value);
    mem_free(w);
    return good;
}

const struct writer writer_csv = {
    .name = "csv",
    .file = "timeline.csv",
    .about = "the attack timeline as a table for spreadsheets and Timesketch",
    .open = csv_open,
    .event = csv_event,
    .close = csv_close,
};
