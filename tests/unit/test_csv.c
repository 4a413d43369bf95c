/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.csv: whatever logs say, it is a table and no program. */
#include "core/value.h"
#include "tests/unit/made_case.h"
#include "tests/unit/test.h"

extern const struct writer writer_csv;

/* The next cell of RFC 4180 text. *last tells that a row ended behind it. */
static bool take_cell(str *s, struct buf *cell, bool *last)
{
    cell->len = 0;
    bool quoted = str_take_char(s, '"');
    while (s->len) {
        if (quoted && str_take(s, STR("\"\""))) {
            buf_char(cell, '"');
            continue;
        }
        if (quoted && str_take_char(s, '"')) {
            quoted = false;
            continue;
        }
        if (!quoted && (s->p[0] == ',' || s->p[0] == '\r'))
            break;
        buf_char(cell, s->p[0]);
        *s = str_skip(*s, 1);
    }
    *last = str_take(s, STR("\r\n"));
    return *last || str_take_char(s, ',');
}

TEST(csv_is_a_table_without_formulas_or_controls)
{
    struct made_case c;
    struct buf text = {0}, cell = {0};
    struct err err = {{0}};
    size_t rows = 0, columns = 0, width = 0;
    bool last;

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_csv, &text, &err));
    str rest = buf_view(&text);
    CHECK(utf8_valid(rest));
    CHECK(!str_has(rest, STR("\xe2\x80\xae")));
    while (rest.len && take_cell(&rest, &cell, &last)) {
        str s = buf_view(&cell);
        CHECK(s.len == 0 || !memchr("=+-@\t\r", s.p[0], 6));
        CHECK(s.len == 0 || !memchr("=+-@\t\r", str_trim(s).p[0], 6));
        for (size_t i = 0; i < s.len; i++)
            CHECK((unsigned char)s.p[i] >= 0x20);
        columns++;
        if (!last)
            continue;
        rows++;
        width = width ? width : columns;
        CHECK_INT(columns, width);
        columns = 0;
    }
    CHECK_INT(rest.len, 0);
    CHECK_INT(rows, 3); /* head and the two of the attack timeline */
    buf_free(&text);
    buf_free(&cell);
    made_case_free(&c);
}

TEST(csv_has_what_timesketch_asks_for)
{
    struct made_case c;
    struct buf text = {0};
    struct err err = {{0}};

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_csv, &text, &err));
    str s = buf_view(&text);
    CHECK(str_starts(s, STR("\"datetime\",\"timestamp\",\"timestamp_desc\",\"message\",")));
    CHECK(str_has(s, STR("\r\n\"2024-10-02T05:22:07.4114609+00:00\",1727846527411460,"
                         "\"Event Logged\",\"'=cmd|")));
    CHECK(str_has(s, STR("\"T1021.001\",\"e-0000000000000002\",\"destination\","
                         "\"s-0000000000000003\"")));
    CHECK(str_has(s, STR("\"[\"\"lateral\"\",\"\"finding\"\",\"\"logon\"\"]\"")));
    CHECK(str_has(s, STR("\"critical\"")));
    buf_free(&text);
    made_case_free(&c);
}
