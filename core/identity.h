/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is who: hosts and accounts settled across names and addresses, from facts, before anything
 * is judged. Pure function of the facts: any order of evidence gives the same answer.
 *
 * Rules: names of one host are NetBIOS and FQDN forms whose first labels agree (15 characters of
 * NetBIOS may be cut) and that do not belong to different domains; HOST$ and \\HOST are HOST.
 * Two machines are never merged because they shared an address. An address belongs to a host
 * for a span of time; where strong evidence conflicts inside a span the address is "shared" and
 * resolves to nobody. Accounts: SID when present, else domain\user with the letters folded; a
 * domain that is a host's name makes a local account of that host. */
#ifndef CORE_IDENTITY_H
#define CORE_IDENTITY_H

#include "core/facts.h"

#define IDENTITY_NONE UINT32_MAX

struct host_address {
    struct addr addr;
    int64_t from_ns, to_ns;
    bool strong;
};

struct host {
    str id;     /* "h-" and 16 hex digits of a hash of its canonical name */
    str name;   /* canonical: as in reports; NetBIOS case kept from the best evidence */
    str domain; /* DNS domain, lower case, or "" */
    str *names; /* all spellings, sorted */
    size_t name_count;
    struct host_address *addresses; /* sorted by address, then time */
    size_t address_count;
    str *systems; /* evidence systems that are this host, sorted */
    size_t system_count;
    int64_t first_ns, last_ns; /* of records it wrote itself; TIME_UNKNOWN when none */
    bool collected, is_dc;
};

struct account {
    str id;   /* "a-" and 16 hex digits */
    str name; /* canonical: DOMAIN\user, HOST\user, or user */
    str user, domain, sid;
    str *names;
    size_t name_count;
    int64_t first_ns, last_ns;
    bool is_machine; /* HOST$ */
    bool is_service; /* S-1-5-18/19/20, DWM-n, UMFD-n, ANONYMOUS LOGON and the like */
};

struct lease {
    struct addr addr;
    uint64_t user, gateway; /* names, in `names` */
    int64_t from_ns, to_ns;
};

struct identity {
    struct host *hosts; /* sorted by name */
    size_t host_count;
    struct account *accounts; /* sorted by name */
    size_t account_count;
    struct lease *leases; /* sorted by address, then time */
    size_t lease_count;
    struct names names; /* texts of everything above */
    struct arena arena;
    struct identity_index *index;
};

/* `systems`: names of the evidence systems (some may have no record with a host name). */
struct identity *identity_build(const struct facts *facts, const str *systems, size_t system_count);
void identity_free(struct identity *id);

/* Index into hosts, or IDENTITY_NONE. By name id as written in records; by text (any spelling);
 * by address at an instant (unshared, strong or the only claim). */
uint32_t identity_host(const struct identity *id, uint64_t name);
uint32_t identity_host_text(const struct identity *id, str name);
uint32_t identity_host_at(const struct identity *id, const struct addr *addr, int64_t time_ns);
/* The host of an endpoint: its name if that is known, else its address at that time. */
uint32_t identity_endpoint(const struct identity *id, const struct endpoint *end, int64_t time_ns);
/* The account of a party: SID first, then domain and user, then user alone when it is unique. */
uint32_t identity_account(const struct identity *id, const struct party *party);
/* Who held an address assigned by a VPN at that time; NULL when nobody is known. */
const struct lease *identity_lease(const struct identity *id, const struct addr *addr,
                                   int64_t time_ns);
/* The name to print for the host a record names: canonical when known, else as written. */
str identity_host_name(const struct identity *id, uint64_t name, str as_written);

#endif
