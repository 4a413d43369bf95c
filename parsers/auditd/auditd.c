/* SPDX-License-Identifier: Apache-2.0
 *
 * audit.log of the Linux audit system (record.h tells the format): the records of one audit event
 * become one event. They stand together but for those of another processor that come between, so
 * the last OPEN_MAX events stay open; EOE ends one. Event fields: meaning.c. event.original = the
 * lines, in their order. A `node=` is the host; without one the system's stands in.
 *
 * What `ausearch` prints is read as well: its "----" and "time->" lines are passed over, the local
 * times of `ausearch -i` take the zone of the system. A job may end between an AVC record and the
 * system call that follows it: they are two events then. */
#include "parsers/auditd/record.h"
#include "parsers/text.h"

enum { OPEN_MAX = 8, EVENT_BYTES_MAX = 256 * 1024 };

struct group {
    struct audit_record records[AUDIT_RECORDS_MAX];
    size_t count, bytes;
    uint64_t offset, cut;
};

struct job {
    const struct input *in;
    struct batch *out;
    struct group *open[OPEN_MAX]; /* oldest first */
    size_t open_count;
};

static bool accepts(str line)
{
    struct audit_record r;

    return audit_record_read(line, &r);
}

static bool is_remark(str line)
{
    return str_starts(line, STR("----")) || str_starts(line, STR("time->")) ||
           str_starts(line, STR("#"));
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, accepts, is_remark);
}

/* Records that only add to a system call do not begin an event. */
static bool starts(str line)
{
    static const char *const parts[] = {"CWD",       "PATH",     "EXECVE",     "PROCTITLE",
                                        "SOCKADDR",  "EOE",      "BPRM_FCAPS", "FD_PAIR",
                                        "OBJ_PID",   "MMAP",     "KERN_MODULE", "SOCKETCALL",
                                        "IPC",       "CAPSET",   "OPENAT2",    "URINGOP"};
    struct audit_record r;

    if (!audit_record_read(line, &r))
        return true;
    for (size_t i = 0; i < array_len(parts); i++)
        if (str_eq(r.type, str_of(parts[i])))
            return false;
    return true;
}

static str original(const struct group *g, struct arena *a)
{
    if (g->count == 1)
        return g->records[0].line;
    char *text = arena_bytes(a, g->bytes + g->count);
    size_t len = 0;

    for (size_t i = 0; i < g->count; i++) {
        if (i > 0)
            text[len++] = '\n';
        memcpy(text + len, g->records[i].line.p, g->records[i].line.len);
        len += g->records[i].line.len;
    }
    return (str){text, len};
}

static void set_time(struct event *e, const struct audit_record *r, const struct hints *hints)
{
    if (r->is_civil) {
        event_civil_time(e, &r->civil, PRECISION_MS, 0, hints);
        return;
    }
    e->time_ns = r->time_ns;
    e->precision = PRECISION_MS;
}

static void close_group(struct job *job, struct group *g)
{
    struct batch *out = job->out;
    const struct audit_record *first = &g->records[0];
    str text = original(g, &out->arena);
    struct event *e = text_begin(out, job->in, text, g->offset, g->cut);

    set_time(e, first, job->in->hints);
    if (first->node.len)
        text_set_host(out, first->node);
    e->provider = names_put(&out->names, STR("auditd"));
    batch_number(out, FIELD_ECS, STR("auditd.sequence"), first->serial);
    audit_describe(g->records, g->count, out, job->in->hints && job->in->hints->messages);
    batch_commit(out);
}

static void close_at(struct job *job, size_t i)
{
    struct group *g = job->open[i];

    close_group(job, g);
    memmove(&job->open[i], &job->open[i + 1], (--job->open_count - i) * sizeof(struct group *));
    job->open[job->open_count] = g; /* its memory serves the next */
}

static bool same_event(const struct audit_record *a, const struct audit_record *b)
{
    return str_eq(a->stamp, b->stamp) && str_eq(a->node, b->node);
}

/* Where the event of r stands among the open ones, made room for if it is new. */
static size_t group_of(struct job *job, const struct audit_record *r, uint64_t offset)
{
    for (size_t i = job->open_count; i-- > 0;) {
        struct group *g = job->open[i];
        if (!same_event(&g->records[0], r))
            continue;
        if (g->count < AUDIT_RECORDS_MAX && g->bytes + r->line.len <= EVENT_BYTES_MAX)
            return i;
        close_at(job, i);
        break;
    }
    if (job->open_count == OPEN_MAX)
        close_at(job, 0);
    struct group **slot = &job->open[job->open_count];
    if (!*slot)
        *slot = arena_alloc(&job->out->arena, sizeof **slot);
    (*slot)->count = (*slot)->bytes = 0;
    (*slot)->cut = 0;
    (*slot)->offset = offset;
    return job->open_count++;
}

static void read_line(struct job *job, str line, uint64_t offset, size_t full)
{
    struct audit_record r;

    if (line.len == 0 || is_remark(line)) {
        job->out->skipped++;
        return;
    }
    if (!audit_record_read(line, &r)) {
        batch_damaged(job->out, offset, "no audit record: %.*s", PSTR(str_head(line, 80)));
        return;
    }
    size_t at = group_of(job, &r, offset);
    struct group *g = job->open[at];
    g->records[g->count++] = r;
    g->bytes += line.len;
    g->cut += full;
    if (str_eq(r.type, STR("EOE")))
        close_at(job, at);
}

static void parse(const struct input *in, struct batch *out)
{
    struct job job = {.in = in, .out = out};
    size_t pos = 0, full;
    uint64_t offset;
    str line;

    while (input_line(in, &pos, &line, &offset, &full))
        read_line(&job, line, offset, full);
    while (job.open_count)
        close_at(&job, 0);
}

const struct parser parser_auditd = {
    .name = "auditd",
    .about = "Linux audit.log and ausearch: logins, commands, files, connections, configuration",
    .reads = READS_LINES,
    .example = "type=USER_LOGIN msg=audit(1727878927.411:73): pid=812 uid=0 auid=1000 ses=4 "
               "msg='op=login acct=\"deploy\" exe=\"/usr/sbin/sshd\" hostname=? addr=10.0.5.3 "
               "terminal=ssh res=success'\n",
    .probe = probe,
    .starts = starts,
    .parse = parse,
};
