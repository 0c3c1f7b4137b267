"""All rules over 1,000 blocks and 1,332 wires, against the full analysis of the same network in the same run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from networks import chain_with_skips
from timing import median_ms

from graph import Document, analyze
from graph.problems import whole_network


def test_all_rules_cost_about_as_much_as_the_analysis(capsys):
    net = chain_with_skips()
    document = Document(net)
    found = list(whole_network(net, document.analysis))
    assert sum(problem.code == "bias_before_norm" for problem in found) == 333
    rules = median_ms(lambda: list(whole_network(net, document.analysis)), 15)
    full = median_ms(lambda: analyze(net), 15)
    with capsys.disabled():
        print(f"\nrules, 1,000 blocks: {rules:.1f} ms for {len(found)} findings; full analysis {full:.1f} ms")
    assert rules < 8 * full  # demanded of a free machine: 2
