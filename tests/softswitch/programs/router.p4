// A small router: VLAN tags, longest prefix match, checksums, counters, packet-in by clone.
#include <core.p4>
#include <v1model.p4>

const bit<9> CPU_PORT = 510;
const bit<32> CPU_SESSION = 7;

@controller_header("packet_in")
header packet_in_t {
    bit<9> ingress_port;
    bit<7> reason;
}

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> ether_type;
}

header vlan_t {
    bit<3> priority;
    bit<1> drop_eligible;
    bit<12> vlan;
    bit<16> ether_type;
}

header ipv4_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> tos;
    bit<16> total_length;
    bit<16> identification;
    bit<3> flags;
    bit<13> fragment_offset;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    bit<32> source;
    bit<32> destination;
}

struct headers_t {
    packet_in_t packet_in;
    ethernet_t ethernet;
    vlan_t vlan;
    ipv4_t ipv4;
}

struct metadata_t {
    @field_list(1)
    bit<9> ingress_port;
    @field_list(1)
    bit<7> reason;
    bit<12> vrf;
}

parser RouterParser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                    inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            0x8100: vlan;
            0x0800: ipv4;
            default: accept;
        }
    }
    state vlan {
        packet.extract(hdr.vlan);
        transition select(hdr.vlan.ether_type) {
            0x0800: ipv4;
            default: accept;
        }
    }
    state ipv4 {
        transition select(packet.lookahead<bit<4>>()) {
            4: ipv4_header;
            default: accept;
        }
    }
    state ipv4_header {
        packet.extract(hdr.ipv4);
        verify(hdr.ipv4.ihl == 5, error.HeaderTooShort);
        transition accept;
    }
}

control VerifyIpv4(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.ipv4.isValid(),
                        { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_length,
                          hdr.ipv4.identification, hdr.ipv4.flags, hdr.ipv4.fragment_offset,
                          hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.source,
                          hdr.ipv4.destination },
                        hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    direct_counter(CounterType.packets_and_bytes) route_counter;
    counter(4, CounterType.packets_and_bytes) drops;

    action set_vrf(bit<12> vrf) {
        meta.vrf = vrf;
    }
    table vrf_of {
        key = {
            standard_metadata.ingress_port: exact;
            hdr.vlan.isValid(): exact;
            hdr.vlan.vlan: ternary;
        }
        actions = { set_vrf; NoAction; }
        default_action = NoAction();
    }

    action forward(bit<48> next_hop, bit<9> port) {
        route_counter.count();
        hdr.ethernet.source = hdr.ethernet.destination;
        hdr.ethernet.destination = next_hop;
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
        standard_metadata.egress_spec = port;
    }
    action drop() {
        drops.count(1);
        mark_to_drop(standard_metadata);
    }
    table routes {
        key = {
            meta.vrf: exact;
            hdr.ipv4.destination: lpm;
        }
        actions = { forward; drop; }
        default_action = drop();
        counters = route_counter;
        size = 1024;
    }

    action punt(bit<7> reason) {
        meta.ingress_port = standard_metadata.ingress_port;
        meta.reason = reason;
        clone_preserving_field_list(CloneType.I2E, CPU_SESSION, 1);
        mark_to_drop(standard_metadata);
    }

    apply {
        if (standard_metadata.parser_error != error.NoError) {
            drops.count(2);
            mark_to_drop(standard_metadata);
        } else if (standard_metadata.checksum_error == 1) {
            drops.count(3);
            mark_to_drop(standard_metadata);
        } else {
            vrf_of.apply();
            if (!hdr.ipv4.isValid()) {
                punt(1);
            } else if (hdr.ipv4.ttl <= 1) {
                punt(2);
            } else {
                routes.apply();
            }
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    apply {
        if (standard_metadata.egress_port == CPU_PORT) {
            hdr.packet_in.setValid();
            hdr.packet_in.ingress_port = meta.ingress_port;
            hdr.packet_in.reason = meta.reason;
        }
    }
}

control UpdateIpv4(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.ipv4.isValid(),
                        { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_length,
                          hdr.ipv4.identification, hdr.ipv4.flags, hdr.ipv4.fragment_offset,
                          hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.source,
                          hdr.ipv4.destination },
                        hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.vlan);
        packet.emit(hdr.ipv4);
    }
}

V1Switch(RouterParser(), VerifyIpv4(), IngressControl(), EgressControl(), UpdateIpv4(), Emit()) main;
