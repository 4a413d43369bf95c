/* SPDX-License-Identifier: Apache-2.0
 *
 * case.db: complete, the same bytes every time, and text stays text. */
#include <sqlite3.h>

#include "tests/unit/made_case.h"
#include "tests/unit/test.h"

extern const struct writer writer_db;

static long long number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    long long v = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
        test_failed(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
    else
        v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return v;
}

static sqlite3 *open_bytes(struct buf *bytes)
{
    sqlite3 *db = NULL;

    CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    CHECK(sqlite3_deserialize(db, "main", (unsigned char *)bytes->p, (sqlite3_int64)bytes->len,
                              (sqlite3_int64)bytes->len,
                              SQLITE_DESERIALIZE_READONLY) == SQLITE_OK);
    return db;
}

TEST(db_holds_the_case)
{
    struct made_case c;
    struct buf bytes = {0};
    struct err err = {{0}};

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_db, &bytes, &err));
    sqlite3 *db = open_bytes(&bytes);
    CHECK_INT(number(db, "SELECT count(*) FROM events"), 2);
    CHECK_INT(number(db, "SELECT count(*) FROM event_marks"), 3);
    CHECK_INT(number(db, "SELECT count(*) FROM edges WHERE hostile AND source_ip = '10.9.9.9'"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM edge_events WHERE side = 'destination'"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM findings WHERE severity = 'high'"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM sessions WHERE \"end\" IS NULL"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM answers"), ANSWERS);
    CHECK_INT(number(db, "SELECT count(*) FROM evidence"), 2);
    CHECK_INT(number(db, "SELECT count(*) FROM notes WHERE offset = 4096"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM accounts WHERE sid = 'S-1-5-21-1-1104'"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM events WHERE message LIKE '%<script>%end'"), 2);
    CHECK_INT(number(db, "SELECT count(*) FROM events WHERE "
                         "json_extract(json, '$.ashiato.lateral[0].side') = 'destination'"), 1);
    CHECK_INT(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                         "integrity_check = 'ok'"), 1);
    sqlite3_close(db);
    buf_free(&bytes);
    made_case_free(&c);
}

TEST(db_full_holds_every_event)
{
    struct made_case c;
    struct buf bytes = {0};
    struct err err = {{0}};

    made_case_init(&c);
    c.view.db_full = true;
    CHECK(made_case_write(&c, &writer_db, &bytes, &err));
    sqlite3 *db = open_bytes(&bytes);
    CHECK_INT(number(db, "SELECT count(*) FROM events"), MADE_EVENTS);
    CHECK_INT(number(db, "SELECT sum(in_timeline) FROM events"), MADE_EVENTS - 1);
    sqlite3_close(db);
    buf_free(&bytes);
    made_case_free(&c);
}

TEST(db_has_the_same_bytes_every_time)
{
    struct made_case c;
    struct buf one = {0}, two = {0};
    struct err err = {{0}};

    made_case_init(&c);
    CHECK(made_case_write(&c, &writer_db, &one, &err));
    CHECK(made_case_write(&c, &writer_db, &two, &err));
    CHECK(one.len > 0 && str_eq(buf_view(&one), buf_view(&two)));
    buf_free(&one);
    buf_free(&two);
    made_case_free(&c);
}
