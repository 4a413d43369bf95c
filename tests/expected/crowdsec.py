# SPDX-License-Identifier: Apache-2.0
"""CrowdSec's hub: beside each log a list of assertions on what its syslog parser and the parsers
behind it find. Which line an assertion is about is not said: it is the first unused one that
holds the asserted message and stamp."""
import os
import re

from common import CORPORA, Sample

NAME = 'crowdsec'
OPTIONS = ['--latest', '2025-12-31', '--zone', 'UTC']
FOLDER = os.path.join(CORPORA, 'crowdsec-hub')
FLOOR = {'event': 99, 'host': 98, 'program': 97, 'pid': 98, 'src': 90}
READ = ('sshd-logs', 'sshd-success-logs')
ASSERTION = re.compile(r'^results\["([^"]+)"\]\["([^"]+)"\]\[(\d+)\]\.Evt\.(\w+)\["(\w+)"\] == "(.*)"$')


def assertions(path):
    """{(stage, parser): {index: {name: value}}}"""
    found = {}
    with open(path, encoding='utf-8', errors='surrogateescape') as f:
        for line in f:
            m = ASSERTION.match(line.rstrip('\n'))
            if m:
                stage, parser, index, group, name, value = m.groups()
                value = value.replace('\\"', '"').replace('\\\\', '\\')
                events = found.setdefault((stage, parser), {})
                events.setdefault(int(index), {})[group + '.' + name] = value
    return found


def key_of(row):
    return row.get('Parsed.message', ''), row.get('Parsed.timestamp', row.get('Parsed.timestamp8601', ''))


def sample_of(name, log, asserted):
    s = Sample(name, read=name in READ)
    with open(log, 'rb') as f:
        lines = [x.rstrip(b'\r') for x in f.read().split(b'\n')]
    unused = [x for x in lines if x]
    raw = asserted.get(('s00-raw', 'crowdsecurity/syslog-logs'), {})
    addresses = {}
    for (stage, _), events in asserted.items():
        for row in events.values():
            if stage != 's00-raw' and 'Meta.source_ip' in row:
                addresses.setdefault(key_of(row), row['Meta.source_ip'])
    for _, row in sorted(raw.items()):
        message, stamp = (x.encode('utf-8', 'surrogateescape') for x in key_of(row))
        line = next((x for x in unused if message and x.rstrip().endswith(message.rstrip()) and
                     stamp in x), None)
        if line is None:
            continue
        unused.remove(line)
        host, pid = row.get('Parsed.logsource') and row.get('Meta.machine'), row.get('Parsed.pid')
        s.add(line, time=None, host=host or None, program=row.get('Parsed.program') or None,
              pid=pid if pid and pid.isdigit() else None, src=addresses.get(key_of(row)))
    return s


def samples():
    found = []
    for name in sorted(os.listdir(FOLDER)):
        folder = os.path.join(FOLDER, name)
        path = os.path.join(folder, 'parser.assert')
        logs = sorted(x for x in os.listdir(folder) if x.endswith('.log')) if os.path.isdir(folder) else []
        if len(logs) == 1 and os.path.exists(path):
            s = sample_of(name, os.path.join(folder, logs[0]), assertions(path))
            if s.lines:
                found.append(s)
    return found
