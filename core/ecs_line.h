/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the writing of a line: what its files share.
 *
 *     ecs_plan.c    the shape of an event (groups and names of its fields, in their order) to a
 *                   plan: what stands where in the line, if there is something to say
 *     ecs_form.c    a plan, and which members have something to say, to a form: the constant
 *                   bytes of the line and the holes between them
 *     ecs_member.c  which members have something to say; their values
 *     ecs_value.c   values of fields
 *     ecs.c         a line: its plan, its form, values into the holes
 *
 * Events of one shape come by the thousand (one a template of the log), and so do events of one
 * form. Sorting names, finding those that clash, nesting objects and placing commas is done once
 * a form, so that a line is copies of constant bytes and the values between them.
 *
 * Values are written to a place `o` in the memory of l->out, and the end is returned. What needs
 * at most ECS_SMALL bytes has them; who needs more calls ecs_room first. */
#ifndef CORE_ECS_LINE_H
#define CORE_ECS_LINE_H

#include "core/ecs.h"
#include "core/time.h"

enum {
    ECS_SMALL = 128,
    ECS_PAD = 64,        /* behind constant bytes, which are copied by blocks */
    ECS_FLAGS = ~EVENT_WORKING_FLAGS /* flags of events that are shown */
};

/* ---- plans ---- */

enum ecs_op {
    OP_MEMBER, /* a member of struct event, when there is something to say */
    OP_ASIDE,  /* a field of the name of member `id`: unfit unless it says the same */
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

struct ecs_name { /* of a field of the shape */
    const char *seen; /* where it lay in the turn of the plan */
    uint32_t head;    /* its length and group: ecs_plan.c */
    uint32_t at;      /* in plan->names */
};

struct ecs_plan {
    struct ecs_name *shape;
    struct buf names;
    uint64_t hash, turn;
    uint32_t code; /* event.code is part of forms: not to have too many of them in one plan */
    size_t field_count, shape_cap;

    struct ecs_step *steps;
    struct ecs_object *objects; /* the first is the line itself */
    uint16_t *order;            /* indices of fields */
    size_t step_count, step_cap, object_count, object_cap, order_count, order_cap;
    struct buf text;           /* keys */
    uint16_t own;              /* the object "ashiato" */
    uint16_t computer, record; /* index + 1 of winlog.computer_name and .record_id as fields */
    bool windows, asides;

    struct ecs_form *forms;
    size_t form_count, form_cap, form_last;
};

/* ---- forms ---- */

enum {
    HOLE_NAME = ECS_COUNT, /* a member that is a name */
    HOLE_NUMBER,           /* a field that may be a number, */
    HOLE_TEXT,             /* that may not, */
    HOLE_ARRAY             /* or more than one */
};

struct ecs_hole {
    uint32_t before;       /* constant bytes in front, which end with its key and a colon */
    uint16_t key;          /* length of the key, in its quotes */
    uint16_t first, count; /* HOLE_ARRAY: of plan->order; other fields: `first` is the index;
                              HOLE_NAME: bytes from the front of struct event */
    uint8_t what;          /* HOLE_..., else a member: enum ecs_id */
};

struct ecs_form_key {
    uint64_t says;   /* bit: the member of this enum ecs_id has something to say */
    uint64_t agrees; /* bit: the aside of this number says what the member says */
    uint32_t flags;
    uint16_t kind;
    uint8_t outcome, severity;
    bool resolved; /* host.name is another than the one written */
};

struct ecs_form {
    struct ecs_form_key key;
    struct ecs_hole *holes;
    size_t hole_count, hole_cap;
    struct buf text; /* constant bytes */
    size_t room;     /* of all that is not a large value */
};

/* ---- lines ---- */

struct ecs_text { /* a text that recurs, as JSON */
    uint64_t key, turn;
    uint32_t len, of; /* `of`: bytes of the text */
    char json[ECS_SMALL - 24];
};

struct ecs_sid {
    uint64_t first, second, third, last; /* its bytes; the last word ends with the last byte */
    uint32_t len, text_len;
    char text[88];
};

enum { ECS_PLANS = 1024, ECS_LATELY = 256, ECS_TEXTS = 256, ECS_SIDS = 64 };

struct ecs_writer {
    uint64_t turn; /* of names and fields: ids; the odd number behind: other texts, by address */
    const struct names *names;
    uint64_t kind_says[KIND_COUNT];
    bool target_is_user[KIND_COUNT];
    struct day_text day;
    struct ecs_text texts[ECS_TEXTS];
    struct ecs_sid sids[ECS_SIDS];
    struct ecs_plan *lately[ECS_LATELY]; /* by hash, like all of these: a newer one takes the */
    struct ecs_plan plans[ECS_PLANS], large; /* place of an older */
};

struct ecs_line {
    struct ecs_writer *w;
    struct buf *out;
    char *end;   /* of the memory of `out` */
    size_t room; /* kept behind `o` for what is to come */
    const struct event *e;
    const struct names *names;
    const struct ecs_context *ctx;
    struct ecs_plan *plan;
    const struct party *user, *other;
    str hostname;    /* as written */
    uint64_t offset; /* with `source`: the place told in `log` */
    uint32_t source;
    bool has_hostname, user_is_target;
    bool actor_moved; /* the actor stands in `user` although the kind is of a target */
};

/* The plan for the shape of l->e; good until the next call. */
struct ecs_plan *ecs_plan_for(struct ecs_writer *w, const struct event *e);
void ecs_plan_free(struct ecs_plan *p);
str ecs_field_name(const struct field *f);

/* The form of the line; l->room becomes its room. */
const struct ecs_form *ecs_form_for(struct ecs_line *l);

/* What of the event depends on more than one of its members, and which of them say something. */
void ecs_look(struct ecs_line *l);
uint64_t ecs_says(const struct ecs_line *l);
/* The name that a member is, a member of l->e; NULL: it is none. */
const uint64_t *ecs_name_of(const struct ecs_line *l, enum ecs_id id);
char *ecs_put_new_name(struct ecs_line *l, char *o, uint64_t id);
/* The value of a member that has something to say. */
char *ecs_put_member(struct ecs_line *l, enum ecs_id id, char *o);

/* How the exact bytes of a value that is no valid text are told. */
enum ecs_exact { EXACT_NONE, EXACT_BYTES, EXACT_UTF16 };
extern const char *const ecs_exact_suffix[3];

/* The value of a field; `number`: integers are JSON numbers. */
char *ecs_put_value(struct ecs_line *l, char *o, const struct field *f, bool number,
                    enum ecs_exact *exact);
/* The value or array of a hole; behind it, if need be, the exact bytes under `key` (JSON). */
char *ecs_put_fields(struct ecs_line *l, char *o, const struct ecs_hole *h, str key);
/* A text as a JSON string. */
char *ecs_put_text(struct ecs_line *l, char *o, str text);

char *ecs_grow(struct ecs_line *l, char *o, size_t need);

/* Room for `need` bytes at o, and for what is to come behind them. */
static inline char *ecs_room(struct ecs_line *l, char *o, size_t need)
{
    return (size_t)(l->end - o) >= need + l->room ? o : ecs_grow(l, o, need);
}

/* Most texts that recur are shorter than 48 bytes. */
static inline char *ecs_put_known(char *o, const struct ecs_text *t)
{
    memcpy(o, t->json, 48);
    if (t->len > 48)
        memcpy(o + 48, t->json + 48, sizeof t->json - 48);
    return o + t->len;
}

static inline char *ecs_put_name(struct ecs_line *l, char *o, uint64_t id)
{
    const struct ecs_text *t = &l->w->texts[id % ECS_TEXTS];

    return t->key == id && t->turn == l->w->turn ? ecs_put_known(o, t)
                                                 : ecs_put_new_name(l, o, id);
}

/* Between the two the line may be appended to as a buffer. */
static inline struct buf *ecs_append(struct ecs_line *l, char *o)
{
    l->out->len = (size_t)(o - l->out->p);
    return l->out;
}

static inline char *ecs_appended(struct ecs_line *l)
{
    return ecs_grow(l, l->out->p + l->out->len, 0);
}

#endif
