#include "ageing.h"

#include "memory.h"
#include "state.h"

enum { FIRST_AGES = 64 };

static void grow(struct sw_ages *ages, uint32_t handle)
{
    uint32_t size = ages->size ? ages->size : FIRST_AGES;
    while (size <= handle)
        size *= 2;
    ages->hit_us = sw_reallocate(ages->hit_us, size, sizeof *ages->hit_us);
    memset(&ages->hit_us[ages->size], 0, (size - ages->size) * sizeof *ages->hit_us);
    ages->size = size;
}

void sw_age_start(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t now_us)
{
    struct sw_ages *ages = &sw->ages[table];
    sw_control_lock(sw);
    if (handle >= ages->size)
        grow(ages, handle);
    ages->hit_us[handle] = now_us;
    sw_control_unlock(sw);
}

void sw_age_read(struct sw_switch *sw, uint32_t table, const uint32_t *handles, uint32_t count,
                 uint64_t *hit_us)
{
    const struct sw_ages *ages = &sw->ages[table];
    sw_control_lock(sw);
    for (uint32_t i = 0; i < count; i++)
        hit_us[i] = handles[i] < ages->size ? ages->hit_us[handles[i]] : 0;
    sw_control_unlock(sw);
}
