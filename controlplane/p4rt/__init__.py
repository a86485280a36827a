"""Fib -> P4Runtime: the only Python that knows the P4 program's names.

names       what the program calls its tables, actions, counters; pipeline: what it is made of
drops       why it drops packets
entities    what a switch holds, as values: table entries, groups, policers, the clone session
inventory   a set of these
ids         numbers for what is shared; rewrites: those of the forms of copies on a port;
            interface_sets: of what trees accept; next_hops: of adjacencies
numbers     numbers for what has a name; ways: those of next hop groups; vpn_paths: of these
desired     Fib -> entities (desired_unicast with users, desired_multicast)
plan        entities that shall be - entities that are -> ordered batches
programmer  one switch's plans over time, sans IO
codec       entities <-> protobuf messages (table_codec, bytestring)
packets     packet-in and packet-out <-> protobuf messages
counters    what to read, and what it says; readings: one after another, as differences
address     where a switch is
client      one gRPC connection
grpc_core   how gRPC is loaded
session     keeps a switch in the desired state over connections that come and go; notices
memory      the same for a switch in this process
faults      what links do to frames: values; fault_rpc: told to a running switch
"""
