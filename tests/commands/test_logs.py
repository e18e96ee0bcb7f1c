import json
import logging

import pytest
import structlog

from bot.logs import configure_logs


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_fact_is_one_json_line_in_utc_with_what_its_task_has_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    structlog.contextvars.bind_contextvars(correlation="hook-1")

    structlog.get_logger("payrunbot").info("read", ref="gigapay-se/1", amount="Å\n")

    (said,) = lines(capsys)
    assert str(said.pop("at")).endswith("Z")
    assert said == {
        "event": "read",
        "level": "info",
        "correlation": "hook-1",
        "ref": "gigapay-se/1",
        "amount": "Å\n",
    }


def test_what_a_library_logs_comes_in_the_same_shape_from_warning_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()

    logging.getLogger("aiohttp.server").info("an everyday line")
    logging.getLogger("aiohttp.server").warning("request %s failed", 7)

    (said,) = lines(capsys)
    assert (said["event"], said["level"], said["logger"]) == ("request 7 failed", "warning", "aiohttp.server")


def test_a_trace_is_part_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("payrunbot").exception("a worker failed")

    (said,) = lines(capsys)
    assert str(said["exception"]).endswith("ValueError: broken")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(logging.WARNING)

    structlog.get_logger("payrunbot").info("read")

    assert lines(capsys) == []
