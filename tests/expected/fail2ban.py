# SPDX-License-Identifier: Apache-2.0
"""fail2ban's test logs: above each line a comment of JSON says the time, as if today were 14 August
2005 in Zurich, the host to be banned, and whether the line is an attack ("match")."""
import datetime
import json
import os
import zoneinfo

from common import CORPORA, Sample

NAME = 'fail2ban'
OPTIONS = ['--latest', '2005-08-14', '--zone', 'Europe/Zurich']
FOLDER = os.path.join(CORPORA, 'fail2ban')
FLOOR = {'event': 99, 'time': 99.5, 'src': 90}
READ = ('sshd', 'openvpn')
# by dialect and a part of the line: why ours differs
AGREED = {
    ('event', 'sshd-journal', ''): 'lines as journald hands them over, without a time: no log is so',
    ('event', 'ejabberd-auth', 'ejabberd_'): 'the time stands in a line before, or nowhere',
    ('event', 'freeswitch', ' [SOFIA] '): 'month, day and clock by numbers only (06-21 22:05:12)',
    ('event', 'recidive', 'host fail2ban'): 'a line without a time',
    ('event', 'znc-adminlog', ''): 'a line without a time, or with a clock only',
    ('event', 'vsftpd', ''): 'a line without a time',
    ('time', 'dovecot', '@4000'): 'TAI64N counts from ten seconds before 1970; fail2ban does not',
    ('time', 'selinux-ssh', ''): 'epoch time in summer: fail2ban is an hour off',
    ('src', 'sshd', 'test from 127.0.0.1 port 58946 ssh2: from'): 'the last place is sshd\'s own',
    ('src', 'openvpn', 'SIGUSR1'): 'a restart of the client\'s instance, not a failed logon',
    ('src', 'openvpn', 'HMAC'): 'no reader for it',
    ('src', 'vsftpd', '(pam_unix)'): 'no reader for PAM of this form',
}
ZURICH = zoneinfo.ZoneInfo('Europe/Zurich')


def instant(text):
    form = '%Y-%m-%dT%H:%M:%S.%f' if '.' in text else '%Y-%m-%dT%H:%M:%S'
    return datetime.datetime.strptime(text, form).replace(tzinfo=ZURICH).timestamp()


def take(sample, lines):
    want = None
    for line in lines:
        if line.startswith(b'# failJSON:'):
            want = json.loads(line[len('# failJSON:'):])
        elif line and not line.startswith(b'#') and want is not None:
            time, host = want.get('time'), want.get('host')
            named = want.get('match') and host and host.encode() in line  # not in another one
            sample.add(line, time=instant(time) if time else None, src=host if named else None)
            for (key, dialect, part), why in AGREED.items():
                if dialect == sample.name and part.encode() in line:
                    sample.agreed[len(sample.lines) - 1, key] = why
            want = None


def samples():
    found = []
    for root, folders, files in os.walk(FOLDER):
        folders.sort()
        for name in sorted(files):
            if name == 'SOURCES.txt':
                continue
            s = Sample(os.path.relpath(os.path.join(root, name), FOLDER),
                       read=name in READ)
            with open(os.path.join(root, name), 'rb') as f:
                take(s, f.read().split(b'\n'))
            if s.lines:
                found.append(s)
    return found
