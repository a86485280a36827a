#include "fault.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NANOSECONDS UINT64_C(1000000000)

/* A copy on its way; those that arrive at the same time keep their order. */
struct copy {
    uint64_t arrives;
    uint64_t number;
    uint32_t len;
    uint8_t frame[];
};

struct fault {
    pthread_mutex_t lock;
    struct fault_rules rules;
    uint64_t chance;  /* the state of the generator */
    uint64_t sent_at; /* when the transmitter has sent what it was given so far */
    uint64_t numbers;
    struct copy **heap; /* the first to arrive is the first; waiting of them */
    uint64_t capacity;
    struct fault_counters counters;
};

struct fault *fault_create(void)
{
    struct fault *fault = calloc(1, sizeof *fault);

    if (fault) {
        pthread_mutex_init(&fault->lock, NULL);
        fault->rules.limit = UINT64_MAX;
    }
    return fault;
}

void fault_destroy(struct fault *fault)
{
    for (uint64_t i = 0; i < fault->counters.waiting; i++)
        free(fault->heap[i]);
    free(fault->heap);
    pthread_mutex_destroy(&fault->lock);
    free(fault);
}

void fault_set(struct fault *fault, const struct fault_rules *rules)
{
    pthread_mutex_lock(&fault->lock);
    fault->rules = *rules;
    fault->chance = rules->seed;
    fault->sent_at = 0;
    pthread_mutex_unlock(&fault->lock);
}

/* -- chance ----------------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): any seed is as good as another. */
static uint64_t draw(struct fault *fault)
{
    uint64_t z = fault->chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Nothing is drawn for what never happens, so one fault's chance does not depend on the others. */
static bool happens(struct fault *fault, uint64_t share)
{
    return share && draw(fault) >> 32 < share;
}

static uint64_t delay(struct fault *fault)
{
    const struct fault_rules *rules = &fault->rules;

    if (!rules->jitter)
        return rules->delay;
    return rules->delay - rules->jitter + draw(fault) % (2 * rules->jitter + 1);
}

/* -- copies by the time of their arrival ------------------------------------------------------ */

static bool before(const struct copy *a, const struct copy *b)
{
    return a->arrives != b->arrives ? a->arrives < b->arrives : a->number < b->number;
}

static bool make_room(struct fault *fault)
{
    uint64_t capacity = fault->capacity ? 2 * fault->capacity : 16;
    struct copy **heap;

    if (fault->counters.waiting < fault->capacity)
        return true;
    heap = realloc(fault->heap, capacity * sizeof *heap);
    if (!heap)
        return false;
    fault->heap = heap;
    fault->capacity = capacity;
    return true;
}

static void push(struct fault *fault, struct copy *copy)
{
    uint64_t i = fault->counters.waiting++;

    for (; i && before(copy, fault->heap[(i - 1) / 2]); i = (i - 1) / 2)
        fault->heap[i] = fault->heap[(i - 1) / 2];
    fault->heap[i] = copy;
}

static struct copy *pop(struct fault *fault)
{
    struct copy **heap = fault->heap, *first = heap[0];
    uint64_t count = --fault->counters.waiting, i = 0, child;
    struct copy *last = heap[count];

    for (; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], last))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return first;
}

/* -- a frame's way ---------------------------------------------------------------------------- */

/* When the transmitter has sent the frame's last bit. */
static uint64_t transmit(struct fault *fault, uint32_t len, uint64_t now)
{
    if (!fault->rules.rate)
        return now;
    if (fault->sent_at < now)
        fault->sent_at = now;
    fault->sent_at += UINT64_C(8) * len * NANOSECONDS / fault->rules.rate;
    return fault->sent_at;
}

static void add(struct fault *fault, const uint8_t *frame, uint32_t len, uint64_t arrives)
{
    struct copy *copy = NULL;

    if (fault->counters.waiting < fault->rules.limit && make_room(fault))
        copy = malloc(sizeof *copy + len);
    if (!copy) {
        fault->counters.overflowed++;
        return;
    }
    *copy = (struct copy){.arrives = arrives, .number = fault->numbers++, .len = len};
    memcpy(copy->frame, frame, len);
    push(fault, copy);
}

static void send_out(struct fault *fault, const uint8_t *frame, uint32_t len, uint64_t now)
{
    uint64_t sent = transmit(fault, len, now);

    if (happens(fault, fault->rules.loss)) {
        fault->counters.lost++;
        return;
    }
    if (happens(fault, fault->rules.duplicate)) {
        fault->counters.duplicated++;
        add(fault, frame, len, sent + delay(fault));
    }
    add(fault, frame, len, sent + delay(fault));
}

void fault_offer(struct fault *fault, const uint8_t *frame, uint32_t len, uint64_t now)
{
    pthread_mutex_lock(&fault->lock);
    if (fault->counters.waiting < fault->rules.limit)
        send_out(fault, frame, len, now);
    else
        fault->counters.overflowed++;
    pthread_mutex_unlock(&fault->lock);
}

uint64_t fault_next(struct fault *fault)
{
    uint64_t next;

    pthread_mutex_lock(&fault->lock);
    next = fault->counters.waiting ? fault->heap[0]->arrives : FAULT_NEVER;
    pthread_mutex_unlock(&fault->lock);
    return next;
}

static struct copy *arrived(struct fault *fault, uint64_t now)
{
    struct copy *copy = NULL;

    pthread_mutex_lock(&fault->lock);
    if (fault->counters.waiting && fault->heap[0]->arrives <= now)
        copy = pop(fault);
    pthread_mutex_unlock(&fault->lock);
    return copy;
}

void fault_release(struct fault *fault, uint64_t now, fault_sink sink, void *ctx)
{
    struct copy *copy;

    while ((copy = arrived(fault, now))) {
        sink(ctx, copy->frame, copy->len);
        free(copy);
    }
}

void fault_read(struct fault *fault, struct fault_counters *counters)
{
    pthread_mutex_lock(&fault->lock);
    *counters = fault->counters;
    pthread_mutex_unlock(&fault->lock);
}
