/* SPDX-License-Identifier: Apache-2.0
 *
 * The plain HTML of the report: title, answers, hops, findings and coverage. The script replaces
 * what is inside a .body by what it draws from the same facts, in the reader's language. */
#include "core/time.h"
#include "output/report/page.h"

enum { ROWS_MAX = 2000 }; /* of a table without a script */

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};
static const char *const phases[] = {"", "Entry", "Foothold", "Movement", "Exfiltration", "Impact"};
static const char *const questions[ANSWERS] = {"Who came in", "How they moved", "What left",
                                               "When the damage was done", "What we cannot see"};

/* Is the character that starts here one that is not seen, or that turns the text around? */
static bool is_hidden(const unsigned char *p, size_t left, unsigned *code)
{
    if (p[0] < 0x20 || p[0] == 0x7f) {
        *code = p[0];
        return true;
    }
    if (left < 3 || p[0] != 0xe2 || (p[1] & 0xfe) != 0x80)
        return false;
    *code = 0x2000U | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
    return (*code >= 0x200b && *code <= 0x200f) || (*code >= 0x2028 && *code <= 0x202e)
           || (*code >= 0x2060 && *code <= 0x2069);
}

static const char *entity(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    }
    return NULL;
}

void html_text(struct buf *out, str s)
{
    struct buf clean = {0};

    utf8_repair(s, &clean);
    for (size_t i = 0; i < clean.len; i++) {
        const unsigned char *p = (const unsigned char *)clean.p + i;
        unsigned code;

        if (is_hidden(p, clean.len - i, &code)) {
            buf_printf(out, "[U+%04X]", code);
            i += *p == 0xe2 ? 2 : 0;
        } else if (entity(clean.p[i])) {
            buf_str(out, str_of(entity(clean.p[i])));
        } else {
            buf_char(out, clean.p[i]);
        }
    }
    buf_free(&clean);
}

static void html_time(struct buf *out, const struct case_view *c, int64_t ns)
{
    struct civil t;

    if (ns == TIME_UNKNOWN) {
        buf_str(out, STR("unknown"));
        return;
    }
    civil_of_ns(ns + zone_offset_ns(c->zone, ns), &t);
    buf_printf(out, "%04d-%02u-%02u %02u:%02u:%02u", t.year, t.month, t.day, t.hour, t.minute,
               t.second);
}

static void cell(struct buf *out, str s)
{
    buf_str(out, STR("<td translate=\"no\">"));
    html_text(out, s);
    buf_str(out, STR("</td>"));
}

static void cell_number(struct buf *out, uint64_t n)
{
    buf_str(out, STR("<td class=\"num\">"));
    buf_u64(out, n);
    buf_str(out, STR("</td>"));
}

static void cell_time(struct buf *out, const struct case_view *c, int64_t ns)
{
    buf_str(out, STR("<td class=\"mono\">"));
    html_time(out, c, ns);
    buf_str(out, STR("</td>"));
}

static void table_open(struct buf *out, const char *const *heads)
{
    buf_str(out, STR("<table class=\"plain\"><thead><tr>"));
    for (; *heads; heads++)
        buf_printf(out, "<th scope=\"col\">%s</th>", *heads);
    buf_str(out, STR("</tr></thead><tbody>\n"));
}

static void table_close(struct buf *out, size_t rows)
{
    buf_str(out, STR("</tbody></table>\n"));
    if (rows > ROWS_MAX)
        buf_printf(out, "<p>%zu more in the case folder.</p>\n", rows - ROWS_MAX);
}

static void section(struct buf *out, const char *id, const char *name)
{
    buf_printf(out, "<section id=\"%s\"><h2><span>%s</span></h2><div class=\"body\">\n", id, name);
}

static void section_close(struct buf *out)
{
    buf_str(out, STR("</div></section>\n"));
}

static void title(struct buf *out, const struct case_view *c)
{
    uint64_t damaged = 0;

    for (size_t i = 0; i < c->source_count; i++)
        damaged += c->sources[i].damaged;
    buf_str(out, STR("<header class=\"bar\"><b lang=\"ja\">足跡</b> ashiato</header>\n<main>\n"
                     "<section id=\"title\"><h1 translate=\"no\">"));
    html_text(out, c->title.len ? c->title : STR("Attack timeline"));
    buf_str(out, STR("</h1><div class=\"body\"><p>"));
    buf_printf(out, "%zu files, %llu records, %llu damaged, ", c->source_count,
               (unsigned long long)c->events, (unsigned long long)damaged);
    html_time(out, c, c->first_ns);
    buf_str(out, STR(" to "));
    html_time(out, c, c->last_ns);
    buf_str(out, STR(", times in "));
    html_text(out, zone_name(c->zone));
    buf_str(out, STR(", "));
    html_text(out, c->version);
    buf_str(out, STR("</p></div></section>\n"));
}

static void answers(struct buf *out, const struct case_view *c)
{
    section(out, "answers", "Answers");
    buf_str(out, STR("<ol class=\"answers\">\n"));
    for (size_t i = 0; i < ANSWERS; i++) {
        const struct answer *a = &c->result->answers[i];

        buf_printf(out, "<li class=\"answer q%zu\"><h3>%s</h3><p class=\"key\" translate=\"no\">",
                   i + 1, questions[i]);
        html_text(out, a->key.len ? a->key : STR("Unknown"));
        buf_str(out, STR("</p><p translate=\"no\">"));
        html_text(out, a->summary);
        if (a->unknown.len) {
            buf_char(out, ' ');
            html_text(out, a->unknown);
        }
        buf_str(out, STR("</p>"));
        if (a->confidence > 0)
            buf_printf(out, "<p>Confidence %.2f, %llu records</p>", a->confidence,
                       (unsigned long long)a->events.total);
        buf_str(out, STR("</li>\n"));
    }
    buf_str(out, STR("</ol>"));
    section_close(out);
}

static const struct edge *edge_shown(const struct result *r, size_t i)
{
    const struct edge *e = &r->edges[i];

    return e->hostile || e->hop ? e : NULL;
}

static void movement(struct buf *out, const struct case_view *c)
{
    static const char *const heads[] = {"Hop", "Time", "From", "To", "Account", "Method",
                                        "Technique", "Seen from", "Confidence", NULL};
    size_t rows = 0;

    section(out, "movement", "Lateral movement");
    table_open(out, heads);
    for (size_t i = 0; i < c->result->edge_count; i++) {
        const struct edge *e = edge_shown(c->result, i);

        if (!e || ++rows > ROWS_MAX)
            continue;
        buf_str(out, STR("<tr>"));
        if (e->hop)
            cell_number(out, e->hop);
        else
            cell(out, STR(""));
        cell_time(out, c, e->start_ns);
        cell(out, e->src_name);
        cell(out, e->dst_name);
        cell(out, e->account_name);
        cell(out, str_of(e->method));
        cell(out, str_of(e->technique));
        cell(out, str_of(e->ends));
        buf_printf(out, "<td class=\"num\">%.2f</td></tr>\n", e->confidence);
    }
    table_close(out, rows);
    section_close(out);
}

static void findings(struct buf *out, const struct case_view *c)
{
    static const char *const heads[] = {"Phase", "Severity", "Finding", "Technique", "First",
                                        "Records", "Confidence", NULL};
    const struct result *r = c->result;

    section(out, "findings", "Findings by phase");
    if (!r->finding_count)
        buf_str(out, STR("<p>No sign found in what was read.</p>\n"));
    table_open(out, heads);
    for (size_t i = 0; i < r->finding_count && i < ROWS_MAX; i++) {
        const struct finding *f = &r->findings[i];

        buf_str(out, STR("<tr>"));
        cell(out, str_of(phases[f->phase]));
        cell(out, str_of(severities[f->severity]));
        cell(out, f->title);
        cell(out, str_of(f->techniques[0]));
        cell_time(out, c, f->start_ns);
        cell_number(out, f->events.total);
        buf_printf(out, "<td class=\"num\">%.2f</td></tr>\n", f->confidence);
    }
    table_close(out, r->finding_count);
    section_close(out);
}

static void coverage_note(struct buf *out, const struct source *s)
{
    buf_str(out, STR("<td translate=\"no\">"));
    if (!s->parser.len) {
        buf_str(out, STR("not read: "));
        html_text(out, s->unread);
    }
    if (s->year_inferred)
        buf_str(out, STR("year inferred. "));
    if (s->zone_assumed)
        buf_str(out, STR("zone assumed. "));
    if (s->note_count)
        html_text(out, s->notes[0].text);
    if (s->note_total > 1)
        buf_printf(out, " (%zu notes)", s->note_total);
    buf_str(out, STR("</td>"));
}

static void evidence(struct buf *out, const struct case_view *c)
{
    static const char *const heads[] = {"Host", "Log", "Records", "Damaged", "First", "Last",
                                        "Note", NULL};

    section(out, "evidence", "Evidence and coverage");
    table_open(out, heads);
    for (size_t i = 0; i < c->source_count && i < ROWS_MAX; i++) {
        const struct source *s = &c->sources[i];

        buf_str(out, STR("<tr>"));
        cell(out, s->system);
        cell(out, s->path);
        cell_number(out, s->events);
        cell_number(out, s->damaged);
        cell_time(out, c, s->first_ns);
        cell_time(out, c, s->last_ns);
        coverage_note(out, s);
        buf_str(out, STR("</tr>\n"));
    }
    table_close(out, c->source_count);
    section_close(out);
}

static void script_only(struct buf *out, const char *id, const char *name)
{
    section(out, id, name);
    buf_str(out, STR("<p>This part is drawn by the script of this page, which does not run here. "
                     "The same records are in timeline.csv beside this file.</p>"));
    section_close(out);
}

void page_sections(struct buf *out, const struct case_view *c)
{
    title(out, c);
    answers(out, c);
    script_only(out, "overview", "Overview");
    movement(out, c);
    script_only(out, "timeline", "Attack timeline");
    findings(out, c);
    script_only(out, "sessions", "Sessions");
    evidence(out, c);
    buf_str(out, STR("</main>\n<footer><span>Hours, hosts and records are as logged. Nothing in "
                     "this page leaves this file.</span><span>"));
    html_text(out, c->version);
    buf_str(out, STR("</span></footer>\n"));
}
