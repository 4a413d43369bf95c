# SPDX-License-Identifier: Apache-2.0
"""What the comparisons share. A source takes lines out of its test harness together with what they
are expected to mean; here they become files, are parsed, and each line is compared.

A source is a module with NAME, OPTIONS (for `ashiato parse`), FLOOR (per field the least share, in
per cent, that must agree) and samples(): a list of Sample."""
import collections
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from suite import ASHIATO, ROOT  # noqa: E402

CORPORA = os.path.abspath(os.path.join(ROOT, '../shared/corpora/syslog'))


class Sample:
    """Lines of one log. expected[i] is a dict for lines[i]: time (seconds since 1970, or None), src,
    src_port, user, outcome, host, program ...; a missing key is not compared. agreed[(i, key)] is
    the reason why a difference is meant. What no parser understands (kind other) is compared in
    time only, unless `read` says that it must be understood."""

    def __init__(self, name, dialect=None, read=False):
        self.name, self.dialect, self.read = name, dialect or name, read
        self.lines, self.expected, self.agreed = [], [], {}

    def add(self, line, **expected):
        self.lines.append(line if isinstance(line, bytes) else line.encode('utf-8', 'surrogateescape'))
        self.expected.append({k: v for k, v in expected.items() if v is not None})


def seconds(stamp):
    """Of an @timestamp, with its fraction."""
    import datetime
    whole, _, fraction = stamp.rstrip('Z').partition('.')
    t = datetime.datetime.strptime(whole, '%Y-%m-%dT%H:%M:%S')
    return t.replace(tzinfo=datetime.timezone.utc).timestamp() + (float('0.' + fraction) if fraction else 0)


def first(event, *paths):
    for path in paths:
        v = event
        for part in path.split('.'):
            v = v.get(part) if isinstance(v, dict) else None
        if v not in (None, ''):
            return v[0] if isinstance(v, list) else v
    return None


GETTERS = {
    'src': lambda e: first(e, 'source.ip', 'source.address'),
    'src_port': lambda e: first(e, 'source.port'),
    'dst': lambda e: first(e, 'destination.ip', 'destination.address'),
    'user': lambda e: first(e, 'user.name'),
    'host': lambda e: first(e, 'log.syslog.hostname', 'host.name'),
    'program': lambda e: first(e, 'log.syslog.appname', 'process.name'),
    'pid': lambda e: first(e, 'process.pid'),
    'outcome': lambda e: first(e, 'event.outcome'),
    'code': lambda e: first(e, 'event.code'),
    'message': lambda e: first(e, 'message'),
}


MEANING = ('src', 'src_port', 'dst', 'user', 'outcome', 'code')


def agree(key, want, event):
    if key == 'time':
        got = event.get('@timestamp')
        if want == 'none' or got is None:
            return (want == 'none') == (got is None)
        return abs(seconds(got) - want) < 1 if want == int(want) else abs(seconds(got) - want) < 0.0015
    got = GETTERS[key](event)
    return str(got if got is not None else '').lower() == str(want).lower()


def run(samples, options, folder):
    """{(sample, line number): event}, and {sample: parser}."""
    os.makedirs(folder)
    for n, s in enumerate(samples):
        with open(os.path.join(folder, '%04d.log' % n), 'wb') as f:
            f.write(b''.join(line + b'\n' for line in s.lines))
    r = subprocess.run([ASHIATO, 'parse', '-q', '--no-mtime', *options, folder],
                       capture_output=True, timeout=600)
    found, starts = {}, []
    for s in samples:
        at, of = 0, {}
        for i, line in enumerate(s.lines):
            of[at] = i
            at += len(line) + 1
        starts.append(of)
    parsers = {}
    for text in r.stdout.splitlines():
        e = json.loads(text)
        n = int(os.path.basename(e['log']['file']['path'])[:4])
        parsers[samples[n].name] = e['event'].get('dataset', '')
        line = starts[n].get(e['log'].get('offset', 0))
        if line is not None:
            found.setdefault((n, line), e)
    return found, parsers


class Table:
    """Counts for each dialect and key: agreed, differing, meant to differ; and the differences."""

    def __init__(self):
        self.counts = collections.defaultdict(lambda: [0, 0, 0])
        self.differences = []

    def add(self, dialect, key, same, meant, what):
        row = self.counts[dialect, key]
        row[0 if same else 2 if meant else 1] += 1
        if not same and not meant:
            self.differences.append('%s %s: %s' % (dialect, key, what))

    def share(self, key):
        good = sum(c[0] for (_, k), c in self.counts.items() if k == key)
        bad = sum(c[1] for (_, k), c in self.counts.items() if k == key)
        return (100.0 * good / (good + bad) if good + bad else 100.0), good, bad

    def show(self, name):
        keys = sorted({k for _, k in self.counts}, key=lambda k: (k != 'event', k != 'time', k))
        dialects = sorted({d for d, _ in self.counts})
        print('  %-30s %s' % (name, ' '.join('%12s' % k for k in keys)))
        for d in dialects + ['all']:
            cells = []
            for k in keys:
                rows = [c for (x, y), c in self.counts.items() if y == k and d in (x, 'all')]
                good, bad, meant = (sum(r[i] for r in rows) for i in range(3))
                cells.append('%12s' % ('-' if not rows else '%d/%d%s' % (
                    good, good + bad, '+%d' % meant if meant else '')))
            print('  %-30s %s' % (d[:30], ' '.join(cells)))


def compare(samples, options, folder):
    found, parsers = run(samples, options, folder)
    table = Table()
    for n, s in enumerate(samples):
        for i, want in enumerate(s.expected):
            event = found.get((n, i))
            text = s.lines[i][:160].decode('utf-8', 'replace')
            table.add(s.dialect, 'event', event is not None, s.agreed.get((i, 'event')),
                      'no event: ' + text)
            for key, value in want.items():
                if event is None or (key in MEANING and not s.read and
                                     first(event, 'ashiato.kind') == 'other'):
                    continue
                got = event.get('@timestamp') if key == 'time' else GETTERS[key](event)
                table.add(s.dialect, key, agree(key, value, event), s.agreed.get((i, key)),
                          'want %s, got %s: %s' % (value, got, text))
    return table
