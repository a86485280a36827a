"""Whole networks in one process on a virtual clock.

Every frame goes through the compiled P4 program in the embedded target, one switch each, or control
packets are handed over directly (`direct`), for networks of hundreds; hosts are small stacks of
their own. Events happen in the order of their time, and of their making when times are equal, so
one seed gives one run.
"""
