# SPDX-License-Identifier: Apache-2.0
"""Makes journal files of systemd (https://systemd.io/JOURNAL_FILE_FORMAT), and the export form of
the same entries. `python3 tests/made_journal.py` writes the inputs of tests/golden/parser-journal*.

The hashes are made up: journalctl reads them all the same."""
import functools
import json
import lzma
import os
import struct
import sys

DATA, FIELD, ENTRY, DATA_TABLE, FIELD_TABLE, ENTRY_ARRAY = 1, 2, 3, 4, 5, 6
XZ, LZ4, ZSTD = 1, 2, 4
ONLINE, ARCHIVED = 1, 2
HEADER_SIZE = 264
BOOT = bytes.fromhex('7d0b6c1e94f24a5f8c3e2b1a0f9d8e7c')
SEQNUM_ID = bytes.fromhex('0c1f4b0e2a7d4c6f9a51d3f07b62e8a4')
MACHINE = bytes.fromhex('5e2d8c7b6a594837261504f3e2d1c0bf')


@functools.lru_cache(maxsize=4096)
def fnv(data):
    """Of the first bytes: that is enough for hashes that nobody computes anew."""
    h = 0xcbf29ce484222325
    for byte in data[:4096]:
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h


def pack_xz(data):
    return lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_NONE)


def lz4_length(n):
    out = b''
    while n >= 255:
        out, n = out + b'\xff', n - 255
    return out + bytes([n])


def pack_lz4(data):
    """One block of literals: what an encoder writes that finds nothing to repeat."""
    n = len(data)
    block = bytes([min(n, 15) << 4]) + (lz4_length(n - 15) if n >= 15 else b'') + data
    return struct.pack('<Q', n) + block


def pack_zstd(data):
    """A frame of one raw block (RFC 8878)."""
    n = len(data)
    return (b'\x28\xb5\x2f\xfd\xa0' + struct.pack('<I', n)
            + struct.pack('<I', n << 3 | 1)[:3] + data)


PACKERS = {XZ: pack_xz, LZ4: pack_lz4, ZSTD: pack_zstd}


class Entry:
    def __init__(self, realtime, monotonic, fields):
        self.realtime, self.monotonic = realtime, monotonic
        self.fields = [(n, v.encode() if isinstance(v, str) else v) for n, v in fields]

    def payloads(self):
        return [n.encode() + b'=' + v for n, v in self.fields]

    def xor(self):
        out = 0
        for payload in self.payloads():
            out ^= fnv(payload)
        return out

    def cursor(self, seqnum):
        return 's=%s;i=%x;b=%s;m=%x;t=%x;x=%x' % (SEQNUM_ID.hex(), seqnum, BOOT.hex(),
                                                self.monotonic, self.realtime, self.xor())


class Journal:
    """Written object by object; `packing` compresses payloads from `threshold` bytes on."""

    def __init__(self, packing=0, compact=False, keyed=False, threshold=100):
        self.packing, self.compact, self.keyed, self.threshold = packing, compact, keyed, threshold
        self.body, self.count, self.seen, self.entries = bytearray(), {}, {}, []
        self.offsets = []
        self.data_table = self.add(DATA_TABLE, bytes(16 * 8)) + 16
        self.field_table = self.add(FIELD_TABLE, bytes(16 * 4)) + 16

    def add(self, kind, content, flags=0):
        at = HEADER_SIZE + len(self.body)
        size = 16 + len(content)
        self.body += struct.pack('<BB6xQ', kind, flags, size) + content
        self.body += bytes(-len(self.body) % 8)
        self.count[kind] = self.count.get(kind, 0) + 1
        self.tail = at
        return at

    def data(self, payload):
        if payload in self.seen:
            return self.seen[payload]
        flags, stored = 0, payload
        if self.packing and len(payload) >= self.threshold:
            flags, stored = self.packing, PACKERS[self.packing](payload)
        head = struct.pack('<QQQQQQ', fnv(payload), 0, 0, 0, 0, 1)
        self.seen[payload] = self.add(DATA, head + (bytes(8) if self.compact else b'') + stored,
                                      flags)
        return self.seen[payload]

    def write(self, entry):
        offsets = [(self.data(p), fnv(p)) for p in entry.payloads()]
        seqnum = len(self.entries) + 1
        content = struct.pack('<QQQ16sQ', seqnum, entry.realtime, entry.monotonic, BOOT,
                              entry.xor())
        for at, h in offsets:
            content += struct.pack('<I', at) if self.compact else struct.pack('<QQ', at, h)
        self.entries.append(entry)
        self.offsets.append(self.add(ENTRY, content))
        for at, _ in offsets:  # the first entry that a data object is of; 40 into the object
            place = at - HEADER_SIZE + 40
            if self.body[place:place + 8] == bytes(8):
                self.body[place:place + 8] = struct.pack('<Q', self.offsets[-1])

    def array(self):
        width = '<I' if self.compact else '<Q'
        return self.add(ENTRY_ARRAY, bytes(8) + b''.join(struct.pack(width, o)
                                                         for o in self.offsets))

    def bytes(self, state=ARCHIVED, spare=4096):
        """The file; `spare` zeros behind the last object, as journald preallocates."""
        array = self.array()
        first, last = self.entries[0], self.entries[-1]
        incompatible = ({XZ: 1, LZ4: 2, ZSTD: 8}.get(self.packing, 0) | self.keyed << 2
                        | self.compact << 4)
        head = struct.pack(
            '<8sIIB7x16s16s16s16s', b'LPKSHHRH', 0, incompatible, state, SEQNUM_ID, MACHINE, BOOT,
            SEQNUM_ID)
        head += struct.pack(
            '<QQQQQQQQQQQQQQQ', HEADER_SIZE, len(self.body) + spare, self.data_table, 128,
            self.field_table, 64, self.tail, sum(self.count.values()), len(self.entries),
            len(self.entries), 1, array, first.realtime, last.realtime, last.monotonic)
        head += struct.pack('<QQQQQQ', self.count.get(DATA, 0), 0, 0, 1, 0, 0)
        return head.ljust(HEADER_SIZE, b'\0') + bytes(self.body) + bytes(spare)


def export(entries):
    """As `journalctl -o export` writes them."""
    out = b''
    for n, e in enumerate(entries):
        out += b'__CURSOR=%s\n__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n' % (
            e.cursor(n + 1).encode(), e.realtime, e.monotonic)
        for name, value in e.fields:
            if all(byte >= 32 or byte == 9 for byte in value):
                out += name.encode() + b'=' + value + b'\n'
            else:
                out += name.encode() + b'\n' + struct.pack('<Q', len(value)) + value + b'\n'
        out += b'\n'
    return out


def as_json(entries):
    """As `journalctl -o json --all`: bytes as numbers, several values of a name in a list."""
    out = b''
    for n, e in enumerate(entries):
        o = {'__CURSOR': e.cursor(n + 1), '__REALTIME_TIMESTAMP': str(e.realtime),
             '__MONOTONIC_TIMESTAMP': str(e.monotonic)}
        for name, value in e.fields:
            plain = all(byte >= 32 or byte in b'\t\n' for byte in value)
            shown = value.decode() if plain else list(value)
            if name in o:
                o[name] = (o[name] if isinstance(o[name], list) else [o[name]]) + [shown]
            else:
                o[name] = shown
        out += json.dumps(o, separators=(',', ':')).encode() + b'\n'
    return out


START = 1727878900000000  # 2024-10-02T14:21:40Z


def story():
    """A host in a few entries: start, a logon, a command, an ill-behaved program, the end."""
    host = [('_HOSTNAME', 'fs01'), ('_MACHINE_ID', MACHINE.hex()), ('_BOOT_ID', BOOT.hex())]

    def entry(after, identifier, message, *more, pid=None, priority=6, facility=3):
        fields = [('MESSAGE', message), ('SYSLOG_IDENTIFIER', identifier),
                  ('PRIORITY', str(priority)), ('SYSLOG_FACILITY', str(facility))]
        if pid:
            fields += [('_PID', str(pid)), ('_UID', '0'), ('_COMM', identifier)]
        return Entry(START + after, 5000000 + after, fields + list(more) + host)

    return [
        entry(0, 'kernel', 'Linux version 6.1.0-25-amd64 (debian-kernel@lists.debian.org)',
              ('_TRANSPORT', 'kernel'), priority=5, facility=0),
        entry(4021337, 'systemd', 'Started ssh.service - OpenBSD Secure Shell server.',
              ('MESSAGE_ID', '39f53479d3a045ac8e11786248231fbf'), ('UNIT', 'ssh.service'),
              ('_TRANSPORT', 'journal'), pid=1),
        entry(27411136, 'sshd', 'Accepted password for deploy from 10.0.5.3 port 51122 ssh2',
              ('_SOURCE_REALTIME_TIMESTAMP', str(START + 27411120)), ('_TRANSPORT', 'syslog'),
              pid=812, facility=4),
        entry(44100020, 'sudo', 'deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; '
              'COMMAND=/usr/bin/cat /etc/shadow', ('_TRANSPORT', 'syslog'), pid=901, facility=10),
        entry(50000000, 'backup', 'two lines\nand a long tail ' + 'x' * 300,
              ('NOTE', 'first'), ('NOTE', 'second'), ('BLOB', b'\x00\xff\x1b['),
              ('_TRANSPORT', 'stdout'), pid=950),
        Entry(START + 55000000, 60000000, [
            ('MESSAGE', "USER_LOGIN pid=955 uid=0 auid=1000 ses=7 msg='op=login id=1000 "
                        "exe=\"/usr/sbin/sshd\" hostname=? addr=10.0.5.9 terminal=ssh res=success'"),
            ('_TRANSPORT', 'audit'), ('SYSLOG_FACILITY', '4'), ('SYSLOG_IDENTIFIER', 'audit'),
            ('_AUDIT_TYPE', '1112'), ('_AUDIT_TYPE_NAME', 'USER_LOGIN'), ('_AUDIT_ID', '4821'),
            ('_SOURCE_REALTIME_TIMESTAMP', str(START + 54999000)), ('_PID', '955')] + host),
        entry(60000000, 'systemd-journald', 'Missed 37 kernel messages',
              ('MESSAGE_ID', 'e9bf28e6e834481bb6f48f548ad13606'), ('_TRANSPORT', 'driver'),
              pid=301, priority=4),
        entry(60000000, 'sshd', 'Failed password for invalid user admin from 203.0.113.9 port '
              '4022 ssh2', ('_TRANSPORT', 'syslog'), pid=990, facility=4),
        entry(60000000, 'sshd', 'Failed password for invalid user admin from 203.0.113.9 port '
              '4022 ssh2', ('_TRANSPORT', 'syslog'), pid=990, facility=4),
    ]


def make(entries, **options):
    journal = Journal(**options)
    for entry in entries:
        journal.write(entry)
    return journal


def goldens(root):
    def put(folder, name, data):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
        with open(os.path.join(root, folder, name), 'wb') as file:
            file.write(data)

    entries = story()
    put('parser-journal-forms', 'plain.journal', make(entries).bytes())
    put('parser-journal-forms', 'compact.journal',
        make(entries, packing=ZSTD, compact=True, keyed=True).bytes())
    damaged = make(entries, packing=XZ)
    data = bytearray(damaged.bytes(state=ONLINE, spare=64))
    data[damaged.offsets[2]:damaged.offsets[2] + 16] = b'\xee' * 16
    put('parser-journal-unclean-damaged-truncated', 'system.journal~', bytes(data[:-700]))
    put('parser-journal_export-binary-values', 'entries.export', export(entries))
    put('parser-journal_json-bytes-and-several-values', 'entries.json', as_json(entries))


if __name__ == '__main__':
    goldens(sys.argv[1] if len(sys.argv) > 1 else 'tests/golden')
