"""The window of augmented pictures over a worker that plays a script: asked, shown, drawn again, told what is wrong."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor

from backend.client import Launch
from backend.shared_arrays import FrameWriter, new_prefix
from graph import Recipe
from graph.edits import SetRecipe
from gui.training import RunController
from gui.training.augmentation_preview import AugmentationPreviewDialog
from gui.training.augmentation_request import Pairs
from gui.training.pairs_view import PairsView, picture
from gui.training.worker_process import WorkerProcess

ROOT = Path(__file__).resolve().parents[3]
SCRIPTED = Path(__file__).with_name("scripted_worker.py")
READY = {
    "type": "ready", "pid": 1, "device": "cpu", "device_name": "CPU", "memory": 1, "devices": ["cpu"], "torch": "0",
}  # fmt: skip
ASKED = "wait preview_augmentation"
FLIP = Recipe(augmentation=[{"kind": "horizontal_flip", "p": 1.0}])


@pytest.fixture
def frames():
    writer = FrameWriter(new_prefix())
    yield writer
    writer.close()


@pytest.fixture
def answer(frames):
    """An AugmentationPreview as the worker says it."""

    def make(**more):
        before = np.random.default_rng(0).random((4, 1, 6, 8), np.float32)
        arrays = {"originals": before, "augmented": before[..., ::-1].copy()}
        told = {name: frames.write(name, array).model_dump() for name, array in arrays.items()}
        words = {"labels": ["a", "b", "a", "b"], "mixed": ["a", "60% b, 40% a", "a", "b"]}
        return {"type": "augmentation_preview", "field": "image", **told, **words, **more}

    return make


@pytest.fixture
def dialog(session, shown):
    made = []

    def make(*acts):
        script = json.dumps([READY, *acts])
        path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))

        def launch(client):
            return Launch((sys.executable, str(SCRIPTED), script), {"PYTHONPATH": path})

        session.project.do(SetRecipe(session.project.recipe.having(augmentation=FLIP.augmentation)))
        run = RunController(session, worker=WorkerProcess(launch=launch))
        made.append(run)
        return shown(AugmentationPreviewDialog(session, run), 700, 420)

    yield make
    for run in made:
        run.close()


def test_pictures_are_shown_and_drawn_again(dialog, answer, qtbot):
    found = dialog(ASKED, answer(), ASKED, answer(field="again"))
    assert not found.draw.isEnabled() and found.empty.isVisible()
    qtbot.waitUntil(found.view.isVisible)
    assert found.note.fullest.startswith("image 1 x 6 x 8, values from ")
    assert found.view.captions[1] == "60% b, 40% a" and found.view.row_names == ["Before", "After"]
    found.draw.click()
    assert found.seed == 1 and found.page == 0 and not found.draw.isEnabled()
    qtbot.waitUntil(lambda: found.note.fullest.startswith("again"))
    assert found.draw.isEnabled()


def test_a_change_of_the_recipe_is_drawn(dialog, answer, session, qtbot):
    found = dialog(ASKED, answer(), ASKED, answer(field="changed"))
    qtbot.waitUntil(found.view.isVisible)
    recipe = session.project.recipe
    session.project.do(SetRecipe(recipe.having(epochs=77)))
    assert not found._settling.isActive()
    session.project.do(SetRecipe(recipe.having(normalization={"kind": "data"})))
    qtbot.waitUntil(lambda: found.note.fullest.startswith("changed"))


def test_what_is_in_the_way_is_said(dialog, qtbot):
    problem = {"type": "augmentation_preview", "problem": "The network reads no picture."}
    found = dialog(ASKED, problem)
    qtbot.waitUntil(lambda: found.empty.text.text() == "The network reads no picture.")
    assert found.draw.isEnabled() and found.empty.isVisible()


def test_a_dead_process_ends_the_wait(dialog, qtbot):
    found = dialog(ASKED, "kill")
    qtbot.waitUntil(lambda: not found.request.waiting)
    assert found.empty.text.text() and found.draw.isEnabled()


def test_while_a_run_is_on_nothing_is_asked(dialog, answer, qtbot):
    found = dialog(ASKED, answer())
    qtbot.waitUntil(found.view.isVisible)
    found.request._run.start()
    found.draw.click()
    assert not found.request.waiting and "A run is on" in found.empty.text.text()


def test_an_answer_that_nobody_waits_for_is_not_taken_for_another(dialog, answer, qtbot):
    found = dialog(ASKED, ASKED, answer(field="late"), answer(field="right"))
    found.request.forget()
    found.ask()
    qtbot.waitUntil(found.view.isVisible)
    assert found.note.fullest.startswith("right")


def pairs(count=6, sides=(3, 10, 14), masks=False):
    rng = np.random.default_rng(1)
    before, after = (rng.random((count, *sides), np.float32) for _ in range(2))
    planes = [rng.integers(0, 3, (count, *sides[1:])) for _ in range(2)] if masks else [None, None]
    return Pairs("image", before, after, *planes, labels=("cat",) * count, mixed=("cat",) * count)


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("size", [(240, 160), (900, 300), (300, 900)])
def test_everything_stands_within_the_view_and_apart(shown, size, masks):
    view = shown(PairsView(), *size)
    view.show_pairs(pairs(masks=masks))
    rows = 4 if masks else 2
    assert len(view.row_names) == rows
    places = [view.places.tile_at(sample, row) for sample in range(6) for row in range(rows)]
    places += [view.places.caption_at(sample) for sample in range(6)]
    assert all(view.rect().contains(place) for place in places)
    assert not any(a.intersects(b) for at, a in enumerate(places) for b in places[:at])


def test_boxes_are_drawn_where_they_are(shown):
    view = shown(PairsView(), 500, 500)
    dark = np.zeros((1, 1, 10, 10), np.float32)
    boxes, gone = np.zeros((1, 2, 4), np.float32), np.zeros((1, 2, 4), np.float32)
    boxes[0, 0] = 0.5, 0.2, 0.4, 0.6
    view.show_pairs(Pairs("image", dark, dark, boxes=boxes, moved_boxes=gone))
    grab = view.grab().toImage()

    def coloured(row):
        place = view.places.tile_at(0, row)
        x, y = place.left() + place.width() // 2, place.top() + place.height() // 2  # the left side's middle
        near = [QColor(grab.pixel(x + by, y)) for by in range(-2, 3)]
        return any(one.red() > 120 and one.hue() in range(25, 45) for one in near)  # smoothed, of one hue

    assert coloured(0) and not coloured(1)
    assert view.boxes_of(1, 0) == []


def test_a_value_is_read_under_the_mouse(shown):
    view = shown(PairsView(), 600, 300)
    given = pairs()
    view.show_pairs(given)
    place = view.places.tile_at(2, 1)
    words = view._words_at(place.topLeft() + QPoint(1, 1))
    assert words.startswith("After: cat\nrow 0, column 0: ") and f"{given.augmented[2, 0, 0, 0]:.3g}" in words
    assert view._words_at(QPoint(0, 0)) == ""


def test_three_channels_are_colours_and_one_is_grey():
    red = np.zeros((3, 2, 2), np.float32)
    red[0] = 1
    assert QColor(picture(red, (0.0, 1.0)).pixel(0, 0)) == QColor(255, 0, 0)
    assert QColor(picture(red[:1] / 2, (0.0, 1.0)).pixel(1, 1)) == QColor(128, 128, 128)
    assert QColor(picture(red[:2], (0.0, 1.0)).pixel(1, 1)) == QColor(255, 255, 255)
