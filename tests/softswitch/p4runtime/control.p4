/* One table of every kind that P4Runtime knows, and one array of every kind: what the tests of the
 * control side write and read. Packets matter little here; those that do anything are told by their
 * destination address. */
#include <core.p4>
#include <v1model.p4>

const bit<9> CPU_PORT = 510;
const bit<16> TYPE_IPV4 = 0x0800;

@controller_header("packet_in")
header packet_in_t {
    bit<9> ingress_port;
    bit<7> reason;
    bit<16> group;
}

@controller_header("packet_out")
header packet_out_t {
    bit<1> submit;
    bit<9> egress_port;
    bit<6> padding;
}

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> type;
}

header ipv4_t {
    bit<64> skipped;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    bit<32> src;
    bit<32> dst;
}

struct headers_t {
    packet_in_t packet_in;
    packet_out_t packet_out;
    ethernet_t ethernet;
    ipv4_t ipv4;
}

struct metadata_t {
    bit<2> color;
    bit<2> port_color;
    bit<32> value;
}

parser switch_parser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                     inout standard_metadata_t std) {
    state start {
        transition select(std.ingress_port) {
            CPU_PORT: parse_packet_out;
            default: parse_ethernet;
        }
    }
    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition parse_ethernet;
    }
    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.type) {
            TYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }
    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        transition accept;
    }
}

control no_verify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    direct_counter(CounterType.packets_and_bytes) route_counter;
    direct_meter<bit<2>>(MeterType.packets) acl_meter;
    counter(4, CounterType.packets_and_bytes) port_counter;
    meter(3, MeterType.bytes) port_meter;
    register<bit<32>>(2) last_value;

    action drop() {
        mark_to_drop(std);
    }

    action forward(bit<9> port) {
        std.egress_spec = port;
    }

    action replicate(bit<16> group) {
        std.mcast_grp = group;
    }

    action punt(bit<7> reason) {
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = std.ingress_port;
        hdr.packet_in.reason = reason;
        hdr.packet_in.group = 0xabc;
        std.egress_spec = CPU_PORT;
    }

    action police() {
        acl_meter.read(meta.color);
    }

    action set_value(bit<32> value) {
        meta.value = value;
    }

    /* exact match */
    table stations {
        key = { hdr.ethernet.dst: exact; }
        actions = { forward; replicate; punt; @defaultonly drop; }
        default_action = drop();
        size = 4;
    }

    /* longest prefix, with a direct counter */
    table routes {
        key = { hdr.ipv4.dst: lpm; }
        actions = { forward; @tableonly replicate; NoAction; }
        default_action = NoAction();
        counters = route_counter;
        size = 1024;
    }

    /* ternary, range and optional, with a direct meter */
    table acl {
        key = {
            hdr.ipv4.src: ternary;
            hdr.ipv4.ttl: range;
            hdr.ipv4.protocol: optional;
        }
        actions = { police; NoAction; }
        const default_action = NoAction();
        meters = acl_meter;
        size = 64;
    }

    /* entries of the program */
    table classes {
        key = { hdr.ipv4.protocol: exact; }
        actions = { set_value; NoAction; }
        const default_action = NoAction();
        const entries = {
            6: set_value(600);
            17: set_value(1700);
        }
    }

    apply {
        if (hdr.packet_out.isValid() && hdr.packet_out.submit == 0) {
            std.egress_spec = hdr.packet_out.egress_port;
        } else {
            stations.apply();
        }
        hdr.packet_out.setInvalid();
        if (hdr.ipv4.isValid()) {
            routes.apply();
            acl.apply();
            classes.apply();
            port_counter.count((bit<32>)std.ingress_port & 3);
            port_meter.execute_meter((bit<32>)std.ingress_port & 1, meta.port_color);
            last_value.write(0, meta.value);
            if (meta.color == 2 || meta.port_color == 2) {
                mark_to_drop(std);
            }
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control no_update(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control switch_deparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.ipv4);
    }
}

V1Switch(switch_parser(), no_verify(), ingress(), egress(), no_update(), switch_deparser()) main;
