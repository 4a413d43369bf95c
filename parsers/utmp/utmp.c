/* SPDX-License-Identifier: Apache-2.0
 *
 * utmp, wtmp and btmp: who was logged on, who came and went, who failed to. Records of fixed size
 * without a header (record.h). Claimed by structure, whatever the name; the name (btmp, btmp.1)
 * tells only that what looks like a logon failed.
 *
 *     user process    -> logon: target.user, target.logon = pid, src from address and host text
 *     dead process    -> logoff of the logon on that line, when one was seen; else other
 *     login process   -> logon-failed (btmp; "LOGIN" is init's own: a getty waits)
 *     boot, run level, "shutdown" -> system-start, other, system-stop
 *     new time, old time          -> time-changed
 *
 * Fields: ashiato.utmp.NAME for all of ut_*, tty, process.pid. Times are UTC by nature, to the
 * microsecond. The records name no host: the system's stands in.
 *
 * Who logs off is not written: the logons that are open on each line are carried along. A record
 * that was emptied (all zeros) is what some wipers leave behind: noted. */
#include <inttypes.h>

#include "core/parser.h"
#include "parsers/text.h"
#include "parsers/utmp/record.h"

enum { OPEN_LINES = 50, USER_MAX = 32 };

struct open_line {
    uint32_t line; /* hash of its name, 0: free */
    uint32_t pid;
    char user[USER_MAX];
};

struct lines { /* the carry */
    uint8_t layout; /* 1 + index in utmp_layouts, 0: not known yet */
    uint8_t next;   /* slot that is given away when all are taken */
    struct open_line open[OPEN_LINES];
};
_Static_assert(sizeof(struct lines) <= CARRY_SIZE, "the carry is that large");

static uint32_t line_hash(str line)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < line.len; i++)
        h = (h ^ (unsigned char)line.p[i]) * 16777619u;
    return h | 1;
}

/* ---- what both passes do ---- */

/* The layout of a blob, found at its start and carried on. */
static const struct utmp_layout *layout_in(struct lines *s, str bytes)
{
    if (!s->layout) {
        const struct utmp_layout *found = utmp_layout_of(bytes);
        if (found)
            s->layout = (uint8_t)(found - utmp_layouts + 1);
    }
    return s->layout && s->layout <= UTMP_LAYOUTS ? &utmp_layouts[s->layout - 1] : NULL;
}

static struct open_line *find_line(struct lines *s, const struct utmp_record *r)
{
    for (size_t i = 0; i < OPEN_LINES; i++)
        if (s->open[i].line == line_hash(r->line))
            return &s->open[i];
    for (size_t i = 0; i < OPEN_LINES && !r->line.len; i++) /* some leave the line out */
        if (s->open[i].line && r->pid && s->open[i].pid == r->pid)
            return &s->open[i];
    return NULL;
}

/* Follows a record. A dead process: the logon that it ends, in *ended (line 0: none). */
static void follow(struct lines *s, const struct utmp_record *r, struct open_line *ended)
{
    struct open_line *at = find_line(s, r);

    *ended = (struct open_line){0};
    if (r->type == UTMP_BOOT)
        memset(s->open, 0, sizeof s->open);
    if (r->type == UTMP_DEAD && at) {
        *ended = *at;
        at->line = 0;
    }
    if (r->type != UTMP_USER)
        return;
    for (size_t i = 0; i < OPEN_LINES && !at; i++)
        if (!s->open[i].line)
            at = &s->open[i];
    if (!at)
        at = &s->open[s->next++ % OPEN_LINES];
    *at = (struct open_line){.line = line_hash(r->line), .pid = r->pid};
    memcpy(at->user, r->user.p, r->user.len < USER_MAX ? r->user.len : USER_MAX);
}

static void carry(struct carry *state, str bytes)
{
    struct lines *s = (struct lines *)state->bytes;
    const struct utmp_layout *l = layout_in(s, bytes);
    struct utmp_record r;
    struct open_line ended;
    bool blank;

    for (; l && bytes.len >= l->size; bytes = str_skip(bytes, l->size))
        if (utmp_read(bytes, l, &r, &blank))
            follow(s, &r, &ended);
}

/* ---- a record as an event ---- */

struct job {
    const struct input *in;
    struct batch *out;
    const struct utmp_layout *layout;
    struct lines lines;
    bool failures, messages; /* failures: a btmp */
    uint64_t blanks, first_blank;
};

static bool is_btmp(const struct source *s)
{
    return str_starts_nocase(s->family, STR("btmp")) ||
           str_starts_nocase(str_basename(s->path), STR("btmp"));
}

static str from_text(struct batch *out, const struct utmp_record *r)
{
    struct buf b = {0};

    if (r->host.len)
        return r->host;
    if (!addr_is_none(&r->addr))
        addr_text(&r->addr, &b);
    str text = arena_str(&out->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static void say_logon(const struct job *j, const struct utmp_record *r, str what)
{
    str from = from_text(j->out, r);

    if (j->messages)
        text_message(j->out, (str[]){what, r->user.len ? r->user : STR("(no name)"),
                                     r->line.len ? STR(" on ") : STR(""), r->line,
                                     from.len ? STR(" from ") : STR(""), from}, 6);
}

static void say(const struct job *j, str text, str more)
{
    if (j->messages)
        text_message(j->out, (str[]){text, more}, 2);
}

static void set_who(struct batch *out, const struct utmp_record *r, str user)
{
    struct event *e = out->open;

    e->target.user = names_put(&out->names, user);
    /* ftp servers write one line a transfer session: not a shell that anything runs in */
    e->target.logon = str_starts(r->line, STR("ftp")) ? 0 : r->pid;
}

static void describe_logon(const struct job *j, const struct utmp_record *r, bool failed)
{
    struct event *e = j->out->open;

    e->kind = failed ? KIND_LOGON_FAILED : KIND_LOGON;
    e->outcome = failed ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    set_who(j->out, r, r->user);
    e->src.addr = r->addr;
    utmp_set_source(j->out, r->host);
    e->dst.host = e->host;
    say_logon(j, r, failed ? STR("Failed logon: ") : STR("Logon: "));
}

static void describe_end(const struct job *j, const struct utmp_record *r,
                         const struct open_line *ended)
{
    struct event *e = j->out->open;
    bool terminal = str_starts(r->line, STR("pts/")) || str_starts(r->line, STR("ftp"));
    str user = fixed_text((str){ended->user, USER_MAX});

    if (!ended->line && !terminal) {
        say(j, STR("Process ended on "), r->line.len ? r->line : STR("no line"));
        return;
    }
    user = r->user.len ? r->user : arena_str(&j->out->arena, user);
    e->kind = KIND_LOGOFF;
    set_who(j->out, r, user);
    if (ended->pid) /* that of the logon, where the two differ */
        e->target.logon = ended->pid;
    if (j->messages)
        text_message(j->out, (str[]){STR("Logoff: "), user.len ? user : STR("(unknown)"),
                                     STR(" on "), r->line}, 4);
}

static void describe_run_level(const struct job *j, const struct utmp_record *r)
{
    char level = (char)(r->pid & 0xff), before = (char)(r->pid >> 8 & 0xff);
    bool stops = str_eq(r->user, STR("shutdown")) || level == '0' || level == '6';

    j->out->open->kind = stops ? KIND_SYSTEM_STOP : KIND_OTHER;
    if (stops)
        say(j, STR("System stops"), level == '6' ? STR(" to restart") : STR(""));
    else if (j->messages && level > ' ' && before > ' ')
        batch_message(j->out, "Run level %c, before it %c", level, before);
    else
        say(j, STR("Run level "), arena_str(&j->out->arena, (str){&level, level > ' '}));
}

static void describe(const struct job *j, const struct utmp_record *r,
                     const struct open_line *ended)
{
    struct event *e = j->out->open;
    bool failed = j->failures || (r->type == UTMP_LOGIN && !str_eq(r->user, STR("LOGIN")) &&
                                  r->user.len && !str_eq(r->user, r->line));

    switch (r->type) {
    case UTMP_USER:
    case UTMP_LOGIN:
        if (r->type == UTMP_USER || failed)
            describe_logon(j, r, failed);
        else
            say(j, STR("Login prompt on "), r->line);
        break;
    case UTMP_DEAD:
        describe_end(j, r, ended);
        break;
    case UTMP_RUN_LEVEL:
        describe_run_level(j, r);
        break;
    case UTMP_BOOT:
        e->kind = KIND_SYSTEM_START;
        if (j->messages && r->host.len)
            text_message(j->out, (str[]){STR("System start, kernel "), r->host}, 2);
        else
            say(j, STR("System start"), STR(""));
        break;
    case UTMP_OLD_TIME:
    case UTMP_NEW_TIME:
        e->kind = KIND_TIME_CHANGED;
        say(j, r->type == UTMP_OLD_TIME ? STR("Clock set: the time before")
                                        : STR("Clock set: the time after"), STR(""));
        break;
    case UTMP_INIT:
        say(j, STR("init started a process on "), r->line);
        break;
    default:
        say(j, r->type == UTMP_EMPTY ? STR("Empty record") : STR("Accounting"), STR(""));
    }
}

static void add_fields(struct batch *out, const struct utmp_record *r)
{
    static const char *const types[UTMP_TYPES] = {
        "EMPTY", "RUN_LVL", "BOOT_TIME", "NEW_TIME", "OLD_TIME", "INIT_PROCESS", "LOGIN_PROCESS",
        "USER_PROCESS", "DEAD_PROCESS", "ACCOUNTING"};
    struct buf b = {0};

    batch_text(out, FIELD_OWN, STR("utmp.type"), str_of(types[r->type]));
    batch_text(out, FIELD_OWN, STR("utmp.line"), r->line);
    batch_text(out, FIELD_OWN, STR("utmp.id"), r->id);
    batch_text(out, FIELD_OWN, STR("utmp.user"), r->user);
    batch_text(out, FIELD_OWN, STR("utmp.host"), r->host);
    if (!addr_is_none(&r->addr)) {
        addr_text(&r->addr, &b);
        batch_text(out, FIELD_OWN, STR("utmp.address"), arena_str(&out->arena, buf_view(&b)));
        buf_free(&b);
    }
    if (r->session)
        batch_number(out, FIELD_OWN, STR("utmp.session"), (uint64_t)r->session);
    if (r->termination)
        batch_number(out, FIELD_OWN, STR("utmp.termination"), (uint16_t)r->termination);
    if (r->exit_status)
        batch_number(out, FIELD_OWN, STR("utmp.exit_status"), (uint16_t)r->exit_status);
    if (r->type >= UTMP_INIT)
        batch_text(out, FIELD_OWN, STR("tty"), r->line);
    if (r->pid && r->type >= UTMP_INIT)
        batch_text(out, FIELD_ECS, STR("process.pid"),
                   arena_printf(&out->arena, "%" PRIu32, r->pid));
    else if (r->pid) /* of a run level: the levels */
        batch_number(out, FIELD_OWN, STR("utmp.pid"), r->pid);
}

/* What a record says, in any layout, and whose it is: records name no host, and machines made from
 * one image begin alike. utmp and wtmp hold the same record: one event. */
static void set_uid(const struct job *j, struct event *e, const struct utmp_record *r)
{
    const str texts[] = {j->in->source->system, r->line, r->id, r->user, r->host};
    const uint64_t numbers[] = {r->type, r->pid, (uint64_t)r->seconds, r->microseconds,
                                (uint64_t)r->session};
    struct buf b = {0};

    buf_add(&b, numbers, sizeof numbers);
    buf_add(&b, r->addr.b, sizeof r->addr.b);
    for (size_t i = 0; i < array_len(texts); i++) {
        buf_str(&b, texts[i]);
        buf_char(&b, '\0');
    }
    event_uid_content(e, b.p, b.len);
    e->flags |= EVENT_LINE; /* equal records of one file stay apart */
    buf_free(&b);
}

static void add_record(struct job *j, const struct utmp_record *r, uint64_t offset)
{
    struct event *e = batch_begin(j->out, offset);
    struct open_line ended;

    follow(&j->lines, r, &ended);
    text_set_host(j->out, STR(""));
    set_uid(j, e, r);
    e->provider = names_put(&j->out->names, j->failures ? STR("btmp") : STR("wtmp"));
    e->precision = PRECISION_US;
    if (r->seconds)
        e->time_ns = r->seconds * NS_PER_S + (int64_t)r->microseconds * 1000;
    if (!utf8_valid(r->user) || !utf8_valid(r->host) || !utf8_valid(r->line))
        e->flags |= EVENT_TEXT_REPAIRED;
    add_fields(j->out, r);
    describe(j, r, &ended);
    batch_commit(j->out);
}

/* ---- a job ---- */

/* Where the next record is: at `at`, or behind what cannot be one. A record that begins in the job
 * may end in its margin. */
static size_t find_record(const struct job *j, size_t at)
{
    size_t size = j->layout->size, all = j->in->bytes.len + j->in->behind;
    struct utmp_record r;
    bool blank;

    for (; at < j->in->bytes.len; at += 4) {
        str here = {j->in->bytes.p + at, all - at}, next = str_skip(here, size);
        if (utmp_read(here, j->layout, &r, &blank) && (blank || r.type != UTMP_EMPTY) &&
            (next.len < size || utmp_read(next, j->layout, &r, &blank)))
            return at;
    }
    return j->in->bytes.len;
}

static void read_records(struct job *j)
{
    size_t size = j->layout->size, all = j->in->bytes.len + j->in->behind, at = 0;
    struct utmp_record r;
    bool blank;

    while (at < j->in->bytes.len) {
        str here = {j->in->bytes.p + at, all - at};
        uint64_t offset = j->in->offset + at;
        if (!utmp_read(here, j->layout, &r, &blank)) {
            size_t next = find_record(j, at + 4 < j->in->bytes.len ? at + 4 : j->in->bytes.len);
            batch_damaged(j->out, offset, "%zu bytes that are no record", next - at);
            at = next;
            continue;
        }
        if (blank && j->blanks++ == 0)
            j->first_blank = offset;
        if (blank)
            j->out->skipped++;
        else
            add_record(j, &r, offset);
        at += size;
    }
}

static void parse(const struct input *in, struct batch *out)
{
    struct job j = {.in = in, .out = out, .failures = is_btmp(in->source),
                    .messages = in->hints && in->hints->messages};

    if (in->carry)
        memcpy(&j.lines, in->carry->bytes, sizeof j.lines);
    j.layout = layout_in(&j.lines, in->bytes);
    if (!j.layout) {
        if (in->bytes.len)
            batch_damaged(out, in->offset, "no record of utmp fits");
        return;
    }
    read_records(&j);
    if (j.blanks && !str_starts_nocase(in->source->family, STR("utmp"))) /* there, lines not used */
        batch_note(out, j.first_blank, "%" PRIu64 " records of zeros: somebody may have removed "
                   "what stood there", j.blanks);
}

static int probe(const struct sample *s)
{
    const struct utmp_layout *l = utmp_layout_of(s->head);

    return l ? 95 : 0;
}

const struct parser parser_utmp = {
    .name = "utmp",
    .about = "utmp, wtmp and btmp of Linux: logons, logoffs, failed logons, starts and stops",
    .reads = READS_CHUNKS,
    .chunk_size = UTMP_CHUNK,
    .margin = UTMP_SIZE_MAX,
    .probe = probe,
    .carry = carry,
    .parse = parse,
};
