"""The text of a run's model.py: the class that trains, and an example whose inputs are normalized as in this training.

What was taken from the data stands there in figures. Knows the prepared run, neither its loop nor its folder.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from backend.source import Normalized, generate_source
from backend.training.preparation import Prepared


def written_source(prepared: Prepared) -> str:
    """The source of the module with its example."""
    network, dataset = prepared.network, prepared.dataset
    normalized = normalized_inputs(prepared)
    return generate_source(network, dataset.fields, example=True, normalized=normalized).text


def normalized_inputs(prepared: Prepared) -> dict[str, Normalized]:
    """The figures of every input that was normalized, by block: pictures by the recipe, tables by their data."""
    program, found = prepared.job.program, {}
    for id, name, scale in zip(program.source.inputs, program.input_fields, prepared.scales, strict=True):
        own = prepared.dataset.scaling.get(name or "")
        if scale is not None:
            figures = scale.mean.flatten().tolist(), scale.deviation.flatten().tolist()
            found[id] = Normalized(*map(_shortest, figures))
        elif own is not None and own.mean.ndim == 1:
            found[id] = Normalized(_shortest(own.mean), _shortest(own.deviation), axes=0)
    return found


def _shortest(figures: Iterable[float]) -> tuple[float, ...]:
    """The numbers in the fewest digits that single precision tells apart; one where all are the same."""
    short = tuple(float(str(np.float32(one))) for one in figures)
    return short[:1] if len(set(short)) == 1 else short
