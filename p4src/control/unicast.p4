/* Unicast: the longest prefix of the VRF names a group of next hops, or a path through the VPN. */
#ifndef MVPN_UNICAST_P4
#define MVPN_UNICAST_P4

control Unicast(in headers_t hdr, inout local_metadata_t meta) {
    ToMe() to_me;

    @name(".forward")
    action forward(next_hop_group_t group) {
        meta.next_hop_group = group;
    }

    @name(".forward_vpn")
    action forward_vpn(vpn_path_t vpn_path) {
        meta.vpn_path = vpn_path;
    }

    @name(".receive")
    action receive() {
    }

    @name(".glean")
    action glean() {
    }

    @name(".discard")
    action discard() {
        meta.drop_reason = DropReason.DISCARDED;
    }

    @name(".no_unicast_route")
    action no_unicast_route() {
        meta.drop_reason = DropReason.NO_UNICAST_ROUTE;
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
            forward_vpn;
            receive;
            glean;
            discard;
            @defaultonly no_unicast_route;
        }
        const default_action = no_unicast_route;
        size = UNICAST_ROUTES;
    }

    apply {
        switch (unicast_route.apply().action_run) {
            receive: {
                to_me.apply(hdr, meta);
            }
            discard: {}
            no_unicast_route: {}
            default: {
                if (hdr.ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
                    meta.punt_reason = PuntReason.IP_OPTIONS;
                    meta.drop_reason = DropReason.IP_OPTIONS;
                } else if (meta.incoming_ttl <= 1 && !meta.submitted) {
                    meta.punt_reason = PuntReason.TTL_EXPIRED;
                    meta.drop_reason = DropReason.TTL_EXPIRED;
                } else if (meta.next_hop_group == NO_NEXT_HOP_GROUP
                        && meta.vpn_path == NO_VPN_PATH) {
                    meta.punt_reason = PuntReason.GLEAN;
                    meta.drop_reason = DropReason.GLEANED;
                }
            }
        }
    }
}

#endif
