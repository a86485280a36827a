#define _GNU_SOURCE
#include "io.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "offload.h"
#include "receive.h"
#include "transmit.h"

enum {
    MAX_EVENTS = 64,
    NANOSECONDS = 1000000000,
    UNKNOWN = -1,
    PORT_NUMBERS = 1 << 16,
};

struct io_port {
    int fd;
    int index;
    uint32_t number;
    enum io_kind kind;
    struct tx_queue tx;
    struct io_counters counters;
};

struct io {
    int epoll;
    int stop;
    struct links links;
    struct io_port **ports;
    int count;
    int16_t by_number[PORT_NUMBERS];
    uint64_t unknown_ports;
    uint64_t started; /* in microseconds; the pipeline's clock begins at zero */

    struct punts *punts;

    pthread_mutex_t pipeline_lock; /* held while frames are in the pipeline */
    struct io_pipeline pipeline;

    struct rx *rx;
    struct tx_arena arena;
};

/* -- making and unmaking ---------------------------------------------------------------------- */

static uint64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + now.tv_nsec;
}

static uint64_t microseconds(void)
{
    return nanoseconds() / 1000;
}

static int watch(struct io *io, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(io->epoll, EPOLL_CTL_ADD, fd, &event);
}

struct io *io_create(void)
{
    struct io *io = calloc(1, sizeof *io);

    if (!io)
        return NULL;
    pthread_mutex_init(&io->pipeline_lock, NULL);
    memset(io->by_number, 0xff, sizeof io->by_number);
    io->epoll = epoll_create1(EPOLL_CLOEXEC);
    io->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    io->rx = rx_create();
    io->arena.octets = malloc(TX_ARENA);
    io->punts = punts_create();
    if (links_open(&io->links) || io->epoll < 0 || io->stop < 0 || !io->rx ||
        !io->arena.octets || !io->punts || watch(io, io->stop, NULL) || watch(io, io->links.timer, io)) {
        io_destroy(io);
        return NULL;
    }
    io->started = microseconds();
    return io;
}

void io_destroy(struct io *io)
{
    for (int i = 0; i < io->count; i++)
        free(io->ports[i]);
    free(io->ports);
    links_close(&io->links);
    rx_destroy(io->rx);
    free(io->arena.octets);
    if (io->punts)
        punts_destroy(io->punts);
    if (io->epoll >= 0)
        close(io->epoll);
    if (io->stop >= 0)
        close(io->stop);
    pthread_mutex_destroy(&io->pipeline_lock);
    free(io);
}

int io_add_port(struct io *io, uint32_t number, int fd, enum io_kind kind)
{
    struct io_port **ports;
    struct io_port *port;

    if (number >= PORT_NUMBERS || io->by_number[number] != UNKNOWN) {
        errno = EINVAL;
        return -1;
    }
    ports = realloc(io->ports, (io->count + 1) * sizeof *ports);
    if (!ports)
        return -1;
    io->ports = ports;
    port = calloc(1, sizeof *port);
    if (!port)
        return -1;
    *port = (struct io_port){.fd = fd, .index = io->count, .number = number, .kind = kind};
    port->tx.header = kind == IO_INTERFACE ? VNET_HEADER : 0;
    if (links_add(&io->links) || watch(io, fd, port)) {
        free(port);
        return -1;
    }
    ports[io->count] = port;
    io->by_number[number] = io->count;
    return io->count++;
}

struct punts *io_punts(struct io *io)
{
    return io->punts;
}

void io_set_pipeline(struct io *io, const struct io_pipeline *pipeline)
{
    pthread_mutex_lock(&io->pipeline_lock);
    io->pipeline = pipeline ? *pipeline : (struct io_pipeline){0};
    pthread_mutex_unlock(&io->pipeline_lock);
}

/* -- links with faults ------------------------------------------------------------------------ */

struct links *io_links(struct io *io)
{
    return &io->links;
}

/* Whether the frame is on a link with faults now: it will arrive later, or never. */
static bool meets_faults(struct io *io, const struct io_port *port, enum link_direction direction,
                         const uint8_t *frame, uint32_t len)
{
    if (!links_faulty(&io->links, port->index, direction))
        return false;
    fault_offer(io->links.links[port->index].faults[direction], frame, len, nanoseconds());
    return true;
}

/* -- sending ---------------------------------------------------------------------------------- */

static void flush(struct io *io)
{
    for (int i = 0; i < io->count; i++)
        if (io->ports[i]->tx.pending)
            tx_flush(&io->ports[i]->tx, io->ports[i]->fd, &io->ports[i]->counters);
    io->arena.used = 0;
    punts_publish(io->punts);
}

static void punt(struct io *io, struct io_port *port, const uint8_t *frame, uint32_t len)
{
    if (punts_put(io->punts, frame, len)) {
        port->counters.tx_packets++;
        port->counters.tx_bytes += len;
    } else {
        port->counters.tx_dropped++;
    }
}

/* Keep a copy of the frame until the end of the batch, or until there is no more room. */
static void keep(struct io *io, struct io_port *port, const uint8_t *frame, uint32_t len)
{
    if (tx_put(&port->tx, &io->arena, frame, len))
        return;
    flush(io);
    tx_put(&port->tx, &io->arena, frame, len);
}

static void gather(void *ctx, uint32_t number, const uint8_t *frame, uint32_t len)
{
    struct io *io = ctx;
    struct io_port *port;

    if (number >= PORT_NUMBERS || io->by_number[number] == UNKNOWN) {
        io->unknown_ports++;
        return;
    }
    port = io->ports[io->by_number[number]];
    if (len > MAX_FRAME) {
        port->counters.tx_dropped++;
        return;
    }
    if (port->kind == IO_CPU)
        punt(io, port, frame, len);
    else if (!meets_faults(io, port, LINK_EGRESS, frame, len))
        keep(io, port, frame, len);
}

/* -- receiving -------------------------------------------------------------------------------- */

struct arrival {
    struct io *io;
    struct io_port *port;
    uint64_t now;
};

static void run_pipeline(void *ctx, const uint8_t *frame, uint32_t len)
{
    const struct arrival *arrival = ctx;
    struct io *io = arrival->io;

    io->pipeline.process(io->pipeline.sw, arrival->port->number, frame, len, arrival->now, gather,
                         io);
}

static void come_in(void *ctx, const uint8_t *frame, uint32_t len)
{
    const struct arrival *arrival = ctx;

    if (!meets_faults(arrival->io, arrival->port, LINK_INGRESS, frame, len))
        run_pipeline(ctx, frame, len);
}

/* A frame of an interface is completed first. */
static bool accept_frame(struct arrival *arrival, const struct rx_frame *frame)
{
    if (frame->truncated || !arrival->io->pipeline.process)
        return false;
    if (arrival->port->kind == IO_INTERFACE)
        return offload_finish(frame->octets, frame->len, &frame->vnet, come_in, arrival);
    run_pipeline(arrival, frame->octets, frame->len);
    return true;
}

uint64_t io_now(const struct io *io)
{
    return microseconds() - io->started;
}

static void run_batch(struct io *io, struct io_port *port, int count)
{
    struct arrival arrival = {io, port, io_now(io)};
    bool ready = io->pipeline.process != NULL;

    if (ready)
        io->pipeline.lock(io->pipeline.sw);
    for (int i = 0; i < count; i++) {
        struct rx_frame frame = rx_take(io->rx, i);

        port->counters.rx_packets++;
        port->counters.rx_bytes += frame.len;
        if (!accept_frame(&arrival, &frame))
            port->counters.rx_dropped++;
    }
    if (ready)
        io->pipeline.unlock(io->pipeline.sw);
}

/* A link that goes down is an error that one receive reports and clears; the socket works again when
 * the link is up. The CPU's socket ends with its owner, who is about to stop us. */
static void serve(struct io *io, struct io_port *port)
{
    int count = rx_receive(io->rx, port->fd, port->tx.header);

    if (count <= 0)
        return;
    if (port->kind != IO_INTERFACE && rx_is_end(io->rx)) {
        epoll_ctl(io->epoll, EPOLL_CTL_DEL, port->fd, NULL);
        return;
    }
    pthread_mutex_lock(&io->pipeline_lock);
    run_batch(io, port, count);
    pthread_mutex_unlock(&io->pipeline_lock);
    flush(io);
}

/* -- what arrives over links with faults ------------------------------------------------------ */

static void deliver(void *ctx, const uint8_t *frame, uint32_t len)
{
    const struct arrival *arrival = ctx;

    if (arrival->io->pipeline.process)
        run_pipeline(ctx, frame, len);
    else
        arrival->port->counters.rx_dropped++;
}

static void release_received(struct io *io, struct io_port *port, struct fault *fault)
{
    uint64_t now = nanoseconds();
    struct arrival arrival = {io, port, now / 1000 - io->started};
    bool ready;

    if (fault_next(fault) > now)
        return;
    pthread_mutex_lock(&io->pipeline_lock);
    ready = io->pipeline.process != NULL;
    if (ready)
        io->pipeline.lock(io->pipeline.sw);
    fault_release(fault, now, deliver, &arrival);
    if (ready)
        io->pipeline.unlock(io->pipeline.sw);
    pthread_mutex_unlock(&io->pipeline_lock);
}

static void depart(void *ctx, const uint8_t *frame, uint32_t len)
{
    const struct arrival *departure = ctx;

    keep(departure->io, departure->port, frame, len);
}

/* What is received first: some of its copies may leave at once. */
static void release(struct io *io)
{
    for (int i = 0; i < io->count; i++)
        release_received(io, io->ports[i], io->links.links[i].faults[LINK_INGRESS]);
    for (int i = 0; i < io->count; i++) {
        struct arrival departure = {.io = io, .port = io->ports[i]};

        fault_release(io->links.links[i].faults[LINK_EGRESS], nanoseconds(), depart, &departure);
    }
    flush(io);
    links_set_timer(&io->links);
}

/* -- the loop --------------------------------------------------------------------------------- */

int io_run(struct io *io)
{
    struct epoll_event events[MAX_EVENTS];

    pthread_setname_np(pthread_self(), "packets"); /* for who looks where time goes */
    for (;;) {
        int count = epoll_wait(io->epoll, events, MAX_EVENTS, -1);

        if (count < 0 && errno != EINTR)
            return -1;
        for (int i = 0; i < count; i++) {
            if (!events[i].data.ptr)
                return 0;
            if (events[i].data.ptr != io)
                serve(io, events[i].data.ptr);
        }
        if (links_used(&io->links))
            release(io);
    }
}

void io_stop(struct io *io)
{
    eventfd_write(io->stop, 1);
}

void io_port_counters(const struct io *io, int port, struct io_counters *counters)
{
    *counters = io->ports[port]->counters;
}

uint64_t io_unknown_ports(const struct io *io)
{
    return io->unknown_ports;
}
