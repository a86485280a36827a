/* The v1model architecture as BMv2's simple_switch has it; included at the end of the generated code.
 *
 *     parser -> verify checksums -> ingress -> clones -> replication or one port
 *            -> egress of each copy -> update checksums -> deparser -> out, or around again
 *
 * A packet is processed to completion. Copies of one packet leave in the order in which BMv2 puts them
 * into its queues: ingress clones first, then the replicas in the order of their group. What goes
 * around (resubmitted, recirculated, cloned at egress) waits in a list until the rest is done, and a
 * program that never stops is stopped after MAX_PASSES.
 */
#include <stdlib.h>

#include "memory.h"

enum instance_type {
    NORMAL = 0,
    INGRESS_CLONE = 1,
    EGRESS_CLONE = 2,
    RECIRCULATED = 4,
    REPLICATED = 5,
    RESUBMITTED = 6,
};

enum { MAX_PASSES = 4096 };

struct run {
    struct sw_switch *sw;
    sw_emit_fn emit;
    void *ctx;
    uint64_t now;
};

struct sw_pending {
    struct sw_pending *next;
    bool at_egress;
    uint32_t port;
    struct packet packet;
    uint32_t len;
    uint8_t frame[];
};

static void count(struct sw_switch *sw, enum sw_statistic what)
{
    sw->statistics[what]++;
}

static void reset(struct packet *p)
{
    p->truncate_to = SW_NO_TRUNCATION;
    p->clone_session = SW_NO_SESSION;
    p->clone_list = 0;
    p->resubmit_list = 0;
    p->recirculate_list = 0;
    p->exited = false;
    p->failed = false;
}

static void set_frame(struct packet *p, const uint8_t *frame, uint32_t len)
{
    p->data = frame;
    p->left = len;
    p->received = len;
    p->length = len;
}

static void start(struct packet *p, const struct run *run, const uint8_t *frame, uint32_t len)
{
    memset(p, 0, sizeof *p);
    p->sw = run->sw;
    p->now = run->now;
    reset(p);
    set_frame(p, frame, len);
}

/* Metadata of a clone or of a packet that goes around: nothing but the preserved fields. */
static void inherit(struct packet *to, const struct packet *from, uint32_t list,
                    enum instance_type type)
{
    reset_metadata(&to->h);
    preserve_fields(&to->h, &from->h, list);
    set_instance_type(&to->h, type);
}

/* -- what goes around ------------------------------------------------------------------------- */

static struct packet *enqueue(struct sw_switch *sw, const struct packet *p, const uint8_t *frame,
                              uint32_t len, bool at_egress, uint32_t port)
{
    struct sw_pending *item = sw_allocate(1, sizeof *item + len);
    item->packet = *p;
    item->at_egress = at_egress;
    item->port = port;
    item->len = len;
    memcpy(item->frame, frame, len);
    if (sw->last_pending != NULL)
        sw->last_pending->next = item;
    else
        sw->first_pending = item;
    sw->last_pending = item;
    return &item->packet;
}

static struct sw_pending *dequeue(struct sw_switch *sw)
{
    struct sw_pending *item = sw->first_pending;
    if (item == NULL)
        return NULL;
    sw->first_pending = item->next;
    if (item->next == NULL)
        sw->last_pending = NULL;
    return item;
}

static void go_around(const struct packet *p, const uint8_t *frame, uint32_t len, uint32_t list,
                      enum instance_type type)
{
    if (len > SW_MAX_FRAME) {
        count(p->sw, SW_OVERSIZED);
        return;
    }
    struct packet *next = enqueue(p->sw, p, frame, len, false, 0);
    memset(&next->h, 0, sizeof next->h);
    inherit(next, p, list, type);
    reset(next);
    set_packet_length(&next->h, len);
}

/* -- egress ----------------------------------------------------------------------------------- */

static const struct sw_copies *session_copies(struct sw_switch *sw, uint32_t session)
{
    const struct sw_copies *copies = sw->sessions[session % SW_SESSIONS];
    if (copies == NULL)
        count(sw, SW_UNKNOWN_SESSIONS);
    return copies;
}

static uint32_t shorter(uint32_t len, uint32_t limit)
{
    return limit != 0 && limit < len ? limit : len;
}

/* A clone made at egress carries the headers as egress left them; only its payload is cut. */
static void clone_at_egress(const struct packet *p)
{
    const struct sw_copies *copies = session_copies(p->sw, p->clone_session);
    for (uint32_t i = 0; copies != NULL && i < copies->count; i++) {
        uint32_t headers = p->length > p->left ? p->length - p->left : 0;
        uint32_t limit = shorter(p->length, copies->packet_length);
        uint32_t payload = limit > headers ? shorter(p->left, limit - headers) : 0;
        struct packet *clone =
            enqueue(p->sw, p, p->data, payload, true, copies->replicas[i].port);
        inherit(clone, p, p->clone_list, EGRESS_CLONE);
        reset(clone);
        clone->length = headers + payload;
        set_egress_rid(&clone->h, copies->replicas[i].instance);
    }
}

static void leave(const struct run *run, struct packet *p, uint32_t port)
{
    uint8_t *frame = run->sw->frame;
    update_checksums(p);
    before_deparsing(p);
    if (p->failed) {
        count(run->sw, SW_EGRESS_DROPS);
        return;
    }
    uint8_t *payload = deparse(p, frame);
    uint32_t headers = (uint32_t)(payload - frame);
    memcpy(payload, p->data, p->left);
    uint32_t len = headers + p->left;
    len = len < p->truncate_to ? len : p->truncate_to;
    if (p->recirculate_list != 0) {
        go_around(p, frame, len, p->recirculate_list, RECIRCULATED);
        return;
    }
    count(run->sw, SW_SENT);
    run->emit(run->ctx, port, frame, len);
}

/* Nothing waits between ingress and egress, so a queue is but a number that has to be there. */
static bool has_queue(const struct run *run, const struct packet *p)
{
    static const uint8_t message[] = "\x28Priority out of range, dropping packet";
    if (get_priority(&p->h) < run->sw->priority_queues)
        return true;
    sw_say(&run->sw->log, run->now, message, sizeof message - 1);
    return false;
}

static void run_egress(const struct run *run, struct packet *p, uint32_t port)
{
    if (!has_queue(run, p)) {
        count(run->sw, SW_EGRESS_DROPS);
        return;
    }
    p->exited = false;
    set_egress_port(&p->h, port);
    set_egress_spec(&p->h, 0);
    set_packet_length(&p->h, p->length);
    set_egress_global_timestamp(&p->h, run->now);
    set_enq_timestamp(&p->h, run->now);
    egress(p);
    if (p->clone_session != SW_NO_SESSION && !p->failed)
        clone_at_egress(p);
    if (p->failed || get_egress_spec(&p->h) == DROP_PORT)
        count(run->sw, SW_EGRESS_DROPS);
    else
        leave(run, p, port);
}

static void replicate(const struct run *run, struct packet *p, const struct sw_copies *copies)
{
    for (uint32_t i = 0; i + 1 < copies->count; i++) {
        struct packet copy = *p;
        set_egress_rid(&copy.h, copies->replicas[i].instance);
        run_egress(run, &copy, copies->replicas[i].port);
    }
    if (copies->count > 0) {
        set_egress_rid(&p->h, copies->replicas[copies->count - 1].instance);
        run_egress(run, p, copies->replicas[copies->count - 1].port);
    }
}

/* -- ingress ---------------------------------------------------------------------------------- */

/* A clone made at ingress is the frame as it came in, parsed anew. */
static void clone_at_ingress(const struct run *run, const struct packet *p, const uint8_t *frame,
                             uint32_t len)
{
    const struct sw_copies *copies = session_copies(run->sw, p->clone_session);
    if (copies == NULL)
        return;
    struct packet clone;
    start(&clone, run, frame, shorter(len, copies->packet_length));
    set_ingress_port(&clone.h, get_ingress_port(&p->h));
    parse(&clone);
    inherit(&clone, p, p->clone_list, INGRESS_CLONE);
    replicate(run, &clone, copies);
}

static void send_to_group(const struct run *run, struct packet *p, uint64_t group)
{
    const struct sw_copies *copies = run->sw->groups[group % SW_GROUPS];
    set_instance_type(&p->h, REPLICATED);
    if (copies != NULL)
        replicate(run, p, copies);
    else
        count(run->sw, SW_UNKNOWN_GROUPS);
}

static void run_parser(struct packet *p)
{
    parse(p);
    set_parser_error(&p->h, p->parser_error);
    if (p->parser_error != NO_ERROR)
        count(p->sw, SW_PARSER_ERRORS);
    verify_checksums(p);
    set_checksum_error(&p->h, p->checksum_error);
    if (p->checksum_error)
        count(p->sw, SW_CHECKSUM_ERRORS);
}

static void run_ingress(const struct run *run, struct packet *p, const uint8_t *frame,
                        uint32_t len)
{
    run_parser(p);
    ingress(p);
    if (p->failed) {
        count(run->sw, SW_INGRESS_DROPS);
        return;
    }
    learn(p, run->emit, run->ctx);
    uint32_t resubmit_list = p->resubmit_list;
    uint64_t group = get_mcast_grp(&p->h);
    uint32_t truncate_to = p->truncate_to;
    if (p->clone_session != SW_NO_SESSION)
        clone_at_ingress(run, p, frame, len);
    if (resubmit_list != 0) {
        go_around(p, frame, len, resubmit_list, RESUBMITTED);
        return;
    }
    reset(p);
    p->truncate_to = truncate_to;
    if (group != 0) {
        send_to_group(run, p, group);
    } else if (get_egress_spec(&p->h) == DROP_PORT) {
        count(run->sw, SW_INGRESS_DROPS);
    } else {
        set_instance_type(&p->h, NORMAL);
        run_egress(run, p, (uint32_t)get_egress_spec(&p->h));
    }
}

static void run_pending(const struct run *run, struct sw_pending *item)
{
    struct packet *p = &item->packet;
    if (item->at_egress) {
        p->data = item->frame;
        p->left = item->len;
        run_egress(run, p, item->port);
    } else {
        set_frame(p, item->frame, item->len);
        run_ingress(run, p, item->frame, item->len);
    }
}

static void finish(const struct run *run)
{
    struct sw_pending *item;
    for (uint32_t passes = 0; (item = dequeue(run->sw)) != NULL; passes++) {
        if (passes < MAX_PASSES)
            run_pending(run, item);
        else
            count(run->sw, SW_PASSES_EXCEEDED);
        free(item);
    }
}

void sw_process(struct sw_switch *sw, uint32_t port, const uint8_t *frame, uint32_t len,
                uint64_t now_us, sw_emit_fn emit, void *ctx)
{
    const struct run run = {.sw = sw, .emit = emit, .ctx = ctx, .now = now_us};
    struct packet p;
    sw->log.emit = emit;
    sw->log.ctx = ctx;
    count(sw, SW_RECEIVED);
    if (len > SW_MAX_FRAME) {
        count(sw, SW_OVERSIZED);
        return;
    }
    start(&p, &run, frame, len);
    set_ingress_port(&p.h, port);
    set_packet_length(&p.h, len);
    set_ingress_global_timestamp(&p.h, now_us);
    run_ingress(&run, &p, frame, len);
    finish(&run);
}
