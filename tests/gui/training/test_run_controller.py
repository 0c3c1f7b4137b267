"""The run's state machine against a scripted child: every way to begin, to go on and to end."""

import os
import signal
import struct
import time

import numpy as np
import pytest

from backend.shared_arrays import FrameWriter
from graph.edits import SetHyperparameter
from gui.training.endings import ended_process
from gui.training.run import new_run_folder, runs_home

READY = {
    "type": "ready", "pid": 1, "device": "cpu", "device_name": "CPU", "memory": 1, "devices": ["cpu"], "torch": "0",
}  # fmt: skip


def state(name, text=""):
    return {"type": "state", "state": name, "text": text}


def steps(*numbers, loss=1.0):
    return {
        "type": "steps", "epoch": 1, "steps": list(numbers), "metrics": {"loss": [loss] * len(numbers)},
        "images_per_second": 100.0,
    }  # fmt: skip


def epoch(number, step):
    return {
        "type": "epoch", "epoch": number, "step": step, "train": {"loss": 0.5}, "validation": {"loss": 0.6},
        "learning_rate": 0.001, "seconds": 1.0, "best": True,
    }  # fmt: skip


def progress(step, steps=40, epoch=1):
    return {
        "type": "progress", "step": step, "steps": steps, "epoch": epoch, "epochs": 2, "seconds": 1.0,
        "seconds_left": 1.0, "images_per_second": 100.0, "learning_rate": 0.001,
    }  # fmt: skip


def finished(folder="x"):
    return {
        "type": "finished", "run_folder": folder, "stopped": False, "step": 40, "epochs": 2, "best_epoch": 2,
        "best": {"loss": 0.6},
    }  # fmt: skip


TRAINING = (READY, "wait start", state("loading", "loading digits"), state("training"))


def become(qtbot, controller, name, timeout=8000):
    qtbot.waitUntil(lambda: controller.state == name, timeout=timeout)


def test_a_run_from_start_to_finish(qtbot, scripted):
    controller = scripted(
        *TRAINING, steps(1, 2, 3), progress(3), steps(4, 5), epoch(1, 20), epoch(2, 40), finished(), state("finished")
    )
    states, runs, endings = [], [], []
    controller.state_changed.connect(states.append)
    controller.run_started.connect(runs.append)
    controller.finished.connect(endings.append)
    assert controller.start()
    become(qtbot, controller, "finished")
    assert [name for at, name in enumerate(states) if states[at - 1 : at] != [name]] == [
        "starting", "training", "finished",
    ]  # fmt: skip
    history = runs[0].history
    assert history.losses.steps.tolist() == [1, 2, 3, 4, 5]
    assert [event.epoch for event in history.epochs] == [1, 2] and history.best.epoch == 2
    assert history.epoch_ends() == [(20, 1), (40, 2)]
    assert endings[0].best_epoch == 2 and not controller.active


def test_pause_resume_and_the_learning_rate(qtbot, scripted):
    controller = scripted(
        *TRAINING, "wait pause", state("paused"), "wait resume", state("training"), "wait set_learning_rate",
        steps(1), "wait stop", state("stopped"),
    )  # fmt: skip
    controller.start()
    become(qtbot, controller, "training")
    controller.toggle()
    become(qtbot, controller, "paused")
    controller.toggle()
    become(qtbot, controller, "training")
    told = []
    controller.learning_rate_changed.connect(told.append)
    with qtbot.waitSignal(controller.stepped):
        controller.set_learning_rate(0.5)
    assert told == [0.5]
    controller.stop()
    assert controller.state == "stopping"
    become(qtbot, controller, "finished")
    assert controller.learning_rate == 0.001  # the recipe's again


def test_a_killed_worker_says_where_and_a_fresh_one_takes_its_place(qtbot, scripted):
    controller = scripted(*TRAINING, progress(120, 400, epoch=3), steps(119, 120), "sleep 0.2", "kill")
    failures = []
    controller.failed.connect(failures.append)
    controller.start()
    become(qtbot, controller, "failed")
    assert failures[0].text.startswith("The training process ended (killed, signal 9) at epoch 3, step 120.")
    assert str(controller.run.folder) in failures[0].text
    qtbot.waitUntil(lambda: controller.ready is not None, timeout=8000)
    assert controller.state == "failed" and controller.run.failure is failures[0]


def test_weights_on_disk_are_named_by_their_own_epoch(qtbot, scripted, session):
    controller = scripted(*TRAINING)
    controller.start()
    run, header = controller.run, b'{"__metadata__": {"epoch": "2"}}'
    run.folder.mkdir(parents=True)
    (run.folder / "last.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    run.history.step = 7
    from backend.messages import Failure

    told = ended_process(Failure(kind="process", text=""), run, -9, by_us=False)
    assert told.text.endswith(f"step 7. Weights of epoch 2 are in {run.folder}.")
    (run.folder / "last.safetensors").write_bytes(b"\xff" * 9)
    assert "No weights" in ended_process(Failure(kind="process", text=""), run, 1, by_us=False).text


def test_a_worker_that_cannot_start_is_not_started_for_ever(qtbot, scripted):
    controller = scripted("kill", then=("kill",))
    failures = []
    controller.failed.connect(failures.append)
    controller.warm_up()
    qtbot.waitUntil(lambda: bool(failures), timeout=8000)
    assert controller.worker.gave_up and "signal 9" in failures[0].text
    qtbot.wait(300)
    assert not controller.worker.alive


def test_an_idle_worker_that_dies_is_replaced_in_silence(qtbot, scripted):
    controller = scripted(READY, "kill")
    failures = []
    controller.failed.connect(failures.append)
    controller.warm_up()
    first = controller.worker.pid
    qtbot.waitUntil(lambda: controller.worker.pid not in (0, first) and controller.ready is not None, timeout=8000)
    assert failures == [] and controller.state == "idle"


def test_a_worker_that_hangs_is_ended_by_a_second_and_third_stop(qtbot, scripted):
    controller = scripted(*TRAINING, "hang")
    controller.start()
    become(qtbot, controller, "training")
    qtbot.wait(100)
    controller.stop()
    controller.stop()  # SIGTERM, which it ignores
    qtbot.wait(100)
    assert controller.state == "stopping"
    controller.stop()
    become(qtbot, controller, "failed")
    assert "did not answer and was ended" in controller.run.failure.text


def test_the_window_goes_on_while_the_worker_is_stuck(qtbot, scripted):
    controller = scripted(*TRAINING, "hang")
    controller.start()
    become(qtbot, controller, "training")
    begun = time.perf_counter()
    for _ in range(50):
        controller.watch("filters", "b2")
        controller.unwatch("filters")
        controller.set_learning_rate(0.1 + 0.001 * _)
    controller.stop()
    assert time.perf_counter() - begun < 0.25


def test_a_network_with_errors_is_refused_with_its_block(scripted, session):
    controller, failures = scripted(READY), []
    controller.failed.connect(failures.append)
    fc = session.network.block("fc")
    wire = session.network.wires_into(fc)[0]
    from graph.edits import Disconnect

    session.document.do(Disconnect((wire.id,)))
    assert not controller.start() and controller.state == "idle" and controller.run is None
    assert failures[0].block == fc.id and failures[0].kind == "network"


def test_a_network_without_data_is_refused(scripted, session):
    from graph.edits import SetRecipe

    controller, failures = scripted(READY), []
    controller.failed.connect(failures.append)
    session.document.do(SetRecipe(session.document.recipe.having(data=None)))
    assert not controller.start() and failures[0].kind == "data"


def test_an_edit_outdates_the_run_and_a_move_does_not(qtbot, scripted, session):
    from graph.edits import Move

    controller = scripted(*TRAINING)
    controller.start()
    conv = session.network.block("conv1").id
    session.document.do(Move({conv: (10.0, 10.0)}))
    assert not controller.run.edited_since
    session.document.do(SetHyperparameter(conv, "out_channels", 8))
    assert controller.run.edited_since


def test_the_run_before_is_kept_if_it_trained(qtbot, scripted):
    controller = scripted(
        *TRAINING, steps(1), state("stopped"), "wait start", state("training"), state("failed"), "wait start"
    )
    controller.start()
    become(qtbot, controller, "finished")
    first = controller.run
    controller.start()
    become(qtbot, controller, "failed")
    assert controller.previous is first
    controller.start()
    assert controller.previous is first  # the second never made a step


def test_another_document_lets_the_old_run_go(qtbot, scripted, session):
    from graph import Document

    controller = scripted(*TRAINING, steps(1), "wait shutdown")
    controller.start()
    become(qtbot, controller, "training")
    first = controller.worker.pid
    session.set_document(Document())
    assert controller.state == "idle" and controller.run is None
    qtbot.waitUntil(lambda: controller.ready is not None and controller.worker.pid != first, timeout=8000)
    qtbot.waitUntil(lambda: not _alive(first), timeout=8000)


def test_a_look_is_copied_out_of_shared_memory(qtbot, scripted, session):
    writer = FrameWriter(f"nl-{os.getpid()}-test-")
    weights = np.random.default_rng(0).normal(size=(4, 1, 3, 3)).astype(np.float32)
    conv = session.network.block("conv1").id
    frame = writer.write("x", weights).model_dump(exclude={"v", "type"})
    probe = {"type": "probe", "kind": "filters", "block": conv, "step": 3, "epoch": 1, "array": frame}
    controller = scripted(*TRAINING, "wait watch", probe)
    looks = []
    controller.looked.connect(looks.append)
    controller.start()
    controller.watch("filters", conv)
    try:
        qtbot.waitUntil(lambda: bool(looks), timeout=8000)
    finally:
        writer.close()
    assert np.array_equal(looks[0].array, weights) and looks[0].step == 3


def test_a_stuck_step_is_told_and_taken_back(qtbot, scripted):
    def beat(stuck):
        return {"type": "heartbeat", "state": "training", "step": 5, "stuck_for": stuck}

    controller = scripted(*TRAINING, beat(14.0), "sleep 0.3", beat(0.1))
    told = []
    controller.warned.connect(told.append)
    controller.start()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=8000)
    assert told == ["Step 6 has taken 14 s so far. Stop ends it.", ""]


def test_run_folders_lie_beside_the_project_and_never_clash(session, tmp_path):
    first = new_run_folder(session.document)
    assert first.parent == tmp_path / "runs" and first.name.startswith("small-")
    first.mkdir(parents=True)
    now = __import__("datetime").datetime.strptime(first.name, "small-%Y%m%d-%H%M%S")
    assert new_run_folder(session.document, now).name == f"{first.name}-2"


def test_runs_of_unsaved_and_installed_projects_go_to_the_users_data(tmp_path):
    assert runs_home(None).name == "runs" and runs_home(None).is_absolute()
    (tmp_path / "__init__.py").touch()
    assert runs_home(tmp_path / "example.netloom") == runs_home(None)


def test_closing_leaves_no_process(qtbot, scripted):
    controller = scripted(*TRAINING)
    controller.start()
    become(qtbot, controller, "training")
    pid = controller.worker.pid
    controller.close()
    assert not _alive(pid)


def test_the_worker_leads_a_process_group_of_its_own(qtbot, scripted):
    if not hasattr(os, "getpgid"):
        pytest.skip("this system has no process groups")
    controller = scripted(READY)
    controller.warm_up()
    qtbot.waitUntil(lambda: controller.ready is not None, timeout=8000)
    assert os.getpgid(controller.worker.pid) == controller.worker.pid != os.getpgid(0)
    controller.worker.signal(signal.SIGCONT)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_refused_look_at_what_nobody_looks_at_any_more_is_no_warning(qtbot, scripted, session):
    refusal = {
        "type": "failure",
        "kind": "command",
        "block": "b99",
        "text": "Cannot show filters: ReLU has no filters.",
    }
    controller = scripted(*TRAINING, refusal, steps(1), "wait stop", state("stopped"), finished())
    warned = []
    controller.warned.connect(warned.append)
    controller.start()
    qtbot.waitUntil(lambda: controller.run is not None and controller.run.history.step == 1, timeout=8000)
    assert not any(warned)
