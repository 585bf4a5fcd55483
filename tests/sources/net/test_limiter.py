import threading

import pytest

from metaan.sources.net.limiter import Limiter, shared


class Time:
    """A clock that only sleeping moves; safe for several threads."""

    def __init__(self):
        self.now = 0.0
        self.lock = threading.Lock()

    def clock(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.now += seconds


def test_callers_pass_at_the_rate():
    time = Time()
    limiter = Limiter(2.5, clock=time.clock, sleep=time.sleep)
    turns = []
    for _ in range(6):
        limiter.wait()
        turns.append(round(time.now, 6))
    assert turns == [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]


def test_time_not_used_is_not_saved_up():
    time = Time()
    limiter = Limiter(1, clock=time.clock, sleep=time.sleep)
    limiter.wait()
    time.now = 100.0
    limiter.wait()
    limiter.wait()
    assert time.now == 101.0


def test_turns_of_threads_are_apart():
    pauses = []
    limiter = Limiter(10, clock=lambda: 0.0, sleep=pauses.append)
    threads = [threading.Thread(target=limiter.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round(pause, 6) for pause in sorted(pauses)] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_a_pause_holds_everybody():
    time = Time()
    limiter = Limiter(1000, clock=time.clock, sleep=time.sleep)
    limiter.pause(30)
    limiter.wait()
    assert time.now == 30.0


def test_a_service_has_one_limiter_in_a_process():
    assert shared("a service", 2.5) is shared("a service", 2.5)
    assert shared("a service", 2.5) is not shared("another", 2.5)


@pytest.mark.parametrize(("seconds", "waited"), [(0.0, 0.4), (0.3, 0.4), (1.0, 1.0)])
def test_a_service_can_ask_for_more_time_and_never_for_less(seconds, waited):
    time = Time()
    limiter = Limiter(2.5, clock=time.clock, sleep=time.sleep)
    limiter.wait()
    limiter.slow(seconds)
    limiter.wait()
    assert time.now == pytest.approx(waited)
