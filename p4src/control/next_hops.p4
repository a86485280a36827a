/* The way to a goal: one member of a group of next hops, and what it wants to see on top.
 *
 * Routes and labels name groups, groups name next hops: a change of the core rewrites the groups
 * that lead through it, and nothing that names these. The member is chosen by the flow, so the
 * packets of one keep their order, whether they come labelled or not.
 */
#ifndef MVPN_NEXT_HOPS_P4
#define MVPN_NEXT_HOPS_P4

control NextHops(in headers_t hdr, inout local_metadata_t meta) {
    next_hop_t next_hop_id = 0;
    bool pops = false;
    @name(".next_hop_members")
    FLOW_SELECTOR(next_hop_members, GROUP_MEMBERS);
    ipv4_address_t flow_source = 0;
    ipv4_address_t flow_destination = 0;
    bit<8> flow_protocol = 0;
    bit<16> flow_source_port = 0;
    bit<16> flow_destination_port = 0;

    action flow_of_inner_packet() {
        flow_source = hdr.inner_ipv4.source;
        flow_destination = hdr.inner_ipv4.destination;
        flow_protocol = hdr.inner_ipv4.protocol;
    }

    action flow_of_packet() {
        flow_source = hdr.ipv4.source;
        flow_destination = hdr.ipv4.destination;
        flow_protocol = hdr.ipv4.protocol;
    }

    // Fragments have no ports here, the first one neither: all of them go one way.
    action flow_has_ports() {
        flow_source_port = hdr.transport.source_port;
        flow_destination_port = hdr.transport.destination_port;
    }

    // The neighbour has given no label for this goal.
    @name(".via")
    action via(next_hop_t next_hop) {
        next_hop_id = next_hop;
    }

    // The neighbour has asked for penultimate hop popping (RFC 3031 3.16).
    @name(".via_pop")
    action via_pop(next_hop_t next_hop) {
        next_hop_id = next_hop;
        pops = true;
    }

    @name(".via_label")
    action via_label(next_hop_t next_hop, label_t label) {
        next_hop_id = next_hop;
        meta.labelled = true;
        meta.outgoing_label = label;
    }

    // What stands in a group without members.
    @name(".unresolved")
    action unresolved() {
        meta.punt_reason = PuntReason.GLEAN;
        meta.drop_reason = DropReason.GLEANED;
    }

    // Written from Fib.groups.
    @name(".next_hop_group")
    table next_hop_group {
        key = {
            meta.next_hop_group: exact @name("group");
            flow_source: selector;
            flow_destination: selector;
            flow_protocol: selector;
            flow_source_port: selector;
            flow_destination_port: selector;
        }
        actions = {
            via;
            via_pop;
            via_label;
            unresolved;
        }
        implementation = next_hop_members;
        size = NEXT_HOP_GROUPS;
    }

    @name(".set_next_hop")
    action set_next_hop(port_id_t port, vlan_id_t vlan, mac_t source_mac, mac_t destination_mac,
                        bit<16> mtu) {
        meta.disposition = Disposition.UNICAST;
        meta.egress_port = port;
        meta.egress_vlan = vlan;
        meta.source_mac = source_mac;
        meta.next_hop_mac = destination_mac;
        meta.mtu = mtu;
    }

    @name(".unknown_next_hop")
    action unknown_next_hop() {
        meta.drop_reason = DropReason.NO_REWRITE;
    }

    // Written from the adjacencies in Fib.groups, each of them once.
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
        if (hdr.inner_ipv4.isValid()) {
            flow_of_inner_packet();
        } else if (hdr.ipv4.isValid()) {
            flow_of_packet();
        }
        if (hdr.transport.isValid()) {
            flow_has_ports();
        }
        if (!next_hop_group.apply().hit) {
            meta.drop_reason = DropReason.NO_REWRITE;
        }
        // A label below tells nothing to a router that has not given the one on top.
        if ((meta.by_label || meta.vpn_labelled) && !meta.labelled && !pops
                && meta.drop_reason == DropReason.NONE) {
            meta.drop_reason = DropReason.NO_LABEL;
        }
        meta.outgoing_ttl = meta.incoming_ttl;
        if (!meta.submitted) {
            meta.outgoing_ttl = meta.incoming_ttl - 1;
        }
        if (meta.drop_reason == DropReason.NONE) {
            next_hop.apply();
        }
    }
}

#endif
