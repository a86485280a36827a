#include "hash.h"

#include "bits.h"

/* The Internet checksum (RFC 1071); an odd octet at the end counts as the high half of a word. */
uint64_t sw_csum16(const uint8_t *octets, uint32_t count)
{
    uint64_t sum = 0;
    for (; count >= 4; count -= 4, octets += 4)
        sum += sw_load(octets, 4);
    if (count >= 2) {
        sum += sw_load(octets, 2);
        octets += 2;
    }
    if (count % 2)
        sum += (uint64_t)*octets << 8;
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return ~sum & 0xffff;
}

/* A reflected CRC, four bits at a step; `table` holds the CRC of each value of four bits. */
SW_INLINE uint32_t crc(const uint32_t table[16], uint32_t start, const uint8_t *octets,
                       uint32_t count)
{
    uint32_t value = start;
    for (uint32_t i = 0; i < count; i++) {
        value ^= octets[i];
        value = value >> 4 ^ table[value & 15];
        value = value >> 4 ^ table[value & 15];
    }
    return value;
}

/* CRC-16/ARC: polynomial 0x8005, reflected, nothing inverted. */
uint64_t sw_crc16(const uint8_t *octets, uint32_t count)
{
    static const uint32_t table[] = {
        0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
        0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
    };
    return crc(table, 0, octets, count);
}

/* CRC-32 of IEEE 802.3: polynomial 0x04c11db7, reflected, inverted before and after. */
uint64_t sw_crc32(const uint8_t *octets, uint32_t count)
{
    static const uint32_t table[] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    return ~crc(table, 0xffffffff, octets, count);
}

uint64_t sw_xor16(const uint8_t *octets, uint32_t count)
{
    uint64_t value = 0;
    for (; count >= 2; count -= 2, octets += 2)
        value ^= sw_load(octets, 2);
    return count ? value ^ (uint64_t)*octets << 8 : value;
}

/* The first eight octets as a number, or all if there are fewer. */
uint64_t sw_identity(const uint8_t *octets, uint32_t count)
{
    return count < 8 ? sw_load(octets, count) : sw_load(octets, 8);
}
