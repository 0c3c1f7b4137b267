"""Analysis of 1,000 blocks and 1,332 wires, in full and for one edit, against walking the same graph with networkx."""

import sys
from pathlib import Path

import networkx as nx

sys.path.insert(0, str(Path(__file__).parent))
from networks import chain_with_skips
from timing import median_ms

from graph import Document, analyze
from graph.edits import SetHyperparameter


def test_full_and_incremental_analysis(capsys):
    net = chain_with_skips()
    assert (len(net.blocks), len(net.wires)) == (1000, 1332)
    document = Document(net)
    middle = next(b.id for b in net.blocks.values() if b.name == "conv2d_499")
    values = iter(range(10_000))

    def one_edit():
        # the output keeps its shape, as in most edits of a running design: only this block is inferred again
        document.do(SetHyperparameter(middle, "bias", next(values) % 2 == 0))

    def walk():
        for id in nx.topological_sort(net.graph):
            for _ in net.graph.in_edges(id, keys=True):
                pass

    full, edit, baseline = median_ms(lambda: analyze(net), 15), median_ms(one_edit, 101), median_ms(walk, 15)
    analysis = analyze(net)
    document.do(SetHyperparameter(middle, "bias", True))
    assert analysis.ok and document.analysis.total_parameters == analyze(net).total_parameters
    with capsys.disabled():
        print(
            f"\nanalysis, 1,000 blocks: full {full:.1f} ms, one edit {edit:.3f} ms,"
            f" networkx walk alone {baseline:.1f} ms; full/walk {full / baseline:.1f}, edit/full {edit / full:.4f}"
        )
    assert edit / full < 0.1
    assert full / baseline < 30
