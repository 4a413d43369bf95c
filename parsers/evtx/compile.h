/* SPDX-License-Identifier: Apache-2.0
 *
 * What compile.c (tokens) and scope.c (what an element's place in the document makes of its
 * content) share. */
#ifndef PARSERS_EVTX_COMPILE_H
#define PARSERS_EVTX_COMPILE_H

#include "parsers/evtx/evtx.h"

struct compiler {
    struct decoder *d;
    struct cursor c;
    const char *why;
    bool in_template;
};

struct sink { /* where a value goes */
    enum step_op op;
    enum field_group group;
    str name; /* p NULL: the name register */
    enum area area;
    enum system_part part;
};

struct element_head {
    str name;
    bool has_attributes;
    uint32_t depends_on; /* index of the value without which the element is not there, or 0xffff */
};

/* Takes an element's token and name, up to its attributes. */
bool compiler_head(struct compiler *k, struct element_head *head);

/* Takes a name. */
bool compiler_name(struct compiler *k, str *name);

/* Takes one token of content or of an attribute's value, and makes a step of it (none for an empty
 * literal). *taken is false, and nothing happened, when the next token is something else. */
bool compiler_piece(struct compiler *k, bool *taken);

/* Takes the target and the data of a processing instruction; a step for the data. */
bool compiler_instruction(struct compiler *k, str *name);

/* Keeps the first thing that is wrong; false, for `return`. */
bool compiler_fail(struct compiler *k, const char *why);

bool spells(str s, const char *word);

/* `path` and `name` joined, or `name` alone. */
bool scope_join(struct compiler *k, str path, char separator, str name, str *out);

/* The place of an element `name` in an element at `parent`. */
bool scope_of_child(struct compiler *k, struct scope parent, str name, struct scope *out);

/* Where the text of an element at `s`, and where its attribute `name`, goes. */
bool sink_of_text(struct compiler *k, const struct scope *s, struct sink *out);
bool sink_of_attribute(struct compiler *k, const struct scope *s, str name, struct sink *out);

#endif
