"""Small ONNX models made for tests, and what they compute compared with the networks they become."""

import warnings

import numpy as np
import torch
from onnx import TensorProto, helper, load, numpy_helper
from onnx.reference import ReferenceEvaluator

from backend import compile_network
from backend.importing.onnx_model import read_onnx

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
RNG = np.random.default_rng(0)


def floats(*shape, low=-1.0, high=1.0):
    return RNG.uniform(low, high, shape).astype(np.float32)


def whole(*numbers):
    return np.array(numbers, np.int64)


def node(op, inputs="x", outputs="y", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def model(nodes, inputs, numbers=None, outputs=("y",), opset=20, kinds=None):
    """A model of nodes; inputs are shapes by name, kinds their numbers where they are no floats."""
    nodes = nodes if isinstance(nodes, list) else [nodes]
    kinds = kinds or {}
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info(n, kinds.get(n, FLOAT), shape) for n, shape in inputs.items()],
        [helper.make_tensor_value_info(n, kinds.get(n, FLOAT), None) for n in outputs],
        [numpy_helper.from_array(np.asarray(array), n) for n, array in (numbers or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def one(op, shape=("N", 4, 8, 8), numbers=None, opset=20, **attributes):
    """A model of one node that reads x and numbers of the model."""
    numbers = numbers or {}
    return model(node(op, " ".join(("x", *numbers)), **attributes), {"x": shape}, numbers, opset=opset)


def save(made, folder, name="made.onnx"):
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path


def feeds_of(made, batch=3, sizes=None, low=-1.0, high=1.0):
    """Random numbers for every input; dimensions that are open get the batch, or a size by name."""
    fixed = {one.name for one in made.graph.initializer}
    feeds = {}
    for one in made.graph.input:
        if one.name in fixed:
            continue
        tensor = one.type.tensor_type
        shape = [d.dim_value or (sizes or {}).get(d.dim_param, batch) for d in tensor.shape.dim]
        if tensor.elem_type == INT64:
            feeds[one.name] = RNG.integers(0, 5, shape)
        elif tensor.elem_type == BOOL:
            feeds[one.name] = RNG.random(shape) < 0.5
        else:
            feeds[one.name] = floats(*shape, low=low, high=high)
    return feeds


def compiled(imported):
    """The module of an imported network with its weights, every one of them found."""
    module = compile_network(imported.network)
    shapes = {name: (tuple(one.shape), str(one.dtype)[6:]) for name, one in module.state_dict().items()}
    assert {name: (one.shape, str(one.dtype)) for name, one in imported.weights.items()} == shapes
    module.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in imported.weights.items()}, strict=True)
    return module.eval()


def answers(module, *inputs):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch about odd sizes
        found = module(*(torch.from_numpy(np.array(x)) for x in inputs))
    return [one.numpy() for one in (found if isinstance(found, tuple) else (found,))]


def computes_the_same(made, folder, batch=3, sizes=None, low=-1.0, high=1.0, front=None):
    """Import a model and demand what ONNX's own evaluator computes; returns what was imported.

    `front` names inputs and outputs whose batch ONNX has in second place.
    """
    path = made if not hasattr(made, "graph") else save(made, folder)
    made = load(path)
    imported = read_onnx(path)
    feeds = feeds_of(made, batch, sizes, low, high)
    wanted = ReferenceEvaluator(made).run(None, feeds)
    front = front or ()
    given = [x.swapaxes(0, 1) if name in front else x for name, x in feeds.items()]
    found = answers(compiled(imported), *given)
    assert len(found) == len(wanted)
    for name, a, b in zip((one.name for one in made.graph.output), found, wanted, strict=True):
        b = b.swapaxes(0, 1) if name in front else b
        assert a.shape == b.shape, (name, a.shape, b.shape)
        np.testing.assert_allclose(a.astype(np.float64), b.astype(np.float64), rtol=2e-4, atol=2e-5, equal_nan=True)
    return imported


def types(imported):
    """The types of the blocks that are no inputs or outputs, in the order they were drawn."""
    return [block.type for block in imported.network.blocks.values() if block.type not in ("Input", "Output")]
