/* SPDX-License-Identifier: Apache-2.0
 *
 * A pull reader of well-formed XML as programs write it (event records), not of documents: names
 * are taken as they stand, entities are the five of XML and character references, a document type
 * is passed over unread. Nothing is opened, defined or expanded. */
#ifndef PARSERS_XML_H
#define PARSERS_XML_H

#include "core/arena.h"
#include "core/str.h"

enum xml_token {
    XML_DONE,
    XML_OPEN,      /* name */
    XML_ATTRIBUTE, /* name and value, of the element just opened */
    XML_TEXT,      /* value; one element's text may come in pieces */
    XML_CLOSE,
    XML_BAD /* no XML from here on */
};

struct xml {
    str rest;
    struct arena *arena; /* for texts that hold references; others borrow from the document */
    str name, value;
    bool in_tag;
};

/* Starts as {.rest = document, .arena = ...}. After XML_DONE and XML_BAD it is not called again. */
enum xml_token xml_next(struct xml *x);

#endif
