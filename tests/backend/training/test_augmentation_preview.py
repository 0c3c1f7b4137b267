"""The pictures a window shows of a recipe's augmentation: those of training, drawn from a seed, and what it says."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from backend.data import Dataset, load
from backend.messages import PreviewAugmentation
from backend.shared_arrays import FrameWriter, new_prefix, read
from backend.training.augmentation_preview import Previews, preview
from graph import DataSource, Network, Recipe
from graph.data_source import Field

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_runs import CNN, MLP, classifier

FLIP = {"kind": "horizontal_flip", "p": 1.0}


@pytest.fixture
def previews():
    writer = FrameWriter(new_prefix())
    yield Previews(writer)
    writer.close()


def project(**recipe):
    return classifier(*CNN, data=DataSource(kind="digits"), field="image", **recipe)


def test_pictures_come_as_the_network_gets_them(previews):
    asked = PreviewAugmentation(project=project(augmentation=[FLIP]), samples=5)
    found = previews.answer(asked)
    assert found.problem == "" and found.field == "image"
    before, after = read(found.originals), read(found.augmented)
    assert before.shape == (5, 1, 8, 8)
    assert np.array_equal(after, before[..., ::-1])
    assert len(found.labels) == 5 and found.mixed == found.labels and found.masks is None
    digits = load(DataSource(kind="digits"))
    own = [np.flatnonzero((digits.arrays["image"] == one).all(axis=(1, 2, 3))) for one in before]
    assert all(str(digits.arrays["label"][rows[0]]) == label for rows, label in zip(own, found.labels, strict=True))


def test_the_seed_draws_anew_and_the_page_takes_others(previews):
    text = project(augmentation=[{"kind": "gaussian_noise", "p": 1.0}])
    first, same, drawn, others = (
        previews.answer(PreviewAugmentation(project=text, **more)) for more in ({}, {}, {"seed": 1}, {"page": 1})
    )
    seen = {name: (read(one.originals), read(one.augmented)) for name, one in (("drawn", drawn), ("others", others))}
    assert first.labels == same.labels
    again = previews.answer(PreviewAugmentation(project=text))
    before, after = read(again.originals), read(again.augmented)
    assert np.array_equal(before, seen["drawn"][0]) and not np.array_equal(after, seen["drawn"][1])
    assert not np.array_equal(before, seen["others"][0])


def test_the_random_numbers_of_the_process_are_left_alone(previews):
    state = torch.get_rng_state()
    previews.answer(PreviewAugmentation(project=project(augmentation=[{"kind": "mixup"}, {"kind": "blur"}])))
    assert torch.equal(state, torch.get_rng_state())


def test_mixed_classes_are_said_as_shares(previews):
    steps = [{"kind": "mixup", "arguments": {"alpha": 50.0}}]
    found = previews.answer(PreviewAugmentation(project=project(augmentation=steps)))
    assert any(", " in words and "%" in words for words in found.mixed)


def test_normalization_alone_is_shown(previews):
    found = previews.answer(PreviewAugmentation(project=project(normalization={"kind": "data"})))
    assert np.array_equal(read(found.originals), read(found.augmented)) and read(found.originals).min() < 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "The project cannot be read"),
        (classifier(*MLP), "The network reads no picture"),
        (classifier(*CNN, field="image", data=DataSource(kind="npz", path="gone.npz")), "gone.npz"),
    ],
)
def test_what_is_in_the_way_is_said(previews, text, words):
    found = previews.answer(PreviewAugmentation(project=text))
    assert found.problem and words in found.problem and found.originals is None


def test_data_outside_the_folder_are_asked_for_first(previews, tmp_path):
    text = classifier(*CNN, field="image", data=DataSource(kind="npz", path=str(tmp_path / "some.npz")))
    inside = tmp_path / "project"
    inside.mkdir()
    found = previews.answer(PreviewAugmentation(project=text, base=str(inside)))
    assert "lies outside its folder" in found.problem


@pytest.mark.parametrize("units", ["shares", "pixels"])
def test_boxes_are_shown_in_shares_of_the_picture(tmp_path, units):
    rows = [f"{name}.png,2,1,6,8,cat" for name in range(10)]
    (tmp_path / "boxes.csv").write_text("\n".join(["image,x,y,w,h,label", *rows]))
    for name in range(10):
        Image.new("RGB", (10, 20), (255, 0, 0)).save(tmp_path / f"{name}.png")
    source = DataSource(kind="image_boxes", path="boxes.csv", options={"units": units, "most_boxes": 3})
    dataset = load(source, tmp_path)
    net = Network("Net")
    for kind, field in (("Input", "image"), ("Target", "count"), ("Target", "boxes")):
        net.add(kind, name=f"the {field}", field=field)
    found = preview(dataset, net, Recipe(data=source, augmentation=[FLIP]), np.arange(4), 0)
    assert np.allclose(found.boxes[:, 0], [0.2, 0.05, 0.6, 0.4]) and not found.boxes[:, 1:].any()
    assert np.allclose(found.moved_boxes[:, 0], [0.2, 0.05, 0.6, 0.4]) and found.masks is None


def test_masks_are_shown_beside_their_pictures():
    net = Network("Net")
    image, target = net.add("Input", name="image", field="image"), net.add("Target", name="mask", field="mask")
    scores = net.add("Conv2d", name="scores", out_channels=2, kernel_size=1)
    loss = net.add("CrossEntropyLoss", name="loss")
    for wire in ((image, scores), (scores, loss, "input"), (target, loss, "target")):
        net.connect(*wire[:2], **({"input": wire[2]} if wire[2:] else {}))
    fields = (Field(name="image", shape=(3, 600, 12)), Field(name="mask", shape=(600, 12), dtype="int64"))
    mask = np.random.default_rng(0).integers(0, 2, (20, 600, 12))
    image = np.repeat(mask[:, None], 3, axis=1).astype(np.float32)
    dataset = Dataset("made", fields, {"image": image, "mask": mask})
    train, _ = dataset.parts(0.2, 0)
    found = preview(dataset, net, Recipe(augmentation=[{"kind": "vertical_flip"}]), train[:4], 3)
    assert found.originals.shape == (4, 3, 200, 4) and found.masks.shape == (4, 200, 4)
    assert np.array_equal(found.augmented[:, 0], found.moved) and not np.array_equal(found.masks, found.moved)
