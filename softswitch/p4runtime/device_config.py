"""The device config of a pipeline: p4c's JSON, plain or in a `p4.tmp.P4DeviceConfig`.

That message was meant to go away, but BMv2 still takes it, and clients that people learn with still
send it (`p4runtime_lib` of p4lang/tutorials). Of its fields the JSON alone means something here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass


def program_text(device_config: bytes) -> str:
    """The JSON; UnicodeDecodeError where there is none."""
    if device_config.lstrip()[:1] == b"{":
        return device_config.decode()
    return (_wrapped(device_config) or device_config).decode()


def _wrapped(device_config: bytes) -> bytes:
    """What a P4DeviceConfig has in it; nothing, where this is none."""
    try:
        return bytes(_message_class().FromString(device_config).device_data)
    except DecodeError:
        return b""


@cache
def _message_class() -> Any:
    """P4DeviceConfig, whose definition is not among P4Runtime's, with its field of use."""
    data = FieldDescriptorProto(
        name="device_data",
        number=3,
        type=FieldDescriptorProto.TYPE_BYTES,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    message = DescriptorProto(name="P4DeviceConfig", field=[data])
    file = FileDescriptorProto(
        name="softswitch/p4config.proto", package="p4.tmp", syntax="proto3", message_type=[message]
    )
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("p4.tmp.P4DeviceConfig"))
