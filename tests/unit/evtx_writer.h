/* SPDX-License-Identifier: Apache-2.0
 *
 * A small writer of EVTX files with one chunk, for the tests of the decoder, and what they read its
 * files with. Functions named w... append at w->at. */
#ifndef TESTS_UNIT_EVTX_WRITER_H
#define TESTS_UNIT_EVTX_WRITER_H

#include "core/parser.h"

extern const struct parser parser_evtx, parser_evtx_raw;

enum { HEADER = 4096, CHUNK = 65536, FIRST = 512 };

extern const uint64_t noon; /* 2024-02-27T12:00:00Z */

struct writer_of_chunk {
    uint8_t file[HEADER + CHUNK];
    uint8_t *chunk;
    uint32_t at, record;
    bool inline_xml; /* elements without dependency id */
};

struct item {
    uint8_t type;
    uint16_t len;
    const void *bytes;
};

void w8(struct writer_of_chunk *w, unsigned v);
void w16(struct writer_of_chunk *w, unsigned v);
void w32(struct writer_of_chunk *w, uint32_t v);
void w64(struct writer_of_chunk *w, uint64_t v);
void put32(struct writer_of_chunk *w, uint32_t at, uint32_t v);
void wbytes(struct writer_of_chunk *w, const void *p, size_t n);
void wutf16(struct writer_of_chunk *w, const char *ascii);

/* A name, defined on the spot; its chain points at itself, which must not matter. */
void wname(struct writer_of_chunk *w, const char *name);
void wopen(struct writer_of_chunk *w, const char *name, bool attributes);
void wliteral(struct writer_of_chunk *w, const char *text);
void wvalue(struct writer_of_chunk *w, unsigned index, unsigned type);
void wattribute(struct writer_of_chunk *w, const char *name);

/* <name>%index</name> */
void wleaf(struct writer_of_chunk *w, const char *name, unsigned index);

/* <Data Name="name">%index</Data>, without the attribute for NULL */
void wdata(struct writer_of_chunk *w, const char *name, unsigned index);
void wfragment(struct writer_of_chunk *w);
void chunk_begin(struct writer_of_chunk *w);
void record_begin(struct writer_of_chunk *w, uint64_t id, uint64_t filetime);
void record_end(struct writer_of_chunk *w);
void chunk_seal(struct writer_of_chunk *w, uint32_t free_space);

/* Begins a template instance with its definition on the spot; returns the definition's offset. */
uint32_t template_begin(struct writer_of_chunk *w, uint32_t id);
void template_end(struct writer_of_chunk *w, uint32_t definition);
void template_again(struct writer_of_chunk *w, uint32_t id, uint32_t definition);
void wvalues(struct writer_of_chunk *w, const struct item *items, uint32_t count);

enum { SYSTEM_VALUES = 4, ITEMS_MAX = 64 };

/* The System part used here: values 0 to 3 are event id, time, record id and process id. */
void wsystem(struct writer_of_chunk *w);
uint32_t system_items(struct item *items);

/* <Event><System/><EventData> Data with the names given </EventData></Event>; returns the offset
 * of the definition, behind which the values belong. */
uint32_t event_template(struct writer_of_chunk *w, uint32_t id, const char *const *names,
                        unsigned count);

/* One whole record with these Data values. */
uint32_t event_record(struct writer_of_chunk *w, const char *const *names, const struct item *data,
                      unsigned count);

/* ---- reading ---- */

/* Parses `len` bytes in a block of exactly that size, so that a sanitizer sees every byte too
 * many. The block is the batch's to borrow from; `drop` ends both. */
void *parse_bytes(struct batch *b, const void *bytes, size_t len);

/* Seals the chunk and parses the file; the second with parse --xml. */
void *parse_file(struct batch *b, struct writer_of_chunk *w);
void *parse_xml(struct batch *b, struct writer_of_chunk *w);
void drop(struct batch *b, void *bytes);
void check_field(const struct event *e, const char *name, const char *want);
void check_xml(const struct event *e, const char *want);
bool has_note(const struct batch *b, const char *part);

#endif
