"""The deparser: statements, which p4c allows as far as they change no header, then the headers."""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.codegen.layout import Layout
from softswitch.codegen.statements import StatementWriter


def deparser_statements(layout: Layout, writer: StatementWriter) -> Iterator[str]:
    """The function that runs before the headers are emitted."""
    yield "static void before_deparsing(struct packet *p)"
    yield "{"
    yield "    (void)p;"
    for primitive in layout.pipeline.deparser_statements:
        yield "    {"
        yield from (f"        {line}" for line in writer.write(primitive))
        yield "    }"
    yield "}"


def deparser(layout: Layout) -> Iterator[str]:
    """The function that emits every valid header in the order of the program."""
    yield "static uint8_t *deparse(const struct packet *p, uint8_t *d)"
    yield "{"
    yield "    (void)p;"
    for name in layout.pipeline.deparser:
        place = layout.header(name)
        type_ = layout.type_name(layout.pipeline.headers[name].type)
        yield f"    if ({place}.valid)"
        yield f"        d = emit_{type_}(&{place}, d);"
    yield "    return d;"
    yield "}"


def max_headers(layout: Layout) -> int:
    """The octets that the deparser emits at most."""
    headers = layout.pipeline.headers
    widths = (
        field.width for name in layout.pipeline.deparser for field in headers[name].type.fields
    )
    return sum(widths) // 8
