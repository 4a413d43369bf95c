/* SPDX-License-Identifier: Apache-2.0
 *
 * The family of the NCSA common log: Apache, nginx, lighttpd, IIS (NCSA), Squid's "common" and
 * "combined" (https://httpd.apache.org/docs/2.4/logs.html, mod_log_config, mod_logio):
 *
 *     client ident user [02/Oct/2024:14:22:07 +0900] "GET /x HTTP/1.1" 200 5120
 *     ... "referrer" "user agent"                      combined
 *     vhost[:port] client ident user [...] ...         vhost_combined
 *     ... "referrer" "agent" 812 5644                  combinedio: bytes in (request), bytes out
 *     ... "referrer" "agent" "203.0.113.9"             nginx "main": X-Forwarded-For
 *     ... TCP_MISS:HIER_DIRECT                         Squid
 *
 * One grammar, two roles: when most requests of a stretch of the log are ones that only a proxy
 * gets (absolute URL, CONNECT, a Squid tail), its lines are proxy requests, else web requests.
 *
 * Event fields: src = client, bytes_in = what went to the client (with combinedio: headers too),
 * bytes_out = what came from it (combinedio only), actor = user; web: dst.host = this host,
 * url.domain = virtual host; proxy: dst = host and port of the URL. Not read: further columns
 * (kept in event.original), error logs. */
#include "parsers/text.h"
#include "parsers/web.h"

enum { ROLE_LINES = 64 };

struct weblog_line {
    int64_t time_ns;
    bool squid_tail;
    str result, hierarchy;
    struct web_request request;
};

/* Up to the closing quote; \" does not close. Old servers escape nothing: then the quote that
 * closes a request is the one in front of a status. */
static bool take_quoted(str *s, bool before_status, str *out)
{
    str rest = *s;

    if (!str_take_char(&rest, '"'))
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.p[i] == '\\') {
            i++;
            continue;
        }
        if (rest.p[i] != '"')
            continue;
        bool ends = !before_status ||
                    (i + 2 < rest.len && rest.p[i + 1] == ' ' &&
                     (char_is_digit(rest.p[i + 2]) || rest.p[i + 2] == '-'));
        if (!ends)
            continue;
        str_take_n(&rest, i, out);
        *s = str_skip(rest, 1);
        return true;
    }
    return false;
}

/* "host:443" -> "host". */
static str without_port(str host)
{
    size_t colon = str_rfind_char(host, ':');
    uint64_t port;

    return colon < host.len && str_to_u64(str_skip(host, colon + 1), &port) ? str_head(host, colon)
                                                                             : host;
}

/* What stands before the time: client, ident, user; perhaps a virtual host before it. A user name
 * may hold blanks. */
static bool read_who(str who, struct web_request *r)
{
    struct addr a;
    str first, second, rest = str_trim(who), ident;

    if (!str_take_word(&rest, &first) || !str_take_spaces(&rest) ||
        !str_take_word(&rest, &second) || !str_take_spaces(&rest) || rest.len == 0)
        return false;
    bool more = str_find_char(rest, ' ') < rest.len;
    if (more && addr_parse(second, &a)) {
        r->virtual_host = without_port(first);
        first = second;
        if (!str_take_word(&rest, &ident) || !str_take_spaces(&rest))
            return false;
    } else if (more && !str_eq(second, STR("-"))) {
        return false; /* words in front that no access log has */
    }
    r->client = first;
    r->user = web_value(str_unquote(str_trim(rest)));
    return r->client.len > 0;
}

static bool take_size(str *s, uint64_t *n)
{
    str word;

    str_take_spaces(s);
    if (!str_take_word(s, &word))
        return false;
    return str_eq(word, STR("-")) || str_to_u64(word, n);
}

static bool take_status(str *s, uint32_t *status)
{
    unsigned n;

    if (!str_take_spaces(s))
        return false;
    if (str_take_char(s, '-'))
        return true;
    if (!str_take_digits(s, 3, &n) || (s->len && s->p[0] != ' '))
        return false;
    *status = n;
    return true;
}

/* "TCP_MISS:HIER_DIRECT". */
static void read_squid_tail(str word, struct weblog_line *w)
{
    size_t colon = str_find_char(word, ':');

    if (colon == word.len || !(str_starts(word, STR("TCP_")) || str_starts(word, STR("NONE")) ||
                               str_starts(word, STR("TAG_")) || str_starts(word, STR("UDP_"))))
        return;
    w->squid_tail = true;
    w->result = str_head(word, colon);
    w->hierarchy = str_skip(word, colon + 1);
    w->request.denied = str_starts(word, STR("TCP_DENIED"));
}

/* Behind the size: referrer, agent, and what may follow. */
static void read_tail(str s, struct weblog_line *w)
{
    struct web_request *r = &w->request;
    str quoted[3] = {STR(""), STR(""), STR("")}, word;
    uint64_t numbers[2] = {0, 0}, n;
    unsigned quotes = 0, words = 0, count = 0;

    for (str_take_spaces(&s); s.len; str_take_spaces(&s)) {
        if (take_quoted(&s, false, &word)) {
            if (quotes < array_len(quoted))
                quoted[quotes] = web_value(word);
            quotes++;
            continue;
        }
        if (!str_take_word(&s, &word))
            break;
        words++;
        if (str_to_u64(word, &n)) {
            if (count < array_len(numbers))
                numbers[count] = n;
            count++;
        }
        read_squid_tail(word, w);
    }
    r->referrer = quotes >= 2 ? quoted[0] : STR("");
    r->agent = quotes >= 2 ? quoted[1] : quoted[0];
    if (quotes >= 3)
        r->forwarded_for = quoted[2];
    /* combinedio: exactly two numbers, the second with headers and so more than the body */
    if (quotes == 2 && words == 2 && count == 2 && numbers[1] >= r->bytes_in && numbers[0] > 0) {
        r->bytes_out = numbers[0];
        r->bytes_in = numbers[1];
    }
}

static bool read_weblog(str line, struct weblog_line *w)
{
    struct web_request *r = &w->request;
    size_t bracket = str_find_char(line, '[');
    str stamp, request;

    *w = (struct weblog_line){.squid_tail = false};
    /* an identity may hold a bracket: the time is the one with a digit behind it */
    while (bracket + 1 < line.len && !char_is_digit(line.p[bracket + 1]))
        bracket += 1 + str_find_char(str_skip(line, bracket + 1), '[');
    if (bracket >= line.len || bracket > 2048 || !read_who(str_head(line, bracket), r))
        return false;
    line = str_skip(line, bracket + 1);
    if (!str_take_until(&line, ']', &stamp) || !str_take_clf_time(&stamp, &w->time_ns) ||
        stamp.len || !str_take_spaces(&line) || !take_quoted(&line, true, &request) ||
        !take_status(&line, &r->status) || !take_size(&line, &r->bytes_in))
        return false;
    web_request_line(request, r);
    if (str_eq(request, STR("-")))
        r->url = STR("");
    read_tail(line, w);
    return true;
}

static bool is_proxied(const struct weblog_line *w)
{
    return w->squid_tail || web_is_proxied(w->request.method, w->request.url);
}

static bool accepts(str line)
{
    struct weblog_line w;

    return read_weblog(line, &w);
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, accepts, NULL);
}

/* Does this stretch of the log belong to a proxy? By its first lines. */
static bool proxy_role(const struct input *in)
{
    size_t pos = 0, full;
    unsigned seen = 0, proxied = 0;
    uint64_t offset;
    struct weblog_line w;
    str line;

    while (seen < ROLE_LINES && input_line(in, &pos, &line, &offset, &full))
        if (read_weblog(line, &w)) {
            seen++;
            proxied += is_proxied(&w);
        }
    return proxied * 2 > seen;
}

static void describe(struct weblog_line *w, bool proxy, struct batch *out, bool messages)
{
    w->request.proxy = proxy;
    web_describe(&w->request, out, messages);
    batch_text(out, FIELD_OWN, STR("squid.result"), w->result);
    batch_text(out, FIELD_OWN, STR("squid.hierarchy"), w->hierarchy);
}

static void parse(const struct input *in, struct batch *out)
{
    bool messages = in->hints && in->hints->messages, proxy = proxy_role(in);
    uint64_t squid = names_put(&out->names, STR("squid"));
    uint64_t web = names_put(&out->names, proxy ? STR("proxy") : STR("web"));
    size_t pos = 0, full;
    uint64_t offset;
    struct weblog_line w;
    str line;

    while (input_line(in, &pos, &line, &offset, &full)) {
        if (str_trim(line).len == 0) {
            out->skipped++;
            continue;
        }
        if (!read_weblog(line, &w)) {
            batch_damaged(out, offset, "no access log line: %.*s", PSTR(str_head(line, 80)));
            continue;
        }
        struct event *e = text_begin(out, in, line, offset, full);
        e->time_ns = w.time_ns;
        e->provider = w.squid_tail ? squid : web;
        describe(&w, proxy, out, messages);
        batch_commit(out);
    }
}

const struct parser parser_weblog = {
    .name = "weblog",
    .about = "access logs of web servers and proxies in common, combined and vhost_combined form",
    .reads = READS_LINES,
    .example = "10.0.5.3 - k.ito [02/Oct/2024:14:22:07 +0900] \"GET /wiki/ HTTP/1.1\" 200 5120 "
               "\"-\" \"Mozilla/5.0\"\n",
    .probe = probe,
    .parse = parse,
};
