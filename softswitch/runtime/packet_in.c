#include "packet_in.h"

#include <string.h>

/* Field number << 3 | wire type: 0 is a number, 2 is octets behind their length. */
enum {
    RESPONSE_PACKET = 2 << 3 | 2,
    PACKET_PAYLOAD = 1 << 3 | 2,
    PACKET_METADATA = 2 << 3 | 2,
    METADATA_ID = 1 << 3 | 0,
    METADATA_VALUE = 2 << 3 | 2,
};

static uint32_t number_size(uint32_t number)
{
    uint32_t size = 1;

    while (number >>= 7)
        size++;
    return size;
}

static uint8_t *put_number(uint8_t *at, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

/* Tag, length and octets of a field; protobuf leaves an empty one out. */
static uint32_t octets_size(uint32_t len)
{
    return len ? 1 + number_size(len) + len : 0;
}

/* -- fields of the header --------------------------------------------------------------------- */

/* Octet k of a field's value, from the right. */
static uint8_t value_octet(const struct packet_in_field *field, const uint8_t *frame, uint32_t k)
{
    uint32_t bits = field->width - 8 * k;
    uint32_t last = field->first + bits - 1;
    const uint8_t *at = frame + last / 8;
    uint32_t unused = 7 - last % 8;
    uint32_t value = *at >> unused;

    if (bits > 8 - unused)
        value |= (uint32_t)at[-1] << (8 - unused);
    return bits < 8 ? value & ((1u << bits) - 1) : value;
}

/* The shortest byte string of a value has one octet at least. */
static uint32_t value_size(const struct packet_in_field *field, const uint8_t *frame)
{
    uint32_t size = (field->width + 7) / 8;

    while (size > 1 && !value_octet(field, frame, size - 1))
        size--;
    return size;
}

static uint32_t metadata_size(const struct packet_in_field *field, uint32_t value)
{
    return 1 + number_size(field->id) + octets_size(value);
}

static uint8_t *put_metadata(uint8_t *at, const struct packet_in_field *field,
                             const uint8_t *frame)
{
    uint32_t size = value_size(field, frame);

    *at++ = PACKET_METADATA;
    at = put_number(at, metadata_size(field, size));
    *at++ = METADATA_ID;
    at = put_number(at, field->id);
    *at++ = METADATA_VALUE;
    at = put_number(at, size);
    while (size)
        *at++ = value_octet(field, frame, --size);
    return at;
}

/* -- the message ------------------------------------------------------------------------------ */

static uint32_t packet_size(const struct packet_in_layout *layout, const uint8_t *frame,
                            uint32_t len)
{
    uint32_t size = octets_size(len - layout->octets);

    for (uint32_t i = 0; i < layout->count; i++)
        size += octets_size(
            metadata_size(&layout->fields[i], value_size(&layout->fields[i], frame)));
    return size;
}

uint32_t packet_in_size(const struct packet_in_layout *layout, const uint8_t *frame, uint32_t len)
{
    uint32_t size = packet_size(layout, frame, len);

    return 1 + number_size(size) + size;
}

void packet_in_write(const struct packet_in_layout *layout, const uint8_t *frame, uint32_t len,
                     uint8_t *message)
{
    uint32_t payload = len - layout->octets;
    uint8_t *at = message;

    *at++ = RESPONSE_PACKET;
    at = put_number(at, packet_size(layout, frame, len));
    if (payload) {
        *at++ = PACKET_PAYLOAD;
        at = put_number(at, payload);
        memcpy(at, frame + layout->octets, payload);
        at += payload;
    }
    for (uint32_t i = 0; i < layout->count; i++)
        at = put_metadata(at, &layout->fields[i], frame);
}
