"""Alive and working, or out with a reason: as real processes, and edge by edge."""

import signal
import time
from pathlib import Path

import pytest
import structlog

from bot.watchdog import EXIT_CODE, Limits, Watchdog, limits_for
from tests.commands.place import write_settings

from .serving import fetch, serving


@pytest.mark.parametrize(
    ("fault", "why", "place"),
    [
        pytest.param("loop", "the loop has stood still for ", "_stand_still", id="the loop stands still"),
        pytest.param("scheduler", "nothing has ticked for ", "select", id="the scheduler died"),
    ],
)
def test_what_no_longer_works_ends_itself_and_says_what_every_thread_was_at(
    tmp_path: Path, unused_tcp_port: int, fault: str, why: str, place: str
) -> None:
    with serving(write_settings(tmp_path, port=unused_tcp_port), fault) as running:
        running.send(signal.SIGUSR1)
        code = running.ended(within_s=15)

    last = running.said[-1]
    assert code == EXIT_CODE
    assert (last["event"], last["level"]) == ("ends itself", "critical")
    assert last["why"].startswith(why)
    assert any(place in frame for frame in last["threads"]["MainThread"])


def test_a_log_that_nobody_reads_does_not_keep_it_alive(tmp_path: Path, unused_tcp_port: int) -> None:
    with serving(write_settings(tmp_path, port=unused_tcp_port), "log") as running:
        running.send(signal.SIGUSR1)

        assert running.ended(within_s=15) == EXIT_CODE


def test_a_process_that_was_frozen_whole_works_on(tmp_path: Path, unused_tcp_port: int) -> None:
    with serving(write_settings(tmp_path, port=unused_tcp_port)) as running:
        running.send(signal.SIGSTOP)
        time.sleep(2.5)
        running.send(signal.SIGCONT)
        time.sleep(2)
        answered = fetch(f"http://127.0.0.1:{unused_tcp_port}/healthz")
        running.send(signal.SIGTERM)
        code = running.ended(within_s=15)

    assert answered == (200, b"ok\n")
    assert (code, running.said[-1]["event"]) == (0, "stopped")


class At:
    """A watchdog whose seconds a test sets, and whose ticks it says."""

    def __init__(self) -> None:
        self.now = self.ticked = 100.0
        log = structlog.get_logger("payrunbot")
        self.dog = Watchdog(log, lambda: self.ticked, Limits(30, 30), seconds=lambda: self.now)

    def look_until(self, now: float) -> str | None:
        """What it says then, having looked every second before."""
        while self.now < now - 1:
            self.now += 1
            self.dog.look(self.now)
        return self.dog.look(now)


@pytest.mark.parametrize(
    ("now", "ticked", "reason"),
    [
        pytest.param(130.0, 130.0, None, id="30 s is not yet too long"),
        pytest.param(131.0, 131.0, "the loop has stood still for 31 s", id="a second more"),
    ],
)
def test_the_loop_may_stand_for_thirty_seconds(now: float, ticked: float, reason: str | None) -> None:
    at = At()
    at.ticked = ticked

    assert at.look_until(now) == reason


def test_once_asked_to_stop_only_the_end_counts() -> None:
    at = At()
    at.dog.end_within(25)

    assert at.look_until(124.9) is None
    assert at.dog.look(125.0) == "it did not stop in time"


def test_one_that_was_late_itself_gives_the_loop_its_full_time_again() -> None:
    at = At()
    asleep = at.dog.look(8 * 3600.0)
    at.now = at.ticked = 8 * 3600.0

    assert asleep is None
    assert at.look_until(at.ticked + 30) is None
    assert at.look_until(at.ticked + 31) == "the loop has stood still for 31 s"


@pytest.mark.parametrize(
    ("tick_s", "limit_s"),
    [pytest.param(1.0, 30.0, id="ten ticks are less"), pytest.param(5.0, 50.0, id="ten ticks are more")],
)
def test_ten_ticks_may_be_missed_and_thirty_seconds_in_any_case(tick_s: float, limit_s: float) -> None:
    assert limits_for(tick_s).tick_s == limit_s
