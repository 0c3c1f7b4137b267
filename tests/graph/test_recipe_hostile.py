"""Every value of the recipe against wrong types and hostile values: an error with the place, nothing else ever."""

import json
from typing import Annotated, get_args, get_origin

import pytest
from pydantic import BaseModel

from graph import Document, Network, Recipe
from graph.project_file import ProjectError, from_json, to_json

HOSTILE = [
    None,
    True,
    -1,
    0,
    10**30,
    -(10**30),
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "__import__('os').system('true')",
    "\x00\x1b[31m",
    "A" * 100_000,
    [],
    [[[[]]]],
    {},
    {"__class__": "x"},
    [None],
    [{"x": 1}],
    {"kind": {"kind": "digits"}},
]


def models(annotation):
    """The record types within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated:
        return models(get_args(annotation)[0])
    return [found for one in get_args(annotation) if one is not ... for found in models(one)]


def places(model=Recipe, path=()):
    """The path of every value, those within lists and records too."""
    for name, field in model.model_fields.items():
        yield (*path, name)
        for inner in models(field.annotation):
            listed = "tuple" in str(field.annotation)
            yield from places(inner, (*path, name, 0) if listed else (*path, name))


EXAMPLES = {
    "data": {"kind": "digits", "fields": [{"name": "image", "shape": [1, 8, 8]}]},
    "objectives": [{"name": "a", "losses": [{"loss": "b1"}]}],
    "groups": [{"blocks": ["b1"]}],
    "augmentation": [{"kind": "horizontal_flip"}],
    "start_weights": [{"path": "run"}],
}


def spoiled(path, value):
    """A project's text with one value of its recipe replaced."""
    raw = json.loads(to_json(Document(Network("Net"))))
    raw["recipe"] = {**raw["recipe"], **{k: json.loads(json.dumps(v)) for k, v in EXAMPLES.items() if k == path[0]}}
    inner = raw["recipe"]
    for step in path[:-1]:
        if isinstance(inner, dict):
            inner = inner.setdefault(step, {})
        else:
            inner = inner[step]
    inner[path[-1]] = value
    return json.dumps(raw)


@pytest.mark.parametrize("path", list(places()), ids=lambda path: ".".join(map(str, path)))
def test_a_wrong_value_is_refused_with_its_place(path):
    refused = 0
    for value in HOSTILE:
        try:
            document = from_json(spoiled(path, value))
        except ProjectError as error:
            refused += 1
            assert error.place.startswith(("recipe", "the file", "line")), f"{value!r:.60}: {error}"
            assert 0 < len(str(error)) < 2000 and "\x1b" not in str(error) and "\x00" not in str(error)
        else:
            assert isinstance(document.recipe, Recipe)
    assert refused >= 10, f"only {refused} of {len(HOSTILE)} values were refused"


def test_the_walk_reaches_what_stands_deepest():
    found = {".".join(map(str, path)) for path in places()}
    assert {
        "batch_size",
        "schedule.warmup",
        "objectives.0.losses.0.weight",
        "groups.0.blocks",
        "data.fields.0.shape",
    } <= found
