"""What weights begin from, as a record of the recipe: a file or a run's folder, for all blocks or for some.

Values only: what reads files stands in the backend. Blocks are named by their ids.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Rule

from graph.frozen import Frozen
from graph.objective import Ids

MOST_RENAMES = 1000
LONGEST_PREFIX = 200
Prefix = Annotated[str, Rule(max_length=LONGEST_PREFIX)]  # the beginning of names of tensors; empty is every name's


class StartWeights(Frozen):
    """Weights to begin from; `path` is relative to the project's folder unless the user chose another place.

    The path is a file (safetensors, or a state dict of torch) or the folder of a run. Without `blocks` every block
    may take what fits. `renames` puts new beginnings in the place of old ones in the file's names. With `strict`
    every weight that is asked for must be there.
    """

    path: Annotated[str, Rule(min_length=1, max_length=4000)]
    blocks: Ids = ()
    renames: dict[Prefix, Prefix] = Rule(default_factory=dict, max_length=MOST_RENAMES)
    strict: bool = False


def short_name(start: StartWeights) -> str:
    """The last part of where the weights are."""
    return start.path.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or start.path
