/* SPDX-License-Identifier: Apache-2.0
 *
 * Options: reading a command line against a table, and the setters of those that are shared. */
#include <stdarg.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/utf.h"

enum { THREADS_MAX = 256 };

void cli_init(struct cli *c)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    *c = (struct cli){.run = {.threads = cpus > 0 && cpus <= THREADS_MAX ? (unsigned)cpus : 1,
                              .memory = (size_t)512 << 20,
                              .from_ns = INT64_MIN,
                              .to_ns = INT64_MAX,
                              .stamp_ns = TIME_UNKNOWN,
                              .version = STR("ashiato " VERSION),
                              .display_zone = zone_utc()},
                      .output = "case"};
}

void cli_free(struct cli *c)
{
    for (size_t i = 0; i < c->opened_count; i++)
        zone_free(c->opened[i]);
    mem_free(c->opened);
    mem_free(c->zones);
    mem_free(c->parsers);
    mem_free(c->years);
    mem_free(c->latest);
    mem_free(c->settings);
    mem_free(c->paths);
    arena_free(&c->arena);
}

/* Controls of C0 and C1, and what turns the direction of writing or is not seen. */
static bool acts_on_terminal(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

void put_visible(FILE *f, str s)
{
    uint32_t code;

    while (s.len) {
        unsigned n = utf8_decode(s.p, s.len, &code);
        if (n && acts_on_terminal(code) && code > 0x7f)
            fprintf(f, "\\u%04x", code);
        else if (!n || acts_on_terminal(code))
            fprintf(f, "\\x%02x", (unsigned char)s.p[0]);
        else
            fwrite(s.p, 1, n, f);
        s = str_skip(s, n ? n : 1);
    }
}

void say(const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fputs("ashiato: ", stderr);
    put_visible(stderr, str_of(text));
    fputc('\n', stderr);
}

bool set_threads(struct cli *c, str v, struct err *err)
{
    uint64_t n;

    if (!str_to_u64(v, &n) || n < 1 || n > THREADS_MAX)
        return err_set(err, "'%.*s' is no number of threads (1 to %d)", PSTR(v), THREADS_MAX);
    c->run.threads = (unsigned)n;
    return true;
}

bool set_memory(struct cli *c, str v, struct err *err)
{
    uint64_t n = 0;
    str rest = v;
    bool good = str_take_u64(&rest, &n);
    unsigned shift = str_take_nocase(&rest, STR("k"))   ? 10
                     : str_take_nocase(&rest, STR("m")) ? 20
                     : str_take_nocase(&rest, STR("g")) ? 30
                                                        : 0;

    if (!str_take_nocase(&rest, STR("iB")))
        str_take_nocase(&rest, STR("B"));
    if (!good || rest.len || n > (UINT64_MAX >> 1) >> shift || n << shift < (uint64_t)64 << 20)
        return err_set(err, "'%.*s' is no amount of memory (64M or more, such as 512M or 2G)",
                       PSTR(v));
    c->run.memory = (size_t)(n << shift);
    return true;
}

/* A date alone is the whole day: its first moment, or with `end` its last. */
static bool take_moment(str v, bool end, int64_t *ns, bool *zoned, struct err *err)
{
    enum precision precision;
    str rest = v;
    char day[32];

    if (v.len == 10) {
        snprintf(day, sizeof day, "%.*sT00:00:00Z", PSTR(v));
        rest = str_of(day);
    }
    if (!str_take_rfc3339(&rest, ns, &precision, zoned) || rest.len)
        return err_set(err, "'%.*s' is no time: write 2024-10-05T01:30:00Z or 2024-10-05",
                       PSTR(v));
    if (v.len == 10)
        *zoned = false;
    if (v.len == 10 && end)
        *ns += 24 * 60 * 60 * NS_PER_S - 1;
    return true;
}

bool set_from(struct cli *c, str v, struct err *err)
{
    bool zoned;

    return take_moment(v, false, &c->run.from_ns, &zoned, err);
}

bool set_to(struct cli *c, str v, struct err *err)
{
    bool zoned;

    return take_moment(v, true, &c->run.to_ns, &zoned, err);
}


static const struct zone *open_zone(struct cli *c, str name, struct err *err)
{
    struct zone *z = zone_open(name, err);

    if (!z)
        return NULL;
    c->opened = vec_grow(c->opened, &c->opened_cap, c->opened_count + 1, sizeof(struct zone *));
    c->opened[c->opened_count++] = z;
    return z;
}

/* "VALUE" or "VALUE:GLOB". An offset such as +09:00 keeps its colon. */
static struct rule split_rule(str v)
{
    size_t from = v.len && (v.p[0] == '+' || v.p[0] == '-') && v.len > 3 && v.p[3] == ':' ? 4 : 0;
    size_t colon = from + str_find_char(str_skip(v, from), ':');

    return (struct rule){.value = str_head(v, colon), .glob = str_skip(v, colon + 1)};
}

bool set_zone(struct cli *c, str v, struct err *err)
{
    struct rule rule = split_rule(v);

    rule.zone = open_zone(c, rule.value, err);
    if (!rule.zone)
        return false;
    c->zones = vec_grow(c->zones, &c->zone_cap, c->run.zone_count + 1, sizeof *c->zones);
    c->zones[c->run.zone_count++] = rule;
    c->run.zones = c->zones;
    return true;
}

bool set_display_zone(struct cli *c, str v, struct err *err)
{
    const struct zone *z = open_zone(c, v, err);

    if (z)
        c->run.display_zone = z;
    return z != NULL;
}

static const struct parser *parser_of(str name)
{
    for (size_t i = 0; i < parser_count; i++)
        if (str_eq(name, str_of(parsers[i]->name)))
            return parsers[i];
    return NULL;
}

bool set_parser(struct cli *c, str v, struct err *err)
{
    struct rule rule = split_rule(v);

    rule.parser = parser_of(rule.value);
    if (!rule.parser)
        return err_set(err, "there is no parser '%.*s': `ashiato formats` lists them",
                       PSTR(rule.value));
    c->parsers = vec_grow(c->parsers, &c->parser_cap, c->run.parser_count + 1, sizeof *c->parsers);
    c->parsers[c->run.parser_count++] = rule;
    c->run.parsers = c->parsers;
    return true;
}

bool set_recover(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->run.recover = true;
}

bool set_evtx_reader(struct cli *c, str v, struct err *err)
{
    bool second = str_eq(v, STR("libevtx"));

    c->run.replaced = second ? parser_of(STR("evtx")) : NULL;
    c->run.replacement = second ? parser_of(STR("evtx-libevtx")) : NULL;
    return second || str_eq(v, STR("native")) ||
           err_set(err, "'%.*s' is neither native nor libevtx", PSTR(v));
}

bool set_year(struct cli *c, str v, struct err *err)
{
    struct rule rule = split_rule(v);
    uint64_t year;

    if (!str_to_u64(rule.value, &year) || year < 1970 || year > 2261)
        return err_set(err, "'%.*s' is no year (1970 to 2261)", PSTR(rule.value));
    rule.year = (int32_t)year;
    c->years = vec_grow(c->years, &c->year_cap, c->run.year_count + 1, sizeof *c->years);
    c->years[c->run.year_count++] = rule;
    c->run.years = c->years;
    return true;
}

/* The colons of "2024-10-05T01:30:00+09:00:GLOB" that are part of the time are passed over: with a
 * clock the time ends behind its second or its zone. */
static struct rule split_latest(str v)
{
    enum precision precision;
    bool zoned;
    int64_t ns;
    str rest = v;

    if (!str_take_rfc3339(&rest, &ns, &precision, &zoned) || (rest.len && rest.p[0] != ':'))
        return split_rule(v);
    return (struct rule){.value = str_head(v, v.len - rest.len), .glob = str_skip(rest, 1)};
}

bool set_latest(struct cli *c, str v, struct err *err)
{
    struct rule rule = split_latest(v);

    if (!take_moment(rule.value, true, &rule.time_ns, &rule.zoned, err))
        return false;
    c->latest = vec_grow(c->latest, &c->latest_cap, c->run.latest_count + 1, sizeof *c->latest);
    c->latest[c->run.latest_count++] = rule;
    c->run.latest = c->latest;
    return true;
}

bool set_no_mtime(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->run.no_mtime = true;
}

bool set_quiet(struct cli *c, str v, struct err *err)
{
    (void)v, (void)err;
    return c->quiet = true;
}

bool set_system(struct cli *c, str v, struct err *err)
{
    if (!v.len)
        return err_set(err, "a system needs a name");
    c->system = v;
    return true;
}

static const struct option *find_option(const struct command *command, str name, char letter)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *o = &command->options[i];
        if (letter ? o->letter == letter : str_eq(name, str_of(o->name)))
            return o;
    }
    return NULL;
}

static int setting_cmp(const void *a, const void *b)
{
    const struct setting *x = a, *y = b;
    int order = str_cmp(x->name, y->name);

    return order ? order : str_cmp(x->value, y->value);
}

static bool is_rule(const struct option *o)
{
    return o->set == set_zone || o->set == set_year || o->set == set_latest ||
           o->set == set_parser;
}

/* One setting an option. Given twice, an option has its last value; of rules all hold, in this
 * order. */
static void keep_setting(struct cli *c, const struct option *o, str value)
{
    for (size_t i = 0; i < c->setting_count; i++) {
        struct setting *old = &c->settings[i];
        if (!str_eq(old->name, str_skip(str_of(o->name), 2)))
            continue;
        if (is_rule(o))
            value = arena_printf(&c->arena, "%.*s, %.*s", PSTR(old->value), PSTR(value));
        if (o->value)
            old->value = value;
        return;
    }
    c->settings =
        vec_grow(c->settings, &c->setting_cap, c->setting_count + 1, sizeof *c->settings);
    c->settings[c->setting_count++] =
        (struct setting){str_skip(str_of(o->name), 2), o->value ? value : STR("true")};
}

/* One option at argv[*i]; moves *i over the value when that is an argument of its own. */
static bool take_option(struct cli *c, const struct command *command, int argc, char **argv,
                        int *i, struct err *err)
{
    str arg = str_of(argv[*i]), name = arg, value = {0};
    bool has_value = false, is_long = str_starts(arg, STR("--"));
    char letter = is_long ? 0 : arg.p[1];

    if (is_long && str_find_char(arg, '=') < arg.len) {
        has_value = true;
        name = str_head(arg, str_find_char(arg, '='));
        value = str_skip(arg, name.len + 1);
    } else if (!is_long && arg.len > 2) {
        has_value = true;
        value = str_skip(arg, 2);
    }
    const struct option *o = find_option(command, name, letter);
    if (!o)
        return err_set(err, "unknown option %.*s: `ashiato %s --help` lists them", PSTR(name),
                       command->name);
    if (has_value && !o->value)
        return err_set(err, "option %s takes no value", o->name);
    if (o->value && !has_value) {
        if (*i + 1 >= argc)
            return err_set(err, "option %s needs a value (%s)", o->name, o->value);
        value = str_of(argv[++*i]);
    }
    struct err why = {{0}};
    if (!o->set(c, value, &why))
        return err_set(err, "%s: %.200s", o->name, why.msg);
    if (o->changes_result)
        keep_setting(c, o, value);
    return true;
}

bool cli_options(struct cli *c, const struct command *command, int argc, char **argv,
                 struct err *err)
{
    bool only_paths = false;

    for (int i = 1; i < argc; i++) {
        str arg = str_of(argv[i]);
        if (!only_paths && (str_eq(arg, STR("--help")) || str_eq(arg, STR("-h")))) {
            cli_help(command);
            c->help = true;
            return true;
        }
        if (!only_paths && str_eq(arg, STR("--"))) {
            only_paths = true;
        } else if (!only_paths && arg.len > 1 && arg.p[0] == '-') {
            if (!take_option(c, command, argc, argv, &i, err))
                return false;
        } else {
            c->paths = vec_grow(c->paths, &c->path_cap, c->path_count + 1, sizeof *c->paths);
            c->paths[c->path_count++] = arg;
        }
    }
    if (c->setting_count)
        qsort(c->settings, c->setting_count, sizeof *c->settings, setting_cmp);
    c->run.settings = c->settings;
    c->run.setting_count = c->setting_count;
    return true;
}

static void say_idle(const char *option, const struct rule *rules, size_t count,
                     const struct pipeline *p)
{
    for (size_t i = 0; i < count; i++) {
        bool used = p->source_count == 0;
        for (size_t k = 0; k < p->source_count && !used; k++)
            used = glob_match(rules[i].glob, p->sources[k].path);
        if (!used)
            say("%s %.*s:%.*s matches no file of the evidence", option, PSTR(rules[i].value),
                PSTR(rules[i].glob));
    }
}

void cli_say_idle_rules(const struct cli *c, const struct pipeline *p)
{
    say_idle("--zone", c->run.zones, c->run.zone_count, p);
    say_idle("--year", c->run.years, c->run.year_count, p);
    say_idle("--latest", c->run.latest, c->run.latest_count, p);
    say_idle("--parser", c->run.parsers, c->run.parser_count, p);
}

void cli_help(const struct command *command)
{
    printf("usage: ashiato %s %s\n\n%s\n", command->name, command->arguments, command->about);
    if (command->option_count)
        printf("\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *o = &command->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%c%s%s%s%s", o->letter ? "-" : " ",
                 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-30s %s\n", left, o->help);
    }
    if (command->details)
        printf("\n%s", command->details);
}
