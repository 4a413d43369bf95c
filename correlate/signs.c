/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns from section 2.2 and 2.3 of the field notes (JPCERT sheets, public rules): names that
 * remote execution tools leave, commands that destroy what could be restored. */
#include "correlate/signs.h"

static bool has_any(str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_has_nocase(text, str_of(words[i])))
            return true;
    return false;
}

static bool all_letters(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_alpha(s.p[i]))
            return false;
    return s.len > 0;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "wKqPzRtB": the lengths that tools generate, and either letters that change case as words do
 * not, or hardly a vowel. */
static bool looks_random(str s)
{
    unsigned vowels = 0, rises = 0;

    if ((s.len != 4 && s.len != 8 && s.len != 16) || !all_letters(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        vowels += str_find_char(STR("aeiouy"), char_lower(s.p[i])) < 6;
        rises += i > 0 && is_upper(s.p[i]) && !is_upper(s.p[i - 1]);
    }
    if (s.len == 4)
        return rises >= 1 && vowels == 0;
    return rises >= 3 || (rises >= 1 && vowels * 5 < s.len) || vowels * 8 <= s.len;
}

static bool is_hex(str s, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if (!char_is_hex(s.p[i]))
            return false;
    return s.len == len;
}

static str without_ending(str name)
{
    size_t dot = str_rfind_char(name, '.');

    return dot < name.len ? str_head(name, dot) : name;
}

static unsigned parts(str path)
{
    unsigned n = 1;

    for (size_t i = 0; i < path.len; i++)
        n += path.p[i] == '\\';
    return n;
}

/* %systemroot%\XXXXXXXX.exe (Impacket, RemCom), \\host\ADMIN$\0123abc.exe (Cobalt Strike). */
static bool is_dropped(str path)
{
    str stem = without_ending(str_basename(str_trim(str_unquote(path))));

    if (!str_ends_nocase(path, STR(".exe")))
        return false;
    if (str_has_nocase(path, STR("\\ADMIN$\\")))
        return true;
    return (str_starts_nocase(path, STR("%systemroot%\\")) ||
            str_starts_nocase(path, STR("C:\\Windows\\"))) &&
           parts(path) <= 3 && (looks_random(stem) || is_hex(stem, 7));
}

unsigned signs_of_command(str text)
{
    static const char *const shells[] = {"%comspec%", "cmd.exe /", "cmd /c", "powershell", "pwsh",
                                         "rundll32", "mshta", "regsvr32"};
    static const char *const places[] = {"\\temp\\", "\\users\\", "\\programdata\\", "\\perflogs\\",
                                         "\\admin$\\", "\\appdata\\", "$recycle.bin"};
    static const char *const output[] = {"\\__output", "execute.bat", "127.0.0.1\\admin$\\__",
                                         "127.0.0.1\\c$\\"};
    unsigned signs = 0;

    if (has_any(text, shells, array_len(shells)))
        signs |= SIGN_COMMAND;
    if (has_any(text, places, array_len(places)) &&
        !str_has_nocase(text, STR("\\microsoft\\windows defender\\"))) /* its own drivers */
        signs |= SIGN_ODD_PLACE;
    if (has_any(text, output, array_len(output)))
        signs |= SIGN_CLONE | SIGN_OUTPUT_FILE;
    if (str_has_nocase(text, STR("start /b /min powershell"))) /* Metasploit, Cobalt Strike */
        signs |= SIGN_CLONE;
    return signs;
}

static bool is_clone(str text)
{
    static const char *const clones[] = {"paexec", "csexec", "remcom", "btobto", "winexesvc",
                                         "smbexec", "xcmd", "sliver", "grunthttp", "gruntsmb"};

    return has_any(text, clones, array_len(clones));
}

unsigned signs_of_service(str name, str path)
{
    unsigned signs = signs_of_command(path);

    if (str_has_nocase(name, STR("PSEXESVC")) || str_has_nocase(path, STR("PSEXESVC")))
        return SIGN_PSEXEC;
    if (is_clone(name) || is_clone(path))
        signs |= SIGN_CLONE;
    if (is_dropped(path))
        signs |= SIGN_CLONE;
    if (looks_random(name))
        signs |= SIGN_RANDOM_NAME;
    return signs;
}

unsigned signs_of_task(str name, str content)
{
    unsigned signs = signs_of_command(content);
    str own = str_basename(name);

    if (looks_random(own) || (own.len == 8 && all_letters(own) &&
                              str_has_nocase(content, STR("%windir%\\Temp\\"))))
        signs |= SIGN_RANDOM_NAME;
    if (str_has_nocase(content, STR("\\Temp\\")) && str_has_nocase(content, STR(".tmp 2")))
        signs |= SIGN_CLONE | SIGN_OUTPUT_FILE;
    return signs;
}

bool is_program(str name)
{
    static const char *const endings[] = {".exe", ".dll", ".bat", ".cmd", ".ps1", ".vbs",
                                          ".sys", ".hta", ".js",  ".scr", ".msi", ".com"};

    for (size_t i = 0; i < array_len(endings); i++)
        if (str_ends_nocase(name, str_of(endings[i])))
            return true;
    return false;
}

static str share_name(str share)
{
    return str_basename(share);
}

bool is_admin_share(str share)
{
    str name = share_name(share);

    return str_eq_nocase(name, STR("ADMIN$")) ||
           (name.len == 2 && name.p[1] == '$' && char_is_alpha(name.p[0]));
}

bool is_ipc_share(str share)
{
    return str_eq_nocase(share_name(share), STR("IPC$"));
}

/* wmiexec and dcomexec write to ADMIN$\__<epoch>[.<fraction>]. */
static bool is_output_file(str name)
{
    uint64_t epoch;
    str s = str_basename(name);

    return str_take(&s, STR("__")) && str_take_u64(&s, &epoch) && epoch > 1000000000 &&
           epoch < 4000000000 && (!s.len || s.p[0] == '.');
}

unsigned signs_of_share_file(str name, bool written, enum method *method)
{
    str own = str_basename(name);

    if (is_output_file(name)) {
        *method = METHOD_WMI;
        return SIGN_OUTPUT_FILE;
    }
    if (str_eq_nocase(own, STR("__output")) || str_eq_nocase(own, STR("execute.bat"))) {
        *method = METHOD_PSEXEC;
        return SIGN_CLONE | SIGN_OUTPUT_FILE;
    }
    if (written && str_starts_nocase(own, STR("PSEXE"))) {
        *method = METHOD_PSEXEC;
        return SIGN_PSEXEC;
    }
    if (!written || !is_program(name))
        return 0;
    if (is_clone(own)) {
        *method = METHOD_PSEXEC;
        return SIGN_CLONE | SIGN_WROTE_PROGRAM;
    }
    return SIGN_WROTE_PROGRAM | (looks_random(without_ending(own)) ? SIGN_RANDOM_NAME : 0);
}

/* SERVICE-HOST-PID-stdin. HOST may hold '-' itself, SERVICE is what stands before the first. */
static bool psexec_pipe(str name, str *service, str *host)
{
    static const char *const ends[] = {"-stdin", "-stdout", "-stderr"};
    uint64_t pid;

    for (size_t i = 0; i < array_len(ends); i++) {
        str rest = name;
        if (!str_ends_nocase(name, str_of(ends[i])))
            continue;
        rest.len -= str_of(ends[i]).len;
        size_t dash = str_rfind_char(rest, '-');
        if (dash == rest.len || !str_to_u64(str_skip(rest, dash + 1), &pid))
            return false;
        rest = str_head(rest, dash);
        return str_take_until(&rest, '-', service) && (*host = rest).len > 0;
    }
    return false;
}

bool signs_of_pipe(str name, enum method *method, unsigned *signs, str *host)
{
    str service;

    while (str_take_char(&name, '\\'))
        ;
    *signs = 0;
    *host = STR("");
    if (psexec_pipe(name, &service, host)) {
        *method = METHOD_PSEXEC;
        *signs = JOIN_PIPE | (str_eq_nocase(service, STR("PSEXESVC")) ? SIGN_PSEXEC : SIGN_CLONE);
        return true;
    }
    if (str_starts_nocase(name, STR("RemCom_")) || str_starts_nocase(name, STR("PAExec")) ||
        str_starts_nocase(name, STR("csexecsvc"))) {
        *method = METHOD_PSEXEC;
        *signs = SIGN_CLONE;
        return true;
    }
    if (str_starts_nocase(name, STR("PSEXESVC"))) {
        *method = METHOD_PSEXEC;
        *signs = SIGN_PSEXEC;
        return true;
    }
    *method = str_eq_nocase(name, STR("svcctl")) ? METHOD_SERVICE : METHOD_TASK;
    return *method == METHOD_SERVICE || str_eq_nocase(name, STR("atsvc"));
}

/* The host behind `mark` in a command line: "\\HOST", "/node:HOST", "/s HOST". */
static bool host_behind(str command, const char *mark, str *host)
{
    str m = str_of(mark), rest;
    size_t at = str_find_nocase(command, m);

    if (at == command.len)
        return false;
    rest = str_skip(command, at + m.len);
    while (rest.len && (char_is_space(rest.p[0]) || rest.p[0] == '"' || rest.p[0] == '\'' ||
                        rest.p[0] == '='))
        rest = str_skip(rest, 1);
    for (host->p = rest.p, host->len = 0; host->len < rest.len; host->len++)
        if (str_find_char(STR(" \t\"'\\/,;:)"), rest.p[host->len]) < 10)
            break;
    return host->len > 0 && host->len < 256 && host->p[0] != '.' && host->p[0] != '?';
}

static const struct {
    const char *image; /* beginning of the program's name */
    const char *needs; /* word that must occur, or "" */
    const char *mark;
    enum method method;
} reaching[] = {
    {"psexec", "", "\\\\", METHOD_PSEXEC},
    {"paexec", "", "\\\\", METHOD_PSEXEC},
    {"wmic", "process", "/node:", METHOD_WMI},
    {"schtasks", "", " /s ", METHOD_TASK},
    {"sc.exe", "", "\\\\", METHOD_SERVICE},
    {"winrs", "", "-r:", METHOD_WINRM},
    {"winrs", "", "-remote:", METHOD_WINRM},
    {"mstsc", "", "/v:", METHOD_RDP},
    {"mstsc", "", "/v ", METHOD_RDP},
    {"net", " use ", "\\\\", METHOD_SMB},
    {"powershell", "enter-pssession", "-computername", METHOD_WINRM},
    {"powershell", "invoke-command", "-computername", METHOD_WINRM},
    {"powershell", "new-pssession", "-computername", METHOD_WINRM},
    {"powershell", "invoke-wmimethod", "-computername", METHOD_WMI},
};

bool command_reaches(str image, str command, enum method *method, str *host)
{
    str own = str_basename(image);

    for (size_t i = 0; i < array_len(reaching); i++)
        if (str_starts_nocase(own, str_of(reaching[i].image)) &&
            str_has_nocase(command, str_of(reaching[i].needs)) &&
            host_behind(command, reaching[i].mark, host)) {
            *method = reaching[i].method;
            return true;
        }
    return false;
}

/* Every word of a rule, in lower case, must occur in the command line. */
static const struct {
    const char *words[3];
    struct deed deed;
} deeds[] = {
#define SHADOW {"shadow-deletion", "Shadow copies deleted", "T1490", "TA0040", SEVERITY_HIGH}
#define BACKUP {"backup-deletion", "Backups deleted", "T1490", "TA0040", SEVERITY_HIGH}
#define RECOVERY {"recovery-off", "System recovery switched off", "T1490", "TA0040", SEVERITY_HIGH}
#define CLEAR {"log-clearing", "Event log cleared", "T1685.005", "TA0112", SEVERITY_HIGH}
#define CLEAR_TEXT {"text-log-clearing", "Logs deleted", "T1685.006", "TA0112", SEVERITY_MEDIUM}
#define DEFENCE {"defence-off", "Protection switched off", "T1685", "TA0112", SEVERITY_MEDIUM}
#define DUMP {"credential-dump", "Credentials dumped", "T1003", "TA0006", SEVERITY_HIGH}
#define TICKET {"ticket-theft", "Kerberos ticket got with stolen secrets", "T1558", "TA0006", \
                SEVERITY_HIGH}
#define STAGE {"staging", "Files packed for transfer", "T1560.001", "TA0009", SEVERITY_LOW}
#define SEND {"exfil-tool", "Transfer tool started", "T1567.002", "TA0010", SEVERITY_MEDIUM}
    {{"vssadmin", "delete", "shadows"}, SHADOW},
    {{"vssadmin", "resize", "shadowstorage"}, SHADOW},
    {{"shadowcopy", "delete", NULL}, SHADOW},
    {{"diskshadow", "delete", NULL}, SHADOW},
    {{"win32_shadowcopy", "remove", NULL}, SHADOW},
    {{"wbadmin", "delete", NULL}, BACKUP},
    {{"bcdedit", "recoveryenabled", "no"}, RECOVERY},
    {{"bcdedit", "ignoreallfailures", NULL}, RECOVERY},
    {{"reagentc", "/disable", NULL}, RECOVERY},
    {{"wevtutil", " cl ", NULL}, CLEAR},
    {{"wevtutil", "clear-log", NULL}, CLEAR},
    {{"clear-eventlog", NULL, NULL}, CLEAR},
    {{"rm ", "/var/log/auth", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/secure", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/audit", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/syslog", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/messages", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/wtmp", NULL}, CLEAR_TEXT},
    {{"rm ", "/var/log/btmp", NULL}, CLEAR_TEXT},
    {{"rm -rf /var/log", NULL, NULL}, CLEAR_TEXT},
    {{"shred", "/var/log/", NULL}, CLEAR_TEXT},
    {{"truncate", "/var/log/", NULL}, CLEAR_TEXT},
    {{"journalctl", "--vacuum", NULL}, CLEAR_TEXT},
    {{"history -c", NULL, NULL}, CLEAR_TEXT},
    {{"fsutil", "usn", "deletejournal"}, {"journal-deletion", "Change journal deleted",
                                          "T1070", "TA0005", SEVERITY_HIGH}},
    {{"set-mppreference", "disable", NULL}, DEFENCE},
    {{"add-mppreference", "exclusion", NULL}, DEFENCE},
    {{"sc", "stop", "windefend"}, DEFENCE},
    {{"netsh", "advfirewall", "off"}, {"firewall-off", "Firewall switched off", "T1686", "TA0112",
                                       SEVERITY_MEDIUM}},
    {{"procdump", "lsass", NULL}, DUMP},
    {{"comsvcs", "minidump", NULL}, DUMP},
    {{"sekurlsa::", NULL, NULL}, DUMP},
    {{"reg", "save", "hklm\\sam"}, DUMP},
    {{"lsadump::", NULL, NULL}, DUMP},
    {{"asktgt ", "/user:", NULL}, TICKET},
    {{"asktgs ", "/ticket:", NULL}, TICKET},
    {{"kerberos::ptt", NULL, NULL}, TICKET},
    {{"kerberos::golden", NULL, NULL}, TICKET},
    {{"ntdsutil", "ifm", NULL}, {"ntds-dump", "Domain database copied", "T1003.003", "TA0006",
                                 SEVERITY_HIGH}},
    {{"rclone", " copy", NULL}, SEND},
    {{"rclone", " sync", NULL}, SEND},
    {{"megasync", NULL, NULL}, SEND},
    {{"megacmd", NULL, NULL}, SEND},
    {{"rar", " a ", "-hp"}, STAGE},
    {{"rar.exe", " a ", NULL}, STAGE},
    {{"7z", " a ", NULL}, STAGE},
    {{"compress-archive", NULL, NULL}, STAGE},
};

static bool matches(str folded, const char *const words[3])
{
    for (size_t i = 0; i < 3 && words[i]; i++)
        if (!str_has(folded, str_of(words[i])))
            return false;
    return true;
}

const struct deed *deed_of(str image, str command)
{
    char folded[4096]; /* once, so that each rule is a plain search */
    str text = str_head(command.len ? command : image, sizeof folded);

    for (size_t i = 0; i < text.len; i++)
        folded[i] = char_lower(text.p[i]);
    text.p = folded;
    for (size_t i = 0; i < array_len(deeds); i++)
        if (matches(text, deeds[i].words))
            return &deeds[i].deed;
    return NULL;
}

bool is_ransom_note(str name)
{
    static const char *const endings[] = {".txt", ".html", ".hta", ".htm"};
    static const char *const words[] = {"decrypt", "restore", "recover", "ransom", "how_to",
                                        "how-to",  "howto",   "readme",  "read_me", "unlock"};
    static const char *const strong[] = {"decrypt", "restore_", "restore-", "ransom", "recover_",
                                         "recover-", "_files", "-files", "your_data", "unlock"};
    str own = str_basename(name);
    bool text = false;

    for (size_t i = 0; i < array_len(endings); i++)
        text |= str_ends_nocase(own, str_of(endings[i]));
    return text && has_any(own, words, array_len(words)) && has_any(own, strong, array_len(strong));
}
