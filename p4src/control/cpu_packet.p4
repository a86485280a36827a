/* What the CPU sends: whole out of a port, or through the pipeline as if it had come in. */
#ifndef MVPN_CPU_PACKET_P4
#define MVPN_CPU_PACKET_P4

control CpuPacket(in headers_t hdr, inout local_metadata_t meta) {
    apply {
        if (hdr.packet_out.isValid()) {
            if (hdr.packet_out.form == (bit<8>)PacketOutForm.SUBMIT) {
                meta.submitted = true;
                meta.vrf = hdr.packet_out.vrf;
                meta.interface = hdr.packet_out.interface;
            } else {
                meta.disposition = Disposition.AS_IT_IS;
                meta.egress_port = (port_id_t)hdr.packet_out.egress_port;
            }
        }
    }
}

#endif
