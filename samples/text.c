/* SPDX-License-Identifier: Apache-2.0
 *
 * The text logs and truth.json. Three ways to write a time, as the three machines do: rsyslog's
 * ISO form with its offset (gw01), the old form without year and zone (db01, whose clock shows
 * Japan), seconds since 1970 (Squid). */
#include "samples/forge.h"

enum stamp { STAMP_ISO, STAMP_BSD, STAMP_EPOCH };
static const struct {
    enum host_name host;
    const char *path;
    enum stamp stamp;
} logs[TEXT_LOGS] = {
    [GW_SYSLOG] = {GW01, "var/log/syslog", STAMP_ISO},
    [GW_AUTH] = {GW01, "var/log/auth.log", STAMP_ISO},
    [DB_SYSLOG] = {DB01, "var/log/syslog", STAMP_BSD},
    [DB_AUTH] = {DB01, "var/log/auth.log", STAMP_BSD},
    [SQUID_ACCESS] = {PROXY01, "var/log/squid/access.log", STAMP_EPOCH},
};

enum { JAPAN = 9 * 60 };

struct civil {
    int year, month, day, hour, minute, second, micros;
};

/* Howard Hinnant's days-to-civil, for dates after 1970. */
static struct civil civil_time(int64_t time_us, int offset_minutes)
{
    int64_t local = time_us + (int64_t)offset_minutes * 60000000;
    int64_t seconds = local / 1000000, z = seconds / 86400 + 719468;
    int64_t era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){(int)(yoe + era * 400 + (month <= 2)), month,
                          (int)(doy - (153 * mp + 2) / 5 + 1), (int)(seconds / 3600 % 24),
                          (int)(seconds / 60 % 60), (int)(seconds % 60), (int)(local % 1000000)};
}

const char *forge_time(struct forge *f, int64_t time_us, int offset_minutes, char between)
{
    struct civil c = civil_time(time_us, offset_minutes);
    const char *date = forge_text(f, "%04d-%02d-%02d%c%02d:%02d:%02d", c.year, c.month, c.day,
                                  between, c.hour, c.minute, c.second);
    if (between == ' ') /* as Sysmon writes it */
        return forge_text(f, "%s.%03d", date, c.micros / 1000);
    if (offset_minutes == 0)
        return forge_text(f, "%s.%06dZ", date, c.micros);
    return forge_text(f, "%s.%06d+%02d:%02d", date, c.micros, offset_minutes / 60,
                      offset_minutes % 60);
}

static void print_line(struct forge *f, struct bytes *out, const struct line *l)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = civil_time(l->time_us, JAPAN);
    const char *host = hosts[logs[l->log].host].name;
    switch (logs[l->log].stamp) {
    case STAMP_ISO:
        bytes_print(out, "%s %s %s\n", forge_time(f, l->time_us, JAPAN, 'T'), host, l->text);
        break;
    case STAMP_BSD:
        bytes_print(out, "%s %2d %02d:%02d:%02d %s %s\n", months[c.month - 1], c.day, c.hour,
                    c.minute, c.second, host, l->text);
        break;
    case STAMP_EPOCH:
        bytes_print(out, "%lld.%03d %s\n", (long long)(l->time_us / 1000000), c.micros / 1000,
                    l->text);
        break;
    }
}

bool forge_write_text_logs(struct forge *f, const char *folder)
{
    for (enum text_log log = 0; log < TEXT_LOGS; log++) {
        struct bytes out = {0};
        for (size_t i = 0; i < f->line_count; i++)
            if (f->lines[i].log == log)
                print_line(f, &out, &f->lines[i]);
        const char *path =
            forge_text(f, "%s/%s/%s", folder, hosts[logs[log].host].name, logs[log].path);
        bool written = forge_write_file(path, &out);
        forge_drop(out.at);
        if (!written)
            return false;
    }
    return true;
}

static void print_hops(struct forge *f, struct bytes *out, const char *key, bool hostile)
{
    const char *between = "";
    bytes_print(out, "  \"%s\": [", key);
    for (size_t i = 0; i < f->truth.hop_count; i++) {
        const struct hop *h = &f->truth.hops[i];
        if (h->hostile != hostile)
            continue;
        bytes_print(out,
                    "%s\n    {\"source\": \"%s\", \"source_ip\": \"%s\", \"destination\": \"%s\", "
                    "\"account\": \"%s\", \"method\": \"%s\", \"time\": \"%s\"}",
                    between, h->source, h->source_ip, h->destination, h->account, h->method,
                    forge_time(f, h->time_us, 0, 'T'));
        between = ",";
    }
    bytes_print(out, "\n  ],\n");
}

static void print_impact(struct forge *f, struct bytes *out)
{
    bytes_print(out, "  \"encryption\": [");
    for (size_t i = 0; i < f->truth.damage_count; i++) {
        const struct damage *d = &f->truth.damage[i];
        bytes_print(out, "%s\n    {\"host\": \"%s\", \"first\": \"%s\", \"last\": \"%s\", "
                    "\"files\": %u}", i ? "," : "", hosts[d->host].name,
                    forge_time(f, d->first_us, 0, 'T'), forge_time(f, d->last_us, 0, 'T'),
                    d->files);
    }
    bytes_print(out, "\n  ],\n  \"cleared\": [");
    for (size_t i = 0; i < f->truth.cleared_count; i++) {
        const struct cleared *c = &f->truth.cleared[i];
        bytes_print(out, "%s\n    {\"host\": \"%s\", \"channel\": \"%s\", \"account\": \"%s\", "
                    "\"time\": \"%s\", \"first_record\": %llu, \"lost\": %llu}",
                    i ? "," : "", hosts[c->host].name, c->channel, c->account,
                    forge_time(f, c->time_us, 0, 'T'), (unsigned long long)c->first_record,
                    (unsigned long long)c->first_record - 1);
    }
    bytes_print(out, "\n  ]\n}\n");
}

bool forge_write_truth(struct forge *f, const char *folder)
{
    const struct truth *t = &f->truth;
    struct bytes out = {0};
    bytes_print(&out, "{\n  \"zone\": {\"db01\": \"Asia/Tokyo\", \"gw01\": \"Asia/Tokyo\"},\n"
                "  \"entry\": {\"account\": \"%s\", \"address\": \"%s\", \"lease\": \"%s\", "
                "\"host\": \"gw01\", \"time\": \"%s\"},\n",
                t->entry_account, t->entry_address, t->entry_lease,
                forge_time(f, t->entry_us, 0, 'T'));
    print_hops(f, &out, "hops", true);
    print_hops(f, &out, "benign", false);
    bytes_print(&out, "  \"upload\": {\"bytes\": %llu, \"destination\": \"%s\", \"client\": \"%s\","
                " \"tunnels\": %u, \"first\": \"%s\", \"last\": \"%s\"},\n",
                (unsigned long long)t->upload_bytes, t->upload_to, t->upload_from,
                t->upload_tunnels, forge_time(f, t->upload_first_us, 0, 'T'),
                forge_time(f, t->upload_last_us, 0, 'T'));
    print_impact(f, &out);
    bool written = forge_write_file(forge_text(f, "%s/truth.json", folder), &out);
    forge_drop(out.at);
    return written;
}
