/* What P4Info says of the tables whose entries are written and read natively, in the program's terms.
 *
 * p4runtime/plain_writes.py makes it when a pipeline is set. Tables that are not in it (constant ones,
 * those with an action profile) are Python's to write and to read. Nothing in it changes.
 */
#ifndef SW_SCHEMA_H
#define SW_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

/* No table in a schema has a key, or an action arguments, of more words. */
enum { SW_SCHEMA_WORDS = 64 };

/* Where the number of a field goes: its least significant word is `word`, each further one lies `step`
 * words from the one before. A number that is shifted lies in one word. */
struct sw_place {
    uint32_t width;
    uint32_t word;
    int32_t step;
    uint32_t shift;
};

/* The values are the numbers of the fields of FieldMatch's oneof. */
enum sw_match_kind {
    SW_EXACT = 2,
    SW_TERNARY = 3,
    SW_LPM = 4,
    SW_RANGE = 6,
    SW_OPTIONAL = 7,
};

struct sw_schema_field {
    uint32_t id;
    uint32_t kind;
    struct sw_place place;
};

struct sw_schema_param {
    uint32_t id;
    struct sw_place place;
};

struct sw_schema_action {
    uint32_t id;
    uint32_t number;
    uint32_t default_only;
    uint32_t n_words;
    uint32_t n_params;
    const struct sw_schema_param *params;
};

/* By what entries are ordered: not at all, by their prefixes' lengths, by a priority of their own. */
enum sw_order {
    SW_UNORDERED,
    SW_BY_PREFIX,
    SW_BY_PRIORITY,
};

struct sw_schema_table {
    uint32_t id;
    uint32_t number;
    uint32_t order;
    uint32_t has_counter;
    uint32_t has_meter;
    uint32_t n_fields;
    const struct sw_schema_field *fields;
    uint32_t n_actions;
    const struct sw_schema_action *actions;
};

struct sw_schema {
    uint32_t n_tables;
    const struct sw_schema_table *tables;
};

#endif
