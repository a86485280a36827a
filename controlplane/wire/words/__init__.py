"""Frames in words: one line for people, the outermost header first.

    10.1.9.1 > 224.0.0.13 PIM Hello, holdtime 105 s, GenID 0x1d2c3b4a

What cannot be decoded is named as far as it could be, with the reason. A tunnel is looked into
once: a packet in a tunnel in a tunnel is nothing that a router here sends.
"""

from controlplane.wire.words.frame import frame_words, ipv4_words

__all__ = ["frame_words", "ipv4_words"]
