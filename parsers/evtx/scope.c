/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of an element's text and attributes: a part of System, a field of EventData or
 * UserData under its own name, or a field of ours. Nothing is left without a place. */
#include "parsers/evtx/compile.h"

enum { PATH_MAX_BYTES = 4096 };

static const struct {
    const char *element, *attribute; /* attribute "": the element's text */
    enum system_part part;
} system_parts[] = {
    {"Provider", "Name", SYSTEM_PROVIDER},
    {"Provider", "Guid", SYSTEM_PROVIDER_GUID},
    {"Provider", "EventSourceName", SYSTEM_EVENT_SOURCE_NAME},
    {"EventID", "", SYSTEM_EVENT_ID},
    {"EventID", "Qualifiers", SYSTEM_QUALIFIERS},
    {"Version", "", SYSTEM_VERSION},
    {"Level", "", SYSTEM_LEVEL},
    {"Task", "", SYSTEM_TASK},
    {"Opcode", "", SYSTEM_OPCODE},
    {"Keywords", "", SYSTEM_KEYWORDS},
    {"TimeCreated", "SystemTime", SYSTEM_TIME},
    {"EventRecordID", "", SYSTEM_RECORD_ID},
    {"Correlation", "ActivityID", SYSTEM_ACTIVITY_ID},
    {"Correlation", "RelatedActivityID", SYSTEM_RELATED_ACTIVITY_ID},
    {"Execution", "ProcessID", SYSTEM_PROCESS_ID},
    {"Execution", "ThreadID", SYSTEM_THREAD_ID},
    {"Channel", "", SYSTEM_CHANNEL},
    {"Computer", "", SYSTEM_COMPUTER},
    {"Security", "UserID", SYSTEM_USER_SID},
};

bool compiler_fail(struct compiler *k, const char *why)
{
    if (!k->why)
        k->why = why;
    return false;
}

bool spells(str s, const char *word)
{
    for (size_t i = 0; i < s.len; i++)
        if (word[i] == '\0' || word[i] != s.p[i])
            return false;
    return word[s.len] == '\0';
}

bool scope_join(struct compiler *k, str path, char separator, str name, str *out)
{
    if (path.len + 1 + name.len > PATH_MAX_BYTES || !decoder_spend(k->d, path.len + 1 + name.len))
        return compiler_fail(k, "a path of elements is too long");
    *out = name;
    if (path.len == 0)
        return true;
    char *p = arena_bytes(&k->d->out->arena, path.len + 1 + name.len);
    memcpy(p, path.p, path.len);
    p[path.len] = separator;
    memcpy(p + path.len + 1, name.p, name.len);
    *out = (str){p, path.len + 1 + name.len};
    return true;
}

/* Parts of RenderingInfo as Winlogbeat and others spell them: lower case. */
static bool rendering_name(struct compiler *k, str *name)
{
    if (!decoder_spend(k->d, name->len))
        return compiler_fail(k, "the chunk expands beyond all bounds");
    char *p = arena_bytes(&k->d->out->arena, name->len);
    for (size_t i = 0; i < name->len; i++)
        p[i] = char_lower(name->p[i]);
    name->p = p;
    return true;
}

static bool is_rendering(str path)
{
    return str_starts(path, STR("rendering"));
}

bool scope_of_child(struct compiler *k, struct scope parent, str name, struct scope *out)
{
    *out = (struct scope){AREA_OWN, name};
    switch (parent.area) {
    case AREA_ROOT:
    case AREA_EVENT:
        if (str_eq(name, STR("Event")))
            *out = (struct scope){AREA_EVENT, STR("Event")};
        else if (str_eq(name, STR("System")))
            *out = (struct scope){AREA_SYSTEM, STR("System")};
        else if (str_eq(name, STR("EventData")))
            *out = (struct scope){AREA_EVENT_DATA, STR("")};
        else if (str_eq(name, STR("UserData")))
            *out = (struct scope){AREA_USER_DATA, STR("")};
        else if (str_eq(name, STR("RenderingInfo")))
            out->path = STR("rendering");
        else
            return scope_join(k, STR("Event"), '.', name, &out->path);
        return true;
    case AREA_SYSTEM:
        *out = (struct scope){AREA_SYSTEM_PART, name};
        return true;
    case AREA_SYSTEM_PART:
        return scope_join(k, STR("System"), '.', parent.path, &out->path) &&
               scope_join(k, out->path, '.', name, &out->path);
    case AREA_EVENT_DATA:
        *out = (struct scope){AREA_DATA, str_eq(name, STR("Data")) ? STR("") : name};
        return true;
    case AREA_DATA:
    case AREA_USER_DATA:
        out->area = parent.area;
        return scope_join(k, parent.path, '/', name, &out->path);
    case AREA_OWN:
        if (is_rendering(parent.path)) {
            if (!rendering_name(k, &name))
                return false;
            out->path = parent.path;
            if (str_eq(name, STR("keyword"))) /* Keywords/Keyword, repeated */
                return true;
        }
        return scope_join(k, parent.path, '.', name, &out->path);
    }
    return false;
}

static bool system_sink(const struct scope *s, str attribute, struct sink *out)
{
    for (size_t i = 0; i < array_len(system_parts); i++)
        if (spells(attribute, system_parts[i].attribute) &&
            spells(s->path, system_parts[i].element)) {
            out->op = STEP_SYSTEM;
            out->part = system_parts[i].part;
            return true;
        }
    return false;
}

/* Where the text of an element goes. */
bool sink_of_text(struct compiler *k, const struct scope *s, struct sink *out)
{
    *out = (struct sink){STEP_FIELD, FIELD_OWN, s->path, s->area, 0};
    switch (s->area) {
    case AREA_SYSTEM_PART:
        return system_sink(s, STR(""), out) ||
               scope_join(k, STR("System"), '.', s->path, &out->name);
    case AREA_EVENT_DATA:
    case AREA_DATA:
        out->group = FIELD_EVENT_DATA;
        return true;
    case AREA_USER_DATA:
        out->group = FIELD_USER_DATA;
        return true;
    default:
        return true;
    }
}

bool sink_of_attribute(struct compiler *k, const struct scope *s, str name, struct sink *out)
{
    str path = s->path;

    *out = (struct sink){STEP_FIELD, FIELD_OWN, STR(""), s->area, 0};
    switch (s->area) {
    case AREA_SYSTEM_PART:
        return system_sink(s, name, out) || (scope_join(k, STR("System"), '.', path, &path) &&
                                             scope_join(k, path, '.', name, &out->name));
    case AREA_EVENT_DATA:
        return scope_join(k, STR("EventData"), '.', name, &out->name);
    case AREA_DATA:
        if (str_eq(name, STR("Name"))) {
            out->op = STEP_NAME;
            return true;
        }
        out->group = FIELD_EVENT_DATA;
        return scope_join(k, path, '/', name, &out->name);
    case AREA_USER_DATA:
        out->group = FIELD_USER_DATA;
        return scope_join(k, path, '/', name, &out->name);
    default:
        if (is_rendering(path) && !rendering_name(k, &name))
            return false;
        return scope_join(k, path, '.', name, &out->name);
    }
}
