/* SPDX-License-Identifier: Apache-2.0
 *
 * What the incident logged, collected in any order and sorted by time. */
#include "samples/forge.h"

#include <stdarg.h>

const struct host hosts[HOSTS] = {
    [DC01] = {"DC01", "DC01.acme.example", "10.20.10.10",
              "S-1-5-21-1004336348-1177238915-682003330-1000", 812406},
    [FS01] = {"FS01", "FS01.acme.example", "10.20.10.21",
              "S-1-5-21-1004336348-1177238915-682003330-1108", 302117},
    [APP02] = {"APP02", "APP02.acme.example", "10.20.10.32",
               "S-1-5-21-1004336348-1177238915-682003330-1112", 96210},
    [WS07] = {"WS07", "WS07.acme.example", "10.20.30.47",
              "S-1-5-21-1004336348-1177238915-682003330-1147", 41873},
    [GW01] = {"gw01", "gw01.acme.example", "10.20.10.1", NULL, 0},
    [DB01] = {"db01", "db01.acme.example", "10.20.10.45", NULL, 0},
    [PROXY01] = {"proxy01", "proxy01.acme.example", "10.20.10.8", NULL, 0},
};

const struct provider providers[PROVIDERS] = {
#define PROVIDER(key, name, guid, source, channel) [key] = {name, guid, source, channel},
#define EVENT(key, provider, id, version, level, task, opcode, keywords, container, fields)
#include "samples/events.def"
};

const struct schema schemas[EVENTS] = {
#define PROVIDER(key, name, guid, source, channel)
#define EVENT(key, provider, id, version, level, task, opcode, keywords, container, fields) \
    [key] = {&providers[provider], id, version, level, task, opcode, keywords, container, fields},
#include "samples/events.def"
};

struct text_block {
    struct text_block *next;
    char text[];
};

void forge_start(struct forge *f)
{
    *f = (struct forge){.random = 0x41434d45, .next_logon = 0x1c40a7, .next_pid = 2204};
}

void forge_free(struct forge *f)
{
    while (f->texts) {
        struct text_block *next = f->texts->next;
        forge_drop(f->texts);
        f->texts = next;
    }
    forge_drop(f->records);
    forge_drop(f->lines);
}

__attribute__((format(printf, 2, 0))) static const char *keep_text(struct forge *f,
                                                                   const char *fmt,
                                                                   va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        abort();
    struct text_block *block = forge_alloc(sizeof *block + (size_t)len + 1);
    vsnprintf(block->text, (size_t)len + 1, fmt, args);
    block->next = f->texts;
    f->texts = block;
    return block->text;
}

const char *forge_text(struct forge *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = keep_text(f, fmt, args);
    va_end(args);
    return text;
}

/* Marsaglia's xorshift64*. */
uint32_t forge_random(struct forge *f, uint32_t below)
{
    f->random ^= f->random >> 12;
    f->random ^= f->random << 25;
    f->random ^= f->random >> 27;
    return (uint32_t)((f->random * 0x2545f4914f6cdd1du) >> 33) % below;
}

int64_t forge_jst(struct forge *f, int day, int hour, int minute, int second)
{
    int64_t october = 1727708400; /* 2024-10-01 00:00 in Japan */
    int64_t seconds = october + (((day - 1) * 24 + hour) * 60 + minute) * 60 + second;
    return seconds * 1000000 + forge_random(f, 1000000);
}

struct record *forge_event(struct forge *f, enum host_name host, int64_t time_us,
                           enum event_name event, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *values = keep_text(f, fmt, args);
    va_end(args);
    f->records = forge_grow(f->records, &f->record_cap, f->record_count + 1, sizeof *f->records);
    struct record *r = &f->records[f->record_count++];
    *r = (struct record){.time_us = time_us, .order = f->order++, .host = host, .event = event,
                         .values = values, .pid = 712, .tid = 716 + 4 * forge_random(f, 60)};
    return r;
}

void forge_line(struct forge *f, enum text_log log, int64_t time_us, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = keep_text(f, fmt, args);
    va_end(args);
    f->lines = forge_grow(f->lines, &f->line_cap, f->line_count + 1, sizeof *f->lines);
    f->lines[f->line_count++] =
        (struct line){.time_us = time_us, .order = f->order++, .log = log, .text = text};
}

static int by_time(int64_t a, uint64_t a_order, int64_t b, uint64_t b_order)
{
    if (a != b)
        return a < b ? -1 : 1;
    return a_order < b_order ? -1 : a_order > b_order;
}

static int compare_records(const void *x, const void *y)
{
    const struct record *a = x, *b = y;
    return by_time(a->time_us, a->order, b->time_us, b->order);
}

static int compare_lines(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    return by_time(a->time_us, a->order, b->time_us, b->order);
}

void forge_sort(struct forge *f)
{
    const int64_t end = (int64_t)COLLECTED_S * 1000000;
    qsort(f->records, f->record_count, sizeof *f->records, compare_records);
    qsort(f->lines, f->line_count, sizeof *f->lines, compare_lines);
    while (f->record_count && f->records[f->record_count - 1].time_us > end)
        f->record_count--;
    while (f->line_count && f->lines[f->line_count - 1].time_us > end)
        f->line_count--;
}
