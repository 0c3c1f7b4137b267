"""Labels that the loss leaves out, in masks and padded places, are not held against the number of classes."""

import numpy as np
import pytest

from backend.training.labels import LabelError, check_labels
from graph import Document, Field
from graph.edits import AddBlock


def network(ignore):
    document = Document()
    for number, (type, values) in enumerate(
        [
            ("Input", {"shape": (3, 4, 4)}),
            ("Conv2d", {"out_channels": 2, "kernel_size": (1, 1)}),
            ("Target", {"field": "mask"}),
            ("CrossEntropyLoss", {"ignore_index": ignore}),
        ],
        1,
    ):
        document.do(AddBlock(document.network.new_block(type, None, values), (200.0 * number, 0.0)))
    return document


@pytest.fixture
def check():
    from graph.commands import connect

    def ask(ignore, mask):
        document = network(ignore)
        blocks = {block.type: block.id for block in document.network.blocks.values()}
        for source, into, port in (
            ("Input", "Conv2d", "input"),
            ("Conv2d", "CrossEntropyLoss", "input"),
            ("Target", "CrossEntropyLoss", "target"),
        ):
            document.do(connect(document.network, blocks[source], blocks[into], None, port))
        field = Field(name="mask", shape=(4, 4), dtype="int64", classes=("a", "b"))
        check_labels(document.network, (field,), {"mask": mask})

    return ask


def test_ignored_places_beside_good_ones(check):
    mask = np.zeros((3, 4, 4), np.int64)
    mask[1, 0, 0] = 255
    check(255, mask)
    with pytest.raises(LabelError, match=r"row 1 of the field \"mask\" has the label 255"):
        check(-100, mask)
    mask[2, 3, 3] = 7
    with pytest.raises(LabelError, match=r"row 2 of the field \"mask\" has the label 7, but the logits have 2 classes"):
        check(255, mask)
