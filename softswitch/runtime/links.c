#include "links.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NANOSECONDS UINT64_C(1000000000)

int links_open(struct links *links)
{
    *links = (struct links){.timer_at = FAULT_NEVER};
    links->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return links->timer < 0 ? -1 : 0;
}

static void close_link(struct link *link)
{
    for (int direction = 0; direction < LINK_DIRECTIONS; direction++)
        if (link->faults[direction])
            fault_destroy(link->faults[direction]);
}

void links_close(struct links *links)
{
    for (int i = 0; i < links->count; i++)
        close_link(&links->links[i]);
    free(links->links);
    if (links->timer > 0)
        close(links->timer);
}

int links_add(struct links *links)
{
    struct link *grown = realloc(links->links, (links->count + 1) * sizeof *grown);
    struct link link = {.faults = {fault_create(), fault_create()}};

    if (grown)
        links->links = grown;
    if (!grown || !link.faults[LINK_EGRESS] || !link.faults[LINK_INGRESS]) {
        close_link(&link);
        return -1;
    }
    grown[links->count++] = link;
    return 0;
}

void links_set(struct links *links, int index, enum link_direction direction,
               const struct fault_rules *rules)
{
    struct link *link = &links->links[index];

    if (rules) {
        fault_set(link->faults[direction], rules);
        __atomic_store_n(&links->used, true, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&link->faulty[direction], rules != NULL, __ATOMIC_RELEASE);
}

void links_read(const struct links *links, int index, enum link_direction direction,
                struct fault_counters *counters)
{
    fault_read(links->links[index].faults[direction], counters);
}

static uint64_t next_arrival(const struct links *links)
{
    uint64_t next = FAULT_NEVER;

    for (int i = 0; i < links->count; i++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++) {
            uint64_t at = fault_next(links->links[i].faults[direction]);

            next = at < next ? at : next;
        }
    return next;
}

/* Setting it also takes back that it has expired: until then its descriptor stays readable. */
void links_set_timer(struct links *links)
{
    uint64_t at = next_arrival(links), due = at == FAULT_NEVER ? 0 : at;
    struct itimerspec when = {.it_value = {due / NANOSECONDS, due % NANOSECONDS}};

    if (at != links->timer_at)
        timerfd_settime(links->timer, TFD_TIMER_ABSTIME, &when, NULL);
    links->timer_at = at;
}
