/* The control calls on arrays of counters, meters and registers. */
#include "state.h"

/* What a counter or meter call is about; looked up under the lock. */
static struct sw_count *count_cell(struct sw_switch *sw, uint32_t counter, uint64_t index)
{
    return index < sw_program.counters[counter] ? &sw->counters[counter][index] : NULL;
}

static struct sw_meter *meter_cell(struct sw_switch *sw, uint32_t meter, uint64_t index)
{
    return index < sw_program.meters[meter].size ? &sw->meters[meter][index] : NULL;
}

static int read_count(const struct sw_count *count, uint64_t value[2])
{
    if (count == NULL)
        return SW_NOT_FOUND;
    value[0] = count->packets;
    value[1] = count->bytes;
    return 0;
}

static int write_count(struct sw_count *count, const uint64_t value[2])
{
    if (count == NULL)
        return SW_NOT_FOUND;
    *count = (struct sw_count){.packets = value[0], .bytes = value[1]};
    return 0;
}

static int configure(struct sw_meter *meter, const uint64_t *config)
{
    if (meter == NULL)
        return SW_NOT_FOUND;
    sw_meter_set(meter, config);
    return 0;
}

int sw_counter_read(struct sw_switch *sw, uint32_t counter, uint64_t index, uint64_t value[2])
{
    sw_control_lock(sw);
    int status = read_count(count_cell(sw, counter, index), value);
    sw_control_unlock(sw);
    return status;
}

int sw_counter_write(struct sw_switch *sw, uint32_t counter, uint64_t index,
                     const uint64_t value[2])
{
    sw_control_lock(sw);
    int status = write_count(count_cell(sw, counter, index), value);
    sw_control_unlock(sw);
    return status;
}

int sw_meter_configure(struct sw_switch *sw, uint32_t meter, uint64_t index,
                       const uint64_t *config)
{
    sw_control_lock(sw);
    int status = configure(meter_cell(sw, meter, index), config);
    sw_control_unlock(sw);
    return status;
}

int sw_register_read(struct sw_switch *sw, uint32_t reg, uint64_t index, uint64_t *value)
{
    const struct sw_register_info *info = &sw_program.registers[reg];
    if (index >= info->size)
        return SW_NOT_FOUND;
    sw_control_lock(sw);
    memcpy(value, &sw->registers[reg][index * info->words], info->words * sizeof *value);
    sw_control_unlock(sw);
    return 0;
}

int sw_register_write(struct sw_switch *sw, uint32_t reg, uint64_t index, const uint64_t *value)
{
    const struct sw_register_info *info = &sw_program.registers[reg];
    if (index >= info->size)
        return SW_NOT_FOUND;
    sw_control_lock(sw);
    memcpy(&sw->registers[reg][index * info->words], value, info->words * sizeof *value);
    sw_control_unlock(sw);
    return 0;
}
