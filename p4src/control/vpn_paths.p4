/* The path of a VPN route, RFC 4364 5: the label that the far PE gave it, and the way to that PE.
 *
 * Routes name paths, paths name groups of next hops. So the death of a PE rewrites the paths that
 * led there, however many routes name them, and a change of the core not even these.
 */
#ifndef MVPN_VPN_PATHS_P4
#define MVPN_VPN_PATHS_P4

control VpnPaths(inout local_metadata_t meta) {
    @name(".via_tunnel")
    action via_tunnel(label_t label, next_hop_group_t group) {
        meta.vpn_labelled = true;
        meta.vpn_label = label;
        meta.next_hop_group = group;
    }

    @name(".out_of_reach")
    action out_of_reach() {
        meta.drop_reason = DropReason.PE_OUT_OF_REACH;
    }

    // Written from Fib.vpn_paths.
    @name(".vpn_path")
    table vpn_path {
        key = {
            meta.vpn_path: exact @name("path");
        }
        actions = {
            via_tunnel;
            out_of_reach;
        }
        const default_action = out_of_reach;
        size = VPN_PATHS;
    }

    apply {
        vpn_path.apply();
    }
}

#endif
