/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as JSON lines (parse --record), or only looked at (parse --check). A record for which
 * there is a plan takes the fast way (plan.c); the tree is built for the first of its kind, and for
 * all that is damaged, recovered or of a rare form. What is damaged is noted as it is when events
 * are made. */
#include "core/json.h"
#include "parsers/evtx/json.h"
#include "parsers/evtx/plan.h"

/* What evtx_dump has no word for stands beside the Event. */
static void add_remarks(struct decoder *d, uint64_t blob_offset, uint32_t flags, struct buf *out)
{
    struct json_out j = {.buf = out, .comma = out->p[out->len - 2] != '{', .depth = 1};

    out->len--; /* the closing brace */
    json_key(&j, STR("ashiato"));
    json_object(&j);
    json_pair_u64(&j, STR("offset"), blob_offset);
    if (flags & EVENT_RECOVERED) {
        json_key(&j, STR("recovered"));
        json_bool(&j, true);
    }
    if (d->why)
        json_pair(&j, STR("damage"), str_of(d->why));
    json_object_end(&j);
    buf_char(out, '}');
}

/* What no fast look finds in order is decoded; what is wrong is noted, and left in d->why. */
static void check_slowly(struct decoder *d, const uint8_t *record, struct cursor document,
                         uint64_t blob_offset, const char *why)
{
    record_open(d, record, document, blob_offset, why);
    batch_drop(d->out);
}

static void print_tree(struct decoder *d, struct cursor document, uint64_t blob_offset,
                       uint32_t flags, bool may_plan)
{
    struct buf *out = d->printing->lines;
    size_t start = out->len, spent = d->spent;

    tree_build(d, document);
    if (!d->any)
        decoder_fail(d, "there is nothing in it");
    if (!json_write(d, out)) {
        out->len = start;
        buf_str(out, STR("{}"));
    }
    if (d->why || flags)
        add_remarks(d, blob_offset, flags, out);
    else if (may_plan && !d->irregular)
        plan_keep(d, str_skip(buf_view(out), start), d->spent - spent);
    buf_char(out, '\n');
}

static void swap_budgets(struct decoder *d)
{
    size_t spent = d->spent;

    d->spent = d->spent_on_xml;
    d->spent_on_xml = spent;
}

static void print_record(struct decoder *d, const uint8_t *record, struct cursor document,
                         uint64_t blob_offset, uint32_t flags, const char *why)
{
    bool read = !why && !flags && !d->adrift && plan_read(d, document);

    d->why = NULL;
    if (!read)
        check_slowly(d, record, document, blob_offset, why);
    why = d->why;
    swap_budgets(d);
    if (!read || !plan_write(d, d->printing->lines))
        print_tree(d, document, blob_offset, flags, read);
    swap_budgets(d);
    if (d->why && !why)
        batch_damaged(d->out, blob_offset, "record %llu: %s",
                      (unsigned long long)le64(record + 8), d->why);
}

void record_print(struct decoder *d, const uint8_t *record, const uint8_t *end,
                  uint64_t blob_offset, uint32_t flags, const char *why)
{
    struct cursor document = {record + RECORD_HEADER_SIZE, end};

    d->printing->records++;
    if (d->printing->lines)
        print_record(d, record, document, blob_offset, flags, why);
    else if (why || d->adrift || !plan_check(d, document))
        check_slowly(d, record, document, blob_offset, why);
}
