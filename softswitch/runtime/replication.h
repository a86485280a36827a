/* The packet replication engine: multicast groups and clone sessions.
 *
 * Both are lists of (port, instance). A list is replaced as a whole, under the switch's lock, so a packet
 * is copied to the old members or to the new ones.
 */
#ifndef SW_REPLICATION_H
#define SW_REPLICATION_H

#include <stdint.h>

#include "switch.h"

enum {
    SW_GROUPS = 1 << 16,
    SW_SESSIONS = 1 << 15,
};

struct sw_copies {
    uint32_t count;
    uint32_t packet_length;
    struct sw_replica replicas[];
};


#endif
