/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/stage.h"

#include "core/time.h"

struct event *stage_event(struct stage *s, enum kind kind, const char *host, double seconds,
                          const char *channel, uint32_t code)
{
    if (!s->batch.count)
        batch_source(&s->batch, 0, STR("evidence"));
    struct event *e = batch_begin(&s->batch, s->batch.count);
    e->kind = (uint16_t)kind;
    e->host = names_put(&s->batch.names, str_of(host));
    e->time_ns = INT64_C(1700000000) * NS_PER_S + (int64_t)(seconds * 1e9);
    e->channel = names_put(&s->batch.names, str_of(channel));
    e->code = code;
    e->sequence = s->batch.count + 1;
    return e;
}

uint64_t stage_name(struct stage *s, const char *text)
{
    return names_put(&s->batch.names, str_of(text));
}

struct party stage_party(struct stage *s, const char *user, const char *domain, uint64_t logon)
{
    return (struct party){
        .user = stage_name(s, user), .domain = stage_name(s, domain), .logon = logon};
}

struct endpoint stage_end_point(struct stage *s, const char *host, const char *addr)
{
    struct endpoint end = {.host = stage_name(s, host)};

    addr_parse(str_of(addr), &end.addr);
    return end;
}

void stage_field(struct stage *s, const char *name, const char *text)
{
    batch_field(&s->batch, str_find_char(str_of(name), '.') < str_of(name).len ? FIELD_ECS
                                                                             : FIELD_EVENT_DATA,
                str_of(name), value_of(arena_str(&s->batch.arena, str_of(text))));
}

void stage_end(struct stage *s)
{
    batch_commit(&s->batch);
}

void stage_logon(struct stage *s, double seconds, const char *host, int type, uint64_t logon,
                 const char *user, const char *from, uint16_t port)
{
    char text[8];
    struct event *e = stage_event(s, KIND_LOGON, host, seconds, "Security", 4624);

    e->target = stage_party(s, user, "CORP", logon);
    e->src = stage_end_point(s, "", from);
    e->src_port = port;
    snprintf(text, sizeof text, "%d", type);
    stage_field(s, "LogonType", text);
    stage_end(s);
}

static void keep_mark(void *ctx, struct mark mark)
{
    struct stage *s = ctx;

    if (s->mark_count < STAGE_MARKS)
        s->marks[s->mark_count++] = mark;
}

/* What is missing among the record numbers comes behind all records: no detector minds. */
static void add_derived(struct stage *s)
{
    struct sequence_limits limits;

    for (size_t i = 0; i < s->batch.count; i++)
        sequence_see(&s->sequences, &s->batch.names, s->batch.events[i],
                     !(s->batch.events[i]->flags & (EVENT_RECOVERED | EVENT_NUMBER_LOOSE)));
    sequences_events(&s->sequences, &s->batch, &limits);
}

void stage_run(struct stage *s)
{
    void **states = mem_alloc(detector_count * sizeof(void *));
    str system = STR("evidence");

    for (size_t i = 0; i < s->batch.count; i++)
        for (size_t k = 0; k < detector_count; k++)
            if (detectors[k]->observe)
                detectors[k]->observe(s->batch.events[i], &s->batch.names, &s->facts);
    add_derived(s);
    s->identity = identity_build(&s->facts, &system, 1);
    struct source source = {.path = STR("evidence"), .system = system, .parser = STR("test"),
                            .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN};
    struct judge j = {.identity = s->identity, .facts = &s->facts, .result = &s->result,
                      .sources = &source, .source_count = 1,
                      .names = &s->batch.names, .mark = keep_mark, .mark_ctx = s};
    for (size_t k = 0; k < detector_count; k++)
        states[k] = detectors[k]->start(&j);
    for (j.ordinal = 0; j.ordinal < s->batch.count; j.ordinal++)
        for (size_t k = 0; k < detector_count; k++)
            detectors[k]->see(states[k], &j, s->batch.events[j.ordinal]);
    j.names = NULL;
    for (size_t k = 0; k < detector_count; k++)
        detectors[k]->finish(states[k], &j);
    mem_free(states);
}

void stage_free(struct stage *s)
{
    result_free(&s->result);
    identity_free(s->identity);
    facts_free(&s->facts);
    sequences_free(&s->sequences);
    batch_free(&s->batch);
}

bool stage_marked(const struct stage *s, uint64_t ordinal, enum mark_type type, size_t index)
{
    for (size_t i = 0; i < s->mark_count; i++)
        if (s->marks[i].ordinal == ordinal && s->marks[i].type == type &&
            s->marks[i].index == index)
            return true;
    return false;
}
