/* A packet on its way through the program; included by the generated code, which has defined
 * `struct phv`, the headers and metadata.
 */
#ifndef SW_PACKET_H
#define SW_PACKET_H

#include "state.h"

/* What mark_to_drop writes to egress_spec: simple_switch's default for --drop-port. */
enum { DROP_PORT = 511 };

#define SW_NO_SESSION UINT32_MAX
#define SW_NO_TRUNCATION UINT32_MAX

struct packet {
    struct phv h;
    struct sw_switch *sw;
    const uint8_t *data; /* what the parser has not taken: in the end, the payload */
    uint32_t left;
    uint32_t received; /* octets that came in, what counters and meters count */
    uint32_t length;   /* the same plus headers added, minus headers removed */
    uint32_t truncate_to;
    uint32_t clone_session;
    uint32_t clone_list;
    uint32_t resubmit_list; /* field lists count from 1: 0 means no request */
    uint32_t recirculate_list;
    uint64_t now;
    uint32_t parser_error;
    bool checksum_error;
    bool exited;
    bool failed;
};

/* Where a computed index of a stack leads: behind the last element lies one that nobody sees. */
SW_INLINE uint32_t sw_index(sw_u128 index, uint32_t size)
{
    return index < size ? (uint32_t)index : size;
}

SW_INLINE uint32_t sw_last(uint32_t next, uint32_t size)
{
    return next > 0 ? next - 1 : size;
}

/* The packet ends here. */
SW_INLINE void sw_fail(struct packet *p, enum sw_statistic why)
{
    p->sw->statistics[why]++;
    p->failed = true;
    p->exited = true;
}

#endif
