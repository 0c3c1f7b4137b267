"""What a network's answer to one sample means: probabilities of classes, or values beside their targets."""

from __future__ import annotations

import numpy as np

from backend.data import Scaling
from backend.messages import Prediction
from backend.probes.feature_maps import Look
from graph.data_source import Field

SHOWN = 1000  # classes or values told


def prediction(seen: Look, row: int, rows: int, target: Field | None, scaling: Scaling | None = None) -> Prediction:
    """What the first output says beside the first target, in the units of the data."""
    about = {"sample": row, "samples": rows}
    if not seen.targets:
        return Prediction(**about, values=tuple(seen.outputs[0].ravel()[:SHOWN].tolist()) if seen.outputs else None)
    answer, wanted = seen.outputs[0], seen.targets[0]
    if target is not None and target.dtype.startswith("int") and answer.ndim == 1 and wanted.ndim == 0:
        chances = probabilities(answer)
        return Prediction(
            **about,
            probabilities=tuple(chances[:SHOWN].tolist()) if np.isfinite(chances).all() else None,
            predicted=int(np.argmax(answer)),
            label=int(wanted),
            classes=target.classes[:SHOWN] if target.classes else None,
        )
    if scaling is not None and answer.shape == wanted.shape:
        answer, wanted = scaling.undo(answer), scaling.undo(wanted)
    return Prediction(
        **about, values=tuple(answer.ravel()[:SHOWN].tolist()), target=tuple(wanted.ravel()[:SHOWN].tolist())
    )


def probabilities(answer: np.ndarray) -> np.ndarray:
    """Chances of the classes from logits, log-probabilities or, taken as they are, probabilities."""
    answer = answer.astype(np.float64)
    if (answer >= 0).all() and abs(answer.sum() - 1) < 1e-4:
        return answer
    powers = np.exp(answer - answer.max())
    return powers / powers.sum()
