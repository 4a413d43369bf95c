/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.json: every input with its digest and what was found in it, the options that change
 * the result, and the versions of everything that took part; with it a case can be checked,
 * repeated, and read back as evidence (core/casefile.c). */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "core/casefile.h"
#include "core/time.h"
#include "output/document.h"

/* SHA-256 of the running program, so that a result can be tied to a build. */
static bool program_digest(uint8_t digest[32])
{
    static const char path[] = "/proc/self/exe";
    char chunk[64 * 1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = fd >= 0 && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    ssize_t n = 1;

    while (good && n > 0) {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            good = EVP_DigestUpdate(md, chunk, (size_t)n) == 1;
    }
    good = good && n == 0 && EVP_DigestFinal_ex(md, digest, NULL) == 1;
    EVP_MD_CTX_free(md);
    if (fd >= 0)
        close(fd);
    return good;
}

static void put_versions(struct json_out *j, const struct case_view *c)
{
    struct buf text = {0};
    uint8_t digest[32];

    json_key(j, STR("tool"));
    json_object(j);
    json_pair(j, STR("version"), c->version);
    if (program_digest(digest))
        pair_sha256(j, STR("sha256"), digest);
    json_object_end(j);
    json_key(j, STR("libraries"));
    json_object(j);
    json_pair(j, STR("openssl"), str_of(OpenSSL_version(OPENSSL_VERSION)));
    json_pair(j, STR("sqlite"), str_of(sqlite3_libversion()));
    buf_printf(&text, "%u.%u.%u", XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100,
               XXH_versionNumber() % 100);
    json_pair(j, STR("xxhash"), buf_view(&text));
    json_pair(j, STR("zstd"), str_of(ZSTD_versionString()));
    json_object_end(j);
    text.len = 0;
    tzdata_version(&text);
    json_pair(j, STR("tzdata"), buf_view(&text));
    buf_free(&text);
}

static void put_settings(struct json_out *j, const struct case_view *c)
{
    json_key(j, STR("settings"));
    json_object(j);
    for (size_t i = 0; i < c->setting_count; i++)
        json_pair(j, c->settings[i].name, c->settings[i].value);
    json_object_end(j);
    json_pair_opt(j, STR("title"), c->title);
    if (c->stamp_ns != TIME_UNKNOWN)
        pair_time(j, STR("stamp"), c->stamp_ns);
}

static void put_settled(struct json_out *j, const struct source *s)
{
    if (s->base_year) {
        json_key(j, STR("base_year"));
        json_i64(j, s->base_year);
    }
    if (s->year_inferred)
        pair_bool(j, STR("year_inferred"), true);
    if (s->zone_assumed)
        pair_bool(j, STR("zone_assumed"), true);
    json_pair_opt(j, STR("year_basis"), s->year_basis);
    json_pair_opt(j, STR("zone_basis"), s->zone_basis);
}

static void put_source(struct json_out *j, const struct source *s)
{
    json_object(j);
    pair_path(j, STR("path"), s->path);
    json_pair(j, STR("system"), s->system);
    pair_path(j, STR("family"), s->family);
    json_key(j, STR("parser"));
    if (s->parser.len)
        json_str(j, s->parser);
    else
        json_null(j);
    json_pair_opt(j, STR("unread"), s->unread);
    json_pair_opt(j, STR("failure"), s->failure);
    json_pair_u64(j, STR("size"), s->size);
    pair_time(j, STR("mtime"), s->mtime_ns);
    if (s->hashed)
        pair_sha256(j, STR("sha256"), s->sha256);
    if (s->empty)
        pair_bool(j, STR("empty"), true);
    if (s->failed)
        pair_bool(j, STR("failed"), true);
    json_pair_u64(j, STR("events"), s->events);
    json_pair_u64(j, STR("damaged"), s->damaged);
    json_pair_u64(j, STR("skipped"), s->skipped);
    pair_time(j, STR("first"), s->first_ns);
    pair_time(j, STR("last"), s->last_ns);
    pair_notes(j, s);
    put_settled(j, s);
    json_object_end(j);
}

static void print_manifest(struct document *d)
{
    const struct case_view *c = d->view;
    struct json_out *j = &d->j;

    json_object(j);
    json_pair_u64(j, STR("schema"), CASEFILE_SCHEMA);
    put_versions(j, c);
    put_settings(j, c);
    json_pair_u64(j, STR("events"), c->events);
    json_pair_u64(j, STR("timeline_events"), c->timeline_events);
    pair_time(j, STR("first"), c->first_ns);
    pair_time(j, STR("last"), c->last_ns);
    json_key(j, STR("sources"));
    json_array(j);
    for (size_t i = 0; i < c->source_count; i++) {
        put_source(j, &c->sources[i]);
        document_drain(d);
    }
    json_array_end(j);
    json_object_end(j);
}

static bool manifest_close(void *state, bool abandon, struct err *err)
{
    return document_close(state, abandon, err, print_manifest);
}

const struct writer writer_manifest = {
    .name = "manifest",
    .file = "manifest.json",
    .about = "every input with size, SHA-256 and coverage; options and versions",
    .open = document_open,
    .close = manifest_close,
};
