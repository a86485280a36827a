"""p4c's BMv2 JSON as typed values; `read_pipeline` is the way in."""

from softswitch.bmv2json.model import Pipeline
from softswitch.bmv2json.reader import read_pipeline

__all__ = ["Pipeline", "read_pipeline"]
