/* SPDX-License-Identifier: Apache-2.0
 *
 * What the correlator concludes: findings, edges, sessions, answers. Detectors append to it,
 * writers print it. Texts live in the result's arena. Every claim names the events that prove it.
 *
 * Ids are made of content ("f-", "e-", "s-" and 16 hex digits), so they are equal in every run
 * over the same evidence. Confidence: 0.95 both ends by a strong key, 0.80 two independent
 * channels, 0.50 one end, 0.20 inferred. Techniques are ATT&CK v19 ids. */
#ifndef CORE_RESULT_H
#define CORE_RESULT_H

#include "core/identity.h"

struct ref { /* an event as proof */
    uint64_t ordinal; /* position in the ordered stream */
    uint64_t offset;
    int64_t time_ns;
    uint32_t source;
    uint8_t side; /* enum side, for edges */
};

enum { REFS_MAX = 64 }; /* events kept as proof; more are counted in ref_total */

struct refs {
    struct ref *items;
    size_t count, cap;
    uint64_t total;
};

enum side { SIDE_NONE, SIDE_SOURCE, SIDE_DESTINATION, SIDE_DC };
enum phase { PHASE_NONE, PHASE_ENTRY, PHASE_FOOTHOLD, PHASE_MOVEMENT, PHASE_EXFIL, PHASE_IMPACT };

struct finding {
    str id, detector, title, reason;
    const char *techniques[4], *tactics[4]; /* unused ones NULL */
    enum severity severity;
    enum phase phase;
    double confidence;
    int64_t start_ns, end_ns;
    uint32_t hosts[8], accounts[4]; /* identity indices, IDENTITY_NONE behind the last */
    uint32_t session;               /* index of the session it was done in, or IDENTITY_NONE */
    uint64_t bytes_low, bytes_high; /* transfers: at least, and at most as far as is known */
    str destination, client;        /* transfers */
    struct refs events;
};

struct edge { /* somebody moved: a fact; `hostile` is a second judgement */
    str id;
    uint32_t src_host, dst_host; /* identity indices; IDENTITY_NONE: only the address is known */
    struct addr src_addr, dst_addr;
    uint16_t src_port, dst_port;
    str src_name, dst_name; /* to print: host name, else address, else "unknown" */
    uint32_t account;       /* identity index or IDENTITY_NONE */
    str account_name;
    const char *technique, *method; /* "T1021.001", "rdp" */
    int64_t start_ns, end_ns;
    double confidence;
    const char *ends; /* "source", "destination", "both", "dc" */
    int score;        /* 0 to 100 */
    enum severity severity;
    bool hostile;
    str reasons[8]; /* "" behind the last */
    str missing[4]; /* logs that would have held the other side */
    double skew_s;  /* destination clock minus source clock, 0 when not measured */
    bool skew_known;
    uint32_t session;   /* index of the session it opened on the destination, or IDENTITY_NONE */
    uint32_t from_session; /* index of the session it was made from, or IDENTITY_NONE */
    uint32_t hop;       /* 1.. on the chain, 0 = not on it */
    struct refs events;
};

struct session {
    str id;
    uint32_t host, account; /* identity indices */
    str host_name, account_name;
    const char *kind; /* "interactive", "network", "rdp", "ssh", "vpn", "sudo", ... */
    str source;       /* address or name of the remote side, "" when local */
    int64_t start_ns, end_ns; /* end TIME_UNKNOWN when it was never seen */
    const char *end_reason;   /* "logoff", "disconnected", "reboot", "unknown" */
    uint64_t logon_id;
    int score;
    enum severity severity;
    str reasons[6];
    uint64_t event_count;
    struct ref opened; /* the record that began it */
    bool hostile;
};

struct host_span {
    uint32_t host;
    str name;
    int64_t first_ns, last_ns;
};

struct blind { /* what cannot be seen */
    str host, log, why;
    int64_t from_ns, to_ns; /* TIME_UNKNOWN = open */
};

enum { ANSWERS = 5 };
struct answer {
    const char *question;
    str summary; /* a sentence, English */
    str key;     /* the key phrase for the report: "t.kuroda, over the VPN"; "Unknown" */
    str unknown; /* what is not known, a sentence, or "" */
    double confidence; /* 0 when unknown */
    int64_t time_ns;
    uint32_t hosts[16], accounts[8]; /* IDENTITY_NONE behind the last */
    struct refs events;
};

struct result {
    struct finding *findings;
    size_t finding_count, finding_cap;
    struct edge *edges;
    size_t edge_count, edge_cap;
    struct session *sessions;
    size_t session_count, session_cap;
    struct answer answers[ANSWERS];
    uint32_t *chain; /* edge indices from entry to impact, in order */
    size_t chain_count, chain_cap;
    struct { uint64_t low, high; str destination, client; } exfil; /* third answer */
    struct host_span *impact; /* fourth answer, per host */
    size_t impact_count, impact_cap;
    struct blind *blind; /* fifth answer */
    size_t blind_count, blind_cap;
    str *limits; /* caps of detectors that were hit: sentences */
    size_t limit_count, limit_cap;
    struct arena arena;
};

/* Appends a zeroed item with its index lists set to IDENTITY_NONE; the pointer is good until the
 * next item of that kind is added. */
struct finding *result_finding(struct result *r);
struct edge *result_edge(struct result *r);
struct session *result_session(struct result *r);
/* Keeps the first REFS_MAX references, counts all. */
void refs_add(struct refs *refs, struct ref ref);
/* A host's clock against those of the hosts it exchanged movements with: the median of what the
 * edges measured, positive when it is ahead; `spread` is the median distance from it. False when
 * no edge measured anything. */
struct skew {
    double seconds, spread;
    size_t pairs;
};
bool result_skew(const struct result *r, uint32_t host, struct skew *out);
/* "f-0123456789abcdef": prefix and hash of the parts joined by NUL. */
str result_id(struct arena *a, const char *prefix, const str *parts, size_t count);
void result_limit(struct result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void result_free(struct result *r);

#endif
