/* Action profiles and selectors: actions that table entries share.
 *
 * A profile has members, each an action with its arguments, and groups, each a list of members in which one
 * of more weight stands more often. An entry of a table with a profile refers to one of either: its
 * call's action is SW_MEMBER or SW_GROUP, its only argument the number. A packet that hits a group runs
 * the member at the position (hash modulo length of the list), as BMv2 has it.
 *
 * Members and groups are replaced as a whole, under the switch's lock, so that a packet sees the old
 * one or the new one. What is not there, and an empty group, does nothing.
 */
#ifndef SW_PROFILE_H
#define SW_PROFILE_H

#include "table.h"

enum sw_reference {
    SW_MEMBER,
    SW_GROUP,
};

/* What the program says of a profile. */
struct sw_profile_info {
    uint32_t arg_words;
};

struct sw_group {
    uint32_t count;
    uint32_t members[];
};

struct sw_profile {
    const struct sw_profile_info *info;
    struct sw_call **members;
    uint32_t n_members;
    struct sw_group **groups;
    uint32_t n_groups;
};

extern const struct sw_call sw_nothing;

void sw_profile_free(struct sw_profile *profile);

SW_INLINE const struct sw_call *sw_numbered_member(const struct sw_profile *profile, uint64_t number)
{
    const struct sw_call *member = number < profile->n_members ? profile->members[number] : NULL;
    return member != NULL ? member : &sw_nothing;
}

/* The call that an entry means which refers to a member. */
SW_INLINE const struct sw_call *sw_member(const struct sw_profile *profile,
                                          const struct sw_call *reference)
{
    return sw_numbered_member(profile, reference->args[0]);
}

/* The call that an entry means which refers to a group. BMv2 takes 32 bits of the hash. */
SW_INLINE const struct sw_call *sw_choose(const struct sw_profile *profile,
                                          const struct sw_call *reference, uint64_t hash)
{
    uint64_t number = reference->args[0];
    const struct sw_group *group = number < profile->n_groups ? profile->groups[number] : NULL;
    if (group == NULL || group->count == 0)
        return &sw_nothing;
    return sw_numbered_member(profile, group->members[(uint32_t)hash % group->count]);
}

#endif
