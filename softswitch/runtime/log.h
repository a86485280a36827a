/* What a program says of a packet: log_msg, and assertions that fail.
 *
 * A message leaves like a frame, on a port of its own (codegen/logs.py has its form), and is put into
 * words elsewhere. So that a program that talks of every packet does not slow them, a switch says no
 * more than SW_LOG_RATE messages a second of its packets' time; what it has left out it says first
 * when it speaks again.
 */
#ifndef SW_LOG_H
#define SW_LOG_H

#include <stdint.h>

#include "switch.h"

enum { SW_LOG_RATE = 1000 };

struct sw_log {
    sw_emit_fn emit;
    void *ctx;
    uint64_t since_us;
    uint32_t said;
    uint64_t left_out;
};

void sw_say(struct sw_log *log, uint64_t now_us, const uint8_t *message, uint32_t len);

#endif
