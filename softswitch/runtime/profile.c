#include "profile.h"

#include <stdlib.h>

#include "memory.h"
#include "state.h"

const struct sw_call sw_nothing = {.action = SW_NO_ACTION};

static void free_member(struct sw_call *member)
{
    if (member != NULL)
        free(member->args);
    free(member);
}

void sw_profile_free(struct sw_profile *profile)
{
    for (uint32_t i = 0; i < profile->n_members; i++)
        free_member(profile->members[i]);
    for (uint32_t i = 0; i < profile->n_groups; i++)
        free(profile->groups[i]);
    free(profile->members);
    free(profile->groups);
}

/* Room for `number` in a list of pointers that doubles as it grows. */
static void *with_room(void *list, uint32_t *count, uint32_t number)
{
    if (number < *count)
        return list;
    uint32_t larger = number + 1 > *count * 2 ? number + 1 : *count * 2;
    void **grown = sw_reallocate(list, larger, sizeof *grown);
    memset(grown + *count, 0, (larger - *count) * sizeof *grown);
    *count = larger;
    return grown;
}

static void set_member(struct sw_call *member, uint32_t room, uint32_t action,
                       const uint64_t *args, uint32_t nargs)
{
    if (member->args == NULL)
        member->args = sw_allocate(room, sizeof *args);
    if (nargs > 0)
        memcpy(member->args, args, nargs * sizeof *args);
    member->action = action;
}

int sw_member_set(struct sw_switch *sw, uint32_t profile, uint32_t number, uint32_t action,
                  const uint64_t *args, uint32_t nargs)
{
    struct sw_profile *p = &sw->profiles[profile];
    if (number >= SW_PROFILE_NUMBERS)
        return SW_FULL;
    sw_control_lock(sw);
    p->members = with_room(p->members, &p->n_members, number);
    if (p->members[number] == NULL)
        p->members[number] = sw_allocate(1, sizeof **p->members);
    set_member(p->members[number], p->info->arg_words, action, args, nargs);
    sw_control_unlock(sw);
    return 0;
}

int sw_member_delete(struct sw_switch *sw, uint32_t profile, uint32_t number)
{
    struct sw_profile *p = &sw->profiles[profile];
    if (number >= p->n_members || p->members[number] == NULL)
        return SW_NOT_FOUND;
    sw_control_lock(sw);
    free_member(p->members[number]);
    p->members[number] = NULL;
    sw_control_unlock(sw);
    return 0;
}

static struct sw_group *new_group(const uint32_t *members, uint32_t count)
{
    struct sw_group *group = sw_allocate(1, sizeof *group + count * sizeof *members);
    group->count = count;
    if (count > 0)
        memcpy(group->members, members, count * sizeof *members);
    return group;
}

int sw_selection_set(struct sw_switch *sw, uint32_t profile, uint32_t number,
                     const uint32_t *members, uint32_t count)
{
    struct sw_profile *p = &sw->profiles[profile];
    if (number >= SW_PROFILE_NUMBERS)
        return SW_FULL;
    struct sw_group *group = new_group(members, count);
    sw_control_lock(sw);
    p->groups = with_room(p->groups, &p->n_groups, number);
    free(p->groups[number]);
    p->groups[number] = group;
    sw_control_unlock(sw);
    return 0;
}

int sw_selection_delete(struct sw_switch *sw, uint32_t profile, uint32_t number)
{
    struct sw_profile *p = &sw->profiles[profile];
    if (number >= p->n_groups || p->groups[number] == NULL)
        return SW_NOT_FOUND;
    sw_control_lock(sw);
    free(p->groups[number]);
    p->groups[number] = NULL;
    sw_control_unlock(sw);
    return 0;
}
