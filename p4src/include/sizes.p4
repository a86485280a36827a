/* Capacities: a PE with 10,000 customer (S,G) and 100,000 VPN routes. */
#ifndef MVPN_SIZES_P4
#define MVPN_SIZES_P4

const bit<32> INTERFACES       = 4096;    // (port, VLAN) pairs
const bit<32> INTERFACE_IDS    = 65536;   // of these and of (PMSI, root PE) pairs
const bit<32> UNICAST_ROUTES   = 131072;
const bit<32> VPN_PATHS        = 16384;   // PEs, by the label that each gave
const bit<32> NEXT_HOP_GROUPS  = 32768;   // one for each FEC that neighbours give labels for
const bit<32> GROUP_MEMBERS    = 131072;
const bit<32> NEXT_HOPS        = 16384;
const bit<32> LABEL_ROUTES     = 32768;
const bit<32> MULTICAST_ROUTES = 16384;   // P-routes and C-routes
const bit<32> TAIL_ROUTES      = 16384;   // C-routes, once more for what tunnels bring
const bit<32> ANY_SOURCE_ROUTES = 8192;   // (*,G), of either kind
const bit<32> ACCEPTED_INTERFACES = 16384; // of trees that accept packets of several
const bit<32> TUNNEL_ROOTS     = 16384;   // PEs, by the tunnels that they share
const bit<32> REPLICA_REWRITES = 16384;
const bit<32> PUNT_REASONS     = 32;
const bit<32> DROP_REASONS     = 32;

#endif
