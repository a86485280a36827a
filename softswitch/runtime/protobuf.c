#include "protobuf.h"

#define MAX_VARINT_OCTETS 10

struct sw_reader sw_read(struct sw_span message)
{
    return (struct sw_reader){message.octets, message.octets + message.length, true};
}

static bool fail(struct sw_reader *reader)
{
    reader->at = reader->end;
    reader->sound = false;
    return false;
}

/* The least significant group comes first; what ten groups have above 64 bits is dropped. */
static bool read_varint(struct sw_reader *reader, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < MAX_VARINT_OCTETS && reader->at < reader->end; i++) {
        uint8_t octet = *reader->at++;
        *value |= (uint64_t)(octet & 0x7f) << (7 * i);
        if (octet < 0x80)
            return true;
    }
    return fail(reader);
}

static bool read_octets(struct sw_reader *reader, struct sw_span *span)
{
    uint64_t length;
    if (!read_varint(reader, &length))
        return false;
    if (length > (uint64_t)(reader->end - reader->at))
        return fail(reader);
    *span = (struct sw_span){reader->at, (size_t)length};
    reader->at += length;
    return true;
}

bool sw_next_field(struct sw_reader *reader, struct sw_wire_field *field)
{
    if (reader->at == reader->end)
        return false;
    if (!read_varint(reader, &field->tag))
        return false;
    switch (field->tag & 7) {
    case SW_VARINT:
        return read_varint(reader, &field->value);
    case SW_OCTETS:
        return read_octets(reader, &field->span);
    default:
        return fail(reader);
    }
}
