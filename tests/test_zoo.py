"""Well-known networks drawn from modules: the published counts, torch's shapes, and source that a person would sign."""

import json
from pathlib import Path

import pytest
import torch

import examples
from backend import compile_network, generate_source
from backend.compile import execute
from examples import build_zoo
from graph import analyze, load_project
from graph.flatten import flattened
from graph.project_file import to_json

PUBLISHED = {
    m["name"]: m for m in json.loads((Path(__file__).parent / "golden" / "published_models.json").read_text())["models"]
}
SMALL = ("lenet5", "resnet18", "googlenet")  # run in torch here; the others are counted on its meta device


def opened(name):
    return load_project(next(path for path in examples.zoo() if path.stem == name))


def test_every_published_model_is_there():
    assert {path.stem for path in examples.zoo()} == set(PUBLISHED) == set(build_zoo.ZOO)


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_are_the_published_ones(name):
    published, document = PUBLISHED[name], opened(name)
    found = document.analysis
    assert found.ok and not found.partial and not [p for p in found.problems if p.severity == "warning"]
    assert found.total_parameters == published["parameters"]
    assert document.network.modules
    if "gmacs" in published:
        assert found.total_macs / 1e9 == pytest.approx(published["gmacs"], rel=0.01)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_file_is_what_the_builder_writes(name):
    assert to_json(opened(name)) == to_json(build_zoo.document(name))


@pytest.mark.parametrize("name", PUBLISHED)
def test_torch_gives_the_same_shapes_and_counts(name):
    network = opened(name).network
    found = analyze(network)
    if name in SMALL:
        module, device = compile_network(network).eval(), "cpu"
    else:
        source = generate_source(network)
        with torch.device("meta"):
            module, device = execute(source)[source.class_name]().eval(), "meta"
    assert sum(p.numel() for p in module.parameters()) == found.total_parameters
    shape = found.output("image").shape[1:]
    with torch.no_grad():
        result = module(torch.zeros(2, *shape, device=device))
    assert tuple(result.shape) == (2, *found.output(network.wires_into("output")[0].source).shape[1:])


@pytest.mark.parametrize("name", PUBLISHED)
def test_flattened_the_counts_stay(name):
    document = opened(name)
    flat = analyze(flattened(document.network, document.analysis))
    assert flat.ok
    assert flat.total_parameters == document.analysis.total_parameters
    assert flat.total_macs == document.analysis.total_macs


def test_the_source_of_resnet152_is_short():
    text = str(generate_source(opened("resnet152").network))
    assert len(text.splitlines()) < 120
    assert "*(Bottleneck(4 * channels, channels=channels) for _ in range(blocks - 1))" in text
    assert "self.stage3 = BottleneckStage(512, channels=256, blocks=36)" in text
