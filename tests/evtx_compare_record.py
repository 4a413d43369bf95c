#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`ashiato parse --record` against `evtx_dump -o jsonl` over every EVTX file of the corpora: the
same records, the same names, values, types, arrays and nesting, compared as parsed JSON. And
`parse --check` against `parse --count`, which decodes: the same records and damage.

Agreed differences, each with its reason:
- SYSTEMTIME has milliseconds; evtx_dump pads them to seven digits, we do not claim what is not there
- a boolean that is neither 0 nor 1 is true; evtx_dump prints the number
- a record that is damaged has a member `ashiato` that says so
- of a damaged record evtx_dump keeps values that lie behind its end (two records of zeros)
- an authority of a SID above 32 bits is hex, as Windows writes it; evtx_dump prints it in decimal
- a NUL inside a text does not end it
"""
import collections
import json
import pathlib
import re
import shutil
import subprocess

from suite import ASHIATO, Skip, Suite

CORPORA = pathlib.Path(__file__).resolve().parent.parent.parent / 'shared/corpora'
DUMP = shutil.which('evtx_dump') or shutil.which(str(pathlib.Path.home() / '.cargo/bin/evtx_dump'))
TIME = re.compile(r'^(-?\d+-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(0000)?Z$')


def lines(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600)
    return [json.loads(line) for line in run.stdout.splitlines()]


def agreed(mine, theirs):
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return list(mine) == list(theirs) and all(agreed(mine[k], theirs[k]) for k in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(agreed, mine, theirs))
    if mine is True and isinstance(theirs, int):
        return theirs != 0
    if isinstance(mine, str) and isinstance(theirs, str):
        if '\0' in mine and mine.split('\0')[0] == theirs:
            return True
        if mine.startswith('S-1-0x'):
            return theirs.startswith('S-1-')
        m, t = TIME.match(mine), TIME.match(theirs)
        return mine == theirs or bool(m and t and m[1] == t[1])
    return type(mine) is type(theirs) and mine == theirs


def place(record):
    """What one record is found by in the other output."""
    system = (record.get('Event') or {}).get('System') or {}
    return json.dumps([system.get('EventRecordID'), system.get('Channel'),
                       system.get('TimeCreated')])


def test_records(path):
    found = collections.defaultdict(list)
    for record in lines(ASHIATO, 'parse', '-q', '--record', str(path)):
        found[place(record)].append(record)
    wrong = []
    for theirs in lines(DUMP, '-t', '1', '-o', 'jsonl', str(path)):
        same = found[place(theirs)]
        for i, mine in enumerate(same):
            remark = mine.get('ashiato', {})
            if agreed({k: v for k, v in mine.items() if k != 'ashiato'}, theirs) or (
                    'damage' in remark and 'cut' in remark['damage']):
                del same[i]
                break
        else:
            if place(theirs) != place({}) and theirs['Event']['System']['EventID'] != 0:
                wrong.append('%.300s\n    ours: %.300s' % (json.dumps(theirs), json.dumps(same[:1])))
    assert not wrong, '%d records differ:\n  %s' % (len(wrong), '\n  '.join(wrong[:5]))


def test_check(path):
    counted = subprocess.run([ASHIATO, 'parse', '-q', '--count', str(path)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    checked = subprocess.run([ASHIATO, 'parse', '-q', '--check', str(path)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    assert checked.split('\n')[0] + '\n' == counted, '%r is not %r' % (checked, counted)


def missing():
    raise Skip('../shared/corpora is not there' if not CORPORA.is_dir()
               else 'evtx_dump is not installed: cargo install evtx')


suite = Suite('evtx-records')
files = sorted(CORPORA.rglob('*.evtx'))
if not files or not DUMP:
    suite.run(missing, label='records as evtx_dump prints them')
for file in files:
    if DUMP:
        suite.run(test_records, file, label='record %s' % file.relative_to(CORPORA))
    suite.run(test_check, file, label='check %s' % file.relative_to(CORPORA))
suite.end()
