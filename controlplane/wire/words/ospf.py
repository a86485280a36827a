"""OSPF in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controlplane.wire.ospf.auth import Claim, CryptographicClaim, PasswordClaim
from controlplane.wire.ospf.bodies import NO_ADDRESS
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    LinkStateUpdate,
)
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.ospf.lsa import LsaHeader, LsaKey, LsType
from controlplane.wire.ospf.message import OspfBody, decode_header
from controlplane.wire.words.phrases import listed

_LSAS: Final[dict[int, str]] = {
    LsType.ROUTER: "router-LSA",
    LsType.NETWORK: "network-LSA",
    LsType.SUMMARY_NETWORK: "summary-LSA",
    LsType.SUMMARY_ASBR: "ASBR-summary-LSA",
    LsType.AS_EXTERNAL: "AS-external-LSA",
    LsType.NSSA_EXTERNAL: "type-7-LSA",
    LsType.OPAQUE_LINK: "link-local opaque LSA",
    LsType.OPAQUE_AREA: "opaque LSA",
    LsType.OPAQUE_AS: "AS-wide opaque LSA",
}
"""As RFC 2328 12.1.3, RFC 3101 and RFC 5250 call them."""

_SEQUENCE_BITS: Final = 0xFFFFFFFF


def ospf_words(data: bytes) -> str:
    """The body's words also where nobody can say whether its authentication is right."""
    header = decode_header(data)
    sender = f"of {header.router_id} in area {header.area_id}{_claim(header.claim)}"
    name, said = _body(header.decode_body())
    return f"OSPF {name} {sender}{said}"


def _claim(claim: Claim) -> str:
    match claim:
        case CryptographicClaim(key_id=key_id):
            return f", MD5 key {key_id}"
        case PasswordClaim():
            return ", a password"
        case _:
            return ""


def _body(body: OspfBody) -> tuple[str, str]:
    """What the packet is called, and what it says."""
    match body:
        case Hello() as hello:
            return "Hello", "".join(_hello(hello))
        case DatabaseDescription() as description:
            return "Database Description", "".join(_description(description))
        case LinkStateRequest(keys=keys):
            return "Link State Request", f": {listed(map(_key, keys))}"
        case LinkStateUpdate(lsas=lsas, unreadable=unreadable):
            said = [*(_instance(lsa.header) for lsa in lsas), *unreadable]
            return "Link State Update", f": {listed(said)}"
        case LinkStateAck(headers=headers):
            return "Link State Acknowledgment", f": {listed(map(_instance, headers))}"


def _hello(hello: Hello) -> Iterator[str]:
    if hello.designated_router != NO_ADDRESS:
        yield f", DR {hello.designated_router}"
    if hello.backup_designated_router != NO_ADDRESS:
        yield f", BDR {hello.backup_designated_router}"
    yield f", sees {listed(map(str, hello.neighbors))}"


def _description(description: DatabaseDescription) -> Iterator[str]:
    yield f", seq {description.sequence_number}"
    if description.init:
        yield ", init"
    if description.more:
        yield ", more"
    yield ", master" if description.master else ", slave"
    yield f": {listed(map(_instance, description.headers))}"


def _instance(header: LsaHeader) -> str:
    """What tells an LSA from a newer one of the same name (RFC 2328 13.1)."""
    return f"{_key(header.key)} seq {header.sequence_number & _SEQUENCE_BITS:08x} age {header.age}"


def _key(key: LsaKey) -> str:
    name = _LSAS.get(key.ls_type, f"LSA of type {key.ls_type}")
    if key.link_state_id == key.advertising_router:
        return f"{name} {key.link_state_id}"
    return f"{name} {key.link_state_id} of {key.advertising_router}"
