/* SPDX-License-Identifier: Apache-2.0
 *
 * Syslog files: what rsyslog, syslog-ng, busybox, metalog and network devices write, one event a
 * line. The envelope (envelope.c) finds time, host, program and PID; the message goes to the
 * payload readers (payload.h). A line whose words nobody knows is still an event (other).
 *
 * Event fields: host = host of the line, else the system's; provider = program ("sshd" also for
 * sshd-session); channel = none, those are logs whose records are numbered; event.original,
 * log.syslog.*, process.name, process.pid; `repeated` where the daemon folded equal lines.
 *
 * Lines that begin with a blank continue the line before (stack traces, macOS). The year that
 * RFC 3164 does not write is counted in New Years since the first line (carry below): a month
 * that is at least two before the last one seen begins a year; a late December line just after
 * January belongs to the year before. */
#include "parsers/syslog/payload.h"
#include "parsers/text.h"

/* Names met in this job, so that each is looked up about once: by length and last letter. */
enum { SEEN_SLOTS = 64 };

struct seen {
    str text;
    uint64_t id;
    const struct payload *payload; /* for programs: the reader that names it */
};

static void years_see(struct years *y, str line)
{
    uint8_t month = syslog_open_month(line);

    if (month && month != y->month)
        years_step(y, month);
}

static void carry(struct carry *state, str bytes)
{
    struct years *y = (struct years *)state->bytes;

    while (bytes.len) {
        size_t end = str_find_char(bytes, '\n');
        years_see(y, str_head(bytes, end && bytes.p[end - 1] == '\r' ? end - 1 : end));
        bytes = str_skip(bytes, end + 1);
    }
}

static bool continues(str line)
{
    return line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

static bool starts(str line)
{
    return !continues(line);
}

static bool accepts(str line)
{
    struct syslog_line l;

    return syslog_envelope(text_without_nuls(line), true, &l);
}

/* "-- Boot 0123... --", "-- Journal begins at ... --" of journalctl. */
static bool is_remark(str line)
{
    return str_starts(line, STR("-- ")) && str_ends(line, STR(" --"));
}

static bool ignores(str line)
{
    return continues(line) || is_remark(line);
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, accepts, ignores);
}

static void set_time(struct event *e, const struct syslog_line *l, uint8_t year_index,
                     const struct hints *hints)
{
    struct civil c;

    if (l->is_civil) {
        event_civil_time(e, &l->civil, l->precision, year_index, hints);
        if (e->flags & EVENT_YEAR_OPEN)
            e->flags |= (uint32_t)l->weekday << EVENT_WEEKDAY_SHIFT;
        if (l->offset_known)
            text_shift_open(e, l->offset_s);
        return;
    }
    e->time_ns = l->time_ns;
    e->precision = (uint8_t)l->precision;
    if (!l->zoned && l->time_ns != TIME_UNKNOWN) {
        civil_of_ns(l->time_ns, &c);
        event_civil_time(e, &c, l->precision, 0, hints);
    }
}

struct job {
    const struct input *in;
    struct batch *out;
    struct years years;
    struct seen hosts[SEEN_SLOTS], programs[SEEN_SLOTS];
};

static struct seen *slot_of(struct seen slots[SEEN_SLOTS], str text)
{
    if (text.len == 0)
        return &slots[0];
    return &slots[(text.len * 7 + (unsigned char)text.p[text.len - 1]) % SEEN_SLOTS];
}

static const struct seen *see_program(struct job *job, str program)
{
    struct seen *s = slot_of(job->programs, program);

    if (str_eq(s->text, program))
        return s;
    s->id = names_put(&job->out->names, payload_provider(program));
    s->payload = payload_of(program);
    s->text = program;
    return s;
}

static void set_host(struct job *job, struct event *e, str host)
{
    struct seen *s = slot_of(job->hosts, host);

    if (!str_eq(s->text, host)) {
        s->id = names_put(&job->out->names, host);
        s->text = host;
    }
    if (s->id)
        e->host = s->id;
    else
        text_set_host(job->out, STR(""));
}

static void read_line(struct job *job, str line, uint64_t offset, size_t full)
{
    struct batch *out = job->out;
    struct syslog_line l;
    str text = text_without_nuls(line);

    if (text.len == 0) {
        if (line.len)
            batch_damaged(out, offset, "%zu NUL bytes instead of a line", line.len);
        else
            out->skipped++;
        return;
    }
    if (is_remark(text)) {
        out->skipped++;
        return;
    }
    if (!syslog_envelope(text_without_ansi(text, &out->arena), false, &l)) {
        batch_damaged(out, offset, "no syslog line: %.*s", PSTR(str_head(text, 80)));
        return;
    }
    struct event *e = batch_begin(out, offset);
    set_time(e, &l, job->years.index, job->in->hints);
    const struct seen *program = see_program(job, l.program);
    e->provider = program->id;
    set_host(job, e, l.host);
    text_identify(e, job->in, text, full);
    batch_text(out, FIELD_ECS, STR("event.original"), text);
    payload_fields(&l, out);
    payload_describe(program->payload, &l, out, job->in->hints && job->in->hints->messages);
    batch_commit(out);
}

/* "61 <34>": an octet count (RFC 6587 section 3.4.1) before a priority. */
static bool begins_frame(str s, size_t *len)
{
    str rest = s;
    uint64_t count;

    if (s.len == 0 || !char_is_digit(s.p[0]) || !str_take_u64(&rest, &count) ||
        !str_take(&rest, STR(" <")) || rest.len == 0 || !char_is_digit(rest.p[0]) ||
        count > LINE_MAX_BYTES)
        return false;
    *len = s.len - rest.len - 1 + (size_t)count;
    return true;
}

/* A recorded stream has messages behind one another, without line ends: takes one off where
 * another follows it. */
static bool take_frame(str *line, str *frame)
{
    size_t len, next;

    if (!begins_frame(*line, &len) || len >= line->len ||
        !begins_frame(str_skip(*line, len), &next))
        return false;
    return str_take_n(line, len, frame);
}

static void parse(const struct input *in, struct batch *out)
{
    struct job job = {.in = in, .out = out};
    size_t pos = 0, full;
    uint64_t offset;
    str line;

    if (in->carry)
        memcpy(&job.years, in->carry->bytes, sizeof job.years);
    while (input_line(in, &pos, &line, &offset, &full)) {
        years_see(&job.years, line); /* as carry sees it: of the first line only */
        if (!full)
            text_take_continuation(in, &pos, &line, continues, LINE_MAX_BYTES);
        for (str frame; !full && take_frame(&line, &frame);) {
            read_line(&job, frame, offset, 0);
            offset += frame.len;
        }
        read_line(&job, line, offset, full);
    }
}

const struct parser parser_syslog = {
    .name = "syslog",
    .about = "syslog files (RFC 3164, RFC 5424, ISO stamps): sshd, sudo, PAM, systemd, VPNs, ...",
    .reads = READS_LINES,
    .example = "Oct  2 14:22:07 fs01 sshd[812]: Accepted publickey for deploy from 10.0.5.3 port "
               "51122 ssh2: ED25519 SHA256:uNiVztksCsDhcc0u9e8BrqXU6UmfZ1IOmRNGRGGiTqY\n",
    .probe = probe,
    .starts = starts,
    .carry = carry,
    .parse = parse,
};
