/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of a case that was made before: events.jsonl of a case folder (the evidence layer has
 * taken the zstd away), one object a line, and what `ashiato parse` prints. Values come back as
 * text; years, zones and uids are settled and stay. docs/event.schema.json is the format. */
#include "core/ecs.h"
#include "core/parser.h"

static bool accepts(str line)
{
    return str_starts(line, STR("{\"")) && str_has(line, STR("\"ashiato\":{")) &&
           str_has(line, STR("\"uid\":\"")) && str_ends(line, STR("}}"));
}

static int case_probe(const struct sample *s)
{
    return probe_lines(s, accepts, NULL);
}

static void case_parse(const struct input *in, struct batch *out)
{
    size_t pos = 0, full;
    uint64_t offset;
    str line;
    bool told = false;

    while (input_line(in, &pos, &line, &offset, &full)) {
        const char *why = NULL;
        bool unknown = false;
        if (str_trim(line).len == 0) {
            out->skipped++;
            continue;
        }
        if (full)
            batch_damaged(out, offset, "a line of %zu bytes, longer than can be read back", full);
        else if (!ecs_read(line, offset, in->hints, out, &unknown, &why))
            batch_damaged(out, offset, "no event of a case: %s", why);
        if (unknown && !told)
            batch_note(out, offset, "its place is in no manifest; the line stands for it");
        told |= unknown;
    }
}

const struct parser parser_case = {
    .name = "case",
    .about = "events.jsonl of an ashiato case, and the output of `ashiato parse`",
    .reads = READS_LINES,
    .example = "{\"@timestamp\":\"2024-10-02T05:22:07.4110000Z\",\"event\":{\"action\":\"logon\","
               "\"category\":\"authentication\",\"code\":\"4624\",\"kind\":\"event\","
               "\"provider\":\"Microsoft-Windows-Security-Auditing\",\"severity\":0},\"log\":{\"file\":{\"path\":\"FS01/Security.evtx\"},"
               "\"offset\":4608},\"message\":\"Logon\",\"ashiato\":{\"kind\":\"logon\",\"system\":\"FS01\","
               "\"uid\":\"0123456789abcdef0123456789abcdef\"}}\n",
    .probe = case_probe,
    .parse = case_parse,
};
