"""Layouts: whatever transposes and reshapes follow each other, a tensor is seen as numpy sees it."""

import random
import sys
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np
import pytest

from backend.importing.onnx_graph.layout import Layout, Misfit, exact
from graph.dim import N, symbol

T = symbol("T")


def seen(array, layout):
    """The numbers of a block's output as the layout shows them."""
    parts = [size for axis in layout.axes for size in axis]
    places = {atom: i for i, atom in enumerate((a, p) for a, axis in enumerate(layout.axes) for p in range(len(axis)))}
    return array.reshape(parts).transpose([places[atom] for atom in layout.order]).reshape(layout.sizes)


def splits(size, rng):
    """The size as a product of a few factors, ones among them."""
    factors = []
    while size > 1 and rng.random() < 0.7:
        factor = rng.choice([f for f in range(1, size + 1) if size % f == 0])
        factors.append(factor)
        size //= factor
    return [*factors, size]


def joined(sizes, rng):
    """Neighbours multiplied at random."""
    found = [1]
    for size in sizes:
        if rng.random() < 0.5:
            found[-1] *= size
        else:
            found.append(size)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_any_chain_of_changes_shows_what_numpy_shows(seed):
    rng = random.Random(seed)
    shape = [rng.choice((1, 2, 3, 4, 6)) for _ in range(rng.randint(1, 5))]
    array = np.arange(prod(shape)).reshape(shape)
    layout, wanted = Layout.of(tuple(shape)), array
    for _ in range(6):
        kind = rng.choice(("transpose", "split", "join", "unsqueeze", "squeeze"))
        if kind == "transpose":
            order = rng.sample(range(wanted.ndim), wanted.ndim)
            layout, wanted = layout.transposed(order), wanted.transpose(order)
        elif kind == "unsqueeze":
            at = rng.randint(0, wanted.ndim)
            layout, wanted = layout.unsqueezed([at]), np.expand_dims(wanted, at)
        elif kind == "squeeze":
            gone = [i for i, size in enumerate(wanted.shape) if size == 1][:1]
            layout, wanted = layout.squeezed(gone), wanted.squeeze(tuple(gone))
        else:
            sizes = joined(wanted.shape, rng) if kind == "join" else [f for s in wanted.shape for f in splits(s, rng)]
            sizes = [int(size) for size in sizes]
            with suppress(Misfit):  # parts that were put together cannot be cut across: a block has to do that
                layout, wanted = layout.reshaped(sizes), wanted.reshape(sizes)
        assert layout.sizes == wanted.shape
        np.testing.assert_array_equal(seen(array, layout), wanted)


def test_a_transpose_and_back_is_plain_again():
    layout = Layout.of((N, 6, 8)).transposed((1, 0, 2))
    assert not layout.plain
    heads = layout.reshaped((6, N * 2, 4)).transposed((1, 0, 2))
    assert heads.sizes == (2 * N, 6, 4)
    back = heads.transposed((1, 0, 2)).reshaped((6, N, 8)).transposed((1, 0, 2))
    assert back.plain and back == Layout.of((N, 6, 8))


def test_open_sizes_are_worked_out():
    assert Layout.of((N, T, 6)).reshaped((N, T, 2, -1)).sizes == (N, T, 2, 3)
    assert Layout.of((N, T, 6)).reshaped((-1, 6)).sizes == (N * T, 6)
    with pytest.raises(Misfit):
        Layout.of((N, T, 6)).reshaped((N, 4, -1))


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ((N, 3, 4), (1, -1), (N, 12)),
        ((N, 3, 4), (1, 12), (N, 12)),
        ((N, 1, 4), (1, 1, 2, 2), (N, 1, 2, 2)),
        ((N, 6), (1, 1, 6), (N, 1, 6)),
    ],
)
def test_a_one_in_a_file_for_one_sample_is_the_batch(before, target, after):
    assert Layout.of(before).reshaped(target, 1).sizes == after


def test_the_batch_of_one_sample_goes_with_the_heads():
    steps_first = Layout.of((N, 6, 8)).transposed((1, 0, 2))
    heads = steps_first.reshaped((6, 2, 4), 1)
    assert heads.sizes == (6, 2 * N, 4)
    joined = heads.transposed((1, 0, 2)).transposed((1, 0, 2)).reshaped((6, 1, 8), 1)
    assert joined.transposed((1, 0, 2)).plain


@pytest.mark.parametrize("target", [(5, -1), (7,), (2, 2), (-1, 5), (0, -1)])
def test_what_does_not_fill_a_shape_is_refused(target):
    with pytest.raises(Misfit):
        Layout.of((N, 6)).reshaped(target)


@pytest.mark.parametrize(
    ("dim", "by", "quotient"),
    [
        (12, 3, 4),
        (12, 5, None),
        (N * 6, 3, 2 * N),
        (N * T * 6, N * 2, 3 * T),
        (N * 6, N * 6, 1),
        (6, N, None),
        (N + T, N, None),
    ],
)
def test_sizes_divided_without_a_rest(dim, by, quotient):
    assert exact(dim, by) == quotient


@pytest.mark.parametrize("seed", range(25))
def test_blocks_drawn_for_a_layout_give_it(seed, tmp_path):
    pytest.importorskip("onnx")
    sys.path.insert(0, str(Path(__file__).parent))
    from onnx_made import computes_the_same, model, node, whole

    rng = random.Random(seed)
    shape = [rng.choice((1, 2, 3, 4, 6)) for _ in range(rng.randint(1, 4))]
    sizes, nodes, numbers, name = list(shape), [], {}, "x"
    for step in range(rng.randint(1, 5)):
        if rng.random() < 0.5:
            order = [0, *(1 + i for i in rng.sample(range(len(sizes)), len(sizes)))]
            nodes.append(node("Transpose", name, f"t{step}", perm=order))
            sizes = [sizes[i - 1] for i in order[1:]]
        else:
            sizes = joined(sizes, rng) if rng.random() < 0.5 else [f for size in sizes for f in splits(size, rng)]
            sizes = [int(size) for size in sizes]
            numbers[f"s{step}"] = whole(0, *sizes)
            nodes.append(node("Reshape", f"{name} s{step}", f"t{step}"))
        name = f"t{step}"
    computes_the_same(model([*nodes, node("Sigmoid", name)], {"x": ("N", *shape)}, numbers), tmp_path)
