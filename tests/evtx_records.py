# SPDX-License-Identifier: Apache-2.0
"""Records of EVTX files in one form, whichever reader they come from, for the tests that compare.

A Record has `number` (EventRecordID), `system` (a dict of the parts below) and `data` (a Counter of
(path, text), one for each text and attribute in EventData and UserData that is not empty)."""
import collections
import concurrent.futures
import glob
import gzip
import json
import os
import re
import subprocess
import zipfile

from suite import ASHIATO, ROOT, Skip

CORPORA = os.path.join(os.path.dirname(ROOT), 'shared', 'corpora')

Record = collections.namedtuple('Record', 'number system data')

PARTS = {  # name here: element and attribute of System
    'provider': ('Provider', 'Name'),
    'guid': ('Provider', 'Guid'),
    'source': ('Provider', 'EventSourceName'),
    'code': ('EventID', None),
    'qualifiers': ('EventID', 'Qualifiers'),
    'version': ('Version', None),
    'level': ('Level', None),
    'task': ('Task', None),
    'opcode': ('Opcode', None),
    'keywords': ('Keywords', None),
    'time': ('TimeCreated', 'SystemTime'),
    'activity': ('Correlation', 'ActivityID'),
    'related': ('Correlation', 'RelatedActivityID'),
    'pid': ('Execution', 'ProcessID'),
    'tid': ('Execution', 'ThreadID'),
    'channel': ('Channel', None),
    'computer': ('Computer', None),
    'sid': ('Security', 'UserID'),
}


def files(folder):
    """Every EVTX file of the corpora, packed ones unpacked to `folder`: (path, name)."""
    found = []
    for path in sorted(glob.glob(os.path.join(CORPORA, '**', '*'), recursive=True)):
        name = os.path.relpath(path, CORPORA)
        if path.lower().endswith('.evtx') and os.path.isfile(path):
            found.append((path, name))
        elif path.lower().endswith('.evtx.gz'):
            found.append((unpack(folder, name[:-3], gzip.open(path)), name))
        elif path.lower().endswith('.zip') and 'evtx' in name:
            with zipfile.ZipFile(path) as packed:
                for member in packed.namelist():
                    if member.lower().endswith('.evtx'):
                        inside = os.path.join(name, member.replace('\\', '/'))
                        found.append((unpack(folder, inside, packed.open(member)), inside))
    if not found:
        raise Skip('no EVTX files under ' + CORPORA)
    return found


def unpack(folder, name, file):
    path = os.path.join(folder, name.replace('/', '~'))
    with file, open(path, 'wb') as out:
        out.write(file.read())
    return path


def spread(work, found):
    """The results of work(path, name) for each file, in order, from as many processes as there are
    processors; the largest files first."""
    order = sorted(range(len(found)), key=lambda i: -os.path.getsize(found[i][0]))
    results = [None] * len(found)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {i: pool.submit(work, *found[i]) for i in order}
        for i, job in jobs.items():
            results[i] = job.result()
    return results


def text_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False).stdout.decode('utf-8', 'replace')


def report(wrong):
    assert not wrong, '%d differences:\n  %s' % (len(wrong), '\n  '.join(line[:400] for line in wrong[:20]))


# ---- values ----

def plain(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, list):
        return ', '.join(plain(v) for v in value)
    return '' if value is None else str(value)


def value_form(text):
    """One form for what is written in several: line ends, hexadecimal digits, digits of a second's
    fraction, capitals of GUIDs, blanks around."""
    text = plain(text).replace('\r\n', '\n').replace('\r', '\n').strip()
    if re.fullmatch(r'0x[0-9a-fA-F]+', text):
        return hex(int(text, 16))
    if re.fullmatch(r'\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?', text):
        return text.lower().strip('{}')
    return re.sub(r'^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\.?(\d*?)0*(Z| UTC)$', r'\1.\2', text)


def leaves(node, path, out):
    """Counts (path, text) of all that JSON as evtx_dump writes it, or ours, holds below `node`."""
    if isinstance(node, list):
        for item in node:
            leaves(item, path, out)
    elif not isinstance(node, dict):
        text = value_form(node)
        if text:
            out[('/'.join(path), text)] += 1
    else:
        for key, value in node.items():
            if key.startswith('#text'):
                leaves(value, path, out)
            elif key == '#attributes':
                for name, text in value.items():
                    if name != 'xmlns' and not name.startswith('xmlns:') and path:
                        leaves(text, path + [name], out)
            else:
                base = re.sub(r'_\d+$', '', key)  # repeated elements: Data, Data_1, Data_2
                leaves(value, path + [base if base in node else key], out)


# ---- ours ----

def record_of_ours(event):
    winlog = event.get('winlog', {})
    process = winlog.get('process', {})
    values = {
        'provider': event['event'].get('provider'),
        'guid': winlog.get('provider_guid'),
        'source': winlog.get('event_source_name'),
        'code': event['event'].get('code', 0),
        'time': event['@timestamp'],
        'activity': winlog.get('activity_id'),
        'related': winlog.get('related_activity_id'),
        'pid': process.get('pid'),
        'tid': process.get('thread', {}).get('id'),
        'computer': winlog.get('computer_name'),
        'sid': winlog.get('user', {}).get('identifier'),
    }
    system = {part: value_form(values.get(part, winlog.get(part))) for part in PARTS}
    data = collections.Counter()
    leaves(winlog.get('event_data'), [], data)
    leaves(winlog.get('user_data'), [], data)
    for field in event['ashiato'].get('fields', []):  # text of elements that have attributes too
        if field['group'] in ('event_data', 'user_data'):
            leaves(field['value'], field['name'].split('/'), data)
    return Record(plain(winlog.get('record_id')), system, data)


def events_of(path, *options):
    lines = text_of(ASHIATO, 'parse', '--quiet', *options, path).splitlines()
    return [json.loads(line) for line in lines]


def by_number(records):
    """Record number to the records that have it."""
    numbered = collections.defaultdict(list)
    for record in records:
        numbered[record.number].append(record)
    return numbered


# ---- differences ----

def differences(mine, theirs):
    """Yields (part, ours, theirs); parts of the data are written "data NAME"."""
    for part, value in theirs.system.items():
        if mine.system[part] != value:
            yield part, mine.system[part], value
    missing, extra = theirs.data - mine.data, mine.data - theirs.data
    for name, value in sorted(missing.elements()):
        other = next((v for (k, v) in sorted(extra) if k == name), None)
        if other is not None:
            extra[(name, other)] -= 1
            extra += collections.Counter()
        yield 'data ' + name, other, value
    for name, value in sorted(extra.elements()):
        yield 'data ' + name, value, None


def closest(record, candidates):
    """The differences to the candidate with the fewest; None without candidates."""
    return min((list(differences(candidate, record)) for candidate in candidates),
               key=len, default=None)


class Comparison:
    """Our records of files beside another reader's. `agreed` maps what may differ, with its reason,
    to a function of (part, ours, theirs); all others are wrong."""

    def __init__(self, reader, agreed):
        self.reader, self.agreed = reader, agreed
        self.wrong, self.used, self.records = [], collections.Counter(), 0

    def file(self, name, mine, theirs):
        """A record that has no number of its own is looked for among all."""
        self.records += len(theirs)
        numbered = by_number(mine)
        if len(mine) < len(theirs):
            self.wrong.append('%s: %d records, %s has %d'
                              % (name, len(mine), self.reader, len(theirs)))
        for record in theirs:
            unnumbered = record.number in ('', '0')
            found = closest(record, mine if unnumbered else numbered[record.number])
            if found is None:
                self.wrong.append('%s: record %s is missing' % (name, record.number))
            for difference in found or []:
                self.judge('%s: record %s' % (name, record.number), *difference)

    def judge(self, where, part, ours, theirs):
        for reason, holds in self.agreed.items():
            if holds(part, ours or '', theirs or ''):
                self.used[reason] += 1
                return
        self.wrong.append('%s: %s is %r, %s has %r' % (where, part, ours, self.reader, theirs))

    def result(self):
        """What `add` takes, in another process too."""
        return self.wrong, self.used, self.records

    def add(self, result):
        self.wrong += result[0]
        self.used += result[1]
        self.records += result[2]

    def check(self, at_least):
        """Nothing wrong, enough compared, and no reason that nothing needs any more."""
        report(self.wrong)
        assert self.records >= at_least, 'only %d records of %s' % (self.records, self.reader)
        unused = [reason for reason in self.agreed if not self.used[reason]]
        assert not unused, 'agreed differences that do not occur: %s' % unused
