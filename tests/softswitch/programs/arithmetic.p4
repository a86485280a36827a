// Arithmetic of all kinds and widths: operands come in a header, results leave in another.
#include <core.p4>
#include <v1model.p4>

header operands_t {
    bit<8> a8;
    bit<8> b8;
    int<8> i8;
    int<8> j8;
    bit<13> a13;
    bit<3> b3;
    bit<32> a32;
    bit<32> b32;
    bit<64> a64;
    bit<64> b64;
    bit<128> a128;
    bit<128> b128;
}

header results_t {
    bit<8> sum8;
    bit<8> difference8;
    bit<8> product8;
    bit<8> saturated_sum8;
    bit<8> saturated_difference8;
    bit<8> complement8;
    bit<8> negative8;
    int<8> signed_sum8;
    int<8> signed_shift8;
    int<8> signed_saturated8;
    bit<8> less8;
    bit<8> signed_less8;
    bit<16> concatenation;
    bit<32> sum32;
    bit<32> product32;
    bit<32> shifted_left32;
    bit<32> shifted_right32;
    bit<32> mux32;
    bit<64> sum64;
    bit<64> difference64;
    bit<64> product64;
    bit<64> shifted64;
    bit<128> sum128;
    bit<128> difference128;
    bit<128> product128;
    bit<128> xor128;
    bit<128> shifted128;
    bit<64> slice128;
    bit<8> less128;
    bit<8> quotient8;
    bit<8> remainder8;
}

struct headers_t {
    operands_t operands;
    results_t results;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.operands);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        operands_t o = hdr.operands;
        hdr.results.setValid();
        hdr.results.sum8 = o.a8 + o.b8;
        hdr.results.difference8 = o.a8 - o.b8;
        hdr.results.product8 = o.a8 * o.b8;
        hdr.results.saturated_sum8 = o.a8 |+| o.b8;
        hdr.results.saturated_difference8 = o.a8 |-| o.b8;
        hdr.results.complement8 = ~o.a8;
        hdr.results.negative8 = -o.a8;
        hdr.results.signed_sum8 = o.i8 + o.j8;
        hdr.results.signed_shift8 = o.i8 >> o.b3;
        hdr.results.signed_saturated8 = o.i8 |+| o.j8;
        hdr.results.less8 = o.a8 < o.b8 ? 8w1 : 8w0;
        hdr.results.signed_less8 = o.i8 < o.j8 ? 8w1 : 8w0;
        hdr.results.concatenation = o.a13 ++ o.b3;
        hdr.results.sum32 = o.a32 + o.b32;
        hdr.results.product32 = o.a32 * o.b32;
        hdr.results.shifted_left32 = o.a32 << o.b8;
        hdr.results.shifted_right32 = o.a32 >> o.b8;
        hdr.results.mux32 = (o.a32 ^ o.b32) > 0x80000000 ? o.a32 | 0xff : o.b32 & 0xff00ff00;
        hdr.results.sum64 = o.a64 + o.b64;
        hdr.results.difference64 = o.a64 - o.b64;
        hdr.results.product64 = o.a64 * o.b64;
        hdr.results.shifted64 = (o.a64 << 7) | (o.b64 >> 9);
        hdr.results.sum128 = o.a128 + o.b128;
        hdr.results.difference128 = o.a128 - o.b128;
        hdr.results.product128 = o.a128 * o.b128;
        hdr.results.xor128 = o.a128 ^ ~o.b128;
        hdr.results.shifted128 = (o.a128 << o.b8) | (o.b128 >> o.a8);
        hdr.results.slice128 = o.a128[99:36];
        hdr.results.less128 = o.a128 < o.b128 ? 8w1 : 8w0;
        // The dividend and divisor of BMv2 are constants of the program or powers of two.
        hdr.results.quotient8 = o.a8 / 8;
        hdr.results.remainder8 = o.a8 % 8;
        hdr.operands.setInvalid();
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.operands);
        packet.emit(hdr.results);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
