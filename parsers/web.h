/* SPDX-License-Identifier: Apache-2.0
 *
 * What proxy and web server logs share: one HTTP request as an event. */
#ifndef PARSERS_WEB_H
#define PARSERS_WEB_H

#include "core/parser.h"

struct web_request {
    str method, url, version; /* "" = not there, likewise below */
    str client;               /* address or name */
    str user, agent, referrer, content_type;
    str forwarded_for; /* X-Forwarded-For, as logged */
    str virtual_host;  /* that a web server answered for */
    str peer;          /* address the proxy went to */
    uint16_t client_port, peer_port;
    uint32_t status;
    bool proxy, denied, peer_is_parent;
    uint64_t bytes_out, bytes_in; /* from the client, to the client */
};

/* "-" is nothing. */
str web_value(str s);

/* Splits "GET http://host/path HTTP/1.1". */
void web_request_line(str line, struct web_request *r);

/* Absolute URL or CONNECT: what only a proxy is asked. */
bool web_is_proxied(str method, str url);

/* Completes the open event: kind, roles, ECS fields, message. src = client, dst = the server that
 * the client wanted (proxy: host of the URL; web server: this host, which must be set before). */
void web_describe(const struct web_request *r, struct batch *out, bool messages);

#endif
