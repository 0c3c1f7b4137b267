"""Answers that are pictures: reconstructions, made pictures, masks, maps of classes; and those that are none."""

import numpy as np
import pytest

from backend.probes.answer_picture import answer_picture
from backend.probes.feature_maps import Look

PICTURE = np.zeros((1, 4, 6), np.float32)


def seen(image, *outputs, targets=()):
    return Look({}, image, tuple(np.asarray(one, np.float32) for one in outputs), tuple(map(np.asarray, targets)))


def test_a_reconstruction_has_the_shape_of_the_picture():
    flat = np.linspace(0, 1, 24)
    found = answer_picture(seen(PICTURE, flat))
    assert found.shape == (1, 4, 6) and np.allclose(found.ravel(), flat)


def test_a_picture_made_of_noise_has_the_shape_of_the_target():
    found = answer_picture(seen(np.zeros(16), np.ones(24), targets=(PICTURE,)))
    assert found.shape == (1, 4, 6)


def test_logits_become_shares_and_shares_stay():
    logits = np.full(24, -3.0)
    assert answer_picture(seen(PICTURE, logits), logits=True)[0, 0, 0] == pytest.approx(1 / (1 + np.exp(3)))
    assert np.isfinite(answer_picture(seen(PICTURE, np.full(24, 1e30)), logits=True)).all()
    assert answer_picture(seen(PICTURE, np.full(24, 0.25)), logits=True)[0, 0, 0] == 0.25


def test_classes_of_pixels_are_shown_by_the_largest():
    scores = np.zeros((5, 4, 6))
    scores[4, 0, 0] = scores[2, 1, 1] = 1
    found = answer_picture(seen(PICTURE, scores, targets=(np.zeros((4, 6), np.int64),)))
    assert found.shape == (1, 4, 6) and found[0, 0, 0] == 1 and found[0, 1, 1] == 0.5 and found[0, 2, 2] == 0
    three = seen(PICTURE, scores[:3], targets=(np.zeros((4, 6), np.int64),))
    assert answer_picture(three).shape == (1, 4, 6)  # three classes are no colours


@pytest.mark.parametrize("output", [np.zeros(10), np.zeros((3, 5)), np.zeros((8, 2, 2)), np.float32(1)])
def test_other_answers_are_no_pictures(output):
    assert answer_picture(seen(PICTURE, output)) is None
