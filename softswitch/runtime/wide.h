/* Numbers of more than 128 bits: two's complement in so many words that nothing a program computes from
 * fields of up to 2,048 bits overflows. They are rare, so all have the same size, and nothing is tuned.
 */
#ifndef SW_WIDE_H
#define SW_WIDE_H

#include <stdbool.h>

#include "bits.h"

enum { SW_WIDE_WORDS = 33 };

/* The least significant word comes first. */
typedef struct {
    uint64_t words[SW_WIDE_WORDS];
} sw_wide;

#define SW_WIDE_FN static inline __attribute__((unused))

SW_WIDE_FN sw_wide sw_wide_fill(uint64_t word)
{
    sw_wide value;
    for (int i = 0; i < SW_WIDE_WORDS; i++)
        value.words[i] = word;
    return value;
}

SW_WIDE_FN sw_wide sw_wide_unsigned(sw_u128 from)
{
    sw_wide value = sw_wide_fill(0);
    value.words[0] = (uint64_t)from;
    value.words[1] = (uint64_t)(from >> 64);
    return value;
}

SW_WIDE_FN sw_wide sw_wide_signed(sw_s128 from)
{
    sw_wide value = sw_wide_fill(from < 0 ? UINT64_MAX : 0);
    value.words[0] = (uint64_t)from;
    value.words[1] = (uint64_t)((sw_u128)from >> 64);
    return value;
}

SW_WIDE_FN sw_wide sw_wide_of(const uint64_t *words, uint32_t count)
{
    sw_wide value = sw_wide_fill(0);
    memcpy(value.words, words, count * sizeof *words);
    return value;
}

SW_WIDE_FN sw_u128 sw_wide_low(sw_wide value)
{
    return SW_U128(value.words[1], value.words[0]);
}

SW_WIDE_FN uint64_t sw_wide_word(sw_wide value, uint32_t number)
{
    return value.words[number];
}

/* -- bits ------------------------------------------------------------------------------------- */

SW_WIDE_FN sw_wide sw_wide_and(sw_wide a, sw_wide b)
{
    for (int i = 0; i < SW_WIDE_WORDS; i++)
        a.words[i] &= b.words[i];
    return a;
}

SW_WIDE_FN sw_wide sw_wide_or(sw_wide a, sw_wide b)
{
    for (int i = 0; i < SW_WIDE_WORDS; i++)
        a.words[i] |= b.words[i];
    return a;
}

SW_WIDE_FN sw_wide sw_wide_xor(sw_wide a, sw_wide b)
{
    for (int i = 0; i < SW_WIDE_WORDS; i++)
        a.words[i] ^= b.words[i];
    return a;
}

SW_WIDE_FN sw_wide sw_wide_not(sw_wide a)
{
    return sw_wide_xor(a, sw_wide_fill(UINT64_MAX));
}

SW_WIDE_FN bool sw_wide_negative(sw_wide a)
{
    return a.words[SW_WIDE_WORDS - 1] >> 63;
}

SW_WIDE_FN sw_wide sw_wide_shift_left(sw_wide a, sw_u128 by)
{
    sw_wide value = sw_wide_fill(0);
    if (by >= 64 * SW_WIDE_WORDS)
        return value;
    int words = (int)by / 64, bits = (int)by % 64;
    for (int i = SW_WIDE_WORDS - 1; i >= words; i--) {
        value.words[i] = a.words[i - words] << bits;
        if (bits > 0 && i > words)
            value.words[i] |= a.words[i - words - 1] >> (64 - bits);
    }
    return value;
}

/* An arithmetic shift. */
SW_WIDE_FN sw_wide sw_wide_shift_right(sw_wide a, sw_u128 by)
{
    uint64_t sign = sw_wide_negative(a) ? UINT64_MAX : 0;
    sw_wide value = sw_wide_fill(sign);
    if (by >= 64 * SW_WIDE_WORDS)
        return value;
    int words = (int)by / 64, bits = (int)by % 64;
    for (int i = 0; i + words < SW_WIDE_WORDS; i++) {
        uint64_t above = i + words + 1 < SW_WIDE_WORDS ? a.words[i + words + 1] : sign;
        value.words[i] = a.words[i + words] >> bits;
        if (bits > 0)
            value.words[i] |= above << (64 - bits);
    }
    return value;
}

/* The lowest `width` bits as an unsigned number, and as two's complement. */
SW_WIDE_FN sw_wide sw_wide_truncate(sw_wide a, uint32_t width)
{
    return sw_wide_and(a, sw_wide_not(sw_wide_shift_left(sw_wide_fill(UINT64_MAX), width)));
}

SW_WIDE_FN sw_wide sw_wide_sign_extend(sw_wide a, uint32_t width)
{
    uint32_t above = 64 * SW_WIDE_WORDS - width;
    return sw_wide_shift_right(sw_wide_shift_left(a, above), above);
}

/* -- arithmetic ------------------------------------------------------------------------------- */

SW_WIDE_FN sw_wide sw_wide_add(sw_wide a, sw_wide b)
{
    sw_u128 sum = 0;
    for (int i = 0; i < SW_WIDE_WORDS; i++) {
        sum += (sw_u128)a.words[i] + b.words[i];
        a.words[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return a;
}

SW_WIDE_FN sw_wide sw_wide_negate(sw_wide a)
{
    return sw_wide_add(sw_wide_not(a), sw_wide_unsigned(1));
}

SW_WIDE_FN sw_wide sw_wide_subtract(sw_wide a, sw_wide b)
{
    return sw_wide_add(a, sw_wide_negate(b));
}

SW_WIDE_FN sw_wide sw_wide_multiply(sw_wide a, sw_wide b)
{
    sw_wide value = sw_wide_fill(0);
    for (int i = 0; i < SW_WIDE_WORDS; i++) {
        sw_u128 carry = 0;
        for (int j = 0; i + j < SW_WIDE_WORDS; j++) {
            carry += (sw_u128)a.words[i] * b.words[j] + value.words[i + j];
            value.words[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    return value;
}

/* Below, at or above zero as a is below, at or above b. */
SW_WIDE_FN int sw_wide_compare(sw_wide a, sw_wide b)
{
    if (sw_wide_negative(a) != sw_wide_negative(b))
        return sw_wide_negative(a) ? -1 : 1;
    for (int i = SW_WIDE_WORDS - 1; i >= 0; i--)
        if (a.words[i] != b.words[i])
            return a.words[i] < b.words[i] ? -1 : 1;
    return 0;
}

SW_WIDE_FN sw_wide sw_wide_clamp(sw_wide value, sw_wide low, sw_wide high)
{
    if (sw_wide_compare(value, low) < 0)
        return low;
    return sw_wide_compare(value, high) > 0 ? high : value;
}

/* -- octets ----------------------------------------------------------------------------------- */

/* `width` bits from the bit offset `offset`, counted from the first octet's most significant bit. */
SW_WIDE_FN sw_wide sw_wide_load(const uint8_t *from, uint32_t offset, uint32_t width)
{
    sw_wide value = sw_wide_fill(0);
    for (uint32_t i = 0; i < width; i++) {
        uint32_t bit = offset + width - 1 - i;
        value.words[i / 64] |= (uint64_t)(from[bit / 8] >> (7 - bit % 8) & 1) << i % 64;
    }
    return value;
}

SW_WIDE_FN void sw_wide_store(uint8_t *to, uint32_t offset, uint32_t width, sw_wide value)
{
    for (uint32_t i = 0; i < width; i++) {
        uint32_t bit = offset + width - 1 - i;
        sw_store_bits(to, bit, 1, value.words[i / 64] >> i % 64 & 1);
    }
}

#endif
