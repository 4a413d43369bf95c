/* SPDX-License-Identifier: Apache-2.0
 *
 * The ingest pass. A reading thread walks the blobs in path order, probes each, cuts it into jobs
 * (small blobs share one) and puts them into the pool. Workers parse and observe a job, and sort
 * its events into segments, or print them. The calling thread takes the jobs in order and keeps
 * what they give.
 *
 * Concurrency: struct reader belongs to the reading thread, struct worker to its worker, struct
 * job to whoever holds it (core/pool.h), everything else to the calling thread. Of a struct source
 * the reading thread writes parser, unread, size, sha256, hashed, empty and failed, the calling
 * thread the counts and notes. */
#include "core/ingest.h"

#include <pthread.h>

#include "core/detector.h"
#include "core/pool.h"

enum {
    WINDOW = 2 << 20,        /* bytes of a job */
    PRINT_WINDOW = 512 << 10, /* of chunks to be printed: they and their lines stay in the cache */
    BUNDLE_PARTS = 256,      /* small blobs of a job */
    BUNDLE_BYTES = 1 << 20,
    WHOLE_MAX = 64 << 20,    /* READS_WHOLE */
    STARTS_BACK = 256 << 10, /* how far back a cut looks for a line that `starts` */
    HEAD = 64 << 10,
    SCORE_MIN = 50           /* below it nobody claims a blob */
};

struct worker {
    struct batch batch;
    struct segment_writer closed, open;
    struct ecs_writer *lines; /* when events are printed */
};

struct reader {
    struct ingest *in;
    struct pipeline *p;
    struct pool *pool;
    struct job *job; /* under construction */
    char text[EVIDENCE_TEXT_MAX];
    char middle[16 << 10], end[16 << 10];
    struct evidence_reply stat, reply;
    bool failed; /* the last read failed: why is in `why` */
    str why;
    struct arena arena; /* texts for sources, taken over by the pipeline */
};

bool pipeline_stopped(const struct pipeline *p)
{
    return p->disk_failed || (p->stop && atomic_load_explicit(p->stop, memory_order_relaxed));
}

static void call(struct reader *r, uint32_t op, uint32_t blob, uint64_t offset, uint32_t want,
                 char *bytes)
{
    const struct evidence_request q = {op, blob, offset, want};

    r->p->evidence.call(r->p->evidence.server, &q, &r->reply, bytes);
}

/* Appends up to `want` bytes from `offset` on to b; fewer at the end or on a failure. */
static size_t read_into(struct reader *r, const struct blob *blob, uint64_t offset, size_t want,
                        struct buf *b)
{
    size_t got = 0;

    while (got < want) {
        uint32_t n = (uint32_t)(want - got < EVIDENCE_READ_MAX ? want - got : EVIDENCE_READ_MAX);
        buf_reserve(b, n < EVIDENCE_TEXT_MAX ? EVIDENCE_TEXT_MAX : n);
        call(r, EVIDENCE_READ, blob->number, offset + got, n, b->p + b->len);
        if (r->reply.status != EVIDENCE_OK) {
            r->failed = true;
            r->why = arena_str(&r->arena, (str){b->p + b->len, r->reply.len});
            return got;
        }
        b->len += r->reply.len;
        got += r->reply.len;
        if (r->p->progress)
            atomic_fetch_add(&r->p->progress->bytes_done, r->reply.len);
        if (r->reply.len < n)
            break;
    }
    return got;
}

/* ---- jobs ---- */

static void put_job(struct reader *r)
{
    struct job *job = r->job;

    r->job = NULL;
    if (!job)
        return;
    for (size_t i = 0; i < job->count; i++)
        job->parts[i].input.bytes.p = job->bytes.p + job->parts[i].at;
    pool_put(r->pool, job);
}

void job_free(struct job *job)
{
    buf_free(&job->bytes);
    buf_free(&job->text);
    mem_free(job->parts);
    facts_free(&job->facts);
    arena_free(&job->arena);
    mem_free(job);
}

static struct job *job_for(struct reader *r)
{
    struct job *job = r->job;

    if (job && (job->count >= BUNDLE_PARTS || job->bytes.len >= BUNDLE_BYTES))
        put_job(r);
    if (!r->job)
        r->job = mem_alloc(sizeof *r->job);
    return r->job;
}

static struct part *add_part(struct reader *r, const struct blob *blob, const struct parser *parser,
                             size_t at, size_t len, uint64_t offset)
{
    struct job *job = r->job;

    job->parts = vec_grow(job->parts, &job->cap, job->count + 1, sizeof *job->parts);
    struct part *part = &job->parts[job->count++];
    struct source *source = &r->p->sources[blob->source];
    const struct rule *zone =
        rule_for(r->p->options->zones, r->p->options->zone_count, source->path);
    *part = (struct part){
        .source = blob->source,
        .parser = parser,
        .at = at,
        .input = {.bytes.len = len, .offset = offset, .source = source},
        .hints = {.zone = zone ? zone->zone : NULL,
                  .cases = blob->cases,
                  .messages = r->in->messages,
                  .recover = r->p->options->recover,
                  .xml = r->p->options->xml},
    };
    return part;
}

/* ---- probing ---- */

static bool beats(const struct parser *a, const struct parser *b)
{
    for (size_t i = 0; a->beats && a->beats[i]; i++)
        if (str_eq(str_of(a->beats[i]), str_of(b->name)))
            return true;
    return false;
}

/* The highest score; of equal ones the one that beats the others. NULL with a reason. */
static const struct parser *choose(struct reader *r, const struct sample *sample, str *why)
{
    const struct parser *best = NULL, *rival = NULL;
    int best_score = SCORE_MIN - 1;

    for (size_t i = 0; i < parser_count; i++) {
        int score = parsers[i]->probe(sample);
        if (score < best_score || score < SCORE_MIN)
            continue;
        if (score > best_score || beats(parsers[i], best)) {
            rival = NULL;
            best = parsers[i];
        } else if (!beats(best, parsers[i])) {
            rival = parsers[i];
        }
        best_score = score;
    }
    if (!rival && best)
        return best;
    for (size_t i = 0; i < parser_count && !best && r->p->options->recover; i++)
        if (parsers[i]->last_resort)
            return parsers[i];
    *why = best ? arena_printf(&r->arena,
                               "both %s and %s fit: choose with --parser NAME:%.*s", best->name,
                               rival->name, PSTR(sample->path))
                : STR("no parser knows this format");
    return NULL;
}

static str sample_part(struct reader *r, const struct blob *blob, uint64_t offset, char *room,
                       uint32_t n)
{
    call(r, EVIDENCE_READ, blob->number, offset, n, room);
    return (str){room, r->reply.status == EVIDENCE_OK ? r->reply.len : 0};
}

static const struct parser *probe(struct reader *r, const struct blob *blob, str head, str *why)
{
    const struct source *source = &r->p->sources[blob->source];
    const struct rule *rule =
        rule_for(r->p->options->parsers, r->p->options->parser_count, source->path);
    struct sample s = {.head = head, .path = source->path};

    if (rule)
        return rule->parser;
    if (r->stat.flags & EVIDENCE_SEEKABLE) {
        s.size = r->stat.value;
        if (s.size > HEAD + sizeof r->middle + sizeof r->end) {
            s.middle = sample_part(r, blob, s.size / 2, r->middle, sizeof r->middle);
            s.end = sample_part(r, blob, s.size - sizeof r->end, r->end, sizeof r->end);
        }
    } else if (head.len < HEAD) {
        s.size = head.len;
    }
    const struct parser *chosen = choose(r, &s, why);
    const struct run_options *o = r->p->options;
    return chosen && chosen == o->replaced ? o->replacement : chosen;
}

/* ---- cutting ---- */

/* Where to cut: behind the last line end, so that the next item begins there. 0 = nowhere. */
static size_t cut_lines(const struct parser *parser, str bytes)
{
    size_t cut = str_rfind_char(bytes, '\n');

    if (cut == bytes.len)
        return 0;
    cut++;
    if (!parser->starts)
        return cut;
    size_t lowest = cut > STARTS_BACK ? cut - STARTS_BACK : 0;
    for (size_t at = cut; at > lowest;) { /* `at` is behind a line end: does an item begin there? */
        str next = str_skip(bytes, at);
        if (next.len && parser->starts(str_head(next, str_find_char(next, '\n'))))
            return at;
        size_t before = str_rfind_char(str_head(bytes, at - 1), '\n');
        at = before == at - 1 ? 0 : before + 1;
    }
    return cut;
}

static size_t cut_chunks(const struct parser *parser, uint64_t offset, size_t len)
{
    uint64_t end = offset + (len > parser->margin ? len - parser->margin : 0);

    if (end < parser->chunk_base)
        return 0;
    end -= (end - parser->chunk_base) % parser->chunk_size;
    return end > offset ? (size_t)(end - offset) : 0;
}

/* A line longer than a window: its head is kept, the rest passed over. Returns the number of
 * bytes read past the window; what follows the line end stays in `rest`. */
static uint64_t skip_line(struct reader *r, const struct blob *blob, uint64_t offset,
                          struct buf *rest)
{
    uint64_t skipped = 0;

    for (;;) {
        rest->len = 0;
        size_t got = read_into(r, blob, offset + skipped, WINDOW, rest);
        size_t end = str_find_char(buf_view(rest), '\n');
        if (end < got) {
            memmove(rest->p, rest->p + end + 1, got - end - 1);
            rest->len = got - end - 1;
            return skipped + end + 1;
        }
        skipped += got;
        if (got < WINDOW || pipeline_stopped(r->p)) {
            rest->len = 0;
            return skipped;
        }
    }
}

/* Lines take a whole window, which the longest one must fit into. */
static size_t window_of(const struct reader *r, const struct parser *parser)
{
    if (parser->reads == READS_WHOLE)
        return WHOLE_MAX;
    return parser->reads == READS_CHUNKS && r->in->print ? PRINT_WINDOW : WINDOW;
}

/* The blob's jobs: `head` is what has been read. */
static void cut_blob(struct reader *r, const struct blob *blob, const struct parser *parser,
                     str head, bool whole_read)
{
    struct carry carry = {{0}};
    struct buf rest = {0};
    uint64_t offset = 0;
    size_t before = 0; /* bytes at the front of `rest` that were a job's already */
    bool end = whole_read;

    buf_str(&rest, head);
    while (!pipeline_stopped(r->p)) {
        struct job *job = job_for(r);
        size_t at = job->bytes.len + before, before_next = 0;
        uint64_t cut_line = 0;
        buf_str(&job->bytes, buf_view(&rest));
        rest.len = 0;
        size_t want = window_of(r, parser);
        size_t have = job->bytes.len - at, cut;
        str bytes;
        do {
            if (!end && have < want) {
                size_t got = read_into(r, blob, offset + have, want - have, &job->bytes);
                end = have + got < want;
                have += got;
            }
            bytes = (str){job->bytes.p + at, have};
            cut = end ? have
                  : parser->reads == READS_LINES
                      ? cut_lines(parser, bytes)
                      : parser->reads == READS_CHUNKS ? cut_chunks(parser, offset, have) : have;
            want += WINDOW;
        } while (cut == 0 && have > 0 && !end && want <= parser->longest_line);
        if (cut == 0 && have > 0) { /* one line longer than the window */
            uint64_t more = skip_line(r, blob, offset + have, &rest);
            cut_line = have + more - (more > 0);
            cut = LINE_MAX_BYTES;
            have += more;
            job->bytes.len = at + cut;
        } else {
            size_t behind = have - cut;
            before_next = before + cut < parser->margin ? before + cut : parser->margin;
            buf_add(&rest, bytes.p + cut - before_next, before_next + behind);
            job->bytes.len = at + cut + (behind < parser->margin ? behind : parser->margin);
            have = cut;
        }
        struct part *part = add_part(r, blob, parser, at, cut, offset);
        part->carry = carry;
        part->input.before = (uint32_t)before;
        part->input.behind = (uint32_t)(job->bytes.len - at - cut);
        part->input.last = end && rest.len == before_next;
        before = before_next;
        part->input.cut_line = cut_line;
        if (parser->carry)
            parser->carry(&carry, (str){job->bytes.p + at, cut});
        offset += have;
        if (part->input.last || (parser->reads == READS_WHOLE))
            break;
        put_job(r);
    }
    buf_free(&rest);
}

static void fail_source(struct source *s, str why)
{
    s->failed = true;
    if (!s->parser.len)
        s->unread = why;
    else
        s->failure = why;
}

/* The size that is told is that of the bytes in the hash: standard input has no other, and a file
 * that somebody still writes or cuts is not what was listed. */
static void settle_size(struct reader *r, struct source *s, uint64_t hashed)
{
    uint64_t listed = s->size;

    s->size = hashed;
    if (listed != hashed && listed && !s->failed)
        fail_source(s, arena_printf(&r->arena, "changed while it was read: %llu bytes when listed, "
                                    "%llu when read", (unsigned long long)listed,
                                    (unsigned long long)hashed));
}

static void read_blob(struct reader *r, const struct blob *blob)
{
    struct source *s = &r->p->sources[blob->source];
    struct buf head = {0};
    str why = {0};

    call(r, EVIDENCE_STAT, blob->number, 0, 0, r->text);
    r->stat = r->reply;
    if (s->unread.len) /* listed, but not to be read */
        return;
    r->failed = false;
    size_t got = read_into(r, blob, 0, HEAD, &head);
    if (r->failed && got == 0) {
        fail_source(s, r->why);
    } else if (got == 0) {
        s->empty = true;
        s->unread = STR("empty");
    } else {
        const struct parser *parser = probe(r, blob, buf_view(&head), &why);
        if (parser) {
            s->parser = str_of(parser->name);
            cut_blob(r, blob, parser, buf_view(&head), r->failed || got < HEAD);
        } else {
            s->unread = why;
        }
        if (r->failed)
            fail_source(s, r->why);
    }
    buf_free(&head);
    call(r, EVIDENCE_DIGEST, blob->number, 0, 32, r->text);
    s->hashed = r->reply.len == 32;
    if (s->hashed) {
        memcpy(s->sha256, r->text, 32);
        settle_size(r, s, r->reply.value);
    }
}

static void *read_all(void *arg)
{
    struct reader *r = arg;

    for (size_t i = 0; i < r->p->blob_count && !pipeline_stopped(r->p); i++) {
        read_blob(r, &r->p->blobs[i]);
        if (r->p->progress)
            atomic_store(&r->p->progress->blobs_done, i + 1);
    }
    if (r->job)
        put_job(r);
    pool_end(r->pool);
    return NULL;
}

/* ---- workers ---- */

static int pointer_cmp(const void *a, const void *b)
{
    return event_cmp(*(struct event *const *)a, *(struct event *const *)b);
}

void events_sort(struct event **events, size_t count)
{
    bool sorted = true;

    for (size_t i = 1; i < count && sorted; i++)
        sorted = event_cmp(events[i - 1], events[i]) <= 0;
    if (!sorted)
        qsort(events, count, sizeof *events, pointer_cmp);
}

static void keep_notes(struct job *job, struct part *part, const struct batch *b)
{
    size_t kept = b->note_count < BATCH_NOTES ? b->note_count : BATCH_NOTES;

    part->note_total = b->note_count;
    part->note_count = kept;
    part->notes = arena_alloc(&job->arena, kept * sizeof *part->notes);
    for (size_t i = 0; i < kept; i++)
        part->notes[i] =
            (struct note){b->notes[i].offset, arena_str(&job->arena, b->notes[i].text)};
    part->damaged = b->damaged;
    part->skipped = b->skipped;
}

enum { LEAP_DAY_S = 951782400 }; /* 2000-02-29: open times are told in the year 2000 */

static bool is_leap_day(const struct event *e)
{
    int64_t into = e->time_ns - LEAP_DAY_S * NS_PER_S;

    return into >= 0 && into < 24 * 60 * 60 * NS_PER_S;
}

static void observe_part(struct part *part, const struct batch *b, size_t from, struct job *job)
{
    for (size_t i = from; i < b->count; i++) {
        const struct event *e = b->events[i];
        if (e->flags & EVENT_YEAR_OPEN) {
            if (is_leap_day(e) && e->year_index < 64)
                part->leap_years |= UINT64_C(1) << e->year_index;
            if (!part->open_events || e->year_index > part->newest_index ||
                (e->year_index == part->newest_index && e->time_ns > part->newest_local_ns)) {
                part->newest_index = e->year_index;
                part->newest_local_ns = e->time_ns;
            }
        } else if (e->time_ns != TIME_UNKNOWN && e->time_ns > part->newest_ns) {
            part->newest_ns = e->time_ns;
        }
        part->open_events += (e->flags & EVENT_YEAR_OPEN) != 0;
        for (size_t k = 0; k < detector_count && !part->hints.cases; k++)
            if (detectors[k]->observe)
                detectors[k]->observe(e, &b->names, &job->facts);
    }
}

static void parse_part(struct batch *b, struct part *part, struct job *job)
{
    size_t from = b->count;

    b->note_count = 0;
    b->damaged = b->skipped = 0;
    part->newest_ns = INT64_MIN;
    part->input.carry = &part->carry;
    part->input.hints = &part->hints;
    batch_source(b, part->source, part->input.source->system);
    part->parser->parse(&part->input, b);
    part->events = b->count - from;
    keep_notes(job, part, b);
}

static void sort_job(struct worker *w, struct job *job)
{
    const uint32_t open_flags = EVENT_YEAR_OPEN | EVENT_ZONE_OPEN;
    struct batch *b = &w->batch;

    job->closed = mem_alloc(sizeof *job->closed);
    job->open = mem_alloc(sizeof *job->open);
    w->closed.out = job->closed;
    w->open.out = job->open;
    events_sort(b->events, b->count);
    for (size_t i = 0; i < b->count; i++)
        segment_add(b->events[i]->flags & open_flags ? &w->open : &w->closed, b->events[i],
                    &b->names);
    segment_end(&w->closed);
    segment_end(&w->open);
}

static void work(void *ctx, unsigned number, void *arg)
{
    struct ingest *in = ctx;
    struct worker *w = &in->workers[number];
    struct job *job = arg;

    for (size_t i = 0; i < job->count && !pipeline_stopped(in->p); i++) {
        size_t from = w->batch.count;
        parse_part(&w->batch, &job->parts[i], job);
        if (!in->print)
            observe_part(&job->parts[i], &w->batch, from, job);
        else if (in->emit) /* else only counting */
            in->print(in->p, w->lines, &w->batch, from, &job->text);
    }
    if (!in->print)
        sort_job(w, job);
    buf_free(&job->bytes);
    batch_reset(&w->batch);
}

/* ---- taking ---- */

static void take_part(struct pipeline *p, const struct part *part)
{
    struct source *s = &p->sources[part->source];
    struct source_state *state = &p->states[part->source];

    s->events += part->events;
    s->damaged += part->damaged;
    s->skipped += part->skipped;
    for (size_t i = 0; i < part->note_count; i++)
        source_note(p, s, part->notes[i].offset, true, part->notes[i].text);
    s->note_total += part->note_total - part->note_count;
    p->events += part->events;
    if (part->newest_ns > state->newest_ns)
        state->newest_ns = part->newest_ns;
    if (part->open_events &&
        (!state->open_events || part->newest_index > state->newest_index ||
         (part->newest_index == state->newest_index &&
          part->newest_local_ns > state->newest_local_ns))) {
        state->newest_index = part->newest_index;
        state->newest_local_ns = part->newest_local_ns;
    }
    state->open_events += part->open_events;
    state->leap_years |= part->leap_years;
    if (p->progress)
        atomic_fetch_add(&p->progress->events, part->events);
}

static void take_job(struct ingest *in, struct job *job)
{
    struct pipeline *p = in->p;

    for (size_t i = 0; i < job->count; i++)
        take_part(p, &job->parts[i]);
    if (in->emit)
        in->emit(in->emit_ctx, buf_view(&job->text));
    facts_merge(&p->facts, &job->facts);
    if (job->closed)
        store_add(&p->store, job->closed);
    if (job->open)
        store_add(&p->open, job->open);
    job_free(job);
}

/* So many segments that a stream could not read them side by side: merges the oldest. */
static void merge_some(struct ingest *in)
{
    struct store *store = &in->p->store;

    if (store->count < STORE_FAN_IN || in->print)
        return;
    struct segment *merged = store_merge(store, store->segments, STORE_GROUP);
    store_remove(store, 0, STORE_GROUP);
    store_add(store, merged);
}

/* A blob that only the last resort took, in vain, stays unread. */
static void unclaim_empty(struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count; i++) {
        struct source *s = &p->sources[i];
        for (size_t k = 0; k < parser_count && s->events == 0; k++)
            if (parsers[k]->last_resort && str_eq(s->parser, str_of(parsers[k]->name))) {
                s->parser = (str){0};
                s->unread = STR("no parser knows this format, and no event records lie in it");
            }
    }
}

bool ingest_run(struct ingest *in, struct err *err)
{
    struct pipeline *p = in->p;
    unsigned threads = p->options->threads;
    struct reader *r = mem_alloc(sizeof *r);
    pthread_t thread;

    in->workers = mem_alloc(threads * sizeof *in->workers);
    for (unsigned i = 0; i < threads && in->print; i++)
        in->workers[i].lines = ecs_writer_new();
    *r = (struct reader){.in = in, .p = p, .pool = pool_open(threads, threads + 2, work, in)};
    if (pthread_create(&thread, NULL, read_all, r) != 0)
        die("cannot start a thread");
    for (struct job *job; (job = pool_take(r->pool));) {
        take_job(in, job);
        merge_some(in);
        if (p->store.failed || p->open.failed)
            p->disk_failed = true; /* the others end soon, too */
    }
    pthread_join(thread, NULL);
    pool_close(r->pool);
    for (unsigned i = 0; i < threads; i++) {
        batch_free(&in->workers[i].batch);
        segment_writer_free(&in->workers[i].closed);
        segment_writer_free(&in->workers[i].open);
        ecs_writer_free(in->workers[i].lines);
    }
    mem_free(in->workers);
    for (size_t i = 0; i < p->source_count + p->case_count; i++) { /* the reader's texts move */
        p->sources[i].unread = arena_str(&p->arena, p->sources[i].unread);
        p->sources[i].failure = arena_str(&p->arena, p->sources[i].failure);
        if (p->sources[i].failure.len)
            source_note(p, &p->sources[i], 0, false, p->sources[i].failure);
    }
    arena_free(&r->arena);
    mem_free(r);
    unclaim_empty(p);
    err->msg[0] = 0;
    if (p->store.failed || p->open.failed)
        *err = p->store.failed ? p->store.err : p->open.err;
    return !pipeline_stopped(p) && !p->store.failed && !p->open.failed;
}

bool pipeline_ingest(struct pipeline *p, const char *work_dir, struct err *err)
{
    struct ingest in = {.p = p, .messages = true};

    store_init(&p->store, work_dir, "runs", p->options->memory / 4);
    store_init(&p->open, work_dir, "open", p->options->memory / 8);
    return ingest_run(&in, err);
}
