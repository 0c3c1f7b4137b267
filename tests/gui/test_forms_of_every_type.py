"""Every block type has a form whose fields show its values, step within their ranges and are tried without harm."""

import pytest

from graph import Document, Network, registry
from gui.panels.block_form import BlockForm
from gui.panels.number_field import NumberField
from gui.session import Session


@pytest.mark.parametrize("declared", registry.all_types(), ids=lambda declared: declared.name)
def test_a_form_for_every_type(declared, app, qtbot):
    net = Network("Net")
    block = net.add(declared.name, name="block", **declared.suggested())
    session = Session(Document(net))
    page = BlockForm(session, (block.id,))
    qtbot.addWidget(page)
    assert list(page.form.fields) == [one.name for one in declared.hyperparameters]
    before = net.block("block")
    for name, field in page.form.fields.items():
        assert field.help.strip() and field.editor.accessibleName()
        if isinstance(field, NumberField):
            for by in (1, -1, 1000, -1000):
                field.step(by)
                if field.trying:
                    tried = session.what_if.document.network.values(block.id)[name]
                    assert declared.hyperparameter(name).coerce(tried) == tried
            field.take_back()
            assert field.text() == declared.hyperparameter(name).format(net.values(block)[name])
    assert net.block("block") == before and not session.what_if.active and not session.document.can_undo
