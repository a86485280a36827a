/* What an update is about: a table, and the identity of an entry in it. */
#ifndef SW_TARGET_H
#define SW_TARGET_H

#include "operands.h"
#include "table.h"

struct sw_switch;

/* `identity` points into `operands`. */
struct sw_target {
    const struct sw_schema_table *schema;
    struct sw_table *table;
    struct sw_operands operands;
    struct sw_identity identity;
};

/* False for a table that is not in the schema, and for a match or a priority that is refused. */
bool sw_target_find(struct sw_switch *sw, const struct sw_schema *schema,
                    const struct sw_update *update, struct sw_target *target);

#endif
