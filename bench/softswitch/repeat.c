/* Frames through a switch, over and over, without Python in between (bench/softswitch/lookups.py). */
#include <stdint.h>

typedef void (*emit_fn)(void *ctx, uint32_t port, const uint8_t *frame, uint32_t len);
typedef void (*process_fn)(void *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                           uint64_t now_us, emit_fn emit, void *ctx);

static void discard(void *ctx, uint32_t port, const uint8_t *frame, uint32_t len)
{
    (void)ctx, (void)port, (void)frame, (void)len;
}

void repeat(process_fn process, void *sw, const uint8_t *frames, uint32_t len, uint32_t count,
            uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        process(sw, 1, frames + (uint64_t)(i % count) * len, len, 0, discard, 0);
}
