/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressed data objects of journal files: xz, lz4, zstd. What comes out is bounded, for an object
 * and in all, since a few bytes may ask for gigabytes. */
#ifndef PARSERS_JOURNAL_UNPACK_H
#define PARSERS_JOURNAL_UNPACK_H

#include "core/arena.h"

enum packing { PACKED_XZ = 1, PACKED_LZ4 = 2, PACKED_ZSTD = 4 }; /* bits of an object's flags */

struct unpacker; /* decoders kept between objects; one a job */

/* `total` is how many bytes may come out of it in all. */
struct unpacker *unpacker_new(size_t total);
void unpacker_free(struct unpacker *u);

/* The content of an object, in the arena: its first `most` bytes when it is longer (*cut). False
 * with a reason: damaged, or more has come out of this unpacker than is believable. */
bool unpack(struct unpacker *u, enum packing packing, str packed, size_t most, struct arena *a,
            str *out, bool *cut, const char **why);

#endif
