# SPDX-License-Identifier: Apache-2.0
"""The EVTX decoder against two others, over every EVTX file of the shared test data.

evtxexport (libevtx): at least its records in every file, and the same event id and computer for
each of them. evtx_dump (the Rust package `evtx`): the same System parts and the same names and
values of EventData and UserData, record by record.

Agreed differences, each with its reason:
- Torn chunks: a record whose template was overwritten is shown by the others with the names of
  whatever template now lies at that offset; here it keeps its values as ashiato.value.N.
- A record number of 0 in System (a record of zeros) is no number: the header's counts.
- SYSTEMTIME has milliseconds; evtx_dump writes seven digits for it.
- A boolean that is neither 0 nor 1 is true, as libevtx has it; evtx_dump writes the number.
- <EventData Name="..."> is ashiato.EventData.Name, not one of the data.

libevtx as `--evtx-reader libevtx`: the same events as the native reader's, record by record, over
the sample incident. It pads hexadecimal numbers to full width, writes GUIDs among the data in upper
case and times with nine digits."""
import collections
import functools
import glob
import json
import os
import random
import re
import shutil
import subprocess
from xml.etree import ElementTree

from suite import ASHIATO, INCIDENT, ROOT, Skip, Suite

CORPORA = os.path.join(os.path.dirname(ROOT), 'shared', 'corpora')
EVTX_DUMP = shutil.which('evtx_dump') or os.path.expanduser('~/.cargo/bin/evtx_dump')


def files():
    found = sorted(f for f in glob.glob(os.path.join(CORPORA, '**', '*'), recursive=True)
                   if f.lower().endswith('.evtx') and os.path.isfile(f))
    if not found:
        raise Skip('no EVTX files under ' + CORPORA)
    return found


def text_of(*command):
    return subprocess.run(command, capture_output=True).stdout.decode('utf-8', 'replace')


def ours(path):
    return [json.loads(line) for line in text_of(ASHIATO, 'parse', '--quiet', path).splitlines()]


def report(wrong):
    assert not wrong, '%d differences:\n  %s' % (len(wrong), '\n  '.join(wrong[:20]))


# ---- evtxexport ----

def exported(path):
    """Event id and computer of each record."""
    records, record = [], None
    for line in text_of('evtxexport', path).split('\n'):
        name, colon, value = line.partition('\t: ')
        name = name.strip()
        if name == 'Event number':
            record = {}
            records.append(record)
        elif colon and record is not None:
            record.setdefault(name, value.strip())
    return [(int(r.get('Event identifier', '0').split()[0], 16) & 0xffff,
             r.get('Computer name', '')) for r in records]


def against_evtxexport(path, events):
    theirs = exported(path)
    mine = [(int(e['event'].get('code', 0)), e.get('winlog', {}).get('computer_name', ''))
            for e in events]
    if len(mine) < len(theirs):
        yield '%s: %d records, evtxexport has %d' % (path, len(mine), len(theirs))
    for record, n in (collections.Counter(theirs) - collections.Counter(mine)).items():
        if not is_torn(path):
            yield '%s: %d records %r are missing' % (path, n, record)


# ---- evtx_dump ----

def is_torn(path):
    return any(part in path for part in ('2-vss_0-', 'bad_chunk_magic', 'HelloForBusiness',
                                         'LanguagePackSetup'))


def plain(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, list):
        return ', '.join(plain(v) for v in value)
    return '' if value is None else str(value)


def same_form(text):
    text = re.sub(r'(T\d\d:\d\d:\d\d\.\d{3})0*Z$', r'\1Z', text)
    return text.replace('\r\n', '\n').replace('\r', '\n').strip()


def leaves(node, path, out):
    """Counts (path, text) of all that evtx_dump's JSON holds below `node`."""
    if isinstance(node, list):
        for item in node:
            leaves(item, path, out)
        return
    if not isinstance(node, dict):
        text = same_form(plain(node))
        if text:
            out[('/'.join(path), text)] += 1
        return
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


def data_of_dump(event):
    out = collections.Counter()
    leaves(event.get('EventData'), [], out)
    leaves(event.get('UserData'), [], out)
    return out


def data_of_ours(event):
    out = collections.Counter()
    leaves(event.get('winlog', {}).get('event_data'), [], out)
    leaves(event.get('winlog', {}).get('user_data'), [], out)
    for field in event['ashiato'].get('fields', []):  # text of elements that have attributes too
        if field['group'] in ('event_data', 'user_data'):
            leaves(field['value'], field['name'].split('/'), out)
    return out


def text(system, element, attribute=None):
    node = system.get(element)
    if attribute:
        node = (node or {}).get('#attributes', {}).get(attribute) if isinstance(node, dict) else None
    elif isinstance(node, dict):
        node = node.get('#text')
    return plain(node)


def system_of_dump(s):
    return {
        'time': text(s, 'TimeCreated', 'SystemTime').rstrip('Z')[:19],
        'provider': text(s, 'Provider', 'Name'),
        'guid': text(s, 'Provider', 'Guid').strip('{}').lower(),
        'code': text(s, 'EventID'),
        'version': text(s, 'Version'),
        'task': text(s, 'Task'),
        'opcode': text(s, 'Opcode'),
        'keywords': text(s, 'Keywords'),
        'activity': text(s, 'Correlation', 'ActivityID').strip('{}').lower(),
        'pid': text(s, 'Execution', 'ProcessID'),
        'tid': text(s, 'Execution', 'ThreadID'),
        'channel': text(s, 'Channel'),
        'computer': text(s, 'Computer'),
        'sid': text(s, 'Security', 'UserID'),
    }


def system_of_ours(e):
    w = e.get('winlog', {})
    process = w.get('process', {})
    user = w.get('user', {})
    return {
        'time': e['@timestamp'][:19],
        'provider': e['event'].get('provider', ''),
        'guid': plain(w.get('provider_guid')).strip('{}').lower(),
        'code': plain(e['event'].get('code', 0)),
        'version': plain(w.get('version')),
        'task': plain(w.get('task')),
        'opcode': plain(w.get('opcode')),
        'keywords': plain(w.get('keywords')),
        'activity': plain(w.get('activity_id')).strip('{}').lower(),
        'pid': plain(process.get('pid')),
        'tid': plain(process.get('thread', {}).get('id')),
        'channel': w.get('channel', ''),
        'computer': w.get('computer_name', ''),
        'sid': plain(user.get('identifier')),
    }


def differences(mine, theirs):
    a, b = system_of_ours(mine), system_of_dump(theirs['System'])
    for name, value in b.items():
        if a[name] != value:
            yield '%s is %r, evtx_dump has %r' % (name, a[name], value)
    here, there = data_of_ours(mine), data_of_dump(theirs)
    missing, extra = there - here, here - there
    for name, value in list(missing):
        if value.isdigit() and extra[(name, 'true')] == missing[(name, value)]:
            del missing[(name, value)], extra[(name, 'true')]
    for item in missing:
        yield 'missing %r' % (item,)
    for item in extra:
        yield 'only here %r' % (item,)


def against_evtx_dump(path, events):
    if is_torn(path):
        return
    mine = collections.defaultdict(list)
    for event in events:
        mine[plain(event.get('winlog', {}).get('record_id'))].append(event)
    for line in text_of(EVTX_DUMP, '-t', '1', '-o', 'jsonl', path).splitlines():
        theirs = json.loads(line)['Event']
        number = text(theirs.get('System', {}), 'EventRecordID')
        if not number:  # nothing to find it by
            continue
        same = mine.get(number)
        if not same:
            yield '%s: record %s is missing' % (path, number)
            continue
        event = same.pop(0) if len(same) > 1 else same[0]
        for d in differences(event, theirs):
            yield '%s: record %s: %s' % (path, number, d)


@functools.cache
def compared():
    """What is wrong against evtxexport and against evtx_dump; one pass for both."""
    wrong = [], []
    for path in files():
        events = ours(path)
        if shutil.which('evtxexport'):
            wrong[0].extend(against_evtxexport(path, events))
        if os.access(EVTX_DUMP, os.X_OK):
            wrong[1].extend(against_evtx_dump(path, events))
    return wrong


def test_finds_every_record_that_evtxexport_finds():
    if not shutil.which('evtxexport'):
        raise Skip('evtxexport is not installed')
    report(compared()[0])


def test_agrees_with_evtx_dump():
    if not os.access(EVTX_DUMP, os.X_OK):
        raise Skip('evtx_dump is not installed (cargo install evtx)')
    report(compared()[1])


# ---- libevtx as the second reader ----

def in_one_form(value):
    value = re.sub(r'^0x0+(?=[0-9a-f])', '0x', same_form(plain(value)))
    value = re.sub(r'^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7})00Z$', r'\1Z', value)
    return value.lower() if re.fullmatch(r'\{[0-9A-Fa-f-]{36}\}', value) else value


def comparable(event):
    """All that a reader makes of a record, but for the spelling of values and its own name."""
    system = {k: in_one_form(v) for k, v in system_of_ours(event).items()}
    system['time'] = event['@timestamp']
    data = collections.Counter()
    for (name, value), n in data_of_ours(event).items():
        data[(name, in_one_form(value))] += n
    ends = [event.get(side, {}).get(part) for side in ('user', 'source', 'destination')
            for part in ('name', 'domain', 'ip', 'address', 'port')]
    return system, data, event['ashiato']['kind'], event['event'].get('outcome'), ends


def by_place(reader, folder):
    lines = text_of(ASHIATO, 'parse', '--quiet', '--evtx-reader', reader, folder).splitlines()
    events = {}
    for event in map(json.loads, lines):
        if event['event']['dataset'] == ('evtx' if reader == 'native' else 'evtx-libevtx'):
            place = event['log']['file']['path'], event['log']['offset']
            assert place not in events, 'two records at %s, %d' % place
            events[place] = event
    return events


def test_both_readers_agree_on_the_sample_incident():
    folder = suite.path('incident')
    subprocess.run([INCIDENT, folder], check=True, stdout=subprocess.DEVNULL)
    native, second = by_place('native', folder), by_place('libevtx', folder)
    assert len(native) > 1000, len(native)
    wrong = ['%s at %d: by one reader only' % place for place in sorted(native.keys() ^ second.keys())]
    for place in sorted(native.keys() & second.keys()):
        mine, theirs = comparable(native[place]), comparable(second[place])
        if mine != theirs:
            wrong.append('%s at %d: %r, libevtx %r' % (*place, mine, theirs))
    report(wrong)


# ---- XML ----

def same_value(text):
    """One form for what is written in several: line ends, hex digits, fractions, capitals of GUIDs."""
    text = re.sub(r'\s+', ' ', text or '').strip()
    text = re.sub(r'^(\d{4}-\d\d-\d\dT[\d:]{8})\.?(\d*?)0*Z$', r'\1.\2', text)
    if re.fullmatch(r'0x[0-9a-fA-F]+', text):
        return hex(int(text, 16))
    if re.fullmatch(r'\{?[0-9a-fA-F-]{36}\}?', text):
        return text.lower().strip('{}')
    return text


def shape(node):
    tag = node.tag.rpartition('}')[2]
    attributes = tuple(sorted((k.rpartition('}')[2], same_value(v))
                              for k, v in node.attrib.items()))
    return (tag, attributes, same_value(node.text),
            tuple((shape(child), same_value(child.tail)) for child in node))


def exported_xml(path):
    """The events that evtxexport writes, as far as what it writes is XML."""
    out = text_of('evtxexport', '-f', 'xml', path)
    for part in re.findall(r'^<Event .*?^</Event>', out, re.S | re.M):
        try:
            yield ElementTree.fromstring(re.sub('[\x00-\x08\x0b\x0c\x0e-\x1f]', '\ufffd', part))
        except ElementTree.ParseError:
            continue


def number_of(event):
    return event.findtext('.//{*}EventRecordID') or ''


def xml_lines(*args):
    """Each line is well formed, whatever was in the record."""
    return [ElementTree.fromstring(line)
            for line in text_of(ASHIATO, 'parse', '--quiet', '--xml', *args).splitlines()]


def without_agreed(event_shape):
    """libevtx writes values of type size_t in decimal, and leaves out RenderingInfo (as evtx_dump
    does not, and Windows neither)."""
    tag, attributes, text, children = event_shape
    return (tag, attributes, hex(int(text)) if text.isdigit() else text,
            tuple((without_agreed(child), tail) for child, tail in children
                  if child[0] != 'RenderingInfo'))


def against_exported_xml(path):
    mine = collections.defaultdict(list)
    for event in xml_lines(path):
        mine[number_of(event)].append(without_agreed(shape(event)))
    for theirs in exported_xml(path):
        if without_agreed(shape(theirs)) not in mine[number_of(theirs)]:
            yield '%s: record %s differs: %r' % (path, number_of(theirs), mine[number_of(theirs)])


def test_xml_equals_what_evtxexport_writes():
    if not shutil.which('evtxexport'):
        raise Skip('evtxexport is not installed')
    report([d for path in files() if not is_torn(path) for d in against_exported_xml(path)])


def test_xml_is_well_formed_whatever_the_file_holds():
    dice, events = random.Random(7), 0
    for n, path in enumerate(files()[::9]):
        with open(path, 'rb') as file:
            data = bytearray(file.read(200000))
        for _ in range(300):
            data[dice.randrange(4096, len(data))] = dice.randrange(256)
        broken = suite.path('%d.evtx' % n)
        with open(broken, 'wb') as file:
            file.write(data)
        events += len(xml_lines('--recover', broken))
    assert events > 500, events


suite = Suite('evtx')
suite.run(test_finds_every_record_that_evtxexport_finds)
suite.run(test_agrees_with_evtx_dump)
suite.run(test_both_readers_agree_on_the_sample_incident)
suite.run(test_xml_equals_what_evtxexport_writes)
suite.run(test_xml_is_well_formed_whatever_the_file_holds)
suite.end()
