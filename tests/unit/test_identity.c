/* SPDX-License-Identifier: Apache-2.0 */
#include "core/identity.h"

#include "tests/unit/test.h"

struct bench {
    struct names n;
    struct facts f;
};

static uint64_t name(struct bench *b, const char *text)
{
    return names_put(&b->n, str_of(text));
}

static struct addr address(const char *text)
{
    struct addr a = {{0}};

    addr_parse(str_of(text), &a);
    return a;
}

static void see(struct bench *b, enum fact_type type, const char *x, const char *y, const char *z,
                const char *addr, int64_t first, int64_t last)
{
    facts_see(&b->f, &b->n,
              (struct fact){.type = type, .a = name(b, x), .b = name(b, y), .c = name(b, z),
                            .addr = address(addr), .first_ns = first, .last_ns = last,
                            .low = type == FACT_LEASE ? (uint64_t)first : 0});
}

static void done(struct bench *b, struct identity *id)
{
    identity_free(id);
    facts_free(&b->f);
    names_free(&b->n);
}

TEST(identity_joins_the_spellings_of_a_host)
{
    struct bench b = {0};

    see(&b, FACT_HOST, "FS01", "", "", "", 10, 20);
    see(&b, FACT_HOST, "fs01.corp.local", "", "", "", 30, 40);
    see(&b, FACT_HOST_REMOTE, "\\\\FS01", "", "", "", 5, 5);
    see(&b, FACT_HOST_ADDR, "FS01$", "", "", "10.0.0.5", 1, 2);
    see(&b, FACT_HOST, "WS01", "", "", "", 1, 1);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->host_count, 2);
    uint32_t h = identity_host(id, name_id(STR("FS01")));
    CHECK(h != IDENTITY_NONE);
    CHECK_INT(identity_host(id, name_id(STR("fs01.corp.local"))), h);
    CHECK_INT(identity_host(id, name_id(STR("\\\\FS01"))), h);
    CHECK_INT(identity_host_text(id, STR("Fs01.CORP.local.")), h);
    CHECK_STR(id->hosts[h].name, "FS01");
    CHECK_STR(id->hosts[h].domain, "corp.local");
    CHECK_INT(id->hosts[h].first_ns, 10);
    CHECK_INT(id->hosts[h].last_ns, 40);
    CHECK_INT(id->hosts[h].address_count, 1);
    CHECK(id->hosts[h].collected);
    done(&b, id);
}

TEST(identity_keeps_hosts_of_two_domains_apart)
{
    struct bench b = {0};

    see(&b, FACT_HOST, "web.a.example", "", "", "", 1, 1);
    see(&b, FACT_HOST, "web.b.example", "", "", "", 1, 1);
    see(&b, FACT_HOST_REMOTE, "WEB", "", "", "", 1, 1);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->host_count, 3);
    CHECK(identity_host(id, name_id(STR("web.a.example"))) !=
          identity_host(id, name_id(STR("web.b.example"))));
    done(&b, id);
}

TEST(identity_lengthens_a_cut_netbios_name)
{
    struct bench b = {0};

    see(&b, FACT_HOST, "verylonghostname01.corp.local", "", "", "", 1, 1);
    see(&b, FACT_HOST, "VERYLONGHOSTNAM", "", "", "", 1, 1);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->host_count, 1);
    done(&b, id);
}

TEST(identity_leaves_a_whole_name_of_fifteen_letters_alone)
{
    struct bench b = {0};

    see(&b, FACT_HOST, "abcdefghijklmno.corp.local", "", "", "", 1, 1);
    see(&b, FACT_HOST, "abcdefghijklmno2.corp.local", "", "", "", 1, 1);
    see(&b, FACT_HOST, "ABCDEFGHIJKLMNO", "", "", "", 1, 1);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->host_count, 2);
    done(&b, id);
}

TEST(identity_ties_many_systems)
{
    static char text[300][24];
    str systems[300];
    struct bench b = {0};

    for (int i = 0; i < 300; i++) {
        char host[24];
        snprintf(host, sizeof host, "host%d", i);
        snprintf(text[i], sizeof text[i], "image-%d", i);
        systems[i] = str_of(text[i]);
        see(&b, FACT_HOST, host, "", "", "", 1, 1);
        see(&b, FACT_SYSTEM_HOST, text[i], host, "", "", 1, 1);
    }
    struct identity *id = identity_build(&b.f, systems, 300);
    CHECK_INT(id->host_count, 300);
    for (int i = 0; i < 300; i++) {
        char host[24];
        snprintf(host, sizeof host, "host%d", i);
        CHECK_INT(identity_host(id, name_id(systems[i])), identity_host(id, name_id(str_of(host))));
    }
    done(&b, id);
}

TEST(identity_address_of_two_hosts_is_nobodys)
{
    struct bench b = {0};
    struct addr shared = address("10.0.0.9"), moved = address("10.0.0.10");

    see(&b, FACT_HOST_ADDR, "A", "", "", "10.0.0.9", 100, 200);
    see(&b, FACT_HOST_ADDR, "B", "", "", "10.0.0.9", 150, 250);
    see(&b, FACT_HOST_ADDR, "A", "", "", "10.0.0.10", 100, 200);
    see(&b, FACT_HOST_ADDR, "B", "", "", "10.0.0.10", 300, 400);
    see(&b, FACT_HOST_CLAIM, "KALI", "", "", "10.0.0.10", 150, 150);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(identity_host_at(id, &shared, 180), IDENTITY_NONE);
    CHECK_INT(identity_host_at(id, &moved, 180), identity_host(id, name_id(STR("A"))));
    CHECK_INT(identity_host_at(id, &moved, 320), identity_host(id, name_id(STR("B"))));
    CHECK_INT(id->host_count, 3);
    done(&b, id);
}

TEST(identity_ties_a_system_to_the_host_on_it)
{
    struct bench b = {0};
    str systems[] = {STR("image-7"), STR("PROXY01")};

    see(&b, FACT_HOST, "FS01", "", "", "", 1, 1);
    see(&b, FACT_SYSTEM_HOST, "image-7", "FS01", "", "", 1, 1);
    see(&b, FACT_SYSTEM_HOST, "PROXY01", "", "", "", 3, 9);
    struct identity *id = identity_build(&b.f, systems, 2);
    CHECK_INT(id->host_count, 2);
    CHECK_INT(identity_host(id, name_id(STR("image-7"))), identity_host(id, name_id(STR("FS01"))));
    uint32_t proxy = identity_host(id, name_id(STR("PROXY01")));
    CHECK(proxy != IDENTITY_NONE && id->hosts[proxy].collected);
    done(&b, id);
}

TEST(identity_joins_sid_and_spellings_of_an_account)
{
    struct bench b = {0};
    struct party sid = {0}, pair = {0}, bare = {0}, local = {0};

    see(&b, FACT_HOST, "WS01", "", "", "", 1, 1);
    see(&b, FACT_SID_NAME, "S-1-5-21-1-2-3-1104", "t.kuroda", "CORP", "", 10, 20);
    see(&b, FACT_SID_NAME, "S-1-5-21-1-2-3-1104", "T.Kuroda", "corp.example", "", 10, 30);
    see(&b, FACT_ACCOUNT, "t.kuroda", "", "", "", 5, 5);
    see(&b, FACT_ACCOUNT, "CORP\\t.kuroda", "", "", "", 5, 5);
    see(&b, FACT_ACCOUNT, "admin", "WS01", "", "", 5, 5);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->account_count, 2);
    sid.sid = name_id(STR("S-1-5-21-1-2-3-1104"));
    pair.user = name_id(STR("CORP\\t.kuroda"));
    bare.user = name_id(STR("t.kuroda"));
    local.user = name_id(STR("admin"));
    local.domain = name_id(STR("WS01"));
    uint32_t a = identity_account(id, &sid);
    CHECK(a != IDENTITY_NONE);
    CHECK_INT(identity_account(id, &pair), a);
    CHECK_INT(identity_account(id, &bare), a);
    CHECK_STR(id->accounts[a].name, "CORP\\t.kuroda");
    CHECK_STR(id->accounts[a].sid, "S-1-5-21-1-2-3-1104");
    CHECK_INT(id->accounts[a].first_ns, 5);
    CHECK_INT(id->accounts[a].last_ns, 30);
    CHECK_STR(id->accounts[identity_account(id, &local)].name, "WS01\\admin");
    done(&b, id);
}

TEST(identity_accounts_of_one_name_have_ids_of_their_own)
{
    struct bench b = {0};

    see(&b, FACT_HOST, "WS01", "", "", "", 1, 1);
    see(&b, FACT_SID_NAME, "S-1-5-21-1-2-3-500", "Administrator", "WS01", "", 1, 1);
    see(&b, FACT_SID_NAME, "S-1-5-21-4-5-6-500", "Administrator", "WS01", "", 2, 2);
    see(&b, FACT_SID_NAME, "S-1-5-21-7-8-9-500", "Administrator", "WS01", "", 3, 3);
    struct identity *id = identity_build(&b.f, NULL, 0);
    CHECK_INT(id->account_count, 3);
    for (size_t i = 0; i < id->account_count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!str_eq(id->accounts[i].id, id->accounts[k].id));
    done(&b, id);
}

TEST(identity_knows_machines_and_services)
{
    struct bench b = {0};
    struct party system = {0}, machine = {0};

    see(&b, FACT_SID_NAME, "S-1-5-18", "FS01$", "CORP", "", 1, 1);
    see(&b, FACT_ACCOUNT, "FS01$", "CORP", "", "", 1, 1);
    struct identity *id = identity_build(&b.f, NULL, 0);
    system.sid = name_id(STR("S-1-5-18"));
    machine.user = name_id(STR("FS01$"));
    machine.domain = name_id(STR("CORP"));
    uint32_t s = identity_account(id, &system), m = identity_account(id, &machine);
    CHECK(s != m);
    CHECK_STR(id->accounts[s].name, "SYSTEM");
    CHECK(id->accounts[s].is_service);
    CHECK(id->accounts[m].is_machine);
    done(&b, id);
}

TEST(identity_lease_ends_with_its_session)
{
    struct bench b = {0};
    struct addr a = address("10.8.0.23");
    const int64_t s = INT64_C(1000000000);

    see(&b, FACT_LEASE, "t.kuroda", "vpn01", "", "10.8.0.23", 100 * s, 100 * s);
    see(&b, FACT_LEASE, "t.kuroda", "vpn01", "", "", 900 * s, 900 * s);
    see(&b, FACT_LEASE, "a.sato", "vpn01", "", "10.8.0.23", 2000 * s, 2000 * s);
    struct identity *id = identity_build(&b.f, NULL, 0);
    const struct lease *l = identity_lease(id, &a, 500 * s);
    CHECK(l && l->user == name_id(STR("t.kuroda")));
    CHECK(!identity_lease(id, &a, 1000 * s));
    l = identity_lease(id, &a, 2500 * s);
    CHECK(l && l->user == name_id(STR("a.sato")));
    done(&b, id);
}
