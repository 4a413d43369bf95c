/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls behind a libbfio handle, each checked against the bytes there are. */
#include "parsers/blob_io.h"

#include <stdio.h>

static struct blob_io *io_of(intptr_t *handle)
{
    return (struct blob_io *)handle;
}

static int io_free(intptr_t **handle, libbfio_error_t **error)
{
    (void)error;
    *handle = NULL; /* the caller's */
    return 1;
}

static int io_clone(intptr_t **to, intptr_t *from, libbfio_error_t **error)
{
    (void)to, (void)from, (void)error;
    return -1;
}

static int io_start(intptr_t *handle, int flags, libbfio_error_t **error)
{
    (void)flags, (void)error;
    io_of(handle)->at = 0;
    return 1;
}

static int io_stop(intptr_t *handle, libbfio_error_t **error)
{
    (void)handle, (void)error;
    return 0;
}

static ssize_t io_read(intptr_t *handle, uint8_t *out, size_t size, libbfio_error_t **error)
{
    struct blob_io *io = io_of(handle);
    str part = str_head(str_skip(io->bytes, io->at), size);

    (void)error;
    if (part.len)
        memcpy(out, part.p, part.len);
    io->at += part.len;
    return (ssize_t)part.len;
}

static ssize_t io_write(intptr_t *handle, const uint8_t *bytes, size_t size,
                        libbfio_error_t **error)
{
    (void)handle, (void)bytes, (void)size, (void)error;
    return -1;
}

static off64_t io_seek(intptr_t *handle, off64_t offset, int whence, libbfio_error_t **error)
{
    struct blob_io *io = io_of(handle);
    off64_t size = (off64_t)io->bytes.len;
    off64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (off64_t)io->at : size;

    (void)error;
    if (offset < -from || offset > size - from)
        return -1;
    io->at = (size_t)(from + offset);
    return from + offset;
}

static int io_is_there(intptr_t *handle, libbfio_error_t **error)
{
    (void)handle, (void)error;
    return 1;
}

static int io_size(intptr_t *handle, size64_t *size, libbfio_error_t **error)
{
    (void)error;
    *size = io_of(handle)->bytes.len;
    return 1;
}

bool blob_io_open(struct blob_io *io, str bytes)
{
    *io = (struct blob_io){.bytes = bytes};
    return libbfio_handle_initialize(&io->handle, (intptr_t *)io, io_free, io_clone, io_start,
                                     io_stop, io_read, io_write, io_seek, io_is_there, io_is_there,
                                     io_size, LIBBFIO_FLAG_IO_HANDLE_NON_MANAGED, NULL) == 1;
}

void blob_io_close(struct blob_io *io)
{
    if (io->handle)
        libbfio_handle_free(&io->handle, NULL);
}
