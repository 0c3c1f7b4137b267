"""Attention, transformer layers and recurrent cells: outputs, counts by the square of the length, and their source."""

import pytest

from backend import compile_network, generate_source
from graph import Network, registry
from graph.block_type import ShapeError
from graph.dim import N, symbol
from graph.tensor_type import TensorType

H, T = symbol("H"), symbol("T")


def of(**dims):
    return {port: TensorType((N, *given)) for port, given in dims.items()}


@pytest.mark.parametrize(
    ("name", "values", "inputs", "outputs", "parameters", "macs"),
    [
        ("MultiheadAttention", {"num_heads": 8}, of(query=(10, 64)), [(10, 64), (10, 10)], 16_640, 176_640),
        (
            "MultiheadAttention",
            {"num_heads": 2, "bias": False},
            of(query=(T, 8), key=(H, 4)),
            [(T, 8), (T, H)],
            8 * (8 + 4 + 4 + 8),
            128 * T + 64 * H + 16 * T * H,
        ),
        (
            "TransformerEncoderLayer",
            {"nhead": 8},
            of(input=(T, 512)),
            [(T, 512)],
            3_152_384,
            3_145_728 * T + 1024 * T * T,
        ),
        ("TransformerEncoder", {"num_layers": 6, "nhead": 8}, of(input=(1, 512)), [(1, 512)], 18_914_304, 18_880_512),
        ("TransformerDecoderLayer", {"nhead": 8}, of(input=(1, 512), memory=(1, 512)), [(1, 512)], 4204032, 4196352),
        ("LSTMCell", {"hidden_size": 4}, of(input=(3,)), [(4,), (4,)], 144, 112),
        ("GRUCell", {"hidden_size": 4, "bias": False}, of(input=(3,)), [(4,)], 84, 84),
        ("RNNCell", {"hidden_size": 4}, of(input=(3,), h_0=(4,)), [(4,)], 36, 28),
    ],
)
def test_outputs_and_counts(infer, name, values, inputs, outputs, parameters, macs):
    inferred = infer(name, inputs, **values)
    assert [x.dims for x in inferred.outputs.values()] == [(N, *dims) for dims in outputs]
    assert inferred.parameters == parameters
    assert inferred.macs == macs


def test_a_bag_of_words(infer, explain):
    inferred = infer("EmbeddingBag", (T,), "int64", num_embeddings=5, embedding_dim=4)
    assert inferred.outputs["output"].dims == (N, 4)
    assert explain("EmbeddingBag", (T,), "int64", num_embeddings=5, embedding_dim=4)["parameters"] == "5*4 = 20"


def test_the_arithmetic_reads_as_in_lectures(explain):
    lines = explain("MultiheadAttention", of(query=(10, 64)), num_heads=8)
    assert lines["features of a head"] == "64/8 = 8"
    assert lines["parameters"] == "64*(2*64 + (64 + 64)) + 4*64 = 16,640"
    assert lines["multiply-adds"] == "2*10*64*64 + 10*(64 + 64)*64 + 2*10*10*64 = 176,640"


@pytest.mark.parametrize(
    ("name", "values", "inputs", "code", "port", "text"),
    [
        ("MultiheadAttention", {"num_heads": 5}, of(query=(3, 12)), "heads", "query", "use one of 1, 2, 3, 4, 6, 12"),
        ("MultiheadAttention", {"num_heads": 1}, of(query=(12,)), "rank", "query", "sequences N x T x features"),
        ("MultiheadAttention", {"num_heads": 1}, of(query=(3, T)), "open", "query", "its number of features"),
        (
            "MultiheadAttention",
            {"num_heads": 1},
            of(query=(3, 4), key=(5, 4), value=(6, 4)),
            "lengths",
            "value",
            "the lengths must agree, but they are 5 and 6",
        ),
        ("MultiheadAttention", {"num_heads": 1, "causal": True}, of(query=(3, 4), key=(T, 4)), "open", "key", "T"),
        ("TransformerEncoderLayer", {"nhead": 3}, of(input=(3, 4)), "heads", "input", "use one of 1, 2, 4"),
        ("TransformerDecoderLayer", {"nhead": 1}, of(input=(3, 4), memory=(3, 5)), "features", "memory", "input, 4,"),
        ("GRUCell", {"hidden_size": 4}, of(input=(5, 3)), "rank", "input", "a SelectStep takes one out"),
        ("GRUCell", {"hidden_size": 4}, of(input=(3,), h_0=(3,)), "state", "h_0", "h_0 must be N x 4"),
        ("LSTMCell", {"hidden_size": 4}, of(input=(3,), h_0=(4,)), "state", "c_0", "come together"),
    ],
)
def test_what_cannot_be_says_what_would_be_right(infer, name, values, inputs, code, port, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, inputs, **values)
    assert (caught.value.code, caught.value.port) == (code, port)
    assert text in caught.value.text


def test_self_attention_is_suggested_for_a_sequence():
    names = {declared.name for declared in registry.fitting(TensorType((N, T, 64)))}
    assert {"MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder"} <= names


def between(name, *inputs, **values):
    """A network of one block between Inputs and an Output."""
    net = Network("Look")
    block = net.add(name, name="look", **values)
    for port, shape in zip(registry.block_type(name).inputs, inputs, strict=False):
        source = net.add("Input", name=f"{port.name}s", shape=shape)
        net.connect(source, block, input=port.name)
    net.connect(block, net.add("Output"), output=registry.block_type(name).outputs[0].name)
    return net


def lines(net):
    text = [line.split("  #")[0].strip() for line in generate_source(net).text.split("\n")]
    return [line for line in text if "self.look" in line]


@pytest.mark.parametrize(
    ("net", "constructor", "call"),
    [
        (
            between("MultiheadAttention", (5, 8), num_heads=2),
            "self.look = nn.MultiheadAttention(8, 2, batch_first=True)",
            "x, _ = self.look(querys, querys, querys)",
        ),
        (
            between("MultiheadAttention", (5, 8), (3, 6), num_heads=2, dropout=0.1),
            "self.look = nn.MultiheadAttention(8, 2, dropout=0.1, kdim=6, vdim=6, batch_first=True)",
            "x, _ = self.look(querys, keys, keys)",
        ),
        (
            between("TransformerEncoderLayer", (5, 8), nhead=2, causal=True),
            "self.look = nn.TransformerEncoderLayer(8, 2, batch_first=True)",
            "x = self.look(inputs, inputs.new_ones(5, 5, dtype=torch.bool).triu(1))",
        ),
        (
            between("TransformerDecoderLayer", (5, 8), (3, 8), nhead=2, causal=True),
            "self.look = nn.TransformerDecoderLayer(8, 2, batch_first=True)",
            "x = self.look(inputs, memorys, tgt_mask=inputs.new_ones(5, 5, dtype=torch.bool).triu(1))",
        ),
        (
            between("LSTMCell", (3,), (4,), (4,), hidden_size=4),
            "self.look = nn.LSTMCell(3, 4)",
            "x, _ = self.look(inputs, (h_0s, c_0s))",
        ),
    ],
)
def test_the_source(net, constructor, call):
    assert lines(net) == [constructor, call]


def test_a_stack_is_told_that_its_mask_is_causal():
    """Otherwise torch compares it with one of its own in every step, and waits for a GPU's answer."""
    mask = "inputs.new_ones(5, 5, dtype=torch.bool).triu(1)"
    net = between("TransformerEncoder", (5, 8), num_layers=2, nhead=2, causal=True)
    assert lines(net)[-1] == f"x = self.look(inputs, {mask}, is_causal=True)"
    net = between("TransformerDecoder", (5, 8), (3, 8), num_layers=2, nhead=2, causal=True)
    assert "tgt_is_causal=True" in generate_source(net).text


def test_a_stack_is_made_of_a_layer():
    net = between("TransformerEncoder", ("T", 8), num_layers=3, nhead=2)
    text = generate_source(net).text
    assert "nn.TransformerEncoderLayer(8, 2, batch_first=True)" in text
    assert "num_layers=3" in text


def test_nothing_ahead_is_seen():
    import torch

    module = compile_network(between("TransformerEncoder", ("T", 8), num_layers=2, nhead=2, causal=True)).eval()
    x = torch.rand(1, 5, 8)
    with torch.no_grad():
        before = module(x)
        x[0, 3:] += 1
        after = module(x)
    assert torch.allclose(before[0, :3], after[0, :3], atol=1e-6)
    assert not torch.allclose(before[0, 3:], after[0, 3:], atol=1e-3)
