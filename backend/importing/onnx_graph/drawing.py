"""The network while it is drawn: blocks are placed with what flows into them, and their shapes follow at once.

Keeps the weights of each block, the notes, and what the file calls the batch. Knows nothing of ONNX's operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from backend.importing.imported import CannotImport, Imported
from backend.importing.onnx_graph.layout import Layout
from backend.importing.onnx_graph.naming import block_name, readable
from backend.importing.onnx_graph.values import Drawn
from backend.source import SourceError, generate_source
from graph import registry
from graph.block_inference import decided, of_this_world
from graph.block_type import Inferred, ShapeError
from graph.dim import DimError
from graph.hyperparameter import HyperparameterError
from graph.names import NamingError
from graph.network import ConnectError, Network, number

MOST_WEIGHTS = 8 * 2**30  # bytes
Wired = Mapping[str, Drawn | Sequence[Drawn]]
Weights = Mapping[str, np.ndarray]


class Drawing:
    """A network in the making; errors name the node that is being read."""

    def __init__(self, network: Network, batch: int | None):
        self.network = network
        self.batch = batch  # the number the file writes for it, None where it is open there, too
        self.place = network.name  # of what is being read
        self.label = ""  # what a block for it would be called
        self.first_input: Drawn | None = None  # whose batch standing tensors take
        self.made: dict[Any, Drawn] = {}  # what was drawn to make a layout real, by what it is of
        self.merged: dict[tuple, Drawn] = {}  # sequences whose steps were put among the samples, by N and T
        self._weights: dict[str, Weights] = {}
        self._owners: dict[Any, str] = {}  # block that first had the weights of these initializers
        self._bytes = 0  # that all weights take
        self._reached: dict[str, int] = {}
        self._notes: dict[str, list[str]] = {}

    def fail(self, text: str) -> NoReturn:
        raise CannotImport(self.place, text)

    def note(self, text: str) -> None:
        """Remember what was assumed or drawn otherwise; the same about several nodes is told once."""
        self._notes.setdefault(text, []).append(readable(self.label))

    def draw(self, type: str, inputs: Wired, name: str | tuple[str, ...] = (), /, **values: Any) -> Drawn:
        """Place a block without weights; returns its first output."""
        return self.place_block(type, inputs, name, values)[0]

    def place_block(
        self,
        type: str,
        inputs: Wired,
        name: str | tuple[str, ...] = (),
        values: Mapping[str, Any] | None = None,
        weights: Weights | None = None,
        source: tuple[str, ...] = (),
        frozen: bool = False,
    ) -> list[Drawn]:
        """Place a block and wire it; returns its outputs in declared order, None for those that there are not.

        Blocks with the same `source`, the initializers their weights are, share them.
        """
        names = (name,) if isinstance(name, str) else name
        title = block_name(self.network.names, type, (*names, self.label), self._reached)
        try:
            block = self.network.new_block(type, title, dict(values or {}))
            self.network.insert_block(block, (0.0, 0.0))
            for port, ends in inputs.items():
                for end in [ends] if isinstance(ends, Drawn) else ends:
                    self.network.connect(end.block, block, end.port, port)
            inferred = self._infer(block, inputs)
        except (HyperparameterError, NamingError, ConnectError, DimError) as fault:
            self.fail(str(fault))
        except ShapeError as fault:
            self.fail(f"as a block {type}: {fault.text}")
        if inferred.weights or weights:
            self._keep(block, inferred, weights or {}, source, frozen)
        ports = registry.block_type(type).outputs
        return [self._output(block.id, port.name, inferred) for port in ports]

    def _infer(self, block, inputs: Wired) -> Inferred:
        declared = registry.block_type(block.type)
        values = declared.complete(block.hyperparameters)
        declared.check(values)
        types = {port: e.type if isinstance(e, Drawn) else tuple(one.type for one in e) for port, e in inputs.items()}
        return of_this_world(decided(self.network, block, declared, values, types, []))

    def _output(self, block: str, port: str, inferred: Inferred) -> Drawn | None:
        tensor = inferred.outputs.get(port)
        return None if tensor is None else Drawn(block, port, tensor, Layout.of(tensor.dims))

    def _keep(self, block, inferred: Inferred, weights: Weights, source: tuple[str, ...], frozen: bool) -> None:
        """Remember a block's weights, and that it is another's layer again where that had the same."""
        for name, shape in inferred.weights:
            if name not in weights or weights[name].shape != shape:
                found = " x ".join(map(str, weights[name].shape)) if name in weights else "missing"
                self.fail(f"as a block {block.type} its {name} must be {' x '.join(map(str, shape))}, but is {found}")
        owner = self._owner(block, inferred, source)
        if owner is None or self.network.blocks[owner].type != block.type:
            self._weights[block.id] = weights
            self._bytes += sum(array.nbytes for array in weights.values())
        if self._bytes > MOST_WEIGHTS:
            self.fail(f"with it the weights of all blocks take more than {MOST_WEIGHTS:,} bytes")
        if owner is not None or frozen:
            self.network.replace_block(block.having(reuses=owner, frozen=frozen))

    def _owner(self, block, inferred: Inferred, source: tuple[str, ...]) -> str | None:
        """The block whose weights these are already; norms are left apart: exporters merge their equal numbers."""
        matrices = {shape for _, shape in inferred.weights if len(shape) > 1}
        if not matrices or not source or not source[0]:
            return None
        same = self._owners.setdefault((block.type, source, tuple(sorted(block.hyperparameters.items()))), block.id)
        if same != block.id:
            return same
        tied = self._owners.setdefault((source[0], inferred.weights[0]), block.id)
        if tied != block.id and self.network.blocks[tied].type == block.type:
            self.note("Layers that share a part of their weights in the file have their own here")
            return None
        return None if tied == block.id else tied

    # The end

    def finish(self) -> Imported:
        """The network with its weights under the names of the module it compiles to; raises CannotImport."""
        self._drop_unused()
        try:
            names = generate_source(self.network).names
        except SourceError as fault:
            raise CannotImport(self.network.name, str(fault)) from None
        owned = {id: held for id, held in self._weights.items() if id in self.network.blocks}
        weights = {
            f"{names[id]}.{name}": array if array.flags.c_contiguous else array.copy("C")
            for id, held in owned.items()
            for name, array in held.items()
        }
        return Imported(self.network, tuple(self._told()), weights)

    def _drop_unused(self) -> None:
        needed = [block.id for block in self.network.with_role("output")]
        found = set(needed)
        while needed:
            for wire in self.network.wires_into(needed.pop()):
                if wire.source not in found:
                    found.add(wire.source)
                    needed.append(wire.source)
        found.update(block.reuses for id in list(found) if (block := self.network.blocks[id]).reuses)
        spare = [id for id in self.network.blocks if id not in found and self.network.type_of(id).role != "input"]
        for id in sorted(spare, key=number):
            for wire in [*self.network.wires_into(id), *self.network.wires_out(id)]:
                self.network.remove_wire(wire.id)
        for id in spare:
            self.network.remove_block(id)

    def _told(self) -> Iterable[str]:
        for text, labels in self._notes.items():
            named = list(dict.fromkeys(filter(None, labels)))
            shown = ", ".join(named[:4]) + (f" and {len(named) - 4} more" if len(named) > 4 else "")
            yield f"{text} ({shown})" if shown else text
