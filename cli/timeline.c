/* SPDX-License-Identifier: Apache-2.0
 *
 * `ashiato timeline`: evidence in, a case folder out. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

enum { UNREAD_SHOWN = 10 };

static bool set_output(struct cli *c, str v, struct err *err)
{
    if (!v.len)
        return err_set(err, "the case folder needs a name");
    c->output = v.p; /* an argument: NUL-terminated */
    return true;
}

static bool set_force(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->force = true;
}

static bool set_strict(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->strict = true;
}

static bool set_verbose(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->verbose = true;
}

static bool set_stamp(struct cli *c, str v, struct err *err)
{
    struct timespec now;

    (void)v, (void)err;
    clock_gettime(CLOCK_REALTIME, &now);
    c->run.stamp_ns = (int64_t)now.tv_sec * NS_PER_S;
    return true;
}

static bool set_title(struct cli *c, str v, struct err *err)
{
    (void)err;
    c->run.title = v;
    return true;
}

static bool set_db(struct cli *c, str v, struct err *err)
{
    c->run.db_full = str_eq(v, STR("full"));
    return c->run.db_full || str_eq(v, STR("timeline")) ||
           err_set(err, "'%.*s' is neither timeline nor full", PSTR(v));
}

static bool set_fail_on(struct cli *c, str v, struct err *err)
{
    c->fail_on_given = true;
    return severity_of(v, &c->fail_on) ||
           err_set(err, "'%.*s' is no severity (info, low, medium, high, critical)", PSTR(v));
}

static const struct option options[] = {
    {"--output", 'o', "CASE", "folder to make (default: case)", set_output, false},
    {"--force", 0, NULL, "replace what an existing case folder holds", set_force, false},
    {"--from", 0, "TIME", "leave out earlier records (2024-10-05T01:30:00Z)", set_from, true},
    {"--to", 0, "TIME", "leave out later records (2024-10-05: that day is still in)", set_to, true},
    {"--zone", 'z', "NAME[:GLOB]", "zone of times that carry none: Asia/Tokyo, +09:00", set_zone,
     true},
    {"--year", 0, "YYYY[:GLOB]", "year of the first line of logs that carry none", set_year, true},
    {"--latest", 0, "TIME[:GLOB]", "no line without a year is later than this", set_latest, true},
    {"--no-mtime", 0, NULL, "find no year from a file's modification time", set_no_mtime, true},
    {"--parser", 0, "NAME[:GLOB]", "read blobs whose path matches with this parser", set_parser,
     true},
    {"--recover", 0, NULL, "deleted event log records too, from slack and bytes of any kind",
     set_recover, true},
    {"--evtx-reader", 0, "NAME", "reader of Windows event logs: native, or libevtx as a check",
     set_evtx_reader, true},
    {"--system", 0, "NAME", "the machine all of the evidence comes from", set_system, true},
    {"--display-zone", 0, "NAME", "zone of times in report.html and timeline.csv (default UTC)",
     set_display_zone, true},
    {"--title", 0, "TEXT", "title of the report", set_title, true},
    {"--db", 0, "timeline|full", "events in case.db: the attack timeline's, or all", set_db, true},
    {"--stamp", 0, NULL, "write the time of this run into the manifest", set_stamp, false},
    {"--fail-on", 0, "SEVERITY", "exit with 1 when a finding is at least this severe", set_fail_on,
     false},
    {"--strict", 0, NULL, "exit with 3 when evidence was damaged or unread", set_strict, false},
    {"--threads", 'j', "N", "worker threads (default: one a processor)", set_threads, false},
    {"--memory", 'm', "SIZE", "memory to use (default 512M); more is kept on disk", set_memory,
     false},
    {"--quiet", 'q', NULL, "no progress, no summary", set_quiet, false},
    {"--verbose", 'v', NULL, "name every blob that was not read", set_verbose, false},
    {"--help", 'h', NULL, "this text", NULL, false},
};

/* An empty log was read, and has nothing to say. */
static bool readable(const struct source *s)
{
    return s->parser.len || s->empty;
}

static size_t count_unread(const struct pipeline *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->source_count; i++)
        n += !readable(&p->sources[i]);
    return n;
}

static size_t count_damaged(const struct pipeline *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->source_count; i++)
        n += p->sources[i].damaged > 0 || p->sources[i].failed;
    return n;
}

/* `all`: the empty ones, too. */
static void say_unread(const struct cli *c, const struct pipeline *p, bool all)
{
    size_t shown = 0, more = 0;

    for (size_t i = 0; i < p->source_count; i++) {
        const struct source *s = &p->sources[i];
        if (s->parser.len || (!all && readable(s)))
            continue;
        if (!c->verbose && shown == UNREAD_SHOWN) {
            more++;
            continue;
        }
        shown++;
        say("not read: %.*s: %.*s", PSTR(s->path), PSTR(s->unread));
    }
    if (more)
        say("... and %zu more that were not read (--verbose names them; so does the report)", more);
    if (p->source_count == 0)
        say("there are no files in the evidence");
}

static void print_time(const char *before, int64_t ns, const char *after)
{
    struct buf b = {0};

    time_text(ns, PRECISION_S, &b);
    printf("%s%.*s%s", before, PSTR(buf_view(&b)), after);
    buf_free(&b);
}

static void print_summary(const struct cli *c, const struct pipeline *p)
{
    size_t hostile = 0;

    for (size_t i = 0; i < p->result.edge_count; i++)
        hostile += p->result.edges[i].hostile;
    printf("%llu records of %zu blobs (%zu unread, %zu damaged)",
           (unsigned long long)p->events, p->source_count, count_unread(p), count_damaged(p));
    if (p->first_ns != TIME_UNKNOWN) {
        print_time(", ", p->first_ns, " to ");
        print_time("", p->last_ns, "");
    }
    printf("\n%zu finding%s, %zu movement%s (%zu hostile), %llu records on the attack timeline\n\n",
           p->result.finding_count, p->result.finding_count == 1 ? "" : "s", p->result.edge_count,
           p->result.edge_count == 1 ? "" : "s", hostile, (unsigned long long)p->timeline_events);
    for (size_t i = 0; i < ANSWERS; i++) {
        const struct answer *a = &p->result.answers[i];
        printf("%zu. %s\n   ", i + 1, a->question ? a->question : "");
        put_visible(stdout, a->summary);
        if (a->unknown.len) {
            printf("\n   ");
            put_visible(stdout, a->unknown);
        }
        printf("\n");
    }
    printf("\nreport: ");
    put_visible(stdout, str_of(c->output));
    printf("/report.html\n");
}

static int verdict(const struct cli *c, const struct pipeline *p)
{
    int status = STATUS_DONE;

    for (size_t i = 0; c->fail_on_given && i < p->result.finding_count; i++)
        if (p->result.findings[i].severity >= c->fail_on)
            status = STATUS_YES;
    if (c->strict && count_unread(p) + count_damaged(p) > 0)
        status = STATUS_PARTIAL;
    return status;
}

static bool nothing_read(const struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count + p->case_count; i++)
        if (p->sources[i].parser.len)
            return false;
    return true;
}

/* The four passes and the publication. */
static int run_case(struct cli *c, struct pipeline *p, struct watch *w, struct folder *f,
                    struct err *err)
{
    bool good = pipeline_ingest(p, f->work.p, err);

    if (good && nothing_read(p))
        return STATUS_NOTHING;
    atomic_store(&w->progress.phase, RUN_SETTLE);
    good = good && pipeline_settle(p, err);
    atomic_store(&w->progress.phase, RUN_JUDGE);
    good = good && pipeline_judge(p, f->work.p, err);
    atomic_store(&w->progress.phase, RUN_WRITE);
    good = good && pipeline_write(p, f->work.p, err);
    if (good && !atomic_load(&w->stop))
        good = folder_publish(f, err);
    if (atomic_load(&w->stop))
        return STATUS_STOPPED;
    if (!good)
        return STATUS_OUTPUT;
    return verdict(c, p);
}

static void report_end(const struct cli *c, const struct pipeline *p, int status,
                       const struct err *err)
{
    if (status == STATUS_STOPPED) {
        say("interrupted: no case was written");
        return;
    }
    if (status == STATUS_OUTPUT) {
        say("%s", err->msg);
        return;
    }
    if (!c->quiet || status == STATUS_NOTHING)
        say_unread(c, p, status == STATUS_NOTHING);
    if (status == STATUS_NOTHING)
        say("nothing in the evidence could be read: no case was written");
    else if (!c->quiet)
        print_summary(c, p);
}

/* Evidence is never written, not even beside: a case does not go where evidence is read from. */
static bool is_evidence(const struct cli *c)
{
    struct stat out, in;

    if (stat(c->output, &out) != 0)
        return false;
    for (size_t i = 0; i < c->path_count; i++)
        if (stat(c->paths[i].p, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return true;
    return false;
}

/* What is wrong with the options together. */
static bool agree(const struct cli *c)
{
    if (!c->path_count)
        say("no evidence given: ashiato timeline EVIDENCE... -o CASE");
    else if (c->run.from_ns > c->run.to_ns)
        say("--from is later than --to: no record can lie between them");
    else if (is_evidence(c))
        say("%s is evidence: give the case folder another name with -o", c->output);
    else
        return true;
    return false;
}

static int run(struct cli *c)
{
    struct err err = {{0}};
    struct watch w;
    struct folder folder;
    const struct evidence_options o = {.paths = c->paths,
                                       .path_count = c->path_count,
                                       .system = c->system,
                                       .digest = true};

    if (!agree(c))
        return STATUS_USAGE;
    struct files *files = files_open(&o, &err);
    if (!files) {
        say("%s", err.msg);
        return STATUS_NOTHING;
    }
    watch_start(&w, !c->quiet && isatty(STDERR_FILENO)); /* before anything is left behind */
    int status = folder_open(&folder, c->output, c->force, &c->arena, &err);
    if (status != STATUS_DONE) {
        watch_end(&w);
        say("%s", err.msg);
        files_close(files);
        return status;
    }
    struct pipeline p = {.options = &c->run,
                         .evidence = files_evidence(files),
                         .progress = &w.progress,
                         .stop = &w.stop};
    if (pipeline_list(&p, &err)) {
        if (!c->quiet)
            cli_say_idle_rules(c, &p);
        atomic_store(&w.progress.phase, RUN_INGEST);
        status = run_case(c, &p, &w, &folder, &err);
    } else {
        status = STATUS_OUTPUT;
    }
    if (status > STATUS_PARTIAL)
        folder_abandon(&folder);
    watch_end(&w);
    report_end(c, &p, status, &err);
    pipeline_free(&p);
    files_close(files);
    return status;
}

const struct command command_timeline = {
    .name = "timeline",
    .arguments = "EVIDENCE... -o CASE",
    .about = "Makes a case folder with one attack timeline from all logs in files and folders.\n"
             "It also holds the lateral movement and the answers to the five questions.",
    .options = options,
    .option_count = array_len(options),
    .details =
        "EVIDENCE is a file, a folder (walked whole; HOST/Windows/..., HOST/var/log/... name the\n"
        "machine), a case folder made before, or - for standard input. .gz and .zst are unpacked.\n"
        "\n"
        "CASE holds report.html (open it in a browser, offline), timeline.csv, events.jsonl.zst,\n"
        "case.db, findings.json, facts.json and manifest.json. The same evidence gives the same\n"
        "bytes, whatever the threads, the zone or the order of the arguments.\n"
        "\n"
        "Exit status: 0 done; 1 findings at or above --fail-on; 2 usage; 3 --strict and part of\n"
        "the evidence damaged or unread; 4 nothing could be read; 5 output failed;\n"
        "130 interrupted.\n"
        "\n"
        "Examples:\n"
        "  ashiato timeline images/FS01 images/DC01 proxy/access.log.gz -o case\n"
        "  ashiato timeline logs -o case --zone Asia/Tokyo:*/var/log/* --fail-on high\n",
    .run = run,
};
