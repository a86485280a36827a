"""The project's figures; `make bench` prints them.

Speed depends on the machine, so nothing here is a test. Where there is a peer to compare with, both
run in turns in one run and the figure is their ratio.
"""
