"""The machines of one PIM instance, each made with those that it tells of events."""

from __future__ import annotations

from controlplane.protocols.pim.asserts import Asserts
from controlplane.protocols.pim.bidir import BidirTrees
from controlplane.protocols.pim.bootstrap import Bootstraps
from controlplane.protocols.pim.data import DataPlane
from controlplane.protocols.pim.df_elections import DfElections
from controlplane.protocols.pim.downstream import Downstream
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interfaces import Interfaces
from controlplane.protocols.pim.join_prune import JoinPrunes
from controlplane.protocols.pim.keepalive import Keepalive
from controlplane.protocols.pim.membership import Members
from controlplane.protocols.pim.neighbors import Neighbors
from controlplane.protocols.pim.overheard import Overhearing
from controlplane.protocols.pim.receiver import Receiver
from controlplane.protocols.pim.register_dr import RegisterDr
from controlplane.protocols.pim.register_rp import RegisterRp
from controlplane.protocols.pim.rpt_downstream import RptDownstream
from controlplane.protocols.pim.rpt_upstream import RptUpstream
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.upstream import Upstream


class Machines:
    def __init__(self, instance: PimInstance) -> None:
        self.rpt_upstream = RptUpstream(instance)
        self.sender = Sender(instance, self.rpt_upstream)
        self.upstream = Upstream(instance)
        self.downstream = Downstream(instance)
        self.rpt_downstream = RptDownstream(instance)
        self.keepalive = Keepalive(instance)
        self.members = Members(instance)
        self.asserts = Asserts(instance, self.sender)
        self.register_dr = RegisterDr(instance)
        self.register_rp = RegisterRp(instance, self.keepalive)
        self.bootstraps = Bootstraps(instance, self.sender)
        self.df_elections = DfElections(instance, self.sender)
        self.bidir = BidirTrees(instance, self.df_elections, self.downstream)
        self.data = DataPlane(instance, self.keepalive, self.asserts)
        self.neighbors = Neighbors(
            instance, self.upstream, self.asserts, self.bootstraps, self.df_elections
        )
        overhearing = Overhearing(instance, self.upstream, self.rpt_upstream)
        join_prunes = JoinPrunes(
            instance, self.downstream, self.rpt_downstream, self.asserts, overhearing
        )
        self.receiver = Receiver(
            instance,
            self.neighbors,
            join_prunes,
            self.asserts,
            self.bootstraps,
            self.df_elections,
            self.register_dr,
            self.register_rp,
        )
        self.interfaces = Interfaces(
            instance,
            self.sender,
            self.neighbors,
            self.downstream,
            self.rpt_downstream,
            self.members,
        )
