/* What p4c compiles and BMv2 does not run: a select by the index of the last element of a stack, a key
 * in an element by a computed index, value sets that match by masks, signed numbers in registers and
 * digests (which its P4Runtime does not know). And a loop that does not end. */
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8> op;
    bit<8> n;
}

header item_t {
    bit<8> kind;
    bit<8> value;
}

struct headers_t {
    request_t request;
    item_t[4] items;
    item_t special;
}

struct sum_t {
    int<12> sum;
    bit<8> added;
}

struct metadata_t { }

struct kinds_t {
    @match(ternary) bit<8> kind;
    @match(range) bit<8> value;
}

struct others_t {
    @match(lpm) bit<8> kind;
    @match(optional) bit<8> value;
}

const bit<8> STACK = 1;
const bit<8> FOREVER = 2;
const bit<8> SET = 3;
const bit<8> OTHER_SET = 4;
const bit<8> SIGNED = 5;

parser beyond_parser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                     inout standard_metadata_t std) {
    value_set<kinds_t>(3) kinds;
    value_set<others_t>(3) others;

    state start {
        packet.extract(hdr.request);
        transition select(hdr.request.op) {
            STACK: parse_item;
            SET: parse_special;
            OTHER_SET: parse_other;
            default: accept;
        }
    }
    state parse_item {
        packet.extract(hdr.items.next);
        transition select(hdr.items.lastIndex) {
            0 .. 1: parse_item;
            2: accept;
        }
    }
    state parse_special {
        item_t ahead = packet.lookahead<item_t>();
        transition select(ahead.kind, ahead.value) {
            kinds: take;
            default: accept;
        }
    }
    state parse_other {
        item_t ahead = packet.lookahead<item_t>();
        transition select(ahead.kind, ahead.value) {
            others: take;
            default: accept;
        }
    }
    state take {
        packet.extract(hdr.special);
        transition accept;
    }
}

control no_verify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    register<int<12>>(2) cells;

    action found(bit<8> n) {
        hdr.request.n = n;
    }

    table values {
        key = { hdr.items[hdr.request.n].value: exact @name("value"); }
        actions = { found; }
        const entries = {
            0x11: found(0xa1);
            0x22: found(0xa2);
        }
        const default_action = found(0xff);
    }

    action forever() {
        for (; hdr.request.n != 0; ) {
            hdr.request.n = hdr.request.n | 1;
        }
    }

    apply {
        std.egress_spec = 2;
        if (hdr.request.op == STACK) {
            values.apply();
        } else if (hdr.request.op == FOREVER) {
            forever();
        } else if (hdr.request.op == SIGNED) {
            int<12> value;
            cells.read(value, 0);
            value = value + (int<12>)(bit<12>)hdr.request.n;
            cells.write(0, value);
            digest<sum_t>(1, { value, hdr.request.n });
        } else if (hdr.special.isValid()) {
            hdr.request.n = 1;
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control no_update(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control beyond_deparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(beyond_parser(), no_verify(), ingress(), egress(), no_update(), beyond_deparser()) main;
