/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows event logs as Windows writes them: a file header, chunks of 64 KiB with their string and
 * template tables and checksums.
 *
 * Format: libevtx, "Windows XML Event Log (EVTX)". */
#include "samples/chunk.h"

#include <assert.h>

static uint32_t crc32(uint32_t crc, const uint8_t *at, size_t len)
{
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static void chunk_start(struct chunk *c)
{
    memset(c, 0, sizeof *c);
    c->used = CHUNK_HEADER;
}

static void chunk_finish(struct chunk *c, struct bytes *file)
{
    memcpy(c->at, "ElfChnk", 8);
    store(c->at + 8, c->first_number, 8);
    store(c->at + 16, c->last_number, 8);
    store(c->at + 24, c->first_id, 8);
    store(c->at + 32, c->last_id, 8);
    store(c->at + 40, 128, 4);
    store(c->at + 44, c->last_record, 4);
    store(c->at + 48, c->used, 4);
    store(c->at + 52, crc32(0, c->at + CHUNK_HEADER, c->used - CHUNK_HEADER), 4);
    store(c->at + 124, crc32(crc32(0, c->at, 120), c->at + 128, CHUNK_HEADER - 128), 4);
    bytes_add(file, c->at, CHUNK);
}

/* A record that does not fit opens the next chunk; what it left in this one is taken back. */
static void chunk_add(struct chunk *c, struct bytes *file, const struct record *r, uint64_t number,
                      uint64_t id)
{
    size_t used = c->used, names = c->name_count, templates = c->template_count;
    size_t last_record = c->last_record;
    uint8_t tables[CHUNK_HEADER];
    memcpy(tables, c->at, CHUNK_HEADER);
    put_record(c, r, id);
    if (c->full) {
        memcpy(c->at, tables, CHUNK_HEADER);
        memset(c->at + used, 0, CHUNK - used);
        c->used = used;
        c->name_count = names;
        c->template_count = templates;
        c->last_record = last_record;
        chunk_finish(c, file);
        chunk_start(c);
        put_record(c, r, id);
        assert(!c->full);
    }
    if (c->first_number == 0) {
        c->first_number = number;
        c->first_id = id;
    }
    c->last_number = number;
    c->last_id = id;
}

static void file_header(struct bytes *file, uint64_t next_id)
{
    uint8_t *at = file->at;
    size_t chunks = (file->len - FILE_HEADER) / CHUNK;
    memcpy(at, "ElfFile", 8);
    store(at + 8, 0, 8);
    store(at + 16, chunks - 1, 8);
    store(at + 24, next_id, 8);
    store(at + 32, 128, 4);
    store(at + 36, 1, 2);
    store(at + 38, 3, 2);
    store(at + 40, FILE_HEADER, 2);
    store(at + 42, chunks, 2);
    store(at + 124, crc32(0, at, 120), 4);
}

static bool same_log(const struct record *r, enum host_name host, const char *channel)
{
    return r->host == host && strcmp(schemas[r->event].provider->channel, channel) == 0;
}

/* What was cleared is gone, but its record numbers were used up. */
static int64_t log_begins(struct forge *f, enum host_name host, const char *channel,
                          struct cleared **cleared)
{
    for (size_t i = 0; i < f->truth.cleared_count; i++) {
        *cleared = &f->truth.cleared[i];
        if ((*cleared)->host == host && strcmp((*cleared)->channel, channel) == 0)
            return (*cleared)->time_us;
    }
    *cleared = NULL;
    return INT64_MIN;
}

static const char *log_path(struct forge *f, const char *folder, enum host_name host,
                            const char *channel)
{
    size_t slash = strcspn(channel, "/");
    return forge_text(f, "%s/%s/Windows/System32/winevt/Logs/%.*s%s%s.evtx", folder,
                      hosts[host].name, (int)slash, channel, channel[slash] ? "%4" : "",
                      channel[slash] ? channel + slash + 1 : "");
}

static bool write_log(struct forge *f, const char *folder, enum host_name host,
                      const char *channel)
{
    struct cleared *cleared;
    int64_t begins = log_begins(f, host, channel, &cleared);
    uint64_t id = hosts[host].first_record + hash_text(7, channel) % 5000, number = 1;
    struct bytes file = {0};
    struct chunk *c = forge_alloc(sizeof *c);
    chunk_start(c);
    bytes_add(&file, (uint8_t[FILE_HEADER]){0}, FILE_HEADER);
    for (size_t i = 0; i < f->record_count; i++) {
        const struct record *r = &f->records[i];
        if (!same_log(r, host, channel))
            continue;
        if (r->time_us >= begins) {
            if (cleared && cleared->first_record == 0)
                cleared->first_record = id;
            chunk_add(c, &file, r, number++, id);
        }
        id++;
    }
    bool written = true;
    if (number > 1) {
        chunk_finish(c, &file);
        file_header(&file, id);
        written = forge_write_file(log_path(f, folder, host, channel), &file);
    }
    forge_drop(c);
    forge_drop(file.at);
    return written;
}

bool forge_write_evtx(struct forge *f, const char *folder)
{
    for (enum host_name host = 0; host < HOSTS; host++) {
        for (size_t p = 0; p < PROVIDERS; p++) {
            bool seen = false; /* two providers may write one channel */
            for (size_t i = 0; i < p && !seen; i++)
                seen = strcmp(providers[i].channel, providers[p].channel) == 0;
            if (!seen && hosts[host].machine_sid &&
                !write_log(f, folder, host, providers[p].channel))
                return false;
        }
    }
    return true;
}
