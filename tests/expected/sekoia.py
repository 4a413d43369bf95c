# SPDX-License-Identifier: Apache-2.0
"""SEKOIA's intake formats: each test is one message and the event made of it. Most came without
their syslog head; here are those of which the expected event has a time."""
import datetime
import json
import os

from common import CORPORA, Sample, first

NAME = 'sekoia'
OPTIONS = ['--latest', '2026-06-30', '--zone', 'UTC']
FOLDER = os.path.join(CORPORA, 'sekoia')
DIALECTS = ('cisco-ios', 'cisco-nx-os', 'openvpn', 'vmware-vcenter', 'fortigate', 'pulse-connect')
FLOOR = {'event': 99, 'time': 99}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def has_date(message, time):
    """The expected year is in the line's head: else it is that of the day the test was written."""
    return time[:4] in message[:60] and not message.startswith('time=')


def samples():
    found = []
    for root, folders, files in os.walk(FOLDER):
        folders.sort()
        parts = os.path.relpath(root, FOLDER).split(os.sep)
        if len(parts) < 2 or parts[1] not in DIALECTS:
            continue
        for name in sorted(files):
            if not name.endswith('.json'):
                continue
            with open(os.path.join(root, name), encoding='utf-8') as f:
                test = json.load(f)
            message = test['input']['message']
            time = test.get('expected', {}).get('@timestamp')
            if (not isinstance(message, str) or '\n' in message or not time or
                    not has_date(message, time)):
                continue
            s = Sample(parts[1] + '/' + name, dialect=parts[1])
            s.add(message, time=instant(time), src=first(test['expected'], 'source.ip'))
            found.append(s)
    return found
