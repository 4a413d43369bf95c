/* SPDX-License-Identifier: Apache-2.0
 *
 * The one mapping between an event and a line of JSON, both ways: events.jsonl, `ashiato parse`,
 * case.db and the reading of cases use it. docs/output.md describes the line for users and
 * docs/event.schema.json states it for programs.
 *
 * The line is loss-free: ecs_read makes an event of it for which ecs_write prints the same bytes.
 * Rules of the line:
 * - `@timestamp` first, `ashiato` last, all else by name, nested at the dots of FIELD_ECS names.
 * - Fields of one name form an array. FIELD_ECS and FIELD_OWN integers are JSON numbers; values
 *   of event_data and user_data are strings.
 * - Bytes that are not UTF-8 are repaired, and follow exactly in NAME_base64 (UTF-16 with halves
 *   of pairs: NAME_utf16_base64).
 * - `user` is who logged on (target) in kinds of category authentication and session, and who did
 *   it (actor) in all others; the other party is ashiato.actor or user.target. Where `user` would
 *   be empty, the actor stands there and ashiato.user says "actor".
 * - What does not fit (a name that a fixed member holds with another value, a name that is value
 *   and object at once, ...) stands in ashiato.fields[] with group, name and value. */
#ifndef CORE_ECS_H
#define CORE_ECS_H

#include "core/detector.h"
#include "core/json.h"
#include "core/parser.h"

/* What an event does not know itself; all of it optional. */
struct ecs_context {
    str host;                     /* resolved name; "" = as the record writes it */
    const struct host_address *addresses; /* of that host: host.ip gets what held at the event */
    size_t address_count;
    const struct source *sources; /* indexed by event.source and place.source: paths, parsers */
    size_t source_count;
    const struct place *places; /* all of them; NULL: the event's own and event.places */
    size_t place_count;
    const struct mark *marks; /* with `result`: sessions, findings, lateral */
    size_t mark_count;
    const struct result *result;
};

/* What a thread that writes lines keeps from one to the next: forms of lines, texts that recur
 * (core/ecs_line.h). Of no influence on the lines. */
struct ecs_writer;
struct ecs_writer *ecs_writer_new(void);
void ecs_writer_free(struct ecs_writer *w); /* NULL is fine */

/* Called where events of another batch or block begin: names and fields may lie where others lay
 * before. In between, what the writer has seen at a place stays there. */
void ecs_writer_turn(struct ecs_writer *w);

/* Appends one object, without a line end. */
void ecs_write(struct ecs_writer *w, struct buf *out, const struct event *e,
               const struct names *names, const struct ecs_context *ctx);

/* Adds the event of one line to `b` (values as text; uid, year and zone settled). Its places are
 * looked up in hints->cases; for a path that is not there the event lies at `offset` of the blob
 * being read, *unknown becomes true, and path and offset are kept as fields. False, a reason in
 * *why (a literal), and no event when the line is not one of ours. */
bool ecs_read(str line, uint64_t offset, const struct hints *hints, struct batch *b, bool *unknown,
              const char **why);

/* The members of the line that struct event holds (core/ecs_paths.def). */
enum ecs_id {
    ECS_TIME, /* @timestamp, which stands in front */
#define ROOT(id, path, rule) ECS_##id,
#define OWN(id, path, rule) ECS_OWN_##id,
#include "core/ecs_paths.def"
#undef ROOT
#undef OWN
    ECS_COUNT
};

struct ecs_path {
    const char *path;
    uint8_t len, id;
    bool is_default;
};
extern const struct ecs_path *const ecs_root, *const ecs_own;
extern const size_t ecs_root_count, ecs_own_count;

/* Order of paths: by parts, which `sep` divides. */
int ecs_path_cmp(const char *a, size_t a_len, const char *b, size_t b_len, char sep);

/* In kinds of these categories `user` is the target. */
bool ecs_user_is_target(enum kind kind);

enum { ECS_PATH_MAX = 1024, ECS_DEPTH_MAX = 16 }; /* of a name that is nested */

#endif
