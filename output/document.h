/* SPDX-License-Identifier: Apache-2.0
 *
 * What findings.json, facts.json and manifest.json share: a JSON file for people and programs,
 * written when the events are through, and the things that occur in more than one of them. */
#ifndef OUTPUT_DOCUMENT_H
#define OUTPUT_DOCUMENT_H

#include "core/json.h"
#include "core/outfile.h"
#include "core/writer.h"

struct document {
    const struct case_view *view;
    struct outfile *file;
    struct buf text;
    struct json_out j;
};

/* The `open` of a writer. */
void *document_open(const struct case_view *c, const char *path, struct err *err);
/* Prints with `print` and ends the writer. */
bool document_close(void *state, bool abandon, struct err *err, void (*print)(struct document *d));
/* Between the items of long lists: lets what is ready go to the file. */
void document_drain(struct document *d);

/* Pairs. A time is RFC 3339 with as many digits as it needs, null when it is unknown. */
void pair_time(struct json_out *j, str key, int64_t time_ns);
void pair_fixed2(struct json_out *j, str key, double v);
void pair_bool(struct json_out *j, str key, bool v);
void pair_sha256(struct json_out *j, str key, const uint8_t digest[32]);
/* A path; bytes that are not UTF-8 also exactly, as KEY_base64. */
void pair_path(struct json_out *j, str key, str path);
void pair_texts(struct json_out *j, str key, const str *items, size_t count);
/* Up to the first "". */
void pair_reasons(struct json_out *j, str key, const str *items, size_t most);
/* Names of hosts and accounts by identity index, up to the first IDENTITY_NONE. */
void pair_hosts(struct json_out *j, str key, const struct case_view *c, const uint32_t *hosts,
                size_t most);
void pair_accounts(struct json_out *j, str key, const struct case_view *c,
                   const uint32_t *accounts, size_t most);
/* Proofs: path, offset, time, and the side where there is one. */
void pair_refs(struct json_out *j, str key, const struct case_view *c, const struct refs *refs);
void pair_notes(struct json_out *j, const struct source *s);

str host_name(const struct case_view *c, uint32_t host);
str account_name(const struct case_view *c, uint32_t account);

#endif
