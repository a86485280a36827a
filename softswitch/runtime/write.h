/* P4Runtime's Write for plain updates of table entries, from the octets of a WriteRequest. */
#ifndef SW_WRITE_H
#define SW_WRITE_H

#include <stdint.h>

#include "schema.h"
#include "switch.h"

/* How far a request has been carried out. */
struct sw_progress {
    uint64_t at;
    uint64_t updates;
};

/* Carries out the updates of a request from `progress` on. 1 at one that is not: `progress` is behind it,
 * nothing of it is done, and it is for the caller to carry out or to refuse. 0 at the end. Packets get
 * in between, so who holds the switch writes no more than one update. */
int sw_write(struct sw_switch *sw, const struct sw_schema *schema, const uint8_t *request,
             uint64_t length, struct sw_progress *progress);

#endif
