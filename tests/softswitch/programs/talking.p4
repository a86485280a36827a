/* Says what it is told to say: in the parser, in ingress and in egress, of values of every sort. A
 * request that asks for something impossible fails an assertion. */
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8> op;
    bit<16> small;
    int<16> signed;
    bit<128> large;
}

header wide_t {
    bit<256> value;
}

struct headers_t {
    request_t request;
    wide_t wide;
}

struct metadata_t { }

const bit<8> TALK = 1;
const bit<8> ESCAPE = 2;
const bit<8> ASSERT = 3;
const bit<8> ASSUME = 4;
const bit<8> EGRESS = 5;
const bit<8> WIDE = 6;

parser talking_parser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.request);
        transition select(hdr.request.op) {
            WIDE: parse_wide;
            default: accept;
        }
    }
    state parse_wide {
        packet.extract(hdr.wide);
        log_msg("parsed {}", { hdr.wide.value });
        transition accept;
    }
}

control no_verify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    register<bit<16>>(1) after;
    bit<16> count;
    apply {
        std.egress_spec = 2;
        if (hdr.request.op == TALK) {
            log_msg("heard");
            log_msg("small {} signed {} large {} sum {} valid {}",
                    { hdr.request.small, hdr.request.signed, hdr.request.large,
                      hdr.request.small + 1, hdr.wide.isValid() });
        } else if (hdr.request.op == ESCAPE) {
            log_msg("a \\{plain\\} brace, 100%, {:x}", { hdr.request.small });
        } else if (hdr.request.op == ASSERT) {
            assert(hdr.request.small == 7);
            after.read(count, 0);
            after.write(0, count + 1);
        } else if (hdr.request.op == ASSUME) {
            assume(hdr.request.signed > 0);
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.request.op == EGRESS) {
            log_msg("leaves on {}", { std.egress_port });
            assert(hdr.request.small == 7);
        }
    }
}

control no_update(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control talking_deparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(talking_parser(), no_verify(), ingress(), egress(), no_update(), talking_deparser()) main;
