"""Training on a GPU: as on the processor, in every precision, compiled and as CUDA graphs; to the bit when resumed."""

import copy

import pytest
import torch
from gpu_runs import CNN, CONV, DEVICE, DROPPING, HEAD, Followed, in_turns, losses, needs_gpu, project

from backend.messages import Watch

pytestmark = [needs_gpu, pytest.mark.timeout(600), pytest.mark.xdist_group("gpu")]
LSTM = (("Reshape", "rows", {"shape": (8, 8)}), ("LSTM", "lstm1", {"hidden_size": 16}))
LAST = (("Select", "last", {"dim": 1, "index": -1}), HEAD[2])
WAYS = {
    "compiled": {"compile": True},
    "CUDA graphs": {"cuda_graphs": True},
    "channels last": {"channels_last": True},
    "bfloat16": {"precision": "bfloat16"},
    "float16": {"precision": "float16"},
    "float16, not fused": {"precision": "float16", "optimizer": "RMSprop", "learning_rate": 1e-3},
    "CUDA graphs in bfloat16, channels last": {"cuda_graphs": True, "precision": "bfloat16", "channels_last": True},
    "CUDA graphs in float16, clipped": {"cuda_graphs": True, "precision": "float16", "clip_norm": 1.0},
    "CUDA graphs, batches accumulated": {"cuda_graphs": True, "accumulate": 3},
    "CUDA graphs, averaged weights": {"cuda_graphs": True, "averaging": "ema", "averaging_decay": 0.9},
}
ALIKE = ("optimizer", "learning_rate", "accumulate", "clip_norm", "averaging", "averaging_decay")


@pytest.fixture
def all_digits(monkeypatch):
    """Convolutions without TF32, which keeps ten bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def near(found, wanted, share):
    return found == pytest.approx(wanted, rel=share, abs=share)


def test_it_learns_as_the_processor_does(all_digits):
    assert near(losses(project())[:20], losses(project(), "cpu")[:20], 0.02)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_learns_as_the_plain_one_does(all_digits, way):
    plain = losses(project(**{key: value for key, value in WAYS[way].items() if key in ALIKE}))
    found = losses(project(**WAYS[way]))
    assert len(found) == len(plain) and found[-1] < found[0] / 2
    if WAYS[way].get("precision") != "float16":  # there the first steps find the scale, and are left out
        assert near(found[:12], plain[:12], 0.1 if "precision" in WAYS[way] else 0.02)


@pytest.mark.parametrize("graphs", [{"compile": True}, {"cuda_graphs": True}, {"cuda_graphs": True, "accumulate": 2}])
def test_objectives_take_turns_in_graphs_of_their_own(graphs):
    plain = {"accumulate": graphs["accumulate"]} if "accumulate" in graphs else {}
    assert near(losses(in_turns(**graphs)), losses(in_turns(**plain)), 0.01)


@pytest.mark.parametrize("way", [{}, {"compile": True}, {"cuda_graphs": True}, {"precision": "float16"}], ids=str)
def test_a_run_goes_on_to_the_bit(way):
    text = project(*DROPPING, **way)
    whole, kept = Followed(text), []
    begins = whole.follower.epoch_begins

    def keep(epoch):
        if epoch == 2:
            kept.append(copy.deepcopy(whole.state()))
        return begins(epoch)

    whole.follower.epoch_begins = keep
    wanted = whole.train()
    again = Followed(text)
    again.put_back(kept[0])
    found = again.train()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("way", [{}, {"cuda_graphs": True}], ids=str)
def test_the_same_seed_gives_the_same_weights_watched_or_not(way):
    def weights(watched):
        run = Followed(project(*DROPPING, **way))
        if watched:
            id = next(id for name, id in run.job.program.blocks.items() if name == "conv1")
            run.watching.watch(Watch(kind="features", block=id))
            run.watching.watch(Watch(kind="filters", block=id))
        return run.train()

    once, watched = weights(False), weights(True)
    assert all(torch.equal(once[name], watched[name]) for name in once)


@pytest.mark.parametrize("blocks", [CNN, (*LSTM, *LAST)], ids=["convolutions", "LSTM"])
def test_deterministic_runs_are_allowed_all_they_need(blocks):
    runs = [losses(project(*blocks, deterministic=True)) for _ in range(2)]
    torch.use_deterministic_algorithms(False)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("way", [{}, {"compile": True}, {"cuda_graphs": True}], ids=str)
def test_the_block_that_is_not_finite_first_is_named(way):
    run = Followed(project(*CONV, ("Log", "log1", {}), *HEAD, **way))
    rows = torch.arange(128, device=run.job.device)
    run.job.learner(*run.job.batch(rows))
    run.follower.rewind.note(rows)
    assert run.follower.rewind.trace().identifier == "flatten1"  # the logarithm before it is an expression, no module


def test_binary_cross_entropy_of_chances_in_half_precision():
    from worker_runs import classifier

    from graph import DataSource
    from graph.project_file import from_json, to_json

    text = classifier(("Linear", "fc1", {"out_features": 1}), ("Sigmoid", "chance", {}), precision="bfloat16", epochs=1)
    net = (document := from_json(text)).network
    chance = next(block for block in net.blocks.values() if block.name == "chance")
    for block in list(net.blocks.values()):
        if block.type in ("CrossEntropyLoss", "Accuracy", "Target"):
            net.remove(block.id)
    sum_of, judge = net.add("Output", name="same"), net.add("BCELoss", name="judge")
    net.connect(chance, sum_of)
    net.connect(chance, judge, input="input")
    net.connect(chance, judge, input="target")
    assert document.recipe.data == DataSource(kind="xor")
    assert all(loss == loss for loss in losses(to_json(document), DEVICE))
