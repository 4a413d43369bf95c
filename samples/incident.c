/* SPDX-License-Identifier: Apache-2.0
 *
 * incident DIR: writes one fixed incident as the files an investigator would be handed,
 * DIR/evidence/HOST/..., and what really happened, DIR/truth.json; or the same days without the
 * attack. Four Windows hosts, a VPN gateway and a database server with Linux, a proxy; the
 * company, its people and addresses do not exist (RFC 2606 names, RFC 5737 addresses). */
#include "samples/story.h"

static int usage(bool asked)
{
    fputs("usage: incident [--without-attack] DIR\n"
          "Writes a sample incident: DIR/evidence/HOST/... and DIR/truth.json.\n"
          "--without-attack leaves four quiet days: nothing in them is hostile.\n",
          asked ? stdout : stderr);
    return asked ? 0 : 2;
}

int main(int argc, char **argv)
{
    bool quiet = argc == 3 && strcmp(argv[1], "--without-attack") == 0;
    if ((argc != 2 && !quiet) || argv[argc - 1][0] == '-')
        return usage(argc == 2 && strcmp(argv[1], "--help") == 0);
    const char *folder = argv[argc - 1];
    struct forge f;
    forge_start(&f);
    background(&f);
    if (!quiet)
        attack(&f);
    forge_sort(&f);
    const char *evidence = forge_text(&f, "%s/evidence", folder);
    bool written = forge_write_evtx(&f, evidence) && forge_write_text_logs(&f, evidence) &&
                   (quiet || forge_write_truth(&f, folder));
    if (written)
        printf("%zu Windows records and %zu lines in %s\n", f.record_count, f.line_count,
               evidence);
    forge_free(&f);
    return written ? 0 : 5;
}
