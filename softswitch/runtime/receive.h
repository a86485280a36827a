/* Batches of frames from sockets, each frame as it was on the wire.
 *
 * PACKET_AUXDATA brings back a VLAN tag that the kernel took out of a frame; PACKET_VNET_HDR, which
 * stands in front of it, tells what its sender has left to hardware (offload.h).
 */
#ifndef SW_RECEIVE_H
#define SW_RECEIVE_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_FRAME = 65536 + 64, /* what TCP hands over at most; pages are used when needed */
    VNET_HEADER = sizeof(struct virtio_net_hdr),
};

/* It belongs to the batch, until the next one. */
struct rx_frame {
    uint8_t *octets;
    uint32_t len;
    bool truncated;
    struct virtio_net_hdr vnet;
};

struct rx;

/* NULL without memory. */
struct rx *rx_create(void);
void rx_destroy(struct rx *rx);

/* Receive what is there, with `header` octets of PACKET_VNET_HDR in front of each frame. How many
 * frames, or -1 (errno). */
int rx_receive(struct rx *rx, int fd, uint32_t header);

/* A frame of the batch, each to be taken once. */
struct rx_frame rx_take(struct rx *rx, int i);

/* Whether the batch is an empty message, which is how the end of a SOCK_SEQPACKET pair looks. */
bool rx_is_end(const struct rx *rx);

#endif
