"""Some training samples before and after augmentation, as the network gets them: what a window shows of a recipe.

The same chain as in training, drawn from a seed of its own. Knows no run, no window and no messages but its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from backend.data import Dataset
from backend.messages import AugmentationPreview, PreviewAugmentation
from backend.shared_arrays import FrameWriter
from backend.training.boxes import boxes_beside
from backend.training.failures import failure
from backend.training.mixing import MixedLabels
from backend.training.normalization import is_picture
from backend.training.objectives import RecipeError
from backend.training.parts import READS
from backend.training.preparation import read_data, read_project
from backend.training.resident import Resident, to_device
from backend.training.seeing import as_seen
from graph import DataSource, Field, Network, Recipe

CPU = torch.device("cpu")
SIDE = 256  # pixels that are shown of a side; of more, every second, third ... one


@dataclass(frozen=True, slots=True)
class Preview:
    """Pictures (n, channels, height, width) of a field before and after, and so their masks and boxes, if any."""

    field: str
    originals: np.ndarray
    augmented: np.ndarray
    labels: tuple[str, ...] = ()  # what each was, and what training compares it with
    mixed: tuple[str, ...] = ()
    masks: np.ndarray | None = None  # (n, height, width)
    moved: np.ndarray | None = None
    boxes: np.ndarray | None = None  # (n, most, 4), shares of the sides
    moved_boxes: np.ndarray | None = None


def preview(dataset: Dataset, network: Network, recipe: Recipe, rows: np.ndarray, seed: int) -> Preview:
    """What training would make of some rows of a data set; raises RecipeError where it could not."""
    inputs = [block for block in network.with_role("input") if _field_of(network, block, dataset)]
    targets = [block for block in network.with_role("target") if _field_of(network, block, dataset)]
    fields = [tuple(network.values(block)["field"] for block in blocks) for blocks in (inputs, targets)]
    chosen, _ = dataset.parts(recipe.validation, recipe.seed)
    dataset = dataset.standardize(chosen)
    read = (*fields[0], *fields[1])
    beside = boxes_beside(recipe, dataset.fields, read)
    arrays = {name: dataset.arrays[name][chosen] for name in (*read, *beside)}
    whole = to_device(arrays, *fields, CPU, beside=beside)
    shown = next((index for index, tensor in enumerate(whole.inputs) if is_picture(tensor)), None)
    if shown is None:
        raise RecipeError(f"The network reads no picture. {READS}")
    ids = [[block.id for block in blocks] for blocks in (inputs, targets)]
    some = _rows_of(whole, torch.from_numpy(np.searchsorted(chosen, rows)))
    _, plain, augment = as_seen(recipe, network, dataset.fields, *ids, whole, some)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        seen, aims = (plain.inputs, plain.targets)
        if augment:
            seen, aims = augment(some.inputs, some.targets, tuple(some.beside.values()))
    found = Preview(fields[0][shown], _array(plain.inputs[shown]), _array(seen[shown]))
    found = _with_boxes(found, dataset, fields[1], plain.inputs[shown].shape[2:], some.targets, aims)
    return _with_targets(found, dataset, fields[1], some.targets, aims)


def _field_of(network: Network, block: object, dataset: Dataset) -> Field | None:
    return dataset.field(network.values(block).get("field") or "")


def _rows_of(samples: Resident, rows: torch.Tensor) -> Resident:
    inputs, targets = samples.take(rows)
    beside = dict(zip(samples.beside, samples.along(rows), strict=True))
    return Resident(inputs, targets, len(rows), beside=beside)


def _with_targets(found: Preview, dataset: Dataset, names: tuple[str, ...], before, after) -> Preview:
    """The preview with the first class and the first mask among the targets."""
    for name, was, now in zip(names, before, after, strict=True):
        classes = dataset.field(name).classes
        if was.ndim == 1 and classes and not found.labels:
            labels = tuple(classes[int(one)] for one in was)
            found = replace(found, labels=labels, mixed=_in_words(now, classes))
        elif was.ndim == 3 and dataset.field(name).role is None and found.masks is None:
            found = replace(found, masks=_array(was), moved=_array(now))
    return found


def _with_boxes(found: Preview, dataset: Dataset, names: tuple[str, ...], size: torch.Size, before, after) -> Preview:
    """The preview with the first boxes among the targets."""
    for name, was, now in zip(names, before, after, strict=True):
        role = dataset.field(name).role
        if role in ("boxes", "boxes in pixels"):
            unit = torch.tensor([size[1], size[0]] * 2 if role == "boxes in pixels" else [1.0])
            return replace(found, boxes=(was / unit).numpy(), moved_boxes=(now / unit).numpy())
    return found


def _in_words(labels: torch.Tensor, classes: tuple[str, ...]) -> tuple[str, ...]:
    """A class each, or the shares of several."""
    if not isinstance(labels, MixedLabels):
        return tuple(classes[int(one)] for one in labels)
    words = []
    for shares in labels.probabilities:
        some = [(float(share), classes[at]) for at, share in enumerate(shares) if round(float(share) * 100) > 0]
        some.sort(reverse=True)
        words.append(some[0][1] if len(some) == 1 else ", ".join(f"{share:.0%} {name}" for share, name in some))
    return tuple(words)


def _array(tensor: torch.Tensor) -> np.ndarray:
    """A copy at the size that is shown."""
    tensor = tensor.as_subclass(torch.Tensor).detach()
    step = -(-max(tensor.shape[-2:]) // SIDE)
    return tensor[..., ::step, ::step].contiguous().numpy()


class Previews:
    """Answers to PreviewAugmentation; the data of the last one are kept."""

    def __init__(self, writer: FrameWriter) -> None:
        self._writer = writer
        self._kept: tuple[tuple[DataSource, str | None, bool], Dataset] | None = None

    def answer(self, asked: PreviewAugmentation) -> AugmentationPreview:
        """Frames of the pictures, or why there are none."""
        network = None
        try:
            document = read_project(asked.project)
            network, recipe = document.network, document.recipe
            dataset = self._dataset(recipe, asked)
            rows, _ = dataset.parts(recipe.validation, recipe.seed)
            order = np.random.default_rng(recipe.seed).permutation(len(rows))
            place = np.arange(asked.samples) + asked.page * asked.samples
            some = rows[order[place[: len(rows)] % len(rows)]]
            return self._told(preview(dataset, network, recipe, some, asked.seed))
        except Exception as error:
            told = failure(error, network)
            error.with_traceback(None)
            return AugmentationPreview(problem=told.text)

    def _dataset(self, recipe: Recipe, asked: PreviewAugmentation) -> Dataset:
        key = (recipe.data, asked.base, asked.outside)
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # never two at once
            self._kept = (key, read_data(recipe, asked.base, asked.outside, _say_nothing))
        return self._kept[1]

    def _told(self, found: Preview) -> AugmentationPreview:
        frames = {
            name: self._writer.write(("augmentation", name), getattr(found, name))
            for name in ("originals", "augmented", "masks", "moved", "boxes", "moved_boxes")
            if getattr(found, name) is not None
        }
        return AugmentationPreview(field=found.field, labels=found.labels, mixed=found.mixed, **frames)


def _say_nothing(text: str) -> None:
    pass
