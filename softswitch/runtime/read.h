/* P4Runtime's Read for table entries, into the octets of a ReadResponse. */
#ifndef SW_READ_H
#define SW_READ_H

#include <stddef.h>

#include "schema.h"
#include "switch.h"

/* What a reader may ask for beside the entries themselves. */
enum sw_parts {
    SW_WITH_COUNTERS = 1,
    SW_WITH_METERS = 2,
};

/* As many entries, from the handle `*from` on, as there is room for; `*from` is behind the last of them.
 * Returns the octets used: 0 when there are no more entries, SW_FULL when there is no room for one. */
int64_t sw_read_entries(struct sw_switch *sw, const struct sw_schema_table *table, uint32_t parts,
                        uint32_t *from, uint8_t *octets, uint64_t room);

/* The entry that a plain update names. Returns the octets used: 0 when it is not there. */
int64_t sw_read_entry(struct sw_switch *sw, const struct sw_schema *schema, const uint8_t *wanted,
                      uint64_t length, uint32_t parts, uint8_t *octets, uint64_t room);

#endif
