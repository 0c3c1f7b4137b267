"""CTCLoss and losses drawn as values, held against torch."""

import torch
from torch.nn import functional as F

from backend.compile import compile_program
from graph import Network, analyze
from graph.dim import N
from graph.tensor_type import TensorType

BATCH = 7
JUDGED = ("CTCLoss", "ValueAsLoss")


def draw(rng):
    places, classes, signs = rng.randint(4, 8), rng.randint(2, 5), rng.randint(1, 6)
    x = (places, classes) if rng.random() < 0.93 else (classes,)
    target = (signs,) if rng.random() < 0.93 else ()
    values = rng.some(blank=rng.choice((0, 1, 6)), zero_infinity=True, reduction=rng.choice(("mean", "sum", "none")))
    drawn = {"input": (x, rng.dtype() if rng.random() < 0.1 else "float32"), "target": (target, "int64")}
    if rng.random() < 0.1:
        drawn["target"] = (target, rng.choice(("int32", "float32")))
    for port in ("input_lengths", "target_lengths"):
        if rng.random() < 0.4:
            drawn[port] = (() if rng.random() < 0.9 else (1,), "int64")
    return values, drawn


def given(bench, rng, values, types):
    tensors = {port: bench.tensor(bench.dims(t), t.dtype) for port, t in types.items()}
    x, target = types["input"], types["target"]
    if x.is_float and x.rank == 3:
        tensors["input"] = tensors["input"].float().log_softmax(2).to(getattr(torch, x.dtype))
        signs = [c for c in range(x.dims[2]) if c != values.get("blank", 0)]
        picked = torch.tensor(signs)[torch.randint(0, len(signs), tuple(tensors["target"].shape))]
        tensors["target"] = picked.to(tensors["target"].dtype)
        for port, whole in (("input_lengths", x), ("target_lengths", target)):
            if port in tensors and whole.rank > 1:
                tensors[port] = torch.randint(
                    whole.dims[1] if port[0] == "i" else 1, whole.dims[1] + 1, tensors[port].shape
                )
    return tensors


def by_torch(values, tensors):
    x, target = tensors["input"], tensors["target"]
    if x.dim() != 3 or target.dim() != 2 or x.dtype not in (torch.float32, torch.float64):
        return None
    if x.shape[1] < target.shape[1]:
        return None  # torch gives infinity; here it is a problem
    if target.is_floating_point():
        return None  # torch rounds; here signs are whole numbers
    lengths = [
        tensors.get(port, torch.full((BATCH,), whole.shape[1]))
        for port, whole in (("input_lengths", x), ("target_lengths", target))
    ]
    if any(length.dim() != 1 for length in lengths):
        return None
    try:
        return F.ctc_loss(x.transpose(0, 1), target, *lengths, **values)
    except (RuntimeError, ValueError, IndexError):
        return None


def test_torch_agrees_about_ctc(bench, rng):
    taken = refused = 0
    for _ in range(3 * bench.draws):
        values, drawn = draw(rng)
        types = bench.types(drawn)
        tensors = given(bench, rng, values, types)
        theirs = by_torch(values, tensors)
        ours = bench.verdict("CTCLoss", values, types)
        what = f"{values} of {drawn}"
        if isinstance(ours, Exception):
            assert theirs is None, f"{what}: torch takes it, we say {ours}"
            refused += 1
            continue
        assert theirs is not None, f"{what}: torch refuses"
        complete, inferred = ours
        assert bench.ours(inferred.outputs["loss"]) == bench.torchs(theirs), what
        (found,) = bench.run("CTCLoss", complete, types, inferred, tensors)
        assert torch.equal(found, theirs), what
        taken += 1
    assert taken > bench.draws and refused > bench.draws // 4


def test_a_value_is_a_loss(bench, rng):
    for weight in (1.0, -1.0, 0.25):
        for reduction in ("mean", "sum"):
            x, types = torch.randn(BATCH, 3), {"input": TensorType((N, 3))}
            complete, inferred = bench.verdict("ValueAsLoss", {"weight": weight, "reduction": reduction}, types)
            (found,) = bench.run("ValueAsLoss", complete, types, inferred, {"input": x})
            assert torch.equal(found, weight * getattr(torch, reduction)(x))
    assert isinstance(bench.verdict("ValueAsLoss", {}, {"input": TensorType((N, 3), "int64")}), Exception)


def test_a_wasserstein_critic_is_drawn_with_two_values():
    net = Network("Critic")
    for name in ("real", "fake"):
        net.add("Input", name=name, shape=(4,))
    critic = net.add("Linear", name="critic", out_features=1)
    net.connect("real", critic)
    twin = net.add("Linear", name="again", out_features=1)
    net.connect("fake", twin)
    from graph import Document
    from graph.edits import SetProperty

    document = Document(net)
    document.do(SetProperty((twin.id,), "reuses", critic.id))
    for name, source, weight in (("on_real", "critic", -1.0), ("on_fake", "again", 1.0)):
        net.connect(source, net.add("ValueAsLoss", name=name, weight=weight))
        net.connect(source, net.add("Output", name=f"{source}_score"))
    assert not [p for p in analyze(net).problems if p.severity == "error"]
    program = compile_program(net)
    real, fake = torch.randn(8, 4), torch.randn(8, 4)
    scores = program.module(real, fake)
    loss = program.objective(*scores)["loss"]
    torch.testing.assert_close(loss, scores[1].mean() - scores[0].mean())
