/* SPDX-License-Identifier: Apache-2.0
 *
 * How values are put into the line of a message: plain, shortened, or with the words that their
 * codes stand for. */
#include "parsers/windows_line.h"

static const str ellipsis = {"\xe2\x80\xa6", 3};

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

void line_add(struct line *l, str s)
{
    if (s.len > sizeof l->p - l->len)
        return;
    memcpy(l->p + l->len, s.p, s.len);
    l->len += s.len;
}

/* Is none of the next eight bytes white space or a control character? */
static bool is_black(const char *p)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t x, del;

    memcpy(&x, p, sizeof x);
    del = x ^ ones * 0x7f;
    return !((((x - ones * 0x21) & ~x) | ((del - ones) & ~del)) & ones * 0x80);
}

void line_text(struct line *l, str s, size_t max)
{
    size_t start = l->len;
    bool blank = true; /* leading ones are dropped */

    if (sizeof l->p - l->len < ellipsis.len)
        return;
    if (max > sizeof l->p - l->len - ellipsis.len)
        max = sizeof l->p - l->len - ellipsis.len;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (s.len - i >= 8 && l->len - start + 12 <= max && is_black(s.p + i)) {
            memcpy(l->p + l->len, s.p + i, 8);
            l->len += 8;
            i += 7;
            blank = false;
            continue;
        }
        if (l->len - start + 4 > max && starts_character(s.p[i])) {
            line_add(l, ellipsis);
            return;
        }
        if (c > ' ' && c != 0x7f) {
            l->p[l->len++] = (char)c;
            blank = false;
        } else if (!blank) {
            l->p[l->len++] = ' ';
            blank = true;
        }
    }
    if (blank && l->len > start)
        l->len--;
}

/* Cut before it is converted when it is far longer than can be shown. */
str windows_shown(struct windows_view *w, struct value v, size_t max)
{
    size_t most = 4 * max; /* white space collapses */

    if (v.type == VALUE_UTF16 && v.len > 2 * most)
        v.len = (uint32_t)(2 * most);
    else if ((v.type == VALUE_TEXT || v.type == VALUE_ANSI || v.type == VALUE_BINARY) &&
             v.len > most)
        v.len = (uint32_t)most;
    if (v.len <= 2 * sizeof w->text || v.type == VALUE_SID)
        return windows_text(w, v);
    return value_is_blank(v) ? STR("") : value_str(v, &w->b->arena);
}

static void add_hex(struct line *l, uint64_t n)
{
    char raw[24];
    int len = snprintf(raw, sizeof raw, "0x%llx", (unsigned long long)n);

    line_add(l, (str){raw, (size_t)len});
}

static bool format_short(struct windows_view *w, struct line *l, struct value v)
{
    str s = windows_shown(w, v, SHORT_MAX);

    line_text(l, s, SHORT_MAX);
    return s.len > 0;
}

static bool format_long(struct windows_view *w, struct line *l, struct value v)
{
    str s = windows_shown(w, v, LONG_MAX_BYTES);

    line_text(l, s, LONG_MAX_BYTES);
    return s.len > 0;
}

static bool format_base(struct windows_view *w, struct line *l, struct value v)
{
    str s = str_basename(windows_shown(w, v, LONG_MAX_BYTES));

    line_text(l, s, SHORT_MAX);
    return s.len > 0;
}

/* A word for the number, or the value as it is when there is none. */
static bool word(struct windows_view *w, struct line *l, struct value v, str (*name)(uint64_t))
{
    uint64_t n;

    if (value_is_blank(v))
        return false;
    str text = value_u64(v, &n) ? name(n) : STR("");
    if (!text.len)
        return format_short(w, l, v);
    line_add(l, text);
    return true;
}

/* "wrong password (0xc000006a)", but just "success". */
static bool coded(struct windows_view *w, struct line *l, struct value v, str (*name)(uint64_t))
{
    uint64_t n;

    if (value_is_blank(v))
        return false;
    if (!value_u64(v, &n))
        return format_short(w, l, v);
    str text = name(n);
    line_add(l, text);
    if (n == 0 && text.len)
        return true;
    line_add(l, text.len ? STR(" (") : STR(""));
    add_hex(l, n);
    line_add(l, text.len ? STR(")") : STR(""));
    return true;
}

/* "3 (demand)" */
static bool numbered(struct windows_view *w, struct line *l, struct value v, str (*name)(uint64_t))
{
    uint64_t n;

    if (!format_short(w, l, v))
        return false;
    str text = value_u64(v, &n) ? name(n) : STR("");
    if (text.len) {
        line_add(l, STR(" ("));
        line_add(l, text);
        line_add(l, STR(")"));
    }
    return true;
}

static bool format_hex(struct windows_view *w, struct line *l, struct value v)
{
    uint64_t n;

    if (value_is_blank(v))
        return false;
    if (!value_u64(v, &n))
        return format_short(w, l, v);
    add_hex(l, n);
    return true;
}

#define WORD(format, name)                                                                         \
    static bool format(struct windows_view *w, struct line *l, struct value v)                     \
    {                                                                                              \
        return word(w, l, v, name);                                                                \
    }
#define CODED(format, name)                                                                        \
    static bool format(struct windows_view *w, struct line *l, struct value v)                     \
    {                                                                                              \
        return coded(w, l, v, name);                                                               \
    }
#define NUMBERED(format, name)                                                                     \
    static bool format(struct windows_view *w, struct line *l, struct value v)                     \
    {                                                                                              \
        return numbered(w, l, v, name);                                                            \
    }
WORD(format_logon_type, windows_logon_type)
WORD(format_firewall_profile, windows_firewall_profile)
WORD(format_firewall_direction, windows_firewall_direction)
WORD(format_firewall_action, windows_firewall_action)
WORD(format_threat_action, windows_threat_action)
WORD(format_network, windows_network_category)
NUMBERED(format_preauth, windows_preauth)
NUMBERED(format_start, windows_service_start)
NUMBERED(format_service_type, windows_service_type)
NUMBERED(format_clock_reason, windows_clock_reason)
NUMBERED(format_power_reason, windows_power_reason)
NUMBERED(format_boot_type, windows_boot_type)
WORD(format_protocol, windows_protocol)
WORD(format_dns_type, windows_dns_type)
CODED(format_ntstatus, windows_ntstatus)
CODED(format_kerberos, windows_kerberos_error)

/* A refused ticket has no encryption: all ones. */
static bool format_encryption(struct windows_view *w, struct line *l, struct value v)
{
    uint64_t n;

    return !(value_u64(v, &n) && n == UINT32_MAX) && coded(w, l, v, windows_encryption);
}

/* Only the word: the number stands beside it. */
static bool format_disconnect(struct windows_view *w, struct line *l, struct value v)
{
    uint64_t n;

    (void)w;
    str text = value_u64(v, &n) ? windows_disconnect(n) : STR("");
    line_add(l, text);
    return text.len > 0;
}

/* A SubStatus of zero says nothing: the Status does. */
static bool format_failure(struct windows_view *w, struct line *l, struct value v)
{
    uint64_t n;

    return value_u64(v, &n) && n && format_ntstatus(w, l, v);
}

/* "0x3 (read, write)" */
static bool mask(struct windows_view *w, struct line *l, struct value v,
                 void (*names)(uint64_t, struct buf *))
{
    char room[512]; /* all bits of the longest mask take less, so that the buffer never grows */
    struct buf out = {room, 0, sizeof room};
    uint64_t n;

    if (value_is_blank(v))
        return false;
    if (!value_u64(v, &n))
        return format_short(w, l, v);
    if (!n)
        return false;
    add_hex(l, n);
    buf_str(&out, STR(" ("));
    names(n, &out);
    buf_char(&out, ')');
    line_add(l, buf_view(&out));
    return true;
}

static bool format_access(struct windows_view *w, struct line *l, struct value v)
{
    return mask(w, l, v, windows_file_access);
}

static bool format_process(struct windows_view *w, struct line *l, struct value v)
{
    return mask(w, l, v, windows_process_access);
}

static bool format_tickets(struct windows_view *w, struct line *l, struct value v)
{
    return mask(w, l, v, windows_ticket_options);
}

/* Takes "%%1234", "{GUID}", "%{GUID}" or "%{S-1-5-32-544}" from the front of s. */
static bool take_parameter(str *s, str *name)
{
    str rest = *s, inside;
    uint64_t n;

    *name = STR("");
    if (str_take(&rest, STR("%%")) && str_take_u64(&rest, &n)) {
        *name = windows_parameter(n);
    } else {
        rest = *s;
        str_take_char(&rest, '%');
        if (!str_take_char(&rest, '{') || !str_take_until(&rest, '}', &inside))
            return false;
        *name = str_starts(inside, STR("S-1-")) ? inside : windows_right(inside);
    }
    if (!name->len)
        *name = str_head(*s, s->len - rest.len);
    *s = rest;
    return true;
}

/* Only a yes is worth a word. */
static bool format_if_yes(struct windows_view *w, struct line *l, struct value v)
{
    (void)w;
    (void)l;
    return value_is(v, STR("%%1842"));
}

/* Lists of %%1234, separated by white space, spelled out and separated by commas. */
static bool format_parameters(struct windows_view *w, struct line *l, struct value v)
{
    str s = windows_shown(w, v, SHORT_MAX), name, item;
    size_t start = l->len;

    if (str_eq(s, STR("%%1793"))) /* not set */
        return false;
    for (s = str_trim(s); s.len; s = str_trim(s)) {
        if (l->len > start)
            line_add(l, STR(", "));
        if (l->len - start > SHORT_MAX) {
            line_add(l, ellipsis);
            break;
        }
        if (take_parameter(&s, &name)) {
            line_text(l, name, SHORT_MAX);
            str_take_char(&s, ',');
        } else {
            size_t end = str_find(s, STR("%%"));
            item = str_head(s, end ? end : 1);
            s = str_skip(s, item.len);
            line_text(l, item, SHORT_MAX);
        }
    }
    return l->len > start;
}

/* Privileges and rights by name, separated by white space or commas. */
static bool format_privileges(struct windows_view *w, struct line *l, struct value v)
{
    str s = windows_shown(w, v, LONG_MAX_BYTES), name;
    size_t start = l->len;

    for (s = str_trim(s); s.len; s = str_trim(s)) {
        if (str_take_char(&s, ','))
            continue;
        if (l->len > start)
            line_add(l, STR(", "));
        if (l->len - start > LONG_MAX_BYTES) {
            line_add(l, ellipsis);
            break;
        }
        size_t len = 0;
        while (len < s.len && !char_is_space(s.p[len]) && s.p[len] != ',')
            len++;
        str_take_n(&s, len ? len : 1, &name);
        line_text(l, name, SHORT_MAX);
        str words = windows_privilege(name);
        if (words.len) {
            line_add(l, STR(" ("));
            line_add(l, words);
            line_add(l, STR(")"));
        }
    }
    return l->len > start;
}

/* The code of an exception: an NTSTATUS, which error reports write as "c0000005". */
static bool format_exception(struct windows_view *w, struct line *l, struct value v)
{
    str s = windows_shown(w, v, SHORT_MAX), rest = s;
    uint64_t n;

    if (!str_take_hex(&rest, &n) || rest.len)
        return format_ntstatus(w, l, v);
    return format_ntstatus(w, l, value_number(&w->b->arena, n));
}

/* An error: "%%1053", a number, an HRESULT. Those of Win32 are known in decimal. */
static bool format_error(struct windows_view *w, struct line *l, struct value v)
{
    enum { FACILITY_HTTP = 0x8019 }; /* BITS: the status of a web server */
    str s = windows_shown(w, v, SHORT_MAX), rest = s;
    char raw[32];
    uint64_t n;

    str_take(&rest, STR("%%"));
    if (!value_u64(v, &n) && !str_to_u64(rest, &n))
        return format_short(w, l, v);
    n &= UINT32_MAX; /* some are widened with their sign */
    bool http = n >> 16 == FACILITY_HTTP;
    str text = http ? STR("HTTP") : windows_error(n);
    n = http ? n & 0xffff : n;
    int len = n > 0xffff ? snprintf(raw, sizeof raw, "0x%08x", (unsigned)n)
                         : snprintf(raw, sizeof raw, "%u", (unsigned)n);
    line_add(l, text);
    if (n == 0)
        return true;
    line_add(l, !text.len ? STR("") : http ? STR(" ") : STR(" ("));
    line_add(l, (str){raw, (size_t)len});
    line_add(l, text.len && !http ? STR(")") : STR(""));
    return true;
}

/* What follows "error" in a line: zero is none. */
static bool format_failed(struct windows_view *w, struct line *l, struct value v)
{
    uint64_t n;

    return !(value_u64(v, &n) && n == 0) && format_error(w, l, v);
}

bool line_address(struct line *l, const struct addr *addr, uint16_t port)
{
    char room[80];
    struct buf out = {room, 0, sizeof room}; /* an address is shorter */

    if (addr_is_none(addr))
        return false;
    bool brackets = port && addr->b[10] != 0xff;
    if (brackets)
        buf_char(&out, '[');
    addr_text(addr, &out);
    if (brackets)
        buf_char(&out, ']');
    if (port) {
        buf_char(&out, ':');
        buf_u64(&out, port);
    }
    line_add(l, buf_view(&out));
    return true;
}

/* A SOCKADDR: "10.1.2.3:445". */
static bool format_address(struct windows_view *w, struct line *l, struct value v)
{
    struct addr addr;
    uint16_t port;

    if (windows_sockaddr(v, &addr, &port))
        return line_address(l, &addr, port);
    return format_short(w, l, v);
}

static const struct {
    str name;
    windows_show *write;
} formats[] = {
    {{"long", 4}, format_long},
    {{"base", 4}, format_base},
    {{"hex", 3}, format_hex},
    {{"logontype", 9}, format_logon_type},
    {{"ntstatus", 8}, format_ntstatus},
    {{"failure", 7}, format_failure},
    {{"kerberos", 8}, format_kerberos},
    {{"encryption", 10}, format_encryption},
    {{"preauth", 7}, format_preauth},
    {{"param", 5}, format_parameters},
    {{"ifyes", 5}, format_if_yes},
    {{"access", 6}, format_access},
    {{"process", 7}, format_process},
    {{"tickets", 7}, format_tickets},
    {{"start", 5}, format_start},
    {{"servicetype", 11}, format_service_type},
    {{"winerror", 8}, format_error},
    {{"error", 5}, format_failed},
    {{"proto", 5}, format_protocol},
    {{"dnstype", 7}, format_dns_type},
    {{"disconnect", 10}, format_disconnect},
    {{"privileges", 10}, format_privileges},
    {{"clock", 5}, format_clock_reason},
    {{"power", 5}, format_power_reason},
    {{"boot", 4}, format_boot_type},
    {{"profile", 7}, format_firewall_profile},
    {{"direction", 9}, format_firewall_direction},
    {{"action", 6}, format_firewall_action},
    {{"threataction", 12}, format_threat_action},
    {{"network", 7}, format_network},
    {{"exception", 9}, format_exception},
    {{"address", 7}, format_address},
};

windows_show *windows_show_of(str format)
{
    for (size_t i = 0; format.len && i < array_len(formats); i++)
        if (str_eq(formats[i].name, format))
            return formats[i].write;
    return format_short;
}
