/* SPDX-License-Identifier: Apache-2.0
 *
 * The time zone of a system, from files of its disk that are in the evidence:
 *
 *     etc/localtime         a symbolic link into zoneinfo (its target has the name), or a TZif file
 *     etc/timezone          one line: Europe/Zurich
 *     etc/sysconfig/clock   ZONE="Europe/Zurich" (Red Hat to 6), TIMEZONE="Europe/Zurich" (SUSE)
 *
 * In this order; where a disk holds several (containers, chroots), those nearest to its root. */
#include "core/pipeline.h"

enum { CONTENT_MAX = 64 << 10 };

enum { FACT_LOCALTIME, FACT_TIMEZONE, FACT_CLOCK, FACT_NONE };

struct zone_fact {
    str system, path;
    uint32_t blob;   /* number, where it can be read */
    unsigned depth, rank;
    const struct zone *zone;
};

static bool is_file(str path, str rel)
{
    return str_ends(path, rel) &&
           (path.len == rel.len || path.p[path.len - rel.len - 1] == '/');
}

static unsigned rank_of(str path)
{
    return is_file(path, STR("etc/localtime"))          ? FACT_LOCALTIME
           : is_file(path, STR("etc/timezone"))         ? FACT_TIMEZONE
           : is_file(path, STR("etc/sysconfig/clock")) ? FACT_CLOCK
                                                        : FACT_NONE;
}

/* "../usr/share/zoneinfo/Europe/Zurich" -> "Europe/Zurich" */
static str name_of_link(str target)
{
    str name;

    if (!str_take_until_str(&target, STR("zoneinfo/"), &name))
        return STR("");
    if (!str_take(&target, STR("posix/")))
        str_take(&target, STR("right/"));
    return target;
}

/* The first line that is no comment; of a shell file the value of ZONE or TIMEZONE. */
static str name_of_text(str text, bool shell)
{
    str line;

    while (str_take_line(&text, &line)) {
        line = str_trim(line);
        if (line.len == 0 || line.p[0] == '#')
            continue;
        if (!shell)
            return line;
        if (str_take(&line, STR("ZONE=")) || str_take(&line, STR("TIMEZONE=")))
            return str_unquote(str_trim(line));
    }
    return STR("");
}

static str read_blob(const struct pipeline *p, uint32_t blob, char *room)
{
    const struct evidence_request q = {
        .op = EVIDENCE_READ, .blob = blob, .want = CONTENT_MAX};
    struct evidence_reply r;

    p->evidence.call(p->evidence.server, &q, &r, room);
    return (str){room, r.status == EVIDENCE_OK ? r.len : 0};
}

/* NULL and a note where the file says nothing that is known here. */
static struct zone *open_fact(struct pipeline *p, struct source *s, const struct blob *blob,
                              unsigned rank, char *room)
{
    struct err err = {{0}};
    struct zone *zone = NULL;
    str name = {0};

    if (s->link.len) {
        name = name_of_link(s->link);
    } else if (!s->unread.len && s->size > 0 && s->size < CONTENT_MAX) {
        str content = read_blob(p, blob->number, room);
        if (rank == FACT_LOCALTIME)
            zone = zone_of_tzif(STR("etc/localtime"), content, &err);
        else
            name = name_of_text(content, rank == FACT_CLOCK);
    }
    if (name.len)
        zone = zone_open(name, &err);
    if (!zone && err.msg[0])
        source_note(p, s, 0, false, str_of(err.msg));
    if (zone) {
        p->system_zones = vec_grow(p->system_zones, &p->system_zone_cap, p->system_zone_count + 1,
                                   sizeof *p->system_zones);
        p->system_zones[p->system_zone_count++] = zone;
    }
    return zone;
}

static unsigned depth_of(str path)
{
    unsigned depth = 0;

    for (size_t i = 0; i < path.len; i++)
        depth += path.p[i] == '/';
    return depth;
}

static int fact_cmp(const void *a, const void *b)
{
    const struct zone_fact *x = a, *y = b;
    int order = str_cmp(x->system, y->system);

    if (order)
        return order;
    if (x->rank == FACT_CLOCK || y->rank == FACT_CLOCK) /* lies a folder deeper than the others */
        return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : str_cmp(x->path, y->path);
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : str_cmp(x->path, y->path);
}

static size_t find_facts(struct pipeline *p, struct zone_fact **facts)
{
    size_t count = 0, cap = 0;
    char *room = NULL;

    for (size_t i = 0; i < p->blob_count; i++) {
        const struct blob *blob = &p->blobs[i];
        struct source *s = &p->sources[blob->source];
        unsigned rank = blob->source < p->source_count ? rank_of(s->path) : FACT_NONE;
        if (rank == FACT_NONE)
            continue;
        if (!room)
            room = mem_alloc(CONTENT_MAX);
        struct zone *zone = open_fact(p, s, blob, rank, room);
        if (!zone)
            continue;
        *facts = vec_grow(*facts, &cap, count + 1, sizeof **facts);
        (*facts)[count++] = (struct zone_fact){.system = s->system,
                                               .path = s->path,
                                               .depth = depth_of(s->path),
                                               .rank = rank,
                                               .zone = zone};
    }
    mem_free(room);
    if (count)
        qsort(*facts, count, sizeof **facts, fact_cmp);
    return count;
}

static const struct zone_fact *fact_of(const struct zone_fact *facts, size_t count, str system)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(facts[i].system, system))
            return &facts[i];
    return NULL;
}

void zones_settle(struct pipeline *p)
{
    struct zone_fact *facts = NULL;
    size_t count = find_facts(p, &facts);

    for (size_t i = 0; i < p->source_count; i++) {
        struct source *s = &p->sources[i];
        const struct rule *rule = rule_for(p->options->zones, p->options->zone_count, s->path);
        const struct zone_fact *fact = rule ? NULL : fact_of(facts, count, s->system);
        if (rule)
            s->zone_basis = STR("given by --zone");
        else if (fact)
            s->zone_basis = arena_printf(&p->arena, "%.*s (%.*s)",
                                         PSTR(zone_name(fact->zone)), PSTR(fact->path));
        p->states[i].zone = rule ? rule->zone : fact ? fact->zone : NULL;
    }
    mem_free(facts);
}
