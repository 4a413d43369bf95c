/* SPDX-License-Identifier: Apache-2.0
 *
 * lastlog: the last logon of each user, at (user id) x (size of a record); glibc's struct lastlog:
 *
 *     seconds (32 bits, or 64 where time_t has them: aarch64, riscv64)   line [32]   host [256]
 *
 * Users who never logged on are zeros, mostly holes that the file does not store: a directory with
 * large user ids makes it hundreds of gigabytes long. Told by structure as utmp is, or by its name
 * when all that was sampled is zeros.
 *
 * Event: logon, ashiato.unix_uid, tty, src = host text; the user's name is not in the file, nor a
 * PID, so that it opens no session. The same logon in wtmp is an event of its own. */
#include <inttypes.h>

#include "core/parser.h"
#include "parsers/bytes.h"
#include "parsers/text.h"
#include "parsers/utmp/record.h"

enum {
    LINE_SIZE = 32,
    HOST_SIZE = 256,
    CHUNK = 21608, /* a multiple of both sizes */
    LAYOUTS = 4,
    EARLIEST_S = 315532800 /* 1980 */
};

#define LATEST_S (INT64_C(1) << 32)

static const struct layout {
    uint16_t size;
    uint8_t time_size;
    bool big_endian;
} layouts[LAYOUTS] = {{292, 4, false}, {296, 8, false}, {292, 4, true}, {296, 8, true}};

struct state { /* the carry */
    uint8_t layout; /* 1 + index, 0: not known yet */
};

struct record {
    int64_t seconds;
    str line, host;
};

/* A text that ends within its field, and zeros: any text file would fit otherwise. */
static bool is_filled(str field, str text)
{
    return text.len < field.len && is_text(text) && is_zero(str_skip(field, text.len));
}

/* Reads the record in front, which is not all zeros. */
static bool read_record(str bytes, const struct layout *l, struct record *r)
{
    str line = {bytes.p + l->time_size, LINE_SIZE}, host = {line.p + LINE_SIZE, HOST_SIZE};
    uint64_t seconds = bytes_number(bytes, 0, l->time_size, l->big_endian);

    *r = (struct record){(int64_t)seconds, fixed_text(line), fixed_text(host)};
    /* no terminal has a name that fills its room: a text file would, and any four of its bytes
     * are seconds of these years */
    return seconds >= EARLIEST_S && seconds < LATEST_S && r->line.len < LINE_SIZE &&
           is_filled(line, r->line) && is_filled(host, r->host);
}

struct fit {
    unsigned good;
    int64_t first, last; /* times */
};

/* Records that fit; good is 0 when one does not. `at`: the offset of bytes in the file. */
static struct fit fitting(str bytes, uint64_t at, const struct layout *l)
{
    struct fit f = {0, INT64_MAX, 0};
    struct record r;

    bytes = str_skip(bytes, (size_t)((l->size - at % l->size) % l->size));
    for (; bytes.len >= l->size; bytes = str_skip(bytes, l->size)) {
        if (is_zero(str_head(bytes, l->size)))
            continue;
        if (!read_record(bytes, l, &r))
            return (struct fit){0};
        f.good++;
        f.first = r.seconds < f.first ? r.seconds : f.first;
        f.last = r.seconds > f.last ? r.seconds : f.last;
    }
    return f;
}

static const struct layout *layout_in(struct state *s, str bytes)
{
    struct fit best = {0};

    if (s->layout)
        return &layouts[(s->layout - 1) % LAYOUTS];
    for (uint8_t i = 0; i < LAYOUTS; i++) {
        struct fit f = fitting(bytes, 0, &layouts[i]); /* chunks begin at records of all sizes */
        /* times with their bytes turned around are scattered over decades */
        bool closer = f.good == best.good && f.last - f.first < best.last - best.first;
        if (f.good > best.good || (f.good && closer)) {
            best = f;
            s->layout = (uint8_t)(i + 1);
        }
    }
    return best.good ? &layouts[s->layout - 1] : NULL;
}

static void carry(struct carry *state, str bytes)
{
    struct state *s = (struct state *)state->bytes;

    if (!is_zero(bytes))
        layout_in(s, bytes);
}

static void set_uid(struct event *e, const struct input *in, uint64_t user, const struct record *r)
{
    const uint64_t numbers[] = {user, (uint64_t)r->seconds};
    const str texts[] = {in->source->system, r->line, r->host};
    struct buf b = {0};

    buf_add(&b, numbers, sizeof numbers);
    for (size_t i = 0; i < array_len(texts); i++) {
        buf_str(&b, texts[i]);
        buf_char(&b, '\0');
    }
    event_uid_content(e, b.p, b.len);
    buf_free(&b);
}

static void add_record(const struct input *in, struct batch *out, uint64_t offset, uint64_t user,
                       const struct record *r)
{
    struct event *e = batch_begin(out, offset);

    text_set_host(out, STR(""));
    set_uid(e, in, user, r);
    e->time_ns = r->seconds * NS_PER_S;
    e->provider = names_put(&out->names, STR("lastlog"));
    e->kind = KIND_LOGON;
    e->outcome = OUTCOME_SUCCESS;
    utmp_set_source(out, r->host);
    if (!utf8_valid(r->line) || !utf8_valid(r->host))
        e->flags |= EVENT_TEXT_REPAIRED;
    batch_number(out, FIELD_OWN, STR("unix_uid"), user);
    batch_text(out, FIELD_OWN, STR("tty"), r->line);
    batch_text(out, FIELD_OWN, STR("lastlog.host"), r->host);
    if (in->hints && in->hints->messages)
        batch_message(out, "Last logon of user id %" PRIu64 "%s%.*s%s%.*s", user,
                      r->line.len ? " on " : "", PSTR(r->line), r->host.len ? " from " : "",
                      PSTR(r->host));
    batch_commit(out);
}

static void parse(const struct input *in, struct batch *out)
{
    struct state s = {0};
    struct record r;

    if (is_zero(in->bytes))
        return;
    if (in->carry)
        memcpy(&s, in->carry->bytes, sizeof s);
    const struct layout *l = layout_in(&s, in->bytes);
    if (!l) {
        batch_damaged(out, in->offset, "no records of lastlog");
        return;
    }
    for (str rest = in->bytes; rest.len; rest = str_skip(rest, l->size)) {
        uint64_t offset = in->offset + (in->bytes.len - rest.len);
        if (is_zero(str_head(rest, l->size)))
            continue;
        if (rest.len >= l->size && read_record(rest, l, &r))
            add_record(in, out, offset, offset / l->size, &r);
        else
            batch_damaged(out, offset, rest.len < l->size ? "the end of a record is missing"
                                                          : "no record of lastlog");
    }
}

static int probe(const struct sample *s)
{
    const str parts[] = {s->head, s->middle, s->end};
    const uint64_t at[] = {0, s->size / 2, s->size - s->end.len};
    bool zeros = s->head.len > 0;

    for (size_t i = 0; i < array_len(parts); i++) {
        if (is_zero(parts[i]))
            continue;
        zeros = false;
        for (size_t k = 0; k < LAYOUTS; k++)
            if (fitting(parts[i], at[i], &layouts[k]).good)
                return 95;
    }
    return zeros && str_starts(str_basename(s->path), STR("lastlog")) ? 60 : 0;
}

const struct parser parser_lastlog = {
    .name = "lastlog",
    .about = "lastlog of Linux: when each user logged on last, from where",
    .reads = READS_CHUNKS,
    .chunk_size = CHUNK,
    .zeros_mean_nothing = true,
    .probe = probe,
    .carry = carry,
    .parse = parse,
};
