/* SPDX-License-Identifier: Apache-2.0
 *
 * Small grammars inside of fields: what WinRM, SQL Server, OpenSSH, PowerShell and the task
 * scheduler write as text. A text that is not as expected leaves the event as it was. */
#include "parsers/windows_view.h"

enum { HOST_TEXT_MAX = 16 * 1024, PROGRAM_MAX = 1024 };

/* "http://.../Microsoft.PowerShell (ACME\t.kuroda clientIP: 10.1.2.3)" on newer systems. */
void windows_winrm_resource(struct windows_view *w, str s)
{
    size_t open = str_find(s, STR(" ("));
    str user, address;

    if (open >= s.len)
        return;
    s = str_skip(s, open + 2);
    if (!str_take_until_str(&s, STR(" clientIP: "), &user) || !str_take_until(&s, ')', &address))
        return;
    windows_put_src(w, address);
    w->e->actor.user = 0;
    windows_put_account(w, &w->e->actor, user);
}

/* " [CLIENT: 10.1.2.3]"; "<local machine>" and "<named pipe>" are no address. */
void windows_sql_client(struct windows_view *w, str s)
{
    size_t at = str_find(s, STR("[CLIENT: "));
    str address;

    if (at >= s.len)
        return;
    s = str_skip(s, at + 9);
    if (str_take_until(&s, ']', &address))
        windows_put_src(w, str_trim(address));
}

/* "USER from 10.1.2.3 port 50123 ...": the last one, since a user name may hold anything. */
static bool ssh_from(struct windows_view *w, str s, str *user)
{
    static const str from = {" from ", 6};

    for (size_t at = s.len; at-- > 0;) {
        str rest = str_skip(s, at), address;
        uint64_t port;
        if (!str_take(&rest, from) || !str_take_word(&rest, &address) ||
            !str_take(&rest, STR(" port ")) || !str_take_u64(&rest, &port) || port > UINT16_MAX ||
            !addr_parse(address, &w->e->src.addr))
            continue;
        w->e->src_port = (uint16_t)port;
        *user = str_head(s, at);
        return true;
    }
    return false;
}

static void ssh_end(struct windows_view *w, str s)
{
    str address, user;
    uint64_t port;

    if (str_take(&s, STR("user ")) || str_take(&s, STR("invalid user ")) ||
        str_take(&s, STR("authenticating user "))) {
        if (!str_take_word(&s, &user) || !str_take(&s, STR(" ")))
            return;
        windows_put_account(w, &w->e->target, user);
    }
    if (str_take_word(&s, &address) && addr_parse(address, &w->e->src.addr) &&
        str_take(&s, STR(" port ")) && str_take_u64(&s, &port) && port <= UINT16_MAX)
        w->e->src_port = (uint16_t)port;
}

/* OpenSSH's wording is that of every sshd. METHOD: "password for [invalid user ]USER from ...";
 * FROM: "USER from ..."; END: "[user USER ]ADDRESS port N". */
enum ssh_rest { SSH_NOTHING, SSH_METHOD, SSH_FROM, SSH_END };

static const struct {
    str opening;
    uint8_t kind, outcome, rest;
} ssh_lines[] = {
    {{"Accepted ", 9}, KIND_LOGON, OUTCOME_SUCCESS, SSH_METHOD},
    {{"Failed ", 7}, KIND_LOGON_FAILED, OUTCOME_FAILURE, SSH_METHOD},
    {{"Invalid user ", 13}, KIND_LOGON_FAILED, OUTCOME_FAILURE, SSH_FROM},
    {{"Connection from ", 16}, KIND_CONNECTION, OUTCOME_UNKNOWN, SSH_END},
    {{"Disconnected from ", 18}, KIND_SESSION_CLOSE, OUTCOME_UNKNOWN, SSH_END},
    {{"Connection closed by ", 21}, KIND_SESSION_CLOSE, OUTCOME_UNKNOWN, SSH_END},
    {{"Connection reset by ", 20}, KIND_SESSION_CLOSE, OUTCOME_UNKNOWN, SSH_END},
    {{"Received disconnect from ", 25}, KIND_SESSION_CLOSE, OUTCOME_UNKNOWN, SSH_END},
    {{"Server listening on ", 20}, KIND_LOG_SERVICE, OUTCOME_UNKNOWN, SSH_NOTHING},
};

void windows_sshd(struct windows_view *w, str s)
{
    size_t i = 0;
    str method, user;

    while (i < array_len(ssh_lines) && !str_take(&s, ssh_lines[i].opening))
        i++;
    if (i == array_len(ssh_lines))
        return;
    enum ssh_rest rest = (enum ssh_rest)ssh_lines[i].rest;
    if (rest == SSH_METHOD && !(str_take_word(&s, &method) && str_take(&s, STR(" for "))))
        return;
    w->e->kind = ssh_lines[i].kind;
    w->e->outcome = ssh_lines[i].outcome;
    if (rest == SSH_METHOD)
        str_take(&s, STR("invalid user "));
    if (rest == SSH_END)
        ssh_end(w, s);
    else if (rest != SSH_NOTHING && ssh_from(w, s, &user))
        windows_put_account(w, &w->e->target, user);
}

/* "Key=value" and "Key = value" lines of the classic log and of 4103's context. */
static void host_line(struct windows_view *w, str key, str value)
{
    if (str_eq_nocase(key, STR("HostApplication")) || str_eq_nocase(key, STR("Host Application")))
        batch_text(w->b, FIELD_ECS, STR("process.command_line"), value);
    else if (str_eq_nocase(key, STR("UserId")) || str_eq_nocase(key, STR("User")))
        windows_put_account(w, &w->e->actor, value);
    else if ((str_eq_nocase(key, STR("HostName")) || str_eq_nocase(key, STR("Host Name"))) &&
             str_eq_nocase(value, STR("ServerRemoteHost")))
        w->e->dst.host = w->e->host; /* this end serves a remote session */
}

void windows_powershell_host(struct windows_view *w, struct value v)
{
    str line;

    if (v.type != VALUE_UTF16 && v.type != VALUE_TEXT && v.type != VALUE_ANSI)
        return;
    if (v.len > HOST_TEXT_MAX)
        v.len = HOST_TEXT_MAX;
    str text = value_str(v, &w->b->arena);
    while (str_take_line(&text, &line)) {
        size_t equals = str_find_char(line, '=');
        if (equals < line.len)
            host_line(w, str_trim(str_head(line, equals)), str_trim(str_skip(line, equals + 1)));
    }
}

/* Appends the text of the first element of that name, entities resolved. */
static void element_text(str xml, str open, str close, struct buf *out)
{
    static const struct {
        str entity;
        char c;
    } entities[] = {
        {{"&amp;", 5}, '&'},  {{"&lt;", 4}, '<'},    {{"&gt;", 4}, '>'},
        {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''},
    };
    str skipped, text;

    if (!str_take_until_str(&xml, open, &skipped) || !str_take_until_str(&xml, close, &text))
        return;
    if (out->len)
        buf_char(out, ' ');
    while (text.len) {
        char c = text.p[0];
        size_t taken = 1;
        for (size_t i = 0; c == '&' && i < array_len(entities); i++)
            if (str_starts(text, entities[i].entity)) {
                c = entities[i].c;
                taken = entities[i].entity.len;
            }
        buf_char(out, c);
        text = str_skip(text, taken);
    }
}

/* "SHA1=...,MD5=...,SHA256=...,IMPHASH=...", in the order of Sysmon's configuration. */
void windows_hashes(struct windows_view *w, enum windows_hashed of, str text)
{
    static const struct {
        str algorithm;
        str paths[3]; /* by enum windows_hashed */
    } hashes[] = {
        {{"MD5", 3}, {{"process.hash.md5", 16}, {"file.hash.md5", 13}, {"dll.hash.md5", 12}}},
        {{"SHA1", 4}, {{"process.hash.sha1", 17}, {"file.hash.sha1", 14}, {"dll.hash.sha1", 13}}},
        {{"SHA256", 6},
         {{"process.hash.sha256", 19}, {"file.hash.sha256", 16}, {"dll.hash.sha256", 15}}},
        {{"IMPHASH", 7},
         {{"process.pe.imphash", 18}, {"file.pe.imphash", 15}, {"dll.pe.imphash", 14}}},
    };
    str algorithm;

    text = arena_str(&w->b->arena, text);
    while (str_take_until(&text, '=', &algorithm)) {
        str value = str_head(text, str_find_char(text, ','));
        text = str_skip(text, value.len + 1);
        for (size_t i = 0; i < array_len(hashes); i++)
            if (str_eq_nocase(algorithm, hashes[i].algorithm))
                batch_text(w->b, FIELD_ECS, hashes[i].paths[of], value);
    }
}

/* What a task runs: <Exec><Command> and <Arguments> of its XML (MS-TSCH 2.5). */
void windows_task_content(struct windows_view *w, struct value v)
{
    struct buf command = {0};

    if (v.type != VALUE_UTF16 && v.type != VALUE_TEXT)
        return;
    str xml = value_str(v, &w->b->arena);
    element_text(xml, STR("<Command>"), STR("</Command>"), &command);
    windows_put(w, &w->e->program, str_head(buf_view(&command), PROGRAM_MAX));
    element_text(xml, STR("<Arguments>"), STR("</Arguments>"), &command);
    batch_text(w->b, FIELD_ECS, STR("process.command_line"),
               arena_str(&w->b->arena, buf_view(&command)));
    buf_free(&command);
}
