/* Packets that are longer than the MTU of the link on which they are to leave, labels included.
 *
 * A switch does not cut packets up. Where that is allowed, the CPU does it: it gets the copy in the
 * form in which it would have left. Where it is not, DF being set, a unicast packet is punted as it
 * arrived, for its sender to be told what would pass (RFC 1191 4, RFC 3032 3.4), and one to a group
 * is dropped and counted: nobody is told about those (RFC 1812 4.3.2.7).
 *
 * Of a copy that gets a tunnel's header here it is the customer's packet that is cut (RFC 6037 4.8,
 * RFC 6513 12.4.1): `ipv4`, as everywhere in the egress. What is below labels and is not IPv4 is
 * left to the port.
 */
#ifndef MVPN_PACKET_SIZE_P4
#define MVPN_PACKET_SIZE_P4

// Decided before it is rewritten: only as it arrived it can be answered.
control UnicastSize(in headers_t hdr, inout local_metadata_t meta) {
    apply {
        if (meta.disposition == Disposition.UNICAST && hdr.ipv4.isValid()
                && hdr.ipv4.dont_fragment == 1) {
            bit<16> octets = hdr.ipv4.total_length;
            if (meta.labelled) {
                octets = octets + LABEL_OCTETS;
            }
            if (meta.vpn_labelled) {
                octets = octets + LABEL_OCTETS;
            }
            if (meta.by_label) {
                if (hdr.labels_below[0].isValid()) {
                    octets = octets + LABEL_OCTETS;
                }
                if (hdr.labels_below[1].isValid()) {
                    octets = octets + LABEL_OCTETS;
                }
                if (hdr.labels_below[2].isValid()) {
                    octets = octets + LABEL_OCTETS;
                }
            }
            if (octets > meta.mtu) {
                meta.excess = octets - meta.mtu;
                meta.punt_reason = PuntReason.TOO_LARGE;
                meta.drop_reason = DropReason.TOO_LARGE;
                meta.disposition = Disposition.DROP;
            }
        }
    }
}

// A copy, with everything that it leaves with.
control CopySize(in headers_t hdr, inout local_metadata_t meta) {
    apply {
        bit<16> octets = hdr.ipv4.total_length;
        if (hdr.tunnel_ipv4.isValid()) {
            octets = octets + TUNNEL_OCTETS;
        }
        if (hdr.registering_ipv4.isValid()) {
            octets = octets + REGISTER_OCTETS;
        }
        if (hdr.label.isValid()) {
            octets = octets + LABEL_OCTETS;
        }
        if (hdr.labels_below[0].isValid()) {
            octets = octets + LABEL_OCTETS;
        }
        if (hdr.labels_below[1].isValid()) {
            octets = octets + LABEL_OCTETS;
        }
        if (hdr.labels_below[2].isValid()) {
            octets = octets + LABEL_OCTETS;
        }
        if (hdr.ipv4.isValid() && octets > meta.mtu) {
            meta.drop_reason = DropReason.TOO_LARGE;
            if (hdr.ipv4.dont_fragment == 0) {
                meta.excess = octets - meta.mtu;
                meta.punt_reason = PuntReason.TO_FRAGMENT;
                meta.punt_interface = meta.egress_interface;
            }
        }
    }
}

#endif
