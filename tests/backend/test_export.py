"""Exported files whose inputs were normalized in training: they say so, and their example does it to the bit."""

import runpy
import sys

import numpy as np
import pytest
import torch

from backend import generate_source
from backend.export import exported
from backend.messages import Start
from backend.probes.watching import Watching
from backend.shared_arrays import FrameWriter, new_prefix
from backend.source import Normalized
from backend.training.control import Control
from backend.training.preparation import prepare
from backend.training.run import Run
from backend.training.written_source import normalized_inputs, written_source
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json

THREE = {"kind": "given", "mean": [0.485, -0.456, 0.406], "deviation": [0.229, 0.224, 0.225]}


def network(shape=(3, 8, 8), field=None, name="image"):
    net = Network("Net")
    image = net.add("Input", name=name, **({"field": field} if field else {"shape": shape}))
    flat, scores = net.add("Flatten", name="flat"), net.add("Linear", name="scores", out_features=3)
    for before, after in ((image, flat), (flat, scores), (scores, net.add("Output", name="out"))):
        net.connect(before, after)
    return net


def example_of(text):
    """The part that runs when the file does."""
    return text.partition('if __name__ == "__main__":')[2]


def run_example(text, tmp_path, monkeypatch, name="image"):
    """What the network is given by the example."""
    (tmp_path / "model.py").write_text(text)
    monkeypatch.setattr(sys, "argv", ["model.py"])
    return runpy.run_path(str(tmp_path / "model.py"), run_name="__main__")[name]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            THREE,
            """
    mean = torch.tensor([0.485, -0.456, 0.406]).view(-1, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(-1, 1, 1)
    image = (image - mean) / deviation  # as in training
""",
        ),
        (
            {"kind": "given", "mean": [-0.5], "deviation": [0.25]},
            "    image = (image + 0.5) / 0.25  # as in",
        ),
        (
            {"kind": "given", "mean": [0.5], "deviation": [0.1, 0.2, 0.3]},
            "deviation = torch.tensor([0.1, 0.2, 0.3]).view(-1, 1, 1)\n    image = (image - 0.5) / deviation  # as",
        ),
        ({"kind": "data"}, "# In training image is (input - mean) / deviation, each channel's own over the samples"),
    ],
)
def test_the_example_normalizes_as_the_recipe_says(how, said, tmp_path, monkeypatch):
    text = exported(Document(network(), Recipe(normalization=how)))
    assert said in example_of(text)
    assert (
        "# Trained with (input - mean) / deviation for image: see the example at the end." in text.partition("class")[0]
    )
    assert torch.isfinite(run_example(text, tmp_path, monkeypatch)).all()
    plain = exported(Document(network(), Recipe()))
    assert "deviation" not in plain and text.partition("class")[2].partition("if __name")[0] in plain


def test_only_pictures_are_normalized_and_names_are_left_alone(tmp_path, monkeypatch):
    net = network(name="mean")
    other = net.add("Input", name="deviation", shape=(7,))
    net.connect(other, net.add("Output", name="second"))
    text = exported(Document(net, Recipe(normalization=THREE)))
    found = run_example(text, tmp_path, monkeypatch, "mean")
    assert torch.allclose(found[0, :, 0, 0], -torch.tensor(THREE["mean"]) / torch.tensor(THREE["deviation"]))
    assert not run_example(text, tmp_path, monkeypatch, "deviation").any()
    assert " for mean: see the example" in text


def test_more_figures_than_anybody_reads_are_not_written():
    net = network()
    wide = {block.id: Normalized(tuple(map(float, range(65))), (1.0,)) for block in net.with_role("input")}
    assert "too many figures" in generate_source(net, example=True, normalized=wide).text


def prepared(net, source, **recipe):
    document = Document(net, Recipe(data=source, seed=3, **recipe))
    return prepare(document, Start(project="", run_folder=""), lambda _: None)


@pytest.mark.parametrize("augmentation", [[], [{"kind": "horizontal_flip"}]])
def test_a_run_writes_the_figures_it_took_from_the_data(augmentation, tmp_path, monkeypatch):
    net = network(field="image")
    net.add("Target", name="label", field="label")
    net.block("scores").hyperparameters["out_features"] = 10
    made = prepared(net, DataSource(kind="digits"), normalization={"kind": "data"}, augmentation=augmentation)
    text = written_source(made)
    found = run_example(text, tmp_path, monkeypatch)
    (scale,) = made.scales
    assert torch.equal(found, scale(torch.zeros(1, 1, 8, 8)))
    digits = made.dataset.arrays["image"]
    assert abs(float(scale.mean) - digits.mean()) < 0.01 and "# as in training" in text


def test_tables_are_standardised_as_their_data_were(tmp_path, monkeypatch):
    net = network(field="features", name="flower")
    net.add("Target", name="label", field="label")
    made = prepared(net, DataSource(kind="iris"))
    found = run_example(written_source(made), tmp_path, monkeypatch, "flower")
    scaling = made.dataset.scaling["features"]
    assert np.allclose(found[0], -scaling.mean / scaling.deviation, rtol=1e-6) and found.shape == (1, 4)
    plain = prepared(net, DataSource(kind="iris", options={"standardize": False}))
    assert normalized_inputs(plain) == {} and "deviation" not in written_source(plain)


def test_a_run_folder_has_them(tmp_path, monkeypatch):
    """The file in the folder runs, loads its weights beside it and normalizes the picture."""
    net = network(field="image")
    net.add("Target", name="label", field="label")
    net.block("scores").hyperparameters["out_features"] = 10
    recipe = Recipe(data=DataSource(kind="digits"), epochs=1, batch_size=512, normalization={"kind": "data"})
    writer, events = FrameWriter(new_prefix()), []
    start = Start(project=to_json(Document(net, recipe)), run_folder=str(tmp_path / "run"))
    Run(Control(), Watching(writer, events.append), events.append).execute(start)
    writer.close()
    monkeypatch.setattr(sys, "argv", ["model.py", str(tmp_path / "run" / "best.safetensors")])
    found = runpy.run_path(str(tmp_path / "run" / "model.py"), run_name="__main__")
    assert float(found["image"].max()) < -0.5 and found["model"].scores.weight.shape == (10, 64)
