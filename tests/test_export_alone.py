"""The exported file, run where Netloom cannot be imported, loads the run's weights and gives the same logits."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

import examples
from backend import compile_network
from backend.data import load
from graph import load_project

ALONE = """
import importlib.util, sys
import numpy as np, torch
from safetensors.torch import load_file
torch.set_num_threads(1)
spec = importlib.util.spec_from_file_location("model", sys.argv[1])
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
net = model.LeNet()
net.load_state_dict(load_file(sys.argv[2]))
net.eval()
with torch.no_grad():
    logits = net(torch.from_numpy(np.load(sys.argv[3])))
np.save(sys.argv[4], logits.numpy())
for name in ("graph", "backend", "gui"):
    try:
        __import__(name)
    except ImportError:
        continue
    sys.exit(f"{name} can be imported: this environment is not without Netloom")
"""


def test_the_exported_file_runs_alone_with_the_same_logits(tmp_path):
    project = examples.path("lenet_digits")
    run = tmp_path / "run"
    netloom = [sys.executable, "-m", "gui.cli"]
    subprocess.run([*netloom, "train", project, "--epochs", "3", "--run", run], check=True, capture_output=True)
    subprocess.run([*netloom, "export", project, "-o", tmp_path / "model.py"], check=True, capture_output=True)
    document = load_project(project)
    images = load(document.recipe.data).arrays["image"][:64]
    np.save(tmp_path / "images.npy", images)

    # an environment of torch, numpy and safetensors alone: the site-packages without our editable install
    (tmp_path / "alone").mkdir()
    site = next(path for path in sys.path if path.endswith("site-packages"))
    for entry in Path(site).iterdir():
        if entry.suffix != ".pth" and "netloom" not in entry.name:
            (tmp_path / "alone" / entry.name).symlink_to(entry)
    arguments = [tmp_path / "model.py", run / "best.safetensors", tmp_path / "images.npy", tmp_path / "logits.npy"]
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", ALONE, *map(str, arguments)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "alone"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr

    ours = compile_network(document.network, document.recipe.fields)
    ours.load_state_dict(load_file(run / "best.safetensors"))
    ours.eval()
    torch.set_num_threads(1)
    with torch.no_grad():
        expected = ours(torch.from_numpy(images)).numpy()
    found = np.load(tmp_path / "logits.npy")
    assert found.tobytes() == expected.tobytes()
    assert found.shape == (64, 10)
    assert json.loads((run / "manifest.json").read_text())
    assert (run / "model.py").read_text() == (tmp_path / "model.py").read_text()  # nothing was normalized
