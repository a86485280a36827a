#include "update.h"

#include <string.h>

#include "p4runtime.h"

/* The fields of a message that have been there; another of the same number would be merged. */
struct seen {
    uint32_t numbers;
};

static bool first_time(struct seen *seen, const struct sw_wire_field *field)
{
    uint32_t bit = 1u << (field->tag >> 3 & 31);
    bool first = !(seen->numbers & bit);
    seen->numbers |= bit;
    return first;
}

/* The next field of a message in which each may be once; a second one makes it unsound. */
static bool next_once(struct sw_reader *reader, struct sw_wire_field *field, struct seen *seen)
{
    if (!sw_next_field(reader, field))
        return false;
    reader->sound = first_time(seen, field);
    return reader->sound;
}

static bool read_kind(struct sw_span message, struct sw_match *match)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    while (next_once(&reader, &field, &seen)) {
        switch (field.tag) {
        case KIND_FIRST:
            match->first = field.span;
            break;
        case KIND_SECOND:
            match->second = field.span;
            break;
        case KIND_PREFIX_LENGTH:
            match->prefix_length = field.value;
            break;
        default:
            return false;
        }
    }
    return reader.sound;
}

static bool read_match(struct sw_span message, struct sw_match *match)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    *match = (struct sw_match){0};
    while (next_once(&reader, &field, &seen)) {
        switch (field.tag) {
        case MATCH_FIELD_ID:
            match->field_id = field.value;
            break;
        case MATCH_EXACT:
        case MATCH_TERNARY:
        case MATCH_LPM:
        case MATCH_RANGE:
        case MATCH_OPTIONAL:
            if (match->kind != 0 || !read_kind(field.span, match))
                return false;
            match->kind = field.tag >> 3;
            break;
        default:
            return false;
        }
    }
    return reader.sound;
}

static bool read_param(struct sw_span message, struct sw_param *param)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    *param = (struct sw_param){0};
    while (next_once(&reader, &field, &seen)) {
        if (field.tag == PARAM_ID)
            param->id = field.value;
        else if (field.tag == PARAM_VALUE)
            param->value = field.span;
        else
            return false;
    }
    return reader.sound;
}

static bool read_action(struct sw_span message, struct sw_update *update)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    while (sw_next_field(&reader, &field)) {
        if (field.tag == ACTION_PARAM) {
            if (update->n_params == SW_UPDATE_PARAMS ||
                !read_param(field.span, &update->params[update->n_params++]))
                return false;
        } else if (field.tag == ACTION_ID && first_time(&seen, &field)) {
            update->action_id = field.value;
        } else {
            return false;
        }
    }
    return reader.sound;
}

static bool read_table_action(struct sw_span message, struct sw_update *update)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    if (!sw_next_field(&reader, &field) || field.tag != TABLE_ACTION_ACTION)
        return false;
    update->has_action = true;
    return read_action(field.span, update) && reader.at == reader.end;
}

/* Messages whose fields are all numbers: the one of field `i + 1` goes to `numbers[i]`. */
static bool read_numbers(struct sw_span message, uint64_t *numbers, uint32_t count)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    memset(numbers, 0, count * sizeof *numbers);
    while (sw_next_field(&reader, &field)) {
        uint64_t number = field.tag >> 3;
        if (field.tag != SW_TAG(number, SW_VARINT) || number == 0 || number > count)
            return false;
        numbers[number - 1] = field.value;
    }
    return reader.sound;
}

static bool read_counter(struct sw_span message, struct sw_update *update)
{
    uint64_t bytes_packets[2];
    update->has_counter = true;
    if (!read_numbers(message, bytes_packets, 2))
        return false;
    update->counter = (struct sw_count){.bytes = bytes_packets[0], .packets = bytes_packets[1]};
    return true;
}

static bool read_meter(struct sw_span message, struct sw_update *update)
{
    update->has_meter = true;
    return read_numbers(message, update->meter, SW_METER_NUMBERS);
}

static bool read_entry_field(const struct sw_wire_field *field, struct sw_update *update)
{
    switch (field->tag) {
    case ENTRY_TABLE_ID:
        update->table_id = field->value;
        return true;
    case ENTRY_ACTION:
        return read_table_action(field->span, update);
    case ENTRY_PRIORITY:
        update->priority = field->value;
        return true;
    case ENTRY_CONTROLLER_METADATA:
        update->controller_metadata = field->value;
        return true;
    case ENTRY_METER_CONFIG:
        return read_meter(field->span, update);
    case ENTRY_COUNTER_DATA:
        return read_counter(field->span, update);
    case ENTRY_METADATA:
        update->metadata = field->span;
        return true;
    default:
        return false;
    }
}

static bool read_entry(struct sw_span message, struct sw_update *update)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    while (sw_next_field(&reader, &field)) {
        if (field.tag == ENTRY_MATCH) {
            if (update->n_matches == SW_UPDATE_MATCHES ||
                !read_match(field.span, &update->matches[update->n_matches++]))
                return false;
        } else if (!first_time(&seen, &field) || !read_entry_field(&field, update)) {
            return false;
        }
    }
    return reader.sound;
}

static bool read_entity(struct sw_span message, struct sw_update *update)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    return sw_next_field(&reader, &field) && field.tag == ENTITY_TABLE_ENTRY &&
           read_entry(field.span, update) && reader.at == reader.end;
}

/* All but the lists, of which only as much is read as was filled. */
static void clear(struct sw_update *update)
{
    update->type = update->table_id = update->priority = update->controller_metadata = 0;
    update->metadata = (struct sw_span){0};
    update->has_action = update->has_counter = update->has_meter = false;
    update->action_id = 0;
    update->n_matches = update->n_params = 0;
}

bool sw_update_read(struct sw_span message, struct sw_update *update)
{
    struct sw_reader reader = sw_read(message);
    struct sw_wire_field field;
    struct seen seen = {0};
    clear(update);
    while (next_once(&reader, &field, &seen)) {
        if (field.tag == UPDATE_TYPE)
            update->type = field.value;
        else if (field.tag != UPDATE_ENTITY || !read_entity(field.span, update))
            return false;
    }
    return reader.sound;
}
