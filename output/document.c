/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON files written at the end. */
#include "output/document.h"

#include "core/base64.h"
#include "core/time.h"

enum { DRAIN_AT = 128 * 1024 };

void *document_open(const struct case_view *c, const char *path, struct err *err)
{
    struct outfile *file = outfile_open(path, err);

    if (!file)
        return NULL;
    struct document *d = mem_alloc(sizeof *d);
    d->view = c;
    d->file = file;
    return d;
}

void document_drain(struct document *d)
{
    if (d->text.len >= DRAIN_AT)
        outfile_drain(d->file, &d->text);
}

bool document_close(void *state, bool abandon, struct err *err, void (*print)(struct document *d))
{
    struct document *d = state;

    if (!abandon) {
        d->j = (struct json_out){.buf = &d->text, .indent = 1};
        print(d);
        buf_char(&d->text, '\n');
        outfile_drain(d->file, &d->text);
    }
    bool good = outfile_close(d->file, abandon, err);
    buf_free(&d->text);
    mem_free(d);
    return good;
}

static enum precision needed(int64_t time_ns)
{
    static const struct {
        int64_t unit;
        enum precision precision;
    } steps[] = {{NS_PER_S, PRECISION_S},
                 {1000000, PRECISION_MS},
                 {1000, PRECISION_US},
                 {100, PRECISION_100NS}};

    for (size_t i = 0; i < array_len(steps); i++)
        if (time_ns % steps[i].unit == 0)
            return steps[i].precision;
    return PRECISION_NS;
}

void pair_time(struct json_out *j, str key, int64_t time_ns)
{
    struct buf b = {0};

    json_key(j, key);
    if (time_ns == TIME_UNKNOWN) {
        json_null(j);
        return;
    }
    time_text(time_ns, needed(time_ns), &b);
    json_str(j, buf_view(&b));
    buf_free(&b);
}

void pair_fixed2(struct json_out *j, str key, double v)
{
    json_key(j, key);
    json_fixed2(j, v);
}

void pair_bool(struct json_out *j, str key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}

void pair_sha256(struct json_out *j, str key, const uint8_t digest[32])
{
    char hex[64];

    for (unsigned i = 0; i < 64; i++)
        hex[i] = "0123456789abcdef"[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
    json_pair(j, key, (str){hex, sizeof hex});
}

void pair_path(struct json_out *j, str key, str path)
{
    struct buf b = {0};

    json_pair(j, key, path);
    if (utf8_valid(path))
        return;
    buf_str(&b, key);
    buf_str(&b, STR("_base64"));
    json_key(j, buf_view(&b));
    b.len = 0;
    base64_add(&b, path.p, path.len);
    json_str(j, buf_view(&b));
    buf_free(&b);
}

void pair_texts(struct json_out *j, str key, const str *items, size_t count)
{
    json_key(j, key);
    json_array(j);
    for (size_t i = 0; i < count; i++)
        json_str(j, items[i]);
    json_array_end(j);
}

void pair_reasons(struct json_out *j, str key, const str *items, size_t most)
{
    size_t n = 0;

    while (n < most && items[n].len)
        n++;
    pair_texts(j, key, items, n);
}

str host_name(const struct case_view *c, uint32_t host)
{
    return c->identity && host < c->identity->host_count ? c->identity->hosts[host].name : STR("");
}

str account_name(const struct case_view *c, uint32_t account)
{
    return c->identity && account < c->identity->account_count
               ? c->identity->accounts[account].name
               : STR("");
}

static void pair_indices(struct json_out *j, str key, const struct case_view *c,
                         const uint32_t *items, size_t most,
                         str (*name)(const struct case_view *c, uint32_t index))
{
    json_key(j, key);
    json_array(j);
    for (size_t i = 0; i < most && items[i] != IDENTITY_NONE; i++)
        json_str(j, name(c, items[i]));
    json_array_end(j);
}

void pair_hosts(struct json_out *j, str key, const struct case_view *c, const uint32_t *hosts,
                size_t most)
{
    pair_indices(j, key, c, hosts, most, host_name);
}

void pair_accounts(struct json_out *j, str key, const struct case_view *c,
                   const uint32_t *accounts, size_t most)
{
    pair_indices(j, key, c, accounts, most, account_name);
}

static void put_ref(struct json_out *j, const struct case_view *c, const struct ref *r)
{
    static const char *const sides[] = {"", "source", "destination", "dc"};

    json_object(j);
    if (r->source < c->source_count)
        pair_path(j, STR("path"), c->sources[r->source].path);
    json_pair_u64(j, STR("offset"), r->offset);
    pair_time(j, STR("time"), r->time_ns);
    json_pair_opt(j, STR("side"), str_of(sides[r->side & 3]));
    json_object_end(j);
}

void pair_refs(struct json_out *j, str key, const struct case_view *c, const struct refs *refs)
{
    json_key(j, key);
    json_array(j);
    for (size_t i = 0; i < refs->count; i++)
        put_ref(j, c, &refs->items[i]);
    json_array_end(j);
    if (refs->total > refs->count)
        json_pair_u64(j, STR("events_total"), refs->total);
}

void pair_notes(struct json_out *j, const struct source *s)
{
    json_key(j, STR("notes"));
    json_array(j);
    for (size_t i = 0; i < s->note_count; i++) {
        json_object(j);
        if (s->notes[i].placed)
            json_pair_u64(j, STR("offset"), s->notes[i].offset);
        json_pair(j, STR("text"), s->notes[i].text);
        json_object_end(j);
    }
    json_array_end(j);
    if (s->note_total > s->note_count)
        json_pair_u64(j, STR("notes_total"), s->note_total);
}
