"""Images per second on a GPU: this loop with everything live, the same by hand, and by hand with a DataLoader.

bf16, channels last, compiled, batches of 512; one run, epochs in full after those that compile. Prints utilisation
and the share of what the card does at best in bf16, measured by a large matrix product and, where known, on paper.
"""

import itertools
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parent))
from live_run import fresh_job, live
from made_networks import NETWORKS, document

from backend.messages import Epoch
from graph import analyze
from graph.project_file import to_json

BATCH, BATCHES = 512, 40
WARM, EPOCHS = 3, 10  # epochs that compile and settle, epochs that are measured
WORKERS = 4
WANTED = 0.97  # of the loop by hand over resident tensors
PAPER = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}  # dense bf16, operations/s

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU"),
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("gpu"),  # one at a time
]


class Utilisation:
    """How busy the card says it is, in percent, ten times a second."""

    def __enter__(self):
        query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100", "-i", "0"]
        self.seen = []
        self._asked = subprocess.Popen(query, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._asked.terminate()
        lines = self._asked.communicate()[0].splitlines()
        self.seen = [int(line) for line in lines if line.strip().isdigit()]

    @property
    def usual(self):
        return statistics.median(self.seen) if self.seen else float("nan")


def ours(project, folder):
    """Seconds of every measured epoch, and how busy the card was meanwhile."""
    job = fresh_job(project, WARM + EPOCHS, "cuda", str(folder))
    with live(folder / f"run{time.time_ns()}", project) as run, Utilisation() as busy:
        run.train(job)
        told = [event for event in run.told if isinstance(event, Epoch)]
    return [epoch.seconds for epoch in told[WARM:]], busy.usual


def by_hand(project, folder, batches):
    """The same network, written out: `batches(inputs, labels)` gives those of an epoch, on the card."""
    job = fresh_job(project, 1, "cuda", str(folder))
    model, (inputs,), (labels,) = job.module, job.train.inputs, job.train.targets
    compiled = torch.compile(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()
    times, busy = [], Utilisation()
    with busy:
        for epoch in batches(inputs, labels):
            begun = time.perf_counter()
            total, hits = (torch.zeros((), device="cuda") for _ in range(2))
            for given, target in epoch:
                with torch.autocast("cuda", torch.bfloat16):
                    logits = compiled(given)
                    loss = F.cross_entropy(logits, target)
                hits += (logits.argmax(1) == target).float().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach()
            float(total), float(hits)
            times.append(time.perf_counter() - begun)
    return times[WARM:], busy.usual


def resident(inputs, labels):
    for _ in range(WARM + EPOCHS):
        order = torch.randperm(len(inputs), device="cuda").split(BATCH)
        yield ((inputs[rows], labels[rows]) for rows in order)


def loaded(workers):
    def batches(inputs, labels):
        data = TensorDataset(inputs.cpu(), labels.cpu())
        more = {"num_workers": workers, "persistent_workers": workers > 0, "pin_memory": True}
        loader = DataLoader(data, BATCH, shuffle=True, **more)
        layout = torch.channels_last if inputs.ndim == 4 else torch.preserve_format
        for _ in range(WARM + EPOCHS):
            yield (
                (given.to("cuda", non_blocking=True, memory_format=layout), target.to("cuda", non_blocking=True))
                for given, target in loader
            )

    return batches


def peak():
    """Operations a second of a large bf16 matrix product."""
    one, other = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    times = []
    for _ in range(30):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        one @ other
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return 2 * 8192**3 / min(times)


@pytest.mark.parametrize("name", NETWORKS)
def test_images_per_second(name, tmp_path, capsys):
    pictures = name != "LSTM"
    drawn = document(
        tmp_path,
        name,
        BATCH * BATCHES * 5 // 4,
        batch_size=BATCH,
        epochs=WARM + EPOCHS,
        precision="bfloat16",
        compile=True,
        channels_last=pictures,
    )
    project, count = to_json(drawn), BATCH * BATCHES
    ways = {
        "Netloom, everything live": lambda: ours(project, tmp_path),
        "by hand": lambda: by_hand(project, tmp_path, resident),
        "by hand, DataLoader": lambda: by_hand(project, tmp_path, loaded(0)),
        f"by hand, DataLoader, {WORKERS} workers": lambda: by_hand(project, tmp_path, loaded(WORKERS)),
    }
    found = {way: measure() for way, measure in ways.items()}
    for way in itertools.islice(ways, 2):  # once more, the other way round: the card warms up
        more = ways[way]()
        found[way] = (found[way][0] + more[0], (found[way][1] + more[1]) / 2)
    work = 6 * analyze(drawn.network, drawn.recipe.data.fields).total_macs  # forwards, and twice that backwards
    card, best = torch.cuda.get_device_name(), peak()
    paper = next((value for key, value in PAPER.items() if key in card), None)
    rates = {way: count / statistics.median(times) for way, (times, _) in found.items()}
    with capsys.disabled():
        print(
            f"\n{name}, batches of {BATCH}, bf16, compiled, {card}, torch {torch.__version__}, {time.strftime('%F')}:"
        )
        for way, rate in rates.items():
            share = f"{rate * work / best:.0%} of a matrix product's {best / 1e12:,.0f} TFLOP/s"
            share += f", {rate * work / paper:.0%} of the paper's" if paper else ""
            print(f"  {way:34} {rate:10,.0f} samples/s  {rate / rates['by hand']:.2f}", end="")
            print(f"  busy {found[way][1]:.0f} %, {share}")
    assert rates["Netloom, everything live"] >= WANTED * rates["by hand"]
