"""How fast the embedded target is: `python -m bench.softswitch` (docs/softswitch.md).

Every comparison runs in turns on the same links of one machine, in rounds; what is told is the
median of the rounds' ratios, which says something on any machine. The bare loop makes the same
system calls as the switch and does nothing else. BMv2 takes part where simple_switch_grpc is on
PATH. Needs root, for a network namespace, and a C compiler.
"""
