/* The switch as the world outside sees it: packets in, copies out, and the control calls.
 *
 * One compiled program is one shared library; `sw_create` makes an instance of the switch. Packets are
 * processed to completion: `sw_process` calls `emit` for every copy that leaves, in order, and returns.
 *
 * Locking: packets and control calls exclude each other. A packet thread brackets a batch of
 * `sw_process` calls with `sw_lock` and `sw_unlock`; the control calls take the lock themselves, and a
 * waiting one is let in between two batches. `sw_collect` is a control call in this sense.
 *
 * Between `sw_hold` and `sw_release` of a thread its control calls are one: no packet sees a part.
 */
#ifndef SW_SWITCH_H
#define SW_SWITCH_H

#include <stdint.h>

struct sw_switch;

/* The frame is valid only during the call. Digests and messages to the log come on ports that are none. */
enum { SW_DIGEST_PORT = 512, SW_LOG_PORT = 513 };

typedef void (*sw_emit_fn)(void *ctx, uint32_t port, const uint8_t *frame, uint32_t len);

struct sw_switch *sw_create(void);
void sw_destroy(struct sw_switch *sw);

/* The queues of each port: packets with a priority beyond them are dropped. One in the beginning. */
void sw_set_priority_queues(struct sw_switch *sw, uint32_t count);

void sw_hold(struct sw_switch *sw);
void sw_release(struct sw_switch *sw);

void sw_lock(struct sw_switch *sw);
void sw_unlock(struct sw_switch *sw);
void sw_process(struct sw_switch *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                uint64_t now_us, sw_emit_fn emit, void *ctx);

/* Processes one frame and keeps the copies in a buffer of the switch: for each a header of two native
 * 32-bit words (port, length) and the octets, padded to a multiple of four. Returns the octets used. */
uint32_t sw_collect(struct sw_switch *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                    uint64_t now_us);
const uint8_t *sw_collected(const struct sw_switch *sw);

/* What the control calls return: 0 or a handle, or one of these. */
enum {
    SW_NOT_FOUND = -1,
    SW_EXISTS = -2,
    SW_FULL = -3,
};

/* Tables, counters, meters and registers go by their position in the program. Keys and masks are words
 * packed as the program says; `high` holds the upper ends of range fields, whose lower ends are in
 * `key`. The higher priority wins. */
int64_t sw_table_insert(struct sw_switch *sw, uint32_t table, const uint64_t *key,
                        const uint64_t *mask, const uint64_t *high, int32_t priority,
                        uint32_t action, const uint64_t *args, uint32_t nargs);
int sw_table_modify(struct sw_switch *sw, uint32_t table, uint32_t handle, uint32_t action,
                    const uint64_t *args, uint32_t nargs);
int sw_table_delete(struct sw_switch *sw, uint32_t table, uint32_t handle);
void sw_table_set_default(struct sw_switch *sw, uint32_t table, uint32_t action,
                          const uint64_t *args, uint32_t nargs);

/* An entry as it is kept; what it points to is there until the table is changed. */
struct sw_entry_view {
    const uint64_t *key;
    const uint64_t *mask;
    const uint64_t *high;
    const uint64_t *args;
    const uint8_t *cookies;
    uint64_t cookie_number;
    uint32_t cookies_length;
    uint32_t action;
    int32_t priority;
    uint32_t fixed;
};

/* The handle of the entry with a key, and of the first entry from a handle on. */
int64_t sw_table_find(struct sw_switch *sw, uint32_t table, const uint64_t *key,
                      const uint64_t *mask, const uint64_t *high, int32_t priority);
int64_t sw_table_view(struct sw_switch *sw, uint32_t table, uint32_t handle,
                      struct sw_entry_view *view);
/* Marks an entry as the program's own. */
int sw_table_fix(struct sw_switch *sw, uint32_t table, uint32_t handle);
int sw_table_cookies_set(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t number,
                         const uint8_t *octets, uint32_t length);
int sw_table_counter_read(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t value[2]);
int sw_table_counter_write(struct sw_switch *sw, uint32_t table, uint32_t handle,
                           const uint64_t value[2]);

/* When entries of a table that ages were hit last, in the time of the packets; it begins with a start. */
void sw_age_start(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t now_us);
void sw_age_read(struct sw_switch *sw, uint32_t table, const uint32_t *handles, uint32_t count,
                 uint64_t *hit_us);

/* A meter's configuration is cir, cburst, pir, pburst; none (NULL) makes every packet green. */
int sw_table_meter_configure(struct sw_switch *sw, uint32_t table, uint32_t handle,
                             const uint64_t *config);
int sw_table_meter_read(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t config[4]);
int sw_meter_configure(struct sw_switch *sw, uint32_t meter, uint64_t index,
                       const uint64_t *config);
int sw_counter_read(struct sw_switch *sw, uint32_t counter, uint64_t index, uint64_t value[2]);
int sw_counter_write(struct sw_switch *sw, uint32_t counter, uint64_t index,
                     const uint64_t value[2]);
/* A value has the words of the register's width. */
int sw_register_read(struct sw_switch *sw, uint32_t reg, uint64_t index, uint64_t *value);
int sw_register_write(struct sw_switch *sw, uint32_t reg, uint64_t index, const uint64_t *value);

/* Members and groups of an action profile, by numbers below SW_PROFILE_NUMBERS that the caller gives;
 * both are created or replaced. An entry of a table with a profile takes SW_MEMBER (0) or SW_GROUP (1)
 * for its action and the number for its argument. */
enum { SW_PROFILE_NUMBERS = 1 << 24 };

int sw_member_set(struct sw_switch *sw, uint32_t profile, uint32_t number, uint32_t action,
                  const uint64_t *args, uint32_t nargs);
int sw_member_delete(struct sw_switch *sw, uint32_t profile, uint32_t number);
int sw_selection_set(struct sw_switch *sw, uint32_t profile, uint32_t number,
                     const uint32_t *members, uint32_t count);
int sw_selection_delete(struct sw_switch *sw, uint32_t profile, uint32_t number);

/* A copy for `port`, whose egress sees `instance` as egress_rid. */
struct sw_replica {
    uint32_t port;
    uint32_t instance;
};

int sw_group_set(struct sw_switch *sw, uint32_t group, const struct sw_replica *replicas,
                 uint32_t count);
int sw_group_delete(struct sw_switch *sw, uint32_t group);
int sw_session_set(struct sw_switch *sw, uint32_t session, const struct sw_replica *replicas,
                   uint32_t count, uint32_t packet_length);
int sw_session_delete(struct sw_switch *sw, uint32_t session);

/* Where packets ended that did not leave, and what was wrong with some that did. */
enum sw_statistic {
    SW_RECEIVED,
    SW_SENT,
    SW_PARSER_ERRORS,
    SW_CHECKSUM_ERRORS,
    SW_INGRESS_DROPS,
    SW_EGRESS_DROPS,
    SW_UNKNOWN_GROUPS,
    SW_UNKNOWN_SESSIONS,
    SW_FAILED_ASSERTIONS,
    SW_PASSES_EXCEEDED,
    SW_OVERSIZED,
    SW_STATISTICS,
};

void sw_statistics(struct sw_switch *sw, uint64_t values[SW_STATISTICS]);

#endif
