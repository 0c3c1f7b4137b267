"""Inside a module fields take arithmetic on what the module offers, and say what it comes to at this place."""

import pytest
from PySide6.QtTest import QTest

from graph import Document, Network
from graph.expression import Expression
from graph.module import Exposed, define
from gui.panels.fields import ChoiceField
from gui.panels.inspector import Inspector
from gui.session import Session


@pytest.fixture
def session(app):
    net = Network("Net")
    module = define(net, "Widen", (Exposed("channels", 8), Exposed("with_bias", False), Exposed("border", "reflect")))
    inner = module.network
    inner.add("Input", name="x", shape=(4, 8, 8))
    inner.add("Conv2d", name="conv", out_channels="=2*channels", kernel_size=3)
    inner.add("Output", name="y")
    inner.connect("x", "conv")
    inner.connect("conv", "y")
    net.add("Input", name="image", shape=(3, 16, 16))
    place = net.add("Widen", name="wide", channels=16)
    net.connect("image", place)
    made = Session(Document(net))
    made.step_into(place.id)
    return made


@pytest.fixture
def form(session, shown):
    inspector = shown(Inspector(session), 340, 900)
    session.select((session.network.block("conv").id,))
    inspector.updates.flush()
    yield inspector.page.form
    inspector.close()


def conv(session):
    return session.network.block("conv")


def retype(field, text):
    field.editor.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)


def test_an_expression_is_shown_with_what_it_comes_to_here(form):
    field = form.fields["out_channels"]
    assert field.line.text() == "=2*channels" and field.comes_to.text() == "32 here"
    assert "Or arithmetic on channels" in field.help
    assert not form.fields["stride"].comes_to.isVisible()


def test_arithmetic_is_typed_into_numbers_and_sizes(form, session, shown):
    retype(form.fields["out_channels"], "=4*(channels + 1)")
    assert conv(session).hyperparameters["out_channels"] == Expression("4*(channels + 1)")
    assert session.analysis.output("conv").shape[1] == 68
    session.document.undo()
    assert conv(session).hyperparameters["out_channels"] == Expression("2*channels")
    retype(form.fields["kernel_size"], "=channels//8, 3")
    assert session.analysis.values("conv")["kernel_size"] == (2, 3)


def test_a_name_that_is_not_offered_is_said_while_typing(form, session):
    field = form.fields["out_channels"]
    retype(field, "=4*width")
    assert "width is not exposed by this module, which exposes channels" in field.wrong.text()
    assert field.line.text() == "=4*width"
    retype(field, "=channels*")
    assert "no arithmetic" in field.wrong.text()
    assert conv(session).hyperparameters["out_channels"] == Expression("channels")  # what was right so far


def test_switches_and_choices_offer_what_fits_them(form, session):
    bias, mode = form.fields["bias"], form.fields["padding_mode"]
    assert isinstance(bias, ChoiceField)
    assert [bias.box.itemText(i) for i in range(bias.box.count())] == ["on", "off", "=with_bias"]
    assert mode.box.itemText(mode.box.count() - 1) == "=border"
    bias.box.setCurrentIndex(2)
    bias.box.activated.emit(2)
    assert conv(session).hyperparameters["bias"] == Expression("with_bias")
    assert session.analysis.values("conv")["bias"] is False
    mode.box.activated.emit(mode.box.count() - 1)
    assert session.analysis.values("conv")["padding_mode"] == "reflect"


def test_an_expression_does_not_step_and_a_number_does(form, session):
    field = form.fields["out_channels"]
    field.step(1)
    assert not session.what_if.active
    retype(field, "5")
    field.step(3)
    assert session.what_if.document.analysis.output("conv").shape[1] == 8
    field.settle()
    assert conv(session).hyperparameters["out_channels"] == 8


def test_outside_of_modules_arithmetic_is_refused(session, shown):
    session.go_to(())
    net = session.network
    net.add("Linear", name="fc", out_features=4)
    inspector = shown(Inspector(session), 340, 900)
    session.select((net.block("fc").id,))
    inspector.updates.flush()
    field = inspector.page.form.fields["out_features"]
    retype(field, "=4*channels")
    assert "must be a whole number" in field.wrong.text()
    inspector.close()
