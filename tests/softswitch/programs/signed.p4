// Numbers with a sign as keys: of a select, and of tables beside other fields.
#include <core.p4>
#include <v1model.p4>

header numbers_t { int<8> a; int<8> b; bit<8> answer; }

struct headers_t { numbers_t numbers; }

struct metadata_t { bit<8> sign; }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.numbers);
        transition select(hdr.numbers.a, hdr.numbers.b) {
            (3, _): three;
            (0x40 &&& 0x40, 5): masked;
            default: accept;
        }
    }
    state three {
        meta.sign = 0x10;
        transition accept;
    }
    state masked {
        meta.sign = 0x20;
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    action answer(bit<8> by) { hdr.numbers.answer = meta.sign | by; }
    table pairs {
        key = { hdr.numbers.a: exact; hdr.numbers.b: exact; }
        actions = { answer; }
        default_action = answer(0);
    }
    table masks {
        key = { hdr.numbers.a & 0x70: exact @name("masked"); hdr.numbers.b: exact; }
        actions = { answer; }
        default_action = answer(0);
    }
    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.numbers.b == 6) {
            masks.apply();
        } else {
            pairs.apply();
        }
    }
}

control NoEgress(inout headers_t hdr, inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(P(), NoVerify(), IngressControl(), NoEgress(), NoUpdate(), Emit()) main;
