/* Frames for the CPU, on their way from the packet thread to the controllers' side.
 *
 * A ring of octets with one producer, the packet thread, and one consumer. A punt costs the producer a
 * copy or, when the ring is full, the increment of a counter: no lock, no system call, and nothing that
 * depends on how fast the consumer is. Frames become visible at the end of a batch; a consumer that
 * sleeps is then woken, once. Before it sleeps again it naps for half a millisecond, as network cards
 * space their interrupts: a frame that comes alone is not delayed, and in a storm nobody is woken.
 */
#ifndef SW_PUNTS_H
#define SW_PUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "packet_in.h"

struct punts;

/* NULL without memory or file descriptors (errno). */
struct punts *punts_create(void);
void punts_destroy(struct punts *punts);

/* The producer's side: false when there is no room; what was put, until the end of the batch. */
bool punts_put(struct punts *punts, const uint8_t *frame, uint32_t len);
void punts_publish(struct punts *punts);

/* Wait for frames; false when the ring is closed. */
bool punts_wait(struct punts *punts);

/* Take frames that are there as messages, one behind the other: as many as fit into `room` octets, as
 * any one message does, and `most` at most. `ends` gets where each message ends. Without a layout
 * frames are dropped, as are those shorter than their header. Returns the number of messages. */
uint32_t punts_take(struct punts *punts, const struct packet_in_layout *layout, uint8_t *messages,
                    uint32_t room, uint32_t *ends, uint32_t most);

/* Whoever waits, or will, gets false. */
void punts_close(struct punts *punts);

#endif
