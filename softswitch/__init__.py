"""An embedded P4 target: p4c's BMv2 JSON becomes native code, P4Runtime controls it.

The package imports nothing of the control plane and knows no protocol: any v1model program that p4c
compiles for BMv2 runs on it. docs/softswitch.md is its manual.
"""
