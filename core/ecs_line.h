/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the writing of a line: what its files share.
 *
 *     ecs_plan.c    the shape of an event (groups and names of its fields, in their order) to a
 *                   plan: what stands where in the line, with all keys as JSON text
 *     ecs.c         runs the plan over an event
 *     ecs_member.c  writes the members of struct event
 *     ecs_value.c   writes keys and values
 *
 * Events of one shape come by the thousand (one a template of the log), so that the sorting of
 * names, the finding of those that clash and the nesting of objects is done once a shape. */
#ifndef CORE_ECS_LINE_H
#define CORE_ECS_LINE_H

#include "core/ecs.h"

/* How the exact bytes of a value that is no valid text are told. */
enum ecs_exact { EXACT_NONE, EXACT_BYTES, EXACT_UTF16 };
extern const char *const ecs_exact_suffix[3];

enum ecs_op {
    OP_MEMBER, /* a member of struct event, when there is something to say */
    OP_ASIDE,  /* fields of the name of the member before: unfit unless they say the same */
    OP_UNFIT,  /* fields for ashiato.fields */
    OP_FIELDS, /* fields of one name: a value, or an array of them */
    OP_OPEN    /* the object, even when nothing stands in it */
};

struct ecs_key { /* JSON text of a plan, the comma at its front included */
    uint32_t at, len;
};

struct ecs_object {
    struct ecs_key key;
    uint16_t parent, depth;
};

struct ecs_step {
    struct ecs_key key;
    uint16_t object;       /* that it stands in; OP_OPEN: itself */
    uint16_t first, count; /* fields: of plan->order */
    uint8_t op, id;
    bool array;
};

struct ecs_plan {
    struct ecs_step *steps;
    struct ecs_object *objects; /* the first is the line itself */
    uint16_t *order;            /* indices of fields */
    size_t step_count, step_cap, object_count, object_cap, order_count, order_cap;
    struct buf text;  /* keys */
    struct buf shape; /* what it is for: ecs_plan.c */
    uint64_t hash;
    uint16_t own;              /* the object "ashiato" */
    uint16_t computer, record; /* index + 1 of winlog.computer_name and .record_id as fields */
    bool windows;
};

enum { ECS_PLAN_PAD = 32 }; /* bytes behind a plan's text, so that keys are copied by blocks */

/* The plan for the shape of `e`; good until the next call. */
const struct ecs_plan *ecs_plan_for(struct ecs_writer *w, const struct event *e);

struct ecs_line {
    struct json_out *j;
    const struct event *e;
    const struct names *names;
    const struct ecs_context *ctx;
    const struct ecs_plan *plan;
    unsigned object;  /* the innermost open one */
    bool fresh;       /* nothing stands in it yet */
    uint16_t *unfit;  /* indices of fields for ashiato.fields */
    size_t unfit_count;
    const struct party *user, *other;
    str host, hostname;
    uint64_t offset; /* with `source`: the place told in `log` */
    uint32_t source;
    size_t value_at; /* in the output: where the value of the last member begins, */
    bool said;       /* if it has one */
    bool has_hostname, user_is_target;
    bool actor_moved; /* the actor stands in `user` although the kind is of a target */
};

/* Leaves and enters objects until that of the step is open, and writes its key. */
void ecs_put_step_key(struct ecs_line *l, const struct ecs_step *s);

/* Values. A key with a suffix; the place for a value that is written as bytes. */
void ecs_put_key(struct json_out *j, str key, const char *suffix);
struct buf *ecs_raw(struct json_out *j);
/* Tells how the value's exact bytes must be added. */
enum ecs_exact ecs_put_value(struct json_out *j, const struct field *f);
void ecs_put_exact(struct json_out *j, const struct field *f);
/* After a key (given as JSON): the value of a field, or an array of `count`; their exact bytes. */
void ecs_put_group(struct json_out *j, str key, const struct field *fields, const uint16_t *which,
                   size_t count, bool array);
void ecs_put_hex(struct json_out *j, uint64_t v);
void ecs_put_addr(struct json_out *j, const struct addr *a);
void ecs_put_uid(struct json_out *j, struct uid uid);
str ecs_field_name(const struct field *f);

/* A member of struct event, when there is something to say; l->said and value_at tell. */
void ecs_put_member(struct ecs_line *l, const struct ecs_step *s);

#endif
