/* Multicast: (S,G) of the VRF, the RPF check, the group of copies.
 *
 * IGMP and link-local packets are the CPU's alone, and come first: an IGMP report goes to the group
 * that it joins.
 */
#ifndef MVPN_MULTICAST_P4
#define MVPN_MULTICAST_P4

control Multicast(inout headers_t hdr, inout local_metadata_t meta) {
    TunnelTail() tunnel_tail;
    @name(".multicast_route_counter")
    ROUTE_COUNTER(multicast_route_counter);

    @name(".multicast_forward")
    action multicast_forward(interface_t interface, group_t group) {
        meta.expected_interface = interface;
        meta.group = group;
        multicast_route_counter.count();
    }

    // A leaf of a P-tunnel; `group` makes the copies that go on along its tree.
    @name(".multicast_tail")
    action multicast_tail(interface_t interface, group_t group, vrf_t tail_vrf,
                          interface_t tail_interface) {
        multicast_forward(interface, group);
        meta.at_tail = true;
        meta.tail_vrf = tail_vrf;
        meta.tail_interface = tail_interface;
    }

    @name(".no_multicast_route")
    action no_multicast_route() {
    }

    // Written from Fib.multicast, all of it.
    @name(".multicast_route")
    table multicast_route {
        key = {
            meta.vrf: exact @name("vrf");
            hdr.ipv4.source: exact @name("source");
            hdr.ipv4.destination: exact @name("group");
        }
        actions = {
            multicast_forward;
            multicast_tail;
            @defaultonly no_multicast_route;
        }
        const default_action = no_multicast_route;
        counters = multicast_route_counter;
        size = MULTICAST_ROUTES;
    }

    apply {
        if (hdr.ipv4.protocol == PROTOCOL_IGMP) {
            meta.punt_reason = PuntReason.IGMP;
        } else if (is_link_local(hdr.ipv4.destination)) {
            meta.punt_reason = PuntReason.LINK_LOCAL;
        } else if (hdr.ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
            meta.punt_reason = PuntReason.IP_OPTIONS;
            meta.drop_reason = DropReason.IP_OPTIONS;
        } else if (!multicast_route.apply().hit) {
            meta.punt_reason = PuntReason.NO_MULTICAST_ROUTE;
            meta.drop_reason = DropReason.NO_MULTICAST_ROUTE;
        } else if (meta.expected_interface != meta.interface) {
            meta.punt_reason = PuntReason.RPF_FAILED;
            meta.drop_reason = DropReason.RPF_FAILED;
        } else {
            meta.disposition = Disposition.MULTICAST;
            if (meta.at_tail) {
                tunnel_tail.apply(hdr, meta);
            }
        }
    }
}

#endif
