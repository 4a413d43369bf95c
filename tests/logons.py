# SPDX-License-Identifier: Apache-2.0
"""utmp, wtmp, btmp and lastlog, end to end: files made here (tests/made_utmp.py), compared with what
last(1) and utmpdump(1) make of them; large, sparse, rotated and renamed ones."""
import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import time

import made_utmp as made
from suite import Skip, Suite, ashiato, tail

suite = Suite('logons')


def parse(*args):
    result = ashiato('parse', '--quiet', *args)
    assert result.returncode == 0, tail(result)
    return [json.loads(line) for line in result.stdout.splitlines()]


def tool(name, *args, **more):
    if not shutil.which(name):
        raise Skip(name + ' is not installed')
    return subprocess.run([name, *args], capture_output=True, check=True, timeout=60,
                          env={**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C'}, **more).stdout.decode()


def test_records_read_as_utmpdump_reads_them():
    path = suite.write('dump/wtmp', made.file_of(made.wtmp_story()))
    ours = parse(path)
    lines = tool('utmpdump', path).splitlines()
    assert len(lines) == len(ours), (len(lines), len(ours))
    for line, event in zip(lines, ours):
        kind, pid, ident, user, tty, host, addr, when = \
            [v.strip() for v in re.findall(r'\[(.*?)\]', line)]
        own = event['ashiato']['utmp']
        assert when.replace(',', '.').replace('+00:00', 'Z') == event['@timestamp'], line
        assert (own.get('user', ''), own.get('host', ''), own.get('line', ''), own.get('id', '')) \
            == (user, host, tty, ident), (line, own)
        assert int(pid) == int(event.get('process', {}).get('pid', own.get('pid', 0))), line
        assert own.get('address', '0.0.0.0') == addr, line


def test_sessions_end_where_last_says():
    path = suite.write('last/wtmp', made.file_of(made.wtmp_story()))
    events = parse(path)
    ends = {(e['user']['name'], e['ashiato']['tty']): e['@timestamp'] for e in events
            if e['ashiato']['kind'] == 'logoff'}
    starts = {(e['user']['name'], e['ashiato']['tty']): e['ashiato']['logon'] for e in events
              if e['ashiato']['kind'] == 'logon'}
    said = 0
    for line in tool('last', '-F', '-f', path).splitlines():
        found = re.match(r'(\S+) +(\S+) .* - \w+ (\w+ +\d+ [\d:]+ \d+) ', line)
        if found and found[1] != 'reboot':
            when = time.strptime(found[3], '%b %d %H:%M:%S %Y')
            assert ends[found[1], found[2]].startswith(time.strftime('%Y-%m-%dT%H:%M:%S', when))
            assert (found[1], found[2]) in starts
            said += 1
    assert said == 3, said


def test_copies_in_other_files_and_packings_are_one_event():
    story = made.file_of(made.wtmp_story())
    suite.write('copies/fs01/var/log/wtmp', story)
    suite.write('copies/fs01/run/utmp', story[384 * 5:384 * 7])
    suite.write('copies/fs01/var/log/wtmp.1.gz', gzip.compress(story, mtime=0))
    suite.write('copies/fs01/arm/records', made.file_of(made.wtmp_story(), wide=True))
    case = suite.path('copies-case')
    result = ashiato('timeline', '--quiet', suite.path('copies'), '-o', case)
    assert result.returncode == 0, tail(result)
    findings = json.load(open(case + '/findings.json'))
    assert all(c['parser'] == 'utmp' for c in findings['coverage']), findings['coverage']
    lines = subprocess.run(['zstd', '-dc', case + '/events.jsonl.zst'], capture_output=True,
                           check=True).stdout.splitlines()
    assert len(lines) == len(made.wtmp_story()), len(lines)
    ssh = [s for s in findings['sessions'] if s['account'] == 'deploy']
    assert [(s['source'], s['end_reason']) for s in ssh] == [('10.0.5.3', 'logoff')], ssh


def test_many_jobs_give_what_one_job_gives():
    records = []
    for n in range(9000):  # each logs off while two others are logged on
        line = 'pts/%d' % (n % 3)
        if n >= 3:
            records.append(made.Record(made.DEAD, n, line=line))
        records.append(made.Record(made.USER, n, pid=1000 + n, line=line, user='u%d' % n,
                                   host='10.0.0.1', addr='10.0.0.1'))
    path = suite.write('large/wtmp', made.file_of(records))
    assert os.path.getsize(path) > 6 << 20
    for threads in ('-j1', '-j4'):
        events = parse(threads, path)
        assert len(events) == len(records)
        off = [e['user']['name'] for e in events if e['ashiato']['kind'] == 'logoff']
        assert off == ['u%d' % n for n in range(8997)], off[:5]


def test_a_shifted_file_loses_only_what_was_hit():
    data = bytearray(made.file_of(made.wtmp_story() * 1500))
    data[384 * 20000:384 * 20000] = b'\xee' * 52
    result = ashiato('parse', suite.write('shifted/wtmp', bytes(data)))
    assert len(result.stdout.splitlines()) == 14 * 1500, tail(result)


def test_texts_are_no_lastlog():
    for text in (b'{"a": "' + b'x' * 800 + b'"}', b'fff ' * 146, b'One long line. ' * 100):
        result = ashiato('parse', '--count', suite.write('texts/some.log', text))
        assert b'lastlog' not in result.stdout and b'utmp' not in result.stdout, result.stdout


def test_a_sparse_lastlog_of_a_domain_is_read_at_once():
    path = suite.path('sparse', 'dc-member', 'var', 'log', 'lastlog')
    os.makedirs(os.path.dirname(path))
    logons = {0: made.START, 1500000123: made.START + 60, 1500099999: made.START + 90}
    with open(path, 'wb') as file:
        for uid, when in logons.items():
            file.seek(uid * 292)
            file.write(struct.pack('<i32s256s', when, b'pts/9', b'10.1.1.1'))
    if os.stat(path).st_blocks > 4096:
        raise Skip('this file system stores holes')
    case = suite.path('sparse-case')
    began = time.monotonic()
    result = ashiato('timeline', '--quiet', suite.path('sparse'), '-o', case, timeout=60)
    assert time.monotonic() - began < 50 and result.returncode == 0, tail(result)
    entry, = json.load(open(case + '/findings.json'))['coverage']
    assert (entry['parser'], entry['events'], entry['damaged']) == ('lastlog', 3, 0), entry
    assert entry['sha256'] is None and 'no SHA-256' in entry['notes'][0]['text'], entry
    uids = [e['ashiato']['unix_uid'] for e in parse(path)]
    assert uids == list(logons), uids


def test_a_lastlog_of_modest_size_is_hashed_holes_and_all():
    path = suite.write('hashed/h/var/log/lastlog', made.lastlog({0: (made.START, 'tty1', ''),
                                                         65534: (made.START, 'pts/0', 'x')}))
    case = suite.path('hashed-case')
    ashiato('timeline', '--quiet', path, '-o', case)
    entry, = json.load(open(case + '/findings.json'))['coverage']
    assert entry['events'] == 2 and len(entry['sha256']) == 64, entry


for name, test in sorted(globals().items()):
    if name.startswith('test_'):
        suite.run(test)
suite.end()
