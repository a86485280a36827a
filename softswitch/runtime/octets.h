/* Writing protobuf's wire format, from the end to the beginning.
 *
 * A message stands behind its length, which is known when it is written: so what is written first lies
 * last. A writer that runs out of room stays within it and has `full` set.
 */
#ifndef SW_OCTETS_H
#define SW_OCTETS_H

#include "protobuf.h"

struct sw_writer {
    uint8_t *start;
    uint8_t *at;
    bool full;
};

void sw_put_octet(struct sw_writer *writer, uint8_t octet);
void sw_put_varint(struct sw_writer *writer, uint64_t value);
/* A number's field; as in proto3, 0 is not written. */
void sw_put_number(struct sw_writer *writer, uint64_t tag, uint64_t value);
void sw_put_octets(struct sw_writer *writer, uint64_t tag, struct sw_span octets);
/* The length and tag of all that has been written since the writer stood at `end`. */
void sw_put_header(struct sw_writer *writer, uint64_t tag, const uint8_t *end);

#endif
