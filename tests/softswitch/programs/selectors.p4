// Action profiles and selectors: entries that share actions, and groups that a hash chooses from.
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8> op;
    bit<16> key;
    bit<32> flow;
    bit<4> part;
    bit<12> rest;
    bit<16> port;
    bit<32> answer;
}

struct headers_t {
    request_t request;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.request);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    action answer(bit<32> number) {
        hdr.request.answer = number;
    }
    action forward(bit<9> port, bit<16> mark) {
        standard_metadata.egress_spec = port;
        hdr.request.port = mark;
    }
    action drop() {
        mark_to_drop(standard_metadata);
    }

    direct_counter(CounterType.packets) hits;
    @max_group_size(8)
    action_selector(HashAlgorithm.crc16, 32w64, 32w16) ways;
    table grouped {
        key = {
            hdr.request.key: exact;
            hdr.request.flow: selector;
            hdr.request.part: selector;
            hdr.request.rest: selector;
        }
        actions = { answer; forward; drop; }
        implementation = ways;
        counters = hits;
        size = 16384;
    }

    action_selector(HashAlgorithm.crc32, 32w1024, 32w32) flows;
    table by_prefix {
        key = {
            hdr.request.key: lpm;
            hdr.request.flow: selector;
        }
        actions = { answer; forward; drop; NoAction; }
        implementation = flows;
    }
    table by_mask {
        key = {
            hdr.request.key: ternary;
            hdr.request.flow: selector;
        }
        actions = { answer; NoAction; }
        implementation = flows;
    }

    action_selector(HashAlgorithm.identity, 32w16, 32w32) parts;
    table by_part {
        key = {
            hdr.request.key: exact;
            hdr.request.part: selector;
        }
        actions = { answer; }
        implementation = parts;
    }

    action_selector(HashAlgorithm.csum16, 32w16, 32w16) sums;
    table by_sum {
        key = {
            hdr.request.key: exact;
            hdr.request.flow: selector;
        }
        actions = { answer; }
        implementation = sums;
    }

    action_profile(32w4) shared;
    table one_of_few {
        key = { hdr.request.key: exact; }
        actions = { answer; forward; NoAction; }
        implementation = shared;
    }

    action note(bit<16> mark) {
        hdr.request.port = mark;
    }
    table after {
        actions = { note; }
        default_action = note(0xfff0);
    }

    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.request.op == 1) {
            grouped.apply();
        } else if (hdr.request.op == 2) {
            switch (by_prefix.apply().action_run) {
                answer: { after.apply(); }
                NoAction: { hdr.request.port = 0xfff1; }
            }
        } else if (hdr.request.op == 3) {
            if (!by_mask.apply().hit) {
                hdr.request.port = 0xfff2;
            }
        } else if (hdr.request.op == 4) {
            by_part.apply();
        } else if (hdr.request.op == 5) {
            by_sum.apply();
        } else if (hdr.request.op == 6) {
            one_of_few.apply();
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply { packet.emit(hdr); }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
