"""The host runs ahead of a device by steps that take as long as two looks are apart, whatever one takes."""

from backend.training import pace
from backend.training.pace import Pace


class Device:
    """Takes `each` seconds a step, the host 0.001 to order it."""

    def __init__(self, each):
        self.now, self.ready, self.each = 0.0, 0.0, each

    def order(self):
        self.now += 0.001
        self.ready = max(self.ready, self.now) + self.each

    def wait(self):
        self.now = max(self.now, self.ready)


def longest_wait(monkeypatch, each, steps=200):
    device = Device(each)
    monkeypatch.setattr(pace.time, "perf_counter", lambda: device.now)
    paced, longest, looks = Pace(0.1), 0.0, 0
    for _ in range(steps):
        device.order()
        if paced.due():
            longest = max(longest, device.ready - device.now)
            device.wait()
            paced.waited()
            paced.go_on()
            looks += 1
    return longest, looks


def test_a_slow_device_is_waited_for_soon(monkeypatch):
    longest, _ = longest_wait(monkeypatch, each=1.0)
    assert longest <= 2.0


def test_a_fast_one_is_hardly_waited_for(monkeypatch):
    longest, looks = longest_wait(monkeypatch, each=0.0005, steps=2000)
    assert longest <= 0.1 and looks <= 2000 * 0.001 / 0.1 + 10


def test_what_is_done_between_epochs_is_no_step(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])
    paced = Pace(0.1)
    for _ in range(20):
        while not paced.due():
            now[0] += 0.001
        paced.waited()
        paced.go_on()
    now[0] += 60.0  # a validation, looked at meanwhile
    paced.waited()
    paced.go_on()
    assert sum(not paced.due() for _ in range(50)) == 50
