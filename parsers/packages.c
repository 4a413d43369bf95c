/* SPDX-License-Identifier: Apache-2.0
 *
 * What package managers write: which software came, changed and went, and who asked for it.
 *
 *     dpkg.log          2024-10-02 14:22:07 upgrade openssl:amd64 3.0.13-1 3.0.14-1
 *     apt history.log   paragraphs of "Start-Date: 2024-10-02  14:22:07", "Commandline: ...",
 *                       "Requested-By: deploy (1000)", "Install: ...", "End-Date: ..."
 *     yum.log           Oct 02 14:22:07 Installed: nmap-7.92-1.x86_64
 *     dnf.rpm.log       2024-10-02T14:22:07+0000 SUBDEBUG Installed: nmap-7.92-1.x86_64
 *     zypper history    2024-10-02 14:22:07|install|nmap|7.92-1|x86_64|root@fs01|main|0a1b|
 *     pacman.log        [2024-10-02T14:22:07+0000] [ALPM] installed nmap (7.95-1)
 *
 * (dpkg(1), apt's apt-pkg/deb/dpkgpm.cc, libzypp's HistoryLog, pacman's lib/libalpm/log.) Local
 * times, as plain text logs: the zone of the system. Event fields: package.name, package.version,
 * package.architecture, package.old_version, package.action; of apt process.command_line, actor =
 * Requested-By, apt.install, apt.upgrade ... with the lists as written. Lines of dpkg that only
 * say "status" or "startup" are kind other. */
#include "parsers/text.h"

enum { ITEM_MAX_BYTES = 256 * 1024 };

struct package {
    struct stamp stamp;
    str text; /* behind the stamp */
    str action, name, version, old_version, architecture, user, host;
    bool changes; /* software came, changed or went */
};

static bool take_word(str *s, str *word)
{
    str_take_spaces(s);
    return str_take_word(s, word);
}

/* "openssl:amd64" */
static void set_name(struct package *p, str word)
{
    size_t colon = str_find_char(word, ':');

    p->name = str_head(word, colon);
    p->architecture = str_skip(word, colon + 1);
}

static bool is_one_of(str word, const char *const *words)
{
    for (; *words; words++)
        if (str_eq_nocase(word, str_of(*words)))
            return true;
    return false;
}

static str version_of(str word)
{
    return str_eq(word, STR("<none>")) ? STR("") : word;
}

/* "upgrade openssl:amd64 3.0.13-1 3.0.14-1", "status installed openssl:amd64 3.0.14-1",
 * "startup archives unpack", "conffile /etc/ssh/sshd_config keep". */
static bool read_dpkg(str s, struct package *p)
{
    static const char *const changes[] = {"install", "upgrade", "remove", "purge", NULL};
    static const char *const others[] = {"configure", "trigproc", "disappear", NULL};
    str word, old = STR(""), new = STR("");

    if (!take_word(&s, &p->action) || !take_word(&s, &word))
        return false;
    if (str_eq(p->action, STR("startup")) || str_eq(p->action, STR("conffile"))) {
        p->name = word;
        return true;
    }
    if (str_eq(p->action, STR("status"))) {
        if (!take_word(&s, &word) || !take_word(&s, &p->version))
            return false;
        set_name(p, word);
        return true;
    }
    p->changes = is_one_of(p->action, changes);
    if ((!p->changes && !is_one_of(p->action, others)) || !take_word(&s, &old))
        return false;
    set_name(p, word);
    take_word(&s, &new);
    p->old_version = version_of(old);
    p->version = version_of(new);
    return true;
}

/* "nmap-7.92-1.x86_64", "6:nmap-7.92-1.x86_64": name-version-release.architecture. */
static void set_nevra(struct package *p, str word)
{
    uint64_t epoch;
    str rest = word;

    if (str_take_u64(&rest, &epoch) && str_take_char(&rest, ':'))
        word = rest;
    size_t dot = str_rfind_char(word, '.');
    str full = str_head(word, dot);
    size_t release = str_rfind_char(full, '-');
    size_t version = str_rfind_char(str_head(full, release), '-');
    p->architecture = str_skip(word, dot + 1);
    p->name = str_head(full, version < release ? version : full.len);
    p->version = version < release ? str_skip(full, version + 1) : STR("");
}

/* "Installed: nmap-7.92-1.x86_64", perhaps behind a level. */
static bool read_rpm(str s, struct package *p)
{
    static const char *const actions[] = {"Installed:", "Updated:",    "Erased:",     "Upgraded:",
                                          "Upgrade:",   "Obsoleted:",  "Downgraded:",
                                          "Reinstalled:",
                                          "Downgrade:", "Reinstall:",  "Removed:",    NULL};
    str word;

    if (!take_word(&s, &word))
        return false;
    if (!str_ends(word, STR(":")) && !take_word(&s, &word))
        return false;
    if (!is_one_of(word, actions) || !take_word(&s, &p->name))
        return false;
    p->action = str_head(word, word.len - 1);
    p->changes = true;
    set_nevra(p, p->name);
    return true;
}

/* "|install|nmap|7.92-1|x86_64|root@fs01|repository|checksum|" */
static bool read_zypper(str s, struct package *p)
{
    static const char *const changes[] = {"install", "remove", NULL};
    static const char *const others[] = {"command", "radd", "rremove", "patch", "ralias", "rurl",
                                         NULL};
    str fields[5] = {STR(""), STR(""), STR(""), STR(""), STR("")};

    if (!str_take_char(&s, '|'))
        return false;
    for (size_t i = 0; i < array_len(fields) && str_take_until(&s, '|', &fields[i]); i++)
        continue;
    p->action = str_trim(fields[0]);
    p->changes = is_one_of(p->action, changes);
    if (!p->changes && !is_one_of(p->action, others))
        return false;
    bool removed = str_eq(p->action, STR("remove"));
    str by = p->changes ? fields[4] : fields[1];
    size_t at = str_find_char(by, '@');
    p->user = at < by.len ? str_head(by, at) : STR("");
    p->host = str_skip(by, at + 1);
    if (!p->changes)
        return true;
    p->name = fields[1];
    *(removed ? &p->old_version : &p->version) = fields[2];
    p->architecture = fields[3];
    return true;
}

/* "] [ALPM] upgraded nmap (7.94-1 -> 7.95-1)", "] [PACMAN] Running 'pacman -S nmap'". */
static bool read_pacman(str s, struct package *p)
{
    static const char *const changes[] = {"installed", "upgraded",    "removed", "reinstalled",
                                          "downgraded", NULL};
    str part, versions = STR("");

    if (!str_take_char(&s, ']') || !str_take_spaces(&s) || !str_take_char(&s, '[') ||
        !str_take_until(&s, ']', &part) || !take_word(&s, &p->action))
        return false;
    p->changes = str_eq(part, STR("ALPM")) && is_one_of(p->action, changes);
    if (!p->changes)
        return str_eq(part, STR("ALPM")) || str_eq(part, STR("PACMAN")) ||
               str_starts(part, STR("ALPM-"));
    if (!take_word(&s, &p->name) || !str_take_spaces(&s) || !str_take_char(&s, '(') ||
        !str_take_until(&s, ')', &versions))
        return false;
    size_t arrow = str_find(versions, STR(" -> "));
    bool removed = str_eq(p->action, STR("removed"));
    p->old_version = arrow < versions.len || removed ? str_head(versions, arrow) : STR("");
    p->version = removed ? STR("") : str_skip(versions, arrow < versions.len ? arrow + 4 : 0);
    return true;
}

static bool read_package(str line, struct package *p)
{
    bool bracket = str_take_char(&line, '[');

    *p = (struct package){.changes = false};
    if (!str_take_stamp(&line, ORDER_UNKNOWN, &p->stamp))
        return false;
    p->text = str_trim(bracket ? str_skip(line, 1) : line);
    if (bracket)
        return read_pacman(line, p);
    return read_zypper(line, p) || read_dpkg(line, p) || read_rpm(line, p);
}

/* A paragraph of apt, from its first line to the blank line behind it. */
struct apt {
    str start, command, user, error;
    str lists[7];
};

static const char *const apt_lists[] = {"Install",   "Reinstall", "Upgrade", "Downgrade",
                                        "Remove",    "Purge",     "Disappeared"};
static const char *const apt_names[] = {"apt.install",   "apt.reinstall", "apt.upgrade",
                                        "apt.downgrade", "apt.remove",    "apt.purge",
                                        "apt.disappeared"};
_Static_assert(array_len(apt_lists) == array_len(apt_names), "a field each");

static bool is_apt(str line)
{
    static const char *const keys[] = {"Start-Date:", "Commandline:", "Requested-By:", "End-Date:",
                                       "Error:",      "Install:",     "Reinstall:",    "Upgrade:",
                                       "Downgrade:",  "Remove:",      "Purge:",        NULL};
    size_t colon = str_find_char(line, ':');

    return is_one_of(str_head(line, colon + 1), keys);
}

static void apt_line(struct apt *a, str line)
{
    size_t colon = str_find_char(line, ':');
    str key = str_head(line, colon), value = str_trim(str_skip(line, colon + 1));

    if (str_eq(key, STR("Start-Date")))
        a->start = value;
    else if (str_eq(key, STR("Commandline")))
        a->command = value;
    else if (str_eq(key, STR("Requested-By")))
        a->user = str_trim(str_head(value, str_find(value, STR(" ("))));
    else if (str_eq(key, STR("Error")))
        a->error = value;
    for (size_t i = 0; i < array_len(apt_lists); i++)
        if (str_eq_nocase(key, str_of(apt_lists[i])))
            a->lists[i] = value;
}

/* How many packages a list names: each ends with its versions in parentheses. */
static size_t apt_count(str list)
{
    size_t n = 0;

    for (size_t at; (at = str_find_char(list, ')')) < list.len; n++)
        list = str_skip(list, at + 1);
    return n;
}

static void apt_message(const struct apt *a, struct batch *out)
{
    struct buf text = {0};
    const char *between = ": ";

    buf_str(&text, a->command.len ? a->command : STR("apt"));
    for (size_t i = 0; i < array_len(apt_lists); i++) {
        size_t n = apt_count(a->lists[i]);
        if (n == 0)
            continue;
        buf_printf(&text, "%s%zu package%s: %s", between, n, n == 1 ? "" : "s", apt_lists[i]);
        between = ", ";
    }
    if (a->error.len)
        buf_str(&text, STR(" (failed)"));
    batch_text(out, FIELD_ECS, STR("message"), arena_str(&out->arena, buf_view(&text)));
    buf_free(&text);
}

static bool read_apt(str text, struct apt *a, struct stamp *stamp)
{
    str line, start;

    *a = (struct apt){.start = STR("")};
    while (str_take_line(&text, &line))
        apt_line(a, line);
    start = a->start;
    return str_take_stamp(&start, ORDER_UNKNOWN, stamp);
}

static void apt_event(const struct input *in, struct batch *out, str text, uint64_t offset)
{
    struct apt a;
    struct stamp stamp;

    if (!read_apt(text, &a, &stamp)) {
        batch_damaged(out, offset, "a paragraph of apt without Start-Date");
        return;
    }
    struct event *e = text_begin(out, in, text, offset, 0);
    text_stamp_time(e, &stamp, 0, in->hints);
    e->kind = KIND_SOFTWARE;
    e->outcome = a.error.len ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    e->provider = names_put(&out->names, STR("apt"));
    e->actor.user = names_put(&out->names, a.user);
    batch_text(out, FIELD_ECS, STR("process.command_line"), a.command);
    batch_text(out, FIELD_ECS, STR("error.message"), a.error);
    for (size_t i = 0; i < array_len(apt_lists); i++)
        batch_text(out, FIELD_OWN, str_of(apt_names[i]), a.lists[i]);
    if (in->hints && in->hints->messages)
        apt_message(&a, out);
    batch_commit(out);
}

static void package_message(const struct package *p, struct batch *out)
{
    bool updated = p->version.len && p->old_version.len;

    if (!p->changes) {
        batch_text(out, FIELD_ECS, STR("message"), p->text);
        return;
    }
    text_message(out,
                 (str[]){STR("Package "), p->action, STR(": "), p->name, STR(" "), p->old_version,
                         updated ? STR(" -> ") : STR(""), p->version},
                 8);
}

static void package_event(const struct input *in, struct batch *out, str line, uint64_t offset,
                          size_t full, const struct package *p, uint8_t year_index)
{
    struct event *e = text_begin(out, in, line, offset, full);

    text_stamp_time(e, &p->stamp, year_index, in->hints);
    if (p->host.len)
        text_set_host(out, p->host);
    e->kind = p->changes ? KIND_SOFTWARE : KIND_OTHER;
    e->provider = names_put(&out->names, STR("packages"));
    e->actor.user = names_put(&out->names, p->user);
    batch_text(out, FIELD_OWN, STR("package.action"), p->action);
    batch_text(out, FIELD_ECS, STR("package.name"), p->name);
    batch_text(out, FIELD_ECS, STR("package.version"), p->version);
    batch_text(out, FIELD_OWN, STR("package.old_version"), p->old_version);
    batch_text(out, FIELD_ECS, STR("package.architecture"), p->architecture);
    if (in->hints && in->hints->messages)
        package_message(p, out);
    batch_commit(out);
}

static bool accepts(str line)
{
    struct package p;

    return is_apt(line) || read_package(line, &p);
}

static bool ignores(str line)
{
    return line.len && line.p[0] == '#';
}

static int probe(const struct sample *sample)
{
    return probe_lines(sample, accepts, ignores);
}

static bool continues(str line) /* a paragraph of apt */
{
    return is_apt(line) && !str_starts(line, STR("Start-Date:"));
}

static bool starts(str line)
{
    return !continues(line);
}

static void count_years(struct years *y, const struct stamp *stamp)
{
    if (!stamp->zoned && stamp->civil.year == 0)
        years_step(y, stamp->civil.month);
}

static void carry(struct carry *state, str bytes)
{
    struct years *y = (struct years *)state->bytes;
    struct package p;
    str line;

    while (str_take_line(&bytes, &line))
        if (line.len && char_is_alpha(line.p[0]) && !is_apt(line) && /* yum.log */
            read_package(line, &p))
            count_years(y, &p.stamp);
}

static void parse(const struct input *in, struct batch *out)
{
    struct years years = {0, 0};
    size_t pos = 0, full;
    uint64_t offset;
    str line;
    struct package p;

    if (in->carry)
        memcpy(&years, in->carry->bytes, sizeof years);
    while (input_line(in, &pos, &line, &offset, &full)) {
        if (line.len == 0 || ignores(line)) {
            out->skipped++;
        } else if (is_apt(line)) {
            if (!full)
                text_take_continuation(in, &pos, &line, continues, ITEM_MAX_BYTES);
            apt_event(in, out, line, offset);
        } else if (read_package(line, &p)) {
            count_years(&years, &p.stamp);
            package_event(in, out, line, offset, full, &p, years.index);
        } else {
            batch_damaged(out, offset, "no line of a package manager: %.*s",
                          PSTR(str_head(line, 80)));
        }
    }
}

static const char *const beats[] = {"syslog", "plain", NULL};

const struct parser parser_packages = {
    .name = "packages",
    .about = "package managers: dpkg.log, apt history.log, yum, dnf, zypper, pacman",
    .reads = READS_LINES,
    .beats = beats,
    .example = "2024-10-02 14:22:07 install nmap:amd64 <none> 7.93+dfsg1-1\n",
    .probe = probe,
    .starts = starts,
    .carry = carry,
    .parse = parse,
};
