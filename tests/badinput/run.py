#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input: a clear message, the exit status of the contract, nothing lost silently, no crash, no
leftovers.

usage: [ASHIATO=build/asan/ashiato] tests/badinput/run.py [PART-OF-A-TEST-NAME...]"""
import gzip
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from suite import ASHIATO, INCIDENT, Skip, Suite, ashiato, tail  # noqa: E402

suite = Suite('badinput')
NOBODY = 65534
# What AddressSanitizer and friends, or a failed assert, leave behind.
CRASHES = ('AddressSanitizer', 'LeakSanitizer', 'runtime error', 'Assertion', 'ThreadSanitizer')


def ends(result, status, *says):
    """The status, no sign of a crash, and every text of `says` in the message."""
    err = result.stderr.decode('utf-8', 'replace')
    for crash in CRASHES:
        assert crash not in err, err[-1500:]
    assert result.returncode == status, 'exit %d, not %d: %s' % (result.returncode, status,
                                                                tail(result))
    for text in says:
        assert text.lower() in err.lower(), '%r is not said in: %s' % (text, tail(result))
    return result


def case_of(*evidence, status=0, args=(), **more):
    case = suite.path('case-%d' % len(os.listdir(suite.folder)))
    result = ends(ashiato('timeline', *evidence, '-o', case, *args, **more), status)
    return case, result


def no_case(case):
    assert not os.path.lexists(case), 'left behind: %s' % os.listdir(case)


def coverage(case):
    with open(os.path.join(case, 'findings.json'), encoding='utf-8') as f:
        return json.load(f)['coverage']


def blob_of(case, name):
    return next(b for b in coverage(case) if b['path'].endswith(name))


def incident():
    folder = suite.path('incident')
    if not os.path.isdir(folder):
        subprocess.run([INCIDENT, folder], check=True, stdout=subprocess.DEVNULL)
    return folder + '/evidence'


def event_log():
    with open(incident() + '/DC01/Windows/System32/winevt/Logs/Security.evtx', 'rb') as f:
        return f.read()


GOOD_LINES = b''.join(b'Oct  5 02:%02d:00 gw01 sshd[%d]: Accepted password for ops from 192.0.2.7 '
                      b'port %d ssh2\n' % (i % 60, 100 + i, 40000 + i) for i in range(40))


# Evidence that is not there, or is nothing

def test_missing_path():
    case, missing = suite.path('case-missing'), suite.path('no-such-folder')
    ends(ashiato('timeline', missing, '-o', case), 4, missing)
    no_case(case)
    ends(ashiato('parse', missing), 4, missing)


def test_one_of_two_paths_missing():
    good, missing = suite.write('good.log', GOOD_LINES), suite.path('no-such-file')
    result = ashiato('timeline', good, missing, '-o', suite.path('case-half'))
    # Whether it goes on or not, it says which path is missing.
    assert result.returncode in (0, 4), result.returncode
    ends(result, result.returncode, 'no-such-file')


def test_no_arguments():
    ends(ashiato(), 2, '--help')
    ends(ashiato('timeline'), 2, 'evidence')
    ends(ashiato('no-such-command'), 2, 'no-such-command')
    ends(ashiato('timeline', '--no-such-option', 'x'), 2, '--no-such-option')
    ends(ashiato('timeline', 'x', '--zone', 'Nowhere/Nothing'), 2, 'Nowhere')


def test_empty_file():
    case = suite.path('case-empty')
    ends(ashiato('timeline', suite.write('empty/a.evtx', b''), '-o', case), 4)
    no_case(case)
    suite.write('mixed/empty.log', b'')
    suite.write('mixed/auth.log', GOOD_LINES)
    case, _ = case_of(suite.path('mixed'))
    assert blob_of(case, 'empty.log')['size'] == 0
    assert blob_of(case, 'auth.log')['events'] == 40


def as_user(*args):
    """Runs the tool as somebody whom file modes bind; root gives up its rights first."""
    drop = []
    if os.getuid() == 0:
        drop = ['setpriv', '--reuid', str(NOBODY), '--regid', str(NOBODY), '--clear-groups']
        if subprocess.run([*drop, ASHIATO, '--version'], capture_output=True).returncode:
            raise Skip('modes do not bind root, and nobody else can run the program here')
        os.chmod(suite.folder, 0o755)
    return subprocess.run([*drop, ASHIATO, *args], capture_output=True, timeout=120)


def test_unreadable_file():
    secret = suite.write('secret/secret.log', GOOD_LINES)
    os.chmod(secret, 0 if os.getuid() else 0o600)
    suite.write('secret/auth.log', GOOD_LINES)
    place = suite.path('out')
    os.makedirs(place, exist_ok=True)
    os.chmod(place, 0o777)
    case = place + '/case'
    ends(as_user('timeline', suite.path('secret'), '-o', case), 0, 'secret.log')
    assert blob_of(case, 'secret.log')['parser'] is None
    assert blob_of(case, 'auth.log')['events'] == 40
    ends(as_user('timeline', suite.path('secret'), '-o', place + '/strict', '--strict'), 3)
    ends(as_user('timeline', secret, '-o', place + '/alone'), 4, 'secret.log')
    no_case(place + '/alone')


def test_nothing_readable_in_a_folder():
    suite.write('junk/a.bin', bytes(range(256)) * 40)
    suite.write('junk/b/photo.jpg', b'\xff\xd8\xff\xe0' + random.Random(7).randbytes(5000))
    case = suite.path('case-junk')
    ends(ashiato('timeline', suite.path('junk'), '-o', case), 4, 'a.bin', 'photo.jpg')
    no_case(case)


def test_empty_folder():
    os.makedirs(suite.path('hollow'), exist_ok=True)
    ends(ashiato('timeline', suite.path('hollow'), '-o', suite.path('case-hollow')), 4)
    no_case(suite.path('case-hollow'))


# Damage

def test_truncated_event_log():
    data = event_log()
    whole = len(data)
    for cut in (100, 4096, 4100, 4096 + 300, 4096 + 65536, 4096 + 65536 + 1000,
                whole - 65536 + 700, whole - 65536):
        path = suite.write('cut/%d.evtx' % cut, data[:cut])
        case, _ = case_of(path, status=3, args=['--strict'])
        blob = coverage(case)[0]
        assert blob['damaged'] > 0 and blob['notes'], blob
        assert blob['events'] >= 100 * ((cut - 4096) // 65536), blob['events']
    # Only room behind the last record is gone: said, but no damage.
    case, _ = case_of(suite.write('cut/room.evtx', data[:whole - 1]), args=['--strict'])
    assert coverage(case)[0]['notes'] and not coverage(case)[0]['damaged'], coverage(case)[0]


def test_garbage_chunk():
    data = bytearray(event_log())
    data[4096 + 65536:4096 + 2 * 65536] = random.Random(3).randbytes(65536)
    path = suite.write('garbage/garbage.evtx', bytes(data))
    whole, _ = case_of(suite.write('garbage/whole.evtx', event_log()))
    case, _ = case_of(path)
    good, hurt = coverage(whole)[0], coverage(case)[0]
    assert hurt['damaged'] > 0 and hurt['notes'], hurt
    assert 0 < good['events'] - hurt['events'] < 400, '%d and %d' % (good['events'],
                                                                    hurt['events'])
    case_of(path, status=3, args=['--strict'])


def test_flipped_bytes():
    source, dice = event_log()[:4096 + 3 * 65536], random.Random(11)
    for i in range(12):
        data = bytearray(source)
        for _ in range(40):
            data[dice.randrange(len(data))] = dice.randrange(256)
        result = ashiato('parse', suite.write('flip/%d.evtx' % i, bytes(data)))
        assert result.returncode in (0, 4), result.returncode
        ends(result, result.returncode)
        for line in result.stdout.splitlines():
            json.loads(line)


def test_random_bytes():
    path = suite.write('random/noise.log', random.Random(5).randbytes(300000))
    case = suite.path('case-random')
    ends(ashiato('timeline', path, '-o', case), 4, 'noise.log')
    no_case(case)


# Lines

def test_endless_line():
    path = suite.path('long.log')
    with open(path, 'wb') as f:
        f.write(GOOD_LINES)
        f.write(b'Oct  5 03:00:00 gw01 sshd[99]: ' + b'x' * (8 << 20))
        f.seek(1 << 30, os.SEEK_CUR)  # a hole: NUL bytes that take no room
        f.write(b'\n' + GOOD_LINES.replace(b'02:', b'04:'))
    case, _ = case_of(path, timeout=900)
    blob = coverage(case)[0]
    os.unlink(path)
    assert 81 <= blob['events'] <= 82 and blob['size'] > 1 << 30, blob
    assert blob['notes'], 'it is not said that a line was cut'


def hostile():
    """Lines as an attacker may have them written, each in a request that is otherwise plain."""
    pieces = [b'<script>alert(1)</script>', b'"><img src=x onerror=alert(1)>',
              b"=cmd|'/C calc'!A0", b'+1+1', b'@SUM(1)', b'\x1b[31mred\x1b[0m\x07',
              '\u202eexe.txt\u202c\u2066'.encode(), b'\xff\xfe\xc0\xaf\xed\xa0\x80', b'nul\x00byte',
              b"'); DROP TABLE events;--", b'</script><script>', b'\\u0000\\', b'%s%n%n']
    lines = []
    for i, piece in enumerate(pieces):
        lines.append(b'Oct  5 05:%02d:00 gw01 sshd[77]: Failed password for invalid user %s from '
                     b'203.0.113.5 port %d ssh2\n' % (i, piece, 5000 + i))
    return pieces, b''.join(lines)


def test_hostile_lines():
    pieces, lines = hostile()
    path = suite.write('hostile/auth.log', GOOD_LINES + lines)
    case, result = case_of(path)
    blob = coverage(case)[0]
    assert blob['events'] == 40 + len(pieces), blob
    for stream in (result.stdout, result.stderr):
        assert b'\x1b' not in stream and '\u202e'.encode() not in stream
    for name in os.listdir(case):
        if name.endswith(('.json', '.csv', '.html')):
            with open(os.path.join(case, name), 'rb') as f:
                data = f.read()
            assert b'\x1b[31m' not in data and b'\x07' not in data, name
            assert '\u202e'.encode() not in data, name
            data.decode('utf-8')
            if name.endswith('.html'):
                assert b'<script>alert(1)' not in data and b'<img src=x' not in data, name
            if name.endswith('.csv'):
                for cell in data.replace(b'\n', b',').split(b','):
                    assert not cell.lstrip(b'"').startswith((b'=', b'@', b'+1')), cell


def test_hostile_lines_come_back_whole():
    pieces, lines = hostile()
    path = suite.write('hostile/alone.log', GOOD_LINES + lines)
    result = ends(ashiato('parse', path), 0)
    said = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(said) == 40 + len(pieces), len(said)
    assert b'\x1b' not in result.stdout
    originals = ''.join(json.dumps(e, ensure_ascii=False) for e in said)
    for piece in pieces:
        try:
            text = json.dumps(piece.decode('utf-8'), ensure_ascii=False)[1:-1]
        except UnicodeDecodeError:
            continue  # kept as base64
        assert text in originals, piece
    assert 'base64' in originals


def test_hostile_file_names():
    name = b'hostile-names/\x1b[31m<script>=cmd\xff.log'
    folder = os.path.join(suite.folder.encode(), b'hostile-names')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(suite.folder.encode(), name), 'wb') as f:
        f.write(GOOD_LINES)
    with open(os.path.join(folder, b'\x1b[32m.bin'), 'wb') as f:
        f.write(bytes(range(256)) * 9)
    case, result = case_of(suite.path('hostile-names'))
    assert b'\x1b' not in result.stdout + result.stderr
    assert sum(b['events'] for b in coverage(case)) == 40
    with open(os.path.join(case, 'report.html'), 'rb') as f:
        assert b'<script>=cmd' not in f.read()


def test_nul_bytes():
    case, _ = case_of(suite.write('nul/auth.log', GOOD_LINES + b'\x00' * 5000 + b'\n' + GOOD_LINES))
    assert coverage(case)[0]['events'] >= 80, coverage(case)[0]


def test_link_to_itself():
    folder = suite.path('loop')
    suite.write('loop/auth.log', GOOD_LINES)
    for name, target in (('again', '.'), ('outside', '/etc')):
        if not os.path.lexists(os.path.join(folder, name)):
            os.symlink(target, os.path.join(folder, name))
    case, _ = case_of(folder)
    assert sum(b['events'] for b in coverage(case)) == 40


def test_pipe_among_the_files():
    folder = suite.path('pipes')
    suite.write('pipes/auth.log', GOOD_LINES)
    if not os.path.lexists(folder + '/waiting'):
        os.mkfifo(folder + '/waiting')
    case, result = case_of(folder, timeout=60)
    ends(result, 0, 'waiting')
    assert sum(b['events'] for b in coverage(case)) == 40


def test_cut_gzip():
    packed = gzip.compress(GOOD_LINES * 2000)
    case, _ = case_of(suite.write('gz/auth.log.gz', packed[:len(packed) * 2 // 3]))
    blob = coverage(case)[0]
    assert 0 < blob['events'] < 80000 and blob['damaged'] > 0 and blob['notes'], blob
    whole, _ = case_of(suite.write('gz/whole.log.gz', packed))
    assert coverage(whole)[0]['events'] == 80000


def test_standard_input():
    case = suite.path('case-stdin')
    result = ashiato('timeline', '-', '-o', case, input=GOOD_LINES)
    ends(result, 0)
    assert coverage(case)[0]['events'] == 40
    assert coverage(case)[0]['size'] == len(GOOD_LINES), coverage(case)[0]
    ends(ashiato('parse', '-', input=b''), 4)


def test_file_that_changes_while_it_is_read():
    """The first path is standard input: what is behind it is listed, and not read yet."""
    for name, change in (('grows', lambda f: f.write(GOOD_LINES)),
                         ('shrinks', lambda f: f.truncate(len(GOOD_LINES) // 2))):
        path, case = suite.write('restless/%s.log' % name, GOOD_LINES * 3), suite.path('case-' + name)
        tool = subprocess.Popen([ASHIATO, 'timeline', '-', path, '-o', case, '--strict'],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        until = time.monotonic() + 20
        while not os.path.exists(case + '/.work') and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.5)  # listing follows at once
        with open(path, 'r+b') as f:
            f.seek(0, os.SEEK_END)
            change(f)
        tool.communicate(GOOD_LINES, timeout=60)
        assert tool.returncode == 3, tool.returncode
        blob = blob_of(case, name + '.log')
        assert blob['size'] == os.path.getsize(path), blob
        assert any('changed while it was read' in n['text'] for n in blob['notes']), blob


# Output

class Disk:
    """A file system of a quarter of a megabyte, for root where mounting is allowed."""

    def __enter__(self):
        self.path = suite.path('disk')
        os.makedirs(self.path, exist_ok=True)
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', self.path],
                              capture_output=True)
        if done.returncode:
            raise Skip('no small disk can be mounted here: ' + done.stderr.decode().split('\n')[0])
        return self.path

    def __exit__(self, *why):
        subprocess.run(['umount', self.path], check=False)


def test_full_disk():
    evidence = incident()
    with Disk() as disk:
        ends(ashiato('timeline', evidence, '-o', disk + '/case'), 5, 'space')
        assert os.listdir(disk) == [], os.listdir(disk)


def test_writing_fails_sooner_or_later():
    """The limit on a file's size stands in for a disk that fills up at different moments."""
    evidence = incident()
    for kilobytes in (0, 4, 32, 128, 300):
        case = suite.path('case-limit')
        result = subprocess.run(
            [ASHIATO, 'timeline', evidence, '-o', case, '--memory', '64M'], capture_output=True,
            timeout=120, restore_signals=False,  # SIGXFSZ stays ignored: write fails instead
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                  (kilobytes << 10, kilobytes << 10)))
        ends(result, 5, 'ashiato:')
        no_case(case)


def test_full_standard_output():
    path = suite.write('good.log', GOOD_LINES * 200)
    with open('/dev/full', 'wb') as full:
        result = subprocess.run([ASHIATO, 'parse', path], stdout=full, stderr=subprocess.PIPE,
                                timeout=60)
    ends(result, 5, 'standard output')


def test_reader_of_standard_output_leaves():
    path = suite.write('many.log', GOOD_LINES * 2000)
    tool = subprocess.Popen([ASHIATO, 'parse', path], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    tool.stdout.read(100)
    tool.stdout.close()
    err = tool.stderr.read().decode('utf-8', 'replace')
    status = tool.wait(60)
    assert status in (5, -signal.SIGPIPE), '%d: %s' % (status, err)
    assert not any(c in err for c in CRASHES), err


def test_read_only_output():
    path = suite.write('good.log', GOOD_LINES)
    ends(ashiato('timeline', path, '-o', '/proc/ashiato-case'), 5, '/proc/ashiato-case')
    ends(ashiato('timeline', path, '-o', path + '/case'), 5, 'case')
    place = suite.path('locked')
    os.makedirs(place, exist_ok=True)
    os.chmod(place, 0o555)
    ends(as_user('timeline', path, '-o', place + '/case'), 5, 'locked')
    assert os.listdir(place) == []


def test_existing_case_folder():
    path = suite.write('good.log', GOOD_LINES)
    case, _ = case_of(path)
    before = {n: os.stat(os.path.join(case, n)).st_mtime_ns for n in os.listdir(case)}
    ends(ashiato('timeline', path, '-o', case), 2, '--force')
    assert before == {n: os.stat(os.path.join(case, n)).st_mtime_ns for n in os.listdir(case)}
    ends(ashiato('timeline', path, '-o', case, '--force'), 0)
    assert sorted(before) == sorted(os.listdir(case))
    ends(ashiato('timeline', path, '-o', path), 2)


def test_work_folder_that_is_a_link_is_not_emptied():
    path, kept = suite.write('good.log', GOOD_LINES), suite.write('kept/precious.log', GOOD_LINES)
    case = suite.path('case-linked')
    os.makedirs(case)
    os.symlink(os.path.dirname(kept), case + '/.work')
    ends(ashiato('timeline', path, '-o', case, '--force'), 5, '.work')
    assert os.path.exists(kept), 'a file behind the link is gone'


def test_case_does_not_replace_its_evidence():
    path = suite.write('own/auth.log', GOOD_LINES)
    folder = os.path.dirname(path)
    ends(ashiato('timeline', folder, '-o', folder + '/', '--force'), 2, 'is evidence')
    assert os.listdir(folder) == ['auth.log']
    case, _ = case_of(path)
    before = sorted(os.listdir(case))
    ends(ashiato('timeline', case, path, '-o', case, '--force'), 2, 'is evidence')
    assert before == sorted(os.listdir(case))


def test_options_that_contradict():
    path, case = suite.write('good.log', GOOD_LINES), suite.path('case-never')
    ends(ashiato('timeline', path, '-o', case, '--from', '2025-01-02', '--to', '2025-01-01'), 2,
         '--from')
    ends(ashiato('formats', 'x'), 2, 'arguments')
    no_case(case)


def test_day_of_the_time_range_counts_whole():
    line = (b'2024-10-0%dT%s+00:00 gw01 sshd[1]: Accepted password for ops from 192.0.2.7 port '
            b'4%d00 ssh2\n')
    path = suite.write('days.log', b''.join(line % (day, at, day) for day in (4, 5, 6)
                                      for at in (b'00:00:00', b'23:59:59')))
    case, _ = case_of(path, args=['--from', '2024-10-05', '--to', '2024-10-05'])
    with open(case + '/manifest.json', encoding='utf-8') as f:
        assert json.load(f)['events'] == 2


def test_rule_that_matches_nothing_is_named():
    path = suite.write('good.log', GOOD_LINES)
    case, result = case_of(path, args=['--zone', 'Asia/Tokyo:*/nowhere/*', '--zone', 'UTC:*.log',
                                       '--title', 'a', '--display-zone', 'Asia/Tokyo',
                                       '--display-zone', 'UTC'])
    ends(result, 0, '--zone Asia/Tokyo:*/nowhere/* matches no file')
    assert b'UTC:*.log matches' not in result.stderr
    with open(case + '/manifest.json', encoding='utf-8') as f:
        pairs = json.load(f, object_pairs_hook=lambda p: p)
    settings = dict(pairs)['settings']
    assert ('zone', 'Asia/Tokyo:*/nowhere/*, UTC:*.log') in settings, settings
    assert [v for k, v in settings if k == 'display-zone'] == ['UTC'], settings


def test_messages_hide_no_direction_marks():
    result = ashiato('timeline', '/nowhere/\u202egpj.exe\u009b')
    ends(result, 4, '\\u202egpj', '\\u009b')
    assert '\u202e'.encode() not in result.stderr


def test_answers_say_what_was_left_out():
    path = suite.write('good.log', GOOD_LINES)
    _, result = case_of(path, args=['--to', '1990-01-01'])
    assert b'40 records outside the time range' in result.stdout, result.stdout
    _, result = case_of(path, args=['--parser', 'evtx'])
    assert b'1 file damaged' in result.stdout, result.stdout


def test_thin_evidence_is_not_called_clean():
    line = (b'Oct  5 05:%02d:%02d gw01 sshd[77]: Failed password for invalid user u%d from '
            b'203.0.113.5 port %d ssh2\n')
    failed = b''.join(line % (i // 20, i % 20, i, 5000 + i) for i in range(60))
    case, result = case_of(suite.write('thin/auth.log', failed))
    assert b'of less weight' in result.stdout, result.stdout
    _, few = case_of(suite.write('thin/few.log', b''.join(failed.splitlines(True)[:9])))
    assert b'9 records of failed logons were read' in few.stdout, few.stdout
    assert b'No record of a logon was read' in result.stdout, result.stdout
    # Neither of two guesses hides the other.
    assert b'The year of 1 file is inferred. The time zone of 1 file is not known' in result.stdout
    with open(case + '/findings.json', encoding='utf-8') as f:
        why = json.load(f)['answers'][4]['blind'][0]['why']
    assert 'zone' in why and 'year' in why, why


def interrupt(signal_number, after):
    """Interrupts a run over much evidence; True when it was still running then."""
    case = suite.path('case-stopped')
    tool = subprocess.Popen([ASHIATO, 'timeline', suite.path('much'), '-o', case],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(after)
    running = tool.poll() is None
    tool.send_signal(signal_number)
    _, err = tool.communicate(timeout=60)
    assert running, 'the run was over before it could be stopped'
    err = err.decode('utf-8', 'replace')
    assert tool.returncode == 130, 'exit %d: %s' % (tool.returncode, err[-600:])
    assert 'interrupted' in err and not any(c in err for c in CRASHES), err[-1500:]
    no_case(case)


def test_interrupted():
    with open(suite.path('lines'), 'wb') as f:
        f.write(GOOD_LINES * 20000)
    for i in range(6):
        folder = suite.path('much/HOST%d/var/log' % i)
        os.makedirs(folder, exist_ok=True)
        os.link(suite.path('lines'), folder + '/auth.log')
    for number, after in ((signal.SIGINT, 0.15), (signal.SIGINT, 1.2), (signal.SIGTERM, 0.6)):
        interrupt(number, after)


def main():
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            suite.run(test)
    suite.end()


main()
