"""Garbage is collected on the window's thread, never on one that reads."""

import gc
import threading
from typing import ClassVar

from gui.collecting import Collecting, collect_what_is_due


class Cycle:
    """Says on which thread it is taken apart."""

    ended: ClassVar[list[int]] = []

    def __init__(self):
        self.me = self

    def __del__(self):
        Cycle.ended.append(threading.get_ident())


def litter(count):
    for _ in range(count):
        Cycle()


def test_what_other_threads_leave_is_collected_here(qtbot, monkeypatch):
    Cycle.ended.clear()
    monkeypatch.setattr("gui.collecting.INTERVAL", 10)
    gc.enable()
    collecting = Collecting()
    assert not gc.isenabled()
    thread = threading.Thread(target=litter, args=(20_000,))
    thread.start()
    thread.join()
    assert Cycle.ended == []
    qtbot.waitUntil(lambda: len(Cycle.ended) == 20_000)
    assert set(Cycle.ended) == {threading.get_ident()}
    collecting.deleteLater()


def test_nothing_is_done_where_nothing_is_due():
    gc.collect()
    before = gc.get_stats()[0]["collections"]
    collect_what_is_due()
    assert gc.get_stats()[0]["collections"] == before
