#include "replication.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "state.h"

static struct sw_copies *new_copies(const struct sw_replica *replicas, uint32_t count,
                                uint32_t packet_length)
{
    struct sw_copies *copies = sw_allocate(1, sizeof *copies + count * sizeof *replicas);
    copies->count = count;
    copies->packet_length = packet_length;
    if (count > 0)
        memcpy(copies->replicas, replicas, count * sizeof *replicas);
    return copies;
}

static int replace(struct sw_switch *sw, struct sw_copies **slots, uint32_t limit, uint32_t id,
                   struct sw_copies *copies)
{
    if (id >= limit || (copies == NULL && slots[id] == NULL)) {
        free(copies);
        return SW_NOT_FOUND;
    }
    sw_control_lock(sw);
    free(slots[id]);
    slots[id] = copies;
    sw_control_unlock(sw);
    return 0;
}

int sw_group_set(struct sw_switch *sw, uint32_t group, const struct sw_replica *replicas,
                 uint32_t count)
{
    return replace(sw, sw->groups, SW_GROUPS, group, new_copies(replicas, count, 0));
}

int sw_group_delete(struct sw_switch *sw, uint32_t group)
{
    return replace(sw, sw->groups, SW_GROUPS, group, NULL);
}

int sw_session_set(struct sw_switch *sw, uint32_t session, const struct sw_replica *replicas,
                   uint32_t count, uint32_t packet_length)
{
    return replace(sw, sw->sessions, SW_SESSIONS, session,
                   new_copies(replicas, count, packet_length));
}

int sw_session_delete(struct sw_switch *sw, uint32_t session)
{
    return replace(sw, sw->sessions, SW_SESSIONS, session, NULL);
}
