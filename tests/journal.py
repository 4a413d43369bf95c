# SPDX-License-Identifier: Apache-2.0
"""The journal, end to end: files made here (tests/made_journal.py) and those of the test data, read
by ashiato and by journalctl, which must agree on every entry and every byte of every field."""
import base64
import gzip
import json
import os
import shutil
import subprocess

import made_journal as made
from suite import ROOT, Skip, Suite, ashiato, tail

suite = Suite('journal')
CORPUS = os.path.join(ROOT, '../shared/corpora/syslog/journald')
FORMS = [dict(packing=packing, compact=compact, keyed=compact)
         for packing in (0, made.XZ, made.LZ4, made.ZSTD) for compact in (False, True)]


def parse(path):
    result = ashiato('parse', '--quiet', path)
    assert result.returncode == 0, tail(result)
    return [json.loads(line) for line in result.stdout.splitlines()]


def texts(value, exact):
    """The values of a field of ours, as sorted bytes."""
    if not isinstance(value, list):
        value, exact = [value], [exact]
    exact = exact or [None] * len(value)
    return sorted(base64.b64decode(e) if e else v.encode() for v, e in zip(value, exact))


def our_fields(event):
    fields = event['ashiato']['journal']
    return {name: texts(value, fields.get(name + '_base64')) for name, value in fields.items()
            if not name.endswith('_base64')}


def their_values(value):
    if isinstance(value, list) and value and isinstance(value[0], int):
        return [bytes(value)]
    if isinstance(value, list):
        return sorted(v for one in value for v in their_values(one))
    return [value.encode('utf-8', 'surrogateescape')]


def journalctl(path):
    if not shutil.which('journalctl'):
        raise Skip('journalctl is not installed')
    result = subprocess.run(['journalctl', '--file', path, '-o', 'json', '--all', '--no-pager'],
                            capture_output=True, timeout=120)
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def compare(path):
    theirs, ours = journalctl(path), parse(path)
    assert len(theirs) == len(ours) > 0, (len(theirs), len(ours))
    theirs.sort(key=lambda e: int(e['__CURSOR'].split(';')[1][2:], 16))
    ours.sort(key=lambda e: e['ashiato'].get('sequence', 0))
    for one, two in zip(theirs, ours):
        want = {n: their_values(v) for n, v in one.items() if not n.startswith('__')}
        assert our_fields(two) == want, (our_fields(two), want)
        us = int(one['__REALTIME_TIMESTAMP'])
        assert two['@timestamp'].endswith('.%06dZ' % (us % 1000000)), two['@timestamp']


def test_made_files_read_as_journalctl_reads_them():
    for n, form in enumerate(FORMS):
        compare(suite.write('made/%d.journal' % n, made.make(made.story(), **form).bytes()))


def test_journals_of_the_test_data_read_as_journalctl_reads_them():
    if not os.path.isdir(CORPUS):
        raise Skip('../shared/corpora is not there')
    for name in ('derived-aminer/system.journal.gz', 'velociraptor/2004.journal.gz'):
        with gzip.open(os.path.join(CORPUS, name)) as file:
            compare(suite.write('corpus/' + name[:-3], file.read()))


def test_binary_json_and_export_forms_are_one_event_each():
    entries = made.story()
    suite.write('forms/fs01/var/log/a.journal', made.make(entries).bytes())
    suite.write('forms/fs01/var/log/b.journal', made.make(entries, packing=made.LZ4, compact=True).bytes())
    suite.write('forms/fs01/var/log/c.export', made.export(entries))
    suite.write('forms/fs01/var/log/d.json', made.as_json(entries))
    case = suite.path('forms-case')
    result = ashiato('timeline', '--quiet', suite.path('forms'), '-o', case)
    assert result.returncode == 0, tail(result)
    lines = subprocess.run(['zstd', '-dc', case + '/events.jsonl.zst'], capture_output=True,
                           check=True).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) == len(entries), len(events)
    for event in events:
        assert len(event['ashiato']['places']) == 4, event
        assert 'flags' not in event['ashiato'] or \
            'content-differs' not in event['ashiato']['flags'], event


def test_logons_and_commands_mean_what_they_mean_in_a_text_log():
    events = parse(suite.write('kinds/s.journal', made.make(made.story()).bytes()))
    kinds = [e['ashiato']['kind'] for e in events]
    assert kinds == ['system-start', 'service-state', 'logon', 'command', 'other', 'logon',
                     'log-gap', 'logon-failed', 'logon-failed'], kinds
    assert events[5]['source'] == {'ip': '10.0.5.9'}, events[5]
    assert events[2]['source'] == {'ip': '10.0.5.3', 'port': 51122}, events[2]
    assert events[2]['host']['name'] == 'fs01' and events[2]['user']['name'] == 'deploy'


def test_an_entry_survives_wherever_the_file_is_cut_or_hit_behind_it():
    journal = made.make(made.story(), packing=made.ZSTD)
    data = journal.bytes(state=made.ONLINE)
    for at in range(made.HEADER_SIZE, len(data), 512):
        whole = sum(1 for o in journal.offsets if o + 400 <= at)
        assert len(parse(suite.write('cut/c.journal', data[:at]))) >= whole, at
    for victim in range(len(journal.offsets)):
        hit = bytearray(data)
        hit[journal.offsets[victim] + 8] ^= 0x55  # its size
        seen = {e['ashiato'].get('sequence') for e in parse(suite.write('cut/h.journal', bytes(hit)))}
        assert seen >= {n + 1 for n in range(9) if n != victim}, (victim, seen)


def test_what_expands_without_end_is_cut():
    huge = made.Entry(made.START, 1, [('MESSAGE', b'A' * (40 << 20)), ('_HOSTNAME', 'fs01')])
    path = suite.write('bomb/b.journal', made.make([huge], packing=made.XZ).bytes())
    assert os.path.getsize(path) < 100000
    event, = parse(path)
    assert 'text-cut' in event['ashiato']['flags'], event['ashiato']['flags']
    assert len(event['ashiato']['journal']['MESSAGE']) <= 1 << 20


def test_a_long_value_of_many_entries_does_not_multiply():
    value = b'A' * 1000000
    entries = [made.Entry(made.START + n, n, [('MESSAGE', value), ('N', str(n))])
               for n in range(500)]
    path = suite.write('shared/s.journal', made.make(entries, packing=made.XZ).bytes())
    result = ashiato('parse', '--quiet', path)
    assert result.stdout.count(b'\n') == 500
    assert len(result.stdout) < 64 << 20, len(result.stdout)
    last = json.loads(result.stdout.splitlines()[-1])
    assert 'text-cut' in last['ashiato']['flags'] and last['ashiato']['journal']['N'] == '499'


def test_a_journal_of_many_jobs_gives_what_one_job_gives():
    entries = [made.Entry(made.START + n, n, [('MESSAGE', 'line %d ' % n + 'y' * 700),
                                              ('_HOSTNAME', 'fs01')]) for n in range(12000)]
    path = suite.write('large/l.journal', made.make(entries).bytes())
    assert os.path.getsize(path) > 9 << 20
    for threads in ('-j1', '-j4'):
        result = ashiato('parse', threads, path)
        lines = result.stdout.splitlines()
        assert [json.loads(line)['ashiato']['sequence'] for line in lines] == \
            list(range(1, 12001)), tail(result)
    case = suite.path('large-case')
    result = ashiato('timeline', '--memory', '64M', suite.path('large'), '-o', case)
    assert result.returncode == 0, tail(result)
    coverage = json.load(open(case + '/findings.json'))['coverage']
    assert [(c['events'], c['damaged']) for c in coverage] == [(12000, 0)], coverage
    assert os.listdir(case).count('.work') == 0


for name, test in sorted(globals().items()):
    if name.startswith('test_'):
        suite.run(test)
suite.end()
