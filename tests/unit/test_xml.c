/* SPDX-License-Identifier: Apache-2.0
 *
 * The pull reader of XML, and what the second EVTX reader makes of logs that are none. */
#include "core/parser.h"
#include "parsers/xml.h"
#include "tests/unit/test.h"

extern const struct parser parser_evtx_libevtx;

/* The tokens as one line: "<a x=1 'text' > !" (! = bad). Never more than 1000. */
static str tokens(struct arena *a, str document)
{
    struct xml x = {.rest = document, .arena = a};
    struct buf out = {0};

    for (unsigned n = 0; n < 1000; n++) {
        enum xml_token token = xml_next(&x);
        if (token == XML_DONE)
            break;
        if (out.len)
            buf_char(&out, ' ');
        if (token == XML_BAD) {
            buf_char(&out, '!');
            break;
        }
        if (token == XML_OPEN)
            buf_printf(&out, "<%.*s", PSTR(x.name));
        if (token == XML_ATTRIBUTE)
            buf_printf(&out, "%.*s=%.*s", PSTR(x.name), PSTR(x.value));
        if (token == XML_TEXT)
            buf_printf(&out, "'%.*s'", PSTR(x.value));
        if (token == XML_CLOSE)
            buf_char(&out, '>');
    }
    str text = arena_str(a, buf_view(&out));
    buf_free(&out);
    return text;
}

TEST(xml_tokens_are_given_one_by_one)
{
    static const struct {
        const char *document, *tokens;
    } rows[] = {
        {"", ""},
        {"<a/>", "<a >"},
        {"<a></a>", "<a >"},
        {"<a>t</a>", "<a 't' >"},
        {"<a x=\"1\" y = 'two'><b/>t</a>", "<a x=1 y=two <b > 't' >"},
        {"<?xml version=\"1.0\"?><!DOCTYPE a><!-- <b> --><a/>", "<a >"},
        {"<a>&lt;&amp;&gt;&quot;&apos;</a>", "<a '<&>\"'' >"},
        {"<a x=\"&#65;&#x42;&amp;lt;\"/>", "<a x=AB&lt; >"},
        {"<a>&#x65e5;&#233;</a>", "<a '\xe6\x97\xa5\xc3\xa9' >"},
        {"<a>&nbsp; &#xd800; &#x110000; &#; &</a>", "<a '&nbsp; &#xd800; &#x110000; &#; &' >"},
        {"<a><![CDATA[<b>&amp;]]></a>", "<a '<b>&amp;' >"},
        {"<s:a s:b=\"c\"/>", "<s:a s:b=c >"},
        {"<", "!"},
        {"<a", "<a !"},
        {"<a b", "<a !"},
        {"<a b=c/>", "<a !"},
        {"<a b=\"c/>", "<a !"},
        {"<a><![CDATA[x", "<a !"},
        {"<a></a", "<a !"},
        {"<!-- x", "!"},
    };

    for (size_t i = 0; i < array_len(rows); i++) {
        struct arena a = {0};
        CHECK_STR(tokens(&a, str_of(rows[i].document)), rows[i].tokens);
        arena_free(&a);
    }
}

TEST(xml_every_truncation_ends)
{
    str whole = STR("<?p x?><a b='c' d=\"&#65;\"><!-- n --><e/>t&amp;<![CDATA[u]]></a>");

    for (size_t n = 0; n < whole.len; n++) {
        struct arena a = {0};
        char *exact = mem_alloc(n);
        memcpy(exact, whole.p, n);
        CHECK(tokens(&a, (str){exact, n}).len < 200);
        mem_free(exact);
        arena_free(&a);
    }
}

static void parse_as_log(struct batch *b, str bytes)
{
    const struct source source = {.path = STR("x.evtx"), .system = STR("host")};
    const struct input in = {.bytes = bytes, .last = true, .source = &source};

    batch_source(b, 0, STR("host"));
    parser_evtx_libevtx.parse(&in, b);
}

TEST(evtx_libevtx_never_bids_and_notes_what_is_no_log)
{
    static char bytes[4096 + 3 * 65536];
    const struct sample s = {.head = {bytes, sizeof bytes}, .path = STR("x.evtx")};
    struct batch b = {.count = 0};

    memcpy(bytes, "ElfFile", 8);
    CHECK_INT(parser_evtx_libevtx.probe(&s), 0);
    memset(bytes + 4096, 'x', 65536);                      /* no chunk */
    memcpy(bytes + 4096 + 65536, "ElfChnk", 8);            /* a chunk of nothing */
    memset(bytes + 4096 + 65536 + 8, 0xff, 65536 - 8);     /* the third stays zero: no damage */
    parse_as_log(&b, (str){bytes, sizeof bytes});
    CHECK_INT(b.count, 0);
    CHECK_INT(b.damaged, 2);
    CHECK_INT(b.notes[0].offset, 4096);
    CHECK_INT(b.notes[1].offset, 4096 + 65536);
    batch_reset(&b);
    parse_as_log(&b, (str){bytes, 4096 + 65536 + 600}); /* cut in the second chunk */
    CHECK_INT(b.damaged, 2);
    batch_free(&b);
}
