#define _GNU_SOURCE
#include "receive.h"

#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    BATCH = 64,
    VLAN_TAG = 4, /* room in front of a frame for a tag to put back */
    MAC_ADDRESSES = 12,
    STRIDE = MAX_FRAME + 64 * 5, /* no power of two, or all frames share cache sets */
};

struct slot {
    struct virtio_net_hdr vnet;
    struct iovec iov[2];
    char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

struct rx {
    uint32_t header;
    struct mmsghdr messages[BATCH];
    struct slot slots[BATCH];
    uint8_t frames[(size_t)BATCH * STRIDE];
};

struct rx *rx_create(void)
{
    return malloc(sizeof(struct rx));
}

void rx_destroy(struct rx *rx)
{
    free(rx);
}

static uint8_t *buffer(struct rx *rx, int i)
{
    return rx->frames + (size_t)i * STRIDE + VLAN_TAG;
}

int rx_receive(struct rx *rx, int fd, uint32_t header)
{
    rx->header = header;
    for (int i = 0; i < BATCH; i++) {
        struct slot *slot = &rx->slots[i];

        slot->iov[0] = (struct iovec){&slot->vnet, header};
        slot->iov[1] = (struct iovec){buffer(rx, i), MAX_FRAME};
        rx->messages[i].msg_hdr = (struct msghdr){.msg_iov = slot->iov,
                                                  .msg_iovlen = 2,
                                                  .msg_control = slot->control,
                                                  .msg_controllen = sizeof slot->control};
    }
    return recvmmsg(fd, rx->messages, BATCH, MSG_DONTWAIT, NULL);
}

bool rx_is_end(const struct rx *rx)
{
    return rx->messages[0].msg_len == 0;
}

static const struct tpacket_auxdata *auxdata(struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);

    if (!control || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
        return NULL;
    return (const struct tpacket_auxdata *)CMSG_DATA(control);
}

/* The frame then begins four octets earlier. */
static void put_vlan_back(struct rx_frame *frame, const struct tpacket_auxdata *aux)
{
    uint16_t tpid = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : 0x8100;
    uint8_t *start = frame->octets - VLAN_TAG;

    memmove(start, frame->octets, MAC_ADDRESSES);
    start[12] = tpid >> 8;
    start[13] = tpid;
    start[14] = aux->tp_vlan_tci >> 8;
    start[15] = aux->tp_vlan_tci;
    frame->octets = start;
    frame->len += VLAN_TAG;
    frame->vnet.csum_start += VLAN_TAG;
}

struct rx_frame rx_take(struct rx *rx, int i)
{
    struct mmsghdr *message = &rx->messages[i];
    const struct tpacket_auxdata *aux = auxdata(&message->msg_hdr);
    struct rx_frame frame = {.octets = buffer(rx, i),
                             .len = message->msg_len - rx->header,
                             .truncated = message->msg_hdr.msg_flags & MSG_TRUNC};

    if (rx->header)
        frame.vnet = rx->slots[i].vnet;
    if (aux && aux->tp_status & TP_STATUS_VLAN_VALID)
        put_vlan_back(&frame, aux);
    return frame;
}
