"""torch.einsum is the judge: random equations, right and wrong, their shapes, numbers and multiply-adds."""

import pytest
import torch

from backend import compile_network
from backend.source import generate_source
from graph import Network, analyze, registry
from graph.dim import N, symbol
from graph.hyperparameter import HyperparameterError
from graph.tensor_type import TensorType

BATCH = 7
JUDGED = ("Einsum",)
SIZES = {"b": BATCH, "q": 2, "k": 3, "d": 4, "e": 5}


def draw(rng):
    count = rng.choice((1, 2, 2, 2, 3))
    terms = ["".join(rng.sample("bqkde", rng.randint(1, 4))) for _ in range(count)]
    known = sorted(set("".join(terms)))
    right = "".join(rng.sample(known, rng.randint(0, len(known))))
    shapes = [[SIZES[letter] for letter in term] for term in terms]
    if rng.random() < 0.2:
        shape = rng.choice(shapes)
        shape[rng.randrange(len(shape))] = rng.choice((1, 6))
    if rng.random() < 0.1:
        shapes[0] = shapes[0][1:]
    if rng.random() < 0.05:
        shapes = shapes[1:] or shapes * 2
    return f"{','.join(terms)}->{right}", [tuple(shape) for shape in shapes]


def test_torch_agrees(bench, rng):
    taken = refused = 0
    for _ in range(6 * bench.draws):
        equation, shapes = draw(rng)
        kinds = ["float32" if rng.random() < 0.95 else "int64" for _ in shapes]
        dims = [tuple(N if d == BATCH else d for d in shape) for shape in shapes]
        types = tuple(map(TensorType, dims, kinds))
        tensors = [bench.tensor(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
        ours = bench.verdict("Einsum", {"equation": equation}, {"inputs": types})
        mixed = len(set(kinds)) > 1  # torch takes that for outer products alone: counted as wrong here
        try:
            theirs = None if mixed else torch.einsum(equation, *tensors)
        except RuntimeError:
            theirs = None
        if isinstance(ours, Exception):
            assert theirs is None, f"{equation} of {shapes}: torch takes it, we say {ours}"
            refused += 1
            continue
        assert theirs is not None, f"{equation} of {shapes}: torch refuses"
        complete, inferred = ours
        assert bench.ours(inferred.outputs["output"]) == bench.torchs(theirs), f"{equation} of {shapes}"
        (found,) = bench.run("Einsum", complete, {"inputs": types}, inferred, {"inputs": tensors})
        assert torch.equal(found, theirs)
        taken += 1
    assert taken > 2 * bench.draws and refused > bench.draws // 4


def scores(equation, *shapes, **open_dims):
    net = Network("Scores")
    block = net.add("Einsum", name="scores", equation=equation)
    for index, shape in enumerate(shapes):
        net.connect(net.add("Input", name=f"x{index}", shape=shape), block)
    net.connect(block, net.add("Output", name="y"))
    return net


def test_multiply_adds_are_those_of_the_matrix_product():
    net = scores("bqd,bkd->bqk", (5, 8), (6, 8))
    assert analyze(net).total_macs == 5 * 6 * 8
    assert analyze(net).output("scores").shape == ("N", 5, 6)
    chain = scores("bqd,bkd,bkv->bqv", (5, 8), (6, 8), (6, 3))
    assert analyze(chain).total_macs == 5 * 6 * 8 + 5 * 6 * 3


def test_open_lengths_flow_through():
    net = scores("bqd,bkd->bqk", ("Q", 8), ("K", 8))
    analysis = analyze(net)
    assert analysis.output("scores").dims == (N, symbol("Q"), symbol("K"))
    assert analysis.total_macs == symbol("Q") * symbol("K") * 8


def test_it_stands_in_the_source_and_computes():
    net = scores("bqd,bkd->bqk", (5, 8), (6, 8))
    assert 'torch.einsum("bqd,bkd->bqk", x0, x1)' in str(generate_source(net))
    q, k = torch.randn(2, 5, 8), torch.randn(2, 6, 8)
    assert torch.equal(compile_network(net)(q, k), torch.einsum("bqd,bkd->bqk", q, k))


@pytest.mark.parametrize(
    "text", ["", "bqd,bkd", "bqd,bkd->bqz", "bqd->bb", 'b"+evil->b', "b...->b", "->".join("abc"), "a" * 20 + "->a", 3]
)
def test_what_is_no_equation_is_refused(text):
    with pytest.raises(HyperparameterError, match="letters for the dimensions"):
        registry.block_type("Einsum").hyperparameter("equation").coerce(text)


def test_spaces_are_no_matter():
    assert registry.block_type("Einsum").hyperparameter("equation").coerce(" bqd, bkd -> bqk ") == "bqd,bkd->bqk"


def test_what_does_not_fit_names_the_letter_and_both_sizes():
    problems = analyze(scores("bqd,bkd->bqk", (5, 8), (6, 9))).problems
    assert any("d of bqd,bkd->bqk is 8 in one input and 9 in another" in problem.text for problem in problems)
