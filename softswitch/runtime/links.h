/* The links behind a switch's ports, with the faults that each direction of them has.
 *
 * Both directions of a port are numbered by its index. Frames are taken by links with faults and come
 * back when they arrive; a timer tells the packet loop when that is. A link without faults costs a
 * frame one comparison.
 */
#ifndef SW_LINKS_H
#define SW_LINKS_H

#include <stdbool.h>

#include "fault.h"

enum link_direction {
    LINK_EGRESS,
    LINK_INGRESS,
    LINK_DIRECTIONS,
};

struct link {
    bool faulty[LINK_DIRECTIONS]; /* set by another thread */
    struct fault *faults[LINK_DIRECTIONS];
};

struct links {
    struct link *links;
    int count;
    int timer;         /* a descriptor that is readable when a frame has arrived */
    uint64_t timer_at; /* in nanoseconds of CLOCK_MONOTONIC, as all times here */
    bool used;         /* any has had faults; set by another thread */
};

/* -1 without memory or file descriptors (errno). What is all zeros may be closed. */
int links_open(struct links *links);
void links_close(struct links *links);

/* The link of one more port; -1 without memory. All are there before the first frame. */
int links_add(struct links *links);

/* Give one direction these faults, or none any more (NULL). One thread at a time may call it, which
 * need not be that of the packet loop. */
void links_set(struct links *links, int index, enum link_direction direction,
               const struct fault_rules *rules);

void links_read(const struct links *links, int index, enum link_direction direction,
                struct fault_counters *counters);

static inline bool links_faulty(const struct links *links, int index, enum link_direction direction)
{
    return __builtin_expect(
        __atomic_load_n(&links->links[index].faulty[direction], __ATOMIC_ACQUIRE), 0);
}

static inline bool links_used(const struct links *links)
{
    return __atomic_load_n(&links->used, __ATOMIC_ACQUIRE);
}

/* Set the timer for the next frame that arrives anywhere. */
void links_set_timer(struct links *links);

#endif
