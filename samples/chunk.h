/* SPDX-License-Identifier: Apache-2.0
 *
 * A chunk of an event log under construction: evtx.c starts and closes it, binxml.c fills it. */
#ifndef SAMPLES_CHUNK_H
#define SAMPLES_CHUNK_H

#include "samples/forge.h"

enum {
    CHUNK = 65536,
    CHUNK_ROOM = CHUNK - 8, /* libevtx loses a record that fills its chunk to the last byte */
    CHUNK_HEADER = 512,
    STRING_TABLE = 128, /* 64 offsets */
    TEMPLATE_TABLE = 384, /* 32 offsets */
    FILE_HEADER = 4096,
    NAMES_MAX = 1024,
    TEMPLATES_MAX = 256
};

struct name_at {
    const char *text;
    size_t len;
    uint32_t offset;
};

struct template_at {
    const void *key; /* a provider or a schema */
    uint32_t offset, id;
};

struct chunk {
    uint8_t at[CHUNK];
    size_t used;
    bool full; /* the record at hand did not fit */
    struct name_at names[NAMES_MAX];
    size_t name_count;
    struct template_at templates[TEMPLATES_MAX];
    size_t template_count;
    uint64_t first_number, last_number, first_id, last_id;
    size_t last_record;
};

/* Appends the record; c->full when there was no room. */
void put_record(struct chunk *c, const struct record *r, uint64_t record_id);

/* Little-endian. */
void store(uint8_t *at, uint64_t value, size_t size);
/* FNV-1a, from `hash` on. */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
