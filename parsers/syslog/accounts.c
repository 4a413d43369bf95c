/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts and groups: the shadow suite (useradd, usermod, userdel, groupadd, gpasswd, passwd,
 * chpasswd, chage), wordings of its src/ directory, 4.1 to 4.16. */
#include "parsers/syslog/payload.h"

#define FAIL OUTCOME_FAILURE
#define GOOD OUTCOME_SUCCESS
#define LOW SEVERITY_LOW
#define INFO SEVERITY_INFO

static const char *const programs[] = {"useradd",  "usermod", "userdel", "groupadd", "groupmod",
                                       "groupdel", "gpasswd", "passwd",  "chpasswd", "chage",
                                       "newusers", "chsh",    "chfn",    "adduser",  NULL};

static const struct wording wordings[] = {
    {"new user: name=%v, UID=%i, GID=%*, home=%*, shell=%*, from=%t", KIND_ACCOUNT_CREATED, GOOD,
     LOW, "Account created: %v (UID %i)"},
    {"new user: name=%v, UID=%i, GID=%*, home=%*, shell=%*", KIND_ACCOUNT_CREATED, GOOD, LOW,
     "Account created: %v (UID %i)"},
    {"new user: name=%v, uid=%i, gid=%*, home=%*, shell=%*", KIND_ACCOUNT_CREATED, GOOD, LOW,
     "Account created: %v (UID %i)"},
    {"failed adding user '%u', %r", KIND_OTHER, FAIL, INFO,
     "Account not created: %u"},
    {"delete user '%u'", KIND_ACCOUNT_DELETED, GOOD, LOW, "Account deleted: %u"},
    {"delete user `%u'", KIND_ACCOUNT_DELETED, GOOD, LOW, "Account deleted: %u"},
    {"add '%u' to group '%g'", KIND_GROUP_MEMBER_ADDED, GOOD, LOW, "%u joins group %g"},
    {"add `%u' to group `%g'", KIND_GROUP_MEMBER_ADDED, GOOD, LOW, "%u joins group %g"},
    {"add '%u' to shadow group '%g'", KIND_OTHER, GOOD, INFO, "%u joins shadow group %g"},
    {"delete '%u' from group '%g'", KIND_GROUP_MEMBER_REMOVED, GOOD, INFO, "%u leaves group %g"},
    {"delete '%u' from shadow group '%g'", KIND_OTHER, GOOD, INFO, "%u leaves shadow group %g"},
    {"user %u added by %U to group %g", KIND_GROUP_MEMBER_ADDED, GOOD, LOW,
     "%u joins group %g, by %U"},
    {"user %u removed by %U from group %g", KIND_GROUP_MEMBER_REMOVED, GOOD, INFO,
     "%u leaves group %g, by %U"},
    {"members of group %g set by %U to %_", KIND_GROUP_CHANGED, GOOD, LOW,
     "Members of group %g set by %U"},
    {"new group: name=%g, GID=%*", KIND_GROUP_CHANGED, GOOD, INFO, "Group created: %g"},
    {"new group: name=%g, gid=%*", KIND_GROUP_CHANGED, GOOD, INFO, "Group created: %g"},
    {"remove group `%g'", KIND_GROUP_CHANGED, GOOD, INFO, "Group removed: %g"},
    {"group added to %*: name=%g, GID=%*", KIND_GROUP_CHANGED, GOOD, INFO, "Group created: %g"},
    {"group added to %*: name=%g", KIND_GROUP_CHANGED, GOOD, INFO, "Group created: %g"},
    {"removed group '%g' owned by '%u'", KIND_GROUP_CHANGED, GOOD, INFO, "Group removed: %g"},
    {"group '%g' removed", KIND_GROUP_CHANGED, GOOD, INFO, "Group removed: %g"},
    {"group '%g' removed from %*", KIND_GROUP_CHANGED, GOOD, INFO, "Group removed: %g"},
    {"removed shadow group '%g' owned by '%u'", KIND_OTHER, GOOD, INFO, NULL},
    {"change user '%u' password", KIND_PASSWORD_CHANGED, GOOD, LOW, "Password changed: %u"},
    {"lock user '%u' password", KIND_ACCOUNT_CHANGED, GOOD, INFO, "Account locked: %u"},
    {"unlock user '%u' password", KIND_ACCOUNT_CHANGED, GOOD, LOW, "Account unlocked: %u"},
    {"change user '%u' UID from '%*' to '%i'", KIND_ACCOUNT_CHANGED, GOOD, LOW,
     "Account changed: UID of %u is now %i"},
    {"change user '%u' %r", KIND_ACCOUNT_CHANGED, GOOD, INFO, "Account changed: %u, %r"},
    {"change user name '%U' to '%u'", KIND_ACCOUNT_CHANGED, GOOD, LOW,
     "Account renamed: %U is now %u"},
    {"changed user '%u' %r", KIND_ACCOUNT_CHANGED, GOOD, INFO, "Account changed: %u, %r"},
    {"changed password expiry for %u", KIND_ACCOUNT_CHANGED, GOOD, INFO,
     "Password expiry changed: %u"},
    {"password for '%u' changed by '%U'", KIND_PASSWORD_CHANGED, GOOD, LOW,
     "Password changed: %u by %U"},
    {"password for %u changed by %U", KIND_PASSWORD_CHANGED, GOOD, LOW,
     "Password changed: %u by %U"},
};

const struct payload payload_accounts = {
    .name = "accounts",
    .programs = programs,
    .complete = true,
    .wordings = wordings,
    .wording_count = array_len(wordings),
};
