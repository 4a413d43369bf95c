/* SPDX-License-Identifier: Apache-2.0
 *
 * What a parser is. A format is one file (or folder) in parsers/ that ends with a const
 * `struct parser`, and one line in parsers/list.def. Nothing else has to change. */
#ifndef CORE_PARSER_H
#define CORE_PARSER_H

#include "core/batch.h"
#include "core/source.h"
#include "core/time.h"

enum reads {
    READS_LINES,  /* text, cut at line ends (where `starts` allows it, if set) */
    READS_CHUNKS, /* cut at multiples of chunk_size, counted from chunk_base */
    READS_WHOLE,  /* one job a blob, whole in memory: small blobs only (64 MiB) */
    READS_SPOOLED /* cut where `cut` says; every job sees the whole blob, too (core/spool.h) */
};

/* What the sequence of an event is, of a format whose logs number their records. */
enum numbers {
    NUMBERS_NONE,      /* no record number */
    NUMBERS_SELECTION, /* the records are some of a log's: what is between them may be elsewhere */
    NUMBERS_LOG        /* a log: a missing number is a missing record, if not EVENT_RECOVERED */
};

enum { CARRY_SIZE = 2048, LINE_MAX_BYTES = 1 << 20 };

/* State that flows along one blob in file order: plain bytes, zero at the start of the blob.
 * Cast it to a struct of your own (at most CARRY_SIZE, no pointers). */
struct carry {
    _Alignas(8) unsigned char bytes[CARRY_SIZE];
};

/* What probing sees of a blob. */
struct sample {
    str head;        /* first bytes, up to 64 KiB */
    str middle, end; /* up to 16 KiB each, "" when the blob is short or cannot seek; they begin
                        in the middle of a line */
    str path;
    uint64_t size; /* 0 when unknown */
};

/* Options and facts that a parser may need to know. */
struct case_index; /* paths of a case that is read back (core/source.h) */
struct hints {
    const struct case_index *cases;
    const struct zone *zone; /* of texts without one; NULL = not known, leave EVENT_ZONE_OPEN */
    bool messages;           /* make one-line messages? (off for raw dumps) */
    bool xml;                /* parse --xml: the field ashiato.xml has the record as XML */
    bool recover;            /* --recover: records from where no live ones are */
    const struct pieces *pieces; /* for `complete`: all that were offered, sorted */
};

/* parse --record and --check: records are shown as their format itself shows them, or only looked
 * at, and no events are made. */
struct printing {
    struct buf *lines; /* gets a JSON line for each; NULL: their form is checked */
    uint64_t records;  /* is counted up */
    void *kept; /* the parser's own, from job to job of one worker; NULL at first. What is printed
                   must not depend on it */
};

/* One job: consecutive bytes of one blob, cut where items begin. READS_LINES: whole lines, the
 * first of which `starts` accepts (a longer item than 256 KiB may be cut all the same).
 * READS_CHUNKS: whole chunks, but for the end of the blob; the first job begins at offset 0 and
 * holds the chunk_base bytes before the first chunk too. */
struct input {
    str bytes;
    str blob;          /* READS_SPOOLED: all of it, bytes.p points into it; else "" */
    uint64_t offset;   /* of bytes.p in the (decompressed) blob */
    bool last;         /* no byte of the blob follows bytes */
    uint32_t before, behind; /* READS_CHUNKS with a margin: how many bytes of the blob can be read
                                in front of bytes.p, and behind its end */
    uint64_t cut_line; /* text: the last line of bytes was cut at LINE_MAX_BYTES; its full length */
    const struct carry *carry; /* as `carry` left it at the first byte */
    const struct source *source;
    const struct hints *hints;
    struct printing *printing; /* NULL: events are made */
};

struct parser {
    const char *name;  /* as in --parser and coverage: "evtx", "syslog", "squid" */
    const char *about; /* one line for `ashiato formats` */
    enum reads reads;
    enum numbers numbers;
    uint32_t chunk_base, chunk_size; /* READS_CHUNKS */
    uint32_t margin;       /* READS_CHUNKS: bytes before and behind a job that it sees, too (as far
                              as there are any); items that begin in a job are its own */
    bool general;          /* any other parser that bids as much wins; it bids 50, the least */
    bool zeros_mean_nothing; /* READS_CHUNKS: what a sparse file does not store need not be read */
    bool last_resort;      /* gets, with --recover, every blob that no other parser claims; where
                              it finds no event the blob counts as unread */
    uint32_t longest_line; /* READS_LINES: lines up to this come whole, whatever a job holds */
    const char *const *beats;        /* names of more general parsers, NULL at the end; or NULL */
    const char *example;             /* a short valid input for texts: under the contract tests */

    /* 0 = not mine ... 100 = surely mine. Text: probe_lines with its own line reader. */
    int (*probe)(const struct sample *sample);
    /* May a chunk be cut before this line? NULL: before any line. */
    bool (*starts)(str line);
    /* Runs in file order over all bytes, before the job that they belong to: at memchr speed. */
    void (*carry)(struct carry *state, str bytes);
    /* READS_SPOOLED: where the job ends that begins at `from` (0, or where the one before ended):
     * past `from`, at most blob.len. What lies between is what one job takes: some 2 MiB. */
    size_t (*cut)(str blob, size_t from);
    /* Makes events of in->bytes. Must not keep state between calls nor write anything but out. */
    void (*parse)(const struct input *in, struct batch *out);
    /* Frees what input.printing kept. NULL: this parser only makes events. */
    void (*forget)(void *kept);
    /* Makes the event of what `parse` set aside (batch_set_aside); may be NULL. */
    void (*complete)(const struct event *aside, const struct hints *hints, struct batch *out);
};

/* The list, in the order of parsers/list.def. */
extern const struct parser *const parsers[];
extern const size_t parser_count;

/* Share of the sampled lines (head, middle, end; at most 200; blank ones do not count) that
 * `accepts`, 0 to 100; 0 when there is no line at all. Lines that `ignores` (may be NULL; for
 * comments) says yes to do not count either. */
int probe_lines(const struct sample *s, bool (*accepts)(str line), bool (*ignores)(str line));

/* Iterates over the lines that belong to this job. A line longer than LINE_MAX_BYTES is cut:
 * *cut_len is its full length when that happened, else 0. Returns false at the end.
 *     size_t pos = 0; str line; uint64_t offset; size_t full;
 *     while (input_line(in, &pos, &line, &offset, &full)) ... */
bool input_line(const struct input *in, size_t *pos, str *line, uint64_t *offset, size_t *cut_len);

/* Sets time, precision and zone flags of an event from a civil time of a text log without a zone
 * (year 0: also without a year, then year_index is counted on from `year_index`). Uses
 * hints->zone when it is given, else leaves it open for the settle pass. */
void event_civil_time(struct event *e, const struct civil *c, enum precision precision,
                      uint8_t year_index, const struct hints *hints);

#endif
