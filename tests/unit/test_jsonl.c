/* SPDX-License-Identifier: Apache-2.0
 *
 * events.jsonl.zst: frames, index, full disks. */
#include <signal.h>
#include <sys/resource.h>
#include <zstd.h>

#include "core/json.h"
#include "core/outfile.h"
#include "tests/unit/made_case.h"
#include "tests/unit/test.h"

extern const struct writer writer_jsonl, writer_findings, writer_csv, writer_db;

TEST(jsonl_is_frames_of_lines_and_an_index)
{
    struct made_case c;
    struct buf file = {0};
    struct err err = {{0}};
    char text[16384];
    uint64_t tail[2], entry[4];

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_jsonl, &file, &err));
    size_t n = ZSTD_decompress(text, sizeof text, file.p, file.len);
    CHECK(!ZSTD_isError(n));
    str rest = {text, ZSTD_isError(n) ? 0 : n}, line;
    size_t lines = 0;
    while (str_take_line(&rest, &line)) {
        CHECK(str_starts(line, STR("{\"@timestamp\":\"2024-10-02T05:22:07.411")));
        lines++;
    }
    CHECK_INT(lines, MADE_EVENTS);
    CHECK(str_ends(buf_view(&file), STR("ashiato1")));
    memcpy(tail, file.p + file.len - 24, sizeof tail);
    CHECK_INT(tail[0], MADE_EVENTS); /* one block an event here */
    CHECK_INT(tail[1], MADE_EVENTS);
    size_t at = 0;
    for (unsigned i = 0; i < MADE_EVENTS; i++) {
        memcpy(entry, file.p + file.len - 24 - 32 * (MADE_EVENTS - i), sizeof entry);
        CHECK_INT(ZSTD_findFrameCompressedSize(file.p + at, file.len - at), entry[0]);
        CHECK_INT(ZSTD_getFrameContentSize(file.p + at, file.len - at), entry[1]);
        CHECK_INT(entry[2], c.events[i].event->time_ns);
        CHECK_INT(entry[3], 1);
        at += entry[0];
    }
    buf_free(&file);
    made_case_free(&c);
}

TEST(jsonl_empty_case_is_an_index_alone)
{
    struct err err = {{0}};
    struct made_case c;
    char path[128], text[16];
    struct buf file = {0};

    made_case_init(&c);
    snprintf(path, sizeof path, "%s/x", c.dir);
    void *state = writer_jsonl.open(&c.view, path, &err);
    CHECK(state && writer_jsonl.close(state, false, &err));
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    buf_reserve(&file, 4096);
    file.len = f ? fread(file.p, 1, 4096, f) : 0;
    if (f)
        fclose(f);
    CHECK_INT(file.len, 8 + 24);
    CHECK_INT(ZSTD_decompress(text, sizeof text, file.p, file.len), 0);
    remove(path);
    buf_free(&file);
    made_case_free(&c);
}

TEST(outfile_tells_a_full_disk)
{
    struct err err = {{0}};
    struct outfile *f = outfile_open("/dev/full", &err);

    if (!f)
        SKIP("no /dev/full");
    outfile_str(f, STR("text"));
    CHECK(!outfile_close(f, false, &err));
    CHECK(str_has(str_of(err.msg), STR("No space left")));
    f = outfile_open("/dev/full", &err);
    err.msg[0] = '\0';
    outfile_str(f, STR("text"));
    CHECK(outfile_close(f, true, &err));
    CHECK(!outfile_open("/nowhere/file", &err));
    CHECK(str_has(str_of(err.msg), STR("/nowhere/file")));
}

/* The largest file that may be written stands in for a disk that fills up. */
TEST(output_writers_tell_a_file_that_cannot_grow)
{
    const struct writer *const all[] = {&writer_jsonl, &writer_findings, &writer_csv, &writer_db};
    struct rlimit before, small;
    struct made_case c;

    made_case_init(&c);
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < array_len(all); i++) {
        struct err err = {{0}};
        struct buf out = {0};
        CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        CHECK(!made_case_write(&c, all[i], &out, &err));
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(err.msg[0] != '\0');
        buf_free(&out);
        char path[128];
        snprintf(path, sizeof path, "%s/%s", c.dir, all[i]->file);
        remove(path);
    }
    signal(SIGXFSZ, old);
    made_case_free(&c);
}
