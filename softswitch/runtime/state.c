#include "state.h"

#include <sched.h>
#include <stdlib.h>

#include "memory.h"

static void create_arrays(struct sw_switch *sw)
{
    for (uint32_t i = 0; i < sw_program.n_tables; i++)
        sw_table_init(&sw->tables[i], &sw_program.tables[i]);
    for (uint32_t i = 0; i < sw_program.n_counters; i++)
        sw->counters[i] = sw_allocate(sw_program.counters[i], sizeof(struct sw_count));
    for (uint32_t i = 0; i < sw_program.n_meters; i++)
        sw->meters[i] = sw_allocate(sw_program.meters[i].size, sizeof(struct sw_meter));
    for (uint32_t i = 0; i < sw_program.n_registers; i++)
        sw->registers[i] = sw_allocate(sw_program.registers[i].size,
                                       sw_program.registers[i].words * sizeof(uint64_t));
    for (uint32_t i = 0; i < sw_program.n_profiles; i++)
        sw->profiles[i].info = &sw_program.profiles[i];
}

/* Recursive: the thread that holds the switch makes control calls, which lock it too. */
static void create_mutex(struct sw_switch *sw)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&sw->mutex, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

struct sw_switch *sw_create(void)
{
    struct sw_switch *sw = sw_allocate(1, sizeof *sw);
    sw->tables = sw_allocate(sw_program.n_tables, sizeof(struct sw_table));
    sw->ages = sw_allocate(sw_program.n_tables, sizeof(struct sw_ages));
    sw->counters = sw_allocate(sw_program.n_counters, sizeof(struct sw_count *));
    sw->meters = sw_allocate(sw_program.n_meters, sizeof(struct sw_meter *));
    sw->registers = sw_allocate(sw_program.n_registers, sizeof(uint64_t *));
    sw->profiles = sw_allocate(sw_program.n_profiles, sizeof(struct sw_profile));
    sw->groups = sw_allocate(SW_GROUPS, sizeof(struct sw_copies *));
    sw->sessions = sw_allocate(SW_SESSIONS, sizeof(struct sw_copies *));
    sw->frame = sw_allocate(1, SW_MAX_FRAME + sw_program.max_headers);
    sw->scratch = sw_allocate(1, SW_MAX_FRAME + sw_program.max_scratch);
    sw->random = 1;
    sw->priority_queues = 1;
    create_mutex(sw);
    create_arrays(sw);
    return sw;
}

static void free_all(void **items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(items[i]);
    free(items);
}

void sw_destroy(struct sw_switch *sw)
{
    for (uint32_t i = 0; i < sw_program.n_tables; i++)
        sw_table_free(&sw->tables[i]);
    free(sw->tables);
    for (uint32_t i = 0; i < sw_program.n_tables; i++)
        free(sw->ages[i].hit_us);
    free(sw->ages);
    free_all((void **)sw->counters, sw_program.n_counters);
    free_all((void **)sw->meters, sw_program.n_meters);
    free_all((void **)sw->registers, sw_program.n_registers);
    for (uint32_t i = 0; i < sw_program.n_profiles; i++)
        sw_profile_free(&sw->profiles[i]);
    free(sw->profiles);
    free_all((void **)sw->groups, SW_GROUPS);
    free_all((void **)sw->sessions, SW_SESSIONS);
    free(sw->frame);
    free(sw->scratch);
    free(sw->collected.octets);
    pthread_mutex_destroy(&sw->mutex);
    free(sw);
}

void sw_set_priority_queues(struct sw_switch *sw, uint32_t count)
{
    sw_control_lock(sw);
    sw->priority_queues = count;
    sw_control_unlock(sw);
}

void sw_lock(struct sw_switch *sw)
{
    while (atomic_load_explicit(&sw->waiting, memory_order_relaxed) > 0)
        sched_yield();
    atomic_store_explicit(&sw->packets_wait, true, memory_order_relaxed);
    pthread_mutex_lock(&sw->mutex);
    atomic_store_explicit(&sw->packets_wait, false, memory_order_relaxed);
}

void sw_unlock(struct sw_switch *sw)
{
    pthread_mutex_unlock(&sw->mutex);
}

void sw_control_lock(struct sw_switch *sw)
{
    atomic_fetch_add_explicit(&sw->waiting, 1, memory_order_relaxed);
    pthread_mutex_lock(&sw->mutex);
    atomic_fetch_sub_explicit(&sw->waiting, 1, memory_order_relaxed);
}

void sw_control_unlock(struct sw_switch *sw)
{
    pthread_mutex_unlock(&sw->mutex);
}

/* A mutex is not fair: who gives it back and asks for it again has it before a waiter is awake. */
void sw_control_pause(struct sw_switch *sw)
{
    sw_control_unlock(sw);
    while (atomic_load_explicit(&sw->packets_wait, memory_order_relaxed))
        sched_yield();
    sw_control_lock(sw);
}

void sw_hold(struct sw_switch *sw)
{
    sw_control_lock(sw);
}

void sw_release(struct sw_switch *sw)
{
    sw_control_unlock(sw);
}

void sw_statistics(struct sw_switch *sw, uint64_t values[SW_STATISTICS])
{
    sw_control_lock(sw);
    memcpy(values, sw->statistics, sizeof sw->statistics);
    sw_control_unlock(sw);
}
