/* IPv4 header checksums, as v1model does them. */
#ifndef MVPN_CHECKSUM_P4
#define MVPN_CHECKSUM_P4

#define IPV4_CHECKSUM_FIELDS(h) { \
    h.version, h.ihl, h.dscp, h.ecn, h.total_length, h.identification, \
    h.reserved, h.dont_fragment, h.more_fragments, h.fragment_offset, \
    h.ttl, h.protocol, h.source, h.destination }

// v1model has one checksum_error a packet, and it tells of the outer header: a router that is not
// the tunnel's tail forwards whatever is inside. So the tail sums the inner header up by itself.
control InnerChecksum(in ipv4_t h, inout local_metadata_t meta) {
    apply {
        bit<32> sum = (bit<32>)(h.version ++ h.ihl ++ h.dscp ++ h.ecn) + (bit<32>)h.total_length
            + (bit<32>)h.identification
            + (bit<32>)(h.reserved ++ h.dont_fragment ++ h.more_fragments ++ h.fragment_offset)
            + (bit<32>)(h.ttl ++ h.protocol) + (bit<32>)h.checksum
            + (bit<32>)h.source[31:16] + (bit<32>)h.source[15:0]
            + (bit<32>)h.destination[31:16] + (bit<32>)h.destination[15:0];
        meta.checksum_error = sum[15:0] + sum[31:16] != 0xffff;
    }
}

// With options the checksum covers what the parser has not read; such packets go to the CPU alone.
control VerifyIpv4Checksum(inout headers_t hdr, inout local_metadata_t meta) {
    apply {
        verify_checksum(hdr.ipv4.isValid() && hdr.ipv4.ihl == IPV4_IHL_WITHOUT_OPTIONS,
                        IPV4_CHECKSUM_FIELDS(hdr.ipv4), hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control ComputeTunnelChecksum(inout headers_t hdr, inout local_metadata_t meta) {
    apply {
        update_checksum(hdr.tunnel_ipv4.isValid(),
                        IPV4_CHECKSUM_FIELDS(hdr.tunnel_ipv4), hdr.tunnel_ipv4.checksum,
                        HashAlgorithm.csum16);
        update_checksum(hdr.registering_ipv4.isValid(),
                        IPV4_CHECKSUM_FIELDS(hdr.registering_ipv4), hdr.registering_ipv4.checksum,
                        HashAlgorithm.csum16);
    }
}

#endif
