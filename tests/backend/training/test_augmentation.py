"""Augmented batches: every kind on any channels, masks that follow, targets that mix, runs that go on to the bit."""

import ast
from pathlib import Path

import pytest
import torch
from kornia.geometry.transform import get_affine_matrix2d, warp_affine
from torch.nn import functional as F

from backend.training import state as states
from backend.training.augmentation import build
from backend.training.geometry import MOVEMENTS
from backend.training.loop import train
from backend.training.mixing import MixedLabels
from backend.training.objectives import RecipeError
from backend.training.resident import Resident
from backend.training.seeing import as_seen
from graph import Network, Recipe
from graph.augmentation import AUGMENTATIONS
from graph.data_source import Field

GEOMETRY = [kind for kind, one in AUGMENTATIONS.items() if one.group == "geometry"]
COLOUR = [kind for kind, one in AUGMENTATIONS.items() if one.group == "colour"]
CLASSES = 3
ROOT = Path(__file__).parents[3]


def network(target_shape=(), loss="CrossEntropyLoss", channels=1, sides=(8, 10), **values):
    """A picture, a convolution or scores, one loss and a metric on the target; and the fields they read."""
    net = Network("Net")
    image, target = net.add("Input", name="image", field="image"), net.add("Target", name="aim", field="aim")
    last = net.add("Conv2d", name="conv", out_channels=CLASSES, kernel_size=1)
    net.connect(image, last)
    if not target_shape:
        for kind, more in (("AdaptiveAvgPool2d", {"output_size": 1}), ("Flatten", {})):
            block = net.add(kind, name=kind.lower(), **more)
            net.connect(last, block)
            last = block
    judge = net.add(loss, name="judge", **values)
    net.connect(last, judge, input="input")
    net.connect(target, judge, input="target")
    dtype = "int64" if loss in ("CrossEntropyLoss", "MultiMarginLoss") else "float32"
    fields = (
        Field(name="image", shape=(channels, *sides)),
        Field(name="aim", shape=target_shape, dtype=dtype, classes=("a", "b", "c") if dtype == "int64" else None),
    )
    return net, fields


def samples(target, channels=1, count=6, sides=(8, 10)):
    torch.manual_seed(0)
    return Resident((torch.rand(count, channels, *sides),), (target,), count)


def labels(count=6):
    return torch.arange(count) % CLASSES


def chain(steps, data, drawn=None, normalization=None, **more):
    net, fields = drawn or network(channels=data.inputs[0].shape[1])
    recipe = Recipe(augmentation=steps, normalization=normalization or {}, **more)
    inputs, targets = ([block.id for block in net.with_role(role)] for role in ("input", "target"))
    return as_seen(recipe, net, fields, inputs, targets, data, data)


def augmented(steps, data, **more):
    train, _, augment = chain(steps, data, **more)
    return augment(train.inputs, train.targets)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_every_kind_keeps_shapes_and_the_span_of_the_data(kind, channels):
    data = samples(labels(), channels)
    (image,), (aim,) = augmented([{"kind": kind, "p": 1.0}], data)
    before = data.inputs[0]
    assert image.shape == before.shape and image.dtype == before.dtype
    assert torch.isfinite(image).all()
    assert image.min() > -1e-5 and image.max() < 1 + 1e-5
    assert aim.shape == (6,) and aim.dtype == torch.int64
    if (kind, channels) != ("grayscale", 1):
        assert not torch.equal(image, before)


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_never_done_is_nothing_to_the_bit(kind):
    data = samples(labels(), 3)
    assert chain([{"kind": kind, "p": 0.0}], data)[2] is None
    (image,), (aim,) = augmented([{"kind": kind, "p": 1e-12}], data)
    assert torch.equal(image, data.inputs[0]) and torch.equal(aim.as_subclass(torch.Tensor), labels())


@pytest.mark.parametrize("kind", [kind for kind in AUGMENTATIONS if AUGMENTATIONS[kind].group != "mixing"])
def test_a_share_of_the_samples_is_changed(kind):
    data = samples(labels(400), 3, 400)
    (image,), _ = augmented([{"kind": kind, "p": 0.25}], data)
    changed = (image != data.inputs[0]).flatten(1).any(dim=1).float().mean()
    assert 0.12 < changed < 0.35


@pytest.mark.parametrize("fill", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("kind", GEOMETRY)
def test_masks_go_where_the_pictures_go(kind, fill):
    """A picture that is its own mask stays its own mask, at every pixel that no interpolation touches."""
    mask = (torch.rand(20, 8, 10, generator=torch.Generator().manual_seed(1)) * CLASSES).long()
    image = torch.stack([(mask == one).float() for one in range(CLASSES)], dim=1)
    arguments = {"fill": fill} if any(a.name == "fill" for a in AUGMENTATIONS[kind].arguments) else {}
    data = Resident((image,), (mask,), 20)
    drawn = network((8, 10), channels=CLASSES)
    (seen,), (moved,) = augmented([{"kind": kind, "p": 1.0, "arguments": arguments}], data, drawn=drawn)
    assert moved.dtype == torch.int64 and moved.shape == mask.shape and set(moved.unique().tolist()) <= {0, 1, 2}
    clear = seen.amax(dim=1) > 0.75  # the pixel beneath a mask's is nearly whole
    assert clear.float().mean() > 0.1
    assert torch.equal(seen.argmax(dim=1)[clear], moved[clear])


@pytest.mark.parametrize("kind", COLOUR)
def test_colours_leave_masks_alone(kind):
    mask = (torch.rand(6, 8, 10) * CLASSES).long()
    data = samples(mask, 3)
    _, (aim,) = augmented([{"kind": kind, "p": 1.0}], data, drawn=network((8, 10), channels=3))
    assert torch.equal(aim, mask)


def test_a_mask_of_half_the_size_moves_with_its_picture():
    mask = torch.zeros(4, 4, 5, dtype=torch.int64)
    mask[:, 1, 1] = 2
    data = samples(mask, 1, 4)
    _, (aim,) = augmented([{"kind": "horizontal_flip", "p": 1.0}], data, drawn=network((4, 5)))
    assert torch.equal(aim, mask.flip(2))


def test_pictures_as_targets_are_moved_and_keep_their_colours():
    data = Resident((torch.rand(4, 1, 8, 8),), (), 4)
    data = Resident(data.inputs, data.inputs, 4)
    net, fields = network((1, 8, 8), "MSELoss", sides=(8, 8))
    steps = [{"kind": "vertical_flip", "p": 1.0}, {"kind": "gaussian_noise", "p": 1.0}]
    (image,), (aim,) = augmented(steps, data, drawn=(net, fields), normalization={"kind": "data"})
    assert torch.equal(aim, data.inputs[0].flip(2))
    assert not torch.allclose(image, aim)


def test_turns_and_shifts_are_those_of_kornia():
    x = torch.rand(5, 2, 7, 9, dtype=torch.float32)
    values = {
        "degrees": 40.0,
        "shear": 20.0,
        "shift": 0.3,
        "smallest_scale": 0.5,
        "largest_scale": 2.0,
        "fill": "zeros",
    }
    drawn = MOVEMENTS["affine"].draw(values, 5, (7, 9), x.device)
    middle, sides = torch.tensor([[4.0, 3.0]]).expand(5, 2), torch.tensor([9.0, 7.0])
    matrix = get_affine_matrix2d(  # its shears have another sign
        drawn["shift"] * sides, middle, drawn["scale"][:, None].expand(5, 2), drawn["angle"], *(-drawn["shear"]).T
    )
    expected = warp_affine(x, matrix[:, :2], (7, 9), align_corners=False)
    assert torch.allclose(MOVEMENTS["affine"].apply(x, values, drawn, False), expected, atol=1e-5)


def test_a_quarter_turn_moves_every_pixel_onto_another():
    x = torch.rand(2, 1, 6, 6)
    for degrees, turns in ((90.0, -1), (-90.0, 1), (180.0, 2)):
        turned = MOVEMENTS["rotation"].apply(x, {"fill": "zeros"}, {"angle": torch.tensor([degrees] * 2)}, True)
        assert torch.equal(turned, torch.rot90(x, turns, (2, 3)))


def test_a_part_fills_the_whole():
    x = torch.rand(1, 1, 8, 8)
    drawn = {"sides": torch.tensor([[0.5, 0.5]]), "before": torch.tensor([[1.0, 0.0]])}
    part = MOVEMENTS["resized_crop"].apply(x, {}, drawn, True)
    assert torch.equal(part, x[:, :, 4:, :4].repeat_interleave(2, 2).repeat_interleave(2, 3))


def test_crops_move_by_whole_pixels():
    data = samples(labels(), 1)
    before = data.inputs[0]
    (image,), _ = augmented([{"kind": "crop", "arguments": {"padding": 2}}], data)
    padded = F.pad(before, (2, 2, 2, 2))
    for one, wide in zip(image, padded, strict=True):
        windows = [wide[:, y : y + 8, x : x + 10] for y in range(5) for x in range(5)]
        assert sum(torch.equal(one, window) for window in windows) == 1


def test_mixed_classes_are_shares_that_cross_entropy_reads_and_metrics_do_not():
    data = samples(labels(), 1)
    (image,), (aim,) = augmented([{"kind": "mixup", "arguments": {"alpha": 1.0}}], data)
    assert isinstance(aim, MixedLabels)
    shares = aim.probabilities
    assert shares.shape == (6, CLASSES)
    assert torch.allclose(shares.sum(dim=1), torch.ones(6))
    own = shares.gather(1, labels()[:, None])[:, 0].view(-1, 1, 1, 1)
    before = data.inputs[0]
    assert torch.allclose(image, own * before + (1 - own) * before.roll(1, 0), atol=1e-6)
    logits = torch.randn(6, CLASSES, requires_grad=True)
    assert torch.equal(F.cross_entropy(logits, aim), F.cross_entropy(logits, shares))
    F.cross_entropy(logits, target=aim, label_smoothing=0.1).backward()
    right = (shares.argmax(dim=1) == aim).float().mean()
    assert type(right) is torch.Tensor and right == 1
    assert (shares.topk(1, dim=1).indices == aim.unsqueeze(1)).any(dim=1).all()


def test_a_rectangle_pasted_in_counts_by_its_area():
    data = Resident((torch.arange(3.0).view(3, 1, 1, 1).expand(3, 1, 8, 10).clone(),), (labels(3),), 3)
    (image,), (aim,) = augmented([{"kind": "cutmix", "p": 1.0}], data)
    assert torch.allclose(aim.probabilities.sum(dim=1), torch.ones(3))
    for row in range(3):
        for other in range(3):
            share = (image[row] == other).float().mean()
            assert aim.probabilities[row, other] == pytest.approx(float(share), abs=1e-6)


def test_masks_are_pasted_whole_or_mixed_pixel_by_pixel():
    mask = (torch.rand(6, 8, 10) * CLASSES).long()
    data = samples(mask, 1)
    _, (aim,) = augmented([{"kind": "cutmix", "p": 1.0}], data, drawn=network((8, 10)))
    assert type(aim) is torch.Tensor and ((aim == mask) | (aim == mask.roll(1, 0))).all()
    _, (aim,) = augmented([{"kind": "mixup"}], data, drawn=network((8, 10)))
    assert torch.allclose(aim.probabilities.sum(dim=1), torch.ones(6, 8, 10))


def test_values_are_blended_as_the_pictures_are():
    aim = torch.rand(6, CLASSES)
    data = samples(aim, 1)
    drawn = network((CLASSES,), "MSELoss")
    (image,), (mixed,) = augmented([{"kind": "mixup"}], data, drawn=drawn)
    before = data.inputs[0]
    weight = ((image - before.roll(1, 0)) / (before - before.roll(1, 0))).flatten(1).median(dim=1).values[:, None]
    assert torch.allclose(mixed, weight * aim + (1 - weight) * aim.roll(1, 0), atol=1e-3)


@pytest.mark.parametrize(
    ("steps", "drawn", "target", "text"),
    [
        (
            [{"kind": "crop"}, {"kind": "mixup"}],
            network((), "MultiMarginLoss"),
            labels(),
            r'augmentation 2 \(mixup\) makes shares of classes of the target "aim", which only CrossEntropyLoss can '
            r"read; judge \(MultiMarginLoss\) reads it too",
        ),
        ([{"kind": "cutmix"}], network(ignore_index=1), labels(), "judge cannot leave one out of them"),
        (
            [{"kind": "mixup"}],
            network((8, 10)),
            torch.full((6, 8, 10), -100),
            "classes 0 to 2, .* also has -100",
        ),
    ],
)
def test_targets_that_cannot_be_mixed_are_told_before_the_run(steps, drawn, target, text):
    with pytest.raises(RecipeError, match=text):
        chain(steps, samples(target), drawn)


def test_pictures_are_asked_for_where_there_are_none():
    net = Network("Net")
    net.add("Input", name="point", field="point")
    data = Resident((torch.rand(4, 2),), (), 4)
    drawn = (net, (Field(name="point", shape=(2,)),))
    with pytest.raises(
        RecipeError, match=r'1 \(rotation\) needs a picture, but the network reads "point" \(2, float32'
    ):
        chain([{"kind": "rotation"}], data, drawn)
    with pytest.raises(RecipeError, match=r"normalization \(data\) is for pictures"):
        chain([], data, drawn, normalization={"kind": "data"})
    (mixed,), _ = augmented([{"kind": "mixup"}], data, drawn=drawn)
    assert mixed.shape == (4, 2)


def test_whole_numbers_among_the_inputs_cannot_be_blended():
    net = Network("Net")
    net.add("Input", name="words", field="words")
    data = Resident((torch.ones(4, 7, dtype=torch.int64),), (), 4)
    drawn = (net, (Field(name="words", shape=(7,), dtype="int64"),))
    with pytest.raises(RecipeError, match='input "words" has whole numbers'):
        chain([{"kind": "mixup"}], data, drawn)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_normalized_in_training_and_validation(channels):
    data = samples(labels(), channels)
    train, validation, augment = chain([], data, normalization={"kind": "data"})
    assert augment is None and torch.equal(train.inputs[0], validation.inputs[0])
    assert torch.allclose(train.inputs[0].mean(dim=(0, 2, 3)), torch.zeros(channels), atol=1e-6)
    assert torch.allclose(train.inputs[0].std(dim=(0, 2, 3), correction=0), torch.ones(channels), atol=1e-5)
    flip = [{"kind": "horizontal_flip", "p": 1.0}]
    train, again, augment = chain(flip, data, normalization={"kind": "data"})
    assert torch.equal(train.inputs[0], data.inputs[0]) and torch.equal(again.inputs[0], validation.inputs[0])
    (image,), _ = augment(train.inputs, train.targets)
    assert torch.equal(image, validation.inputs[0].flip(3))
    assert torch.equal(augment.plain(train.inputs)[0], validation.inputs[0])


def test_given_numbers_are_used_and_counted():
    data = samples(labels(), 3)
    given = {"kind": "given", "mean": [0.5, 0.25, 0.0], "deviation": [0.5]}
    train, _, _ = chain([], data, normalization=given)
    expected = (data.inputs[0] - torch.tensor([0.5, 0.25, 0.0]).view(3, 1, 1)) / 0.5
    assert torch.equal(train.inputs[0], expected)
    with pytest.raises(RecipeError, match='3 means are given, but "image" has 1 channels'):
        chain([], samples(labels(), 1), normalization=given)


def test_a_channel_that_never_varies_is_only_shifted():
    data = samples(labels(), 2)
    data.inputs[0][:, 1] = 0.7
    train, _, _ = chain([], data, normalization={"kind": "data"})
    assert torch.allclose(train.inputs[0][:, 1], torch.zeros(6, 8, 10), atol=1e-6)


def test_channels_stay_last_where_the_recipe_wants_them_so():
    data = samples(labels(), 3)
    data = Resident((data.inputs[0].contiguous(memory_format=torch.channels_last),), data.targets, 6)
    for kind in AUGMENTATIONS:
        (image,), _ = augmented([{"kind": kind, "p": 1.0}], data, channels_last=True)
        assert image.is_contiguous(memory_format=torch.channels_last), kind


EVERYTHING = [{"kind": kind, "p": 0.5} for kind in AUGMENTATIONS]


class Interrupted:
    """An observer that ends the run after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def epoch_begins(self, epoch):
        return True

    def step(self, rows, values):
        self.left -= 1
        return self.left != 0

    def epoch_ends(self):
        return True


def job_of(make_job):
    """A job over small pictures that are augmented in every way."""
    job = make_job(epochs=3)
    net = Network("Net")
    image, label = net.add("Input", name="image", field="image"), net.add("Target", name="label", field="label")
    flat, scores = net.add("Flatten", name="flat"), net.add("Linear", name="scores", out_features=3)
    net.connect(image, flat)
    net.connect(flat, scores)
    net.connect(scores, net.add("Output", name="out"))
    fields = (Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=("a", "b", "c")))
    recipe = job.recipe.having(augmentation=EVERYTHING)
    augment = build(recipe, net, fields, [image.id], [label.id], job.train, (None,))
    return type(job)(**{name: getattr(job, name) for name in job.__slots__} | {"augment": augment})


def test_a_run_that_goes_on_sees_the_same_pictures_to_the_bit(make_job):
    whole = job_of(make_job)
    torch.manual_seed(11)
    train(whole, Interrupted(10))
    begun = job_of(make_job)
    torch.manual_seed(11)
    train(begun, Interrupted(4))
    state = states.take(begun)
    again = job_of(make_job)
    torch.manual_seed(99)
    states.put_back(again, state)
    train(again, Interrupted(6))
    for name, tensor in whole.module.state_dict().items():
        assert torch.equal(tensor, again.module.state_dict()[name]), name


def imported_with(module, seen):
    """The modules that come along when one of the backend's is imported, as the texts say at their outermost level."""
    place = ROOT.joinpath(*module.split("."))
    text = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
    for node in ast.parse(text.read_text()).body if text and module.startswith("backend") else ():
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        for name in set(names) - seen:
            seen.add(name)
            imported_with(name, seen)
    return seen


def test_without_augmentation_its_library_is_not_imported():
    assert not any(name.startswith("kornia") for name in imported_with("backend.training.run", set()))
    assert any(name.startswith("kornia") for name in imported_with("backend.training.augmentation", set()))
