/* What few programs use: ranges and registers of more than 128 bits, loops, queues,
 * a hash over a struct within a tuple, and statements in the deparser. */
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8> op;
    bit<8> n;
    bit<160> value;
    bit<160> answer;
}

struct headers_t {
    request_t request;
}

struct pair_t {
    bit<8> first;
    bit<8> second;
}

struct metadata_t { }

const bit<8> CLASSIFY = 1;
const bit<8> WRITE = 2;
const bit<8> READ = 3;
const bit<8> SUM = 4;
const bit<8> QUEUE = 5;
const bit<8> HASH = 6;

parser corners_parser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.request);
        transition accept;
    }
}

control no_verify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    register<bit<160>>(4) cells;

    action classify(bit<8> class) {
        hdr.request.n = class;
    }

    /* its key crosses the ends of two machine words */
    table classes {
        key = { hdr.request.value: range @name("value"); }
        actions = { classify; }
        const entries = {
            160w5 .. 160w9: classify(1);
            160w8 .. 160w0x1_0000_0000_0000_0000: classify(2);
            160w0x1_0000_0000_0000_0000_0000_0000_0000_0000 .. 160w0x1_ffff_0000_0000_0000_0000_0000_0000_0001: classify(3);
        }
        const default_action = classify(0xff);
    }

    action sum() {
        for (bit<8> i = 0; i < hdr.request.n; i = i + 1) {
            if (i == 3) {
                continue;
            }
            if (i == 10) {
                break;
            }
            hdr.request.answer = hdr.request.answer + (bit<160>)i;
        }
    }

    apply {
        std.egress_spec = 2;
        if (hdr.request.op == CLASSIFY) {
            classes.apply();
        } else if (hdr.request.op == WRITE) {
            cells.write((bit<32>)hdr.request.n, hdr.request.value);
        } else if (hdr.request.op == READ) {
            cells.read(hdr.request.answer, (bit<32>)hdr.request.n);
        } else if (hdr.request.op == SUM) {
            sum();
        } else if (hdr.request.op == QUEUE) {
            std.priority = (bit<3>)hdr.request.n;
        } else if (hdr.request.op == HASH) {
            bit<16> result;
            tuple<bit<8>, pair_t> input = { hdr.request.n, { hdr.request.n + 1, 4 } };
            hash(result, HashAlgorithm.crc16, 16w0, input, 32w0x10000);
            hdr.request.answer = (bit<160>)result;
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control no_update(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control corners_deparser(packet_out packet, in headers_t hdr) {
    apply {
        log_msg("leaves with {}", { hdr.request.n });
        assert(hdr.request.op != 0);
        packet.emit(hdr.request);
    }
}

V1Switch(corners_parser(), no_verify(), ingress(), egress(), no_update(), corners_deparser()) main;
