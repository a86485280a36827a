/* The data plane of a multicast VPN on v1model: the table of contents.
 *
 * Ingress decides: packet-out, or interface -> VRF -> tree -> group of copies, or prefix or label
 * -> group of next hops -> next hop, with a path through the VPN before the group where a PE leads
 * there. Punting is a clone, so that a packet can be punted and forwarded in the same pass. The
 * replication engine makes the copies, and egress rewrites each by its port and replica id. Nothing
 * recirculates.
 */
#define V1MODEL_VERSION 20200408
#include <core.p4>
#include <v1model.p4>

#include "../include/types.p4"
#include "../include/sizes.p4"
#include "../include/headers.p4"
#include "../include/metadata.p4"
#include "../include/ip_parser.p4"

#include "checksum.p4"
#include "externs.p4"
#include "parser.p4"
#include "shim.p4"

#include "../control/admission.p4"
#include "../control/ipv4_validation.p4"
#include "../control/ttl_mode.p4"
#include "../control/mpls.p4"
#include "../control/to_me.p4"
#include "../control/unicast.p4"
#include "../control/vpn_paths.p4"
#include "../control/next_hops.p4"
#include "../control/packet_size.p4"
#include "../control/multicast.p4"
#include "../control/tail_routes.p4"
#include "../control/tail.p4"
#include "../control/router.p4"
#include "../control/cpu_packet.p4"
#include "../control/label_stack.p4"
#include "../control/label_rewrite.p4"
#include "../control/register_rewrite.p4"
#include "../control/replica_rewrite.p4"
#include "../control/time_to_live.p4"
#include "../control/vlan_tagging.p4"
#include "../control/egress_interface.p4"
#include "../control/departure.p4"

control MvpnIngress(inout headers_t hdr, inout local_metadata_t meta,
                    inout standard_metadata_t standard) {
    IngressStart() start;
    CpuPacket() cpu_packet;
    Router() router;
    Punt() punt;
    IngressCounters() counters;
    IngressEnd() end;

    apply {
        start.apply(hdr, standard, meta);
        cpu_packet.apply(hdr, meta);
        if (meta.disposition != Disposition.AS_IT_IS) {
            router.apply(hdr, meta);
        }
        punt.apply(meta);
        counters.apply(meta);
        end.apply(meta, standard);
    }
}

control MvpnEgress(inout headers_t hdr, inout local_metadata_t meta,
                   inout standard_metadata_t standard) {
    EgressStart() start;
    Departure() departure;
    PuntCopy() punt_copy;
    EgressCounters() counters;
    EgressEnd() end;

    apply {
        start.apply(standard, meta);
        departure.apply(hdr, meta);
        punt_copy.apply(meta);
        counters.apply(meta);
        end.apply(meta, standard);
    }
}

V1Switch(
    MvpnParser(),
    VerifyIpv4Checksum(),
    MvpnIngress(),
    MvpnEgress(),
    ComputeTunnelChecksum(),
    MvpnDeparser()
) main;
