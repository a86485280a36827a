/* All that the program knows of v1model's standard metadata: read before the shared controls, and
 * written behind them. */
#ifndef MVPN_SHIM_P4
#define MVPN_SHIM_P4

// Of instance_type, as BMv2's simple_switch numbers it.
const bit<32> INGRESS_CLONE = 1;
const bit<32> EGRESS_CLONE = 2;
const bit<16> ETHERNET_OCTETS = 14;
const bit<16> VLAN_TAG_OCTETS = 4;
const bit<16> PACKET_OUT_OCTETS = 7;

control IngressStart(in headers_t hdr, in standard_metadata_t standard,
                     inout local_metadata_t meta) {
    apply {
        meta.ingress_port = standard.ingress_port;
        meta.checksum_error = standard.checksum_error == 1;
        meta.ip_octets = (bit<16>)standard.packet_length - ETHERNET_OCTETS;
        if (hdr.vlan_tag.isValid()) {
            meta.ip_octets = meta.ip_octets - VLAN_TAG_OCTETS;
        }
        if (hdr.packet_out.isValid()) {
            meta.ip_octets = meta.ip_octets - PACKET_OUT_OCTETS;
        }
    }
}

control IngressEnd(in local_metadata_t meta, inout standard_metadata_t standard) {
    apply {
        mark_to_drop(standard);
        if (meta.disposition == Disposition.MULTICAST) {
            standard.mcast_grp = meta.group;
        } else if (meta.disposition != Disposition.DROP) {
            standard.egress_spec = meta.egress_port;
        }
    }
}

control EgressStart(in standard_metadata_t standard, inout local_metadata_t meta) {
    apply {
        meta.egress_port = standard.egress_port;
        meta.replica = standard.egress_rid;
        if (standard.instance_type == INGRESS_CLONE
                || standard.instance_type == EGRESS_CLONE) {
            meta.disposition = Disposition.TO_CPU;
        }
        meta.drop_reason = DropReason.NONE;
    }
}

control EgressEnd(in local_metadata_t meta, inout standard_metadata_t standard) {
    apply {
        if (meta.drop_reason != DropReason.NONE) {
            mark_to_drop(standard);
        }
    }
}

#endif
