/* Numbers of up to 128 bits, and their places in a big-endian octet string.
 *
 * The generated parser and deparser work on runs: neighbouring fields that together start and end on an
 * octet boundary are loaded or stored as one number. Only runs of more than 64 bits take the bit loops.
 */
#ifndef SW_BITS_H
#define SW_BITS_H

#include <stdint.h>
#include <string.h>

typedef unsigned __int128 sw_u128;
typedef __int128 sw_s128;

#define SW_U128(high, low) (((sw_u128)(high) << 64) | (sw_u128)(low))
#define SW_INLINE static inline __attribute__((always_inline, unused))

/* The number in `octets` octets; `octets` is a constant of at most 8, so the loop disappears. */
SW_INLINE uint64_t sw_load(const uint8_t *from, unsigned octets)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < octets; i++)
        value = value << 8 | from[i];
    return value;
}

SW_INLINE void sw_store(uint8_t *to, unsigned octets, uint64_t value)
{
    for (unsigned i = 0; i < octets; i++)
        to[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
}

/* `width` bits from the bit offset `offset`, counted from the first octet's most significant bit. */
static inline __attribute__((unused)) sw_u128 sw_load_bits(const uint8_t *from, uint32_t offset,
                                                           uint32_t width)
{
    sw_u128 value = 0;
    for (uint32_t bit = offset; bit < offset + width; bit++)
        value = value << 1 | (from[bit / 8] >> (7 - bit % 8) & 1);
    return value;
}

static inline __attribute__((unused)) void sw_store_bits(uint8_t *to, uint32_t offset,
                                                         uint32_t width, sw_u128 value)
{
    for (uint32_t i = 0; i < width; i++) {
        uint32_t bit = offset + i;
        uint8_t one = (uint8_t)(1u << (7 - bit % 8));
        to[bit / 8] = value >> (width - 1 - i) & 1 ? to[bit / 8] | one : to[bit / 8] & ~one;
    }
}

/* Shifts as P4 defines them: by the width of the number or more, nothing is left. */
SW_INLINE sw_u128 sw_shift_left(sw_u128 value, sw_u128 by)
{
    return by < 128 ? value << (unsigned)by : 0;
}

SW_INLINE sw_u128 sw_shift_right(sw_u128 value, sw_u128 by)
{
    return by < 128 ? value >> (unsigned)by : 0;
}

SW_INLINE sw_s128 sw_shift_right_signed(sw_s128 value, sw_u128 by)
{
    return value >> (by < 127 ? (unsigned)by : 127);
}

/* Two's complement of `width` bits to a signed number. */
SW_INLINE sw_s128 sw_sign_extend(sw_u128 value, unsigned width)
{
    return (sw_s128)(value << (128 - width)) >> (128 - width);
}

/* P4's saturating casts. */
SW_INLINE sw_s128 sw_clamp(sw_s128 value, sw_s128 low, sw_s128 high)
{
    return value < low ? low : value > high ? high : value;
}

#endif
