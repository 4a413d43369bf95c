/* SPDX-License-Identifier: Apache-2.0
 *
 * A text in, a batch out. */
#include "tests/unit/textlog.h"

#include "tests/unit/test.h"

static const struct hints hints = {.messages = true};

struct batch textlog_parse(const struct parser *p, str text)
{
    struct source source = {.path = STR("FS01/var/log/auth.log"),
                            .system = STR("FS01"),
                            .family = STR("var/log/auth.log")};
    struct carry carry = {{0}};
    struct input in = {
        .bytes = text, .last = true, .carry = &carry, .source = &source, .hints = &hints};
    struct batch b = {.count = 0};

    batch_source(&b, 0, source.system);
    p->parse(&in, &b);
    return b;
}

const struct event *textlog_one(const struct parser *p, struct batch *b, const char *line)
{
    *b = textlog_parse(p, str_of(line));
    CHECK_INT(b->damaged, 0);
    CHECK_INT(b->count, 1);
    return b->count == 1 ? b->events[0] : NULL;
}

static str end_text(struct batch *b, const struct endpoint *end, uint16_t port)
{
    struct buf text = {0};

    if (addr_is_none(&end->addr))
        return names_text(&b->names, end->host);
    addr_text(&end->addr, &text);
    if (port)
        buf_printf(&text, ":%u", (unsigned)port);
    str out = arena_str(&b->arena, buf_view(&text));
    buf_free(&text);
    return out;
}

static void check_case(const struct parser *p, const struct textlog_case *c)
{
    struct batch b;
    const struct event *e = textlog_one(p, &b, c->line);

    if (!e) {
        test_failed(__FILE__, __LINE__, "no event: %s", c->line);
        batch_free(&b);
        return;
    }
    CHECK_STR(str_of(kind_text(e->kind)), kind_text(c->kind));
    CHECK_STR(str_of(outcome_text(e->outcome)), outcome_text(c->outcome));
    if (c->actor)
        CHECK_STR(names_text(&b.names, e->actor.user), c->actor);
    if (c->target)
        CHECK_STR(names_text(&b.names, e->target.user), c->target);
    if (c->src)
        CHECK_STR(end_text(&b, &e->src, e->src_port), c->src);
    if (c->dst)
        CHECK_STR(end_text(&b, &e->dst, e->dst_port), c->dst);
    if (c->field)
        CHECK_STR(event_text(e, str_of(c->field), &b.arena), c->value);
    if (c->message)
        CHECK_STR(event_text(e, STR("message"), &b.arena), c->message);
    batch_free(&b);
}

void textlog_check(const struct parser *p, const struct textlog_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_case(p, &cases[i]);
}

int textlog_probe(const struct parser *p, str text)
{
    struct sample s = {.head = text, .path = STR("x.log"), .size = text.len};

    return p->probe(&s);
}

static void survive(const struct parser *p, str text)
{
    /* A copy of exactly this length, so that a sanitizer sees one byte too many. */
    char *copy = mem_alloc(text.len ? text.len : 1);
    if (text.len)
        memcpy(copy, text.p, text.len);
    struct batch b = textlog_parse(p, (str){copy, text.len});

    CHECK(text.len == 0 || b.count + b.damaged + b.skipped > 0);
    textlog_probe(p, (str){copy, text.len});
    batch_free(&b);
    mem_free(copy);
}

void textlog_survives(const struct parser *p, str text)
{
    static const char bytes[] = {'\0', ' ', '"', '[', ']', '%', ':', '<', '\n', '\xff', '9', '\\'};
    char changed[1024];

    CHECK(text.len <= sizeof changed);
    for (size_t i = 0; i < text.len; i++) {
        survive(p, str_head(text, i));
        survive(p, str_skip(text, i));
        memcpy(changed, text.p, text.len);
        changed[i] = bytes[i % sizeof bytes];
        survive(p, (str){changed, text.len});
        changed[(i * 7 + 3) % text.len] = bytes[(i + 5) % sizeof bytes];
        survive(p, (str){changed, text.len});
    }
}
