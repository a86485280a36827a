/* Processing for a caller in the same process: copies are gathered in a buffer instead of sent. */
#include "memory.h"
#include "state.h"

enum { COPY_HEADER = 8 };

static uint8_t *reserve(struct sw_buffer *buffer, uint32_t octets)
{
    uint32_t needed = buffer->used + octets;
    if (needed > buffer->size) {
        buffer->size = needed * 2;
        buffer->octets = sw_reallocate(buffer->octets, buffer->size, 1);
    }
    uint8_t *place = buffer->octets + buffer->used;
    buffer->used = needed;
    return place;
}

static void gather(void *ctx, uint32_t port, const uint8_t *frame, uint32_t len)
{
    uint32_t header[2] = {port, len};
    uint8_t *place = reserve(ctx, COPY_HEADER + ((len + 3) & ~3u));
    memcpy(place, header, COPY_HEADER);
    memcpy(place + COPY_HEADER, frame, len);
}

uint32_t sw_collect(struct sw_switch *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                    uint64_t now_us)
{
    sw_control_lock(sw);
    sw->collected.used = 0;
    sw_process(sw, port, frame, len, now_us, gather, &sw->collected);
    sw_control_unlock(sw);
    return sw->collected.used;
}

const uint8_t *sw_collected(const struct sw_switch *sw)
{
    return sw->collected.octets;
}
