/* Unicast: the longest prefix of the VRF, then the next hop that many routes share. */
#ifndef MVPN_UNICAST_P4
#define MVPN_UNICAST_P4

control Unicast(in headers_t hdr, inout local_metadata_t meta) {
    next_hop_t next_hop_id = NO_NEXT_HOP;

    @name(".forward")
    action forward(next_hop_t next_hop) {
        next_hop_id = next_hop;
    }

    @name(".receive")
    action receive() {
        meta.punt_reason = PuntReason.TO_ME;
    }

    @name(".glean")
    action glean() {
    }

    @name(".discard")
    action discard() {
    }

    @name(".no_unicast_route")
    action no_unicast_route() {
    }

    // Written from Fib.unicast.
    @name(".unicast_route")
    table unicast_route {
        key = {
            meta.vrf: exact @name("vrf");
            hdr.ipv4.destination: lpm @name("destination");
        }
        actions = {
            forward;
            receive;
            glean;
            discard;
            @defaultonly no_unicast_route;
        }
        const default_action = no_unicast_route;
        size = UNICAST_ROUTES;
    }

    @name(".set_next_hop")
    action set_next_hop(port_id_t port, vlan_id_t vlan, mac_t source_mac, mac_t destination_mac) {
        meta.disposition = Disposition.UNICAST;
        meta.egress_port = port;
        meta.egress_vlan = vlan;
        meta.source_mac = source_mac;
        meta.next_hop_mac = destination_mac;
    }

    @name(".unknown_next_hop")
    action unknown_next_hop() {
        meta.drop_reason = DropReason.NO_REWRITE;
    }

    // Written from the adjacencies in Fib.unicast, each of them once.
    @name(".next_hop")
    table next_hop {
        key = {
            next_hop_id: exact @name("next_hop");
        }
        actions = {
            set_next_hop;
            @defaultonly unknown_next_hop;
        }
        const default_action = unknown_next_hop;
        size = NEXT_HOPS;
    }

    apply {
        switch (unicast_route.apply().action_run) {
            receive: {}
            discard: {
                meta.drop_reason = DropReason.DISCARDED;
            }
            no_unicast_route: {
                meta.drop_reason = DropReason.NO_UNICAST_ROUTE;
            }
            default: {
                if (hdr.ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
                    meta.punt_reason = PuntReason.IP_OPTIONS;
                    meta.drop_reason = DropReason.IP_OPTIONS;
                } else if (hdr.ipv4.ttl <= 1 && !meta.submitted) {
                    meta.punt_reason = PuntReason.TTL_EXPIRED;
                    meta.drop_reason = DropReason.TTL_EXPIRED;
                } else if (next_hop_id == NO_NEXT_HOP) {
                    meta.punt_reason = PuntReason.GLEAN;
                    meta.drop_reason = DropReason.GLEANED;
                } else {
                    next_hop.apply();
                }
            }
        }
    }
}

#endif
