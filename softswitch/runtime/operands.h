/* From P4Runtime's bytestrings to the words of keys and arguments.
 *
 * What is refused here P4Runtime refuses, too; the reason is told by the Python that then reads the
 * update (p4runtime/match.py, action.py). Canonical form, sections "Match Format" and "Bytestrings": any
 * number of leading zeros, nothing set outside of a mask or behind a prefix, what matches everything is
 * left out.
 */
#ifndef SW_OPERANDS_H
#define SW_OPERANDS_H

#include "schema.h"
#include "update.h"

/* The match of an update in words; `prefixes` is the sum of its prefixes' lengths. */
struct sw_operands {
    uint64_t key[SW_SCHEMA_WORDS];
    uint64_t mask[SW_SCHEMA_WORDS];
    uint64_t high[SW_SCHEMA_WORDS];
    uint32_t prefixes;
};

bool sw_match_words(const struct sw_schema_table *table, uint32_t words,
                    const struct sw_update *update, struct sw_operands *operands);
bool sw_argument_words(const struct sw_schema_action *action, const struct sw_update *update,
                       uint64_t args[SW_SCHEMA_WORDS]);

#endif
