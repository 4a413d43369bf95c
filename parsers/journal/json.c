/* SPDX-License-Identifier: Apache-2.0
 *
 * `journalctl -o json`, json-pretty, json-seq and json-sse: an object an entry
 * (https://systemd.io/JOURNAL_EXPORT_FORMATS). Values are texts; arrays of numbers are bytes, other
 * arrays several values of one field, null a value that was too long to be shown. Collectors write
 * numbers, too. */
#include "core/json.h"
#include "parsers/journal/journal.h"

enum { LONGEST = 4 << 20, PROBED = 16 };

struct reader {
    struct json_in json;
    struct arena *arena;
    struct journal_entry entry;
    const char *why; /* NULL, or what is wrong */
};

static void take(struct reader *r, str name, str value)
{
    if (!journal_is_name(name))
        r->why = "a name that no field of the journal has";
    else if (!journal_take(&r->entry, r->arena, name, value))
        r->why = "more fields than an entry may have";
}

/* The bytes of "[72,101,...]", whose first number has been read. */
static bool take_bytes(struct reader *r, str name)
{
    struct buf bytes = {0};
    enum json_type t = JSON_NUMBER;
    uint64_t n;

    for (; t == JSON_NUMBER && str_to_u64(r->json.text, &n) && n < 256; t = json_next(&r->json))
        buf_char(&bytes, (char)n);
    if (t == JSON_ARRAY_END)
        take(r, name, arena_str(r->arena, buf_view(&bytes)));
    buf_free(&bytes);
    return t == JSON_ARRAY_END;
}

/* An array: bytes, or several values, each a text or bytes. */
static bool take_array(struct reader *r, str name, unsigned level)
{
    enum json_type t = json_next(&r->json);

    if (t == JSON_NUMBER)
        return take_bytes(r, name);
    for (; t != JSON_ARRAY_END; t = json_next(&r->json)) {
        if (t == JSON_STRING)
            take(r, name, r->json.text);
        else if (t == JSON_ARRAY && level == 0 ? !take_array(r, name, 1) : t != JSON_NULL)
            return false;
    }
    return true;
}

static bool take_value(struct reader *r, str name)
{
    switch (json_next(&r->json)) {
    case JSON_STRING:
    case JSON_NUMBER:
    case JSON_TRUE:
    case JSON_FALSE:
        take(r, name, r->json.text);
        return true;
    case JSON_NULL:
        return true;
    case JSON_ARRAY:
        return take_array(r, name, 0);
    default:
        return false;
    }
}

/* The object in front of *rest; moves behind it. False: r->why says what is wrong. */
static bool take_object(struct reader *r, str *rest, struct arena *a, str *text)
{
    enum json_type t;

    *r = (struct reader){.arena = a};
    json_open(&r->json, str_head(*rest, LONGEST), a);
    bool good = json_next(&r->json) == JSON_OBJECT;
    while (good && (t = json_next(&r->json)) == JSON_KEY)
        good = take_value(r, r->json.text);
    good = good && t == JSON_OBJECT_END;
    *text = str_head(*rest, good ? (size_t)(r->json.rest.p - rest->p) : 0);
    *rest = str_skip(*rest, text->len);
    if (!good)
        r->why = r->json.error ? r->json.error : "no entry of a journal";
    else if (!r->why && !r->entry.stamp.realtime_us)
        r->why = "an object without a time of the journal";
    return !r->why;
}

/* May an object begin here? Its inside stands further in. */
static bool starts(str line)
{
    str_take(&line, STR("\x1e"));
    str_take(&line, STR("data: "));
    return line.len && (line.p[0] == '{' || line.p[0] == '[' || line.p[0] == ',');
}

/* Passes over what stands between objects; false at the end. */
static bool find_object(str *rest)
{
    do {
        while (rest->len && (char_is_space(rest->p[0]) || strchr("[],\x1e", rest->p[0])))
            *rest = str_skip(*rest, 1);
    } while (str_take(rest, STR("data: ")) || str_take(rest, STR("\xef\xbb\xbf")));
    return rest->len > 0;
}

/* Behind a broken object: the next line that may begin one. */
static str pass_line(str rest, str *passed)
{
    str from = rest, line;

    str_take_line(&rest, &line);
    for (str ahead = rest; str_take_line(&ahead, &line) && !starts(line);)
        rest = ahead;
    *passed = str_head(from, from.len - rest.len);
    return rest;
}

static int probe(const struct sample *s)
{
    struct arena a = {.held = 0};
    struct reader r;
    str rest = s->head, text;
    unsigned good = 0, bad = 0;

    while (good + bad < PROBED && find_object(&rest) && rest.p[0] == '{') {
        bool is_entry = take_object(&r, &rest, &a, &text);
        bool open = r.json.error && str_eq(r.json.rest, STR(""));
        if (!is_entry && (open || !text.len))
            break; /* the sample ends inside of it */
        good += is_entry;
        bad += !is_entry;
    }
    arena_free(&a);
    return good ? (int)(100 * good / (good + bad)) : 0;
}

static void parse(const struct input *in, struct batch *out)
{
    str rest = in->bytes, text;
    struct reader r;

    while (find_object(&rest)) {
        uint64_t offset = in->offset + (in->bytes.len - rest.len);
        if (take_object(&r, &rest, &out->arena, &text)) {
            journal_event(&r.entry, offset, text, in, out);
            continue;
        }
        if (!text.len)
            rest = pass_line(rest, &text);
        batch_damaged(out, offset, "%s: %.*s", r.why, PSTR(str_head(text, 80)));
    }
    if (in->cut_line)
        batch_damaged(out, in->offset + in->bytes.len, "a line of %llu bytes, longer than is read",
                      (unsigned long long)in->cut_line);
}

static const char *const beats[] = {"winjson", NULL};

const struct parser parser_journal_json = {
    .name = "journal-json",
    .about = "journalctl -o json and json-pretty: entries of systemd's journal as objects",
    .reads = READS_LINES,
    .longest_line = LONGEST,
    .beats = beats,
    .example = "{\"__CURSOR\":\"s=0c1f4b0e2a7d4c6f9a51d3f07b62e8a4;i=2a1;"
               "b=7d0b6c1e94f24a5f8c3e2b1a0f9d8e7c;m=3a1f2c9;t=62379ff3acbc0;"
               "x=9f3c51d2e7b84a60\",\"__REALTIME_TIMESTAMP\":\"1727878927411136\","
               "\"_BOOT_ID\":\"7d0b6c1e94f24a5f8c3e2b1a0f9d8e7c\",\"_HOSTNAME\":\"fs01\","
               "\"SYSLOG_IDENTIFIER\":\"sshd\",\"_PID\":\"812\",\"PRIORITY\":\"6\","
               "\"SYSLOG_FACILITY\":\"4\",\"MESSAGE\":\"Accepted password for deploy from "
               "10.0.5.3 port 51122 ssh2\"}\n",
    .probe = probe,
    .starts = starts,
    .parse = parse,
};
