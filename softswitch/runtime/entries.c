/* The control calls on tables and their entries. */
#include "entry.h"
#include "state.h"

int64_t sw_table_insert(struct sw_switch *sw, uint32_t table, const uint64_t *key,
                        const uint64_t *mask, const uint64_t *high, int32_t priority,
                        uint32_t action, const uint64_t *args, uint32_t nargs)
{
    const struct sw_identity identity = {key, mask, high, priority};
    struct sw_table *t = &sw->tables[table];
    sw_control_lock(sw);
    int64_t handle = sw_table_add(t, &identity);
    if (handle >= 0)
        sw_entry_set_action(sw_table_entry(t, (uint32_t)handle), action, args, nargs);
    sw_control_unlock(sw);
    return handle;
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
    sw_control_lock(sw);
    sw_entry_set_action(sw->tables[table].missed, action, args, nargs);
    sw_control_unlock(sw);
}

int64_t sw_table_find(struct sw_switch *sw, uint32_t table, const uint64_t *key,
                      const uint64_t *mask, const uint64_t *high, int32_t priority)
{
    const struct sw_identity identity = {key, mask, high, priority};
    sw_control_lock(sw);
    const struct sw_entry *entry = sw_table_search(&sw->tables[table], &identity);
    sw_control_unlock(sw);
    return entry != NULL ? (int64_t)entry->handle : SW_NOT_FOUND;
}

static struct sw_entry_view view_of(const struct sw_table *table, const struct sw_entry *entry)
{
    const struct sw_cookies *cookies = entry->cookies;
    return (struct sw_entry_view){
        .key = entry->key,
        .mask = entry->subtable->mask,
        .high = table->info->n_ranges > 0 ? sw_entry_high(table->info, entry) : NULL,
        .args = entry->call.args,
        .cookies = cookies != NULL ? cookies->octets : NULL,
        .cookie_number = cookies != NULL ? cookies->number : 0,
        .cookies_length = cookies != NULL ? cookies->length : 0,
        .action = entry->call.action,
        .priority = entry->priority,
        .fixed = entry->fixed,
    };
}

int64_t sw_table_view(struct sw_switch *sw, uint32_t table, uint32_t handle,
                      struct sw_entry_view *view)
{
    const struct sw_table *t = &sw->tables[table];
    int64_t found = SW_NOT_FOUND;
    sw_control_lock(sw);
    while (handle < t->n_handles && t->by_handle[handle] == NULL)
        handle++;
    if (handle < t->n_handles) {
        *view = view_of(t, t->by_handle[handle]);
        found = handle;
    }
    sw_control_unlock(sw);
    return found;
}

/* -- of one entry ------------------------------------------------------------------------------ */

/* Takes the lock, which `leave` gives back. */
static struct sw_entry *enter(struct sw_switch *sw, uint32_t table, uint32_t handle)
{
    sw_control_lock(sw);
    return sw_table_entry(&sw->tables[table], handle);
}

static int leave(struct sw_switch *sw, const struct sw_entry *entry)
{
    sw_control_unlock(sw);
    return entry != NULL ? 0 : SW_NOT_FOUND;
}

int sw_table_modify(struct sw_switch *sw, uint32_t table, uint32_t handle, uint32_t action,
                    const uint64_t *args, uint32_t nargs)
{
    struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL)
        sw_entry_set_action(entry, action, args, nargs);
    return leave(sw, entry);
}

int sw_table_fix(struct sw_switch *sw, uint32_t table, uint32_t handle)
{
    struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL)
        entry->fixed = true;
    return leave(sw, entry);
}

int sw_table_cookies_set(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t number,
                         const uint8_t *octets, uint32_t length)
{
    struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL)
        sw_entry_set_cookies(entry, number, octets, length);
    return leave(sw, entry);
}

int sw_table_counter_read(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t value[2])
{
    const struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL) {
        value[0] = entry->count.packets;
        value[1] = entry->count.bytes;
    }
    return leave(sw, entry);
}

int sw_table_counter_write(struct sw_switch *sw, uint32_t table, uint32_t handle,
                           const uint64_t value[2])
{
    struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL)
        entry->count = (struct sw_count){.packets = value[0], .bytes = value[1]};
    return leave(sw, entry);
}

int sw_table_meter_configure(struct sw_switch *sw, uint32_t table, uint32_t handle,
                             const uint64_t *config)
{
    struct sw_entry *entry = enter(sw, table, handle);
    if (entry != NULL)
        sw_entry_set_meter(entry, config);
    return leave(sw, entry);
}

int sw_table_meter_read(struct sw_switch *sw, uint32_t table, uint32_t handle, uint64_t config[4])
{
    const struct sw_entry *entry = enter(sw, table, handle);
    bool configured = entry != NULL && sw_meter_get(entry->meter, config);
    sw_control_unlock(sw);
    return configured ? 0 : SW_NOT_FOUND;
}
