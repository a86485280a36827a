"""Policies: rules by prefix, target and community, in both directions."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.bgp.events import Policy, Rule
from controlplane.protocols.bgp.policy import is_accepted, rule_for
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import LargeCommunity, route_origin
from controlplane.wire.bgp.nlri import NlriKey, VpnPrefix
from tests.protocols.bgp.paths import as_path
from tests.protocols.bgp.speaker import AS
from tests.protocols.bgp.tabled import BLUE, RED, Here, member, peer, prefix, targets

TEN = frozenset({IPv4Network("10.0.0.0/8")})
NET, PART = IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16")
LARGE = LargeCommunity(AS, 1, 2)


@pytest.mark.parametrize(
    ("rule", "key", "attributes", "matches"),
    [
        (Rule(), NET, {}, True),
        (Rule(prefixes=TEN), NET, {}, True),
        (Rule(prefixes=TEN), PART, {}, False),
        (Rule(prefixes=TEN, up_to=16), PART, {}, True),
        (Rule(prefixes=TEN, up_to=15), PART, {}, False),
        (Rule(prefixes=TEN, up_to=32), IPv4Network("11.0.0.0/8"), {}, False),
        (Rule(prefixes=TEN), VpnPrefix(RouteDistinguisher(0, AS, 1), NET), {}, True),
        (Rule(prefixes=TEN, up_to=32), member(RED), {}, False),
        (Rule(targets=frozenset({RED})), NET, {"extended_communities": targets(RED)}, True),
        (Rule(targets=frozenset({RED})), NET, {"extended_communities": targets(BLUE)}, False),
        (
            Rule(targets=frozenset({RED})),
            NET,
            {"extended_communities": frozenset({route_origin(RED)})},
            False,
        ),
        (Rule(communities=frozenset({7})), NET, {"communities": frozenset({7, 8})}, True),
        (Rule(communities=frozenset({7})), NET, {"communities": frozenset({8})}, False),
        (
            Rule(large_communities=frozenset({LARGE})),
            NET,
            {"large_communities": frozenset({LARGE})},
            True,
        ),
        (Rule(large_communities=frozenset({LARGE})), NET, {}, False),
        (Rule(prefixes=TEN, communities=frozenset({7})), NET, {}, False),
    ],
)
def test_a_rule_matches_what_has_all_of_it(
    rule: Rule, key: NlriKey, attributes: dict[str, Any], matches: bool
) -> None:
    policy = Policy(rules=(rule,), otherwise=False)
    found = rule_for(policy, key, PathAttributes(**attributes))
    assert (found is rule) is matches
    assert is_accepted(policy, found) is matches


def test_the_first_rule_that_matches_decides() -> None:
    policy = Policy(rules=(Rule(accept=False, prefixes=TEN), Rule(set_med=1)))
    assert not is_accepted(policy, rule_for(policy, NET, PathAttributes()))
    assert rule_for(policy, PART, PathAttributes()) is policy.rules[1]


class TestImport:
    def test_what_is_set_takes_the_place_of_what_was_there(self) -> None:
        rule = Rule(
            set_local_pref=300,
            set_med=4,
            add_communities=frozenset({8}),
            add_large_communities=frozenset({LARGE}),
            add_extended_communities=frozenset({route_origin(RED)}),
            prepend=2,
        )
        config = peer(1, 65001, import_policy=Policy(rules=(rule,)))
        here = Here(config)
        here.far(config).announces(prefix(1), med=9, communities=frozenset({7}))
        assert here.best[prefix(1)].attributes == PathAttributes(
            as_path=as_path(AS, AS, 65001),
            next_hop=here.best[prefix(1)].attributes.next_hop,
            local_pref=300,
            med=4,
            communities=frozenset({7, 8}),
            large_communities=frozenset({LARGE}),
            extended_communities=frozenset({route_origin(RED)}),
        )

    def test_what_is_denied_is_kept_with_the_reason(self) -> None:
        only = Rule(prefixes=frozenset({prefix(1)}))
        policy = Policy(name="only-one", rules=(only,), otherwise=False)
        config = peer(1, 65001, import_policy=policy)
        here = Here(config)
        here.far(config).announces(prefix(1), prefix(2))
        assert set(here.best) == {prefix(1)}
        (path,) = here.paths(prefix(2))
        assert path.why_not == "denied by policy only-one: no rule accepts it"

    def test_the_rule_that_denies_is_named_by_its_number(self) -> None:
        rules = (Rule(prefixes=frozenset({prefix(1)})), Rule(accept=False))
        config = peer(1, 65001, import_policy=Policy(rules=rules))
        here = Here(config)
        here.far(config).announces(prefix(2))
        assert here.paths(prefix(2))[0].why_not == "denied by policy: rule 2"

    def test_primary_and_backup_by_local_preference(self) -> None:
        better = Policy(rules=(Rule(set_local_pref=200),))
        configs = [peer(1, 65001), peer(2, 65001, import_policy=better)]
        here = Here(*configs)
        one, other = map(here.far, configs)
        one.announces(prefix(1))
        other.announces(prefix(1), via="b")
        best = here.best[prefix(1)]
        assert best.peer == configs[1].address
        assert best.backup is not None
        assert best.backup.peer == configs[0].address


class TestExport:
    def test_only_what_is_accepted_is_told(self) -> None:
        deny = Rule(accept=False, communities=frozenset({7}))
        configs = [peer(1, 65001), peer(2, 65002, export_policy=Policy(rules=(deny,)))]
        here = Here(*configs)
        speaks, listens = map(here.far, configs)
        speaks.announces(prefix(1), communities=frozenset({7}))
        speaks.announces(prefix(2))
        assert set(listens.learns()) == {prefix(2)}
        speaks.announces(prefix(2), communities=frozenset({7}))
        assert listens.learns() == {prefix(2): None}

    def test_rules_by_prefix_make_different_attributes_of_equal_ones(self) -> None:
        rules = (Rule(prefixes=frozenset({prefix(1)}), set_med=1), Rule(set_med=2))
        config = peer(1, 65001, export_policy=Policy(rules=rules))
        here = Here(config)
        here.originate(prefix(1), prefix(2), prefix(3))
        far = here.far(config)
        updates = [update.reach[0] for update in far.hears() if update.reach]
        assert [(reach.attributes.med, len(reach.nlri)) for reach in updates] == [(1, 1), (2, 2)]
