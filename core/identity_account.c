/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts: SIDs first, then domain and user, then user alone when only one account fits. */
#include <xxhash.h>

#include "core/identity_build.h"

enum { BUCKETS = 1 << 16 };

struct mention { /* one way an account was written, from one fact */
    const struct fact *fact;
    str sid, user, domain; /* user and domain as written, user without domain part */
    str user_key, domain_key; /* folded */
    uint32_t local;        /* host that the domain names, IDENTITY_NONE for a real domain */
    uint32_t account;
};

struct accounts {
    struct mention *mentions;
    size_t count, cap;
    struct account *list; /* drafts */
    struct draft_key {
        str user_key, domain_key, sid;
        uint32_t local;
        uint64_t best; /* count of the mention that gave the name */
    } *keys;
    size_t account_count, list_cap, key_cap;
    struct link { /* a SID or a folded user name -> account, chained by hash */
        str key, domain;
        uint32_t local, account, next; /* next: index + 1 */
    } *links;
    size_t link_count, link_cap;
    uint32_t *buckets;
};

static const struct {
    const char *sid, *name;
} well_known[] = {
    {"S-1-5-18", "SYSTEM"},        {"S-1-5-19", "LOCAL SERVICE"}, {"S-1-5-20", "NETWORK SERVICE"},
    {"S-1-5-7", "ANONYMOUS LOGON"}, {"S-1-5-17", "IUSR"},
};

static const char *well_known_name(str sid)
{
    for (size_t i = 0; i < array_len(well_known); i++)
        if (str_eq(sid, str_of(well_known[i].sid)))
            return well_known[i].name;
    return NULL;
}

static bool service_name(str user, str domain)
{
    static const char *const names[] = {"system", "local service", "network service", "iusr",
                                        "anonymous logon", "defaultapppool", "krbtgt"};
    static const char *const starts[] = {"dwm-", "umfd-", "healthmailbox", "sm_", "msol_", "aad_",
                                         "sshd_"};
    static const char *const domains[] = {"window manager", "font driver host", "nt authority",
                                          "nt service", "iis apppool", "virtual users"};

    for (size_t i = 0; i < array_len(names); i++)
        if (str_eq(user, str_of(names[i])))
            return true;
    for (size_t i = 0; i < array_len(starts); i++)
        if (str_starts(user, str_of(starts[i])))
            return true;
    for (size_t i = 0; i < array_len(domains); i++)
        if (str_eq(domain, str_of(domains[i])))
            return true;
    return false;
}

static bool service_sid(str sid)
{
    return well_known_name(sid) || str_starts(sid, STR("S-1-5-90-")) ||
           str_starts(sid, STR("S-1-5-96-")) || str_starts(sid, STR("S-1-5-80-")) ||
           str_starts(sid, STR("S-1-5-82-")) || str_starts(sid, STR("S-1-5-111-"));
}

static bool is_blank(str s)
{
    return s.len == 0 || str_eq(s, STR("-"));
}

/* "CORP\user" and "user@corp.local" say the domain in the name. */
static void split_user(str *user, str *domain)
{
    size_t at = str_find_char(*user, '\\');

    if (at < user->len) {
        if (is_blank(*domain))
            *domain = str_head(*user, at);
        *user = str_skip(*user, at + 1);
        return;
    }
    at = str_rfind_char(*user, '@');
    if (at < user->len && at > 0) {
        if (is_blank(*domain))
            *domain = str_skip(*user, at + 1);
        *user = str_head(*user, at);
    }
}

static void gather(struct builder *b, struct accounts *l)
{
    struct arena *a = &b->id->arena;

    for (size_t i = 0; i < b->count; i++) {
        const struct fact *f = &b->list[i];
        struct mention m = {.fact = f, .local = IDENTITY_NONE, .account = IDENTITY_NONE};
        if (f->type != FACT_SID_NAME && f->type != FACT_ACCOUNT)
            continue;
        bool with_sid = f->type == FACT_SID_NAME;
        const struct names *n = &b->facts->names;
        m.sid = with_sid ? names_text(n, f->a) : STR("");
        m.user = names_text(n, with_sid ? f->b : f->a);
        m.domain = names_text(n, with_sid ? f->c : f->b);
        split_user(&m.user, &m.domain);
        if (is_blank(m.user))
            m.user = STR("");
        if (is_blank(m.domain))
            m.domain = STR("");
        if (str_eq(m.sid, STR("S-1-0-0")))
            m.sid = STR("");
        if (!m.sid.len && !m.user.len)
            continue;
        m.sid = arena_str(a, m.sid);
        m.user = arena_str(a, m.user);
        m.domain = arena_str(a, m.domain);
        m.user_key = fold(m.user, a);
        m.domain_key = fold(m.domain, a);
        if (m.domain.len && str_find_char(m.domain, '.') == m.domain.len)
            m.local = identity_host_text(b->id, m.domain);
        l->mentions = vec_grow(l->mentions, &l->cap, l->count + 1, sizeof *l->mentions);
        l->mentions[l->count++] = m;
    }
}

static uint64_t hash_of(str key)
{
    return XXH3_64bits(key.p, key.len);
}

static void link_key(struct accounts *l, str key, str domain, uint32_t local, uint32_t account)
{
    uint32_t *bucket = &l->buckets[hash_of(key) & (BUCKETS - 1)];

    l->links = vec_grow(l->links, &l->link_cap, l->link_count + 1, sizeof *l->links);
    l->links[l->link_count] = (struct link){key, domain, local, account, *bucket};
    *bucket = (uint32_t)++l->link_count;
}

/* The account of a mention, or IDENTITY_NONE. With a SID: the same one (a local domain must be
 * the same host, since cloned machines share SIDs). Without: user and domain; without a domain:
 * the only account of that user name. */
static uint32_t find(const struct accounts *l, const struct mention *m)
{
    str key = m->sid.len ? m->sid : m->user_key;
    uint32_t found = IDENTITY_NONE;

    for (uint32_t at = l->buckets[hash_of(key) & (BUCKETS - 1)]; at; at = l->links[at - 1].next) {
        const struct link *k = &l->links[at - 1];
        if (!str_eq(k->key, key))
            continue;
        if (m->sid.len ? service_sid(m->sid) || m->local == k->local
                       : m->domain.len && m->local == k->local &&
                             domain_agrees(m->domain_key, k->domain))
            return k->account;
        if (!m->sid.len && !m->domain.len) {
            if (found != IDENTITY_NONE && found != k->account)
                return IDENTITY_NONE;
            found = k->account;
        }
    }
    return found;
}

static uint32_t create(struct accounts *l, const struct mention *m)
{
    size_t n = l->account_count++;

    l->list = vec_grow(l->list, &l->list_cap, n + 1, sizeof *l->list);
    l->keys = vec_grow(l->keys, &l->key_cap, n + 1, sizeof *l->keys);
    l->list[n] = (struct account){.first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN};
    l->keys[n] = (struct draft_key){m->user_key, m->domain_key, m->sid, m->local, 0};
    return (uint32_t)n;
}

/* How good a name is: with a domain better than without, a short one better than a DNS name. */
static int rank(str user, str domain)
{
    if (!user.len || !domain.len)
        return user.len > 0;
    return str_find_char(domain, '.') < domain.len ? 2 : 3;
}

static void absorb(struct accounts *l, struct mention *m)
{
    struct account *a = &l->list[m->account];
    struct draft_key *k = &l->keys[m->account];
    int was = rank(a->user, a->domain), now = rank(m->user, m->domain);

    if (now > was || (now == was && now > 0 && m->fact->count > k->best)) {
        a->user = m->user;
        a->domain = m->domain;
        k->best = m->fact->count;
        k->user_key = m->user_key;
        k->domain_key = m->domain_key;
    }
    if (m->sid.len)
        a->sid = m->sid;
    a->name_count++;
    if (m->fact->first_ns < a->first_ns)
        a->first_ns = m->fact->first_ns;
    if (m->fact->last_ns != TIME_UNKNOWN &&
        (a->last_ns == TIME_UNKNOWN || m->fact->last_ns > a->last_ns))
        a->last_ns = m->fact->last_ns;
}

/* Mentions with a SID come first, then those with a domain, then bare names: three rounds. */
static void settle(struct accounts *l)
{
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < l->count; i++) {
            struct mention *m = &l->mentions[i];
            int turn = m->sid.len ? 0 : m->domain.len ? 1 : 2;
            if (turn != round)
                continue;
            m->account = find(l, m);
            if (m->account == IDENTITY_NONE)
                m->account = create(l, m);
            absorb(l, m);
            if (m->sid.len)
                link_key(l, m->sid, STR(""), m->local, m->account);
            if (m->user.len && !service_sid(m->sid))
                link_key(l, m->user_key, m->domain_key, m->local, m->account);
        }
}

static void finish(struct builder *b, struct account *a, const struct draft_key *k)
{
    struct arena *arena = &b->id->arena;
    const char *known = well_known_name(a->sid);

    if (known) {
        a->user = str_of(known);
        a->domain = STR("NT AUTHORITY");
        a->name = a->user;
    } else if (!a->user.len) {
        a->name = a->sid;
    } else if (k->local != IDENTITY_NONE) {
        a->name = arena_printf(arena, "%.*s\\%.*s", PSTR(b->id->hosts[k->local].name),
                               PSTR(a->user));
    } else if (a->domain.len) {
        a->name = arena_printf(arena, "%.*s\\%.*s", PSTR(a->domain), PSTR(a->user));
    } else {
        a->name = a->user;
    }
    a->is_service = service_sid(a->sid) || service_name(k->user_key, k->domain_key);
    a->is_machine = !a->is_service && a->user.len && a->user.p[a->user.len - 1] == '$';
    str folded = fold(a->name, arena);
    str key = arena_printf(arena, "%.*s.%.*s", PSTR(k->local == IDENTITY_NONE ? a->sid : STR("")),
                           PSTR(folded));
    a->id = arena_printf(arena, "a-%016llx", (unsigned long long)XXH3_64bits(key.p, key.len));
}

struct order {
    str key, sid;
    uint32_t at;
};

static int order_cmp(const void *x, const void *y)
{
    const struct order *p = x, *q = y;
    int c;

    if ((c = str_cmp(p->key, q->key)) || (c = str_cmp(p->sid, q->sid)))
        return c;
    return (p->at > q->at) - (p->at < q->at);
}

static int str_order(const void *x, const void *y)
{
    return str_cmp(*(const str *)x, *(const str *)y);
}

static str spelled(struct arena *a, const struct mention *m)
{
    if (!m->user.len)
        return m->sid;
    return m->domain.len ? arena_printf(a, "%.*s\\%.*s", PSTR(m->domain), PSTR(m->user)) : m->user;
}

/* Two accounts of one name (a machine set up anew; Unix, where case counts) differ by what the
 * name leaves out. */
static void part_equal_ids(struct identity *id)
{
    for (size_t i = id->account_count; i-- > 1;) { /* backwards: the one before is as it was */
        struct account *a = &id->accounts[i];
        if (!str_eq(a->id, a[-1].id))
            continue;
        str key = arena_printf(&id->arena, "%.*s.%.*s.%.*s", PSTR(a->sid), PSTR(a->name),
                               PSTR(a->id));
        a->id = arena_printf(&id->arena, "a-%016llx",
                             (unsigned long long)XXH3_64bits(key.p, key.len));
    }
}

/* Sorts the drafts by name, gives them their spellings, and points the mentions to them. */
static void publish(struct builder *b, struct accounts *l)
{
    struct identity *id = b->id;
    size_t n = l->account_count;
    struct order *order = mem_alloc(n * sizeof *order);
    uint32_t *place = mem_alloc(n * sizeof *place);

    for (uint32_t i = 0; i < n; i++) {
        finish(b, &l->list[i], &l->keys[i]);
        order[i] = (struct order){fold(l->list[i].name, &id->arena), l->list[i].sid, i};
    }
    if (n)
        qsort(order, n, sizeof *order, order_cmp);
    id->accounts = arena_alloc(&id->arena, n * sizeof *id->accounts);
    id->account_count = n;
    for (uint32_t i = 0; i < n; i++) {
        id->accounts[i] = l->list[order[i].at];
        place[order[i].at] = i;
        id->accounts[i].names =
            arena_alloc(&id->arena, id->accounts[i].name_count * sizeof(str));
        id->accounts[i].name_count = 0;
    }
    for (size_t i = 0; i < l->count; i++) {
        struct mention *m = &l->mentions[i];
        m->account = place[m->account];
        struct account *a = &id->accounts[m->account];
        a->names[a->name_count++] = spelled(&id->arena, m);
    }
    for (size_t i = 0; i < n; i++) {
        struct account *a = &id->accounts[i];
        size_t kept = 0;
        if (a->name_count)
            qsort(a->names, a->name_count, sizeof(str), str_order);
        for (size_t k = 0; k < a->name_count; k++)
            if (!kept || !str_eq(a->names[kept - 1], a->names[k]))
                a->names[kept++] = a->names[k];
        a->name_count = kept;
    }
    part_equal_ids(id);
    mem_free(order);
    mem_free(place);
}

static int key_cmp(const void *x, const void *y)
{
    const struct key_account *p = x, *q = y;

    if (p->type != q->type)
        return p->type < q->type ? -1 : 1;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    if (p->b != q->b)
        return p->b < q->b ? -1 : 1;
    return (p->account > q->account) - (p->account < q->account);
}

static void put_key(struct identity_index *x, enum account_key type, uint64_t a, uint64_t b,
                    uint32_t account)
{
    if (!a)
        return;
    x->keys = vec_grow(x->keys, &x->key_cap, x->key_count + 1, sizeof *x->keys);
    x->keys[x->key_count++] = (struct key_account){a, b, (uint32_t)type, account};
}

static void index_keys(struct builder *b, const struct accounts *l)
{
    struct identity_index *x = b->id->index;
    size_t n = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct mention *m = &l->mentions[i];
        const struct fact *f = m->fact;
        bool with_sid = f->type == FACT_SID_NAME;
        uint64_t user = with_sid ? f->b : f->a, domain = with_sid ? f->c : f->b;
        if (m->sid.len) {
            put_key(x, KEY_SID, f->a, 0, m->account);
            put_key(x, KEY_SID_DOMAIN, f->a, domain, m->account);
            if (service_sid(m->sid))
                continue; /* SYSTEM is written as the machine's account too */
        }
        put_key(x, KEY_USER_DOMAIN, user, domain, m->account);
        put_key(x, KEY_USER, user, 0, m->account);
    }
    if (x->key_count)
        qsort(x->keys, x->key_count, sizeof *x->keys, key_cmp);
    for (size_t i = 0; i < x->key_count; i++) { /* a key of two accounts means nobody */
        struct key_account *k = &x->keys[i], *last = n ? &x->keys[n - 1] : NULL;
        if (!last || last->type != k->type || last->a != k->a || last->b != k->b)
            x->keys[n++] = *k;
        else if (last->account != k->account)
            last->account = IDENTITY_NONE;
    }
    x->key_count = n;
}

void identity_build_accounts(struct builder *b)
{
    struct accounts l = {.buckets = mem_alloc(BUCKETS * sizeof(uint32_t))};

    gather(b, &l);
    settle(&l);
    publish(b, &l);
    index_keys(b, &l);
    mem_free(l.mentions);
    mem_free(l.list);
    mem_free(l.keys);
    mem_free(l.links);
    mem_free(l.buckets);
}
