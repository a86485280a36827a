/* A hop costs one TTL (RFC 1812 5.3.1); the packet that cannot pay is dropped.
 *
 * The checksum is not computed anew but updated, RFC 1624 3: HC' = ~(~HC + ~m + m'). With m' = m -
 * 0x0100 the last two are 0xfeff, whatever m is. So a header that was damaged on its way stays so.
 */
#ifndef MVPN_TIME_TO_LIVE_P4
#define MVPN_TIME_TO_LIVE_P4

const bit<17> ONE_TTL_LESS = 0xfeff;

control TimeToLive(inout ipv4_t ipv4, inout local_metadata_t meta) {
    apply {
        if (!meta.submitted) {
            if (ipv4.ttl <= 1) {
                meta.drop_reason = DropReason.TTL_EXPIRED;
            } else {
                bit<17> sum = (bit<17>)(~ipv4.checksum) + ONE_TTL_LESS;
                ipv4.checksum = ~(sum[15:0] + (bit<16>)sum[16:16]);
                ipv4.ttl = ipv4.ttl - 1;
            }
        }
    }
}

#endif
