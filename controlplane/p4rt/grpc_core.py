"""How gRPC's core reaches its sockets: the client's as that of the embedded switch."""

from __future__ import annotations

from softswitch.grpc_core import load_grpc

__all__ = ["load_grpc"]
