/* The ethertype and the VLAN tag of a frame that leaves; VLAN 0 is untagged. */
#ifndef MVPN_VLAN_TAGGING_P4
#define MVPN_VLAN_TAGGING_P4

control VlanTagging(inout headers_t hdr, in vlan_id_t vlan) {
    apply {
        bit<16> ether_type = ETHERTYPE_IPV4;
        if (hdr.label.isValid() || hdr.labels_below[0].isValid()) {
            ether_type = ETHERTYPE_MPLS;
        }
        if (vlan == 0) {
            hdr.vlan_tag.setInvalid();
            hdr.ethernet.ether_type = ether_type;
        } else {
            if (!hdr.vlan_tag.isValid()) {
                hdr.vlan_tag.setValid();
                hdr.vlan_tag.priority = 0;
                hdr.vlan_tag.drop_eligible = 0;
            }
            hdr.vlan_tag.vlan = vlan;
            hdr.vlan_tag.ether_type = ether_type;
            hdr.ethernet.ether_type = ETHERTYPE_VLAN;
        }
    }
}

#endif
