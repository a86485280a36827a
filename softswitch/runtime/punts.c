#define _GNU_SOURCE
#include "punts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    RING = 1 << 20, /* octets; with more, writing it empties the packet thread's caches */
    ALIGNMENT = 8,  /* of records */
    CACHE_LINE = 64,
    NAP = 500000, /* nanoseconds */
};

/* In front of each frame: its length, or that the rest of the ring is not used. */
struct record {
    uint32_t len;
    uint8_t frame[];
};

#define UNUSED UINT32_MAX

struct punts {
    uint8_t *ring;
    int event;
    atomic_bool closed;
    atomic_bool asleep; /* the consumer has found nothing and waits for the event */

    /* Positions only grow; each side has its own on a cache line of its own. */
    _Alignas(CACHE_LINE) uint64_t written;
    uint64_t room_until; /* of the consumer's position when the producer looked last */
    _Alignas(CACHE_LINE) _Atomic uint64_t published;
    _Alignas(CACHE_LINE) _Atomic uint64_t taken;
};

struct punts *punts_create(void)
{
    struct punts *punts = aligned_alloc(CACHE_LINE, sizeof *punts);

    if (!punts)
        return NULL;
    memset(punts, 0, sizeof *punts);
    punts->room_until = RING;
    punts->event = eventfd(0, EFD_CLOEXEC);
    punts->ring = malloc(RING);
    if (punts->event < 0 || !punts->ring) {
        punts_destroy(punts);
        return NULL;
    }
    return punts;
}

void punts_destroy(struct punts *punts)
{
    if (punts->event >= 0)
        close(punts->event);
    free(punts->ring);
    free(punts);
}

static struct record *record_at(const struct punts *punts, uint64_t position)
{
    return (struct record *)(punts->ring + position % RING);
}

static uint32_t record_size(uint32_t len)
{
    return (uint32_t)(sizeof(struct record) + len + ALIGNMENT - 1) & ~(ALIGNMENT - 1u);
}

/* -- the packet thread ------------------------------------------------------------------------ */

static bool has_room(struct punts *punts, uint64_t end)
{
    if (end > punts->room_until)
        punts->room_until = atomic_load_explicit(&punts->taken, memory_order_acquire) + RING;
    return end <= punts->room_until;
}

bool punts_put(struct punts *punts, const uint8_t *frame, uint32_t len)
{
    uint32_t size = record_size(len);
    uint32_t to_end = RING - punts->written % RING;
    uint32_t skipped = size > to_end ? to_end : 0;
    struct record *record;

    if (!has_room(punts, punts->written + skipped + size))
        return false;
    if (skipped)
        record_at(punts, punts->written)->len = UNUSED;
    punts->written += skipped;
    record = record_at(punts, punts->written);
    record->len = len;
    memcpy(record->frame, frame, len);
    punts->written += size;
    return true;
}

void punts_publish(struct punts *punts)
{
    if (punts->written == atomic_load_explicit(&punts->published, memory_order_relaxed))
        return;
    /* In this order on one side, and in the other in punts_wait: one of them sees the other. */
    atomic_store(&punts->published, punts->written);
    if (atomic_load(&punts->asleep) && atomic_exchange(&punts->asleep, false))
        eventfd_write(punts->event, 1);
}

/* -- the consumer ----------------------------------------------------------------------------- */

static bool is_empty(struct punts *punts)
{
    return atomic_load(&punts->published) ==
           atomic_load_explicit(&punts->taken, memory_order_relaxed);
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
}

bool punts_wait(struct punts *punts)
{
    eventfd_t woken;

    nap();
    while (!atomic_load(&punts->closed)) {
        atomic_store(&punts->asleep, true);
        if (!is_empty(punts) && atomic_exchange(&punts->asleep, false))
            return true;
        eventfd_read(punts->event, &woken);
        if (!is_empty(punts))
            return !atomic_load(&punts->closed);
    }
    return false;
}

/* The next record from a position on, which moves on to it; NULL when there is none. */
static const struct record *next_record(const struct punts *punts, uint64_t *position, uint64_t end)
{
    if (*position < end && record_at(punts, *position)->len == UNUSED)
        *position += RING - *position % RING;
    return *position < end ? record_at(punts, *position) : NULL;
}

uint32_t punts_take(struct punts *punts, const struct packet_in_layout *layout, uint8_t *messages,
                    uint32_t room, uint32_t *ends, uint32_t most)
{
    uint64_t position = atomic_load_explicit(&punts->taken, memory_order_relaxed);
    uint64_t end = atomic_load_explicit(&punts->published, memory_order_acquire);
    uint32_t count = 0, used = 0;
    const struct record *record;

    while (count < most && (record = next_record(punts, &position, end))) {
        if (layout && record->len >= layout->octets) {
            uint32_t size = packet_in_size(layout, record->frame, record->len);

            if (size > room - used)
                break;
            packet_in_write(layout, record->frame, record->len, messages + used);
            ends[count++] = used += size;
        }
        position += record_size(record->len);
    }
    atomic_store_explicit(&punts->taken, position, memory_order_release);
    return count;
}

void punts_close(struct punts *punts)
{
    atomic_store(&punts->closed, true);
    eventfd_write(punts->event, 1);
}
