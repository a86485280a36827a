"""What `show` has to tell of the tables."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from controlplane.protocols.bgp.events import PathSource
from controlplane.wire.bgp.nlri import Family, IntraAsIPmsi, NlriKey, SPmsi
from controlplane.wire.bgp.refresh import RefreshSubtype
from tests.protocols.bgp.paths import as_path
from tests.protocols.bgp.speaker import AS, refresh
from tests.protocols.bgp.tabled import UNICAST, VPNV4, Here, hop, peer, prefix, vpn

NOBODY = IPv4Address("10.0.1.9")


def test_all_paths_of_a_route_the_best_and_its_backup_first() -> None:
    configs = [peer(1, 65001), peer(2, 65002), peer(3, 65003)]
    here = Here(*configs)
    longest, best, backup = map(here.far, configs)
    longest.announces(prefix(1), as_path=as_path(65001, 7, 8))
    best.announces(prefix(1), via="b")
    backup.announces(prefix(1), via="c", med=3, as_path=as_path(65003, 7))
    (view,) = here.engine.routes(UNICAST)
    assert view.key == prefix(1)
    assert view.told == (configs[0].address, configs[2].address)
    assert [path.peer for path in view.paths] == [configs[n].address for n in (1, 2, 0)]
    assert [path.why_not for path in view.paths] == [
        "",
        "AS path length 2 > 1",
        "AS path length 3 > 1",
    ]
    assert [path.is_best for path in view.paths] == [True, False, False]
    assert [path.is_backup for path in view.paths] == [False, True, False]
    first = view.paths[0]
    assert (first.source, first.metric, first.is_stale) == (PathSource.EBGP, 1, False)
    assert first.attributes.next_hop == hop("b")


def test_routes_come_in_the_order_of_their_keys() -> None:
    here = Here()
    here.originate(*(prefix(number) for number in (10, 9, 100)))
    keys = [view.key for view in here.engine.routes(UNICAST)]
    assert keys == [prefix(9), prefix(10), prefix(100)]


def test_keys_of_several_kinds_are_kept_apart() -> None:
    here = Here()
    rd, pe, group = vpn(1).rd, IPv4Address("10.0.0.5"), IPv4Address("232.1.1.1")
    keys: list[NlriKey] = [
        SPmsi(rd, pe, group, pe),
        SPmsi(rd, None, group, pe),
        IntraAsIPmsi(rd, pe),
    ]
    here.originate(*keys, family=Family.MCAST_VPN)
    shown = [view.key for view in here.engine.routes(Family.MCAST_VPN)]
    assert shown[0] == keys[2]
    assert set(shown) == set(keys)


def test_what_a_peer_was_told() -> None:
    config = peer(1, 65001)
    here = Here(config)
    here.far(config)
    here.originate(prefix(2), prefix(1), med=5)
    told = here.engine.advertised(config.address, UNICAST)
    assert [view.key for view in told] == [prefix(1), prefix(2)]
    assert told[0].attributes.as_path == as_path(AS)
    assert told[0].attributes.med == 5


def test_nothing_is_known_of_what_is_not_there() -> None:
    here = Here(peer(1))
    assert here.engine.route(UNICAST, IPv4Network("192.0.2.0/24")) is None
    assert here.engine.routes(VPNV4) == ()
    assert here.engine.advertised(peer(1).address, UNICAST) == ()
    assert here.engine.advertised(NOBODY, UNICAST) == ()


def test_stale_paths_are_marked() -> None:
    config = peer(1)
    here = Here(config)
    far = here.far(config)
    far.announces(prefix(1))
    far.wire.says(refresh(UNICAST, RefreshSubtype.BEGINNING))
    assert here.paths(prefix(1))[0].is_stale
    far.announces(prefix(1))
    assert not here.paths(prefix(1))[0].is_stale
