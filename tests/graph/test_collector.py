"""The collector rests during an edit and works again after it, whatever happened."""

import gc

import pytest

from graph import Document, Network, commands
from graph.collector import resting_collector
from graph.edits import RemoveBlocks


@pytest.fixture(autouse=True)
def _on():
    gc.enable()
    yield
    gc.enable()


def test_it_rests_within_and_comes_back():
    with resting_collector():
        assert not gc.isenabled()
        with resting_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_who_turned_it_off_keeps_it_off():
    gc.disable()
    with resting_collector():
        pass
    assert not gc.isenabled()


def test_edits_let_it_rest_and_wake_it_even_when_they_fail():
    net = Network("Net")
    block = net.add("Input", name="image", shape=(1, 8, 8))
    document, seen = Document(net), []
    document.changed.connect(lambda changes: seen.append(gc.isenabled()))
    edit, _ = commands.paste(net, commands.copy(net, [block.id]))
    document.do(edit)
    assert seen == [False] and gc.isenabled()
    with pytest.raises(KeyError):
        document.do(RemoveBlocks(("b99",)))
    assert gc.isenabled()
