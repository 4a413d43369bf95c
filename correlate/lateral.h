/* SPDX-License-Identifier: Apache-2.0
 *
 * Movements in the making. Each record that tells of somebody reaching a host from another is a
 * piece of evidence; evidence of one movement meets here, from whichever side it was written, and
 * becomes one edge. Reading records is correlate/lateral.c, joining is correlate/move.c. */
#ifndef CORRELATE_LATERAL_H
#define CORRELATE_LATERAL_H

#include "correlate/session.h"
#include "correlate/signs.h"

enum family { FAMILY_SHARE, FAMILY_WINRM, FAMILY_RDP, FAMILY_SSH };

struct method_info {
    const char *name, *technique;
    enum family family;
    int64_t window_ns; /* evidence further apart than this is of two movements */
    const char *source_log, *destination_log; /* where the other side would be seen */
};
extern const struct method_info methods[METHOD_COUNT];

/* What one record says of a movement. */
struct evidence {
    enum method method;
    enum side side;
    uint32_t src_host, dst_host, account; /* IDENTITY_NONE = not told */
    struct addr src_addr, dst_addr;
    uint16_t src_port, dst_port;
    str src_name, dst_name; /* where no host is known by it */
    struct live *live;      /* the session it opened or was done in, on the destination */
    uint32_t from_session;  /* session on the source that it was made from */
    unsigned signs;
    bool confirms;          /* enough by itself to say that somebody moved */
    bool file;              /* one of a burst: only the first few are marked */
};

struct moves;
struct moves *moves_new(const struct judge *j);
/* Joins it to the movement it belongs to, or begins one. */
void moves_add(struct moves *m, struct judge *j, const struct event *e, struct evidence *ev);
/* `other` was opened on the way to `l` (network level authentication): one movement. */
void moves_join_session(struct moves *m, struct judge *j, const struct live *l,
                        struct live *other);
/* J1: the source wrote that it connected from this port. */
void moves_connection(struct moves *m, struct judge *j, const struct event *e);
/* J5: the domain controller gave a ticket for the host. */
void moves_ticket(struct moves *m, struct judge *j, const struct event *e, uint32_t dst_host);
void moves_failed_logon(struct moves *m, const struct event *e, uint32_t host);
/* Sets confidence, missing logs, score and reasons of all edges. Frees. */
void moves_finish(struct moves *m, struct judge *j);

#endif
