"""Boxes that move with their pictures: bright rectangles and the boxes about them stay together."""

import math

import pytest
import torch
from PIL import Image

from backend.messages import Start
from backend.training.augmentation import build
from backend.training.boxes import Boxes, boxes_beside, moved_boxes
from backend.training.geometry import MOVEMENTS
from backend.training.objectives import RecipeError
from backend.training.preparation import prepare
from backend.training.resident import Resident
from graph import DataSource, Document, Network, Recipe
from graph.augmentation import AUGMENTATIONS
from graph.data_source import Field

SIZE = (40, 56)
GEOMETRY = [kind for kind, one in AUGMENTATIONS.items() if one.group == "geometry"]
STRAIGHT = ["horizontal_flip", "vertical_flip", "crop", "resized_crop"]
WILD = {
    "rotation": {"degrees": 60.0},
    "affine": {"degrees": 30.0, "shear": 20.0, "shift": 0.15, "smallest_scale": 0.6, "largest_scale": 1.3},
    "crop": {"padding": 9},
    "resized_crop": {"smallest_area": 0.3, "widest": 1.5},
}


def fields(pixels=False):
    return (
        Field(name="photo", shape=(1, *SIZE)),
        Field(name="where", shape=(3, 4), role="boxes in pixels" if pixels else "boxes"),
        Field(name="what", shape=(3,), dtype="int64", role="labels of boxes"),
        Field(name="many", dtype="int64", role="count of boxes"),
    )


def samples(count=60, pixels=False, seed=0):
    """Dark pictures with one bright rectangle, and three places for boxes each, of which the first is about it."""
    chance = torch.Generator().manual_seed(seed)
    sides = torch.stack([torch.randint(8, side // 2, (count,), generator=chance) for side in SIZE], dim=1)
    start = (torch.rand(count, 2, generator=chance) * (torch.tensor(SIZE) - sides)).long()
    pictures, boxes = torch.zeros(count, 1, *SIZE), torch.zeros(count, 3, 4)
    for row, ((y, x), (h, w)) in enumerate(zip(start.tolist(), sides.tolist(), strict=True)):
        pictures[row, 0, y : y + h, x : x + w] = 1.0
        boxes[row, 0] = torch.tensor([x, y, w, h], dtype=torch.float32)
    if not pixels:
        boxes /= torch.tensor([SIZE[1], SIZE[0], SIZE[1], SIZE[0]])
    labels = torch.full((count, 3), -100)
    labels[:, 0] = torch.arange(count)
    return pictures, boxes, labels, torch.ones(count, dtype=torch.int64)


def moved(kind, data, read=("where", "what", "many"), p=1.0, pixels=False, seed=3, **arguments):
    """A batch after one augmentation: the picture, then what the network reads of the boxes."""
    net = Network("Net")
    image = net.add("Input", name="image", field="photo")
    targets = [net.add("Target", name=f"aim {place}", field=name) for place, name in enumerate(read)]
    recipe = Recipe(augmentation=[{"kind": kind, "p": p, "arguments": arguments or WILD.get(kind, {})}])
    by_name = dict(zip(("photo", "where", "what", "many"), data, strict=True))
    beside = {name: by_name[name] for name in boxes_beside(recipe, fields(pixels), read)}
    train = Resident((data[0],), tuple(by_name[name] for name in read), len(data[0]), beside=beside)
    ids = [one.id for one in targets]
    augment = build(recipe, net, fields(pixels), [image.id], ids, train, (None,))
    torch.manual_seed(seed)
    (picture,), aims = augment(train.inputs, train.targets, tuple(beside.values()))
    return picture, *aims


def bright(picture):
    """The box x y w h about pixels that are more bright than dark, and whether there are any."""
    lit = picture[0] > 0.5
    if not lit.any():
        return None
    rows, columns = lit.any(dim=1).nonzero(), lit.any(dim=0).nonzero()
    low, high = torch.stack([columns[0, 0], rows[0, 0]]), torch.stack([columns[-1, 0], rows[-1, 0]]) + 1
    return torch.cat([low, high - low]).float()


@pytest.mark.parametrize("pixels", [False, True])
@pytest.mark.parametrize("kind", GEOMETRY)
def test_boxes_stay_about_their_bright_rectangles(kind, pixels):
    data = samples(pixels=pixels)
    picture, boxes, labels, count = moved(kind, data, pixels=pixels)
    unit = torch.ones(4) if pixels else torch.tensor([SIZE[1], SIZE[0], SIZE[1], SIZE[0]]).float()
    seen = 0
    for row in range(len(picture)):
        about, box = bright(picture[row]), boxes[row, 0] * unit
        assert int(count[row]) == int(labels[row, 0] == row) == int(box[2] > 0)
        assert (labels[row, 1:] == -100).all() and not boxes[row, 1:].any()
        if not count[row]:
            assert labels[row, 0] == -100 and not box.any()
            continue
        if about is None:
            continue  # less than half a pixel of it shows
        seen += 1
        low, high = about[:2] - box[:2], box[:2] + box[2:] - about[:2] - about[2:]
        assert (torch.cat([low, high]) > -1).all(), (row, box, about)  # the box has all that is bright within it
        if kind in STRAIGHT:
            assert (torch.cat([low, high]) < 1).all(), (row, box, about)
        assert box.min() >= 0 and box[0] + box[2] <= SIZE[1] + 1e-3 and box[1] + box[3] <= SIZE[0] + 1e-3
    assert seen > 30


@pytest.mark.parametrize("kind", GEOMETRY)
def test_points_go_where_pixels_go(kind):
    """A soft spot's middle, before and after, to a twentieth of a pixel."""
    y, x = torch.meshgrid(torch.arange(SIZE[0]).float(), torch.arange(SIZE[1]).float(), indexing="ij")
    spot = torch.exp(-((x - 24.25) ** 2 + (y - 21.5) ** 2) / 18)[None, None].expand(20, 1, *SIZE)
    values = AUGMENTATIONS[kind].complete({})
    torch.manual_seed(0)
    drawn = MOVEMENTS[kind].draw(values, 20, SIZE, spot.device)
    after = MOVEMENTS[kind].apply(spot, values, drawn, False)[:, 0]
    middle = torch.stack([(after * one).sum(dim=(1, 2)) / after.sum(dim=(1, 2)) for one in (x, y)], dim=1)
    matrix = MOVEMENTS[kind].points(values, drawn, SIZE, spot.device)
    expected = matrix[:, :, :2] @ torch.tensor([24.25, 21.5]) + matrix[:, :, 2]
    whole = (
        (after.amax(dim=(1, 2)) > 0.95) & (expected > 14).all(dim=1) & (expected < torch.tensor([42, 26])).all(dim=1)
    )
    assert whole.sum() >= 5 and torch.allclose(middle[whole], expected.expand_as(middle)[whole], atol=0.05)


@pytest.mark.parametrize("read", [("what",), ("many",), ("what", "many"), ("where", "what"), ("where", "where")])
def test_any_of_the_three_may_be_read(read):
    data = samples()
    whole = dict(zip(("where", "what", "many"), moved("crop", data, padding=30)[1:], strict=True))
    assert (whole["many"] == 0).any() and (whole["many"] == 1).any()
    found = moved("crop", data, read, padding=30)
    for name, tensor in zip(read, found[1:], strict=True):
        assert torch.equal(tensor, whole[name]), name


def test_what_vanishes_makes_room_and_the_order_stays():
    """A shift to the left by half of the picture: of four boxes the first and third are gone."""
    boxes = torch.tensor([[[0.0, 0, 0.2, 1], [0.5, 0, 0.5, 0.5], [0.1, 0.1, 0.44, 0.2], [0.35, 0.5, 0.2, 0.5]]])
    points = torch.tensor([[[1.0, 0, -20], [0, 1, 0]]])
    after, kept = moved_boxes(boxes, points, (40, 40), (40, 40))
    assert kept.tolist() == [[False, True, False, True]]  # 0.04 of 0.44 is less than a tenth, 0.05 of 0.2 more
    assert torch.allclose(after[0, [1, 3]], torch.tensor([[0.0, 0, 0.5, 0.5], [0, 0.5, 0.05, 0.5]]), atol=1e-6)


def test_boxes_of_samples_that_are_left_alone_stay_to_the_bit():
    data = samples(200)
    picture, boxes, labels, count = moved("rotation", data, p=0.5)
    same = (picture == data[0]).flatten(1).all(dim=1)
    assert 60 < same.sum() < 140
    for now, before in zip((boxes, labels, count), data[1:], strict=True):
        assert torch.equal(now[same], before[same])
    assert not (boxes[~same] == data[1][~same]).flatten(1).all(dim=1).any()


def test_boxes_may_be_an_input():
    pictures, boxes, labels, _ = samples()
    net = Network("Net")
    ids = [net.add("Input", name=name, field=name).id for name in ("photo", "where")]
    aim = net.add("Target", name="aim", field="what")
    recipe = Recipe(augmentation=[{"kind": "crop", "arguments": {"padding": 30}}])
    train = Resident((pictures, boxes), (labels,), len(pictures))
    augment = build(recipe, net, fields(), ids, [aim.id], train, (None, None))
    torch.manual_seed(3)
    (_, where), (what,) = augment(train.inputs, train.targets)
    expected = moved("crop", samples(), padding=30)
    assert torch.equal(where, expected[1]) and torch.equal(what, expected[2])


@pytest.mark.parametrize("kind", GEOMETRY)
def test_nothing_waits_for_the_device(kind):
    """Tensors without values cannot be looked at: whoever did would wait for a device."""
    device = torch.device("meta")
    values = AUGMENTATIONS[kind].complete({})
    drawn = MOVEMENTS[kind].draw(values, 6, SIZE, device)
    tensors = [one[:6].to(device) for one in samples()]
    Boxes((1,), (2,), (3,)).move(
        tensors, MOVEMENTS[kind].points(values, drawn, SIZE, device), SIZE, torch.ones(6, device=device) > 0
    )
    assert [tuple(one.shape) for one in tensors[1:]] == [(6, 3, 4), (6, 3), (6,)]


@pytest.mark.parametrize("kind", ["cutout", "brightness", "blur"])
def test_what_changes_values_leaves_boxes_alone(kind):
    data = samples(8)
    _, *aims = moved(kind, data)
    assert all(torch.equal(now, before) for now, before in zip(aims, data[1:], strict=True))


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_boxes_are_not_mixed(kind):
    with pytest.raises(
        RecipeError, match=rf'1 \({kind}\) mixes samples, but the network reads "many".*flips, rotation'
    ):
        moved(kind, samples(8), ("many",))


def test_a_run_moves_what_it_reads_of_boxes(tmp_path):
    """The count alone is read: crops by more than the picture leave some pictures without a box."""
    for name in range(30):
        Image.new("L", (16, 16)).save(tmp_path / f"{name}.png")
    rows = [f"{name}.png,4,4,4,4,cat" for name in range(30)]
    (tmp_path / "boxes.csv").write_text("\n".join(["image,x,y,w,h,label", *rows]))
    source = DataSource(kind="image_boxes", path="boxes.csv", options={"grayscale": True})
    net = Network("Net")
    sketch = [("Input", {"field": "image"}), ("Flatten", {}), ("Linear", {"out_features": 2}), ("CrossEntropyLoss", {})]
    last = None
    for kind, values in sketch:
        last, before = net.add(kind, **values), last
        if before is not None:
            net.connect(before, last, **({"input": "input"} if kind == "CrossEntropyLoss" else {}))
    net.connect(net.add("Target", field="count"), last, input="target")
    crop = {"kind": "crop", "arguments": {"padding": 16}}
    document = Document(net, Recipe(data=source, augmentation=[crop], batch_size=24))
    job = prepare(document, Start(project="", run_folder="", base=str(tmp_path)), lambda _: None).job
    assert list(job.train.beside) == ["boxes"] and len(job.train.targets) == 1
    (_,), (count,) = job.batch(torch.arange(24))
    assert count.dtype == torch.int64 and 0 < int(count.sum()) < 24


def test_labels_without_boxes_are_told():
    recipe = Recipe(augmentation=[{"kind": "blur"}, {"kind": "crop"}])
    with pytest.raises(RecipeError, match=r'2 \(crop\) moves pictures, but "what" tells of boxes'):
        boxes_beside(recipe, fields()[2:], ("what",))
    assert boxes_beside(recipe.having(augmentation=recipe.augmentation[:1]), fields(), ("what",)) == ()


def test_four_boxes_are_no_mask():
    """Square pictures with room for four boxes: (4, 4) is as wide as high, too."""
    boxes = torch.tensor([[[0.25, 0.5, 0.5, 0.25]] * 4] * 2)
    net = Network("Net")
    image, aim = net.add("Input", name="image", field="photo"), net.add("Target", name="aim", field="where")
    recipe = Recipe(augmentation=[{"kind": "vertical_flip", "p": 1.0}])
    named = (Field(name="photo", shape=(1, 8, 8)), Field(name="where", shape=(4, 4), role="boxes"))
    train = Resident((torch.rand(2, 1, 8, 8),), (boxes,), 2)
    _, (found,) = build(recipe, net, named, [image.id], [aim.id], train, (None,))(train.inputs, train.targets)
    assert torch.allclose(found, torch.tensor([0.25, 0.25, 0.5, 0.25]).expand_as(found)) and math.isclose(
        found.sum(), 10
    )
