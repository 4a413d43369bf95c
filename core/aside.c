/* SPDX-License-Identifier: Apache-2.0
 *
 * From the store of what was set aside to batches of events. */
#include "core/aside.h"

struct completing {
    struct pipeline *p;
    struct hints hints;
    struct batch batch;
    void (*take)(void *ctx, struct batch *b);
    void *ctx;
};

const struct parser *parser_of(str name)
{
    for (size_t i = 0; i < parser_count; i++)
        if (str_eq(name, str_of(parsers[i]->name)))
            return parsers[i];
    return NULL;
}

static void give(struct completing *c)
{
    c->take(c->ctx, &c->batch);
    batch_reset(&c->batch);
}

static void keep_notes(struct completing *c, struct source *s)
{
    struct batch *b = &c->batch;
    size_t kept = b->note_count < BATCH_NOTES ? b->note_count : BATCH_NOTES;

    for (size_t i = 0; i < kept; i++)
        source_note(c->p, s, b->notes[i].offset, true, b->notes[i].text);
    s->note_total += b->note_count - kept;
    s->damaged += b->damaged;
    b->note_count = 0;
    b->damaged = 0;
}

static void complete_segment(struct completing *c, const struct segment *segment)
{
    struct segment_reader r;

    segment_open(&r, segment, c->p->aside.fd);
    while (segment_next(&r)) {
        const struct event *e = &r.cursor.event;
        struct source *s = &c->p->sources[e->source];
        const struct parser *parser = parser_of(s->parser);
        batch_source(&c->batch, e->source, s->system);
        if (parser && parser->complete)
            parser->complete(e, &c->hints, &c->batch);
        keep_notes(c, s);
        if (c->batch.count >= ASIDE_EVENTS || c->batch.arena.held > ASIDE_BYTES)
            give(c);
    }
    segment_close(&r);
}

void aside_complete(struct pipeline *p, bool messages, void (*take)(void *ctx, struct batch *b),
                    void *ctx)
{
    struct completing c = {.p = p, .take = take, .ctx = ctx,
                           .hints = {.messages = messages, .recover = p->options->recover,
                                     .xml = p->options->xml, .pieces = &p->pieces}};

    if (p->aside.count == 0)
        return;
    pieces_sort(&p->pieces);
    for (size_t i = 0; i < p->aside.count && !pipeline_stopped(p); i++)
        complete_segment(&c, p->aside.segments[i]);
    give(&c);
    store_remove(&p->aside, 0, p->aside.count);
    batch_free(&c.batch);
}
