# SPDX-License-Identifier: Apache-2.0
"""Makes utmp, wtmp, btmp and lastlog files in every layout (utmp(5), lastlog(8)).
`python3 tests/made_utmp.py` writes the inputs of tests/golden/parser-utmp* and parser-lastlog*."""
import ipaddress
import os
import struct
import sys

RUN_LEVEL, BOOT, NEW_TIME, OLD_TIME, INIT, LOGIN, USER, DEAD = range(1, 9)
START = 1727850000  # 2024-10-02T06:20:00Z


class Record:
    def __init__(self, kind, after, pid=0, line='', ident='', user='', host='', addr='', us=0,
                 session=0, status=(0, 0)):
        self.kind, self.time, self.us, self.pid = kind, START + after, us, pid
        self.line, self.ident, self.user, self.host = line, ident, user, host
        self.addr, self.session, self.status = addr, session, status

    def bytes(self, wide=False, big=False):
        """wide: session and time have 64 bits."""
        order, number = '>' if big else '<', 'q' if wide else 'i'
        addr = ipaddress.ip_address(self.addr).packed if self.addr else b''
        out = struct.pack(order + 'hxxi32s4s32s256shh' + 3 * number, self.kind, self.pid,
                          self.line.encode(), self.ident.encode(), self.user.encode(),
                          self.host.encode(), *self.status, self.session, self.time, self.us)
        return out + struct.pack('16s20x', addr) + (bytes(4) if wide else b'')


def wtmp_story():
    """Boot, a console logon, two remote ones, the clock is set, shutdown."""
    return [
        Record(BOOT, 0, line='~', ident='~~', user='reboot', host='6.1.0-25-amd64', us=120034),
        Record(RUN_LEVEL, 9, pid=ord('5'), line='~', ident='~~', user='runlevel',
               host='6.1.0-25-amd64'),
        Record(INIT, 9, pid=640, line='tty1', ident='tty1', session=640),
        Record(LOGIN, 9, pid=640, line='tty1', ident='tty1', user='LOGIN', session=640),
        Record(USER, 100, pid=640, line='tty1', ident='tty1', user='root', session=640),
        Record(USER, 328, pid=830, line='pts/0', ident='ts/0', user='deploy', host='10.0.5.3',
               addr='10.0.5.3', us=411136),
        Record(USER, 400, pid=901, line='pts/1', ident='ts/1', user='k.ito',
               host='ws07.acme.example', addr='2001:db8::7', us=20),
        Record(USER, 410, pid=915, line='pts/2', ident='ts/2', user='k.ito',
               host='tmux(910).%0', us=5),
        Record(OLD_TIME, 500, line='|', ident='~~', user='date'),
        Record(NEW_TIME, 560, line='{', ident='~~', user='date'),
        Record(DEAD, 900, pid=830, line='pts/0', us=77),
        Record(DEAD, 905, line='pts/1', us=78),
        Record(DEAD, 910, pid=640, line='tty1', ident='tty1', status=(15, 0)),
        Record(RUN_LEVEL, 1000, line='~', ident='~~', user='shutdown', host='6.1.0-25-amd64'),
    ]


def btmp_story():
    return [
        Record(LOGIN, 300 + n, pid=800 + n, line='ssh:notty', user=user, host='203.0.113.9',
               addr='203.0.113.9')
        for n, user in enumerate(('root', 'admin', 'oracle'))
    ] + [Record(USER, 330, pid=1201, line=':0', user='k.ito', host=':0')]


def file_of(records, **layout):
    return b''.join(r.bytes(**layout) for r in records)


def lastlog(entries, wide=False, big=False):
    """entries: {uid: (time, line, host)}"""
    form = ('>' if big else '<') + ('q' if wide else 'i') + '32s256s'
    out = bytearray()
    for uid in range(max(entries) + 1):
        time, line, host = entries.get(uid, (0, '', ''))
        out += struct.pack(form, time, line.encode(), host.encode())
    return bytes(out)


def last_logons():
    return {0: (START + 100, 'tty1', ''), 33: (START + 120, 'pts/4', 'bastion.acme.example'),
            40: (START + 328, 'pts/0', '10.0.5.3')}


def goldens(root):
    def put(folder, name, data):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
        with open(os.path.join(root, folder, name), 'wb') as file:
            file.write(data)

    story = wtmp_story()
    put('parser-utmp-logons-and-failures', 'wtmp', file_of(story))
    put('parser-utmp-logons-and-failures', 'btmp.1', file_of(btmp_story()))
    put('parser-utmp-layouts-without-their-name', 'arm64', file_of(story[4:6], wide=True))
    put('parser-utmp-layouts-without-their-name', 's390x', file_of(story[4:6], big=True))
    put('parser-utmp-layouts-without-their-name', 'aarch64_be',
        file_of(story[4:6], wide=True, big=True))
    put('parser-lastlog-layouts', 'lastlog', lastlog(last_logons()))
    put('parser-lastlog-layouts', 'renamed.arm64', lastlog(last_logons(), wide=True))
    put('parser-lastlog-layouts', 'renamed.s390x', lastlog(last_logons(), big=True))
    data = bytearray(file_of(story))
    data[384 * 6:384 * 7] = bytes(384)      # emptied
    data[384 * 10:384 * 10] = b'\xee' * 100  # bytes that belong to nothing
    put('parser-utmp-wiped-shifted-and-cut', 'wtmp', bytes(data[:-50]))


if __name__ == '__main__':
    goldens(sys.argv[1] if len(sys.argv) > 1 else 'tests/golden')
