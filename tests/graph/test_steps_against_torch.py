"""Steps among the samples and back, held against torch; what is counted is what all steps cost."""

import pytest
import torch

from backend.compile import compile_network
from graph import Network, analyze
from graph.explain import explain


def video(frames=8):
    """A convolution and a Linear over every frame, then an LSTM over the frames."""
    net = Network("Video")
    clip = net.add("Input", name="clip", shape=(frames, 1, 16, 16))
    merged = net.add("MergeSteps", name="frames")
    net.connect(clip, merged)
    last = merged
    for kind, name, values in (
        ("Conv2d", "conv", {"out_channels": 4, "kernel_size": 3}),
        ("ReLU", "relu", {}),
        ("GlobalAvgPool", "pool", {}),
        ("Linear", "features", {"out_features": 5}),
    ):
        block = net.add(kind, name=name, **values)
        net.connect(last, block)
        last = block
    split = net.add("SplitSteps", name="sequence")
    net.connect(last, split, input="input")
    net.connect(clip, split, input="like")
    lstm = net.add("LSTM", name="lstm", hidden_size=7)
    net.connect(split, lstm)
    net.connect(lstm, net.add("Output", name="output"))
    return net


JUDGE = {
    "MergeSteps": lambda x: x.reshape(-1, *x.shape[2:]),
    "SplitSteps": lambda x, like: x.reshape(*like.shape[:2], *x.shape[1:]),
}


def test_each_frame_goes_through_the_same_layers():
    torch.manual_seed(0)
    module = compile_network(video()).eval()
    clip = torch.randn(3, 8, 1, 16, 16)
    by_hand = JUDGE["MergeSteps"](clip)
    by_hand = module.features(torch.relu(module.conv(by_hand)).mean((2, 3)))
    by_hand, _ = module.lstm(JUDGE["SplitSteps"](by_hand, clip))
    torch.testing.assert_close(module(clip), by_hand)
    one_by_one = torch.stack([torch.relu(module.conv(clip[:, t])).mean((2, 3)) for t in range(8)], 1)
    torch.testing.assert_close(module.lstm(module.features(one_by_one))[0], by_hand)


@pytest.mark.parametrize("frames", [1, 8, "T"])
def test_shapes_and_costs_of_all_steps(frames):
    net = video(frames)
    analysis = analyze(net)
    assert analysis.ok, analysis.problems
    assert analysis.output("sequence").shape == ("N", frames, 5)
    assert analysis.output("lstm").shape == ("N", frames, 7)
    one = 14 * 14 * 4 * 3 * 3
    if frames == "T":
        assert str(analysis.macs("conv")) == f"{one}*T"
        return
    assert analysis.macs("conv") == frames * one
    assert analysis.parameters("conv") == 4 * 9 + 4
    assert analysis.total_macs == sum(analysis.macs(id) for id in net.blocks)
    tree = explain(net, analysis, "conv", "multiply-adds")
    assert tree.value == f"{frames * one:,}" and ("8 steps" in tree.text()) == (frames == 8)


def test_what_is_no_sequence_is_refused():
    net = Network()
    flat, merge = net.add("Input", shape=(5,)), net.add("MergeSteps", name="merge")
    net.connect(flat, merge)
    assert any("N x T" in problem.text for problem in analyze(net).problems)
    net = video()
    other = net.add("Input", name="other", shape=(9, 2))
    wire = next(wire for wire in net.wires_into("sequence") if wire.input == "like")
    net.remove_wire(wire.id)
    net.connect(other, "sequence", input="like")
    text = next(problem.text for problem in analyze(net).problems if problem.severity == "error")
    assert "has 8*N steps in all, but N x 9 x 2 has 9*N" in text
