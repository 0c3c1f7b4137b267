"""What changes pictures on their way into training, as declarations: every kind, its arguments and their ranges.

Knows no torch; what the kinds do to tensors stands in the backend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field as Rule
from pydantic import model_validator

from graph.frozen import Frozen, OptionValue, Word
from graph.hyperparameter import Choice, Float, Hyperparameter, HyperparameterError, Int, complete

Group = Literal["geometry", "colour", "mixing"]  # changes besides pictures: masks and boxes, nothing, targets
NormalizationKind = Literal["none", "given", "data"]
NORMALIZATIONS: tuple[str, ...] = NormalizationKind.__args__
Channels = Annotated[tuple[float, ...], Rule(max_length=4096, strict=False)]


@dataclass(frozen=True, slots=True)
class AugmentationType:
    """One kind: what it does, its arguments, and the share of samples that it is usually done to."""

    kind: str
    group: Group
    sentence: str
    arguments: tuple[Hyperparameter, ...] = ()
    usual_p: float = 1.0
    ordered: tuple[tuple[str, str], ...] = ()  # pairs of arguments of which the second is not the smaller
    reference: str = ""

    @property
    def title(self) -> str:
        return self.kind.replace("_", " ")

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument, those not given at their default; raises HyperparameterError for a wrong name or value."""
        values = complete(self.kind, self.arguments, given)
        for low, high in self.ordered:
            if values[low] > values[high]:
                raise HyperparameterError(f"{low} must be at most {high}, {values[high]:g}, not {values[low]:g}")
        return values


def _share(name: str, default: float, help: str) -> Float:
    return Float(name, default, help, low=0.0, high=1.0)


def _area(name: str, default: float, help: str) -> Float:
    return Float(name, default, help, low=0.0, high=1.0, low_open=True)


def _widest(default: float) -> Float:
    return Float("widest", default, "Longest side over shortest, at most, against the picture's own.", low=1.0, high=10)


FILL = Choice(
    "fill", "zeros", "What comes in from beyond the picture's edge.", choices=("zeros", "border", "reflection")
)
AREAS = (("smallest_area", "largest_area"),)
AUGMENTATIONS: dict[str, AugmentationType] = {
    one.kind: one
    for one in (
        AugmentationType("horizontal_flip", "geometry", "Mirrors left and right.", usual_p=0.5),
        AugmentationType("vertical_flip", "geometry", "Mirrors top and bottom.", usual_p=0.5),
        AugmentationType(
            "rotation",
            "geometry",
            "Turns about the middle.",
            (Float("degrees", 15.0, "Turned by at most so much, either way.", low=0.0, high=180.0), FILL),
        ),
        AugmentationType(
            "affine",
            "geometry",
            "Shifts, scales, turns and shears at once.",
            (
                _share("shift", 0.1, "Shifted by at most this share of the side, in each direction."),
                Float("smallest_scale", 0.9, "Shrunk to this at most.", low=0.05, high=20.0),
                Float("largest_scale", 1.1, "Grown to this at most.", low=0.05, high=20.0),
                Float("degrees", 0.0, "Turned by at most so much, either way.", low=0.0, high=180.0),
                Float("shear", 0.0, "Sheared by at most so many degrees, either way.", low=0.0, high=80.0),
                FILL,
            ),
            ordered=(("smallest_scale", "largest_scale"),),
        ),
        AugmentationType(
            "crop",
            "geometry",
            "Pads every side and cuts the old size out at a random place.",
            (Int("padding", 4, "Pixels that each side is padded by.", low=0, high=4096), FILL),
        ),
        AugmentationType(
            "resized_crop",
            "geometry",
            "Cuts a random part out and brings it to the old size.",
            (
                _area("smallest_area", 0.4, "Share of the picture that a part has at least."),
                _area("largest_area", 1.0, "Share of the picture that a part has at most."),
                _widest(1.3333),
            ),
            ordered=AREAS,
            reference="Szegedy et al., 2015",
        ),
        AugmentationType(
            "brightness",
            "colour",
            "Makes lighter or darker.",
            (_share("amount", 0.2, "Largest change, as a share of the range the data have."),),
        ),
        AugmentationType(
            "contrast",
            "colour",
            "Brings values nearer to their mean, or away from it.",
            (_share("amount", 0.2, "The factor is between 1 - amount and 1 + amount."),),
        ),
        AugmentationType(
            "color_jitter",
            "colour",
            "Changes brightness and contrast, and saturation and hue of pictures with three channels.",
            (
                _share("brightness", 0.2, "Largest change, as a share of the range the data have."),
                _share("contrast", 0.2, "The factor is between 1 - contrast and 1 + contrast."),
                _share("saturation", 0.2, "The factor is between 1 - saturation and 1 + saturation."),
                Float("hue", 0.02, "Largest turn of the colour circle, as a share of it.", low=0.0, high=0.5),
            ),
            usual_p=0.8,
        ),
        AugmentationType("grayscale", "colour", "Takes the colours out, the channels stay.", usual_p=0.1),
        AugmentationType(
            "gaussian_noise",
            "colour",
            "Adds normal noise to every value.",
            (_share("deviation", 0.05, "Standard deviation, as a share of the range the data have."),),
            usual_p=0.5,
        ),
        AugmentationType(
            "blur",
            "colour",
            "Blurs with a Gaussian.",
            (
                Float("smallest_sigma", 0.1, "Least standard deviation in pixels.", low=0.01, high=100.0),
                Float("largest_sigma", 1.0, "Largest standard deviation in pixels.", low=0.01, high=100.0),
            ),
            usual_p=0.5,
            ordered=(("smallest_sigma", "largest_sigma"),),
        ),
        AugmentationType(
            "cutout",
            "colour",
            "Covers a random rectangle; masks and boxes stay as they are.",
            (
                _area("smallest_area", 0.02, "Share of the picture that is covered at least."),
                _area("largest_area", 0.2, "Share of the picture that is covered at most."),
                _widest(3.0),
                Choice("fill", "zeros", "What covers it.", choices=("zeros", "mean", "noise")),
            ),
            usual_p=0.5,
            ordered=AREAS,
            reference="DeVries and Taylor, 2017; Zhong et al., 2020",
        ),
        AugmentationType(
            "mixup",
            "mixing",
            "Blends two samples and their targets.",
            (Float("alpha", 0.2, "The shares are drawn from Beta(alpha, alpha).", low=0.01, high=100.0),),
            reference="Zhang et al., 2018",
        ),
        AugmentationType(
            "cutmix",
            "mixing",
            "Pastes a rectangle of another sample in; the targets are mixed by its area.",
            (Float("alpha", 1.0, "The areas are drawn from Beta(alpha, alpha).", low=0.01, high=100.0),),
            usual_p=0.5,
            reference="Yun et al., 2019",
        ),
    )
}


class Augmentation(Frozen):
    """One change: its kind, the share of samples it is done to (None: the kind's usual one), its arguments."""

    kind: Annotated[str, Rule(max_length=100)]
    p: Annotated[float, Rule(ge=0.0, le=1.0)] | None = None
    arguments: dict[Word, OptionValue] = Rule(default_factory=dict, max_length=100)

    @model_validator(mode="after")
    def _fits(self) -> Augmentation:
        if self.kind not in AUGMENTATIONS:
            raise ValueError(f"{self.kind!r} is no augmentation; there are {', '.join(AUGMENTATIONS)}")
        try:
            self.type.complete(self.arguments)
        except HyperparameterError as error:
            place = "" if str(error).startswith(self.kind) else f"{self.kind}: "
            raise ValueError(f"{place}{error}") from None
        return self

    @property
    def type(self) -> AugmentationType:
        return AUGMENTATIONS[self.kind]

    @property
    def chance(self) -> float:
        """The share of samples that it is done to."""
        return self.type.usual_p if self.p is None else self.p

    @property
    def values(self) -> dict[str, Any]:
        """Every argument."""
        return self.type.complete(self.arguments)

    def having(self, **changes: Any) -> Augmentation:
        """One with some values changed; raises pydantic.ValidationError."""
        return Augmentation.model_validate({**dict(self), **changes})


def place_of(steps: Sequence[Augmentation], step: Augmentation) -> str:
    """How a step of the recipe is named to people."""
    return f"augmentation {list(steps).index(step) + 1} ({step.type.title})"


class Normalization(Frozen):
    """(value - mean) / deviation of every channel of pictures, after augmentation and in validation too.

    `given` has a number for all channels or one for each; `data` takes them from the training samples.
    """

    kind: NormalizationKind = "none"
    mean: Channels = (0.0,)
    deviation: Channels = (1.0,)

    @model_validator(mode="after")
    def _fits(self) -> Normalization:
        if not self.mean or not self.deviation:
            raise ValueError("mean and deviation have a number for all channels or one for each")
        if len(self.mean) != len(self.deviation) and 1 not in (len(self.mean), len(self.deviation)):
            raise ValueError(f"there are {len(self.mean)} means but {len(self.deviation)} deviations: give as many")
        for number in self.deviation:
            if number <= 0:
                raise ValueError(f"deviation must be above 0, not {number:g}")
        return self
