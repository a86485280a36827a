/* Which interface a frame came in on, and whether it is for this router.
 *
 * An interface is a port and a VLAN on it. Frames to other MAC addresses than its own and groups
 * are a neighbour's on the same LAN.
 */
#ifndef MVPN_ADMISSION_P4
#define MVPN_ADMISSION_P4

control Admission(in headers_t hdr, inout local_metadata_t meta) {
    mac_t own_mac = 0;

    @name(".set_interface")
    action set_interface(interface_t index, vrf_t vrf, mac_t mac, bit<1> mpls) {
        meta.interface = index;
        meta.vrf = vrf;
        meta.mpls = mpls == 1;
        own_mac = mac;
    }

    @name(".unknown_interface")
    action unknown_interface() {
        meta.drop_reason = DropReason.UNKNOWN_INTERFACE;
    }

    // Written from Fib.interfaces.
    @name(".interface")
    table interface {
        key = {
            meta.ingress_port: exact @name("port");
            meta.ingress_vlan: exact @name("vlan");
        }
        actions = {
            set_interface;
            @defaultonly unknown_interface;
        }
        const default_action = unknown_interface;
        size = INTERFACES;
    }

    apply {
        if (interface.apply().hit) {
            bool to_group = hdr.ethernet.destination[40:40] == 1;
            if (!to_group && hdr.ethernet.destination != own_mac) {
                meta.drop_reason = DropReason.NOT_MY_MAC;
            }
        }
    }
}

#endif
