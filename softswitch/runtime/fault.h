/* The faults of one direction of a link: what netem does to an interface, done in the switch.
 *
 * A frame goes through a transmitter and over a wire. The transmitter sends one frame after the
 * other, at `rate`; the wire loses a frame, or doubles it, and each copy takes `delay`, give or take
 * up to `jitter`, so that copies may overtake one another. At most `limit` frames are on their way;
 * one that finds no room is dropped, as at the tail of a full queue.
 *
 * Time is an argument, chance comes from the seed: the same frames at the same times meet the same
 * fate. Every function may be called from any thread.
 */
#ifndef SW_FAULT_H
#define SW_FAULT_H

#include <stdint.h>

#define FAULT_NEVER UINT64_MAX
#define FAULT_CERTAIN (UINT64_C(1) << 32) /* a share is of this: 0 never, all of it always */

/* Durations are in nanoseconds, and none is 2^62 or more. */
struct fault_rules {
    uint64_t loss, duplicate; /* shares of the frames */
    uint64_t delay, jitter;   /* jitter is at most the delay */
    uint64_t rate;            /* bits a second; 0: as fast as they come */
    uint64_t limit;           /* frames */
    uint64_t seed;
};

/* What has become of frames that were not simply passed on; `waiting` are on their way now. */
struct fault_counters {
    uint64_t lost, duplicated, overflowed, waiting;
};

struct fault;

typedef void (*fault_sink)(void *ctx, const uint8_t *frame, uint32_t len);

/* Of no fault yet: frames are passed on at once. NULL without memory. */
struct fault *fault_create(void);
void fault_destroy(struct fault *fault);

/* For frames offered from now on; what is on its way arrives as it would have. */
void fault_set(struct fault *fault, const struct fault_rules *rules);

/* A frame sets out at `now`; it is copied. */
void fault_offer(struct fault *fault, const uint8_t *frame, uint32_t len, uint64_t now);

/* When the next copy arrives, or FAULT_NEVER. */
uint64_t fault_next(struct fault *fault);

/* Hand over the copies that have arrived by `now`, in the order of their arrival. */
void fault_release(struct fault *fault, uint64_t now, fault_sink sink, void *ctx);

void fault_read(struct fault *fault, struct fault_counters *counters);

#endif
