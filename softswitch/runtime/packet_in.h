/* StreamMessageResponse with a PacketIn, in protobuf's wire format.
 *
 * A frame that leaves on the CPU port begins with the program's packet_in header, whose fields are
 * packed without gaps. Each becomes a PacketMetadata with the shortest byte string of its value
 * (P4Runtime, "Bytestrings"), in the order of P4Info; the rest of the frame is the payload. Protobuf
 * makes the same octets of such a message.
 */
#ifndef SW_PACKET_IN_H
#define SW_PACKET_IN_H

#include <stdint.h>

struct packet_in_field {
    uint32_t id;
    uint32_t first; /* bit of the frame, from the left */
    uint32_t width; /* one at least */
};

struct packet_in_layout {
    uint32_t octets; /* of the header */
    uint32_t count;
    const struct packet_in_field *fields;
};

/* The length of the message for a frame with a whole header. */
uint32_t packet_in_size(const struct packet_in_layout *layout, const uint8_t *frame, uint32_t len);

/* Write the message, which has that length. */
void packet_in_write(const struct packet_in_layout *layout, const uint8_t *frame, uint32_t len,
                     uint8_t *message);

#endif
