/* SPDX-License-Identifier: Apache-2.0
 *
 * `ashiato formats`: what can be read. */
#include <stdio.h>

#include "cli/cli.h"

static int run(struct cli *c)
{
    if (c->path_count) {
        say("formats takes no arguments");
        return STATUS_USAGE;
    }
    for (size_t i = 0; i < parser_count; i++)
        printf("%-12s %s\n", parsers[i]->name, parsers[i]->about);
    return STATUS_DONE;
}

const struct command command_formats = {
    .name = "formats",
    .arguments = "",
    .about = "Lists the formats that can be read, with the names that --parser takes.",
    .run = run,
};
