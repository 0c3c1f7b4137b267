"""Training with everything live against the same loop written by hand, in one run.

Live means: metrics of every step told and logged, progress, heartbeats, copies for the case of divergence,
checkpoints, and filters and feature maps watched at 10 Hz. Both sides leave validation out, measure the same loss
and accuracy of every step, and use the same fused optimizer over tensors that are on the device already.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from live_run import fresh_job, live

import examples
from backend.messages import Probe, Steps, Watch

PROJECT = (Path(examples.__file__).parent / "lenet_digits.netloom").read_text("utf-8")
EPOCHS = 8
PAIRS = 9
MOST_PAIRS = 18  # a busy machine: go on until the median is settled
WANTED = 0.97  # of the loop by hand, on a free machine
LEAST = 0.85  # beside other tests
WATCHES = (
    Watch(kind="filters", block="b2"),
    Watch(kind="filters", block="b5"),
    Watch(kind="features", block="b4", sample=3),
)


def by_hand(job):
    """What a careful person writes: resident tensors, sums on the device, nothing read inside a step."""
    (images,), (labels,) = job.train.inputs, job.train.targets
    images, model = (
        images.clone(memory_format=torch.contiguous_format),
        job.module.to(memory_format=torch.contiguous_format),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(EPOCHS):
        total, hits = torch.zeros(()), torch.zeros(())
        for rows in torch.randperm(len(images), generator=generator).split(64):
            logits = model(images[rows])
            loss = F.cross_entropy(logits, labels[rows])
            hits += (logits.argmax(1) == labels[rows]).float().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        float(total), float(hits)


def seconds(act, *arguments):
    begun = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - begun


def test_training_with_everything_live_is_as_fast_as_by_hand(tmp_path):
    torch.set_num_threads(1)
    with live(tmp_path / "run", PROJECT, WATCHES) as run:
        by_hand(fresh_job(PROJECT, EPOCHS)), run.train(fresh_job(PROJECT, EPOCHS))  # warm
        run.told.clear()
        ratios, rates = [], []
        while len(ratios) < PAIRS or (statistics.median(ratios) < WANTED and len(ratios) < MOST_PAIRS):
            one, other = fresh_job(PROJECT, EPOCHS), fresh_job(PROJECT, EPOCHS)
            if len(ratios) % 2:
                hand, ours = seconds(by_hand, one), seconds(run.train, other)
            else:
                ours, hand = seconds(run.train, other), seconds(by_hand, one)
            ratios.append(hand / ours)
            rates.append((EPOCHS * len(one.train) / hand, EPOCHS * len(one.train) / ours))
        probes = sum(isinstance(event, Probe) for event in run.told)
        steps = sum(len(event.steps) for event in run.told if isinstance(event, Steps))
    spent = sum(EPOCHS * len(one.train) / ours for _, ours in rates)
    ratio, (hand, ours) = statistics.median(ratios), (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"\nLeNet on digits, one thread: by hand {hand:,.0f} images/s, live {ours:,.0f} images/s; "
        f"median ratio of {len(ratios)} pairs {ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f}); "
        f"{probes / spent:.1f} probes/s, {os.cpu_count()} cores"
    )
    assert steps > 0 and probes / spent > 5  # three watches are served about ten times a second each
    assert ratio >= LEAST
