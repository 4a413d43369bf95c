/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts: what the events of the ingest pass say about hosts, accounts, addresses and logs.
 * Workers and machines make them apart; merging is associative and commutative (minimum, maximum,
 * sum), so the order in which they meet does not matter. */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "core/event.h"
#include "core/names.h"

enum fact_type {
    FACT_SYSTEM_HOST, /* a = system, b = host name that a record of its disk carries */
    FACT_HOST,        /* a = host name named by a record as its own (Computer, syslog host) */
    FACT_HOST_ADDR,   /* a = host name, addr: strong evidence (machine account, own address) */
    FACT_HOST_CLAIM,  /* a = host name, addr: as claimed by a client (WorkstationName) */
    FACT_HOST_REMOTE, /* a = host name that only other hosts' records mention */
    FACT_SID_NAME,    /* a = SID, b = user name, c = domain name */
    FACT_ACCOUNT,     /* a = user name, b = domain: seen without a SID */
    FACT_LOG,         /* a = system, b = channel or log family: extent (low, high = record ids) */
    FACT_DC,          /* a = host name that wrote domain controller records (4768, 4769) */
    FACT_LEASE,       /* a = user name, b = gateway host, addr = address assigned by a VPN */
    FACT_KIND         /* a = host, low = high = kind: how often (rarity, habit) */
};

struct fact {
    uint64_t a, b, c;
    struct addr addr;
    int64_t first_ns, last_ns; /* TIME_UNKNOWN, TIME_UNKNOWN when not known */
    uint64_t low, high;        /* smallest and largest number (record id) */
    uint64_t count;
    uint32_t type;
};

enum { FACTS_MAX = 1 << 20 }; /* distinct facts kept; more are counted in `lost` and reported */

struct facts {
    struct fact *slots; /* open addressing by (type, a, b, c, addr, and low for FACT_KIND) */
    size_t cap, count;
    uint64_t lost;
    struct names names; /* of every id that a fact uses */
};

/* Merges one observation; its names are copied from `names`. count 0 counts as 1. */
void facts_see(struct facts *f, const struct names *names, struct fact fact);
void facts_merge(struct facts *into, const struct facts *from);
/* All facts in a stable order (type, then texts of a, b, c, then address): for settling and for
 * output. The array is the caller's: mem_free. */
struct fact *facts_sorted(const struct facts *f, size_t *count);
void facts_free(struct facts *f);

#endif
