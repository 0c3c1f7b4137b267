"""Every declaration is complete: help that teaches, words to find it by, settings to place it with, honest defaults."""

import inspect

import pytest
from torch import nn

from graph import registry
from graph.block_type import BlockType
from graph.hyperparameter import REQUIRED

ALL = registry.all_types()
TORCH = [declared for declared in ALL if declared.name != "Parameter" and hasattr(nn, declared.name)]  # no layer


def test_the_usual_layers_losses_and_metrics_are_there():
    names = {declared.name for declared in ALL}
    wanted = """Input Target Output Conv1d Conv2d Conv3d ConvTranspose2d MaxPool1d MaxPool2d MaxPool3d AvgPool1d
    AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d Linear Flatten Reshape Permute RNN LSTM GRU SelectStep Embedding
    BatchNorm1d BatchNorm2d LayerNorm GroupNorm ReLU LeakyReLU ELU GELU SiLU Sigmoid Tanh Softmax LogSoftmax Softplus
    Hardswish Dropout Dropout2d Add Multiply Concatenate Upsample CrossEntropyLoss MSELoss BCEWithLogitsLoss L1Loss
    Accuracy"""
    assert set(wanted.split()) <= names


@pytest.mark.parametrize("declared", ALL, ids=lambda t: t.name)
def test_a_declaration_is_complete(declared: BlockType):
    assert len(declared.help) > 40
    assert declared.aliases
    assert len(set(declared.aliases)) == len(declared.aliases)
    assert declared.inputs or declared.outputs
    for setting in declared.hyperparameters:
        assert len(setting.help) > 10, setting.name
        if setting.default is not REQUIRED:
            assert setting.coerce(setting.default) == setting.default, setting.name


@pytest.mark.parametrize("declared", ALL, ids=lambda t: t.name)
def test_the_suggestion_can_be_placed(declared: BlockType):
    suggested = declared.suggested()
    for name, value in suggested.items():
        assert declared.hyperparameter(name).coerce(value) == value
        text = declared.hyperparameter(name).format(value)
        assert not text or declared.hyperparameter(name).parse(text) == value
    assert not declared.missing(suggested)
    declared.check(declared.complete(suggested))


def inspect_layer(declared) -> dict:
    """The settings of the layer that a stack is made of."""
    layer = getattr(nn, f"{declared.name}Layer", None)
    return {n: p.default for n, p in inspect.signature(layer.__init__).parameters.items()} if layer else {}


@pytest.mark.parametrize("declared", TORCH, ids=lambda t: t.name)
def test_names_and_defaults_are_torchs(declared: BlockType):
    """Only what is worked out differs: normalized_shape, and softmax's dim, whose default in torch is deprecated."""
    module = getattr(nn, declared.name)
    theirs = {name: p.default for name, p in inspect.signature(module.__init__).parameters.items()}
    if declared.family == "recurrent":  # they take *args; their base names all but the size and the nonlinearity
        theirs = {name: p.default for name, p in inspect.signature(nn.RNNBase.__init__).parameters.items()}
        theirs |= {"nonlinearity": "tanh"}
    ours = {setting.name: setting.default for setting in declared.hyperparameters}
    assert ours.pop("normalized_shape", None) is None
    if declared.name in ("Softmax", "LogSoftmax", "Softmin"):
        assert ours.pop("dim") == -1
    if declared.family == "attention":  # `causal` is the mask of forward; torch's default activation is a function
        assert ours.pop("causal") is False and ours.pop("activation", "relu") == "relu"
        theirs |= inspect_layer(declared)
    for name, default in ours.items():
        required = theirs[name] is inspect.Parameter.empty
        assert default == (REQUIRED if required else theirs[name]), name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("dense", "Linear"),
        ("fc", "Linear"),
        ("conv", "Conv2d"),
        ("maxpool", "MaxPool2d"),
        ("concat", "Concatenate"),
        ("skip connection", "Add"),
        ("dropout", "Dropout"),
        ("tanh", "Tanh"),
        ("swish", "SiLU"),
        ("batch norm", "BatchNorm2d"),
        ("deconv", "ConvTranspose2d"),
        ("view", "Reshape"),
        ("last step", "SelectStep"),
        ("mse", "MSELoss"),
        ("bce", "BCEWithLogitsLoss"),
        ("gap", "AdaptiveAvgPool2d"),
        ("global average pooling", "GlobalAvgPool"),
        ("median filter", "MedianPool2d"),
        ("edge filter", "FixedConv2d"),
        ("max unpooling", "MaxUnpool2d"),
        ("zero padding", "ZeroPad2d"),
        ("reflect", "ReflectionPad2d"),
        ("lrn", "LocalResponseNorm"),
        ("rmsnorm", "RMSNorm"),
        ("depth to space", "PixelShuffle"),
        ("im2col", "Unfold"),
        ("cosine", "CosineSimilarity"),
        ("l2 pooling", "LPPool2d"),
    ],
)
def test_people_find_it_by_their_word(typed, name):
    assert name in [declared.name for declared in registry.search(typed)[:3]]
