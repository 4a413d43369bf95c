/* SPDX-License-Identifier: Apache-2.0
 *
 * Squid's native access.log (logformat "squid", https://www.squid-cache.org/Doc/config/logformat/):
 *
 *     %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt
 *     time  ms  client  result/status  reply bytes  method URL user hierarchy/peer type
 *
 * and what people add to it:
 *     behind the type     %>st (request bytes, headers included: what went OUT), then one quoted
 *                         text = user agent, or two = referrer and user agent; a third and fourth
 *                         as Elastic's format has them are left in event.original; the headers
 *                         "[...] [...]" of log_mime_hdrs give the user agent
 *     behind the client   its port
 *     behind reply bytes  %>st and further sizes; behind the URL: HTTP version; behind the peer:
 *                         its port (the "squid" format of Elastic's integration)
 *
 * The common and combined formats of Squid are read by weblog.c. The same line inside syslog comes
 * here through payload_squid. Event fields: src = client, dst = host and port of the URL, dst.addr
 * = peer when Squid went there directly, actor = user, bytes_in = reply, bytes_out = request,
 * event.duration in ns, squid.result and squid.hierarchy as written. Squid says UTC. It does not
 * name its host: the system's stands in. */
#include "parsers/syslog/payload.h"
#include "parsers/text.h"
#include "parsers/web.h"

struct squid_line {
    int64_t time_ns, duration_ms;
    enum precision precision;
    str result, hierarchy; /* TCP_MISS, HIER_DIRECT */
    struct web_request request;
};

static bool is_number(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_digit(s.p[i]))
            return false;
    return s.len > 0;
}

static bool is_capital(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !char_is_digit(s.p[i]) && s.p[i] != '_' &&
            s.p[i] != '-')
            return false;
    return s.len > 0;
}

static bool take_field(str *s, str *word)
{
    str_take_spaces(s);
    return str_take_word(s, word);
}

/* The next word, if it is a number. */
static bool take_number(str *s, uint64_t *n)
{
    str rest = *s, word;

    if (!take_field(&rest, &word) || !is_number(word) || !str_to_u64(word, n))
        return false;
    *s = rest;
    return true;
}

/* "TCP_MISS/200", "TCP_TUNNEL/-"; old ones "TCP_CLIENT_REFRESH_MISS/200". */
static bool take_result(str *s, struct squid_line *q)
{
    str word, status;
    uint64_t n = 0;

    if (!take_field(s, &word))
        return false;
    size_t slash = str_find_char(word, '/');
    q->result = str_head(word, slash);
    status = str_skip(word, slash + 1);
    if (slash == word.len || !is_capital(q->result) ||
        !(str_eq(status, STR("-")) || (status.len == 3 && is_number(status))))
        return false;
    if (str_to_u64(status, &n))
        q->request.status = (uint32_t)n;
    q->request.denied = str_starts(q->result, STR("TCP_DENIED")) ||
                        str_starts(q->result, STR("UDP_DENIED"));
    return true;
}

/* Reply bytes, perhaps request bytes and more sizes, then the method. */
static bool take_sizes(str *s, struct squid_line *q)
{
    uint64_t ignored;
    str rest, word;

    if (!take_number(s, &q->request.bytes_in)) {
        if (!take_field(s, &word) || !str_eq(word, STR("-")))
            return false;
        return true;
    }
    if (!take_number(s, &q->request.bytes_out))
        return true;
    while (take_number(s, &ignored))
        continue;
    rest = *s; /* a size that is not there */
    if (take_field(&rest, &word) && str_eq(word, STR("-")))
        *s = rest;
    return true;
}

static bool is_version(str s)
{
    return s.len == 3 && char_is_digit(s.p[0]) && s.p[1] == '.' && char_is_digit(s.p[2]);
}

/* "HIER_DIRECT/203.0.113.9", "FIRSTUP_PARENT/cache2", "NONE/-". */
static bool read_hierarchy(str word, struct squid_line *q)
{
    size_t slash = str_find_char(word, '/');

    q->hierarchy = str_head(word, slash);
    if (slash == word.len || !is_capital(q->hierarchy))
        return false;
    q->request.peer = web_value(str_skip(word, slash + 1));
    q->request.peer_is_parent = !str_has(q->hierarchy, STR("DIRECT"));
    return true;
}

/* Method, URL, perhaps version, user, hierarchy. A URL holds blanks where `uri_whitespace allow`
 * is set; so the first word that is a hierarchy tells where it has ended. */
static bool take_target(str *s, struct squid_line *q)
{
    struct web_request *r = &q->request;
    str word, before[3] = {STR(""), STR(""), STR("")}; /* the last three words, newest first */
    unsigned count = 0;

    if (!take_field(s, &word) || !is_capital(word))
        return false;
    r->method = web_value(word);
    str_take_spaces(s);
    const char *start = s->p;
    while (take_field(s, &word) && (count < 2 || !read_hierarchy(word, q))) {
        before[2] = before[1];
        before[1] = before[0];
        before[0] = word;
        count++;
        word = STR("");
    }
    if (word.len == 0 || count < 2)
        return false;
    bool has_version = count > 2 && is_version(before[1]);
    str last = has_version ? before[2] : before[1];
    r->user = web_value(before[0]);
    r->version = has_version ? before[1] : STR("");
    r->url = (str){start, (size_t)(last.p + last.len - start)};
    return true;
}

/* "[User-Agent: curl/8.4%0D%0A...]" of log_mime_hdrs, blanks perhaps encoded. */
static str agent_of_headers(str s)
{
    size_t at = str_find_nocase(s, STR("User-Agent:"));

    if (at == s.len)
        return STR("");
    s = str_skip(s, at + STR("User-Agent:").len);
    if (!str_take(&s, STR("%20")))
        str_take_spaces(&s);
    size_t end = str_find(s, STR("%0D"));
    size_t other = str_find(s, STR("\\r\\n"));
    size_t bracket = str_find_char(s, ']');
    end = other < end ? other : end;
    return str_head(s, bracket < end ? bracket : end);
}

static void take_extras(str s, struct squid_line *q)
{
    struct web_request *r = &q->request;
    str quoted[2] = {STR(""), STR("")}, word;
    unsigned count = 0;
    uint64_t n;

    for (;;) {
        str_take_spaces(&s);
        if (s.len == 0)
            break;
        if (str_take_char(&s, '"')) {
            if (!str_take_until(&s, '"', &word))
                break;
            if (count < array_len(quoted))
                quoted[count] = web_value(word);
            count++;
        } else if (s.p[0] == '[') {
            r->agent = agent_of_headers(s);
            return;
        } else if (str_take_word(&s, &word) && count == 0 && r->bytes_out == 0 &&
                   is_number(word) && str_to_u64(word, &n)) {
            r->bytes_out = n;
        }
    }
    r->agent = quoted[count > 1];
    if (count > 1)
        r->referrer = quoted[0];
}

static bool read_squid(str line, struct squid_line *q)
{
    struct web_request *r = &q->request;
    uint64_t port;
    str type;

    *q = (struct squid_line){.request = {.proxy = true}};
    if (line.len == 0 || !char_is_digit(line.p[0]) ||
        !str_take_epoch(&line, &q->time_ns, &q->precision) || !str_take_spaces(&line) ||
        !str_take_i64(&line, &q->duration_ms) || !take_field(&line, &r->client))
        return false;
    if (take_number(&line, &port) && port <= UINT16_MAX)
        r->client_port = (uint16_t)port;
    if (!take_result(&line, q) || !take_sizes(&line, q) || !take_target(&line, q))
        return false;
    if (take_number(&line, &port) && port <= UINT16_MAX)
        r->peer_port = (uint16_t)port;
    if (take_field(&line, &type))
        r->content_type = web_value(type);
    take_extras(line, q);
    return true;
}

static void describe(const struct squid_line *q, struct batch *out, bool messages)
{
    web_describe(&q->request, out, messages);
    if (q->duration_ms > 0 && q->duration_ms < INT64_MAX / 1000000)
        batch_number(out, FIELD_ECS, STR("event.duration"), (uint64_t)q->duration_ms * 1000000);
    batch_text(out, FIELD_OWN, STR("squid.result"), q->result);
    batch_text(out, FIELD_OWN, STR("squid.hierarchy"), q->hierarchy);
    if (q->request.peer_is_parent)
        batch_text(out, FIELD_OWN, STR("squid.peer"), q->request.peer);
}

static bool accepts(str line)
{
    struct squid_line q;

    return read_squid(line, &q);
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, accepts, NULL);
}

static void parse(const struct input *in, struct batch *out)
{
    bool messages = in->hints && in->hints->messages;
    uint64_t provider = names_put(&out->names, STR("squid"));
    size_t pos = 0, full;
    uint64_t offset;
    struct squid_line q;
    str line;

    while (input_line(in, &pos, &line, &offset, &full)) {
        if (str_trim(line).len == 0) {
            out->skipped++;
            continue;
        }
        if (!read_squid(line, &q)) {
            batch_damaged(out, offset, "no Squid line: %.*s", PSTR(str_head(line, 80)));
            continue;
        }
        struct event *e = text_begin(out, in, line, offset, full);
        e->time_ns = q.time_ns;
        e->precision = (uint8_t)q.precision;
        e->provider = provider;
        describe(&q, out, messages);
        batch_commit(out);
    }
}

const struct parser parser_squid = {
    .name = "squid",
    .about = "Squid access.log in its native format, with or without request bytes and agent",
    .reads = READS_LINES,
    .example = "1727878927.411    512 10.20.3.15 TCP_TUNNEL/200 5120 CONNECT files.example.net:443 "
               "t.kuroda HIER_DIRECT/203.0.113.9 - 4294967296 \"rclone/v1.65.2\"\n",
    .probe = probe,
    .parse = parse,
};

static const char *const programs[] = {"squid", "squid-1", "squid-2", "squid-3", "squid-4", NULL};

/* access_log syslog:... ; the envelope keeps its own time. */
static bool payload_read(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct squid_line q;

    if (!read_squid(l->message, &q))
        return false;
    describe(&q, out, messages);
    return true;
}

const struct payload payload_squid = {
    .name = "squid",
    .programs = programs,
    .read = payload_read,
};
