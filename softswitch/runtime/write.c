#include "write.h"

#include "entry.h"
#include "p4runtime.h"
#include "state.h"
#include "target.h"

/* As long as this many updates take, packets wait. */
enum { UPDATES_AT_ONCE = 32 };

struct arguments {
    const struct sw_schema_action *action;
    uint64_t words[SW_SCHEMA_WORDS];
};

static bool find_arguments(const struct sw_schema_table *table, const struct sw_update *update,
                           struct arguments *arguments)
{
    for (uint32_t i = 0; i < table->n_actions; i++)
        if (table->actions[i].id == update->action_id) {
            arguments->action = &table->actions[i];
            return !arguments->action->default_only &&
                   sw_argument_words(arguments->action, update, arguments->words);
        }
    return false;
}

/* In P4Runtime counts, rates and bursts are signed. */
static bool is_negative(uint64_t number)
{
    return number > INT64_MAX;
}

/* The table must have what the update sets. RFC 2698: the peak rate is not below the committed one. */
static bool check_resources(const struct sw_schema_table *table, const struct sw_update *update)
{
    const struct sw_count *count = &update->counter;
    const uint64_t *meter = update->meter;
    if (update->has_counter &&
        (!table->has_counter || is_negative(count->packets) || is_negative(count->bytes)))
        return false;
    return !update->has_meter ||
           (table->has_meter && meter[0] <= meter[2] && !is_negative(meter[1]) &&
            !is_negative(meter[2]) && !is_negative(meter[3]));
}

/* What an update leaves out stays as it is, but for cookies and the meter (section "TableEntry"). */
static void fill(struct sw_entry *entry, const struct sw_update *update,
                 const struct arguments *arguments)
{
    const struct sw_schema_action *action = arguments->action;
    if (update->has_action)
        sw_entry_set_action(entry, action->number, arguments->words, action->n_words);
    if (update->has_counter)
        entry->count = update->counter;
    sw_entry_set_meter(entry, update->has_meter ? update->meter : NULL);
    sw_entry_set_cookies(entry, update->controller_metadata, update->metadata.octets,
                         (uint32_t)update->metadata.length);
}

static bool insert(const struct sw_target *target, const struct sw_update *update)
{
    struct arguments arguments;
    if (!update->has_action || !find_arguments(target->schema, update, &arguments) ||
        !check_resources(target->schema, update))
        return false;
    int64_t handle = sw_table_add(target->table, &target->identity);
    if (handle < 0)
        return false;
    fill(sw_table_entry(target->table, (uint32_t)handle), update, &arguments);
    return true;
}

static bool modify(const struct sw_target *target, const struct sw_update *update)
{
    struct arguments arguments;
    if ((update->has_action && !find_arguments(target->schema, update, &arguments)) ||
        !check_resources(target->schema, update))
        return false;
    struct sw_entry *entry = sw_table_search(target->table, &target->identity);
    if (entry == NULL || entry->fixed)
        return false;
    fill(entry, update, &arguments);
    return true;
}

static bool remove_entry(const struct sw_target *target)
{
    const struct sw_entry *entry = sw_table_search(target->table, &target->identity);
    return entry != NULL && !entry->fixed && sw_table_remove(target->table, entry->handle) == 0;
}

static bool carry_out(struct sw_switch *sw, const struct sw_schema *schema, struct sw_span message)
{
    struct sw_update update;
    struct sw_target target;
    if (!sw_update_read(message, &update) || !sw_target_find(sw, schema, &update, &target))
        return false;
    switch (update.type) {
    case SW_INSERT:
        return insert(&target, &update);
    case SW_MODIFY:
        return modify(&target, &update);
    case SW_DELETE:
        return remove_entry(&target);
    default:
        return false;
    }
}

int sw_write(struct sw_switch *sw, const struct sw_schema *schema, const uint8_t *request,
             uint64_t length, struct sw_progress *progress)
{
    struct sw_span rest = {request + progress->at, length - progress->at};
    struct sw_reader reader = sw_read(rest);
    struct sw_wire_field field;
    bool done = true;
    sw_control_lock(sw);
    while (done && sw_next_field(&reader, &field)) {
        if (field.tag != REQUEST_UPDATES)
            continue;
        done = carry_out(sw, schema, field.span);
        if (++progress->updates % UPDATES_AT_ONCE == 0)
            sw_control_pause(sw);
    }
    sw_control_unlock(sw);
    progress->at = (uint64_t)(reader.at - request);
    return !done;
}
