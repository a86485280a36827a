/* When each entry of a table was hit last, for tables whose entries age (v1model's support_timeout).
 *
 * The times lie beside the table, by the entries' handles: a hit costs one store, of the time that the
 * packet carries anyway, and a table that does not age has neither. An entry's time begins when the
 * control side says so, which is after it has been inserted; hits before that leave no trace.
 */
#ifndef SW_AGEING_H
#define SW_AGEING_H

#include <stdint.h>

#include "bits.h"

struct sw_ages {
    uint64_t *hit_us;
    uint32_t size;
};

SW_INLINE void sw_touch(struct sw_ages *ages, uint32_t handle, uint64_t now_us)
{
    if (handle < ages->size)
        ages->hit_us[handle] = now_us;
}

#endif
