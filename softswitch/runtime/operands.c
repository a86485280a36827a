#include "operands.h"

#include <string.h>

/* -- numbers ---------------------------------------------------------------------------------- */

static struct sw_span without_zeros(struct sw_span value)
{
    while (value.length > 0 && value.octets[0] == 0)
        value = (struct sw_span){value.octets + 1, value.length - 1};
    return value;
}

static bool fits(struct sw_span number, uint32_t width)
{
    if (number.length == 0)
        return true;
    uint32_t of_first = 32 - (uint32_t)__builtin_clz(number.octets[0]);
    return 8 * ((uint64_t)number.length - 1) + of_first <= width;
}

static uint64_t *word_of(uint64_t *words, const struct sw_place *place, uint32_t index)
{
    return &words[(int32_t)place->word + place->step * (int32_t)index];
}

/* Puts a number of big-endian octets into words that are zero there; false where it is empty or too
 * wide. */
static bool put(uint64_t *words, const struct sw_place *place, struct sw_span value)
{
    struct sw_span number = without_zeros(value);
    if (value.length == 0 || !fits(number, place->width))
        return false;
    for (uint32_t i = 0; i < number.length; i++) {
        uint64_t octet = number.octets[number.length - 1 - i];
        *word_of(words, place, i / 8) |= octet << (8 * (i % 8) + place->shift);
    }
    return true;
}

/* Sets the bits of a number from `low` up to below `high`. */
static void put_ones(uint64_t *words, const struct sw_place *place, uint32_t low, uint32_t high)
{
    for (uint32_t at = low; at < high;) {
        uint32_t end = (at / 64 + 1) * 64 < high ? (at / 64 + 1) * 64 : high;
        uint64_t ones = UINT64_MAX >> (64 - (end - at)) << at % 64;
        *word_of(words, place, at / 64) |= ones << place->shift;
        at = end;
    }
}

static bool is_zero(struct sw_span value)
{
    return without_zeros(value).length == 0;
}

/* Big-endian numbers, as long as each other or not. */
static int compare(struct sw_span left, struct sw_span right)
{
    left = without_zeros(left);
    right = without_zeros(right);
    if (left.length != right.length)
        return left.length < right.length ? -1 : 1;
    return left.length == 0 ? 0 : memcmp(left.octets, right.octets, left.length);
}

static bool is_full(struct sw_span number, uint32_t width)
{
    number = without_zeros(number);
    uint64_t ones = 0;
    for (size_t i = 0; i < number.length; i++)
        ones += (uint64_t)__builtin_popcount(number.octets[i]);
    return ones == width;
}

/* -- match ------------------------------------------------------------------------------------ */

static bool put_exact(const struct sw_place *place, const struct sw_match *match,
                      struct sw_operands *operands)
{
    put_ones(operands->mask, place, 0, place->width);
    return put(operands->key, place, match->first);
}

static bool put_ternary(const struct sw_place *place, const struct sw_match *match,
                        struct sw_operands *operands)
{
    return !is_zero(match->second) && put(operands->key, place, match->first) &&
           put(operands->mask, place, match->second);
}

static bool put_lpm(const struct sw_place *place, const struct sw_match *match,
                    struct sw_operands *operands)
{
    uint64_t length = match->prefix_length;
    if (length == 0 || length > place->width)
        return false;
    operands->prefixes += (uint32_t)length;
    put_ones(operands->mask, place, place->width - (uint32_t)length, place->width);
    return put(operands->key, place, match->first);
}

/* A range has no mask. Its lower end is kept apart until the masks of the others are checked. */
static bool put_range(const struct sw_place *place, const struct sw_match *match,
                      struct sw_operands *operands, uint64_t *low)
{
    if (compare(match->first, match->second) > 0)
        return false;
    if (is_zero(match->first) && is_full(match->second, place->width))
        return false;
    return put(low, place, match->first) && put(operands->high, place, match->second);
}

static bool put_match(const struct sw_schema_field *field, const struct sw_match *match,
                      struct sw_operands *operands, uint64_t *low)
{
    if (match->kind != field->kind)
        return false;
    switch (match->kind) {
    case SW_TERNARY:
        return put_ternary(&field->place, match, operands);
    case SW_LPM:
        return put_lpm(&field->place, match, operands);
    case SW_RANGE:
        return put_range(&field->place, match, operands, low);
    default:
        return put_exact(&field->place, match, operands);
    }
}

/* A field that is left out matches everything, which an exact one cannot. */
static bool put_any(const struct sw_schema_field *field, struct sw_operands *operands)
{
    if (field->kind == SW_RANGE)
        put_ones(operands->high, &field->place, 0, field->place.width);
    return field->kind != SW_EXACT;
}

static const struct sw_match *match_of(const struct sw_update *update, uint32_t id)
{
    for (uint32_t i = 0; i < update->n_matches; i++)
        if (update->matches[i].field_id == id)
            return &update->matches[i];
    return NULL;
}

static void clear(struct sw_operands *operands, uint32_t words)
{
    operands->prefixes = 0;
    memset(operands->key, 0, words * sizeof *operands->key);
    memset(operands->mask, 0, words * sizeof *operands->mask);
    memset(operands->high, 0, words * sizeof *operands->high);
}

static bool join_ranges(struct sw_operands *operands, const uint64_t *low, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        if (operands->key[i] & ~operands->mask[i])
            return false;
        operands->key[i] |= low[i];
    }
    return true;
}

/* Each match is of another field when every match is found and there are no more of them. */
bool sw_match_words(const struct sw_schema_table *table, uint32_t words,
                    const struct sw_update *update, struct sw_operands *operands)
{
    uint64_t low[SW_SCHEMA_WORDS];
    uint32_t found = 0;
    clear(operands, words);
    memset(low, 0, words * sizeof *low);
    for (uint32_t i = 0; i < table->n_fields; i++) {
        const struct sw_schema_field *field = &table->fields[i];
        const struct sw_match *match = match_of(update, field->id);
        if (match == NULL ? !put_any(field, operands) : !put_match(field, match, operands, low))
            return false;
        found += match != NULL;
    }
    return found == update->n_matches && join_ranges(operands, low, words);
}

/* -- action ----------------------------------------------------------------------------------- */

static const struct sw_param *param_of(const struct sw_update *update, uint32_t id)
{
    for (uint32_t i = 0; i < update->n_params; i++)
        if (update->params[i].id == id)
            return &update->params[i];
    return NULL;
}

bool sw_argument_words(const struct sw_schema_action *action, const struct sw_update *update,
                       uint64_t args[SW_SCHEMA_WORDS])
{
    if (update->n_params != action->n_params)
        return false;
    memset(args, 0, action->n_words * sizeof *args);
    for (uint32_t i = 0; i < action->n_params; i++) {
        const struct sw_schema_param *expected = &action->params[i];
        const struct sw_param *param = param_of(update, expected->id);
        if (param == NULL || !put(args, &expected->place, param->value))
            return false;
    }
    return true;
}
