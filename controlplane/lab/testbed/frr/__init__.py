"""A CE that FRR runs: the kernel forwards; zebra, bgpd and pimd of Debian's package speak for it.

    config ── bgpd.py, pimd.py ──> files of the daemons ── router.py ──> processes
    rows  <── unicast_rows.py, multicast_rows.py <──────── vtysh.py

What the daemons are told comes of the same RouterConfig that one of our own routers would get. What
they show is put into such rows as our own routers show.
"""

from controlplane.lab.testbed.frr.router import FrrRouter, require_frr

__all__ = ["FrrRouter", "require_frr"]
