/* Moving packets between sockets and a pipeline.
 *
 * A port is a socket that its owner has opened and bound: an AF_PACKET socket of an interface, or one
 * end of a SOCK_SEQPACKET pair, through which frames of controllers and digests pass. One thread runs
 * `io_run`: it waits for any port, receives a batch, runs each frame through the pipeline, gathers the
 * copies by port and sends each port's in one call. What leaves on the CPU port goes into a ring
 * (punts.h). No other thread ever touches a frame before.
 *
 * AF_PACKET sockets have PACKET_AUXDATA and PACKET_VNET_HDR set. The first brings back a VLAN tag that
 * the kernel took out of the frame. The second tells of checksums that the sender has left to
 * hardware which a virtual link does not have: they are completed here, as every real wire would have
 * had it, because the pipeline may tunnel the frame and nobody behind could repair it.
 *
 * The links behind ports may have faults (links.h): what is received goes through those of its port
 * before the pipeline, what is sent after it.
 */
#ifndef SW_IO_H
#define SW_IO_H

#include <stdint.h>

#include "links.h"
#include "punts.h"
#include "switch.h"

enum io_kind {
    IO_INTERFACE,
    IO_CPU,     /* in by a pair, out by the ring */
    IO_DIGESTS, /* out by a pair: digests, messages to the log */
};

struct io;

struct io_counters {
    uint64_t rx_packets, rx_bytes, rx_dropped;
    uint64_t tx_packets, tx_bytes, tx_dropped;
};

/* What is called for a program's library: sw_process and its lock. */
struct io_pipeline {
    struct sw_switch *sw;
    void (*process)(struct sw_switch *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                    uint64_t now_us, sw_emit_fn emit, void *ctx);
    void (*lock)(struct sw_switch *sw);
    void (*unlock)(struct sw_switch *sw);
};

/* NULL without memory or file descriptors (errno). The sockets stay the caller's. */
struct io *io_create(void);
void io_destroy(struct io *io);

/* Add a port, before io_run. Returns its index, or -1 (errno). */
int io_add_port(struct io *io, uint32_t number, int fd, enum io_kind kind);

/* What has left on the CPU port; the caller's side of it is the consumer's. */
struct punts *io_punts(struct io *io);

/* Replace the pipeline; when this returns the old one is no longer used. Without a pipeline (NULL)
 * frames are received and dropped. */
void io_set_pipeline(struct io *io, const struct io_pipeline *pipeline);

/* Move packets until io_stop; returns 0, or -1 when waiting failed (errno). */
int io_run(struct io *io);
void io_stop(struct io *io);

/* The time that packets which arrive now carry: microseconds since io_create. */
uint64_t io_now(const struct io *io);

void io_port_counters(const struct io *io, int port, struct io_counters *counters);

/* The links of ports, by their indices. */
struct links *io_links(struct io *io);

/* Copies for port numbers that are not there. */
uint64_t io_unknown_ports(const struct io *io);

#endif
