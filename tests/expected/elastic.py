# SPDX-License-Identifier: Apache-2.0
"""Test data of Elastic's integrations: a log, and beside it the events that the ingest pipeline
makes of its lines."""
import json
import os

from common import CORPORA, Sample, first, seconds

NAME = 'elastic'
OPTIONS = ['--latest', '2023-12-31', '--zone', 'UTC']
FOLDER = os.path.join(CORPORA, 'elastic-package')
FLOOR = {'event': 99, 'time': 99, 'src': 95}


def samples():
    found = []
    for root, folders, files in os.walk(FOLDER):
        folders.sort()
        for name in sorted(files):
            expected = os.path.join(root, name + '-expected.json')
            if not os.path.exists(expected):
                continue
            s = Sample(os.path.relpath(os.path.join(root, name), FOLDER), read='auth' in root)
            with open(os.path.join(root, name), 'rb') as f:
                lines = [x for x in f.read().splitlines() if x]
            with open(expected, encoding='utf-8') as f:
                events = json.load(f)['expected']
            if len(lines) != len(events):
                continue
            for line, e in zip(lines, events):
                # the pipeline gives lines without a year that of the day on which it ran
                has_year = e and str(e['@timestamp'])[:4].encode() in line[:24]
                auth = 'auth' in root
                s.add(line, time=seconds(e['@timestamp']) if e and (has_year or auth) else None,
                      src=first(e, 'source.ip') if auth else None,
                      user=first(e, 'user.name') if auth and first(e, 'event.action') == 'ssh_login'
                      else None,
                      host=first(e, 'host.hostname') if auth else None,
                      program=first(e, 'process.name') if auth else None,
                      pid=first(e, 'process.pid') if auth else None)
            found.append(s)
    return found
