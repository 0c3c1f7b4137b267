"""The lectures' systems from a project file to a figure, by `netloom train`: what a broken engine could not reach."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
import safetensors.torch
import torch

import examples
from backend.compile import compile_program
from backend.data import load
from backend.data.vocabulary import MEANT
from examples import build_lectures
from graph import load_project


def trained(name, folder, *flags):
    """A run by the command line: its project, and the last line of its log."""
    project = build_lectures.FOLDER / f"{name}.netloom"
    command = [sys.executable, "-m", "gui.cli", "train", str(project), "--run", str(folder), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])["event"]
    assert last["type"] == "finished"
    return load_project(folder / "project.netloom"), last


def program_of(document, folder):
    """The trained network, ready to run."""
    program = compile_program(document.network, document.recipe.fields)
    program.module.load_state_dict(safetensors.torch.load_file(folder / "last.safetensors"))
    program.module.eval()
    return program


@pytest.mark.parametrize("make", build_lectures.LECTURES, ids=lambda make: make.__name__)
def test_the_file_is_what_the_builder_writes(make):
    kept, made = load_project(build_lectures.FOLDER / f"{make.__name__}.netloom"), make()
    assert (kept.network.blocks, kept.network.wires) == (made.network.blocks, made.network.wires)
    assert kept.recipe == made.recipe
    assert kept.analysis.ok and kept.analysis.problems == []


def test_every_file_is_built():
    assert {path.stem for path in examples.lectures()} == {make.__name__ for make in build_lectures.LECTURES}


def test_a_gan_learns_all_eight_spots(tmp_path):
    document, _ = trained("generative_adversarial_network", tmp_path / "run")
    program = program_of(document, tmp_path / "run")
    torch.manual_seed(0)
    given = {"noise": torch.randn(2000, 8), "point": torch.zeros(2000, 2)}
    with torch.no_grad():
        points = program.module(*(given[field] for field in program.input_fields)).numpy()
    angles = np.arange(8) * np.pi / 4
    spots = np.stack([np.cos(angles), np.sin(angles)], 1)
    distance = np.linalg.norm(points[:, None] - spots, axis=2)
    near = distance.min(1) < 0.25  # an untrained generator: 0.1 of its points, around the middle of a side
    assert near.mean() > 0.8
    assert np.bincount(distance.argmin(1)[near], minlength=8).min() > 40


def test_a_vae_draws_digits_again(tmp_path):
    document, last = trained("variational_autoencoder", tmp_path / "run")
    images = torch.from_numpy(load(document.recipe.data).arrays["image"])
    mean = images.mean(0)
    blank = torch.nn.functional.binary_cross_entropy(mean.expand_as(images).clamp(1e-3, 1 - 1e-3), images).item()
    assert last["best"]["reconstruction"] < blank - 0.06  # the mean of all digits is the best without looking
    assert 0.02 < last["best"]["divergence"] < 0.3  # neither collapsed nor free


def test_two_tasks_with_learned_weights(tmp_path):
    document, last = trained("multi_task", tmp_path / "run")
    best = last["best"]
    images = load(document.recipe.data).arrays["image"]
    assert best["accuracy"] > 0.96 and best["drawing"] < 0.2 * images.var(0).mean()
    log = [json.loads(line)["event"] for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    weights = [event["train"] for event in log if event["type"] == "epoch"]
    assert weights[-1]["drawing weight"] > 3 * weights[0]["drawing weight"]  # a mean square is the smaller loss


def test_regression_stops_early_with_its_best_weights(tmp_path):
    """Half of the variance of the disease's progress is known to be explained; 1.0 is the mean's error."""
    _, last = trained("regression", tmp_path / "run")
    assert last["best"]["loss"] < 0.65
    assert last["best_epoch"] + 30 == last["epochs"] < 200
    folder = tmp_path / "run"
    best, end = (safetensors.torch.load_file(folder / f"{name}.safetensors") for name in ("best", "last"))
    assert all(torch.equal(best[name], end[name]) for name in best)


def test_a_language_model_learns_letters_and_writes_on(tmp_path):
    """Letters by their frequency alone cost 3.0 nats each."""
    folder = tmp_path / "run"
    document, last = trained("language_model", folder)
    assert last["best"]["loss"] < 2.4
    text = "".join(MEANT.get(name, name) for name in _letters(document))
    pairs = set(itertools.pairwise(text))
    written = sample(folder, "--prompt", "Alice ", "--length", "300").stdout
    assert len(written) == 6 + 300 + 1 and written.startswith("Alice ")
    known = [pair in pairs for pair in itertools.pairwise(written.strip())]
    assert sum(known) / len(known) > 0.9  # of pairs drawn letter by letter less than two in three
    assert sample(folder, "--temperature", "0").stdout == sample(folder, "--temperature", "0", "--seed", "3").stdout
    assert sample(folder).stdout != sample(folder, "--seed", "3").stdout
    wrong = sample(folder, "--prompt", "Ω")
    assert wrong.returncode == 1 and "never saw 'Ω'" in wrong.stderr and wrong.stdout == ""


def _letters(document):
    dataset = load(document.recipe.data)
    names = dataset.field("text").classes
    return [names[number] for row in dataset.arrays["text"] for number in row]


def sample(folder, *flags):
    command = [sys.executable, "-m", "gui.cli", "sample", str(folder), *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_segmentation_colours_every_pixel(tmp_path):
    """Four pixels in five are background."""
    document, last = trained("segmentation", tmp_path / "run")
    assert last["best"]["accuracy"] > 0.97
    program = program_of(document, tmp_path / "run")
    arrays = load(document.recipe.data).arrays
    with torch.no_grad():
        found = program.module(torch.from_numpy(arrays["image"][:100])).argmax(1).numpy()
    truth = arrays["mask"][:100]
    for kind in range(3):
        both, either = ((found == kind) & (truth == kind)).sum(), ((found == kind) | (truth == kind)).sum()
        assert both / either > 0.8


def test_a_learned_noise_misleads_a_trained_network(tmp_path):
    """The input learns, the weights do not: without the noise 98 % of the digits are told."""
    folder = tmp_path / "run"
    document, last = trained("adversarial_noise", folder)
    assert last["best"]["accuracy"] < 0.6
    kept = safetensors.torch.load_file(build_lectures.FOLDER / build_lectures.DIGITS.path)
    ended = safetensors.torch.load_file(folder / "last.safetensors")
    assert all(torch.equal(ended[name], kept[name]) for name in kept)
    program = program_of(document, folder)
    arrays = load(document.recipe.data).arrays
    images, labels = torch.from_numpy(arrays["image"]), torch.from_numpy(arrays["label"])
    noise = ended["noise.weight"] if "noise.weight" in ended else program.module.noise()
    assert noise.abs().max() > 0.1
    with torch.no_grad():
        misled = (program.module(images).argmax(1) == labels).float().mean()
        for parameter in program.module.noise.parameters():
            parameter.zero_()
        told = (program.module(images).argmax(1) == labels).float().mean()
    assert misled < 0.6 and told > 0.97


def test_a_picture_is_found_that_a_network_calls_a_three(tmp_path):
    document, _ = trained("activation_maximisation", tmp_path / "run")
    program = program_of(document, tmp_path / "run")
    with torch.no_grad():
        probabilities = program.module(torch.zeros(1, 1, 8, 8))[0]
    assert probabilities[3] > 0.95 and probabilities.sum().item() == pytest.approx(1, abs=1e-5)
