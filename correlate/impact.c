/* SPDX-License-Identifier: Apache-2.0
 *
 * Damage: what was destroyed so that nothing can be restored, and files that were encrypted. The
 * commands are a table in correlate/signs.c. Encryption shows as many files written within a
 * minute under one ending that is not a usual one, and as ransom notes. */
#include <xxhash.h>

#include "core/time.h"
#include "correlate/claim.h"
#include "correlate/signs.h"

enum {
    ENDINGS = 1 << 12, /* (host, ending) followed at once */
    DOUBLED_MIN = 10,  /* "report.docx.locked" within a minute */
    PLAIN_MIN = 100,   /* "report.locked" */
    PROOFS = 40,       /* file events that are kept as proof, and marked */
    STOPS_MIN = 5,     /* services stopped within a minute */
    SCRIPT_MAX = 4096  /* a longer script holds the words of many commands by chance */
};

static const int64_t MINUTE_NS = 60 * NS_PER_S, TOGETHER_NS = 600 * NS_PER_S;

struct ending {
    uint32_t host, finding;
    uint64_t hash;
    int64_t window_ns, first_ns, last_ns;
    uint32_t in_window, total, marked;
    struct ref refs[4]; /* of the window, until it is a finding */
    char text[16];
    uint8_t len;
};

struct stops {
    int64_t window_ns;
    uint32_t count, finding;
    int64_t boot_ns;
};

struct state {
    struct ending *endings;
    struct stops *stops; /* by host */
    size_t host_count;
    struct recent recent;
    struct arena scratch;
    struct { uint32_t finding, count; } *notes; /* by host */
};

static const struct claim encrypted = {
    .detector = "impact", .title = "Files encrypted", .technique = "T1486", .tactic = "TA0040",
    .severity = SEVERITY_CRITICAL, .phase = PHASE_IMPACT, .confidence = 0.80};
static const struct claim ransom_note = {
    .detector = "impact", .title = "Ransom note written", .technique = "T1486",
    .tactic = "TA0040", .severity = SEVERITY_HIGH, .phase = PHASE_IMPACT, .confidence = 0.80};
static const struct claim backup_gone = {
    .detector = "impact", .title = "Backup catalog deleted", .technique = "T1490",
    .tactic = "TA0040", .severity = SEVERITY_HIGH, .phase = PHASE_IMPACT, .confidence = 0.80};
static const struct claim services_stopped = {
    .detector = "impact", .title = "Services stopped in a burst", .technique = "T1489",
    .tactic = "TA0040", .severity = SEVERITY_LOW, .phase = PHASE_IMPACT, .confidence = 0.50};
static const struct claim defence_off = {
    .detector = "impact", .title = "Malware protection switched off", .technique = "T1685",
    .tactic = "TA0112", .severity = SEVERITY_MEDIUM, .phase = PHASE_FOOTHOLD, .confidence = 0.80};
static const struct claim malware = {
    .detector = "impact", .title = "Malware reported by the host's protection", .technique = NULL,
    .tactic = NULL, .severity = SEVERITY_MEDIUM, .phase = PHASE_FOOTHOLD, .confidence = 0.80};

static str text_of(struct state *s, const struct event *e, const char *name)
{
    return event_text(e, str_of(name), &s->scratch);
}

static void deed_see(struct state *s, struct judge *j, const struct event *e, str image,
                     str command)
{
    const struct deed *d = deed_of(image, command);

    if (!d || str_eq(str_of(d->id), STR("log-clearing"))) /* correlate/clearing.c */
        return;
    bool impact = str_eq(str_of(d->tactic), STR("TA0040")) ||
                  str_eq(str_of(d->id), STR("text-log-clearing"));
    bool exfil = str_eq(str_of(d->tactic), STR("TA0010")) || str_eq(str_of(d->tactic),
                                                                    STR("TA0009"));
    struct claim c = {.detector = "impact", .title = d->title, .technique = d->technique,
                      .tactic = d->tactic, .severity = d->severity,
                      .phase = impact ? PHASE_IMPACT : exfil ? PHASE_EXFIL : PHASE_FOOTHOLD,
                      .confidence = 0.80};
    claim_recent(&s->recent, j, e, &c, d->id, TOGETHER_NS, command.len ? command : image);
}

static bool is_usual(str ending)
{
    static const char *const usual[] = {
        "tmp", "log", "txt", "xml", "json", "dll", "exe", "sys", "ini", "dat", "db", "lnk", "etl",
        "evtx", "pf", "html", "htm", "css", "js", "zip", "cab", "doc", "docx", "xls", "xlsx", "ppt",
        "pptx", "pdf", "jpg", "jpeg", "png", "gif", "bmp", "csv", "bak", "msg", "pst", "ost", "eml",
        "mdb", "accdb", "sql", "mdf", "ldf", "vhd", "vhdx", "iso", "rar", "7z", "gz", "ps1", "bat",
        "cmd", "vbs", "msi", "mui", "cat", "inf", "manifest", "config", "cache", "regtrans-ms",
        "blf", "wav", "mp3", "mp4", "py", "pyc", "c", "h", "cpp", "cs", "java", "jar", "rtf",
        "odt", "ods", "psd", "svg", "ico", "ttf", "url", "mof", "nls", "crdownload", "partial",
        "part", "aspx", "asp", "php", "md", "yml", "yaml", "toml", "old", "new", "pol", "adml",
        "admx", "ldb", "jfm", "chk", "jrs", "edb", "store", "db-wal", "db-shm", "db-journal"};

    for (size_t i = 0; i < array_len(usual); i++)
        if (str_eq_nocase(ending, str_of(usual[i])))
            return true;
    return false;
}

/* The ending of a name, and whether a usual one stands before it. False for one that cannot be
 * an encryptor's. */
static bool odd_ending(str name, str *ending, bool *doubled)
{
    str own = str_basename(name);
    size_t dot = str_rfind_char(own, '.');

    if (dot == own.len || dot == 0)
        return false;
    *ending = str_skip(own, dot + 1);
    if (ending->len < 2 || ending->len > 15 || is_usual(*ending))
        return false;
    for (size_t i = 0; i < ending->len; i++)
        if (!char_is_alpha(ending->p[i]) && !char_is_digit(ending->p[i]) && ending->p[i] != '_' &&
            ending->p[i] != '-')
            return false;
    str stem = str_head(own, dot);
    size_t before = str_rfind_char(stem, '.');
    *doubled = before < stem.len && is_usual(str_skip(stem, before + 1));
    return true;
}

static struct ending *ending_of(struct state *s, uint32_t host, str text, bool doubled,
                                int64_t time_ns)
{
    uint64_t hash = XXH3_64bits_withSeed(text.p, text.len, (uint64_t)host << 1 | doubled);
    struct ending *best = &s->endings[hash & (ENDINGS - 1)];

    for (unsigned i = 0; i < 4; i++) {
        struct ending *x = &s->endings[(hash + i) & (ENDINGS - 1)];
        if (x->len && x->hash == hash)
            return x;
        if (!x->len || (best->len && x->finding == IDENTITY_NONE && x->last_ns < best->last_ns))
            best = x;
    }
    *best = (struct ending){.host = host, .finding = IDENTITY_NONE, .hash = hash,
                            .window_ns = time_ns, .first_ns = time_ns, .last_ns = time_ns,
                            .len = (uint8_t)text.len};
    memcpy(best->text, text.p, text.len);
    return best;
}

static void ending_see(struct state *s, struct judge *j, const struct event *e, str ending,
                       bool doubled)
{
    struct ending *x = ending_of(s, event_host(j, e), ending, doubled, e->time_ns);

    if (e->time_ns - x->window_ns > MINUTE_NS && x->finding == IDENTITY_NONE) {
        x->window_ns = x->first_ns = e->time_ns;
        x->in_window = x->total = 0;
    }
    x->total++;
    x->last_ns = e->time_ns;
    if (x->finding == IDENTITY_NONE) {
        if (x->in_window < array_len(x->refs))
            x->refs[x->in_window] = judge_ref(j, e);
        if (++x->in_window < (doubled ? (unsigned)DOUBLED_MIN : (unsigned)PLAIN_MIN))
            return;
        x->finding = claim_make(j, e, &encrypted, STR(""));
        if (x->finding == IDENTITY_NONE)
            return;
        j->result->findings[x->finding].start_ns = x->first_ns;
        for (size_t i = 0; i < array_len(x->refs); i++) {
            refs_add(&j->result->findings[x->finding].events, x->refs[i]);
            judge_mark(j, x->refs[i], MARK_FINDING, x->finding, SIDE_NONE);
        }
    } else if (x->marked++ < PROOFS) {
        claim_add(j, e, x->finding);
    } else {
        j->result->findings[x->finding].end_ns = e->time_ns;
        j->result->findings[x->finding].events.total++;
    }
}

static void note_see(struct state *s, struct judge *j, const struct event *e, str name)
{
    uint32_t host = event_host(j, e), at = host < s->host_count ? host : (uint32_t)s->host_count;

    if (!s->notes[at].count) {
        s->notes[at].finding = claim_make(j, e, &ransom_note, name);
    } else if (s->notes[at].count < PROOFS) {
        claim_add(j, e, s->notes[at].finding);
    } else if (s->notes[at].finding < j->result->finding_count) {
        j->result->findings[s->notes[at].finding].end_ns = e->time_ns;
        j->result->findings[s->notes[at].finding].events.total++;
    }
    s->notes[at].count++;
}

/* A file that was written: Sysmon 11, 4663 and 5145 with write access. */
static void file_see(struct state *s, struct judge *j, const struct event *e)
{
    uint64_t mask = 0;
    bool doubled, object = e->kind != KIND_FILE_CREATED && e->kind != KIND_FILE_CHANGED;

    if (object && (!event_number(e, STR("AccessMask"), &mask) || !(mask & 0x6)))
        return;
    if (e->kind == KIND_OBJECT_ACCESS && !value_is(event_field(e, STR("ObjectType")), STR("File")))
        return;
    str name = text_of(s, e, e->kind == KIND_OBJECT_ACCESS       ? "ObjectName"
                             : e->kind == KIND_SHARE_FILE_ACCESS ? "RelativeTargetName"
                                                                 : "TargetFilename"), ending;
    if (!name.len)
        name = text_of(s, e, "file.path");
    if (is_ransom_note(name))
        note_see(s, j, e, name);
    else if (odd_ending(name, &ending, &doubled))
        ending_see(s, j, e, ending, doubled);
}

/* Services that stop together without a shutdown. */
static void service_see(struct state *s, struct judge *j, const struct event *e)
{
    uint32_t host = event_host(j, e);
    struct stops *x = &s->stops[host < s->host_count ? host : s->host_count];

    if (!value_is(event_field(e, STR("param2")), STR("stopped")))
        return;
    if (!x->count || e->time_ns - x->window_ns > MINUTE_NS)
        *x = (struct stops){e->time_ns, 0, IDENTITY_NONE, x->boot_ns};
    if (++x->count == STOPS_MIN && e->time_ns - x->boot_ns > 5 * MINUTE_NS)
        x->finding = claim_make(j, e, &services_stopped, STR("five services or more stopped within "
                                                             "a minute"));
    else if (x->finding != IDENTITY_NONE)
        claim_add(j, e, x->finding);
}

static void stop_see(struct state *s, struct judge *j, const struct event *e)
{
    uint32_t host = event_host(j, e);
    struct stops *x = &s->stops[host < s->host_count ? host : s->host_count];

    /* what stopped just before was the shutdown's */
    if (x->count >= STOPS_MIN && x->finding < j->result->finding_count &&
        e->time_ns - x->window_ns < 3 * MINUTE_NS) {
        j->result->findings[x->finding].severity = SEVERITY_INFO;
        claim_reason(j, x->finding, "the host was shutting down");
    }
    x->boot_ns = e->time_ns;
    x->count = 0;
}

static void defence_see(struct state *s, struct judge *j, const struct event *e)
{
    static const uint32_t off[] = {5001, 5010, 5012};
    str value = text_of(s, e, "New Value");
    bool setting = str_has_nocase(value, STR("\\Exclusions\\")) ||
                   (str_has_nocase(value, STR("Disable")) && str_ends(value, STR("0x1")));

    for (size_t i = 0; i < array_len(off); i++)
        if (e->code == off[i] || setting) {
            claim_recent(&s->recent, j, e, &defence_off, &defence_off, TOGETHER_NS,
                         setting ? value : STR("real-time protection or scanning was disabled"));
            return;
        }
}

static void see(void *state, struct judge *j, const struct event *e)
{
    struct state *s = state;
    str command;

    if (!in_time(e->time_ns))
        return; /* what has no place in time joins nothing */
    switch ((enum kind)e->kind) {
    case KIND_PROCESS_START:
    case KIND_COMMAND:
        command = text_of(s, e, "CommandLine");
        if (!command.len)
            command = text_of(s, e, "process.command_line");
        deed_see(s, j, e, judge_text(j, e->program), command);
        break;
    case KIND_SCRIPT:
        command = text_of(s, e, "ScriptBlockText");
        if (command.len <= SCRIPT_MAX)
            deed_see(s, j, e, STR(""), command);
        break;
    case KIND_FILE_CREATED:
    case KIND_FILE_CHANGED:
    case KIND_OBJECT_ACCESS:
    case KIND_SHARE_FILE_ACCESS:
        file_see(s, j, e);
        break;
    case KIND_BACKUP_DELETED:
        claim_recent(&s->recent, j, e, &backup_gone, &backup_gone, TOGETHER_NS, STR(""));
        break;
    case KIND_SERVICE_STATE:
        service_see(s, j, e);
        break;
    case KIND_SYSTEM_STOP:
    case KIND_SYSTEM_START:
        stop_see(s, j, e);
        break;
    case KIND_DEFENCE_CHANGED:
        defence_see(s, j, e);
        break;
    case KIND_DETECTION:
        claim_recent(&s->recent, j, e, &malware, &malware, TOGETHER_NS,
                     text_of(s, e, "Threat Name"));
        break;
    default:
        return;
    }
    arena_reset(&s->scratch);
}

static void *start(struct judge *j)
{
    struct state *s = mem_alloc(sizeof *s);

    s->host_count = j->identity->host_count;
    s->endings = mem_alloc(ENDINGS * sizeof *s->endings);
    s->stops = mem_alloc((s->host_count + 1) * sizeof *s->stops);
    s->notes = mem_alloc((s->host_count + 1) * sizeof *s->notes);
    for (size_t i = 0; i <= s->host_count; i++)
        s->stops[i] = (struct stops){INT64_MIN / 2, 0, IDENTITY_NONE, INT64_MIN / 2};
    return s;
}

static void finish(void *state, struct judge *j)
{
    struct state *s = state;

    for (size_t i = 0; i < ENDINGS; i++) {
        const struct ending *x = &s->endings[i];
        if (x->len && x->finding != IDENTITY_NONE)
            claim_reason(j, x->finding, "%u files written with the ending .%.*s", x->total,
                         (int)x->len, x->text);
    }
    mem_free(s->endings);
    mem_free(s->stops);
    mem_free(s->notes);
    arena_free(&s->scratch);
    mem_free(s);
}

const struct detector detector_impact = {
    .name = "impact",
    .about = "shadow copies and backups deleted, services stopped, files encrypted",
    .technique = "T1486",
    .start = start,
    .see = see,
    .finish = finish,
};
