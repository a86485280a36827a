// A label switch router in small: a stack of labels, a look at what lies below it, a flow hash.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> ether_type;
}

header label_t {
    bit<20> label;
    bit<3> traffic_class;
    bit<1> bottom;
    bit<8> ttl;
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
    ethernet_t ethernet;
    label_t[4] labels;
    ipv4_t ipv4;
}

struct metadata_t {
    bool pipe;
    bit<8> ttl;
    bit<16> flow;
    bit<32> long_flow;
    bit<2> depth;
}

error { NotIp }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            0x8847: label;
            0x0800: ipv4;
            default: accept;
        }
    }
    state label {
        packet.extract(hdr.labels.next);
        transition select(hdr.labels.last.bottom, packet.lookahead<bit<4>>()) {
            (0, _): label;
            (1, 4): ipv4;
            default: accept;
        }
    }
    state ipv4 {
        packet.extract(hdr.ipv4);
        verify(hdr.ipv4.version == 4, error.NotIp);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    direct_counter(CounterType.packets_and_bytes) label_packets;

    action uniform() { meta.pipe = false; }
    action pipe() { meta.pipe = true; }
    table ttl_mode {
        actions = { uniform; pipe; }
        default_action = uniform();
    }

    action drop() { mark_to_drop(standard_metadata); }
    action swap(bit<20> label) {
        label_packets.count();
        hdr.labels[0].label = label;
        hdr.labels[0].ttl = meta.ttl;
        standard_metadata.egress_spec = 2;
    }
    action pop() {
        label_packets.count();
        hdr.labels.pop_front(1);
        standard_metadata.egress_spec = 3;
    }
    action push(bit<20> label) {
        label_packets.count();
        hdr.labels[0].ttl = meta.ttl;
        hdr.labels.push_front(1);
        hdr.labels[0].setValid();
        hdr.labels[0] = { label, hdr.labels[1].traffic_class, 0, 255 };
        standard_metadata.egress_spec = 4;
    }
    table label_route {
        key = {
            hdr.labels[0].label: exact;
            hdr.labels[1].isValid(): exact;
        }
        actions = { swap; pop; push; drop; }
        default_action = drop();
        counters = label_packets;
        size = 1024;
    }

    action via(bit<9> port) { standard_metadata.egress_spec = port; }
    action via_label(bit<9> port, bit<20> label) {
        hdr.labels.push_front(1);
        hdr.labels[0].setValid();
        hdr.labels[0] = { label, hdr.ipv4.tos[7:5], 1, hdr.ipv4.ttl };
        hdr.ethernet.ether_type = 0x8847;
        standard_metadata.egress_spec = port;
    }
    table flow_route {
        key = {
            meta.flow[1:0]: exact;
            meta.long_flow[0:0]: ternary;
        }
        actions = { via; via_label; drop; }
        default_action = drop();
    }

    apply {
        ttl_mode.apply();
        if (standard_metadata.parser_error != error.NoError) {
            drop();
        } else if (hdr.labels[0].isValid()) {
            meta.ttl = hdr.labels[0].ttl |-| 1;
            label_route.apply();
            if (!hdr.labels[0].isValid() && hdr.ipv4.isValid()) {
                hdr.ethernet.ether_type = 0x0800;
                if (!meta.pipe && meta.ttl < hdr.ipv4.ttl) {
                    hdr.ipv4.ttl = meta.ttl;
                }
            } else if (!meta.pipe && standard_metadata.egress_spec == 3) {
                hdr.labels[0].ttl = meta.ttl;
            }
        } else if (hdr.ipv4.isValid()) {
            hash(meta.flow, HashAlgorithm.crc16, 16w0,
                 { hdr.ipv4.source, hdr.ipv4.destination, hdr.ipv4.protocol }, 32w65536);
            hash(meta.long_flow, HashAlgorithm.crc32, 32w7,
                 { hdr.ipv4.source, hdr.ipv4.destination }, 32w1000);
            flow_route.apply();
        } else {
            drop();
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control Update(inout headers_t hdr, inout metadata_t meta) {
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
    apply { packet.emit(hdr); }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), Update(), Emit()) main;
