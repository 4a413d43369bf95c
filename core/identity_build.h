/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of core/identity: what its files share while an identity is built and looked up. */
#ifndef CORE_IDENTITY_BUILD_H
#define CORE_IDENTITY_BUILD_H

#include "core/identity.h"

enum account_key { KEY_SID_DOMAIN, KEY_SID, KEY_USER_DOMAIN, KEY_USER };

struct name_host { /* a spelling, by id */
    uint64_t name;
    uint32_t host;
};

struct label_host { /* a spelling, by its folded first label */
    str label, domain;
    uint32_t host;
};

struct addr_host {
    struct addr addr;
    int64_t from_ns, to_ns;
    uint32_t host;
    bool strong;
};

struct key_account {
    uint64_t a, b;
    uint32_t type; /* enum account_key */
    uint32_t account;
};

struct identity_index {
    struct name_host *names;
    size_t name_count, name_cap;
    struct label_host *labels;
    size_t label_count, label_cap;
    struct addr_host *addrs;
    size_t addr_count, addr_cap;
    struct key_account *keys;
    size_t key_count, key_cap;
};

struct builder {
    struct identity *id;
    const struct facts *facts;
    struct fact *list; /* sorted */
    size_t count;
};

/* "\\FS01.corp.local." -> label "fs01", domain "corp.local"; false for what names no host. An
 * address is a label without domain. */
bool host_name_split(str text, struct arena *a, str *label, str *domain);
/* Do two DNS or NetBIOS domains agree: equal, or one the beginning of the other? */
bool domain_agrees(str a, str b);
str fold(str s, struct arena *a); /* ASCII lower case */

void identity_build_hosts(struct builder *b, const str *systems, size_t system_count);
void identity_build_accounts(struct builder *b);
void identity_build_leases(struct builder *b);

#endif
