/* A P4Runtime Update of a table entry, as far as it is plain: an entry with match, action, cookies,
 * counter and meter.
 *
 * What is read is a view into the message's octets. Whatever has a meaning beyond that (a default
 * entry, an action set, a field that is unknown, or there twice) is not plain.
 */
#ifndef SW_UPDATE_H
#define SW_UPDATE_H

#include "protobuf.h"
#include "table.h"

enum { SW_UPDATE_MATCHES = 32, SW_UPDATE_PARAMS = 32 };

enum sw_update_type {
    SW_INSERT = 1,
    SW_MODIFY = 2,
    SW_DELETE = 3,
};

/* `second` is a mask or an upper end, where the kind has one. */
struct sw_match {
    uint64_t field_id;
    uint64_t kind;
    struct sw_span first;
    struct sw_span second;
    uint64_t prefix_length;
};

struct sw_param {
    uint64_t id;
    struct sw_span value;
};

struct sw_update {
    uint64_t type;
    uint64_t table_id;
    uint64_t priority;
    uint64_t controller_metadata;
    struct sw_span metadata;
    bool has_action;
    bool has_counter;
    bool has_meter;
    struct sw_count counter;
    uint64_t meter[SW_METER_NUMBERS];
    uint64_t action_id;
    uint32_t n_matches;
    uint32_t n_params;
    struct sw_match matches[SW_UPDATE_MATCHES];
    struct sw_param params[SW_UPDATE_PARAMS];
};

/* Whether the update is plain; only then is all of `update` set. */
bool sw_update_read(struct sw_span message, struct sw_update *update);

#endif
