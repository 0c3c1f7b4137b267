"""Recurrent layers: they read a sequence step by step and carry a state; the batch always comes first."""

from __future__ import annotations

from math import prod

from graph.block_type import BlockType, Call, Inferred, Inputs, Kept, Port, ShapeError, Site, Values
from graph.blocks.demands import count, open_dim, wrong_dtype, wrong_rank
from graph.blocks.window import factors
from graph.dim import is_open
from graph.hyperparameter import Bool, Choice, Float, Int
from graph.tensor_type import TensorType

HIDDEN = Int("hidden_size", help="Number of values in the state.", low=1, suggestion=64)
SETTINGS = (
    Int("num_layers", 1, "Layers on top of each other: each reads the outputs of the one below.", low=1, high=1000),
    Bool("bias", True, "Adds learned offsets; torch keeps two vectors where lectures draw one."),
    Float("dropout", 0.0, "Share dropped between layers while training.", low=0.0, high=1.0),
    Bool("bidirectional", False, "A second set reads the sequence backwards; the outputs stand side by side."),
)
H_0 = Port("h_0", optional=True, help="The state to begin with; zeros unless wired.")
C_0 = Port("c_0", optional=True, help="The cell to begin with; zeros unless wired.")
SEQUENCE = Port("input", help="A batch of sequences, N x T x features.")
EVERY_STEP = Port("output", help="The state of the top layer after every step.")
LAST_STATE = Port("h_n", help="The state of every layer after the last step, layers first.")
LAST_CELL = Port("c_n", help="The cell of every layer after the last step, layers first.")


class Recurrent(BlockType):
    """What the recurrent layers share; they differ in how many gates a step computes and what it carries."""

    family = "recurrent"
    states_kept = 1  # values a unit keeps of every step
    gates = 1
    inputs = (SEQUENCE, H_0)
    outputs = (EVERY_STEP, LAST_STATE)

    def infer(self, values: Values, inputs: Inputs) -> Inferred:
        x = inputs["input"]
        features = self._features(x)
        hidden, projected, directions = self._sizes(values)
        stacked = directions * values["num_layers"]
        batch = x.dims[0]
        state, cell = TensorType((stacked, batch, projected)), TensorType((stacked, batch, hidden))
        for port, right in (("h_0", state), ("c_0", cell)):
            self._check_state(port, inputs.get(port), right)
        if "c_0" in inputs and "h_0" not in inputs:
            raise ShapeError("h_0 and c_0 come together: wire both or none", "h_0", code="state")
        if len(self.inputs) == 3 and "h_0" in inputs and "c_0" not in inputs:
            raise ShapeError("h_0 and c_0 come together: wire both or none", "c_0", code="state")
        weights = tuple(self._weights(values, features))
        outputs = {"output": TensorType((*x.dims[:2], directions * projected)), "h_n": state}
        if len(self.outputs) == 3:
            outputs["c_n"] = cell
        return Inferred(
            outputs,
            parameters=sum(prod(shape) for _, shape in weights),
            macs=x.dims[1] * sum(prod(shape) for _, shape in weights if len(shape) == 2),
            weights=weights,
            warnings=self._warnings(values),
        )

    def _features(self, x: TensorType) -> int:
        if x.dtype != "float32":
            raise wrong_dtype(self.name, x)
        if x.rank != 3:
            raise wrong_rank(self.name, x, "sequences N x T x features")
        if is_open(x.dims[2]):
            raise open_dim(self.name, x, "its number of features")
        return x.dims[2]

    def _sizes(self, values: Values) -> tuple[int, int, int]:
        """Size of the cell, of the state that is handed on, and the number of directions."""
        hidden = values["hidden_size"]
        return hidden, values.get("proj_size") or hidden, 2 if values["bidirectional"] else 1

    def _check_state(self, port: str, given: TensorType | None, right: TensorType) -> None:
        if given is None:
            return
        if given.dtype != "float32":
            raise wrong_dtype(self.name, given, port=port)
        if given.dims != right.dims:
            raise ShapeError(f"{port} must be {right}, layers first, but is {given}", port, code="state")

    def _weights(self, values: Values, features: int):
        """Every learnable tensor in torch's order."""
        hidden, projected, directions = self._sizes(values)
        for layer in range(values["num_layers"]):
            reads = features if layer == 0 else directions * projected
            for suffix in (f"_l{layer}", f"_l{layer}_reverse")[:directions]:
                yield f"weight_ih{suffix}", (self.gates * hidden, reads)
                yield f"weight_hh{suffix}", (self.gates * hidden, projected)
                if values["bias"]:
                    yield f"bias_ih{suffix}", (self.gates * hidden,)
                    yield f"bias_hh{suffix}", (self.gates * hidden,)
                if projected != hidden:
                    yield f"weight_hr{suffix}", (projected, hidden)

    def _warnings(self, values: Values) -> tuple[tuple[str, str], ...]:
        if values["dropout"] and values["num_layers"] == 1:
            text = f"dropout {values['dropout']:g} acts between layers, and there is only one: it does nothing"
            return (("dropout_ignored", text),)
        return ()

    def kept(self, values, inputs, inferred):
        x, (hidden, out, directions) = inputs["input"], self._sizes(values)
        layers, steps = values["num_layers"], x.dims[:2]
        extra = [((*steps, directions * layers * hidden * self.states_kept), "float32")]
        if layers > 1:  # what goes from layer to layer
            extra.append(((*steps, directions * out * (layers - 1)), "float32"))
        return Kept(inputs=("input",), extra=tuple(extra))

    def explain(self, values, inputs, inferred):
        x = inputs["input"]
        hidden, projected, directions = self._sizes(values)
        layers = values["num_layers"]
        step = self._step(values, x.dims[2])
        steps = factors(x.dims[1:2])
        lines = [("output", f"{x} -> {inferred.outputs['output']}")]
        if directions > 1:
            lines.append(("features of the output", f"{directions}*{projected} = {directions * projected}"))
        if directions * layers > 1:
            lines.append(("states in h_n", f"{directions}*{layers} = {directions * layers}"))
        biases = f" + {_times(directions, layers, 2, self.gates, hidden)}" if values["bias"] else ""
        return (
            *lines,
            ("parameters", f"{step}{biases} = {count(inferred.parameters)}"),
            ("multiply-adds", f"{steps} * ({step}) = {count(inferred.macs)}"),
        )

    def _step(self, values: Values, features: int) -> str:
        """The products of one time step: gates times (what is read + state), the layers below first."""
        hidden, projected, directions = self._sizes(values)
        layers = values["num_layers"]
        words = f"{_times(directions, self.gates, hidden)}*({features} + {projected})"
        if layers > 1:
            above = f"({directions * projected} + {projected})"
            words += f" + {_times(layers - 1, directions, self.gates, hidden)}*{above}"
        if projected != hidden:
            words += f" + {_times(directions, layers, projected)}*{hidden}"
        return words

    def module(self, values, inputs, inferred):
        kwargs = self.set_apart(values)
        arguments = (inputs["input"].dims[2], kwargs.pop("hidden_size"))
        return Call(f"nn.{self.name}", arguments, {**kwargs, "batch_first": True})


def _times(*numbers: int) -> str:
    """The product in words, without ones."""
    return "*".join(str(number) for number in numbers if number != 1) or "1"


class RNN(Recurrent):
    """The plain recurrent layer: the new state is tanh of a weighted sum of the input and the old state.

    (N, T, F) -> output (N, T, D*hidden_size) and h_n (D*num_layers, N, hidden_size); D is 2 when bidirectional.
    """

    aliases = ("elman", "vanilla rnn", "recurrent", "simple rnn", "sequence")
    hyperparameters = (
        HIDDEN,
        SETTINGS[0],
        Choice("nonlinearity", "tanh", "The bend in every step.", choices=("tanh", "relu")),
        *SETTINGS[1:],
    )


class LSTM(Recurrent):
    """Long short-term memory: gates decide what its cell keeps, forgets and shows, so that it remembers for long.

    (N, T, F) -> output (N, T, D*P), h_n (D*num_layers, N, P) and c_n (D*num_layers, N, hidden_size); D is 2 when
    bidirectional, P is proj_size or else hidden_size.
    """

    states_kept = 7  # gates, cell and state: about this many, as kernels differ
    gates = 4
    inputs = (SEQUENCE, H_0, C_0)
    outputs = (EVERY_STEP, LAST_STATE, LAST_CELL)
    aliases = ("long short-term memory", "recurrent", "gated", "sequence", "memory")
    hyperparameters = (
        HIDDEN,
        *SETTINGS,
        Int("proj_size", 0, "Projects the state to this size; 0 does not. Must be below hidden_size.", low=0),
    )

    def check(self, values: Values) -> None:
        if values["proj_size"] >= values["hidden_size"]:
            raise ShapeError(
                f"proj_size {values['proj_size']} must be smaller than hidden_size {values['hidden_size']},"
                " or 0 for no projection",
                hyperparameter="proj_size",
                code="proj_size",
            )

    def forward(self, site: Site) -> str:
        x, h_0, c_0 = (site.one(port.name) for port in self.inputs)
        return site.call_module(x) if h_0 is None else site.call_module(x, f"({h_0}, {c_0})")

    def targets(self, names) -> str:
        return f"{names['output']}, ({names['h_n']}, {names['c_n']})"


class GRU(Recurrent):
    """Gated recurrent unit: remembers like an LSTM with two gates and no separate cell, a quarter cheaper.

    (N, T, F) -> output (N, T, D*hidden_size) and h_n (D*num_layers, N, hidden_size); D is 2 when bidirectional.
    """

    states_kept = 7
    gates = 3
    aliases = ("gated recurrent unit", "recurrent", "gated", "sequence")
    hyperparameters = (HIDDEN, *SETTINGS)


BLOCK_TYPES = (RNN, LSTM, GRU)
