/* SPDX-License-Identifier: Apache-2.0
 *
 * Events of a case that was made before: events.jsonl of a case folder (the evidence layer has
 * taken the zstd away), one object a line, and what `ashiato parse` prints. Values come back as
 * text; years, zones and uids are settled and stay. docs/event.schema.json is the format. */
#include "core/ecs.h"
#include "core/parser.h"

/* A log line of 1 MiB in bytes that are no text: 3 MiB repaired, 1.3 MiB in base64; and a URL of it
 * stands in three fields. */
enum { LONGEST = 16 << 20 };

static bool accepts(str line)
{
    return str_starts(line, STR("{\"")) && str_has(line, STR("\"ashiato\":{")) &&
           str_has(line, STR("\"uid\":\"")) && str_ends(line, STR("}}"));
}

static int case_probe(const struct sample *s)
{
    bool one_long_line = str_find_char(s->head, '\n') == s->head.len;

    if (one_long_line && !accepts(s->head)) /* its end is not in sight */
        return str_starts(s->head, STR("{\"@timestamp\":\"")) &&
                       str_has(str_head(s->head, 4096), STR("\"event\":{\"action\":\""))
                   ? 60
                   : 0;
    return probe_lines(s, accepts, NULL);
}

static void case_parse(const struct input *in, struct batch *out)
{
    str rest = in->bytes, line;
    bool told = false;

    /* not input_line: a log line at its cap makes a longer line here */
    for (uint64_t offset = in->offset; str_take_line(&rest, &line);
         offset = in->offset + (in->bytes.len - rest.len)) {
        const char *why = NULL;
        bool unknown = false;
        if (str_trim(line).len == 0) {
            out->skipped++;
            continue;
        }
        if (in->cut_line && rest.len == 0)
            batch_damaged(out, offset, "a line of %llu bytes, longer than can be read back",
                          (unsigned long long)in->cut_line);
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
    .longest_line = LONGEST,
    .example = "{\"@timestamp\":\"2024-10-02T05:22:07.4110000Z\",\"event\":{\"action\":\"logon\","
               "\"category\":\"authentication\",\"code\":\"4624\",\"kind\":\"event\","
               "\"provider\":\"Microsoft-Windows-Security-Auditing\",\"severity\":0},"
               "\"log\":{\"file\":{\"path\":\"FS01/Security.evtx\"},"
               "\"offset\":4608},\"message\":\"Logon\","
               "\"ashiato\":{\"kind\":\"logon\",\"system\":\"FS01\","
               "\"uid\":\"0123456789abcdef0123456789abcdef\"}}\n",
    .probe = case_probe,
    .parse = case_parse,
};
