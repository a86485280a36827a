/* Multicast: (S,G) of the VRF, else (*,G); the RPF check, the group of copies.
 *
 * IGMP and link-local packets are the CPU's alone, and come first: an IGMP report goes to the group
 * that it joins. RPF: a tree accepts packets of one interface, which its route names, or of the
 * interfaces of a set (RFC 5015 3.3: a bidirectional tree takes them wherever this router is the
 * designated forwarder).
 */
#ifndef MVPN_MULTICAST_P4
#define MVPN_MULTICAST_P4

control Multicast(in headers_t hdr, inout local_metadata_t meta) {
    @name(".multicast_route_counter")
    ROUTE_COUNTER(multicast_route_counter);
    @name(".any_source_route_counter")
    ROUTE_COUNTER(any_source_route_counter);

    action forward_to(interface_t interface, interface_set_t interfaces, group_t group,
                      bit<1> watch) {
        meta.expected_interface = interface;
        meta.expected_interfaces = interfaces;
        meta.group = group;
        meta.watched = watch == 1;
    }

    action look_inside(vrf_t tail_vrf, interface_t tail_interface) {
        meta.at_tail = true;
        meta.tail_vrf = tail_vrf;
        meta.tail_interface = tail_interface;
    }

    @name(".multicast_forward")
    action multicast_forward(interface_t interface, interface_set_t interfaces, group_t group,
                             bit<1> watch) {
        forward_to(interface, interfaces, group, watch);
        multicast_route_counter.count();
    }

    // A leaf of a P-tunnel; `group` makes the copies that go on along its tree.
    @name(".multicast_tail")
    action multicast_tail(interface_t interface, interface_set_t interfaces, group_t group,
                          bit<1> watch, vrf_t tail_vrf, interface_t tail_interface) {
        forward_to(interface, interfaces, group, watch);
        look_inside(tail_vrf, tail_interface);
        multicast_route_counter.count();
    }

    @name(".any_source_forward")
    action any_source_forward(interface_t interface, interface_set_t interfaces, group_t group,
                              bit<1> watch) {
        forward_to(interface, interfaces, group, watch);
        any_source_route_counter.count();
    }

    @name(".any_source_tail")
    action any_source_tail(interface_t interface, interface_set_t interfaces, group_t group,
                           bit<1> watch, vrf_t tail_vrf, interface_t tail_interface) {
        forward_to(interface, interfaces, group, watch);
        look_inside(tail_vrf, tail_interface);
        any_source_route_counter.count();
    }

    @name(".no_multicast_route")
    action no_multicast_route() {
    }

    // Written from Fib.multicast, all its (S,G).
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

    // Written from Fib.multicast, all its (*,G) and (*,G-prefix).
    @name(".any_source_route")
    table any_source_route {
        key = {
            meta.vrf: exact @name("vrf");
            hdr.ipv4.destination: lpm @name("group");
        }
        actions = {
            any_source_forward;
            any_source_tail;
            @defaultonly no_multicast_route;
        }
        const default_action = no_multicast_route;
        counters = any_source_route_counter;
        size = ANY_SOURCE_ROUTES;
    }

    @name(".accept_interface")
    action accept_interface() {
    }

    @name(".refuse_interface")
    action refuse_interface() {
    }

    // Written from the interfaces of routes in Fib.multicast, where these are not just one.
    @name(".accepted_interface")
    table accepted_interface {
        key = {
            meta.expected_interfaces: exact @name("interfaces");
            meta.interface: exact @name("interface");
        }
        actions = {
            accept_interface;
            @defaultonly refuse_interface;
        }
        const default_action = refuse_interface;
        size = ACCEPTED_INTERFACES;
    }

    // RFC 6513 9.1.1 asks of a leaf who sent what comes out of a tunnel. What this router itself
    // sends into one that it is a leaf of, too, is for the others.
    action accept() {
        meta.disposition = Disposition.MULTICAST;
        meta.at_tail = meta.at_tail && (!meta.submitted || meta.interface == REGISTERS);
    }

    apply {
        if (hdr.ipv4.protocol == PROTOCOL_IGMP) {
            meta.punt_reason = PuntReason.IGMP;
        } else if (is_link_local(hdr.ipv4.destination)) {
            meta.punt_reason = PuntReason.LINK_LOCAL;
        } else if (hdr.ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
            meta.punt_reason = PuntReason.IP_OPTIONS;
            meta.drop_reason = DropReason.IP_OPTIONS;
        } else {
            bool found = multicast_route.apply().hit;
            if (!found) {
                found = any_source_route.apply().hit;
            }
            bool accepted = meta.expected_interface == meta.interface;
            if (meta.expected_interfaces != NO_INTERFACE_SET) {
                accepted = accepted_interface.apply().hit;
            }
            if (!found) {
                meta.punt_reason = PuntReason.NO_MULTICAST_ROUTE;
                meta.drop_reason = DropReason.NO_MULTICAST_ROUTE;
            } else if (!accepted) {
                meta.punt_reason = PuntReason.RPF_FAILED;
                meta.drop_reason = DropReason.RPF_FAILED;
                meta.at_tail = false;
            } else {
                accept();
                if (meta.watched) {
                    meta.punt_reason = PuntReason.NEW_SOURCE;
                }
            }
        }
    }
}

#endif
