/* SPDX-License-Identifier: Apache-2.0
 *
 * The forge: collects what an invented incident would have logged, in any order, and writes it as
 * real files. It shares no code with the tool: what reads evidence must not be able to make it,
 * or one misunderstanding of a format would hide in both.
 *
 * Times are microseconds since 1970, UTC. Everything is fixed: one seed, no clock, the same bytes
 * in every run. Texts made by forge_text live as long as the forge. */
#ifndef SAMPLES_FORGE_H
#define SAMPLES_FORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLLECTED_S 1728264600 /* 2024-10-07 10:30 in Japan: when the evidence was collected */

enum host_name { DC01, FS01, APP02, WS07, GW01, DB01, PROXY01, HOSTS };
struct host {
    const char *name, *fqdn, *ip;
    const char *machine_sid; /* of HOST$ in the domain, NULL when it is no member */
    unsigned first_record;   /* EventRecordID the surviving logs of a Windows host begin near */
};
extern const struct host hosts[HOSTS];

struct provider { /* of Windows records, in one channel */
    const char *name, *guid, *source, *channel; /* source NULL: a provider of the newer kind */
};
enum provider_name {
#define PROVIDER(key, name, guid, source, channel) key,
#define EVENT(key, provider, id, version, level, task, opcode, keywords, container, fields)
#include "samples/events.def"
    PROVIDERS
};
extern const struct provider providers[PROVIDERS];

/* One kind of Windows record: events.def is the list. */
struct schema {
    const struct provider *provider;
    unsigned id, version, level, task, opcode;
    uint64_t keywords;
    const char *container; /* NULL: EventData; else "Element namespace" inside UserData */
    const char *fields;    /* "Name:type,...", types at value_types in binxml.c */
};
enum event_name {
#define PROVIDER(key, name, guid, source, channel)
#define EVENT(key, provider, id, version, level, task, opcode, keywords, container, fields) key,
#include "samples/events.def"
    EVENTS
};
extern const struct schema schemas[EVENTS];

enum text_log { GW_SYSLOG, GW_AUTH, DB_SYSLOG, DB_AUTH, SQUID_ACCESS, TEXT_LOGS };

struct record { /* a Windows record to be */
    int64_t time_us;
    uint64_t order;
    enum host_name host;
    enum event_name event;
    const char *values;   /* one a field, joined by '|' */
    const char *user_sid; /* System/Security, or NULL */
    const char *activity; /* System/Correlation, or NULL */
    unsigned pid, tid;
};

struct line { /* a line of a text log to be */
    int64_t time_us;
    uint64_t order;
    enum text_log log;
    const char *text; /* without its time and host */
};

struct hop { /* what really happened: for truth.json */
    const char *source, *source_ip, *destination, *account, *method;
    int64_t time_us;
    bool hostile;
};

struct cleared {
    enum host_name host;
    const char *channel, *account;
    int64_t time_us;
    uint64_t first_record; /* EventRecordID of the record that tells of it; all before are lost */
};

struct damage {
    enum host_name host;
    int64_t first_us, last_us;
    unsigned files;
};

enum { HOPS_MAX = 32, CLEARED_MAX = 8, DAMAGE_MAX = 8 };
struct truth {
    struct hop hops[HOPS_MAX];
    size_t hop_count;
    struct cleared cleared[CLEARED_MAX];
    size_t cleared_count;
    struct damage damage[DAMAGE_MAX];
    size_t damage_count;
    const char *entry_account, *entry_address, *entry_lease;
    int64_t entry_us;
    const char *upload_to, *upload_from;
    uint64_t upload_bytes;
    unsigned upload_tunnels;
    int64_t upload_first_us, upload_last_us;
};

struct text_block;
struct forge {
    struct record *records;
    size_t record_count, record_cap;
    struct line *lines;
    size_t line_count, line_cap;
    struct text_block *texts;
    uint64_t order, random, next_logon;
    unsigned next_pid;
    struct truth truth;
};

/* Growing bytes; what does not fit in memory ends the program. */
struct bytes {
    uint8_t *at;
    size_t len, cap;
};

void forge_start(struct forge *f);
void forge_free(struct forge *f);
const char *forge_text(struct forge *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A number below `below`, from the fixed sequence. */
uint32_t forge_random(struct forge *f, uint32_t below);
/* A day of October 2024 in Japan; adds a fraction of a second from the fixed sequence. */
int64_t forge_jst(struct forge *f, int day, int hour, int minute, int second);
/* A record, or a line, of the incident. The pointer is good until the next one. */
struct record *forge_event(struct forge *f, enum host_name host, int64_t time_us,
                           enum event_name event, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void forge_line(struct forge *f, enum text_log log, int64_t time_us, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* By time, then as they were added; what is later than the collection of the evidence goes. */
void forge_sort(struct forge *f);

/* text.c: "2024-10-04T13:14:31.482913Z"; between ' ': "2024-10-04 13:14:31.482". */
const char *forge_time(struct forge *f, int64_t time_us, int offset_minutes, char between);
bool forge_write_text_logs(struct forge *f, const char *folder);
bool forge_write_truth(struct forge *f, const char *folder);

/* evtx.c: every channel of every Windows host; fills truth.cleared.first_record. */
bool forge_write_evtx(struct forge *f, const char *folder);

/* files.c */
void *forge_alloc(size_t size);
void forge_drop(void *memory);
void *forge_grow(void *items, size_t *cap, size_t want, size_t size);
void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_print(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Makes the folders of `path` and writes the file whole; its time is that of the collection,
 * because a reader may take the year of a log from it. */
bool forge_write_file(const char *path, const struct bytes *content);

#endif
