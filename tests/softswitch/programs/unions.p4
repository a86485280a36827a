// Header unions, stacks of them, and stacks of headers with varbits. The first octet says what to do.
#include <core.p4>
#include <v1model.p4>

const bit<8> WIDEN = 1;      // a byte: a short instead, of the same value
const bit<8> EMPTY = 2;      // a short: none
const bit<8> PUSH = 3;       // a byte and a short: one more in front, empty
const bit<8> POP = 4;        // a byte and a short: the first one less
const bit<8> COPY = 5;       // a short: copied to the end
const bit<8> COMPARE = 6;    // two options: "same" is 1 if they are equal
const bit<8> REPLACE = 7;    // a byte: by a short of another header

header order_t { bit<8> order; bit<8> same; }
header byte_t { bit<8> data; }
header short_t { bit<16> data; }
header option_t { bit<8> octets; varbit<32> text; }

header_union value_t {
    byte_t byte;
    short_t short;
}

struct headers_t {
    order_t order;
    value_t one;
    value_t[3] many;
    option_t[2] options;
    value_t copy;
    short_t plain;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.order);
        transition select(hdr.order.order) {
            WIDEN: one_byte;
            REPLACE: one_byte;
            EMPTY: one_short;
            COPY: one_short;
            PUSH: byte_and_short;
            POP: byte_and_short;
            COMPARE: first_option;
            default: accept;
        }
    }
    state one_byte {
        packet.extract(hdr.one.byte);
        transition accept;
    }
    state one_short {
        packet.extract(hdr.one.short);
        transition accept;
    }
    state byte_and_short {
        packet.extract(hdr.many.next.byte);
        packet.extract(hdr.many.next.short);
        transition accept;
    }
    state first_option {
        packet.extract(hdr.options.next, (bit<32>)packet.lookahead<bit<8>>() * 8);
        transition second_option;
    }
    state second_option {
        packet.extract(hdr.options.next, (bit<32>)packet.lookahead<bit<8>>() * 8);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.order.order == WIDEN) {
            bit<16> data = (bit<16>)hdr.one.byte.data;
            hdr.one.short.setValid();
            hdr.one.short.data = data;
        } else if (hdr.order.order == EMPTY) {
            hdr.one.short.setInvalid();
        } else if (hdr.order.order == PUSH) {
            hdr.many.push_front(1);
        } else if (hdr.order.order == POP) {
            hdr.many.pop_front(1);
        } else if (hdr.order.order == COPY) {
            hdr.copy = hdr.one;
        } else if (hdr.order.order == REPLACE) {
            hdr.plain.setValid();
            hdr.plain.data = 0xcafe;
            hdr.one.short = hdr.plain;
            hdr.plain.setInvalid();
        } else if (hdr.order.order == COMPARE) {
            hdr.order.same = hdr.options[0] == hdr.options[1] ? 8w1 : 8w0;
        }
        if (!hdr.one.isValid() && !hdr.many[0].short.isValid() && !hdr.many[2].short.isValid()) {
            standard_metadata.egress_spec = 2;
        }
    }
}

control NoEgress(inout headers_t hdr, inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(P(), NoVerify(), IngressControl(), NoEgress(), NoUpdate(), Emit()) main;
