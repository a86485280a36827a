/* The incoming label map, RFC 3031 3.11: what the top label says of a packet.
 *
 * A label of this router's means that the packet is to be forwarded by it, swapped or popped as the
 * next hop wants, or that it ends here and what is below it is IPv4. In the latter case the packet
 * goes on as if it had come so: out of the core in the provider's table, or of a VPN in its VRF.
 */
#ifndef MVPN_MPLS_P4
#define MVPN_MPLS_P4

control Mpls(in headers_t hdr, inout local_metadata_t meta) {
    @name(".label_route_counter")
    ROUTE_COUNTER(label_route_counter);

    @name(".label_forward")
    action label_forward(next_hop_group_t group) {
        meta.by_label = true;
        meta.next_hop_group = group;
        label_route_counter.count();
    }

    @name(".pop_and_look_up")
    action pop_and_look_up(vrf_t vrf) {
        meta.vrf = vrf;
        label_route_counter.count();
    }

    @name(".unknown_label")
    action unknown_label() {
        meta.drop_reason = DropReason.UNKNOWN_LABEL;
    }

    // Written from Fib.labels.
    @name(".label_route")
    table label_route {
        key = {
            hdr.label.label: exact @name("label");
        }
        actions = {
            label_forward;
            pop_and_look_up;
            @defaultonly unknown_label;
        }
        const default_action = unknown_label;
        counters = label_route_counter;
        size = LABEL_ROUTES;
    }

    apply {
        meta.incoming_ttl = hdr.label.ttl;
        if (hdr.explicit_null.isValid()) {
            meta.ip_octets = meta.ip_octets - LABEL_OCTETS;
            if (meta.uniform_ttl && hdr.explicit_null.ttl < hdr.label.ttl) {
                meta.incoming_ttl = hdr.explicit_null.ttl;
            }
        }
        if (!hdr.label.isValid()
                || (hdr.label.bottom_of_stack == 0 && !hdr.labels_below[0].isValid())) {
            meta.drop_reason = DropReason.MPLS_MALFORMED;
        } else {
            switch (label_route.apply().action_run) {
                label_forward: {
                    if (meta.incoming_ttl <= 1 && !meta.submitted) {
                        meta.punt_reason = PuntReason.TTL_EXPIRED;
                        meta.drop_reason = DropReason.TTL_EXPIRED;
                    }
                }
                pop_and_look_up: {
                    meta.ip_octets = meta.ip_octets - LABEL_OCTETS;
                    if (hdr.label.bottom_of_stack == 0) {
                        meta.drop_reason = DropReason.LABELS_BELOW;
                    } else if (!hdr.ipv4.isValid() || is_multicast(hdr.ipv4.destination)) {
                        meta.drop_reason = DropReason.MPLS_PAYLOAD;
                    } else if (!meta.uniform_ttl || hdr.ipv4.ttl < meta.incoming_ttl) {
                        // RFC 3443 3.4. Whoever pushed may have had another mode: nothing gains TTL.
                        meta.incoming_ttl = hdr.ipv4.ttl;
                    }
                }
            }
        }
    }
}

#endif
