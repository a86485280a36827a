/* The control calls on tables, counters, meters and registers. */
#include "state.h"

int64_t sw_table_insert(struct sw_switch *sw, uint32_t table, const uint64_t *key,
                        const uint64_t *mask, const uint64_t *high, int32_t priority,
                        uint32_t action, const uint64_t *args, uint32_t nargs)
{
    struct sw_table *t = &sw->tables[table];
    sw_control_lock(sw);
    int64_t handle = sw_table_add(t, key, mask, high, priority);
    if (handle >= 0)
        sw_entry_set_action(t, sw_table_entry(t, (uint32_t)handle), action, args, nargs);
    sw_control_unlock(sw);
    return handle;
}

int sw_table_modify(struct sw_switch *sw, uint32_t table, uint32_t handle, uint32_t action,
                    const uint64_t *args, uint32_t nargs)
{
    struct sw_table *t = &sw->tables[table];
    sw_control_lock(sw);
    struct sw_entry *entry = sw_table_entry(t, handle);
    if (entry != NULL)
        sw_entry_set_action(t, entry, action, args, nargs);
    sw_control_unlock(sw);
    return entry != NULL ? 0 : SW_NOT_FOUND;
}

int sw_table_delete(struct sw_switch *sw, uint32_t table, uint32_t handle)
{
    sw_control_lock(sw);
    int status = sw_table_remove(&sw->tables[table], handle);
    sw_control_unlock(sw);
    return status;
}

void sw_table_set_default(struct sw_switch *sw, uint32_t table, uint32_t action,
                          const uint64_t *args, uint32_t nargs)
{
    struct sw_table *t = &sw->tables[table];
    sw_control_lock(sw);
    sw_entry_set_action(t, t->missed, action, args, nargs);
    sw_control_unlock(sw);
}

/* What a direct or indirect counter or meter call is about; looked up under the lock. */
static struct sw_count *entry_count(struct sw_switch *sw, uint32_t table, uint32_t handle)
{
    struct sw_entry *entry = sw_table_entry(&sw->tables[table], handle);
    return entry != NULL ? &entry->count : NULL;
}

static struct sw_meter *entry_meter(struct sw_switch *sw, uint32_t table, uint32_t handle)
{
    struct sw_entry *entry = sw_table_entry(&sw->tables[table], handle);
    return entry != NULL ? &entry->meter : NULL;
}

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

int sw_table_counter_read(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t value[2])
{
    sw_control_lock(sw);
    int status = read_count(entry_count(sw, table, handle), value);
    sw_control_unlock(sw);
    return status;
}

int sw_table_counter_write(struct sw_switch *sw, uint32_t table, uint32_t handle,
                           const uint64_t value[2])
{
    sw_control_lock(sw);
    int status = write_count(entry_count(sw, table, handle), value);
    sw_control_unlock(sw);
    return status;
}

int sw_table_meter_configure(struct sw_switch *sw, uint32_t table, uint32_t handle,
                             const uint64_t *config)
{
    sw_control_lock(sw);
    int status = configure(entry_meter(sw, table, handle), config);
    sw_control_unlock(sw);
    return status;
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
