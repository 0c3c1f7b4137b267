"""Frames and notes: edits with inverses, files that keep them, and nothing computed from them."""

import pytest

import examples
from backend.source import generate_source
from graph import load_project
from graph.annotations import FRAME, NOTE, Annotate, Annotation, AnnotationError, Unannotate, fresh_id
from graph.module_commands import make_module
from graph.module_edits import Inside
from graph.project_file import ProjectError, from_json, to_json


@pytest.fixture
def document():
    return load_project(examples.path("lenet_digits"))


def frame(id="a1", **changes):
    return Annotation(id, FRAME, "Features", -120.0, 80.0, 240.0, 400.0, "blue").having(**changes)


def test_put_changed_and_taken_away_each_undone(document):
    states = [to_json(document)]
    note = Annotation("a2", NOTE, "# Why\n5 x 5, as in **1998**", 200.0, 0.0, 160.0, 90.0)
    for edit in (
        Annotate((frame(),)),
        Annotate((note, frame(text="First stage", width=300.0))),
        Unannotate(("a1",)),
    ):
        document.do(edit)
        states.append(to_json(document))
    assert len(set(states)) == 4
    for state in reversed(states[:-1]):
        document.undo()
        assert to_json(document) == state
    for state in states[1:]:
        document.redo()
        assert to_json(document) == state


def test_views_are_told_and_nothing_is_computed_anew(document):
    told = []
    document.changed.connect(told.append)
    source = str(generate_source(document.network, document.recipe.fields))
    document.do(Annotate((frame(),)))
    assert told[-1].annotations == {"a1"} and not told[-1].computation and not told[-1].analyzed
    assert str(generate_source(document.network, document.recipe.fields)) == source
    assert fresh_id(document.network) == "a2"


def test_files_keep_them_and_are_the_same_without(document):
    assert "annotations" not in to_json(document)
    document.do(Annotate((frame(), frame("a2", kind=NOTE, text='"quoted"\nline', colour="grey"))))
    text = to_json(document)
    again = from_json(text)
    assert again.network.annotations == document.network.annotations and to_json(again) == text


def test_a_module_has_its_own(document):
    ids = [document.network.block(name).id for name in ("conv1", "relu1")]
    document.do(make_module(document.network, ids, "Stage", document.analysis))
    document.do(Inside("Stage", Annotate((frame(),))))
    text = to_json(document)
    assert from_json(text).network.modules["Stage"].network.annotations == {"a1": frame()}
    document.undo()
    assert not document.network.modules["Stage"].network.annotations


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "cloud"}, "a frame or a note"),
        ({"colour": "mauve"}, "one of grey, blue"),
        ({"width": 1.0}, "its width lies between 20"),
        ({"x": float("nan")}, "its x is a number"),
        ({"y": "3"}, "its y is a number"),
        ({"text": "x" * 10_001}, "at most 10,000"),
        ({"id": "b1"}, "an id such as a1"),
    ],
)
def test_what_cannot_be_is_said(change, words):
    with pytest.raises(AnnotationError, match=words):
        frame(**change)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"kind": "frame"', '"kind": "cloud"', "a frame or a note"),
        ('"box": [-120.0', '"box": [-1e300', "its x lies between"),
        ('"colour": "blue"', '"colour": "<b>"', "its colour is one of"),
        ('"id": "a1"', '"id": "b1"', "an id such as a1"),
        ('"box": [', '"box": ["a", ', "annotations"),
    ],
)
def test_hostile_files_are_refused_with_the_place(document, old, new, words):
    document.do(Annotate((frame(),)))
    text = to_json(document)
    assert old in text
    with pytest.raises(ProjectError, match=words) as told:
        from_json(text.replace(old, new))
    assert "annotations" in str(told.value)
