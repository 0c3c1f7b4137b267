"""What ONNX itself says of an operation: how many inputs and outputs it has, and of which kind its settings are.

A file can say anything; what breaks these rules is refused here, before any operation is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.importing.imported import CannotImport
from backend.weight_files import printable


def text(value: str | bytes) -> str:
    """A text of the file, whatever its bytes: damaged ones come as they are."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def check_node(place: str, op: str, inputs: Sequence[str], outputs: Sequence[str], proto: Any, opset: int) -> None:
    """Raise CannotImport where a node breaks the rules of its operation; unknown operations have none."""
    from onnx import defs

    try:
        schema = defs.get_schema(op, max(1, min(opset, defs.onnx_opset_version())), "")
    except (defs.SchemaError, TypeError, ValueError):
        return
    for what, names, least, most in (
        ("inputs", inputs, schema.min_input, schema.max_input),
        ("outputs", outputs, schema.min_output, schema.max_output),
    ):
        if not least <= len(names) <= most:
            wanted = str(least) if least == most else f"{least} to {most}" if most < 2**31 - 1 else f"at least {least}"
            raise CannotImport(place, f"it has {len(names)} {what}, and {op} has {wanted}")
    for name, formal in zip(inputs, schema.inputs, strict=False):
        if not name and formal.option == defs.OpSchema.FormalParameterOption.Single:
            raise CannotImport(place, f"its input {formal.name} is left out, which {op} cannot do without")
    for attribute in proto.attribute:
        known, named = schema.attributes.get(text(attribute.name)), printable(text(attribute.name))
        if known is None:
            raise CannotImport(place, f"its setting {named} is none that {op} of opset {opset} has")
        if int(known.type) != attribute.type:
            raise CannotImport(place, f"its setting {named} is of another kind than {op} has")
    missing = [
        n for n, a in schema.attributes.items() if a.required and all(text(o.name) != n for o in proto.attribute)
    ]
    if missing:
        raise CannotImport(place, f"its setting {missing[0]} is missing, which {op} cannot do without")
