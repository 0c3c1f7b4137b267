"""What modules offer: exposed, renamed and withdrawn values follow at every place, and nothing computes otherwise."""

import pytest

import examples
from graph import load_project
from graph.edits import SetHyperparameter
from graph.exposing import expose_value, set_exposed, withdraw
from graph.expression import Expression
from graph.module import ModuleError
from graph.module_commands import make_module
from graph.module_edits import SetExposed
from graph.project_file import to_json


@pytest.fixture
def document():
    """LeNet on digits whose first stage is a module."""
    made = load_project(examples.path("lenet_digits"))
    ids = [made.network.block(name).id for name in ("conv1", "relu1", "pool1")]
    made.do(make_module(made.network, ids, "Stage", made.analysis))
    return made


def exposed(document):
    module = document.network.modules["Stage"]
    document.do(expose_value(document.network, module, module.network.block("conv1").id, "out_channels", "channels"))
    return module


def place(document):
    return next(block for block in document.network.blocks.values() if block.type == "Stage")


def test_a_value_inside_is_offered_with_itself_as_default(document):
    counts = document.analysis.total_parameters
    module = exposed(document)
    assert [(one.name, one.default) for one in module.exposed] == [("channels", 6)]
    assert module.network.block("conv1").hyperparameters["out_channels"] == Expression("channels")
    assert document.analysis.total_parameters == counts and document.analysis.ok
    document.do(SetHyperparameter(place(document).id, "channels", 8))
    assert document.analysis.output(place(document)).shape == ("N", 8, 14, 14)


def test_sizes_that_are_equal_are_offered_as_one_number(document):
    module = document.network.modules["Stage"]
    document.do(expose_value(document.network, module, module.network.block("conv1").id, "kernel_size"))
    assert module.exposed[0].default == 5
    assert document.analysis.output(place(document)).shape == ("N", 6, 14, 14)


def test_what_is_computed_already_is_refused(document):
    module = exposed(document)
    with pytest.raises(ModuleError, match="out_channels of conv1 is computed already: =channels"):
        expose_value(document.network, module, module.network.block("conv1").id, "out_channels")


def test_a_new_name_goes_to_fields_inside_places_and_first_settings(document):
    module = exposed(document)
    document.do(SetHyperparameter(place(document).id, "channels", 8))
    document.do(SetHyperparameter(place(document).id, "first", "channels=4"))
    before, shape = to_json(document), document.analysis.output(place(document)).shape
    document.do(set_exposed(document.network, module, 0, name="width"))
    assert module.network.block("conv1").hyperparameters["out_channels"] == Expression("width")
    assert place(document).hyperparameters == {"width": 8, "first": "width=4"}
    assert document.analysis.output(place(document)).shape == shape == ("N", 4, 14, 14)
    document.undo()
    assert to_json(document) == before


def test_a_name_that_is_taken_or_no_name_is_refused_with_nothing_changed(document):
    module = exposed(document)
    document.do(SetExposed("Stage", (*module.exposed, type(module.exposed[0])("depth", 2))))
    before = to_json(document)
    with pytest.raises(ModuleError, match="exposes depth already"):
        document.do(set_exposed(document.network, module, 0, name="depth"))
    with pytest.raises(ModuleError, match="Wide Channels"):
        document.do(set_exposed(document.network, module, 0, name="Wide Channels"))
    assert to_json(document) == before


def test_withdrawn_it_leaves_its_default_inside_and_nothing_at_places(document):
    module = exposed(document)
    document.do(SetHyperparameter(place(document).id, "channels", 8))
    before = to_json(document)
    document.do(withdraw(document.network, module, 0))
    assert module.exposed == () and place(document).hyperparameters == {}
    assert module.network.block("conv1").hyperparameters["out_channels"] == 6
    assert document.analysis.output(place(document)).shape == ("N", 6, 14, 14)
    document.undo()
    assert to_json(document) == before


def test_another_default_reaches_every_place_that_sets_nothing(document):
    module = exposed(document)
    document.do(set_exposed(document.network, module, 0, default=12))
    assert document.analysis.output(place(document)).shape == ("N", 12, 14, 14)
