/* The IPv4 TTL that a hop costs: one (RFC 1812 5.3.1), or behind an LSP what that has cost.
 *
 * The checksum is not computed anew but updated, RFC 1624 3: HC' = ~(~HC + ~m + m'). With m' = m -
 * (spent << 8) the last two are ~(spent << 8), whatever m is. So a header that was damaged on its
 * way stays so.
 */
#ifndef MVPN_TIME_TO_LIVE_P4
#define MVPN_TIME_TO_LIVE_P4

control TimeToLive(inout ipv4_t ipv4, in bit<8> spent) {
    apply {
        if (spent != 0) {
            bit<17> sum = (bit<17>)(~ipv4.checksum) + (bit<17>)(~(spent ++ 8w0));
            ipv4.checksum = ~(sum[15:0] + (bit<16>)sum[16:16]);
            ipv4.ttl = ipv4.ttl - spent;
        }
    }
}

#endif
