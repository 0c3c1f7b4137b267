"""Source of 1,000 blocks, gate included: the code panel writes it anew after every edit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from networks import chain_with_skips
from timing import best_ms

from backend import generate_source
from graph import analyze


def test_source_of_a_thousand_blocks(capsys):
    small, large = chain_with_skips(20), chain_with_skips(1000)
    known = {net: analyze(net) for net in (small, large)}
    few, many = (best_ms(lambda net=net: generate_source(net, analysis=known[net])) for net in (small, large))
    baseline = best_ms(lambda: analyze(large))
    with capsys.disabled():
        print(f"\nsource: 1,000 blocks {many:.1f} ms, {many / baseline:.0f} analyses; 20 blocks {few:.1f} ms;", end=" ")
        print(f"1,000 costs {many / few:.0f} times 20")
    assert many < 50 * baseline  # demanded of a free machine: 15
    assert many < 150 * few  # no worse than linear: 50 times as many, with room for noise
