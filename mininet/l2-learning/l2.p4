// An Ethernet switch that learns. A source that is not known at its port is told to the controller in
// a digest; a destination that is not known is flooded. Both tables are the controller's to fill: it
// makes of one digest an entry in each.
#include <core.p4>
#include <v1model.p4>

typedef bit<48> mac_t;
typedef bit<9> port_t;

const bit<16> ALL_PORTS = 1; // the multicast group that floods

header ethernet_t {
    mac_t destination;
    mac_t source;
    bit<16> ether_type;
}

struct headers_t { ethernet_t ethernet; }

struct metadata_t { }

struct station_t {
    mac_t address;
    port_t port;
}

parser EthernetParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Bridge(inout headers_t hdr, inout metadata_t meta,
               inout standard_metadata_t standard_metadata) {
    action tell() {
        digest<station_t>(1, { hdr.ethernet.source, standard_metadata.ingress_port });
    }
    action forward(port_t port) { standard_metadata.egress_spec = port; }
    action flood() { standard_metadata.mcast_grp = ALL_PORTS; }

    // The port is part of the key: a station that moves is a miss again.
    table sources {
        key = { hdr.ethernet.source: exact; standard_metadata.ingress_port: exact; }
        actions = { tell; NoAction; }
        const default_action = tell();
        size = 4096;
    }
    table destinations {
        key = { hdr.ethernet.destination: exact; }
        actions = { forward; flood; }
        const default_action = flood();
        size = 4096;
    }
    apply {
        if (!hdr.ethernet.isValid()) {
            mark_to_drop(standard_metadata);
            return;
        }
        sources.apply();
        destinations.apply();
    }
}

control NeverBack(inout headers_t hdr, inout metadata_t meta,
                  inout standard_metadata_t standard_metadata) {
    apply {
        if (standard_metadata.egress_port == standard_metadata.ingress_port) {
            mark_to_drop(standard_metadata);
        }
    }
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }

V1Switch(EthernetParser(), NoVerify(), Bridge(), NeverBack(), NoUpdate(), Emit()) main;
