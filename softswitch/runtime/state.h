/* The inside of a switch: what the program declares, and the state that goes with it. */
#ifndef SW_STATE_H
#define SW_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ageing.h"
#include "log.h"
#include "meter.h"
#include "profile.h"
#include "replication.h"
#include "switch.h"
#include "table.h"

struct sw_meter_info {
    uint64_t size;
    bool bytes;
};

struct sw_register_info {
    uint64_t size;
    uint32_t words;
};

/* The generated code defines this one. */
struct sw_program {
    const struct sw_table_info *tables;
    uint32_t n_tables;
    const uint64_t *counters;
    uint32_t n_counters;
    const struct sw_meter_info *meters;
    uint32_t n_meters;
    const struct sw_register_info *registers;
    uint32_t n_registers;
    const struct sw_profile_info *profiles;
    uint32_t n_profiles;
    uint32_t max_headers;
    uint32_t max_scratch;
};

extern const struct sw_program sw_program;

/* The largest frame that enters; the deparser may add `max_headers` octets to it, a calculation over
 * the payload needs `max_scratch` more. */
enum { SW_MAX_FRAME = 1 << 16 };

struct sw_buffer {
    uint8_t *octets;
    uint32_t used;
    uint32_t size;
};

struct sw_pending;

struct sw_switch {
    struct sw_table *tables;
    struct sw_ages *ages; /* by the numbers of the tables */
    struct sw_count **counters;
    struct sw_meter **meters;
    uint64_t **registers;
    struct sw_profile *profiles;
    struct sw_copies **groups;
    struct sw_copies **sessions;
    uint64_t statistics[SW_STATISTICS];
    uint64_t random;
    uint32_t priority_queues;
    struct sw_log log;
    uint8_t *frame;
    uint8_t *scratch;
    struct sw_buffer collected;
    struct sw_pending *first_pending;
    struct sw_pending *last_pending;
    pthread_mutex_t mutex;
    atomic_uint waiting;
    atomic_bool packets_wait;
};

/* For the control calls: the packet thread lets a waiting one pass between two batches. */
void sw_control_lock(struct sw_switch *sw);
void sw_control_unlock(struct sw_switch *sw);
/* In the middle of a long call, by a thread that does not hold the switch: lets packets pass. */
void sw_control_pause(struct sw_switch *sw);

SW_INLINE void sw_count(struct sw_count *count, uint64_t bytes)
{
    count->packets++;
    count->bytes += bytes;
}

/* An xorshift generator; the program's `random` needs speed, not secrecy. */
SW_INLINE uint64_t sw_random(struct sw_switch *sw)
{
    sw->random ^= sw->random << 13;
    sw->random ^= sw->random >> 7;
    sw->random ^= sw->random << 17;
    return sw->random;
}

#endif
