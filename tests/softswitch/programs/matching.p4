// Every match kind, constant entries, hit and miss, switch on the action that ran, exit.
#include <core.p4>
#include <v1model.p4>

header query_t {
    bit<8> table_number;
    bit<32> address;
    bit<16> port;
    bit<128> wide;
    bit<16> answer;
    bit<16> trail;
}

struct headers_t {
    query_t query;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.query);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    action answer(bit<16> number) {
        hdr.query.answer = number;
    }
    action answer_and_exit(bit<16> number) {
        hdr.query.answer = number;
        exit;
    }
    action answer_wide(bit<128> number) {
        hdr.query.wide = number;
    }

    table exact_match {
        key = { hdr.query.address: exact; hdr.query.port: exact; }
        actions = { answer; answer_and_exit; NoAction; }
        size = 4;
    }
    table lpm_match {
        key = { hdr.query.port: exact; hdr.query.address: lpm; }
        actions = { answer; NoAction; }
    }
    table ternary_match {
        key = { hdr.query.address: ternary; hdr.query.port: optional; }
        actions = { answer; NoAction; }
    }
    table range_match {
        key = { hdr.query.port: range; hdr.query.address: ternary; }
        actions = { answer; NoAction; }
    }
    table wide_match {
        key = { hdr.query.wide: exact; hdr.query.port: exact; }
        actions = { answer_wide; NoAction; }
    }
    table constant_match {
        key = { hdr.query.address: ternary; }
        actions = { answer; NoAction; }
        const entries = {
            0x0a000001 &&& 0xffffffff: answer(1);
            0x0a000000 &&& 0xff000000: answer(2);
            0x00000000 &&& 0x80000000: answer(3);
        }
    }
    table constant_lpm {
        key = { hdr.query.address: lpm; }
        actions = { answer; NoAction; }
        const entries = {
            0x0a000000 &&& 0xff000000: answer(8);
            0x0a010000 &&& 0xffff0000: answer(16);
        }
    }
    table no_key {
        actions = { answer; NoAction; }
        default_action = answer(77);
    }

    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.query.table_number == 1) {
            if (exact_match.apply().hit) {
                hdr.query.trail = 1;
            } else {
                hdr.query.trail = 2;
            }
        } else if (hdr.query.table_number == 2) {
            switch (lpm_match.apply().action_run) {
                answer: { hdr.query.trail = 3; }
                default: { hdr.query.trail = 4; }
            }
        } else if (hdr.query.table_number == 3) {
            ternary_match.apply();
        } else if (hdr.query.table_number == 4) {
            range_match.apply();
        } else if (hdr.query.table_number == 5) {
            wide_match.apply();
        } else if (hdr.query.table_number == 6) {
            constant_match.apply();
        } else if (hdr.query.table_number == 7) {
            constant_lpm.apply();
        } else if (hdr.query.table_number == 8) {
            no_key.apply();
        }
        hdr.query.table_number = 0xff;
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.query);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
