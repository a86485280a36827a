"""What is told of a decision: the best paths, and of VPN routes those that were it before."""

from __future__ import annotations

from controlplane.protocols.bgp.events import BestPathsChanged
from tests.protocols.bgp.speaker import of
from tests.protocols.bgp.tabled import RED, VPNV4, Here, peer, prefix, targets, vpn


def last(here: Here) -> BestPathsChanged:
    return of(BestPathsChanged, here.outputs)[-1]


class TestFormerPaths:
    """They say which VRFs had a route, so nobody has to remember that."""

    def test_the_first_path_to_a_key_has_none_before_it(self) -> None:
        here = Here(one := peer(1, families=frozenset({VPNV4}), reflector_client=True))
        here.far(one).announces(vpn(1), family=VPNV4)
        assert last(here).former == ()

    def test_a_path_comes_with_the_one_whose_place_it_takes(self) -> None:
        here = Here(one := peer(1, families=frozenset({VPNV4}), reflector_client=True))
        far = here.far(one)
        far.announces(vpn(1), family=VPNV4, med=1)
        before = here.best[vpn(1)]
        far.announces(vpn(1), family=VPNV4, extended_communities=targets(RED))
        assert last(here).former == (before,)
        assert last(here).changed == (here.best[vpn(1)],)

    def test_a_withdrawn_route_comes_with_its_last_path_and_backup(self) -> None:
        configs = [peer(n, families=frozenset({VPNV4}), reflector_client=True) for n in (1, 2)]
        here = Here(*configs)
        first, second = (here.far(config) for config in configs)
        first.announces(vpn(1), family=VPNV4, via="a")
        second.announces(vpn(1), family=VPNV4, via="b")
        both = here.best[vpn(1)]
        assert both.backup is not None
        second.withdraws(vpn(1), family=VPNV4)
        assert last(here).former == (both,)
        first.withdraws(vpn(1), family=VPNV4)
        (left,) = last(here).former
        assert (left.key, left.backup, last(here).withdrawn) == (vpn(1), None, (vpn(1),))

    def test_of_other_families_nobody_asks(self) -> None:
        here = Here(one := peer(1))
        far = here.far(one)
        far.announces(prefix(1))
        far.announces(prefix(1), med=5)
        assert last(here).former == ()
        assert here.best[prefix(1)].attributes.med == 5
