/* SPDX-License-Identifier: Apache-2.0
 *
 * `journalctl -o export` and what systemd-journal-gatewayd sends
 * (https://systemd.io/JOURNAL_EXPORT_FORMATS): a line NAME=value a field, or, for values that hold
 * bytes a line cannot, the line NAME, the length in 64 bits, little-endian, that many bytes and a
 * line end; a blank line behind each entry. */
#include "parsers/bytes.h"
#include "parsers/journal/journal.h"

enum { LENGTH_SIZE = 8, LONGEST = 16 << 20 };

/* Takes a field off the front. False: it is none, or does not end here. */
static bool take_field(str *rest, str *name, str *value)
{
    str s = *rest, line;

    str_take_line(&s, &line); /* at the end of the input without a line end, too */
    size_t equals = str_find_char(str_head(line, NAME_MAX_BYTES + 1), '=');
    *name = str_head(line, equals);
    *value = str_skip(line, equals + 1);
    if (!journal_is_name(*name))
        return false;
    if (equals == line.len) { /* no '=': bytes follow */
        if (s.len < LENGTH_SIZE)
            return false;
        uint64_t len = le64_at(s, 0);
        s = str_skip(s, LENGTH_SIZE);
        if (len >= s.len)
            return false;
        str_take_n(&s, (size_t)len, value);
        if (!str_take_char(&s, '\n'))
            return false;
    }
    *rest = s;
    return true;
}

/* Takes an entry and the blank line behind it, which the last one may lack. */
static bool take_entry(str *rest, struct arena *a, struct journal_entry *e, const char **why)
{
    str name, value;

    *e = (struct journal_entry){.count = 0};
    *why = NULL;
    while (rest->len && !str_take_char(rest, '\n')) {
        if (!take_field(rest, &name, &value)) {
            *why = "no field of a journal";
            return false;
        }
        if (!journal_take(e, a, name, value))
            *why = "more fields than an entry may have";
    }
    if (!e->stamp.realtime_us)
        *why = "an entry without a time";
    return !*why;
}

static bool starts(str line)
{
    return str_starts(line, STR("__CURSOR="));
}

static void parse(const struct input *in, struct batch *out)
{
    str rest = in->bytes, line;
    struct journal_entry e;
    const char *why;

    while (rest.len) {
        str from = rest;
        uint64_t offset = in->offset + (in->bytes.len - rest.len);
        if (str_take_char(&rest, '\n'))
            continue;
        if (take_entry(&rest, &out->arena, &e, &why)) {
            journal_event(&e, offset, str_head(from, from.len - rest.len), in, out);
            continue;
        }
        batch_damaged(out, offset, "%s: %.*s", why, PSTR(str_head(rest.len ? rest : from, 80)));
        while (rest.len && !starts(rest))
            if (!str_take_line(&rest, &line))
                break;
    }
}

static int probe(const struct sample *s)
{
    struct arena a = {.held = 0};
    struct journal_entry e = {.count = 0};
    const char *why;
    str rest = s->head;

    while (str_take_char(&rest, '\n'))
        ;
    bool good = rest.len && rest.p[0] == '_' && take_entry(&rest, &a, &e, &why);
    /* an entry longer than the sample: it has told its time */
    good |= s->size != s->head.len && e.stamp.realtime_us > 0;
    arena_free(&a);
    return good ? 100 : 0;
}

const struct parser parser_journal_export = {
    .name = "journal-export",
    .about = "journalctl -o export: entries of systemd's journal with all their bytes",
    .reads = READS_LINES,
    .longest_line = LONGEST,
    .example = "__CURSOR=s=0c1f4b0e2a7d4c6f9a51d3f07b62e8a4;i=2a1;"
               "b=7d0b6c1e94f24a5f8c3e2b1a0f9d8e7c;m=3a1f2c9;t=62379ff3acbc0;"
               "x=9f3c51d2e7b84a60\n__REALTIME_TIMESTAMP=1727878927411136\n"
               "_BOOT_ID=7d0b6c1e94f24a5f8c3e2b1a0f9d8e7c\n_HOSTNAME=fs01\n"
               "SYSLOG_IDENTIFIER=sshd\n_PID=812\nPRIORITY=6\nSYSLOG_FACILITY=4\n"
               "MESSAGE=Accepted password for deploy from 10.0.5.3 port 51122 ssh2\n\n",
    .probe = probe,
    .starts = starts,
    .parse = parse,
};
