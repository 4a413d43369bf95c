/* SPDX-License-Identifier: Apache-2.0
 *
 * What detectors ask of the judge pass, and which events its marks put on the attack timeline. */
#include "core/detector.h"

struct ref judge_ref(const struct judge *j, const struct event *e)
{
    return (struct ref){
        .ordinal = j->ordinal, .offset = e->offset, .time_ns = e->time_ns, .source = e->source};
}

void judge_mark(struct judge *j, struct ref ref, enum mark_type type, size_t index, enum side side)
{
    if (j->mark && index <= UINT32_MAX)
        j->mark(j->mark_ctx, (struct mark){ref.ordinal, (uint32_t)index, (uint8_t)type,
                                           (uint8_t)side});
}

str judge_text(const struct judge *j, uint64_t name)
{
    return j->names ? names_text(j->names, name) : STR("");
}

static bool mark_matters(const struct result *r, const struct mark *m)
{
    switch ((enum mark_type)m->type) {
    case MARK_FINDING:
        return m->index < r->finding_count && r->findings[m->index].severity > SEVERITY_INFO;
    case MARK_EDGE:
        return m->index < r->edge_count && (r->edges[m->index].hostile || r->edges[m->index].hop);
    case MARK_SESSION:
        return m->index < r->session_count && r->sessions[m->index].hostile;
    }
    return false;
}

bool result_in_timeline(const struct result *r, const struct mark *marks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (mark_matters(r, &marks[i]))
            return true;
    return false;
}
