#include "log.h"

#include <string.h>

#include "bits.h"

enum { SECOND_US = 1000000, WARNING = 30 };

static void say_left_out(struct sw_log *log)
{
    uint8_t message[] = "\x1e\0\0\x09\0" "........ messages of the program were left out";
    enum { NUMBER = 5 };
    sw_store(message + NUMBER, 8, log->left_out);
    log->left_out = 0;
    log->emit(log->ctx, SW_LOG_PORT, message, sizeof message - 1);
}

static void begin_second(struct sw_log *log, uint64_t now_us)
{
    log->since_us = now_us;
    log->said = 0;
    if (log->left_out > 0)
        say_left_out(log);
}

void sw_say(struct sw_log *log, uint64_t now_us, const uint8_t *message, uint32_t len)
{
    if (now_us - log->since_us >= SECOND_US)
        begin_second(log, now_us);
    if (log->said == SW_LOG_RATE) {
        log->left_out++;
        return;
    }
    log->said++;
    log->emit(log->ctx, SW_LOG_PORT, message, len);
}
