/* Sending a batch: frames that leave are kept until its end, and then each port's go in one call. */
#ifndef SW_TRANSMIT_H
#define SW_TRANSMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    TX_BATCH = 256,
    TX_ARENA = 1 << 20,
};

struct io_counters;

/* The octets of all ports' frames. */
struct tx_arena {
    uint8_t *octets;
    uint32_t used;
};

/* The frames of one port; `header` octets of zero go in front of each (PACKET_VNET_HDR's). */
struct tx_queue {
    uint32_t header;
    uint32_t pending;
    struct mmsghdr messages[TX_BATCH];
    struct iovec frames[TX_BATCH];
};

/* Keep a copy of the frame; false when there is no room until everything kept is sent. */
bool tx_put(struct tx_queue *queue, struct tx_arena *arena, const uint8_t *frame, uint32_t len);

/* Send what is kept. A full socket buffer is a full output queue, and a link that is down takes
 * nothing: the rest of the batch is dropped. A frame above the MTU is dropped alone. */
void tx_flush(struct tx_queue *queue, int fd, struct io_counters *counters);

#endif
