#include "table.h"

#include <stdlib.h>

#include "memory.h"
#include "switch.h"

#define FIRST_BUCKETS 8u

void sw_table_init(struct sw_table *table, const struct sw_table_info *info)
{
    *table = (struct sw_table){.info = info};
    table->missed = sw_allocate(1, sizeof *table->missed);
    table->missed->call.action = SW_NO_ACTION;
}

static void free_entry(struct sw_entry *entry)
{
    free(entry->call.args);
    free(entry->high);
    free(entry);
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
            free_entry(table->by_handle[i]);
    for (uint32_t i = 0; i < table->n_subtables; i++)
        free_subtable(table->subtables[i]);
    free(table->by_handle);
    free(table->subtables);
    free_entry(table->missed);
}

struct sw_entry *sw_table_entry(const struct sw_table *table, uint32_t handle)
{
    return handle < table->n_handles ? table->by_handle[handle] : NULL;
}

void sw_call_set(struct sw_call *call, uint32_t room, uint32_t action, const uint64_t *args,
                 uint32_t nargs)
{
    if (call->args == NULL)
        call->args = sw_allocate(room, sizeof *args);
    if (nargs > 0)
        memcpy(call->args, args, nargs * sizeof *args);
    call->action = action;
}

void sw_entry_set_action(const struct sw_table *table, struct sw_entry *entry, uint32_t action,
                         const uint64_t *args, uint32_t nargs)
{
    sw_call_set(&entry->call, table->info->arg_words, action, args, nargs);
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

static bool exists(const struct sw_table *table, const struct sw_subtable *subtable,
                   const struct sw_entry *wanted)
{
    size_t octets = table->info->key_words * sizeof(uint64_t);
    struct sw_entry *entry = subtable->buckets[wanted->hash & subtable->bucket_mask];
    for (; entry != NULL; entry = entry->next)
        if (entry->hash == wanted->hash && entry->priority == wanted->priority &&
            memcmp(entry->key, wanted->key, octets) == 0 &&
            (wanted->high == NULL || memcmp(entry->high, wanted->high, octets) == 0))
            return true;
    return false;
}

static struct sw_entry *new_entry(const struct sw_table *table, const uint64_t *key,
                                  const uint64_t *mask, const uint64_t *high, int32_t priority)
{
    uint32_t words = table->info->key_words;
    struct sw_entry *entry = sw_allocate(1, sizeof *entry + words * sizeof *key);
    memcpy(entry->key, key, words * sizeof *key);
    entry->hash = masked_hash(key, mask, words);
    entry->priority = priority;
    if (table->info->n_ranges > 0) {
        entry->high = sw_allocate(words, sizeof *high);
        memcpy(entry->high, high, words * sizeof *high);
    }
    return entry;
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

int64_t sw_table_add(struct sw_table *table, const uint64_t *key, const uint64_t *mask,
                     const uint64_t *high, int32_t priority)
{
    struct sw_entry *entry = new_entry(table, key, mask, high, priority);
    struct sw_subtable *subtable = find_subtable(table, mask);
    if (subtable != NULL && exists(table, subtable, entry)) {
        free_entry(entry);
        return SW_EXISTS;
    }
    if (table->size >= table->info->max_size) {
        free_entry(entry);
        return SW_FULL;
    }
    if (subtable == NULL)
        subtable = add_subtable(table, mask);
    if (subtable->size > subtable->bucket_mask)
        grow(subtable);
    entry->handle = free_handle(table);
    table->by_handle[entry->handle] = entry;
    table->size++;
    subtable->size++;
    link_entry(subtable, entry);
    if (note_priority(subtable, priority))
        sort_subtables(table);
    return entry->handle;
}

static struct sw_subtable *owner(const struct sw_table *table, const struct sw_entry *entry)
{
    for (uint32_t i = 0; i < table->n_subtables; i++) {
        struct sw_subtable *subtable = table->subtables[i];
        struct sw_entry *other = subtable->buckets[entry->hash & subtable->bucket_mask];
        for (; other != NULL; other = other->next)
            if (other == entry)
                return subtable;
    }
    return NULL;
}

/* Only when the last of the best entries has gone is there a new maximum to look for. */
static void forget_priority(struct sw_table *table, struct sw_subtable *subtable, int32_t priority)
{
    if (priority < subtable->max_priority || --subtable->n_max > 0)
        return;
    find_max_priority(subtable);
    sort_subtables(table);
}

int sw_table_remove(struct sw_table *table, uint32_t handle)
{
    struct sw_entry *entry = sw_table_entry(table, handle);
    if (entry == NULL)
        return SW_NOT_FOUND;
    struct sw_subtable *subtable = owner(table, entry);
    unlink_entry(subtable, entry);
    table->by_handle[handle] = NULL;
    table->first_free = handle < table->first_free ? handle : table->first_free;
    table->size--;
    subtable->size--;
    if (subtable->size == 0)
        drop_subtable(table, subtable);
    else
        forget_priority(table, subtable, entry->priority);
    free_entry(entry);
    return 0;
}
