#include "offload.h"

#include <string.h>

enum {
    ETHERNET_HEADER = 14,
    VLAN_TAG = 4,
    TCP_HEADER = 20,
    MAX_HEADERS = 256,

    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88a8,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    PROTOCOL_TCP = 6,

    TCP_FIN = 0x01,
    TCP_PSH = 0x08,
    TCP_CWR = 0x80,
};

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value);
}

/* RFC 1071, unfolded. */
static uint64_t sum16(const uint8_t *p, uint32_t len, uint64_t sum)
{
    for (; len > 1; p += 2, len -= 2)
        sum += get16(p);
    return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* The field holds the sum of the pseudo header already. A result of zero is written as its other form,
 * all ones: for UDP zero would mean "no checksum" (RFC 768). */
static bool complete_checksum(uint8_t *frame, uint32_t len, uint32_t start, uint32_t field)
{
    uint32_t checksum;

    if (start + field + 2 > len)
        return false;
    checksum = fold(sum16(frame + start, len - start, 0));
    put16(frame + start + field, checksum ? checksum : 0xffff);
    return true;
}

/* -- TCP segmentation ------------------------------------------------------------------------- */

struct headers {
    uint8_t octets[MAX_HEADERS];
    uint32_t network, transport, length; /* offsets; `length` is where the data begins */
    bool ipv6;
};

static bool read_headers(struct headers *h, const uint8_t *frame, uint32_t len, uint32_t transport)
{
    uint32_t network = ETHERNET_HEADER, type;

    if (transport + TCP_HEADER > len)
        return false;
    type = get16(frame + 12);
    while ((type == TYPE_VLAN || type == TYPE_QINQ) && network + VLAN_TAG <= transport) {
        type = get16(frame + network + 2);
        network += VLAN_TAG;
    }
    h->network = network;
    h->transport = transport;
    h->ipv6 = type == TYPE_IPV6;
    h->length = transport + (frame[transport + 12] >> 4) * 4;
    if (type != TYPE_IPV4 && type != TYPE_IPV6)
        return false;
    if (transport < network + (h->ipv6 ? 40 : 20))
        return false;
    if (h->length < transport + TCP_HEADER || h->length > len || h->length > MAX_HEADERS)
        return false;
    memcpy(h->octets, frame, h->length);
    return true;
}

static void write_network_header(const struct headers *h, uint8_t *segment, uint32_t len,
                                 uint32_t number)
{
    uint8_t *ip = segment + h->network;

    if (h->ipv6) {
        put16(ip + 4, len - h->network - 40);
        return;
    }
    put16(ip + 2, len - h->network);
    put16(ip + 4, get16(ip + 4) + number);
    put16(ip + 10, 0);
    put16(ip + 10, fold(sum16(ip, h->transport - h->network, 0)));
}

static void write_tcp_header(const struct headers *h, uint8_t *segment, uint32_t len,
                             uint32_t offset, bool first, bool last)
{
    uint8_t *ip = segment + h->network, *tcp = segment + h->transport;
    uint32_t addresses = h->ipv6 ? 8 : 12, size = h->ipv6 ? 32 : 8, tcp_len = len - h->transport;

    put32(tcp + 4, get32(tcp + 4) + offset);
    if (!first)
        tcp[13] &= ~TCP_CWR;
    if (!last)
        tcp[13] &= ~(TCP_FIN | TCP_PSH);
    put16(tcp + 16, 0);
    put16(tcp + 16, fold(sum16(ip + addresses, size, sum16(tcp, tcp_len, PROTOCOL_TCP + tcp_len))));
}

/* A segment's headers are put right in front of its data, over data that has been handed on already. */
static bool segment_tcp(uint8_t *frame, uint32_t len, const struct virtio_net_hdr *vnet,
                        offload_frame_fn each, void *ctx)
{
    struct headers h;
    uint32_t size = vnet->gso_size, number = 0;

    if (!size || !read_headers(&h, frame, len, vnet->csum_start))
        return false;
    for (uint32_t at = h.length; at < len; at += size, number++) {
        uint32_t data = len - at < size ? len - at : size, offset = at - h.length;
        uint8_t *segment = frame + offset;

        memcpy(segment, h.octets, h.length);
        write_network_header(&h, segment, h.length + data, number);
        write_tcp_header(&h, segment, h.length + data, offset, number == 0, at + data == len);
        each(ctx, segment, h.length + data);
    }
    return true;
}

bool offload_finish(uint8_t *frame, uint32_t len, const struct virtio_net_hdr *vnet,
                    offload_frame_fn each, void *ctx)
{
    switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return segment_tcp(frame, len, vnet, each, ctx);
    case VIRTIO_NET_HDR_GSO_NONE:
        break;
    default:
        return false;
    }
    if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
        !complete_checksum(frame, len, vnet->csum_start, vnet->csum_offset))
        return false;
    each(ctx, frame, len);
    return true;
}
