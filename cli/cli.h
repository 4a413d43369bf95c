/* SPDX-License-Identifier: Apache-2.0
 *
 * What the subcommands share: options as a table (name, value, help, setter), the exit statuses,
 * the watch over signals and progress, and the case folder. One file a subcommand; main is a table
 * of them. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <pthread.h>
#include <stdio.h>

#include "core/pipeline.h"
#include "evidence/evidence.h"

#define VERSION "0.1.0"

/* Scripts depend on these; when several hold, the largest wins. */
enum status {
    STATUS_DONE = 0,
    STATUS_YES = 1,     /* findings at or above --fail-on */
    STATUS_USAGE = 2,   /* also: the case folder exists and --force was not given */
    STATUS_PARTIAL = 3, /* --strict, and part of the evidence was damaged or unread */
    STATUS_NOTHING = 4, /* nothing could be read */
    STATUS_OUTPUT = 5,  /* the output could not be completed */
    STATUS_BUG = 70,
    STATUS_STOPPED = 130
};

struct cli { /* the options of one call, and what they own */
    struct arena arena;
    struct run_options run;
    struct rule *zones, *parsers, *years, *latest;
    size_t zone_cap, parser_cap, year_cap, latest_cap;
    struct zone **opened; /* zones to free */
    size_t opened_count, opened_cap;
    struct setting *settings;
    size_t setting_count, setting_cap;
    str *paths;
    size_t path_count, path_cap;
    const char *output;
    str system;
    bool force, strict, quiet, verbose, count_only, record, check, fail_on_given, help, stamp;
    enum severity fail_on;
};

struct option {
    const char *name; /* "--threads" */
    char letter;      /* 'j', or 0 */
    const char *value; /* "N" in the help; NULL when it takes none */
    const char *help;
    bool (*set)(struct cli *c, str value, struct err *err);
    bool changes_result; /* goes into the manifest */
};

struct command {
    const char *name, *arguments, *about;
    const struct option *options;
    size_t option_count;
    const char *details; /* the rest of the help */
    int (*run)(struct cli *c);
};

extern const struct command command_timeline, command_parse, command_formats;

void cli_init(struct cli *c);
/* False and a message: status 2. With --help it prints the help and sets c->help. */
bool cli_options(struct cli *c, const struct command *command, int argc, char **argv,
                 struct err *err);
void cli_help(const struct command *command);
void cli_free(struct cli *c);

/* Options that several subcommands take. */
bool set_threads(struct cli *c, str v, struct err *err);
bool set_memory(struct cli *c, str v, struct err *err);
bool set_from(struct cli *c, str v, struct err *err);
bool set_to(struct cli *c, str v, struct err *err);
bool set_latest(struct cli *c, str v, struct err *err);
bool set_zone(struct cli *c, str v, struct err *err);
bool set_display_zone(struct cli *c, str v, struct err *err);
bool set_parser(struct cli *c, str v, struct err *err);
bool set_evtx_reader(struct cli *c, str v, struct err *err);
bool set_no_mtime(struct cli *c, str v, struct err *err);
bool set_year(struct cli *c, str v, struct err *err);
bool set_recover(struct cli *c, str v, struct err *err);
bool set_quiet(struct cli *c, str v, struct err *err);
bool set_system(struct cli *c, str v, struct err *err);

/* Messages: "ashiato: ..." on stderr, control and bidi characters of file names made visible. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A text out of the evidence for a terminal: the same characters are made visible. */
void put_visible(FILE *f, str s);
/* Names the rules (--zone, --year, --parser) whose pattern matches no file: a slip, mostly. */
void cli_say_idle_rules(const struct cli *c, const struct pipeline *p);

/* Waits for signals in a thread of its own (no handler, no global): SIGINT, SIGTERM and SIGHUP set
 * `stop`. Draws the progress on a terminal. */
struct watch {
    pthread_t thread;
    atomic_bool stop, done;
    struct progress progress;
    bool draw;
};
/* Signals wait from here on until the watch starts: one that comes early is not lost. */
void watch_hold(void);
void watch_start(struct watch *w, bool draw);
void watch_end(struct watch *w);

/* The case folder under construction: files are made in CASE/.work and move up at the end. */
struct folder {
    str path, work; /* NUL-terminated */
    bool made;      /* this run made it: remove it when the run fails */
};
/* STATUS_DONE, or the status to end with and a message. */
int folder_open(struct folder *f, const char *path, bool force, struct arena *a, struct err *err);
bool folder_publish(struct folder *f, struct err *err);
void folder_abandon(struct folder *f);

#endif
