/* What a multicast copy looks like when it leaves: decided by its port and replica id, and by what
 * the packet came in.
 *
 * Behind this control `ipv4` is the header whose TTL a hop costs: the outermost one of a copy that
 * goes on as it is, the customer's of one that is decapsulated or encapsulated.
 *
 *                  as it is on a link   out of a tunnel       out of a Register
 *   in_place       in place             in place, in GRE      decapsulated
 *   onward         none                 in place, in GRE      none
 *   decapsulate    in place             decapsulated          decapsulated
 *   encapsulate    encapsulated         none                  decapsulated, encapsulated
 *   .._register    encapsulated         none                  (a tree at its RP has no such copy)
 */
#ifndef MVPN_REPLICA_REWRITE_P4
#define MVPN_REPLICA_REWRITE_P4

control ReplicaRewrite(inout headers_t hdr, inout local_metadata_t meta) {
    RegisterRewrite() register_rewrite;
    EcnOfRegister() ecn_of_register;
    LabelStack() label_stack;
    interface_t only_tunnel = NO_INTERFACE;
    bool into_register = false;
    ipv4_address_t register_source = 0;
    ipv4_address_t register_destination = 0;

    action leave(mac_t source_mac, vlan_id_t vlan) {
        hdr.ethernet.source = source_mac;
        meta.egress_vlan = vlan;
    }

    action address_frame(ipv4_address_t group) {
        hdr.ethernet.destination = IPV4_MULTICAST_MAC ++ group[22:0];
    }

    // A Register may have come with labels.
    action take_outer_headers_off() {
        hdr.ipv4 = hdr.inner_ipv4;
        hdr.explicit_null.setInvalid();
        hdr.label.setInvalid();
        hdr.gre.setInvalid();
        hdr.pim_register.setInvalid();
        hdr.inner_ipv4.setInvalid();
    }

    action add_tunnel(ipv4_address_t source, ipv4_address_t group, bit<8> ttl,
                      bit<1> dont_fragment) {
        hdr.tunnel_ipv4.setValid();
        hdr.tunnel_ipv4.version = IPV4_VERSION;
        hdr.tunnel_ipv4.ihl = IPV4_IHL_WITHOUT_OPTIONS;
        hdr.tunnel_ipv4.ecn = 0;
        hdr.tunnel_ipv4.reserved = 0;
        hdr.tunnel_ipv4.dont_fragment = dont_fragment;
        hdr.tunnel_ipv4.more_fragments = 0;
        hdr.tunnel_ipv4.fragment_offset = 0;
        hdr.tunnel_ipv4.ttl = ttl;
        hdr.tunnel_ipv4.protocol = PROTOCOL_GRE;
        hdr.tunnel_ipv4.source = source;
        hdr.tunnel_ipv4.destination = group;
        hdr.tunnel_gre.setValid();
        hdr.tunnel_gre.word = GRE_IPV4;
    }

    // RFC 2784 2, RFC 6513 12.1.1. Of the inner header the outer one takes the DSCP (RFC 2983) and
    // not the ECN: RFC 6040 4.1 "compatibility mode", whose tail leaves the inner ECN alone.
    // Identification: RFC 6864 4.1 lets it be anything where DF is set; where it is not, the
    // customer's is the best that a switch has, unique for each of his sources.
    action fill_tunnel_in() {
        hdr.tunnel_ipv4.dscp = hdr.ipv4.dscp;
        hdr.tunnel_ipv4.total_length = hdr.ipv4.total_length + TUNNEL_OCTETS;
        hdr.tunnel_ipv4.identification = hdr.ipv4.identification;
    }

    // The way to the RP is a next hop, and up to two labels.
    action go_to_rp(mac_t next_hop, ipv4_address_t source, ipv4_address_t rp, bit<1> labelled,
                    label_t label, bit<1> vpn_labelled, label_t vpn_label) {
        into_register = true;
        hdr.ethernet.destination = next_hop;
        register_source = source;
        register_destination = rp;
        meta.labelled = labelled == 1;
        meta.outgoing_label = label;
        meta.vpn_labelled = vpn_labelled == 1;
        meta.vpn_label = vpn_label;
    }

    @name(".in_place")
    action in_place(mac_t source_mac, vlan_id_t vlan) {
        leave(source_mac, vlan);
    }

    // On along the tree of one of the tunnels whose packets the C-route accepts.
    @name(".onward")
    action onward(mac_t source_mac, vlan_id_t vlan, interface_t tunnel) {
        leave(source_mac, vlan);
        only_tunnel = tunnel;
    }

    @name(".decapsulate")
    action decapsulate(mac_t source_mac, vlan_id_t vlan) {
        leave(source_mac, vlan);
    }

    @name(".encapsulate")
    action encapsulate(mac_t source_mac, vlan_id_t vlan, ipv4_address_t source,
                       ipv4_address_t group, bit<8> ttl, bit<1> dont_fragment) {
        leave(source_mac, vlan);
        add_tunnel(source, group, ttl, dont_fragment);
    }

    @name(".encapsulate_register")
    action encapsulate_register(mac_t source_mac, vlan_id_t vlan, mac_t next_hop,
                                ipv4_address_t source, ipv4_address_t rp, bit<1> labelled,
                                label_t label, bit<1> vpn_labelled, label_t vpn_label) {
        leave(source_mac, vlan);
        go_to_rp(next_hop, source, rp, labelled, label, vpn_labelled, vpn_label);
    }

    // Into a P-tunnel whose own tree leads through Registers yet.
    @name(".encapsulate_and_register")
    action encapsulate_and_register(mac_t source_mac, vlan_id_t vlan, mac_t next_hop,
                                    ipv4_address_t source, ipv4_address_t rp, bit<1> labelled,
                                    label_t label, bit<1> vpn_labelled, label_t vpn_label,
                                    ipv4_address_t tunnel_source, ipv4_address_t group,
                                    bit<8> ttl, bit<1> dont_fragment) {
        leave(source_mac, vlan);
        add_tunnel(tunnel_source, group, ttl, dont_fragment);
        go_to_rp(next_hop, source, rp, labelled, label, vpn_labelled, vpn_label);
    }

    @name(".unknown_replica")
    action unknown_replica() {
        meta.drop_reason = DropReason.NO_REWRITE;
    }

    // Written from the replicas in Fib.multicast, each of them once a port.
    @name(".replica_rewrite")
    table replica_rewrite {
        key = {
            meta.egress_port: exact @name("port");
            meta.replica: exact @name("replica");
        }
        actions = {
            in_place;
            onward;
            decapsulate;
            encapsulate;
            encapsulate_register;
            encapsulate_and_register;
            @defaultonly unknown_replica;
        }
        const default_action = unknown_replica;
        size = REPLICA_REWRITES;
    }

    apply {
        bool out_of_tunnel = meta.inner_forwarded && !meta.out_of_register;
        bool bare = meta.out_of_register;
        bool encapsulated = false;
        bool elsewhere = false;
        switch (replica_rewrite.apply().action_run) {
            in_place: {}
            onward: {
                elsewhere = !out_of_tunnel || meta.tail_interface != only_tunnel;
            }
            decapsulate: {
                bare = meta.inner_forwarded;
            }
            unknown_replica: {
                encapsulated = true;
            }
            default: {
                // The PMSI is one interface: what came out of it does not go into it again.
                encapsulated = true;
                elsewhere = out_of_tunnel;
            }
        }
        // P4Runtime's groups do not spare the port that a packet came in on. A Register came to
        // this router, which may well have receivers where the DR is.
        if (elsewhere || (!encapsulated && !meta.out_of_register
                && meta.egress_port == meta.ingress_port
                && meta.egress_vlan == meta.ingress_vlan)) {
            meta.drop_reason = DropReason.SAME_INTERFACE;
        }
        if (bare) {
            bit<2> outer_ecn = hdr.ipv4.ecn;
            take_outer_headers_off();
            if (meta.out_of_register) {
                ecn_of_register.apply(hdr.ipv4, outer_ecn);
            }
        }
        bit<6> dscp = hdr.ipv4.dscp;
        bit<2> ecn = hdr.ipv4.ecn;
        bit<16> octets = hdr.ipv4.total_length;
        ipv4_address_t group = hdr.ipv4.destination;
        if (hdr.tunnel_ipv4.isValid()) {
            fill_tunnel_in();
            if (hdr.tunnel_ipv4.dont_fragment == 1) {
                hdr.tunnel_ipv4.identification = 0;
            }
            ecn = 0;
            octets = hdr.tunnel_ipv4.total_length;
            group = hdr.tunnel_ipv4.destination;
        }
        if (!into_register) {
            address_frame(group);
        } else {
            register_rewrite.apply(hdr, dscp, ecn, octets, register_source,
                                   register_destination);
            bit<8> ttl = PIPE_TTL;
            if (meta.uniform_ttl) {
                ttl = REGISTER_TTL;
            }
            label_stack.apply(hdr, meta, dscp[5:3], ttl);
        }
    }
}

#endif
