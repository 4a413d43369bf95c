/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: who was on which host when, keyed by (host, boot, logon id). The detectors behind it
 * ask which session an event belongs to. A session is kept small here (`struct live`, a bounded
 * table); it goes into the result when it is of interest: somebody sat there, or came over the
 * network and did something. Plain network logons are only counted. */
#ifndef CORRELATE_SESSION_H
#define CORRELATE_SESSION_H

#include "core/detector.h"

struct live {
    uint32_t host, account; /* identity */
    uint32_t boot, serial;
    uint64_t logon;
    int64_t start_ns, last_ns, end_ns; /* end TIME_UNKNOWN while it runs */
    struct ref opened;
    struct addr src;     /* remote side; none when local */
    uint16_t src_port;
    uint8_t logon_type;  /* Windows; 0 for others */
    bool ntlm, machine, elevated;
    const char *kind;
    uint32_t src_host;   /* identity of the remote side */
    uint32_t result;     /* index into result.sessions, IDENTITY_NONE while only counted */
    uint32_t edge;       /* movement that brought it about (correlate/move.c), or IDENTITY_NONE */
    uint64_t channel_bit; /* of the log that has the logon */
    uint16_t files;      /* file events marked so far */
};

struct sessions;

/* The identity index of the host an event is about: its host, else its system's. */
uint32_t event_host(const struct judge *j, const struct event *e);

/* Can the time be reckoned with? Known, and not so far out that a difference overflows: what a
 * forged or broken stamp says (before 1823, after 2115) joins nothing. */
bool in_time(int64_t time_ns);

/* One bit for the log an event stands in: counts independent logs (two may share a bit). */
uint64_t event_channel_bit(const struct event *e);

/* The live session of a logon id on a host, or NULL. */
struct live *session_find(const struct sessions *s, uint32_t host, uint64_t logon);
/* The session that an event was done in: by the actor's logon id, else the target's. */
struct live *session_of(const struct judge *j, const struct event *e);
/* The same, and when the record names no session the newest one of its actor. */
struct live *session_behind(const struct judge *j, const struct event *e);
/* The newest session of an account on a host that ran at that time (or ended less than half an
 * hour before); NULL when there is none. */
struct live *session_latest(const struct sessions *s, uint32_t host, uint32_t account,
                            int64_t time_ns);
/* The newest network logon on a host not older than `within_ns`, by `account` unless that is
 * IDENTITY_NONE; machines and services do not count. */
struct live *session_network(const struct sessions *s, uint32_t host, uint32_t account,
                             int64_t time_ns, int64_t within_ns);
/* The VPN session that holds an inner address at that time; NULL when nobody is known. */
struct live *session_vpn(const struct sessions *s, const struct addr *inner, int64_t time_ns);
/* Puts a session into the result; its index there, IDENTITY_NONE past the cap. */
uint32_t session_publish(struct judge *j, struct live *l);

#endif
