/* SPDX-License-Identifier: Apache-2.0
 *
 * The envelope of a syslog line: priority, time, host, program, PID.
 *
 *     RFC 3164 section 4.1     <34>Oct  2 14:22:07 host prog[123]: text   (a file has no <34>)
 *     RFC 5424 section 6       <34>1 2024-10-02T14:22:07.4Z host app 123 ID47 [sd x="y"] text
 *     rsyslog ISO template     2024-10-02T14:22:07.411231+09:00 host prog[123]: text
 *     journalctl short-full    Wed 2024-10-02 14:22:07 JST host prog[123]: text
 *     Cisco                    <166>Oct 02 2024 14:22:07 host : %ASA-6-113039: text
 *     with sequence numbers    <189>29: 000031: *Oct  2 14:22:07.003 UTC: %SYS-5-CONFIG_I: text
 *     behind a relay's head    Oct  2 14:22:07 10.1.1.1 31: *Oct  2 14:22:06.9: %SYS-5-A: text
 *     FortiOS                  <189>date=2024-10-02 time=14:22:07 devname="FW" ...
 *     any other stamp of core/stamp.h with a month by name or a year in front, epoch numbers,
 *     TAI64N
 *
 * Also read: octet counts of RFC 6587 before the priority, "prog(module)[123]:" of old PAM,
 * "prog[123] (label):" of macOS, "[prog] text" of metalog, Solaris "[ID 800047 auth.info]", lines
 * without a host, and "message repeated 3 times: [ text]" of rsyslog. */
#include "core/stamp.h"
#include "parsers/syslog/payload.h"

enum { TAG_MAX = 96, HOST_MAX = 255, STAMP_MAX = 80 };

static bool is_tag_char(char c)
{
    return char_is_digit(c) || char_is_alpha(c) || (c && strchr("_-./%@+#", c) != NULL);
}

static bool is_host_char(char c)
{
    return char_is_digit(c) || char_is_alpha(c) || (c & 0x80) || (c && strchr("_-.:%@/[]", c));
}

static bool take_priority(str *s, int *priority)
{
    str rest = *s;
    uint64_t n;

    if (str_take_u64(&rest, &n) && !(str_take_char(&rest, ' ') && str_starts(rest, STR("<"))))
        return false; /* digits that are no octet count */
    if (!str_take_char(&rest, '<') || rest.len == 0 || !char_is_digit(rest.p[0]) ||
        !str_take_u64(&rest, &n) || n > 191 || !str_take_char(&rest, '>'))
        return false;
    *priority = (int)n;
    str_take_char(&rest, ' '); /* some devices put one */
    *s = rest;
    return true;
}

/* A name with blanks or a version in it: "Microsoft Word[12]: ", "syslogd 1.4.1: ". */
static bool take_spaced_tag(str *s, struct syslog_line *l)
{
    str rest = *s, head = str_head(rest, TAG_MAX);
    size_t end = str_find_char(head, ':'), open = str_find_char(str_head(head, end), '[');
    size_t n = open < end ? open : end;

    if (end + 1 >= head.len || head.p[end + 1] != ' ' || n < 3 || !char_is_alpha(head.p[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_tag_char(head.p[i]) && head.p[i] != ' ')
            return false;
    str pid = open < end ? str_head(str_skip(head, open + 1), end - open - 2) : STR("");
    size_t blank = str_find_char(str_head(head, n), ' ');
    bool numbered = open < end && head.p[end - 1] == ']' && str_to_u64(pid, &l->pid);
    bool versioned = open >= end && blank + 1 < n && char_is_digit(head.p[blank + 1]) &&
                     str_find_char(str_skip(str_head(head, n), blank + 1), ' ') == n - blank - 1;
    if (!numbered && !versioned)
        return false;
    l->program = str_head(head, numbered ? n : blank);
    l->pid_text = pid;
    if (!numbered)
        l->pid = 0;
    l->tagged = true;
    *s = str_skip(rest, end + 1);
    return true;
}

/* "prog[12]: ", "prog: ", "prog(module)[12]: ", "prog[12] (label): ", "(squid-1)[12]: ". */
static bool take_tag(str *s, struct syslog_line *l)
{
    str rest = *s, skipped;
    size_t n = 0;
    bool wrapped = str_take_char(&rest, '(');

    while (n < rest.len && n < TAG_MAX && is_tag_char(rest.p[n]))
        n++;
    if (n == 0)
        return false;
    str_take_n(&rest, n, &l->program);
    if (wrapped && !str_take_char(&rest, ')'))
        return false;
    if (str_take_char(&rest, '(') && !str_take_until(&rest, ')', &skipped))
        return false;
    str_take_char(&rest, ']'); /* "gdm-password][12]:" */
    if (str_take_char(&rest, '[')) {
        size_t end = str_find_char(str_head(rest, 32), ']');
        if (end >= 32 || end >= rest.len)
            return false;
        str_take_n(&rest, end, &l->pid_text);
        str_take_char(&rest, ']');
        if (!str_to_u64(l->pid_text, &l->pid))
            l->pid = 0;
        if (str_starts(rest, STR(" (")) && str_find(str_head(rest, 128), STR("): ")) < 128)
            str_take_until(&rest, ')', &skipped);
        str_take_char(&rest, ':'); /* some leave it out behind the PID */
    } else if (!str_take_char(&rest, ':')) {
        return false;
    }
    if (rest.len && rest.p[0] != ' ' && rest.p[0] != '\t')
        return false;
    l->tagged = true;
    *s = rest;
    return true;
}

/* "[sshd] text" of metalog. */
static bool take_metalog_tag(str *s, struct syslog_line *l)
{
    str rest = *s, name;

    if (!str_take_char(&rest, '[') || !str_take_until(&rest, ']', &name) || name.len == 0 ||
        name.len > TAG_MAX)
        return false;
    str_take_char(&rest, ':');
    if (!str_take_char(&rest, ' '))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_tag_char(name.p[i]))
            return false;
    l->program = name;
    l->tagged = true;
    *s = rest;
    return true;
}

static bool take_host(str *s, str *host)
{
    str rest = *s;

    if (!str_take_word(&rest, host) || host->len > HOST_MAX)
        return false;
    for (size_t i = 0; i < host->len; i++)
        if (!is_host_char(host->p[i]))
            return false;
    str_take_spaces(&rest);
    *s = rest;
    return true;
}

/* Texts that other log formats have where syslog has the host. */
static bool is_level(str word)
{
    static const char *const levels[] = {"TRACE", "DEBUG", "INFO",  "NOTICE",   "WARN",
                                         "WARNING", "ERROR", "FATAL", "CRITICAL", "SEVERE"};

    word = str_unquote(word);
    if (word.len > 2 && word.p[0] == '[' && word.p[word.len - 1] == ']')
        word = (str){word.p + 1, word.len - 2};
    for (size_t i = 0; i < array_len(levels); i++)
        if (str_eq_nocase(word, str_of(levels[i])))
            return true;
    return false;
}

/* "29: ", "29: 000031: ": message numbers of Cisco. */
static void take_sequence(str *s)
{
    uint64_t n;

    for (int i = 0; i < 2; i++) {
        str rest = *s;
        if (!str_take_u64(&rest, &n) || !str_take(&rest, STR(": ")))
            return;
        *s = rest;
    }
}

static void take_clock_mark(str *s)
{
    str_take_char(s, '*'); /* clock not set */
    str_take_char(s, '.'); /* or not synchronised */
}

/* What a Cisco device put in front of its tag before a relay added a head of its own. */
static void skip_device_head(str *s)
{
    str rest = *s;
    struct stamp stamp;

    take_sequence(&rest);
    take_clock_mark(&rest);
    if (str_take_stamp(&rest, ORDER_UNKNOWN, &stamp))
        str_take(&rest, STR(": "));
    if (rest.len && rest.p[0] == '%')
        *s = rest;
}

/* Host and tag. A first word that is itself a tag means that the line names no host. */
static void take_origin(str *s, struct syslog_line *l)
{
    str rest = *s, first = *s;

    if (rest.len == 0 || str_starts(rest, STR("last message repeated")) ||
        str_starts(rest, STR("--- last")))
        return;
    if (rest.p[0] == '%' || rest.p[0] == ':')
        str_take(&rest, STR(": "));
    else if (take_host(&rest, &l->host)) {
        if (l->host.p[l->host.len - 1] == ':' || str_has(l->host, STR("["))) {
            l->host = STR(""); /* "sshd[12]: ..." or "kernel: ..." */
            rest = first;
        }
        str again = rest;
        if (l->host.len && str_take(&again, l->host) && str_take_char(&again, ' '))
            rest = again; /* UniFi writes the host twice */
        str_take(&rest, STR(": "));
    }
    str_take_spaces(&rest);
    if (rest.len && (char_is_digit(rest.p[0]) || rest.p[0] == '*' || rest.p[0] == '.'))
        skip_device_head(&rest);
    if (!take_tag(&rest, l) && !take_metalog_tag(&rest, l) && !take_spaced_tag(&rest, l)) {
        l->program = l->pid_text = STR("");
        l->pid = 0;
    }
    if (l->tagged && l->program.p[0] == '/')
        l->program = str_basename(l->program);
    *s = rest;
}

static str nil_is_empty(str s)
{
    return str_eq(s, STR("-")) ? STR("") : s;
}

/* "[id name=\"value\" ...][id2 ...]" or "-" (RFC 5424 section 6.3); \" \\ \] inside values. */
static bool take_structured(str *s, str *out)
{
    size_t i = 0;
    bool quoted = false;

    if (str_take_char(s, '-')) {
        *out = STR("");
        return true;
    }
    while (i < s->len && s->p[i] == '[') {
        for (i++; i < s->len && (quoted || s->p[i] != ']'); i++) {
            if (quoted && s->p[i] == '\\')
                i++;
            else if (s->p[i] == '"')
                quoted = !quoted;
        }
        if (i >= s->len)
            return false;
        i++;
    }
    return i > 0 && str_take_n(s, i, out);
}

static bool read_5424(str s, struct syslog_line *l)
{
    str word;

    if (!str_take(&s, STR("1 ")))
        return false;
    if (str_take(&s, STR("- ")))
        l->time_ns = TIME_UNKNOWN;
    else if (!str_take_rfc3339(&s, &l->time_ns, &l->precision, &l->zoned) || !str_take_spaces(&s))
        return false;
    if (!str_take_word(&s, &word) || !str_take_spaces(&s))
        return false;
    l->host = nil_is_empty(word);
    if (!str_take_word(&s, &word) || !str_take_spaces(&s))
        return false;
    l->program = nil_is_empty(word);
    if (!str_take_word(&s, &word) || !str_take_spaces(&s))
        return false;
    l->pid_text = nil_is_empty(word);
    if (!str_take_word(&s, &word) || !str_take_spaces(&s))
        return false;
    l->msgid = nil_is_empty(word);
    if (!take_structured(&s, &l->structured))
        return false;
    if (!str_to_u64(l->pid_text, &l->pid))
        l->pid = 0;
    str_take_spaces(&s);
    str_take(&s, STR("\xef\xbb\xbf"));
    l->rfc5424 = l->tagged = true;
    l->message = s;
    return true;
}

enum { FORTIOS_HEAD = 2048, FARTHEST_ZONE_S = 15 * 3600 };

/* The zone of FortiOS: eventtime is the instant itself (newer versions: in nanoseconds), tz the
 * offset. Without them, or where they are far from the local time, it stays open. */
static void take_fortios_zone(str s, struct syslog_line *l)
{
    str head = str_head(s, FORTIOS_HEAD), text;
    struct stamp stamp;
    int64_t offset_s, local_ns = civil_valid(&l->civil) ? civil_to_ns(&l->civil) : TIME_UNKNOWN;

    text = str_skip(head, str_find(head, STR("eventtime=")));
    if (local_ns == TIME_UNKNOWN)
        return;
    str_take(&text, STR("eventtime="));
    str_take_char(&text, '"');
    bool found = str_take_stamp(&text, ORDER_UNKNOWN, &stamp) && stamp.zoned &&
                 stamp.time_ns - local_ns <= FARTHEST_ZONE_S * NS_PER_S &&
                 local_ns - stamp.time_ns <= FARTHEST_ZONE_S * NS_PER_S;
    if (found) {
        l->time_ns = stamp.time_ns;
        l->precision = stamp.precision;
    } else {
        text = str_skip(head, str_find(head, STR("tz=\"")));
        found = str_take(&text, STR("tz=\"")) && str_take_offset(&text, &offset_s);
        if (found)
            l->time_ns = civil_at_offset(&l->civil, offset_s);
    }
    l->zoned |= found;
    l->is_civil = !found;
}

/* FortiOS: date=2024-10-02 time=14:22:07 ... stands for the whole head. With commas, too. */
static bool read_fortios(str s, struct syslog_line *l)
{
    str rest = s, day, clock;
    unsigned year, month, dom, hour, minute, second;

    if (!str_take(&rest, STR("date=")))
        return false;
    day = str_head(rest, str_find(str_head(rest, 20), STR("time=")));
    rest = str_skip(rest, day.len);
    if (!str_take(&rest, STR("time=")))
        return false;
    clock = rest;
    str_take_char(&day, '"');
    str_take_char(&clock, '"');
    if (!str_take_digits(&day, 4, &year) || !str_take_char(&day, '-') ||
        !str_take_digits(&day, 2, &month) || !str_take_char(&day, '-') ||
        !str_take_digits(&day, 2, &dom) || !str_take_digits(&clock, 2, &hour) ||
        !str_take_char(&clock, ':') || !str_take_digits(&clock, 2, &minute) ||
        !str_take_char(&clock, ':') || !str_take_digits(&clock, 2, &second))
        return false;
    l->civil = (struct civil){.year = (int32_t)year,
                              .month = (uint8_t)month,
                              .day = (uint8_t)dom,
                              .hour = (uint8_t)hour,
                              .minute = (uint8_t)minute,
                              .second = (uint8_t)second};
    l->is_civil = true;
    take_fortios_zone(s, l);
    l->program = STR("fortios");
    l->message = s;
    return true;
}

/* "Wed " of journalctl -o short-full. */
static bool take_weekday(str *s)
{
    bool is = s->len > 14 && char_is_alpha(s->p[0]) && s->p[3] == ' ' && char_is_digit(s->p[4]) &&
              s->p[8] == '-';

    if (is)
        *s = str_skip(*s, 4);
    return is;
}

/* Its " JST". Letters that mean several zones are passed over. */
static void take_zone_letters(str *s, struct syslog_line *l)
{
    str rest = *s, word;
    int64_t offset_s;
    struct civil c;

    if (l->zoned || !str_take_char(&rest, ' ') || !str_take_word(&rest, &word) || word.len > 5)
        return;
    for (size_t i = 0; i < word.len; i++)
        if (!(word.p[i] >= 'A' && word.p[i] <= 'Z') && word.p[i] != '+' && word.p[i] != '-' &&
            !char_is_digit(word.p[i]))
            return;
    *s = rest;
    l->zoned = str_take_zone_letters(&word, &offset_s) || str_take_offset(&word, &offset_s);
    if (!l->zoned)
        return;
    civil_of_ns(l->time_ns, &c);
    l->time_ns = civil_at_offset(&c, offset_s);
}

/* " UTC" behind a stamp without a year. */
static void take_zone_of_open(str *s, struct syslog_line *l)
{
    str rest = *s;
    int64_t offset_s;

    if (rest.len < 4 || rest.p[0] != ' ' || rest.p[1] < 'A' || rest.p[1] > 'Z' ||
        rest.p[2] < 'A' || rest.p[2] > 'Z')
        return;
    rest = str_skip(rest, 1);
    if (!str_take_zone_letters(&rest, &offset_s) || rest.len == 0 ||
        (rest.p[0] != ':' && rest.p[0] != ' '))
        return;
    l->offset_known = true;
    l->offset_s = (int32_t)offset_s;
    *s = rest;
}

/* The same behind one with a year: "Oct 02 2024 14:22:07 UTC: %ASA". */
static void take_zone_of_dated(str *s, struct syslog_line *l)
{
    take_zone_of_open(s, l);
    if (!l->offset_known)
        return;
    l->offset_known = l->is_civil = false;
    l->zoned = true;
    l->time_ns = civil_at_offset(&l->civil, l->offset_s);
}

/* Other languages, epoch numbers, "2024 Oct  2": what names its month or begins with the year. */
static bool take_other_stamp(str *s, struct syslog_line *l)
{
    struct stamp stamp;
    str rest = *s;

    if (!str_take_stamp(&rest, ORDER_UNKNOWN, &stamp) || stamp.numbers)
        return false;
    l->is_civil = !stamp.zoned;
    l->zoned = stamp.zoned;
    l->time_ns = stamp.time_ns;
    l->civil = stamp.civil;
    l->precision = stamp.precision;
    l->weekday = stamp.weekday;
    l->offset_known = stamp.offset_known;
    l->offset_s = stamp.offset_s;
    *s = rest;
    return true;
}

/* The stamp of a line that is not RFC 5424; *iso = it was an RFC 3339 one. */
static bool take_stamp(str *s, struct syslog_line *l, bool *iso)
{
    take_sequence(s);
    take_clock_mark(s);
    bool full = take_weekday(s);
    *iso = s->len > 10 && char_is_digit(s->p[0]) && s->p[4] == '-';
    if (*iso) {
        if (!str_take_rfc3339(s, &l->time_ns, &l->precision, &l->zoned))
            return false;
        if (full)
            take_zone_letters(s, l);
        return true;
    }
    if (!str_take_rfc3164(s, &l->civil, &l->precision))
        return take_other_stamp(s, l);
    l->is_civil = true;
    if (l->civil.year == 0)
        take_zone_of_open(s, l);
    else
        take_zone_of_dated(s, l);
    return true;
}

static void take_repeated(struct syslog_line *l)
{
    str rest = l->message;
    uint64_t times;

    if (rest.len == 0 || (rest.p[0] != 'm' && rest.p[0] != 'l' && rest.p[0] != '-'))
        return;
    if (str_take(&rest, STR("message repeated ")) && str_take_u64(&rest, &times) &&
        str_take(&rest, STR(" times: [ ")) && str_ends(rest, STR("]"))) {
        l->repeated = times;
        l->message = str_head(rest, rest.len - 1);
    } else if ((str_take(&rest, STR("last message repeated ")) ||
                str_take(&rest, STR("--- last message repeated "))) &&
               str_take_u64(&rest, &times)) {
        l->repeated = times;
    }
}

static bool read_line(str s, bool strict, struct syslog_line *l)
{
    bool iso;
    struct addr addr;
    char separator = s.len > 10 ? s.p[10] : '\0';

    if (!take_stamp(&s, l, &iso))
        return false;
    if (!str_take_spaces(&s) && !str_take(&s, STR(": ")))
        return s.len == 0 && !strict;
    take_origin(&s, l);
    if (iso && l->pid && is_level(l->host))
        l->host = STR(""); /* ChromeOS: severity instead of a host */
    l->message = s;
    if (!strict)
        return true;
    if (iso && l->pid == 0 && l->priority < 0 &&
        (is_level(l->host) || is_level(l->program) || l->host.len == 0))
        return false;
    if (iso && separator != 'T' && l->pid == 0 && l->priority < 0)
        return false;
    if (l->weekday && l->civil.year)
        return false; /* asctime: programs that write their own files */
    if (iso && l->zoned && addr_parse(l->host, &addr))
        return true; /* RouterOS has topics instead of a tag */
    return l->tagged || l->priority >= 0 || str_has(l->message, STR("message repeated"));
}

bool syslog_envelope(str text, bool strict, struct syslog_line *out)
{
    str s = text;

    *out = (struct syslog_line){.text = text, .priority = -1, .time_ns = TIME_UNKNOWN};
    str_take(&s, STR("\xef\xbb\xbf"));
    bool has_priority = take_priority(&s, &out->priority);
    struct syslog_line head = *out;
    if (!(has_priority && read_5424(s, out))) {
        *out = head;
        if (!read_fortios(s, out) && !read_line(s, strict, out))
            return false;
    }
    out->message = str_trim(out->message);
    if (str_take(&out->message, STR("[ID "))) { /* Solaris message ids */
        str id;
        if (str_take_until(&out->message, ']', &id)) {
            out->msgid = id;
            out->message = str_trim(out->message);
        }
    }
    take_repeated(out);
    return true;
}

/* "Oct  2 14:22:07": nearly every line that has no year. */
static uint8_t plain_month(str line)
{
    unsigned month;
    const char *p = line.p;

    if (line.len <= 12 || p[3] != ' ' || (p[4] != ' ' && !char_is_digit(p[4])) ||
        !char_is_digit(p[5]) || p[6] != ' ' || !char_is_digit(p[7]) || !char_is_digit(p[8]) ||
        p[9] != ':' || !char_is_digit(p[10]) || !char_is_digit(p[11]) || p[12] != ':')
        return 0; /* with a year the clock stands elsewhere */
    return str_take_month(&line, &month) ? (uint8_t)month : 0;
}

uint8_t syslog_open_month(str line)
{
    struct syslog_line l = {.priority = -1};
    size_t at = 0;
    bool iso;

    line = str_head(line, STAMP_MAX);
    while (at < line.len && (line.p[at] == '\0' || line.p[at] == '*' || line.p[at] == '.'))
        at++;
    line = str_skip(line, at);
    uint8_t month = plain_month(line);
    if (month || line.len < 12 || (char_is_digit(line.p[0]) && line.p[4] == '-'))
        return month;
    if (line.p[0] == '<' || char_is_digit(line.p[0]))
        take_priority(&line, &l.priority);
    month = plain_month(line);
    if (month || line.len < 12 || str_starts(line, STR("1 ")) || !take_stamp(&line, &l, &iso))
        return month;
    return l.is_civil && l.civil.year == 0 ? l.civil.month : 0;
}
