# SPDX-License-Identifier: Apache-2.0
"""`make compare`: the EVTX decoder against evtx_dump (the Rust package `evtx`), over every EVTX file
of the shared test data, packed ones included: at least its records in each file, and for each of
them the same System parts and the same names and values of EventData and UserData.

What may differ stands in AGREED; docs/decisions.md says more of it."""
import collections
import json
import os
import re
import shutil

from evtx_records import (PARTS, Comparison, Record, events_of, files, leaves, record_of_ours,
                          spread, text_of, value_form)
from suite import Skip, Suite

EVTX_DUMP = shutil.which('evtx_dump') or os.path.expanduser('~/.cargo/bin/evtx_dump')

AGREED = {
    'a boolean that is neither 0 nor 1 is true (libevtx, too), not its number':
        lambda part, ours, theirs: ours == 'true' and re.fullmatch(r'-?\d+', theirs),
    'a record without a time of its own has that of its header':
        lambda part, ours, theirs: part == 'time' and theirs in ('', '1601-01-01T00:00:00.'),
    'zeros that are longer than a SID are no SID':
        lambda part, ours, theirs: re.fullmatch('0+', ours) and theirs == 'S-0-0',
}


def part_of(system, element, attribute):
    node = system.get(element)
    if attribute:
        node = node.get('#attributes', {}).get(attribute) if isinstance(node, dict) else None
    elif isinstance(node, dict):
        node = node.get('#text')
    return value_form(node)


def record_of_dump(event):
    system = event.get('System') or {}
    data = collections.Counter()
    leaves(event.get('EventData'), [], data)
    leaves(event.get('UserData'), [], data)
    return Record(part_of(system, 'EventRecordID', None),
                  {part: part_of(system, *place) for part, place in PARTS.items()}, data)


def compare(path, name):
    """Our reading of one file beside evtx_dump's: what Comparison.add takes."""
    lines = text_of(EVTX_DUMP, '-t', '1', '-o', 'jsonl', path).splitlines()
    comparison = Comparison('evtx_dump', AGREED)
    comparison.file(name, [record_of_ours(event) for event in events_of(path)],
                    [record_of_dump(json.loads(line)['Event']) for line in lines])
    return comparison.result()


def test_every_record_and_value_of_evtx_dump():
    if not os.access(EVTX_DUMP, os.X_OK):
        raise Skip('evtx_dump is not installed (cargo install evtx)')
    whole = Comparison('evtx_dump', AGREED)
    for result in spread(compare, files(suite.folder)):
        whole.add(result)
    whole.check(at_least=50000)
    print('%d records compared; agreed differences:' % whole.records)
    for reason, count in whole.used.items():
        print('%7d %s' % (count, reason))


suite = Suite('compare')
suite.run(test_every_record_and_value_of_evtx_dump)
suite.end()
