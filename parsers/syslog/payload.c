/* SPDX-License-Identifier: Apache-2.0
 *
 * Hands a message to the payload readers, and the fields that every envelope has: the same for a
 * line of text and for an entry of the journal. */
#include "parsers/syslog/payload.h"
#include "parsers/text.h"

enum { PAYLOAD_MAX_BYTES = 64 * 1024 };

#define PAYLOAD(name) extern const struct payload payload_##name;
#include "parsers/payload.def"
#undef PAYLOAD

static const struct payload *const payloads[] = {
#define PAYLOAD(name) &payload_##name,
#include "parsers/payload.def"
#undef PAYLOAD
};

static bool knows(const struct payload *p, str program)
{
    for (const char *const *name = p->programs; *name; name++)
        if (str_eq(program, str_of(*name)))
            return true;
    return false;
}

const struct payload *payload_of(str program)
{
    for (size_t i = 0; i < array_len(payloads); i++)
        if (payloads[i]->programs && knows(payloads[i], program))
            return payloads[i];
    return NULL;
}

str payload_provider(str program)
{
    bool session = str_eq(program, STR("sshd-session")) || str_eq(program, STR("sshd-auth"));

    return session ? STR("sshd") : program;
}

static bool try_payload(const struct payload *p, const struct syslog_line *l, struct batch *out,
                        bool messages)
{
    struct event *e = out->open;

    if (p->takes && !p->takes(l))
        return false;
    if (p->server)
        e->dst.host = e->host;
    bool understood = p->wordings ? wording_read(l->message, p->wordings, p->wording_count, out,
                                                 messages)
                                  : p->read(l, out, messages);
    if (understood && p->wordings && p->read)
        p->read(l, out, messages);
    if (!understood || e->kind == KIND_VPN_LEASE)
        e->dst.host = 0;
    return understood;
}

/* "prog: text" for words that nobody knows. */
static void say_line(const struct syslog_line *l, struct batch *out)
{
    if (l->program.len == 0) {
        batch_text(out, FIELD_ECS, STR("message"), l->message);
        return;
    }
    text_message(out, (str[]){l->program, STR(": "), l->message}, 3);
}

/* Readers of one program first, then those of any (PAM, firewalls). */
void payload_describe(const struct payload *own, const struct syslog_line *l, struct batch *out,
                      bool messages)
{
    if (l->message.len <= PAYLOAD_MAX_BYTES) {
        if (own && try_payload(own, l, out, messages))
            return;
        for (size_t i = 0; i < array_len(payloads); i++)
            if (!payloads[i]->programs && try_payload(payloads[i], l, out, messages))
                return;
    }
    if (own && own->complete)
        out->open->flags |= EVENT_UNAUDITED_TEXT;
    if (messages)
        say_line(l, out);
}

/* "[12345.678901] " of printk. */
str payload_without_uptime(str text)
{
    str rest = text, stamp;

    if (!str_take_char(&rest, '[') || !str_take_until(&rest, ']', &stamp))
        return text;
    stamp = str_trim(stamp);
    for (size_t i = 0; i < stamp.len; i++)
        if (!char_is_digit(stamp.p[i]) && stamp.p[i] != '.')
            return text;
    return str_trim(rest);
}

static const char *const facilities[] = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
static const char *const severities[] = {"emergency", "alert",  "critical",      "error",
                                         "warning",   "notice", "informational", "debug"};

str payload_severity(unsigned level)
{
    return str_of(severities[level % 8]);
}

void payload_fields(const struct syslog_line *l, struct batch *out)
{
    if (l->priority >= 0) {
        unsigned n = (unsigned)l->priority;
        batch_number(out, FIELD_ECS, STR("log.syslog.priority"), n);
        batch_text(out, FIELD_ECS, STR("log.syslog.facility.name"), str_of(facilities[n / 8]));
        batch_text(out, FIELD_ECS, STR("log.syslog.severity.name"), payload_severity(n));
    }
    batch_text(out, FIELD_ECS, STR("log.syslog.hostname"), l->host);
    batch_text(out, FIELD_ECS, STR("log.syslog.appname"), l->program);
    batch_text(out, FIELD_ECS, STR("log.syslog.procid"), l->pid_text);
    batch_text(out, FIELD_ECS, STR("log.syslog.msgid"), l->msgid);
    batch_text(out, FIELD_ECS, STR("log.syslog.structured_data"), l->structured);
    batch_text(out, FIELD_ECS, STR("process.name"), l->program);
    if (l->pid)
        batch_text(out, FIELD_ECS, STR("process.pid"), l->pid_text);
    if (l->repeated)
        batch_number(out, FIELD_OWN, STR("repeated"), l->repeated);
}
