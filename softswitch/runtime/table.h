/* Match-action tables by tuple space search.
 *
 * A key is packed into 64-bit words. Entries with the same mask form a subtable, a hash table over the
 * masked key. An exact table has one subtable, an LPM table one for each prefix length in use, a ternary
 * table one for each mask in use. Subtables stand in descending order of the best priority that may be
 * in them, so the search ends as soon as no later one can win; for LPM the priority is the prefix length,
 * and the first hit is the longest. Range fields take no part in the hash and are compared entry by entry.
 */
#ifndef SW_TABLE_H
#define SW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits.h"
#include "meter.h"

/* A miss in a table without a default action. */
#define SW_NO_ACTION UINT32_MAX

/* Where a range field lies: from its first word, which is the most significant, to its last. */
struct sw_range_slot {
    uint32_t first;
    uint32_t last;
    uint32_t shift;
    uint64_t mask;
};

/* What the program says of a table. */
struct sw_table_info {
    uint32_t key_words;
    uint32_t arg_words;
    uint32_t max_size;
    uint32_t n_ranges;
    const struct sw_range_slot *ranges;
};

struct sw_count {
    uint64_t packets;
    uint64_t bytes;
};

/* An action and its arguments; what an entry of a table with an action profile refers to (profile.h). */
struct sw_call {
    uint32_t action;
    uint64_t *args;
};

/* Data of the controller: nothing to the switch, kept to be read back. */
struct sw_cookies {
    uint64_t number;
    uint32_t length;
    uint8_t octets[];
};

/* Everything there is to know of an entry (entry.c). Few have a meter that is configured, or cookies;
 * those that the program brings are fixed. Behind the key stand the upper ends, in a table with ranges,
 * and the arguments. */
struct sw_entry {
    struct sw_entry *next;
    struct sw_subtable *subtable;
    uint64_t hash;
    int32_t priority;
    uint32_t handle;
    struct sw_call call;
    struct sw_count count;
    struct sw_meter *meter;
    struct sw_cookies *cookies;
    bool fixed;
    uint64_t key[];
};

/* No entry is better than `max_priority`; so many have it, and so many have been removed since none
 * has. */
struct sw_subtable {
    struct sw_entry **buckets;
    uint64_t bucket_mask;
    uint32_t size;
    int32_t max_priority;
    uint32_t n_max;
    uint32_t n_removed;
    uint64_t mask[];
};

struct sw_table {
    const struct sw_table_info *info;
    struct sw_subtable **subtables;
    uint32_t n_subtables;
    uint32_t size;
    struct sw_entry **by_handle;
    uint32_t n_handles;
    uint32_t first_free;
    struct sw_entry *missed;
};

/* What identifies an entry; words as the program packs them, `high` only where there are ranges. */
struct sw_identity {
    const uint64_t *key;
    const uint64_t *mask;
    const uint64_t *high;
    int32_t priority;
};

void sw_table_init(struct sw_table *table, const struct sw_table_info *info);
void sw_table_free(struct sw_table *table);
int64_t sw_table_add(struct sw_table *table, const struct sw_identity *identity);
struct sw_entry *sw_table_search(const struct sw_table *table, const struct sw_identity *identity);
int sw_table_remove(struct sw_table *table, uint32_t handle);
struct sw_entry *sw_table_entry(const struct sw_table *table, uint32_t handle);

/* A bucket is the low bits of the hash. A short key lies in the upper bits of its word (codegen/keys.py),
 * where a product alone would leave the low half zero: so the halves are folded before as well as after. */
SW_INLINE uint64_t sw_hash_word(uint64_t hash, uint64_t word)
{
    hash ^= word;
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

SW_INLINE const uint64_t *sw_entry_high(const struct sw_table_info *info,
                                        const struct sw_entry *entry)
{
    return entry->key + info->key_words;
}

SW_INLINE bool sw_below(const struct sw_range_slot *slot, const uint64_t *a, const uint64_t *b)
{
    for (uint32_t word = slot->first; word <= slot->last; word++) {
        uint64_t left = a[word] >> slot->shift & slot->mask;
        uint64_t right = b[word] >> slot->shift & slot->mask;
        if (left != right)
            return left < right;
    }
    return false;
}

SW_INLINE bool sw_in_ranges(const struct sw_table_info *info, const struct sw_entry *entry,
                            const uint64_t *key)
{
    for (uint32_t i = 0; i < info->n_ranges; i++) {
        const struct sw_range_slot *slot = &info->ranges[i];
        if (sw_below(slot, key, entry->key) || sw_below(slot, sw_entry_high(info, entry), key))
            return false;
    }
    return true;
}

/* P4Runtime leaves the order of equal priorities open; here the older handle wins. */
SW_INLINE bool sw_better(const struct sw_entry *entry, const struct sw_entry *best)
{
    return best == NULL || entry->priority > best->priority ||
           (entry->priority == best->priority && entry->handle < best->handle);
}

SW_INLINE bool sw_key_matches(const struct sw_entry *entry, const struct sw_subtable *subtable,
                              const uint64_t *key, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        if ((entry->key[i] ^ key[i]) & subtable->mask[i])
            return false;
    return true;
}

/* The entry that the key hits, or NULL; `words` is a constant where it matters. */
SW_INLINE struct sw_entry *sw_table_lookup(const struct sw_table *table, const uint64_t *key,
                                           uint32_t words)
{
    struct sw_entry *best = NULL;
    for (uint32_t i = 0; i < table->n_subtables; i++) {
        const struct sw_subtable *subtable = table->subtables[i];
        if (best != NULL && best->priority > subtable->max_priority)
            break;
        uint64_t hash = 0;
        for (uint32_t w = 0; w < words; w++)
            hash = sw_hash_word(hash, key[w] & subtable->mask[w]);
        struct sw_entry *entry = subtable->buckets[hash & subtable->bucket_mask];
        for (; entry != NULL; entry = entry->next)
            if (entry->hash == hash && sw_key_matches(entry, subtable, key, words) &&
                sw_in_ranges(table->info, entry, key) && sw_better(entry, best))
                best = entry;
    }
    return best;
}

#endif
