# SPDX-License-Identifier: Apache-2.0
"""loghub's samples of 2,000 lines, with a table of what stands in each line: time, host, program,
process, message."""
import calendar
import csv
import os

from common import CORPORA, Sample

NAME = 'loghub'
OPTIONS = ['--year', '2005', '--zone', 'UTC']
FOLDER = os.path.join(CORPORA, 'loghub')
FLOOR = {'event': 99.9, 'time': 99.9, 'host': 99.9, 'program': 99.5, 'pid': 99.5}
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()
AGREED = {
    'pid': 'a login of a console has two hyphens where the program stands',
    'program': 'the same line',
}


def samples():
    found = []
    for name, host in (('Linux', 'Level'), ('Mac', 'User')):
        path = os.path.join(FOLDER, name, name + '_2k.log')
        s = Sample(name, read=True)
        with open(path, 'rb') as f:
            lines = f.read().replace(b'\r\n', b'\n').split(b'\n')
        with open(path + '_structured.csv', newline='', encoding='utf-8') as f:
            for row in csv.DictReader(f):
                clock = [int(x) for x in row['Time'].split(':')]
                at = calendar.timegm((2005, MONTHS.index(row['Month']) + 1, int(row['Date']), *clock))
                component = row['Component'].split('(')[0].strip()
                if component.startswith('syslogd '):
                    component = 'syslogd'
                s.add(lines[int(row['LineId']) - 1], time=at, host=row[host],
                      program=component.rsplit('/', 1)[-1] if component.startswith('/') else component,
                      pid=row['PID'] if row['PID'] not in ('', '0') else None)
                if component.startswith('--'):
                    s.agreed.update({(len(s.lines) - 1, key): why for key, why in AGREED.items()})
        found.append(s)
    return found
