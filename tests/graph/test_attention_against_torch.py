"""torch is the judge of attention, transformer layers, recurrent cells and bags of embeddings.

Counted as wrong here: sequences or steps that torch would read as one sample without a batch, and states of another
dtype than float32, which torch takes for the cell of an LSTMCell alone.
"""

import os

import pytest
import torch
from torch import nn

from graph.dim import N, symbol
from graph.tensor_type import TensorType

BATCH = 7
DRAWS = 240 if os.environ.get("NETLOOM_NIGHTLY") == "1" else 60


def some(rng, **settings):
    return {name: value for name, value in settings.items() if rng.random() < 0.4}


def kind(rng, usual="float32"):
    return usual if rng.random() < 0.94 else rng.choice(("float64", "float16", "int64", "int32", "bool"))


def flag(rng):
    return rng.random() < 0.5


def maybe(rng, dims, chance=0.1):
    """The dimensions, now and then another size or one fewer."""
    if rng.random() > chance:
        return dims
    if rng.random() < 0.3:
        return dims[1:]
    i = rng.randrange(len(dims))
    return (*dims[:i], dims[i] + 1, *dims[i + 1 :])


def attention(rng):
    settings = some(rng, dropout=0.0, bias=False, add_bias_kv=True, add_zero_attn=True, causal=True)
    width, length, source = rng.choice((2, 4, 6)), rng.randint(1, 3), rng.randint(1, 3)
    if rng.random() < 0.3:
        source = length
    inputs = {"query": ((BATCH, *maybe(rng, (length, width))), kind(rng))}
    other = width if rng.random() < 0.5 else 3
    if rng.random() < 0.7:
        inputs["key"] = ((BATCH, *maybe(rng, (source, other))), kind(rng))
    if rng.random() < 0.5:
        inputs["value"] = ((BATCH, *maybe(rng, (source if "key" in inputs else length, other))), kind(rng))
    asked = source if "key" in inputs else length
    if rng.random() < 0.3:
        inputs["key_padding_mask"] = ((BATCH, *maybe(rng, (asked,))), kind(rng, "bool"))
    if rng.random() < 0.3:
        inputs["attn_mask"] = (maybe(rng, (length, asked)), kind(rng, "bool"))
    return {"num_heads": rng.randint(1, 3), **settings}, inputs


def layer(name):
    def draw(rng):
        settings = some(
            rng,
            dim_feedforward=rng.randint(1, 5),
            dropout=0.0,
            activation=rng.choice(("relu", "gelu", "tanh")),
            layer_norm_eps=1e-3,
            norm_first=True,
            bias=False,
            causal=True,
        )
        settings |= {"dropout": 0.0, "nhead": rng.randint(1, 3)}
        if name in STACKS:
            settings["num_layers"] = rng.randint(1, 3)
        width = rng.choice((2, 4, 6))
        length, source = rng.randint(1, 3), rng.randint(1, 3)
        inputs = {"input": ((BATCH, *maybe(rng, (length, width))), kind(rng))}
        masks = {"src_key_padding_mask": length}
        if "Decoder" in name:
            inputs["memory"] = ((BATCH, *maybe(rng, (source, width))), kind(rng))
            masks = {"tgt_key_padding_mask": length, "memory_key_padding_mask": source}
        for port, places in masks.items():
            if rng.random() < 0.3:
                inputs[port] = ((BATCH, *maybe(rng, (places,))), kind(rng, "bool"))
        return settings, inputs

    return draw


def cell(name):
    def draw(rng):
        hidden = rng.randint(1, 4)
        values = {"hidden_size": hidden, **some(rng, bias=False)}
        if name == "RNNCell":
            values |= some(rng, nonlinearity=rng.choice(("tanh", "relu", "gelu")))
        inputs = {"input": ((BATCH, *maybe(rng, (3,))), kind(rng))}
        for port in ("h_0", "c_0") if name == "LSTMCell" else ("h_0",):
            if rng.random() < 0.7:
                inputs[port] = ((BATCH, *maybe(rng, (hidden,))), kind(rng))
        return values, inputs

    return draw


def bag(rng):
    rows = rng.randint(3, 5)
    values = some(rng, mode=rng.choice(("sum", "max", "mean", "median")), padding_idx=rng.randint(-6, 6))
    dims = maybe(rng, (rng.randint(1, 4),), 0.3)
    return {"num_embeddings": rows, "embedding_dim": rng.randint(1, 4), **values}, {
        "input": ((BATCH, *dims), kind(rng, rng.choice(("int64", "int32"))))
    }


STACKS = ("TransformerEncoder", "TransformerDecoder")
DRAW = {
    "MultiheadAttention": attention,
    **{name: layer(name) for name in (*STACKS, *(f"{stack}Layer" for stack in STACKS))},
    **{name: cell(name) for name in ("RNNCell", "LSTMCell", "GRUCell")},
    "EmbeddingBag": bag,
}
RANKS = {"MultiheadAttention": 3, "EmbeddingBag": 2, **{f"{name}Cell": 2 for name in ("RNN", "LSTM", "GRU")}}


def later(x):
    """The mask of what lies ahead, as torch's own helper makes it."""
    return nn.Transformer.generate_square_subsequent_mask(x.shape[1]) < 0


def attend(settings, given):
    causal = settings.pop("causal", False)
    query = given["query"]
    key = given.get("key", query)
    value = given.get("value", key)
    if causal and key.shape[1] != query.shape[1]:
        raise ValueError("no order between two sequences")
    masks = {port: x for port, x in given.items() if port.endswith("mask")}
    if causal and "attn_mask" in masks:
        raise ValueError("two masks of who may look")
    if causal:
        masks["attn_mask"] = later(query)
    module = nn.MultiheadAttention(query.shape[2], batch_first=True, kdim=key.shape[2], vdim=value.shape[2], **settings)
    return module, module(query, key, value, **masks)


def transform(name, settings, given):
    causal, count = settings.pop("causal", False), settings.pop("num_layers", None)
    x = given["input"]
    plain = name if name.endswith("Layer") else f"{name}Layer"
    module = getattr(nn, plain)(x.shape[2], batch_first=True, **settings)
    if count:
        module = getattr(nn, name)(module, count)
    masks = {port: x for port, x in given.items() if port.endswith("mask")}
    others = [x for port, x in given.items() if port not in masks]
    return module, module(*others, later(x) if causal else None, **masks)


def step(name, settings, given):
    module = getattr(nn, name)(3 if given["input"].ndim != 2 else given["input"].shape[1], **settings)
    if name != "LSTMCell":
        return module, module(*given.values())
    if ("h_0" in given) != ("c_0" in given):
        raise ValueError("half a state")
    states = [(given["h_0"], given["c_0"])] if "h_0" in given else []
    return module, module(given["input"], *states)


def judged_by_torch(name, values, given):
    settings = dict(values)
    masks = [x for port, x in given.items() if port.endswith("mask")]
    if any(x.ndim != RANKS.get(name, 3) for port, x in given.items() if not port.endswith("mask")):
        return None
    if any(x.ndim != 2 or x.dtype != torch.bool for x in masks):
        return None  # masks of numbers are added by torch: here a mask says yes or no
    if name.endswith("Cell") and any(x.dtype != torch.float32 for x in given.values()):
        return None
    try:
        if settings.get("activation") == "tanh":
            return None
        if name == "MultiheadAttention":
            module, found = attend(settings, given)
        elif name == "EmbeddingBag":
            module = nn.EmbeddingBag(**settings)
            found = module(given["input"])
        elif name.endswith("Cell"):
            module, found = step(name, settings, given)
        else:
            module, found = transform(name, settings, given)
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError, NotImplementedError):
        return None
    return module, found if isinstance(found, tuple) else (found,)


def both(bench, drawn, name):
    below = 3 if name == "EmbeddingBag" else 2
    types = {p: TensorType(dims if p == "attn_mask" else (N, *dims[1:]), k) for p, (dims, k) in drawn.items()}
    given = {port: bench.tensor(dims, k, below) for port, (dims, k) in drawn.items()}
    for port, x in given.items():
        if port.endswith("mask"):
            x[..., :1] = False  # who may look at nothing at all gets no number from torch
    return types, given


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DRAW)
def test_torch_agrees(bench, rng, name):
    right = wrong = 0
    for _ in range(DRAWS):
        values, drawn = DRAW[name](rng)
        inputs, given = both(bench, drawn, name)
        torch.manual_seed(1)
        theirs = judged_by_torch(name, values, given)
        ours = bench.verdict(name, values, inputs)
        what = f"{name}({values}) of {drawn}"
        if isinstance(ours, Exception):
            wrong += 1
            assert theirs is None, f"{what}: torch takes it, we say {ours}"
            continue
        assert theirs is not None, f"{what}: torch refuses, we say {ours[1]}"
        right += 1
        complete, inferred = ours
        module, expected = theirs
        assert [bench.ours(t) for t in inferred.outputs.values()] == [bench.torchs(t) for t in expected], what
        assert inferred.weights == tuple((n, tuple(p.shape)) for n, p in module.named_parameters()), what
        assert inferred.parameters == sum(p.numel() for p in module.parameters()), what
        torch.manual_seed(1)  # the same weights
        found = bench.run(name, complete, inputs, inferred, given)
        assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(found, expected, strict=True)), what
    assert right >= DRAWS // 5
    assert wrong >= 4


@pytest.mark.parametrize("name", DRAW)
def test_open_dimensions_follow_the_same_arithmetic(bench, rng, name):
    """What is inferred with the length open, filled in, is what the number gives."""
    opened = 0
    for _ in range(DRAWS):
        values, drawn = DRAW[name](rng)
        inputs, _ = both(bench, drawn, name)
        closed = bench.verdict(name, values, inputs)
        if isinstance(closed, Exception):
            continue
        first = next(iter(inputs.values()))
        loose = {p: x.with_dims((x.dims[0], symbol("T"), *x.dims[2:])) if x.dims[1] == first.dims[1] else x
                 for p, x in inputs.items()}  # fmt: skip
        ours = bench.verdict(name, values, loose)
        if isinstance(ours, Exception):
            assert ours.code == "open", f"{name}({values}) of {loose}: {ours}"
            opened += name.endswith("Cell")
            continue
        opened += 1
        size = first.dims[1]
        for a, b in zip(ours[1].outputs.values(), closed[1].outputs.values(), strict=True):
            assert bench.ours(a, T=size) == bench.ours(b), f"{name}({values}) of {loose}"
        assert bench.dims(TensorType((ours[1].macs,)), T=size) == (closed[1].macs,), f"{name}({values}) of {loose}"
    assert opened


def test_multiply_adds_are_those_of_the_matrix_products(bench):
    """Counted by torch's own counter on the products it really computes, at the parts it computes by the book."""
    from torch.utils.flop_counter import FlopCounterMode

    module = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True).train()
    with FlopCounterMode(display=False) as counter:
        module(torch.rand(1, 5, 8), torch.rand(1, 3, 8))
    inputs = {"input": TensorType((N, 5, 8)), "memory": TensorType((N, 3, 8))}
    values = {"nhead": 2, "dim_feedforward": 16}
    assert bench.verdict("TransformerDecoderLayer", values, inputs)[1].macs == counter.get_total_flops() // 2
