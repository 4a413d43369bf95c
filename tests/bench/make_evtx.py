#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a large EVTX file from the chunks of many: each copy of a chunk gets record numbers of its
own, in the headers and inside the records, and right checksums, so that no record is the copy of
another.  usage: make_evtx.py FOLDER OUTPUT MEBIBYTES"""
import pathlib
import struct
import subprocess
import sys
import zlib

CHUNK = 65536


def readable(path):
    """libevtx gives up on some good files (entities in attributes): they would end its run early."""
    try:
        return subprocess.run(["evtxexport", path], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return True


def chunks(folder):
    for path in sorted(pathlib.Path(folder).rglob("*.evtx")):
        if not readable(path):
            continue
        data = path.read_bytes()
        for at in range(4096, len(data) - CHUNK + 1, CHUNK):
            chunk = data[at:at + CHUNK]
            if chunk[:8] == b"ElfChnk\0" and renumberable(chunk):
                yield chunk


def records(chunk):
    """(offset, size) of each record, [] when the chunk is damaged."""
    end = struct.unpack_from("<I", chunk, 48)[0]
    at, found = 512, []
    if not 512 < end <= CHUNK or zlib.crc32(chunk[512:end]) != struct.unpack_from("<I", chunk, 52)[0]:
        return []
    while at + 24 <= end:
        magic, size = struct.unpack_from("<II", chunk, at)
        if magic != 0x2A2A or size < 28 or at + size > end:
            return []
        found.append((at, size))
        at += size
    return found


def record_id_place(chunk, old, at, end):
    """Where System's values hold the record number: behind a believable FILETIME, perhaps one or
    two activity ids, and the ids of process and thread."""
    while (at := chunk.find(old, at, end)) >= 0:
        pid, tid = struct.unpack_from("<II", chunk, at - 8)
        for back in (16, 32, 48):
            time = struct.unpack_from("<Q", chunk, at - back)[0]
            if 0x01BF000000000000 < time < 0x01DF000000000000 and pid < 1 << 20 and tid < 1 << 20:
                return at
        at += 1
    return -1


def renumberable(chunk):
    """Does every record hold its number where it can be found?"""
    found = records(chunk)
    return found and all(record_id_place(chunk, chunk[at + 8:at + 16], at + 24, at + size - 4) >= 0
                         for at, size in found)


def renumber(chunk, first):
    chunk = bytearray(chunk)
    found = records(chunk)
    for number, (at, size) in enumerate(found, first):
        old = bytes(chunk[at + 8:at + 16])
        new = struct.pack("<Q", number)
        inside = record_id_place(chunk, old, at + 24, at + size - 4)
        if inside >= 0:
            chunk[inside:inside + 8] = new
        chunk[at + 8:at + 16] = new
    last = first + len(found) - 1
    struct.pack_into("<QQQQ", chunk, 8, first, last, first, last)
    end = struct.unpack_from("<I", chunk, 48)[0]
    struct.pack_into("<I", chunk, 52, zlib.crc32(chunk[512:end]))
    struct.pack_into("<I", chunk, 124, zlib.crc32(chunk[:120] + chunk[128:512]))
    return chunk, last + 1


def main():
    folder, output, size = sys.argv[1], sys.argv[2], int(sys.argv[3]) << 20
    stock = list(chunks(folder))
    count = (size - 4096) // CHUNK
    number = 1
    with open(output, "wb") as out:
        out.write(bytes(4096))
        for i in range(count):
            chunk, number = renumber(stock[i % len(stock)], number)
            out.write(chunk)
        head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, count - 1, number, 128, 1, 3, 4096,
                           min(count, 65535)).ljust(120, b"\0")
        out.seek(0)
        out.write(head + struct.pack("<II", 0, zlib.crc32(head)))
    print(f"{output}: {count} chunks, {number - 1} records, from {len(stock)} different chunks")


main()
