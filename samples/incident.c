/* SPDX-License-Identifier: Apache-2.0
 *
 * incident DIR: writes one fixed incident as the files an investigator would be handed,
 * DIR/evidence/HOST/..., and what really happened, DIR/truth.json. Four Windows hosts, a VPN
 * gateway and a database server with Linux, a proxy; the company, its people and addresses do not
 * exist (RFC 2606 names, RFC 5737 addresses). */
#include "samples/story.h"

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs("usage: incident DIR\n"
              "Writes a sample incident: DIR/evidence/HOST/... and DIR/truth.json.\n",
              asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    struct forge f;
    forge_start(&f);
    background(&f);
    attack(&f);
    forge_sort(&f);
    const char *evidence = forge_text(&f, "%s/evidence", argv[1]);
    bool written = forge_write_evtx(&f, evidence) && forge_write_text_logs(&f, evidence) &&
                   forge_write_truth(&f, argv[1]);
    if (written)
        printf("%zu Windows records and %zu lines in %s\n", f.record_count, f.line_count,
               evidence);
    forge_free(&f);
    return written ? 0 : 5;
}
