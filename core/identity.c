/* SPDX-License-Identifier: Apache-2.0
 *
 * Building an identity from sorted facts, VPN leases, and the look-ups. */
#include "core/identity_build.h"

static const int64_t LEASE_MAX_NS = INT64_C(48) * 3600 * 1000000000;

str fold(str s, struct arena *a)
{
    char *p = arena_bytes(a, s.len);

    for (size_t i = 0; i < s.len; i++)
        p[i] = char_lower(s.p[i]);
    return (str){p, s.len};
}

bool host_name_split(str text, struct arena *a, str *label, str *domain)
{
    static const char *const nobody[] = {"", "-", "localhost", "local", "unknown", "127.0.0.1"};
    struct addr addr;

    while (str_take_char(&text, '\\'))
        ;
    while (text.len && (text.p[text.len - 1] == '.' || text.p[text.len - 1] == '$'))
        text.len--;
    for (size_t i = 0; i < array_len(nobody); i++)
        if (str_eq_nocase(text, str_of(nobody[i])))
            return false;
    *domain = STR("");
    if (addr_parse(text, &addr)) {
        *label = fold(text, a);
        return true;
    }
    if (str_find_char(text, ' ') < text.len || str_find_char(text, '\\') < text.len)
        return false;
    size_t dot = str_find_char(text, '.');
    *label = fold(str_head(text, dot), a);
    if (dot < text.len)
        *domain = fold(str_skip(text, dot + 1), a);
    return label->len > 0 && !str_eq(*label, STR("localhost"));
}

bool domain_agrees(str a, str b)
{
    if (a.len > b.len) {
        str t = a;
        a = b;
        b = t;
    }
    return str_eq(a, b) || (a.len && str_starts(b, a) && b.p[a.len] == '.');
}

static int lease_cmp(const void *x, const void *y)
{
    const struct lease *p = x, *q = y;
    int c = memcmp(p->addr.b, q->addr.b, sizeof p->addr.b);

    if (c)
        return c;
    if (p->from_ns != q->from_ns)
        return p->from_ns < q->from_ns ? -1 : 1;
    return (p->user > q->user) - (p->user < q->user);
}

/* A lease ends when its user logs off, when the address goes to somebody, or after two days. */
void identity_build_leases(struct builder *b)
{
    struct identity *id = b->id;
    size_t starts = 0;

    for (size_t i = 0; i < b->count; i++)
        starts += b->list[i].type == FACT_LEASE && !addr_is_none(&b->list[i].addr);
    id->leases = arena_alloc(&id->arena, starts * sizeof *id->leases);
    for (size_t i = 0; i < b->count; i++) {
        const struct fact *f = &b->list[i];
        if (f->type == FACT_LEASE && !addr_is_none(&f->addr) &&
            f->last_ns < INT64_MAX - LEASE_MAX_NS)
            id->leases[id->lease_count++] =
                (struct lease){f->addr, f->a, f->b, f->first_ns, f->last_ns + LEASE_MAX_NS};
    }
    if (id->lease_count)
        qsort(id->leases, id->lease_count, sizeof *id->leases, lease_cmp);
    for (size_t i = 0; i < id->lease_count; i++) {
        struct lease *l = &id->leases[i];
        if (i + 1 < id->lease_count && addr_eq(&l->addr, &l[1].addr) && l[1].from_ns < l->to_ns)
            l->to_ns = l[1].from_ns;
        names_copy(&id->names, &b->facts->names, l->user);
        names_copy(&id->names, &b->facts->names, l->gateway);
    }
    for (size_t i = 0; i < b->count; i++) {
        const struct fact *f = &b->list[i];
        if (f->type != FACT_LEASE || !addr_is_none(&f->addr) || f->first_ns == TIME_UNKNOWN)
            continue;
        for (size_t k = 0; k < id->lease_count; k++) {
            struct lease *l = &id->leases[k];
            if (l->user == f->a && l->from_ns < f->first_ns && f->first_ns < l->to_ns)
                l->to_ns = f->first_ns;
        }
    }
}

struct identity *identity_build(const struct facts *facts, const str *systems, size_t system_count)
{
    struct identity *id = mem_alloc(sizeof *id);
    struct builder b = {.id = id, .facts = facts};

    id->index = mem_alloc(sizeof *id->index);
    b.list = facts_sorted(facts, &b.count);
    identity_build_hosts(&b, systems, system_count);
    identity_build_accounts(&b);
    identity_build_leases(&b);
    mem_free(b.list);
    return id;
}

void identity_free(struct identity *id)
{
    if (!id)
        return;
    mem_free(id->index->names);
    mem_free(id->index->labels);
    mem_free(id->index->addrs);
    mem_free(id->index->keys);
    mem_free(id->index);
    names_free(&id->names);
    arena_free(&id->arena);
    mem_free(id);
}

uint32_t identity_host(const struct identity *id, uint64_t name)
{
    const struct identity_index *x = id->index;
    size_t low = 0, high = x->name_count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (x->names[mid].name < name)
            low = mid + 1;
        else
            high = mid;
    }
    return low < x->name_count && x->names[low].name == name ? x->names[low].host : IDENTITY_NONE;
}

/* The first spelling with this label: they are sorted. */
static size_t label_start(const struct identity_index *x, str label)
{
    size_t low = 0, high = x->label_count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (str_cmp(x->labels[mid].label, label) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

uint32_t identity_host_text(const struct identity *id, str name)
{
    const struct identity_index *x = id->index;
    struct arena scratch = {0};
    uint32_t found = IDENTITY_NONE;
    str label, domain;

    if (!host_name_split(name, &scratch, &label, &domain)) {
        arena_free(&scratch);
        return IDENTITY_NONE;
    }
    for (size_t i = label_start(x, label); i < x->label_count; i++) {
        const struct label_host *l = &x->labels[i];
        if (!str_eq(l->label, label))
            break;
        if (str_eq(l->domain, domain)) {
            found = l->host;
            break;
        }
        if (!domain.len || !l->domain.len || domain_agrees(l->domain, domain)) {
            if (found != IDENTITY_NONE && found != l->host) {
                found = IDENTITY_NONE; /* two hosts could be meant */
                break;
            }
            found = l->host;
        }
    }
    arena_free(&scratch);
    return found;
}

/* later - earlier; times may be forged, and as far apart as can be. */
static int64_t gap(int64_t later, int64_t earlier)
{
    int64_t d;

    return __builtin_sub_overflow(later, earlier, &d) ? INT64_MAX - 1 : d;
}

static int64_t distance(const struct addr_host *a, int64_t time_ns)
{
    if (a->from_ns == TIME_UNKNOWN || time_ns == TIME_UNKNOWN)
        return 0;
    if (time_ns < a->from_ns)
        return gap(a->from_ns, time_ns);
    return time_ns > a->to_ns ? gap(time_ns, a->to_ns) : 0;
}

/* Among entries of one address: the one host nearest in time, nobody when two are equally near. */
static uint32_t nearest(const struct addr_host *list, size_t count, bool strong, int64_t time_ns)
{
    uint32_t found = IDENTITY_NONE;
    int64_t best = INT64_MAX;
    bool tie = false;

    for (size_t i = 0; i < count; i++) {
        int64_t d = distance(&list[i], time_ns);
        if (list[i].strong != strong)
            continue;
        if (d < best) {
            best = d;
            found = list[i].host;
            tie = false;
        } else if (d == best && list[i].host != found) {
            tie = true;
        }
    }
    return tie ? IDENTITY_NONE : found;
}

static bool has_strong(const struct addr_host *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].strong)
            return true;
    return false;
}

uint32_t identity_host_at(const struct identity *id, const struct addr *addr, int64_t time_ns)
{
    const struct identity_index *x = id->index;
    size_t low = 0, high = x->addr_count, end;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (memcmp(x->addrs[mid].addr.b, addr->b, sizeof addr->b) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (end = low; end < x->addr_count && addr_eq(&x->addrs[end].addr, addr); end++)
        ;
    const struct addr_host *list = x->addrs + low;
    if (has_strong(list, end - low))
        return nearest(list, end - low, true, time_ns);
    for (size_t i = low + 1; i < end; i++) /* claims count only when they agree */
        if (x->addrs[i].host != x->addrs[low].host)
            return IDENTITY_NONE;
    return low < end ? x->addrs[low].host : IDENTITY_NONE;
}

uint32_t identity_endpoint(const struct identity *id, const struct endpoint *end, int64_t time_ns)
{
    uint32_t host = end->host ? identity_host(id, end->host) : IDENTITY_NONE;

    if (host != IDENTITY_NONE || addr_is_none(&end->addr))
        return host;
    return identity_host_at(id, &end->addr, time_ns);
}

static uint32_t key_find(const struct identity *id, enum account_key type, uint64_t a, uint64_t b)
{
    const struct identity_index *x = id->index;
    size_t low = 0, high = x->key_count;

    if (!a)
        return IDENTITY_NONE;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct key_account *k = &x->keys[mid];
        if (k->type != type ? k->type < (uint32_t)type : k->a != a ? k->a < a : k->b < b)
            low = mid + 1;
        else
            high = mid;
    }
    const struct key_account *k = &x->keys[low];
    if (low < x->key_count && k->type == (uint32_t)type && k->a == a && k->b == b)
        return k->account;
    return IDENTITY_NONE;
}

uint32_t identity_account(const struct identity *id, const struct party *party)
{
    uint32_t found = IDENTITY_NONE;

    if (party->sid && party->domain)
        found = key_find(id, KEY_SID_DOMAIN, party->sid, party->domain);
    if (found == IDENTITY_NONE)
        found = key_find(id, KEY_SID, party->sid, 0);
    if (found == IDENTITY_NONE)
        found = key_find(id, KEY_USER_DOMAIN, party->user, party->domain);
    if (found == IDENTITY_NONE)
        found = key_find(id, KEY_USER, party->user, 0);
    return found;
}

const struct lease *identity_lease(const struct identity *id, const struct addr *addr,
                                   int64_t time_ns)
{
    const struct lease *found = NULL;

    for (size_t i = 0; i < id->lease_count; i++) {
        const struct lease *l = &id->leases[i];
        if (addr_eq(&l->addr, addr) && l->from_ns <= time_ns && time_ns < l->to_ns)
            found = l;
    }
    return found;
}

str identity_host_name(const struct identity *id, uint64_t name, str as_written)
{
    uint32_t host = identity_host(id, name);

    return host == IDENTITY_NONE ? as_written : id->hosts[host].name;
}
