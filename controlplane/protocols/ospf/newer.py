"""Which of two instances of an LSA is newer (RFC 2328 13.1), and whether both say the same."""

from __future__ import annotations

from typing import Final

from controlplane.wire.ospf.lsa import MAX_AGE, Lsa, LsaHeader

MAX_AGE_DIFF: Final = 900
"""RFC 2328 appendix B: instances whose ages differ by more than this are not the same one."""


def compare(a: LsaHeader, a_age: int, b: LsaHeader, b_age: int) -> int:
    """More than 0 when `a` is more recent, less when `b` is, 0 for the same instance."""
    if a.sequence_number != b.sequence_number:
        return 1 if a.sequence_number > b.sequence_number else -1
    if a.checksum != b.checksum:
        return 1 if a.checksum > b.checksum else -1
    if (a_age >= MAX_AGE) != (b_age >= MAX_AGE):
        return 1 if a_age >= MAX_AGE else -1
    if abs(a_age - b_age) > MAX_AGE_DIFF:
        return 1 if a_age < b_age else -1
    return 0


def same_contents(a: Lsa, b: Lsa) -> bool:
    """RFC 2328 13.2: "excludes changes in LS Sequence Number and LS Checksum"."""
    return (
        a.header.options == b.header.options
        and (a.header.age >= MAX_AGE) == (b.header.age >= MAX_AGE)
        and a.body == b.body
    )
