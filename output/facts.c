/* SPDX-License-Identifier: Apache-2.0
 *
 * facts.json: all that was observed about hosts, accounts, addresses and logs (core/facts.h), in
 * their stable order; core/casefile.c reads it when the case is evidence of another run. */
#include "core/casefile.h"
#include "output/document.h"

static void put_fact(struct json_out *j, const struct names *names, const struct fact *f)
{
    struct buf addr = {0};

    json_object(j);
    json_pair(j, STR("type"), str_of(fact_type_text(f->type)));
    json_pair_opt(j, STR("a"), names_text(names, f->a));
    json_pair_opt(j, STR("b"), names_text(names, f->b));
    json_pair_opt(j, STR("c"), names_text(names, f->c));
    if (!addr_is_none(&f->addr)) {
        addr_text(&f->addr, &addr);
        json_pair(j, STR("address"), buf_view(&addr));
        buf_free(&addr);
    }
    if (f->first_ns != TIME_UNKNOWN)
        pair_time(j, STR("first"), f->first_ns);
    if (f->last_ns != TIME_UNKNOWN)
        pair_time(j, STR("last"), f->last_ns);
    if (f->low || f->high) {
        json_pair_u64(j, STR("low"), f->low);
        json_pair_u64(j, STR("high"), f->high);
    }
    json_pair_u64(j, STR("count"), f->count);
    json_object_end(j);
}

static void print_facts(struct document *d)
{
    size_t count = 0;
    struct fact *facts = d->view->facts ? facts_sorted(d->view->facts, &count) : NULL;
    struct json_out *j = &d->j;

    j->indent = 0; /* there may be a million of them */
    json_object(j);
    json_pair_u64(j, STR("schema"), CASEFILE_SCHEMA);
    json_pair_u64(j, STR("lost"), d->view->facts ? d->view->facts->lost : 0);
    json_key(j, STR("facts"));
    json_array(j);
    for (size_t i = 0; i < count; i++) {
        buf_char(&d->text, '\n');
        put_fact(j, &d->view->facts->names, &facts[i]);
        document_drain(d);
    }
    json_array_end(j);
    json_object_end(j);
    mem_free(facts);
}

static bool facts_close(void *state, bool abandon, struct err *err)
{
    return document_close(state, abandon, err, print_facts);
}

const struct writer writer_facts = {
    .name = "facts",
    .file = "facts.json",
    .about = "what was observed about hosts, accounts, addresses and logs",
    .open = document_open,
    .close = facts_close,
};
