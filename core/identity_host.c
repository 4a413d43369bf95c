/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts: spellings grouped into machines, machines tied to evidence systems and addresses. */
#include <xxhash.h>

#include "core/identity_build.h"

enum { NETBIOS_MAX = 15 };

struct spelling { /* one way a host was written */
    str text, label, domain;
    uint64_t name; /* id, 0 for a system's name without a record */
    int64_t first_ns, last_ns;
    uint64_t own;  /* records that it wrote itself */
    uint64_t seen; /* any mention */
    uint32_t host;
    bool is_dc;
};

struct spellings {
    struct spelling *items;
    size_t count, cap;
};

static void add(struct builder *b, struct spellings *l, uint64_t name, const struct fact *f,
                bool own)
{
    str text = names_text(&b->facts->names, name), label, domain;
    struct addr addr;

    if (!host_name_split(text, &b->id->arena, &label, &domain))
        return;
    if (!own && addr_parse(text, &addr))
        return; /* others wrote an address where a name belongs: that makes no host */
    l->items = vec_grow(l->items, &l->cap, l->count + 1, sizeof *l->items);
    l->items[l->count++] = (struct spelling){
        .text = arena_str(&b->id->arena, text), .label = label, .domain = domain, .name = name,
        .first_ns = own ? f->first_ns : TIME_UNKNOWN, .last_ns = own ? f->last_ns : TIME_UNKNOWN,
        .own = own ? f->count : 0, .seen = f->count, .host = IDENTITY_NONE,
        .is_dc = f->type == FACT_DC};
}

static void gather(struct builder *b, struct spellings *l)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct fact *f = &b->list[i];
        switch ((enum fact_type)f->type) {
        case FACT_HOST:
            add(b, l, f->a, f, true);
            break;
        case FACT_HOST_ADDR:
        case FACT_HOST_CLAIM:
        case FACT_HOST_REMOTE:
        case FACT_DC:
            add(b, l, f->a, f, false);
            break;
        default:
            break;
        }
    }
}

static int spelling_cmp(const void *x, const void *y)
{
    const struct spelling *p = x, *q = y;
    int c;

    if ((c = str_cmp(p->label, q->label)) || (c = str_cmp(p->domain, q->domain)))
        return c;
    return str_cmp(p->text, q->text);
}

static int64_t first_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t last_of(int64_t a, int64_t b)
{
    if (a == TIME_UNKNOWN || b == TIME_UNKNOWN)
        return first_of(a, b);
    return a > b ? a : b;
}

/* Sorts and joins what was written alike. */
static void settle(struct spellings *l)
{
    size_t n = 0;

    if (l->count)
        qsort(l->items, l->count, sizeof *l->items, spelling_cmp);
    for (size_t i = 0; i < l->count; i++) {
        struct spelling *s = &l->items[i], *last = n ? &l->items[n - 1] : NULL;
        if (!last || spelling_cmp(last, s) != 0) {
            l->items[n++] = *s;
            continue;
        }
        last->own += s->own;
        last->seen += s->seen;
        last->first_ns = first_of(last->first_ns, s->first_ns);
        last->last_ns = last_of(last->last_ns, s->last_ns);
        last->is_dc |= s->is_dc;
        if (!last->name)
            last->name = s->name;
    }
    l->count = n;
}

/* Gives spellings [from, to), which share a label, their hosts. Domains that agree are one; short
 * names join when there is one domain only, else they stay a host of their own. */
static void group(struct spellings *l, size_t from, size_t to, uint32_t *hosts)
{
    uint32_t base = *hosts, count = 0;

    for (size_t i = from; i < to; i++) {
        struct spelling *s = &l->items[i];
        if (!s->domain.len)
            continue;
        for (size_t k = from; k < i && s->host == IDENTITY_NONE; k++)
            if (l->items[k].domain.len && domain_agrees(l->items[k].domain, s->domain))
                s->host = l->items[k].host;
        if (s->host == IDENTITY_NONE)
            s->host = base + count++;
    }
    uint32_t short_host = count == 1 ? base : base + count;
    bool used = false;
    for (size_t i = from; i < to; i++)
        if (!l->items[i].domain.len) {
            l->items[i].host = short_host;
            used = true;
        }
    *hosts = base + (used && count != 1 ? count + 1 : count);
}

/* A NetBIOS name of 15 letters may be the beginning of a longer one: the host of `cut`, when just
 * one longer label begins so. */
static uint32_t longer(const struct spellings *l, size_t cut)
{
    uint32_t found = IDENTITY_NONE;

    for (size_t i = cut + 1; i < l->count && str_starts(l->items[i].label, l->items[cut].label);
         i++) {
        if (str_eq(l->items[i].label, l->items[cut].label))
            continue;
        if (found != IDENTITY_NONE && found != l->items[i].host)
            return IDENTITY_NONE;
        found = l->items[i].host;
    }
    return found;
}

/* Is the label also written with a domain? Then it is whole. */
static bool is_whole(const struct spellings *l, size_t at)
{
    for (size_t i = at; i < l->count && str_eq(l->items[i].label, l->items[at].label); i++)
        if (l->items[i].domain.len)
            return true;
    return false;
}

static void join_cut(struct spellings *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct spelling *s = &l->items[i];
        if (s->label.len != NETBIOS_MAX || s->domain.len || is_whole(l, i))
            continue;
        uint32_t other = longer(l, i);
        if (other != IDENTITY_NONE)
            s->host = other;
    }
}

static uint32_t assign(struct spellings *l)
{
    uint32_t hosts = 0;

    for (size_t i = 0, end; i < l->count; i = end) {
        for (end = i + 1; end < l->count && str_eq(l->items[end].label, l->items[i].label); end++)
            ;
        group(l, i, end, &hosts);
    }
    join_cut(l);
    return hosts;
}

/* Is x a better name to print than y? What the host wrote itself, then what was written most. */
static bool better(const struct spelling *x, const struct spelling *y)
{
    if (x->own != y->own)
        return x->own > y->own;
    if (!x->domain.len != !y->domain.len)
        return !x->domain.len;
    return x->seen > y->seen;
}

static str print_name(const struct spelling *s)
{
    str text = s->text;
    struct addr addr;

    while (str_take_char(&text, '\\'))
        ;
    if (addr_parse(text, &addr))
        return text;
    text = str_head(text, str_find_char(text, '.'));
    return text.len && text.p[text.len - 1] == '$' ? str_head(text, text.len - 1) : text;
}

struct draft { /* a host while it is made */
    struct host host;
    const struct spelling *best;
    str label;
    uint32_t number;
};

static void absorb(struct draft *d, const struct spelling *s)
{
    if (!d->best || better(s, d->best))
        d->best = s;
    if (s->domain.len > d->host.domain.len)
        d->host.domain = s->domain;
    if (s->label.len > d->label.len)
        d->label = s->label;
    d->host.name_count++;
    d->host.collected |= s->own > 0;
    d->host.is_dc |= s->is_dc;
    d->host.first_ns = first_of(d->host.first_ns, s->first_ns);
    d->host.last_ns = last_of(d->host.last_ns, s->last_ns);
}

static int draft_cmp(const void *x, const void *y)
{
    const struct draft *p = x, *q = y;
    int c;

    if ((c = str_cmp(p->label, q->label)) || (c = str_cmp(p->host.domain, q->host.domain)))
        return c;
    return (p->number > q->number) - (p->number < q->number);
}

static str make_id(struct arena *a, const char *prefix, str x, str y)
{
    str key = arena_printf(a, "%.*s.%.*s", PSTR(x), PSTR(y));

    return arena_printf(a, "%s%016llx", prefix, (unsigned long long)XXH3_64bits(key.p, key.len));
}

static void fill(struct builder *b, struct spellings *l, uint32_t numbers)
{
    struct identity *id = b->id;
    struct draft *drafts = mem_alloc(numbers * sizeof *drafts);
    uint32_t *place = mem_alloc(numbers * sizeof *place), n = 0;

    for (uint32_t i = 0; i < numbers; i++)
        drafts[i] = (struct draft){.number = i,
                                   .host = {.first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN}};
    for (size_t i = 0; i < l->count; i++)
        absorb(&drafts[l->items[i].host], &l->items[i]);
    if (numbers)
        qsort(drafts, numbers, sizeof *drafts, draft_cmp);
    id->hosts = arena_alloc(&id->arena, numbers * sizeof *id->hosts);
    for (uint32_t i = 0; i < numbers; i++) {
        struct draft *d = &drafts[i];
        if (!d->best)
            continue; /* joined with another */
        d->host.name = print_name(d->best);
        d->host.id = make_id(&id->arena, "h-", d->label, d->host.domain);
        d->host.names = arena_alloc(&id->arena, d->host.name_count * sizeof(str));
        d->host.name_count = 0;
        place[d->number] = n;
        id->hosts[n++] = d->host;
    }
    id->host_count = n;
    for (size_t i = 0; i < l->count; i++) {
        struct spelling *s = &l->items[i];
        s->host = place[s->host];
        id->hosts[s->host].names[id->hosts[s->host].name_count++] = s->text;
        names_put(&id->names, s->text);
    }
    mem_free(drafts);
    mem_free(place);
}

static int name_cmp(const void *x, const void *y)
{
    const struct name_host *p = x, *q = y;

    return (p->name > q->name) - (p->name < q->name);
}

static void index_name(struct identity_index *x, uint64_t name, uint32_t host)
{
    x->names = vec_grow(x->names, &x->name_cap, x->name_count + 1, sizeof *x->names);
    x->names[x->name_count++] = (struct name_host){name, host};
}

static void index_spellings(struct builder *b, const struct spellings *l)
{
    struct identity_index *x = b->id->index;

    for (size_t i = 0; i < l->count; i++) {
        const struct spelling *s = &l->items[i];
        index_name(x, s->name, s->host);
        x->labels = vec_grow(x->labels, &x->label_cap, x->label_count + 1, sizeof *x->labels);
        x->labels[x->label_count++] = (struct label_host){s->label, s->domain, s->host};
    }
    if (x->name_count)
        qsort(x->names, x->name_count, sizeof *x->names, name_cmp);
}

/* The facts of one system. They come first in the list, sorted by the system's name. */
static void facts_of_system(const struct builder *b, str system, size_t *from, size_t *to)
{
    size_t low = 0, high = b->count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (b->list[mid].type == FACT_SYSTEM_HOST &&
            str_cmp(names_text(&b->facts->names, b->list[mid].a), system) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *from = *to = low;
    while (*to < b->count && b->list[*to].type == FACT_SYSTEM_HOST &&
           str_eq(names_text(&b->facts->names, b->list[*to].a), system))
        ++*to;
}

/* The host that a system is: the one of its name, else the only one whose records lie on it. */
static uint32_t system_host(const struct builder *b, str system)
{
    uint32_t found = identity_host_text(b->id, system);
    size_t from, to;

    if (found != IDENTITY_NONE && b->id->hosts[found].collected)
        return found;
    found = IDENTITY_NONE;
    for (facts_of_system(b, system, &from, &to); from < to; from++) {
        uint64_t name = b->list[from].b;
        uint32_t host = name ? identity_host(b->id, name) : IDENTITY_NONE;
        if (host != IDENTITY_NONE && found != IDENTITY_NONE && host != found)
            return IDENTITY_NONE; /* records of several hosts lie on it */
        if (host != IDENTITY_NONE)
            found = host;
    }
    return found;
}

/* A system whose records name no host (a proxy log alone) is a host by its own name. */
static void add_system_hosts(struct builder *b, struct spellings *l, const str *systems,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str label, domain;
        bool named = false;
        size_t from, to;
        struct fact total = {.first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN};
        facts_of_system(b, systems[i], &from, &to);
        if (from == to || !host_name_split(systems[i], &b->id->arena, &label, &domain))
            continue;
        for (; from < to; from++) {
            const struct fact *f = &b->list[from];
            named |= f->b != 0;
            total.count += f->count;
            total.first_ns = first_of(total.first_ns, f->first_ns);
            total.last_ns = last_of(total.last_ns, f->last_ns);
        }
        if (named)
            continue;
        l->items = vec_grow(l->items, &l->cap, l->count + 1, sizeof *l->items);
        l->items[l->count++] = (struct spelling){
            .text = arena_str(&b->id->arena, systems[i]), .label = label, .domain = domain,
            .name = name_id(systems[i]), .first_ns = total.first_ns, .last_ns = total.last_ns,
            .own = total.count, .seen = total.count, .host = IDENTITY_NONE};
    }
}

static int str_order(const void *x, const void *y)
{
    return str_cmp(*(const str *)x, *(const str *)y);
}

static void tie_systems(struct builder *b, const str *systems, size_t count)
{
    struct identity *id = b->id;
    struct identity_index *x = id->index;
    uint32_t *host = mem_alloc(count * sizeof *host);
    bool *known = mem_alloc(count * sizeof *known);
    size_t indexed = x->name_count;

    for (size_t i = 0; i < count; i++) {
        uint64_t name = name_id(systems[i]);
        host[i] = system_host(b, systems[i]);
        known[i] = identity_host(id, name) != IDENTITY_NONE;
        if (host[i] != IDENTITY_NONE)
            id->hosts[host[i]].system_count++;
    }
    for (size_t i = 0; i < count; i++)
        if (host[i] != IDENTITY_NONE && !known[i])
            index_name(x, name_id(systems[i]), host[i]);
    if (x->name_count > indexed)
        qsort(x->names, x->name_count, sizeof *x->names, name_cmp);
    for (size_t i = 0; i < id->host_count; i++) {
        id->hosts[i].systems = arena_alloc(&id->arena, id->hosts[i].system_count * sizeof(str));
        id->hosts[i].system_count = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (host[i] != IDENTITY_NONE) {
            struct host *h = &id->hosts[host[i]];
            h->systems[h->system_count++] = arena_str(&id->arena, systems[i]);
        }
    for (size_t i = 0; i < id->host_count; i++)
        if (id->hosts[i].system_count)
            qsort(id->hosts[i].systems, id->hosts[i].system_count, sizeof(str), str_order);
    mem_free(known);
    mem_free(host);
}

static int addr_cmp(const void *x, const void *y)
{
    const struct addr_host *p = x, *q = y;
    int c = memcmp(p->addr.b, q->addr.b, sizeof p->addr.b);

    if (c)
        return c;
    if (p->host != q->host)
        return p->host < q->host ? -1 : 1;
    if (p->strong != q->strong)
        return p->strong ? -1 : 1;
    return (p->from_ns > q->from_ns) - (p->from_ns < q->from_ns);
}

static void put_addr(struct identity_index *x, struct addr_host a)
{
    x->addrs = vec_grow(x->addrs, &x->addr_cap, x->addr_count + 1, sizeof *x->addrs);
    x->addrs[x->addr_count++] = a;
}

/* One entry for a host and an address: spellings joined, a claim beside strong evidence dropped. */
static void join_addrs(struct identity_index *x)
{
    size_t n = 0;

    if (x->addr_count)
        qsort(x->addrs, x->addr_count, sizeof *x->addrs, addr_cmp);
    for (size_t i = 0; i < x->addr_count; i++) {
        struct addr_host *a = &x->addrs[i], *last = n ? &x->addrs[n - 1] : NULL;
        if (!last || !addr_eq(&last->addr, &a->addr) || last->host != a->host) {
            x->addrs[n++] = *a;
        } else if (last->strong == a->strong) {
            last->from_ns = first_of(last->from_ns, a->from_ns);
            last->to_ns = last_of(last->to_ns, a->to_ns);
        }
    }
    x->addr_count = n;
}

static void build_addresses(struct builder *b)
{
    struct identity *id = b->id;
    struct identity_index *x = id->index;

    for (size_t i = 0; i < b->count; i++) {
        const struct fact *f = &b->list[i];
        bool strong = f->type == FACT_HOST_ADDR;
        if ((!strong && f->type != FACT_HOST_CLAIM) || addr_is_none(&f->addr) ||
            addr_is_local(&f->addr))
            continue;
        uint32_t host = identity_host(id, f->a);
        if (host != IDENTITY_NONE)
            put_addr(x, (struct addr_host){f->addr, f->first_ns, f->last_ns, host, strong});
    }
    for (uint32_t h = 0; h < id->host_count; h++) {
        struct addr addr;
        if (addr_parse(id->hosts[h].name, &addr) && !addr_is_local(&addr))
            put_addr(x, (struct addr_host){addr, TIME_UNKNOWN, TIME_UNKNOWN, h, true});
    }
    join_addrs(x);
    for (size_t i = 0; i < x->addr_count; i++)
        id->hosts[x->addrs[i].host].address_count++;
    for (size_t i = 0; i < id->host_count; i++) {
        struct host *h = &id->hosts[i];
        h->addresses = arena_alloc(&id->arena, h->address_count * sizeof *h->addresses);
        h->address_count = 0;
    }
    for (size_t i = 0; i < x->addr_count; i++) {
        const struct addr_host *a = &x->addrs[i];
        struct host *h = &id->hosts[a->host];
        h->addresses[h->address_count++] =
            (struct host_address){a->addr, a->from_ns, a->to_ns, a->strong};
    }
}

void identity_build_hosts(struct builder *b, const str *systems, size_t system_count)
{
    struct spellings l = {0};

    gather(b, &l);
    add_system_hosts(b, &l, systems, system_count);
    settle(&l);
    fill(b, &l, assign(&l));
    index_spellings(b, &l);
    tie_systems(b, systems, system_count);
    build_addresses(b);
    mem_free(l.items);
}
