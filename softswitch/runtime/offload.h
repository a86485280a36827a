/* Doing what a sender has left to its network card.
 *
 * A host on a virtual link hands over packets without transport checksums, and TCP data in frames far
 * above the MTU, because the kernel knows that no wire follows. A switch that looks into packets, and
 * tunnels them, needs what a wire would have carried.
 */
#ifndef SW_OFFLOAD_H
#define SW_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

typedef void (*offload_frame_fn)(void *ctx, const uint8_t *frame, uint32_t len);

/* Calls `each` for what the wire would have carried, one frame or several; the offsets in `vnet` count
 * from the start of `frame`, which is overwritten. False, and no call, for a frame that makes no sense
 * or is of a kind that is not taken apart here (anything but TCP). */
bool offload_finish(uint8_t *frame, uint32_t len, const struct virtio_net_hdr *vnet,
                    offload_frame_fn each, void *ctx);

#endif
