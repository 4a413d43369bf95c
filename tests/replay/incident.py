#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample incident, end to end: what the tool answers against what really happened.

usage: [ASHIATO=build/asan/ashiato] tests/replay/incident.py [PART-OF-A-TEST-NAME...]
The program `incident` writes the evidence and truth.json; nothing here knows the story."""
import datetime
import filecmp
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from suite import INCIDENT, Skip, Suite, ashiato, tail  # noqa: E402

suite = Suite('replay')
OUTPUTS = ['findings.json', 'events.jsonl.zst', 'timeline.csv', 'facts.json', 'manifest.json',
           'report.html', 'case.db']
ZONE = ['--zone', 'Asia/Tokyo']  # db01 writes neither year nor zone; truth.json says which it is


def stamp(text):
    """Seconds since 1970, with the fraction cut to microseconds."""
    text = text.rstrip('Z')
    if '.' in text:
        text = text[:text.index('.') + 7]
    return datetime.datetime.fromisoformat(text + '+00:00').timestamp()


def timeline(case, *args, **more):
    result = ashiato('timeline', *args, *ZONE, '-o', suite.path(case), **more)
    assert result.returncode == 0, 'exit %d: %s' % (result.returncode, tail(result))
    return suite.path(case)


def load(case, name='findings.json'):
    with open(os.path.join(case, name), encoding='utf-8') as f:
        return json.load(f)


def events(case):
    if not shutil.which('zstd'):
        raise Skip('zstd is not installed')
    text = subprocess.run(['zstd', '-dc', os.path.join(case, 'events.jsonl.zst')],
                          capture_output=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


class Story:
    """One case over all of the evidence, read once, and the truth."""

    def __init__(self):
        self.folder = suite.path('incident')
        subprocess.run([INCIDENT, self.folder], check=True, stdout=subprocess.DEVNULL)
        self.truth = load(self.folder, 'truth.json')
        self.evidence = os.path.join(self.folder, 'evidence')
        self.hosts = sorted(os.path.join(self.evidence, h) for h in os.listdir(self.evidence))
        self.case = self.found = None

    def read(self):
        self.case = timeline('case', *self.hosts)
        self.found = load(self.case)
        self.edges = {e['id']: e for e in self.found['edges']}

    def name(self, reference):
        """Answers and findings may name a host or an account, or give its id."""
        for host in self.found['hosts']:
            if host['id'] == reference:
                return host['names'][0]
        for account in self.found['accounts']:
            if account['id'] == reference:
                return account['names'][0]
        return reference

    def names(self, references):
        return [short(self.name(r)) for r in references]


def short(name):
    """FS01.acme.example and fs01 are FS01; ACME\\da.mori and da.mori@ACME are da.mori."""
    name = name.split('\\')[-1].split('@')[0]
    host = name.split('.')[0].upper()
    return host if host in ('DC01', 'FS01', 'APP02', 'WS07', 'GW01', 'DB01', 'PROXY01',
                            'ADM01') else name


def ends_of(edge):
    source = short(edge['source'].get('host') or edge['source'].get('ip') or '')
    return source, short(edge['destination'].get('host') or edge['destination'].get('ip') or '')


def is_hop(edge, hop):
    """Same ends, same method, and begun at the time, give or take a minute."""
    source, destination = ends_of(edge)
    return (source in (short(hop['source']), hop['source_ip']) and
            destination == short(hop['destination']) and edge['method'] == hop['method'] and
            abs(stamp(edge['start']) - stamp(hop['time'])) <= 60)


def describe(edge):
    return '%s %s -> %s %s as %s%s' % (edge['start'], *ends_of(edge), edge['method'],
                                       edge['account'], ' hostile' if edge['hostile'] else '')


def hop_text(hop):
    return '%(time)s %(source)s -> %(destination)s %(method)s as %(account)s' % hop


story = Story()


# The program that writes the evidence

def test_sample_is_the_same_twice():
    again = suite.path('again')
    subprocess.run([INCIDENT, again], check=True, stdout=subprocess.DEVNULL)
    files = [os.path.relpath(os.path.join(d, f), story.folder)
             for d, _, names in os.walk(story.folder) for f in names]
    same, differ, missing = filecmp.cmpfiles(story.folder, again, files, shallow=False)
    assert not differ and not missing and len(same) > 20, '%s differ, %s missing' % (differ,
                                                                                   missing)
    shutil.rmtree(again)


def evtx_files():
    return [os.path.join(d, f) for d, _, names in os.walk(story.evidence) for f in sorted(names)
            if f.endswith('.evtx')]


def counted(command, path, mark):
    result = subprocess.run([*command, path], capture_output=True, check=False)
    assert result.returncode == 0 and not result.stderr, '%s: %s' % (path, result.stderr[:300])
    return sum(line.startswith(mark) for line in result.stdout.splitlines())


def test_other_readers_accept_every_event_log():
    readers = [(c, m) for c, m in ((['evtxexport', '-m', 'all'], b'Event number'),
                                   (['evtx_dump', '--validate-checksums', '-o', 'jsonl'], b'{'))
               if shutil.which(c[0])]
    if not readers:
        raise Skip('neither evtxexport nor evtx_dump is installed')
    blobs = story.found['coverage'] if story.found else []
    for path in evtx_files():
        counts = [counted(c, path, m) for c, m in readers]
        counts += [b['events'] for b in blobs if path.endswith('/' + b['path'])]
        assert len(set(counts)) == 1 and counts[0] > 0, '%s: %s' % (path, counts)


# The answers

def test_incident_is_read():
    story.read()


def need():
    assert story.found, 'no case'


def test_entry():
    need()
    answer, truth = story.found['answers'][0], story.truth['entry']
    text = answer['summary'] + json.dumps(answer)
    assert truth['account'] in story.names(answer['accounts']), answer['accounts']
    assert truth['address'] in text, answer['summary']
    assert abs(stamp(answer['time']) - stamp(truth['time'])) <= 60, answer['time']
    assert short(truth['host']) in story.names(answer['hosts']), answer['hosts']


def test_every_hop_in_order():
    need()
    listed = [story.edges[i] for i in story.found['answers'][1]['edges']]
    at = -1
    for hop in story.truth['hops']:
        places = [i for i, edge in enumerate(listed) if is_hop(edge, hop)]
        assert places, 'no %s among:\n  %s' % (hop_text(hop), '\n  '.join(map(describe, listed)))
        assert places[0] > at, 'out of order: %s' % hop_text(hop)
        at = places[0]


def test_hop(hop):
    need()
    found = [e for e in story.found['edges'] if is_hop(e, hop)]
    assert len(found) == 1, '%d edges' % len(found)
    edge = found[0]
    assert short(edge['account']) == hop['account'], edge['account']
    assert edge['hostile'], 'not hostile: score %s, %s' % (edge['score'], edge['reasons'])
    collected = os.path.isdir(os.path.join(story.evidence, hop['source']))
    assert edge['ends'] == ('both' if collected else 'destination'), edge['ends']
    assert edge['confidence'] >= (0.8 if collected else 0.5), edge['confidence']
    assert edge['technique'] in {'rdp': ['T1021.001'], 'ssh': ['T1021.004'],
                                 'psexec': ['T1021.002', 'T1569.002']}[hop['method']]


def test_no_other_pair_is_called_hostile():
    need()
    pairs = {(short(h['source']), short(h['destination'])) for h in story.truth['hops']}
    pairs |= {(h['source_ip'], short(h['destination'])) for h in story.truth['hops']}
    entry = story.truth['entry']
    pairs |= {(a, b) for a in (entry['address'], entry['lease']) for b in ('GW01', 'WS07')}
    wrong = [describe(e) for e in story.found['edges'] if e['hostile'] and ends_of(e) not in pairs]
    assert not wrong, '\n  '.join(wrong)


def test_administration_is_seen_and_not_accused():
    need()
    for hop in story.truth['benign']:
        found = [e for e in story.found['edges'] if is_hop(e, hop)]
        assert found, 'no %s' % hop_text(hop)
        assert not any(e['hostile'] for e in found), describe(found[0])
        assert all(e['severity'] in ('info', 'low') for e in found), found[0]['severity']


def test_upload():
    need()
    answer, truth = story.found['answers'][2], story.truth['upload']
    low, high = answer['bytes']['low'], answer['bytes']['high']
    assert low <= truth['bytes'] <= high, '%d..%d, really %d' % (low, high, truth['bytes'])
    assert high - low <= truth['bytes'] // 100, '%d..%d' % (low, high)
    assert truth['destination'] in answer['destination'], answer['destination']
    assert (truth['client'] in answer['client'] or
            short(story.name(answer['client'])) == 'FS01'), answer['client']


def test_encryption_per_host():
    need()
    found = {short(story.name(h['host'])): h for h in story.found['answers'][3]['per_host']}
    for truth in story.truth['encryption']:
        assert truth['host'] in found, sorted(found)
        host = found[truth['host']]
        # Damage begins with the shadow copies, at most a quarter of an hour before.
        before = stamp(truth['first']) - stamp(host['first'])
        assert -1 <= before <= 900, '%s: %s, really %s' % (truth['host'], host['first'],
                                                           truth['first'])
        assert stamp(host['last']) >= stamp(truth['last']) - 5, host['last']


def test_hour_of_encryption():
    need()
    for truth in story.truth['encryption']:
        found = [f for f in story.found['findings'] if 'T1486' in f['technique'] and
                 truth['host'] in story.names(f['hosts'])]
        assert found, 'no encryption on ' + truth['host']
        start = min(stamp(f['start']) for f in found)
        assert abs(start - stamp(truth['first'])) <= 60, '%s: %s' % (truth['host'],
                                                                    found[0]['start'])


def test_cleared_logs():
    need()
    for truth in story.truth['cleared']:
        found = [f for f in story.found['findings'] if 'T1685.005' in f['technique'] and
                 truth['host'] in story.names(f['hosts']) and
                 truth['channel'] in f['title'] + f['reason'] and
                 abs(stamp(f['start']) - stamp(truth['time'])) < 2]
        assert found, 'clearing of %(host)s %(channel)s' % truth
        texts = [(f['title'] + ' ' + f['reason']).replace(',', '') for f in found]
        assert any(str(truth['lost']) in t for t in texts), 'lost %d: %s' % (truth['lost'], texts)
        blind = [b for b in story.found['answers'][4]['blind']
                 if short(story.name(b['host'])) == truth['host'] and
                 truth['channel'] in b['log']]
        assert blind, 'not named as blind: %(host)s %(channel)s' % truth


def test_shadow_copies_deleted():
    need()
    hosts = [n for f in story.found['findings'] if 'T1490' in f['technique']
             for n in story.names(f['hosts'])]
    # APP02 lost the record of it when its log was cleared.
    assert {'FS01', 'DC01'} <= set(hosts), hosts


def test_events_of_a_hop_are_marked_on_both_sides():
    need()
    hop = next(h for h in story.truth['hops'] if h['source'] == 'WS07' and h['method'] == 'rdp')
    edge = next(e for e in story.found['edges'] if is_hop(e, hop))
    sides = {}
    for event in events(story.case):
        for mark in event['ashiato'].get('lateral', []):
            if mark['edge'] == edge['id']:
                sides.setdefault(mark['side'], set()).add(short(event['host']['name']))
    assert 'WS07' in sides.get('source', ()) and 'FS01' in sides.get('destination', ()), sides


def test_every_file_is_accounted_for():
    need()
    files = [f for _, _, names in os.walk(story.evidence) for f in names]
    assert len(story.found['coverage']) == len(files), len(story.found['coverage'])
    for blob in story.found['coverage']:
        assert blob['parser'] and blob['events'] > 0 and blob['damaged'] == 0, blob
    total, written = sum(b['events'] for b in story.found['coverage']), len(events(story.case))
    assert written == total, '%d, not %d' % (written, total)


def test_machines_without_a_year_get_it_from_the_rest():
    need()
    times = [e['@timestamp'] for e in events(story.case) if short(e['host']['name']) == 'DB01']
    assert times and all(t.startswith('2024-10-') for t in times), sorted(times)[:2]


def test_guessed_password_is_told_when_the_way_in_is_not_collected():
    """Without the logs of the machine behind the VPN nothing ties the guess to the movements."""
    hosts = [h for h in story.hosts
             if short(os.path.basename(h)) != story.truth['hops'][0]['destination']]
    assert len(hosts) == len(story.hosts) - 1
    answer = load(timeline('without-first-hop', *hosts))['answers'][0]
    told = answer['summary'] + answer['unknown']
    entry = story.truth['entry']
    assert entry['address'] in told and entry['account'] in told, told
    assert 'records of failed logons' in told, told


def test_quiet_days_accuse_nobody():
    folder = suite.path('quiet')
    subprocess.run([INCIDENT, '--without-attack', folder], check=True, stdout=subprocess.DEVNULL)
    found = load(timeline('quiet-case', os.path.join(folder, 'evidence')))
    hostile = [describe(e) for e in found['edges'] if e['hostile']]
    assert found['edges'] and not hostile, hostile
    grave = [f['title'] for f in found['findings'] if f['severity'] in ('high', 'critical')]
    assert not grave, grave
    for answer in found['answers'][:4]:
        assert answer['confidence'] == 0 and not answer['events'], answer


# The same bytes

def equal(case, outputs=None):
    for name in outputs or OUTPUTS:
        assert filecmp.cmp(os.path.join(story.case, name), os.path.join(case, name),
                           shallow=False), name + ' differs'
    shutil.rmtree(case)


def test_one_thread_or_eight():
    need()
    equal(timeline('j1', *story.hosts, '-j1'))
    equal(timeline('j8', *story.hosts, '-j8'))


def test_zone_and_locale_of_the_machine():
    need()
    equal(timeline('tz', *story.hosts, env={'TZ': 'America/St_Johns', 'LC_ALL': 'tr_TR.UTF-8'}))
    equal(timeline('c', *story.hosts, env={'TZ': '', 'LC_ALL': 'C'}))


def test_order_of_the_arguments():
    need()
    equal(timeline('order', *reversed(story.hosts)))


def test_little_memory():
    need()
    equal(timeline('memory', *story.hosts, '--memory', '64M'))


def test_same_file_twice_is_one_event_in_two_places():
    need()
    host = os.path.join(story.evidence, 'WS07')
    copy = suite.path('copy', 'WS07')
    shutil.copytree(host, copy)
    once, twice = events(timeline('once', host)), events(timeline('twice', host, copy))
    assert [e['ashiato']['uid'] for e in twice] == [e['ashiato']['uid'] for e in once]
    for event in twice:
        places = {p['path'] for p in event['ashiato'].get('places', [])}
        assert len(places) == 2, event['ashiato']


def results_equal(case):
    found = load(case)
    for key in ('answers', 'edges', 'findings', 'sessions', 'hosts', 'accounts', 'coverage'):
        assert found[key] == story.found[key], key + ' differ'


def test_case_read_back():
    need()
    again = timeline('back', story.case)
    results_equal(again)
    equal(again, ['findings.json', 'events.jsonl.zst', 'facts.json', 'timeline.csv'])


def test_two_cases_are_one_run_over_both():
    need()
    first = timeline('first', *story.hosts[:3])
    second = timeline('second', *story.hosts[3:])
    both = timeline('both', first, second)
    results_equal(both)
    equal(both, ['findings.json', 'events.jsonl.zst'])


def main():
    suite.run(test_sample_is_the_same_twice)
    suite.run(test_incident_is_read)
    suite.run(test_other_readers_accept_every_event_log)
    suite.run(test_entry)
    suite.run(test_every_hop_in_order)
    for number, hop in enumerate(story.truth['hops'], 1):
        suite.run(test_hop, hop, label='hop %d: %s to %s, %s' % (
            number, hop['source'], hop['destination'], hop['method']))
    for test in (test_no_other_pair_is_called_hostile, test_administration_is_seen_and_not_accused,
                 test_upload, test_encryption_per_host, test_hour_of_encryption, test_cleared_logs,
                 test_shadow_copies_deleted, test_events_of_a_hop_are_marked_on_both_sides,
                 test_every_file_is_accounted_for,
                 test_machines_without_a_year_get_it_from_the_rest,
                 test_guessed_password_is_told_when_the_way_in_is_not_collected,
                 test_quiet_days_accuse_nobody, test_one_thread_or_eight,
                 test_zone_and_locale_of_the_machine, test_order_of_the_arguments,
                 test_little_memory, test_same_file_twice_is_one_event_in_two_places,
                 test_case_read_back, test_two_cases_are_one_run_over_both):
        suite.run(test)
    suite.end()


main()
