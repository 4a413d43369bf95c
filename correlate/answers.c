/* SPDX-License-Identifier: Apache-2.0
 *
 * The five questions, answered from what the detectors before this one concluded. A question
 * without an answer says so, and what was read; what cannot be seen is a list of its own. */
#include "core/time.h"
#include "correlate/claim.h"

static const int64_t WEEK_NS = INT64_C(7) * 86400 * NS_PER_S;

enum { BLIND_EACH = 200, HOPS_TOLD = 8 };

struct state {
    uint64_t proxy, logons, failed, processes;
    struct refs derived; /* gaps and falls of time */
};

static const char *const questions[ANSWERS] = {
    "Who came in?", "How did they move?", "What left?", "When was the damage done?",
    "What can we not see?"};

/* ---- helpers ---- */

static void put(uint32_t *list, size_t count, uint32_t item)
{
    for (size_t i = 0; i < count && item != IDENTITY_NONE; i++) {
        if (list[i] == item)
            return;
        if (list[i] == IDENTITY_NONE) {
            list[i] = item;
            return;
        }
    }
}

static void put_host(struct answer *a, uint32_t host)
{
    put(a->hosts, array_len(a->hosts), host);
}

static void put_account(struct answer *a, uint32_t account)
{
    put(a->accounts, array_len(a->accounts), account);
}

static void put_events(struct answer *a, const struct refs *refs)
{
    for (size_t i = 0; i < refs->count; i++)
        refs_add(&a->events, refs->items[i]);
    a->events.total += refs->total - refs->count;
}

static void put_finding(struct answer *a, const struct finding *f)
{
    for (size_t i = 0; i < array_len(f->hosts); i++)
        put_host(a, f->hosts[i]);
    for (size_t i = 0; i < array_len(f->accounts); i++)
        put_account(a, f->accounts[i]);
    put_events(a, &f->events);
}

static str when(struct judge *j, int64_t time_ns)
{
    struct buf b = {0};

    if (time_ns == TIME_UNKNOWN)
        return STR("an unknown time");
    time_text(time_ns, PRECISION_S, &b);
    str text = arena_str(&j->result->arena, buf_view(&b));
    buf_free(&b);
    return text;
}

static str keep(struct judge *j, struct buf *b)
{
    str text = arena_str(&j->result->arena, buf_view(b));

    buf_free(b);
    return text;
}

static str account_name(const struct judge *j, uint32_t account)
{
    return account == IDENTITY_NONE ? STR("an unknown account")
                                    : j->identity->accounts[account].name;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* "28 of 30 files were read, 2024-10-03T15:01:11Z to ...": what an answer rests on. */
static str coverage(struct judge *j)
{
    size_t read = 0;
    int64_t first = TIME_UNKNOWN, last = TIME_UNKNOWN;

    for (size_t i = 0; i < j->source_count; i++) {
        const struct source *s = &j->sources[i];
        read += s->parser.len > 0;
        if (s->first_ns < first)
            first = s->first_ns;
        if (s->last_ns != TIME_UNKNOWN && (last == TIME_UNKNOWN || s->last_ns > last))
            last = s->last_ns;
    }
    return arena_printf(&j->result->arena, "%zu of %zu files were read, from %.*s to %.*s.", read,
                        j->source_count, PSTR(when(j, first)), PSTR(when(j, last)));
}

/* What was found, but says too little alone to be an answer. */
static str lesser_findings(const struct state *s, struct judge *j)
{
    const struct result *r = j->result;
    const struct finding *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (f->severity < SEVERITY_LOW)
            continue;
        n++;
        if (!first || f->start_ns < first->start_ns)
            first = f;
    }
    if (!n && s->failed)
        return arena_printf(&j->result->arena, "%llu record%s of failed logons %s read; no one "
                            "place is behind enough of them to call it guessing.",
                            (unsigned long long)s->failed, plural(s->failed),
                            s->failed == 1 ? "was" : "were");
    if (!n)
        return STR("");
    return arena_printf(&j->result->arena, "%zu finding%s of less weight %s listed, the first: "
                        "%.*s, at %.*s.", n, plural(n), n == 1 ? "is" : "are", PSTR(first->title),
                        PSTR(when(j, first->start_ns)));
}

static struct answer *blank(struct judge *j, int number)
{
    struct answer *a = &j->result->answers[number];

    *a = (struct answer){.question = questions[number], .time_ns = TIME_UNKNOWN};
    for (size_t i = 0; i < array_len(a->hosts); i++)
        a->hosts[i] = IDENTITY_NONE;
    for (size_t i = 0; i < array_len(a->accounts); i++)
        a->accounts[i] = IDENTITY_NONE;
    return a;
}

static void none(struct judge *j, struct answer *a, const char *key, const char *what)
{
    a->key = str_of(key);
    a->summary = arena_printf(&j->result->arena, "No sign of %s was found in what was read. %.*s",
                              what, PSTR(coverage(j)));
}

static bool is_grave(const struct finding *f)
{
    return f->severity >= SEVERITY_HIGH && f->phase != PHASE_ENTRY;
}

/* ---- 1: who came in ---- */

static const struct finding *first_finding(const struct result *r, bool entry)
{
    const struct finding *first = NULL;

    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        bool wanted = entry ? f->phase == PHASE_ENTRY : is_grave(f);
        if (wanted && (!first || f->start_ns < first->start_ns))
            first = f;
    }
    return first;
}

static bool is_guess(const struct finding *f)
{
    return f->techniques[0] && str_starts(str_of(f->techniques[0]), STR("T1110"));
}

/* A password that was guessed before the movement that was seen first: nothing ties them, but who
 * asks how they came wants to know. */
static str guessed_before(struct judge *j, const struct edge *x, struct answer *a)
{
    const struct result *r = j->result;

    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (!is_grave(f) || !is_guess(f) || f->start_ns > x->start_ns)
            continue;
        put_finding(a, f);
        return arena_printf(&j->result->arena, " Before it: %.*s (on %.*s, since %.*s).",
                            PSTR(f->reason),
                            PSTR(f->hosts[0] == IDENTITY_NONE
                                     ? STR("an unknown host")
                                     : j->identity->hosts[f->hosts[0]].name),
                            PSTR(when(j, f->start_ns)));
    }
    return STR("");
}

static void entered(struct judge *j, struct answer *a, const struct finding *f)
{
    struct result *r = j->result;
    bool vpn = f->session != IDENTITY_NONE;
    const struct edge *x = &r->edges[r->chain[0]];
    str who = account_name(j, f->accounts[0]);

    a->time_ns = f->start_ns;
    a->confidence = f->confidence;
    a->key = arena_printf(&r->arena, "%.*s, %s", PSTR(who), vpn ? "over the VPN" : x->method);
    a->summary = vpn
        ? arena_printf(&r->arena, "At %.*s %.*s. From the address it was given the first movement "
                       "went to %.*s (%s, %.*s) at %.*s.", PSTR(when(j, f->start_ns)),
                       PSTR(f->reason), PSTR(x->dst_name), x->method, PSTR(x->account_name),
                       PSTR(when(j, x->start_ns)))
        : arena_printf(&r->arena, "At %.*s %.*s.", PSTR(when(j, f->start_ns)), PSTR(f->reason));
    a->unknown = vpn ? STR("How the password became known, and who sat at the other end, is not "
                           "in these logs.")
                     : STR("Who sat at the other end is not in these logs.");
    put_finding(a, f);
    put_host(a, x->dst_host);
    put_account(a, x->account);
    put_events(a, &x->events);
}

static void who_came_in(const struct state *s, struct judge *j)
{
    struct result *r = j->result;
    struct answer *a = blank(j, 0);
    const struct finding *f = first_finding(r, true);
    const struct finding *sign = first_finding(r, false);

    if (f && r->chain_count) {
        entered(j, a, f);
    } else if (r->chain_count) {
        const struct edge *x = &r->edges[r->chain[0]];
        a->key = STR("Unknown");
        a->time_ns = x->start_ns;
        a->summary = arena_printf(&r->arena, "The first hostile movement that was seen is %.*s to "
                                  "%.*s by %s as %.*s at %.*s.", PSTR(x->src_name),
                                  PSTR(x->dst_name), x->method, PSTR(x->account_name),
                                  PSTR(when(j, x->start_ns)));
        bool told = !str_eq(x->src_name, STR("unknown"));
        a->unknown = arena_printf(&r->arena, "%s%.*s is not in what was read.%.*s %.*s",
                                  told ? "How they came to " : "From where they came",
                                  PSTR(told ? x->src_name : STR("")),
                                  PSTR(guessed_before(j, x, a)), PSTR(coverage(j)));
        put_host(a, x->src_host);
        put_host(a, x->dst_host);
        put_account(a, x->account);
        put_events(a, &x->events);
    } else if (sign) {
        a->key = STR("Unknown");
        a->time_ns = sign->start_ns;
        uint32_t host = sign->hosts[0];
        a->summary = arena_printf(&r->arena, "The first hostile sign that was seen is at %.*s on "
                                  "%.*s: %.*s, by %.*s.", PSTR(when(j, sign->start_ns)),
                                  PSTR(host == IDENTITY_NONE ? STR("an unknown host")
                                                             : j->identity->hosts[host].name),
                                  PSTR(sign->title), PSTR(account_name(j, sign->accounts[0])));
        a->unknown = arena_printf(&r->arena, "From where they came is not in what was read. %.*s",
                                  PSTR(coverage(j)));
        if (is_guess(sign)) {
            a->key = arena_printf(&r->arena, "%.*s, by a guessed password",
                                  PSTR(account_name(j, sign->accounts[0])));
            a->confidence = 0.50;
            a->summary = arena_printf(&r->arena, "%.*s (on %.*s, since %.*s).", PSTR(sign->reason),
                                      PSTR(host == IDENTITY_NONE ? STR("an unknown host")
                                                                 : j->identity->hosts[host].name),
                                      PSTR(when(j, sign->start_ns)));
            a->unknown = STR("Whether it was an intruder, and what he did then, is not in what was "
                             "read.");
        }
        put_finding(a, sign);
    } else {
        none(j, a, "None seen", "an intruder");
        a->unknown = lesser_findings(s, j);
    }
}

/* ---- 2: how they moved ---- */

static void tell_hops(struct judge *j, struct answer *a, struct buf *text)
{
    struct result *r = j->result;
    double weakest = 1;

    for (size_t i = 0; i < r->chain_count; i++) {
        const struct edge *x = &r->edges[r->chain[i]];
        put_host(a, x->dst_host);
        put_account(a, x->account);
        put_events(a, &x->events);
        if (x->confidence < weakest)
            weakest = x->confidence;
        if (i < HOPS_TOLD)
            buf_printf(text, "%s %.*s to %.*s (%s, %.*s)", i ? "," : ":", PSTR(x->src_name),
                       PSTR(x->dst_name), x->method, PSTR(x->account_name));
    }
    if (r->chain_count > HOPS_TOLD)
        buf_printf(text, ", and %zu more", r->chain_count - HOPS_TOLD);
    buf_str(text, STR("."));
    a->confidence = weakest;
}

static void how_they_moved(const struct state *s, struct judge *j)
{
    struct result *r = j->result;
    struct answer *a = blank(j, 1);
    struct buf text = {0};
    size_t reached = 0, others = 0, one_sided = 0;

    if (!r->chain_count) {
        none(j, a, "None seen", "hostile movement between hosts");
        if (!s->logons)
            a->unknown = STR("No record of a logon was read.");
        else if (r->edge_count)
            a->unknown = arena_printf(&r->arena, "%zu movement%s that look%s like administration "
                                      "%s listed.", r->edge_count, plural(r->edge_count),
                                      r->edge_count == 1 ? "s" : "",
                                      r->edge_count == 1 ? "is" : "are");
        return;
    }
    buf_printf(&text, "%zu movement%s", r->chain_count, plural(r->chain_count));
    tell_hops(j, a, &text);
    a->summary = keep(j, &text);
    a->time_ns = r->edges[r->chain[0]].start_ns;
    while (reached < array_len(a->hosts) && a->hosts[reached] != IDENTITY_NONE)
        reached++;
    a->key = arena_printf(&r->arena, "%zu host%s in %zu movement%s", reached, plural(reached),
                          r->chain_count, plural(r->chain_count));
    for (size_t i = 0; i < r->edge_count; i++)
        others += r->edges[i].hostile && !r->edges[i].hop;
    for (size_t i = 0; i < r->chain_count; i++)
        one_sided += !str_eq(str_of(r->edges[r->chain[i]].ends), STR("both"));
    buf_str(&text, STR(""));
    if (one_sided)
        buf_printf(&text, "%zu of them %s seen from one end only. ", one_sided,
                   one_sided == 1 ? "is" : "are");
    if (others)
        buf_printf(&text, "%zu other hostile movement%s %s not tied to this path.", others,
                   plural(others), others == 1 ? "is" : "are");
    a->unknown = str_trim(keep(j, &text));
}

/* ---- 3: what left ---- */

static const struct finding *worst_upload(const struct result *r, size_t *count)
{
    const struct finding *worst = NULL;

    *count = 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (!str_eq(f->detector, STR("exfil")) || f->severity < SEVERITY_LOW)
            continue;
        ++*count;
        if (!worst || f->severity > worst->severity ||
            (f->severity == worst->severity && f->bytes_low > worst->bytes_low))
            worst = f;
    }
    return worst;
}

static void what_left(const struct state *s, struct judge *j)
{
    struct result *r = j->result;
    struct answer *a = blank(j, 2);
    size_t count;
    const struct finding *f = worst_upload(r, &count);

    if (!f) {
        none(j, a, s->proxy ? "None seen" : "Unknown", "a large upload");
        a->unknown = s->proxy ? STR("Transfers that did not pass the proxy cannot be seen.")
                              : STR("No proxy log was read: transfers cannot be seen.");
        return;
    }
    r->exfil.low = f->bytes_low;
    r->exfil.high = f->bytes_high;
    r->exfil.destination = f->destination;
    r->exfil.client = f->client;
    a->time_ns = f->start_ns;
    a->confidence = f->confidence;
    a->key = arena_printf(&r->arena, "%.1f GB to %.*s", (double)f->bytes_low / 1e9,
                          PSTR(f->destination));
    if (f->bytes_low < 1000000000)
        a->key = arena_printf(&r->arena, "%.1f MB to %.*s", (double)f->bytes_low / 1e6,
                              PSTR(f->destination));
    a->summary = arena_printf(&r->arena, "From %.*s to %.*s %.*s.%s", PSTR(when(j, f->start_ns)),
                              PSTR(when(j, f->end_ns)), PSTR(f->reason),
                              count > 1 ? " Other uploads are listed among the findings." : "");
    a->unknown = STR("What the files held, and what did not pass the proxy, cannot be seen.");
    put_finding(a, f);
    for (size_t i = 0; i < r->finding_count; i++) { /* packing and tools, on the same host */
        const struct finding *p = &r->findings[i];
        if (p->phase == PHASE_EXFIL && p != f && !str_eq(p->detector, STR("exfil")) &&
            p->hosts[0] == f->hosts[0] && p->hosts[0] != IDENTITY_NONE)
            put_finding(a, p);
    }
}

/* ---- 4: the damage ---- */

static void widen(struct result *r, const struct judge *j, uint32_t host, const struct finding *f)
{
    struct host_span *s = NULL;

    for (size_t i = 0; i < r->impact_count; i++)
        if (r->impact[i].host == host)
            s = &r->impact[i];
    if (!s) {
        r->impact = vec_grow(r->impact, &r->impact_cap, r->impact_count + 1, sizeof *r->impact);
        s = &r->impact[r->impact_count++];
        *s = (struct host_span){host, j->identity->hosts[host].name, f->start_ns, f->end_ns};
    }
    s->first_ns = f->start_ns < s->first_ns ? f->start_ns : s->first_ns;
    s->last_ns = f->end_ns > s->last_ns ? f->end_ns : s->last_ns;
}

static int span_cmp(const void *x, const void *y)
{
    const struct host_span *p = x, *q = y;

    if (p->first_ns != q->first_ns)
        return p->first_ns < q->first_ns ? -1 : 1;
    return str_cmp(p->name, q->name);
}

static void add_title(struct buf *text, const struct judge *j, const struct finding *f)
{
    str host = f->hosts[0] == IDENTITY_NONE ? STR("an unknown host")
                                            : j->identity->hosts[f->hosts[0]].name;
    if (text->len < 600)
        buf_printf(text, "%s%.*s on %.*s", text->len ? "; " : "", PSTR(f->title), PSTR(host));
}

/* Damage counts from the first hop to a week after the last; without a chain all of it does. */
static void when_the_damage(struct judge *j)
{
    struct result *r = j->result;
    struct answer *a = blank(j, 3);
    size_t hops = r->chain_count;
    int64_t from = hops ? r->edges[r->chain[0]].start_ns : INT64_MIN;
    int64_t to = hops ? r->edges[r->chain[hops - 1]].end_ns + WEEK_NS : INT64_MAX;
    const struct finding *first = NULL, *encrypted = NULL;
    struct buf text = {0};

    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (f->phase != PHASE_IMPACT || f->severity < SEVERITY_MEDIUM || f->start_ns < from ||
            f->start_ns > to || f->start_ns == TIME_UNKNOWN)
            continue;
        if (!first || f->start_ns < first->start_ns)
            first = f;
        if (f->severity == SEVERITY_CRITICAL &&
            (!encrypted || f->start_ns < encrypted->start_ns))
            encrypted = f;
        if (f->hosts[0] != IDENTITY_NONE)
            widen(r, j, f->hosts[0], f);
        put_finding(a, f);
        add_title(&text, j, f);
    }
    if (!first) {
        none(j, a, "None seen", "damage");
        return;
    }
    if (r->impact_count)
        qsort(r->impact, r->impact_count, sizeof *r->impact, span_cmp);
    const struct finding *main = encrypted ? encrypted : first;
    a->time_ns = main->start_ns;
    a->confidence = main->confidence;
    a->key = arena_printf(&r->arena, "%.*s, %zu host%s", PSTR(when(j, main->start_ns)),
                          r->impact_count, plural(r->impact_count));
    a->summary = arena_printf(&r->arena, "%s %.*s; the first sign of damage is at %.*s. %.*s.",
                              encrypted ? "Encryption began at"
                              : str_eq(main->detector, STR("clearing")) ? "Logs were cleared at"
                                                                        : "Damage began at",
                              PSTR(when(j, main->start_ns)), PSTR(when(j, first->start_ns)),
                              PSTR(buf_view(&text)));
    if (!encrypted)
        a->unknown = STR("No encryption was seen; file access is recorded only where it is "
                         "audited.");
    buf_free(&text);
}

/* ---- 5: what cannot be seen ---- */

static bool blind(struct judge *j, str host, str log, str why, int64_t from_ns, int64_t to_ns)
{
    struct result *r = j->result;

    for (size_t i = 0; i < r->blind_count; i++)
        if (str_eq(r->blind[i].host, host) && str_eq(r->blind[i].log, log) &&
            str_eq(r->blind[i].why, why))
            return false;
    r->blind = vec_grow(r->blind, &r->blind_cap, r->blind_count + 1, sizeof *r->blind);
    r->blind[r->blind_count++] = (struct blind){host, log, why, from_ns, to_ns};
    return true;
}

static str guessed_time(struct judge *j, const struct source *s)
{
    str basis = s->year_basis.len ? s->year_basis : STR("inferred");

    if (!s->zone_assumed && !s->year_inferred)
        return STR("");
    return arena_printf(&j->result->arena, "%s%s%s%.*s",
                        s->zone_assumed ? "its time zone is not known: UTC was assumed" : "",
                        s->zone_assumed && s->year_inferred ? "; " : "",
                        s->year_inferred ? "its lines name no year: " : "",
                        PSTR(s->year_inferred ? basis : STR("")));
}

/* " The year of 2 files is inferred, the zone of 1 assumed." */
static str guesses(struct judge *j)
{
    size_t years = 0, zones = 0;
    struct buf b = {0};

    for (size_t i = 0; i < j->source_count; i++) {
        years += j->sources[i].year_inferred;
        zones += j->sources[i].zone_assumed;
    }
    if (years)
        buf_printf(&b, " The year of %zu file%s is inferred.", years, plural(years));
    if (zones)
        buf_printf(&b, " The time zone of %zu file%s is not known: UTC was assumed.", zones,
                   plural(zones));
    return keep(j, &b);
}

static size_t blind_sources(struct judge *j, size_t *damaged)
{
    size_t unread = 0, told = 0;

    for (size_t i = 0; i < j->source_count; i++) {
        const struct source *s = &j->sources[i];
        str why = STR("");
        if (!s->parser.len && !s->empty)
            why = arena_printf(&j->result->arena, "not read: %.*s",
                               PSTR(s->unread.len ? s->unread : STR("no parser knows it")));
        else if (s->damaged)
            why = arena_printf(&j->result->arena, "%llu record%s damaged",
                               (unsigned long long)s->damaged, s->damaged == 1 ? " is" : "s are");
        else
            why = guessed_time(j, s);
        unread += !s->parser.len && !s->empty;
        *damaged += s->parser.len && s->damaged;
        if (why.len && told++ < BLIND_EACH)
            blind(j, s->system, s->path, why, s->first_ns, s->last_ns);
    }
    if (told > BLIND_EACH)
        result_limit(j->result, "%zu files have something that cannot be seen; %d are listed in "
                     "the fifth answer, all in the coverage", told, BLIND_EACH);
    return unread;
}

static void blind_host(struct judge *j, uint32_t host, size_t *count)
{
    if (host == IDENTITY_NONE || j->identity->hosts[host].collected)
        return;
    *count += blind(j, j->identity->hosts[host].name, STR("all logs"),
                    STR("the attack touched this host, but none of its logs is among the evidence"),
                    TIME_UNKNOWN, TIME_UNKNOWN);
}

static size_t blind_edges(struct judge *j)
{
    struct result *r = j->result;
    size_t hosts = 0, told = 0;

    for (size_t i = 0; i < r->edge_count && told < BLIND_EACH; i++) {
        const struct edge *x = &r->edges[i];
        if (!x->hostile)
            continue;
        blind_host(j, x->src_host, &hosts);
        blind_host(j, x->dst_host, &hosts);
        for (size_t k = 0; k < array_len(x->missing) && x->missing[k].len; k++) {
            bool at_source = str_eq(str_of(x->ends), STR("destination"));
            uint32_t side = at_source ? x->src_host : x->dst_host;
            if (side == IDENTITY_NONE || j->identity->hosts[side].collected)
                told += blind(j, at_source ? x->src_name : x->dst_name, x->missing[k],
                              STR("would show the other side of a hostile movement"),
                              x->start_ns, x->end_ns);
        }
        if (x->skew_known && (x->skew_s > 5 || x->skew_s < -5))
            told += blind(j, x->dst_name, STR("clock"),
                          arena_printf(&r->arena, "differs from that of %.*s by %.1f s",
                                       PSTR(x->src_name), x->skew_s), x->start_ns, x->end_ns);
    }
    return hosts;
}

static void what_is_unseen(const struct state *s, struct judge *j)
{
    struct result *r = j->result;
    struct answer *a = blank(j, 4);
    struct buf key = {0};
    size_t cleared = 0, gaps = 0, back = 0, damaged = 0, unread, hosts;

    for (size_t i = 0; i < r->blind_count; i++) {
        cleared += str_starts(r->blind[i].why, STR("cleared"));
        back += str_starts(r->blind[i].why, STR("time runs backwards"));
    }
    gaps = r->blind_count - cleared - back;
    unread = blind_sources(j, &damaged);
    hosts = blind_edges(j);
    if (cleared)
        buf_printf(&key, "%zu log%s cleared", cleared, plural(cleared));
    if (hosts)
        buf_printf(&key, "%s%zu host%s not collected", key.len ? ", " : "", hosts, plural(hosts));
    if (gaps)
        buf_printf(&key, "%s%zu log%s with gaps", key.len ? ", " : "", gaps, plural(gaps));
    if (back)
        buf_printf(&key, "%s%zu log%s in which time runs backwards", key.len ? ", " : "", back,
                   plural(back));
    if (unread)
        buf_printf(&key, "%s%zu file%s not read", key.len ? ", " : "", unread, plural(unread));
    if (damaged)
        buf_printf(&key, "%s%zu file%s damaged", key.len ? ", " : "", damaged, plural(damaged));
    if (j->outside)
        buf_printf(&key, "%s%llu record%s outside the time range asked for", key.len ? ", " : "",
                   (unsigned long long)j->outside, plural(j->outside));
    a->key = key.len ? keep(j, &key) : STR("Nothing known to be missing");
    a->confidence = 0.80;
    for (size_t i = 0; i < r->finding_count; i++)
        if (str_eq(r->findings[i].detector, STR("clearing"))) {
            put_finding(a, &r->findings[i]);
            if (a->time_ns == TIME_UNKNOWN || r->findings[i].start_ns < a->time_ns)
                a->time_ns = r->findings[i].start_ns;
        }
    put_events(a, &s->derived);
    a->summary = arena_printf(&r->arena, "%.*s. %.*s%.*s%s%s%s", PSTR(a->key), PSTR(coverage(j)),
                              PSTR(guesses(j)),
                              s->proxy ? "" : " No proxy log.",
                              s->processes ? "" : " No record of processes that were started.",
                              s->logons ? "" : " No record of logons.");
    a->unknown = STR("What was never audited leaves no gap: not observable does not mean that it "
                     "did not happen.");
}

static void *start(struct judge *j)
{
    (void)j;
    return mem_alloc(sizeof(struct state));
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;

    if (e->flags & EVENT_DERIVED)
        refs_add(&s->derived, judge_ref(j, e));
    s->proxy += e->kind == KIND_PROXY_REQUEST;
    s->logons += e->kind == KIND_LOGON;
    s->failed += e->kind == KIND_LOGON_FAILED || e->kind == KIND_VPN_LOGON_FAILED;
    s->processes += e->kind == KIND_PROCESS_START;
}

static void finish(void *state, struct judge *j)
{
    who_came_in(state, j);
    how_they_moved(state, j);
    what_left(state, j);
    when_the_damage(j);
    what_is_unseen(state, j);
    mem_free(((struct state *)state)->derived.items);
    mem_free(state);
}

const struct detector detector_answers = {
    .name = "answers",
    .about = "the five questions: who came in, how, what left, when, and what is not seen",
    .start = start,
    .see = see,
    .finish = finish,
};
