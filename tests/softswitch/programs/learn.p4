// An L2 switch that tells its controller of unknown sources, in a digest.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> ether_type;
}

struct headers_t { ethernet_t ethernet; }

struct metadata_t { }

struct station_t {
    bit<48> address;
    bit<9> port;
    bool group;
}

const bit<16> PAIR = 0x8888;

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    action learn() {
        digest<station_t>(1, { hdr.ethernet.source, standard_metadata.ingress_port,
                               hdr.ethernet.source[40:40] == 1 });
    }
    action forward(bit<9> port) { standard_metadata.egress_spec = port; }
    action flood() { standard_metadata.mcast_grp = 1; }

    table sources {
        key = { hdr.ethernet.source: exact; standard_metadata.ingress_port: exact; }
        actions = { learn; NoAction; }
        default_action = learn();
        size = 1024;
    }
    table destinations {
        key = { hdr.ethernet.destination: exact; }
        actions = { forward; flood; }
        default_action = flood();
        size = 1024;
    }
    apply {
        sources.apply();
        if (hdr.ethernet.ether_type == PAIR) {
            digest(1, { hdr.ethernet.destination, hdr.ethernet.ether_type });
        }
        destinations.apply();
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    apply {
        if (standard_metadata.egress_port == standard_metadata.ingress_port) {
            mark_to_drop(standard_metadata);
        }
    }
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
