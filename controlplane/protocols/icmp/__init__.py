"""ICMP: echo replies, and errors about what a router cannot forward."""
