/* SPDX-License-Identifier: Apache-2.0
 *
 * report.html: what is hostile stays text, the policy names exactly the blocks that are there,
 * and large blocks come back as they were. */
#include <libdeflate.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "core/time.h"
#include "core/writer.h"
#include "output/report/page.h"
#include "tests/unit/test.h"

extern const struct writer writer_report;

static str escaped(struct buf *out, const char *text, size_t len)
{
    out->len = 0;
    html_text(out, (str){text, len});
    return buf_view(out);
}

TEST(report_html_shows_markup_controls_and_bidi_as_text)
{
    struct buf out = {0};

    CHECK_STR(escaped(&out, "<b a='\"'>&", 10), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    CHECK_STR(escaped(&out, "a\0\x1b[m\x7f", 6), "a[U+0000][U+001B][m[U+007F]");
    CHECK_STR(escaped(&out, "\xe2\x80\xae" "gpj\xe2\x81\xa6", 9), "[U+202E]gpj[U+2066]");
    CHECK_STR(escaped(&out, "\xe8\xb6\xb3\xe2\x86\x92", 6), "\xe8\xb6\xb3\xe2\x86\x92");
    CHECK_STR(escaped(&out, "\xff\xe2\x80", 3), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    buf_free(&out);
}

TEST(report_json_cannot_end_its_element)
{
    struct buf out = {0};

    buf_str(&out, STR("<kept>"));
    buf_str(&out, STR("[\"</script><!--\"]"));
    json_for_html(&out, 6);
    CHECK_STR(buf_view(&out), "<kept>[\"\\u003c/script>\\u003c!--\"]");
    buf_free(&out);
}

/* A case whose every text tries to break out. */
static str bad_text(void)
{
    return STR("</script><script>alert(1)</script>\"'<img src=x>");
}

static struct result bad_result(void)
{
    struct result r = {0};
    struct finding *f = result_finding(&r);
    struct edge *e = result_edge(&r);

    *f = (struct finding){.id = STR("f-0"), .detector = STR("d"), .title = bad_text(),
                          .reason = bad_text(), .severity = SEVERITY_CRITICAL,
                          .phase = PHASE_IMPACT, .hosts = {IDENTITY_NONE},
                          .accounts = {IDENTITY_NONE}, .techniques = {"T1486"}};
    e->src_name = e->dst_name = e->account_name = e->reasons[0] = bad_text();
    e->method = "rdp";
    e->technique = "T1021.001";
    e->ends = "both";
    e->hostile = true;
    for (size_t i = 0; i < ANSWERS; i++)
        r.answers[i] = (struct answer){.key = bad_text(), .summary = bad_text(),
                                       .unknown = bad_text(), .time_ns = TIME_UNKNOWN,
                                       .hosts = {IDENTITY_NONE}, .accounts = {IDENTITY_NONE}};
    return r;
}

struct bench {
    struct result result;
    struct facts facts;
    struct identity *identity;
    struct source source;
    struct case_view view;
};

static void bench_open(struct bench *b)
{
    *b = (struct bench){.result = bad_result()};
    b->identity = identity_build(&b->facts, NULL, 0);
    b->source = (struct source){.path = bad_text(), .system = bad_text(), .unread = bad_text(),
                                .first_ns = TIME_UNKNOWN, .last_ns = TIME_UNKNOWN};
    b->view = (struct case_view){.result = &b->result, .identity = b->identity,
                                 .facts = &b->facts, .sources = &b->source, .source_count = 1,
                                 .events = 1, .timeline_events = 1, .first_ns = 0,
                                 .last_ns = NS_PER_S, .version = STR("ashiato test"),
                                 .title = bad_text(), .stamp_ns = TIME_UNKNOWN,
                                 .zone = zone_utc()};
}

static void bench_close(struct bench *b)
{
    identity_free(b->identity);
    facts_free(&b->facts);
    result_free(&b->result);
}

static void render(const struct bench *b, str message, struct buf *out)
{
    struct names names = {0};
    struct field fields[] = {
        {"message", message.p, (uint32_t)message.len, 7, VALUE_TEXT, FIELD_ECS},
        {"Comm</script>", message.p, (uint32_t)message.len, 13, VALUE_TEXT, FIELD_EVENT_DATA}};
    struct event e = {.time_ns = -1, .kind = KIND_LOGON, .fields = fields, .field_count = 2,
                      .host = names_put(&names, message)};
    struct mark mark = {.type = MARK_FINDING};
    struct place place = {0};
    struct marked m = {.event = &e, .names = &names, .marks = &mark, .mark_count = 1,
                       .places = &place, .place_count = 1, .in_timeline = true};

    writer_report.render(&b->view, &m, out);
    names_free(&names);
}

/* The page with one row, as it stands on disk. */
static void whole_page(struct bench *b, struct buf *page)
{
    char path[] = "/tmp/ashiato-report-XXXXXX", bytes[4096];
    struct err err = {0};
    struct buf row = {0};
    size_t n;
    int fd = mkstemp(path);
    void *state = fd < 0 ? NULL : writer_report.open(&b->view, path, &err);

    if (!state) {
        test_failed(__FILE__, __LINE__, "cannot write %s: %s", path, err.msg);
        return;
    }
    render(b, bad_text(), &row);
    writer_report.seal(&row);
    writer_report.block(state, buf_view(&row), 1, row.len);
    CHECK(writer_report.close(state, false, &err));
    FILE *f = fdopen(fd, "rb");
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_add(page, bytes, n);
    fclose(f);
    unlink(path);
    buf_free(&row);
}

static size_t times(str s, str part)
{
    size_t n = 0;

    for (size_t at; (at = str_find(s, part)) < s.len; n++)
        s = str_skip(s, at + part.len);
    return n;
}

TEST(report_page_holds_no_markup_from_the_evidence)
{
    struct bench b;
    struct buf page = {0};

    bench_open(&b);
    whole_page(&b, &page);
    CHECK_INT(times(buf_view(&page), STR("<script")), 3);
    CHECK_INT(times(buf_view(&page), STR("</script>")), 3);
    CHECK_INT(times(buf_view(&page), STR("<img")), 0);
    CHECK(str_has(buf_view(&page), STR("&lt;/script&gt;&lt;script&gt;alert(1)")));
    CHECK(str_has(buf_view(&page), STR("\\u003c/script>\\u003cscript>alert(1)")));
    buf_free(&page);
    bench_close(&b);
}

/* The element's text, between its first `open` and the `close` behind it. */
static str inside(str page, str open, str close)
{
    str rest = str_skip(page, str_find(page, open) + open.len);

    return str_head(rest, str_find(rest, close));
}

static void check_hash(str page, str block)
{
    unsigned char digest[EVP_MAX_MD_SIZE], text[128];
    unsigned n = 0;

    CHECK(block.len > 1000);
    EVP_Digest(block.p, block.len, digest, &n, EVP_sha256(), NULL);
    int len = EVP_EncodeBlock(text, digest, (int)n);
    CHECK(str_has(inside(page, STR("content=\"default-src"), STR("\">")),
                  (str){(const char *)text, (size_t)len}));
}

TEST(report_policy_names_the_style_and_the_script)
{
    struct bench b;
    struct buf page = {0};

    bench_open(&b);
    whole_page(&b, &page);
    check_hash(buf_view(&page), inside(buf_view(&page), STR("<style>"), STR("</style>")));
    check_hash(buf_view(&page), inside(buf_view(&page), STR("<script>"), STR("</script>")));
    CHECK(!str_has(buf_view(&page), STR("unsafe")));
    buf_free(&page);
    bench_close(&b);
}

TEST(report_bytes_do_not_depend_on_when_they_are_written)
{
    struct bench b;
    struct buf first = {0}, second = {0};

    bench_open(&b);
    whole_page(&b, &first);
    whole_page(&b, &second);
    CHECK(str_eq(buf_view(&first), buf_view(&second)));
    buf_free(&first);
    buf_free(&second);
    bench_close(&b);
}

TEST(report_large_blocks_are_packed_and_come_back)
{
    struct bench b;
    struct buf block = {0}, packed = {0};

    bench_open(&b);
    for (int i = 0; i < 300; i++)
        render(&b, bad_text(), &block);
    CHECK(block.len > 64 * 1024);
    buf_str(&packed, buf_view(&block));
    writer_report.seal(&packed);
    CHECK(str_starts(buf_view(&packed), STR("H4sI")) && packed.len < block.len);

    char *bytes = mem_alloc(packed.len), *text = mem_alloc(block.len);
    int len = EVP_DecodeBlock((unsigned char *)bytes, (unsigned char *)packed.p, (int)packed.len);
    struct libdeflate_decompressor *gunzip = libdeflate_alloc_decompressor();
    size_t used, got;
    CHECK(libdeflate_gzip_decompress_ex(gunzip, bytes, (size_t)len, text, block.len, &used, &got)
          == LIBDEFLATE_SUCCESS);
    CHECK(str_eq((str){text, got}, buf_view(&block)));
    libdeflate_free_decompressor(gunzip);
    mem_free(bytes);
    mem_free(text);
    buf_free(&block);
    buf_free(&packed);
    bench_close(&b);
}

TEST(report_long_fields_are_cut_and_say_their_length)
{
    struct bench b;
    struct buf row = {0};
    size_t n = 1 << 20;
    char *text = mem_alloc(n);

    bench_open(&b);
    for (size_t i = 0; i + 2 < n; i += 3)
        memcpy(text + i, "\xe8\xb6\xb3", 3);
    render(&b, (str){text, n / 3 * 3}, &row);
    CHECK(row.len < 200000);
    CHECK(str_has(buf_view(&row), STR("\",1048575]")));
    CHECK(!str_has(buf_view(&row), STR("\xef\xbf\xbd")));
    mem_free(text);
    buf_free(&row);
    bench_close(&b);
}
