# SPDX-License-Identifier: Apache-2.0
"""--recover, end to end: event records in bytes of any kind, made of the sample incident's logs.

Each live record of the logs must come out of the raw bytes, once, whatever the offset at which its
chunk lies and wherever the bytes are cut into jobs; and beside its live copy it must not show."""
import glob
import json
import os
import random
import subprocess

from suite import INCIDENT, Suite, ashiato, tail

suite = Suite('recover')
HEADER, CHUNK = 4096, 65536


def logs():
    folder = suite.path('incident')
    if not os.path.isdir(folder):
        subprocess.run([INCIDENT, folder], check=True, capture_output=True)
    found = sorted(glob.glob(os.path.join(folder, '**', '*.evtx'), recursive=True))
    assert len(found) > 3, found
    return found


def chunks(paths=None):
    for path in paths or logs():
        with open(path, 'rb') as file:
            data = file.read()
        for at in range(HEADER, len(data), CHUNK):
            yield data[at:at + CHUNK]


def write(name, data):
    os.makedirs(suite.path('raw'), exist_ok=True)
    path = suite.path('raw', name)
    with open(path, 'wb') as file:
        file.write(data)
    return path


def noise(n, seed):
    return random.Random(seed).randbytes(n)


def parse(*args):
    result = ashiato('parse', '--quiet', *args)
    assert result.returncode == 0, tail(result)
    return [json.loads(line) for line in result.stdout.splitlines()]


def ids(events):
    return sorted(e['event']['id'] if 'id' in e['event'] else e['ashiato']['uid'] for e in events)


def raw_image():
    """Every chunk behind some noise, so that they lie at odd offsets and across the ends of jobs."""
    parts, dice = [], random.Random(4)
    for n, chunk in enumerate(chunks()):
        parts += [noise(dice.randrange(9000), n), chunk]
        if n % 7 == 0:
            parts.append(bytes(700000))
    return write('pagefile.bin', b''.join(parts))


def test_every_record_is_found_in_raw_bytes():
    live, raw = parse(*logs()), parse('--recover', raw_image())
    assert len(live) > 500, len(live)
    assert ids(live) == ids(raw), '%d live, %d found' % (len(live), len(raw))
    assert all('recovered' in e['ashiato']['flags'] for e in raw)
    assert not any('recovered' in e['ashiato'].get('flags', []) for e in live)


def test_orphans_are_found_without_their_chunk_header():
    image = b''.join(noise(511, n) + chunk[512:] for n, chunk in enumerate(chunks()))
    live, raw = parse(*logs()), parse('--recover', write('headless.bin', image))
    missing = len(set(ids(live)) - set(ids(raw)))
    assert len(raw) == len(live), '%d live, %d found' % (len(live), len(raw))
    assert missing == 0, '%d of %d differ from the live ones' % (missing, len(live))


def test_threads_change_nothing():
    image = raw_image()
    one, many = (ashiato('parse', '-q', '-j', n, '--recover', image).stdout for n in ('1', '8'))
    assert one and one == many


def test_raw_bytes_stay_unread_without_the_option():
    result = ashiato('parse', '-q', raw_image())
    assert result.returncode == 4 and not result.stdout


def test_bytes_without_records_count_as_unread():
    result = ashiato('parse', '--recover', write('noise.bin', noise(300000, 1)))
    assert result.returncode == 4, tail(result)
    assert b'no event records lie in it' in result.stderr, tail(result)


def events_of(case):
    return [json.loads(line) for line in
            ashiato('parse', '-q', case).stdout.splitlines()]


def test_a_timeline_shows_no_record_twice():
    image, folder = raw_image(), suite.path('incident', 'evidence')
    cases = []
    for name, args in (('plain', [folder]), ('both', ['--recover', folder, image])):
        case = suite.path(name)
        result = ashiato('timeline', '-q', *args, '-o', case)
        assert result.returncode == 0, tail(result)
        cases.append(events_of(case))
    assert len(cases[0]) == len(cases[1]), '%d, %d' % (len(cases[0]), len(cases[1]))
    flagged = [e for e in cases[1] if 'recovered' in e['ashiato'].get('flags', [])]
    assert not flagged, '%d live records are flagged as recovered' % len(flagged)


def logs_of_fs01():
    return [path for path in logs() if '/FS01/' in path]


def lone_records():
    """Records of FS01's chunks, each alone between noise: whose template was in another record has
    none any more."""
    parts, dice = [], random.Random(9)
    for chunk in chunks(logs_of_fs01()):
        at, end = 512, int.from_bytes(chunk[48:52], 'little')
        while at < end and chunk[at:at + 4] == b'**\0\0':
            size = int.from_bytes(chunk[at + 4:at + 8], 'little')
            parts += [noise(dice.randrange(200, 900), at), chunk[at:at + size]]
            at += size
    return b''.join(parts)


def test_templates_come_from_anywhere_in_the_evidence():
    """The raw bytes hold no chunk; the logs are files of their own, many jobs away."""
    image, live = write('a-lone.bin', lone_records()), parse(*logs_of_fs01())
    alone = parse('--recover', image)
    with_logs = parse('--recover', image, *logs_of_fs01())
    lost = [e for e in with_logs if 'value' in e['ashiato']]
    completed = [e for e in with_logs if 'completed' in e['ashiato'].get('flags', [])]
    assert len(alone) == len(live) and len(with_logs) == 2 * len(live), (len(alone), len(with_logs))
    assert completed and all(e['ashiato']['template'] for e in completed)
    assert not lost, '%d of %d are without their names' % (len(lost), len(with_logs))
    missing = set(ids(live)) - set(ids([e for e in with_logs
                                        if 'recovered' in e['ashiato'].get('flags', [])]))
    assert not missing, '%d of %d differ from the live ones' % (len(missing), len(live))


def test_completed_records_join_the_live_ones_whatever_the_threads_and_order():
    logs()
    folder, kept = suite.path('incident', 'evidence'), []
    image = os.path.join(suite.path('raw'), 'FS01', 'Windows', 'unallocated.bin')
    os.makedirs(os.path.dirname(image), exist_ok=True)
    with open(image, 'wb') as file:
        file.write(lone_records())
    image = suite.path('raw', 'FS01')
    for n, args in (('1', [image, folder]), ('8', [folder, image])):
        case = suite.path('lone' + n)
        result = ashiato('timeline', '-q', '-j', n, '--recover', *args, '-o', case)
        assert result.returncode == 0, tail(result)
        with open(os.path.join(case, 'events.jsonl.zst'), 'rb') as file:
            kept.append(file.read())
    assert kept[0] == kept[1]
    flagged = [e for e in events_of(suite.path('lone1'))
               if 'recovered' in e['ashiato'].get('flags', [])]
    assert not flagged, '%d live records show once more' % len(flagged)


suite.run(test_every_record_is_found_in_raw_bytes)
suite.run(test_orphans_are_found_without_their_chunk_header)
suite.run(test_threads_change_nothing)
suite.run(test_raw_bytes_stay_unread_without_the_option)
suite.run(test_bytes_without_records_count_as_unread)
suite.run(test_a_timeline_shows_no_record_twice)
suite.run(test_templates_come_from_anywhere_in_the_evidence)
suite.run(test_completed_records_join_the_live_ones_whatever_the_threads_and_order)
suite.end()
