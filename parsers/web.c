/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request as an event, for every log that has them. */
#include "parsers/web.h"

#include "parsers/text.h"

enum { URL_SHOWN = 300 };

str web_value(str s)
{
    return str_eq(s, STR("-")) ? STR("") : s;
}

static bool is_method(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_alpha(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return true;
}

void web_request_line(str line, struct web_request *r)
{
    str rest = line;
    size_t space;

    if (!str_take_word(&rest, &r->method) || !is_method(r->method)) {
        r->method = STR(""); /* no HTTP: what scanners send */
        r->url = line;
        return;
    }
    rest = str_trim(rest);
    space = str_rfind_char(rest, ' ');
    str last = str_skip(rest, space + 1);
    if (space < rest.len && str_take_nocase(&last, STR("HTTP/"))) {
        r->version = last;
        rest = str_trim(str_head(rest, space));
    }
    r->url = rest;
}

bool web_is_proxied(str method, str url)
{
    if (str_eq(method, STR("CONNECT")))
        return true;
    return str_starts_nocase(url, STR("http://")) || str_starts_nocase(url, STR("https://")) ||
           str_starts_nocase(url, STR("ftp://"));
}

struct url {
    str scheme, host, path, query;
    uint16_t port;
};

/* "host", "host:443", "[2001:db8::1]:443", "user:secret@host". */
static void split_authority(str authority, struct url *u)
{
    size_t at = str_rfind_char(authority, '@');
    uint64_t port;

    if (at < authority.len)
        authority = str_skip(authority, at + 1);
    size_t bracket = str_rfind_char(authority, ']');
    size_t colon = str_rfind_char(authority, ':');
    bool has_port = colon < authority.len && (bracket == authority.len || colon > bracket);
    u->host = str_head(authority, has_port ? colon : authority.len);
    if (u->host.len > 2 && u->host.p[0] == '[' && u->host.p[u->host.len - 1] == ']')
        u->host = (str){u->host.p + 1, u->host.len - 2};
    if (has_port && str_to_u64(str_skip(authority, colon + 1), &port) && port <= UINT16_MAX)
        u->port = (uint16_t)port;
}

static uint16_t default_port(str scheme)
{
    if (str_eq_nocase(scheme, STR("http")))
        return 80;
    if (str_eq_nocase(scheme, STR("https")))
        return 443;
    return str_eq_nocase(scheme, STR("ftp")) ? 21 : 0;
}

static struct url split_url(str method, str url)
{
    struct url u = {.port = 0};
    str front = str_head(url, 16);
    size_t scheme = str_find(front, STR("://"));
    bool has_scheme = scheme < front.len;

    if (str_eq(method, STR("CONNECT")) && !has_scheme) {
        split_authority(url, &u);
        return u;
    }
    if (has_scheme) {
        u.scheme = str_head(url, scheme);
        url = str_skip(url, scheme + 3);
        size_t end = 0;
        while (end < url.len && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#')
            end++;
        split_authority(str_head(url, end), &u);
        if (!u.port)
            u.port = default_port(u.scheme);
        url = str_skip(url, end);
    }
    size_t query = str_find_char(url, '?');
    u.path = str_head(url, query);
    u.query = str_skip(url, query + 1);
    return u;
}

static void set_endpoint(struct batch *out, struct endpoint *end, str text)
{
    if (!addr_parse(text, &end->addr))
        end->host = names_put(&out->names, text);
}

/* DOMAIN\user (also with Squid's %5C) and user@REALM. */
static void set_user(struct batch *out, struct party *who, str user)
{
    size_t at = str_find_char(user, '\\');
    size_t skip = 1;

    if (at == user.len) {
        at = str_find_char(user, '%') < user.len ? str_find_nocase(user, STR("%5c")) : user.len;
        skip = 3;
    }
    if (at > 0 && at + skip < user.len) {
        who->domain = names_put(&out->names, str_head(user, at));
        who->user = names_put(&out->names, str_skip(user, at + skip));
        return;
    }
    at = str_rfind_char(user, '@');
    if (at > 0 && at + 1 < user.len) {
        who->domain = names_put(&out->names, str_skip(user, at + 1));
        user = str_head(user, at);
    }
    who->user = names_put(&out->names, user);
}

static void add_fields(const struct web_request *r, const struct url *u, struct batch *out)
{
    batch_text(out, FIELD_ECS, STR("http.request.method"), r->method);
    batch_text(out, FIELD_ECS, STR("http.version"), r->version);
    if (r->status)
        batch_number(out, FIELD_ECS, STR("http.response.status_code"), r->status);
    batch_text(out, FIELD_ECS, STR("http.response.mime_type"), r->content_type);
    batch_text(out, FIELD_ECS, STR("http.request.referrer"), r->referrer);
    batch_text(out, FIELD_ECS, u->scheme.len ? STR("url.full") : STR("url.original"), r->url);
    batch_text(out, FIELD_ECS, STR("url.scheme"), u->scheme);
    batch_text(out, FIELD_ECS, STR("url.domain"), u->host.len ? u->host : r->virtual_host);
    if (u->port)
        batch_number(out, FIELD_ECS, STR("url.port"), u->port);
    batch_text(out, FIELD_ECS, STR("url.path"), u->path);
    batch_text(out, FIELD_ECS, STR("url.query"), u->query);
    batch_text(out, FIELD_ECS, STR("user_agent.original"), r->agent);
    batch_text(out, FIELD_OWN, STR("forwarded_for"), r->forwarded_for);
}

static void say(const struct web_request *r, struct batch *out)
{
    char status[TEXT_DIGITS], sent[TEXT_DIGITS], received[TEXT_DIGITS];
    const str parts[] = {
        r->proxy ? STR("Proxy") : STR("Web"),
        r->denied ? STR(" refused: ") : STR(": "),
        str_head(r->user, 64),
        r->user.len ? STR(" at ") : STR(""),
        str_head(r->client, 64),
        STR(" "),
        str_head(r->method, 16),
        r->method.len ? STR(" ") : STR(""),
        str_head(r->url, URL_SHOWN),
        STR(" -> "),
        text_digits(status, r->status),
        r->bytes_out ? STR(", ") : STR(""),
        r->bytes_out ? text_digits(sent, r->bytes_out) : STR(""),
        r->bytes_out ? STR(" bytes sent, ") : STR(", "),
        text_digits(received, r->bytes_in),
        STR(" bytes received"),
    };
    text_message(out, parts, array_len(parts));
}

static void set_server(const struct web_request *r, const struct url *u, struct batch *out)
{
    struct event *e = out->open;

    if (!r->proxy) {
        e->dst.host = e->host;
        return;
    }
    if (u->host.len)
        set_endpoint(out, &e->dst, u->host);
    if (r->peer.len && !r->peer_is_parent)
        addr_parse(r->peer, &e->dst.addr);
    e->dst_port = u->port ? u->port : r->peer_port;
}

void web_describe(const struct web_request *r, struct batch *out, bool messages)
{
    struct event *e = out->open;
    struct url u = split_url(r->method, r->url);

    e->kind = r->proxy ? KIND_PROXY_REQUEST : KIND_WEB_REQUEST;
    e->code = r->status;
    e->bytes_out = r->bytes_out;
    e->bytes_in = r->bytes_in;
    if (r->denied || r->status >= 400)
        e->outcome = OUTCOME_FAILURE;
    else if (r->status)
        e->outcome = OUTCOME_SUCCESS;
    if (r->client.len)
        set_endpoint(out, &e->src, r->client);
    e->src_port = r->client_port;
    if (r->user.len)
        set_user(out, &e->actor, r->user);
    set_server(r, &u, out);
    add_fields(r, &u, out);
    if (messages)
        say(r, out);
}
