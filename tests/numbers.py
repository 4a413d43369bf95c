# SPDX-License-Identifier: Apache-2.0
"""Missing record numbers and time running backwards, end to end: logs of the sample incident with
chunks taken out, moved, and spread over several files."""
import json
import os
import struct
import subprocess

from suite import INCIDENT, Suite, ashiato, tail

suite = Suite('numbers')
HEADER, CHUNK = 4096, 65536
LOGS = 'FS01/Windows/System32/winevt/Logs'


def incident():
    folder = suite.path('incident')
    if not os.path.isdir(folder):
        subprocess.run([INCIDENT, folder], check=True, capture_output=True)
    return folder


def security():
    """The header and the chunks of the largest Security log: at least five."""
    paths = [os.path.join(folder, 'Security.evtx') for folder, _, files in os.walk(incident())
             if 'Security.evtx' in files]
    with open(max(paths, key=os.path.getsize), 'rb') as file:
        data = file.read()
    chunks = [data[at:at + CHUNK] for at in range(HEADER, len(data), CHUNK)]
    chunks = [c for c in chunks if c.startswith(b'ElfChnk')]
    assert len(chunks) >= 5, len(chunks)
    return data[:HEADER], chunks


def numbers(chunk):
    """First and last record number of a chunk, as its header has them."""
    return struct.unpack_from('<QQ', chunk, 24)


def evidence(name, files):
    """A folder of logs: file name -> numbers of the chunks that it holds, in this order."""
    header, chunks = security()
    folder = suite.path(name, LOGS)
    os.makedirs(folder, exist_ok=True)
    for file_name, kept in files.items():
        with open(os.path.join(folder, file_name), 'wb') as file:
            file.write(header + b''.join(chunks[i] for i in kept))
    return suite.path(name)


def derived(*args, name='case', options=()):
    case = suite.path(name)
    result = ashiato('timeline', '-q', '--force', *options, *args, '-o', case)
    assert result.returncode == 0, tail(result)
    lines = ashiato('parse', '-q', case).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return [e for e in events if 'derived' in e['ashiato'].get('flags', [])], case


def test_whole_log_has_no_gap():
    events, _ = derived(evidence('whole', {'Security.evtx': [0, 1, 2, 3, 4]}))
    assert not events, events


def test_chunk_taken_out_is_a_gap():
    _, chunks = security()
    events, case = derived(evidence('cut', {'Security.evtx': [0, 1, 3, 4]}))
    assert len(events) == 1, events
    first, last = numbers(chunks[2])
    said = events[0]['ashiato']['numbers']
    assert (said['first'], said['last'], said['missing']) == (first, last, last - first + 1), said
    assert events[0]['event']['action'] == 'log-gap' and len(events[0]['ashiato']['places']) == 2
    with open(case + '/findings.json', encoding='utf-8') as file:
        answer = json.load(file)['answers'][4]
    assert any('%d record numbers are missing, in 1 gap' % (last - first + 1) in b['why']
               for b in answer['blind']), answer
    assert any(e['offset'] == events[0]['log']['offset'] for e in answer['events']), answer


def test_order_in_the_file_does_not_count():
    events, _ = derived(evidence('ring', {'Security.evtx': [3, 4, 0, 1, 2]}))
    assert not events, events


def test_archived_files_are_the_same_log():
    events, _ = derived(evidence('archived', {'Security.evtx': [4, 3],
                                              'Archive-Security-2024-10-01-00-00-00-000.evtx':
                                              [0, 1, 2]}))
    assert not events, events


def test_threads_and_order_of_evidence_change_nothing():
    a = evidence('left', {'Security.evtx': [0, 3], 'Archive-Security-1.evtx': [4]})
    b = evidence('right', {'Security.evtx': [0, 1]})
    kept = []
    for args, threads in (((a, b), '1'), ((b, a), '8')):
        events, case = derived(*args, options=['-j', threads])
        with open(case + '/events.jsonl.zst', 'rb') as file:
            kept.append(file.read())
        assert events
    assert kept[0] == kept[1]


def test_gap_closes_when_two_cases_meet():
    """The first case lacks what the second one has."""
    _, one = derived(evidence('one', {'Security.evtx': [0, 1, 4]}), name='case-one')
    _, two = derived(evidence('two', {'Security.evtx': [2, 3]}), name='case-two')
    apart, _ = derived(one, name='case-again')
    both, _ = derived(one, two, name='case-both')
    assert len(apart) == 1 and not both, (apart, both)


def test_parse_prints_records_only():
    folder = evidence('parsed', {'Security.evtx': [0, 4]})
    result = ashiato('parse', '-q', os.path.join(folder, LOGS, 'Security.evtx'))
    assert result.returncode == 0 and b'log-gap' not in result.stdout


for test in [t for name, t in list(globals().items()) if name.startswith('test_')]:
    suite.run(test)
suite.end()
