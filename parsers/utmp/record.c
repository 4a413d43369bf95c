/* SPDX-License-Identifier: Apache-2.0
 *
 * Layouts and records of utmp. */
#include "parsers/utmp/record.h"

#include "parsers/bytes.h"

enum { /* offsets that all layouts share */
    PID_AT = 4,
    LINE_AT = 8,
    LINE_SIZE = 32,
    ID_AT = 40,
    ID_SIZE = 4,
    USER_AT = 44,
    USER_SIZE = 32,
    HOST_AT = 76,
    HOST_SIZE = 256,
    EXIT_AT = 332,
    NUMBERS_AT = 336, /* session, seconds, microseconds; then the address */
    ADDR_SIZE = 16,
    SPARE_SIZE = 20,
    SAMPLED = 64
};

#define LATEST_S (INT64_C(1) << 32) /* the year 2106: where 32 bits without a sign end */

const struct utmp_layout utmp_layouts[UTMP_LAYOUTS] = {
    {384, 4, false}, {400, 8, false}, {384, 4, true}, {400, 8, true}};

str fixed_text(str field)
{
    return str_head(field, str_find_char(field, '\0'));
}

bool is_text(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

bool is_zero(str s)
{
    return s.len == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.len - 1) == 0);
}

void utmp_set_source(struct batch *out, str host)
{
    struct event *e = out->open;
    struct addr named;
    str word;
    bool local = host.len && (host.p[0] == ':' || str_starts(host, STR("tmux(")) ||
                              str_eq(host, STR("login screen")));

    if (local || !str_take_word(&host, &word))
        return;
    if (!addr_parse(word, &named))
        e->src.host = names_put(&out->names, str_head(word, str_find_char(word, ':')));
    else if (addr_is_none(&e->src.addr))
        e->src.addr = named;
}

static str field_at(str bytes, size_t at, size_t size)
{
    return fixed_text((str){bytes.p + at, size});
}

/* IPv4 stands in the first of the four words alone. */
static struct addr addr_at(str bytes, size_t at)
{
    struct addr a = {{0}};

    if (is_zero((str){bytes.p + at + 4, ADDR_SIZE - 4}) && !is_zero((str){bytes.p + at, 4})) {
        a.b[10] = a.b[11] = 0xff;
        memcpy(a.b + 12, bytes.p + at, 4);
    } else {
        memcpy(a.b, bytes.p + at, ADDR_SIZE);
    }
    return a;
}

bool utmp_read(str bytes, const struct utmp_layout *l, struct utmp_record *r, bool *blank)
{
    size_t n = l->number_size, addr = NUMBERS_AT + 3 * n;
    bool big = l->big_endian;

    if (bytes.len < l->size)
        return false;
    *blank = is_zero(str_head(bytes, l->size));
    uint64_t type = bytes_number(bytes, 0, 2, big);
    uint64_t session = bytes_number(bytes, NUMBERS_AT, (unsigned)n, big);
    uint64_t seconds = bytes_number(bytes, NUMBERS_AT + n, (unsigned)n, big);
    uint64_t us = bytes_number(bytes, NUMBERS_AT + 2 * n, (unsigned)n, big);
    *r = (struct utmp_record){
        .type = (enum utmp_type)type,
        .pid = (uint32_t)bytes_number(bytes, PID_AT, 4, big),
        .line = field_at(bytes, LINE_AT, LINE_SIZE),
        .id = field_at(bytes, ID_AT, ID_SIZE),
        .user = field_at(bytes, USER_AT, USER_SIZE),
        .host = field_at(bytes, HOST_AT, HOST_SIZE),
        .termination = (int16_t)bytes_number(bytes, EXIT_AT, 2, big),
        .exit_status = (int16_t)bytes_number(bytes, EXIT_AT + 2, 2, big),
        .session = (int64_t)session,
        .seconds = (int64_t)seconds,
        .microseconds = (uint32_t)us,
        .addr = addr_at(bytes, addr),
    };
    if (type == UTMP_EMPTY && !*blank && seconds == 0)
        return false; /* some place within a record */
    return type < UTMP_TYPES && us < 1000000 && seconds < LATEST_S && is_text(r->line) &&
           is_text(r->user) && is_text(r->host) && is_text(r->id) &&
           is_zero((str){bytes.p + addr + ADDR_SIZE, SPARE_SIZE});
}

/* How many records in a row fit, blank ones not counted; a last one may be cut. */
static unsigned fitting(str bytes, const struct utmp_layout *l)
{
    struct utmp_record r;
    unsigned good = 0;
    bool blank;

    for (unsigned i = 0; i < SAMPLED && bytes.len >= l->size; i++) {
        if (!utmp_read(bytes, l, &r, &blank))
            return good < 8 ? 0 : good; /* a damaged one behind many good ones */
        good += !blank && r.type != UTMP_EMPTY && r.seconds > 0;
        bytes = str_skip(bytes, l->size);
    }
    return good;
}

const struct utmp_layout *utmp_layout_of(str bytes)
{
    const struct utmp_layout *best = NULL;
    unsigned most = 0;

    for (size_t i = 0; i < UTMP_LAYOUTS; i++) {
        unsigned good = fitting(bytes, &utmp_layouts[i]);
        if (good > most) {
            most = good;
            best = &utmp_layouts[i];
        }
    }
    return best;
}
