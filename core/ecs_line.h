/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the writing of a line (core/ecs.c): what its three files share. ecs_value.c writes keys
 * and values and walks through nested objects, ecs_member.c writes the members of struct event,
 * ecs.c sorts the fields of the record among them. */
#ifndef CORE_ECS_LINE_H
#define CORE_ECS_LINE_H

#include "core/ecs.h"

enum { ECS_SMALL = 96, ECS_GROUPS = 4 }; /* fields of most events fit in the frame */

/* How the exact bytes of a value that is no valid text are told. */
enum ecs_exact { EXACT_NONE, EXACT_BYTES, EXACT_UTF16 };
extern const char *const ecs_exact_suffix[3];

struct ecs_line {
    struct json_out *j;
    const struct event *e;
    const struct names *names;
    const struct ecs_context *ctx;
    const struct field **fields[ECS_GROUPS]; /* by group; those with dotted names sorted */
    size_t count[ECS_GROUPS];
    const struct field **same;   /* scratch: fields of one name */
    const struct field **unfit;  /* for ashiato.fields */
    size_t unfit_count;
    const struct field *computer; /* winlog.computer_name and .record_id as fields */
    const struct field *record;
    const struct party *user, *other;
    str host, hostname;
    uint64_t offset; /* with `source`: the place told in `log` */
    uint32_t source;
    size_t value_at; /* in the output: where the value of the last member begins */
    bool windows, has_hostname, user_is_target;
};

/* Where in nested objects the walk is. */
struct ecs_tree {
    const char *path;
    char sep;
    unsigned depth;
    size_t ends[ECS_DEPTH_MAX];
};

/* Values. A key with a suffix; the place for a value that is written as bytes. */
void ecs_put_key(struct json_out *j, str key, const char *suffix);
struct buf *ecs_raw(struct json_out *j);
enum ecs_exact ecs_exact(const struct field *f);
void ecs_put_value(struct json_out *j, const struct field *f);
void ecs_put_exact(struct json_out *j, const struct field *f);
/* The fields of one name: a value, or an array of them; and their exact bytes. */
void ecs_put_group(struct json_out *j, str key, const struct field *const *group, size_t count,
                   bool array);
void ecs_put_hex(struct json_out *j, uint64_t v);
void ecs_put_addr(struct json_out *j, const struct addr *a);
void ecs_put_uid(struct json_out *j, struct uid uid);
str ecs_field_name(const struct field *f);

/* Leaves and enters objects until the parent of `path` is open; returns its last part. */
str ecs_enter(struct ecs_tree *t, struct json_out *j, str path);
void ecs_leave(struct ecs_tree *t, struct json_out *j, unsigned depth);

/* A member of struct event, when there is something to say; l->value_at tells where. */
void ecs_put_member(struct ecs_line *l, struct ecs_tree *t, const struct ecs_path *p);

/* The fields of a group among the members of a table. */
void ecs_put_tree(struct ecs_line *l, struct ecs_tree *t, enum field_group group,
                  const struct ecs_path *table, size_t table_count);
/* Fields that do not fit: for ashiato.fields. */
void ecs_unfit(struct ecs_line *l, const struct field *const *group, size_t count);

#endif
