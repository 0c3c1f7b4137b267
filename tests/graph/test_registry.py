"""The registry: search, aliases, what fits, default names."""

import pytest

from graph import TensorType, registry
from graph.dim import N


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("dense", "Linear"),
        ("fc", "Linear"),
        ("conv2", "Conv2d"),
        ("Conv2d", "Conv2d"),
        ("maxpool", "MaxPool2d"),
        ("concat", "Concatenate"),
        ("swish", "SiLU"),
        ("lstm", "LSTM"),
        ("relu", "ReLU"),
        ("softmx", "Softmax"),
    ],
)
def test_what_is_typed_finds_the_block(typed, first):
    assert registry.search(typed)[0].name == first


def test_every_type_is_documented_and_can_be_placed():
    for declared in registry.all_types():
        assert declared.help, declared.name
        values = declared.complete(declared.suggested())
        assert not declared.missing(declared.suggested())
        for parameter in declared.hyperparameters:
            assert parameter.help, (declared.name, parameter.name)
            assert parameter.coerce(values[parameter.name]) == values[parameter.name]


def test_there_are_45_types_or_more():
    assert len(registry.all_types()) >= 45


def test_fitting_offers_only_what_takes_the_tensor():
    image = [t.name for t in registry.fitting(TensorType((N, 3, 32, 32)))]
    assert "Conv2d" in image and "Flatten" in image and "LSTM" not in image and "Conv1d" not in image
    words = [t.name for t in registry.fitting(TensorType((N, 7), "int64"))]
    assert "Embedding" in words and "Conv2d" not in words


@pytest.mark.parametrize(
    ("type", "name"), [("Conv2d", "conv"), ("ReLU", "relu"), ("CrossEntropyLoss", "cross_entropy"), ("LSTM", "lstm")]
)
def test_default_names(type, name):
    assert registry.default_name(registry.known(type)) == name
