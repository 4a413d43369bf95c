/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes in memory as the file that libevt and libevtx read from. libbfio has a memory range of its
 * own, but version 20170123 reads behind its end after a seek past it. */
#ifndef PARSERS_BLOB_IO_H
#define PARSERS_BLOB_IO_H

#include <libbfio.h>

#include "core/str.h"

struct blob_io {
    str bytes;
    size_t at;
    libbfio_handle_t *handle;
};

/* Makes io->handle, which reads `bytes`; both must outlive it. False when libbfio refuses. */
bool blob_io_open(struct blob_io *io, str bytes);
void blob_io_close(struct blob_io *io);

#endif
