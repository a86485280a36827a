#include "read.h"

#include <string.h>

#include "octets.h"
#include "p4runtime.h"
#include "state.h"
#include "target.h"

/* -- bytestrings ------------------------------------------------------------------------------ */

static uint64_t word_of(const uint64_t *words, const struct sw_place *place, uint32_t index)
{
    return words[(int32_t)place->word + place->step * (int32_t)index] >> place->shift;
}

static uint32_t octets_of(const struct sw_place *place)
{
    return (place->width + 7) / 8;
}

/* An octet of a number, the least significant being the first; `bits` of the last may be others'. */
static uint8_t octet_of(const uint64_t *words, const struct sw_place *place, uint32_t index)
{
    uint32_t bits = place->width - 8 * index;
    uint8_t octet = (uint8_t)(word_of(words, place, index / 8) >> (8 * (index % 8)));
    return bits < 8 ? octet & (uint8_t)((1u << bits) - 1) : octet;
}

/* In the fewest octets that hold it (section "Bytestrings"). */
static void put_value(struct sw_writer *writer, uint64_t tag, const uint64_t *words,
                      const struct sw_place *place)
{
    const uint8_t *end = writer->at;
    uint32_t count = octets_of(place);
    while (count > 1 && octet_of(words, place, count - 1) == 0)
        count--;
    for (uint32_t i = 0; i < count; i++)
        sw_put_octet(writer, octet_of(words, place, i));
    sw_put_header(writer, tag, end);
}

static uint32_t ones_of(const uint64_t *words, const struct sw_place *place)
{
    uint32_t ones = 0;
    for (uint32_t i = 0; i < octets_of(place); i++)
        ones += (uint32_t)__builtin_popcount(octet_of(words, place, i));
    return ones;
}

/* -- match ------------------------------------------------------------------------------------ */

static bool matches_all(const struct sw_entry *entry, const uint64_t *high,
                        const struct sw_schema_field *field)
{
    const struct sw_place *place = &field->place;
    if (field->kind == SW_RANGE)
        return ones_of(entry->key, place) == 0 && ones_of(high, place) == place->width;
    return ones_of(entry->subtable->mask, place) == 0;
}

static void put_second(struct sw_writer *writer, const struct sw_entry *entry,
                       const uint64_t *high, const struct sw_schema_field *field)
{
    const uint64_t *mask = entry->subtable->mask;
    if (field->kind == SW_TERNARY)
        put_value(writer, KIND_SECOND, mask, &field->place);
    else if (field->kind == SW_RANGE)
        put_value(writer, KIND_SECOND, high, &field->place);
    else if (field->kind == SW_LPM)
        sw_put_number(writer, KIND_PREFIX_LENGTH, ones_of(mask, &field->place));
}

/* What matches everything is left out (section "Match Format"). */
static void put_match(struct sw_writer *writer, const struct sw_entry *entry, const uint64_t *high,
                      const struct sw_schema_field *field)
{
    const uint8_t *end = writer->at;
    if (matches_all(entry, high, field))
        return;
    put_second(writer, entry, high, field);
    put_value(writer, KIND_FIRST, entry->key, &field->place);
    sw_put_header(writer, SW_TAG(field->kind, SW_OCTETS), end);
    sw_put_number(writer, MATCH_FIELD_ID, field->id);
    sw_put_header(writer, ENTRY_MATCH, end);
}

static void put_matches(struct sw_writer *writer, const struct sw_schema_table *table,
                        const struct sw_entry *entry, const uint64_t *high)
{
    for (uint32_t i = table->n_fields; i-- > 0;)
        put_match(writer, entry, high, &table->fields[i]);
}

/* -- action ----------------------------------------------------------------------------------- */

static void put_param(struct sw_writer *writer, const struct sw_schema_param *param,
                      const uint64_t *args)
{
    const uint8_t *end = writer->at;
    put_value(writer, PARAM_VALUE, args, &param->place);
    sw_put_number(writer, PARAM_ID, param->id);
    sw_put_header(writer, ACTION_PARAM, end);
}

static void put_action(struct sw_writer *writer, const struct sw_schema_action *action,
                       const uint64_t *args)
{
    const uint8_t *end = writer->at;
    for (uint32_t i = action->n_params; i-- > 0;)
        put_param(writer, &action->params[i], args);
    sw_put_number(writer, ACTION_ID, action->id);
    sw_put_header(writer, TABLE_ACTION_ACTION, end);
    sw_put_header(writer, ENTRY_ACTION, end);
}

static void put_call(struct sw_writer *writer, const struct sw_schema_table *table,
                     const struct sw_call *call)
{
    for (uint32_t i = 0; i < table->n_actions; i++)
        if (table->actions[i].number == call->action)
            put_action(writer, &table->actions[i], call->args);
}

/* -- entries ---------------------------------------------------------------------------------- */

static void put_cookies(struct sw_writer *writer, const struct sw_cookies *cookies)
{
    if (cookies != NULL && cookies->length > 0)
        sw_put_octets(writer, ENTRY_METADATA, (struct sw_span){cookies->octets, cookies->length});
}

/* Signed 64 bits wide in P4Runtime. */
static uint64_t capped(uint64_t count)
{
    return count < INT64_MAX ? count : INT64_MAX;
}

static void put_counter(struct sw_writer *writer, const struct sw_count *count)
{
    const uint8_t *end = writer->at;
    sw_put_number(writer, COUNTER_PACKETS, capped(count->packets));
    sw_put_number(writer, COUNTER_BYTES, capped(count->bytes));
    sw_put_header(writer, ENTRY_COUNTER_DATA, end);
}

static void put_meter(struct sw_writer *writer, const struct sw_meter *meter)
{
    const uint8_t *end = writer->at;
    uint64_t config[SW_METER_NUMBERS];
    if (!sw_meter_get(meter, config))
        return;
    sw_put_number(writer, METER_PBURST, config[3]);
    sw_put_number(writer, METER_PIR, config[2]);
    sw_put_number(writer, METER_CBURST, config[1]);
    sw_put_number(writer, METER_CIR, config[0]);
    sw_put_header(writer, ENTRY_METER_CONFIG, end);
}

static void put_entry(struct sw_writer *writer, const struct sw_schema_table *schema,
                      const struct sw_table *table, const struct sw_entry *entry, uint32_t parts)
{
    const uint8_t *end = writer->at;
    const struct sw_cookies *cookies = entry->cookies;
    sw_put_number(writer, ENTRY_IS_CONST, entry->fixed);
    put_cookies(writer, cookies);
    if (parts & SW_WITH_COUNTERS)
        put_counter(writer, &entry->count);
    if (parts & SW_WITH_METERS)
        put_meter(writer, entry->meter);
    sw_put_number(writer, ENTRY_CONTROLLER_METADATA, cookies != NULL ? cookies->number : 0);
    if (schema->order == SW_BY_PRIORITY)
        sw_put_number(writer, ENTRY_PRIORITY, (uint64_t)entry->priority);
    put_call(writer, schema, &entry->call);
    put_matches(writer, schema, entry, sw_entry_high(table->info, entry));
    sw_put_number(writer, ENTRY_TABLE_ID, schema->id);
    sw_put_header(writer, ENTITY_TABLE_ENTRY, end);
    sw_put_header(writer, RESPONSE_ENTITIES, end);
}

/* Entries are in the order of their handles, so each is written at the end and moved to its place. */
int64_t sw_read_entries(struct sw_switch *sw, const struct sw_schema_table *schema, uint32_t parts,
                        uint32_t *from, uint8_t *octets, uint64_t room)
{
    const struct sw_table *table = &sw->tables[schema->number];
    uint64_t used = 0;
    bool full = false;
    sw_control_lock(sw);
    for (; *from < table->n_handles; ++*from) {
        struct sw_writer writer = {.start = octets + used, .at = octets + room};
        if (table->by_handle[*from] == NULL)
            continue;
        put_entry(&writer, schema, table, table->by_handle[*from], parts);
        full = writer.full;
        if (full)
            break;
        uint64_t length = (uint64_t)(octets + room - writer.at);
        memmove(octets + used, writer.at, length);
        used += length;
    }
    sw_control_unlock(sw);
    return used == 0 && full ? SW_FULL : (int64_t)used;
}

int64_t sw_read_entry(struct sw_switch *sw, const struct sw_schema *schema, const uint8_t *wanted,
                      uint64_t length, uint32_t parts, uint8_t *octets, uint64_t room)
{
    struct sw_writer writer = {.start = octets, .at = octets + room};
    struct sw_update update;
    struct sw_target target;
    if (!sw_update_read((struct sw_span){wanted, length}, &update) ||
        !sw_target_find(sw, schema, &update, &target))
        return 0;
    sw_control_lock(sw);
    const struct sw_entry *entry = sw_table_search(target.table, &target.identity);
    if (entry != NULL)
        put_entry(&writer, target.schema, target.table, entry, parts);
    sw_control_unlock(sw);
    uint64_t used = (uint64_t)(octets + room - writer.at);
    memmove(octets, writer.at, used);
    return writer.full ? SW_FULL : (int64_t)used;
}
