/* SPDX-License-Identifier: Apache-2.0
 *
 * A record as the tree that its XML is: the tokens of its templates with the values put in. For the
 * forms that show the record as Windows does (xml.c, json.c); events are made without it. */
#ifndef PARSERS_EVTX_TREE_H
#define PARSERS_EVTX_TREE_H

#include "parsers/evtx/evtx.h"

enum node_kind { NODE_ELEMENT, NODE_ATTRIBUTE, NODE_VALUE, NODE_INSTRUCTION };

/* Nodes lie in the order of the document; what is in a node follows it, attributes first. Only
 * NODE_VALUE has a value, and no name. */
struct node {
    str name;
    struct value value;
    uint32_t end;  /* index of the node behind all that is in this one */
    uint32_t slot; /* the value's number among the record's values, from 1; 0: a constant */
    uint8_t kind;
    bool item;     /* the value is one text of the array in `slot` */
};

/* Puts the document of a record into d->nodes. False when something was wrong (d->why); the nodes
 * before it are there, whole. */
bool tree_build(struct decoder *d, struct cursor document);

/* For binxml.c: append what a template's body makes of the values, or an element outside of
 * templates, behind which the cursor is left, or values without a template. */
void tree_template(struct decoder *d, struct cursor body, size_t base, size_t count,
                   unsigned depth);
void tree_element(struct decoder *d, struct cursor *c, unsigned depth);
void tree_orphan(struct decoder *d, size_t base, size_t count);

/* NULL and values without a byte. */
bool value_is_void(struct value v);

/* The end of the text at `at` in an array of texts. */
uint32_t text_end(struct value v, uint32_t at);

/* Append the tree. False when it grows beyond the chunk's budget. */
bool xml_write(struct decoder *d, struct buf *out);

#endif
