"""einops: rearrange, repeat and reduce, from their patterns to reshape, permute and the rest.

A pattern names dimensions on both sides of an arrow; names in brackets stand for one dimension.
"""

from __future__ import annotations

import re
from typing import Any

from backend.importing.python.arithmetic import as_tensor
from backend.importing.python.drawing import dims_of
from backend.importing.python.reductions import REDUCTIONS
from backend.importing.python.reshaping import quotient, reshape
from backend.importing.python.running import Run
from backend.importing.python.shaping import expand, permute, unsqueeze
from backend.importing.python.values import Layer, Learned
from graph.dim import Dim, product

Groups = list[list[str]]
PATTERN = re.compile(r"[\w()\s]{1,200}->[\w()\s]{0,200}\Z", re.ASCII)


def _sides(run: Run, pattern: Any) -> tuple[Groups, Groups]:
    """Both sides as groups of names."""
    if not isinstance(pattern, str) or not PATTERN.match(pattern):
        run.refuse("only einops patterns of names, 1 and brackets are read, such as 'b c h w -> b (h w) c'")
    left, right = ([_group(one) for one in re.findall(r"\([^()]*\)|\w+", side)] for side in pattern.split("->"))
    return left, right


def _group(text: str) -> list[str]:
    return [name for name in text.strip("()").split() if name != "1"]


def _sizes(run: Run, left: Groups, dims: tuple[Dim, ...], given: dict[str, Any]) -> dict[str, Dim]:
    """The size behind every name of the left side."""
    if len(left) != len(dims):
        run.misfit(f"the pattern names {len(left)} dimensions, and the tensor has {len(dims)}")
    sizes: dict[str, Dim] = dict(given)
    for group, dim in zip(left, dims, strict=True):
        open_names = [name for name in group if name not in sizes]
        known = product(sizes[name] for name in group if name in sizes)
        if len(open_names) > 1:
            run.refuse(f"only one of {', '.join(group)} can be worked out: give the sizes of the others")
        rest = quotient(dim, known)
        if open_names:
            sizes[open_names[0]] = rest
        if product(sizes[name] for name in group) != dim:
            run.misfit(f"{dim} is no {' x '.join(group) or '1'} of the pattern")
    return sizes


def rearrange(run: Run, tensor: Any, pattern: Any, **given: Any) -> Any:
    """The same values with dimensions split, moved and joined."""
    x = as_tensor(run, tensor)
    left, right = _sides(run, pattern)
    sizes = _sizes(run, left, dims_of(run, x), given)
    before = [name for group in left for name in group]
    after = [name for group in right for name in group]
    if sorted(before) != sorted(after):
        run.refuse(f"both sides of {pattern!r:.80} must name the same dimensions")
    x = reshape(run, x, [sizes[name] for name in before])
    x = permute(run, x, [before.index(name) for name in after]) if before else x
    return reshape(run, x, [product(sizes[name] for name in group) for group in right])


def repeat(run: Run, tensor: Any, pattern: Any, **given: Any) -> Any:
    """New names on the right are copies."""
    left, right = _sides(run, pattern)
    known = {name for group in left for name in group}
    new = [name for group in right for name in group if name not in known]
    if isinstance(tensor, Learned):
        return _copies_of_learned(run, tensor, right, new, given)
    x = as_tensor(run, tensor)
    sizes = _sizes(run, left, dims_of(run, x), given)
    before = [name for group in left for name in group]
    x = reshape(run, x, [sizes[name] for name in before])
    for name in new:
        x = unsqueeze(run, x, len(dims_of(run, x)))
        x = expand(run, x, *([-1] * (len(dims_of(run, x)) - 1)), sizes[name])
        before.append(name)
    after = [name for group in right for name in group]
    x = permute(run, x, [before.index(name) for name in after])
    return reshape(run, x, [product(sizes[name] for name in group) for group in right])


def _copies_of_learned(run: Run, tensor: Learned, right: Groups, new: list[str], given: dict[str, Any]) -> Any:
    """A parameter for every sample: 'n d -> b n d', '() n d -> b n d'."""
    if len(new) != 1 or right[0] != new or len(right) - len(tensor.shape) not in (0, 1):
        run.refuse("a parameter is only repeated for every sample of the batch: '1 n d -> b n d'")
    return expand(run, tensor, given.get(new[0]), *([-1] * (len(right) - 1)))


def reduce(run: Run, tensor: Any, pattern: Any, reduction: Any, **given: Any) -> Any:
    """Names that are missing on the right are put together."""
    x = as_tensor(run, tensor)
    left, right = _sides(run, pattern)
    sizes = _sizes(run, left, dims_of(run, x), given)
    before = [name for group in left for name in group]
    after = [name for group in right for name in group]
    kind = {"max": "amax", "min": "amin"}.get(reduction, reduction)
    if kind not in ("mean", "sum", "amax", "amin") or not set(after) <= set(before):
        run.refuse("einops.reduce is read with mean, sum, max and min, and names of the left side")
    x = reshape(run, x, [sizes[name] for name in before])
    x = REDUCTIONS[kind](run, x, [i for i, name in enumerate(before) if name not in after])
    left_over = [name for name in before if name in after]
    x = permute(run, x, [left_over.index(name) for name in after]) if after else x
    return reshape(run, x, [product(sizes[name] for name in group) for group in right])


def rearrange_layer(run: Run, layer: Layer, tensor: Any) -> Any:
    """einops.layers.torch.Rearrange and Reduce."""
    given = dict(layer.arguments)
    if layer.type == "Reduce":
        return reduce(run, tensor, given.pop("pattern"), given.pop("reduction"), **given)
    return rearrange(run, tensor, given.pop("pattern"), **given)
