"""What P4Runtime means, without gRPC: protobuf messages in, protobuf messages or an error out.

    status       canonical error codes and the one exception that carries them
    bytestring   integers as P4Runtime writes them (spec section "Bytestrings")
    p4info       the P4Info message as typed, indexed values
    binding      whether a P4Info and a program belong together
    match        FieldMatch <-> the engine's keys
    action       Action <-> the engine's action arguments
    capacity     how much an action profile holds
    shared_actions  members and groups of an action profile that a controller makes
    action_set   actions with weights that an entry brings itself ("one shot")
    action_profile  both, as what tables take actions from and as entities
    resources    counters and meters <-> their messages
    store        what all kinds of entities have in common: write and read
    entry        one table entry and its message
    tables       entries and default entries of match-action tables
    plain_tables, plain_writes, plain_reads  entries that are written and read natively
    direct       counters and meters that belong to table entries
    replication  multicast groups and clone sessions
    cells        arrays of counters, meters and registers
    packet_io    packet-in and packet-out headers
    forwarding   one pipeline with everything that was written into it
    reconcile    carrying that over to another pipeline
    arbitration  who is primary
    service      the RPCs

Section names in comments are those of the P4Runtime specification 1.5.
"""
