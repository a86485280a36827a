"""Policies: which routes are taken or told, and with which attributes.

The first rule that matches decides. Which one that is may hang on the key; what it makes of the
attributes does not, so routes with equal attributes and the same rule share the result.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

from controlplane.protocols.bgp.events import Policy, Rule
from controlplane.protocols.bgp.path import targets_of
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import NlriKey, VpnPrefix


def rule_for(policy: Policy, key: NlriKey, attributes: PathAttributes) -> Rule | None:
    """The rule that decides about a route; None when no rule matches."""
    for rule in policy.rules:
        if _matches(rule, key, attributes):
            return rule
    return None


def is_accepted(policy: Policy, rule: Rule | None) -> bool:
    return policy.otherwise if rule is None else rule.accept


def denial(policy: Policy, rule: Rule | None) -> str:
    """Why a route is not taken, in words."""
    name = f" {policy.name}" if policy.name else ""
    which = f"rule {policy.rules.index(rule) + 1}" if rule else "no rule accepts it"
    return f"denied by policy{name}: {which}"


def applied(rule: Rule | None, attributes: PathAttributes, asn: int) -> PathAttributes:
    """The attributes behind a rule that accepts; `asn` is the own AS."""
    if rule is None:
        return attributes
    as_path = attributes.as_path
    for _ in range(rule.prepend):
        as_path = as_path.prepended(asn)
    extended = attributes.extended_communities | rule.add_extended_communities
    local_pref, med = rule.set_local_pref, rule.set_med
    return replace(
        attributes,
        as_path=as_path,
        local_pref=attributes.local_pref if local_pref is None else local_pref,
        med=attributes.med if med is None else med,
        communities=attributes.communities | rule.add_communities,
        large_communities=attributes.large_communities | rule.add_large_communities,
        extended_communities=extended,
    )


def _matches(rule: Rule, key: NlriKey, attributes: PathAttributes) -> bool:
    return (
        (not rule.prefixes or _matches_prefix(rule, key))
        and (not rule.targets or _matches_target(rule, attributes))
        and (not rule.communities or not rule.communities.isdisjoint(attributes.communities))
        and (
            not rule.large_communities
            or not rule.large_communities.isdisjoint(attributes.large_communities)
        )
    )


def _matches_prefix(rule: Rule, key: NlriKey) -> bool:
    prefix = key.prefix if isinstance(key, VpnPrefix) else key
    if not isinstance(prefix, IPv4Network):
        return False
    return any(
        prefix.prefixlen <= (within.prefixlen if rule.up_to is None else rule.up_to)
        and prefix.subnet_of(within)
        for within in rule.prefixes
    )


def _matches_target(rule: Rule, attributes: PathAttributes) -> bool:
    wanted = {route_target(target).octets for target in rule.targets}
    return not wanted.isdisjoint(targets_of(attributes))
