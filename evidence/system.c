/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose disk a blob lay on, read from the folder layout. */
#include "core/arena.h"
#include "evidence/evidence.h"

/* Folders that stand directly below the root of a volume. */
static const char *const volume_folders[] = {
    "windows", "winnt", "var", "etc", "inetpub", "programdata", "users", "home", "private",
    "program files",
};

/* Folders that name a volume, an image's partition or a collector's part, never a machine. */
static const char *const volume_names[] = {
    "[root]", "root", "uploads", "auto", "ntfs", "fs", "files", "c_drive", "c%3a", "vss", "p1",
    "partition1", "logs", "live", "data", "collection", "evidence", "image", "triage",
};

static bool in_list(str name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(name, str_of(list[i])))
            return true;
    return false;
}

static bool names_volume(str name)
{
    if (name.len == 1 || (name.len == 2 && name.p[1] == ':'))
        return char_is_alpha(name.p[0]);
    return in_list(name, volume_names, array_len(volume_names)) || str_has(name, STR("%5C%5C"));
}

static str take_component(str *path)
{
    str part = str_head(*path, str_find_char(*path, '/'));

    *path = str_skip(*path, part.len + 1);
    return part;
}

str system_of(str root, str rel)
{
    str first = {0}, above = {0}, path = rel;

    if (rel.len == 0)
        return STR("evidence");
    if (!names_volume(root))
        above = root;
    while (str_find_char(path, '/') < path.len) { /* folders only */
        str part = take_component(&path);
        if (in_list(part, volume_folders, array_len(volume_folders)))
            return above.len ? above : STR("evidence");
        if (!names_volume(part)) {
            above = part;
            if (!first.len)
                first = part;
        }
    }
    if (first.len)
        return first;
    return names_volume(root) ? STR("evidence") : root;
}
