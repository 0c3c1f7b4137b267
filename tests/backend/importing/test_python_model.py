"""Sources as people write them: what is drawn computes what torch computes, weight for weight."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import torch

import examples
from backend.compile import compile_network, execute
from backend.importing.python_model import read_python
from backend.source import generate_source
from graph import analyze, load_project

SOURCES = Path(__file__).parent / "sources"
TABLES = ("pos_encoder.pe",)  # buffers that a block computes


def image(*sizes):
    return torch.randn(2, *sizes)


def tokens(count, *sizes):
    return torch.randint(0, count, sizes)


CASES = {  # file -> how the original is made, what it is given, modules of the drawing
    "lenet_view": (lambda m: m.Net(), lambda: [image(1, 28, 28)], set()),
    "resnet_torchvision": (lambda m: m.model, lambda: [image(3, 224, 224)], {"Bottleneck", "Bottleneck2"}),
    "unet": (lambda m: m.UNet(3, 2, True), lambda: [image(3, 50, 46)], {"DoubleConv", "Down", "Up"}),
    "lstm_classifier": (lambda m: m.model, lambda: [tokens(500, 2, 32)], set()),
    "transformer_classifier": (
        lambda m: m.TransformerClassifier(),
        lambda: [tokens(100, 32, 2)],
        {"PositionalEncoding"},
    ),
    "vae": (lambda m: m.VAE(), lambda: [image(1, 28, 28)], set()),
    "dcgan_generator": (lambda m: m.Generator(1, 20, 8), lambda: [image(20, 1, 1)], set()),
    "densenet": (lambda m: m.DenseNet(), lambda: [image(3, 224, 224)], {"DenseBlock", "DenseLayer"}),
    "inception": (lambda m: m.SmallGoogLeNet(), lambda: [image(3, 224, 224)], {"BasicConv2d", "Inception"}),
    "siamese": (lambda m: m.SiameseNetwork(), lambda: [image(1, 28, 28), image(1, 28, 28)], set()),
    "char_lm": (lambda m: m.GPT(m.GPTConfig()), lambda: [tokens(65, 2, 16)], {"Block", "CausalSelfAttention"}),
    "mlp_script": (lambda m: m.model, lambda: [image(20)], set()),
    "vision_transformer": (lambda m: m.VisionTransformer(), lambda: [image(3, 32, 32)], {"Attention", "Block", "Mlp"}),
    "seq2seq": (lambda m: m.Seq2Seq(), lambda: [image(9, 6)], {"Attention"}),
}


def original(name):
    """The source run by Python itself: it is ours."""
    spec = importlib.util.spec_from_file_location(f"source_{name}", SOURCES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def imported(name):
    return read_python((SOURCES / f"{name}.py").read_text(), f"{name}.py")


def plain(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def weights_over(theirs, ours):
    """Copy the state of one module to another: by name where names agree, the rest in order."""
    left = {plain(name): tensor for name, tensor in theirs.items()}
    state, open_ones = {}, []
    for name, tensor in ours.items():
        found = left.pop(plain(name), None)
        if found is None:
            found = left.pop(plain(name.removesuffix(".weight")), None)  # a parameter of its own is a block here
        if found is not None and found.numel() == tensor.numel():
            state[name] = found.reshape(tensor.shape)
        else:
            open_ones.append((name, tensor))
    rest = list(left.values())
    for name, tensor in open_ones:
        index = next((i for i, one in enumerate(rest) if one.numel() == tensor.numel()), None)
        if index is None:
            assert name.endswith(".numbers"), name  # a Constant block's, which the source computes
            continue
        state[name] = rest.pop(index).reshape(tensor.shape)
    return state


def results(module, given):
    with torch.no_grad():
        found = module(*given)
    return found if isinstance(found, tuple) else (found,)


def totals(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", CASES)
def test_what_is_drawn_computes_the_same(name):
    make, given, modules = CASES[name]
    theirs = make(original(name)).eval()
    found = imported(name)
    assert analyze(found.network).ok
    assert modules <= set(found.network.modules)
    ours = compile_network(found.network).eval()
    if name == "inception":
        del theirs.aux1  # only called while training
        assert any("aux1" in note for note in found.notes)
    assert totals(ours) == totals(theirs)
    for index, (weight, parameter) in enumerate(theirs.named_parameters()):
        if "weight" in weight:  # where all begin alike, a wrong one would pass for the right one
            generator = torch.Generator().manual_seed(index)
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3
    state = {key: tensor for key, tensor in theirs.state_dict().items() if key not in TABLES}
    ours.load_state_dict(weights_over(state, ours.state_dict()), strict=False)
    torch.manual_seed(1)
    x = given()
    turned = [one.T if name == "transformer_classifier" else one for one in x]  # its drawing has the batch in front
    for a, b in zip(results(theirs, x), results(ours, turned), strict=True):
        assert torch.allclose(a, b, atol=1e-4, rtol=1e-3)


PROJECTS = {path.stem: path for path in sorted(Path(examples.__file__).parent.rglob("*.netloom"))}
LARGE = ("alexnet", "vgg11", "vgg16", "vgg19", "resnet34", "resnet50", "resnet101", "resnet152")


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_exported_comes_back(name):
    document = load_project(PROJECTS[name])
    written = generate_source(document.network, document.recipe.fields, example=True)
    found = read_python(written.text, f"{name}.py")
    again = generate_source(found.network)
    with torch.device("meta" if name in LARGE else "cpu"):
        torch.manual_seed(0)
        theirs = execute(written)[written.class_name]().eval()
        torch.manual_seed(0)
        ours = execute(again)[again.class_name]().eval()
    before, after = theirs.state_dict(), ours.state_dict()
    assert totals(theirs) == totals(ours)
    assert [one.shape for one in before.values()] == [one.shape for one in after.values()]
    if name in LARGE:
        return
    assert all(map(torch.equal, before.values(), after.values()))
    ours.load_state_dict(dict(zip(after, before.values(), strict=True)))
    given = []
    found_types = analyze(found.network)
    for block in found.network.with_role("input"):
        type = found_types.output(block)
        sizes = (2, *type.dims[1:])
        given.append(torch.randint(0, 5, sizes) if type.dtype == "int64" else torch.randn(sizes))
    torch.manual_seed(1)
    expected = results(theirs, given)
    torch.manual_seed(1)
    assert all(map(torch.equal, expected, results(ours, given)))
