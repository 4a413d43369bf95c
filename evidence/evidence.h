/* SPDX-License-Identifier: Apache-2.0
 *
 * Evidence from files and folders: the server behind core/evidence.h. Folders are walked whole,
 * symbolic links are not followed (but listed), .gz and .zst are peeled by content. Nothing is
 * ever written, and each blob is opened only while it is read. */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include "core/err.h"
#include "core/evidence.h"
#include "core/str.h"

struct evidence_options {
    const str *paths; /* arguments, NUL-terminated texts; "-" is standard input */
    size_t path_count;
    str system; /* the system of every blob, "" = from the folder layout */
    bool digest; /* compute SHA-256 while reading */
};

struct files;

/* Lists everything below the arguments. NULL and a message when an argument does not exist; what
 * cannot be read inside a folder is listed with a reason instead. */
struct files *files_open(const struct evidence_options *o, struct err *err);
struct evidence files_evidence(struct files *f);
void files_close(struct files *f);

/* The system of a blob, from where it lies: `root` is the name of the argument, `rel` the path
 * below it ("" for a lone file). The folder above Windows/System32, var/log and the like, volume
 * names (C, C:, C%3A, [root]) passed over; else the first folder below the argument; else the
 * argument's own name; a lone file belongs to "evidence". */
str system_of(str root, str rel);

/* Reader over stored bytes, chosen by the first bytes: gzip (RFC 1952, several members), zstd
 * frames (RFC 8878), UTF-16 as UTF-8 (with a byte order mark, or where the first PEEL_HEAD bytes
 * are ASCII in 16 bits), or as they are. */
enum { PEEL_HEAD = 64 };
struct peel;
/* read(ctx, buf, n): bytes read, 0 at the end, -1 on an error. */
struct peel *peel_open(str head, long (*read)(void *ctx, void *buf, size_t n), void *ctx);
bool peel_is_plain(str head);
/* The time that a gzip header records (RFC 1952, MTIME), in ns since 1970; INT64_MAX: none. */
int64_t peel_stored_time(str head);
/* Up to n bytes; false and a reason when the stream is damaged (what came before stays good). */
bool peel_read(struct peel *p, void *buf, size_t n, size_t *got, struct err *err);
void peel_close(struct peel *p);

#endif
