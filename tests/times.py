#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Years and zones that logs do not write, through whole runs: folders with rotated sets, gzip
headers, zone files and modification times are made here, and the events' times compared."""
import gzip
import json
import os
import subprocess

from suite import Suite, ashiato, tail

suite = Suite('times')
STAMP = 1262304000  # 2010-01-01, the modification time of every file that is made


def write(root, path, text, mtime=STAMP, gzip_time=None):
    full = suite.path(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode()
    if gzip_time is not None:
        data = gzip.compress(data, mtime=gzip_time)
    with open(full, 'wb') as f:
        f.write(data)
    os.utime(full, (mtime, mtime))


def link(root, path, target):
    full = suite.path(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    os.symlink(target, full)


def run(root, *options):
    """(events by message, sources by path) of a run over the folder."""
    case = suite.path(root + '-case')
    r = ashiato('timeline', suite.path(root), '-o', case, '--force', '-q', *options)
    assert r.returncode == 0, tail(r)
    lines = subprocess.run(['zstd', '-dcq', case + '/events.jsonl.zst'], capture_output=True,
                           check=True).stdout.splitlines()
    with open(case + '/manifest.json') as f:
        manifest = json.load(f)
    with open(case + '/findings.json') as f:
        coverage = json.load(f)['coverage']
    for row in coverage:
        manifest_row = next(s for s in manifest['sources'] if s['path'] == row['path'])
        manifest_row['coverage'] = row
    return ({e['message'].removeprefix('prog: '): e for e in map(json.loads, lines)},
            {s['path'].split('/', 1)[1]: s for s in manifest['sources']})


def when(events, message):
    return events[message]['@timestamp']


def flags(events, message):
    return events[message]['ashiato'].get('flags', [])


def test_rotated_set_runs_across_new_year():
    write('rot', 'gw/var/log/auth.log', 'Feb  3 10:00:00 gw prog: newest\n')
    write('rot', 'gw/var/log/auth.log.1',
          'Dec 31 23:59:59 gw prog: last\nJan  1 00:00:00 gw prog: first\n')
    write('rot', 'gw/var/log/auth.log.2.gz', 'Nov  2 10:00:00 gw prog: older\n', gzip_time=0)
    write('rot', 'gw/var/log/dpkg.log', '2024-02-03 11:00:00 status installed x\n')
    events, sources = run('rot', '--zone', 'UTC')
    assert when(events, 'newest') == '2024-02-03T10:00:00Z', events
    assert when(events, 'first') == '2024-01-01T00:00:00Z'
    assert when(events, 'last') == '2023-12-31T23:59:59Z'
    assert when(events, 'older') == '2023-11-02T10:00:00Z'
    assert flags(events, 'older') == ['year-inferred']
    source = sources['gw/var/log/auth.log.2.gz']
    assert source['base_year'] == 2023 and 'rotated set' in source['year_basis'], source
    assert source['year_basis'] in json.dumps(source['coverage']), source['coverage']


def test_rotation_dates_and_gzip_headers_bound_the_year():
    write('dated', 'gw/var/log/messages-20190701', 'Jun 29 10:00:00 gw prog: dated name\n')
    write('dated', 'fw/var/log/old.log.gz', 'Jun 29 10:00:00 fw prog: header\n',
          gzip_time=1467331200)  # 2016-07-01
    events, sources = run('dated')
    assert when(events, 'dated name') == '2019-06-29T10:00:00Z', events
    assert when(events, 'header') == '2016-06-29T10:00:00Z'
    assert 'name' in sources['gw/var/log/messages-20190701']['year_basis']
    assert 'gzip' in sources['fw/var/log/old.log.gz']['year_basis']


def test_modification_time_is_the_last_resort_and_marked():
    write('mtime', 'gw/var/log/auth.log', 'Jun 29 10:00:00 gw prog: alone\n', mtime=1467331200)
    events, sources = run('mtime')
    assert when(events, 'alone') == '2016-06-29T10:00:00Z', events
    assert 'year-from-mtime' in flags(events, 'alone')
    source = sources['gw/var/log/auth.log']
    assert source['base_year'] == 2016 and 'modification time' in source['year_basis'], source
    events, sources = run('mtime', '--no-mtime')
    assert 'year-from-mtime' not in flags(events, 'alone')
    assert when(events, 'alone') == '1970-06-29T10:00:00Z'
    assert '--year' in sources['gw/var/log/auth.log']['year_basis']


def test_leap_day_and_weekday_rule_years_out():
    write('leap', 'gw/var/log/a.log', 'Feb 29 10:00:00 gw prog: leap\n')
    write('leap', 'gw/var/log/b.log', 'Wed Oct  2 10:00:00 gw prog: weekday\n')
    events, _ = run('leap', '--latest', '2023-12-31')
    assert when(events, 'leap') == '2020-02-29T10:00:00Z', events
    weekday = next(e for m, e in events.items() if 'weekday' in m)
    assert weekday['@timestamp'] == '2019-10-02T10:00:00Z', weekday


def test_latest_and_year_hold_for_what_they_match():
    write('rules', 'gw/var/log/auth.log', 'Jun 29 10:00:00 gw prog: gw\n')
    write('rules', 'fw/var/log/auth.log', 'Jun 29 10:00:00 fw prog: fw\n')
    write('rules', 'ns/var/log/auth.log', 'Jun 29 10:00:00 ns prog: ns\n')
    events, _ = run('rules', '--latest', '2020-12-31', '--latest', '2018-06-29T12:00:00Z:*/fw/*',
                    '--year', '2005:*/ns/*')
    assert when(events, 'gw') == '2020-06-29T10:00:00Z', events
    assert when(events, 'fw') == '2018-06-29T10:00:00Z'
    assert when(events, 'ns') == '2005-06-29T10:00:00Z'


def test_lines_out_of_order_have_their_own_year():
    months = ['Jun', 'Feb', 'Oct', 'May', 'Jan', 'Nov', 'Aug', 'Mar']
    write('mixed', 'gw/var/log/auth.log',
          ''.join('%s  3 10:00:00 gw prog: in %s\n' % (m, m) for m in months))
    events, sources = run('mixed', '--latest', '2005-08-14')
    for m in months:
        year = '2004' if m in ('Oct', 'Nov') else '2005'
        assert when(events, 'in ' + m).startswith(year), (m, when(events, 'in ' + m))
    assert 'not in order' in sources['gw/var/log/auth.log']['year_basis']


def test_zone_comes_from_the_disk_of_the_machine():
    for system in ('link', 'tzif', 'text', 'clock', 'none'):
        write('zones', system + '/var/log/x.log', 'Jul  1 10:00:00 h prog: %s\n' % system)
    link('zones', 'link/etc/localtime', '/usr/share/zoneinfo/Europe/Zurich')
    with open('/usr/share/zoneinfo/Asia/Tokyo', 'rb') as f:
        write('zones', 'tzif/etc/localtime', f.read())
    write('zones', 'tzif/var/lib/box/etc/timezone', 'America/New_York\n')
    write('zones', 'text/etc/timezone', 'America/New_York\n')
    write('zones', 'clock/etc/sysconfig/clock', '# c\nZONE="Europe/Moscow"\nUTC=true\n')
    events, sources = run('zones', '--latest', '2024-12-31')
    assert when(events, 'link') == '2024-07-01T08:00:00Z', events
    assert when(events, 'tzif') == '2024-07-01T01:00:00Z'
    assert when(events, 'text') == '2024-07-01T14:00:00Z'
    assert when(events, 'clock') == '2024-07-01T07:00:00Z'
    assert when(events, 'none') == '2024-07-01T10:00:00Z'
    assert 'zone-assumed' in flags(events, 'none') and 'zone-assumed' not in flags(events, 'link')
    assert 'localtime' in sources['link/var/log/x.log']['zone_basis']
    assert 'localtime' in json.dumps(sources['link/var/log/x.log']['coverage'])
    events, _ = run('zones', '--latest', '2024-12-31', '--zone', 'Asia/Tokyo:*/link/*')
    assert when(events, 'link') == '2024-07-01T01:00:00Z'


def test_summer_time_gaps_and_folds_are_flagged():
    write('dst', 'gw/x.log', 'Mar 31 02:30:00 gw prog: gap\nOct 27 02:30:00 gw prog: fold\n')
    events, _ = run('dst', '--latest', '2024-12-31', '--zone', 'Europe/Zurich')
    assert 'zone-gap' in flags(events, 'gap') and 'zone-fold' in flags(events, 'fold'), events


def test_parse_takes_the_same_options():
    write('one', 'x.log', 'Aug 14 10:00:00 gw prog: a\nAug 15 10:00:00 gw prog: b\n')
    r = ashiato('parse', '--latest', '2005-08-14', '--zone', 'Europe/Zurich',
                suite.path('one', 'x.log'))
    assert [json.loads(x)['@timestamp'] for x in r.stdout.splitlines()] == [
        '2005-08-14T08:00:00Z', '2004-08-15T08:00:00Z'], r.stdout


for test in (test_rotated_set_runs_across_new_year,
             test_rotation_dates_and_gzip_headers_bound_the_year,
             test_modification_time_is_the_last_resort_and_marked,
             test_leap_day_and_weekday_rule_years_out,
             test_latest_and_year_hold_for_what_they_match,
             test_lines_out_of_order_have_their_own_year,
             test_zone_comes_from_the_disk_of_the_machine,
             test_summer_time_gaps_and_folds_are_flagged,
             test_parse_takes_the_same_options):
    suite.run(test)
suite.end()
