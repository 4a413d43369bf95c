# SPDX-License-Identifier: Apache-2.0
"""The EVTX decoder against libevtx, over every EVTX file of the shared test data.

evtxexport: at least its records in every file, and for each of them the same System parts and the
same names and values of EventData and UserData; `parse --xml` writes the same XML. What may differ
stands in AGREED and at xml_form and shape; docs/decisions.md says more of it. `make compare` does the same
with evtx_dump.

libevtx as `--evtx-reader libevtx`: the same events as the native reader's, record by record, over
the sample incident."""
import collections
import functools
import os
import random
import re
import shutil
import subprocess
from xml.etree import ElementTree
from xml.parsers import expat

from evtx_records import (PARTS, Comparison, Record, events_of, files, record_of_ours, report,
                          spread, text_of, value_form)
from suite import ASHIATO, INCIDENT, Skip, Suite

DOCUMENT = '<document>'


def as_xml_can_say(text):
    return re.sub('[\x00-\x08\x0b\x0c\x0e-\x1f]', '\ufffd', text)


def is_decimal_of(ours, theirs):
    return ours.startswith('0x') and theirs.isdigit() and int(ours, 16) == int(theirs)


AGREED = {
    'libevtx writes size_t in decimal':
        lambda part, ours, theirs: is_decimal_of(ours, theirs),
    'libevtx drops the sign bit of a negative Int32':
        lambda part, ours, theirs: re.fullmatch(r'-\d+', ours) and re.fullmatch(r'-\d+', theirs)
        and (int(ours) & 0x7fffffff) == -int(theirs),
    'a text of Data that is XML itself is written without escaping by libevtx':
        lambda part, ours, theirs: theirs == DOCUMENT and ours.startswith('<'),
    'libevtx writes control characters as they are, which is no XML':
        lambda part, ours, theirs: ours != theirs and as_xml_can_say(ours) == theirs,
}


# ---- evtxexport ----

def exported_text(path):
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


def exported_xml(path):
    """The events that evtxexport writes, as far as what it writes is XML."""
    out = text_of('evtxexport', '-f', 'xml', path)
    for part in re.findall(r'^<Event .*?^</Event>', out, re.S | re.M):
        try:
            yield ElementTree.fromstring(as_xml_can_say(part))
        except ElementTree.ParseError:
            continue


def local(name):
    return name.rpartition('}')[2]


def xml_leaves(node, path, out):
    texts = [(path + [local(k)], v) for k, v in node.attrib.items()] if path else []
    for where, text in texts + [(path, node.text)]:
        if value_form(text):
            out['/'.join(where), value_form(text)] += 1
    for child in node:
        xml_leaves(child, path + [local(child.tag)], out)


def data_of_xml(event):
    out = collections.Counter()
    for child in event.findall('{*}EventData/*'):
        name = child.attrib.pop('Name', '') if local(child.tag) == 'Data' else ''
        if len(child) and local(child.tag) == 'Data':
            out[name or 'Data', DOCUMENT] += 1
        else:
            xml_leaves(child, [name or local(child.tag)], out)
    for node in event.findall('{*}UserData'):
        xml_leaves(node, [], out)
    return out


def number_of(event):
    return value_form(event.findtext('{*}System/{*}EventRecordID'))


def record_of_xml(event):
    system = {}
    for part, (element, attribute) in PARTS.items():
        node = event.find('{*}System/{*}' + element)
        text = None if node is None else node.get(attribute) if attribute else node.text
        system[part] = value_form(text)
    return Record(number_of(event), system, data_of_xml(event))


# ---- XML ----

def xml_form(text, sign_bits_lost):
    """One form of a text, as far as libevtx can say it (see AGREED)."""
    text = value_form(re.sub(r'\s+', ' ', text or ''))
    if text.isdigit():
        return hex(int(text))
    if sign_bits_lost and re.fullmatch(r'-\d+', text):
        return '-%d' % (int(text) & 0x7fffffff)
    return text


def shape(node, sign_bits_lost):
    """What an element is. libevtx leaves RenderingInfo out of some records, as evtx_dump does not,
    and Windows neither."""
    attributes = tuple(sorted((local(k), xml_form(v, sign_bits_lost)) for k, v in node.attrib.items()))
    children = [(shape(child, sign_bits_lost), xml_form(child.tail, sign_bits_lost)) for child in node
                if local(child.tag) != 'RenderingInfo']
    text = xml_form(node.text, sign_bits_lost)
    if local(node.tag) == 'Data' and (children or text.startswith('<')):
        return 'Data', attributes, DOCUMENT, ()
    return local(node.tag), attributes, text, tuple(children)


def xml_lines(*args):
    # a record may hold U+2028 and its like, at which splitlines() would split
    return text_of(ASHIATO, 'parse', '--quiet', '--xml', *args).split('\n')[:-1]


def xml_differences(path, name, exported):
    mine = collections.defaultdict(list)
    for event in map(ElementTree.fromstring, xml_lines(path)):
        mine[number_of(event)] += shape(event, False), shape(event, True)
    for event in exported:
        if shape(event, False) not in mine[number_of(event)]:
            yield '%s: record %s: %s' % (name, number_of(event),
                                         ElementTree.tostring(event, encoding='unicode'))


# ---- all files ----

def missing_records(events, name, exported):
    mine = collections.Counter((int(e['event'].get('code', 0)),
                                e.get('winlog', {}).get('computer_name', '')) for e in events)
    if len(events) < len(exported):
        yield '%s: %d records, evtxexport has %d' % (name, len(events), len(exported))
    for record, n in (collections.Counter(exported) - mine).items():
        yield '%s: %d records %r are missing' % (name, n, record)


def compare(path, name):
    """One file: records missing, what Comparison.add takes, XML that differs."""
    events, exported = events_of(path), list(exported_xml(path))
    missing = list(missing_records(events, name, exported_text(path)))
    xml = list(xml_differences(path, name, exported))
    comparison = Comparison('libevtx', AGREED)
    comparison.file(name, [record_of_ours(event) for event in events],
                    [record_of_xml(event) for event in exported])
    return missing, comparison.result(), xml


@functools.cache
def compared():
    if not shutil.which('evtxexport'):
        raise Skip('evtxexport is not installed')
    return spread(compare, files(suite.folder))


def test_finds_every_record_that_evtxexport_finds():
    report([line for missing, _, _ in compared() for line in missing])


def test_records_have_the_values_that_evtxexport_has():
    whole = Comparison('libevtx', AGREED)
    for _, result, _ in compared():
        whole.add(result)
    whole.check(at_least=25000)


def test_xml_equals_what_evtxexport_writes():
    report([line for _, _, xml in compared() for line in xml])


def test_xml_is_well_formed_whatever_the_file_holds():
    dice, events = random.Random(7), 0
    for path, _ in files(suite.folder)[::9]:
        with open(path, 'rb') as file:
            data = bytearray(file.read(200000))
        for _ in range(300):
            data[dice.randrange(4096, len(data))] = dice.randrange(256)
        broken = suite.path('broken.evtx')
        with open(broken, 'wb') as file:
            file.write(data)
        for line in xml_lines('--recover', broken):
            expat.ParserCreate().Parse(line, True)  # prefixes may be unbound
            events += 1
    assert events > 500, events


# ---- libevtx as the second reader ----

def comparable(event):
    """All that a reader makes of a record, but for the spelling of values and its own name."""
    ends = [event.get(side, {}).get(part) for side in ('user', 'source', 'destination')
            for part in ('name', 'domain', 'ip', 'address', 'port')]
    return record_of_ours(event), event['ashiato']['kind'], event['event'].get('outcome'), ends


def by_place(reader, folder):
    events = {}
    for event in events_of(folder, '--evtx-reader', reader):
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


suite = Suite('evtx')
suite.run(test_finds_every_record_that_evtxexport_finds)
suite.run(test_records_have_the_values_that_evtxexport_has)
suite.run(test_xml_equals_what_evtxexport_writes)
suite.run(test_xml_is_well_formed_whatever_the_file_holds)
suite.run(test_both_readers_agree_on_the_sample_incident)
suite.end()
