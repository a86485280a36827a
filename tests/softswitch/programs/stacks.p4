// Header stacks: a label stack that is parsed in a loop, pushed, popped, swapped and indexed.
#include <core.p4>
#include <v1model.p4>

header command_t {
    bit<8> op;
    bit<8> argument;
    bit<16> answer;
}

header label_t {
    bit<20> label;
    bit<3> traffic_class;
    bit<1> bottom;
    bit<8> ttl;
}

struct headers_t {
    command_t command;
    label_t[4] labels;
}

struct metadata_t {
    bit<8> depth;
}

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.command);
        meta.depth = 0;
        transition label;
    }
    state label {
        packet.extract(hdr.labels.next);
        meta.depth = meta.depth + 1;
        transition select(hdr.labels.last.bottom) {
            0: label;
            1: accept;
        }
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        if (standard_metadata.parser_error != error.NoError) {
            hdr.command.answer = 0xee00;
            if (standard_metadata.parser_error == error.StackOutOfBounds) {
                hdr.command.answer = 0xee01;
            } else if (standard_metadata.parser_error == error.PacketTooShort) {
                hdr.command.answer = 0xee02;
            }
        } else if (hdr.command.op == 1) {
            hdr.labels.pop_front(1);
        } else if (hdr.command.op == 2) {
            hdr.labels.push_front(2);
            hdr.labels[0].setValid();
            hdr.labels[0] = { 0xabcde, 5, 0, 64 };
            hdr.labels[1].setValid();
            hdr.labels[1].label = hdr.labels[2].label + 1;
        } else if (hdr.command.op == 3) {
            label_t first = hdr.labels[0];
            hdr.labels[0] = hdr.labels[1];
            hdr.labels[1] = first;
        } else if (hdr.command.op == 4) {
            hdr.command.answer = (bit<16>)hdr.labels[hdr.command.argument[1:0]].ttl;
        } else if (hdr.command.op == 5) {
            hdr.labels[hdr.command.argument[1:0]].ttl = 7;
        } else if (hdr.command.op == 6) {
            hdr.command.answer = 8w0 ++ meta.depth;
            hdr.labels[3].setInvalid();
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.command);
        packet.emit(hdr.labels);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
