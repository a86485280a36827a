/* What stands at the ends of links, and what a switch is compared with.
 *
 *     wire_speed send INTERFACE [RATE]   sends one frame (from standard input) for ever, so many
 *                                        times a second or as often as it can
 *     wire_speed copy INPUT OUTPUT...    copies every frame to all outputs: the least that any
 *                                        switch with these system calls does
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, MAX_OUTPUTS = 32, FRAME = 2048, BUFFER = 4 << 20, SECOND = 1000000000 };

static int open_interface(const char *name, int protocol)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, size = BUFFER;

    address.sll_ifindex = if_nametoindex(name);
    if (fd < 0 || !address.sll_ifindex ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) ||
        bind(fd, (struct sockaddr *)&address, sizeof address)) {
        perror(name);
        exit(1);
    }
    return fd;
}

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    unsigned char frames[BATCH][FRAME];
};

static void prepare(struct batch *batch, size_t len)
{
    for (int i = 0; i < BATCH; i++) {
        batch->vectors[i] = (struct iovec){batch->frames[i], len};
        batch->messages[i].msg_hdr =
            (struct msghdr){.msg_iov = &batch->vectors[i], .msg_iovlen = 1};
    }
}

/* Sleep until the next batch of BATCH frames at this rate; the one after a delay comes no sooner. */
static void pace(struct timespec *next, long rate)
{
    struct timespec now;
    long gap = (long)BATCH * SECOND / rate;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > next->tv_sec || (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec))
        *next = now;
    else
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
    next->tv_sec += (next->tv_nsec + gap) / SECOND;
    next->tv_nsec = (next->tv_nsec + gap) % SECOND;
}

static void send_for_ever(const char *interface, long rate)
{
    static struct batch batch;
    struct timespec next = {0};
    int fd = open_interface(interface, 0);
    ssize_t len = read(STDIN_FILENO, batch.frames[0], FRAME);

    if (len <= 0)
        exit(1);
    for (int i = 1; i < BATCH; i++)
        memcpy(batch.frames[i], batch.frames[0], len);
    prepare(&batch, len);
    for (;;) {
        if (rate)
            pace(&next, rate);
        if (sendmmsg(fd, batch.messages, BATCH, 0) < 0 && errno != ENOBUFS)
            exit(1);
    }
}

static void copy_for_ever(const char *input, char **outputs, int count)
{
    static struct batch batch;
    struct pollfd readable = {.fd = open_interface(input, ETH_P_ALL), .events = POLLIN};
    int fds[MAX_OUTPUTS];

    for (int i = 0; i < count; i++)
        fds[i] = open_interface(outputs[i], 0);
    for (;;) {
        int received;

        prepare(&batch, FRAME);
        poll(&readable, 1, -1);
        received = recvmmsg(readable.fd, batch.messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < received; i++)
            batch.vectors[i].iov_len = batch.messages[i].msg_len;
        for (int i = 0; i < count && received > 0; i++)
            sendmmsg(fds[i], batch.messages, received, MSG_DONTWAIT);
    }
}

int main(int argc, char **argv)
{
    if ((argc == 3 || argc == 4) && !strcmp(argv[1], "send"))
        send_for_ever(argv[2], argc == 4 ? atol(argv[3]) : 0);
    if (argc >= 4 && argc - 3 <= MAX_OUTPUTS && !strcmp(argv[1], "copy"))
        copy_for_ever(argv[2], argv + 3, argc - 3);
    fprintf(stderr, "usage: %s send INTERFACE [RATE] | copy INPUT OUTPUT...\n", argv[0]);
    return 2;
}
