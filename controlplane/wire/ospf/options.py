"""The options field of Hellos, Database Descriptions and LSAs (RFC 2328 A.2).

                   +----+---+----+---+-----+----+---+---+
                   | DN | O | DC | L | N/P | MC | E |   |
                   +----+---+----+---+-----+----+---+---+

DN is of RFC 4576, O of RFC 5250, L of RFC 5613. N/P (RFC 3101 2.4) is N in Hellos and Database
Descriptions: the area is an NSSA; in type 7 LSAs it is P: translate this one to type 5.
"""

from __future__ import annotations

from enum import IntFlag


class Options(IntFlag):
    E = 0x02
    MC = 0x04
    NP = 0x08
    L = 0x10
    DC = 0x20
    O = 0x40  # noqa: E741 - the RFC's name
    DN = 0x80
