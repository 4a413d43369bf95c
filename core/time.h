/* SPDX-License-Identifier: Apache-2.0
 *
 * Time without libc: nothing here looks at TZ, the locale or the clock.
 *
 * All instants are int64 nanoseconds since 1970-01-01 UTC; that reaches from 1677-09-21 to
 * 2262-04-11. What does not fit, or is not believable, is TIME_UNKNOWN (core/event.h). */
#ifndef CORE_TIME_H
#define CORE_TIME_H

#include "core/arena.h"
#include "core/err.h"
#include "core/event.h"
#include "core/str.h"

#define NS_PER_S INT64_C(1000000000)

/* A calendar time, proleptic Gregorian; no zone of its own. */
struct civil {
    int32_t year;
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second; /* second may be 60 on input */
    uint32_t ns;
};

bool civil_valid(const struct civil *c);
/* As if UTC; a leap second counts as second 59.999999999. TIME_UNKNOWN when out of range. */
int64_t civil_to_ns(const struct civil *c);
void civil_of_ns(int64_t time_ns, struct civil *out);
/* Local time `offset_s` seconds east of UTC -> instant; TIME_UNKNOWN when out of range. */
int64_t civil_at_offset(const struct civil *c, int64_t offset_s);
int64_t days_from_civil(int64_t year, unsigned month, unsigned day); /* since 1970-01-01 */
void civil_of_days(int64_t days, struct civil *out);                 /* at midnight */
bool year_is_leap(int64_t year);
unsigned weekday_of_days(int64_t days); /* 0 = Sunday */

/* Windows FILETIME: 100 ns since 1601-01-01 UTC. 0 and what does not fit: TIME_UNKNOWN. */
int64_t time_of_filetime(uint64_t filetime);
/* Windows SYSTEMTIME: 8 little-endian u16: year, month, weekday, day, h, m, s, ms. */
int64_t time_of_systemtime(const uint8_t bytes[16]);
bool civil_of_systemtime(const uint8_t bytes[16], struct civil *out); /* false: no valid time */

/* RFC 3339 and what is close to it: "2024-10-02T14:22:07.411+09:00", a space for T, comma for
 * the point, 0 to 9 digits of fraction, zone Z, +hh:mm, +hhmm, +hh or none. Without a zone the
 * result is local time as if UTC and *zoned is false. */
bool str_take_rfc3339(str *s, int64_t *time_ns, enum precision *precision, bool *zoned);

/* RFC 3164 stamp "Oct  2 14:22:07" (also "Oct 02", fractions after . or ,; an optional year
 * before or after the time). year is 0 in *out when the stamp has none. */
bool str_take_rfc3164(str *s, struct civil *out, enum precision *precision);

/* English month name of three letters, any case: 1 to 12. */
bool str_take_month(str *s, unsigned *month);

/* Epoch seconds with optional fraction "1727878927.411". */
bool str_take_epoch(str *s, int64_t *time_ns, enum precision *precision);

/* CLF stamp: "02/Oct/2024:14:22:07 +0900" (without brackets). */
bool str_take_clf_time(str *s, int64_t *time_ns);

/* ".411" or ",411"; 0 when there is none. Digits past the ninth are passed over. */
void str_take_fraction(str *s, uint32_t *ns, enum precision *precision);
/* "Z", "+09:00", "+0900", "+09" as seconds east of UTC; false (and 0) when there is none. */
bool str_take_offset(str *s, int64_t *offset_s);

/* "2024-10-02T14:22:07.4110000Z" with the digits of the precision (none, 3, 6, 7, 9); nothing for
 * TIME_UNKNOWN. Appended, or written to `at`, where TIME_ROOM bytes are free; then the end is
 * returned. */
enum { TIME_ROOM = 48 };
struct day_text { /* kept by who writes many times, which mostly are of one day; begins as {0} */
    int64_t day;
    char text[12];
};
void time_text(int64_t time_ns, enum precision precision, struct buf *out);
void civil_text(const struct civil *c, enum precision precision, struct buf *out);
char *time_write(char *at, int64_t time_ns, enum precision precision, struct day_text *lately);
char *civil_write(char *at, const struct civil *c, enum precision precision);

/* Zones: IANA names from tzdata (TZif version 1 to 4, RFC 8536, with its POSIX footer for later
 * years), "UTC", and fixed offsets "+09:00", "-0330". Read once, then used without a lock. */
struct zone;
const struct zone *zone_utc(void);
/* NULL and a message for an unknown name. Owned by the caller: zone_free. */
struct zone *zone_open(str name, struct err *err);
struct zone *zone_of_tzif(str name, str bytes, struct err *err); /* from a file's content */
void zone_free(struct zone *z);
/* Local time as if UTC -> instant. *flags gets EVENT_ZONE_FOLD (the earlier of the two is given)
 * or EVENT_ZONE_GAP (moved forward by the length of the gap) or neither. */
int64_t zone_to_utc(const struct zone *z, int64_t local_ns, uint32_t *flags);
int64_t zone_offset_ns(const struct zone *z, int64_t utc_ns); /* east positive */
str zone_name(const struct zone *z);
/* Version of the tzdata in use ("2024b"), "" when it is not known. Lives for ever. */
void tzdata_version(struct buf *out);

#endif
