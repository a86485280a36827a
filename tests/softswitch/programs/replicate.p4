// Replication: one group, whose copies leave in place, with an outer header, or truncated to the CPU.
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> destination;
    bit<48> source;
    bit<16> ether_type;
}

header outer_t {
    bit<16> instance;
    bit<32> length;
    bit<32> instance_type;
}

struct headers_t {
    outer_t outer;
    ethernet_t ethernet;
}

struct metadata_t {
    @field_list(1)
    bit<16> note;
    bit<16> lost;
}

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
    apply {
        // The group is the last 16 bits of the destination, the session the source's.
        standard_metadata.mcast_grp = hdr.ethernet.destination[15:0];
        meta.note = 0xbeef;
        meta.lost = 0xdead;
        hdr.ethernet.ether_type = 0x1234;
        if (hdr.ethernet.source[15:0] != 0) {
            clone_preserving_field_list(CloneType.I2E, (bit<32>)hdr.ethernet.source[15:0], 1);
        }
        if (hdr.ethernet.source[16:16] == 1) {
            standard_metadata.egress_spec = 5;
            mark_to_drop(standard_metadata);
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    apply {
        if (standard_metadata.instance_type == 1) {
            hdr.ethernet.source = (bit<48>)(meta.note ++ meta.lost);
        }
        if (standard_metadata.egress_rid == 99) {
            mark_to_drop(standard_metadata);
        } else if (standard_metadata.egress_rid > 1) {
            hdr.outer.setValid();
            hdr.outer.instance = standard_metadata.egress_rid;
            hdr.outer.length = standard_metadata.packet_length;
            hdr.outer.instance_type = standard_metadata.instance_type;
        }
    }
}

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.outer);
        packet.emit(hdr.ethernet);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
