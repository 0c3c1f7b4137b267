"""Turns generated source into a living module: exactly that text is executed, and errors in it find their block.

The text is registered with linecache, so that tracebacks show it. Knows nothing of how the text is made.
"""

from __future__ import annotations

import hashlib
import linecache
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from backend.source import Source, generate_source
from graph.data_source import Field
from graph.network import Network


@dataclass(frozen=True, slots=True)
class Program:
    """A network ready to run: its module, its objective, and how both are fed.

    The objective takes what the module returns and then the targets. Where losses compare more than the module
    returns, the module has a method `compute` that returns both, in the objective's order.
    """

    module: nn.Module
    objective: Callable[..., dict[str, Tensor]] | None
    source: Source
    filename: str  # of the text, in tracebacks
    input_fields: tuple[str | None, ...]  # the data's field of every argument of forward, None where not bound
    target_fields: tuple[str | None, ...]  # that of the objective's last arguments
    blocks: dict[str, str]  # submodule name -> block id


def compile_network(network: Network, fields: Iterable[Field] = ()) -> nn.Module:
    """The module a network describes, freshly initialised; raises SourceError naming what is wrong."""
    return compile_program(network, fields).module


def compile_program(network: Network, fields: Iterable[Field] = ()) -> Program:
    """The module with its objective; raises SourceError naming what is wrong."""
    source = generate_source(network, fields)
    namespace = execute(source)
    bound = {id: block.hyperparameters.get("field") for id, block in network.blocks.items()}
    module = namespace[source.class_name]()
    submodules = dict(module.named_children())
    return Program(
        module,
        namespace.get("objective"),
        source,
        file_name(source),
        tuple(bound[id] for id in source.inputs),
        tuple(bound[id] for id in source.answers),
        {name: id for id, name in source.names.items() if name in submodules},
    )


def execute(source: Source) -> dict[str, Any]:
    """Run the text and return what it defines."""
    name = file_name(source)
    lines = source.text.splitlines(keepends=True)
    linecache.cache[name] = (len(source.text), None, lines, name)
    namespace: dict[str, Any] = {"__name__": f"netloom.{source.class_name}", "__file__": name}
    exec(compile(source.text, name, "exec", dont_inherit=True), namespace)
    return namespace


def file_name(source: Source) -> str:
    """What the text is called in tracebacks: the same for the same text."""
    digest = hashlib.sha256(source.text.encode()).hexdigest()[:12]
    return f"<netloom {source.class_name} {digest}>"


def block_of_error(error: BaseException, source: Source) -> str | None:
    """The id of the block whose line raised, None where the error did not come through the generated text."""
    name = file_name(source)
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == name and line in source.lines:
            found = source.lines[line]
    return found
