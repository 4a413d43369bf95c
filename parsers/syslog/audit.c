/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the Linux audit system inside syslog: from audispd's plugin, from journald, and from
 * the kernel where no auditd runs ("audit: type=1400 audit(...): ..."). Each stands alone here:
 * what parsers/auditd joins is parted by other lines. */
#include "parsers/auditd/record.h"
#include "parsers/syslog/payload.h"

static bool takes(const struct syslog_line *l)
{
    str s = payload_without_uptime(l->message);

    return str_starts(s, STR("audit: type=")) || str_starts(s, STR("node=")) ||
           (str_starts(s, STR("type=")) && str_has(str_head(s, 64), STR("audit(")));
}

static bool read_audit(const struct syslog_line *l, struct batch *out, bool messages)
{
    struct audit_record record;

    if (!audit_record_read(payload_without_uptime(l->message), &record))
        return false;
    audit_describe(&record, 1, out, messages);
    return true;
}

const struct payload payload_audit = {
    .name = "audit",
    .takes = takes,
    .read = read_audit,
};
