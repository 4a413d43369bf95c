/* SPDX-License-Identifier: Apache-2.0
 *
 * Names behind the hashes of remote desktop clients. Vectors: "administrator" and
 * "Administrator" as Windows 7 and Windows 10 hash them. */
#include "core/user_hash.h"

#include "core/batch.h"
#include "tests/unit/test.h"

#define LOWER_1 "/6UN2Oco6V2sEKuooAIuzrrOUrk="
#define LOWER_256 "WAlZ81aqzLQmoWEfQivmPQwJxIm/XQcDjplQdjznr5E="
#define TITLE_256 "UmTGMgTFbA35+PSgMOoZ2ToPpAK+awC010ZOYWQQIfc="
#define CORP_256 "o0b5eZExqOlrb+NAlZ1Ex5gwvyMS4reSFKWIxhY12xI="

static void know(struct facts *facts, const char *user, const char *domain)
{
    struct names names = {0};
    struct fact f = {.type = FACT_ACCOUNT, .first_ns = 1, .last_ns = 1};

    f.a = names_put(&names, str_of(user));
    f.b = names_put(&names, str_of(domain));
    facts_see(facts, &names, f);
    names_free(&names);
}

/* The message after each of `times` settlements; user and domain, joined, in `who`. */
static void settle(const char *trace, unsigned times, char message[256], char who[64])
{
    struct facts facts = {0};
    struct batch b = {.count = 0};

    know(&facts, "ADMINISTRATOR", "CORP");
    know(&facts, "kuroda", "CORP");
    struct user_hashes *h = user_hashes_new(&facts);
    struct event *e = batch_begin(&b, 0);
    e->kind = KIND_RDP_CLIENT;
    e->code = 1029;
    batch_text(&b, FIELD_EVENT_DATA, STR("TraceMessage"), str_of(trace));
    batch_message(&b, "user name hash %s", trace);
    batch_commit(&b);
    CHECK(user_hash_waits(e));
    for (unsigned i = 0; i < times; i++)
        user_hash_settle(h, e, &b.names, &b.arena);
    snprintf(message, 256, "%.*s", PSTR(event_text(e, STR("message"), &b.arena)));
    snprintf(who, 64, "%.*s/%.*s", PSTR(names_text(&b.names, e->target.domain)),
             PSTR(names_text(&b.names, e->target.user)));
    user_hashes_free(h);
    facts_free(&facts);
    batch_free(&b);
}

TEST(user_hash_is_found_in_the_spelling_that_was_typed)
{
    static const struct {
        const char *trace, *message, *who;
    } cases[] = {
        {LOWER_256 "-", "user name hash " LOWER_256 "- = administrator", "/administrator"},
        {LOWER_1 "-", "user name hash " LOWER_1 "- = administrator", "/administrator"},
        {TITLE_256, "user name hash " TITLE_256 " = Administrator", "/Administrator"},
        {LOWER_256 "-" CORP_256,
         "user name hash " LOWER_256 "-" CORP_256 " = CORP\\administrator", "CORP/administrator"},
        {CORP_256 "-" LOWER_256,
         "user name hash " CORP_256 "-" LOWER_256 " = CORP\\administrator", "CORP/administrator"},
        {"AAAA-", "user name hash AAAA-", "/"},
        {"not a hash", "user name hash not a hash", "/"},
        {"", "user name hash ", "/"},
    };
    char message[256], who[64];

    for (size_t i = 0; i < array_len(cases); i++) {
        settle(cases[i].trace, 1, message, who);
        CHECK_STR(str_of(message), cases[i].message);
        CHECK_STR(str_of(who), cases[i].who);
    }
}

TEST(user_hash_of_a_case_read_back_is_not_told_twice)
{
    char message[256], who[64];

    settle(LOWER_256 "-", 3, message, who);
    CHECK_STR(str_of(message), "user name hash " LOWER_256 "- = administrator");
}

TEST(user_hash_waits_for_nothing_else)
{
    struct event e = {.kind = KIND_RDP_CLIENT, .code = 1024};

    CHECK(!user_hash_waits(&e));
}
