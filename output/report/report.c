/* SPDX-License-Identifier: Apache-2.0
 *
 * report.html: one file, no network. The policy in its head allows exactly the style and the
 * script that are in it, by hash; everything from the logs comes in as data (JSON in script
 * elements that are not run) and reaches the page through text nodes.
 *
 * Rows come as lines (page.h) in blocks; a large block is gzip in base64, which the browser
 * unpacks by itself. The two are told apart by their first character. */
#include <assert.h>
#include <errno.h>
#include <libdeflate.h>
#include <openssl/evp.h>

#include "output/report/assets.h"
#include "output/report/page.h"

enum { PLAIN_MAX = 64 * 1024, GZIP_LEVEL = 6 };

struct report {
    FILE *file;
    int error; /* errno of the first failure */
};

static void put(struct report *r, str s)
{
    if (r->error || s.len == 0)
        return;
    errno = 0;
    if (fwrite(s.p, 1, s.len, r->file) != s.len)
        r->error = errno ? errno : EIO;
}

static void put_base64(struct buf *out, const void *bytes, size_t n)
{
    buf_reserve(out, n / 3 * 4 + 8);
    out->len += (size_t)EVP_EncodeBlock((unsigned char *)out->p + out->len, bytes, (int)n);
}

static void put_hash(struct buf *out, str block)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_Digest(block.p, block.len, digest, &n, EVP_sha256(), NULL))
        die("SHA-256 is not available");
    buf_str(out, STR("'sha256-"));
    put_base64(out, digest, n);
    buf_char(out, '\'');
}

static str asset(const char *from, const char *to)
{
    return (str){from, (size_t)(to - from)};
}

static void page_head(struct buf *out, const struct case_view *c)
{
    str css = asset(report_css, report_css_end);

    buf_str(out, STR("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "base-uri 'none'; form-action 'none'; style-src "));
    put_hash(out, css);
    buf_str(out, STR("; script-src "));
    put_hash(out, asset(report_js, report_js_end));
    buf_str(out, STR("\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>"));
    html_text(out, c->title.len ? c->title : STR("Attack timeline"));
    buf_str(out, STR(" \xe2\x80\x93 ashiato</title>\n<style>"));
    buf_str(out, css);
    buf_str(out, STR("</style>\n</head>\n<body>\n"));
}

static void report_seal(struct buf *block)
{
    struct libdeflate_compressor *gzip;
    struct buf packed = {0};

    if (block->len <= PLAIN_MAX)
        return;
    gzip = libdeflate_alloc_compressor(GZIP_LEVEL);
    if (!gzip)
        die("out of memory");
    buf_reserve(&packed, libdeflate_gzip_compress_bound(gzip, block->len));
    packed.len = libdeflate_gzip_compress(gzip, block->p, block->len, packed.p, packed.cap);
    libdeflate_free_compressor(gzip);
    assert(packed.len > 0);
    block->len = 0;
    put_base64(block, packed.p, packed.len);
    buf_free(&packed);
}

static void *report_open(const struct case_view *c, const char *path, struct err *err)
{
    struct report *r = mem_alloc(sizeof *r);
    struct buf page = {0}, json = {0};

    r->file = fopen(path, "wbe");
    if (!r->file) {
        err_errno(err, "%s", path);
        mem_free(r);
        return NULL;
    }
    page_head(&page, c);
    page_sections(&page, c);
    buf_str(&page, STR("<script type=\"application/json\" id=\"case\">"));
    case_json(&json, c);
    json_for_html(&json, 0);
    report_seal(&json);
    buf_str(&page, buf_view(&json));
    buf_free(&json);
    buf_str(&page, STR("</script>\n"));
    put(r, buf_view(&page));
    buf_free(&page);
    return r;
}

static void report_render(const struct case_view *c, const struct marked *m, struct buf *out)
{
    size_t from = out->len;

    row_json(out, c, m);
    json_for_html(out, from);
    buf_char(out, '\n');
}

static void report_block(void *state, str bytes, size_t events, size_t text_bytes)
{
    struct report *r = state;

    (void)events;
    (void)text_bytes;
    if (!bytes.len)
        return;
    put(r, STR("<script type=\"application/json\" class=\"rows\">"));
    put(r, bytes);
    put(r, STR("</script>\n"));
}

static bool report_close(void *state, bool abandon, struct err *err)
{
    struct report *r = state;
    bool good;

    put(r, STR("<script>"));
    put(r, asset(report_js, report_js_end));
    put(r, STR("</script>\n</body>\n</html>\n"));
    errno = 0;
    if (fclose(r->file) != 0 && !r->error)
        r->error = errno ? errno : EIO;
    errno = r->error;
    good = abandon || !r->error || err_errno(err, "report.html");
    mem_free(r);
    return good;
}

const struct writer writer_report = {
    .name = "report",
    .file = "report.html",
    .about = "the attack timeline as one page for a browser, without a network",
    .open = report_open,
    .render = report_render,
    .seal = report_seal,
    .block = report_block,
    .close = report_close,
};
