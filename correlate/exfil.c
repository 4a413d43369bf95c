/* SPDX-License-Identifier: Apache-2.0
 *
 * What left through the proxy: bytes that clients sent, summed by client and destination. Only
 * what the proxy wrote counts: a tunnel whose request size was not logged adds nothing to the
 * sum and is told as unknown. A destination that many clients send to is somebody's service. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"

enum {
    PAIRS = 1 << 14,
    PROBE = 8,
    PROOFS = 24,
    COMMON_CLIENTS = 5 /* that send much to one destination: it is in ordinary use */
};

static const uint64_t MIB = 1 << 20;
static const uint64_t NOTABLE = 20 * (1 << 20), LARGE = UINT64_C(1) << 30, BIG_REQUEST = 1 << 20;

struct pair { /* client and destination */
    uint64_t key, destination; /* names */
    struct addr client;
    uint32_t host, account; /* of the client */
    uint64_t user, out, in, requests, unsized; /* unsized: tunnels and uploads without a size */
    int64_t first_ns, last_ns; /* of what was sent */
    struct ref refs[PROOFS];
    uint32_t ref_count, proxy;
};

struct state {
    struct pair *pairs;
    struct names names; /* of destinations and users */
    uint64_t forgotten, forgotten_bytes;
};

/* A log may claim any size. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool is_storage(str destination)
{
    static const char *const known[] = {
        "mega.nz", "mega.co.nz", "transfer.sh", "file.io", "gofile.io", "anonfiles", "wetransfer",
        "dropbox", "pcloud", "mediafire", "sendspace", "ufile.io", "bashupload", "temp.sh",
        "0x0.st", "catbox.moe", "box.com", "drive.google", "blob.core.windows.net", "amazonaws.com",
        "backblazeb2.com", "wasabisys.com", "storage.googleapis.com", "files.", "upload"};

    for (size_t i = 0; i < array_len(known); i++)
        if (str_has_nocase(destination, str_of(known[i])))
            return true;
    return false;
}

static struct pair *pair_of(struct state *s, struct judge *j, const struct event *e)
{
    uint64_t text[4] = {e->dst.host, e->src.host};
    memcpy(&text[2], e->src.addr.b, sizeof e->src.addr.b);
    uint64_t key = XXH3_64bits(text, sizeof text) | 1;
    struct pair *best = &s->pairs[key & (PAIRS - 1)];

    for (unsigned i = 0; i < PROBE; i++) {
        struct pair *p = &s->pairs[(key + i) & (PAIRS - 1)];
        if (p->key == key)
            return p;
        if (!p->key || (best->key && p->out < best->out))
            best = p;
        if (!p->key)
            break;
    }
    s->forgotten += best->key != 0;
    s->forgotten_bytes = add(s->forgotten_bytes, best->out);
    *best = (struct pair){.key = key, .destination = e->dst.host, .client = e->src.addr,
                          .host = identity_endpoint(j->identity, &e->src, e->time_ns),
                          .account = IDENTITY_NONE, .first_ns = TIME_UNKNOWN,
                          .last_ns = TIME_UNKNOWN, .proxy = event_host(j, e)};
    names_copy(&s->names, j->names, e->dst.host);
    return best;
}

static bool sends(const struct event *e)
{
    struct value method = event_field(e, STR("http.request.method"));

    return value_is(method, STR("CONNECT")) || value_is(method, STR("POST")) ||
           value_is(method, STR("PUT")) || value_is(method, STR("PATCH"));
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;
    uint64_t duration = 0;

    if ((e->kind != KIND_PROXY_REQUEST && e->kind != KIND_TRANSFER) || !e->dst.host ||
        !in_time(e->time_ns))
        return;
    bool unsized = e->bytes_out == 0 && sends(e);
    if (!e->bytes_out && !unsized)
        return;
    struct pair *p = pair_of(s, j, e);
    p->requests++;
    p->out = add(p->out, e->bytes_out);
    p->in = add(p->in, e->bytes_in);
    p->unsized += unsized;
    if (e->bytes_out < BIG_REQUEST)
        return;
    event_number(e, STR("event.duration"), &duration); /* the line is written at the end */
    int64_t began = duration < INT64_C(86400) * NS_PER_S ? e->time_ns - (int64_t)duration
                                                         : e->time_ns;
    if (p->first_ns == TIME_UNKNOWN || began < p->first_ns)
        p->first_ns = began;
    p->last_ns = e->time_ns;
    if (e->actor.user && p->account == IDENTITY_NONE) {
        p->account = identity_account(j->identity, &e->actor);
        p->user = e->actor.user;
        names_copy(&s->names, j->names, e->actor.user);
    }
    if (p->ref_count < PROOFS)
        p->refs[p->ref_count++] = judge_ref(j, e);
}

static int pair_cmp(const void *x, const void *y)
{
    const struct pair *p = x, *q = y;

    if (p->out != q->out)
        return p->out > q->out ? -1 : 1;
    if (p->first_ns != q->first_ns)
        return p->first_ns < q->first_ns ? -1 : 1;
    return (p->key > q->key) - (p->key < q->key);
}

static unsigned clients_of(const struct pair *list, size_t count, uint64_t destination)
{
    unsigned n = 0;

    for (size_t i = 0; i < count; i++)
        n += list[i].destination == destination;
    return n;
}

static str size_text(struct arena *a, uint64_t bytes)
{
    if (bytes >= 1000000000)
        return arena_printf(a, "%.1f GB", (double)bytes / 1e9);
    return arena_printf(a, "%.1f MB", (double)bytes / 1e6);
}

static str client_text(struct judge *j, const struct pair *p)
{
    struct buf b = {0};

    if (p->host != IDENTITY_NONE)
        return j->identity->hosts[p->host].name;
    if (addr_is_none(&p->client))
        return STR("unknown");
    addr_text(&p->client, &b);
    str text = arena_str(&j->result->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static void tell(struct state *s, struct judge *j, const struct pair *p, bool common)
{
    struct arena *a = &j->result->arena;
    uint32_t index = (uint32_t)j->result->finding_count;

    if (index >= FINDINGS_MAX)
        return;
    struct finding *f = result_finding(j->result);
    str destination = arena_str(a, names_text(&s->names, p->destination));
    bool storage = is_storage(destination);
    f->detector = STR("exfil");
    f->title = STR("Upload through the proxy");
    f->techniques[0] = storage ? "T1567.002" : "T1048";
    f->tactics[0] = "TA0010";
    f->severity = common ? SEVERITY_INFO
                  : p->out >= LARGE ? SEVERITY_HIGH
                  : storage || p->out >= 100 * MIB ? SEVERITY_MEDIUM : SEVERITY_LOW;
    f->phase = PHASE_EXFIL;
    f->confidence = 0.80;
    f->start_ns = p->first_ns;
    f->end_ns = p->last_ns;
    f->client = client_text(j, p);
    f->destination = destination;
    f->bytes_low = f->bytes_high = p->out;
    finding_host(f, p->host);
    finding_host(f, p->proxy);
    finding_account(f, p->account);
    f->reason = arena_printf(a, "%.*s sent %.*s (%llu bytes) to %.*s in %llu requests%s%s%s",
                             PSTR(f->client), PSTR(size_text(a, p->out)),
                             (unsigned long long)p->out, PSTR(destination),
                             (unsigned long long)p->requests,
                             p->unsized ? "; some tunnels have no size in the log" : "",
                             storage ? "; a place to store files" : "",
                             common ? "; many clients send there" : "");
    str parts[] = {f->detector, f->client, destination,
                   arena_printf(a, "%lld", (long long)f->start_ns)};
    f->id = result_id(a, "f-", parts, array_len(parts));
    for (uint32_t i = 0; i < p->ref_count; i++) {
        refs_add(&f->events, p->refs[i]);
        judge_mark(j, p->refs[i], MARK_FINDING, index, SIDE_NONE);
    }
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    (void)j;
    s->pairs = mem_alloc(PAIRS * sizeof *s->pairs);
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;
    size_t count = 0;

    qsort(s->pairs, PAIRS, sizeof *s->pairs, pair_cmp);
    while (count < PAIRS && s->pairs[count].out >= NOTABLE)
        count++;
    for (size_t i = 0; i < count; i++) {
        const struct pair *p = &s->pairs[i];
        if (p->ref_count && p->out > p->in)
            tell(s, j, p, clients_of(s->pairs, count, p->destination) >= COMMON_CLIENTS);
    }
    if (s->forgotten)
        result_limit(j->result,
                     "%llu pairs of proxy client and destination (%llu bytes sent) were not "
                     "followed: more than %d",
                     (unsigned long long)s->forgotten, (unsigned long long)s->forgotten_bytes,
                     PAIRS);
    mem_free(s->pairs);
    names_free(&s->names);
    mem_free(s);
}

const struct detector detector_exfil = {
    .name = "exfil",
    .about = "volumes that clients sent through the proxy, by destination",
    .technique = "T1567",
    .start = start,
    .see = see,
    .finish = finish,
};
