/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading: walks the blobs in path order, probes each and cuts it into jobs (small blobs share
 * one). It is called by one worker at a time, whichever is free, and goes on where it was. */
#include "core/ingest.h"

#include <assert.h>

enum {
    WINDOW = 2 << 20,        /* bytes of a job */
    PRINT_WINDOW = 512 << 10, /* of chunks to be printed: they and their lines stay in the cache */
    RECORDS_WINDOW = 128 << 10, /* likewise, where no events are made: the nearest cache */
    BUNDLE_PARTS = 256,      /* small blobs of a job */
    BUNDLE_BYTES = 1 << 20,
    WHOLE_MAX = 64 << 20,    /* READS_WHOLE */
    STARTS_BACK = 256 << 10, /* how far back a cut looks for a line that `starts` */
    HEAD = 64 << 10,
    SPARSE_MIN = 64 << 20,   /* smaller files are read whole, holes and all, and hashed */
    SCORE_MIN = 50,          /* below it nobody claims a blob */
    SCORE_MAX = 100
};

struct cutting { /* the blob that is being cut into parts */
    const struct blob *blob; /* NULL: none */
    const struct parser *parser;
    struct carry carry;
    struct buf rest; /* bytes that were read and belong to the next part; first the sampled head */
    uint64_t offset; /* of the next part */
    size_t before;   /* bytes at the front of `rest` that were a part's already */
    bool end;        /* nothing is left to be read */
    struct spool *spool; /* READS_SPOOLED: all of it */
    uint64_t holes;  /* bytes passed over, since the file does not store them */
};

struct reader {
    struct ingest *in;
    struct pipeline *p;
    struct job *job; /* under construction */
    size_t next_blob;
    struct cutting cut;
    char text[EVIDENCE_TEXT_MAX];
    char middle[16 << 10], end[16 << 10];
    struct evidence_reply stat, reply;
    bool failed; /* the last read failed: why is in `why` */
    str why;
    struct arena arena; /* texts for sources, taken over by the pipeline */
};

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

static struct part *add_part(struct reader *r, const struct blob *blob, const struct parser *parser,
                             size_t at, size_t len, uint64_t offset)
{
    struct job *job = r->job;

    job->parts = vec_grow(job->parts, &job->cap, job->count + 1, sizeof *job->parts);
    struct part *part = &job->parts[job->count++];
    struct source *source = &r->p->sources[blob->source];
    *part = (struct part){
        .source = blob->source,
        .parser = parser,
        .at = at,
        .input = {.bytes.len = len, .offset = offset, .source = source},
        .hints = {.zone = r->p->states[blob->source].zone,
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
    if (a->general != b->general)
        return b->general;
    for (size_t i = 0; a->beats && a->beats[i]; i++)
        if (str_eq(str_of(a->beats[i]), str_of(b->name)))
            return true;
    return false;
}

/* Surely a binary format: no line of text has to be asked. */
static bool is_settled(const struct parser *best, int score)
{
    return score == SCORE_MAX && best->reads != READS_LINES;
}

/* The highest score; of equal ones the one that beats the others. NULL with a reason. */
static const struct parser *choose(struct reader *r, const struct sample *sample, str *why)
{
    const struct parser *best = NULL, *rival = NULL;
    int best_score = SCORE_MIN - 1;

    for (size_t i = 0; i < parser_count; i++) {
        if (parsers[i]->reads == READS_LINES && is_settled(best, best_score))
            continue;
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
                : STR("no parser knows this format: --parser NAME:PATH reads it as one of "
                      "`ashiato formats`");
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

/* Lines take a whole window, which the longest one must fit into; chunks end with it, so that
 * nothing is left over that had to be copied. */
static size_t window_of(const struct reader *r, const struct parser *parser)
{
    if (parser->reads == READS_WHOLE)
        return WHOLE_MAX;
    if (parser->reads != READS_CHUNKS)
        return WINDOW;
    size_t size = r->in->records ? RECORDS_WINDOW : r->in->print ? PRINT_WINDOW : WINDOW;
    size_t head = parser->chunk_base + parser->margin;
    uint64_t end = r->cut.offset + size;
    return end < head || size <= parser->chunk_size ? size
                                                    : size - (end - head) % parser->chunk_size;
}

/* Reads on until the bytes at `at` of the job, *have of them so far, can be cut; where. 0: nowhere,
 * within the longest line that the parser wants whole. */
static size_t window(struct reader *r, size_t at, size_t *have)
{
    struct cutting *k = &r->cut;
    const struct parser *parser = k->parser;
    size_t want = window_of(r, parser), cut;

    do {
        if (!k->end && *have < want) {
            size_t got = read_into(r, k->blob, k->offset + *have, want - *have, &r->job->bytes);
            k->end = *have + got < want;
            *have += got;
        }
        cut = k->end || parser->reads == READS_WHOLE ? *have
              : parser->reads == READS_LINES
                  ? cut_lines(parser, (str){r->job->bytes.p + at, *have})
                  : cut_chunks(parser, k->offset, *have);
        want += WINDOW;
    } while (cut == 0 && *have > 0 && !k->end && want <= parser->longest_line);
    return cut;
}

/* Passes over a large hole of a sparse file, for parsers that read nothing from zeros. */
static void skip_hole(struct reader *r)
{
    struct cutting *k = &r->cut;
    uint64_t from = k->offset + k->rest.len;

    if (!k->parser->zeros_mean_nothing || !(r->stat.flags & EVIDENCE_SEEKABLE) ||
        r->stat.value < SPARSE_MIN)
        return;
    for (size_t i = 0; i < k->rest.len; i++)
        if (k->rest.p[i])
            return;
    call(r, EVIDENCE_DATA, k->blob->number, from, 0, r->text);
    uint64_t to = r->reply.value - r->reply.value % k->parser->chunk_size;
    if (to < from + WINDOW)
        return;
    k->holes += to - from;
    k->offset = to;
    k->rest.len = 0;
    if (r->p->progress)
        atomic_fetch_add(&r->p->progress->bytes_done, to - from);
}

/* Adds the next part of the open blob to the job. True when it was the last one. */
static bool cut_part(struct reader *r)
{
    struct cutting *k = &r->cut;
    struct job *job = r->job;
    size_t at = job->bytes.len + k->before, before_next = 0;
    uint64_t cut_line = 0;

    skip_hole(r);
    buf_str(&job->bytes, buf_view(&k->rest));
    k->rest.len = 0;
    size_t have = job->bytes.len - at, cut = window(r, at, &have);
    if (cut == 0 && have > 0) { /* one line longer than the window */
        uint64_t more = skip_line(r, k->blob, k->offset + have, &k->rest);
        cut_line = have + more - (more > 0);
        cut = LINE_MAX_BYTES;
        have += more;
        job->bytes.len = at + cut;
    } else {
        size_t behind = have - cut, margin = k->parser->margin;
        before_next = k->before + cut < margin ? k->before + cut : margin;
        buf_add(&k->rest, job->bytes.p + at + cut - before_next, before_next + behind);
        job->bytes.len = at + cut + (behind < margin ? behind : margin);
        have = cut;
    }
    struct part *part = add_part(r, k->blob, k->parser, at, cut, k->offset);
    part->carry = k->carry;
    part->input.before = (uint32_t)k->before;
    part->input.behind = (uint32_t)(job->bytes.len - at - cut);
    part->input.last = k->end && k->rest.len == before_next;
    part->input.cut_line = cut_line;
    if (k->parser->carry)
        k->parser->carry(&k->carry, (str){job->bytes.p + at, cut});
    k->before = before_next;
    k->offset += have;
    return part->input.last || k->parser->reads == READS_WHOLE;
}

/* ---- blobs kept whole ---- */

static bool is_spooled(const struct reader *r)
{
    return r->cut.parser && r->cut.parser->reads == READS_SPOOLED;
}

static bool fill_spool(struct reader *r, struct err *err)
{
    struct cutting *k = &r->cut;
    bool good = spool_add(k->spool, buf_view(&k->rest), err);
    uint64_t offset = k->rest.len;

    while (good && !k->end && !pipeline_stopped(r->p)) {
        k->rest.len = 0;
        size_t got = read_into(r, k->blob, offset, WINDOW, &k->rest);
        good = spool_add(k->spool, buf_view(&k->rest), err);
        offset += got;
        k->end = got < WINDOW || offset >= SPOOL_MAX;
    }
    k->rest.len = 0;
    return good && spool_end(k->spool, err);
}

/* Adds the next part of a blob that is kept whole, in a job of its own. True when it was the last
 * one, or the blob could not be kept. */
static bool cut_spooled(struct reader *r)
{
    struct cutting *k = &r->cut;
    struct err err = {{0}};

    if (!k->spool) {
        k->spool = spool_new(r->in->work_dir, r->p->options->memory / 32);
        if (!fill_spool(r, &err)) {
            r->failed = true;
            r->why = arena_str(&r->arena, str_of(err.msg));
            return true;
        }
    }
    str whole = spool_view(k->spool);
    size_t at = (size_t)k->offset, end = k->parser->cut(whole, at);
    assert(end > at && end <= whole.len);
    r->job->spool = k->spool;
    spool_hold(k->spool);
    struct part *part = add_part(r, k->blob, k->parser, at, end - at, at);
    part->input.blob = whole;
    part->input.last = end == whole.len;
    k->offset = end;
    return part->input.last;
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

/* Opens the next blob for cutting, if a parser claims it. */
static void open_blob(struct reader *r)
{
    const struct blob *blob = &r->p->blobs[r->next_blob++];
    struct source *s = &r->p->sources[blob->source];
    struct buf *head = &r->cut.rest;
    str why = {0};

    call(r, EVIDENCE_STAT, blob->number, 0, 0, r->text);
    r->stat = r->reply;
    if (s->unread.len) /* listed, but not to be read */
        return;
    r->failed = false;
    head->len = 0;
    size_t got = read_into(r, blob, 0, HEAD, head);
    r->cut = (struct cutting){.blob = blob, .rest = *head, .end = r->failed || got < HEAD};
    if (got == 0 && !r->failed) {
        s->empty = true;
        s->unread = STR("empty");
    } else if (got) {
        r->cut.parser = probe(r, blob, buf_view(head), &why);
        if (r->cut.parser)
            s->parser = str_of(r->cut.parser->name);
        else
            s->unread = why;
    }
}

static void close_blob(struct reader *r)
{
    const struct blob *blob = r->cut.blob;
    struct source *s = &r->p->sources[blob->source];

    if (r->failed)
        fail_source(s, r->why);
    r->cut.blob = NULL;
    spool_drop(r->cut.spool);
    r->cut.spool = NULL;
    if (r->cut.holes)
        s->unhashed = arena_printf(&r->arena,
                                   "a sparse file: its holes (%llu bytes) were not read, "
                                   "so there is no SHA-256", (unsigned long long)r->cut.holes);
    call(r, EVIDENCE_DIGEST, blob->number, 0, r->cut.holes ? 0 : 32, r->text);
    s->hashed = r->reply.len == 32;
    if (s->hashed) {
        memcpy(s->sha256, r->text, 32);
        settle_size(r, s, r->reply.value);
    }
    if (r->p->progress)
        atomic_store(&r->p->progress->blobs_done, r->next_blob);
}

static bool is_full(const struct job *job)
{
    return job->count >= BUNDLE_PARTS || job->bytes.len >= BUNDLE_BYTES;
}

/* Adds parts to the job until it is full, or a blob goes on in the next one. */
static void fill_job(struct reader *r)
{
    while (!pipeline_stopped(r->p) && !is_full(r->job)) {
        if (!r->cut.blob && r->next_blob == r->p->blob_count)
            return;
        if (!r->cut.blob) {
            open_blob(r);
        } else if (is_spooled(r) && r->job->count) {
            return;
        } else if (is_spooled(r)) {
            if (cut_spooled(r))
                close_blob(r);
            if (r->job->count)
                return;
        } else if (!r->cut.parser || cut_part(r)) {
            close_blob(r);
        } else {
            return;
        }
    }
}

struct job *reader_next(struct reader *r, struct buf *room)
{
    struct job *job = mem_alloc(sizeof *job);

    job->bytes = *room;
    *room = (struct buf){0};
    r->job = job;
    fill_job(r);
    const char *bytes = job->spool ? spool_view(job->spool).p : job->bytes.p;
    for (size_t i = 0; i < job->count; i++)
        job->parts[i].input.bytes.p = bytes + job->parts[i].at;
    if (job->count)
        return job;
    job_free(job);
    return NULL;
}

struct reader *reader_open(struct ingest *in)
{
    struct reader *r = mem_alloc(sizeof *r);

    r->in = in;
    r->p = in->p;
    return r;
}

/* Texts of sources move to the pipeline. */
void reader_close(struct reader *r)
{
    struct pipeline *p = r->p;

    if (r->cut.blob)
        close_blob(r);
    for (size_t i = 0; i < p->source_count + p->case_count; i++) {
        p->sources[i].unread = arena_str(&p->arena, p->sources[i].unread);
        p->sources[i].failure = arena_str(&p->arena, p->sources[i].failure);
        p->sources[i].unhashed = arena_str(&p->arena, p->sources[i].unhashed);
        if (p->sources[i].unhashed.len)
            source_note(p, &p->sources[i], 0, false, p->sources[i].unhashed);
        if (p->sources[i].failure.len)
            source_note(p, &p->sources[i], 0, false, p->sources[i].failure);
    }
    buf_free(&r->cut.rest);
    arena_free(&r->arena);
    mem_free(r);
}
