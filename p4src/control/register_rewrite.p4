/* PIM Registers, RFC 7761 4.4 and 4.9.3: a multicast packet in a unicast one from the DR to the RP.
 *
 * Nothing is fragmented on the way in, and an RP cannot put fragments together at line rate: hence
 * DF, with which the identification means nothing (RFC 6864 4.1).
 */
#ifndef MVPN_REGISTER_REWRITE_P4
#define MVPN_REGISTER_REWRITE_P4

// Around a packet of so many octets. RFC 7761 4.4.1 has its DSCP and ECN copied outward.
control RegisterRewrite(inout headers_t hdr, in bit<6> dscp, in bit<2> ecn, in bit<16> octets,
                        in ipv4_address_t source, in ipv4_address_t rp) {
    apply {
        hdr.registering_ipv4.setValid();
        hdr.registering_ipv4.version = IPV4_VERSION;
        hdr.registering_ipv4.ihl = IPV4_IHL_WITHOUT_OPTIONS;
        hdr.registering_ipv4.dscp = dscp;
        hdr.registering_ipv4.ecn = ecn;
        hdr.registering_ipv4.total_length = octets + REGISTER_OCTETS;
        hdr.registering_ipv4.identification = 0;
        hdr.registering_ipv4.reserved = 0;
        hdr.registering_ipv4.dont_fragment = 1;
        hdr.registering_ipv4.more_fragments = 0;
        hdr.registering_ipv4.fragment_offset = 0;
        hdr.registering_ipv4.ttl = REGISTER_TTL;
        hdr.registering_ipv4.protocol = PROTOCOL_PIM;
        hdr.registering_ipv4.source = source;
        hdr.registering_ipv4.destination = rp;
        hdr.registering.setValid();
        hdr.registering.version = PIM_VERSION;
        hdr.registering.type = PIM_REGISTER;
        hdr.registering.reserved = 0;
        hdr.registering.checksum = PIM_REGISTER_CHECKSUM;
        hdr.registering.border = 0;
        hdr.registering.null_register = 0;
        hdr.registering.reserved2 = 0;
    }
}

// RFC 7761 4.4.2: a decapsulated packet has the ECN that the Register had, and may keep its own
// DSCP. The checksum is updated, RFC 1624 3: HC' = ~(~HC + ~m + m').
control EcnOfRegister(inout ipv4_t ipv4, in bit<2> ecn) {
    apply {
        if (ipv4.ecn != ecn) {
            bit<32> sum = (bit<32>)(~ipv4.checksum)
                + (bit<32>)(~(ipv4.version ++ ipv4.ihl ++ ipv4.dscp ++ ipv4.ecn))
                + (bit<32>)(ipv4.version ++ ipv4.ihl ++ ipv4.dscp ++ ecn);
            sum = (bit<32>)sum[15:0] + (bit<32>)sum[31:16];
            ipv4.checksum = ~(sum[15:0] + sum[31:16]);
            ipv4.ecn = ecn;
        }
    }
}

#endif
