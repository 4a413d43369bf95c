/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in binary formats. The caller has checked that they lie within `bytes`. */
#ifndef PARSERS_BYTES_H
#define PARSERS_BYTES_H

#include "core/str.h"

static inline uint64_t bytes_number(str bytes, size_t at, unsigned n, bool big_endian)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)(unsigned char)bytes.p[at + i] << 8 * (big_endian ? n - 1 - i : i);
    return v;
}

static inline uint32_t le32_at(str bytes, size_t at)
{
    return (uint32_t)bytes_number(bytes, at, 4, false);
}

static inline uint64_t le64_at(str bytes, size_t at)
{
    return bytes_number(bytes, at, 8, false);
}

#endif
