#include "table.h"

#include <stdlib.h>

#include "entry.h"
#include "memory.h"
#include "switch.h"

#define FIRST_BUCKETS 8u

void sw_table_init(struct sw_table *table, const struct sw_table_info *info)
{
    *table = (struct sw_table){.info = info};
    table->missed = sw_entry_new(info);
    table->missed->call.action = SW_NO_ACTION;
}

static void free_subtable(struct sw_subtable *subtable)
{
    free(subtable->buckets);
    free(subtable);
}

void sw_table_free(struct sw_table *table)
{
    for (uint32_t i = 0; i < table->n_handles; i++)
        if (table->by_handle[i] != NULL)
            sw_entry_free(table->by_handle[i]);
    for (uint32_t i = 0; i < table->n_subtables; i++)
        free_subtable(table->subtables[i]);
    free(table->by_handle);
    free(table->subtables);
    sw_entry_free(table->missed);
}

struct sw_entry *sw_table_entry(const struct sw_table *table, uint32_t handle)
{
    return handle < table->n_handles ? table->by_handle[handle] : NULL;
}

/* -- subtables -------------------------------------------------------------------------------- */

static struct sw_subtable *find_subtable(const struct sw_table *table, const uint64_t *mask)
{
    size_t octets = table->info->key_words * sizeof *mask;
    for (uint32_t i = 0; i < table->n_subtables; i++)
        if (memcmp(table->subtables[i]->mask, mask, octets) == 0)
            return table->subtables[i];
    return NULL;
}

static struct sw_subtable *add_subtable(struct sw_table *table, const uint64_t *mask)
{
    size_t octets = table->info->key_words * sizeof *mask;
    struct sw_subtable *subtable = sw_allocate(1, sizeof *subtable + octets);
    memcpy(subtable->mask, mask, octets);
    subtable->buckets = sw_allocate(FIRST_BUCKETS, sizeof(struct sw_entry *));
    subtable->bucket_mask = FIRST_BUCKETS - 1;
    subtable->max_priority = INT32_MIN;
    table->subtables = sw_reallocate(table->subtables, table->n_subtables + 1,
                                     sizeof(struct sw_subtable *));
    table->subtables[table->n_subtables++] = subtable;
    return subtable;
}

static void drop_subtable(struct sw_table *table, struct sw_subtable *subtable)
{
    uint32_t i = 0;
    while (table->subtables[i] != subtable)
        i++;
    table->n_subtables--;
    memmove(&table->subtables[i], &table->subtables[i + 1],
            (table->n_subtables - i) * sizeof(struct sw_subtable *));
    free_subtable(subtable);
}

static int by_priority(const void *left, const void *right)
{
    int32_t a = (*(struct sw_subtable *const *)left)->max_priority;
    int32_t b = (*(struct sw_subtable *const *)right)->max_priority;
    return (a < b) - (a > b);
}

static void sort_subtables(struct sw_table *table)
{
    qsort(table->subtables, table->n_subtables, sizeof(struct sw_subtable *), by_priority);
}

/* Notes the priority of an entry that is there; true when it is a new maximum. */
static bool note_priority(struct sw_subtable *subtable, int32_t priority)
{
    if (priority == subtable->max_priority)
        subtable->n_max++;
    if (priority <= subtable->max_priority)
        return false;
    subtable->max_priority = priority;
    subtable->n_max = 1;
    subtable->n_removed = 0;
    return true;
}

static void find_max_priority(struct sw_subtable *subtable)
{
    subtable->max_priority = INT32_MIN;
    for (uint64_t i = 0; i <= subtable->bucket_mask; i++)
        for (const struct sw_entry *entry = subtable->buckets[i]; entry; entry = entry->next)
            note_priority(subtable, entry->priority);
}

static void link_entry(struct sw_subtable *subtable, struct sw_entry *entry)
{
    struct sw_entry **bucket = &subtable->buckets[entry->hash & subtable->bucket_mask];
    entry->next = *bucket;
    *bucket = entry;
}

static void unlink_entry(struct sw_subtable *subtable, const struct sw_entry *entry)
{
    struct sw_entry **link = &subtable->buckets[entry->hash & subtable->bucket_mask];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
}

static void grow(struct sw_subtable *subtable)
{
    uint64_t old_mask = subtable->bucket_mask;
    struct sw_entry **old = subtable->buckets;
    subtable->bucket_mask = old_mask * 2 + 1;
    subtable->buckets = sw_allocate(subtable->bucket_mask + 1, sizeof(struct sw_entry *));
    for (uint64_t i = 0; i <= old_mask; i++)
        for (struct sw_entry *entry = old[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            link_entry(subtable, entry);
        }
    free(old);
}

/* -- entries ---------------------------------------------------------------------------------- */

static uint64_t masked_hash(const uint64_t *key, const uint64_t *mask, uint32_t words)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < words; i++)
        hash = sw_hash_word(hash, key[i] & mask[i]);
    return hash;
}

static bool is_meant(const struct sw_table_info *info, const struct sw_entry *entry,
                     const struct sw_identity *identity)
{
    size_t octets = info->key_words * sizeof *identity->key;
    return entry->priority == identity->priority &&
           memcmp(entry->key, identity->key, octets) == 0 &&
           (info->n_ranges == 0 ||
            memcmp(sw_entry_high(info, entry), identity->high, octets) == 0);
}

static struct sw_entry *find_entry(const struct sw_table *table,
                                   const struct sw_subtable *subtable, uint64_t hash,
                                   const struct sw_identity *identity)
{
    struct sw_entry *entry = subtable->buckets[hash & subtable->bucket_mask];
    while (entry != NULL && !(entry->hash == hash && is_meant(table->info, entry, identity)))
        entry = entry->next;
    return entry;
}

struct sw_entry *sw_table_search(const struct sw_table *table, const struct sw_identity *identity)
{
    const struct sw_subtable *subtable = find_subtable(table, identity->mask);
    if (subtable == NULL)
        return NULL;
    uint64_t hash = masked_hash(identity->key, identity->mask, table->info->key_words);
    return find_entry(table, subtable, hash, identity);
}

static void grow_handles(struct sw_table *table)
{
    uint32_t count = table->n_handles ? table->n_handles * 2 : FIRST_BUCKETS;
    table->by_handle = sw_reallocate(table->by_handle, count, sizeof(struct sw_entry *));
    memset(&table->by_handle[table->n_handles], 0,
           (count - table->n_handles) * sizeof(struct sw_entry *));
    table->n_handles = count;
}

/* Below `first_free` every handle is taken. */
static uint32_t free_handle(struct sw_table *table)
{
    while (table->first_free < table->n_handles && table->by_handle[table->first_free] != NULL)
        table->first_free++;
    if (table->first_free == table->n_handles)
        grow_handles(table);
    return table->first_free++;
}

static void put_entry(struct sw_table *table, struct sw_subtable *subtable,
                      struct sw_entry *entry)
{
    if (subtable->size > subtable->bucket_mask)
        grow(subtable);
    entry->handle = free_handle(table);
    entry->subtable = subtable;
    table->by_handle[entry->handle] = entry;
    table->size++;
    subtable->size++;
    link_entry(subtable, entry);
    if (note_priority(subtable, entry->priority))
        sort_subtables(table);
}

int64_t sw_table_add(struct sw_table *table, const struct sw_identity *identity)
{
    uint64_t hash = masked_hash(identity->key, identity->mask, table->info->key_words);
    struct sw_subtable *subtable = find_subtable(table, identity->mask);
    if (subtable != NULL && find_entry(table, subtable, hash, identity) != NULL)
        return SW_EXISTS;
    if (table->size >= table->info->max_size)
        return SW_FULL;
    struct sw_entry *entry = sw_entry_new(table->info);
    sw_entry_identify(entry, table->info, identity);
    entry->hash = hash;
    put_entry(table, subtable != NULL ? subtable : add_subtable(table, identity->mask), entry);
    return entry->handle;
}

/* When the last of the best entries has gone, its priority stays as a bound, which no search is wrong
 * for. To look for the new maximum costs as much as there are buckets: it waits for as many removals. */
static void forget_priority(struct sw_table *table, struct sw_subtable *subtable, int32_t priority)
{
    if (priority == subtable->max_priority)
        subtable->n_max--;
    if (subtable->n_max > 0 || ++subtable->n_removed < subtable->bucket_mask)
        return;
    find_max_priority(subtable);
    sort_subtables(table);
}

int sw_table_remove(struct sw_table *table, uint32_t handle)
{
    struct sw_entry *entry = sw_table_entry(table, handle);
    if (entry == NULL)
        return SW_NOT_FOUND;
    struct sw_subtable *subtable = entry->subtable;
    unlink_entry(subtable, entry);
    table->by_handle[handle] = NULL;
    table->first_free = handle < table->first_free ? handle : table->first_free;
    table->size--;
    subtable->size--;
    if (subtable->size == 0)
        drop_subtable(table, subtable);
    else
        forget_priority(table, subtable, entry->priority);
    sw_entry_free(entry);
    return 0;
}
