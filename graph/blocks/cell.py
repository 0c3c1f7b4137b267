"""Recurrent cells: one step of a recurrent layer, for networks that wire the steps themselves."""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, Port, ShapeError, Site, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.recurrent import HIDDEN
from graph.dim import is_open
from graph.hyperparameter import Bool, Choice
from graph.tensor_type import TensorType

BIAS = Bool("bias", True, "Adds learned offsets; torch keeps two vectors where lectures draw one.")
STEP = Port("input", help="One step of a batch of sequences, N x features.")
H_0 = Port("h_0", optional=True, help="The state before the step; zeros unless wired.")
C_0 = Port("c_0", optional=True, help="The cell before the step; zeros unless wired.")
H_1 = Port("h_1", help="The state after the step.")
C_1 = Port("c_1", help="The cell after the step.")


class Cell(BlockType):
    """What the cells share; they differ in how many gates they compute and what they carry."""

    family = "recurrent"
    gates = 1
    inputs = (STEP, H_0)
    outputs = (H_1,)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x, hidden = inputs["input"], values["hidden_size"]
        state = TensorType((x.dims[0], hidden)) if x.rank == 2 else None
        features = self._features(x)
        for port in ("h_0", "c_0"):
            self._check_state(port, inputs.get(port), state)
        if len(self.inputs) == 3 and ("h_0" in inputs) != ("c_0" in inputs):
            port = "h_0" if "c_0" in inputs else "c_0"
            raise ShapeError("h_0 and c_0 come together: wire both or none", port, code="state")
        rows = self.gates * hidden
        weights = (("weight_ih", (rows, features)), ("weight_hh", (rows, hidden)))
        biases = (("bias_ih", (rows,)), ("bias_hh", (rows,))) if values["bias"] else ()
        return Inferred(
            {port.name: state for port in self.outputs},
            parameters=sum(prod(shape) for _, shape in weights + biases),
            macs=sum(prod(shape) for _, shape in weights),
            weights=weights + biases,
        )

    def _features(self, x: TensorType) -> int:
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if x.rank != 2:
            raise wrong_rank(self.name, x, "one step N x features", hint=": a SelectStep takes one out of a sequence")
        if is_open(x.dims[1]):
            raise open_dim(self.name, x, "its number of features")
        return x.dims[1]

    def _check_state(self, port: str, given: TensorType | None, right: TensorType) -> None:
        if given is None:
            return
        if given.dtype != "float32":
            raise wrong_dtype(self.name, given, port=port)
        if given.dims != right.dims:
            raise ShapeError(f"{port} must be {right}, but is {given}", port, code="state")

    def explain(self, values, inputs, inferred):
        x, hidden = inputs["input"], values["hidden_size"]
        rows = f"{self.gates}*{hidden}" if self.gates > 1 else str(hidden)
        step = f"{rows}*({x.dims[1]} + {hidden})"
        biases = f" + 2*{rows}" if values["bias"] else ""
        return (
            ("output", f"{x} -> {inferred.outputs['h_1']}"),
            ("parameters", f"{step}{biases} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{step} = {count(inferred.macs)}"),
        )

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        return Call(f"nn.{self.name}", (inputs["input"].dims[1], kwargs.pop("hidden_size")), kwargs)


class RNNCell(Cell):
    """One step of the plain recurrent layer: tanh of a weighted sum of the input and the state.

    (N, F) and a state (N, hidden_size) -> the next state (N, hidden_size).
    """

    aliases = ("elman cell", "recurrent step", "recurrent cell", "unrolled rnn")
    hyperparameters = (
        HIDDEN,
        BIAS,
        Choice("nonlinearity", "tanh", "The bend of the step.", choices=("tanh", "relu")),
    )


class LSTMCell(Cell):
    """One step of an LSTM: gates decide what its cell keeps, forgets and shows.

    (N, F), a state and a cell (N, hidden_size) -> the next state and cell, (N, hidden_size) each.
    """

    gates = 4
    inputs = (STEP, H_0, C_0)
    outputs = (H_1, C_1)
    aliases = ("long short-term memory cell", "lstm step", "recurrent cell", "gated cell")
    hyperparameters = (HIDDEN, BIAS)

    def forward(self, site: Site) -> str:
        x, h_0, c_0 = (site.one(port.name) for port in self.inputs)
        return site.call_module(x) if h_0 is None else site.call_module(x, f"({h_0}, {c_0})")


class GRUCell(Cell):
    """One step of a GRU: two gates decide how much of the state is renewed.

    (N, F) and a state (N, hidden_size) -> the next state (N, hidden_size).
    """

    gates = 3
    aliases = ("gated recurrent unit cell", "gru step", "recurrent cell", "gated cell")
    hyperparameters = (HIDDEN, BIAS)


BLOCK_TYPES = (RNNCell, LSTMCell, GRUCell)
