/* SPDX-License-Identifier: Apache-2.0
 *
 * BinXML, record by record. */
#include "tests/unit/evtx_writer.h"

#include <libdeflate.h>

#include "core/value.h"
#include "tests/unit/test.h"

const uint64_t noon = UINT64_C(133535088000000000);

void w8(struct writer_of_chunk *w, unsigned v)
{
    w->chunk[w->at++] = (uint8_t)v;
}

void w16(struct writer_of_chunk *w, unsigned v)
{
    w8(w, v & 255);
    w8(w, v >> 8 & 255);
}

void w32(struct writer_of_chunk *w, uint32_t v)
{
    w16(w, v & 0xffff);
    w16(w, v >> 16);
}

void w64(struct writer_of_chunk *w, uint64_t v)
{
    w32(w, (uint32_t)v);
    w32(w, (uint32_t)(v >> 32));
}

void put32(struct writer_of_chunk *w, uint32_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        w->chunk[at + i] = (uint8_t)(v >> (8 * i));
}

void wbytes(struct writer_of_chunk *w, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w8(w, ((const uint8_t *)p)[i]);
}

void wutf16(struct writer_of_chunk *w, const char *ascii)
{
    for (; *ascii; ascii++)
        w16(w, (uint8_t)*ascii);
}

void wname(struct writer_of_chunk *w, const char *name)
{
    w32(w, w->at + 4);
    w32(w, w->at);
    w16(w, 0x1234);
    w16(w, (unsigned)str_of(name).len);
    wutf16(w, name);
    w16(w, 0);
}

void wopen(struct writer_of_chunk *w, const char *name, bool attributes)
{
    w8(w, attributes ? 0x41 : 0x01);
    if (!w->inline_xml)
        w16(w, 0xffff);
    w32(w, 0);
    wname(w, name);
    if (attributes)
        w32(w, 0);
}

void wliteral(struct writer_of_chunk *w, const char *text)
{
    w8(w, 0x05);
    w8(w, 0x01);
    w16(w, (unsigned)str_of(text).len);
    wutf16(w, text);
}

void wvalue(struct writer_of_chunk *w, unsigned index, unsigned type)
{
    w8(w, 0x0e);
    w16(w, index);
    w8(w, type);
}

void wattribute(struct writer_of_chunk *w, const char *name)
{
    w8(w, 0x06);
    wname(w, name);
}

void wleaf(struct writer_of_chunk *w, const char *name, unsigned index)
{
    wopen(w, name, false);
    w8(w, 0x02);
    wvalue(w, index, 0);
    w8(w, 0x04);
}

void wdata(struct writer_of_chunk *w, const char *name, unsigned index)
{
    wopen(w, "Data", name != NULL);
    if (name) {
        wattribute(w, "Name");
        wliteral(w, name);
    }
    w8(w, 0x02);
    wvalue(w, index, 0);
    w8(w, 0x04);
}

void wfragment(struct writer_of_chunk *w)
{
    w8(w, 0x0f);
    w8(w, 1);
    w8(w, 1);
    w8(w, 0);
}

void chunk_begin(struct writer_of_chunk *w)
{
    memset(w, 0, sizeof *w);
    memcpy(w->file, "ElfFile", 8);
    w->chunk = w->file + HEADER;
    memcpy(w->chunk, "ElfChnk", 8);
    w->at = FIRST;
    put32(w, 40, 128); /* what the header says of its own size */
}

void record_begin(struct writer_of_chunk *w, uint64_t id, uint64_t filetime)
{
    w->record = w->at;
    w32(w, 0x2a2a);
    w32(w, 0);
    w64(w, id);
    w64(w, filetime);
    wfragment(w);
}

void record_end(struct writer_of_chunk *w)
{
    w8(w, 0);
    uint32_t size = w->at + 4 - w->record;
    w32(w, size);
    put32(w, w->record + 4, size);
}

void chunk_seal(struct writer_of_chunk *w, uint32_t free_space)
{
    put32(w, 48, free_space);
    put32(w, 52, libdeflate_crc32(0, w->chunk + FIRST, free_space - FIRST));
    uint32_t crc = libdeflate_crc32(0, w->chunk, 120);
    put32(w, 124, libdeflate_crc32(crc, w->chunk + 128, FIRST - 128));
    crc = libdeflate_crc32(0, w->file, 120);
    for (unsigned i = 0; i < 4; i++)
        w->file[124 + i] = (uint8_t)(crc >> (8 * i));
}

uint32_t template_begin(struct writer_of_chunk *w, uint32_t id)
{
    w8(w, 0x0c);
    w8(w, 1);
    w32(w, id);
    w32(w, w->at + 4);
    uint32_t definition = w->at;
    w32(w, definition); /* next template: itself */
    w32(w, id);
    w64(w, 0);
    w32(w, 0);
    w32(w, 0); /* size of the body */
    wfragment(w);
    return definition;
}

void template_end(struct writer_of_chunk *w, uint32_t definition)
{
    w8(w, 0);
    put32(w, definition + 20, w->at - definition - 24);
}

void template_again(struct writer_of_chunk *w, uint32_t id, uint32_t definition)
{
    w8(w, 0x0c);
    w8(w, 1);
    w32(w, id);
    w32(w, definition);
}

void wvalues(struct writer_of_chunk *w, const struct item *items, uint32_t count)
{
    w32(w, count);
    for (uint32_t i = 0; i < count; i++) {
        w16(w, items[i].len);
        w16(w, items[i].type);
    }
    for (uint32_t i = 0; i < count; i++)
        wbytes(w, items[i].bytes, items[i].len);
}

void wsystem(struct writer_of_chunk *w)
{
    wopen(w, "System", false);
    w8(w, 0x02);
    wopen(w, "Provider", true);
    wattribute(w, "Name");
    wliteral(w, "Test-Provider");
    w8(w, 0x03);
    wleaf(w, "EventID", 0);
    wopen(w, "TimeCreated", true);
    wattribute(w, "SystemTime");
    wvalue(w, 1, 0x11);
    w8(w, 0x03);
    wleaf(w, "EventRecordID", 2);
    wopen(w, "Execution", true);
    wattribute(w, "ProcessID");
    wvalue(w, 3, 0x08);
    w8(w, 0x03);
    wopen(w, "Channel", false);
    w8(w, 0x02);
    wliteral(w, "Test/Channel");
    w8(w, 0x04);
    wopen(w, "Computer", false);
    w8(w, 0x02);
    wliteral(w, "HOST1.example");
    w8(w, 0x04);
    w8(w, 0x04);
}

uint32_t system_items(struct item *items)
{
    static const uint16_t code = 4711;
    static const uint32_t pid = 816;
    static const uint64_t record = 7;

    items[0] = (struct item){VALUE_U16, 2, &code};
    items[1] = (struct item){VALUE_FILETIME, 8, &noon};
    items[2] = (struct item){VALUE_U64, 8, &record};
    items[3] = (struct item){VALUE_U32, 4, &pid};
    return SYSTEM_VALUES;
}

uint32_t event_template(struct writer_of_chunk *w, uint32_t id, const char *const *names,
                        unsigned count)
{
    uint32_t definition = template_begin(w, id);

    wopen(w, "Event", true);
    wattribute(w, "xmlns");
    wliteral(w, "http://schemas.microsoft.com/win/2004/08/events/event");
    w8(w, 0x02);
    wsystem(w);
    wopen(w, "EventData", false);
    w8(w, 0x02);
    for (unsigned i = 0; i < count; i++)
        wdata(w, names[i], SYSTEM_VALUES + i);
    w8(w, 0x04);
    w8(w, 0x04);
    template_end(w, definition);
    return definition;
}

uint32_t event_record(struct writer_of_chunk *w, const char *const *names, const struct item *data,
                      unsigned count)
{
    struct item items[ITEMS_MAX];
    uint32_t n = system_items(items);

    record_begin(w, 7, noon);
    uint32_t definition = event_template(w, 0xabcd, names, count);
    for (unsigned i = 0; i < count; i++)
        items[n++] = data[i];
    wvalues(w, items, n);
    record_end(w);
    return definition;
}

void *parse_bytes(struct batch *b, const void *bytes, size_t len)
{
    void *copy = mem_alloc(len);
    struct hints hints = {.messages = true};

    memcpy(copy, bytes, len);
    batch_source(b, 0, STR("SYSTEM1"));
    parser_evtx.parse(
        &(struct input){.bytes = {copy, len}, .last = true, .hints = &hints}, b);
    return copy;
}

void *parse_file(struct batch *b, struct writer_of_chunk *w)
{
    chunk_seal(w, w->at);
    return parse_bytes(b, w->file, sizeof w->file);
}

void drop(struct batch *b, void *bytes)
{
    batch_free(b);
    mem_free(bytes);
}

void check_field(const struct event *e, const char *name, const char *want)
{
    struct buf text = {0};

    value_text(event_field(e, str_of(name)), &text);
    CHECK_STR(buf_view(&text), want);
    buf_free(&text);
}

bool has_note(const struct batch *b, const char *part)
{
    for (size_t i = 0; i < b->note_count && i < BATCH_NOTES; i++)
        if (str_has(b->notes[i].text, str_of(part)))
            return true;
    return false;
}

void check_xml(const struct event *e, const char *want)
{
    struct value v = event_field(e, STR("xml"));

    CHECK_STR(((str){v.p, v.len}), want);
}

void *parse_xml(struct batch *b, struct writer_of_chunk *w)
{
    const struct hints hints = {.xml = true};
    void *copy = mem_alloc(sizeof w->file);

    chunk_seal(w, w->at);
    memcpy(copy, w->file, sizeof w->file);
    batch_source(b, 0, STR("SYSTEM1"));
    parser_evtx.parse(
        &(struct input){.bytes = {copy, sizeof w->file}, .last = true, .hints = &hints}, b);
    return copy;
}
