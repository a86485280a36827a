// Numbers of more than 128 bits: arithmetic, slices, comparisons, keys, arguments, a hash.
#include <core.p4>
#include <v1model.p4>

typedef bit<192> wide_t;

header order_t { bit<8> order; bit<8> answer; }
header operands_t { wide_t a; wide_t b; }

struct headers_t {
    order_t order;
    operands_t operands;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.order);
        transition select(packet.lookahead<wide_t>()) {
            0xffffffffffffffffffffffffffffffffffffffffffffffff: accept;
            default: operands;
        }
    }
    state operands {
        packet.extract(hdr.operands);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    action add() { hdr.operands.a = hdr.operands.a + hdr.operands.b; }
    action subtract() { hdr.operands.a = hdr.operands.a - hdr.operands.b; }
    action multiply() { hdr.operands.a = hdr.operands.a * hdr.operands.b; }
    action add_saturating() { hdr.operands.a = hdr.operands.a |+| hdr.operands.b; }
    action subtract_saturating() { hdr.operands.a = hdr.operands.a |-| hdr.operands.b; }
    action combine() {
        hdr.operands.a = (hdr.operands.a & hdr.operands.b) | (hdr.operands.a ^ ~hdr.operands.b);
    }
    action negate() { hdr.operands.a = -hdr.operands.a; }
    action shift() {
        hdr.operands.a = hdr.operands.a << (bit<8>)hdr.operands.b;
        hdr.operands.b = hdr.operands.b >> 68;
    }
    action signed_shift() {
        hdr.operands.a = (wide_t)((int<192>)hdr.operands.a >> 100);
    }
    action slice() {
        hdr.order.answer = hdr.operands.a[171:164];
        hdr.operands.b[159:0] = hdr.operands.a[99:0] ++ hdr.operands.a[191:132];
    }
    action saturate_signed() {
        hdr.operands.a = (wide_t)((int<192>)hdr.operands.a |+| (int<192>)hdr.operands.b);
    }
    action replace(wide_t by) { hdr.operands.a = by; }
    action answer(bit<8> by) { hdr.order.answer = by; }
    action digest_of() {
        hash(hdr.operands.b, HashAlgorithm.crc32, 32w0, { hdr.operands.a, 200w0xabc }, 64w0x100000000);
    }
    table orders {
        key = { hdr.order.order: exact; }
        actions = {
            add; subtract; multiply; add_saturating; subtract_saturating; combine; negate; shift;
            signed_shift; slice; saturate_signed; digest_of; @defaultonly NoAction;
        }
        const default_action = NoAction();
        const entries = {
            1: add();
            2: subtract();
            3: multiply();
            4: add_saturating();
            5: subtract_saturating();
            6: combine();
            7: negate();
            8: shift();
            9: signed_shift();
            10: slice();
            11: saturate_signed();
            12: digest_of();
        }
    }
    table known {
        key = { hdr.operands.a: exact; }
        actions = { replace; @defaultonly NoAction; }
        default_action = NoAction();
    }
    table ranges {
        key = { hdr.operands.a: lpm; }
        actions = { answer; @defaultonly NoAction; }
        default_action = NoAction();
    }
    table patterns {
        key = { hdr.operands.b: ternary; hdr.order.order: ternary; }
        actions = { answer; @defaultonly NoAction; }
        default_action = NoAction();
    }
    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.order.order == 20) {
            if (hdr.operands.a < hdr.operands.b) {
                hdr.order.answer = 1;
            }
            if ((int<192>)hdr.operands.a < (int<192>)hdr.operands.b) {
                hdr.order.answer = hdr.order.answer + 2;
            }
            if (hdr.operands.a == hdr.operands.b) {
                hdr.order.answer = hdr.order.answer + 4;
            }
        } else if (hdr.order.order == 21) {
            known.apply();
        } else if (hdr.order.order == 22) {
            ranges.apply();
        } else if (hdr.order.order > 22) {
            patterns.apply();
        } else {
            orders.apply();
        }
    }
}

control NoEgress(inout headers_t hdr, inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(P(), NoVerify(), IngressControl(), NoEgress(), NoUpdate(), Emit()) main;
