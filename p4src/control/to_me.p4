/* Unicast to this router, in classes: a flood of one shall not starve a routing protocol. */
#ifndef MVPN_TO_ME_P4
#define MVPN_TO_ME_P4

bool is_routing_port(in bit<16> port) {
    return port == PORT_BGP || port == PORT_LDP;
}

bool is_bfd_port(in bit<16> port) {
    return port == PORT_BFD || port == PORT_MULTIHOP_BFD;
}

// A Register is opened here: what is inside comes in on REGISTERS, in the VRF of the RP's address.
// If that leads nowhere, `Tail` punts it.
control ToMe(in headers_t hdr, inout local_metadata_t meta) {
    apply {
        meta.punt_reason = PuntReason.TO_ME;
        if (hdr.pim_register.isValid()) {
            meta.punt_reason = PuntReason.NONE;
            meta.at_tail = true;
            meta.out_of_register = true;
            meta.tail_vrf = meta.vrf;
            meta.tail_interface = REGISTERS;
        } else if (hdr.ipv4.protocol == PROTOCOL_OSPF || hdr.ipv4.protocol == PROTOCOL_PIM) {
            meta.punt_reason = PuntReason.ROUTING;
        } else if (hdr.transport.isValid()) {
            bit<16> port = hdr.transport.destination_port;
            if (hdr.ipv4.protocol == PROTOCOL_UDP) {
                if (is_bfd_port(port)) {
                    meta.punt_reason = PuntReason.BFD;
                } else if (port == PORT_LDP) {
                    meta.punt_reason = PuntReason.ROUTING;
                }
            } else if (is_routing_port(port) || is_routing_port(hdr.transport.source_port)) {
                meta.punt_reason = PuntReason.ROUTING;
            }
        }
    }
}

#endif
