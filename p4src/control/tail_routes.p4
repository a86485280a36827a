/* The trees of a VRF once more, for what a tunnel or a Register has brought: Multicast's look-ups,
 * in tables of their own, as hardware applies a table once.
 */
#ifndef MVPN_TAIL_ROUTES_P4
#define MVPN_TAIL_ROUTES_P4

control TailRoutes(in headers_t hdr, in local_metadata_t meta, inout bool found,
                   inout bool accepted, inout bool watched, inout group_t inner_group) {
    interface_t expected_interface = NO_INTERFACE;
    interface_set_t expected_interfaces = NO_INTERFACE_SET;
    @name(".tail_route_counter")
    ROUTE_COUNTER(tail_route_counter);
    @name(".tail_any_source_route_counter")
    ROUTE_COUNTER(tail_any_source_route_counter);

    action forward_to(interface_t interface, interface_set_t interfaces, group_t group,
                      bit<1> watch) {
        expected_interface = interface;
        expected_interfaces = interfaces;
        inner_group = group;
        watched = watch == 1;
    }

    @name(".tail_forward")
    action tail_forward(interface_t interface, interface_set_t interfaces, group_t group,
                        bit<1> watch) {
        forward_to(interface, interfaces, group, watch);
        tail_route_counter.count();
    }

    @name(".tail_any_source_forward")
    action tail_any_source_forward(interface_t interface, interface_set_t interfaces,
                                   group_t group, bit<1> watch) {
        forward_to(interface, interfaces, group, watch);
        tail_any_source_route_counter.count();
    }

    @name(".no_tail_route")
    action no_tail_route() {
    }

    // Written from Fib.multicast: the (S,G) of VRFs in which tunnels or Registers end.
    @name(".tail_route")
    table tail_route {
        key = {
            meta.tail_vrf: exact @name("vrf");
            hdr.inner_ipv4.source: exact @name("source");
            hdr.inner_ipv4.destination: exact @name("group");
        }
        actions = {
            tail_forward;
            @defaultonly no_tail_route;
        }
        const default_action = no_tail_route;
        counters = tail_route_counter;
        size = TAIL_ROUTES;
    }

    // Written from Fib.multicast: the (*,G) of the same VRFs.
    @name(".tail_any_source_route")
    table tail_any_source_route {
        key = {
            meta.tail_vrf: exact @name("vrf");
            hdr.inner_ipv4.destination: lpm @name("group");
        }
        actions = {
            tail_any_source_forward;
            @defaultonly no_tail_route;
        }
        const default_action = no_tail_route;
        counters = tail_any_source_route_counter;
        size = ANY_SOURCE_ROUTES;
    }

    @name(".tail_accept_interface")
    action tail_accept_interface() {
    }

    @name(".tail_refuse_interface")
    action tail_refuse_interface() {
    }

    // Written from the interfaces of the same routes, where these are not just one.
    @name(".tail_accepted_interface")
    table tail_accepted_interface {
        key = {
            expected_interfaces: exact @name("interfaces");
            meta.tail_interface: exact @name("interface");
        }
        actions = {
            tail_accept_interface;
            @defaultonly tail_refuse_interface;
        }
        const default_action = tail_refuse_interface;
        size = ACCEPTED_INTERFACES;
    }

    apply {
        found = tail_route.apply().hit;
        if (!found) {
            found = tail_any_source_route.apply().hit;
        }
        accepted = expected_interface == meta.tail_interface;
        if (expected_interfaces != NO_INTERFACE_SET) {
            accepted = tail_accepted_interface.apply().hit;
        }
    }
}

#endif
