"""What a schema cannot say: names that exist, addresses that fit, times in order.

Every check takes the file and yields the problems that it finds. A file that broke the schema is
checked as well, without its broken parts; what is named in it still counts as named (`Known`), so
that one mistake is not reported twice.
"""

from __future__ import annotations

from controlplane.lab.checks.addresses import check_addresses
from controlplane.lab.checks.bgp import check_bgp
from controlplane.lab.checks.core import check_core
from controlplane.lab.checks.data_mdts import check_data_mdts
from controlplane.lab.checks.expectations import check_expectations
from controlplane.lab.checks.frr import check_frr
from controlplane.lab.checks.known import Known
from controlplane.lab.checks.play import check_play
from controlplane.lab.checks.rendezvous import check_rendezvous
from controlplane.lab.checks.roles import check_roles
from controlplane.lab.checks.topology import check_presence, check_topology
from controlplane.lab.checks.vpns import (
    check_provider_streams,
    check_vpn_presence,
    check_vpns,
)
from controlplane.lab.errors import Problem
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.source import Value


def check(file: LabFile, raw: Value, *, whole: bool) -> list[Problem]:
    """All problems; `whole` is False when parts of the network are missing from the model."""
    known = Known.of(raw)
    problems = [
        *check_topology(file, known),
        *check_roles(file),
        *check_addresses(file),
        *check_vpns(file, known),
        *check_rendezvous(file, known),
        *check_data_mdts(file),
        *check_core(file, known),
        *check_bgp(file, known),
        *check_frr(file),
        *check_provider_streams(file),
        *check_play(file, known),
        *check_expectations(file, known),
    ]
    return problems + ([*check_presence(file), *check_vpn_presence(file)] if whole else [])
