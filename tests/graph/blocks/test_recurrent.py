"""Recurrent layers: outputs, states, parameters and multiply-adds over the sequence."""

import pytest

from graph import registry
from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")


@pytest.mark.parametrize(
    ("name", "values", "input", "outputs", "parameters", "macs"),
    [
        ("LSTM", {"hidden_size": 64}, (28, 28), [(N, 28, 64), (1, N, 64), (1, N, 64)], 24_064, 659_456),
        (
            "LSTM",
            {"hidden_size": 6, "num_layers": 2, "bidirectional": True, "proj_size": 2},
            (5, 3),
            [(N, 5, 4), (4, N, 2), (4, N, 6)],
            768,
            5 * (2 * 4 * 6 * (3 + 2) + 2 * 4 * 6 * (4 + 2) + 4 * 2 * 6),
        ),
        ("GRU", {"hidden_size": 4}, (T, 10), [(N, T, 4), (1, N, 4)], 192, 168 * T),
        ("RNN", {"hidden_size": 4, "bias": False}, (6, 10), [(N, 6, 4), (1, N, 4)], 56, 336),
        ("RNN", {"hidden_size": 4, "num_layers": 3}, (T, 10), [(N, T, 4), (3, N, 4)], 144, 120 * T),
    ],
)
def test_outputs_and_counts(infer, name, values, input, outputs, parameters, macs):
    inferred = infer(name, input, **values)
    assert [x.dims for x in inferred.outputs.values()] == outputs
    assert inferred.parameters == parameters
    assert inferred.macs == macs


def test_the_arithmetic_reads_as_in_lectures(explain):
    lines = explain("LSTM", (28, 28), hidden_size=64)
    assert lines["parameters"] == "4*64*(28 + 64) + 2*4*64 = 24,064"
    assert lines["multiply-adds"] == "28 * (4*64*(28 + 64)) = 659,456"


@pytest.mark.parametrize(
    ("name", "values", "inputs", "code", "text"),
    [
        ("LSTM", {"hidden_size": 4}, {"input": (N, 8)}, "rank", "needs sequences N x T x features, but gets N x 8"),
        ("LSTM", {"hidden_size": 4}, {"input": (N, 5, T)}, "open", "must know its number of features"),
        ("LSTM", {"hidden_size": 4, "proj_size": 4}, {"input": (N, 5, 3)}, "proj_size", "must be smaller than"),
        ("LSTM", {"hidden_size": 4}, {"input": (N, 5, 3), "h_0": (1, N, 4)}, "state", "come together"),
        ("GRU", {"hidden_size": 4}, {"input": (N, 5, 3), "h_0": (N, 1, 4)}, "state", "h_0 must be 1 x N x 4"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, inputs, code, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, {port: TensorType(dims) for port, dims in inputs.items()}, **values)
    assert caught.value.code == code
    assert text in caught.value.text


def test_dropout_without_a_second_layer_is_doubted(infer):
    assert infer("GRU", (5, 3), hidden_size=4, dropout=0.5).warnings[0][0] == "dropout_ignored"
    assert not infer("GRU", (5, 3), hidden_size=4, dropout=0.5, num_layers=2).warnings


def test_the_source_says_batch_first():
    lstm = registry.block_type("LSTM")
    values = lstm.complete({"hidden_size": 4, "bias": False})
    inputs = {"input": TensorType((N, 5, 3))}
    call = lstm.module(values, inputs, lstm.infer(values, inputs))
    assert (call.function, call.args, call.kwargs) == ("nn.LSTM", (3, 4), {"bias": False, "batch_first": True})
    assert lstm.targets({"output": "a", "h_n": "b", "c_n": "c"}) == "a, (b, c)"
