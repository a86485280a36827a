/* The tail of a P-tunnel: the customer's packet inside is looked up as if come in on the PMSI.
 *
 * Whatever becomes of it, the copies that go on along the provider's tree are made: by the
 * C-route's own group, which holds them too, or by the P-route's. So a PE that is a leaf and a
 * branching point of one tree needs one pass. RPF here tells the packets of the expected PE from
 * another's (RFC 6513 9.1.1): a tunnel's interface index is one (PMSI, root PE) pair.
 *
 * The lookup is Multicast's, in a table of its own: hardware applies a table once.
 */
#ifndef MVPN_TUNNEL_TAIL_P4
#define MVPN_TUNNEL_TAIL_P4

control TunnelTail(in headers_t hdr, inout local_metadata_t meta) {
    InnerChecksum() inner_checksum;
    interface_t expected_interface = 0;
    group_t     customer_group = 0;
    @name(".tail_route_counter")
    ROUTE_COUNTER(tail_route_counter);

    @name(".tail_forward")
    action tail_forward(interface_t interface, group_t group) {
        expected_interface = interface;
        customer_group = group;
        tail_route_counter.count();
    }

    @name(".no_tail_route")
    action no_tail_route() {
    }

    // Written from Fib.multicast: the routes of the VRFs in which a tunnel ends.
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

    apply {
        bit<16> inner_octets = hdr.ipv4.total_length - TUNNEL_OCTETS;
        meta.punt_interface = meta.tail_interface;
        inner_checksum.apply(hdr.inner_ipv4, meta);
        if (!hdr.inner_ipv4.isValid() || hdr.ipv4.total_length < TUNNEL_OCTETS
                || ipv4_malformed(hdr.inner_ipv4.version, hdr.inner_ipv4.ihl,
                                  hdr.inner_ipv4.total_length, inner_octets)
                || !is_multicast(hdr.inner_ipv4.destination)
                || martian_source(hdr.inner_ipv4.source)) {
            meta.drop_reason = DropReason.TUNNEL_MALFORMED;
        } else if (is_link_local(hdr.inner_ipv4.destination)
                || hdr.inner_ipv4.protocol == PROTOCOL_IGMP) {
            meta.punt_reason = PuntReason.LINK_LOCAL;
        } else if (hdr.inner_ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
            meta.punt_reason = PuntReason.IP_OPTIONS;
            meta.drop_reason = DropReason.IP_OPTIONS;
        } else if (meta.checksum_error) {
            meta.drop_reason = DropReason.IPV4_CHECKSUM;
        } else if (!tail_route.apply().hit) {
            meta.punt_reason = PuntReason.NO_MULTICAST_ROUTE;
            meta.drop_reason = DropReason.NO_MULTICAST_ROUTE;
        } else if (expected_interface != meta.tail_interface) {
            meta.punt_reason = PuntReason.RPF_FAILED;
            meta.drop_reason = DropReason.RPF_FAILED;
        } else {
            meta.group = customer_group;
            meta.inner_forwarded = true;
        }
    }
}

#endif
