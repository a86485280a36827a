/* What a multicast copy looks like when it leaves: decided by its port and replica id alone.
 *
 * Behind this control `ipv4` is the header whose TTL a hop costs: the outermost one of a copy that
 * goes on as it is, the customer's of one that is decapsulated or encapsulated.
 */
#ifndef MVPN_REPLICA_REWRITE_P4
#define MVPN_REPLICA_REWRITE_P4

control ReplicaRewrite(inout headers_t hdr, inout local_metadata_t meta) {
    action address_frame(mac_t source_mac, vlan_id_t vlan, ipv4_address_t group) {
        hdr.ethernet.source = source_mac;
        hdr.ethernet.destination = IPV4_MULTICAST_MAC ++ group[22:0];
        meta.egress_vlan = vlan;
    }

    action take_tunnel_off() {
        hdr.ipv4 = hdr.inner_ipv4;
        hdr.gre.setInvalid();
        hdr.inner_ipv4.setInvalid();
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

    @name(".in_place")
    action in_place(mac_t source_mac, vlan_id_t vlan) {
        address_frame(source_mac, vlan, hdr.ipv4.destination);
    }

    @name(".decapsulate")
    action decapsulate(mac_t source_mac, vlan_id_t vlan) {
        address_frame(source_mac, vlan, hdr.inner_ipv4.destination);
    }

    @name(".encapsulate")
    action encapsulate(mac_t source_mac, vlan_id_t vlan, ipv4_address_t source,
                       ipv4_address_t group, bit<8> ttl, bit<1> dont_fragment) {
        address_frame(source_mac, vlan, group);
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
            decapsulate;
            encapsulate;
            @defaultonly unknown_replica;
        }
        const default_action = unknown_replica;
        size = REPLICA_REWRITES;
    }

    apply {
        switch (replica_rewrite.apply().action_run) {
            in_place: {
                // P4Runtime's groups do not spare the port that a packet came in on.
                if (meta.egress_port == meta.ingress_port
                        && meta.egress_vlan == meta.ingress_vlan) {
                    meta.drop_reason = DropReason.SAME_INTERFACE;
                }
            }
            decapsulate: {
                if (hdr.inner_ipv4.isValid()) {
                    take_tunnel_off();
                } else {
                    meta.drop_reason = DropReason.TUNNEL_MALFORMED;
                }
            }
            encapsulate: {
                if (meta.inner_forwarded) {
                    take_tunnel_off();
                }
                fill_tunnel_in();
                if (hdr.tunnel_ipv4.dont_fragment == 1) {
                    hdr.tunnel_ipv4.identification = 0;
                }
            }
        }
    }
}

#endif
