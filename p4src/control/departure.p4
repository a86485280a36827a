/* The egress of a router: each copy gets the form in which it leaves. */
#ifndef MVPN_DEPARTURE_P4
#define MVPN_DEPARTURE_P4

control Departure(inout headers_t hdr, inout local_metadata_t meta) {
    ReplicaRewrite() replica_rewrite;
    LabelRewrite() label_rewrite;
    TimeToLive() time_to_live;
    VlanTagging() vlan_tagging;
    EgressInterface() egress_interface;
    CopySize() copy_size;

    // A punted frame leaves as it arrived.
    action to_cpu() {
        hdr.packet_in.setValid();
        hdr.packet_in.ingress_port = (bit<16>)meta.ingress_port;
        hdr.packet_in.interface = meta.punt_interface;
        hdr.packet_in.reason = (bit<8>)meta.punt_reason;
        hdr.packet_in.excess = meta.excess;
    }

    action rewrite_unicast() {
        hdr.ethernet.source = meta.source_mac;
        hdr.ethernet.destination = meta.next_hop_mac;
    }

    apply {
        hdr.packet_out.setInvalid();
        if (meta.disposition == Disposition.TO_CPU) {
            to_cpu();
        } else if (meta.disposition == Disposition.AS_IT_IS) {
            meta.egress_vlan = meta.ingress_vlan;
        } else {
            if (meta.disposition == Disposition.MULTICAST) {
                replica_rewrite.apply(hdr, meta);
                if (meta.drop_reason == DropReason.NONE && !meta.submitted) {
                    // Copies differ in the header that pays, so each is judged for itself.
                    meta.spent_ttl = 1;
                    if (hdr.ipv4.ttl <= 1) {
                        meta.drop_reason = DropReason.TTL_EXPIRED;
                    }
                }
            } else {
                rewrite_unicast();
                label_rewrite.apply(hdr, meta);
            }
            if (meta.drop_reason == DropReason.NONE) {
                time_to_live.apply(hdr.ipv4, meta.spent_ttl);
                vlan_tagging.apply(hdr, meta.egress_vlan);
            }
        }
        if (meta.disposition != Disposition.TO_CPU && meta.drop_reason == DropReason.NONE) {
            egress_interface.apply(meta);
            if (meta.disposition != Disposition.AS_IT_IS) {
                copy_size.apply(hdr, meta);
            }
        }
    }
}

#endif
