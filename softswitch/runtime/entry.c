#include "entry.h"

#include <stdlib.h>

#include "memory.h"

struct sw_entry *sw_entry_new(const struct sw_table_info *info)
{
    uint32_t key_words = info->n_ranges > 0 ? 2 * info->key_words : info->key_words;
    size_t words = (size_t)key_words + info->arg_words;
    struct sw_entry *entry = sw_allocate(1, sizeof *entry + words * sizeof *entry->key);
    entry->call.args = entry->key + key_words;
    return entry;
}

void sw_entry_free(struct sw_entry *entry)
{
    free(entry->meter);
    free(entry->cookies);
    free(entry);
}

void sw_entry_identify(struct sw_entry *entry, const struct sw_table_info *info,
                       const struct sw_identity *identity)
{
    size_t octets = info->key_words * sizeof *entry->key;
    memcpy(entry->key, identity->key, octets);
    if (info->n_ranges > 0)
        memcpy(entry->key + info->key_words, identity->high, octets);
    entry->priority = identity->priority;
}

void sw_entry_set_action(struct sw_entry *entry, uint32_t action, const uint64_t *args,
                         uint32_t nargs)
{
    if (nargs > 0)
        memcpy(entry->call.args, args, nargs * sizeof *args);
    entry->call.action = action;
}

void sw_entry_set_cookies(struct sw_entry *entry, uint64_t number, const uint8_t *octets,
                          uint32_t length)
{
    free(entry->cookies);
    entry->cookies = NULL;
    if (number == 0 && length == 0)
        return;
    entry->cookies = sw_allocate(1, sizeof *entry->cookies + length);
    entry->cookies->number = number;
    entry->cookies->length = length;
    if (length > 0)
        memcpy(entry->cookies->octets, octets, length);
}

void sw_entry_set_meter(struct sw_entry *entry, const uint64_t *config)
{
    if (config == NULL) {
        free(entry->meter);
        entry->meter = NULL;
        return;
    }
    if (entry->meter == NULL)
        entry->meter = sw_allocate(1, sizeof *entry->meter);
    sw_meter_set(entry->meter, config);
}
