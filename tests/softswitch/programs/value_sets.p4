// A value set over two fields: a known pair is accepted as it is, any other is marked.
#include <core.p4>
#include <v1model.p4>

header pair_t { bit<16> port; bit<3> kind; bit<5> mark; }

struct headers_t { pair_t pair; pair_t second; }

struct metadata_t { }

struct known_t { bit<16> port; bit<3> kind; }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    value_set<known_t>(3) known;
    value_set<bit<16>>(2) ports;
    state start {
        packet.extract(hdr.pair);
        transition select(hdr.pair.port, hdr.pair.kind) {
            known: accept;
            (0xffff, 7): accept;
            default: unknown;
        }
    }
    state unknown {
        transition select(hdr.pair.port) {
            ports: second;
            default: accept;
        }
    }
    state second {
        packet.extract(hdr.second);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        if (hdr.second.isValid()) {
            hdr.second.mark = 2;
        }
    }
}

control NoEgress(inout headers_t hdr, inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(P(), NoVerify(), IngressControl(), NoEgress(), NoUpdate(), Emit()) main;
