"""The JSON Schema of lab files, for editors."""

from __future__ import annotations

from typing import Any

from controlplane.lab.file.model import LabFile


def json_schema() -> dict[str, Any]:
    """Made from the models, so it cannot say anything else."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **LabFile.model_json_schema(by_alias=True),
    }
