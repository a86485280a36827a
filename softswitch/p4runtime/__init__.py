"""What P4Runtime means, without gRPC: protobuf messages in, protobuf messages or an error out.

    status       canonical error codes and the one exception that carries them
    bytestring   integers as P4Runtime writes them (spec section "Bytestrings")
    p4info       the P4Info message as typed, indexed values
    match        FieldMatch <-> the engine's keys
    action       Action <-> the engine's action arguments
    tables       entries and default entries of match-action tables
    replication  multicast groups and clone sessions
    cells        indirect counters, meters and registers: arrays of cells
    direct       counters and meters that belong to table entries
    packet_io    packet-in and packet-out headers
    forwarding   one pipeline with everything that was written into it
    arbitration  who is primary
    service      the RPCs

Section names in comments are those of the P4Runtime specification 1.5.
"""
