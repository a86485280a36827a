#define _GNU_SOURCE
#include "transmit.h"

#include <errno.h>
#include <string.h>

#include "io.h"

bool tx_put(struct tx_queue *queue, struct tx_arena *arena, const uint8_t *frame, uint32_t len)
{
    uint8_t *place = arena->octets + arena->used;
    uint32_t size = queue->header + len;

    if (queue->pending == TX_BATCH || arena->used + size > TX_ARENA)
        return false;
    arena->used += size;
    memset(place, 0, queue->header);
    memcpy(place + queue->header, frame, len);
    queue->frames[queue->pending] = (struct iovec){place, size};
    queue->messages[queue->pending].msg_hdr =
        (struct msghdr){.msg_iov = &queue->frames[queue->pending], .msg_iovlen = 1};
    queue->pending++;
    return true;
}

void tx_flush(struct tx_queue *queue, int fd, struct io_counters *counters)
{
    uint32_t done = 0;

    while (done < queue->pending) {
        int sent = sendmmsg(fd, queue->messages + done, queue->pending - done, MSG_DONTWAIT);

        if (sent <= 0) {
            uint32_t lost = errno == EMSGSIZE ? 1 : queue->pending - done;

            counters->tx_dropped += lost;
            done += lost;
            continue;
        }
        counters->tx_packets += sent;
        for (int i = 0; i < sent; i++)
            counters->tx_bytes += queue->messages[done++].msg_len - queue->header;
    }
    queue->pending = 0;
}
