/* SPDX-License-Identifier: Apache-2.0
 *
 * Time stamps as logs of all kinds write them, in one reader:
 *
 *     2024-10-02 14:22:07.411, 2024/10/02-14:22:07, 20241002.142207, 241002 14:22:07, and the same
 *         with T, a zone (Z, +09:00, +0900, CEST) or a fraction of any length behind . or ,
 *     Oct  2 14:22:07, Oct 02 2024 14:22:07, Oct 2 14:22:07 2024, 2024 Oct  2 14:22:07
 *     Wed Oct  2 14:22:07 CEST 2024, Wed, 02 Oct 2024 14:22:07 +0200, Oct 2, 2024 2:22:07 PM
 *     02/Oct/2024:14:22:07 +0200, 02-Oct-2024 14:22:07.411, 10月  2 14:22:07, 2024年10月02日 14:22:07
 *     02.10.2024 14:22:07, 10/02/2024 2:22:07 PM, 10/02/24-14:22:07 (RFC 3164 and asctime in many
 *         languages: core/months.def, UTF-8 or Latin-1)
 *     1727878927, 1727878927.411, 1727878927411 (also with 16 and 19 digits), @4000000066fd...
 *         (TAI64N: https://cr.yp.to/libtai/tai64.html; its ten seconds of 1970 are taken off) */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include "core/time.h"

/* Which of two numbers is the day, in 10/02/2024. */
enum day_order { ORDER_UNKNOWN, ORDER_MONTH_FIRST, ORDER_DAY_FIRST };

struct stamp {
    int64_t time_ns;      /* when zoned; TIME_UNKNOWN for what no instant can be */
    struct civil civil;   /* when not: local time; year 0 = none was written */
    bool zoned;
    uint8_t weekday;      /* written: 1 = Sunday to 7 = Saturday (English); 0 = none */
    bool offset_known;    /* a zone was written, but no year: civil is that many seconds */
    int32_t offset_s;     /* east of UTC */
    bool numbers;         /* day and month were numbers in front of the year */
    enum precision precision;
    enum day_order order; /* of numbers that can be read one way only; else ORDER_UNKNOWN */
};

/* Takes a stamp off the front. Numbers that could be day and month either way are read as
 * `order` says; ORDER_UNKNOWN is day first for 02.10. and 02-10-, month first for 10/02/. */
bool str_take_stamp(str *s, enum day_order order, struct stamp *out);

/* A month by name in any language of core/months.def, short or full, with its point if it has
 * one: 1 to 12. */
bool str_take_month_name(str *s, unsigned *month);

/* "CEST", "UTC": letters with one meaning (core/zones.def), as seconds east of UTC. */
bool str_take_zone_letters(str *s, int64_t *offset_s);

/* English weekday of at least three letters: 1 = Sunday to 7; false for anything else. */
bool str_take_weekday(str *s, unsigned *weekday);

#endif
