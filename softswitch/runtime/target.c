#include "target.h"

#include "state.h"

static const struct sw_schema_table *find_table(const struct sw_schema *schema, uint64_t id)
{
    for (uint32_t i = 0; i < schema->n_tables; i++)
        if (schema->tables[i].id == id)
            return &schema->tables[i];
    return NULL;
}

/* Only entries that may overlap have a priority, and it is above 0 (section "TableEntry"). */
static bool find_priority(const struct sw_update *update, struct sw_target *target)
{
    if (target->schema->order == SW_BY_PRIORITY) {
        target->identity.priority = (int32_t)update->priority;
        return 0 < update->priority && update->priority <= INT32_MAX;
    }
    target->identity.priority = (int32_t)target->operands.prefixes;
    return update->priority == 0;
}

bool sw_target_find(struct sw_switch *sw, const struct sw_schema *schema,
                    const struct sw_update *update, struct sw_target *target)
{
    target->schema = find_table(schema, update->table_id);
    if (target->schema == NULL)
        return false;
    target->table = &sw->tables[target->schema->number];
    struct sw_operands *operands = &target->operands;
    target->identity =
        (struct sw_identity){.key = operands->key, .mask = operands->mask, .high = operands->high};
    return sw_match_words(target->schema, target->table->info->key_words, update, operands) &&
           find_priority(update, target);
}
