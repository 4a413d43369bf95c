/* SPDX-License-Identifier: Apache-2.0
 *
 * How the pipeline speaks to whoever holds the evidence: requests and replies without pointers or
 * callbacks inside, so that a confined helper process can stand behind them (what reads archives
 * and images parses hostile bytes). evidence/ has the server that reads files and folders.
 *
 * Blobs are numbered from 0 in the order of their provenance paths. A blob is read as its
 * decompressed bytes; size and SHA-256 are those of the stored ones. */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

enum evidence_op {
    EVIDENCE_LIST,  /* -> value = number of blobs */
    EVIDENCE_STAT,  /* blob -> size, mtime_ns, stored_ns, flags; bytes = path NUL system NUL
                   * reason NUL link NUL: where a symbolic link points */
    EVIDENCE_READ,  /* blob, offset -> up to `want` bytes; fewer only at the end or on an error */
    /* blob -> bytes = 32 of SHA-256, value = the number of stored bytes in it, reading what has not
     * been read; closes it. want 0: only closes it */
    EVIDENCE_DIGEST,
    /* seekable blob, offset -> value = of the first byte from there on that is stored: before it
     * are holes of a sparse file, which read as zeros; the size when none is */
    EVIDENCE_DATA
};

enum evidence_status {
    EVIDENCE_OK,
    EVIDENCE_UNREADABLE /* bytes = one line that says why; what was read before stays good */
};

enum evidence_flag {
    EVIDENCE_SEEKABLE = 1,    /* any offset; otherwise READ must go forward without gaps */
    EVIDENCE_CASE = 2,        /* events.jsonl.zst of a case; bytes' third text is its folder */
    EVIDENCE_NOT_OPENED = 4   /* listed, but not to be read: bytes' third text says why */
};

struct evidence_request {
    uint32_t op, blob;
    uint64_t offset;
    uint32_t want; /* at most EVIDENCE_READ_MAX */
};

enum { EVIDENCE_READ_MAX = 4 << 20, EVIDENCE_TEXT_MAX = 8192 };

struct evidence_reply {
    uint32_t status, flags;
    uint64_t value; /* LIST: blobs; STAT: size as stored; DIGEST: bytes in it */
    int64_t mtime_ns;  /* of the file as found */
    int64_t stored_ns; /* as the evidence itself records it (gzip header), or INT64_MAX */
    uint32_t len; /* of bytes */
};

/* One connection. `bytes` has room for request.want bytes (READ) or EVIDENCE_TEXT_MAX. */
struct evidence {
    void *server;
    void (*call)(void *server, const struct evidence_request *q, struct evidence_reply *r,
                 char *bytes);
};

#endif
