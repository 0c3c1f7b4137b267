"""The protocol between a window (or the command line) and its worker: a closed set of typed messages.

One message is one line of strict JSON in UTF-8, at most MAX_LINE bytes, carrying the protocol version.
Numbers that are not finite travel as the strings "NaN", "Infinity", "-Infinity". Arrays never travel here:
a Frame names the shared memory they lie in. Knows neither torch, Qt, processes nor pipes.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PROTOCOL = 1
MOST_DEVICES = 4096
MAX_LINE = 32 * 1024 * 1024  # a project of 100,000 blocks stays below it

RunState = Literal["idle", "loading", "training", "paused", "stopped", "finished", "failed"]
ProbeKind = Literal["filters", "features"]
FailureKind = Literal[
    "project",  # the project cannot be read or checked
    "network",  # the network has problems, or its generated code failed while running
    "data",  # a file is missing, unreadable, or holds values that cannot be trained on
    "weights",  # weights to begin from are missing, unreadable, or fit nothing
    "labels",  # labels outside the classes the network tells apart
    "not_finite",  # the loss, a gradient or an activation became NaN or infinite
    "out_of_memory",
    "device",  # the asked-for device is not there
    "run_folder",  # the run folder cannot be written
    "command",  # the worker got a line it does not understand, or out of turn
    "process",  # the worker died (said by the client, the worker cannot)
    "internal",  # a mistake of ours
]

Finite = Annotated[float, Field(allow_inf_nan=False)]
Metrics = dict[str, float]


class ProtocolError(ValueError):
    """A line is not one of our messages; its text says what was wrong and where."""


class Message(BaseModel):
    """What all messages share: frozen, nothing unknown, and the protocol version."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
    v: Literal[1] = PROTOCOL


# ---- commands: to the worker ------------------------------------------------------------------------------


class Start(Message):
    """Train `project` (a project file's JSON text); `base` is the folder its data paths are relative to.

    With `resume`, the run in `run_folder` goes on from its last state; `project` is then that folder's.
    """

    type: Literal["start"] = "start"
    project: str
    run_folder: str  # created by the worker; must not hold another run, unless this resumes it
    base: str | None = None
    epochs: int | None = Field(default=None, ge=1)  # instead of the recipe's
    device: str | None = None  # instead of the recipe's: "auto", "cpu", "cuda", "cuda:1", "mps"
    outside: bool = False  # the person agreed to data and weights outside `base`
    agreed: tuple[str, ...] = ()  # single paths outside, as the recipe names them, that the person chose
    resume: bool = False
    devices: int = Field(default=1, ge=1, le=MOST_DEVICES)  # each a process with its share of every batch
    shard: bool = False  # spread parameters and optimizer state over the devices


class FindRate(Message):
    """Try learning rates from `low` to `high` on the first batches of a project; nothing is written or kept."""

    type: Literal["find_rate"] = "find_rate"
    project: str
    base: str | None = None
    device: str | None = None
    outside: bool = False
    low: Annotated[float, Field(gt=0, le=1000)] = 1e-6
    high: Annotated[float, Field(gt=0, le=1000)] = 10.0
    steps: Annotated[int, Field(ge=10, le=100_000)] = 100


class PreviewAugmentation(Message):
    """Show training samples as the project's recipe augments them; nothing is written or kept.

    `page` chooses other samples, `seed` draws the same ones anew.
    """

    type: Literal["preview_augmentation"] = "preview_augmentation"
    project: str
    base: str | None = None
    outside: bool = False
    samples: int = Field(default=8, ge=1, le=64)
    page: int = Field(default=0, ge=0, le=1_000_000)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class Pause(Message):
    """Hold after the current step, with everything kept in memory."""

    type: Literal["pause"] = "pause"


class Resume(Message):
    """Go on after a pause."""

    type: Literal["resume"] = "resume"


class Stop(Message):
    """End the run after the current step and save its last weights."""

    type: Literal["stop"] = "stop"


class SetLearningRate(Message):
    """Use `value` from the next step on."""

    type: Literal["set_learning_rate"] = "set_learning_rate"
    value: Finite = Field(gt=0)


class Watch(Message):
    """Send `kind` of `block` about ten times a second while it changes; replaces an earlier one of the two.

    `sample` chooses the row of the validation set whose feature maps are looked at.
    """

    type: Literal["watch"] = "watch"
    kind: ProbeKind
    block: str  # a block's id
    sample: int = Field(default=0, ge=0)


class Unwatch(Message):
    """Stop sending what matches; None matches all."""

    type: Literal["unwatch"] = "unwatch"
    kind: ProbeKind | None = None
    block: str | None = None


class Shutdown(Message):
    """Stop the run, if any, save its last weights and end the process."""

    type: Literal["shutdown"] = "shutdown"


# ---- events: from the worker ------------------------------------------------------------------------------


class Ready(Message):
    """The worker is warm and takes commands."""

    type: Literal["ready"] = "ready"
    pid: int
    device: str  # what "auto" means on this machine: "cuda:0", "mps", "cpu"
    device_name: str  # "NVIDIA H200", "Apple M2", "CPU, 8 threads"
    memory: int  # bytes of that device's memory
    devices: tuple[str, ...]  # all that a recipe may ask for
    torch: str


class State(Message):
    """What the worker is doing now; `text` is for people ("loading digits", "paused at step 120")."""

    type: Literal["state"] = "state"
    state: RunState
    text: str = ""


class Steps(Message):
    """Metrics of single training steps, gathered over about 100 ms; columns of equal length, oldest first.

    `metrics` always has "loss". A reader that fell behind gets every second, fourth ... step.
    """

    type: Literal["steps"] = "steps"
    epoch: int  # of the last step here; epochs count from 1
    steps: tuple[int, ...]  # step numbers count from 1 over the whole run
    metrics: dict[str, tuple[float, ...]]
    images_per_second: float


class Epoch(Message):
    """Metrics over one finished epoch: training as a running mean, validation measured at its end."""

    type: Literal["epoch"] = "epoch"
    epoch: int
    step: int  # last step of the epoch
    train: Metrics
    validation: Metrics  # empty without a validation set
    learning_rate: float
    seconds: float
    best: bool = False  # its weights are the best so far and were saved


class Progress(Message):
    """How far the run is; `seconds_left` is None until it can be told."""

    type: Literal["progress"] = "progress"
    step: int
    steps: int
    epoch: int
    epochs: int
    seconds: float  # spent so far, pauses not counted
    seconds_left: float | None
    images_per_second: float
    learning_rate: float  # in use now


class Frame(Message):
    """Where an array lies in shared memory; `shared_arrays.read(frame)` it soon, for the ring is reused."""

    type: Literal["frame"] = "frame"
    name: str = Field(max_length=64)
    sequence: int  # the number the segment carries while it still holds this array
    shape: tuple[int, ...]
    dtype: str = Field(max_length=16)


class Prediction(Message):
    """What the network says about the looked-at sample; every part is None where it makes no sense."""

    type: Literal["prediction"] = "prediction"
    sample: int  # row of the validation set
    samples: int  # rows in it
    probabilities: tuple[float, ...] | None = None  # of the classes, where the output is one logit a class
    predicted: int | None = None
    label: int | None = None
    classes: tuple[str, ...] | None = None
    values: tuple[float, ...] | None = None  # outputs of a regression
    target: tuple[float, ...] | None = None


class Probe(Message):
    """One look inside the network: `array` is filters (out, in, kh, kw) or feature maps (C, H, W)."""

    type: Literal["probe"] = "probe"
    kind: ProbeKind
    block: str
    step: int
    epoch: int
    array: Frame
    image: Frame | None = None  # features: the sample itself, shaped like the Input it feeds
    answer: Frame | None = None  # features: the network's answer to it, where that is a picture
    prediction: Prediction | None = None  # features only


class RateCurve(Message):
    """The answer to FindRate: the smoothed loss at every rate, and the rate where it fell fastest."""

    type: Literal["rate_curve"] = "rate_curve"
    rates: tuple[Finite, ...]
    losses: tuple[Finite, ...]
    suggested: float | None


class AugmentationPreview(Message):
    """The answer to PreviewAugmentation: pictures (n, channels, height, width) before and after, or why there are none.

    Masks (n, height, width) and boxes (n, most, 4: x y w h in shares of the sides) are there where the network has such
    a target.
    """

    type: Literal["augmentation_preview"] = "augmentation_preview"
    problem: str = ""
    field: str = ""
    originals: Frame | None = None
    augmented: Frame | None = None
    masks: Frame | None = None
    moved: Frame | None = None
    boxes: Frame | None = None
    moved_boxes: Frame | None = None
    labels: tuple[str, ...] = ()  # the class of every original
    mixed: tuple[str, ...] = ()  # what training compares the augmented ones with


class Heartbeat(Message):
    """Sent every second whatever happens; `stuck_for`, the age of the current step, tells slow from hung."""

    type: Literal["heartbeat"] = "heartbeat"
    state: RunState
    step: int
    stuck_for: float


class Failure(Message):
    """Something went wrong; `text` names the place, the value, the rule it broke and what would be right.

    `block` is the id of the block it belongs to. `detail` is for the curious (a traceback). A State event
    says what became of the run.
    """

    type: Literal["failure"] = "failure"
    kind: FailureKind
    text: str
    block: str | None = None
    detail: str = ""
    batch_size: int | None = None  # after memory ran out: one that was tried and fits


class Finished(Message):
    """The run ended in good order, by itself or by a Stop; its folder is complete."""

    type: Literal["finished"] = "finished"
    run_folder: str
    stopped: bool  # before its last epoch
    step: int
    epochs: int  # finished ones
    best_epoch: int | None
    best: Metrics  # validation (else training) metrics of the best epoch


Command = Start | FindRate | PreviewAugmentation | Pause | Resume | Stop | SetLearningRate | Watch | Unwatch | Shutdown
Event = (
    Ready | State | Steps | Epoch | Progress | Probe | RateCurve | AugmentationPreview | Heartbeat | Failure | Finished
)

_COMMANDS: TypeAdapter[Any] = TypeAdapter(Annotated[Command, Field(discriminator="type")])
_EVENTS: TypeAdapter[Any] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def encode(message: Message) -> bytes:
    """The message as one line, newline included; raises ProtocolError when it is longer than MAX_LINE."""
    line = message.model_dump_json(exclude_defaults=False).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise ProtocolError(
            f"a {type(message).__name__} message of {len(line):,} bytes is above the {MAX_LINE:,} allowed"
        )
    return line


def decode_command(line: bytes) -> Command:
    """The command in one line; raises ProtocolError."""
    return _decode(_COMMANDS, line)


def decode_event(line: bytes) -> Event:
    """The event in one line; raises ProtocolError."""
    return _decode(_EVENTS, line)


def _decode(adapter: TypeAdapter[Any], line: bytes) -> Any:
    if len(line) > MAX_LINE:
        raise ProtocolError(f"a line of {len(line):,} bytes is above the {MAX_LINE:,} allowed")
    try:
        return adapter.validate_json(line)
    except ValidationError as error:
        raise ProtocolError(_wrong(error, line)) from None


def _wrong(error: ValidationError, line: bytes) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = PurePath(*map(str, first["loc"])).as_posix() if first["loc"] else "the line"
    if first["loc"][-1:] == ("v",):
        return f"the message speaks another protocol than version {PROTOCOL}: let both sides be one Netloom"
    start = line[:80].decode("utf-8", "replace")
    return f"not a message of ours: {place}: {first['msg']} (it begins {start!r})"
