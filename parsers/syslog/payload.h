/* SPDX-License-Identifier: Apache-2.0
 *
 * Syslog is an envelope. What is inside is read by payload readers, one line each in
 * parsers/payload.def: the envelope finds time, host, program, PID and message, and hands the
 * message to the first reader that knows the program and accepts the words.
 *
 * A reader is mostly a table of wordings. A wording is the text that a program writes, with
 * %letters where it varies; the letter says what stands there:
 *
 *     {"Accepted %m for %u from %s port %p ssh2", KIND_LOGON, ..., "SSH login accepted: %u ..."}
 *
 *     %u user that the event is about -> target.user (*)
 *     %v the same, one word, perhaps empty         %U user who does it -> actor.user (*)
 *     %V the same, one word, perhaps empty         %h name of the client -> src.host
 *     %s client: address or name -> src            %p its port -> src_port
 *     %a client "address:port", perhaps with [AF_INET] before it -> src, src_port
 *     %d server: address or name -> dst            %q its port -> dst_port
 *     %l address assigned -> dst.addr, lease.ip    %M hardware address -> source.mac
 *     %m method -> auth.method                     %k key type -> key.type
 *     %f key fingerprint -> key.fingerprint        %t terminal -> tty
 *     %w directory -> process.working_directory (*) %c command -> process.command_line (*)
 *     %g group -> group.name                       %n session -> session.id
 *     %r reason -> event.reason (*)                %x unit, service -> service.name (*)
 *     %i numeric user id -> unix_uid               %D duration -> duration
 *     %F file -> file.path (*)                     %* a word    %_ anything (*)
 *     %O %B bytes from and to the client
 *
 * Names without a dot and those of auth., key., lease., session. are FIELD_OWN, the others ECS. A
 * word ends at a blank. (*) may hold blanks. %u, %c and %_ reach to the LAST place where the rest
 * fits: a stranger who chooses a user name cannot imitate the address that the server writes
 * behind it. The others reach to the first place.
 *
 * What events of remote access carry (correlate/ and the facts read it):
 *     KIND_LOGON, KIND_LOGON_FAILED of sshd: target.user, target.logon = PID of the connection,
 *         src = client, dst.host = this host, auth.method, key.type, key.fingerprint
 *     KIND_VPN_LOGON, KIND_VPN_LOGON_FAILED: target.user, src.addr = outside client address
 *     KIND_VPN_LEASE: target.user, src.addr = outside address if the record has it,
 *         dst.addr and lease.ip = assigned inner address, dst.host empty
 *     KIND_VPN_LOGOFF: target.user, src.addr; bytes_out (from the client) and bytes_in if known
 *     KIND_ADDRESS_LEASE (DHCP): dst.addr and lease.ip = address assigned, src.host = name that
 *         the client gives, source.mac; for a DHCP client (dhclient) src.host = this host */
#ifndef PARSERS_SYSLOG_PAYLOAD_H
#define PARSERS_SYSLOG_PAYLOAD_H

#include "core/parser.h"

/* What the envelope read. Texts borrow from the line. */
struct syslog_line {
    str text;           /* the line */
    str host, program;  /* "" when the line has none */
    str pid_text, msgid, structured;
    str message;        /* behind the tag, trimmed */
    uint64_t pid;       /* 0 = none */
    uint64_t repeated;  /* of "message repeated N times", else 0 */
    int priority;       /* -1 = none */
    bool rfc5424, tagged;
    /* time: either an instant, or a civil time (year 0: none) */
    int64_t time_ns;
    struct civil civil;
    bool is_civil, zoned;
    uint8_t weekday;     /* written beside a civil time: 1 = Sunday to 7; 0 = none */
    bool offset_known;   /* a civil time without a year is so many seconds east of UTC */
    int32_t offset_s;
    enum precision precision;
};

struct wording {
    const char *text;
    enum kind kind;
    enum outcome outcome;
    enum severity severity;
    const char *message; /* with the letters of text; NULL: the text itself */
};

struct payload {
    const char *name;
    const char *const *programs; /* NULL-terminated; NULL: any program */
    /* A quick look before anything else, or NULL. */
    bool (*takes)(const struct syslog_line *line);
    const struct wording *wordings;
    size_t wording_count;
    bool complete; /* its tables mean to hold every wording that matters: others are flagged */
    bool server; /* clients come to this host: dst.host is the host of the line */
    /* Instead of, or (when a wording has matched) after the table. False: not understood. */
    bool (*read)(const struct syslog_line *line, struct batch *out, bool messages);
};

/* Fills the open event from the first wording of the table that `text` fits. */
bool wording_read(str text, const struct wording *table, size_t count, struct batch *out,
                  bool messages);

/* What an envelope does with its message, in this order. The reader that names the program, or
 * NULL. */
const struct payload *payload_of(str program);
str payload_provider(str program); /* the event's provider: "sshd" also for sshd-session */
/* A message of the kernel without "[ 1234.567890] " in front. */
str payload_without_uptime(str text);
/* log.syslog.*, process.name and process.pid of the open event. */
void payload_fields(const struct syslog_line *line, struct batch *out);
str payload_severity(unsigned level); /* 0 to 7: "emergency" ... "debug" */
/* Kind, roles and message of the open event, whose host is set: from the reader of the program
 * (`own`, or NULL), else from those of any program, else other. */
void payload_describe(const struct payload *own, const struct syslog_line *line,
                      struct batch *out, bool messages);

/* Reads the envelope of a line; false when it is none. `strict`: only what cannot be taken for
 * another format (for probing). */
bool syslog_envelope(str text, bool strict, struct syslog_line *out);

/* The month of a line whose stamp has one and no year, from its first bytes; 0 for others. */
uint8_t syslog_open_month(str line);

/* Sets an endpoint from an address or, failing that, a name; "-", "?" and UNKNOWN are nothing. */
void payload_endpoint(struct batch *out, struct endpoint *end, str text);

#endif
