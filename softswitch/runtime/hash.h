/* The hash and checksum algorithms of v1model. */
#ifndef SW_HASH_H
#define SW_HASH_H

#include <stdint.h>

uint64_t sw_csum16(const uint8_t *octets, uint32_t count);
uint64_t sw_crc16(const uint8_t *octets, uint32_t count);
uint64_t sw_crc32(const uint8_t *octets, uint32_t count);
uint64_t sw_xor16(const uint8_t *octets, uint32_t count);
uint64_t sw_identity(const uint8_t *octets, uint32_t count);

#endif
