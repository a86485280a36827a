/* The tail of a P-tunnel, or the RP at the end of Registers: the packet inside is looked up as if
 * come in on the PMSI, or on the interface REGISTERS (the Register Tunnel of RFC 7761 4.4).
 *
 * Whatever becomes of it, the copies that go on along the provider's tree are made: by the
 * C-route's own group, which holds them too, or by the P-route's. So a PE that is a leaf and a
 * branching point of one tree needs one pass. RPF here tells the packets of the expected PE from
 * another's (RFC 6513 9.1.1): a tunnel's interface index is one (PMSI, root PE) pair. Of a tunnel
 * that PEs share, the outer source says which.
 *
 * A Register that cannot be taken out here is PIM's, with all that may be wrong about it.
 */
#ifndef MVPN_TAIL_P4
#define MVPN_TAIL_P4

// The eight octets, their checksum among them, must add up to minus zero.
bool register_checksum_error(in bit<4> version, in bit<4> type, in bit<8> reserved,
                             in bit<16> checksum, in bit<1> border, in bit<1> null_register,
                             in bit<30> reserved2) {
    bit<32> sum = (bit<32>)(version ++ type ++ reserved) + (bit<32>)checksum
        + (bit<32>)(border ++ null_register ++ reserved2[29:16]) + (bit<32>)reserved2[15:0];
    return sum[15:0] + sum[31:16] != 0xffff;
}

control Tail(in headers_t hdr, inout local_metadata_t meta) {
    InnerChecksum() inner_checksum;
    TailRoutes() tail_routes;

    @name(".root_is")
    action root_is(interface_t interface) {
        meta.tail_interface = interface;
    }

    @name(".unknown_root")
    action unknown_root() {
    }

    // Written from Fib.tunnel_roots.
    @name(".tunnel_root")
    table tunnel_root {
        key = {
            meta.tail_vrf: exact @name("vrf");
            hdr.ipv4.source: exact @name("pe");
        }
        actions = {
            root_is;
            @defaultonly unknown_root;
        }
        const default_action = unknown_root;
        size = TUNNEL_ROOTS;
    }

    apply {
        PuntReason reason = PuntReason.NONE;
        bool found = false;
        bool accepted = false;
        bool watched = false;
        group_t inner_group = 0;
        bit<16> octets_around = TUNNEL_OCTETS;
        bool opened = hdr.gre.isValid() && hdr.inner_ipv4.isValid();
        if (meta.out_of_register) {
            octets_around = REGISTER_OCTETS;
            opened = hdr.inner_ipv4.isValid() && !register_checksum_error(
                hdr.pim_register.version, hdr.pim_register.type, hdr.pim_register.reserved,
                hdr.pim_register.checksum, hdr.pim_register.border, hdr.pim_register.null_register,
                hdr.pim_register.reserved2);
        } else if (meta.tail_interface == NO_INTERFACE) {
            tunnel_root.apply();
        }
        bit<16> inner_octets = hdr.ipv4.total_length - octets_around;
        inner_checksum.apply(hdr.inner_ipv4, meta);
        if (!opened || hdr.ipv4.total_length < octets_around
                || ipv4_malformed(hdr.inner_ipv4.version, hdr.inner_ipv4.ihl,
                                  hdr.inner_ipv4.total_length, inner_octets)
                || !is_multicast(hdr.inner_ipv4.destination)
                || martian_source(hdr.inner_ipv4.source)) {
            meta.drop_reason = DropReason.TUNNEL_MALFORMED;
        } else if (is_link_local(hdr.inner_ipv4.destination)
                || hdr.inner_ipv4.protocol == PROTOCOL_IGMP) {
            reason = PuntReason.LINK_LOCAL;
        } else if (hdr.inner_ipv4.ihl != IPV4_IHL_WITHOUT_OPTIONS) {
            reason = PuntReason.IP_OPTIONS;
            meta.drop_reason = DropReason.IP_OPTIONS;
        } else if (meta.checksum_error) {
            meta.drop_reason = DropReason.IPV4_CHECKSUM;
        } else if (meta.tail_interface == NO_INTERFACE) {
            reason = PuntReason.RPF_FAILED;
            meta.drop_reason = DropReason.NO_TUNNEL_ROOT;
        } else {
            tail_routes.apply(hdr, meta, found, accepted, watched, inner_group);
            if (!found) {
                reason = PuntReason.NO_MULTICAST_ROUTE;
                meta.drop_reason = DropReason.NO_MULTICAST_ROUTE;
            } else if (!accepted) {
                reason = PuntReason.RPF_FAILED;
                meta.drop_reason = DropReason.RPF_FAILED;
            } else {
                meta.group = inner_group;
                meta.inner_forwarded = true;
                if (watched) {
                    reason = PuntReason.NEW_SOURCE;
                }
            }
        }
        if (meta.out_of_register) {
            // What is punted to PIM is not dropped here.
            meta.drop_reason = DropReason.NONE;
            if (meta.inner_forwarded) {
                meta.disposition = Disposition.MULTICAST;
                if (watched) {
                    meta.punt_reason = PuntReason.REGISTER_TAKEN;
                }
            } else {
                meta.punt_reason = PuntReason.REGISTER;
            }
        } else if (meta.punt_reason == PuntReason.NONE || reason == PuntReason.LINK_LOCAL
                || reason == PuntReason.IP_OPTIONS) {
            // A packet is punted once. That the provider's tree has a new source comes before
            // samples of what is inside, and behind what the CPU alone takes.
            meta.punt_reason = reason;
            if (meta.tail_interface != NO_INTERFACE) {
                meta.punt_interface = meta.tail_interface;
            }
        }
    }
}

#endif
