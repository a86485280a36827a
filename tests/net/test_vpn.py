"""Route distinguishers and route targets: RFC 4364 4.2."""

from __future__ import annotations

import pytest

from controlplane.net.vpn import RouteDistinguisher, RouteTarget


@pytest.mark.parametrize(
    ("text", "kind", "packed"),
    [
        ("65000:1", 0, "fde8 00000001"),
        ("65000:4294967295", 0, "fde8 ffffffff"),
        ("192.0.2.1:258", 1, "c0000201 0102"),
        ("4200000000:7", 2, "fa56ea00 0007"),
    ],
)
def test_the_administrator_decides_on_the_type(text: str, kind: int, packed: str) -> None:
    rd = RouteDistinguisher.parse(text)
    assert (rd.kind, rd.packed, str(rd)) == (kind, bytes.fromhex(packed), text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("65000", "not of the form ADMINISTRATOR:NUMBER: '65000'"),
        ("65000:x", "not of the form ADMINISTRATOR:NUMBER: '65000:x'"),
        ("red:1", "neither an AS number nor an IPv4 address: 'red'"),
        ("4294967296:1", "neither an AS number nor an IPv4 address: '4294967296'"),
        ("65000:4294967296", "the number of '65000:4294967296' needs more than 32 bits"),
        ("192.0.2.1:65536", "the number of '192.0.2.1:65536' needs more than 16 bits"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RouteTarget.parse(text)
