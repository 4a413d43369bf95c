/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of all digests, by their first eight bytes: names as written, and in the spellings that
 * people type (lower, UPPER, Title; ASCII letters). A find is checked against the whole digest. */
#include "core/user_hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/utf.h"

enum { RDP_USER_HASH = 1029, SHA1_LEN = 20, SHA256_LEN = 32, NAME_MAX_BYTES = 256 };
enum spelling { AS_WRITTEN, LOWER, UPPER, TITLE, SPELLINGS };

struct digest {
    uint64_t head;
    uint32_t name;
    uint8_t spelling, len;
};

struct candidate {
    str text;
    bool is_user, is_domain;
};

struct user_hashes {
    struct candidate *names; /* sorted by text */
    size_t name_count, name_cap;
    struct digest *digests; /* sorted */
    size_t digest_count, digest_cap;
    struct names seen[2]; /* domains, users: own the texts */
};

static str spelled(str s, enum spelling how, char room[NAME_MAX_BYTES])
{
    for (size_t i = 0; i < s.len; i++) {
        bool upper = how == UPPER || (how == TITLE && i == 0);
        char c = char_lower(s.p[i]);
        c = upper && char_is_alpha(c) ? (char)(c - 32) : c;
        room[i] = how == AS_WRITTEN ? s.p[i] : c;
    }
    return (str){room, s.len};
}

static void unit_put(struct buf *out, uint32_t unit)
{
    buf_char(out, (char)(unit & 0xff));
    buf_char(out, (char)(unit >> 8));
}

static void utf16_of(str s, struct buf *out)
{
    uint32_t code;

    for (size_t i = 0; i < s.len;) {
        unsigned len = utf8_decode(s.p + i, s.len - i, &code);
        i += len ? len : 1;
        if (!len)
            code = 0xfffd;
        if (code > 0xffff) {
            unit_put(out, 0xd7c0 + (code >> 10));
            code = 0xdc00 + (code & 0x3ff);
        }
        unit_put(out, code);
    }
}

static bool digest_of(str name, enum spelling how, unsigned len, uint8_t out[SHA256_LEN])
{
    char letters[NAME_MAX_BYTES], room[2 * NAME_MAX_BYTES];
    struct buf units = {room, 0, sizeof room}; /* two bytes a byte at the most: it never grows */

    utf16_of(spelled(name, how, letters), &units);
    return EVP_Digest(units.p, units.len, out, NULL, len == SHA1_LEN ? EVP_sha1() : EVP_sha256(),
                      NULL) == 1;
}

static uint64_t head_of(const void *digest)
{
    uint64_t head;

    memcpy(&head, digest, sizeof head);
    return head;
}

static bool is_repeated(str name, enum spelling how)
{
    char one[NAME_MAX_BYTES], other[NAME_MAX_BYTES];
    str s = spelled(name, how, one);

    for (unsigned i = 0; i < how; i++)
        if (str_eq(spelled(name, (enum spelling)i, other), s))
            return true;
    return false;
}

static void add_digests(struct user_hashes *h, uint32_t name)
{
    static const uint8_t lens[] = {SHA256_LEN, SHA1_LEN};
    uint8_t digest[SHA256_LEN];

    for (unsigned how = 0; how < SPELLINGS; how++)
        for (size_t i = 0; i < array_len(lens); i++) {
            if (is_repeated(h->names[name].text, (enum spelling)how) ||
                !digest_of(h->names[name].text, (enum spelling)how, lens[i], digest))
                continue;
            h->digests = vec_grow(h->digests, &h->digest_cap, h->digest_count + 1,
                                  sizeof *h->digests);
            h->digests[h->digest_count++] =
                (struct digest){head_of(digest), name, (uint8_t)how, lens[i]};
        }
}

static void add_name(struct user_hashes *h, const struct names *names, uint64_t id, bool is_user)
{
    struct names *seen = &h->seen[is_user];
    str text = names_text(names, id);

    if (!text.len || text.len > NAME_MAX_BYTES || seen->count == USER_HASH_NAMES ||
        names_text(seen, id).len)
        return;
    names_copy(seen, names, id);
    h->names = vec_grow(h->names, &h->name_cap, h->name_count + 1, sizeof *h->names);
    h->names[h->name_count++] = (struct candidate){names_text(seen, id), is_user, !is_user};
}

static int candidate_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct candidate *)a)->text, ((const struct candidate *)b)->text);
}

static void sort_names(struct user_hashes *h)
{
    size_t kept = 0;

    if (h->name_count)
        qsort(h->names, h->name_count, sizeof *h->names, candidate_cmp);
    for (size_t i = 0; i < h->name_count; i++) {
        struct candidate *last = kept ? &h->names[kept - 1] : NULL;
        if (!last || !str_eq(last->text, h->names[i].text)) {
            h->names[kept++] = h->names[i];
        } else {
            last->is_user |= h->names[i].is_user;
            last->is_domain |= h->names[i].is_domain;
        }
    }
    h->name_count = kept;
}

static int digest_cmp(const void *a, const void *b)
{
    const struct digest *x = a, *y = b;

    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    return (int)x->spelling - (int)y->spelling;
}

struct user_hashes *user_hashes_new(const struct facts *facts)
{
    struct user_hashes *h = mem_alloc(sizeof *h);
    size_t count;
    struct fact *list = facts_sorted(facts, &count);

    for (size_t i = 0; i < count; i++) {
        bool with_sid = list[i].type == FACT_SID_NAME;
        if (!with_sid && list[i].type != FACT_ACCOUNT)
            continue;
        add_name(h, &facts->names, with_sid ? list[i].b : list[i].a, true);
        add_name(h, &facts->names, with_sid ? list[i].c : list[i].b, false);
    }
    mem_free(list);
    sort_names(h);
    for (size_t i = 0; i < h->name_count; i++)
        add_digests(h, (uint32_t)i);
    if (h->digest_count)
        qsort(h->digests, h->digest_count, sizeof *h->digests, digest_cmp);
    return h;
}

void user_hashes_free(struct user_hashes *h)
{
    if (!h)
        return;
    names_free(&h->seen[0]);
    names_free(&h->seen[1]);
    mem_free(h->names);
    mem_free(h->digests);
    mem_free(h);
}

/* The name whose digest these bytes are, as it was typed; NULL when none is. */
static const struct candidate *find(const struct user_hashes *h, str bytes, struct arena *a,
                                    str *typed)
{
    size_t low = 0, high = h->digest_count;
    uint8_t digest[SHA256_LEN];
    char room[NAME_MAX_BYTES];

    if (bytes.len != SHA1_LEN && bytes.len != SHA256_LEN)
        return NULL;
    uint64_t head = head_of(bytes.p);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (h->digests[mid].head < head)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < h->digest_count && h->digests[low].head == head; low++) {
        const struct digest *d = &h->digests[low];
        const struct candidate *c = &h->names[d->name];
        if (d->len == bytes.len && digest_of(c->text, (enum spelling)d->spelling, d->len, digest) &&
            memcmp(digest, bytes.p, bytes.len) == 0) {
            *typed = arena_str(a, spelled(c->text, (enum spelling)d->spelling, room));
            return c;
        }
    }
    return NULL;
}

bool user_hash_waits(const struct event *e)
{
    return e->kind == KIND_RDP_CLIENT && e->code == RDP_USER_HASH;
}

/* What followed the hashes is of an earlier run. */
static void put_message(struct event *e, str trace, str name, struct arena *a)
{
    struct field *fields = arena_alloc(a, (e->field_count + 1u) * sizeof *fields);

    for (unsigned i = 0; i < e->field_count; i++) {
        struct field *f = &fields[i];
        *f = e->fields[i];
        if (f->group != FIELD_ECS || !str_eq((str){f->name, f->name_len}, STR("message")))
            continue;
        str text = value_str(field_value(f), a);
        size_t at = str_find(text, trace);
        if (at == text.len)
            continue;
        text = arena_printf(a, "%.*s%s%.*s", PSTR(str_head(text, at + trace.len)),
                            name.len ? " = " : "", PSTR(name));
        f->data = text.p;
        f->len = (uint32_t)text.len;
        f->type = VALUE_TEXT;
    }
    e->fields = fields;
}

void user_hash_settle(const struct user_hashes *h, struct event *e, struct names *names,
                      struct arena *a)
{
    str trace = str_trim(value_str(event_field(e, STR("TraceMessage")), a)), rest = trace, bytes;
    const struct candidate *found[2] = {NULL, NULL};
    str typed[2] = {STR(""), STR("")};
    size_t user = 2;

    if (!trace.len)
        return;
    for (size_t i = 0; i < 2; i++) {
        str half = str_head(rest, str_find_char(rest, '-'));
        rest = str_skip(rest, half.len + 1);
        if (base64_read(half, a, &bytes))
            found[i] = find(h, bytes, a, &typed[i]);
        bool surer = user < 2 && found[user]->is_domain && found[i] && !found[i]->is_domain;
        if (found[i] && found[i]->is_user && (user == 2 || surer))
            user = i;
    }
    str who = user < 2 ? typed[user] : STR("");
    str domain = user == 1 || (user == 2 && typed[0].len) ? typed[0] : typed[1];
    e->target.user = names_put(names, who);
    e->target.domain = names_put(names, domain);
    const char *between = domain.len && who.len ? "\\" : "";
    put_message(e, trace, arena_printf(a, "%.*s%s%.*s", PSTR(domain), between, PSTR(who)), a);
}
