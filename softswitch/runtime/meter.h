/* Two-rate three-colour meters, colour-blind (RFC 2698).
 *
 * Tokens are kept in millionths, so that a rate in units a second fills a bucket exactly, whatever the
 * times between packets: in `t` microseconds a bucket gains `rate * t` millionths.
 */
#ifndef SW_METER_H
#define SW_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "bits.h"

/* The values of v1model's MeterColor. */
enum sw_colour { SW_GREEN = 0, SW_YELLOW = 1, SW_RED = 2 };

struct sw_bucket {
    uint64_t rate;
    sw_u128 burst;
    sw_u128 tokens;
};

struct sw_meter {
    struct sw_bucket committed;
    struct sw_bucket peak;
    uint64_t last_us;
    bool configured;
    bool started;
};

/* A configuration is the committed rate and burst, then the peak's; none (NULL) makes all green. */
enum { SW_METER_NUMBERS = 4 };

void sw_meter_set(struct sw_meter *meter, const uint64_t *config);
/* False if the meter, which may be none, has no configuration. */
bool sw_meter_get(const struct sw_meter *meter, uint64_t *config);
enum sw_colour sw_meter_execute(struct sw_meter *meter, uint64_t now_us, uint64_t units);

#endif
