"""Feature maps, filters and predictions hold what torch itself says."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from backend.data import Scaling
from backend.probes.feature_maps import Look, look
from backend.probes.filters import NothingToSee, filters
from backend.probes.prediction import prediction, probabilities
from backend.training.resident import Resident
from graph.data_source import Field

LABEL = Field(name="label", dtype="int64", classes=("a", "b", "c"))


def seen(outputs, target):
    return Look({}, np.zeros(1), tuple(np.asarray(o, np.float32) for o in outputs), (np.asarray(target),))


@pytest.mark.parametrize(
    ("part", "shape"),
    [
        (nn.Conv2d(3, 8, 5), (8, 3, 5, 5)),
        (nn.ConvTranspose2d(3, 8, 5), (8, 3, 5, 5)),
        (nn.Linear(4, 2), (2, 4)),
        (nn.LSTM(4, 3), (12, 4)),
        (nn.Embedding(10, 4), (10, 4)),
    ],
)
def test_filters_are_the_weights_output_first(part, shape):
    array = filters(part)
    assert array.shape == shape and array.dtype == np.float32
    weight = next(part.parameters()).detach()
    expected = weight.transpose(0, 1) if isinstance(part, nn.ConvTranspose2d) else weight
    np.testing.assert_array_equal(array, expected.numpy())


def test_filters_are_a_copy():
    part = nn.Conv2d(1, 1, 2)
    array = filters(part)
    before = array.copy()
    nn.init.zeros_(part.weight)
    np.testing.assert_array_equal(array, before)


def test_huge_weights_are_cut_to_their_first_units(monkeypatch):
    monkeypatch.setattr("backend.probes.filters.LARGEST", 100)
    assert filters(nn.Linear(30, 50)).shape == (3, 30)


@pytest.mark.parametrize("part", [nn.ReLU(), nn.BatchNorm2d(3), nn.Flatten()])
def test_blocks_without_filters_say_so(part):
    with pytest.raises(NothingToSee, match="no filters"):
        filters(part)


@pytest.mark.parametrize("form", ["logits", "log_softmax", "softmax"])
def test_probabilities_are_right_whatever_the_last_layer_gives(form):
    logits = torch.tensor([2.0, -1.0, 700.0, 0.5])
    answer = {"logits": logits, "log_softmax": logits.log_softmax(0), "softmax": logits.softmax(0)}[form]
    np.testing.assert_allclose(probabilities(answer.numpy()), logits.softmax(0).numpy(), atol=1e-6)


def test_a_classifier_predicts_beside_its_label():
    told = prediction(seen([[0.0, 3.0, 1.0]], 2), 4, 9, LABEL)
    assert (told.predicted, told.label, told.classes, told.sample, told.samples) == (1, 2, ("a", "b", "c"), 4, 9)
    assert sum(told.probabilities) == pytest.approx(1) and told.values is None


def test_a_regression_tells_values():
    told = prediction(seen([[1.5]], [2.5]), 0, 9, Field(name="target", shape=(1,)))
    assert (told.values, told.target, told.probabilities) == ((1.5,), (2.5,), None)


def test_answers_that_are_not_finite_have_no_probabilities():
    assert prediction(seen([[float("nan"), 1.0]], 1), 0, 9, LABEL).probabilities is None


def test_a_regression_is_told_in_the_units_of_the_data():
    scaling = Scaling(np.array([100.0]), np.array([10.0]))
    told = prediction(seen([[0.5]], [-1.0]), 0, 9, Field(name="target", shape=(1,)), scaling)
    assert (told.values, told.target) == ((105.0,), (90.0,))


def test_looking_at_noise_that_is_drawn_anew_leaves_the_random_numbers_alone():
    module = nn.Sequential()
    noise = Resident((torch.zeros(4, 3),), (), 4, redrawn=(0,))
    program = SimpleNamespace(blocks={}, source=SimpleNamespace(text="", lines={}), filename="")
    job = SimpleNamespace(
        train=noise, validation=Resident((), (), 0), augment=None, device=torch.device("cpu"), program=program
    )
    job.module = job.compute = module
    before = torch.get_rng_state()
    assert look(job, (), 0).image.any()
    assert torch.equal(torch.get_rng_state(), before)
