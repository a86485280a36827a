/* Reading protobuf's wire format (protobuf.dev/programming-guides/encoding).
 *
 * A message is a sequence of fields, each a tag (field number and wire type) and a value: a number in
 * groups of seven bits, or a length and so many octets. A reader never looks behind its end, and after
 * anything that is not a field it stands at its end with `sound` false. The wire types that P4Runtime
 * does not use in what is read here (fixed lengths, groups) count as unsound.
 */
#ifndef SW_PROTOBUF_H
#define SW_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sw_wire_type {
    SW_VARINT = 0,
    SW_OCTETS = 2,
};

struct sw_span {
    const uint8_t *octets;
    size_t length;
};

struct sw_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool sound;
};

/* `tag` is SW_TAG of a field, `value` is for numbers, `span` for octets. */
struct sw_wire_field {
    uint64_t tag;
    uint64_t value;
    struct sw_span span;
};

#define SW_TAG(number, type) ((uint64_t)(number) << 3 | (type))

struct sw_reader sw_read(struct sw_span message);
/* False at the end of the message, and where it is not sound. */
bool sw_next_field(struct sw_reader *reader, struct sw_wire_field *field);

#endif
