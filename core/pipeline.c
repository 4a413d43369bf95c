/* SPDX-License-Identifier: Apache-2.0
 *
 * What the passes share, the end of a run, and the short way of `ashiato parse`. */
#include "core/aside.h"
#include "core/ecs.h"
#include "core/ingest.h"

enum { LINE_ROOM = 1536 }; /* bytes that most lines take, more or less */

bool glob_match(str glob, str path)
{
    size_t g = 0, p = 0, star = SIZE_MAX, resume = 0;

    if (glob.len == 0)
        return true;
    while (p < path.len) {
        if (g < glob.len && glob.p[g] == '*') {
            star = g++;
            resume = p;
        } else if (g < glob.len && (glob.p[g] == '?' || glob.p[g] == path.p[p])) {
            g++;
            p++;
        } else if (star != SIZE_MAX) { /* the last star takes one character more */
            g = star + 1;
            p = ++resume;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.p[g] == '*')
        g++;
    return g == glob.len;
}

const struct rule *rule_for(const struct rule *rules, size_t count, str path)
{
    for (size_t i = count; i > 0; i--) /* the last one given wins */
        if (glob_match(rules[i - 1].glob, path))
            return &rules[i - 1];
    return NULL;
}

void source_note(struct pipeline *p, struct source *s, uint64_t offset, bool placed, str text)
{
    s->note_total++;
    if (s->note_count == SOURCE_NOTES)
        return;
    if (!s->notes)
        s->notes = arena_alloc(&p->arena, SOURCE_NOTES * sizeof *s->notes);
    s->notes[s->note_count++] =
        (struct source_note){offset, placed, arena_str(&p->arena, text)};
}

void pipeline_free(struct pipeline *p)
{
    if (p->store.path)
        store_free(&p->store);
    if (p->open.path)
        store_free(&p->open);
    if (p->aside.path)
        store_free(&p->aside);
    pieces_free(&p->pieces);
    if (p->marks.path)
        marks_free(&p->marks);
    facts_free(&p->facts);
    sequences_free(&p->sequences);
    density_free(&p->density);
    if (p->identity)
        identity_free(p->identity);
    result_free(&p->result);
    for (size_t i = 0; i < p->system_zone_count; i++)
        zone_free(p->system_zones[i]);
    mem_free(p->system_zones);
    mem_free(p->sources);
    mem_free(p->states);
    mem_free(p->blobs);
    arena_free(&p->arena);
}

/* A record of a stream that is not held back: its year is the last one that its own file's bounds
 * allow, each line for itself. */
static void settle_at_once(const struct pipeline *p, struct event *e)
{
    e->flags &= ~(uint32_t)EVENT_ZONE_GIVEN;
    if (!(e->flags & (EVENT_YEAR_OPEN | EVENT_ZONE_OPEN)))
        return;
    const struct year_choice choice = years_alone(p, e->source);
    year_settle_event(e, &choice, p->states[e->source].zone);
}

static void print_events(struct pipeline *p, struct ecs_writer *w, struct batch *b, size_t from,
                         struct buf *out)
{
    const struct ecs_context ctx = {.sources = p->sources,
                                    .source_count = p->source_count + p->case_count};

    ecs_writer_turn(w);
    buf_reserve(out, (b->count - from) * LINE_ROOM);
    for (size_t i = from; i < b->count; i++) {
        struct event *e = b->events[i];

        settle_at_once(p, e);
        ecs_write(w, out, e, &b->names, &ctx);
        buf_char(out, '\n');
    }
}

/* The field that parsers make of a record with hints.xml; the record's own may have any name. */
static str record_xml(const struct event *e)
{
    for (unsigned i = 0; i < e->field_count; i++) {
        const struct field *f = &e->fields[i];
        if (f->group == FIELD_OWN && f->type == VALUE_TEXT &&
            str_eq((str){f->name, f->name_len}, STR("xml")))
            return (str){f->data, f->len};
    }
    return STR("");
}

/* Behind all others come the records that waited for them. */
struct late_lines {
    struct ingest *in;
    struct ecs_writer *lines;
};

static void print_completed(void *ctx, struct batch *b)
{
    struct late_lines *k = ctx;
    struct buf text = {0};

    k->in->print(k->in->p, k->lines, b, 0, &text);
    k->in->emit(k->in->emit_ctx, buf_view(&text));
    buf_free(&text);
}

static void print_aside(struct ingest *in)
{
    struct late_lines k = {.in = in, .lines = ecs_writer_new()};

    if (in->emit)
        aside_complete(in->p, in->messages, print_completed, &k);
    ecs_writer_free(k.lines);
}

/* Records that have no form in XML are passed over. */
static void print_xml(struct pipeline *p, struct ecs_writer *w, struct batch *b, size_t from,
                      struct buf *out)
{
    (void)p, (void)w;
    for (size_t i = from; i < b->count; i++) {
        str xml = record_xml(b->events[i]);
        if (xml.len) {
            buf_str(out, xml);
            buf_char(out, '\n');
        }
    }
}

bool pipeline_parse(struct pipeline *p, void (*emit)(void *ctx, str lines), void *ctx,
                    struct err *err)
{
    struct ingest in = {.p = p,
                        .messages = emit != NULL,
                        .print = p->options->xml ? print_xml : print_events,
                        .records = p->options->records,
                        .relieve = print_aside,
                        .emit = emit,
                        .emit_ctx = ctx};

    store_init(&p->aside, "", "", SIZE_MAX);
    bool good = ingest_run(&in, err);
    if (good)
        print_aside(&in);
    return good;
}
