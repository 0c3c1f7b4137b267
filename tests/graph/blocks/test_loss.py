"""Losses and metrics: which answers and targets go together, and what is computed of them."""

import pytest
import torch
from torch.nn import functional as F

from graph import registry
from graph.block_type import ShapeError
from graph.blocks.metric import rule
from graph.dim import N, symbol
from graph.tensor_type import TensorType

T = symbol("T")


def pair(input, target, dtype="int64", classes=None):
    return {"input": TensorType((N, *input)), "target": TensorType((N, *target), dtype, classes)}


class Here:
    def __init__(self, inputs, **values):
        self.inputs, self.values = inputs, values

    one = staticmethod(lambda port: {"input": "logits", "target": "label"}[port])
    literal = staticmethod(repr)


def written(name, inputs, **values):
    declared = registry.block_type(name)
    return declared.forward(Here(inputs, **declared.complete(values)))


@pytest.mark.parametrize(
    ("name", "values", "inputs", "output"),
    [
        ("CrossEntropyLoss", {}, pair((10,), (), classes=10), ()),
        ("CrossEntropyLoss", {"reduction": "none"}, pair((10, T), (T,)), (N, T)),
        ("CrossEntropyLoss", {"label_smoothing": 0.1}, pair((10,), (10,), "float32"), ()),
        ("MSELoss", {}, pair((1,), (1,), "float32"), ()),
        ("L1Loss", {"reduction": "sum"}, pair((3, T), (3, T), "float32"), ()),
        ("BCEWithLogitsLoss", {}, pair((1,), (1,), "float32"), ()),
        ("Accuracy", {}, pair((10,), (), classes=10), ()),
        ("Accuracy", {}, pair((1,), (), classes=2), ()),
        ("Accuracy", {}, pair((1,), (1,), "float32"), ()),
    ],
)
def test_what_goes_together(infer, name, values, inputs, output):
    (found,) = infer(name, inputs, **values).outputs.values()
    assert found == TensorType(output)


@pytest.mark.parametrize(
    ("name", "inputs", "code", "port", "text"),
    [
        (
            "CrossEntropyLoss",
            pair((4,), (), classes=10),
            "classes",
            "input",
            "the data have 10 classes, but there are scores for 4: the layer before needs 10 outputs",
        ),
        ("CrossEntropyLoss", pair((10, 1, 1), ()), "needs_flatten", "input", "flatten the scores to N x classes"),
        ("CrossEntropyLoss", pair((10,), (1,)), "rank", "target", "shaped N, but the target is N x 1"),
        ("CrossEntropyLoss", pair((10,), (), "float32"), "dtype", "target", "must be class numbers shaped N"),
        ("CrossEntropyLoss", pair((10,), (), "int32"), "dtype", "target", "of dtype int64"),
        ("CrossEntropyLoss", pair((10,), (9,), "float32"), "target_shape", "target", "must be N x 10 as the input"),
        ("CrossEntropyLoss", pair((), ()), "rank", "input", "needs scores N x classes, but gets N"),
        ("BCEWithLogitsLoss", pair((1,), (), "float32"), "target_shape", "target", "must be N x 1 as the input"),
        ("BCEWithLogitsLoss", pair((1,), (1,)), "dtype", "target", "targets 0 to 1 in float32, but gets int64"),
        ("MSELoss", pair((3,), (2,), "float32"), "target_shape", "target", "must be N x 3 as the input, but is N x 2"),
        ("MSELoss", pair((T,), (2,), "float32"), "open", "target", "is open"),
        ("Accuracy", pair((4,), (), classes=10), "classes", "input", "10 classes, but there are scores for 4"),
        ("Accuracy", pair((10,), (1,)), "target_shape", "target", "shaped N, but the target is N x 1"),
        ("Accuracy", pair((10,), (), "float32"), "dtype", "target", "class numbers are int64"),
    ],
)
def test_what_does_not_go_together(infer, name, inputs, code, port, text):
    with pytest.raises(ShapeError) as caught:
        infer(name, inputs)
    assert (caught.value.code, caught.value.port) == (code, port)
    assert text in caught.value.text


def test_values_compared_with_several_are_doubted(infer):
    inferred = infer("MSELoss", pair((1,), (), "float32"))
    assert inferred.warnings[0][0] == "broadcast"
    assert "N x N" in inferred.warnings[0][1]


def test_expressions_name_only_what_differs_from_torch():
    inputs = pair((10,), ())
    assert written("CrossEntropyLoss", inputs) == "F.cross_entropy(logits, label)"
    assert written("CrossEntropyLoss", inputs, label_smoothing=0.1) == (
        "F.cross_entropy(logits, label, label_smoothing=0.1)"
    )
    assert written("MSELoss", inputs, reduction="sum") == "F.mse_loss(logits, label, reduction='sum')"
    assert written("Accuracy", inputs) == "(logits.argmax(dim=1) == label).float().mean()"


@pytest.mark.parametrize(
    ("inputs", "logits", "label", "share"),
    [
        (pair((3,), ()), [[0.0, 2, 1], [5, 1, 1]], [1, 2], 0.5),
        (pair((3,), ()), [[0.0, 2, 1], [5, 1, 1]], [1, 0], 1.0),
        (pair((1,), ()), [[-1.0], [2], [3], [-4]], [0, 1, 0, 0], 0.75),
        (pair((1,), (1,), "float32"), [[-1.0], [2], [3], [-4]], [[0.0], [1], [0], [0]], 0.75),
        (pair((), (), "float32"), [-1.0, 2], [1.0, 1], 0.5),
        (pair((2,), (2,), "float32"), [[-1.0, 2], [3, 4]], [[0.0, 1], [1, 0]], 0.75),
    ],
)
def test_accuracy_is_the_share_of_right_answers(inputs, logits, label, share):
    expression = written("Accuracy", inputs)
    label = torch.tensor(label, dtype=getattr(torch, inputs["target"].dtype))
    assert eval(expression, {"logits": torch.tensor(logits), "label": label, "F": F}).item() == share


def test_one_score_with_many_classes_is_read_by_the_highest():
    assert rule(TensorType((N, 2)), TensorType((N,), "int64", 2)) == "highest"
    assert rule(TensorType((N, 1)), TensorType((N,), "int64", 2)) == "sign of one"
