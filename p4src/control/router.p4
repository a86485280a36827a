/* The ingress of a router: whose packet, is it sound, where does it go. It changes nothing. */
#ifndef MVPN_ROUTER_P4
#define MVPN_ROUTER_P4

control Router(in headers_t hdr, inout local_metadata_t meta) {
    Admission() admission;
    TtlMode() ttl_mode;
    Mpls() mpls;
    Ipv4Validation() ipv4_validation;
    Multicast() multicast;
    Unicast() unicast;
    Tail() tail;
    VpnPaths() vpn_paths;
    NextHops() next_hops;
    UnicastSize() unicast_size;

    apply {
        bit<16> ether_type = hdr.ethernet.ether_type;
        if (hdr.vlan_tag.isValid()) {
            ether_type = hdr.vlan_tag.ether_type;
        }
        bool to_group = hdr.ethernet.destination[40:40] == 1 && !meta.submitted;
        if (!meta.submitted) {
            admission.apply(hdr, meta);
        }
        ttl_mode.apply(meta);
        meta.punt_interface = meta.interface;
        meta.incoming_ttl = hdr.ipv4.ttl;
        if (meta.drop_reason == DropReason.NONE) {
            if (ether_type == ETHERTYPE_ARP) {
                meta.punt_reason = PuntReason.ARP;
            } else if (ether_type == ETHERTYPE_MPLS) {
                if (!meta.mpls && !meta.submitted) {
                    meta.drop_reason = DropReason.MPLS_NOT_ENABLED;
                } else if (to_group) {
                    meta.drop_reason = DropReason.GROUP_FRAME;
                } else {
                    mpls.apply(hdr, meta);
                }
            } else if (ether_type != ETHERTYPE_IPV4) {
                meta.drop_reason = DropReason.UNKNOWN_ETHERTYPE;
            } else if (!hdr.ipv4.isValid()) {
                meta.drop_reason = DropReason.IPV4_MALFORMED;
            }
        }
        if (meta.drop_reason == DropReason.NONE && meta.punt_reason == PuntReason.NONE
                && !meta.by_label) {
            ipv4_validation.apply(hdr, meta);
            if (meta.drop_reason == DropReason.NONE) {
                if (is_multicast(hdr.ipv4.destination)) {
                    multicast.apply(hdr, meta);
                } else if (to_group) {
                    meta.drop_reason = DropReason.GROUP_FRAME;
                } else {
                    unicast.apply(hdr, meta);
                }
            }
        }
        if (meta.at_tail) {
            tail.apply(hdr, meta);
        }
        if (meta.drop_reason == DropReason.NONE && meta.vpn_path != NO_VPN_PATH) {
            vpn_paths.apply(meta);
        }
        if (meta.drop_reason == DropReason.NONE && meta.next_hop_group != NO_NEXT_HOP_GROUP) {
            next_hops.apply(hdr, meta);
            unicast_size.apply(hdr, meta);
        }
    }
}

#endif
