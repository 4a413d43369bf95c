/* SPDX-License-Identifier: Apache-2.0
 *
 * `ashiato parse`: the records of its inputs as JSON lines, in file order. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

static bool set_count(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->count_only = true;
}

static bool set_xml(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->run.xml = true;
}

static bool set_record(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->run.records = c->record = true;
}

static bool set_check(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->run.records = c->check = true;
}

static const struct option options[] = {
    {"--count", 'c', NULL, "print one line a blob: records, damaged, parser, path", set_count,
     false},
    {"--xml", 0, NULL, "print the records of .evtx logs as XML, one Event a line", set_xml, false},
    {"--record", 0, NULL, "print the records of .evtx logs as JSON: System and EventData, no more",
     set_record, false},
    {"--check", 0, NULL, "print what is damaged in .evtx logs: all is checked, no record printed",
     set_check, false},
    {"--zone", 'z', "NAME[:GLOB]", "zone of times that carry none: Asia/Tokyo, +09:00", set_zone,
     false},
    {"--year", 0, "YYYY[:GLOB]", "year of the first line of logs that carry none", set_year, false},
    {"--latest", 0, "TIME[:GLOB]", "no line without a year is later than this", set_latest, false},
    {"--no-mtime", 0, NULL, "find no year from a file's modification time", set_no_mtime, false},
    {"--parser", 0, "NAME[:GLOB]", "read blobs whose path matches with this parser", set_parser,
     false},
    {"--recover", 0, NULL, "deleted event log records too, from slack and bytes of any kind",
     set_recover, false},
    {"--evtx-reader", 0, "NAME", "reader of Windows event logs: native, or libevtx as a check",
     set_evtx_reader, false},
    {"--system", 0, "NAME", "the machine all of the evidence comes from", set_system, false},
    {"--threads", 'j', "N", "worker threads (default: one a processor)", set_threads, false},
    {"--quiet", 'q', NULL, "do not name what was not read", set_quiet, false},
    {"--help", 'h', NULL, "this text", NULL, false},
};

struct output {
    struct watch watch;
    struct err err;
    bool failed;
};

static void emit(void *ctx, str lines)
{
    struct output *out = ctx;

    while (lines.len && !out->failed) {
        ssize_t n = write(STDOUT_FILENO, lines.p, lines.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_errno(&out->err, "standard output");
            out->failed = true;
            atomic_store(&out->watch.stop, true);
            return;
        }
        lines = str_skip(lines, (size_t)n);
    }
}

static bool reads_evtx(const struct source *s)
{
    return str_eq(s->parser, STR("evtx")) || str_eq(s->parser, STR("evtx-raw"));
}

static void print_count(const struct source *s)
{
    printf("%llu\t%llu\t%.*s\t%.*s\n", (unsigned long long)s->events,
           (unsigned long long)s->damaged, PSTR(s->parser.len ? s->parser : STR("-")),
           PSTR(s->path));
}

static void print_counts(const struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count; i++)
        print_count(&p->sources[i]);
}

/* The counts, and where what is wrong. */
static void print_checks(const struct pipeline *p)
{
    for (size_t i = 0; i < p->source_count; i++) {
        const struct source *s = &p->sources[i];
        if (!reads_evtx(s))
            continue;
        print_count(s);
        for (size_t k = 0; k < s->note_count; k++)
            printf("\t%llu\t%.*s\n", (unsigned long long)s->notes[k].offset,
                   PSTR(s->notes[k].text));
        if (s->note_total > s->note_count)
            printf("\t\tand %zu notes more\n", s->note_total - s->note_count);
    }
}

static void say_unprinted(const struct cli *c, const struct source *s)
{
    const char *option = c->run.xml  ? "--xml"
                         : c->record ? "--record"
                         : c->check  ? "--check"
                                     : NULL;

    if (option && s->parser.len && !reads_evtx(s))
        say("not printed: %.*s: %s is for what the native reader of .evtx logs reads",
            PSTR(s->path), option);
}

static int finish(struct cli *c, const struct pipeline *p, const struct output *out, bool good)
{
    size_t parsed = 0;

    for (size_t i = 0; i < p->source_count + p->case_count; i++) {
        const struct source *s = &p->sources[i];
        parsed += c->run.records ? reads_evtx(s) : s->parser.len > 0;
        if (c->quiet)
            continue;
        if (!s->parser.len && !s->empty)
            say("not read: %.*s: %.*s", PSTR(s->path), PSTR(s->unread));
        say_unprinted(c, s);
        for (size_t k = 0; k < s->note_count && s->damaged && !c->check; k++)
            say("%.*s: at byte %llu: %.*s", PSTR(s->path),
                (unsigned long long)s->notes[k].offset, PSTR(s->notes[k].text));
    }
    if (out->failed) {
        say("%s", out->err.msg);
        return STATUS_OUTPUT;
    }
    if (!good)
        return STATUS_STOPPED;
    if (c->count_only)
        print_counts(p);
    if (c->check)
        print_checks(p);
    return parsed ? STATUS_DONE : STATUS_NOTHING;
}

static int run(struct cli *c)
{
    struct err err = {{0}};
    struct output out = {.failed = false};
    const struct evidence_options o = {
        .paths = c->paths, .path_count = c->path_count, .system = c->system};

    if (!c->path_count) {
        say("no input given: ashiato parse FILE...");
        return STATUS_USAGE;
    }
    if (c->record + c->check + c->count_only + c->run.xml > 1) {
        say("--count, --xml, --record and --check each print something else: give one of them");
        return STATUS_USAGE;
    }
    struct files *files = files_open(&o, &err);
    if (!files) {
        say("%s", err.msg);
        return STATUS_NOTHING;
    }
    watch_start(&out.watch, false);
    struct pipeline p = {.options = &c->run,
                         .evidence = files_evidence(files),
                         .stop = &out.watch.stop};
    int status = STATUS_NOTHING;
    if (pipeline_list(&p, &err)) {
        if (!c->quiet)
            cli_say_idle_rules(c, &p);
        bool good = pipeline_parse(&p, c->count_only || c->check ? NULL : emit, &out, &err);
        watch_end(&out.watch);
        status = finish(c, &p, &out, good);
    } else {
        watch_end(&out.watch);
        say("%s", err.msg);
    }
    pipeline_free(&p);
    files_close(files);
    return status;
}

const struct command command_parse = {
    .name = "parse",
    .arguments = "FILE...",
    .about = "Prints every record of the inputs as a JSON line (docs/output.md), in file order.",
    .options = options,
    .option_count = array_len(options),
    .details = "Years of texts that carry none are the latest that the file's own time allows.\n"
               "\n"
               "Examples:\n"
               "  ashiato parse --record Security.evtx | jq .Event.EventData\n"
               "  ashiato parse --xml Security.evtx | head -1 | xmllint --format -\n"
               "  ashiato parse Security.evtx | jq 'select(.event.code==\"4624\")'\n"
               "  zcat auth.log.2.gz | ashiato parse -\n",
    .run = run,
};
