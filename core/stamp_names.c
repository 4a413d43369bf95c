/* SPDX-License-Identifier: Apache-2.0
 *
 * Names in stamps: months in many languages, weekdays, letters of zones. */
#include "core/stamp.h"
#include "core/utf.h"

static const struct {
    const char *name;
    uint8_t month;
} months[] = {
#define MONTH(month, name) {name, month},
#include "core/months.def"
#undef MONTH
};

static const struct {
    const char *letters;
    int16_t minutes;
} zones[] = {
#define ZONE(letters, minutes) {letters, minutes},
#include "core/zones.def"
#undef ZONE
};

/* One character in small letters, of UTF-8 or, where that fails, Latin-1. */
static unsigned take_small_letter(str s, uint32_t *code)
{
    unsigned n = utf8_decode(s.p, s.len, code);

    if (n == 0) {
        *code = (unsigned char)s.p[0];
        n = 1;
    }
    bool latin = *code >= 0xc0 && *code <= 0xde && *code != 0xd7;
    bool cyrillic = *code >= 0x410 && *code <= 0x42f;
    bool greek = *code >= 0x391 && *code <= 0x3a9;
    if ((*code >= 'A' && *code <= 'Z') || latin || cyrillic || greek)
        *code += 0x20;
    else if ((*code >= 0x100 && *code <= 0x17f) && (*code & 1) == 0) /* most pairs: even, odd */
        *code += 1;
    return n;
}

/* How many bytes of s are this name; 0 = it begins with another word. */
static size_t fits_name(str s, str name)
{
    size_t at = 0;

    while (name.len) {
        uint32_t want, got;
        unsigned n = take_small_letter(name, &want);
        str rest = str_skip(s, at);
        if (rest.len == 0)
            return 0;
        at += take_small_letter(rest, &got);
        if (got != want)
            return 0;
        name = str_skip(name, n);
    }
    return at;
}

/* "10月", "1월": the number of a month and the sign for it. */
static bool take_numbered_month(str *s, unsigned *month)
{
    str rest = *s;
    uint64_t n;

    if (!str_take_u64(&rest, &n) || n < 1 || n > 12)
        return false;
    if (!str_take(&rest, STR("月")) && !str_take(&rest, STR("월")))
        return false;
    *month = (unsigned)n;
    *s = rest;
    return true;
}

static bool goes_on(str s)
{
    return s.len && (char_is_alpha(s.p[0]) || (s.p[0] & 0x80));
}

bool str_take_month_name(str *s, unsigned *month)
{
    str rest = *s;
    size_t longest = 0;

    if (rest.len && char_is_digit(rest.p[0]))
        return take_numbered_month(s, month);
    if (!goes_on(rest))
        return false;
    if (str_take_month(&rest, month) && !goes_on(rest)) {
        str_take_char(&rest, '.');
        *s = rest;
        return true;
    }
    for (size_t i = 0; i < array_len(months); i++) {
        size_t n = fits_name(*s, str_of(months[i].name));
        if (n > longest) {
            longest = n;
            *month = months[i].month;
        }
    }
    rest = str_skip(*s, longest);
    if (longest == 0 || goes_on(rest))
        return false;
    str_take_char(&rest, '.');
    *s = rest;
    return true;
}

bool str_take_weekday(str *s, unsigned *weekday)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
    size_t n = 0;

    while (n < s->len && char_is_alpha(s->p[n]))
        n++;
    for (unsigned i = 0; i < array_len(names); i++) {
        str name = str_of(names[i]);
        if (n >= 3 && (n == 3 || n == name.len || (n == 4 && i >= 2 && i <= 4)) &&
            str_eq_nocase(str_head(*s, n), str_head(name, n))) {
            *weekday = i + 1;
            *s = str_skip(*s, n);
            return true;
        }
    }
    return false;
}

bool str_take_zone_letters(str *s, int64_t *offset_s)
{
    size_t n = 0;

    while (n < s->len && s->p[n] >= 'A' && s->p[n] <= 'Z')
        n++;
    if (n < 2 || n > 4 || (n < s->len && (char_is_alpha(s->p[n]) || char_is_digit(s->p[n]))))
        return false;
    for (size_t i = 0; i < array_len(zones); i++)
        if (str_eq(str_head(*s, n), str_of(zones[i].letters))) {
            *offset_s = zones[i].minutes * 60;
            *s = str_skip(*s, n);
            return true;
        }
    return false;
}
