"""How the architecture reaches the standard metadata, and what clones and recirculation preserve.

p4c names the fields of v1model's standard_metadata; the JSON's aliases lead from
simple_switch's older names to them. A program may lack some: setting such a field does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.expressions import FieldRef
from softswitch.codegen.layout import Layout
from softswitch.errors import PipelineError

STANDARD = "standard_metadata"
REQUIRED = ("ingress_port", "egress_spec", "egress_port", "instance_type", "packet_length")
OPTIONAL = (
    "parser_error",
    "checksum_error",
    "ingress_global_timestamp",
    "egress_global_timestamp",
    "enq_timestamp",
    "mcast_grp",
    "egress_rid",
)
READ = ("ingress_port", "egress_spec", "mcast_grp", "priority")
ALIAS_PREFIXES = (STANDARD, "intrinsic_metadata", "queueing_metadata")


def standard_field(layout: Layout, name: str) -> FieldRef | None:
    """The field of standard metadata with that name, if the program has it."""
    for prefix in ALIAS_PREFIXES:
        alias = layout.pipeline.aliases.get(f"{prefix}.{name}")
        if alias is not None:
            return alias
    header = layout.pipeline.headers.get(STANDARD)
    if header is not None and name in header.type.by_name:
        return FieldRef(STANDARD, name)
    return None


def accessors(layout: Layout) -> Iterator[str]:
    """C functions `set_...` and `get_...` for the fields that the architecture uses."""
    for name in (*REQUIRED, *OPTIONAL):
        field = standard_field(layout, name)
        if field is None and name in REQUIRED:
            raise PipelineError(f"the program has no {STANDARD}.{name}: is it a v1model program?")
        yield from _setter(layout, name, field)
    for name in READ:
        field = standard_field(layout, name)
        value = "0" if field is None else layout.field(field, "(*h)")
        yield f"SW_INLINE uint64_t get_{name}(const struct phv *h)"
        yield f"{{ (void)h; return {value}; }}"


def _setter(layout: Layout, name: str, field: FieldRef | None) -> Iterator[str]:
    yield f"SW_INLINE void set_{name}(struct phv *h, uint64_t value)"
    if field is None:
        yield "{ (void)h; (void)value; }"
    else:
        mask = (1 << layout.declaration(field).width) - 1
        yield f"{{ {layout.field(field, '(*h)')} = value & UINT64_C({mask:#x}); }}"


def preservation(layout: Layout) -> Iterator[str]:
    """C functions that reset all metadata, and that copy the fields of a field list."""
    yield "static void reset_metadata(struct phv *h)"
    yield "{"
    yield "    (void)h;"
    for name in layout.instances:
        if layout.pipeline.headers[name].metadata:
            place = layout.header(name, "(*h)")
            yield f"    memset(&{place}, 0, sizeof {place});"
    yield "}"
    yield "static void preserve_fields(struct phv *to, const struct phv *from, uint32_t list)"
    yield "{"
    yield "    (void)to, (void)from;"
    yield "    switch (list) {"
    for list_ in layout.pipeline.field_lists.values():
        yield f"    case {list_.id}:"
        for field in list_.fields:
            source = layout.field(field, "(*from)")
            yield f"        {layout.field(field, '(*to)')} = {source};"
        yield "        break;"
    yield "    }"
    yield "}"
