"""What the start page offers, as data: recent projects, templates, examples, the zoo, lectures. No widget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import examples
from gui.language import N_, tr
from gui.moments import ago
from gui.settings import recent_files


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to begin from; without a file an empty network, and `recent` ones are opened, not copied."""

    title: str
    detail: str = ""
    tip: str = ""
    file: Path | None = None
    recent: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Choices under a heading, and the words for having none."""

    title: str
    choices: tuple[Choice, ...]
    nothing: str = ""


WORDS = {
    "image_classifier": (N_("Image classifier"), N_("convolutions, on digits")),
    "sequence_classifier": (N_("Sequence classifier"), N_("a GRU reads digits in steps")),
    "autoencoder": (N_("Autoencoder"), N_("64 pixels, 8 numbers, 64 pixels")),
    "lenet5": ("LeNet-5", ""),
    "lenet_digits": (N_("LeNet today"), ""),
    "lstm_rows": (N_("LSTM, row by row"), ""),
    "mlp_spirals": (N_("Two spirals"), ""),
    "variational_autoencoder": (N_("VAE"), N_("digits through eight chances")),
    "generative_adversarial_network": (N_("GAN"), N_("two objectives in turns")),
    "multi_task": (N_("Two tasks"), N_("what each counts is learned")),
    "regression": (N_("Regression"), N_("a number from ten measures")),
    "language_model": (N_("Language model"), N_("Alice, letter by letter")),
    "segmentation": (N_("U-Net"), N_("a class for every pixel")),
    "adversarial_noise": (N_("Adversarial noise"), N_("the input learns to mislead")),
    "activation_maximisation": (N_("Dream of a three"), N_("the picture learns")),
    "alexnet": ("AlexNet", ""),
    "googlenet": ("GoogLeNet", ""),
}
FAMILY = re.compile(r"(resnet|vgg|densenet)(\d+)\Z")
FAMILIES = {"resnet": "ResNet", "vgg": "VGG", "densenet": "DenseNet"}


def sections() -> list[Group]:
    """Everything there is to begin from; groups of shipped projects that are empty are left out."""
    empty = Choice(tr("Empty"), tr("nothing on the canvas"), tr("Begin with nothing on the canvas"))
    shipped = (
        (tr("Examples, ready to train"), examples.paths()),
        (tr("From the lectures, ready to train"), examples.lectures()),
        (tr("Well-known networks"), examples.zoo()),
    )
    return [
        Group(
            tr("Recent projects"),
            tuple(map(_recent, recent_files())),
            tr("Projects that you open or save stand here with their picture. Begin with a template."),
        ),
        Group(tr("New from template"), (*map(_template, examples.templates()), empty)),
        *(Group(title, tuple(map(_example, sorted(paths, key=_in_order)))) for title, paths in shipped if paths),
    ]


def title_of(stem: str) -> str:
    """A file's name as a title: resnet50 is ResNet-50, my_net is My net."""
    if stem in WORDS:
        return tr(WORDS[stem][0])
    family = FAMILY.match(stem)
    if family:
        return f"{FAMILIES[family[1]]}-{family[2]}"
    words = stem.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else stem


def _in_order(path: Path) -> list:
    """ResNet-18 stands before ResNet-101."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.stem)]


def _recent(path: Path) -> Choice:
    try:
        when = ago(path.stat().st_mtime)
    except OSError:
        when = ""
    folder = "~" if path.parent == Path.home() else path.parent.name or str(path.parent)
    return Choice(path.stem, f"{when}, {folder}" if when else folder, str(path), path, recent=True)


def _template(path: Path) -> Choice:
    detail = tr(WORDS[path.stem][1])
    return Choice(title_of(path.stem), detail, tr("Begin a project of your own with it"), path)


def _example(path: Path) -> Choice:
    detail = tr(WORDS[path.stem][1]) if path.stem in WORDS and WORDS[path.stem][1] else ""
    return Choice(title_of(path.stem), detail, tr("Opens as a copy of your own ({name})").format(name=path.name), path)


def short_folder(folder: Path) -> str:
    """A folder as people write it: from home on."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)
