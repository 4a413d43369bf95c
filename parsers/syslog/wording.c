/* SPDX-License-Identifier: Apache-2.0
 *
 * The matcher behind the tables of wordings: literal text and %letters (payload.h has the list).
 * Words are found by their first byte, so a table of a hundred wordings costs about as much as
 * the few that begin like the message. Backtracking is bounded: TRIES places a capture, STEPS in
 * all for one wording; a text that needs more does not fit. */
#include "parsers/syslog/payload.h"

#include <assert.h>

enum { CAPTURES_MAX = 14, TRIES = 64, STEPS = 512, WORD_MAX_BYTES = 1024 };
enum { SHOWN_MAX = 512, MESSAGE_MAX = 8192 };

/* LONG ends at the last place where the rest fits, LAZY at the first. */
enum shape { WORD, WORD_OR_NONE, LONG, LAZY };

enum role {
    ROLE_FIELD,
    ROLE_NONE,
    ROLE_TARGET,
    ROLE_ACTOR,
    ROLE_SRC,
    ROLE_SRC_HOST,
    ROLE_SRC_PORT,
    ROLE_SRC_BOTH,
    ROLE_DST,
    ROLE_DST_PORT,
    ROLE_LEASE,
    ROLE_COMMAND,
    ROLE_BYTES_OUT,
    ROLE_BYTES_IN
};

struct letter {
    enum shape shape;
    enum role role;
    enum field_group group;
    const char *field;
    size_t field_len;
};

#define FIELD(name) name, sizeof(name) - 1

static const struct letter letters[128] = {
    ['u'] = {LONG, ROLE_TARGET, 0, NULL, 0},
    ['v'] = {WORD_OR_NONE, ROLE_TARGET, 0, NULL, 0},
    ['U'] = {LAZY, ROLE_ACTOR, 0, NULL, 0},
    ['V'] = {WORD_OR_NONE, ROLE_ACTOR, 0, NULL, 0},
    ['s'] = {WORD_OR_NONE, ROLE_SRC, 0, NULL, 0},
    ['h'] = {WORD_OR_NONE, ROLE_SRC_HOST, 0, NULL, 0},
    ['p'] = {WORD, ROLE_SRC_PORT, 0, NULL, 0},
    ['a'] = {WORD, ROLE_SRC_BOTH, 0, NULL, 0},
    ['d'] = {WORD, ROLE_DST, 0, NULL, 0},
    ['q'] = {WORD, ROLE_DST_PORT, 0, NULL, 0},
    ['l'] = {WORD, ROLE_LEASE, FIELD_OWN, FIELD("lease.ip")},
    ['c'] = {LONG, ROLE_COMMAND, FIELD_ECS, FIELD("process.command_line")},
    ['O'] = {WORD, ROLE_BYTES_OUT, 0, NULL, 0},
    ['B'] = {WORD, ROLE_BYTES_IN, 0, NULL, 0},
    ['m'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("auth.method")},
    ['k'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("key.type")},
    ['f'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("key.fingerprint")},
    ['t'] = {WORD_OR_NONE, ROLE_FIELD, FIELD_OWN, FIELD("tty")},
    ['n'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("session.id")},
    ['i'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("unix_uid")},
    ['D'] = {WORD, ROLE_FIELD, FIELD_OWN, FIELD("duration")},
    ['M'] = {WORD, ROLE_FIELD, FIELD_ECS, FIELD("source.mac")},
    ['w'] = {LAZY, ROLE_FIELD, FIELD_ECS, FIELD("process.working_directory")},
    ['g'] = {WORD, ROLE_FIELD, FIELD_ECS, FIELD("group.name")},
    ['r'] = {LAZY, ROLE_FIELD, FIELD_ECS, FIELD("event.reason")},
    ['F'] = {LAZY, ROLE_FIELD, FIELD_ECS, FIELD("file.path")},
    ['x'] = {LAZY, ROLE_FIELD, FIELD_ECS, FIELD("service.name")},
    ['*'] = {WORD, ROLE_NONE, 0, NULL, 0},
    ['_'] = {LONG, ROLE_NONE, 0, NULL, 0},
};

struct match {
    unsigned count, steps;
    char letter[CAPTURES_MAX];
    str text[CAPTURES_MAX];
};

static bool fits(const char *p, str s, struct match *m);

/* str_starts for what mostly differs in its first bytes. */
static bool begins(const char *p, size_t len, str literal)
{
    if (len < literal.len)
        return false;
    for (size_t i = 0; i < literal.len; i++)
        if (p[i] != literal.p[i])
            return false;
    return true;
}

static bool fits_after(const char *stop, str literal, str s, size_t n, struct match *m)
{
    if (++m->steps > STEPS)
        return false;
    m->text[m->count - 1] = str_head(s, n);
    return fits(stop + literal.len, str_skip(s, n + literal.len), m);
}

/* The first place inside the word at the front of s where the rest fits. */
static bool fits_word(const char *stop, str literal, str s, bool empty, struct match *m)
{
    unsigned held = m->count;

    if (literal.len && literal.p[0] == ' ') { /* the usual case: the word ends where it ends */
        size_t n = str_find_char(str_head(s, WORD_MAX_BYTES), ' ');
        return (n > 0 || empty) && begins(s.p + n, s.len - n, literal) &&
               fits_after(stop, literal, s, n, m);
    }
    for (size_t i = 0; i <= s.len && i <= WORD_MAX_BYTES; i++) {
        bool here = literal.len == 0 ? i == s.len
                                     : begins(s.p + i, s.len - i, literal);
        if (here && (i > 0 || empty)) {
            if (fits_after(stop, literal, s, i, m))
                return true;
            m->count = held;
        }
        if (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t'))
            return false;
    }
    return false;
}

/* The last place where the rest fits. */
static bool fits_long(const char *stop, str literal, str s, struct match *m)
{
    unsigned held = m->count;
    str front = s;

    if (literal.len == 0)
        return fits_after(stop, literal, s, s.len, m);
    for (unsigned tries = 0; tries < TRIES;) {
        size_t at = str_rfind_char(front, literal.p[0]);
        if (at == front.len)
            return false;
        front.len = at;
        if (!begins(s.p + at, s.len - at, literal))
            continue;
        if (fits_after(stop, literal, s, at, m))
            return true;
        m->count = held;
        tries++;
    }
    return false;
}

/* The first place where the rest fits. */
static bool fits_lazy(const char *stop, str literal, str s, struct match *m)
{
    unsigned held = m->count;
    size_t at = 0;

    if (literal.len == 0)
        return fits_after(stop, literal, s, s.len, m);
    for (unsigned tries = 0; tries < TRIES; tries++) {
        at += str_find(str_skip(s, at), literal);
        if (at >= s.len)
            return false;
        if (fits_after(stop, literal, s, at, m))
            return true;
        m->count = held;
        at++;
    }
    return false;
}

static bool fits(const char *p, str s, struct match *m)
{
    for (; *p != '%'; p++, s.p++, s.len--) {
        if (*p == '\0')
            return s.len == 0;
        if (s.len == 0 || *s.p != *p)
            return false;
    }
    char letter = p[1];
    const char *stop = p + 2;
    str literal = {stop, 0};

    while (stop[literal.len] != '\0' && stop[literal.len] != '%')
        literal.len++;
    assert(m->count < CAPTURES_MAX && (unsigned char)letter < array_len(letters));
    enum shape shape = letters[(unsigned char)letter].shape;
    m->letter[m->count++] = letter;
    if (shape == LONG)
        return fits_long(stop, literal, s, m);
    if (shape == LAZY)
        return fits_lazy(stop, literal, s, m);
    return fits_word(stop, literal, s, shape == WORD_OR_NONE, m);
}

void payload_endpoint(struct batch *out, struct endpoint *end, str text)
{
    if (addr_parse(text, &end->addr))
        return;
    if (text.len == 0 || str_eq(text, STR("-")) || str_eq(text, STR("?")) ||
        str_eq(text, STR("UNKNOWN")))
        return;
    end->host = names_put(&out->names, text);
}

static void set_port(uint16_t *port, str text)
{
    uint64_t n;

    if (str_to_u64(text, &n) && n <= UINT16_MAX)
        *port = (uint16_t)n;
}

/* "203.0.113.7:51000", "[AF_INET]203.0.113.7:51000", "[AF_INET6]2001:db8::7:51000". */
static void set_both(struct batch *out, str text)
{
    struct event *e = out->open;

    if (str_take(&text, STR("[AF_INET6]"))) { /* the port is behind the last colon */
        size_t colon = str_rfind_char(text, ':');
        payload_endpoint(out, &e->src, str_head(text, colon));
        set_port(&e->src_port, str_skip(text, colon + 1));
        return;
    }
    str_take(&text, STR("[AF_INET]"));
    if (!addr_parse_port(text, &e->src.addr, &e->src_port))
        payload_endpoint(out, &e->src, str_head(text, str_find_char(text, ':')));
}

/* DOMAIN\user and user as they stand; a domain is split off only where it is marked so. */
static void set_user(struct batch *out, struct party *who, str text)
{
    size_t slash = str_find_char(text, '\\');

    if (slash > 0 && slash + 1 < text.len) {
        who->domain = names_put(&out->names, str_head(text, slash));
        text = str_skip(text, slash + 1);
    }
    who->user = names_put(&out->names, text);
}

static void set_command(struct batch *out, str text)
{
    str word;

    if (str_take_word(&text, &word))
        out->open->program = names_put(&out->names, word);
}

static void set_role(struct batch *out, enum role role, str text)
{
    struct event *e = out->open;
    uint64_t n;

    switch (role) {
    case ROLE_TARGET:
        set_user(out, &e->target, text);
        break;
    case ROLE_ACTOR:
        set_user(out, &e->actor, text);
        break;
    case ROLE_SRC:
        payload_endpoint(out, &e->src, text);
        break;
    case ROLE_SRC_HOST:
        e->src.host = names_put(&out->names, text);
        break;
    case ROLE_SRC_PORT:
        set_port(&e->src_port, text);
        break;
    case ROLE_SRC_BOTH:
        set_both(out, text);
        break;
    case ROLE_DST:
        payload_endpoint(out, &e->dst, text);
        break;
    case ROLE_DST_PORT:
        set_port(&e->dst_port, text);
        break;
    case ROLE_LEASE:
        addr_parse(text, &e->dst.addr);
        break;
    case ROLE_COMMAND:
        set_command(out, text);
        break;
    case ROLE_BYTES_OUT:
        if (str_to_u64(text, &n))
            e->bytes_out = n;
        break;
    case ROLE_BYTES_IN:
        if (str_to_u64(text, &n))
            e->bytes_in = n;
        break;
    case ROLE_FIELD:
    case ROLE_NONE:
        break;
    }
}

static str captured(const struct match *m, char letter)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->letter[i] == letter)
            return str_head(m->text[i], SHOWN_MAX);
    return STR("");
}

/* The message: the template with its letters replaced. */
static void say(struct batch *out, const char *template, const struct match *m)
{
    char text[MESSAGE_MAX];
    size_t len = 0;

    for (const char *p = template; *p; p++) {
        assert(len + SHOWN_MAX < sizeof text); /* our own templates are short */
        if (*p != '%') {
            text[len++] = *p;
            continue;
        }
        str value = captured(m, *++p);
        if (value.len)
            memcpy(text + len, value.p, value.len);
        len += value.len;
    }
    batch_text(out, FIELD_ECS, STR("message"), arena_str(&out->arena, (str){text, len}));
}

static void apply(struct batch *out, const struct wording *w, str text, struct match *m,
                  bool messages)
{
    struct event *e = out->open;

    e->kind = (uint16_t)w->kind;
    e->outcome = (uint8_t)w->outcome;
    e->severity = (uint8_t)w->severity;
    for (unsigned i = 0; i < m->count; i++) {
        const struct letter *l = &letters[(unsigned char)m->letter[i]];
        if (l->role == ROLE_COMMAND)
            m->text[i] = str_trim(m->text[i]); /* cron pads */
        if (m->text[i].len == 0)
            continue;
        set_role(out, l->role, m->text[i]);
        if (l->field)
            batch_text(out, l->group, (str){l->field, l->field_len}, m->text[i]);
    }
    if (messages && w->message)
        say(out, w->message, m);
    else if (messages)
        batch_text(out, FIELD_ECS, STR("message"), text);
}

bool wording_read(str text, const struct wording *table, size_t count, struct batch *out,
                  bool messages)
{
    struct match m;

    for (size_t i = 0; i < count; i++) {
        char first = table[i].text[0];
        if (first != '%' && (text.len == 0 || first != text.p[0]))
            continue;
        m.count = m.steps = 0;
        if (fits(table[i].text, text, &m)) {
            apply(out, &table[i], text, &m, messages);
            return true;
        }
    }
    return false;
}
