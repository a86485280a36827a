// Packets that go around: resubmitted, recirculated, cloned at egress, truncated, and one that never
// stops.
#include <core.p4>
#include <v1model.p4>

header what_t {
    bit<8> kind;
    bit<8> rounds;
    bit<8> note;
    bit<8> seen;
}

struct headers_t {
    what_t what;
}

struct metadata_t {
    @field_list(1, 2)
    bit<8> rounds;
    @field_list(2)
    bit<8> note;
}

const bit<8> RESUBMIT = 1;
const bit<8> RECIRCULATE = 2;
const bit<8> CLONE = 3;
const bit<8> TRUNCATE = 4;
const bit<8> FOREVER = 5;

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.what);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 2;
        hdr.what.seen = hdr.what.seen + 1;
        if (hdr.what.kind == RESUBMIT) {
            hdr.what.rounds = meta.rounds;
            hdr.what.note = meta.note;
            if (meta.rounds < 3) {
                meta.rounds = meta.rounds + 1;
                meta.note = 0x77;
                resubmit_preserving_field_list(1);
            }
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    apply {
        if (hdr.what.kind == RECIRCULATE) {
            hdr.what.rounds = meta.rounds;
            hdr.what.note = meta.note;
            if (meta.rounds < 3) {
                meta.rounds = meta.rounds + 1;
                meta.note = meta.note + 0x11;
                recirculate_preserving_field_list(2);
            }
        } else if (hdr.what.kind == CLONE) {
            if (standard_metadata.instance_type == 2) {
                hdr.what.note = meta.note;
                hdr.what.rounds = (bit<8>)standard_metadata.egress_rid;
            } else {
                meta.note = 0x55;
                hdr.what.seen = 0xaa;
                clone_preserving_field_list(CloneType.E2E, 9, 2);
            }
        } else if (hdr.what.kind == TRUNCATE) {
            truncate((bit<32>)hdr.what.rounds);
        } else if (hdr.what.kind == FOREVER) {
            recirculate_preserving_field_list(2);
        }
    }
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.what);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
