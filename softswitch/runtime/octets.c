#include "octets.h"

#include <string.h>

void sw_put_octet(struct sw_writer *writer, uint8_t octet)
{
    if (writer->at == writer->start)
        writer->full = true;
    else
        *--writer->at = octet;
}

void sw_put_varint(struct sw_writer *writer, uint64_t value)
{
    unsigned groups = 1;
    while (groups < 10 && value >> (7 * groups) != 0)
        groups++;
    for (unsigned i = groups; i-- > 0;) {
        uint8_t more = i + 1 < groups ? 0x80 : 0;
        sw_put_octet(writer, (uint8_t)(value >> (7 * i) & 0x7f) | more);
    }
}

void sw_put_number(struct sw_writer *writer, uint64_t tag, uint64_t value)
{
    if (value == 0)
        return;
    sw_put_varint(writer, value);
    sw_put_varint(writer, tag);
}

void sw_put_octets(struct sw_writer *writer, uint64_t tag, struct sw_span octets)
{
    const uint8_t *end = writer->at;
    if ((size_t)(writer->at - writer->start) < octets.length) {
        writer->full = true;
        return;
    }
    writer->at -= octets.length;
    if (octets.length > 0)
        memcpy(writer->at, octets.octets, octets.length);
    sw_put_header(writer, tag, end);
}

void sw_put_header(struct sw_writer *writer, uint64_t tag, const uint8_t *end)
{
    sw_put_varint(writer, (uint64_t)(end - writer->at));
    sw_put_varint(writer, tag);
}
