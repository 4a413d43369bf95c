/* SPDX-License-Identifier: Apache-2.0
 *
 * The program: a table of subcommands. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct command *const commands[] = {
    &command_timeline,
    &command_parse,
    &command_formats,
};

static void print_help(void)
{
    printf("ashiato " VERSION " - one attack timeline from the logs of many machines\n"
           "\n"
           "usage: ashiato COMMAND ...\n"
           "\n");
    for (size_t i = 0; i < array_len(commands); i++)
        printf("  %-10s %.*s\n", commands[i]->name,
               PSTR(str_head(str_of(commands[i]->about),
                             str_find_char(str_of(commands[i]->about), '\n'))));
    printf("\n"
           "`ashiato COMMAND --help` tells what each one takes. To begin:\n"
           "  ashiato timeline EVIDENCE... -o CASE     then open CASE/report.html\n");
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct cli c;
    struct err err = {{0}};
    int status = STATUS_DONE;

    watch_hold();
    cli_init(&c);
    if (!cli_options(&c, command, argc, argv, &err)) {
        say("%s", err.msg);
        status = STATUS_USAGE;
    } else if (!c.help) {
        status = command->run(&c);
    }
    cli_free(&c);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        say("standard output cannot be written");
        status = STATUS_OUTPUT;
    }
    return status;
}

/* A failed assert is our own bug, and has a status of its own. */
static void on_abort(int number)
{
    (void)number;
    _exit(STATUS_BUG);
}

int main(int argc, char **argv)
{
    str name = argc > 1 ? str_of(argv[1]) : STR("");

    signal(SIGABRT, on_abort);

    if (str_eq(name, STR("--help")) || str_eq(name, STR("-h")) || str_eq(name, STR("help"))) {
        print_help();
        return STATUS_DONE;
    }
    if (str_eq(name, STR("--version")) || str_eq(name, STR("-V"))) {
        printf("ashiato " VERSION "\n");
        return STATUS_DONE;
    }
    for (size_t i = 0; i < array_len(commands); i++)
        if (str_eq(name, str_of(commands[i]->name)))
            return run_command(commands[i], argc - 1, argv + 1);
    if (name.len)
        say("there is no command '%.*s': `ashiato --help` lists them", PSTR(name));
    else
        say("no command given: `ashiato --help` lists them");
    return STATUS_USAGE;
}
