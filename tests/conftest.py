"""Every test runs without a screen, on one thread a process, and without touching the user's settings."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


def pytest_collection_modifyitems(items):
    """Files are tested side by side, each by one process; benchmarks by one process, one after the other."""
    for item in items:
        group = "benchmarks" if "benchmarks" in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True, scope="session")
def _one_thread_and_own_home(tmp_path_factory):
    for kind in ("config", "data", "state", "cache"):
        os.environ[f"XDG_{kind.upper()}_HOME"] = str(tmp_path_factory.mktemp(kind))


@pytest.fixture(autouse=True)
def _torch_on_one_thread(request):
    import gc
    import sys

    if "gui" not in request.path.parts:
        gc.enable()  # tests of windows collect by themselves
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    yield
