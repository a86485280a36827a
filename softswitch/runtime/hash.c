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

/* CRC-16/ARC: polynomial 0x8005, reflected, nothing inverted. */
uint64_t sw_crc16(const uint8_t *octets, uint32_t count)
{
    uint32_t crc = 0;
    for (uint32_t i = 0; i < count; i++) {
        crc ^= octets[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    return crc;
}

/* CRC-32 of IEEE 802.3: polynomial 0x04c11db7, reflected, inverted before and after. */
uint64_t sw_crc32(const uint8_t *octets, uint32_t count)
{
    uint32_t crc = 0xffffffff;
    for (uint32_t i = 0; i < count; i++) {
        crc ^= octets[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
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
